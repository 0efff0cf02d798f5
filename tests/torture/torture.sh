#!/bin/sh
# Fails every allocation of a few commands once, each site in turn. Each run must
# end with a documented exit status, leave no leak and no report of a sanitizer,
# and leave a store that the next command can use.
#
# usage: torture.sh BUILD-DIRECTORY
set -u
build=$(cd "$1" && pwd)
fob=$build/fob
jobs=2

stage=$(mktemp -d)
mkfifo "$stage/alive"
"$build/tests/sandbox" --no-rotation <"$stage/alive" >"$stage/ready" &
exec 3>"$stage/alive"
finish() {
  exec 3>&-
  wait
  rm -rf "$stage"
}
trap finish EXIT
trap 'exit 130' INT TERM
while ! [ -s "$stage/ready" ]; do sleep 0.05; done
issuer=$(sed -n 's/.*"issuer":"\([^"]*\)".*/\1/p' "$stage/ready")
ln -s "$build/tests/sandbox" "$stage/browser"

# fob in the home $1, with nothing of ours around it.
in_home() {
  home=$1
  shift
  env -i HOME="$home" PATH=/usr/bin:/bin FOB_TOKEN_CACHE=off \
    BROWSER="$stage/browser" ASAN_OPTIONS="log_path=$home.asan" \
    LSAN_OPTIONS=print_suppressions=0 UBSAN_OPTIONS="log_path=$home.asan" "$@"
}

mkdir "$stage/home"
in_home "$stage/home" "$fob" --quiet login "$issuer" -p torture \
  --api "$issuer/api" --client-id fob-demo --store file --browser || exit 1

# One worker: every $jobs-th site from $1 on of $2 sites, the command behind.
worker() {
  first=$1 sites=$2
  shift 2
  home=$stage/home.$first
  site=$first
  while [ "$site" -le "$sites" ]; do
    rm -rf "$home" && cp -a "$stage/home" "$home"
    in_home "$home" timeout 60 env FAULT_AT="$site" "$fob" "$@" \
      >"$home.out" 2>"$home.err"
    status=$?
    wrong=''
    [ "$status" -le 13 ] || wrong="ended with $status"
    [ "$status" -eq 0 ] || [ -s "$home.err" ] || wrong="said nothing"
    in_home "$home" "$fob" status -p torture --check 2>>"$home.err" ||
      wrong="$wrong, left a store that cannot be used"
    for log in "$home".asan*; do
      [ -f "$log" ] && wrong="$wrong, $(sed -n '/SUMMARY/p;/ERROR/p' "$log" | head -n 2)" &&
        cp "$log" "$stage/report" && rm -f "$log"
    done
    if [ -n "$wrong" ]; then
      echo "fob $*: allocation $site: $wrong"
      [ -f "$stage/report" ] && sed -n 1,25p "$stage/report" && rm -f "$stage/report"
      sed 's/^/    /' "$home.err" | tail -n 5
    fi
    site=$((site + jobs))
  done >"$stage/found.$first"
}

failed=0
torture() {
  rm -rf "$stage/count" && cp -a "$stage/home" "$stage/count"
  in_home "$stage/count" env FAULT_COUNT_FILE="$stage/sites" "$fob" "$@" \
    >/dev/null || exit 1
  sites=$(cat "$stage/sites")
  [ "${sites:-0}" -gt 50 ] || {
    echo "fob $*: only ${sites:-0} allocations were seen"
    exit 1
  }
  worker 1 "$sites" "$@" &
  one=$!
  worker 2 "$sites" "$@" &
  wait "$one" "$!"
  cat "$stage/found.1" "$stage/found.2"
  [ -s "$stage/found.1" ] || [ -s "$stage/found.2" ] && failed=1
  echo "fob $*: $sites allocations, each failed once"
}

torture token
torture token --force-refresh
torture request /user
torture request POST /echo name=x 'tags[]=a'
exit $failed

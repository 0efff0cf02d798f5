#!/bin/sh
# Fails every allocation of a few commands once, each site in turn. A run may get
# through without that memory: then its output is that of an untouched run. Or it
# ends with 1, says that memory is short, and has printed nothing that an
# untouched run would not. Never may it blame the network, the store or the user,
# leak, or leave a store that the next command cannot use.
#
# usage: torture.sh BUILD-DIRECTORY
set -u
build=$(cd "$1" && pwd) || exit 2
fob=$build/fob

stage=$(mktemp -d) || exit 2
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
echo test-secret-not-real >"$stage/secret"

# fob in the home $1, with nothing of ours around it.
in_home() {
  home=$1
  shift
  env -i HOME="$home" PATH=/usr/bin:/bin FOB_TOKEN_CACHE=off \
    ACTIONS_ID_TOKEN_REQUEST_URL="$issuer/identity/github?api-version=2.0" \
    ACTIONS_ID_TOKEN_REQUEST_TOKEN=test-request-token-not-real \
    BROWSER="$stage/browser" ASAN_OPTIONS="log_path=$home.asan" \
    LSAN_OPTIONS=print_suppressions=0 UBSAN_OPTIONS="log_path=$home.asan" "$@"
}

# A login that is refreshed, and one of a client of its own.
mkdir "$stage/home"
in_home "$stage/home" "$fob" --quiet login "$issuer" -p torture \
  --api "$issuer/api" --client-id fob-demo --store file --browser \
  2>"$stage/login.err" || {
  cat "$stage/login.err"
  exit 1
}
service="login $issuer -p service --api $issuer/api --client-id fob-service
  --client-credentials --client-secret-file $stage/secret --store file"
# shellcheck disable=SC2086
in_home "$stage/home" "$fob" --quiet $service || exit 1
in_home "$stage/home" "$fob" --quiet profile default torture || exit 1

# One that signs: the key of RFC 7515 A.3, which the sandbox knows.
cat >"$stage/key.pem" <<EOF
-----BEGIN PRIVATE KEY-----
MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCCOmxCecZCYv5gEh98f
XXfpyylgbr7SJjtfV8IT34T0sg==
-----END PRIVATE KEY-----
EOF
robot="login $issuer -p robot --api $issuer/api --client-id fob-jwt
  --jwt-bearer --client-auth private_key_jwt --signing-key $stage/key.pem
  --store file"
# shellcheck disable=SC2086
in_home "$stage/home" "$fob" --quiet $robot || exit 1

# One whose tokens are bound by DPoP, at servers that demand nonces.
# shellcheck disable=SC2086
in_home "$stage/home" "$fob" --quiet login "$issuer" -p bound --dpop \
  ${service#*service } || exit 1
curl -fsS -d '{"set": {"dpop": {"nonce": "as api"}}}' "$issuer/_control" || exit 1

# One that a job's identity serves: GitHub's, by the variables above.
cat >"$stage/home/.config/fob/profiles/job.json" <<EOF
{"schema": 1, "issuer": "$issuer", "api": ["$issuer/api"],
 "identity": {"provider": "github", "audience": "$issuer"}}
EOF
chmod 600 "$stage/home/.config/fob/profiles/job.json"

# What differs from run to run: tokens and where a home lies.
plain() {
  sed -E 's/[A-Za-z0-9_.~+-]{24,}/TOKEN/g; s#/home[.a-z0-9]*/#/HOME/#g'
}

# --- what must hold afterwards, in the home $1 --------------------------------

usable() {
  in_home "$1" "$fob" status -p torture --check &&
    in_home "$1" "$fob" status -p service --check
}
bound_usable() {
  in_home "$1" "$fob" status -p bound --check
}
# Half a logout is finished by another.
can_be_left() {
  in_home "$1" "$fob" --quiet logout -p torture &&
    ! in_home "$1" "$fob" status -p torture --check
}

# Judges the run whose output, errors and status are $1.out, $1.err and $2.
judge() {
  plain <"$1.out" >"$1.plain"
  if [ "$2" -eq 0 ]; then
    cmp -s "$1.plain" "$stage/want" || echo "ended with 0, and printed something else"
  else
    [ "$2" -eq 1 ] || echo "ended with $2"
    grep -q 'out of memory' "$1.err" || echo "did not say that memory is short"
    head -c "$(wc -c <"$1.plain")" "$stage/want" | cmp -s - "$1.plain" ||
      echo "printed something else before it failed"
  fi
  "$after" "$1" 2>>"$1.err" || echo "left a store that cannot be used ($after)"
  for log in "$1".asan*; do
    [ -f "$log" ] && sed -n '1,25p' "$log" && rm -f "$log"
  done
}

# One worker: every second site from $1 on, of $2 sites, the command behind.
worker() {
  site=$1 sites=$2 mine=$stage/home.$1
  shift 2
  while [ "$site" -le "$sites" ]; do
    rm -rf "$mine" && cp -a "$stage/home" "$mine"
    in_home "$mine" timeout 60 env FAULT_AT="$site" "$fob" "$@" \
      >"$mine.out" 2>"$mine.err"
    judge "$mine" $? >"$mine.wrong"
    if [ -s "$mine.wrong" ]; then
      echo "fob $*: allocation $site"
      sed 's/^/    /' "$mine.wrong" && tail -n 5 "$mine.err" | sed 's/^/    | /'
    fi
    site=$((site + 2))
  done
}

# The command once untouched in a home of its own; its output is kept in $1.
untouched() {
  kept=$1
  shift
  rm -rf "$stage/count" && cp -a "$stage/home" "$stage/count"
  in_home "$stage/count" env FAULT_COUNT_FILE="$stage/sites" "$fob" "$@" \
    >"$stage/raw" 2>"$stage/raw.err" || {
    cat "$stage/raw.err"
    exit 1
  }
  plain <"$stage/raw" >"$kept"
}

failed=0
torture() {
  after=$1
  shift
  untouched "$stage/want" "$@"
  untouched "$stage/again" "$@"
  cmp "$stage/want" "$stage/again" || exit 1
  sites=$(cat "$stage/sites")
  [ "${sites:-0}" -gt 50 ] || {
    echo "fob $*: only ${sites:-0} allocations were seen"
    exit 1
  }
  worker 1 "$sites" "$@" >"$stage/found.1" &
  one=$!
  worker 2 "$sites" "$@" >"$stage/found.2" &
  wait "$one" "$!"
  cat "$stage/found.1" "$stage/found.2"
  [ -s "$stage/found.1" ] || [ -s "$stage/found.2" ] && failed=1
  echo "fob $*: $sites allocations, each failed once"
}

# The judge itself: it must see a run that is wrong.
after=usable
untouched "$stage/want" token
echo 'fob: out of memory' >"$stage/home.err"
for planted in '0:' '0:access' '1:other' '12:'; do
  printf '%s' "${planted#*:}" >"$stage/home.out"
  [ -n "$(judge "$stage/home" "${planted%%:*}")" ] || {
    echo "torture.sh: '$planted' was not judged wrong"
    exit 1
  }
done

torture usable token
torture usable token --json
torture usable token --force-refresh
torture usable token -p robot --force-refresh
torture usable token -p job
torture usable token -p torture --introspect
torture usable status -p torture --userinfo
torture usable status -p torture --online --check
torture usable request /user
torture bound_usable request -p bound /user
torture bound_usable token -p bound --for GET "$issuer/api/user"
torture usable request POST /echo name=x 'tags[]=a'
torture usable request /echo -q .method
torture usable request --dry-run /user a=b
torture usable profile list --json
torture usable profile set torture scope=openid
torture usable profile show torture --json
torture usable profile default service
torture usable profile remove nobody
torture can_be_left logout -p torture
exit $failed

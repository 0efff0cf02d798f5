#!/bin/sh
# fob against a certified OpenID provider: each file in flows/ tries one way to
# log in, and sees at the server what fob did. What the provider offers stands
# at the head of server.mjs, its clients in clients.mjs, keys and secrets in
# keys.sh.
#
# usage: run.sh BUILD [FLOW...]
#   BUILD   build/release: where fob and tests/sandbox lie
#   FLOW    names of flows (code, device, …); all of them otherwise
#
# A flow is sourced, under set -eu, with a home directory of its own: profiles
# of another flow at the provider would make fob ask for select_account, which
# the provider does not know. It finds
#   $issuer $mtls     the provider; its TLS listener for client certificates
#   $keys             the directory of keys.sh: rsa.pem, secret.basic, …
#   $home             scratch files; $home/browser URL is a person who agrees
#                     (device pages too); BROWSER is the same
#   run ARGUMENT...   fob; trusts $keys/ca.pem; variables may stand in `with`
#   fresh             forgets what the log had until now
#   seen COUNT TEXT   the provider's log has exactly that many lines with TEXT
#   saw TEXT          … at least one
#   set_to JSON       changes the provider's settings (server.mjs); a flow puts
#                     them back
#   refused CODE ARGUMENT...   fob exits with CODE and prints nothing to stdout;
#                     its messages are in $home/err
#   ok WORDS          counts one thing that was proven
#   fail WORDS        ends the run
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
fob=${FOB_BIN:-$build/fob}
modules=$build/../interop

# --- the provider's packages, as the lock file has them ----------------------

stamp=$(cat "$here/package-lock.json" "$here/package.json" "$here/.npmrc" | cksum)
if [ "$(cat "$modules/stamp" 2>/dev/null)" != "$stamp" ]; then
  mkdir -p "$modules"
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$modules"
  (cd "$modules" && npm ci --loglevel=error >/dev/null)
  printf '%s\n' "$stamp" >"$modules/stamp"
fi
cp "$here"/*.mjs "$modules"
# Debian 12's Node.js is too old for the provider; the packages bring one.
node=$(find "$modules/node_modules" -path '*/node-linux-*/bin/node' | head -n 1)
if [ -z "$node" ]; then
  node=$(command -v node || true)
  case $("${node:-false}" --version 2>/dev/null) in
  v2[2-9].* | v[3-9]?.*) ;;
  *)
    echo "interop: no Node.js 22 for this machine: install it, then  make interop" >&2
    exit 1
    ;;
  esac
fi

# --- a home, the provider, helpers -------------------------------------------

home=$(mktemp -d)
keys=$home/keys
mkdir "$keys"
sh "$here/keys.sh" "$keys" "$node"
mkfifo "$home/alive"
"$node" "$modules/server.mjs" "$keys" <"$home/alive" >>"$home/server.log" 2>>"$home/server.err" &
server=$!
exec 3>"$home/alive"
finish() {
  status=$?
  exec 3>&-
  wait "$server" 2>/dev/null || true
  [ "$status" = 0 ] || {
    echo "interop: failed; what the provider saw:" >&2
    cat "$home/server.log" "$home/server.err" >&2
    cut -c1-1000 "$home/browser.log" >&2 2>/dev/null || true
  }
  rm -rf "$home"
}
trap finish EXIT
trap 'exit 130' INT TERM

ln -s "$build/tests/sandbox" "$home/browser"
with='' # NAME=VALUE words for the next runs
run() {
  # shellcheck disable=SC2086
  env -i HOME="$home/of-$flow" PATH="$PATH" LC_ALL=C.UTF-8 TERM=dumb \
    XDG_RUNTIME_DIR="$home" FOB_TOKEN_CACHE=off FOB_STORE=file \
    FOB_CA_BUNDLE="$keys/ca.pem" \
    BROWSER="$home/browser" TEST_BROWSER_LOG="$home/browser.log" \
    ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} $with "$fob" "$@"
}
fail() {
  echo "interop: $flow: $*" >&2
  exit 1
}
passed=0
ok() {
  passed=$((passed + 1))
  echo "  ok  $flow: $*"
}
fresh() {
  : >"$home/server.log"
}
seen() {
  count=$(grep -cF -e "$2" "$home/server.log" || true)
  [ "$count" = "$1" ] || fail "expected $1 × $2 at the provider, saw $count"
}
saw() {
  grep -qF -e "$1" "$home/server.log" || fail "the provider saw no $1"
}
settings=0
set_to() {
  settings=$((settings + 1))
  printf '%s\n' "$1" >&3
  i=0
  while ! grep -qF "\"event\":\"set\",\"n\":$settings," "$home/server.log"; do
    i=$((i + 1))
    [ $i -lt 200 ] || fail "the provider does not take $1"
    sleep 0.05
  done
}
refused() {
  expected=$1 status=0
  shift
  run "$@" >"$home/out" 2>"$home/err" || status=$?
  [ "$status" = "$expected" ] || fail "exit $status, not $expected: fob $*: $(cat "$home/err")"
  [ ! -s "$home/out" ] || fail "printed although it failed: fob $*"
}

flow=provider
i=0
while ! grep -q '"ready"' "$home/server.log"; do
  i=$((i + 1))
  [ $i -lt 200 ] && kill -0 "$server" 2>/dev/null || fail "the provider does not start"
  sleep 0.1
done
issuer=$(sed -n 's/.*"issuer":"\([^"]*\)".*/\1/p' "$home/server.log")
mtls=$(sed -n 's/.*"mtls":"\([^"]*\)".*/\1/p' "$home/server.log")

# --- the flows -----------------------------------------------------------------

[ $# -gt 0 ] || set -- $(cd "$here/flows" && ls -- *.sh)
for name in "$@"; do
  flow=${name%.sh}
  mkdir -p "$home/of-$flow"
  fresh
  # shellcheck source=/dev/null
  . "$here/flows/$flow.sh"
  seen 0 '"event":"server error"'
  [ -z "$with" ] || fail "'with' was not put back"
done

echo "interop: $passed passed, 0 failed"

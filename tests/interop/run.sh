#!/bin/sh
# fob against a certified OpenID provider: log in, refresh three times with
# rotation, call its userinfo endpoint, log out, and see each at the server.
#
# usage: run.sh BUILD    (build/release: where fob and tests/sandbox lie)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
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
cp "$here/server.mjs" "$modules"
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
mkfifo "$home/alive"
"$node" "$modules/server.mjs" <"$home/alive" >>"$home/server.log" 2>>"$home/server.err" &
server=$!
exec 3>"$home/alive"
finish() {
  status=$?
  exec 3>&-
  wait "$server" 2>/dev/null || true
  [ "$status" = 0 ] || {
    echo "interop: failed; what the provider saw:" >&2
    cat "$home/server.log" "$home/server.err" >&2
    cat "$home/browser.log" >&2 2>/dev/null || true
  }
  rm -rf "$home"
}
trap finish EXIT
trap 'exit 130' INT TERM

ln -s "$build/tests/sandbox" "$home/browser"
run() {
  env -i HOME="$home" PATH="$PATH" LC_ALL=C.UTF-8 TERM=dumb \
    XDG_RUNTIME_DIR="$home" FOB_TOKEN_CACHE=off FOB_STORE=file \
    BROWSER="$home/browser" TEST_BROWSER_LOG="$home/browser.log" \
    ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} "$fob" "$@"
}
fail() {
  echo "interop: $*" >&2
  exit 1
}
passed=0
ok() {
  passed=$((passed + 1))
  echo "  ok  $*"
}
# seen COUNT TEXT: how often the provider told of an event
seen() {
  count=$(grep -cF "$2" "$home/server.log" || true)
  [ "$count" = "$1" ] || fail "expected $1 × $2 at the provider, saw $count"
}

i=0
while ! grep -q '"ready"' "$home/server.log"; do
  i=$((i + 1))
  [ $i -lt 200 ] && kill -0 "$server" 2>/dev/null || fail "the provider does not start"
  sleep 0.1
done
issuer=$(sed -n 's/.*"issuer":"\([^"]*\)".*/\1/p' "$home/server.log")

# --- the test ------------------------------------------------------------------

round() { # PROFILE CLIENT [OPTION...]: a whole life of a login
  profile=$1 client=$2
  shift 2
  : >"$home/server.log"

  run login "$issuer" -p "$profile" --api "$issuer" --client-id "$client" \
    --browser --scope 'openid offline_access email' "$@" 2>"$home/err" ||
    fail "login: $(cat "$home/err")"
  seen 1 '"type":"authorization_code"'
  ok "$client: logged in; the provider's ID token was accepted"

  run status -p "$profile" --json | grep -q 'ann' || fail "status does not name the account"
  first=$(run token -p "$profile")
  again=$(run token -p "$profile")
  [ -n "$first" ] && [ "$first" = "$again" ] || fail "a valid token was not kept"
  seen 0 '"type":"refresh_token"'
  ok "$client: the token is kept while it is valid"

  before=$first
  for n in 1 2 3; do
    now=$(run token -p "$profile" --force-refresh) || fail "refresh $n"
    [ -n "$now" ] && [ "$now" != "$before" ] || fail "refresh $n brought no new token"
    before=$now
    seen $n '"type":"refresh_token"'
  done
  seen 0 '"grant error"'
  ok "$client: refreshed 3 times, the refresh token rotated each time"

  run request -p "$profile" /me >"$home/me" || fail "request to userinfo"
  grep -q '"sub": *"ann"' "$home/me" || fail "userinfo says $(cat "$home/me")"
  grep -q 'ann@example.test' "$home/me" || fail "userinfo has no email"
  ok "$client: userinfo answered the request"

  run logout -p "$profile" 2>"$home/err" || fail "logout: $(cat "$home/err")"
  grep -q 'refresh token destroyed\|login revoked' "$home/server.log" ||
    fail "the provider saw no revocation"
  status=0
  run token -p "$profile" >"$home/out" 2>/dev/null || status=$?
  [ "$status" = 8 ] || fail "token after logout: exit $status, not 8"
  [ ! -s "$home/out" ] || fail "a token was printed after logout"
  ok "$client: logged out, revoked at the provider, and gone here"
}

round main fob-interop
# A second profile on one issuer asks for select_account, which this provider
# does not know.
round other fob-interop-es256 --prompt consent

: >"$home/server.log"
printf 'test+secret not%%real:' >"$home/secret"
chmod 600 "$home/secret"
run login "$issuer" -p service --api "$issuer" --client-id 'fob service' \
  --client-credentials --client-secret-file "$home/secret" \
  --client-auth client_secret_basic --scope 'api:read' 2>"$home/err" ||
  fail "client credentials: $(cat "$home/err")"
[ -n "$(run token -p service)" ] || fail "no token for the service"
seen 1 '"type":"client_credentials"'
ok "client credentials, a secret of special characters in the Basic header"

echo "interop: $passed passed, 0 failed"

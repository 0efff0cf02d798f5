#!/bin/sh
# fob's main job, end to end, on this machine alone: a local authorization
# server with a small API (the sandbox of the tests), a home that is made for
# this run and removed after it, and a browser that needs no person. Every step
# is checked: the demo fails where fob does not do what it says.
#
# usage: demo.sh BUILD    (build/release: where fob and tests/sandbox lie)
set -eu
build=$(cd "$1" && pwd)
fob=${FOB_BIN:-$build/fob}
lifetime=4

bold='' dim='' green='' off=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  bold='\033[1m' dim='\033[2m' green='\033[32m' off='\033[0m'
fi

# --- the stage -----------------------------------------------------------------

home=$(mktemp -d)
mkfifo "$home/alive"
"$build/tests/sandbox" --access-lifetime $lifetime <"$home/alive" >"$home/ready" &
server=$!
exec 3>"$home/alive"
finish() {
  exec 3>&-
  wait "$server" 2>/dev/null || true
  rm -rf "$home"
}
trap finish EXIT
trap 'exit 130' INT TERM
i=0
while [ ! -s "$home/ready" ]; do
  i=$((i + 1))
  [ $i -lt 200 ] && kill -0 "$server" || {
    echo "demo: the sandbox does not start" >&2
    exit 1
  }
  sleep 0.05
done
issuer=$(sed -n 's/.*"issuer":"\([^"]*\)".*/\1/p' "$home/ready")
mkdir "$home/bin" "$home/run"
ln -s "$build/tests/sandbox" "$home/bin/browser"
ln -s "$fob" "$home/bin/fob"

demo_env() {
  env -i HOME="$home" PATH="$home/bin:$PATH" LC_ALL=C.UTF-8 \
    TERM="${TERM:-dumb}" ${NO_COLOR:+NO_COLOR="$NO_COLOR"} \
    XDG_RUNTIME_DIR="$home/run" FOB_TOKEN_CACHE=off \
    BROWSER="$home/bin/browser" "$@"
}

# --- how it is told ------------------------------------------------------------

step=0
title() {
  step=$((step + 1))
  printf "\n${bold}%s. %s${off}\n" $step "$1"
}
note() { printf "${dim}   %s${off}\n" "$*"; }
good() { printf "${green}   ✓ %s${off}\n" "$*"; }
die() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}
# Shows a command line and runs it, as a shell would.
show() {
  printf "${bold}\$ %s${off}\n" "$1"
  demo_env sh -c "$1" 2>&1
}
# A body goes out as it came, and on a terminal with a newline behind it.
newline() { [ -t 1 ] || echo; }
# What the server wrote down about requests to a path.
journal() {
  demo_env fob request --no-auth --raw "$issuer/_journal?path=$1"
}
count() { journal "$1" | grep -o '"n":' | wc -l | tr -d ' '; }
refreshes() { journal /token | grep -o '"grant_type":"refresh_token"' | wc -l | tr -d ' '; }

# --- the play --------------------------------------------------------------------

printf "${bold}fob, end to end${off}\n"
note "A local authorization server listens at $issuer."
note "Its access tokens live $lifetime seconds, and it rotates refresh tokens."

title 'Log in: the browser opens, agrees, and comes back to the listener'
show "fob login $issuer -p demo --api $issuer/api --client-id fob-demo --store file --browser"
[ "$(count /authorize)" = 1 ] || die "the authorization endpoint was not asked once"
for part in '"code_challenge_method":"S256"' '"state":' '"nonce":'; do
  journal /authorize | grep -qF "$part" || die "the authorization request lacks $part"
done
journal /token | grep -q '"code_verifier":"\[' || die "no code_verifier was sent"
[ "$(count /jwks)" = 1 ] || die "the key that signs ID tokens was not fetched"
good 'the server saw PKCE (S256), state and nonce; its key for the ID token was fetched'

title 'What is there'
show 'fob status'

title 'A token for another program (here only its length)'
show 't=$(fob token) && echo "${#t} characters"'
first=$(demo_env fob token)
[ -n "$first" ] || die "no token was printed"

title 'A request'
show 'fob request /user'
newline
demo_env fob request /user | grep -q '"ann"' || die "the API does not know ann"
journal /api/user | grep -o '"authorization":"[^"]*"' | head -n 1 |
  sed 's/^/   the server saw  GET \/api\/user  /'

title 'The token expires'
before=$(refreshes)
note "waiting $lifetime seconds …"
sleep $lifetime
show 'fob request /user'
newline
after=$(refreshes)
[ "$after" -gt "$before" ] || die "the server saw no refresh"
second=$(demo_env fob token)
[ -n "$second" ] && [ "$first" != "$second" ] || die "the token is still the old one"
good "the server saw $((after - before)) refresh, and gave new tokens of both kinds"

title 'Log out'
show 'fob logout'
journal /revoke | grep -o '"form":{[^}]*}' | sed 's/^/   the server saw  POST \/revoke  /'
[ "$(count /revoke)" -ge 1 ] || die "the server saw no revocation"
status=0
show 'fob token' || status=$?
[ $status = 8 ] || die "token after logout ended with $status, not 8"
good 'revoked at the server, forgotten here; exit status 8 says: log in'

printf "\n${bold}That is all.${off} The home of this demo is removed again.\n"

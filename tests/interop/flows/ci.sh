# A job of CI that has no secret: the environment as GitHub Actions sets it, a
# home that cannot be written, no login, nothing stored. The provider does not
# exchange tokens, so the sandbox is the server here, and the service of GitHub
# that mints identities; each of those serves once and for minutes.

mkfifo "$home/ci-alive"
"$build/tests/sandbox" <"$home/ci-alive" >"$home/ci-ready" &
exec 4>"$home/ci-alive" # it ends with this shell
i=0
while [ ! -s "$home/ci-ready" ]; do
  i=$((i + 1))
  [ $i -lt 200 ] || fail "the sandbox does not start"
  sleep 0.05
done
sandbox=$(sed -n 's/.*"base":"\([^"]*\)".*/\1/p' "$home/ci-ready")
[ -n "$sandbox" ] || fail "the sandbox says $(cat "$home/ci-ready")"

# asked PATH BODY: what the sandbox answers; without BODY a GET
asked() {
  "$node" -e '
    const [url, body] = process.argv.slice(1)
    const answer = await fetch(url, body ? {method: "POST", body} : {})
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
    process.stdout.write(await answer.text())' --input-type=module \
    "$sandbox$1" ${2:+"$2"}
}
# requests COUNT PATH
requests() {
  asked "/_journal?path=$2" >"$home/journal"
  count=$(grep -o '"path": *"'"$2"'"' "$home/journal" | wc -l)
  [ "$count" -eq "$1" ] || fail "expected $1 × $2 at the sandbox, saw $count"
}

mkdir "$home/checkout" "$home/runner"
cat >"$home/checkout/acme.json" <<EOF
{"schema": 1, "api": ["$sandbox/api"], "issuer": "$sandbox",
 "scope": ["api:read"],
 "identity": {"provider": "github", "audience": "$sandbox"}}
EOF
cat >"$home/checkout/job.sh" <<'EOF'
set -eu
fob request /echo >first.json
sh "$1" # an identity token's lifetime later
fob request /echo >second.json
EOF
cat >"$home/later.sh" <<EOF
exec "$node" -e 'fetch("$sandbox/_control", {method: "POST",
  body: JSON.stringify({expire_identity_tokens: true})})'
EOF
mkdir "$home/tools"
ln -s "$fob" "$home/tools/fob"
chmod 500 "$home/runner"

# job NAME=VALUE... -- COMMAND...: in the environment of a runner
job() {
  (
    cd "$home/checkout"
    env -i HOME="$home/runner" PATH="$home/tools:$PATH" LC_ALL=C.UTF-8 \
      CI=true GITHUB_ACTIONS=true GITHUB_ACTOR=octocat \
      GITHUB_REPOSITORY=octo/demo GITHUB_REF=refs/heads/main \
      GITHUB_SHA=ffac537e6cbbf934b08745a378932722df287a53 \
      GITHUB_WORKSPACE="$home/checkout" RUNNER_OS=Linux \
      FOB_PROFILE_FILE="$home/checkout/acme.json" \
      ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} "$@"
  )
}
permitted() {
  job ACTIONS_ID_TOKEN_REQUEST_URL="$sandbox/identity/github?api-version=2.0" \
    ACTIONS_ID_TOKEN_REQUEST_TOKEN=test-request-token-not-real "$@"
}

permitted sh job.sh "$home/later.sh" 2>"$home/err" ||
  fail "the job: $(cat "$home/err")"
for answer in first second; do
  grep -q '"authorized": *true' "$home/checkout/$answer.json" ||
    fail "$answer: $(cat "$home/checkout/$answer.json")"
done
requests 2 /identity/github
requests 2 /token
[ -z "$(ls -A "$home/runner")" ] || fail "the job left $(ls -A "$home/runner")"
[ ! -s "$home/err" ] || fail "the job said $(cat "$home/err")"
ok "two requests, an identity's lifetime apart, with nothing stored"

permitted fob login --ci 2>"$home/err" || fail "login --ci: $(cat "$home/err")"
grep -q 'Nothing is kept' "$home/err" || fail "login --ci says $(cat "$home/err")"
[ -z "$(ls -A "$home/runner")" ] || fail "login left $(ls -A "$home/runner")"
ok "the identity was tried, and nothing kept"

status=0
job fob request /echo >"$home/out" 2>"$home/err" || status=$?
[ "$status" = 2 ] && grep -q 'id-token: write' "$home/err" ||
  fail "without the permission: exit $status, $(cat "$home/err")"
requests 3 /token
ok "a job without the permission is told which, before anything is sent"

status=0
sed 's|"audience": "[^"]*"|"audience": "https://other.example"|' \
  "$home/checkout/acme.json" >"$home/checkout/other.json"
asked /_control \
  "{\"set\": {\"patch\": {\"identity\": {\"aud\": \"$sandbox\"}}}}"
permitted FOB_PROFILE_FILE="$home/checkout/other.json" fob token \
  >"$home/out" 2>"$home/err" || status=$?
[ "$status" = 11 ] && [ ! -s "$home/out" ] ||
  fail "another audience: exit $status, $(cat "$home/err")"
requests 3 /token
ok "an identity for another audience was sent to nobody"
chmod 700 "$home/runner"
exec 4>&-

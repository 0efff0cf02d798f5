# From the API's URL alone: its metadata names the provider, the provider
# registers the client, the token is for that API. Looked at by the next login,
# made anew where it does not fit, deleted by logout.

client() { # the profile's client.id
  sed -n 's/.*"id": "\([^"]*\)".*/\1/p' \
    "$home/of-register/.config/fob/profiles/register-api.json"
}

fresh
run login "$issuer/api" -p register-api --browser 2>"$home/err" ||
  fail "login: $(cat "$home/err")"
seen 1 '"event":"registered"'
seen 1 '"type":"authorization_code"'
run request -p register-api "$issuer/api/who" >"$home/out" 2>"$home/err" ||
  fail "request: $(cat "$home/err")"
grep -q "\"aud\": *\"$issuer/api\"" "$home/out" || fail "another audience: $(cat "$home/out")"
first=$(client)
grep -q "\"client_id\": *\"$first\"" "$home/out" || fail "another client: $(cat "$home/out")"
seen 1 '"event":"api: served"'
ok "an API's URL alone: registered, logged in, served as '$first'"

run token -p register-api --force-refresh >/dev/null 2>"$home/err" ||
  fail "refresh: $(cat "$home/err")"
seen 1 '"type":"refresh_token"'
run request -p register-api "$issuer/api/who" >"$home/out" 2>"$home/err" ||
  fail "request: $(cat "$home/err")"
ok "refreshed for the same resource"

fresh
run login -p register-api --browser 2>"$home/err" || fail "login: $(cat "$home/err")"
seen 0 '"event":"registered"'
[ "$(client)" = "$first" ] || fail "another client without a reason"
ok "the registration is used again"

# Another redirect URI: what is registered does not have it.
fresh
run login -p register-api --browser --redirect-uri http://127.0.0.1/other 2>"$home/err" ||
  fail "login: $(cat "$home/err")"
seen 1 '"event":"registered"'
seen 1 '"event":"registration deleted"'
second=$(client)
[ "$second" != "$first" ] || fail "the same client: $second"
ok "made anew for another redirect URI, the old one deleted"

fresh
run logout -p register-api 2>"$home/err" || fail "logout: $(cat "$home/err")"
seen 1 '"event":"registration deleted"'
saw 'refresh token destroyed'
[ -z "$(client)" ] || fail "the profile still names a client"
run profile remove register-api 2>"$home/err" || fail "remove: $(cat "$home/err")"
ok "logout revokes, and deletes the registration"

# An issuer alone, a client with a secret, a login that does not come about.
fresh
run login "$issuer" -p register-secret --browser --client-auth client_secret_basic \
  --scope 'openid offline_access' 2>"$home/err" || fail "login: $(cat "$home/err")"
run token -p register-secret --force-refresh >/dev/null 2>"$home/err" ||
  fail "refresh: $(cat "$home/err")"
run logout -p register-secret --purge 2>"$home/err" || fail "logout: $(cat "$home/err")"
seen 1 '"event":"registered"'
seen 1 '"event":"registration deleted"'
ok "a client with a secret: registered, refreshed, deleted"

fresh
refused 7 login "$issuer" -p register-never --browser=true --timeout 1
seen 1 '"event":"registered"'
seen 1 '"event":"registration deleted"'
run profile list 2>/dev/null | grep -q register-never && fail "a profile was kept"
ok "a login that does not come about leaves no registration"

# What a request may ask for beside a scope, pushed to the provider first (RFC
# 9126): authorization details (RFC 9396), a context class and an age of the
# login (OpenID Connect Core), a resource (RFC 8707).

run login "$issuer" -p par --api "$issuer" --client-id fob-par --browser --par \
  --scope 'openid offline_access' 2>"$home/err" || fail "login: $(cat "$home/err")"
seen 1 '"event":"pushed request"'
seen 1 '"type":"authorization_code"'
seen 0 'request error'
ok "a request that had to be pushed"

printf '[{"type": "test-account", "amount": "1.10"}]' >"$home/par.json"
fresh
run login -p par --browser --authorization-details "$home/par.json" --resource "$issuer/api" \
  --acr-values 'urn:test:gold urn:test:silver' --max-age 0 2>"$home/err" ||
  fail "login: $(cat "$home/err")"
seen 1 '"event":"pushed request"'
grep -q 'authorization details test-account,' "$home/err" ||
  fail "the details are not told: $(cat "$home/err")"
! grep -q 'warning' "$home/err" || fail "warned: $(cat "$home/err")"
run status -p par --json | grep -q '"amount": "1.10"' || fail "status has no details"
ok "authorization details, a context class and an age, as they were asked for"

# The provider knows no such type, and says so before a browser opens.
printf '{"type": "other"}' >"$home/par.json"
fresh
refused 2 login -p par --browser --authorization-details "$home/par.json"
grep -q "'other', which the server does not list" "$home/err" ||
  fail "said: $(cat "$home/err")"
seen 0 '"event":"pushed request"'
ok "a type that the provider does not list is not asked for"

fresh
refused 8 login "$issuer" -p par-refused --client-id nobody-has-this --browser --par
seen 1 '"event":"pushed request error"'
seen 0 '"path":"/auth"'
ok "a refusal ends the login before the browser"

set_to '{"require_par": true}'
fresh
run login "$issuer" -p par-auto --api "$issuer/api" --client-id fob-interop --browser \
  --prompt consent --scope 'openid offline_access api:read' --resource "$issuer/api" \
  2>"$home/err" ||
  fail "login: $(cat "$home/err")"
seen 1 '"event":"pushed request"'
ok "pushed where the provider requires it, with a resource"
run profile set par-auto login.par off 2>"$home/err" || fail "profile set"
fresh
refused 2 login -p par-auto --browser
seen 0 '"path":"/auth"'
ok "not tried in the way that the provider refuses"
set_to '{"require_par": false}'

# RFC 9449 §10: the key is bound from the pushed request on.
set_to '{"dpop_nonce": true}'
fresh
run login "$issuer" -p par-dpop --api "$issuer/api" --client-id fob-dpop-nonce --browser \
  --par --dpop --prompt consent --scope 'openid offline_access' 2>"$home/err" ||
  fail "login: $(cat "$home/err")"
seen 1 '"event":"pushed request"'
seen 1 '"type":"authorization_code"'
ok "pushed with a DPoP proof, whose nonce the provider demands"
set_to '{"dpop_nonce": false}'

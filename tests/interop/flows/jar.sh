# Signed authorization requests (RFC 9101) with the key that also proves the
# client: in the browser's hands and pushed, with all that is JSON inside.

fresh
refused 8 login "$issuer" -p jar --api "$issuer" --client-id fob-jar --browser \
  --signing-key "$keys/ec.pem" --client-auth private_key_jwt --par
grep -q 'Request Object must be used' "$home/err" || fail "said: $(cat "$home/err")"
ok "the provider takes no plain request of this client"

printf '{"type": "test-account", "amount": "1.10"}' >"$home/jar.json"
run profile set jar login.request_object required 2>"$home/err" || fail "profile set"
for par in off auto; do
  run profile set jar login.par $par 2>"$home/err" || fail "profile set"
  fresh
  run login "$issuer" -p jar --api "$issuer/api" --client-id fob-jar --browser \
    --signing-key "$keys/ec.pem" --client-auth private_key_jwt --resource "$issuer/api" \
    --scope 'openid offline_access api:read' --acr-values urn:test:gold --max-age 15m \
    --authorization-details "$home/jar.json" 2>"$home/err" ||
    fail "login: $(cat "$home/err")"
  seen 1 '"type":"authorization_code"'
  grep -q 'authorization details test-account,' "$home/err" ||
    fail "the details are not told: $(cat "$home/err")"
  ! grep -q 'warning' "$home/err" || fail "warned: $(cat "$home/err")"
  ok "signed with ES256, login.par $par"
done
seen 1 '"event":"pushed request"'
[ -n "$(run token -p jar --force-refresh)" ] || fail "no refresh"
ok "refreshed with the same key"

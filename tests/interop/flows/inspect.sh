# What is known of a token: introspection, JWT access tokens for a resource
# (RFC 8707, RFC 9068) and their claims.

run login "$issuer" -p inspect --api "$issuer" --client-id fob-interop \
  --browser --scope 'openid offline_access email' --prompt consent \
  2>"$home/err" || fail "login: $(cat "$home/err")"
run token -p inspect --introspect >"$home/out" 2>"$home/err" ||
  fail "introspect: $(cat "$home/err")"
grep -q '"active":true' "$home/out" || fail "introspection says $(cat "$home/out")"
grep -q '"client_id":"fob-interop"' "$home/out" || fail "of whom: $(cat "$home/out")"
ok "introspection by a public client"

refused 1 token -p inspect --decode
grep -q opaque "$home/err" || fail "decode says $(cat "$home/err")"
ok "an opaque token has no claims"

run login "$issuer" -p inspect-service --api "$issuer" --client-id 'fob service' \
  --client-credentials --client-secret-file "$keys/secret.basic" \
  --scope 'api:read' 2>"$home/err" || fail "login: $(cat "$home/err")"
run token -p inspect-service --introspect >"$home/out" ||
  fail "introspection by a confidential client"
grep -q '"active":true' "$home/out" || fail "introspection says $(cat "$home/out")"
ok "introspection by a confidential client"

fresh
run login "$issuer" -p inspect-api --api "$issuer/api" --client-id fob-interop \
  --browser --scope 'openid offline_access api:read' --prompt consent \
  --resource "$issuer/api" 2>"$home/err" || fail "login: $(cat "$home/err")"
run token -p inspect-api --decode >"$home/out" 2>"$home/err" ||
  fail "decode: $(cat "$home/err")"
grep -qF "\"aud\":\"$issuer/api\"" "$home/out" || fail "for whom: $(cat "$home/out")"
grep -q 'verified: signed by' "$home/err" || fail "verified: $(cat "$home/err")"
ok "a JWT for the resource that was asked for, verified by the issuer's keys"

run request -p inspect-api / >"$home/out" 2>"$home/err" ||
  fail "request: $(cat "$home/err")"
grep -q '"sub": *"ann"' "$home/out" || fail "the API says $(cat "$home/out")"
saw '"api: served"'
ok "the resource takes it"

refused 8 request -p inspect-api write --error-body none
grep -q 'api:write' "$home/err" || fail "what is missing: $(cat "$home/err")"
ok "insufficient_scope names the scope and the command"

run token -p inspect-api --force-refresh >"$home/out" 2>"$home/err" ||
  fail "refresh: $(cat "$home/err")"
run request -p inspect-api / >"$home/out" 2>"$home/err" ||
  fail "request after a refresh: $(cat "$home/err")"
ok "a refresh brings a token for the same resource"

# --- the person --------------------------------------------------------------

run status -p inspect --userinfo >"$home/out" 2>"$home/err" ||
  fail "userinfo: $(cat "$home/err")"
grep -q '"email":"ann@example.test"' "$home/out" || fail "userinfo says $(cat "$home/out")"
ok "userinfo, of the person who logged in"

run login "$issuer" -p inspect-signed --api "$issuer" --client-id fob-userinfo \
  --browser --scope 'openid offline_access email' --prompt consent \
  2>"$home/err" || fail "login: $(cat "$home/err")"
fresh
run status -p inspect-signed --userinfo >"$home/out" 2>"$home/err" ||
  fail "signed userinfo: $(cat "$home/err")"
grep -q '"email":"ann@example.test"' "$home/out" || fail "userinfo says $(cat "$home/out")"
seen 1 '"path":"/jwks"'
ok "userinfo as a JWT, checked with the provider's keys"

run status --online >"$home/out" 2>"$home/err" || fail "online: $(cat "$home/err")"
grep -q '^inspect: accepted (userinfo)' "$home/out" || fail "online says $(cat "$home/out")"
grep -q '^inspect-service: accepted (introspection)' "$home/out" ||
  fail "online says $(cat "$home/out")"
ok "status asks the servers"

# --- tokens that are bound to a key ------------------------------------------

set_to '{"dpop_nonce":true}'
run login "$issuer" -p inspect-dpop --api "$issuer" --client-id fob-dpop --dpop \
  --browser --scope 'openid offline_access email' --prompt consent \
  2>"$home/err" || fail "login: $(cat "$home/err")"
run status -p inspect-dpop --userinfo >"$home/out" 2>"$home/err" ||
  fail "userinfo: $(cat "$home/err")"
grep -q '"email":"ann@example.test"' "$home/out" || fail "userinfo says $(cat "$home/out")"
ok "userinfo by a token that is bound to a key, with the provider's nonce"
run token -p inspect-dpop --introspect >"$home/out" 2>"$home/err" ||
  fail "introspection: $(cat "$home/err")"
grep -q '"jkt"' "$home/out" || fail "introspection says $(cat "$home/out")"
ok "introspection tells the key"
set_to '{"dpop_nonce":false}'

run login "$issuer" -p inspect-tls --api "$mtls" --client-id fob-tls \
  --client-auth tls_client_auth --cert "$keys/client.pem" \
  --key "$keys/client.key" --browser --scope 'openid offline_access email' \
  --prompt consent 2>"$home/err" || fail "login: $(cat "$home/err")"
run status -p inspect-tls --userinfo >"$home/out" 2>"$home/err" ||
  fail "userinfo: $(cat "$home/err")"
grep -q '"email":"ann@example.test"' "$home/out" || fail "userinfo says $(cat "$home/out")"
run token -p inspect-tls --introspect >"$home/out" 2>"$home/err" ||
  fail "introspection: $(cat "$home/err")"
grep -q '"x5t#S256"' "$home/out" || fail "introspection says $(cat "$home/out")"
ok "userinfo and introspection with the client's certificate"

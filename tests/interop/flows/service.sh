# Client credentials: a service without a person.

run login "$issuer" -p service --api "$issuer" --client-id 'fob service' \
  --client-credentials --client-secret-file "$keys/secret.basic" \
  --client-auth client_secret_basic --scope 'api:read' 2>"$home/err" ||
  fail "login: $(cat "$home/err")"
[ -n "$(run token -p service)" ] || fail "no token"
seen 1 '"type":"client_credentials"'
ok "a secret of special characters in the Basic header"

fresh
run login "$issuer" -p service-post --api "$issuer" --client-id fob-post \
  --client-credentials --client-secret-file "$keys/secret.post" \
  --client-auth client_secret_post --scope 'api:read' 2>"$home/err" ||
  fail "login: $(cat "$home/err")"
seen 1 '"type":"client_credentials"'
ok "a secret in the form"

# Clients that prove themselves by an assertion, in each algorithm; a person's
# login, refresh and revocation with one too.

service() { # PROFILE CLIENT [OPTION...]
  profile=$1 client=$2
  shift 2
  fresh
  run login "$issuer" -p "$profile" --api "$issuer" --client-id "$client" \
    --client-credentials --scope 'api:read' "$@" 2>"$home/err" ||
    fail "login: $(cat "$home/err")"
  run token -p "$profile" --force-refresh >/dev/null || fail "no second token"
  seen 2 '"type":"client_credentials"'
  run logout -p "$profile" 2>"$home/err" || fail "logout: $(cat "$home/err")"
  seen 0 '"revocation error"'
}

service assertion-hs256 fob-secret-jwt --client-auth client_secret_jwt \
  --client-secret-file "$keys/secret.jwt"
ok "client_secret_jwt: logged in, asked again, revoked"

for key in es256:ec es384:ec384 rs256:rsa ps256:rsa; do
  alg=${key%:*} file=${key#*:}
  with=FOB_CONFIG_DIR=$home/assertion-config
  mkdir -p "$home/assertion-config/profiles"
  word=$(echo "$alg" | tr '[:lower:]' '[:upper:]')
  printf '{"schema":1,"client":{"key_alg":"%s","key_id":"fob-key-%s"}}\n' "$word" "$alg" \
    >"$home/assertion-config/profiles/assertion-$alg.json"
  service "assertion-$alg" "fob-key-$alg" --signing-key "$keys/$file.pem"
  ok "private_key_jwt $word from PEM: logged in, asked again, revoked"
  with=''
done

service assertion-jwk fob-key-es256 --signing-key "$keys/ec.jwk"
ok "private_key_jwt from a JWK"

fresh
run login "$issuer" -p assertion-stdin --api "$issuer" --client-id fob-key-es256 \
  --browser --scope 'openid offline_access' --prompt consent --signing-key - <"$keys/ec.jwk" 2>"$home/err" ||
  fail "login: $(cat "$home/err")"
run token -p assertion-stdin --force-refresh >/dev/null || fail "refresh"
run logout -p assertion-stdin 2>"$home/err" || fail "logout: $(cat "$home/err")"
seen 1 '"type":"authorization_code"'
seen 1 '"type":"refresh_token"'
saw 'refresh token destroyed'
ok "a person's login, refresh and logout by a client with a kept key"

# Certificates (RFC 8705): shown to the provider's TLS listener alone, which its
# metadata names as aliases; the tokens are bound to them.

for kind in tls:client self-tls:self; do
  name=${kind%:*} file=${kind#*:}
  [ "$name" = tls ] && method=tls_client_auth || method=self_signed_tls_client_auth

  fresh
  run login "$issuer" -p "mtls-$name" --api "$mtls" --client-id "fob-$name" \
    --client-auth $method --cert "$keys/$file.pem" --key "$keys/$file.key" \
    --browser --scope 'openid offline_access' --prompt consent 2>"$home/err" ||
    fail "login: $(cat "$home/err")"
  seen 1 '"type":"authorization_code"'
  saw '"path":"/token","tls":true'
  seen 0 '"path":"/token","tls":false'
  ok "$method: a person logged in"

  refused 2 token -p "mtls-$name"
  grep -q 'bound to the certificate' "$home/err" || fail "token says: $(cat "$home/err")"
  refused 2 token -p "mtls-$name" --force-refresh
  seen 1 '"type":"refresh_token"'
  run request -p "mtls-$name" /me >"$home/me" || fail "request to userinfo"
  grep -q '"sub": *"ann"' "$home/me" || fail "userinfo says $(cat "$home/me")"
  seen 0 '"userinfo error"'
  ok "$method: refreshed, and userinfo took the bound token"

  run token -p "mtls-$name" --for GET "$mtls/me" >"$home/header" || fail "token --for"
  status=0
  curl -sS -f -o /dev/null --cacert "$keys/ca.pem" -H @"$home/header" "$mtls/me" 2>/dev/null || status=$?
  [ "$status" = 22 ] || fail "the provider took a bound token without its certificate: curl $status"
  curl -sS -f -o "$home/me" --cacert "$keys/ca.pem" --cert "$keys/$file.pem" --key "$keys/$file.key" \
    -H @"$home/header" "$mtls/me" || fail "curl with the certificate"
  ok "$method: the token is worth nothing without its certificate"

  run logout -p "mtls-$name" 2>"$home/err" || fail "logout: $(cat "$home/err")"
  seen 0 '"revocation error"'
  saw '"path":"/token/revocation","tls":true'
  ok "$method: revoked with the certificate"
done

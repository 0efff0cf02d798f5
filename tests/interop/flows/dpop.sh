# Tokens that are bound to a key (RFC 9449), from the login to the API, with
# and without nonces. The API checks each proof by itself.

dpop() { # PROFILE CLIENT
  run login "$issuer" -p "$1" --api "$issuer/api" --client-id "$2" --browser --dpop \
    --prompt consent --scope 'openid offline_access api:read' --resource "$issuer/api" \
    2>"$home/err" || fail "login: $(cat "$home/err")"
}

fresh
dpop dpop fob-dpop
seen 1 '"type":"authorization_code"'
seen 0 'nonce'
run request -p dpop /api/me 2>"$home/err" | grep -q '"bound":{"jkt"' || fail "request: $(cat "$home/err")"
seen 1 '"bound":"jkt"'
ok "login with dpop_jkt, and a request with a proof"

run token -p dpop --force-refresh --json >/dev/null || fail "no refresh"
seen 1 '"type":"refresh_token"'
run request -p dpop /api/me >/dev/null || fail "request after a refresh"
seen 2 '"bound":"jkt"'
seen 0 'proof refused'
ok "refreshed with the same key"

refused 2 token -p dpop
url=$issuer/api/me
run token -p dpop --for GET "$url" >"$home/lines" || fail "token --for"
curl -sf -H @"$home/lines" "$url" >/dev/null || fail "curl with what token --for printed"
! curl -sf -H @"$home/lines" "$url" >/dev/null || fail "a proof was good twice"
seen 3 '"bound":"jkt"'
rm "$home/lines"
ok "token --for gives another program one request"

fresh
dpop dpop-nonce fob-dpop-nonce
seen 1 '"type":"authorization_code"'
run token -p dpop-nonce --force-refresh --json >/dev/null || fail "no refresh with a nonce"
seen 1 '"type":"refresh_token"'
ok "nonces at the token endpoint: login and refresh"

set_to '{"dpop_nonce": true}'
fresh
run request -p dpop-nonce /api/me >/dev/null || fail "request with a nonce"
seen 1 'api: nonce demanded'
seen 1 '"bound":"jkt"'
ok "nonces at the API"
run token -p dpop --force-refresh --json >/dev/null || fail "no refresh with a nonce"
run logout -p dpop 2>"$home/err" || fail "logout: $(cat "$home/err")"
run logout -p dpop-nonce 2>"$home/err" || fail "logout: $(cat "$home/err")"
set_to '{"dpop_nonce": false}'
ok "revoked"

# A client that the provider takes for a DPoP one, and a profile that does not
# want it.
fresh
refused 8 login "$issuer" -p dpop-off --api "$issuer/api" --client-id fob-dpop --browser
seen 0 '"type":"authorization_code"'
ok "refused without it by the provider"

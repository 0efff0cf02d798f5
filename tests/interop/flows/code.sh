# A whole life of a login: the code in a browser, refreshed three times with
# rotation, the userinfo endpoint as an API, logged out and revoked.

round() { # PROFILE CLIENT [OPTION...]: a whole life of a login
  profile=$1 client=$2
  shift 2
  fresh

  run login "$issuer" -p "$profile" --api "$issuer" --client-id "$client" \
    --browser --scope 'openid offline_access email' "$@" 2>"$home/err" ||
    fail "login: $(cat "$home/err")"
  seen 1 '"type":"authorization_code"'
  ok "$client: logged in; the provider's ID token was accepted"

  run status -p "$profile" --json | grep -q 'ann' || fail "status does not name the account"
  first=$(run token -p "$profile")
  again=$(run token -p "$profile")
  [ -n "$first" ] && [ "$first" = "$again" ] || fail "a valid token was not kept"
  seen 0 '"type":"refresh_token"'
  ok "$client: the token is kept while it is valid"

  before=$first
  for n in 1 2 3; do
    now=$(run token -p "$profile" --force-refresh) || fail "refresh $n"
    [ -n "$now" ] && [ "$now" != "$before" ] || fail "refresh $n brought no new token"
    before=$now
    seen $n '"type":"refresh_token"'
  done
  seen 0 '"grant error"'
  ok "$client: refreshed 3 times, the refresh token rotated each time"

  run request -p "$profile" /me >"$home/me" || fail "request to userinfo"
  grep -q '"sub": *"ann"' "$home/me" || fail "userinfo says $(cat "$home/me")"
  grep -q 'ann@example.test' "$home/me" || fail "userinfo has no email"
  ok "$client: userinfo answered the request"

  run logout -p "$profile" 2>"$home/err" || fail "logout: $(cat "$home/err")"
  grep -q 'refresh token destroyed\|login revoked' "$home/server.log" ||
    fail "the provider saw no revocation"
  refused 8 token -p "$profile"
  ok "$client: logged out, revoked at the provider, and gone here"
}

round main fob-interop
# A second profile on one issuer asks for select_account, which this provider
# does not know.
round other fob-interop-es256 --prompt consent

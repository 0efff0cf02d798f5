# Ending the person's session (OpenID RP-initiated logout).

log_in_for_session() { # CLIENT
  run login "$issuer" -p session --api "$issuer" --client-id "$1" --browser \
    --scope 'openid offline_access' --prompt consent 2>"$home/err" ||
    fail "login: $(cat "$home/err")"
  fresh
}

log_in_for_session fob-interop
run logout -p session --end-session 2>"$home/err" || fail "logout: $(cat "$home/err")"
i=0
while ! grep -qF '"session ended"' "$home/server.log"; do
  i=$((i + 1))
  [ $i -lt 100 ] || fail "the provider ended no session"
  sleep 0.1
done
refused 8 token -p session
ok "the hint is accepted, the session ended"

log_in_for_session fob-logout
run profile set session login.post_logout_redirect_uri http://127.0.0.1/logout \
  2>"$home/err" || fail "profile set: $(cat "$home/err")"
run logout -p session --end-session 2>"$home/err" || fail "logout: $(cat "$home/err")"
seen 1 '"session ended"'
grep -q 'Ended: the session' "$home/err" || fail "fob says $(cat "$home/err")"
ok "and the browser came back with the state"

log_in_for_session fob-interop
with='BROWSER=none'
run logout -p session --end-session 2>"$home/err" ||
  fail "logout: $(cat "$home/err")"
grep -qF "$issuer/session/end?client_id=fob-interop" "$home/err" ||
  fail "the address: $(cat "$home/err")"
with=''
ok "the address for a person without a browser"

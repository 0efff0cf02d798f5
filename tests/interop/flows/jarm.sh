# Answers that come signed (JARM), by ES256, also for a pushed
# request; and the provider's no, signed too.

run login "$issuer" -p jarm --api "$issuer" --client-id fob-jarm --browser --prompt consent \
  --scope 'openid offline_access' 2>"$home/err" || fail "login: $(cat "$home/err")"
run profile set jarm login.response_mode jwt 2>"$home/err" || fail "profile set"
for par in auto off; do
  run profile set jarm login.par $par 2>"$home/err" || fail "profile set"
  fresh
  run login -p jarm --browser 2>"$home/err" || fail "login: $(cat "$home/err")"
  seen 1 '"type":"authorization_code"'
  tail -n 1 "$home/browser.log" | grep -q '/callback?response=eyJ' ||
    fail "the answer was not signed: $(tail -n 1 "$home/browser.log")"
  ok "an answer signed with ES256, login.par $par"
done

fresh
refused 8 login -p jarm --browser --prompt none --max-age 0
grep -q 'login_required' "$home/err" || fail "said: $(cat "$home/err")"
tail -n 1 "$home/browser.log" | grep -q '/callback?response=eyJ' ||
  fail "the no was not signed"
seen 0 '"event":"grant"'
ok "the provider's no, signed"

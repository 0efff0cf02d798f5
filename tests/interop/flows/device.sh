# Device authorization (RFC 8628): the person enters the code in a browser while
# fob asks; or refuses there. The provider states no interval, so 5 s it is.

begin() { # PROFILE CLIENT [OPTION...]: fob, in the background, and the address
  profile=$1 client=$2
  shift 2
  run login "$issuer" -p "$profile" --api "$issuer" --client-id "$client" \
    --device --scope 'openid offline_access email' "$@" \
    >"$home/$profile.out" 2>"$home/$profile.err" &
  i=0
  while ! grep -qs "user_code=" "$home/$profile.err"; do
    i=$((i + 1))
    [ $i -lt 200 ] || fail "$profile shows no address: $(cat "$home/$profile.err")"
    sleep 0.05
  done
  address=$(sed -n 's/^  \(http.*user_code=.*\)/\1/p' "$home/$profile.err")
}

# The page's form sent back, and then the refusal of the one behind it.
refuse() { # ADDRESS
  "$node" --input-type=module -e '
    let cookies = "";
    const ask = async (url, form) => {
      const res = await fetch(url, {
        headers: { cookie: cookies }, redirect: "manual",
        ...(form && { method: "POST", body: new URLSearchParams(form) }),
      });
      cookies = [cookies, ...res.headers.getSetCookie().map((c) => c.split(";")[0])].join("; ");
      return res.text();
    };
    const fields = (html) => Object.fromEntries([...html.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)]
      .map(([, name, value]) => [name, value]));
    const [url] = process.argv.slice(1);
    const page = new URL(url).origin + new URL(url).pathname;
    const confirm = await ask(page, fields(await ask(url)));
    const { confirm: _, ...rest } = fields(confirm);
    await ask(page, { ...rest, abort: "yes" });
  ' "$1" || fail "the refusal"
}

begin device-no fob-interop
refused=$!
refuse "$address"
begin device-key fob-key-es256 --signing-key "$keys/ec.pem"
by_key=$!
"$home/browser" "$address" || fail "the browser"
begin device-dpop fob-dpop-nonce --dpop
bound=$!
"$home/browser" "$address" || fail "the browser"
begin device fob-device
agreed=$!
grep -q "^  $issuer/device$" "$home/device.err" || fail "says $(cat "$home/device.err")"
grep -qF "Log in at ${issuer#http://}, on any device:" "$home/device.err" ||
  fail "says $(cat "$home/device.err")"
seen 4 '"event":"device authorization"'

# Once before the person agreed, and once after.
i=0
while ! grep -q 'authorization_pending' "$home/server.log"; do
  i=$((i + 1))
  [ $i -lt 300 ] || fail "fob does not ask"
  sleep 0.05
done
"$home/browser" "$address" || fail "the browser"

status=0
wait $refused || status=$?
[ "$status" = 8 ] || fail "refused: exit $status, $(cat "$home/device-no.err")"
grep -q 'access_denied' "$home/device-no.err" || fail "says $(cat "$home/device-no.err")"
! run status -p device-no >/dev/null 2>&1 || fail "a refused login left a profile"
ok "a refusal ends the login, and nothing is kept"

wait $agreed || fail "login: $(cat "$home/device.err")"
wait $by_key || fail "login: $(cat "$home/device-key.err")"
wait $bound || fail "login: $(cat "$home/device-dpop.err")"
grep -q 'Logged in: device as ann' "$home/device.err" || fail "says $(cat "$home/device.err")"
saw '"error":"authorization_pending"'
seen 0 '"error":"slow_down"'
seen 3 '"type":"urn:ietf:params:oauth:grant-type:device_code"'
ok "logged in once the code was entered, asking at the pace of the RFC"

ok "a client that proves itself by an assertion, anew at each request"
run request -p device-dpop /me | grep -q '"sub": *"ann"' || fail "request with a bound token"
ok "a token that is bound by DPoP, with nonces"

first=$(run token -p device)
now=$(run token -p device --force-refresh) || fail "refresh"
[ -n "$now" ] && [ "$now" != "$first" ] || fail "no new token"
run logout -p device 2>"$home/err" || fail "logout: $(cat "$home/err")"
ok "refreshed and logged out"

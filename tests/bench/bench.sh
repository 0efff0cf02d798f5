#!/bin/sh
# Measures fob against the programs that people use today, in pairs, on this
# machine. Prints; judges nothing. Needs root or user namespaces for one thing:
# a test authority among the system's certificates, in a mount namespace of its
# own, so that both sides verify against the real set of roots.
#
# usage: bench.sh BUILD-DIRECTORY [RUNS]
set -eu
build=$1
runs=${2:-50}
if [ -z "${FOB_BENCH_INSIDE:-}" ]; then
  export FOB_BENCH_INSIDE=1
  if [ "$(id -u)" = 0 ]; then
    exec unshare -m -- "$0" "$@"
  fi
  exec unshare -rm -- "$0" "$@"
fi

fob=$build/fob
pair=$build/tests/bench-pair
scratch=$(mktemp -d)
pids=''
cleanup() {
  for pid in $pids; do kill "$pid" 2>/dev/null || :; done
  umount /etc/ssl/certs "$scratch/memory" 2>/dev/null || :
  rm -rf "$scratch"
}
trap cleanup EXIT INT TERM
export HOME="$scratch/home" XDG_CONFIG_HOME="$scratch/config"
export XDG_DATA_HOME="$scratch/data" XDG_STATE_HOME="$scratch/state"
unset DBUS_SESSION_BUS_ADDRESS CI SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE || :
mkdir -p "$HOME"
cores=$(nproc)
echo "on $cores cores; medians of $runs pairs: fob, the other, their ratio and difference, fob's peak memory"

# --- JSON: what the terminal and --paginate do to it, 1 GiB to /dev/null -----------
"$build/tests/bench-json" 1024

# --- an authority among the system's ----------------------------------------------
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=fob bench CA' \
  -addext basicConstraints=critical,CA:TRUE \
  -keyout "$scratch/ca.key" -out "$scratch/ca.pem" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
  -keyout "$scratch/key.pem" -out "$scratch/csr" 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$scratch/ext"
openssl x509 -req -days 2 -in "$scratch/csr" -CA "$scratch/ca.pem" \
  -CAkey "$scratch/ca.key" -CAcreateserial -extfile "$scratch/ext" \
  -out "$scratch/cert.pem" 2>/dev/null
cp -a /etc/ssl/certs "$scratch/certs"
cp "$scratch/ca.pem" "$scratch/certs/fob-bench.pem"
cat "$scratch/ca.pem" >>"$scratch/certs/ca-certificates.crt"
ln -s fob-bench.pem "$scratch/certs/$(openssl x509 -hash -noout -in "$scratch/ca.pem").0"
mount --bind "$scratch/certs" /etc/ssl/certs

. "$(dirname "$0")/pages.sh"
pages_serve "$scratch" '$scheme://$http_host'

# --- a server that is no bottleneck -----------------------------------------------
truncate -s 1G "$scratch/1g.bin"
printf '{"login": "bench", "id": 1}\n' >"$scratch/user.json"
port=$((20000 + $$ % 20000))
cat >"$scratch/nginx.conf" <<EOF
worker_processes 1; daemon off; pid $scratch/nginx.pid; error_log /dev/null;
user root;
events { worker_connections 512; }
http {
  access_log off; sendfile on; tcp_nopush on; default_type application/json;
  client_body_temp_path $scratch/b; proxy_temp_path $scratch/p;
  fastcgi_temp_path $scratch/f; uwsgi_temp_path $scratch/u; scgi_temp_path $scratch/s;
  include $scratch/pages.http;
  server { listen 127.0.0.1:$port; root $scratch; include $scratch/hops;
    include $scratch/pages.server; }
  server { listen 127.0.0.1:$((port + 1)) ssl http2; root $scratch;
    include $scratch/pages.server;
    ssl_certificate $scratch/cert.pem; ssl_certificate_key $scratch/key.pem; }
}
EOF
# /hop/9 is ten requests.
for hop in 1 2 3 4 5 6 7 8 9; do
  next=/hop/$((hop - 1))
  [ "$hop" != 1 ] || next=/user.json
  echo "location = /hop/$hop { absolute_redirect off; return 302 $next; }"
done >"$scratch/hops"
nginx -c "$scratch/nginx.conf" 2>/dev/null &
pids="$pids $!"
http=http://127.0.0.1:$port https=https://localhost:$((port + 1))
for _ in 1 2 3 4 5 6 7 8 9 10; do
  curl -sf "$http/user.json" >/dev/null && break
  sleep 0.2
done

# --- a login with a token in the kernel's cache -------------------------------------
mkfifo "$scratch/stdin"
"$build/tests/sandbox" <"$scratch/stdin" >"$scratch/ready" &
pids="$pids $!"
exec 9>"$scratch/stdin"
while ! [ -s "$scratch/ready" ]; do sleep 0.05; done
issuer=$(sed -n 's/.*"issuer": *"\([^"]*\)".*/\1/p' "$scratch/ready")
api=$(sed -n 's/.*"api": *"\([^"]*\)".*/\1/p' "$scratch/ready")
printf 'test-secret-not-real' >"$scratch/secret"
"$fob" --quiet login "$issuer" -p bench --api "$api" --client-id fob-service \
  --client-credentials --client-secret-file "$scratch/secret" --store file
export FOB_TOKEN_CACHE=kernel
"$fob" token -p bench >/dev/null

"$pair" "$runs" 'fob token (kernel cache) : true' "$fob" token -p bench -- /bin/true
if command -v gh >/dev/null 2>&1; then
  mkdir -p "$scratch/gh"
  printf 'github.com:\n    oauth_token: gho_testvaluenotreal\n    user: bench\n' \
    >"$scratch/gh/hosts.yml"
  GH_CONFIG_DIR=$scratch/gh "$pair" "$runs" 'fob token (kernel cache) : gh auth token' \
    "$fob" token -p bench -- gh auth token
fi
if command -v oidc-token >/dev/null 2>&1; then
  eval "$(oidc-agent 2>/dev/null)" >/dev/null
  pids="$pids ${OIDCD_PID:-}"
  # Without an account loaded: the price of asking its agent alone.
  "$pair" "$runs" 'fob token (kernel cache) : oidc-token, no account' \
    "$fob" token -p bench -- sh -c 'oidc-token bench >/dev/null 2>&1; :'
fi

# --- tokens that are bound by DPoP: what the proofs add --------------------------------
for kind in bound bearer; do
  dpop=''
  [ "$kind" = bearer ] || dpop=--dpop
  "$fob" --quiet login "$issuer" -p "$kind" --api "$http" --client-id fob-service \
    --client-credentials --client-secret-file "$scratch/secret" --store file $dpop
  "$fob" request -p "$kind" user.json >/dev/null
done
"$pair" "$runs" 'http request by DPoP : by a bearer token' \
  "$fob" request -p bound user.json -- "$fob" request -p bearer user.json
"$pair" "$runs" '10 in one run by DPoP : by a bearer token' \
  "$fob" request -p bound hop/9 -- "$fob" request -p bearer hop/9
for kind in bound bearer; do "$fob" --quiet logout -p "$kind"; done

# --- requests ------------------------------------------------------------------------
export FOB_TOKEN=test-token-not-real
FOB_API=$https "$pair" "$runs" 'https request, system roots : curl' \
  "$fob" request /user.json -- curl -sS "$https/user.json"
FOB_API=$http "$pair" "$runs" 'http request : curl' \
  "$fob" request /user.json -- curl -sS "$http/user.json"
FOB_API=$https "$fob" request --cache 1h /user.json >/dev/null
FOB_API=$https "$pair" "$runs" 'https request, from the cache : curl' \
  "$fob" request --cache 1h /user.json -- curl -sS "$https/user.json"

# What is far longer than it looks, and how much memory that takes.
FOB_API=$api "$pair" 1 '10 GiB out of 10 MiB of gzip : curl' \
  "$fob" request 'bomb/10240?of=string' -- \
  curl -sS --compressed "$api/bomb/10240?of=string"
. "$(dirname "$0")/batch.sh"

# --- lists in pages --------------------------------------------------------------------
pages_measure "$http" http
pages_measure "$https" https
pages_measure_slow $((port + 2))
pages_measure_long "$http" http
pages_measure_long "$https" https
pages_measure_gh "$https"

# To a file that is not there yet: removing an old one of 1 GiB is no part of
# either's work. On a disk the page cache and its writer take most of the time,
# so that memory is measured too.
bulk=$(((runs + 4) / 5))
mkdir "$scratch/disk" "$scratch/memory"
mount -t tmpfs -o size=3g fob-bench "$scratch/memory"
for dir in "$scratch/memory" "$scratch/disk"; do
  system=$(findmnt -n -o FSTYPE -T "$dir")
  export PAIR_BEFORE="rm -f $dir/out $dir/out2; sync -f $dir"
  for url in "$http" "$https"; do
    FOB_API=$url "$pair" "$bulk" "1 GiB over ${url%%:*} to a file ($system) : curl" \
      "$fob" request /1g.bin -o "$dir/out" -- \
      curl -sS "$url/1g.bin" -o "$dir/out2"
  done
  rm -f "$dir/out" "$dir/out2"
done

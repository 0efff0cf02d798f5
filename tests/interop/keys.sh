#!/bin/sh
# Fills the directory KEYS with what fob and the provider need: keys, secrets
# and certificates of one run, none of them in the tree.
#   rsa.pem ec.pem ec384.pem   private keys, PKCS#8; rsa.jwk … the same as JWKs
#   secret.basic .post .jwt    client secrets, no newline
#   ca.pem server.pem server.key            the TLS listener, 127.0.0.1
#   client.pem client.key                   of that CA: CN=fob-tls
#   self.pem self.key                       signed by itself: CN=fob-self-tls
# usage: keys.sh KEYS NODE
set -eu
umask 077
cd "$1"
node=$2

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ec384.pem
for name in rsa ec ec384; do
  "$node" -e 'const { createPrivateKey } = require("node:crypto");
    const { readFileSync, writeFileSync } = require("node:fs");
    const key = createPrivateKey(readFileSync(`${process.argv[1]}.pem`));
    writeFileSync(`${process.argv[1]}.jwk`, JSON.stringify(key.export({ format: "jwk" })));' "$name"
done

printf 'test+secret not%%real:' >secret.basic
printf 'test-secret-not-real-post' >secret.post
printf 'test-secret-not-real-jwt-of-at-least-32-bytes' >secret.jwt

new_key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
# shellcheck disable=SC2086
{
  openssl req -x509 $new_key -subj '/CN=fob interop CA' -keyout ca.key -out ca.pem \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
  openssl req -x509 $new_key -subj '/CN=127.0.0.1' -keyout server.key -out server.pem \
    -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE \
    -addext subjectAltName=IP:127.0.0.1,DNS:localhost
  openssl req -x509 $new_key -subj '/O=fob interop/CN=fob-tls' -keyout client.key \
    -out client.pem -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE
  openssl req -x509 $new_key -subj '/CN=fob-self-tls' -keyout self.key -out self.pem
} 2>openssl.log || {
  cat openssl.log >&2
  exit 1
}

/* Private keys that sign, and what they sign: client assertions, request
 * objects, DPoP proofs (RFC 7515, 7517, 7518) by RS256, PS256, ES256 or
 * ES384, and HS256 with a client secret.
 *
 * Loading does not compute a public key: a JWK brings its own, which is what
 * makes a stored key quick to use. The private parts live in wiped memory and
 * are never in a message. */
#pragma once

#include "base/err.h"
#include "base/secret.h"

#include <jansson.h>
#include <stddef.h>

struct sign_key;

/* Where a key comes from and what it is to be used for. */
struct sign_source {
  const char *what; /* for messages: "the signing key '/home/ann/k.pem'" */
  const char *path; /* for remedies that name the file; NULL: "KEY.pem" */
  const char *alg;  /* the algorithm to use; NULL: as below */
  const char *kid;  /* the key's name; NULL: a JWK's own `kid`, else none */
  enum code code;   /* what a bad key gives: E_PROFILE, E_STORE_BROKEN, … */
};

/* Reads PEM (PKCS#8, PKCS#1, SEC 1; other blocks beside it are passed over) or
 * one private JWK. Without source->alg it is the JWK's own, else ES256 for
 * P-256, ES384 for P-384, RS256 for RSA.
 *
 * Refused with source->code, the remedy as the hint: what is encrypted (fob
 * asks for no passphrase here), OpenSSH's own format, public keys and
 * certificates alone, Ed25519 and every curve but those two, RSA below 2048
 * bits or above what mbedTLS takes (4096), a JWK that lacks its public part
 * or (RSA) its primes, whose `use` or `key_ops` forbid signing, or whose `alg`
 * is another than source->alg; an alg that does not fit the key. */
NODISCARD enum code sign_key_load(struct sign_key **ret_key, const void *bytes,
                                  size_t len, const struct sign_source *source,
                                  struct err *err);

/* A new P-256 key, for ES256, without a kid. */
NODISCARD enum code sign_key_make(struct sign_key **ret_key, struct err *err);

/* The private key as a JWK with its public part, alg and kid, which
 * sign_key_load() reads again: the form in which the store keeps keys. */
NODISCARD enum code sign_key_write(const struct sign_key *key,
                                   struct secret **ret_jwk, struct err *err);

/* kty and n, e or crv, x, y; no more: the caller adds kid, alg or use. A new
 * object. */
NODISCARD enum code sign_key_public(const struct sign_key *key,
                                    json_t **ret_jwk, struct err *err);

/* SHA-256 of the public key's canonical form (RFC 7638), base64url. */
NODISCARD enum code sign_key_thumbprint(const struct sign_key *key,
                                        char **ret_text, struct err *err);

const char *sign_key_alg(const struct sign_key *key); /* "ES256" */
const char *sign_key_id(const struct sign_key *key);  /* NULL: none */

/* A compact JWS. header: its members beside `alg` (typ, jwk, …; NULL: none).
 * The key's kid is put in where header has neither kid nor jwk. A secret,
 * since what it signs is mostly a bearer value while it lives. */
NODISCARD enum code sign_jws(const struct sign_key *key, const json_t *header,
                             const json_t *payload, struct secret **ret_compact,
                             struct err *err);

/* The same with a client secret's bytes by HS256 (RFC 7518 §3.2). */
NODISCARD enum code sign_hs256(const struct secret *secret,
                               const json_t *header, const json_t *payload,
                               struct secret **ret_compact, struct err *err);

void sign_key_free(struct sign_key *key); /* NULL is fine */
DEFINE_AUTO(sign_key)

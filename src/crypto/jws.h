/* JSON Web Signatures and the public keys that check them (RFC 7515, 7517,
 * 7518): RS256, PS256, ES256, ES384, and no other. */
#pragma once

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct jwk_alg; /* crypto/jwk.h */

/* A compact JWS taken apart. The header and payload are JSON objects. */
struct jws {
  const struct jwk_alg *alg;
  json_t *header;
  json_t *payload;
  char *signing_input; /* BASE64URL(header) "." BASE64URL(payload) */
  char *signature;     /* bytes */
  size_t signature_len;
};

/* Refused with E_CHECK: not three parts (five: encrypted), not strict
 * base64url, header or payload no JSON object, alg missing, `none` or not one
 * of ours, kid no string, `crit` or `b64` present. Nothing is believed before
 * jws_verify(); jwk, jku, x5c and x5u of the header never are. what names the
 * token in messages ("the ID token"). */
NODISCARD enum code jws_parse(struct jws **ret_jws, const char *compact,
                              const char *what, struct err *err);

/* How the key set answers. */
enum jws_result {
  JWS_VALID,
  JWS_INVALID, /* a key that was meant did not verify */
  JWS_NO_KEY,  /* none with this kid and of this kind: fetch the set anew */
};

enum { JWS_TRIES_MAX = 16 };

/* Checks against a JWK Set ({"keys": […]}; E_ANSWER when it is none). Keys of
 * other kty, use, key_ops, alg or curve are passed over, as are malformed ones
 * (RFC 7517 §5); RSA below 2048 bits, and symmetric keys always. With a kid:
 * the keys of that kid; without one: all that fit; at most JWS_TRIES_MAX are
 * tried. E_LOCAL when PSA fails. */
NODISCARD enum code jws_verify(enum jws_result *ret_result,
                               const struct jws *jws, const json_t *jwks,
                               struct err *err);

/* For at_hash and c_hash (OpenID Core §3.1.3.6): the left half of value's hash,
 * by the hash of the token's own alg, as base64url. */
NODISCARD enum code jws_half_hash(char **ret_text, const struct jws *jws,
                                  const char *value, struct err *err);

/* The header's alg and kid; kid is NULL when there is none. */
const char *jws_alg(const struct jws *jws);
const char *jws_kid(const struct jws *jws);

void jws_free(struct jws *jws);
DEFINE_AUTO(jws)

/* JSON Web Signatures and the public keys that check them (RFC 7515, 7517,
 * 7518): RS256, PS256, ES256, ES384, and no other. */
#pragma once

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A compact JWS taken apart. The header and payload are JSON objects. */
struct jws {
  json_t *header;
  json_t *payload;
  char *signing_input; /* BASE64URL(header) "." BASE64URL(payload) */
  unsigned char *signature;
  size_t signature_len;
};

/* Refused with E_CHECK: not three parts, not strict base64url, alg missing,
 * `none` or not one of ours, `crit` present, `b64`. Nothing is believed
 * before jws_verify(); jwk, jku, x5c and x5u of the header never are. what
 * names the token in messages ("the ID token"). */
NODISCARD enum code jws_parse(struct jws **ret_jws, const char *compact,
                              const char *what, struct err *err);

/* How the key set answers. */
enum jws_result {
  JWS_VALID,
  JWS_INVALID, /* a key that was meant did not verify */
  JWS_NO_KEY,  /* no key with this kid and of this kind: fetch the set once more
                */
};

/* Checks against a JWK Set ({"keys": […]}). Keys of other kty, use, key_ops,
 * alg or curve are passed over, as are malformed ones (RFC 7517 §5); RSA below
 * 2048 bits, and symmetric keys always. With a kid: the keys of that kid;
 * without one: all that fit, at most 16 tried. E_LOCAL when PSA fails. */
NODISCARD enum code jws_verify(enum jws_result *ret_result,
                               const struct jws *jws, const json_t *jwks,
                               struct err *err);

/* The hash of a JWS alg, for at_hash and c_hash (OpenID Core §3.1.3.6):
 * base64url of the left half. E_CHECK for another alg. */
NODISCARD enum code jws_half_hash(char **ret_text, const char *alg,
                                  const char *value, struct err *err);

void jws_free(struct jws *jws);
DEFINE_AUTO(jws)

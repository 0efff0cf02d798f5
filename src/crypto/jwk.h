/* Public keys out of a JWK Set (RFC 7517, RFC 7518 §6), for jws.c. */
#pragma once

#include "base/err.h"
#include "crypto/crypto.h"

#include <jansson.h>
#include <psa/crypto.h>
#include <stdbool.h>
#include <stddef.h>

enum { JWK_RSA_MIN_BITS = 2048, JWK_RSA_MAX_BITS = 8192 };

/* A signature algorithm that fob accepts, and the key that it takes. */
struct jwk_alg {
  const char *name; /* as in `alg` */
  const char *kty;
  const char *crv;       /* NULL for RSA */
  size_t coordinate_len; /* of the curve; 0 for RSA */
  psa_algorithm_t psa;
  enum crypto_hash hash;
};

/* RS256, PS256, ES256 or ES384; NULL for any other name. */
const struct jwk_alg *jwk_alg(const char *name);

/* Whether the JWK declares itself fit to verify alg: kty and crv, and where
 * they are there use, key_ops and alg. Members of the wrong type are unfit. */
bool jwk_fits(const json_t *jwk, const struct jwk_alg *alg);

/* Gives PSA the key of a JWK that fits; the caller destroys it. A malformed,
 * too small or too large one is passed over (RFC 7517 §5): E_OK with the id
 * PSA_KEY_ID_NULL. mbedTLS takes RSA keys up to 4096 bits, the bounds above
 * hold where it takes more. */
NODISCARD enum code jwk_import(psa_key_id_t *ret_key, const json_t *jwk,
                               const struct jwk_alg *alg, struct err *err);

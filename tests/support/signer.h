/* Private keys for tests, and JWS signed with them. Failures fail the test. */
#pragma once

#include <jansson.h>
#include <psa/crypto.h>

/* All are published or were made for these tests: none guards anything. */
enum signer_key {
  SIGNER_RSA,       /* 2048 bits, of RFC 7515 A.2 */
  SIGNER_RSA_OTHER, /* 2048 bits */
  SIGNER_RSA_SMALL, /* 1024 bits */
  SIGNER_EC,        /* for ES384 made anew; for ES256 that of RFC 7515 A.3 */
  SIGNER_EC_OTHER,  /* made anew */
};

struct signer {
  const char *alg;
  psa_algorithm_t psa;
  psa_key_id_t id;
  json_t *jwk; /* kty, n and e, or crv, x and y */
};

/* alg: RS256, PS256, ES256 or ES384, fitting key. */
void signer_open(struct signer *ret_signer, const char *alg,
                 enum signer_key key);
void signer_close(struct signer *signer);

/* The public key with the members of a JSON object (text, may be NULL) added:
 * a new reference. */
json_t *signer_jwk(const struct signer *signer, const char *more);

/* {"keys": [the public key]}, with kid when it is not NULL. */
json_t *signer_set(const struct signer *signer, const char *kid);

/* Signs texts as they stand; the caller frees (mem_free). header NULL:
 * {"alg": …} of the signer. */
char *signer_sign(const struct signer *signer, const char *header,
                  const char *payload);

/* As signer_sign, with any bytes as the signature. */
char *signer_join(const char *header, const char *payload,
                  const void *signature, size_t len);

/* A private key between the form it is written in and PSA, for sign.c. */
#pragma once

#include "base/buf.h"
#include "crypto/sign.h"

struct sign_kind {
  const char *kty;
  const char *crv; /* NULL: RSA */
  const char *alg; /* unless another is asked for */
  size_t len;      /* of a coordinate and of the scalar; 0: RSA */
  const char *oid; /* of the curve, DER's content; NULL: RSA */
  size_t oid_len;
};

struct sign_parts {
  const struct sign_kind *kind;
  struct buf private; /* as PSA takes it: RSAPrivateKey, or the scalar */
  struct buf public;  /* as PSA gives it: RSAPublicKey, or 04 ‖ x ‖ y */
  char *alg, *kid;    /* a JWK's own; NULL */
};

void sign_parts_init(struct sign_parts *parts);
void sign_parts_clear(struct sign_parts *parts);

/* By crv, "P-256" or "P-384"; NULL: RSA's. NULL when there is none. */
const struct sign_kind *sign_kind_of(const char *crv);

/* By the content of an OBJECT IDENTIFIER. */
const struct sign_kind *sign_kind_by_oid(const void *oid, size_t len);

/* The ways in. What is filled before a failure is cleared by the caller. */
NODISCARD enum code sign_parts_from_pem(struct sign_parts *parts,
                                        const char *text, size_t len,
                                        const struct sign_source *source,
                                        struct err *err);
NODISCARD enum code sign_parts_from_jwk(struct sign_parts *parts,
                                        const json_t *jwk,
                                        const struct sign_source *source,
                                        struct err *err);

/* kty, crv, x, y or kty, n, e; for a private one d and RSA's primes too. */
NODISCARD enum code sign_parts_to_jwk(const struct sign_parts *parts,
                                      bool private, json_t **ret_jwk,
                                      struct err *err);

/* RSA's modulus in bits; 0 when public is not to be read. */
size_t sign_parts_rsa_bits(const struct sign_parts *parts);

/* JWTs by which a client proves itself (RFC 7523 §2.2, OpenID Core §9) or asks
 * for a token without a person (§2.1). Each is made for one request: its jti
 * is new, it is never stored, and it ends after ASSERTION_SECONDS. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "crypto/sign.h"

enum { ASSERTION_SECONDS = 300 };

/* All texts are borrowed. */
struct assertion {
  const char *issuer;
  const char *subject; /* NULL: none (Google's service accounts) */
  const char *audience;
  const char *scope; /* a claim beside RFC 7523's; NULL: none */
};

/* aud is a text, not a list: the audience cannot be another's as well. Signed
 * with key, its kid in the header; or, where key is NULL, by HS256 with secret.
 * E_LOCAL when PSA fails. */
NODISCARD enum code assertion_make(struct secret **ret_jwt,
                                   const struct assertion *assertion,
                                   const struct sign_key *key,
                                   const struct secret *secret,
                                   struct err *err);

/* Signed authorization responses (JWT-secured authorization response mode,
 * JARM): what the browser brings is one JWT, by the issuer, for this client. */
#pragma once

#include "base/err.h"
#include "crypto/jws.h"
#include "oauth/issued.h"
#include "oauth/metadata.h"
#include "profile/profile.h"

#include <jansson.h>
#include <stdint.h>

/* The response_mode that is asked for; NULL: none, the answer comes as it does
 * without. `login.response_mode` demands a signed answer, or never asks for
 * one; by default it is asked for where the server offers nothing else.
 * E_ANSWER: it is demanded, and the server lists its modes without it;
 * E_PROFILE: nothing says which issuer and keys to check it with. */
NODISCARD enum code jarm_mode(const char **ret_mode,
                              const struct profile *profile,
                              const struct metadata *metadata, struct err *err);

/* Everything is borrowed. */
struct jarm_check {
  const char *issuer; /* may hold {tenantid} (oauth/issuer.h) */
  const char *client_id;
  const json_t *algs; /* authorization_signing_alg_values_supported; NULL */
  int64_t now;        /* wall seconds */
  issued_keys *keys;
  void *user;
};

/* Takes the JWT apart and checks all that needs no key: form, alg, iss, aud
 * (this client alone), exp. E_CHECK names the claim that failed. Its payload is
 * not to be believed before jarm_verify(). */
NODISCARD enum code jarm_open(struct jws **ret_jws, const char *compact,
                              const struct jarm_check *check, struct err *err);

/* The signature, by the issuer's keys. */
NODISCARD enum code jarm_verify(const struct jws *jws,
                                const struct jarm_check *check,
                                struct err *err);

/* Is a JWS by the issuer? What ID tokens and signed authorization responses
 * have in common. */
#pragma once

#include "base/err.h"
#include "crypto/jws.h"

#include <jansson.h>
#include <stdbool.h>

/* Gives the issuer's JWK Set ({"keys": […]}), which the caller releases. again:
 * the first set had no key that fits, so it is to be fetched afresh. */
typedef enum code issued_keys(void *user, bool again, json_t **ret_jwks,
                              struct err *err);

/* E_CHECK when none of the keys verifies it; keys is asked at most twice, and
 * its failure is passed on. what names the JWS: "the ID token". */
NODISCARD enum code issued_verify(const struct jws *jws, const char *what,
                                  issued_keys *keys, void *user,
                                  struct err *err);

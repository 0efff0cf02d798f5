/* What a JWT says, for a person to read (RFC 7519). An access token is meant
 * for the API, not for its client (RFC 9068 §6): nothing here decides anything
 * for fob. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "oauth/keyset.h"

#include <stdbool.h>

struct decoded {
  struct buf claims; /* the payload as it stands: a JSON object */
  bool verified;     /* decode_verify() found the issuer's signature */
  char *why;         /* in words; by which key, or why not. NULL before */
};

/* Takes a token apart. E_NOT_FOUND: it is opaque, or encrypted for the API;
 * E_ANSWER: it begins as a JWT and is none. The token is never quoted. */
NODISCARD enum code decode_token(struct decoded *ret_decoded,
                                 const char *compact, struct err *err);

/* Looks whether issuer's keys verify it; the claims are believed no more for
 * it. issuer, or keys->jwks_uri, NULL: nobody's are known. All that keeps from
 * telling, the network too, is a reason in why, and E_OK; but not E_SIGNAL and
 * E_NOMEM. */
NODISCARD enum code decode_verify(struct decoded *decoded, const char *compact,
                                  const char *issuer, struct keyset *keys,
                                  struct err *err);

void decoded_clear(struct decoded *decoded);
#define AUTO_DECODED __attribute__((cleanup(decoded_clear)))

/* The keys that an issuer publishes (RFC 7517 §5), fetched when a signature is
 * to be checked. */
#pragma once

#include "base/err.h"
#include "crypto/jws.h"
#include "http/client.h"

#include <jansson.h>
#include <stdbool.h>

/* Borrowed. */
struct keyset {
  struct http *http;
  const char *jwks_uri;
};

/* GETs the set; user is a struct keyset, so that idtoken_check.keys can be
 * this. again: no key of the first set fitted, which -v says. E_ANSWER for an
 * answer that is no JSON object, E_ISSUER_5XX, http_document's codes. */
NODISCARD enum code keyset_fetch(void *user, bool again, json_t **ret_jwks,
                                 struct err *err);

/* Checks jws against the set; it is fetched once more when it has no key that
 * is meant. E_OK whatever the result; keyset_fetch's and jws_verify's codes. */
NODISCARD enum code keyset_verify(enum jws_result *ret_result,
                                  const struct jws *jws, struct keyset *keys,
                                  struct err *err);

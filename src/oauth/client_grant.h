/* The grants that a client asks for by itself, at a login and in the place of
 * each refresh: client_credentials (RFC 6749 §4.4) and jwt_bearer (RFC 7523
 * §2.1, by an assertion that it signs: iss is the client, sub
 * client.assertion_subject, else the client; none for Google's service
 * accounts). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "oauth/client.h"

#include <stdbool.h>

struct client_grant {
  bool jwt_bearer;                             /* else client_credentials */
  const char *scope;                           /* NULL: the profile's */
  const struct text_list *resource, *audience; /* NULL: the profile's */
};

/* Appends it, but for an assertion, which client_post() has made for each try,
 * since a server may take one only once: what it needs is noted in client. The
 * scope is a claim of it too, where Google and others look for it. E_PROFILE:
 * there is no key that could sign. */
NODISCARD enum code client_grant_form(struct buf *form, struct client *client,
                                      const struct client_grant *grant,
                                      struct err *err);

/* Appends a new assertion. */
NODISCARD enum code client_grant_sign(struct buf *form,
                                      const struct client *client,
                                      struct err *err);

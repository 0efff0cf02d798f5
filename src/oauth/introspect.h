/* Asking the authorization server what it knows of a token (RFC 7662). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "oauth/client.h"

#include <stdbool.h>

/* Sends token to the bound introspection endpoint with the client's
 * authentication. ret_answer: the server's JSON object as it came, checked to
 * have `active` (§2.2); it replaces what was there. An inactive token is E_OK.
 * E_OAUTH, E_RATE, E_ISSUER_5XX, E_ANSWER for anything that is no such object,
 * client_post's codes. */
NODISCARD enum code introspect_token(struct buf *ret_answer, bool *ret_active,
                                     const struct client *client,
                                     const char *endpoint,
                                     const struct secret *token,
                                     struct err *err);

/* A small document of a protected resource (RFC 6750, RFC 9449 §7): the
 * account's page at the API, UserInfo. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/client.h"
#include "oauth/session.h"

/* GETs url as http_protocol() does, with headers, in which (or in url) the
 * token is. One that is bound to a certificate goes over a connection of its
 * own that shows it. One that is bound by DPoP goes with a proof, and where the
 * API then wants a nonce, once more with that. E_OK whatever the status;
 * E_STORE_BROKEN for the token's key. */
NODISCARD enum code protected_get(struct http *http, const struct url *url,
                                  struct headers *headers,
                                  const struct session_token *token,
                                  struct http_answer *answer,
                                  struct buf *ret_body, struct err *err);

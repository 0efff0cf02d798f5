/* Signed authorization requests (RFC 9101, JAR): the parameters as the claims
 * of a JWT, so that nobody on the way can change one. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "oauth/client.h"
#include "oauth/metadata.h"

#include <stdbool.h>

enum { REQUEST_OBJECT_SECONDS = 300 };

/* Is the request signed? Where the server requires it (§10.5,
 * require_signed_request_object) or the profile does
 * (login.request_object). E_PROFILE: the profile says `off` and the server
 * requires it; there is no key, or the server does not list its algorithm; no
 * issuer is known, for whom the object would be. */
NODISCARD enum code request_object_wanted(bool *ret_wanted,
                                          const struct client *client,
                                          const struct metadata *metadata,
                                          struct err *err);

/* A JWT of the parameters in form, for `request`, signed with client->key: by
 * the client, for the issuer alone, with a jti of its own, and good for
 * REQUEST_OBJECT_SECONDS. What is JSON by its nature goes in as that (max_age,
 * claims, authorization_details), several resources as a list. */
NODISCARD enum code request_object_make(struct secret **ret_jwt,
                                        const struct client *client,
                                        const struct buf *form,
                                        struct err *err);

/* How a client proves itself at the token, revocation and PAR endpoints
 * (RFC 6749 §2.3.1; OpenID Core §9): none, client_secret_basic (id and secret
 * form-encoded first, unless basic_encoding is "raw"), client_secret_post. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "http/header.h"
#include "oauth/client.h"
#include "profile/profile.h"
#include "store/record.h"

/* Finds the secret where the profile says it lives: the record, an environment
 * variable, a file, a systemd credential. NULL when there is none to use.
 * FOB_CLIENT_SECRET counts where FOB_CLIENT_ID equals the client id or the
 * profile says `from: env`. record may be NULL. */
NODISCARD enum code client_secret_find(struct secret **ret_secret,
                                       const struct profile *profile,
                                       const struct record *record,
                                       struct err *err);

/* What a secret's file holds: the bare secret, a newline behind it or not, or
 * the JSON that Google's console gives (`installed` or `web`,
 * `client_secret`). code is what anything else gives; what names it. */
NODISCARD enum code client_secret_parse(struct secret **ret_secret,
                                        const char *bytes, size_t len,
                                        enum code code, const char *what,
                                        struct err *err);

/* The method that is used: the profile's, else basic when there is a secret.
 */
enum profile_client_auth client_auth_method(const struct profile *profile,
                                            const struct secret *secret);

/* Adds to the headers or the form what the method asks for; a public client has
 * no secret. E_PROFILE: the method needs a secret and there is none,
 * or this version does not have it. */
NODISCARD enum code client_auth_apply(const struct client *client,
                                      struct headers *headers, struct buf *form,
                                      struct err *err);

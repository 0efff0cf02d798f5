/* How a client proves itself at the token endpoint and those beside it
 * (RFC 6749 §2.3.1; OpenID Core §9; RFC 8705): none, client_secret_basic (id
 * and secret form-encoded first, unless basic_encoding is "raw"),
 * client_secret_post, client_secret_jwt (HS256) and private_key_jwt (RFC 7523).
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "http/header.h"
#include "oauth/client.h"
#include "oauth/metadata.h"
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

/* The method that is used: the profile's, else by what the client has: basic
 * with a secret, private_key_jwt with a key (but where the grant is jwt_bearer,
 * which the key is for), tls_client_auth with a certificate, none. */
enum profile_client_auth client_auth_method(const struct client *client);

/* For a server's invalid_client, which most often is the wrong way to
 * authenticate: that, where its metadata tells, as a hint. */
void client_auth_hint(const struct client *client,
                      const struct metadata *metadata, struct err *err);

/* Adds to the headers or the form what the method asks for; an assertion is
 * made anew each time. E_PROFILE: the method needs what the client does not
 * have. */
NODISCARD enum code client_auth_apply(const struct client *client,
                                      struct headers *headers, struct buf *form,
                                      struct err *err);

/* Whom an assertion of this client is for, by `client.assertion_audience`:
 * the issuer, else (or where none is known) the token endpoint. Borrowed. */
NODISCARD enum code client_audience(const char **ret_audience,
                                    const struct client *client,
                                    struct err *err);

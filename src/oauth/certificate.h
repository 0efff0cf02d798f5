/* Access tokens that are bound to the client's certificate (RFC 8705 §3): an
 * API takes them over a connection that shows it, and from nobody else. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "oauth/session.h"
#include "profile/profile.h"

#include <stdbool.h>

/* Is a token of this profile's client bound? A JWT says so itself (cnf with
 * x5t#S256); of another one the profile does, as its server did at the login:
 * metadata.tls_client_certificate_bound_access_tokens. Never without a
 * client.cert. E_NOMEM. */
NODISCARD enum code certificate_binds(bool *ret_binds,
                                      const struct profile *profile,
                                      const struct secret *token,
                                      struct err *err);

/* The same of a login that is not stored yet: server_binds is what the server's
 * metadata say. */
NODISCARD enum code certificate_binds_new(bool *ret_binds,
                                          const struct profile *profile,
                                          const struct secret *token,
                                          bool server_binds, struct err *err);

/* Has token go out with the profile's certificate. */
NODISCARD enum code certificate_attach(struct session_token *token,
                                       const struct profile *profile,
                                       struct err *err);

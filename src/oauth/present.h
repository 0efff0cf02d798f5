/* How a token goes into an API request: as the profile's `auth` says, or as
 * FOB_AUTH_HEADER with FOB_API; one that is bound by DPoP as RFC 9449 §7.1
 * says, one that is bound to a certificate with that (RFC 8705 §3). Needs
 * neither libcurl nor PSA. */
#pragma once

#include "base/err.h"
#include "oauth/session.h"

/* Is a token of that type (as the server spelt it; NULL: none) bound? */
bool present_is_bound(const char *token_type);

/* Does `auth` put a token where a bound one can go: Authorization: Bearer? */
bool present_can_bind(const struct profile *profile);

/* Fills header_name and header_value, or query_name, and cert for token->token
 * by its token_type. profile may be NULL when env carries its own form.
 * E_PROFILE: a bound token, and `auth` has another place for it. */
NODISCARD enum code present_token(struct session_token *token,
                                  const struct profile *profile,
                                  const struct env_credential *env,
                                  struct err *err);

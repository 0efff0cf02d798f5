/* How a token goes into an API request: as the profile's `auth` says, or as
 * FOB_AUTH_HEADER with FOB_API. Needs neither libcurl nor PSA. */
#pragma once

#include "base/err.h"
#include "oauth/session.h"

/* Fills header_name and header_value, or query_name, for token->token. profile
 * may be NULL when env carries its own form. */
NODISCARD enum code present_token(struct session_token *token,
                                  const struct profile *profile,
                                  const struct env_credential *env,
                                  struct err *err);

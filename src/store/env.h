/* The store `env`: FOB_TOKEN, read-only (CONTRACT §4). With FOB_API it needs no
 * profile and goes to that base only, in the form of FOB_AUTH_HEADER. */
#pragma once

#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>

struct env_credential {
  struct secret *token;
  char *api;           /* FOB_API as given; NULL: the selected profile's */
  char *header_name;   /* with api: "Authorization" or FOB_AUTH_HEADER's */
  char *header_format; /* with api: "Bearer {token}" or FOB_AUTH_HEADER's */
};

/* NULL in *ret when FOB_TOKEN is unset or empty. Reads the variables once and
 * overwrites the token in this process's environment block. option_profile:
 * -p, which beats FOB_API (it is then ignored). E_ENVIRONMENT: FOB_API with
 * FOB_PROFILE, a token with control characters, a bad FOB_AUTH_HEADER. */
NODISCARD enum code env_credential_load(struct env_credential **ret_credential,
                                        const char *option_profile,
                                        struct err *err);
void env_credential_free(struct env_credential *credential);
DEFINE_AUTO(env_credential)

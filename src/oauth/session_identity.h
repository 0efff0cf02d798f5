/* The source of a session's tokens that needs no store: a job's identity. */
#pragma once

#include "base/err.h"
#include "oauth/identity.h"
#include "oauth/session.h"

#include <stdbool.h>

/* A token that was exchanged for an identity just now. *ret_used is false, with
 * E_OK, when nothing here vouches for this process: the store is next. No lock
 * is taken and nothing is kept, in no store and no cache. */
NODISCARD enum code session_by_identity(struct session_token *ret_token,
                                        bool *ret_used,
                                        const struct session *session,
                                        const struct session_ask *ask,
                                        struct err *err);

/* The same for a provider that is known. E_UNAUTHORIZED: ask->rejected is such
 * a token, and was new. */
NODISCARD enum code
session_of_identity(struct session_token *ret_token,
                    const struct identity_provider *provider,
                    const struct session *session,
                    const struct session_ask *ask, struct err *err);

/* Says in the hint that the profile would serve a job, after a store that has
 * nothing for it, or is none. */
void session_hint_identity(const struct profile *profile, struct err *err);

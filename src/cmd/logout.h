/* The parts of `fob logout`: revoking and forgetting (logout), and the person's
 * session at the server (logout_session). */
#pragma once

#include "cmd/cmd.h"
#include "oauth/end_session.h"

/* For `fob profile remove`. Revokes at the server (unless local) and forgets,
 * and says so. E_OK when nothing is stored. */
NODISCARD enum code logout_profile(struct ctx *ctx,
                                   const struct profile *profile, bool local,
                                   struct err *err);

/* --- logout_session.c --- */

/* Sends the browser to end the session; without one the address is shown.
 * Waits for it at most --timeout, or the profile's login.timeout.
 * E_PERSON_TIMEOUT, E_CHECK, E_SIGNAL, the listener's codes. */
NODISCARD enum code logout_end_session(struct ctx *ctx,
                                       const struct profile *profile,
                                       const struct end_session *session,
                                       struct err *err);

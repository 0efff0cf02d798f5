/* What `fob logout` does to one profile, for `fob profile remove`. */
#pragma once

#include "cmd/cmd.h"

/* Revokes at the server (unless local) and forgets, and says so. E_OK when
 * nothing is stored. */
NODISCARD enum code logout_profile(struct ctx *ctx,
                                   const struct profile *profile, bool local,
                                   struct err *err);

/* The end of a client that fob registered by itself, as part of a logout. */
#pragma once

#include "cmd/cmd.h"
#include "store/record.h"

/* Deletes the registration (RFC 7592) and, unless the profile goes too, takes
 * the client out of the profile, so that the next login registers another. Says
 * what came of it. Nothing to do for any other client. local: the server is not
 * told, and that is said. On failure the registration may still be there; the
 * profile keeps the client then. */
NODISCARD enum code logout_client(struct ctx *ctx,
                                  const struct profile *profile,
                                  const struct record *record, bool local,
                                  struct err *err);

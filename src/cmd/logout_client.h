/* The end of a client that fob registered by itself, as part of a logout. */
#pragma once

#include "cmd/cmd.h"
#include "store/record.h"

enum client_end {
  CLIENT_NOT_OURS, /* nothing to do */
  CLIENT_DELETED,  /* or not there any more */
  CLIENT_STAYS,    /* it cannot be deleted, or the server is not told */
};

/* Deletes the registration (RFC 7592) and takes the client out of the profile,
 * so that the next login registers another. local: the server is not told. On
 * failure the registration may still be there; the profile keeps the client
 * then. */
NODISCARD enum code logout_client(struct ctx *ctx,
                                  const struct profile *profile,
                                  const struct record *record, bool local,
                                  enum client_end *ret_end, struct err *err);

/* What came of it, in a line below that of the logout. */
NODISCARD enum code logout_client_say(const struct profile *profile,
                                      enum client_end end, struct err *err);

/* Whether a client's tokens are bound to a key, as the profile's `dpop` says
 * (RFC 9449). */
#pragma once

#include "base/err.h"
#include "oauth/client.h"
#include "oauth/metadata.h"

/* Can the profile have what it demands? E_PROFILE: its `auth` has another place
 * for a token than a bound one can have. */
NODISCARD enum code bind_check(const struct profile *profile, struct err *err);

/* Makes client->dpop, with a new key, where the profile demands it or (`auto`)
 * leaves it to what the server lists. metadata NULL: it lists nothing. E_LESS:
 * demanded, and the server lists other algorithms only. */
NODISCARD enum code bind_client(struct client *client,
                                const struct metadata *metadata,
                                struct err *err);

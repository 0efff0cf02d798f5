/* An API base that the token answer names (the profile's `api_from_token`), as
 * servers do whose API is at an address of the customer's own.
 *
 * The server is believed once, at the login, and within the domains that the
 * profile states: the base is bound then, as any other (DESIGN §1.2). What a
 * later answer names is not followed. */
#pragma once

#include "base/err.h"
#include "profile/profile.h"
#include "store/record.h"

#include <stdbool.h>

/* Does the profile take its base from there? */
bool api_base_wanted(const struct profile *profile);

/* base is what the answer names; NULL: nothing. Binds it as the first base; one
 * from an earlier login, within the same domains, gives way. E_ANSWER: it is
 * missing or no base; E_CHECK: it lies elsewhere; E_PLAIN_HTTP. */
NODISCARD enum code api_base_pin(struct record *record,
                                 const struct profile *profile,
                                 const char *base, struct err *err);

/* For a refresh's answer: warns when it names another base than is bound. */
void api_base_compare(const struct record *record,
                      const struct profile *profile, const char *base);

/* How and when the person proved who they are: what a login asks of that
 * (`acr_values`, `max_age` and `claims` of `params.authorize`), and what the ID
 * token says came of it (OpenID Connect Core §3.1.2.1, §3.1.3.7 (12) and (13),
 * §5.5.1.1; RFC 9470 §4). Pure but for warnings. */
#pragma once

#include "base/err.h"
#include "profile/profile.h"

#include <jansson.h>
#include <stdint.h>

/* Before anything is sent: is max_age a number of seconds, and claims a JSON
 * object? E_PROFILE. */
NODISCARD enum code assurance_ready(const struct profile *profile,
                                    struct err *err);

/* claims: of the verified ID token; NULL: there is none, then it is warned that
 * nothing tells. asked_at: when the request was made; the authentication may be
 * older by max_age, and by as much as two clocks may differ. How long the
 * person took for the rest does not count.
 *
 * E_LESS: authenticated too long ago, or by another class than one that
 * `claims` calls essential. E_CHECK: auth_time is due and missing (Core §2), or
 * one of the two is not what it must be. acr_values is a wish (Core §5.5.1.1):
 * another class, which may well be a stronger one, is warned of. */
NODISCARD enum code assurance_check(const struct profile *profile,
                                    const json_t *claims, int64_t asked_at,
                                    struct err *err);

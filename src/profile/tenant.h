/* The part of a server's addresses that is the customer's own. A preset's texts
 * hold it as {tenant}, or {tenant:DEFAULT} where the server has one for
 * everybody:
 *
 *     "issuer": "https://login.microsoftonline.com/{tenant:common}/v2.0"
 *     "api": ["https://{tenant}/api/v1"]
 *
 * `fob login --tenant` writes the filled members into the profile's own file,
 * so that no profile depends on anything but what it says. Pure. */
#pragma once

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

/* A host's label, a domain or a UUID: letters, digits, hyphens inside, dots
 * between. */
bool tenant_valid(const char *text);

/* Puts the defaults in. A member that needs a tenant is taken away: the profile
 * states it. E_NOMEM. */
NODISCARD enum code tenant_defaults(json_t *preset, struct err *err);

/* The members that hold a tenant, filled, by their paths as profile_set() takes
 * them: {"issuer": "https://…", "metadata.token_endpoint": "https://…"}. Empty
 * when the preset has none. tenant is valid; it is lower-cased. E_NOMEM. */
NODISCARD enum code tenant_fill(const json_t *preset, const char *tenant,
                                json_t **ret_members, struct err *err);

/* The first text with a tenant that has no default, or NULL. Borrowed. */
const char *tenant_wanted(const json_t *preset);

/* Is the tenant a whole host somewhere ("https://{tenant}/")? */
bool tenant_is_host(const json_t *preset);

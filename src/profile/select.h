/* Which profile is meant, and why (CONTRACT §2, "Which profile"). */
#pragma once

#include "http/url.h"
#include "profile/config.h"
#include "profile/profile.h"

/* The environment (FOB_PROFILE, FOB_PROFILE_FILE), config.json and the
 * profiles decide as the contract says. option: -p or NULL; url: the absolute
 * URL that is asked for, or NULL. Empty text means unset. Where option or
 * FOB_PROFILE decide, no other profile is read and libcurl is not loaded.
 * ret_why: "-p", "FOB_PROFILE", "base https://api.github.com matches",
 * "default_profile", "the only profile"; the caller frees. E_AMBIGUOUS names
 * the candidates, E_NO_PROFILE says how to make one. */
NODISCARD enum code select_profile(const char *option, const struct url *url,
                                   const struct config *config,
                                   struct profile **ret_profile, char **ret_why,
                                   struct err *err);

/* For `login TARGET`: the profile one of whose bases or whose issuer equals
 * the normalised url; NULL when there is none. E_AMBIGUOUS. */
NODISCARD enum code select_for_login(const struct url *url,
                                     struct profile **ret_profile,
                                     struct err *err);

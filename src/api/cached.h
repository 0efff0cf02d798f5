/* A sender's answers, kept and served again (api/answers.h) by what RFC 9111
 * says (api/fresh.h). A sender that is given one uses it for each of its calls,
 * whoever starts them; nobody has to know: a kept answer comes to the sink as
 * one from the network, with an Age. Each step is told at -v.
 *
 * - GET and HEAD: an answer younger than the ttl is served and nothing is sent;
 *   for an older one the server is asked whether it still holds (304).
 * - Whole answers of 200, 203 and 204 are kept, unless they or the request say
 *   no-store, they were redirected, carry a secret, or are a refusal by the
 *   profile's api_error.
 * - After another method what was kept for the URL is forgotten (§4.4).
 *
 * What goes wrong with the cache costs the cache, never the request. */
#pragma once

#include "base/err.h"
#include "profile/profile.h"

#include <stdint.h>

struct cached;

/* profile NULL: none; else borrowed for its life. ttl: seconds. E_LOCAL where
 * nothing can be kept: the message says why. */
NODISCARD enum code cached_new(struct cached **ret_cached,
                               const struct profile *profile, int64_t ttl,
                               struct err *err);
void cached_free(struct cached *cached); /* NULL is fine */
DEFINE_AUTO(cached)

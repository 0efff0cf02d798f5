/* How fast a profile's requests may go: the pace that --rate or the profile
 * names, and the budget that the server announces (RateLimit of
 * draft-ietf-httpapi-ratelimit-headers, X-RateLimit-Remaining and -Reset,
 * Retry-After), shared by all processes that use the profile on one API.
 *
 * The shared part is a small file of the user's (state directory), locked for
 * each look; where it cannot be had the process keeps its own budget. Its times
 * are wall time, held to sane bounds, so that a clock that jumps costs at most
 * one wait and never stops anybody for ever. */
#pragma once

#include "base/err.h"
#include "http/header.h"

#include <stdint.h>

struct rate;

struct rate_options {
  const char *profile;  /* NULL: nothing is shared */
  const char *origin;   /* the API's */
  double per_second;    /* the pace; 0: none */
  int64_t wait_rate_ms; /* the longest wait for a budget */
};

NODISCARD enum code rate_new(struct rate **ret_rate,
                             const struct rate_options *options,
                             struct err *err);

/* One request wants to go: *ret_wait_ms is 0 when it may (and is counted), else
 * how long to wait before asking again. E_RATE when that is beyond the budget;
 * names the time at which it will be filled. */
NODISCARD enum code rate_ask(struct rate *rate, int64_t *ret_wait_ms,
                             struct err *err);

/* What an answer announces; also an answer that demands a pause (429, 503 with
 * Retry-After): from now on rate_ask() makes everybody wait for it. */
void rate_heed(struct rate *rate, int status, const struct headers *headers);

void rate_free(struct rate *rate); /* NULL is fine */
DEFINE_AUTO(rate)

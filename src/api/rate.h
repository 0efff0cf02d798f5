/* How fast a profile's requests may go: the pace that --rate or the profile
 * names, and the budgets that the server announces (limit.h), shared by all
 * processes that use the profile on one API.
 *
 * Nothing is slowed, and no file is there, before there is a pace or the server
 * has announced something. Then the account of it (budget.h) lies in
 * $XDG_STATE_HOME/fob/rate/, a file for each profile and origin, 0600, of fixed
 * size, locked for each look. Where it cannot be had (a home that is read-only,
 * a file that is not ours, a process that was stopped with the lock) this
 * process keeps its own account; what cannot be read is a new account. Its
 * times are wall time, held to sane bounds, so that a clock that jumps costs at
 * most one wait and never stops anybody for ever. */
#pragma once

#include "api/budget.h"
#include "base/err.h"
#include "http/header.h"

#include <stdint.h>

struct rate;

struct rate_options {
  const char *profile;  /* NULL: nothing is shared */
  const char *origin;   /* the API's; for messages too */
  const char *base;     /* the path of its base, "/api/v3"; NULL: none */
  int64_t pace_us;      /* between two requests; 0: none */
  int64_t wait_rate_ms; /* the longest wait for a budget, in all, of one
                           request */
};

NODISCARD enum code rate_new(struct rate **ret_rate,
                             const struct rate_options *options,
                             struct err *err);
void rate_free(struct rate *rate); /* NULL is fine */
DEFINE_AUTO(rate)

/* Removes what is kept of a profile; what cannot be removed does no harm. */
void rate_forget(const char *profile);

/* "10/s", "100/m", "5000/h", as FORM_RATE has it. */
NODISCARD bool rate_parse(const char *text, int64_t *ret_pace_us);

/* One request's; zero at first, kept for all its tries. */
struct rate_ticket {
  int64_t waited_ms; /* because the server said so; the owner adds what
                        retry_is_told() */
  uint32_t route;
  bool is_out; /* let go, and nothing heard yet */
  struct budget_ticket counted;
};

/* One request wants to go to that path: *ret_wait_ms is 0 when it may (and is
 * counted), else how long to wait before asking again. E_RATE when that is
 * beyond what is left of wait_rate_ms; the message names the time at which the
 * budget will be filled. *ret_told (may be NULL): the wait is the server's
 * doing; it is added to waited_ms already. */
NODISCARD enum code rate_ask(struct rate *rate, struct rate_ticket *ticket,
                             const char *path, int64_t *ret_wait_ms,
                             bool *ret_told, struct err *err);

/* What came of it: what the answer announces, also that it demands a pause
 * (429, 503 with Retry-After): from now on everybody waits for that. headers
 * NULL: no answer came. Once for each time that rate_ask() let it go. */
void rate_heed(struct rate *rate, struct rate_ticket *ticket, int status,
               const struct headers *headers);

/* What the head of an answer says about how often one may ask. Pure.
 *
 * Read are Retry-After (RFC 9110 §10.2.3), RateLimit in the forms of
 * draft-ietf-httpapi-ratelimit-headers (`"default";r=50;t=30`, before that
 * `limit=100, remaining=50, reset=30`, before that fields of their own:
 * RateLimit-Limit, -Remaining, -Reset) and those that came before it,
 * X-RateLimit-… and X-Rate-Limit-…, X-RateLimit-Reset-After too. A reset is
 * seconds from now or an epoch in seconds or milliseconds (told apart by size:
 * nobody waits for 30 years, and no epoch since 2001 is less), or a date. What
 * is a moment is taken relative to the answer's own Date, so that a clock that
 * is wrong here costs nothing.
 *
 * What is not a number, negative or absurd counts as not said. */
#pragma once

#include "base/buf.h"
#include "http/header.h"

#include <stdbool.h>
#include <stdint.h>

/* No wait is longer; more is this much. */
#define LIMIT_LONGEST_MS (INT64_C(3650) * 86400 * 1000)

enum { LIMIT_NAME_MAX = 48 };

/* -1: not said. */
struct limit {
  int64_t retry_after_ms; /* do not come back earlier */
  int64_t remaining;      /* requests that are left until the reset */
  int64_t reset_ms;       /* from now, until the budget is filled */
  int64_t quota;          /* what it is filled to */
  /* Which of the server's budgets that is: X-RateLimit-Resource or -Bucket or
   * the name in RateLimit; "" when it has one, or does not say. */
  char name[LIMIT_NAME_MAX];
};

/* headers may be NULL. now: wall, seconds; used where Date is missing. */
void limit_read(struct limit *ret_limit, const struct headers *headers,
                int64_t now);

/* An answer that turns the request away because too many came: 429, and 403
 * (as GitHub's) or 503 with Retry-After or an exhausted budget. *ret_wait_ms:
 * for how long the server wants to be left alone, -1 when it does not say. */
bool limit_refuses(const struct limit *limit, int status, int64_t *ret_wait_ms);

/* "14:05 (in 12 min)", for messages: when wait_ms from now will be. */
void limit_put_when(struct buf *out, int64_t wait_ms, int64_t now);

/* What would wait for it, for err that fills E_RATE. */
void limit_hint(int64_t wait_ms, struct err *err);

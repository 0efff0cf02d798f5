/* Whether a request is tried again, and when. Pure.
 *
 * Safe methods (RFC 9110 §9.2.1; those of WebDAV that only read too) are tried
 * again when no connection stood, when it broke before an answer, and on 408,
 * 429, 500, 502, 503 and 504, and on a 403 that says that too many came
 * (limit.h); others only when they may be repeated, or when nothing of them was
 * sent. Never: what fails the same way again (TLS, a proxy that refuses, an
 * answer that cannot be read). The wait is exponential backoff with full
 * jitter, from 1 s on, at most 30 s; or what the server names (limit.h), as
 * long as all such waits of this request are within wait_rate_ms, and a little
 * more, so that those who were told the same time do not come back at once. */
#pragma once

#include "base/err.h"
#include "http/header.h"

#include <stdbool.h>
#include <stdint.h>

struct retry_policy {
  int max;             /* tries after the first */
  int64_t max_time_ms; /* from the first on no try begins after this; 0: none */
  int64_t wait_rate_ms; /* the longest wait that a server may demand, in all */
};

struct retry_facts {
  const char *method;
  bool repeatable; /* although the method is not safe */
  bool body_can_repeat;
  int tries;          /* made so far: 1 and more */
  int64_t elapsed_ms; /* since the first began */
  int64_t waited_ms;  /* of that, because the server said so */
  enum code code;     /* E_OK: there is an answer */
  bool sent;          /* any byte of the request may have reached the server */
  int status;         /* 0: not a byte of an answer came */
  const struct headers *headers; /* the answer's; may be NULL */
  int64_t now;                   /* wall, seconds */
  uint32_t random;               /* for the jitter */
};

enum retry_do {
  RETRY_STANDS, /* the answer, or failure, is the last */
  RETRY_AGAIN,  /* after ret_wait_ms */
  RETRY_RATE,   /* the server demands a wait beyond the budget: E_RATE */
};

/* *ret_wait_ms: RETRY_AGAIN: how long; RETRY_RATE: what was demanded. Written
 * unless the answer stands. RETRY_RATE is said only of a request that would be
 * tried again otherwise. */
enum retry_do retry_decide(const struct retry_policy *policy,
                           const struct retry_facts *facts,
                           int64_t *ret_wait_ms);

/* Whether the wait of RETRY_AGAIN is one that the server named: then it counts
 * in waited_ms. */
bool retry_is_told(const struct retry_facts *facts);

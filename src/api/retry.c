#include "api/retry.h"

#include "api/limit.h"
#include "http/client.h"

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 30 * 1000 };

/* Failures that may be over in a moment. */
static bool may_pass(enum code code)
{
  switch (code) {
  case E_DNS:
  case E_CONNECT:
  case E_NETWORK:
  case E_TIMEOUT:
  case E_CUT:
    return true;
  default:
    return false;
  }
}

static bool is_worth_it(const struct retry_facts *facts,
                        const struct limit *limit)
{
  int64_t ignored;

  if (facts->code != E_OK)
    return facts->status == 0 && may_pass(facts->code);
  switch (facts->status) {
  case 408:
  case 429:
  case 500:
  case 502:
  case 503:
  case 504:
    return true;
  default:
    return limit_refuses(limit, facts->status, &ignored);
  }
}

static bool is_allowed(const struct retry_facts *facts)
{
  if (facts->code != E_OK && !facts->sent)
    return true;
  return facts->body_can_repeat &&
         (facts->repeatable || http_method_is_safe(facts->method));
}

/* A number from 0 to below. */
static int64_t draw(uint32_t random, int64_t below)
{
  return (int64_t)(((uint64_t)random * (uint64_t)below) >> 32);
}

/* Full jitter, as AWS has it: anything from nothing to the doubled time. */
static int64_t backoff(const struct retry_facts *facts)
{
  int64_t most = BACKOFF_FIRST_MS;

  for (int i = 1; i < facts->tries && most < BACKOFF_MAX_MS; i++)
    most *= 2;
  if (most > BACKOFF_MAX_MS)
    most = BACKOFF_MAX_MS;
  return draw(facts->random, most + 1);
}

/* What the server wants, -1 when it does not say. */
static int64_t demand(const struct retry_facts *facts,
                      const struct limit *limit)
{
  int64_t wait_ms;

  if (facts->code != E_OK)
    return -1;
  if (limit_refuses(limit, facts->status, &wait_ms))
    return wait_ms;
  return limit->retry_after_ms;
}

bool retry_is_told(const struct retry_facts *facts)
{
  struct limit limit;

  limit_read(&limit, facts->headers, facts->now);
  return demand(facts, &limit) > 0;
}

enum retry_do retry_decide(const struct retry_policy *policy,
                           const struct retry_facts *facts,
                           int64_t *ret_wait_ms)
{
  struct limit limit;
  int64_t wait_ms, told_ms, end;

  limit_read(&limit, facts->headers, facts->now);
  if (facts->tries > policy->max || !is_worth_it(facts, &limit) ||
      !is_allowed(facts))
    return RETRY_STANDS;

  told_ms = demand(facts, &limit);
  if (told_ms > 0) {
    /* waited_ms is this program's own count, so sums do not overflow. */
    if (told_ms > policy->wait_rate_ms - facts->waited_ms) {
      *ret_wait_ms = told_ms;
      return RETRY_RATE;
    }
    /* Never earlier, and not all at the same moment. */
    wait_ms = told_ms + draw(facts->random, told_ms / 10 < BACKOFF_FIRST_MS
                                                ? told_ms / 10 + 1
                                                : BACKOFF_FIRST_MS);
  } else {
    wait_ms = backoff(facts);
  }
  if (policy->max_time_ms > 0 &&
      (__builtin_add_overflow(facts->elapsed_ms, wait_ms, &end) ||
       end > policy->max_time_ms))
    return RETRY_STANDS;
  *ret_wait_ms = wait_ms;
  return RETRY_AGAIN;
}

#include "api/retry.h"

#include <criterion/criterion.h>
#include <string.h>

static const int64_t now = 1700000000; /* Tue, 14 Nov 2023 22:13:20 GMT */

#define UNSENT -1 /* as a status: no connection stood */
#define BROKE -2  /* it broke before an answer */

struct row {
  const char *method;
  int status;
  const char *headers; /* lines, separated by \n; NULL */
  enum retry_do what;
  int64_t wait_ms; /* of the jitter's middle; -1: any of the first backoff */
};

enum { ANY = -1 };

static const struct row rows[] = {
    /* statuses */
    {"GET", 408, NULL, RETRY_AGAIN, ANY},
    {"GET", 429, NULL, RETRY_AGAIN, ANY},
    {"GET", 500, NULL, RETRY_AGAIN, ANY},
    {"GET", 502, NULL, RETRY_AGAIN, ANY},
    {"GET", 503, NULL, RETRY_AGAIN, ANY},
    {"GET", 504, NULL, RETRY_AGAIN, ANY},
    {"GET", 200, NULL, RETRY_STANDS, 0},
    {"GET", 200, "Retry-After: 3", RETRY_STANDS, 0},
    {"GET", 202, "X-RateLimit-Remaining: 0", RETRY_STANDS, 0},
    {"GET", 301, "Retry-After: 3", RETRY_STANDS, 0},
    {"GET", 400, NULL, RETRY_STANDS, 0},
    {"GET", 401, "Retry-After: 3", RETRY_STANDS, 0},
    {"GET", 403, NULL, RETRY_STANDS, 0},
    {"GET", 404, "X-RateLimit-Remaining: 0", RETRY_STANDS, 0},
    {"GET", 425, NULL, RETRY_STANDS, 0},
    {"GET", 501, NULL, RETRY_STANDS, 0},
    {"GET", 505, NULL, RETRY_STANDS, 0},
    {"GET", 507, NULL, RETRY_STANDS, 0},

    /* methods */
    {"HEAD", 503, NULL, RETRY_AGAIN, ANY},
    {"OPTIONS", 503, NULL, RETRY_AGAIN, ANY},
    {"TRACE", 503, NULL, RETRY_AGAIN, ANY},
    {"PROPFIND", 503, NULL, RETRY_AGAIN, ANY},
    {"REPORT", 503, NULL, RETRY_AGAIN, ANY},
    {"SEARCH", 503, NULL, RETRY_AGAIN, ANY},
    {"QUERY", 503, NULL, RETRY_AGAIN, ANY},
    {"POST", 503, NULL, RETRY_STANDS, 0},
    {"POST", 429, "Retry-After: 1", RETRY_STANDS, 0},
    {"PUT", 503, NULL, RETRY_STANDS, 0},
    {"PATCH", 503, NULL, RETRY_STANDS, 0},
    {"DELETE", 503, NULL, RETRY_STANDS, 0},
    {"get", 503, NULL, RETRY_STANDS, 0},
    {"GETS", 503, NULL, RETRY_STANDS, 0},
    {"", 503, NULL, RETRY_STANDS, 0},

    /* failures */
    {"GET", UNSENT, NULL, RETRY_AGAIN, ANY},
    {"GET", BROKE, NULL, RETRY_AGAIN, ANY},
    {"POST", UNSENT, NULL, RETRY_AGAIN, ANY},
    {"POST", BROKE, NULL, RETRY_STANDS, 0},
    {"DELETE", UNSENT, NULL, RETRY_AGAIN, ANY},
    {"DELETE", BROKE, NULL, RETRY_STANDS, 0},

    /* what the server wants; the wait is a twentieth longer in the middle */
    {"GET", 429, "Retry-After: 4", RETRY_AGAIN, 4200},
    {"GET", 503, "Retry-After: 4", RETRY_AGAIN, 4200},
    {"GET", 500, "Retry-After: 4", RETRY_AGAIN, 4200},
    {"GET", 403, "Retry-After: 4", RETRY_AGAIN, 4200},
    {"GET", 429, "Retry-After: 0.4", RETRY_AGAIN, 420},
    {"GET", 429, "Retry-After: 60", RETRY_AGAIN, 60499},
    {"GET", 429, "Retry-After: 61", RETRY_RATE, 61000},
    {"GET", 503, "Retry-After: 86400", RETRY_RATE, 86400000},
    {"GET", 403, "Retry-After: 61", RETRY_RATE, 61000},
    {"POST", 429, "Retry-After: 61", RETRY_STANDS, 0},
    {"GET", 429, "Retry-After: 0", RETRY_AGAIN, ANY},
    {"GET", 429, "Retry-After: -4", RETRY_AGAIN, ANY},
    {"GET", 429, "Retry-After: soon", RETRY_AGAIN, ANY},
    {"GET", 429, "Retry-After: NaN", RETRY_AGAIN, ANY},
    {"GET", 429, "Retry-After: 4e2", RETRY_AGAIN, ANY},
    {"GET", 429, "Retry-After:", RETRY_AGAIN, ANY},
    {"GET", 429, "Retry-After: 1000000000000000000000000000000", RETRY_RATE,
     INT64_C(315360000000)},
    {"GET", 429, "Retry-After: Tue, 14 Nov 2023 22:13:24 GMT", RETRY_AGAIN,
     4200},
    {"GET", 429, "Retry-After: Tue, 14 Nov 2023 22:14:21 GMT", RETRY_RATE,
     61000},
    {"GET", 429, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT", RETRY_AGAIN,
     ANY},
    {"GET", 429, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", RETRY_RATE,
     INT64_C(315360000000)},
    /* the clock of the two is the server's */
    {"GET", 429,
     "Date: Sat, 14 Nov 2026 22:13:20 GMT\n"
     "Retry-After: Sat, 14 Nov 2026 22:13:24 GMT",
     RETRY_AGAIN, 4200},
    {"GET", 429, "Date: yesterday\nRetry-After: Tue, 14 Nov 2023 22:13:24 GMT",
     RETRY_AGAIN, 4200},
    /* Retry-After comes first */
    {"GET", 429,
     "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000500\nRetry-After: 4",
     RETRY_AGAIN, 4200},
    {"GET", 429, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000004",
     RETRY_AGAIN, 4200},
    {"GET", 403, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000004",
     RETRY_AGAIN, 4200},
    {"GET", 503, "RateLimit-Remaining: 0\nRateLimit-Reset: 4", RETRY_AGAIN,
     4200},
    {"GET", 403, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700003600",
     RETRY_RATE, 3600000},
    {"GET", 403, "X-RateLimit-Remaining: 9\nX-RateLimit-Reset: 1700003600",
     RETRY_STANDS, 0},
    {"GET", 429, "X-RateLimit-Remaining: 9\nX-RateLimit-Reset: 1700003600",
     RETRY_AGAIN, ANY},
    {"GET", 429, "X-RateLimit-Reset: 1700000004", RETRY_AGAIN, 4200},
    {"GET", 403, "X-RateLimit-Reset: 1700000004", RETRY_STANDS, 0},
    {"GET", 500, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700003600",
     RETRY_AGAIN, ANY},
    {"GET", 429, "RateLimit: \"default\";r=0;t=4", RETRY_AGAIN, 4200},
    {"GET", 429, "RateLimit: limit=10, remaining=0, reset=4", RETRY_AGAIN,
     4200},
};

static const struct retry_policy policy = {.max = 2, .wait_rate_ms = 60000};

static void add_lines(struct headers *headers, const char *lines)
{
  struct err err = ERR_INIT;

  while (lines != NULL && *lines != '\0') {
    char line[256];
    size_t len = strcspn(lines, "\n");

    cr_assert_lt(len, sizeof line);
    memcpy(line, lines, len);
    line[len] = '\0';
    cr_assert_eq(headers_add_line(headers, line, &err), E_OK, "%s",
                 err.message);
    lines += len + (lines[len] == '\n');
  }
}

static struct retry_facts facts_of(const struct row *row,
                                   const struct headers *headers)
{
  struct retry_facts facts = {.method = row->method,
                              .body_can_repeat = true,
                              .tries = 1,
                              .sent = row->status != UNSENT,
                              .headers = headers,
                              .now = now,
                              .random = UINT32_MAX / 2};

  if (row->status > 0)
    facts.status = row->status;
  else
    facts.code = row->status == UNSENT ? E_CONNECT : E_CUT;
  return facts;
}

Test(retry, decides)
{
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    AUTO_HEADERS struct headers headers = {0};
    struct retry_facts facts = facts_of(&rows[i], &headers);
    int64_t wait = 0;
    enum retry_do what;

    add_lines(&headers, rows[i].headers);
    what = retry_decide(&policy, &facts, &wait);
    cr_expect_eq(what, rows[i].what, "%zu: %s %d %s: %d", i, rows[i].method,
                 rows[i].status, rows[i].headers, what);
    if (rows[i].wait_ms != ANY)
      cr_expect_eq(wait, rows[i].wait_ms, "%zu: %d %s: %lld ms", i,
                   rows[i].status, rows[i].headers, (long long)wait);
    else
      cr_expect(wait >= 499 && wait <= 501, "%zu: %lld ms", i, (long long)wait);
    if (what == RETRY_AGAIN)
      cr_expect_eq(retry_is_told(&facts), rows[i].wait_ms != ANY, "%zu", i);
  }
}

Test(retry, takes_headers_that_are_not_there)
{
  struct row row = {"GET", 503, NULL, RETRY_AGAIN, ANY};
  struct retry_facts facts = facts_of(&row, NULL);
  int64_t wait;

  cr_assert_eq(retry_decide(&policy, &facts, &wait), RETRY_AGAIN);
}

Test(retry, repeats_what_may_be_repeated)
{
  struct row row = {"POST", 503, NULL, RETRY_AGAIN, ANY};
  struct retry_facts facts = facts_of(&row, NULL);
  int64_t wait;

  facts.repeatable = true;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_AGAIN);
  facts.body_can_repeat = false;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_STANDS);
  facts.status = 0;
  facts.code = E_CUT;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_STANDS);
  /* Nothing of it has been read. */
  facts.sent = false;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_AGAIN);
  facts.repeatable = false;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_AGAIN);
}

Test(retry, leaves_what_fails_again)
{
  static const enum code stands[] = {
      E_LOCAL,  E_NOMEM,  E_OUTPUT, E_USAGE,      E_TLS,       E_PROXY,
      E_SIGNAL, E_ANSWER, E_ORIGIN, E_INCOMPLETE, E_PLAIN_HTTP};
  static const enum code again[] = {E_DNS, E_CONNECT, E_NETWORK, E_TIMEOUT,
                                    E_CUT};
  struct row row = {"GET", UNSENT, NULL, RETRY_AGAIN, ANY};
  struct retry_facts facts = facts_of(&row, NULL);
  int64_t wait;

  for (size_t i = 0; i < sizeof stands / sizeof stands[0]; i++) {
    facts.code = stands[i];
    cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_STANDS, "%s",
                 err_name(stands[i]));
  }
  for (size_t i = 0; i < sizeof again / sizeof again[0]; i++) {
    facts.code = again[i];
    cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_AGAIN, "%s",
                 err_name(again[i]));
  }
  /* An answer had begun. */
  facts.code = E_CUT;
  facts.sent = true;
  facts.status = 200;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_STANDS);
}

Test(retry, doubles_with_full_jitter)
{
  static const int64_t most[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
  struct retry_policy many = {.max = INT32_MAX, .wait_rate_ms = 0};
  struct row row = {"GET", 503, NULL, RETRY_AGAIN, ANY};
  struct retry_facts facts = facts_of(&row, NULL);
  int64_t wait;

  for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
    facts.tries = (int)i + 1;
    facts.random = 0;
    cr_assert_eq(retry_decide(&many, &facts, &wait), RETRY_AGAIN);
    cr_expect_eq(wait, 0);
    facts.random = UINT32_MAX;
    cr_assert_eq(retry_decide(&many, &facts, &wait), RETRY_AGAIN);
    cr_expect_eq(wait, most[i]);
  }
  facts.tries = INT32_MAX;
  cr_assert_eq(retry_decide(&many, &facts, &wait), RETRY_AGAIN);
  cr_expect_eq(wait, 30000);
}

Test(retry, ends)
{
  AUTO_HEADERS struct headers headers = {0};
  struct row row = {"GET", 503, NULL, RETRY_AGAIN, ANY};
  struct retry_facts facts = facts_of(&row, &headers);
  struct retry_policy timed = {
      .max = 9, .max_time_ms = 5000, .wait_rate_ms = 60000};
  int64_t wait;

  facts.tries = 2;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_AGAIN);
  facts.tries = 3;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_STANDS);
  facts.tries = 1;
  cr_expect_eq(retry_decide(&(struct retry_policy){0}, &facts, &wait),
               RETRY_STANDS);

  facts.elapsed_ms = 4000;
  cr_expect_eq(retry_decide(&timed, &facts, &wait), RETRY_AGAIN);
  facts.random = UINT32_MAX;
  facts.elapsed_ms = 4001;
  cr_expect_eq(retry_decide(&timed, &facts, &wait), RETRY_STANDS);
  facts.elapsed_ms = INT64_MAX;
  cr_expect_eq(retry_decide(&timed, &facts, &wait), RETRY_STANDS);
  facts.elapsed_ms = 0;
  add_lines(&headers, "Retry-After: 6");
  cr_expect_eq(retry_decide(&timed, &facts, &wait), RETRY_STANDS);
}

/* It is all waits together that are within the budget. */
Test(retry, adds_up_what_the_server_wants)
{
  AUTO_HEADERS struct headers headers = {0};
  struct row row = {"GET", 429, NULL, RETRY_AGAIN, ANY};
  struct retry_facts facts = facts_of(&row, &headers);
  int64_t wait;

  add_lines(&headers, "Retry-After: 20");
  facts.tries = 2;
  facts.waited_ms = 40000;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_AGAIN);
  facts.waited_ms = 40001;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_RATE);
  cr_expect_eq(wait, 20000);
  facts.tries = 3;
  cr_expect_eq(retry_decide(&policy, &facts, &wait), RETRY_STANDS);
}

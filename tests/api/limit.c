#include "api/limit.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t now = 1700000000; /* Tue, 14 Nov 2023 22:13:20 GMT */

enum { YEARS = -2 }; /* as long as a wait can be */

struct row {
  const char *headers;                          /* lines, separated by \n */
  int64_t retry_after, remaining, reset, quota; /* -1: not said */
  const char *name;
};

static const struct row rows[] = {
    {"", -1, -1, -1, -1, ""},

    /* Retry-After */
    {"Retry-After: 120", 120000, -1, -1, -1, ""},
    {"Retry-After: 1.5", 1500, -1, -1, -1, ""},
    {"Retry-After: 0.0001", 1, -1, -1, -1, ""},
    {"Retry-After: 0", 0, -1, -1, -1, ""},
    {"Retry-After: Tue, 14 Nov 2023 22:15:20 GMT", 120000, -1, -1, -1, ""},
    {"Retry-After: Tuesday, 14-Nov-23 22:15:20 GMT", 120000, -1, -1, -1, ""},
    {"Retry-After: Tue Nov 14 22:15:20 2023", 120000, -1, -1, -1, ""},
    {"Retry-After: Tue, 14 Nov 2023 22:13:19 GMT", 0, -1, -1, -1, ""},
    {"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", YEARS, -1, -1, -1, ""},
    {"Retry-After: 1700000120", YEARS, -1, -1, -1, ""},
    {"Retry-After: 99999999999999999999999999999999", YEARS, -1, -1, -1, ""},
    {"Retry-After: 9223372036854775808", YEARS, -1, -1, -1, ""},
    {"Retry-After: -1", -1, -1, -1, -1, ""},
    {"Retry-After: +1", -1, -1, -1, -1, ""},
    {"Retry-After: 1e3", -1, -1, -1, -1, ""},
    {"Retry-After: .5", -1, -1, -1, -1, ""},
    {"Retry-After: inf", -1, -1, -1, -1, ""},
    {"Retry-After: nan", -1, -1, -1, -1, ""},
    {"Retry-After: 0x10", -1, -1, -1, -1, ""},
    {"Retry-After: 10 s", -1, -1, -1, -1, ""},
    {"Retry-After:", -1, -1, -1, -1, ""},
    {"Retry-After: Tue, 31 Feb 2023 22:15:20 GMT", -1, -1, -1, -1, ""},

    /* the server's clock, not ours */
    {"Date: Tue, 14 Nov 2023 10:00:00 GMT\n"
     "Retry-After: Tue, 14 Nov 2023 10:00:30 GMT",
     30000, -1, -1, -1, ""},
    {"Date: Tue, 14 Nov 2023 10:00:00 GMT\nRetry-After: 30", 30000, -1, -1, -1,
     ""},
    {"Date: Tue, 14 Nov 2023 22:13:10 GMT\n"
     "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000000",
     -1, 0, 10000, -1, ""},
    {"Date: Thu, 01 Jan 1970 00:00:00 GMT\n"
     "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000010",
     -1, 0, 10000, -1, ""},

    /* GitHub */
    {"X-RateLimit-Limit: 5000\nX-RateLimit-Remaining: 4999\n"
     "X-RateLimit-Reset: 1700003600\nX-RateLimit-Used: 1\n"
     "X-RateLimit-Resource: core",
     -1, 4999, 3600000, 5000, "core"},
    /* GitLab: an epoch in the draft's field */
    {"RateLimit-Limit: 60\nRateLimit-Remaining: 5\nRateLimit-Reset: 1700000060",
     -1, 5, 60000, 60, ""},
    /* Discord */
    {"X-RateLimit-Limit: 5\nX-RateLimit-Remaining: 0\n"
     "X-RateLimit-Reset: 1700000001.250\nX-RateLimit-Reset-After: 1.3\n"
     "X-RateLimit-Bucket: abcd1234",
     -1, 0, 1300, 5, "abcd1234"},
    {"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000001.250", -1, 0, 1250,
     -1, ""},
    /* Reddit */
    {"x-ratelimit-remaining: 98.0\nx-ratelimit-reset: 345", -1, 98, 345000, -1,
     ""},
    /* in milliseconds, microseconds, as a date */
    {"X-Rate-Limit-Remaining: 7\nX-Rate-Limit-Reset: 1700000030000", -1, 7,
     30000, -1, ""},
    {"X-RateLimit-Remaining: 7\nX-RateLimit-Reset: 1700000030000000", -1, 7,
     30000, -1, ""},
    {"X-RateLimit-Remaining: 7\nX-RateLimit-Reset: 2023-11-14T22:13:50Z", -1, 7,
     30000, -1, ""},
    {"X-RateLimit-Remaining: 7\nX-RateLimit-Reset: "
     "Tue, 14 Nov 2023 22:13:50 GMT",
     -1, 7, 30000, -1, ""},
    {"X-Rate-Limit-Limit: 450\nX-Rate-Limit-Remaining: 449\n"
     "X-Rate-Limit-Reset: 1700000900",
     -1, 449, 900000, 450, ""},
    /* absurd */
    {"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1000000001", -1, 0, 0, -1,
     ""},
    {"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 99999999", -1, 0, -1, -1,
     ""},
    {"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 253402300799", -1, 0, YEARS,
     -1, ""},
    {"X-RateLimit-Remaining: -1\nX-RateLimit-Reset: -1", -1, -1, -1, -1, ""},
    {"X-RateLimit-Remaining: NaN\nX-RateLimit-Reset: 60", -1, -1, 60000, -1,
     ""},
    {"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1970-01-01T00:00:00Z", -1, 0,
     0, -1, ""},
    {"X-RateLimit-Remaining: 99999999999999999999999999\nX-RateLimit-Reset: 5",
     -1, INT64_MAX / 4000, 5000, -1, ""},

    /* the draft's, from the first form to the last */
    {"RateLimit-Limit: 100, 100;w=60\nRateLimit-Remaining: 50\n"
     "RateLimit-Reset: 30",
     -1, 50, 30000, 100, ""},
    {"RateLimit: limit=100, remaining=50, reset=30", -1, 50, 30000, 100, ""},
    {"RateLimit: limit=100,remaining=50,reset=30", -1, 50, 30000, 100, ""},
    {"RateLimit: \"default\";r=50;t=30", -1, 50, 30000, -1, "default"},
    {"RateLimit: \"default\"; t=30; r=50", -1, 50, 30000, -1, "default"},
    {"RateLimit: default;r=50;t=30", -1, 50, 30000, -1, "default"},
    {"RateLimit: \"day\";r=100;t=36000, \"burst\";r=2;t=5", -1, 2, 5000, -1,
     "burst"},
    {"RateLimit: \"burst\";r=0;t=5,\"day\";r=0;t=36000", -1, 0, 36000000, -1,
     "day"},
    {"RateLimit: \"day\";r=0;t=36000,\"burst\";r=0;t=5", -1, 0, 36000000, -1,
     "day"},
    {"RateLimit: \"a\";pk=:c2VjcmV0:;r=3;t=9", -1, 3, 9000, -1, "a"},
    {"RateLimit: \"a\\\"b\";r=3;t=9", -1, 3, 9000, -1, "a\\\"b"},
    {"RateLimit: \"a\";r=3", -1, 3, -1, -1, "a"},
    {"RateLimit: \"a\";t=3", -1, -1, -1, -1, ""},
    {"RateLimit: \"a\";r=-3;t=9", -1, -1, -1, -1, ""},
    {"RateLimit: \"a\";r=99999999999999999999999;t=99999999999999999999", -1,
     INT64_MAX / 4000, YEARS, -1, "a"},
    {"RateLimit: \"a", -1, -1, -1, -1, ""},
    {"RateLimit: \"a\\", -1, -1, -1, -1, ""},
    {"RateLimit: \"\";r=1;t=1", -1, -1, -1, -1, ""},
    {"RateLimit: ,,;;", -1, -1, -1, -1, ""},
    {"RateLimit: =", -1, -1, -1, -1, ""},
    {"RateLimit: r=", -1, -1, -1, -1, ""},
    {"RateLimit: r==1", -1, -1, -1, -1, ""},
    /* the structured one comes first, then the oldest */
    {"RateLimit: \"a\";r=1;t=2\nX-RateLimit-Remaining: 9\nX-RateLimit-Reset: 9",
     -1, 1, 2000, -1, "a"},
    {"RateLimit: broken\nRateLimit-Remaining: 9\nRateLimit-Reset: 9", -1, 9,
     9000, -1, ""},
    {"X-RateLimit-Resource: a name with \"odd\" characters, and long, so long",
     -1, -1, -1, -1, "a_name_with_\"odd\"_characters,_and_long,_so_long"},
};

static void add_lines(struct headers *headers, const char *lines)
{
  struct err err = ERR_INIT;

  while (*lines != '\0') {
    char line[256];
    size_t len = strcspn(lines, "\n");

    (void)snprintf(line, sizeof line, "%.*s", (int)len, lines);
    cr_assert_eq(headers_add_line(headers, line, &err), E_OK, "%s",
                 err.message);
    lines += len + (lines[len] == '\n');
  }
}

static int64_t time_of(int64_t expected)
{
  return expected == YEARS ? LIMIT_LONGEST_MS : expected;
}

Test(limit, reads)
{
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    AUTO_HEADERS struct headers headers = {0};
    struct limit limit;

    add_lines(&headers, row->headers);
    limit_read(&limit, &headers, now);
    cr_expect_eq(limit.retry_after_ms, time_of(row->retry_after), "%s: %lld",
                 row->headers, (long long)limit.retry_after_ms);
    cr_expect_eq(limit.remaining, row->remaining, "%s: %lld", row->headers,
                 (long long)limit.remaining);
    cr_expect_eq(limit.reset_ms, time_of(row->reset), "%s: %lld", row->headers,
                 (long long)limit.reset_ms);
    cr_expect_eq(limit.quota, row->quota, "%s: %lld", row->headers,
                 (long long)limit.quota);
    cr_expect_str_eq(limit.name, row->name);
  }
}

/* Whatever the clock here says. */
Test(limit, survives_any_now)
{
  static const int64_t moments[] = {INT64_MIN, -1, 0, 1, INT64_MAX};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    for (size_t k = 0; k < sizeof moments / sizeof moments[0]; k++) {
      AUTO_HEADERS struct headers headers = {0};
      struct limit limit;

      add_lines(&headers, rows[i].headers);
      limit_read(&limit, &headers, moments[k]);
      cr_expect(limit.retry_after_ms >= -1 &&
                limit.retry_after_ms <= LIMIT_LONGEST_MS);
      cr_expect(limit.reset_ms >= -1 && limit.reset_ms <= LIMIT_LONGEST_MS);
    }
  }
}

struct refusal {
  int status;
  struct limit limit;
  bool refuses;
  int64_t wait;
};

Test(limit, tells_a_refusal)
{
  static const struct refusal refusals[] = {
      {429, {-1, -1, -1, -1, ""}, true, -1},
      {429, {5, -1, -1, -1, ""}, true, 5},
      {429, {5, 0, 9, -1, ""}, true, 5},
      {429, {-1, 0, 9, -1, ""}, true, 9},
      {429, {-1, -1, 9, -1, ""}, true, 9},
      {429, {-1, 3, 9, -1, ""}, true, -1},
      {403, {-1, -1, -1, -1, ""}, false, 0},
      {403, {-1, 3, 9, -1, ""}, false, 0},
      {403, {-1, 0, 9, -1, ""}, true, 9},
      {403, {5, -1, -1, -1, ""}, true, 5},
      {503, {-1, -1, -1, -1, ""}, false, 0},
      {503, {-1, 0, 9, -1, ""}, true, 9},
      {503, {5, 7, 9, -1, ""}, true, 5},
      {500, {5, 0, 9, -1, ""}, false, 0},
      {200, {5, 0, 9, -1, ""}, false, 0},
  };

  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    int64_t wait = 0;
    bool refuses = limit_refuses(&refusals[i].limit, refusals[i].status, &wait);

    cr_expect_eq(refuses, refusals[i].refuses, "%zu", i);
    cr_expect_eq(wait, refusals[i].wait, "%zu: %lld", i, (long long)wait);
  }
}

Test(limit, says_when)
{
  AUTO_BUF struct buf out = BUF_INIT(200);

  setenv("TZ", "UTC", 1);
  tzset();
  limit_put_when(&out, 719001, now);
  cr_expect_str_eq(buf_text(&out), "22:25 (in 12 min)");
  buf_truncate(&out, 0);
  limit_put_when(&out, 400, now);
  cr_expect_str_eq(buf_text(&out), "22:13 (in 1 s)");
  buf_truncate(&out, 0);
  limit_put_when(&out, INT64_MAX, INT64_MAX);
  cr_expect(buf_text(&out)[0] != '\0');
}

Test(limit, hints_at_what_would_wait)
{
  static const struct {
    int64_t ms;
    const char *says;
  } hints[] = {
      {1000, "--wait-rate 1m"},      {719000, "--wait-rate 12m"},
      {7200001, "--wait-rate 3h"},   {INT64_C(86400001), "try again then"},
      {INT64_MAX, "try again then"},
  };

  for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
    struct err err = ERR_INIT;

    limit_hint(hints[i].ms, &err);
    cr_expect(strstr(err.hint, hints[i].says) != NULL, "%s", err.hint);
  }
}

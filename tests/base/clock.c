#include "base/clock.h"

#include "base/sig.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

Test(clock, reads_the_three_forms_of_http_dates)
{
  static const struct {
    const char *text;
    int64_t wall;
  } rows[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
      {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
      {"Sun Nov  6 08:49:37 1994", 784111777},
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
      {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
      {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
      {"Fri, 30 Jun 2017 23:59:60 GMT", 1498867200},
      {"Wed Nov 16 08:49:37 1994", 784975777},
      {"Wednesday, 16-Nov-94 08:49:37 GMT", 784975777},
      {"Tuesday, 15-Nov-94 08:49:37 GMT", 784889377},
      {"Thursday, 17-Nov-94 08:49:37 GMT", 785062177},
      {"Saturday, 19-Nov-94 08:49:37 GMT", 785234977},
      {"Monday, 14-Nov-94 08:49:37 GMT", 784802977},
      {"Friday, 18-Nov-94 08:49:37 GMT", 785148577},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    int64_t wall = 77;
    cr_assert(clock_parse_http(rows[i].text, &wall), "'%s'", rows[i].text);
    cr_assert_eq(wall, rows[i].wall, "'%s': %" PRId64, rows[i].text, wall);
  }
}

Test(clock, refuses_what_only_looks_like_an_http_date)
{
  static const char *const bad[] = {
      "",
      "Sun",
      "Sun, ",
      "0",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      " Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 +0000",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "sun, 06 nov 1994 08:49:37 gmt",
      "Son, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nop 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Wed, 29 Feb 2023 12:00:00 GMT",
      "Wed, 29 Feb 1900 12:00:00 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun, 06 Nov 19944 08:49:37 GMT",
      "Sundae, 06-Nov-94 08:49:37 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Mons, 06-Nov-94 08:49:37 GMT",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov  6 08:49:37 1994 GMT",
      "Sun Nov  6 8:49:37 1994",
  };
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
    int64_t wall = 77;
    cr_assert_not(clock_parse_http(bad[i], &wall), "'%s'", bad[i]);
    cr_assert_eq(wall, 77);
  }
}

/* Two digits of a year: never more than 50 years ahead, whenever this runs. */
Test(clock, takes_short_years_for_near_ones)
{
  for (int year = 0; year < 100; year++) {
    char text[64];
    int64_t wall;
    (void)snprintf(text, sizeof(text), "Sunday, 06-Nov-%02d 08:49:37 GMT",
                   year);
    cr_assert(clock_parse_http(text, &wall));
    int64_t ahead = wall - clock_wall();
    cr_assert_lt(ahead, INT64_C(51) * 366 * 86400, "%s", text);
    cr_assert_gt(ahead, INT64_C(-51) * 366 * 86400, "%s", text);
  }
}

Test(clock, reads_rfc3339)
{
  static const struct {
    const char *text;
    bool ok;
    int64_t wall;
  } rows[] = {
      {"1970-01-01T00:00:00Z", true, 0},
      {"1985-04-12T23:20:50.52Z", true, 482196050},
      {"1996-12-19T16:39:57-08:00", true, 851042397},
      {"1990-12-31T23:59:60Z", true, 662688000},
      {"1990-12-31T15:59:60-08:00", true, 662688000},
      {"1937-01-01T12:00:27.87+00:20", true, -1041337173},
      {"2026-12-24t10:00:00z", true, 1798106400},
      {"2026-12-24T10:00:00-00:00", true, 1798106400},
      {"0000-01-01T00:00:00Z", true, -62167219200},
      {"0000-02-29T00:00:00Z", true, -62162121600},
      {"9999-12-31T23:59:59Z", true, 253402300799},
      {"", false, 0},
      {"2026-12-24", false, 0},
      {"2026-12-24T10:00:00", false, 0},
      {"2026-12-24 10:00:00Z", false, 0},
      {"2026-12-24T10:00Z", false, 0},
      {"2026-12-24T10:00:00.Z", false, 0},
      {"2026-12-24T10:00:00,5Z", false, 0},
      {"2026-12-24T10:00:00+0100", false, 0},
      {"2026-12-24T10:00:00+24:00", false, 0},
      {"2026-12-24T10:00:00+01:60", false, 0},
      {"2026-12-24T10:00:00ZZ", false, 0},
      {"2026-12-24T10:00:00Z ", false, 0},
      {"2026-13-24T10:00:00Z", false, 0},
      {"2026-00-24T10:00:00Z", false, 0},
      {"2026-02-29T10:00:00Z", false, 0},
      {"2026-12-24T24:00:00Z", false, 0},
      {"+2026-12-24T10:00:00Z", false, 0},
      {"-026-12-24T10:00:00Z", false, 0},
      {"20261224T100000Z", false, 0},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    int64_t wall = 77;
    bool ok = clock_parse_rfc3339(rows[i].text, &wall);
    cr_assert_eq(ok, rows[i].ok, "'%s'", rows[i].text);
    cr_assert_eq(wall, ok ? rows[i].wall : 77, "'%s': %" PRId64, rows[i].text,
                 wall);
  }
}

Test(clock, writes_what_it_reads)
{
  for (int64_t day = -800000; day < 2900000; day += 997) {
    int64_t wall = day * 86400 + (day * day) % 86400, back;
    if (wall < -62167219200 || wall > 253402300799)
      continue;
    AUTO_BUF struct buf text = BUF_INIT(64);
    clock_rfc3339(&text, wall);
    cr_assert(clock_parse_rfc3339(buf_text(&text), &back));
    cr_assert_eq(back, wall, "%s", buf_text(&text));
  }
}

Test(clock, stays_within_four_digits_of_year)
{
  static const struct {
    int64_t wall;
    const char *text;
  } rows[] = {
      {0, "1970-01-01T00:00:00Z"},
      {1798106400, "2026-12-24T10:00:00Z"},
      {CLOCK_NEVER, "9999-12-31T23:59:59Z"},
      {253402300800, "9999-12-31T23:59:59Z"},
      {INT64_MIN, "0000-01-01T00:00:00Z"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf text = BUF_INIT(64);
    clock_rfc3339(&text, rows[i].wall);
    cr_assert_str_eq(buf_text(&text), rows[i].text);
  }
}

Test(clock, shows_a_near_moment_as_a_time_and_others_as_a_date)
{
  static const struct {
    const char *zone;
    int64_t wall, now;
    const char *text;
  } rows[] = {
      {"UTC", 1798106400, 1798106400, "10:00"},
      {"UTC", 1798106400, 1798106400 - 86399, "10:00"},
      {"UTC", 1798106400, 1798106400 - 86400, "2026-12-24"},
      {"UTC", 1798106400, 1798106400 + 86399, "10:00"},
      {"UTC", 1798106400, 1798106400 + 86400, "2026-12-24"},
      {"XXX-14", 1798106400, 0, "2026-12-25"},
      {"XXX-14", 1798106400, 1798106400, "00:00"},
      {"UTC", CLOCK_NEVER, 0, "9999-12-31T23:59:59Z"},
      {"UTC", CLOCK_NEVER, -5, "9999-12-31T23:59:59Z"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf text = BUF_INIT(64);
    cr_assert_eq(setenv("TZ", rows[i].zone, 1), 0);
    clock_local(&text, rows[i].wall, rows[i].now);
    cr_assert_str_eq(buf_text(&text), rows[i].text);
  }
}

Test(clock, shows_lengths_for_people)
{
  static const struct {
    int64_t seconds;
    const char *text;
  } rows[] = {
      {-5, "0 s"},           {0, "0 s"},
      {45, "45 s"},          {119, "119 s"},
      {120, "2 min"},        {2499, "41 min"},
      {3600, "60 min"},      {7199, "119 min"},
      {7200, "2 h"},         {43200, "12 h"},
      {172799, "47 h"},      {172800, "2 days"},
      {9 * 86400, "9 days"}, {INT64_MAX, "106751991167300 days"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf text = BUF_INIT(64);
    clock_span(&text, rows[i].seconds);
    cr_assert_str_eq(buf_text(&text), rows[i].text);
  }
}

Test(clock, sleeps_at_least_as_long_as_asked)
{
  int64_t start = clock_mono_ms();
  cr_assert(clock_sleep_ms(30));
  cr_assert_geq(clock_mono_ms() - start, 30);
  cr_assert(clock_sleep_ms(0));
  cr_assert(clock_sleep_ms(-1000));
}

Test(clock, sleep_ends_with_a_signal, .timeout = 20)
{
  cr_assert_eq(sig_setup(NULL), E_OK);
  struct itimerspec soon = {.it_value.tv_nsec = 20 * 1000 * 1000};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                           .sigev_signo = SIGTERM};
  timer_t timer;
  cr_assert_eq(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  cr_assert_eq(timer_settime(timer, 0, &soon, NULL), 0);
  cr_assert_not(clock_sleep_ms(INT64_MAX));
  cr_assert_not(clock_sleep_ms(0));
}

Test(clock, sleep_goes_on_while_signals_are_held)
{
  cr_assert_eq(sig_setup(NULL), E_OK);
  sig_hold();
  cr_assert_eq(raise(SIGINT), 0);
  int64_t start = clock_mono_ms();
  clock_t used = clock();
  cr_assert(clock_sleep_ms(300));
  cr_assert_geq(clock_mono_ms() - start, 300);
  /* It waits; it does not spin. */
  cr_assert_lt(clock() - used, CLOCKS_PER_SEC / 10);
  sig_release();
  cr_assert_not(clock_sleep_ms(10));
}

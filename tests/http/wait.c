/* Nothing waits for ever: limits and signals. */
#include "http/client.h"

#include "base/clock.h"
#include "base/sig.h"
#include "http/ask.h"
#include "http/raw.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct err err;

TestSuite(wait, .init = clean_environment, .timeout = 60);

/* What a GET from raw ends with under options, and how long it took. */
static int64_t timed(struct raw *raw, const struct http_options *options,
                     struct got *got)
{
  AUTO(http) http = new_http(options);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  int64_t start = clock_mono_ms();

  get_from(http, url, NULL, got);
  return clock_mono_ms() - start;
}

Test(wait, ends_when_a_server_is_silent)
{
  static const struct {
    struct raw_reply reply;
    const char *says;
  } rows[] = {
      {{.bytes = NULL}, "was silent for 0.300 s"},
      {{.bytes = "HTTP/1.1 200 OK\r\n"}, "was silent for 0.300 s"},
      {{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell"},
       "in the middle of its answer"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct raw_reply replies[] = {rows[i].reply, {.bytes = NULL}};
    struct raw *raw = raw_start(replies, 2);
    AUTO_GOT struct got got = {0};
    int64_t took =
        timed(raw, &(struct http_options){.stall_timeout_ms = 300}, &got);

    cr_expect_eq(got.code, E_TIMEOUT, "row %zu: %d", i, got.code);
    cr_expect_not_null(strstr(got.err.message, rows[i].says), "%s",
                       got.err.message);
    cr_expect(got.answer.sent);
    cr_expect(took >= 290 && took < 5000, "%lld ms", (long long)took);
    raw_free(raw);
  }
}

Test(wait, a_trickle_is_no_silence_but_the_whole_has_its_limit)
{
  struct raw_reply drip = {
      .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      .drip_ms = 20};
  struct raw *raw = raw_start(&drip, 1);
  AUTO_GOT struct got slow = {0};
  AUTO_GOT struct got late = {0};

  (void)timed(raw, &(struct http_options){.stall_timeout_ms = 700}, &slow);
  cr_expect_eq(slow.code, E_OK, "%s", slow.err.message);
  raw_free(raw);

  raw = raw_start(&drip, 1);
  (void)timed(raw, &(struct http_options){.total_timeout_ms = 300}, &late);
  cr_expect_eq(late.code, E_TIMEOUT);
  cr_expect_not_null(strstr(late.err.message, "0.300 s that the whole"), "%s",
                     late.err.message);
  raw_free(raw);
}

/* A TLS handshake that gets no answer. */
Test(wait, ends_when_no_connection_comes_about)
{
  struct raw *raw = RAW({.bytes = NULL});
  AUTO(http) http = new_http(&(struct http_options){.connect_timeout_ms = 300});
  AUTO(url) url = test_url("https://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got got = {0};

  get_from(http, url, NULL, &got);
  cr_expect_eq(got.code, E_TIMEOUT);
  cr_expect_not(got.answer.sent);
  cr_expect_not_null(strstr(got.err.message, "no connection"), "%s",
                     got.err.message);
  cr_expect_not_null(strstr(got.err.message, "0.300 s"));
  cr_expect_not_null(strstr(got.err.hint, "--connect-timeout"));
  raw_free(raw);
}

static enum code dawdle(void *user, const void *bytes, size_t len,
                        struct err *e)
{
  static bool slept;

  (void)user;
  (void)bytes;
  (void)len;
  (void)e;
  if (!slept)
    usleep(1500 * 1000);
  slept = true;
  return E_OK;
}

Test(wait, what_the_consumer_takes_is_no_silence)
{
  struct raw *raw = RAW({.bytes = RAW_OK, .drip_ms = 30});
  AUTO(http) http = new_http(&(struct http_options){.stall_timeout_ms = 1000});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got got = {0};

  get_from(http, url, &(struct http_request){.sink = {.body = dawdle}}, &got);
  cr_expect_eq(got.code, E_OK, "%s", got.err.message);
  raw_free(raw);
}

/* --- signals ------------------------------------------------------------ */

/* The handler runs in this thread: no wait of the test's is interrupted by it,
 * as none is by a signal that comes just before it. */
static void *interrupt_later(void *user)
{
  (void)user;
  usleep(200 * 1000);
  raise(SIGINT);
  return NULL;
}

static pthread_t interrupt_in_a_moment(void)
{
  pthread_t thread;

  cr_assert_eq(sig_setup(&err), E_OK);
  cr_assert_eq(pthread_create(&thread, NULL, interrupt_later, NULL), 0);
  return thread;
}

Test(wait, a_signal_ends_it_at_once)
{
  NEEDS_SPEED;
  struct raw *raw = RAW({.bytes = NULL});
  pthread_t thread = interrupt_in_a_moment();
  AUTO_GOT struct got got = {0};
  int64_t took = timed(raw, NULL, &got);

  pthread_join(thread, NULL);
  cr_expect_eq(got.code, E_SIGNAL);
  cr_expect(got.answer.sent);
  cr_expect(took >= 150 && took < 4000 /* a look around is 5 s */, "%lld ms",
            (long long)took);
  raw_free(raw);
}

Test(wait, a_signal_that_is_held_back_lets_the_answer_come)
{
  struct raw *raw = RAW({.bytes = RAW_OK, .drip_ms = 20});
  pthread_t thread = interrupt_in_a_moment();
  AUTO_GOT struct got got = {0};

  sig_hold();
  (void)timed(raw, NULL, &got);
  pthread_join(thread, NULL);
  cr_expect_eq(got.code, E_OK, "%s", got.err.message);
  sig_release();
  cr_expect_eq(sig_caught(), SIGINT, "it was caught, and held back");
  raw_free(raw);
}

Test(wait, a_signal_that_is_held_back_for_too_long_ends_it)
{
  NEEDS_SPEED;
  struct raw *raw = RAW({.bytes = NULL});
  int64_t start = clock_mono_ms(); /* before the signal: the 5 s are from it */
  pthread_t thread = interrupt_in_a_moment();
  AUTO_GOT struct got got = {0};
  clock_t cpu = clock();
  int64_t took;

  sig_hold();
  (void)timed(raw, NULL, &got);
  took = clock_mono_ms() - start;
  cr_expect_lt(clock() - cpu, CLOCKS_PER_SEC / 2, "it does not spin");
  pthread_join(thread, NULL);
  cr_expect_eq(got.code, E_SIGNAL);
  cr_expect(took >= 5000 && took < 15000, "%lld ms", (long long)took);
  sig_release();
  raw_free(raw);
}

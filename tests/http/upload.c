/* Large bodies, which are announced first (Expect, RFC 9110 §10.1.1), and
 * servers that answer without reading them. */
#include "http/raw.h"

#include "base/clock.h"
#include "http/ask.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LARGE = 3 * 1024 * 1024 };

/* A body of LARGE bytes that are never all in memory. */
struct large {
  int64_t at;
  int rewinds;
};

static int64_t large_read(void *user, void *to, size_t size, struct err *err)
{
  struct large *large = user;
  int64_t left = LARGE - large->at;
  size_t n = (int64_t)size < left ? size : (size_t)left;

  (void)err;
  memset(to, 'x', n);
  large->at += (int64_t)n;
  return (int64_t)n;
}

static enum code large_rewind(void *user, struct err *err)
{
  struct large *large = user;

  (void)err;
  large->at = 0;
  large->rewinds++;
  return E_OK;
}

/* len -1: chunked. */
static void put_large(struct raw *raw, int64_t len, struct large *large,
                      struct got *got)
{
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  struct http_request request = {.method = "PUT",
                                 .body = {.len = len,
                                          .read = large_read,
                                          .rewind = large_rewind,
                                          .user = large}};

  get_from(http, url, &request, got);
}

static size_t count(const char *text, const char *part)
{
  size_t n = 0;

  for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
    n++;
  return n;
}

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define REFUSED "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 4\r\n"

Test(upload_http, is_announced_and_sent_when_the_server_says_so)
{
  struct raw *raw =
      RAW({.bytes = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" CONTINUE,
           .hasty = true},
          {.bytes = RAW_OK, .drain = LARGE, .close = true});
  AUTO_GOT struct got got = {0};
  struct large large = {0};

  put_large(raw, LARGE, &large, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(got.answer.status, 200);
  cr_expect_str_eq(buf_text(&got.body), "hello");
  raw_stop(raw);
  cr_expect_not_null(strstr(raw_received(raw), "Expect: 100-continue"));
  cr_expect_not_null(strstr(raw_received(raw), "Content-Length: 3145728"));
  raw_free(raw);
}

Test(upload_http, goes_out_after_a_second_when_the_server_says_nothing)
{
  struct raw *raw = RAW({.bytes = RAW_OK, .close = true});
  AUTO_GOT struct got got = {0};
  struct large large = {0};
  int64_t started = clock_mono_ms();

  put_large(raw, LARGE, &large, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(got.answer.status, 200);
  cr_expect_eq(large.at, LARGE);
  cr_expect_geq(clock_mono_ms() - started, 900);
  raw_free(raw);
}

/* RFC 9110 §15.5.18: the request is sent again without. */
Test(upload_http, is_sent_unannounced_where_that_is_refused)
{
  static const char *const refusals[] = {
      REFUSED "\r\nnope",
      REFUSED "Connection: close\r\n\r\nnope",
      "HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\n\r\n",
  };

  for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
    struct raw *raw = RAW({.bytes = refusals[i], .hasty = true, .close = true},
                          {.bytes = RAW_OK, .close = true});
    AUTO_GOT struct got got = {0};
    struct large large = {0};

    put_large(raw, LARGE, &large, &got);
    cr_assert_eq(got.code, E_OK, "%zu: %s", i, got.err.message);
    cr_expect_eq(got.answer.status, 200, "%zu", i);
    cr_expect_str_eq(buf_text(&got.body), "hello");
    raw_stop(raw);
    cr_expect_eq(raw_requests(raw), 2);
    cr_expect_eq(count(raw_received(raw), "Expect:"), 1);
    raw_free(raw);
  }
}

Test(upload_http, is_sent_unannounced_in_chunks_too)
{
  struct raw *raw =
      RAW({.bytes = REFUSED "\r\nnope", .hasty = true, .close = true},
          {.bytes = RAW_OK, .close = true});
  AUTO_GOT struct got got = {0};
  struct large large = {0};

  put_large(raw, -1, &large, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(got.answer.status, 200);
  raw_free(raw);
}

Test(upload_http, is_refused_but_once)
{
  struct raw *raw =
      RAW({.bytes = REFUSED "\r\nnope", .hasty = true, .close = true},
          {.bytes = REFUSED "\r\nnope", .close = true});
  AUTO_GOT struct got got = {0};
  struct large large = {0};

  put_large(raw, LARGE, &large, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(got.answer.status, 417);
  cr_expect_str_eq(buf_text(&got.body), "nope");
  raw_free(raw);
}

Test(upload_http, is_not_sent_when_the_answer_is_there_before)
{
  static const char *const answers[] = {
      "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope",
      "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n"
      "Connection: close\r\n\r\nnope",
      "HTTP/1.0 403 Forbidden\r\n\r\nnope",
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope",
  };

  for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
    struct raw *raw = RAW({.bytes = answers[i], .hasty = true, .close = true});
    AUTO_GOT struct got got = {0};
    struct large large = {0};

    put_large(raw, i % 2 == 0 ? LARGE : -1, &large, &got);
    cr_assert_eq(got.code, E_OK, "%zu: %s", i, got.err.message);
    cr_expect_str_eq(buf_text(&got.body), "nope", "%zu", i);
    cr_expect_eq(large.at, 0, "%zu: %jd bytes went out", i, (intmax_t)large.at);
    raw_free(raw);
  }
}

Test(upload_http, stops_at_an_answer_in_the_middle)
{
  struct raw *raw = RAW({.bytes = CONTINUE, .hasty = true},
                        {.bytes = "HTTP/1.1 413 Too Large\r\n"
                                  "Content-Length: 5\r\n\r\nlarge",
                         .deaf = true});
  AUTO_GOT struct got got = {0};
  struct large large = {0};

  put_large(raw, LARGE, &large, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(got.answer.status, 413);
  cr_expect_str_eq(buf_text(&got.body), "large");
  raw_free(raw);
}

/* What comes back of a request. */
#include "http/client.h"

#include "base/mem.h"
#include "http/ask.h"
#include "http/peer.h"
#include "http/raw.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(answer, .init = clean_environment, .timeout = 60);

Test(answer, gives_the_answer_whole)
{
  static const struct peer_reply replies[] = {
      {"/", 404, "X-A: 1\nX-A: 2", "gone", 0}, {NULL}};
  struct peer *peer = peer_start(&(struct peer_options){.replies = replies});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO_GOT struct got got = {0};
  AUTO_STR char *address = mem_printf("127.0.0.1:%d", peer_port(peer));
  size_t repeated = 0;

  get_from(http, url, NULL, &got);
  cr_assert_eq(got.code, E_OK, "a status is data");
  cr_expect_eq(got.answer.status, 404);
  cr_expect_str_eq(got.answer.version, "HTTP/1.1");
  cr_expect_str_eq(got.answer.reason, "Not Found");
  cr_expect_str_eq(got.answer.address, address);
  cr_expect(got.answer.sent);
  for (size_t i = 0; i < got.answer.headers.count; i++)
    repeated += strcmp(got.answer.headers.items[i].name, "X-A") == 0;
  cr_expect_eq(repeated, 2);
  cr_expect_str_eq(buf_text(&got.body), "gone");
  const struct http_timing *timing = &got.answer.timing;
  const int64_t order[] = {0,
                           timing->dns,
                           timing->connect,
                           timing->request,
                           timing->first_byte,
                           timing->total};
  for (size_t i = 1; i < ARRAY_LEN(order); i++)
    cr_expect_geq(order[i], order[i - 1], "%zu", i);
  cr_expect_eq(timing->tls, -1);
  cr_expect_eq(got.answer.traffic.body_received, 4);
  cr_expect_eq(got.answer.traffic.body_sent, 0);
  cr_expect_gt(got.answer.traffic.head_received, 12);
  peer_stop(peer);
}

struct watcher {
  int heads, status;
  size_t bytes;
  bool body_before_head;
  enum code head_code, body_code;
};

static enum code watch_head(void *user, const struct http_answer *answer,
                            struct err *e)
{
  struct watcher *w = user;

  w->heads++;
  w->status = answer->status;
  return w->head_code == E_OK ? E_OK : err_set(e, w->head_code, "head says no");
}

static enum code watch_body(void *user, const void *bytes, size_t len,
                            struct err *e)
{
  struct watcher *w = user;

  (void)bytes;
  w->body_before_head = w->body_before_head || w->heads == 0;
  w->bytes += len;
  return w->body_code == E_OK ? E_OK : err_set(e, w->body_code, "body says no");
}

static struct http_request watched(struct watcher *w)
{
  return (struct http_request){.sink = {watch_head, watch_body, w}};
}

Test(answer, tells_the_final_head_once_and_before_the_body)
{
  struct raw *raw =
      RAW({.bytes = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                    "HTTP/1.1 100 Continue\r\n\r\n"
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5\r\nhello\r\n0\r\nX-Trailer: t\r\n\r\n"});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got got = {0};
  struct watcher w = {0};
  struct http_request request = watched(&w);

  get_from(http, url, &request, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(w.heads, 1);
  cr_expect_eq(w.status, 200);
  cr_expect_eq(w.bytes, 5);
  cr_expect_not(w.body_before_head);
  cr_expect_null(headers_get(&got.answer.headers, "Link"));
  cr_expect_null(headers_get(&got.answer.headers, "X-Trailer"));
  raw_free(raw);
}

Test(answer, ends_with_the_sinks_code)
{
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO_GOT struct got head = {0};
  AUTO_GOT struct got body = {0};
  struct watcher refuses_head = {.head_code = E_OUTPUT};
  struct watcher refuses_body = {.body_code = E_INCOMPLETE};
  struct http_request one = watched(&refuses_head);
  struct http_request two = watched(&refuses_body);

  get_from(http, url, &one, &head);
  cr_expect_eq(head.code, E_OUTPUT);
  cr_expect_str_eq(head.err.message, "head says no");
  cr_expect_eq(refuses_head.bytes, 0);
  get_from(http, url, &two, &body);
  cr_expect_eq(body.code, E_INCOMPLETE);
  cr_expect_str_eq(body.err.message, "body says no");
  peer_stop(peer);
}

Test(answer, reads_heads_that_are_not_quite_right)
{
  struct raw *raw =
      RAW({.bytes = "HTTP/1.1 200 Fine\xff thing\r\nContent-Length: 0\r\n"
                    "X-Control: a\x01"
                    "b\r\nX-Folded: one\r\n  two\r\n"
                    "Bad Name: x\r\nX-Last:   v  \r\n\r\n"});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got got = {0};
  const struct headers *h = &got.answer.headers;

  get_from(http, url, NULL, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_str_eq(headers_get(h, "X-Control"), "a b");
  cr_expect_str_eq(headers_get(h, "X-Folded"), "one two");
  cr_expect_str_eq(headers_get(h, "X-Last"), "v");
  cr_expect_null(headers_get(h, "Bad Name"));
  cr_expect_eq(h->count, 4);
  raw_free(raw);
}

static enum code code_for(const struct raw_reply *replies, size_t count,
                          struct got *got)
{
  struct raw *raw = raw_start(replies, count);
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));

  get_from(http, url, NULL, got);
  raw_free(raw);
  return got->code;
}

Test(answer, names_what_is_wrong_with_an_answer)
{
  static char many[3000 * 6 + 100], big[400 * 1024];
  const struct {
    struct raw_reply reply;
    enum code code;
    const char *says;
  } rows[] = {
      {{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell",
        .close = true},
       E_CUT,
       "cut short"},
      {{.bytes =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        .close = true},
       E_CUT,
       "cut short"},
      {{.bytes = "HTTP/1.1 200 OK\r\nContent-", .close = true}, E_CUT, "broke"},
      {{.bytes = "", .close = true}, E_CUT, "127.0.0.1:"},
      {{.bytes = "SSH-2.0-OpenSSH_9.2\r\n", .close = true},
       E_ANSWER,
       "cannot be read"},
      {{.bytes = "HTTP/1.1 2x0 OK\r\n\r\n", .close = true}, E_ANSWER, ""},
      {{.bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                 "Content-Length: 5\r\n\r\nhello"},
       E_ANSWER,
       "cannot be read"},
      {{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        .close = true},
       E_CUT,
       "cut short"},
      {{.bytes = many, .close = true}, E_ANSWER, "too many headers"},
      {{.bytes = big, .close = true}, E_ANSWER, ""},
  };
  char *p = many + sprintf(many, "HTTP/1.1 200 OK\r\n");

  for (int i = 0; i < 3000; i++)
    p += sprintf(p, "a:b\r\n");
  strcpy(p, "\r\n");
  p = big + sprintf(big, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 380; i++)
    p += sprintf(p, "X%d:%01000d\r\n", i, i);
  strcpy(p, "\r\n");

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_GOT struct got got = {0};

    cr_expect_eq(code_for(&rows[i].reply, 1, &got), rows[i].code,
                 "row %zu: %d %s", i, got.code, got.err.message);
    cr_expect_not_null(strstr(got.err.message, rows[i].says), "row %zu: %s", i,
                       got.err.message);
    cr_expect(got.answer.sent, "row %zu", i);
  }
}

/* "hello\n" as gzip(1) writes it. */
#define GZIP_HELLO                                                             \
  "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\x00"   \
  "\x20\x30\x3a\x36\x06\x00\x00\x00"
#define GZIP_HEAD                                                              \
  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 26\r\n\r\n"

Test(answer, undoes_compression_unless_the_raw_bytes_are_wanted)
{
  static const char bytes[] = GZIP_HEAD GZIP_HELLO;
  const struct raw_reply reply = {.bytes = bytes, .len = sizeof(bytes) - 1};
  struct raw *raw = RAW(reply, reply);
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got plain = {0};
  AUTO_GOT struct got as_is = {0};

  get_from(http, url, NULL, &plain);
  cr_assert_eq(plain.code, E_OK, "%s", plain.err.message);
  cr_expect_str_eq(buf_text(&plain.body), "hello\n");
  get_from(http, url, &(struct http_request){.raw = true}, &as_is);
  cr_assert_eq(as_is.code, E_OK, "%s", as_is.err.message);
  cr_expect_eq(as_is.body.len, 26);
  raw_free(raw);
}

Test(answer, does_not_wait_for_the_body_of_a_head_request)
{
  struct raw *raw =
      RAW({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got got = {0};

  get_from(http, url, &(struct http_request){.method = "HEAD", .no_body = true},
           &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_str_eq(headers_get(&got.answer.headers, "content-length"), "100");
  raw_stop(raw);
  cr_expect_eq(strncmp(raw_received(raw), "HEAD / HTTP/1.1\r\n", 17), 0);
  raw_free(raw);
}

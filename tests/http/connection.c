/* Connections: shared, dead, refused, slow and large. */
#include "http/client.h"

#include "base/mem.h"
#include "http/ask.h"
#include "http/peer.h"
#include "http/raw.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(connection, .init = clean_environment, .timeout = 60);

Test(connection, shares_connections_within_an_identity_alone)
{
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) one = new_http(NULL);
  AUTO(http) two = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  struct http_request fresh = {.fresh = true};
  struct {
    struct http *http;
    bool fresh;
    int connection;
  } rows[] = {{one, false, 0}, {one, false, 0}, {two, false, 1},
              {one, false, 0}, {one, true, 2},  {two, false, 1}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_GOT struct got got = {0};

    fresh = (struct http_request){.fresh = rows[i].fresh};
    get_from(rows[i].http, url, &fresh, &got);
    cr_assert_eq(got.code, E_OK);
    cr_expect_eq(peer_entry(peer, i)->connection, rows[i].connection,
                 "row %zu: %d", i, peer_entry(peer, i)->connection);
    bool is_new = i == 0 || i == 2 || i == 4;
    cr_expect_eq(got.answer.timing.connect >= 0, is_new, "row %zu", i);
    cr_expect_eq(got.answer.timing.dns >= 0, is_new, "row %zu", i);
    cr_expect_geq(got.answer.timing.request, 0, "row %zu", i);
  }
  peer_stop(peer);
}

/* The first connection answers once, takes a second request, and dies. */
#define DIES                                                                   \
  {.bytes = RAW_OK}, {.bytes = "", .close = true},                             \
  {                                                                            \
    .bytes = RAW_OK                                                            \
  }

Test(connection, repeats_a_safe_request_on_a_connection_that_had_died)
{
  struct raw *raw = RAW(DIES);
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got one = {0};
  AUTO_GOT struct got two = {0};

  get_from(http, url, NULL, &one);
  get_from(http, url, NULL, &two);
  cr_expect_eq(two.code, E_OK, "%s", two.err.message);
  cr_expect_eq(raw_requests(raw), 3);
  raw_free(raw);
}

Test(connection, repeats_a_streamed_body_only_where_it_can_start_again)
{
  for (int can = 0; can <= 1; can++) {
    struct raw *raw = RAW(DIES);
    AUTO(http) http = new_http(NULL);
    AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
    AUTO_GOT struct got one = {0};
    AUTO_GOT struct got two = {0};
    struct stream stream = {.text = "streamed"};
    struct http_request request = {
        .body = {.len = 8, .read = stream_read, .user = &stream}};

    request.body.rewind = can ? stream_rewind : NULL;
    get_from(http, url, NULL, &one);
    get_from(http, url, &request, &two);
    cr_expect_eq(two.code, can ? E_OK : E_CUT, "%s", two.err.message);
    cr_expect_eq(stream.rewinds, can);
    raw_free(raw);
  }
}

Test(connection, sends_an_unsafe_request_once_whatever_happens)
{
  static const char *const methods[] = {"POST", "PATCH", "PUT", "DELETE",
                                        "MKCOL"};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    struct raw *raw = RAW(DIES);
    AUTO(http) http = new_http(NULL);
    AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
    AUTO_GOT struct got one = {0};
    AUTO_GOT struct got two = {0};
    struct http_request request = {.method = methods[i],
                                   .body = {.bytes = "x", .len = 1}};

    get_from(http, url, NULL, &one);
    get_from(http, url, &request, &two);
    cr_expect_eq(two.code, E_CUT, "%s: %d %s", methods[i], two.code,
                 two.err.message);
    cr_expect(two.answer.sent, "the server may have acted");
    cr_expect_eq(raw_requests(raw), 2, "%s", methods[i]);
    raw_free(raw);
  }
}

Test(connection, repeats_an_unsafe_request_that_may_be_repeated)
{
  static const struct http_request requests[] = {
      {.method = "POST", .repeatable = true, .body = {.bytes = "x", .len = 1}},
      {.method = "DELETE", .repeatable = true},
      {.method = "QUERY", .body = {.bytes = "x", .len = 1}}};

  for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
    struct raw *raw = RAW(DIES);
    AUTO(http) http = new_http(NULL);
    AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
    AUTO_GOT struct got one = {0};
    AUTO_GOT struct got two = {0};
    struct http_request request = requests[i];

    get_from(http, url, NULL, &one);
    get_from(http, url, &request, &two);
    cr_expect_eq(two.code, E_OK, "%s: %s", request.method, two.err.message);
    cr_expect_eq(raw_requests(raw), 3, "%s", request.method);
    raw_free(raw);
  }
}

Test(connection, says_that_nothing_was_sent_when_nothing_listens)
{
  int port = free_port();
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", port);
  AUTO_STR char *expected =
      mem_printf("cannot connect to '127.0.0.1:%d': Connection refused", port);
  AUTO_GOT struct got got = {0};

  get_from(http, url, &(struct http_request){.method = "POST"}, &got);
  cr_expect_eq(got.code, E_CONNECT);
  cr_expect_not(got.answer.sent);
  cr_expect_str_eq(got.err.message, expected);
}

Test(connection, resolves_localhost_by_itself)
{
  static const char *const names[] = {"localhost", "a.localhost",
                                      "x.y.localhost"};
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) http = new_http(NULL);

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    AUTO(url) url = test_url("http://%s:%d/", names[i], peer_port(peer));
    AUTO_STR char *host = mem_printf("%s:%d", names[i], peer_port(peer));
    AUTO_GOT struct got got = {0};

    get_from(http, url, NULL, &got);
    cr_assert_eq(got.code, E_OK, "%s: %s", names[i], got.err.message);
    cr_expect_str_eq(peer_header(peer, i, "Host"), host);
  }
  peer_stop(peer);
}

/* --- progress ----------------------------------------------------------- */

struct seen_progress {
  int calls;
  int64_t received, total;
};

static void note_progress(void *user, int64_t sent, int64_t send_total,
                          int64_t received, int64_t receive_total)
{
  struct seen_progress *p = user;

  (void)sent;
  (void)send_total;
  p->calls++;
  p->received = received;
  p->total = receive_total;
}

Test(connection, reports_progress_now_and_then)
{
  struct raw *raw =
      RAW({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
                    "0123456789012345678901234567890123456789",
           .drip_ms = 8});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got got = {0};
  struct seen_progress seen = {0};
  struct http_request request = {.progress = {note_progress, &seen}};

  get_from(http, url, &request, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_geq(seen.calls, 2);
  cr_expect_leq(seen.calls, 40, "about ten a second");
  cr_expect_eq(seen.total, 40);
  cr_expect_gt(seen.received, 0);
  raw_free(raw);
}

Test(connection, takes_a_large_body_in_large_pieces)
{
  static const struct peer_reply replies[] = {
      {NULL, 200, NULL, "0123456789abcdef", 1024 * 1024}};
  struct peer *peer = peer_start(&(struct peer_options){.replies = replies});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO_GOT struct got got = {0};

  get_from(http, url, &(struct http_request){.bulk = true}, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(got.body.len, 16 * 1024 * 1024);
  peer_stop(peer);
}

#include "http/client.h"

#include "base/mem.h"
#include "http/peer.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err err;

TestSuite(client, .init = clean_environment, .timeout = 60);

/* --- what goes out
 * ------------------------------------------------------------ */

Test(client, sends_the_headers_as_given_and_none_of_libcurls)
{
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/a%%20b?c=d", peer_port(peer));
  AUTO_HEADERS struct headers headers = {0};
  AUTO(secret) secret = NULL;
  AUTO_GOT struct got got = {0};
  struct http_request request = {.headers = &headers};

  cr_assert_eq(headers_add(&headers, "X-One", "1", &err), E_OK);
  cr_assert_eq(headers_add(&headers, "X-Empty", "", &err), E_OK);
  cr_assert_eq(secret_new(&secret, "Bearer test-token-not-real", 26, &err),
               E_OK);
  cr_assert_eq(headers_add_secret(&headers, "Authorization", secret, &err),
               E_OK);
  get_from(http, url, &request, &got);

  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_str_eq(peer_entry(peer, 0)->method, "GET");
  cr_expect_str_eq(peer_entry(peer, 0)->query, "c=d");
  cr_expect_str_eq(peer_header(peer, 0, "X-One"), "1");
  cr_expect_str_eq(peer_header(peer, 0, "X-Empty"), "");
  cr_expect_str_eq(peer_header(peer, 0, "Authorization"),
                   "Bearer test-token-not-real");
  cr_expect_str_eq(peer_header(peer, 0, "User-Agent"), "fob/" FOB_VERSION);
  cr_expect_not_null(strstr(peer_header(peer, 0, "Accept-Encoding"), "gzip"));
  cr_expect_null(peer_header(peer, 0, "Accept"));
  cr_expect_null(peer_header(peer, 0, "Content-Type"));
  cr_expect_null(peer_header(peer, 0, "Expect"));
  cr_expect_null(peer_header(peer, 0, "Cookie"));
  peer_stop(peer);
}

Test(client, lets_given_headers_replace_its_own)
{
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) http = new_http(&(struct http_options){.user_agent = "mine/1"});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO_HEADERS struct headers headers = {0};
  AUTO_GOT struct got one = {0};
  AUTO_GOT struct got two = {0};
  struct http_request request = {.headers = &headers, .raw = true};

  get_from(http, url, &request, &one);
  cr_expect_str_eq(peer_header(peer, 0, "User-Agent"), "mine/1");
  cr_expect_null(peer_header(peer, 0, "Accept-Encoding"), "raw asks for none");

  cr_assert_eq(headers_add(&headers, "User-Agent", "other/2", &err), E_OK);
  cr_assert_eq(headers_add(&headers, "Accept", "a/b", &err), E_OK);
  get_from(http, url, &request, &two);
  cr_expect_str_eq(peer_header(peer, 1, "User-Agent"), "other/2");
  cr_expect_str_eq(peer_header(peer, 1, "Accept"), "a/b");
  peer_stop(peer);
}

struct stream {
  const char *text;
  size_t at;
  int rewinds;
  bool fail;
};

static int64_t stream_read(void *user, void *to, size_t size, struct err *e)
{
  struct stream *s = user;
  size_t left = strlen(s->text) - s->at;
  size_t n = left < size ? left : size;

  if (s->fail) {
    err_set(e, E_OUTPUT, "a test's own failure");
    return -1;
  }
  n = n > 3 ? 3 : n;
  memcpy(to, s->text + s->at, n);
  s->at += n;
  return (int64_t)n;
}

static enum code stream_rewind(void *user, struct err *e)
{
  struct stream *s = user;

  (void)e;
  s->at = 0;
  s->rewinds++;
  return E_OK;
}

Test(client, sends_bodies_of_every_kind)
{
  static const struct {
    const char *method, *bytes, *stream;
    int64_t len;
    const char *length, *coding, *body;
  } rows[] = {
      {"GET", NULL, NULL, 0, NULL, NULL, ""},
      {"DELETE", NULL, NULL, 0, NULL, NULL, ""},
      {"OPTIONS", NULL, NULL, 0, NULL, NULL, ""},
      {"POST", NULL, NULL, 0, "0", NULL, ""},
      {"PUT", NULL, NULL, 0, "0", NULL, ""},
      {"PATCH", NULL, NULL, 0, "0", NULL, ""},
      {"POST", "", NULL, 0, "0", NULL, ""},
      {"POST", "a=b", NULL, 3, "3", NULL, "a=b"},
      {"PUT", "body", NULL, 4, "4", NULL, "body"},
      {"PATCH", "body", NULL, 4, "4", NULL, "body"},
      {"DELETE", "body", NULL, 4, "4", NULL, "body"},
      {"GET", "body", NULL, 4, "4", NULL, "body"},
      {"QUERY", "body", NULL, 4, "4", NULL, "body"},
      {"POST", NULL, "streamed", 8, "8", NULL, "streamed"},
      {"PUT", NULL, "streamed", 8, "8", NULL, "streamed"},
      {"PUT", NULL, "streamed", 5, "5", NULL, "strea"},
      {"PUT", NULL, "", 0, "0", NULL, ""},
      {"POST", NULL, "streamed", -1, NULL, "chunked", "streamed"},
      {"PUT", NULL, "streamed", -1, NULL, "chunked", "streamed"},
  };
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_GOT struct got got = {0};
    struct stream stream = {.text = rows[i].stream};
    struct http_request request = {.method = rows[i].method};
    const char *length, *coding;

    request.body.bytes = rows[i].bytes;
    request.body.len = rows[i].len;
    if (rows[i].stream != NULL) {
      request.body.read = stream_read;
      request.body.user = &stream;
    }
    get_from(http, url, &request, &got);

    cr_assert_eq(got.code, E_OK, "row %zu: %s", i, got.err.message);
    cr_expect_str_eq(peer_entry(peer, i)->method, rows[i].method);
    cr_expect_str_eq(peer_entry(peer, i)->body, rows[i].body, "row %zu: %s", i,
                     peer_entry(peer, i)->body);
    length = peer_header(peer, i, "Content-Length");
    cr_expect((length == NULL) == (rows[i].length == NULL) &&
                  (length == NULL || strcmp(length, rows[i].length) == 0),
              "row %zu: length %s", i, length);
    coding = peer_header(peer, i, "Transfer-Encoding");
    cr_expect((coding == NULL) == (rows[i].coding == NULL), "row %zu", i);
    cr_expect_null(peer_header(peer, i, "Content-Type"), "row %zu", i);
    cr_expect((peer_header(peer, i, "Expect") != NULL) ==
                  (rows[i].stream != NULL && rows[i].len < 0),
              "row %zu", i);
  }
  peer_stop(peer);
}

Test(client, ends_a_stream_that_fails_or_falls_short)
{
  struct raw *raw = RAW({0}, {0});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got shorter = {0};
  AUTO_GOT struct got failing = {0};
  struct stream stream = {.text = "streamed"};
  struct http_request request = {
      .method = "PUT",
      .body = {.len = 20, .read = stream_read, .user = &stream}};

  get_from(http, url, &request, &shorter);
  cr_expect_eq(shorter.code, E_LOCAL);
  cr_expect_not_null(strstr(shorter.err.message, "8 of 20"), "%s",
                     shorter.err.message);
  stream.fail = true;
  get_from(http, url, &request, &failing);
  cr_expect_eq(failing.code, E_OUTPUT);
  cr_expect_str_eq(failing.err.message, "a test's own failure");
  raw_free(raw);
}

Test(client, refuses_what_is_no_method)
{
  static const char *const methods[] = {"", "GET /", "G\r\nX: y", "G:"};
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:1/");

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_GOT struct got got = {0};

    get_from(http, url, &(struct http_request){.method = methods[i]}, &got);
    cr_expect_eq(got.code, E_USAGE, "'%s'", methods[i]);
    cr_expect_not(got.answer.sent);
  }
}

Test(client, never_speaks_plain_http_elsewhere_whatever_it_is_handed)
{
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://localhost:1/");
  AUTO(url) other = test_url("https://localhost:1/");
  AUTO_GOT struct got got = {0};
  AUTO_GOT struct got mixed = {0};

  mem_free(url->host);
  url->host = mem_str("h.example");
  get_from(http, url, NULL, &got);
  cr_expect_eq(got.code, E_PLAIN_HTTP);

  /* A text that does not say what the parts say goes nowhere either. */
  mem_free(other->host);
  other->host = mem_str("h.example");
  get_from(http, other, NULL, &mixed);
  cr_expect_eq(mixed.code, E_LOCAL);
  cr_expect_not(mixed.answer.sent);
}

Test(client, leaves_the_framing_to_the_body)
{
  static const char *const names[] = {"Content-Length", "transfer-encoding"};
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:1/");

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    AUTO_HEADERS struct headers headers = {0};
    AUTO_GOT struct got got = {0};

    cr_assert_eq(headers_add(&headers, names[i], "5", &err), E_OK);
    get_from(http, url, &(struct http_request){.headers = &headers}, &got);
    cr_expect_eq(got.code, E_USAGE, "%s", names[i]);
  }
}

Test(client, keeps_no_cookies)
{
  static const struct peer_reply replies[] = {
      {NULL, 200, "Set-Cookie: canary=1; Path=/", "x", 0}};
  struct peer *peer = peer_start(&(struct peer_options){.replies = replies});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));

  for (size_t i = 0; i < 2; i++) {
    AUTO_GOT struct got got = {0};

    get_from(http, url, NULL, &got);
    cr_assert_eq(got.code, E_OK);
    cr_expect_null(peer_header(peer, i, "Cookie"));
  }
  peer_stop(peer);
}

Test(client, does_not_read_netrc)
{
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) http = NULL;
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO_GOT struct got got = {0};

  scratch_write(scratch_path(".netrc"),
                "machine 127.0.0.1 login ann password not-a-real-one\n", 0600);
  setenv("HOME", scratch_dir(), 1);
  http = new_http(NULL);
  get_from(http, url, NULL, &got);
  cr_assert_eq(got.code, E_OK);
  cr_expect_null(peer_header(peer, 0, "Authorization"));
  peer_stop(peer);
}

/* --- what comes back
 * ------------------------------------------------------------ */

Test(client, gives_the_answer_whole)
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
  cr_expect_geq(got.answer.timing.total, 0);
  cr_expect_eq(got.answer.timing.tls, -1);
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

Test(client, tells_the_final_head_once_and_before_the_body)
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

Test(client, ends_with_the_sinks_code)
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

Test(client, reads_heads_that_are_not_quite_right)
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

Test(client, names_what_is_wrong_with_an_answer)
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

Test(client, undoes_compression_unless_the_raw_bytes_are_wanted)
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

Test(client, does_not_wait_for_the_body_of_a_head_request)
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

/* --- connections
 * --------------------------------------------------------------- */

Test(client, shares_connections_within_an_identity_alone)
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
  }
  peer_stop(peer);
}

/* The first connection answers once, takes a second request, and dies. */
#define DIES                                                                   \
  {.bytes = RAW_OK}, {.bytes = "", .close = true},                             \
  {                                                                            \
    .bytes = RAW_OK                                                            \
  }

Test(client, repeats_a_safe_request_on_a_connection_that_had_died)
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

Test(client, repeats_a_streamed_body_only_where_it_can_start_again)
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

Test(client, sends_an_unsafe_request_once_whatever_happens)
{
  static const char *const methods[] = {"POST", "PATCH", "PUT", "DELETE",
                                        "QUERY"};

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

Test(client, says_that_nothing_was_sent_when_nothing_listens)
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

Test(client, resolves_localhost_by_itself)
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

/* --- progress
 * -------------------------------------------------------------------- */

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

Test(client, reports_progress_now_and_then)
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

Test(client, takes_a_large_body_in_large_pieces)
{
  static const struct peer_reply replies[] = {
      {NULL, 200, NULL, "0123456789abcdef", 1024 * 1024}};
  struct peer *peer = peer_start(&(struct peer_options){.replies = replies});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO_GOT struct got got = {0};
  struct watcher w = {0};
  struct http_request request = watched(&w);

  request.bulk = true;
  get_from(http, url, &request, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(w.bytes, 16 * 1024 * 1024);
  peer_stop(peer);
}

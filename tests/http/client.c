#include "http/client.h"

#include "base/mem.h"
#include "http/ask.h"
#include "http/peer.h"
#include "http/raw.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct err err;

TestSuite(client, .init = clean_environment, .timeout = 60);

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

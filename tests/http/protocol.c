#include "http/client.h"

#include "base/mem.h"
#include "http/certs.h"
#include "http/ask.h"
#include "http/peer.h"
#include "http/raw.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err err;

TestSuite(protocol, .init = clean_environment, .timeout = 60);

struct result {
  struct http_answer answer;
  struct buf body;
  enum code code;
};

static void result_clear(struct result *r)
{
  http_answer_clear(&r->answer);
  buf_clear(&r->body);
}
#define AUTO_RESULT __attribute__((cleanup(result_clear))) struct result

static void post(int port, const char *form, struct result *r)
{
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/token", port);
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  AUTO_HEADERS struct headers headers = {0};
  AUTO(secret) secret = NULL;

  if (form != NULL)
    buf_puts(&text, form);
  cr_assert_eq(secret_new(&secret, "Basic bm90OnJlYWw=", 18, &err), E_OK);
  cr_assert_eq(headers_add_secret(&headers, "Authorization", secret, &err),
               E_OK);
  buf_init(&r->body, 16);
  r->code = http_protocol(http, url, &headers, form != NULL ? &text : NULL,
                          &r->answer, &r->body, &err);
}

Test(protocol, posts_a_form_and_asks_for_json)
{
  static const struct peer_reply replies[] = {
      {NULL, 400, "Content-Type: application/json",
       "{\"error\":\"invalid_grant\"}", 0}};
  struct peer *peer = peer_start(&(struct peer_options){.replies = replies});
  AUTO_RESULT r = {0};

  post(peer_port(peer), "grant_type=x&code=y", &r);
  cr_assert_eq(r.code, E_OK, "%s", err.message);
  cr_expect_eq(r.answer.status, 400);
  cr_expect_str_eq(buf_text(&r.body), "{\"error\":\"invalid_grant\"}");
  cr_expect_str_eq(peer_entry(peer, 0)->method, "POST");
  cr_expect_str_eq(peer_entry(peer, 0)->body, "grant_type=x&code=y");
  cr_expect_str_eq(peer_header(peer, 0, "Accept"), "application/json");
  cr_expect_str_eq(peer_header(peer, 0, "Content-Type"),
                   "application/x-www-form-urlencoded");
  cr_expect_str_eq(peer_header(peer, 0, "Authorization"), "Basic bm90OnJlYWw=");
  peer_stop(peer);
}

Test(protocol, gets_without_a_form)
{
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO_RESULT r = {0};

  post(peer_port(peer), NULL, &r);
  cr_assert_eq(r.code, E_OK);
  cr_expect_str_eq(peer_entry(peer, 0)->method, "GET");
  cr_expect_null(peer_header(peer, 0, "Content-Type"));
  peer_stop(peer);
}

Test(protocol, uses_a_connection_once)
{
  struct peer *peer = peer_start(&(struct peer_options){0});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d/token", peer_port(peer));
  AUTO_BUF struct buf form = BUF_INIT(BUF_LINE);

  buf_puts(&form, "a=b");
  for (int i = 0; i < 3; i++) {
    AUTO_RESULT r = {0};

    cr_assert_eq(
        http_protocol(http, url, NULL, &form, &r.answer, &r.body, &err), E_OK);
    cr_expect_eq(peer_entry(peer, (size_t)i)->connection, i);
  }
  peer_stop(peer);
}

Test(protocol, follows_no_redirect)
{
  static const int statuses[] = {301, 302, 303, 307, 308};
  struct peer *elsewhere = peer_start(&(struct peer_options){0});
  AUTO_STR char *location =
      mem_printf("Location: http://127.0.0.1:%d/", peer_port(elsewhere));

  for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
    for (int same = 0; same <= 1; same++) {
      struct peer_reply reply = {NULL, statuses[i],
                                 same ? "Location: /other" : location, "", 0};
      struct peer *peer = peer_start(&(struct peer_options){.replies = &reply});
      AUTO_RESULT r = {0};

      post(peer_port(peer), "a=b", &r);
      cr_expect_eq(r.code, E_ANSWER, "%d", statuses[i]);
      cr_expect_eq(peer_count(peer), 1);
      peer_stop(peer);
    }

  cr_expect_eq(peer_count(elsewhere), 0);
  peer_stop(elsewhere);
}

Test(protocol, bounds_the_answer)
{
  static const struct {
    size_t repeat;
    enum code code;
  } rows[] = {{65536, E_OK}, {65537, E_ANSWER}, {10u << 20, E_ANSWER}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct peer_reply reply = {NULL, 200, NULL, "0123456789abcdef",
                               rows[i].repeat};
    struct peer *peer = peer_start(&(struct peer_options){.replies = &reply});
    AUTO_RESULT r = {0};

    post(peer_port(peer), "a=b", &r);
    cr_expect_eq(r.code, rows[i].code, "row %zu: %d", i, r.code);
    cr_expect_leq(r.body.len, BUF_DOCUMENT);
    peer_stop(peer);
  }
}

/* 64 MiB of zeros are 64 KiB of gzip. */
Test(protocol, counts_the_answer_decompressed)
{
  static char bytes[256 * 1024];
  FILE *zip = popen("head -c 67108864 /dev/zero | gzip -c", "r");
  char *zipped = bytes + 200;
  struct raw_reply reply = {.bytes = bytes};
  AUTO_RESULT r = {0};
  struct raw *raw;
  size_t len;
  int head;

  cr_assert_not_null(zip);
  len = fread(zipped, 1, sizeof(bytes) - 200, zip);
  cr_assert_eq(pclose(zip), 0);
  cr_assert(len > 1000 && len < 200 * 1024, "%zu", len);
  head = sprintf(bytes,
                 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                 "Content-Length: %zu\r\n\r\n",
                 len);
  memmove(bytes + head, zipped, len);
  reply.len = (size_t)head + len;
  raw = raw_start(&reply, 1);

  post(raw_port(raw), "a=b", &r);
  cr_expect_eq(r.code, E_ANSWER, "%d %s", r.code, err.message);
  cr_expect_not_null(strstr(err.message, "longer than 1024 KiB"), "%s",
                     err.message);
  raw_free(raw);
}

/* --- documents ---------------------------------------------------------- */

static void document(int port, const char *path, struct result *r)
{
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("http://127.0.0.1:%d%s", port, path);

  r->code = http_document(http, url, &r->answer, &r->body, &err);
}

Test(protocol, follows_three_redirects_to_a_document_within_the_origin)
{
  static const struct peer_reply replies[] = {
      {"/0", 200, NULL, "found", 0},      {"/1", 302, "Location: /0", "", 0},
      {"/2", 301, "Location: 1", "", 0},  {"/3", 307, "Location: ./2", "", 0},
      {"/4", 308, "Location: /3", "", 0}, {NULL, 404, NULL, "none", 0}};
  struct peer *peer = peer_start(&(struct peer_options){.replies = replies});
  AUTO_RESULT three = {0};
  AUTO_RESULT four = {0};
  AUTO_RESULT none = {0};

  document(peer_port(peer), "/3", &three);
  cr_expect_eq(three.code, E_OK, "%s", err.message);
  cr_expect_str_eq(buf_text(&three.body), "found");
  cr_expect_str_eq(peer_header(peer, 3, "Accept"), "application/json");
  document(peer_port(peer), "/4", &four);
  cr_expect_eq(four.code, E_ANSWER);
  document(peer_port(peer), "/x", &none);
  cr_expect_eq(none.code, E_OK);
  cr_expect_eq(none.answer.status, 404);
  peer_stop(peer);
}

Test(protocol, looks_for_no_document_at_another_origin)
{
  struct peer *elsewhere = peer_start(&(struct peer_options){0});
  static const char *const targets[] = {"http://127.0.0.1", "http://localhost",
                                        "//127.0.0.2", "https://127.0.0.1",
                                        "http://h.example"};

  for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
    AUTO_STR char *location =
        mem_printf("Location: %s:%d/", targets[i], peer_port(elsewhere));
    struct peer_reply reply = {NULL, 302, location, "", 0};
    struct peer *peer;
    AUTO_RESULT r = {0};

    peer = peer_start(&(struct peer_options){.replies = &reply});
    document(peer_port(peer), "/", &r);
    cr_expect_eq(r.code, i < 4 ? E_ANSWER : E_PLAIN_HTTP, "%s: %d", location,
                 r.code);
    peer_stop(peer);
  }

  cr_expect_eq(peer_count(elsewhere), 0);
  peer_stop(elsewhere);
}

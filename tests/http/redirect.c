#include "http/redirect.h"

#include "base/mem.h"
#include "http/ask.h"
#include "http/journey.h"
#include "http/peer.h"
#include "http/raw.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err err;

TestSuite(redirect, .init = clean_environment, .timeout = 120);

static enum code keep(void *user, const void *bytes, size_t len, struct err *e)
{
  buf_put(user, bytes, len);
  return buf_check(user, e);
}

/* redirect_send into got. */
static void send_to(struct journey *plan, const struct url *url,
                    struct http_request *request, struct got *got)
{
  request->url = url;
  if (request->method == NULL)
    request->method = "GET";
  if (request->sink.body == NULL && request->sink.head == NULL)
    request->sink = (struct http_sink){.body = keep, .user = &got->body};
  buf_init(&got->body, BUF_BODY);
  err_clear(&got->err);
  got->code = journey_send(plan, request, &got->answer, &got->err);
}

static const struct peer_reply hello[] = {{.path = NULL, .status = 200}};

static struct peer *plain_peer(const char *address,
                               const struct peer_reply *replies)
{
  return peer_start(
      &(struct peer_options){.address = address, .replies = replies});
}

static void add_token(struct headers *headers)
{
  AUTO(secret) secret = NULL;

  cr_assert_eq(secret_new(&secret, "Bearer canary-token-not-real", 28, &err),
               E_OK);
  cr_assert_eq(headers_add_secret(headers, "Authorization", secret, &err),
               E_OK);
}

Test(redirect, does_not_give_the_credential_back_on_the_way_home)
{
  static struct peer_reply there[] = {{NULL, 302, NULL, "", 0}};
  static struct peer_reply here[] = {{"/start", 302, NULL, "", 0},
                                     {NULL, 200, NULL, "home", 0}};
  struct peer *b = plain_peer(NULL, there);
  struct peer *a = plain_peer(NULL, here);
  AUTO_STR char *to_b =
      mem_printf("Location: http://127.0.0.1:%d/", peer_port(b));
  AUTO_STR char *to_a =
      mem_printf("Location: http://127.0.0.1:%d/home", peer_port(a));
  AUTO_JOURNEY plan = {.http = new_http(NULL)};
  AUTO(url) url = test_url("http://127.0.0.1:%d/start", peer_port(a));
  AUTO_STR char *home = mem_printf("http://127.0.0.1:%d/home", peer_port(a));
  AUTO_HEADERS struct headers headers = {0};
  AUTO_GOT struct got got = {0};
  struct http_request request = {.headers = &headers};

  here[0].headers = to_b;
  there[0].headers = to_a;
  add_token(&headers);
  send_to(&plan, url, &request, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_not_null(peer_header(a, 0, "Authorization"));
  cr_expect_null(peer_header(b, 0, "Authorization"));
  cr_expect_null(peer_header(a, 1, "Authorization"));
  cr_expect_str_eq(buf_text(&got.body), "home");
  cr_expect_eq(plan.way.hops, 2);
  cr_expect(plan.way.left_origin);
  cr_expect_str_eq(plan.way.final_url->text, home);

  /* The plan serves again, with the credential where it belongs. */
  AUTO_GOT struct got again = {0};
  send_to(&plan, plan.way.final_url, &request, &again);
  cr_expect_eq(again.code, E_OK);
  cr_expect_not(plan.way.left_origin);
  cr_expect_not_null(peer_header(a, 2, "Authorization"));
  peer_stop(a);
  peer_stop(b);
}

Test(redirect, follows_ten_and_not_eleven)
{
  static struct peer_reply replies[13];
  static char paths[12][16], locations[12][32];
  struct peer *peer;
  AUTO_JOURNEY plan = {.http = new_http(NULL)};
  AUTO_GOT struct got ten = {0};
  AUTO_GOT struct got eleven = {0};
  struct http_request one = {0};
  struct http_request two = {0};

  for (int i = 0; i < 12; i++) {
    (void)snprintf(paths[i], sizeof(paths[i]), "/%d", i);
    (void)snprintf(locations[i], sizeof(locations[i]), "Location: /%d", i - 1);
    replies[i] = (struct peer_reply){paths[i], i == 0 ? 200 : 302,
                                     i == 0 ? NULL : locations[i], "x", 0};
  }
  peer = plain_peer(NULL, replies);
  AUTO(url) from_ten = test_url("http://127.0.0.1:%d/10", peer_port(peer));
  AUTO(url) from_eleven = test_url("http://127.0.0.1:%d/11", peer_port(peer));

  send_to(&plan, from_ten, &one, &ten);
  cr_expect_eq(ten.code, E_OK, "%s", ten.err.message);
  cr_expect_eq(plan.way.hops, 10);
  cr_expect_eq(peer_count(peer), 11);
  send_to(&plan, from_eleven, &two, &eleven);
  cr_expect_eq(eleven.code, E_REDIRECT);
  cr_expect_eq(peer_count(peer), 22, "the twelfth request is not sent");
  peer_stop(peer);
}

struct seen {
  int heads, status;
  size_t bytes;
};

static enum code see_head(void *user, const struct http_answer *answer,
                          struct err *e)
{
  struct seen *seen = user;

  (void)e;
  seen->heads++;
  seen->status = answer->status;
  return E_OK;
}

static enum code see_body(void *user, const void *bytes, size_t len,
                          struct err *e)
{
  (void)bytes;
  (void)e;
  ((struct seen *)user)->bytes += len;
  return E_OK;
}

Test(redirect, takes_other_answers_of_that_class_as_answers)
{
  static const struct peer_reply replies[] = {
      {"/300", 300, "Location: /x", "abc", 0},
      {"/304", 304, "Location: /x", "", 0},
      {"/305", 305, "Location: /x", "abc", 0},
      {"/302", 302, NULL, "abc", 0},
      {"/307", 307, "X-Location: /x", "abc", 0},
      {NULL, 500, NULL, "no", 0}};
  static const int all[] = {300, 304, 305, 302, 307};
  struct peer *peer = plain_peer(NULL, replies);

  for (size_t i = 0; i < ARRAY_LEN(all); i++) {
    AUTO_JOURNEY plan = {.http = new_http(NULL)};
    AUTO(url) url = test_url("http://127.0.0.1:%d/%d", peer_port(peer), all[i]);
    AUTO_GOT struct got got = {0};
    struct seen seen = {0};
    struct http_request request = {.sink = {see_head, see_body, &seen}};

    send_to(&plan, url, &request, &got);
    cr_expect_eq(got.code, E_OK, "%d: %s", all[i], got.err.message);
    cr_expect_eq(got.answer.status, all[i]);
    cr_expect_eq(seen.heads, 1);
    cr_expect_eq(seen.bytes, all[i] == 304 ? 0 : 3);
    cr_expect_eq(plan.way.hops, 0);
  }
  cr_expect_eq(peer_count(peer), ARRAY_LEN(all));
  peer_stop(peer);
}

Test(redirect, tells_the_caller_of_the_last_answer_alone)
{
  static const struct peer_reply replies[] = {
      {"/short", 302, "Location: /end", "abc", 0}, {NULL, 201, NULL, "end", 0}};
  struct peer *peer = plain_peer(NULL, replies);
  AUTO_JOURNEY plan = {.http = new_http(NULL)};
  AUTO(url) url = test_url("http://127.0.0.1:%d/short", peer_port(peer));
  AUTO_GOT struct got got = {0};
  struct seen seen = {0};
  struct http_request request = {.sink = {see_head, see_body, &seen}};

  send_to(&plan, url, &request, &got);
  cr_expect_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(seen.heads, 1);
  cr_expect_eq(seen.status, 201);
  cr_expect_eq(seen.bytes, 3);
  cr_expect_eq(got.answer.status, 201);
  peer_stop(peer);
}

/* 1 GiB is promised, 128 KiB come, then silence. */
Test(redirect, does_not_wait_for_the_end_of_a_redirects_long_body)
{
  static char bytes[128 * 1024 + 100];
  int head = sprintf(bytes, "HTTP/1.1 302 Found\r\nLocation: /end\r\n"
                            "Content-Length: 1073741824\r\n\r\n");
  AUTO_JOURNEY plan = {
      .http = new_http(&(struct http_options){.stall_timeout_ms = 2000})};
  AUTO_GOT struct got got = {0};
  struct http_request request = {0};
  struct raw *raw;

  memset(bytes + head, 'x', 128 * 1024);
  raw = RAW({.bytes = bytes}, {.bytes = RAW_OK});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  send_to(&plan, url, &request, &got);
  cr_expect_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_str_eq(buf_text(&got.body), "hello");
  cr_expect_eq(raw_connections(raw), 2);
  raw_free(raw);
}

Test(redirect, refuses_links_that_lead_nowhere)
{
  static const struct {
    const char *location;
    enum code code;
  } rows[] = {
      {"Location: http://h.example/", E_REDIRECT_REFUSED},
      {"Location: ftp://127.0.0.1/", E_ANSWER},
      {"Location: file:///etc/passwd", E_ANSWER},
      {"Location: https://ann:pw-not-real@127.0.0.1/", E_ANSWER},
      {"Location: https://", E_ANSWER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct peer_reply reply = {NULL, 302, rows[i].location, "", 0};
    struct peer *peer = plain_peer(NULL, &reply);
    AUTO_JOURNEY plan = {.http = new_http(NULL)};
    AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
    AUTO_GOT struct got got = {0};
    struct http_request request = {0};

    send_to(&plan, url, &request, &got);
    cr_expect_eq(got.code, rows[i].code, "%s: %d", rows[i].location, got.code);
    cr_expect_eq(got.err.code, rows[i].code);
    cr_expect_null(strstr(got.err.message, "not-real"));
    cr_expect_eq(got.answer.status, 302, "the answer is still there");
    cr_expect_eq(peer_count(peer), 1);
    peer_stop(peer);
  }
}

Test(redirect, remembers_that_something_was_sent)
{
  int port = free_port();
  AUTO_STR char *location = mem_printf("Location: http://127.0.0.1:%d/", port);
  struct peer_reply reply = {NULL, 303, location, "", 0};
  struct peer *peer = plain_peer(NULL, &reply);
  AUTO_JOURNEY plan = {.http = new_http(NULL)};
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO_GOT struct got got = {0};
  struct http_request request = {.method = "POST"};

  send_to(&plan, url, &request, &got);
  cr_expect_eq(got.code, E_CONNECT);
  cr_expect(got.answer.sent, "the first server has the POST");
  peer_stop(peer);
}

/* --- bodies that are streams -------------------------------------------- */

Test(redirect, sends_a_stream_again_only_when_it_can_start_again)
{
  static const struct peer_reply replies[] = {
      {"/from", 307, "Location: /to", "", 0}, {NULL, 200, NULL, "ok", 0}};
  struct peer *peer = plain_peer(NULL, replies);
  AUTO(url) url = test_url("http://127.0.0.1:%d/from", peer_port(peer));

  for (int can = 0; can <= 1; can++) {
    AUTO_JOURNEY plan = {.http = new_http(NULL)};
    AUTO_GOT struct got got = {0};
    struct stream stream = {.text = "streamed"};
    struct http_request request = {
        .method = "PUT",
        .body = {.len = 8, .read = stream_read, .user = &stream}};

    request.body.rewind = can ? stream_rewind : NULL;
    send_to(&plan, url, &request, &got);
    cr_expect_eq(got.code, can ? E_OK : E_REDIRECT, "%s", got.err.message);
    cr_expect_eq(stream.rewinds, can);
    cr_expect_eq(peer_count(peer), can ? 3 : 1);
  }
  cr_expect_str_eq(peer_entry(peer, 2)->body, "streamed");
  peer_stop(peer);
}

Test(redirect, meets_no_proxy_on_the_way_from_loopback_to_loopback)
{
  struct raw *proxy = RAW({.bytes = RAW_OK, .close = true});
  struct peer *b = plain_peer("127.0.0.2", hello);
  AUTO_STR char *option = mem_printf("http://127.0.0.1:%d", raw_port(proxy));
  AUTO_STR char *location =
      mem_printf("Location: http://127.0.0.2:%d/", peer_port(b));
  struct peer_reply reply = {NULL, 302, location, "", 0};
  struct peer *a = plain_peer(NULL, &reply);
  AUTO(url) url = test_url("http://localhost:%d/", peer_port(a));
  AUTO_GOT struct got got = {0};
  struct http_request request = {0};

  setenv("http_proxy", option, 1);
  setenv("all_proxy", option, 1);
  AUTO_JOURNEY plan = {.http = new_http(NULL)};
  send_to(&plan, url, &request, &got);
  cr_expect_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(peer_count(b), 1);
  cr_expect_eq(raw_connections(proxy), 0);
  raw_free(proxy);
  peer_stop(a);
  peer_stop(b);
}

/* What -v shows, and what it must not. */
#include "http/redact.h"

#include "base/log.h"
#include "base/mem.h"
#include "http/certs.h"
#include "http/client.h"
#include "http/ask.h"
#include "http/peer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct err err;

TestSuite(verbose, .init = clean_environment, .timeout = 60);

static int saved = -1;
static int capture = -1;

static void capture_start(void)
{
  saved = dup(2);
  capture = memfd_create("stderr", MFD_CLOEXEC);
  cr_assert(saved >= 0 && capture >= 0);
  dup2(capture, 2);
}

static char *capture_end(void)
{
  static char text[65536];
  ssize_t n;

  fflush(stderr);
  dup2(saved, 2);
  n = pread(capture, text, sizeof(text) - 1, 0);
  cr_assert_geq(n, 0);
  text[n] = '\0';
  close(capture);
  close(saved);
  return text;
}

static bool has_line(const char *text, const char *line)
{
  size_t len = strlen(line);

  for (const char *p = text; (p = strstr(p, line)) != NULL; p++)
    if ((p == text || p[-1] == '\n') && p[len] == '\n')
      return true;
  return false;
}

static void add_secret(struct headers *headers, const char *name,
                       const char *value)
{
  AUTO(secret) secret = NULL;

  cr_assert_eq(secret_new(&secret, value, strlen(value), &err), E_OK);
  cr_assert_eq(headers_add_secret(headers, name, secret, &err), E_OK);
}

/* The same exchange at a level of the log. */
static char *exchange_at(enum log_level level, struct peer *peer)
{
  AUTO(http) http = new_http(NULL);
  AUTO(url)
  url = test_url("http://127.0.0.1:%d/p?state=open&access_token=canary-1",
                 peer_port(peer));
  AUTO_HEADERS struct headers headers = {0};
  AUTO_GOT struct got got = {0};
  struct http_request request = {
      .method = "POST",
      .headers = &headers,
      .body = {.bytes = "client_secret=canary-2", .len = 22}};
  char *text;

  cr_assert_eq(headers_add(&headers, "Accept", "a/b", &err), E_OK);
  cr_assert_eq(headers_add(&headers, "X-Api-Key", "canary-3", &err), E_OK);
  add_secret(&headers, "Authorization", "Bearer canary-4-test-token-not-real");
  add_secret(&headers, "X-Odd", "canary-5 and more");
  log_setup(level);
  capture_start();
  get_from(http, url, &request, &got);
  text = capture_end();
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  return text;
}

static const struct peer_reply telling[] = {
    {NULL, 302,
     "Location: https://x.example/cb?code=canary-6&state=canary-7&ok=1#token="
     "canary-8\nSet-Cookie: canary-9=1\nX-Subject-Token: canary-10\nX-Plain: "
     "yes\033[2J",
     "canary-11", 0}};

Test(verbose, shows_both_heads_without_a_secret)
{
  struct peer *peer = peer_start(&(struct peer_options){.replies = telling});
  const char *text = exchange_at(LOG_TRACE, peer);
  AUTO_STR char *first =
      mem_printf("> POST /p?state=open&access_token=[hidden] HTTP/1.1  "
                 "(http://127.0.0.1:%d, 127.0.0.1:%d)",
                 peer_port(peer), peer_port(peer));

  cr_expect(has_line(text, first), "%s", text);
  cr_expect(has_line(text, "> accept: a/b"), "%s", text);
  cr_expect(has_line(text, "> x-api-key: [hidden, 8 bytes]"), "%s", text);
  cr_expect(has_line(text, "> authorization: Bearer [hidden, 28 bytes]"), "%s",
            text);
  cr_expect(has_line(text, "> x-odd: [hidden, 17 bytes]"), "%s", text);
  cr_expect_not_null(strstr(text, "< HTTP/1.1 302 Found  ("), "%s", text);
  cr_expect(has_line(text, "< location: https://x.example/cb?code=[hidden]&"
                           "state=[hidden]&ok=1#token=[hidden]"),
            "%s", text);
  cr_expect(has_line(text, "< set-cookie: [hidden, 10 bytes]"), "%s", text);
  cr_expect(has_line(text, "< x-subject-token: [hidden, 9 bytes]"), "%s", text);
  cr_expect_null(strstr(text, "canary"), "%s", text);
  cr_expect_null(strchr(text, '\033'));
  peer_stop(peer);
}

Test(verbose, is_silent_unless_it_is_asked_for)
{
  struct peer *peer = peer_start(&(struct peer_options){.replies = telling});

  cr_expect_str_eq(exchange_at(LOG_NORMAL, peer), "");
  peer_stop(peer);
}

Test(verbose, shows_what_was_agreed_about_the_connection)
{
  AUTO_STR char *ca = mem_str(certs_ca());
  struct peer *peer = peer_start(&(struct peer_options){
      .cert = certs_cert(CERT_GOOD), .key = certs_key(CERT_GOOD)});
  AUTO(http) http = new_http(&(struct http_options){.ca = ca});
  AUTO(url) url = test_url("https://localhost:%d/", peer_port(peer));
  AUTO_STR char *line = mem_printf(
      "> GET / HTTP/1.1  (https://localhost:%d, 127.0.0.1:%d, TLS 1.3)\n",
      peer_port(peer), peer_port(peer));
  AUTO_GOT struct got one = {0};
  AUTO_GOT struct got two = {0};
  const char *text, *again;

  log_setup(LOG_VERBOSE);
  capture_start();
  get_from(http, url, NULL, &one);
  get_from(http, url, NULL, &two);
  text = capture_end();
  cr_assert_eq(two.code, E_OK, "%s", two.err.message);
  again = strstr(text, line);
  cr_assert_not_null(again, "%s", text);
  cr_expect_not_null(strstr(again + 1, line), "on a reused one too: %s", text);
  peer_stop(peer);
}

/* --- hiding by name ----------------------------------------------------- */

Test(verbose, hides_parameters_that_are_named_like_secrets)
{
  static const struct {
    const char *url, *shown;
  } rows[] = {
      {"https://h/a", "https://h/a"},
      {"https://h/a?page=2&state=open", "https://h/a?page=2&state=open"},
      {"?code=x", "?code=[hidden]"},
      {"?CODE=x&b", "?CODE=[hidden]&b"},
      {"?refresh_token=x;y=z", "?refresh_token=[hidden];y=z"},
      {"?client_secret=x", "?client_secret=[hidden]"},
      {"?X-Amz-Signature=x&X-Amz-Date=y",
       "?X-Amz-Signature=[hidden]&X-Amz-Date=y"},
      {"#access_token=x&expires_in=1", "#access_token=[hidden]&expires_in=1"},
      {"?a=b#code=c?token=d", "?a=b#code=[hidden]?token=[hidden]"},
      {"?code", "?code"},
      {"?encode=x", "?encode=x"},
      {"?code=", "?code=[hidden]"},
      {"?api_key=k&sig=s&device_code=d",
       "?api_key=[hidden]&sig=[hidden]&device_code=[hidden]"},
      {"", ""},
      {"?", "?"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);

    redact_url(&out, rows[i].url);
    cr_expect_str_eq(buf_text(&out), rows[i].shown, "%s: %s", rows[i].url,
                     buf_text(&out));
  }
}

Test(verbose, hides_values_of_headers_that_are_named_like_secrets)
{
  static const struct {
    const char *name, *value, *shown;
  } rows[] = {
      {"Date", "x", "x"},
      {"set-cookie", "12345", "[hidden, 5 bytes]"},
      {"Authorization", "Basic abc", "Basic [hidden, 3 bytes]"},
      {"Authorization", "correct horse", "[hidden, 13 bytes]"},
      {"Proxy-Authorization", "bearer abc", "bearer [hidden, 3 bytes]"},
      {"X-Auth-Token", "Bearer abc", "[hidden, 10 bytes]"},
      {"Private-Token", "abc", "[hidden, 3 bytes]"},
      {"X-Client-Secret", "abc", "[hidden, 3 bytes]"},
      {"GitHub-Authentication-Token-Expiration", "2027", "2027"},
      {"Link", "<https://h/?page=2&access_token=t>; rel=next",
       "<https://h/?page=2&access_token=[hidden]; rel=next"},
      {"Content-Location", "/?state=s", "/?state=[hidden]"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);

    redact_header(&out, rows[i].name, rows[i].value);
    cr_expect_str_eq(buf_text(&out), rows[i].shown, "%s: %s", rows[i].name,
                     buf_text(&out));
  }
}

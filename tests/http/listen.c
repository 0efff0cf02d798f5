#include "http/listen.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "http/browser.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct err err;

TestSuite(listen, .timeout = 20);

static struct listener *listening(const char *uri)
{
  struct listener *listener = NULL;

  cr_assert_eq(listener_new(&listener, uri, &err), E_OK, "%s", err.message);
  return listener;
}

#define HOST "Host: 127.0.0.1:%d\r\n"
#define CALLBACK "GET /callback?code=not-real&state=x HTTP/1.1\r\n" HOST "\r\n"

/* Waits for the hit, whose query must be as expected, and answers. */
static void take_hit(struct listener *l, const char *expected)
{
  enum listener_event event;
  AUTO_STR char *query = NULL;

  cr_assert_eq(listener_wait(l, -1, 20000, &event, &query, &err), E_OK, "%s",
               err.message);
  cr_assert_eq(event, LISTENER_HIT);
  cr_expect_str_eq(query, expected);
  listener_answer(l, true, "Logged in", "This tab may be closed.");
}

Test(listen, sends_the_browser_on_instead)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static struct browser b = {.requests = {CALLBACK}};
  const char *r = b.replies[0];
  enum listener_event event;
  AUTO_STR char *query = NULL;

  browser_start(&b, listener_port(l));
  cr_assert_eq(listener_wait(l, -1, 20000, &event, &query, &err), E_OK);
  cr_assert_eq(event, LISTENER_HIT);
  listener_send_on(l, "https://i.example.test/end?x=y");
  listener_answer(l, true, "Too", "late"); /* it has its answer */
  browser_end(&b);
  cr_expect_eq(status_of(r), 303);
  cr_expect_not_null(strstr(r, "Location: https://i.example.test/end?x=y\r\n"),
                     "%s", r);
  cr_expect_not_null(strstr(r, "Referrer-Policy: no-referrer\r\n"), "%s", r);
  cr_expect_null(strstr(r, "Too"), "%s", r);
}

Test(listen, takes_the_callback_and_shows_the_page)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static struct browser b = {.requests = {CALLBACK}};
  const char *r = b.replies[0];

  browser_start(&b, listener_port(l));
  take_hit(l, "code=not-real&state=x");
  browser_end(&b);
  cr_expect_eq(status_of(r), 200);
  cr_expect_not_null(strstr(r, "<h1>Logged in</h1>"), "%s", r);
  cr_expect_not_null(strstr(r, "Content-Type: text/html; charset=utf-8\r\n"));
  cr_expect_not_null(
      strstr(r, "Content-Security-Policy: default-src 'none'; style-src "));
  cr_expect_not_null(strstr(r, "Cache-Control: no-store\r\n"));
  cr_expect_not_null(strstr(r, "Referrer-Policy: no-referrer\r\n"));
  cr_expect_not_null(strstr(r, "X-Content-Type-Options: nosniff\r\n"));
  cr_expect_null(strstr(r, "not-real"), "nothing of the query is in the page");
}

Test(listen, shows_failures_too)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static struct browser b = {.requests = {CALLBACK}};
  enum listener_event event;
  AUTO_STR char *query = NULL;

  browser_start(&b, listener_port(l));
  cr_assert_eq(listener_wait(l, -1, 20000, &event, &query, &err), E_OK);
  listener_answer(l, false, "Not logged in", "<script>alert(1)</script>");
  browser_end(&b);
  cr_expect_eq(status_of(b.replies[0]), 400);
  cr_expect_null(strstr(b.replies[0], "<script"));
  cr_expect_not_null(strstr(b.replies[0], "&lt;script&gt;"));
}

/* Everything that a browser, a scanner or another page sends besides. */
Test(listen, turns_down_all_that_is_not_the_callback)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static char long_head[16384];
  static struct browser b = {
      .requests = {
          "GET /favicon.ico HTTP/1.1\r\n" HOST "\r\n",
          "GET / HTTP/1.1\r\n" HOST "\r\n",
          "GET /callback HTTP/1.1\r\n" HOST "\r\n",
          "GET /callback? HTTP/1.1\r\n" HOST "\r\n",
          "GET /callbac?code=x HTTP/1.1\r\n" HOST "\r\n",
          "GET /?code=x HTTP/1.1\r\n" HOST "\r\n",
          "GET /callback/?code=x HTTP/1.1\r\n" HOST "\r\n",
          "GET /callbac%6b?code=x HTTP/1.1\r\n" HOST "\r\n",
          "GET //callback?code=x HTTP/1.1\r\n" HOST "\r\n",
          "GET /CALLBACK?code=x HTTP/1.1\r\n" HOST "\r\n",
          "HEAD /callback?code=x HTTP/1.1\r\n" HOST "\r\n",
          "OPTIONS /callback?code=x HTTP/1.1\r\n" HOST "\r\n",
          "POST /callback?code=x HTTP/1.1\r\n" HOST
          "Content-Length: 6\r\n\r\ncode=x",
          "PUT /callback?code=x HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
          "GET /callback?code=x HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
          "GET /callback?code=x HTTP/1.1\r\nHost: evil.example\r\n\r\n",
          "GET /callback?code=x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
          "GET /callback?code=x HTTP/1.1\r\n" HOST HOST "\r\n",
          "GET /callback?code=x HTTP/1.1\r\n\r\n",
          "GET http://127.0.0.1:%d/callback?code=x HTTP/1.1\r\n" HOST "\r\n",
          "GET /callback?code=x HTTP/1.1\r\n" HOST
          "Sec-Fetch-Dest: image\r\n\r\n",
          "GET /callback?code=x HTTP/1.1\r\n" HOST
          "Sec-Fetch-Dest: iframe\r\n\r\n",
          long_head,
          "\x16\x03\x01\x02\r\n\r\n",
          CALLBACK}};
  char *p = long_head + sprintf(long_head, "GET /callback?code=x HTTP/1.1\r\n"
                                           "Host: 127.0.0.1:%%d\r\nX-Long: ");

  memset(p, 'a', 9000);
  strcpy(p + 9000, "\r\n\r\n");
  browser_start(&b, listener_port(l));
  take_hit(l, "code=not-real&state=x");
  browser_end(&b);
  for (size_t i = 0; i + 1 < b.count; i++) {
    int status = status_of(b.replies[i]);

    /* What is no HTTP at all may get no answer at all. */
    cr_expect((status >= 400 && status < 500) || (i == 23 && status == 0),
              "%s gave %s", b.requests[i], b.replies[i]);
    cr_expect_null(strstr(b.replies[i], "Access-Control"));
  }
  cr_expect_eq(status_of(b.replies[10]), 405);
  cr_expect_not_null(strstr(b.replies[11], "Allow: GET\r\n"));
  cr_expect_eq(status_of(b.replies[15]), 421);
  cr_expect_eq(status_of(b.replies[b.count - 1]), 200);
}

Test(listen, takes_what_a_real_browser_sends)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static struct browser b = {
      .requests = {"GET /callback?code=a%2Fb&state=x HTTP/1.1\r\n" HOST
                   "Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n"
                   "User-Agent: Mozilla/5.0\r\nAccept: text/html,*/*;q=0.8\r\n"
                   "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"
                   "Sec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n"
                   "Accept-Encoding: gzip, deflate, br, zstd\r\n"
                   "Cookie: a=b; c=d\r\n\r\n"}};

  browser_start(&b, listener_port(l));
  take_hit(l, "code=a%2Fb&state=x");
  browser_end(&b);
  cr_expect_eq(status_of(b.replies[0]), 200);
}

Test(listen, lets_the_first_hit_win)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static struct browser first = {.requests = {CALLBACK}};
  static struct browser second = {
      .requests = {"GET /callback?code=forged HTTP/1.1\r\n" HOST "\r\n"}};
  enum listener_event event;
  AUTO_STR char *query = NULL;
  AUTO_STR char *more = NULL;

  browser_start(&first, listener_port(l));
  cr_assert_eq(listener_wait(l, -1, 20000, &event, &query, &err), E_OK);
  cr_assert_eq(event, LISTENER_HIT);
  browser_start(&second, listener_port(l));
  /* Still waiting, for a person's paste say: the second one is no hit. */
  cr_assert_eq(listener_wait(l, -1, 500, &event, &more, &err), E_OK);
  cr_expect_eq(event, LISTENER_TIMEOUT);
  listener_answer(l, true, "t", "x");
  browser_end(&first);
  browser_end(&second);
  cr_expect_eq(status_of(first.replies[0]), 200);
  cr_expect_eq(status_of(second.replies[0]), 410);
}

Test(listen, closes_the_port_afterwards)
{
  struct listener *l = listening("http://127.0.0.1/callback");
  int port = listener_port(l);
  int fd = connect_to(port);

  cr_expect_geq(fd, 0);
  close(fd);
  listener_free(l);
  fd = connect_to(port);
  cr_expect_eq(fd, -1);
  cr_expect_eq(errno, ECONNREFUSED);
}

Test(listen, can_be_freed_with_the_browser_still_waiting)
{
  struct listener *l = listening("http://127.0.0.1/callback");
  static struct browser b = {.requests = {CALLBACK}};
  enum listener_event event;
  AUTO_STR char *query = NULL;

  browser_start(&b, listener_port(l));
  cr_assert_eq(listener_wait(l, -1, 20000, &event, &query, &err), E_OK);
  listener_free(l);
  browser_end(&b);
  cr_expect_str_eq(b.replies[0], "");
}

/* --- hostile company ---------------------------------------------------- */

static void crowd(int idle, int64_t limit_ms)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static struct browser b = {.requests = {CALLBACK}};
  int *fds = calloc((size_t)idle, sizeof(*fds));
  int64_t start = clock_mono_ms();

  for (int i = 0; i < idle; i++) {
    fds[i] = connect_to(listener_port(l));
    cr_assert_geq(fds[i], 0);
    if (i % 2 == 0)
      cr_assert_eq(send(fds[i], "GET /callb", 10, MSG_NOSIGNAL), 10);
  }
  browser_start(&b, listener_port(l));
  take_hit(l, "code=not-real&state=x");
  cr_expect_lt(clock_mono_ms() - start, limit_ms);
  browser_end(&b);
  cr_expect_eq(status_of(b.replies[0]), 200);
  for (int i = 0; i < idle; i++)
    close(fds[i]);
  free(fds);
}

Test(listen, serves_the_callback_among_a_hundred_idle_connections)
{
  crowd(100, 4500 /* when the first idle one is closed: 5 s */);
}

/* BACKLOG idle ones are not even accepted when they come. */
Test(listen, serves_the_callback_when_its_places_are_taken)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  static struct browser b = {.requests = {CALLBACK}};
  int fds[300];
  int64_t start = clock_mono_ms();
  enum listener_event event;
  char *none = NULL;

  for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
    fds[i] = connect_to(listener_port(l));
    cr_assert_geq(fds[i], 0);
    if (i % 50 == 0)
      cr_assert_eq(listener_wait(l, -1, 20, &event, &none, &err), E_OK);
  }
  browser_start(&b, listener_port(l));
  take_hit(l, "code=not-real&state=x");
  cr_expect_lt(clock_mono_ms() - start, 4500);
  browser_end(&b);
  cr_expect_eq(status_of(b.replies[0]), 200);
  for (size_t i = 0; i < ARRAY_LEN(fds); i++)
    close(fds[i]);
}

static void *drip(void *user)
{
  int fd = *(int *)user;
  static int64_t lasted;
  int64_t start = clock_mono_ms();

  while (clock_mono_ms() - start < 15000 && send(fd, "X", 1, MSG_NOSIGNAL) == 1)
    usleep(100 * 1000);
  lasted = clock_mono_ms() - start;
  return &lasted;
}

Test(listen, gives_a_connection_five_seconds_even_when_it_trickles)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  int fd = connect_to(listener_port(l));
  enum listener_event event;
  char *query = NULL;
  pthread_t thread;
  void *lasted;

  cr_assert_geq(fd, 0);
  cr_assert_eq(pthread_create(&thread, NULL, drip, &fd), 0);
  cr_assert_eq(listener_wait(l, -1, 6000, &event, &query, &err), E_OK);
  cr_expect_eq(event, LISTENER_TIMEOUT);
  pthread_join(thread, &lasted);
  cr_expect(*(int64_t *)lasted > 4500 && *(int64_t *)lasted < 12000, "%lld ms",
            (long long)*(int64_t *)lasted);
  close(fd);
}

/* --- waiting ------------------------------------------------------------ */

Test(listen, tells_when_the_person_pastes)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  enum listener_event event;
  char *query = NULL;
  int fds[2];

  cr_assert_eq(pipe(fds), 0);
  cr_assert_eq(listener_wait(l, fds[0], 50, &event, &query, &err), E_OK);
  cr_expect_eq(event, LISTENER_TIMEOUT);
  cr_assert_eq(write(fds[1], "x", 1), 1);
  cr_assert_eq(listener_wait(l, fds[0], 20000, &event, &query, &err), E_OK);
  cr_expect_eq(event, LISTENER_INPUT);
  cr_expect_null(query);
}

static void *interrupt_later(void *user)
{
  (void)user;
  usleep(100 * 1000);
  kill(getpid(), SIGINT);
  return NULL;
}

Test(listen, ends_with_a_signal)
{
  AUTO(listener) l = listening("http://127.0.0.1/callback");
  enum listener_event event;
  char *query = NULL;
  int64_t start = clock_mono_ms();
  pthread_t thread;

  cr_assert_eq(sig_setup(&err), E_OK);
  cr_assert_eq(pthread_create(&thread, NULL, interrupt_later, NULL), 0);
  cr_expect_eq(listener_wait(l, -1, 20000, &event, &query, &err), E_SIGNAL);
  cr_expect_lt(clock_mono_ms() - start, 10000);
  pthread_join(thread, NULL);
}

/* --- addresses ---------------------------------------------------------- */

static bool has_six(void)
{
  struct sockaddr_in6 in = {.sin6_family = AF_INET6,
                            .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool has = fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0;

  close(fd);
  return has;
}

Test(listen, advertises_the_uri_to_the_letter_with_its_port)
{
  static const struct {
    const char *uri, *before, *after;
  } rows[] = {
      {"http://127.0.0.1/callback", "http://127.0.0.1:", "/callback"},
      {"http://127.0.0.1", "http://127.0.0.1:", ""},
      {"http://localhost/a/b", "http://localhost:", "/a/b"},
      {"http://[::1]/cb", "http://[::1]:", "/cb"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(listener) l = NULL;
    AUTO_STR char *expected = NULL;

    if (strstr(rows[i].uri, "[::1]") != NULL && !has_six())
      continue;
    l = listening(rows[i].uri);
    expected =
        mem_printf("%s%d%s", rows[i].before, listener_port(l), rows[i].after);
    cr_expect_str_eq(listener_redirect_uri(l), expected);
  }
}

Test(listen, takes_a_fixed_port_and_says_when_it_is_taken)
{
  struct listener *first = listening("http://127.0.0.1/callback");
  int port = listener_port(first);
  AUTO_STR char *uri = mem_printf("http://127.0.0.1:%d/callback", port);
  AUTO_STR char *on_both = mem_printf("http://localhost:%d/callback", port);
  AUTO_STR char *expected =
      mem_printf("port %d of '127.0.0.1' is taken by another program", port);
  struct listener *second = NULL;

  cr_expect_eq(listener_new(&second, uri, &err), E_LOCAL);
  cr_expect_str_eq(err.message, expected);
  cr_expect_not_null(strstr(err.hint, "ss -ltnp"));
  cr_expect_eq(listener_new(&second, on_both, &err), E_LOCAL);
  listener_free(first);

  cr_assert_eq(listener_new(&second, uri, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(listener_redirect_uri(second), uri);
  cr_expect_eq(listener_port(second), port);
  listener_free(second);
}

/* Another login right after one on the same fixed port. */
Test(listen, takes_a_fixed_port_again_at_once)
{
  struct listener *first = listening("http://127.0.0.1/callback");
  AUTO_STR char *uri =
      mem_printf("http://127.0.0.1:%d/callback", listener_port(first));

  listener_free(first);
  for (int i = 0; i < 3; i++) {
    AUTO(listener) l = listening(uri);
    static struct browser b;

    b = (struct browser){.requests = {CALLBACK}};
    browser_start(&b, listener_port(l));
    take_hit(l, "code=not-real&state=x");
    browser_end(&b);
  }
}

Test(listen, serves_both_stacks_of_localhost)
{
  AUTO(listener) l = listening("http://localhost/callback");
  static struct browser b = {
      .requests = {"GET /callback?code=four HTTP/1.1\r\nHost: LOCALHOST:%d"
                   "\r\n\r\n"}};

  b.six = has_six();
  browser_start(&b, listener_port(l));
  take_hit(l, "code=four");
  browser_end(&b);
  cr_expect_eq(status_of(b.replies[0]), 200);
  cr_expect_geq(connect_to(listener_port(l)), 0);
}

Test(listen, listens_on_loopback_alone)
{
  AUTO(listener) l = listening("http://localhost/callback");
  AUTO_STR char *command =
      mem_printf("awk 'NR > 1 && $4 == \"0A\" {print $2}' /proc/self/net/tcp "
                 "/proc/self/net/tcp6 | grep ':%04X$'",
                 (unsigned)listener_port(l));
  FILE *list = popen(command, "r");
  char line[128];
  int lines = 0;

  cr_assert_not_null(list);
  while (fgets(line, sizeof(line), list) != NULL) {
    lines++;
    cr_expect(strncmp(line, "0100007F:", 9) == 0 ||
                  strncmp(line, "00000000000000000000000001000000:", 33) == 0,
              "%s", line);
  }
  pclose(list);
  cr_expect_geq(lines, 1);
}

Test(listen, refuses_uris_that_cannot_be_listened_on)
{
  static const char *const uris[] = {"https://127.0.0.1/cb",
                                     "http://127.0.0.2/cb",
                                     "http://x.localhost/cb",
                                     "http://h.example/cb",
                                     "http://0.0.0.0/cb",
                                     "http://127.0.0.1/cb?x=1",
                                     "http://127.0.0.1/cb#x",
                                     "fob://cb",
                                     "",
                                     "http://127.0.0.1:0/cb",
                                     "http://127.0.0.1:99999/cb"};

  for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
    struct listener *l = NULL;

    cr_expect_eq(listener_new(&l, uris[i], &err), E_USAGE, "%s", uris[i]);
    cr_expect_null(l);
    cr_expect_not_null(strstr(err.message, "--redirect-uri"), "%s",
                       err.message);
  }
}

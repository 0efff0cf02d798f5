/* Where requests go: proxies, loopback, unix sockets. */
#include "http/client.h"

#include "base/mem.h"
#include "http/certs.h"
#include "http/ask.h"
#include "http/peer.h"
#include "http/raw.h"
#include "support/scratch.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct err err;

TestSuite(route, .init = clean_environment, .timeout = 60);

static struct raw *proxy_everywhere(void)
{
  static const char *const names[] = {"http_proxy", "https_proxy",
                                      "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  static const struct raw_reply reply = {
      .bytes = "HTTP/1.1 407 Proxy Authentication Required\r\n"
               "Content-Length: 0\r\n\r\n",
      .close = true};
  struct raw *proxy = raw_start(&reply, 1);
  AUTO_STR char *url = mem_printf("http://127.0.0.1:%d", raw_port(proxy));

  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    setenv(names[i], url, 1);
  return proxy;
}

static void add_secret(struct headers *headers)
{
  AUTO(secret) secret = NULL;

  cr_assert_eq(secret_new(&secret, "Bearer test-token-not-real", 26, &err),
               E_OK);
  cr_assert_eq(headers_add_secret(headers, "Authorization", secret, &err),
               E_OK);
}

Test(route, loopback_never_goes_through_a_proxy)
{
  static const char *const hosts[] = {"127.0.0.1", "localhost", "a.localhost"};
  struct peer *peer = peer_start(&(struct peer_options){0});
  struct raw *proxy = proxy_everywhere();
  AUTO_STR char *option = mem_printf("http://127.0.0.1:%d", raw_port(proxy));
  AUTO(http) by_environment = new_http(NULL);
  AUTO(http) by_option = new_http(&(struct http_options){.proxy = option});

  for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
    AUTO(url) url = test_url("http://%s:%d/", hosts[i], peer_port(peer));
    AUTO_HEADERS struct headers headers = {0};
    AUTO_GOT struct got one = {0};
    AUTO_GOT struct got two = {0};
    struct http_request request = {.headers = &headers};

    add_secret(&headers);
    get_from(by_environment, url, &request, &one);
    get_from(by_option, url, &request, &two);
    cr_expect_eq(one.code, E_OK, "%s: %s", hosts[i], one.err.message);
    cr_expect_eq(two.code, E_OK, "%s: %s", hosts[i], two.err.message);
  }

  cr_expect_eq(peer_count(peer), 6);
  cr_expect_eq(raw_connections(proxy), 0);
  raw_free(proxy);
  peer_stop(peer);
}

Test(route, other_hosts_go_through_the_proxy_of_the_environment)
{
  struct raw *proxy = proxy_everywhere();
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("https://h.example/");
  AUTO_HEADERS struct headers headers = {0};
  AUTO_GOT struct got got = {0};
  struct http_request request = {.headers = &headers};

  add_secret(&headers);
  get_from(http, url, &request, &got);
  cr_expect_eq(got.code, E_PROXY, "%s", got.err.message);
  cr_expect_not_null(strstr(got.err.message, "407"));
  cr_expect_not_null(strstr(got.err.hint, "https_proxy"));
  cr_expect_not(got.answer.sent, "the server has seen nothing");
  raw_stop(proxy);
  cr_expect_eq(strncmp(raw_received(proxy), "CONNECT h.example:443 ", 22), 0);
  cr_expect_null(strstr(raw_received(proxy), "not-real"),
                 "the proxy gets no header of ours");
  raw_free(proxy);
}

/* A proxy that connects to one port of 127.0.0.1, whatever it is asked for. */
struct tunnel {
  int listener, port, target;
  char asked[4096];
  pthread_t thread;
};

static void *relay(void *user)
{
  static const char yes[] = "HTTP/1.1 200 Connected\r\nX-Proxy: y\r\n\r\n";
  struct tunnel *t = user;
  struct sockaddr_in in = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)t->target),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int ends[2] = {accept(t->listener, NULL, NULL),
                 socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  bool open = recv(ends[0], t->asked, sizeof(t->asked) - 1, 0) > 0 &&
              connect(ends[1], (struct sockaddr *)&in, sizeof(in)) == 0 &&
              send(ends[0], yes, sizeof(yes) - 1, MSG_NOSIGNAL) > 0;

  while (open) {
    struct pollfd fds[] = {{.fd = ends[0], .events = POLLIN},
                           {.fd = ends[1], .events = POLLIN}};
    char bytes[4096];

    open = poll(fds, 2, 20000) > 0;
    for (int i = 0; i < 2 && open; i++)
      if (fds[i].revents != 0) {
        ssize_t n = recv(ends[i], bytes, sizeof(bytes), 0);

        open = n > 0 && send(ends[1 - i], bytes, (size_t)n, MSG_NOSIGNAL) == n;
      }
  }
  close(ends[0]);
  close(ends[1]);
  return NULL;
}

static void tunnel_start(struct tunnel *t, int target)
{
  struct sockaddr_in in = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof(in);

  t->target = target;
  t->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert_eq(bind(t->listener, (struct sockaddr *)&in, sizeof(in)), 0);
  cr_assert_eq(listen(t->listener, 4), 0);
  cr_assert_eq(getsockname(t->listener, (struct sockaddr *)&in, &len), 0);
  t->port = ntohs(in.sin_port);
  cr_assert_eq(pthread_create(&t->thread, NULL, relay, t), 0);
}

Test(route, a_proxy_carries_the_exchange_without_seeing_or_saying_anything)
{
  AUTO_STR char *ca = mem_str(certs_ca());
  struct peer *peer = peer_start(&(struct peer_options){
      .cert = certs_cert(CERT_OTHER), .key = certs_key(CERT_OTHER)});
  static struct tunnel tunnel;
  struct http *http = NULL;
  AUTO(url) url = test_url("https://other.example:%d/", peer_port(peer));
  AUTO_HEADERS struct headers headers = {0};
  AUTO_GOT struct got got = {0};
  struct http_request request = {.headers = &headers};

  tunnel_start(&tunnel, peer_port(peer));
  AUTO_STR char *option = mem_printf("http://127.0.0.1:%d", tunnel.port);
  http = new_http(&(struct http_options){.proxy = option, .ca = ca});
  add_secret(&headers);
  get_from(http, url, &request, &got);
  cr_expect_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_eq(got.answer.status, 200);
  cr_expect_str_eq(got.answer.reason, "OK", "the server's, not the proxy's");
  cr_expect_null(headers_get(&got.answer.headers, "X-Proxy"));
  cr_expect_str_eq(buf_text(&got.body), "hello");
  cr_expect_not_null(peer_header(peer, 0, "Authorization"));
  http_free(http);
  pthread_join(tunnel.thread, NULL);
  close(tunnel.listener);
  cr_expect_eq(strncmp(tunnel.asked, "CONNECT other.example:", 22), 0);
  cr_expect_null(strstr(tunnel.asked, "not-real"));
  peer_stop(peer);
}

Test(route, a_given_proxy_replaces_the_environments)
{
  struct raw *unused = proxy_everywhere();
  struct raw *used = RAW({.bytes = "HTTP/1.1 502 No\r\n\r\n", .close = true});
  AUTO_STR char *option = mem_printf("http://localhost:%d", raw_port(used));
  AUTO(http) http = new_http(&(struct http_options){.proxy = option});
  AUTO(url) url = test_url("https://h.example/");
  AUTO_GOT struct got got = {0};

  get_from(http, url, NULL, &got);
  cr_expect_eq(got.code, E_PROXY, "%s", got.err.message);
  cr_expect_not_null(strstr(got.err.message, "502"), "%s", got.err.message);
  cr_expect_eq(raw_connections(unused), 0);
  raw_free(unused);
  raw_free(used);
}

Test(route, an_unreachable_proxy_is_named_as_the_trouble)
{
  int port = free_port();
  AUTO_STR char *option = mem_printf("http://127.0.0.1:%d", port);
  AUTO_STR char *named = mem_printf("127.0.0.1 port %d", port);
  AUTO(http) http = new_http(&(struct http_options){.proxy = option});
  AUTO(url) url = test_url("https://h.example/");
  AUTO_GOT struct got got = {0};

  get_from(http, url, NULL, &got);
  cr_expect_eq(got.code, E_PROXY, "%d %s", got.code, got.err.message);
  cr_expect_not_null(strstr(got.err.message, named), "%s", got.err.message);
}

Test(route, refuses_proxies_that_are_none_or_hold_a_password)
{
  static const char *const texts[] = {
      "http://ann:pw-not-real@127.0.0.1:1", "ann:pw-not-real@127.0.0.1:1",
      "ftp://127.0.0.1:1", "http://", "http://127.0.0.1:x"};

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    struct http *http = NULL;

    cr_expect_eq(
        http_new(&http, &(struct http_options){.proxy = texts[i]}, &err),
        E_USAGE, "%s", texts[i]);
    cr_expect_null(http);
    cr_expect_null(strstr(err.message, "pw-not-real"));
    cr_expect_null(strstr(err.hint, "pw-not-real"));
  }
}

Test(route, takes_every_kind_of_proxy)
{
  static const char *const texts[] = {"",
                                      "127.0.0.1:1",
                                      "http://127.0.0.1:1",
                                      "https://proxy.example",
                                      "socks5h://127.0.0.1:1",
                                      "socks4://127.0.0.1:1"};

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    AUTO(http) http = new_http(&(struct http_options){.proxy = texts[i]});

    cr_expect_not_null(http);
  }
}

Test(route, a_unix_socket_takes_everything_and_no_proxy)
{
  static const struct raw_reply reply = {.bytes = RAW_OK};
  const char *path = scratch_path("socket");
  struct raw *raw = raw_start_unix(path, &reply, 1);
  struct raw *proxy = proxy_everywhere();
  AUTO(http) http = new_http(&(struct http_options){.unix_socket = path});
  AUTO(url) url = test_url("http://localhost/v1/info");
  AUTO_GOT struct got got = {0};

  get_from(http, url, NULL, &got);
  cr_assert_eq(got.code, E_OK, "%s", got.err.message);
  cr_expect_str_eq(got.answer.address, path);
  cr_expect_eq(raw_connections(proxy), 0);
  raw_free(raw);
  raw_free(proxy);
}

Test(route, refuses_unix_sockets_that_cannot_be)
{
  char path[200];
  struct http *http = NULL;

  memset(path, 'a', sizeof(path) - 1);
  path[sizeof(path) - 1] = '\0';
  cr_expect_eq(
      http_new(&http, &(struct http_options){.unix_socket = path}, &err),
      E_USAGE);
  cr_expect_eq(http_new(&http, &(struct http_options){.unix_socket = ""}, &err),
               E_USAGE);
  cr_expect_null(http);
}

Test(route, names_a_unix_socket_that_nobody_serves)
{
  const char *path = scratch_path("absent");
  AUTO(http) http = new_http(&(struct http_options){.unix_socket = path});
  AUTO(url) url = test_url("http://localhost/");
  AUTO_GOT struct got got = {0};

  get_from(http, url, NULL, &got);
  cr_expect_eq(got.code, E_CONNECT);
  cr_expect_not_null(strstr(got.err.message, path), "%s", got.err.message);
  cr_expect_not_null(strstr(got.err.message, "No such file"), "%s",
                     got.err.message);
}

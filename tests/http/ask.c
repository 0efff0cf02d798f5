#include "http/ask.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int listen_on(const char *address, int *ret_port)
{
  struct sockaddr_in in = {.sin_family = AF_INET};
  socklen_t len = sizeof(in);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  cr_assert_geq(fd, 0);
  cr_assert_eq(inet_pton(AF_INET, address, &in.sin_addr), 1);
  cr_assert_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
  cr_assert_eq(listen(fd, 64), 0);
  cr_assert_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
  *ret_port = ntohs(in.sin_port);
  return fd;
}

int free_port(void)
{
  int port;
  int fd = listen_on("127.0.0.1", &port);

  close(fd);
  return port;
}

struct url *test_url(const char *format, ...)
{
  char text[4096];
  struct url *url = NULL;
  struct err err;
  va_list args;

  va_start(args, format);
  (void)vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  cr_assert_eq(url_parse(&url, text, URL_PLAIN, E_USAGE, "url", &err), E_OK,
               "%s", err.message);
  return url;
}

void clean_environment(void)
{
  static const char *const names[] = {
      "http_proxy",   "https_proxy",   "HTTPS_PROXY", "all_proxy",
      "ALL_PROXY",    "no_proxy",      "NO_PROXY",    "SSL_CERT_FILE",
      "SSL_CERT_DIR", "CURL_CA_BUNDLE"};

  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    unsetenv(names[i]);
  setlocale(LC_CTYPE, "C.UTF-8");
}

struct http *new_http(const struct http_options *options)
{
  struct http *http = NULL;
  struct err err;

  cr_assert_eq(http_new(&http, options, &err), E_OK, "%s", err.message);
  return http;
}

static enum code collect(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  buf_put(user, bytes, len);
  return buf_check(user, err);
}

void got_clear(struct got *got)
{
  http_answer_clear(&got->answer);
  buf_clear(&got->body);
}

void get_from(struct http *http, const struct url *url,
              struct http_request *request, struct got *got)
{
  struct http_request plain = {0};

  if (request == NULL)
    request = &plain;
  request->url = url;
  if (request->method == NULL)
    request->method = "GET";
  if (request->sink.body == NULL) {
    request->sink.body = collect;
    request->sink.user = &got->body;
  }
  buf_init(&got->body, BUF_BODY);
  err_clear(&got->err);
  got->code = http_send(http, request, &got->answer, &got->err);
}

int64_t stream_read(void *user, void *to, size_t size, struct err *e)
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

enum code stream_rewind(void *user, struct err *e)
{
  struct stream *s = user;

  (void)e;
  s->at = 0;
  s->rewinds++;
  return E_OK;
}

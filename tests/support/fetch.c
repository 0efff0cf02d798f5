#include "support/fetch.h"

#include "base/buf.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 * 1024 * 1024 };

/* Splits http://HOST:PORT/TARGET; false for anything else. */
static bool split(const char *url, char *host, size_t host_size, int *ret_port,
                  const char **ret_target)
{
  static const char scheme[] = "http://";

  if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
    return false;
  const char *from = url + sizeof(scheme) - 1;
  size_t len = *from == '[' ? strcspn(from, "]") + 1 : strcspn(from, ":/?");
  if (len >= host_size)
    return false;
  memcpy(host, from, len);
  host[len] = '\0';
  from += len;
  *ret_port = 80;
  if (*from == ':') {
    char *end;
    *ret_port = (int)strtol(from + 1, &end, 10);
    from = end;
  }
  *ret_target = *from ? from : "/";
  return true;
}

static int connect_to(const char *host, int port, int timeout_ms)
{
  struct timeval patience = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  struct sockaddr_in v4 = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                            .sin6_port = htons((uint16_t)port),
                            .sin6_addr = in6addr_loopback};
  bool six = strcmp(host, "[::1]") == 0;
  const char *literal = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;

  if (!six && inet_pton(AF_INET, literal, &v4.sin_addr) != 1)
    return -1;
  int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (connect(fd, six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
              six ? sizeof(v6) : sizeof(v4)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

int fetch_connect(const char *url, int timeout_ms)
{
  char host[256];
  int port;
  const char *target;

  return split(url, host, sizeof(host), &port, &target)
             ? connect_to(host, port, timeout_ms)
             : -1;
}

static bool send_all(int fd, const void *bytes, size_t len)
{
  const char *at = bytes;

  while (len > 0) {
    ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    at += n;
    len -= (size_t)n;
  }
  return true;
}

static void receive_all(int fd, struct buf *in)
{
  char piece[16384];
  ssize_t n;

  while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
    buf_put(in, piece, (size_t)n);
}

static void unchunk(struct buf *out, const char *at, const char *end)
{
  while (at < end) {
    char *behind;
    unsigned long len = strtoul(at, &behind, 16);
    const char *data = strstr(behind, "\r\n");
    if (len == 0 || data == NULL || len > (size_t)(end - data - 2))
      return;
    buf_put(out, data + 2, len);
    at = data + 2 + len + 2;
  }
}

static bool take_apart(const struct buf *in, struct fetch_answer *answer)
{
  const char *text = buf_text(in);
  const char *blank = strstr(text, "\r\n\r\n");
  AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX);
  struct err err = ERR_INIT;

  if (blank == NULL || strncmp(text, "HTTP/1.", 7) != 0 || in->len < 12)
    return false;
  answer->status = (int)strtol(text + 9, NULL, 10);
  answer->head = mem_copy(text, (size_t)(blank - text));
  if (answer->head == NULL)
    return false;
  char *encoding = fetch_header(answer, "Transfer-Encoding", 0);
  const char *from = blank + 4;
  if (encoding != NULL)
    unchunk(&body, from, text + in->len);
  else
    buf_put(&body, from, in->len - (size_t)(from - text));
  mem_free(encoding);
  return buf_detach(&body, &answer->body, &answer->body_len, &err) == E_OK;
}

bool fetch(const char *method, const char *url, const char *head,
           const void *body, size_t len, int timeout_ms,
           struct fetch_answer *ret_answer)
{
  char host[256];
  int port;
  const char *target;
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf in = BUF_INIT(ANSWER_MAX);

  memset(ret_answer, 0, sizeof(*ret_answer));
  if (!split(url, host, sizeof(host), &port, &target))
    return false;
  int fd = connect_to(host, port, timeout_ms);
  if (fd < 0)
    return false;

  buf_printf(&out, "%s %s%.*s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n",
             method, *target == '/' ? "" : "/", (int)strcspn(target, "#"),
             target, host, port);
  if (body != NULL)
    buf_printf(&out, "Content-Length: %zu\r\n", len);
  buf_puts(&out, head ? head : "");
  buf_puts(&out, "\r\n");
  if (body != NULL)
    buf_put(&out, body, len);
  if (send_all(fd, buf_text(&out), out.len))
    receive_all(fd, &in);
  close(fd);
  if (take_apart(&in, ret_answer))
    return true;
  fetch_clear(ret_answer);
  return false;
}

char *fetch_header(const struct fetch_answer *answer, const char *name,
                   size_t nth)
{
  size_t len = strlen(name);
  const char *line = answer->head;

  while (line != NULL && (line = strstr(line, "\r\n")) != NULL) {
    line += 2;
    if (strncasecmp(line, name, len) != 0 || line[len] != ':' || nth-- > 0)
      continue;
    const char *value = line + len + 1;
    value += strspn(value, " \t");
    return mem_copy(value, strcspn(value, "\r"));
  }
  return NULL;
}

void fetch_clear(struct fetch_answer *answer)
{
  mem_free(answer->head);
  mem_free(answer->body);
  memset(answer, 0, sizeof(*answer));
}

#include "http/browser.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int connect_to(int port)
{
  struct sockaddr_in in = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

int connect_to_six(int port)
{
  struct sockaddr_in6 in = {.sin6_family = AF_INET6,
                            .sin6_port = htons((uint16_t)port),
                            .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

/* Everything until the other side closes. */
static void read_all(int fd, char *to, size_t size)
{
  size_t len = 0;
  ssize_t n;

  while (len < size - 1 && (n = recv(fd, to + len, size - 1 - len, 0)) > 0)
    len += (size_t)n;
  to[len] = '\0';
}

static void *browse(void *user)
{
  struct browser *b = user;

  for (size_t i = 0; i < b->count; i++) {
    char request[32768];
    int fd = b->six ? connect_to_six(b->port) : connect_to(b->port);
    char *p = request;

    if (fd < 0) {
      (void)snprintf(b->replies[i], sizeof(b->replies[i]), "refused");
      continue;
    }
    for (const char *from = b->requests[i]; *from != '\0'; from++) {
      if (from[0] == '%' && from[1] == 'd') {
        p += sprintf(p, "%d", b->port);
        from++;
      } else {
        *p++ = *from;
      }
    }
    (void)send(fd, request, (size_t)(p - request), MSG_NOSIGNAL);
    read_all(fd, b->replies[i], sizeof(b->replies[i]));
    close(fd);
  }
  return NULL;
}

void browser_start(struct browser *b, int port)
{
  b->port = port;
  for (b->count = 0; b->count < VISITS && b->requests[b->count] != NULL;)
    b->count++;
  cr_assert_eq(pthread_create(&b->thread, NULL, browse, b), 0);
}

void browser_end(struct browser *b)
{
  pthread_join(b->thread, NULL);
}

int status_of(const char *reply)
{
  return strncmp(reply, "HTTP/1.1 ", 9) == 0 ? (int)strtol(reply + 9, NULL, 10)
                                             : 0;
}

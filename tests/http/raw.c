#include "http/raw.h"

#include "base/buf.h"
#include "base/mem.h"
#include "http/ask.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct raw {
  const struct raw_reply *replies;
  size_t count;
  int listener, port;
  int stop[2];
  pthread_t thread;
  pthread_mutex_t mutex;
  size_t requests, connections;
  struct buf received;
  bool joined;
};

/* false when the peer is stopped or the other side is gone. */
static bool wait_for(struct raw *raw, int fd)
{
  struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                         {.fd = raw->stop[0], .events = POLLIN}};

  return poll(fds, 2, 20000) > 0 && fds[1].revents == 0;
}

/* The rest of a body of any size, unseen. */
static bool skip(struct raw *raw, int fd, size_t left)
{
  static _Thread_local char bytes[65536];

  while (left > 0) {
    ssize_t n = wait_for(raw, fd) ? recv(fd, bytes, sizeof bytes, 0) : 0;

    if (n <= 0 || (size_t)n > left)
      return false;
    left -= (size_t)n;
  }
  return true;
}

/* A body in chunks, up to its last; text is what came of it already. */
static bool skip_chunks(struct raw *raw, int fd, const char *text, size_t len)
{
  static _Thread_local char bytes[5 + 65536];
  static const char last[] = "0\r\n\r\n";
  size_t kept = len < 5 ? len : 5;

  memcpy(bytes, text + len - kept, kept);
  while (kept < 5 || memcmp(bytes, last, 5) != 0) {
    ssize_t n = wait_for(raw, fd) ? recv(fd, bytes + kept, 65536, 0) : 0;
    size_t all = kept + (size_t)n;

    if (n <= 0)
      return false;
    kept = all < 5 ? all : 5;
    memmove(bytes, bytes + all - kept, kept);
  }
  return true;
}

static bool is_chunked(const char *head, const char *end)
{
  const char *coding = strcasestr(head, "transfer-encoding: chunked");

  return coding != NULL && coding < end;
}

/* Reads a head and, unless hasty, the body that its Content-Length tells. */
static bool read_request(struct raw *raw, int fd, bool hasty)
{
  char text[65536];
  size_t len = 0;
  size_t wanted = 0;
  bool first = true;

  while (len < sizeof(text) - 1) {
    char *end;
    ssize_t n;

    if (!wait_for(raw, fd))
      return false;
    n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
    if (n <= 0)
      return false;
    pthread_mutex_lock(&raw->mutex);
    raw->requests += first;
    buf_put(&raw->received, text + len, (size_t)n);
    pthread_mutex_unlock(&raw->mutex);
    first = false;
    len += (size_t)n;
    text[len] = '\0';
    end = strstr(text, "\r\n\r\n");
    if (end != NULL && !hasty && is_chunked(text, end))
      return skip_chunks(raw, fd, end + 4, (size_t)(text + len - end - 4));
    if (end != NULL && wanted == 0) {
      const char *length = strcasestr(text, "content-length:");

      wanted = (size_t)(end + 4 - text);
      if (length != NULL && length < end && !hasty)
        wanted += (size_t)strtol(length + 15, NULL, 10);
    }
    if (wanted != 0 && len >= wanted)
      return true;
  }
  return wanted > len && skip(raw, fd, wanted - len);
}

static bool send_reply(struct raw *raw, int fd, const struct raw_reply *reply)
{
  size_t len = reply->len != 0 ? reply->len : strlen(reply->bytes);
  size_t piece = reply->drip_ms > 0 ? 1 : len;

  for (size_t done = 0; done < len;) {
    struct pollfd stop = {.fd = raw->stop[0], .events = POLLIN};
    ssize_t n = send(fd, reply->bytes + done,
                     piece < len - done ? piece : len - done, MSG_NOSIGNAL);

    if (n <= 0 || (reply->drip_ms > 0 && poll(&stop, 1, reply->drip_ms) != 0))
      return false;
    done += (size_t)n;
  }
  return true;
}

static void *serve(void *user)
{
  struct raw *raw = user;
  size_t i = 0;

  while (i < raw->count && wait_for(raw, raw->listener)) {
    int fd = accept4(raw->listener, NULL, NULL, SOCK_CLOEXEC);
    bool open = fd >= 0;

    pthread_mutex_lock(&raw->mutex);
    raw->connections++;
    pthread_mutex_unlock(&raw->mutex);
    while (open && i < raw->count) {
      const struct raw_reply *reply = &raw->replies[i];

      if (reply->drain > 0
              ? !skip(raw, fd, reply->drain)
              : !reply->deaf && !read_request(raw, fd, reply->hasty))
        break;
      i++;
      if (reply->bytes == NULL) {
        while (wait_for(raw, fd) && recv(fd, (char[64]){0}, 64, 0) > 0)
          ;
        break;
      }
      open = send_reply(raw, fd, reply) && !reply->close;
    }
    /* An unread byte would turn the close into a reset. */
    if (fd >= 0) {
      shutdown(fd, SHUT_WR);
      close(fd);
    }
  }
  return NULL;
}

static struct raw *start(int listener, int port,
                         const struct raw_reply *replies, size_t count)
{
  struct raw *raw = mem_zalloc(sizeof(*raw));

  raw->replies = replies;
  raw->count = count;
  raw->listener = listener;
  raw->port = port;
  buf_init(&raw->received, BUF_BODY);
  cr_assert_eq(pipe2(raw->stop, O_CLOEXEC), 0);
  pthread_mutex_init(&raw->mutex, NULL);
  cr_assert_eq(pthread_create(&raw->thread, NULL, serve, raw), 0);
  return raw;
}

struct raw *raw_start(const struct raw_reply *replies, size_t count)
{
  int port;
  int fd = listen_on("127.0.0.1", &port);

  return start(fd, port, replies, count);
}

struct raw *raw_start_unix(const char *path, const struct raw_reply *replies,
                           size_t count)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  cr_assert_lt(strlen(path), sizeof(un.sun_path));
  memcpy(un.sun_path, path, strlen(path));
  cr_assert_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
  cr_assert_eq(listen(fd, 64), 0);
  return start(fd, 0, replies, count);
}

int raw_port(const struct raw *raw)
{
  return raw->port;
}

size_t raw_requests(struct raw *raw)
{
  size_t n;

  pthread_mutex_lock(&raw->mutex);
  n = raw->requests;
  pthread_mutex_unlock(&raw->mutex);
  return n;
}

size_t raw_connections(struct raw *raw)
{
  size_t n;

  pthread_mutex_lock(&raw->mutex);
  n = raw->connections;
  pthread_mutex_unlock(&raw->mutex);
  return n;
}

const char *raw_received(struct raw *raw)
{
  return buf_text(&raw->received);
}

void raw_stop(struct raw *raw)
{
  if (raw->joined)
    return;
  cr_assert_eq(write(raw->stop[1], "x", 1), 1);
  pthread_join(raw->thread, NULL);
  raw->joined = true;
}

void raw_free(struct raw *raw)
{
  raw_stop(raw);
  close(raw->listener);
  close(raw->stop[0]);
  close(raw->stop[1]);
  buf_clear(&raw->received);
  pthread_mutex_destroy(&raw->mutex);
  mem_free(raw);
}

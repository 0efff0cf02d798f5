/* A list in 200 pages, as an API has it that takes its time: each answer comes
 * DELAY ms after its request, whatever else is asked meanwhile. For bench.sh.
 *
 * usage: paging PORT DELAY DIRECTORY      DIRECTORY/list/N.json is page N
 *
 * GET /list?page=N names the next page, /known?page=N the last one too. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAGES = 200, PEERS_MAX = 64, ASKED_MAX = 8192 };

struct peer {
  int fd;
  char asked[ASKED_MAX];
  size_t len;
  long long due; /* ms; 0: nothing is asked */
  int page;
  bool known;
};

static struct peer peers[PEERS_MAX];
static size_t peers_count;
static char *pages[PAGES + 1];
static size_t lengths[PAGES + 1];
static int port;

static long long now_ms(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool read_pages(const char *dir)
{
  char path[4096];

  for (int page = 1; page <= PAGES; page++) {
    FILE *file;
    long len;

    (void)snprintf(path, sizeof path, "%s/list/%d.json", dir, page);
    file = fopen(path, "re");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 ||
        (len = ftell(file)) < 0)
      return false;
    rewind(file);
    pages[page] = calloc(1, (size_t)len + 1);
    if (pages[page] == NULL ||
        fread(pages[page], 1, (size_t)len, file) != (size_t)len)
      return false;
    lengths[page] = (size_t)len;
    (void)fclose(file);
  }
  return true;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
  while (len > 0) {
    ssize_t written = write(fd, bytes, len);

    if (written <= 0)
      return false;
    bytes += written;
    len -= (size_t)written;
  }
  return true;
}

static bool answer(struct peer *peer)
{
  const char *kind = peer->known ? "known" : "list";
  char head[1024], link[512] = "", last[256] = "";

  peer->due = 0;
  if (peer->known)
    (void)snprintf(last, sizeof last,
                   ", <http://127.0.0.1:%d/known?page=%d>; rel=\"last\"", port,
                   PAGES);
  if (peer->page < PAGES)
    (void)snprintf(link, sizeof link,
                   "Link: <http://127.0.0.1:%d/%s?page=%d>; rel=\"next\"%s\r\n",
                   port, kind, peer->page + 1, last);
  (void)snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n%s\r\n",
                 lengths[peer->page], link);
  return write_all(peer->fd, head, strlen(head)) &&
         write_all(peer->fd, pages[peer->page], lengths[peer->page]);
}

/* false: the peer is gone. */
static bool take(struct peer *peer, long long delay)
{
  ssize_t got =
      read(peer->fd, peer->asked + peer->len, ASKED_MAX - 1 - peer->len);
  const char *page;

  if (got <= 0)
    return false;
  peer->len += (size_t)got;
  peer->asked[peer->len] = '\0';
  if (strstr(peer->asked, "\r\n\r\n") == NULL)
    return peer->len < ASKED_MAX - 1;
  peer->known = strncmp(peer->asked, "GET /known", 10) == 0;
  peer->asked[strcspn(peer->asked, "\r")] = '\0';
  page = strstr(peer->asked, "?page=");
  peer->page = page != NULL ? (int)strtol(page + 6, NULL, 10) : 1;
  if (peer->page < 1 || peer->page > PAGES)
    return false;
  peer->len = 0;
  peer->due = now_ms() + delay;
  return true;
}

static void drop(size_t nth)
{
  (void)close(peers[nth].fd);
  peers[nth] = peers[--peers_count];
}

static void welcome(int listener)
{
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  int one = 1;

  if (fd < 0 || peers_count == PEERS_MAX)
    return;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  peers[peers_count] = (struct peer){.fd = fd};
  peers_count++;
}

static void serve(int listener, long long delay)
{
  for (;;) {
    struct pollfd fds[PEERS_MAX + 1] = {{.fd = listener, .events = POLLIN}};
    size_t count = peers_count;
    long long wait = -1, now = now_ms();

    for (size_t i = 0; i < count; i++) {
      fds[i + 1] = (struct pollfd){.fd = peers[i].fd, .events = POLLIN};
      if (peers[i].due != 0 && (wait < 0 || peers[i].due - now < wait))
        wait = peers[i].due > now ? peers[i].due - now : 0;
    }
    if (poll(fds, count + 1, (int)wait) < 0)
      return;
    now = now_ms();
    for (size_t i = count; i-- > 0;) {
      bool stays = fds[i + 1].revents == 0 || take(&peers[i], delay);

      if (stays && peers[i].due != 0 && peers[i].due <= now)
        stays = answer(&peers[i]);
      if (!stays)
        drop(i);
    }
    if (fds[0].revents != 0)
      welcome(listener);
  }
}

int main(int argc, char **argv)
{
  struct sockaddr_in here = {.sin_family = AF_INET};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;

  if (argc != 4 || !read_pages(argv[3])) {
    (void)fprintf(stderr, "usage: paging PORT DELAY DIRECTORY\n");
    return 2;
  }
  port = (int)strtol(argv[1], NULL, 10);
  here.sin_port = htons((unsigned short)port);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 ||
      listen(listener, PEERS_MAX) != 0) {
    perror("paging");
    return 1;
  }
  serve(listener, strtol(argv[2], NULL, 10));
  return 1;
}

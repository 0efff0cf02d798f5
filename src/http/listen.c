#include "http/listen.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "http/page.h"
#include "http/url.h"
#include "http/visit.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  STACKS = 2,
  BACKLOG = 128,
  TRIES = 16,       /* for a port that is free on both stacks */
  ANSWER_MS = 1000, /* for the browser to take the page */
};

struct listener {
  struct MHD_Daemon *daemons[STACKS];
  int epolls[STACKS];
  int fds[STACKS]; /* until a daemon has them; -1 */
  int count;
  int port;
  char *redirect_uri;
  char *path;
  char *host;
  char *bare_host;
  struct visits visits;
};

/* --- sockets ------------------------------------------------------------ */

/* A listening socket on the loopback address of one stack. SO_REUSEADDR, for a
 * fixed port, is for connections of the last login that linger; it lets
 * nobody else listen there. -1 and errno. */
static int bind_one(int family, int port, int *ret_port)
{
  struct sockaddr_in four = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                             .sin6_port = htons((uint16_t)port),
                             .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr *address =
      family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
  socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;
  int saved;

  if (fd < 0)
    return -1;
  if ((family == AF_INET6 &&
       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
      (port != 0 &&
       setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) ||
      bind(fd, address, len) != 0 || listen(fd, BACKLOG) != 0 ||
      getsockname(fd, address, &len) != 0) {
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
  }

  *ret_port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
  return fd;
}

static enum code bind_failed(const char *host, int port, struct err *err)
{
  int number = errno;

  if (port == 0)
    return err_set(err, E_LOCAL, "cannot listen on '%s': %s", host,
                   strerror(number));
  if (number != EADDRINUSE)
    return err_set(err, E_LOCAL, "cannot listen on port %d of '%s': %s", port,
                   host, strerror(number));

  err_set(err, E_LOCAL, "port %d of '%s' is taken by another program", port,
          host);
  err_hint(err, "which one: ss -ltnp 'sport = :%d'", port);
  return E_LOCAL;
}

/* Both stacks on one port. A machine without IPv6 has one stack. */
static enum code bind_both(struct listener *l, int port, struct err *err)
{
  for (int tries = 0; tries < TRIES; tries++) {
    int ignored;

    l->fds[0] = bind_one(AF_INET, port, &l->port);
    if (l->fds[0] < 0)
      return bind_failed("localhost", port, err);
    l->count = 1;
    l->fds[1] = bind_one(AF_INET6, l->port, &ignored);
    if (l->fds[1] >= 0) {
      l->count = 2;
      return E_OK;
    }
    if (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)
      return E_OK;
    if (errno != EADDRINUSE || port != 0)
      return bind_failed("localhost", l->port, err);

    close(l->fds[0]);
    l->fds[0] = -1;
  }

  errno = EADDRINUSE;
  return bind_failed("localhost", port, err);
}

static enum code bind_all(struct listener *l, const char *host, int port,
                          struct err *err)
{
  if (strcmp(host, "localhost") == 0)
    return bind_both(l, port, err);

  l->fds[0] = bind_one(host[0] == '[' ? AF_INET6 : AF_INET, port, &l->port);
  if (l->fds[0] < 0)
    return bind_failed(host, port, err);
  l->count = 1;
  return E_OK;
}

/* --- names -------------------------------------------------------------- */

/* Where the authority ends in a URL that was parsed already. */
static const char *behind_authority(const char *text)
{
  const char *authority = strstr(text, "://") + 3;

  return authority + strcspn(authority, "/?");
}

static bool has_port(const char *text)
{
  const char *end = behind_authority(text);
  const char *p = end;

  while (p[-1] >= '0' && p[-1] <= '9')
    p--;
  return p != end && p[-1] == ':';
}

/* The advertised URI is the registered one to the letter, but for the port. */
static enum code make_names(struct listener *l, const char *text,
                            const struct url *url, struct err *err)
{
  const char *end = behind_authority(text);

  if (has_port(text))
    l->redirect_uri = mem_str(text);
  else
    l->redirect_uri =
        mem_printf("%.*s:%d%s", (int)(end - text), text, l->port, end);
  l->path = mem_str(url->path);
  l->host = mem_printf("%s:%d", url->host, l->port);
  l->bare_host = l->port == 80 ? mem_str(url->host) : NULL;
  if (l->redirect_uri == NULL || l->path == NULL || l->host == NULL ||
      (l->port == 80 && l->bare_host == NULL))
    return err_nomem(err);

  l->visits.path = l->path;
  l->visits.host = l->host;
  l->visits.bare_host = l->bare_host;
  return E_OK;
}

static bool is_literal(const char *host)
{
  return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0 ||
         strcmp(host, "localhost") == 0;
}

static enum code start(struct listener *l, const char *text, struct err *err)
{
  AUTO(url) url = NULL;
  enum code code =
      url_parse(&url, text, URL_NO_QUERY, E_USAGE, "--redirect-uri", err);

  if (code != E_OK)
    return code;
  if (strcmp(url->scheme, "http") != 0 || !is_literal(url->host))
    return err_set(err, E_USAGE,
                   "--redirect-uri '%s': a listener is only for http to "
                   "127.0.0.1, [::1] or localhost",
                   text);

  code = bind_all(l, url->host, has_port(text) ? url->port : 0, err);
  if (code == E_OK)
    code = make_names(l, text, url, err);
  for (int i = 0; i < l->count && code == E_OK; i++) {
    code = visits_daemon(&l->daemons[i], &l->visits, l->fds[i], err);
    if (code == E_OK) {
      l->fds[i] = -1;
      l->epolls[i] =
          sym_MHD_get_daemon_info(l->daemons[i], MHD_DAEMON_INFO_EPOLL_FD)
              ->epoll_fd;
    }
  }

  return code;
}

enum code listener_new(struct listener **ret_listener, const char *redirect_uri,
                       struct err *err)
{
  AUTO(listener) l = NULL;
  enum code code = lazy_microhttpd(err);

  if (code != E_OK)
    return code;
  l = mem_zalloc(sizeof(*l));
  if (l == NULL)
    return err_nomem(err);
  buf_init(&l->visits.page, BUF_URL);
  for (int i = 0; i < STACKS; i++)
    l->fds[i] = -1;
  code = start(l, redirect_uri, err);
  if (code != E_OK)
    return code;

  *ret_listener = l;
  l = NULL;
  return E_OK;
}

const char *listener_redirect_uri(const struct listener *listener)
{
  return listener->redirect_uri;
}

int listener_port(const struct listener *listener)
{
  return listener->port;
}

/* --- serving ------------------------------------------------------------ */

static int64_t shorter(int64_t a, int64_t b)
{
  return b >= 0 && b < a ? b : a;
}

static void run_all(struct listener *l)
{
  for (int i = 0; i < l->count; i++)
    (void)sym_MHD_run(l->daemons[i]);
}

/* Serves once: waits for at most timeout_ms, for visitors or other_fd. */
static void serve(struct listener *l, int other_fd, int64_t timeout_ms,
                  bool *ret_other)
{
  struct pollfd fds[STACKS + 2];
  nfds_t count = 0;
  nfds_t other;

  for (int i = 0; i < l->count; i++) {
    MHD_UNSIGNED_LONG_LONG wanted;

    fds[count++] = (struct pollfd){.fd = l->epolls[i], .events = POLLIN};
    if (sym_MHD_get_timeout(l->daemons[i], &wanted) == MHD_YES)
      timeout_ms = shorter(timeout_ms, wanted < 1000 ? (int64_t)wanted : 1000);
  }
  timeout_ms = shorter(timeout_ms, visits_expire(&l->visits));
  other = count;
  fds[count++] = (struct pollfd){.fd = other_fd, .events = POLLIN};
  fds[count++] = (struct pollfd){.fd = sig_fd(), .events = POLLIN};

  (void)poll(fds, count, (int)(timeout_ms < 0 ? 0 : timeout_ms));
  run_all(l);
  *ret_other = fds[other].revents != 0;
}

enum code listener_wait(struct listener *listener, int other_fd,
                        int64_t timeout_ms, enum listener_event *ret_event,
                        char **ret_query, struct err *err)
{
  int64_t deadline = clock_mono_ms() + timeout_ms;
  bool other = false;

  for (;;) {
    enum code code = sig_check(err);
    int64_t left = deadline - clock_mono_ms();

    if (code != E_OK)
      return code;
    if (listener->visits.query != NULL) {
      *ret_event = LISTENER_HIT;
      *ret_query = listener->visits.query;
      listener->visits.query = NULL;
      return E_OK;
    }
    if (other || left <= 0) {
      *ret_event = other ? LISTENER_INPUT : LISTENER_TIMEOUT;
      return E_OK;
    }
    serve(listener, other_fd, left < 60000 ? left : 60000, &other);
  }
}

/* Lets the callback have what visits holds for it. */
static void let_go(struct listener *listener)
{
  struct visits *visits = &listener->visits;
  int64_t deadline = clock_mono_ms() + ANSWER_MS;
  bool other;

  visits->answered = true;
  sym_MHD_resume_connection(visits->callback);
  run_all(listener); /* a resumed connection wakes no poll */
  while (!visits->done && clock_mono_ms() < deadline)
    serve(listener, -1, deadline - clock_mono_ms(), &other);
}

void listener_answer(struct listener *listener, bool success, const char *title,
                     const char *text)
{
  struct visits *visits = &listener->visits;
  struct err ignored = ERR_INIT;

  if (visits->callback == NULL || visits->answered)
    return;
  page_render(&visits->page, success, title, text);
  if (buf_check(&visits->page, &ignored) != E_OK)
    return; /* the browser is told nothing; the terminal tells it all */
  visits->success = success;
  let_go(listener);
}

void listener_send_on(struct listener *listener, const char *url)
{
  struct visits *visits = &listener->visits;

  if (visits->callback == NULL || visits->answered)
    return;
  visits->location = url;
  let_go(listener);
  visits->location = NULL;
}

void listener_free(struct listener *listener)
{
  if (listener == NULL)
    return;

  /* A daemon must not be stopped with a connection suspended. */
  if (listener->visits.callback != NULL && !listener->visits.answered)
    sym_MHD_resume_connection(listener->visits.callback);
  for (int i = 0; i < listener->count; i++) {
    if (listener->daemons[i] != NULL)
      sym_MHD_stop_daemon(listener->daemons[i]);
    if (listener->fds[i] >= 0)
      close(listener->fds[i]);
  }
  visits_clear(&listener->visits);
  mem_free(listener->redirect_uri);
  mem_free(listener->path);
  mem_free(listener->host);
  mem_free(listener->bare_host);
  mem_free(listener);
}

/* A stream socket joins the two. The child blocks in both directions; the
 * parent never does without listening too, so that neither waits for the other
 * for ever: whoever finds the line full is heard first. */
#include "base/worker.h"

#include "base/mem.h"
#include "base/run.h"
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct frame_head {
  uint32_t kind;
  uint32_t len;
};

/* The kind of the frame in which before() says why it failed. */
#define KIND_FAILED UINT32_MAX

enum { CHILD_LINE = 3, ENDED_BADLY = 1 };

struct worker {
  const char *name;
  uint64_t memory;
  unsigned cpu_seconds;
  pid_t child;
  int line;
  size_t held; /* bytes of frames that are not whole yet */
  char in[sizeof(struct frame_head) + WORKER_FRAME];
};

/* --- the child ------------------------------------------------------------ */

static bool send_all(int line, const char *bytes, size_t len)
{
  while (len > 0) {
    ssize_t sent = send(line, bytes, len, MSG_NOSIGNAL);

    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0)
      return false;
    bytes += sent;
    len -= (size_t)sent;
  }
  return true;
}

static bool receive_all(int line, void *to, size_t len)
{
  char *at = to;

  while (len > 0) {
    ssize_t got = recv(line, at, len, 0);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    at += got;
    len -= (size_t)got;
  }
  return true;
}

bool worker_say(int line, unsigned kind, const void *bytes, size_t len)
{
  const char *at = bytes;

  do {
    size_t part = len < WORKER_FRAME ? len : WORKER_FRAME;
    struct frame_head head = {.kind = kind, .len = (uint32_t)part};

    if (!send_all(line, (const char *)&head, sizeof head) ||
        !send_all(line, at, part))
      return false;
    at += part;
    len -= part;
  } while (len > 0);
  return true;
}

bool worker_listen(int line, unsigned *ret_kind, char *bytes, size_t *ret_len)
{
  struct frame_head head;

  if (!receive_all(line, &head, sizeof head) || head.len > WORKER_FRAME ||
      !receive_all(line, bytes, head.len))
    return false;
  *ret_kind = head.kind;
  *ret_len = head.len;
  return true;
}

void worker_renew(unsigned cpu_seconds)
{
  struct rusage used;
  struct rlimit limit;

  if (cpu_seconds == 0 || getrusage(RUSAGE_SELF, &used) != 0 ||
      getrlimit(RLIMIT_CPU, &limit) != 0)
    return;
  limit.rlim_cur =
      (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1) + cpu_seconds;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max)
    limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_CPU, &limit);
}

static void limit_to(__rlimit_resource_t resource, uint64_t most)
{
  struct rlimit limit;

  if (getrlimit(resource, &limit) != 0)
    return;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > most)
    limit.rlim_cur = limit.rlim_max = (rlim_t)most;
  (void)setrlimit(resource, &limit);
}

/* What comes to the whole foreground is the parent's to act on. */
static void ignore_signals(void)
{
  static const int signals[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP,
                                SIGPIPE, SIGTSTP, SIGXFSZ};
  struct sigaction ignore = {.sa_handler = SIG_IGN};

  for (size_t i = 0; i < ARRAY_LEN(signals); i++)
    (void)sigaction(signals[i], &ignore, NULL);
}

/* The line becomes descriptor 3; all others are closed. false: it cannot be. */
static bool settle_descriptors(int line)
{
  int null = open("/dev/null", O_RDWR);

  if (null < 0)
    return false;
  for (int fd = 0; fd < CHILD_LINE; fd++) {
    if (dup2(null, fd) != fd)
      return false;
  }
  if (line != CHILD_LINE && dup2(line, CHILD_LINE) != CHILD_LINE)
    return false;
  (void)close_range(CHILD_LINE + 1, ~0u, 0);
  return true;
}

static int be_child(const struct worker_options *options, char **environment,
                    int line, pid_t parent)
{
  struct err err = ERR_INIT;

  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent || !settle_descriptors(line))
    return ENDED_BADLY;
  ignore_signals();
  environ = environment;
  (void)unsetenv("HOME");
  if (options->before(options->user, CHILD_LINE, &err) != E_OK) {
    (void)!worker_say(CHILD_LINE, KIND_FAILED, &err, sizeof err);
    return ENDED_BADLY;
  }
  limit_to(RLIMIT_NOFILE, 0);
#ifndef __SANITIZE_ADDRESS__ /* which maps more than any bound */
  if (options->memory != 0)
    limit_to(RLIMIT_AS, options->memory);
#endif
  worker_renew(options->cpu_seconds);
  options->work(options->user, CHILD_LINE);
  return 0;
}

/* --- starting and ending ---------------------------------------------------
 */

static enum code cannot_start(const char *name, int why, struct err *err)
{
  return err_set(err, E_LOCAL, "cannot start a process for %s: %s", name,
                 strerror(why));
}

enum code worker_start(struct worker **ret_worker,
                       const struct worker_options *options, struct err *err)
{
  AUTO(worker) worker = mem_zalloc(sizeof *worker);
  char **environment = NULL;
  pid_t parent = getpid();
  int ends[2];
  enum code code;

  if (worker == NULL)
    return err_nomem(err);
  worker->name = options->name;
  worker->memory = options->memory;
  worker->cpu_seconds = options->cpu_seconds;
  worker->line = -1;
  code = run_environment(&environment, err);
  if (code != E_OK)
    return code;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    mem_free(environment);
    return cannot_start(options->name, errno, err);
  }
  worker->line = ends[0];
  worker->child = fork();
  if (worker->child == 0)
    _exit(be_child(options, environment, ends[1], parent));
  int why = errno;
  mem_free(environment);
  (void)close(ends[1]);
  if (worker->child < 0)
    return cannot_start(options->name, why, err);
  *ret_worker = worker;
  worker = NULL;
  return E_OK;
}

static int reap(struct worker *worker)
{
  int status = 0;

  while (waitpid(worker->child, &status, 0) < 0) {
    if (errno != EINTR)
      break;
  }
  worker->child = 0;
  return status;
}

void worker_free(struct worker *worker)
{
  if (worker == NULL)
    return;
  if (worker->child > 0) {
    (void)kill(worker->child, SIGKILL);
    (void)reap(worker);
  }
  if (worker->line >= 0)
    (void)close(worker->line);
  mem_free(worker);
}

/* --- the parent ------------------------------------------------------------
 */

/* The line is dead; the child is, or soon will be. */
static enum code ended(struct worker *worker, struct err *err)
{
  const char *name = worker->name;
  int status = worker->child > 0 ? reap(worker) : 0;
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

  if (signal == SIGXCPU)
    return err_set(err, E_LOCAL, "%s did not come to an end within %u s", name,
                   worker->cpu_seconds);
  if (signal == SIGKILL)
    return err_set(err, E_LOCAL,
                   "%s was killed, perhaps because memory was short", name);
  if (signal != 0)
    return err_set(err, E_LOCAL, "%s broke down with SIG%s", name,
                   sigabbrev_np(signal));
  return err_set(err, E_LOCAL, "%s has ended", name);
}

static enum code failed(const char *bytes, size_t len, struct err *err)
{
  struct err said;

  if (len != sizeof said)
    return err_set(err, E_LOCAL, "a process of fob's own speaks nonsense");
  memcpy(&said, bytes, sizeof said);
  if (err != NULL)
    *err = said;
  return said.code;
}

/* Gives the whole frames that are held to the ear. */
static enum code dispatch(struct worker *worker, const struct worker_ear *ear,
                          bool *ret_heard, struct err *err)
{
  struct frame_head head;
  size_t at = 0;
  enum code code = E_OK;

  while (code == E_OK && worker->held - at >= sizeof head) {
    memcpy(&head, worker->in + at, sizeof head);
    if (head.len > WORKER_FRAME)
      return err_set(err, E_LOCAL, "%s speaks nonsense", worker->name);
    if (worker->held - at < sizeof head + head.len)
      break;
    at += sizeof head;
    code =
        head.kind == KIND_FAILED
            ? failed(worker->in + at, head.len, err)
            : ear->frame(ear->user, head.kind, worker->in + at, head.len, err);
    at += head.len;
    *ret_heard = true;
  }
  worker->held -= at;
  memmove(worker->in, worker->in + at, worker->held);
  return code;
}

/* Reads what is there. */
static enum code take(struct worker *worker, const struct worker_ear *ear,
                      bool *ret_heard, struct err *err)
{
  ssize_t got = recv(worker->line, worker->in + worker->held,
                     sizeof worker->in - worker->held, MSG_DONTWAIT);

  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return E_OK;
  if (got <= 0)
    return ended(worker, err);
  worker->held += (size_t)got;
  return dispatch(worker, ear, ret_heard, err);
}

/* Until the line can be read, or written to where that is wanted. */
static enum code wait_for(struct worker *worker, bool to_write,
                          bool *ret_readable, struct err *err)
{
  struct pollfd fds[] = {{.fd = worker->line,
                          .events = (short)(POLLIN | (to_write ? POLLOUT : 0))},
                         {.fd = sig_fd(), .events = POLLIN}};
  enum code code;

  /* While a signal is held back its descriptor stays readable. */
  if (sig_caught() == 0 && poll(&fds[1], 1, 0) > 0)
    fds[1].fd = -1;
  (void)poll(fds, ARRAY_LEN(fds), -1);
  code = sig_check(err);
  *ret_readable = (fds[0].revents & ~POLLOUT) != 0;
  return code;
}

/* As much as the line takes now; 0 when it is full. The child's last words are
 * heard by whoever reads. */
static size_t send_some(struct worker *worker, const char *bytes, size_t len)
{
  ssize_t sent = send(worker->line, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

  return sent > 0 ? (size_t)sent : 0;
}

static enum code tell_bytes(struct worker *worker, const char *bytes,
                            size_t len, const struct worker_ear *ear,
                            struct err *err)
{
  bool readable, heard;
  enum code code = E_OK;

  while (code == E_OK && len > 0) {
    size_t sent = send_some(worker, bytes, len);

    bytes += sent;
    len -= sent;
    if (sent > 0)
      continue;
    code = wait_for(worker, true, &readable, err);
    if (code == E_OK && readable)
      code = take(worker, ear, &heard, err);
  }
  return code;
}

enum code worker_tell(struct worker *worker, unsigned kind, const void *bytes,
                      size_t len, const struct worker_ear *ear, struct err *err)
{
  const char *at = bytes;
  enum code code;

  do {
    size_t part = len < WORKER_FRAME ? len : WORKER_FRAME;
    struct frame_head head = {.kind = kind, .len = (uint32_t)part};

    code = tell_bytes(worker, (const char *)&head, sizeof head, ear, err);
    if (code == E_OK)
      code = tell_bytes(worker, at, part, ear, err);
    at += part;
    len -= part;
  } while (code == E_OK && len > 0);
  return code;
}

enum code worker_hear(struct worker *worker, const struct worker_ear *ear,
                      struct err *err)
{
  bool readable, heard = false;
  enum code code = E_OK;

  while (code == E_OK && !heard) {
    code = wait_for(worker, false, &readable, err);
    if (code == E_OK && readable)
      code = take(worker, ear, &heard, err);
  }
  return code;
}

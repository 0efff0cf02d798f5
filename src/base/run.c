#include "base/run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool has_limits;
static struct rlimit core_before;

void run_remember_limits(void)
{
  has_limits = getrlimit(RLIMIT_CORE, &core_before) == 0;
}

void run_restore_child(void)
{
  sig_restore_child();
  sigset_t none;
  (void)sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
  struct rlimit core;
  if (has_limits && getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = core_before.rlim_cur;
    (void)setrlimit(RLIMIT_CORE, &core);
  }
}

/* --- environment ------------------------------------------------------- */

static bool is_withheld(const char *entry)
{
  static const char *const names[] = {
      "FOB_TOKEN=",         "FOB_CLIENT_SECRET=",
      "FOB_STORE_KEY=",     "ACTIONS_ID_TOKEN_REQUEST_TOKEN=",
      "CIRCLE_OIDC_TOKEN=", "CIRCLE_OIDC_TOKEN_V2=",
  };
  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    if (strncmp(entry, names[i], strlen(names[i])) == 0)
      return true;
  }
  return false;
}

enum code run_environment(char ***ret_environment, struct err *err)
{
  size_t count = 0, bytes = 0;
  for (char **e = environ; e != NULL && *e != NULL; e++) {
    if (!is_withheld(*e)) {
      count++;
      bytes += strlen(*e) + 1;
    }
  }
  size_t table = (count + 1) * sizeof(char *);
  char **copy = mem_alloc(table + bytes);
  if (copy == NULL)
    return err_nomem(err);

  char *text = (char *)copy + table;
  size_t i = 0;
  for (char **e = environ; e != NULL && *e != NULL; e++) {
    if (is_withheld(*e))
      continue;
    size_t len = strlen(*e) + 1;
    memcpy(text, *e, len);
    copy[i++] = text;
    text += len;
  }
  copy[i] = NULL;
  *ret_environment = copy;
  return E_OK;
}

/* --- finding ----------------------------------------------------------- */

static bool is_program(const char *path)
{
  struct stat st;
  return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
         faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

enum code run_find(char **ret_path, const char *name, struct err *err)
{
  if (strchr(name, '/') != NULL) {
    if (name[0] != '/')
      return err_set(err, E_NOT_FOUND, "'%s' is not an absolute path", name);
    if (!is_program(name))
      return err_set(err, E_NOT_FOUND, "'%s' is not a program", name);
    *ret_path = mem_str(name);
    return *ret_path == NULL ? err_nomem(err) : E_OK;
  }

  const char *path = getenv("PATH");
  if (path == NULL)
    path = "/usr/local/bin:/usr/bin:/bin";
  while (name[0] != '\0' && *path != '\0') {
    size_t len = strcspn(path, ":");
    if (path[0] == '/') {
      AUTO_BUF struct buf candidate = BUF_INIT(BUF_URL);
      buf_put(&candidate, path, len);
      buf_putc(&candidate, '/');
      buf_puts(&candidate, name);
      if (candidate.failed == E_NOMEM)
        return err_nomem(err);
      if (candidate.failed == E_OK && is_program(buf_text(&candidate)))
        return buf_detach(&candidate, ret_path, NULL, err);
    }
    path += len;
    path += *path == ':';
  }
  return err_set(err, E_NOT_FOUND, "there is no program '%s' in PATH", name);
}

/* --- starting ---------------------------------------------------------- */

/* Has the descriptors from 3 on closed by exec. Safe after fork; what the
 * slow way leaves open was O_CLOEXEC already, unless a library forgot it. */
static void close_on_exec(void)
{
  enum { FIRST = 3, SLOW_LAST = 4096 };
  if (close_range(FIRST, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
    return;
  for (int fd = FIRST; fd <= SLOW_LAST; fd++)
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void default_signals(void)
{
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal < NSIG; signal++)
    (void)sigaction(signal, &action, NULL);
}

/* In the child. out: its standard output, standard error staying ours; -1: both
 * go nowhere. Tells why it failed through report, which exec closes. */
static _Noreturn void become(char *const argv[], char *const environment[],
                             int out, int report)
{
  run_restore_child();
  default_signals();
  close_on_exec();
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0 && dup2(null, 0) == 0 && dup2(out < 0 ? null : out, 1) == 1 &&
      (out >= 0 || dup2(null, 2) == 2))
    (void)execve(argv[0], argv, environment);
  int why = errno;
  IGNORE(write(report, &why, sizeof(why)));
  _exit(127);
}

/* Forks twice: the one in the middle ends at once and is waited for, so the
 * program's parent is init, and its end leaves no zombie with us. */
static int start(char *const argv[], char *const environment[], int report)
{
  pid_t middle = fork();
  if (middle < 0)
    return errno;
  if (middle == 0) {
    (void)setsid();
    pid_t program = fork();
    if (program == 0)
      become(argv, environment, /* out= */ -1, report);
    _exit(program < 0 ? (errno & 127) : 0);
  }
  int status = 0;
  while (waitpid(middle, &status, 0) < 0) {
    if (errno != EINTR)
      return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
}

/* Why exec failed; 0 when it did not. Closes fd. */
static int read_report(int fd)
{
  int why;
  ssize_t got;

  do {
    got = read(fd, &why, sizeof(why));
  } while (got < 0 && errno == EINTR);
  (void)close(fd);
  return got == (ssize_t)sizeof(why) ? why : 0;
}

static enum code cannot_start(const char *path, int why, struct err *err)
{
  return err_set(err, E_LOCAL, "cannot start '%s': %s", path, strerror(why));
}

enum code run_detached(char *const argv[], struct err *err)
{
  char **environment;
  enum code code = run_environment(&environment, err);
  if (code != E_OK)
    return code;

  int report[2];
  int why = pipe2(report, O_CLOEXEC) == 0 ? 0 : errno;
  if (why == 0) {
    why = start(argv, environment, report[1]);
    (void)close(report[1]);
    int reported = read_report(report[0]);
    if (why == 0)
      why = reported;
  }
  mem_free(environment);
  return why != 0 ? cannot_start(argv[0], why, err) : E_OK;
}

/* --- with its output --------------------------------------------------- */

/* Forks argv; its standard output is to be read from *ret_fd. 0, or why not. */
static int start_child(char *const argv[], char *const environment[],
                       pid_t *ret_child, int *ret_fd)
{
  int output[2] = {-1, -1}, report[2] = {-1, -1};
  int why = 0;

  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0 ||
      (*ret_child = fork()) < 0)
    why = errno;
  else if (*ret_child == 0) {
    (void)setpgid(0, 0);
    become(argv, environment, output[1], report[1]);
  }
  if (output[1] >= 0)
    (void)close(output[1]);
  if (report[1] >= 0)
    (void)close(report[1]);
  if (why == 0)
    why = read_report(report[0]);
  else if (report[0] >= 0)
    (void)close(report[0]);
  if (why != 0 && output[0] >= 0)
    (void)close(output[0]);
  *ret_fd = output[0];
  return why;
}

static enum code read_output(struct buf *out, int fd, int64_t deadline,
                             const char *path, struct err *err)
{
  enum { PIECE = 4096 };

  for (;;) {
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                           {.fd = sig_fd(), .events = POLLIN}};
    int64_t left = deadline - clock_mono_ms();

    if (left <= 0)
      return err_set(err, E_TIMEOUT, "'%s' does not end", path);
    int ready = poll(fds, ARRAY_LEN(fds), (int)left);
    enum code code = sig_check(err);
    if (code != E_OK)
      return code;
    if (ready <= 0 || fds[0].revents == 0)
      continue;
    char *room = buf_room(out, PIECE);
    if (room == NULL) {
      code = buf_check(out, err);
      err_prefix(err, "the output of '%s' is ", path);
      return code;
    }
    ssize_t got = read(fd, room, PIECE);
    buf_grown(out, got > 0 ? (size_t)got : 0);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
      return buf_check(out, err);
  }
}

/* Waits for its end, until deadline or a signal; then makes it come. */
static int end_of(pid_t child, int64_t deadline)
{
  enum { STEP_MS = 5 };
  int status = 0;
  pid_t ended;

  while ((ended = waitpid(child, &status, WNOHANG)) == 0 &&
         clock_mono_ms() < deadline && clock_sleep_ms(STEP_MS))
    continue;
  if (ended != 0)
    return ended < 0 ? 0 : status;
  (void)kill(-child, SIGKILL);
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR)
      return 0;
  }
  return status;
}

enum code run_output(struct buf *out, char *const argv[], int timeout_ms,
                     struct err *err)
{
  char **environment;
  pid_t child = -1;
  int fd = -1;
  enum code code = run_environment(&environment, err);

  int64_t deadline = clock_mono_ms() + timeout_ms;

  if (code != E_OK)
    return code;
  int why = start_child(argv, environment, &child, &fd);
  mem_free(environment);
  if (why != 0) {
    if (child > 0)
      (void)end_of(child, deadline);
    return cannot_start(argv[0], why, err);
  }
  code = read_output(out, fd, deadline, argv[0], err);
  (void)close(fd);
  int status = end_of(child, code == E_OK ? deadline : 0);
  if (code != E_OK)
    return code;
  if (WIFSIGNALED(status))
    return err_set(err, E_LOCAL, "'%s' was ended by signal %d", argv[0],
                   WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    return err_set(err, E_LOCAL, "'%s' ended with status %d", argv[0],
                   WEXITSTATUS(status));
  return E_OK;
}

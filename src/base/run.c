#include "base/run.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/sig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
      "FOB_TOKEN=", "FOB_CLIENT_SECRET=", "FOB_STORE_KEY="};
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

/* The grandchild. Tells why it failed through report, which exec closes. */
static _Noreturn void become(char *const argv[], char *const environment[],
                             int report)
{
  run_restore_child();
  default_signals();
  close_on_exec();
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 &&
      dup2(null, 2) == 2)
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
      become(argv, environment, report);
    _exit(program < 0 ? (errno & 127) : 0);
  }
  int status = 0;
  while (waitpid(middle, &status, 0) < 0) {
    if (errno != EINTR)
      return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
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
    ssize_t got = 0;
    int reported;
    do {
      got = read(report[0], &reported, sizeof(reported));
    } while (got < 0 && errno == EINTR);
    if (why == 0 && got == (ssize_t)sizeof(reported))
      why = reported;
    (void)close(report[0]);
  }
  mem_free(environment);
  if (why != 0)
    return err_set(err, E_LOCAL, "cannot start '%s': %s", argv[0],
                   strerror(why));
  return E_OK;
}

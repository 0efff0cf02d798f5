#include "support/program.h"

#include "base/buf.h"
#include "base/mem.h"
#include "support/home.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60000, ARGS_MAX = 64, TYPE_MS = 10000, TICK_MS = 10 };

struct program {
  pid_t pid;
  int pidfd;
  int out, err;    /* memory files; err is -1 with a terminal */
  int terminal;    /* the master's side; -1 */
  struct buf seen; /* what came from the terminal */
  int64_t started, deadline;
  bool closed; /* the terminal's other side is gone */
};

static int64_t mono_ms(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int memory_file(const char *name, const char *bytes, size_t len)
{
  int fd = memfd_create(name, MFD_CLOEXEC);

  cr_assert_geq(fd, 0);
  cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
  cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
  return fd;
}

static int input_file(const struct program_options *o)
{
  if (o->input == NULL)
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
  return memory_file("input", o->input,
                     o->input_len ? o->input_len : strlen(o->input));
}

/* In the child. Signals are as a shell leaves them. */
static _Noreturn void become(const struct program_options *o)
{
  sigset_t none;

  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int s = 1; s < 32; s++)
    signal(s, SIG_DFL);
  if (o->dir != NULL && chdir(o->dir) != 0)
    _exit(126);
  if (o->in_child != NULL)
    o->in_child();
  environ = (char **)o->env;
  execvp(o->argv[0], (char *const *)o->argv);
  _exit(127);
}

static void start_plain(struct program *p, const struct program_options *o)
{
  int in = input_file(o);
  int out = o->out_fd > 0 ? o->out_fd : p->out;

  p->err = memory_file("err", "", 0);
  p->pid = fork();
  cr_assert_geq(p->pid, 0);
  if (p->pid == 0) {
    setpgid(0, 0);
    if (dup2(in, 0) != 0 || dup2(out, 1) != 1 || dup2(p->err, 2) != 2)
      _exit(126);
    become(o);
  }
  (void)setpgid(p->pid, p->pid);
  close(in);
}

static void start_terminal(struct program *p, const struct program_options *o)
{
  struct winsize size = {.ws_row = 40, .ws_col = 100};

  p->pid = forkpty(&p->terminal, NULL, NULL, &size);
  cr_assert_geq(p->pid, 0);
  if (p->pid == 0) {
    if (o->terminal == TERMINAL_BUT_OUTPUT && dup2(p->out, 1) != 1)
      _exit(126);
    become(o);
  }
  (void)fcntl(p->terminal, F_SETFL, O_NONBLOCK);
  (void)fcntl(p->terminal, F_SETFD, FD_CLOEXEC);
}

struct program *program_start(const struct program_options *options)
{
  struct program *p = mem_zalloc(sizeof(*p));

  cr_assert_not_null(p);
  p->terminal = p->err = -1;
  p->out = memory_file("out", "", 0);
  buf_init(&p->seen, BUF_BODY);
  p->started = mono_ms();
  p->deadline =
      p->started + (options->timeout_ms ? options->timeout_ms : TIMEOUT_MS);
  if (options->terminal == TERMINAL_NONE)
    start_plain(p, options);
  else
    start_terminal(p, options);
  p->pidfd = pidfd_open(p->pid, 0);
  cr_assert_geq(p->pidfd, 0);
  return p;
}

pid_t program_pid(const struct program *program)
{
  return program->pid;
}

static char *read_back(int fd, size_t *ret_len)
{
  off_t len = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
  char *text = mem_zalloc((size_t)len + 1);

  cr_assert_not_null(text);
  if (fd >= 0)
    cr_assert_eq(pread(fd, text, (size_t)len, 0), (ssize_t)len);
  *ret_len = (size_t)len;
  return text;
}

/* Takes what the terminal shows; a program that writes much must not stop at a
 * full pty. */
static void drain(struct program *p)
{
  char piece[4096];
  ssize_t n;

  while (p->terminal >= 0 &&
         (n = read(p->terminal, piece, sizeof(piece))) != -1) {
    if (n == 0)
      break;
    buf_put(&p->seen, piece, (size_t)n);
  }
}

/* True when it has ended. */
static bool tick(struct program *p, int ms)
{
  struct pollfd fds[2] = {
      {.fd = p->pidfd, .events = POLLIN},
      {.fd = p->closed ? -1 : p->terminal, .events = POLLIN}};

  (void)poll(fds, 2, ms);
  if (fds[1].revents & (POLLHUP | POLLERR))
    p->closed = true; /* not a reason to poll again at once */
  drain(p);
  return fds[0].revents != 0;
}

char *program_seen(struct program *program)
{
  size_t len;

  if (program->terminal < 0)
    return read_back(program->err, &len);
  drain(program);
  return mem_copy(buf_text(&program->seen), program->seen.len);
}

bool program_await(struct program *program, const char *text, int timeout_ms)
{
  int64_t until = mono_ms() + timeout_ms;

  for (;;) {
    bool ended = tick(program, TICK_MS);
    AUTO_STR char *seen = program_seen(program);
    if (strstr(seen, text) != NULL)
      return true;
    if (ended || mono_ms() > until)
      return false;
  }
}

void program_type(struct program *program, const char *text)
{
  int64_t deadline = mono_ms() + TYPE_MS;

  cr_assert_geq(program->terminal, 0);
  while (*text != '\0') {
    ssize_t n = write(program->terminal, text, strlen(text));
    if (n > 0)
      text += n;
    else if (tick(program, TICK_MS))
      return; /* it has ended, and nobody reads any more */
    cr_assert_lt(mono_ms(), deadline, "nobody takes what is typed");
  }
}

bool program_echoes(const struct program *program)
{
  struct termios settings;

  cr_assert_eq(tcgetattr(program->terminal, &settings), 0);
  return (settings.c_lflag & ECHO) != 0;
}

void program_finish(struct program *p, struct outcome *ret_outcome)
{
  struct outcome o = {.status = -1};
  int status;

  while (!tick(p, TICK_MS * 10)) {
    if (mono_ms() > p->deadline) {
      o.timed_out = true;
      (void)kill(-p->pid, SIGKILL);
      (void)kill(p->pid, SIGKILL);
      break;
    }
  }
  cr_assert_eq(waitpid(p->pid, &status, 0), p->pid);
  drain(p);
  o.ms = mono_ms() - p->started;
  if (WIFEXITED(status))
    o.status = WEXITSTATUS(status);
  else
    o.signal = WTERMSIG(status);
  o.out = read_back(p->out, &o.out_len);
  o.err = read_back(p->err, &o.err_len);
  if (p->terminal >= 0) {
    mem_free(o.err);
    o.err_len = p->seen.len;
    o.err = mem_copy(buf_text(&p->seen), p->seen.len);
    close(p->terminal);
  }
  if (p->err >= 0)
    close(p->err);
  close(p->out);
  close(p->pidfd);
  buf_clear(&p->seen);
  mem_free(p);
  if (ret_outcome != NULL)
    *ret_outcome = o;
  else
    outcome_clear(&o);
}

void program_run(const struct program_options *options,
                 struct outcome *ret_outcome)
{
  program_finish(program_start(options), ret_outcome);
}

void outcome_clear(struct outcome *outcome)
{
  mem_free(outcome->out);
  mem_free(outcome->err);
  memset(outcome, 0, sizeof(*outcome));
}

/* --- which programs --------------------------------------------------------
 */

char *program_sibling(const char *name)
{
  char self[4096];
  ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

  cr_assert_gt(len, 0);
  self[len] = '\0';
  *strrchr(self, '/') = '\0';
  char *path = mem_printf("%s/%s", self, name);
  cr_assert_eq(access(path, X_OK), 0, "%s is missing: make build-tests", path);
  return path;
}

char *program_fob(void)
{
  const char *path = getenv("FOB_BIN");
  char *absolute;

  if (path == NULL || *path == '\0')
    return program_sibling("../fob");
  absolute = realpath(path, NULL);
  cr_assert_not_null(absolute, "FOB_BIN: %s is not there", path);
  char *copy = mem_str(absolute);
  free(absolute);
  return copy;
}

static struct program *start_list(const struct home *home,
                                  enum terminal terminal, const char *input,
                                  va_list args)
{
  AUTO_STR char *path = program_fob();
  const char *argv[ARGS_MAX] = {path};
  size_t count = 1;

  while ((argv[count] = va_arg(args, const char *)) != NULL)
    cr_assert_lt(++count, ARGS_MAX);
  return program_start(&(struct program_options){
      .argv = argv, .env = home->env, .input = input, .terminal = terminal});
}

void fob(const struct home *home, struct outcome *ret_outcome, ...)
{
  va_list args;

  va_start(args, ret_outcome);
  program_finish(start_list(home, TERMINAL_NONE, NULL, args), ret_outcome);
  va_end(args);
}

void fob_input(const struct home *home, struct outcome *ret_outcome,
               const char *input, ...)
{
  va_list args;

  va_start(args, input);
  program_finish(start_list(home, TERMINAL_NONE, input, args), ret_outcome);
  va_end(args);
}

struct program *fob_start(const struct home *home, enum terminal terminal, ...)
{
  va_list args;

  va_start(args, terminal);
  struct program *program = start_list(home, terminal, NULL, args);
  va_end(args);
  return program;
}

#include "base/sig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_readable(int fd)
{
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  return poll(&wait, 1, 0) == 1;
}

Test(sig, notes_the_first_signal)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
    pid_t child = fork();
    if (child == 0) {
      bool ok = sig_fd() == -1 && sig_setup(NULL) == E_OK;
      ok = ok && sig_caught() == 0 && !is_readable(sig_fd());
      ok = ok && sig_check(NULL) == E_OK;
      ok = ok && raise(signals[i]) == 0 && raise(SIGINT) == 0;
      ok = ok && sig_caught() == signals[i] && is_readable(sig_fd());
      ok = ok && sig_check(NULL) == E_SIGNAL;
      sig_reraise();
      _exit(ok ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status), "ended with %d", status);
    cr_assert_eq(WTERMSIG(status), signals[i]);
  }
}

Test(sig, names_the_signal)
{
  struct err err = ERR_INIT;
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(raise(SIGHUP), 0);
  cr_assert_eq(sig_check(&err), E_SIGNAL);
  cr_assert_str_eq(err.message, "interrupted by SIGHUP");
}

Test(sig, defers_one_signal_and_not_the_next)
{
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(raise(SIGTERM), 0);
  cr_assert_eq(raise(SIGTERM), 0);
  cr_assert_eq(sig_caught(), SIGTERM);
  sig_defer();
  cr_assert_eq(sig_caught(), 0);
  cr_assert_eq(sig_check(NULL), E_OK);
  cr_assert_not(is_readable(sig_fd()));
  cr_assert_eq(raise(SIGINT), 0);
  cr_assert_eq(sig_caught(), SIGTERM);
  cr_assert(is_readable(sig_fd()));
}

Test(sig, resumes_what_it_deferred)
{
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(raise(SIGINT), 0);
  sig_defer();
  sig_resume();
  cr_assert_eq(sig_caught(), SIGINT);
}

Test(sig, holds_as_often_as_asked)
{
  cr_assert_eq(sig_setup(NULL), E_OK);
  sig_hold();
  sig_hold();
  cr_assert_eq(raise(SIGTERM), 0);
  cr_assert_eq(raise(SIGINT), 0);
  cr_assert_eq(sig_caught(), 0);
  cr_assert_eq(sig_check(NULL), E_OK);
  cr_assert(is_readable(sig_fd()));
  cr_assert_not(sig_overdue());
  sig_release();
  cr_assert_eq(sig_caught(), 0);
  sig_release();
  cr_assert_eq(sig_caught(), SIGTERM);
  cr_assert_eq(sig_check(NULL), E_SIGNAL);
  cr_assert_not(sig_overdue());
}

Test(sig, is_overdue_five_seconds_after_the_signal, .timeout = 30)
{
  cr_assert_eq(sig_setup(NULL), E_OK);
  sig_hold();
  cr_assert_not(sig_overdue());
  cr_assert_eq(raise(SIGTERM), 0);
  int64_t waited = 0;
  for (; !sig_overdue(); waited += 100)
    (void)poll(NULL, 0, 100);
  cr_assert_geq(waited, 4500);
}

/* As if it came behind the last look and before the call. */
Test(sig, ends_a_call_that_the_signal_came_too_early_for, .timeout = 30)
{
  struct err err = ERR_INIT;
  int fds[2];
  char byte;

  cr_assert_eq(pipe(fds), 0);
  cr_assert_eq(sig_setup(&err), E_OK);
  cr_assert_eq(raise(SIGINT), 0);
  for (int i = 0; i < 2; i++) {
    cr_assert_eq(read(fds[0], &byte, 1), -1);
    cr_assert_eq(errno, EINTR);
  }
}

Test(sig, leaves_ignored_signals_ignored)
{
  cr_assert_neq(signal(SIGHUP, SIG_IGN), SIG_ERR);
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(raise(SIGHUP), 0);
  cr_assert_eq(sig_caught(), 0);
}

Test(sig, may_be_set_up_twice)
{
  cr_assert_eq(sig_setup(NULL), E_OK);
  int fd = sig_fd();
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(sig_fd(), fd);
}

/* The child does its part after sig_setup(); how it ended is returned. */
static int ended_by(void (*part)(void))
{
  pid_t child = fork();
  if (child == 0) {
    if (sig_setup(NULL) == E_OK)
      part();
    _exit(7);
  }
  int status = 0;
  cr_assert_eq(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void note_pipe(void)
{
  int ends[2];
  if (pipe(ends) != 0)
    return;
  (void)close(ends[0]);
  if (write(ends[1], "x", 1) != -1 || sig_pipe_noted())
    return;
  sig_note_pipe();
  if (sig_pipe_noted())
    sig_reraise();
}

static void note_nothing(void)
{
  sig_reraise();
}

static void note_both(void)
{
  sig_note_pipe();
  (void)raise(SIGTERM);
  sig_reraise();
}

static void raise_when_blocked(void)
{
  (void)raise(SIGINT);
  sigset_t set;
  (void)sigfillset(&set);
  (void)sigprocmask(SIG_SETMASK, &set, NULL);
  sig_reraise();
}

static void raise_while_held(void)
{
  sig_hold();
  (void)raise(SIGINT);
  sig_reraise();
}

static void write_after_restore(void)
{
  int ends[2];
  sig_restore_child();
  if (pipe(ends) != 0)
    return;
  (void)close(ends[0]);
  IGNORE(write(ends[1], "x", 1));
}

static void exceed(void)
{
  struct rlimit limit;
  int fd = memfd_create("limited", MFD_CLOEXEC);
  (void)getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 0;
  (void)setrlimit(RLIMIT_FSIZE, &limit);
  IGNORE(write(fd, "x", 1));
}

static void exceed_after_restore(void)
{
  sig_restore_child();
  exceed();
}

static void interrupt_after_restore(void)
{
  sig_restore_child();
  (void)raise(SIGINT);
}

static void ring_after_restore(void)
{
  sig_restore_child();
  (void)raise(SIGALRM);
}

Test(sig, ends_as_whatever_was_noted_would_have)
{
  cr_assert_eq(ended_by(note_pipe), SIGPIPE);
  cr_assert_eq(ended_by(note_nothing), -7);
  cr_assert_eq(ended_by(exceed), -7);
  cr_assert_eq(ended_by(note_both), SIGTERM);
  cr_assert_eq(ended_by(raise_when_blocked), SIGINT);
  cr_assert_eq(ended_by(raise_while_held), SIGINT);
}

Test(sig, gives_a_child_what_it_would_have_had)
{
  cr_assert_eq(ended_by(write_after_restore), SIGPIPE);
  cr_assert_eq(ended_by(interrupt_after_restore), SIGINT);
  cr_assert_eq(ended_by(exceed_after_restore), SIGXFSZ);
  cr_assert_eq(ended_by(ring_after_restore), SIGALRM);
  cr_assert_neq(signal(SIGALRM, SIG_IGN), SIG_ERR);
  cr_assert_eq(ended_by(ring_after_restore), -7);
  cr_assert_neq(signal(SIGPIPE, SIG_IGN), SIG_ERR);
  cr_assert_neq(signal(SIGINT, SIG_IGN), SIG_ERR);
  cr_assert_eq(ended_by(write_after_restore), -7);
  cr_assert_eq(ended_by(interrupt_after_restore), -7);
}

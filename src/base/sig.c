/* The descriptor that wakes whoever waits is an eventfd. It is read by
 * sig_defer() alone, so it stays readable once a signal has come. */
#include "base/sig.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { OVERDUE_MS = 5000, RING_S = 1 };

static const int CAUGHT[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static atomic_int noted;        /* the first signal */
static atomic_llong noted_ms;   /* when it came */
static atomic_bool noted_again; /* another one since sig_defer() */
static bool deferred;
static volatile sig_atomic_t pipe_noted;
static int held;
static int wake_fd = -1;
static bool is_set_up;
static struct sigaction pipe_before, limit_before, alarm_before;

/* Not clock_mono_ms(): clock.c waits with the help of this file. */
static long long mono_ms(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note(int signal)
{
  int saved = errno;
  int none = 0;
  if (atomic_load(&noted) == 0) {
    atomic_store(&noted_ms, mono_ms());
    (void)atomic_compare_exchange_strong(&noted, &none, signal);
  } else {
    atomic_store(&noted_again, true);
  }
  uint64_t one = 1;
  IGNORE(write(wake_fd, &one, sizeof(one)));
  (void)alarm(RING_S);
  errno = saved;
}

static void ring(int signal)
{
  (void)signal;
  (void)alarm(RING_S);
}

enum code sig_setup(struct err *err)
{
  if (wake_fd < 0)
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0)
    return err_set(err, E_LOCAL, "cannot prepare for signals: %s",
                   strerror(errno));

  struct sigaction action = {.sa_handler = note};
  (void)sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < ARRAY_LEN(CAUGHT); i++) {
    struct sigaction before;
    (void)sigaction(CAUGHT[i], NULL, &before);
    /* nohup, and a shell's background jobs, ask for this. */
    if (before.sa_handler != SIG_IGN)
      (void)sigaction(CAUGHT[i], &action, NULL);
  }

  struct sigaction again = {.sa_handler = ring};
  (void)sigemptyset(&again.sa_mask);
  (void)sigaction(SIGALRM, &again, is_set_up ? NULL : &alarm_before);

  struct sigaction ignore = {.sa_handler = SIG_IGN};
  (void)sigaction(SIGPIPE, &ignore, is_set_up ? NULL : &pipe_before);
  (void)sigaction(SIGXFSZ, &ignore, is_set_up ? NULL : &limit_before);
  is_set_up = true;
  return E_OK;
}

int sig_caught(void)
{
  if (held > 0 || (deferred && !atomic_load(&noted_again)))
    return 0;
  return atomic_load(&noted);
}

int sig_fd(void)
{
  return wake_fd;
}

void sig_hold(void)
{
  held++;
}

void sig_release(void)
{
  held--;
}

bool sig_overdue(void)
{
  return held > 0 && atomic_load(&noted) != 0 &&
         mono_ms() - atomic_load(&noted_ms) > OVERDUE_MS;
}

void sig_defer(void)
{
  uint64_t count;

  deferred = true;
  atomic_store(&noted_again, false);
  IGNORE(read(wake_fd, &count, sizeof(count)));
}

void sig_resume(void)
{
  deferred = false;
}

enum code sig_check(struct err *err)
{
  int signal = sig_caught();
  if (signal == 0)
    return E_OK;
  return err_set(err, E_SIGNAL, "interrupted by SIG%s", sigabbrev_np(signal));
}

void sig_note_pipe(void)
{
  pipe_noted = 1;
}

bool sig_pipe_noted(void)
{
  return pipe_noted != 0;
}

void sig_reraise(void)
{
  int signal = atomic_load(&noted);
  if (signal == 0 && pipe_noted != 0)
    signal = SIGPIPE;
  if (signal == 0)
    return;

  struct sigaction action = {.sa_handler = SIG_DFL};
  (void)sigaction(signal, &action, NULL);
  sigset_t set;
  (void)sigemptyset(&set);
  (void)sigaddset(&set, signal);
  (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
  (void)raise(signal);
}

void sig_restore_child(void)
{
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (size_t i = 0; i < ARRAY_LEN(CAUGHT); i++) {
    struct sigaction now;
    (void)sigaction(CAUGHT[i], NULL, &now);
    if (now.sa_handler == note)
      (void)sigaction(CAUGHT[i], &action, NULL);
  }
  if (is_set_up) {
    (void)sigaction(SIGPIPE, &pipe_before, NULL);
    (void)sigaction(SIGXFSZ, &limit_before, NULL);
    (void)sigaction(SIGALRM, &alarm_before, NULL);
  }
}

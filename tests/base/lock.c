#include "base/lock.h"

#include "base/clock.h"
#include "base/sig.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that holds the lock at path until it is killed. */
static pid_t start_holder(const char *path)
{
  int ends[2];
  char c;
  cr_assert_eq(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    struct lock *lock;
    if (lock_take(&lock, path, 0, NULL) != E_OK || write(ends[1], "x", 1) != 1)
      _exit(1);
    for (;;)
      (void)pause();
  }
  (void)close(ends[1]);
  cr_assert_eq(read(ends[0], &c, 1), 1, "the holder has no lock");
  (void)close(ends[0]);
  return child;
}

static void end(pid_t child)
{
  int status;
  cr_assert_eq(kill(child, SIGKILL), 0);
  cr_assert_eq(waitpid(child, &status, 0), child);
}

Test(lock, makes_its_private_directory_and_file)
{
  struct stat st;
  AUTO(lock) lock = NULL;
  (void)umask(0777);
  cr_assert_eq(lock_take(&lock, scratch_path("a/locks/x"), 0, NULL), E_OK);
  (void)umask(022);
  cr_assert_eq(stat(scratch_path("a/locks"), &st), 0);
  cr_assert_eq(st.st_mode & 07777, 0700);
  cr_assert_eq(stat(scratch_path("a/locks/x"), &st), 0);
  cr_assert_eq(st.st_mode & 07777, 0600);
}

Test(lock, times_out_and_names_the_holder)
{
  const char *path = scratch_path("locks/x");
  struct err err = ERR_INIT;
  struct lock *lock = NULL;
  pid_t holder = start_holder(path);
  int64_t start = clock_mono_ms();
  cr_assert_eq(lock_take(&lock, path, 120, &err), E_LOCK_TIMEOUT);
  cr_assert_geq(clock_mono_ms() - start, 120);
  cr_assert_null(lock);
  char expected[200];
  (void)snprintf(expected, sizeof(expected), "process %d holds the lock '",
                 (int)holder);
  cr_assert_eq(strncmp(err.message, expected, strlen(expected)), 0, "%s",
               err.message);
  (void)snprintf(expected, sizeof(expected), "ps -p %d -o pid,etime,args",
                 (int)holder);
  cr_assert_str_eq(err.hint, expected);
  cr_assert_eq(lock_take(&lock, path, 0, &err), E_LOCK_TIMEOUT);
  end(holder);
}

Test(lock, is_free_once_its_holder_is_killed)
{
  const char *path = scratch_path("locks/x");
  pid_t holder = start_holder(path);
  AUTO(lock) lock = NULL;
  end(holder);
  cr_assert_eq(lock_take(&lock, path, 0, NULL), E_OK);
}

Test(lock, names_nobody_once_it_is_free)
{
  struct lock *lock;
  const char *path = scratch_path("locks/x");
  char pid[32];
  (void)snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
  cr_assert_eq(lock_take(&lock, path, 0, NULL), E_OK);
  cr_assert_str_eq(scratch_read(path), pid);
  lock_free(lock);
  cr_assert_str_eq(scratch_read(path), "");
  lock_free(NULL);
}

Test(lock, ignores_what_is_no_pid)
{
  static const char *const contents[] = {
      "", "x\n", "-1\n", "12", "99999999999\n", "1\n2\n", "\x1b[31m\n"};
  struct lock *lock;
  const char *path = scratch_path("locks/x");
  cr_assert_eq(lock_take(&lock, path, 0, NULL), E_OK);
  for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
    struct err err = ERR_INIT;
    struct lock *second = NULL;
    scratch_write(path, contents[i], 0600);
    cr_assert_eq(lock_take(&second, path, 0, &err), E_LOCK_TIMEOUT);
    cr_assert_eq(strncmp(err.message, "another process holds the lock '", 32),
                 0, "%s", err.message);
    cr_assert_str_eq(err.hint, "");
  }
  lock_free(lock);
}

Test(lock, keeps_out_a_second_taker_in_one_process)
{
  struct lock *first, *second = NULL;
  const char *path = scratch_path("locks/x");
  cr_assert_eq(lock_take(&first, path, 0, NULL), E_OK);
  cr_assert_eq(lock_take(&second, path, 0, NULL), E_LOCK_TIMEOUT);
  AUTO(lock) other = NULL;
  cr_assert_eq(lock_take(&other, scratch_path("locks/y"), 0, NULL), E_OK);
  lock_free(first);
  cr_assert_eq(lock_take(&second, path, 0, NULL), E_OK);
  lock_free(second);
}

/* Each child reads a number, waits, and writes the next one. */
Test(lock, lets_one_process_in_at_a_time, .timeout = 60)
{
  enum { CHILDREN = 12, ROUNDS = 5 };
  const char *path = scratch_path("locks/x");
  const char *counter = scratch_path("counter");
  scratch_write(counter, "0", 0600);
  for (int i = 0; i < CHILDREN; i++) {
    if (fork() != 0)
      continue;
    for (int round = 0; round < ROUNDS; round++) {
      struct lock *lock;
      if (lock_take(&lock, path, 30000, NULL) != E_OK)
        _exit(1);
      char text[32];
      (void)snprintf(text, sizeof(text), "%d", atoi(scratch_read(counter)) + 1);
      (void)usleep(500);
      scratch_write(counter, text, 0600);
      lock_free(lock);
    }
    _exit(0);
  }
  for (int i = 0; i < CHILDREN; i++) {
    int status;
    cr_assert_gt(wait(&status), 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  cr_assert_eq(atoi(scratch_read(counter)), CHILDREN * ROUNDS);
}

/* Somebody removes the file while one waits: who comes later must not get a
 * lock of his own beside the one that waits. */
Test(lock, follows_a_file_that_was_removed)
{
  const char *path = scratch_path("locks/x");
  pid_t holder = start_holder(path);
  int ends[2];
  char c;
  cr_assert_eq(pipe(ends), 0);
  pid_t waiter = fork();
  if (waiter == 0) {
    struct lock *lock;
    (void)close(ends[0]);
    bool ok = lock_take(&lock, path, 20000, NULL) == E_OK;
    (void)!write(ends[1], ok ? "y" : "n", 1);
    for (;;)
      (void)pause();
  }
  (void)close(ends[1]);
  (void)usleep(60 * 1000);
  cr_assert_eq(unlink(path), 0);
  end(holder);
  cr_assert_eq(read(ends[0], &c, 1), 1);
  cr_assert_eq(c, 'y');
  struct lock *lock = NULL;
  cr_assert_eq(lock_take(&lock, path, 0, NULL), E_LOCK_TIMEOUT);
  end(waiter);
}

Test(lock, stops_waiting_when_a_signal_comes, .timeout = 20)
{
  struct lock *first, *second = NULL;
  struct err err = ERR_INIT;
  const char *path = scratch_path("locks/x");
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(lock_take(&first, path, 0, NULL), E_OK);
  pid_t child = fork();
  if (child == 0) {
    (void)usleep(30 * 1000);
    (void)kill(getppid(), SIGTERM);
    _exit(0);
  }
  cr_assert_eq(lock_take(&second, path, 30000, &err), E_SIGNAL);
  cr_assert_null(second);
  lock_free(first);
}

Test(lock, refuses_places_that_cannot_be_trusted)
{
  struct err err = ERR_INIT;
  struct lock *lock = NULL;
  cr_assert_eq(mkdir(scratch_path("open"), 0755), 0);
  cr_assert_eq(lock_take(&lock, scratch_path("open/x"), 0, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "open to others"));
  cr_assert_eq(mkdir(scratch_path("d"), 0700), 0);
  scratch_write(scratch_path("file"), "kept", 0600);
  cr_assert_eq(symlink("../file", scratch_path("d/link")), 0);
  cr_assert_eq(lock_take(&lock, scratch_path("d/link"), 0, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "is a link"));
  cr_assert_str_eq(scratch_read(scratch_path("file")), "kept");
  cr_assert_eq(mkfifo(scratch_path("d/fifo"), 0600), 0);
  cr_assert_eq(lock_take(&lock, scratch_path("d/fifo"), 0, &err), E_LOCK);
  cr_assert_eq(mkdir(scratch_path("d/dir"), 0700), 0);
  cr_assert_eq(lock_take(&lock, scratch_path("d/dir"), 0, &err), E_LOCK);
  cr_assert_eq(lock_take(&lock, scratch_path("file/x"), 0, &err), E_LOCK);
  cr_assert_null(lock);
}

Test(lock, refuses_a_file_of_somebody_else)
{
  struct err err = ERR_INIT;
  struct lock *lock = NULL;
  if (geteuid() != 0) {
    cr_assert_eq(lock_take(&lock, "/etc/x", 0, &err), E_LOCK);
    cr_assert_not_null(strstr(err.message, "belongs to user 0"));
    return;
  }
  cr_assert_eq(mkdir(scratch_path("d"), 0700), 0);
  scratch_write(scratch_path("d/x"), "", 0600);
  cr_assert_eq(chown(scratch_path("d/x"), 12345, 0), 0);
  cr_assert_eq(lock_take(&lock, scratch_path("d/x"), 0, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "belongs to user 12345"));
}

Test(lock, does_not_pass_to_programs_that_are_started)
{
  const char *path = scratch_path("locks/x");
  struct lock *lock;
  cr_assert_eq(lock_take(&lock, path, 0, NULL), E_OK);
  pid_t child = fork();
  if (child == 0) {
    (void)execlp("sleep", "sleep", "30", (char *)NULL);
    _exit(1);
  }
  (void)usleep(50 * 1000);
  lock_free(lock);
  AUTO(lock) again = NULL;
  enum code code = lock_take(&again, path, 2000, NULL);
  end(child);
  cr_assert_eq(code, E_OK);
}

#include "base/file.h"

#include "base/mem.h"
#include "base/sig.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static enum code read_file(const char *path, enum file_kind kind, size_t max,
                           const char *text, struct err *err)
{
  AUTO_BUF struct buf out = BUF_INIT(max);
  enum code code = file_read(&out, path, kind, max, E_PROFILE, err);
  if (code == E_OK)
    cr_assert_str_eq(buf_text(&out), text);
  return code;
}

/* --- reading ----------------------------------------------------------- */

Test(file, reads_up_to_its_limit)
{
  const char *path = scratch_path("x");
  struct err err = ERR_INIT;
  scratch_write(path, "0123456789", 0600);
  cr_assert_eq(read_file(path, FILE_OWN, 10, "0123456789", &err), E_OK);
  cr_assert_eq(read_file(path, FILE_OWN, 9, "", &err), E_PROFILE);
  cr_assert_not_null(strstr(err.message, "/x' is larger than 9 bytes"));
  scratch_write(path, "", 0600);
  cr_assert_eq(read_file(path, FILE_OWN, 0, "", &err), E_OK);
}

Test(file, reads_more_than_a_chunk)
{
  char text[100001];
  memset(text, 'x', 100000);
  text[100000] = '\0';
  scratch_write(scratch_path("x"), text, 0600);
  cr_assert_eq(read_file(scratch_path("x"), FILE_OWN, 100000, text, NULL),
               E_OK);
  cr_assert_eq(read_file(scratch_path("x"), FILE_OWN, 99999, text, NULL),
               E_PROFILE);
}

Test(file, tells_absent_from_unreadable)
{
  struct err err = ERR_INIT;
  scratch_write(scratch_path("x"), "x", 0600);
  cr_assert_eq(read_file(scratch_path("none"), FILE_OWN, 9, "", &err),
               E_NOT_FOUND);
  cr_assert_not_null(strstr(err.message, "none': No such file or directory"));
  cr_assert_eq(read_file(scratch_path("x/y"), FILE_USER, 9, "", &err),
               E_NOT_FOUND);
  cr_assert_eq(read_file(scratch_dir(), FILE_ANY, 9, "", &err), E_PROFILE);
  cr_assert_not_null(strstr(err.message, "is a directory"));
}

Test(file, judges_modes_by_whose_file_it_is)
{
  static const struct {
    unsigned mode;
    bool own, user;
  } rows[] = {
      {0600, true, true},   {0400, true, true},   {0700, true, true},
      {0640, false, true},  {0604, false, true},  {0444, false, true},
      {0644, false, true},  {0610, false, true},  {0620, false, false},
      {0602, false, false}, {0666, false, false}, {0664, false, false},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;
    const char *path = scratch_path("x");
    scratch_write(path, "x", rows[i].mode);
    cr_assert_eq(read_file(path, FILE_OWN, 9, "x", &err),
                 rows[i].own ? E_OK : E_PROFILE, "%o", rows[i].mode);
    if (!rows[i].own) {
      char hint[5000];
      (void)snprintf(hint, sizeof(hint), "chmod 600 %s", path);
      cr_assert_str_eq(err.hint, hint);
    }
    cr_assert_eq(read_file(path, FILE_USER, 9, "x", &err),
                 rows[i].user ? E_OK : E_PROFILE, "%o", rows[i].mode);
    cr_assert_eq(read_file(path, FILE_ANY, 9, "x", &err), E_OK);
    cr_assert_eq(unlink(path), 0);
  }
}

Test(file, gives_a_remedy_that_can_be_pasted)
{
  struct err err = ERR_INIT;
  const char *path = scratch_path("it's here");
  scratch_write(path, "x", 0666);
  cr_assert_eq(read_file(path, FILE_USER, 9, "", &err), E_PROFILE);
  cr_assert_eq(system(err.hint), 0);
  cr_assert_eq(read_file(path, FILE_USER, 9, "x", &err), E_OK);
}

Test(file, follows_links_only_for_the_users_files)
{
  struct err err = ERR_INIT;
  scratch_write(scratch_path("x"), "x", 0600);
  cr_assert_eq(symlink("x", scratch_path("link")), 0);
  cr_assert_eq(read_file(scratch_path("link"), FILE_USER, 9, "x", &err), E_OK);
  cr_assert_eq(read_file(scratch_path("link"), FILE_ANY, 9, "x", &err), E_OK);
  cr_assert_eq(read_file(scratch_path("link"), FILE_OWN, 9, "x", &err),
               E_PROFILE);
  cr_assert_not_null(strstr(err.message, "is a link"));
}

Test(file, refuses_a_fifo_of_its_own_without_waiting, .timeout = 20)
{
  cr_assert_eq(mkfifo(scratch_path("fifo"), 0600), 0);
  cr_assert_eq(read_file(scratch_path("fifo"), FILE_OWN, 9, "", NULL),
               E_PROFILE);
}

Test(file, reads_what_the_user_pipes, .timeout = 20)
{
  int ends[2];
  char path[64];
  cr_assert_eq(pipe(ends), 0);
  cr_assert_eq(write(ends[1], "test-value", 10), 10);
  (void)close(ends[1]);
  (void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
  cr_assert_eq(read_file(path, FILE_USER, 100, "test-value", NULL), E_OK);
  cr_assert_eq(read_file("/dev/null", FILE_USER, 100, "", NULL), E_OK);
}

/* Root can make a file of somebody else; everybody else finds one of root. */
Test(file, refuses_files_of_others)
{
  struct err err = ERR_INIT;
  AUTO_BUF struct buf out = BUF_INIT(BUF_DOCUMENT);
  if (geteuid() != 0) {
    cr_assert_eq(
        file_read(&out, "/etc/passwd", FILE_OWN, BUF_DOCUMENT, E_PROFILE, &err),
        E_PROFILE);
    cr_assert_not_null(strstr(err.message, "belongs to user 0, not to you"));
    cr_assert_eq(file_read(&out, "/etc/passwd", FILE_USER, BUF_DOCUMENT,
                           E_PROFILE, &err),
                 E_OK);
    return;
  }
  scratch_write(scratch_path("x"), "x", 0600);
  cr_assert_eq(chown(scratch_path("x"), 12345, 0), 0);
  cr_assert_eq(read_file(scratch_path("x"), FILE_OWN, 9, "", &err), E_PROFILE);
  cr_assert_not_null(strstr(err.message, "belongs to user 12345, not to you"));
  cr_assert_eq(read_file(scratch_path("x"), FILE_USER, 9, "", &err), E_PROFILE);
  cr_assert_not_null(strstr(err.message, "not to you or to root"));
  cr_assert_eq(read_file(scratch_path("x"), FILE_ANY, 9, "x", &err), E_OK);
}

static void close_fd(int *fd)
{
  (void)close(*fd);
}

Test(file, never_leaves_a_descriptor_behind)
{
  scratch_write(scratch_path("bad"), "x", 0666);
  scratch_write(scratch_path("good"), "0123456789", 0600);
  __attribute__((cleanup(close_fd))) int before = dup(0);
  for (int i = 0; i < 3; i++) {
    (void)!read_file(scratch_path("bad"), FILE_OWN, 9, "", NULL);
    (void)!read_file(scratch_dir(), FILE_ANY, 9, "", NULL);
    (void)!read_file(scratch_path("good"), FILE_OWN, 9, "", NULL);
    (void)!read_file(scratch_path("good"), FILE_OWN, 10, "0123456789", NULL);
    (void)!file_replace(scratch_path("good"), "0123456789", 10, true, E_LOCAL,
                        NULL);
    (void)!file_replace(scratch_path("no/x"), "x", 1, true, E_LOCAL, NULL);
    (void)!file_mkdirs(scratch_path("a/b"), true, E_LOCAL, NULL);
    (void)!file_remove(scratch_path("none"), E_LOCAL, NULL);
  }
  __attribute__((cleanup(close_fd))) int after = dup(0);
  cr_assert_eq(after, before + 1);
}

Test(file, stops_reading_when_a_signal_comes, .timeout = 20)
{
  int ends[2];
  AUTO_BUF struct buf out = BUF_INIT(100);
  struct err err = ERR_INIT;
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(pipe(ends), 0);
  cr_assert_eq(write(ends[1], "x", 1), 1);
  struct itimerspec soon = {.it_value.tv_nsec = 20 * 1000 * 1000};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGINT};
  timer_t timer;
  cr_assert_eq(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  cr_assert_eq(timer_settime(timer, 0, &soon, NULL), 0);
  cr_assert_eq(file_read_fd(&out, ends[0], "standard input", 100, &err),
               E_SIGNAL);
}

Test(file, reads_on_while_signals_are_held, .timeout = 20)
{
  int ends[2];
  AUTO_BUF struct buf out = BUF_INIT(100);
  cr_assert_eq(sig_setup(NULL), E_OK);
  sig_hold();
  cr_assert_eq(raise(SIGINT), 0);
  cr_assert_eq(pipe(ends), 0);
  cr_assert_eq(write(ends[1], "abc", 3), 3);
  (void)close(ends[1]);
  cr_assert_eq(file_read_fd(&out, ends[0], "standard input", 100, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), "abc");
}

Test(file, says_why_a_descriptor_cannot_be_read)
{
  struct err err = ERR_INIT;
  AUTO_BUF struct buf out = BUF_INIT(100);
  cr_assert_eq(file_read_fd(&out, 999, "standard input", 100, &err), E_LOCAL);
  cr_assert_str_eq(err.message,
                   "cannot read standard input: Bad file descriptor");
}

/* --- writing to descriptors --------------------------------------------- */

Test(file, writes_all_through_a_narrow_pipe, .timeout = 60)
{
  enum { LEN = 300000 };
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  cr_assert_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  pid_t child = fork();
  if (child == 0) {
    char chunk[999];
    size_t total = 0;
    ssize_t got;
    (void)close(ends[1]);
    while ((got = read(ends[0], chunk, sizeof(chunk))) > 0)
      total += (size_t)got;
    _exit(total == LEN ? 0 : 1);
  }
  char *text = calloc(1, LEN);
  cr_assert_eq(file_write_fd(ends[1], text, LEN, "x", NULL), E_OK);
  free(text);
  (void)close(ends[1]);
  int status;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(file, reports_output_that_is_lost)
{
  struct err err = ERR_INIT;
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  cr_assert_eq(file_write_fd(full, "x", 1, "standard output", &err), E_OUTPUT);
  cr_assert_str_eq(err.message,
                   "cannot write to standard output: No space left on device");
  cr_assert_not(sig_pipe_noted());
}

Test(file, notes_a_reader_that_went_away)
{
  int ends[2];
  struct err err = ERR_INIT;
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(pipe(ends), 0);
  (void)close(ends[0]);
  cr_assert_eq(file_write_fd(ends[1], "x", 1, "x", &err), E_OUTPUT);
  cr_assert_not(sig_pipe_noted());
  (void)fflush(stdout);
  cr_assert_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
  cr_assert_eq(file_write_fd(STDOUT_FILENO, "x", 1, "standard output", &err),
               E_OUTPUT);
  cr_assert(sig_pipe_noted());
}

Test(file, stops_writing_when_a_signal_comes, .timeout = 20)
{
  int ends[2];
  static char text[1000000];
  cr_assert_eq(sig_setup(NULL), E_OK);
  cr_assert_eq(pipe(ends), 0);
  struct itimerspec soon = {.it_value.tv_nsec = 20 * 1000 * 1000};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                           .sigev_signo = SIGTERM};
  timer_t timer;
  cr_assert_eq(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  cr_assert_eq(timer_settime(timer, 0, &soon, NULL), 0);
  cr_assert_eq(file_write_fd(ends[1], text, sizeof(text), "x", NULL), E_SIGNAL);
}

/* --- descriptors, stamps ----------------------------------------------- */

Test(file, fills_the_places_of_closed_standard_streams)
{
  pid_t child = fork();
  if (child == 0) {
    char c;
    (void)close(0);
    (void)close(1);
    (void)close(2);
    file_fix_standard_fds();
    int next = open("/dev/null", O_RDONLY);
    bool ok = next >= 3 && read(0, &c, 1) == -1 && errno == EBADF;
    ok = ok && write(1, "x", 1) == -1 && errno == EBADF;
    ok = ok && write(2, "x", 1) == -1;
    _exit(ok ? 0 : 1);
  }
  int status;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(file, leaves_open_standard_streams_alone)
{
  struct stat before[3], after[3];
  for (int fd = 0; fd < 3; fd++)
    cr_assert_eq(fstat(fd, before + fd), 0);
  file_fix_standard_fds();
  for (int fd = 0; fd < 3; fd++) {
    cr_assert_eq(fstat(fd, after + fd), 0);
    cr_assert_eq(before[fd].st_ino, after[fd].st_ino);
  }
}

Test(file, stamps_change_with_every_edit)
{
  struct file_stamp none, first, again, edited, replaced, restored;
  const char *path = scratch_path("x");
  file_stamp(&none, path);
  cr_assert_str_eq(none.text, "");
  scratch_write(path, "one", 0600);
  file_stamp(&first, path);
  file_stamp(&again, path);
  cr_assert_str_neq(first.text, "");
  cr_assert_str_eq(first.text, again.text);

  /* A file system's clock may tick every 4 ms. */
  struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
  (void)nanosleep(&tick, NULL);
  struct stat st;
  cr_assert_eq(stat(path, &st), 0);
  scratch_write(path, "two", 0600);
  file_stamp(&edited, path);
  cr_assert_str_neq(edited.text, first.text);

  /* The old time put back does not hide it. */
  struct timespec times[] = {st.st_atim, st.st_mtim};
  cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
  file_stamp(&restored, path);
  cr_assert_str_neq(restored.text, first.text);

  cr_assert_eq(file_replace(path, "two", 3, true, E_LOCAL, NULL), E_OK);
  file_stamp(&replaced, path);
  cr_assert_str_neq(replaced.text, restored.text);
}

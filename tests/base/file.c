#include "base/file.h"

#include "base/mem.h"
#include "base/sig.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static mode_t mode_of(const char *path)
{
  struct stat st;
  cr_assert_eq(lstat(path, &st), 0, "%s", path);
  return st.st_mode & 07777;
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

/* As root alone can files of others be made. */
Test(file, refuses_files_of_others)
{
  struct err err = ERR_INIT;
  scratch_write(scratch_path("x"), "x", 0600);
  if (geteuid() != 0)
    cr_skip_test("needs root");
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

/* --- directories ------------------------------------------------------- */

static void clear_environment(void)
{
  static const char *const names[] = {"FOB_CONFIG_DIR", "XDG_CONFIG_HOME",
                                      "XDG_DATA_HOME", "XDG_STATE_HOME"};
  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    cr_assert_eq(unsetenv(names[i]), 0);
}

static void expect_dir(enum file_dir which, const char *path)
{
  AUTO_STR char *dir = NULL;
  cr_assert_eq(file_dir(which, &dir, NULL), E_OK);
  cr_assert_str_eq(dir, path);
}

Test(file, finds_the_base_directories)
{
  clear_environment();
  (void)setenv("HOME", "/home/ann", 1);
  expect_dir(DIR_CONFIG, "/home/ann/.config/fob");
  expect_dir(DIR_DATA, "/home/ann/.local/share/fob");
  expect_dir(DIR_STATE, "/home/ann/.local/state/fob");
  (void)setenv("XDG_CONFIG_HOME", "/c", 1);
  (void)setenv("XDG_DATA_HOME", "/d/", 1);
  (void)setenv("XDG_STATE_HOME", "/s", 1);
  expect_dir(DIR_CONFIG, "/c/fob");
  expect_dir(DIR_DATA, "/d/fob");
  expect_dir(DIR_STATE, "/s/fob");
  (void)setenv("FOB_CONFIG_DIR", "/elsewhere", 1);
  expect_dir(DIR_CONFIG, "/elsewhere");
  expect_dir(DIR_DATA, "/d/fob");
  expect_dir(DIR_STATE, "/s/fob");
}

Test(file, takes_empty_and_relative_variables_for_unset)
{
  clear_environment();
  (void)setenv("HOME", "/home/ann", 1);
  (void)setenv("FOB_CONFIG_DIR", "", 1);
  (void)setenv("XDG_CONFIG_HOME", "relative", 1);
  (void)setenv("XDG_DATA_HOME", "", 1);
  (void)setenv("XDG_STATE_HOME", "./x", 1);
  expect_dir(DIR_CONFIG, "/home/ann/.config/fob");
  expect_dir(DIR_DATA, "/home/ann/.local/share/fob");
  expect_dir(DIR_STATE, "/home/ann/.local/state/fob");
}

Test(file, refuses_a_relative_config_dir)
{
  struct err err = ERR_INIT;
  char *dir = NULL;
  (void)setenv("FOB_CONFIG_DIR", "conf", 1);
  cr_assert_eq(file_dir(DIR_CONFIG, &dir, &err), E_ENVIRONMENT);
  cr_assert_str_eq(err.message,
                   "FOB_CONFIG_DIR is 'conf', which is not an absolute path");
  cr_assert_null(dir);
}

Test(file, keeps_locks_where_no_variable_moves_them)
{
  struct passwd *entry = getpwuid(geteuid());
  cr_assert_not_null(entry);
  char expected[4096];
  (void)snprintf(expected, sizeof(expected), "%s/.local/state/fob/locks",
                 entry->pw_dir);
  (void)setenv("HOME", "/elsewhere", 1);
  (void)setenv("XDG_STATE_HOME", "/elsewhere", 1);
  (void)setenv("FOB_CONFIG_DIR", "/elsewhere", 1);
  expect_dir(DIR_LOCKS, expected);
  (void)clearenv();
  expect_dir(DIR_LOCKS, expected);
  (void)snprintf(expected, sizeof(expected), "%s/.config/fob", entry->pw_dir);
  expect_dir(DIR_CONFIG, expected);
  (void)setenv("HOME", "relative", 1);
  expect_dir(DIR_CONFIG, expected);
}

Test(file, joins_with_one_slash)
{
  static const char *const dirs[] = {"/a", "/a/"};
  for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
    AUTO_STR char *path = NULL;
    cr_assert_eq(file_join(&path, dirs[i], "b", NULL), E_OK);
    cr_assert_str_eq(path, "/a/b");
  }
}

Test(file, makes_private_directories_whatever_the_umask)
{
  static const mode_t masks[] = {0, 022, 0777};
  for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
    char name[32];
    (void)snprintf(name, sizeof(name), "m%zu/a/b/", i);
    (void)umask(masks[i]);
    cr_assert_eq(file_mkdirs(scratch_path(name), true, E_LOCAL, NULL), E_OK);
    cr_assert_eq(umask(022), masks[i]);
    cr_assert_eq(mode_of(scratch_path(name)), 0700);
    name[strlen(name) - 4] = '\0';
    cr_assert_eq(mode_of(scratch_path(name)), 0700);
    cr_assert_eq(file_mkdirs(scratch_path(name), true, E_LOCAL, NULL), E_OK);
  }
}

Test(file, refuses_directories_that_cannot_be_trusted)
{
  struct err err = ERR_INIT;
  const char *open = scratch_path("open");
  cr_assert_eq(mkdir(open, 0755), 0);
  cr_assert_eq(file_mkdirs(open, true, E_LOCK, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "open to others (mode 0755)"));
  cr_assert_eq(strncmp(err.hint, "chmod 700 /", 11), 0);
  cr_assert_eq(file_mkdirs(open, false, E_LOCK, &err), E_OK);

  cr_assert_eq(mkdir(scratch_path("real"), 0700), 0);
  cr_assert_eq(symlink("real", scratch_path("link")), 0);
  cr_assert_eq(file_mkdirs(scratch_path("link"), true, E_LOCK, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "is a link"));
  cr_assert_eq(file_mkdirs(scratch_path("link"), false, E_LOCK, &err), E_OK);
  cr_assert_eq(file_mkdirs(scratch_path("link/below"), true, E_LOCK, &err),
               E_OK);

  scratch_write(scratch_path("file"), "x", 0600);
  cr_assert_eq(file_mkdirs(scratch_path("file"), true, E_LOCK, &err), E_LOCK);
  cr_assert_eq(file_mkdirs(scratch_path("file/x"), true, E_LOCK, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "cannot make directory"));
  cr_assert_eq(symlink("nowhere", scratch_path("dangling")), 0);
  cr_assert_eq(file_mkdirs(scratch_path("dangling"), true, E_LOCK, &err),
               E_LOCK);
}

Test(file, refuses_directories_of_others)
{
  struct err err = ERR_INIT;
  if (geteuid() != 0)
    cr_skip_test("needs root");
  cr_assert_eq(mkdir(scratch_path("theirs"), 0700), 0);
  cr_assert_eq(chown(scratch_path("theirs"), 12345, 0), 0);
  cr_assert_eq(file_mkdirs(scratch_path("theirs"), true, E_LOCK, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "belongs to user 12345, not to you"));
}

/* --- writing ----------------------------------------------------------- */

Test(file, replaces_a_secret_file_with_a_private_one)
{
  static const mode_t masks[] = {0, 022, 0777};
  for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
    const char *path = scratch_path("s");
    scratch_write(path, "old", 0644);
    (void)umask(masks[i]);
    cr_assert_eq(file_replace(path, "new", 3, true, E_LOCAL, NULL), E_OK);
    (void)umask(022);
    cr_assert_eq(mode_of(path), 0600);
    cr_assert_str_eq(scratch_read(path), "new");
    cr_assert_eq(scratch_count(scratch_dir()), 1);
  }
}

Test(file, keeps_the_mode_of_other_files_and_obeys_the_umask)
{
  const char *path = scratch_path("p");
  (void)umask(027);
  cr_assert_eq(file_replace(path, "1", 1, false, E_LOCAL, NULL), E_OK);
  cr_assert_eq(mode_of(path), 0640);
  cr_assert_eq(chmod(path, 0664), 0);
  cr_assert_eq(file_replace(path, "2", 1, false, E_LOCAL, NULL), E_OK);
  cr_assert_eq(mode_of(path), 0664);
  cr_assert_str_eq(scratch_read(path), "2");
}

Test(file, replaces_what_a_link_of_the_user_points_to)
{
  struct err err = ERR_INIT;
  cr_assert_eq(mkdir(scratch_path("dotfiles"), 0755), 0);
  scratch_write(scratch_path("dotfiles/p"), "old", 0644);
  cr_assert_eq(symlink("dotfiles/p", scratch_path("p")), 0);
  cr_assert_eq(file_replace(scratch_path("p"), "new", 3, false, E_LOCAL, &err),
               E_OK);
  cr_assert_str_eq(scratch_read(scratch_path("dotfiles/p")), "new");
  struct stat st;
  cr_assert(lstat(scratch_path("p"), &st) == 0 && S_ISLNK(st.st_mode));
  cr_assert_eq(scratch_count(scratch_path("dotfiles")), 1);

  cr_assert_eq(file_replace(scratch_path("p"), "x", 1, true, E_LOCAL, &err),
               E_LOCAL);
  cr_assert_not_null(strstr(err.message, "is a link"));
  cr_assert_eq(symlink("nowhere", scratch_path("d")), 0);
  cr_assert_eq(file_replace(scratch_path("d"), "x", 1, false, E_LOCAL, &err),
               E_LOCAL);
  cr_assert_not_null(strstr(err.message, "not there"));
  cr_assert_eq(
      file_replace(scratch_path("dotfiles"), "x", 1, true, E_LOCAL, &err),
      E_LOCAL);
  cr_assert_not_null(strstr(err.message, "not a regular file"));
}

/* RLIMIT_FSIZE makes a disk that is full after 4096 bytes. */
Test(file, changes_nothing_when_the_disk_is_full)
{
  struct err err = ERR_INIT;
  char text[8192] = "";
  struct rlimit limit = {4096, 4096};
  const char *path = scratch_path("s");
  scratch_write(path, "old", 0600);
  cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  enum code code =
      file_replace(path, text, sizeof(text), true, E_STORE_FULL, &err);
  cr_assert_eq(code, E_STORE_FULL);
  cr_assert_not_null(strstr(err.message, "/s': File too large"));
  cr_assert_str_eq(scratch_read(path), "old");
  cr_assert_eq(scratch_count(scratch_dir()), 1);
}

Test(file, reports_a_directory_that_is_missing)
{
  struct err err = ERR_INIT;
  cr_assert_eq(file_replace(scratch_path("no/s"), "x", 1, true, E_LOCAL, &err),
               E_LOCAL);
  cr_assert_not_null(strstr(err.message, "/no/s': No such file or directory"));
}

Test(file, replaces_files_with_the_longest_names)
{
  char name[256];
  memset(name, 'n', 255);
  name[255] = '\0';
  struct err err = ERR_INIT;
  cr_assert_eq(file_replace(scratch_path(name), "x", 1, true, E_LOCAL, &err),
               E_OK, "%s", err.message);
  cr_assert_str_eq(scratch_read(scratch_path(name)), "x");
  cr_assert_eq(chdir(scratch_dir()), 0);
  cr_assert_eq(file_replace("plain", "y", 1, true, E_LOCAL, &err), E_OK);
  cr_assert_str_eq(scratch_read("plain"), "y");
}

Test(file, shows_readers_the_old_or_the_new_file_whole)
{
  char a[5000], b[3000];
  memset(a, 'a', sizeof(a));
  memset(b, 'b', sizeof(b));
  const char *path = scratch_path("s");
  cr_assert_eq(file_replace(path, a, sizeof(a), true, E_LOCAL, NULL), E_OK);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 200; i++) {
      bool even = i % 2 == 0;
      if (file_replace(path, even ? b : a, even ? sizeof(b) : sizeof(a), true,
                       E_LOCAL, NULL) != E_OK)
        _exit(1);
    }
    _exit(0);
  }
  int status;
  do {
    AUTO_BUF struct buf out = BUF_INIT(10000);
    cr_assert_eq(file_read(&out, path, FILE_OWN, 10000, E_LOCAL, NULL), E_OK);
    cr_assert((out.len == sizeof(a) && out.data[0] == 'a') ||
              (out.len == sizeof(b) && out.data[0] == 'b'));
    cr_assert_eq(out.data[0], out.data[out.len - 1]);
  } while (waitpid(child, &status, WNOHANG) == 0);
  cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(file, removes_what_may_not_be_there)
{
  struct err err = ERR_INIT;
  scratch_write(scratch_path("x"), "x", 0600);
  cr_assert_eq(file_remove(scratch_path("x"), E_LOCAL, &err), E_OK);
  cr_assert_eq(scratch_count(scratch_dir()), 0);
  cr_assert_eq(file_remove(scratch_path("x"), E_LOCAL, &err), E_OK);
  cr_assert_eq(file_remove(scratch_path("x/y/z"), E_LOCAL, &err), E_OK);
  cr_assert_eq(mkdir(scratch_path("d"), 0700), 0);
  cr_assert_eq(file_remove(scratch_path("d"), E_STORE_REFUSED, &err),
               E_STORE_REFUSED);
  cr_assert_not_null(strstr(err.message, "cannot remove '"));
}

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

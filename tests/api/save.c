#include "api/save.h"

#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static enum code save_text(const char *path, const char *text, bool commit,
                           struct err *err)
{
  AUTO(save) save = NULL;
  enum code code = save_open(&save, path, err);

  if (code == E_OK)
    code = save_write(save, text, strlen(text), err);
  if (code == E_OK && commit)
    code = save_commit(save, err);
  return code;
}

static unsigned mode_of(const char *path)
{
  struct stat st;

  cr_assert_eq(stat(path, &st), 0);
  return st.st_mode & 07777;
}

Test(save, makes_a_file_with_the_mode_of_the_umask)
{
  const char *path = scratch_path("new");
  struct err err = ERR_INIT;

  umask(027);
  cr_assert_eq(save_text(path, "text", true, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(scratch_read(path), "text");
  cr_expect_eq(mode_of(path), 0640);
  cr_expect_eq(scratch_count(scratch_dir()), 1);
}

Test(save, leaves_everything_as_it_was_without_a_commit)
{
  const char *old = scratch_path("old");
  struct err err = ERR_INIT;

  scratch_write(old, "before", 0644);
  cr_assert_eq(save_text(old, "after", false, &err), E_OK);
  cr_expect_str_eq(scratch_read(old), "before");
  cr_assert_eq(save_text(scratch_path("new"), "after", false, &err), E_OK);
  cr_expect_eq(scratch_count(scratch_dir()), 1);
}

Test(save, keeps_the_mode_of_what_it_replaces)
{
  const char *path = scratch_path("old");
  struct err err = ERR_INIT;

  scratch_write(path, "before", 0600);
  cr_assert_eq(save_text(path, "after", true, &err), E_OK);
  cr_expect_str_eq(scratch_read(path), "after");
  cr_expect_eq(mode_of(path), 0600);
}

Test(save, has_the_old_mode_before_there_is_anything_to_read)
{
  const char *path = scratch_path("old");
  AUTO(save) save = NULL;
  struct err err = ERR_INIT;
  const char *found;

  umask(0);
  scratch_write(path, "before", 0600);
  cr_assert_eq(save_open(&save, path, &err), E_OK);
  cr_assert_eq(chdir(scratch_dir()), 0);
  found = "ls -A | grep fob- | xargs stat -c %a | grep -qx 600";
  cr_expect_eq(system(found), 0);
}

Test(save, follows_a_link)
{
  const char *link = scratch_path("link");
  const char *target = scratch_path("target");
  struct stat st;
  struct err err = ERR_INIT;

  scratch_write(target, "before", 0644);
  cr_assert_eq(symlink("target", link), 0);
  cr_assert_eq(save_text(link, "after", true, &err), E_OK);
  cr_expect_str_eq(scratch_read(target), "after");
  cr_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
}

Test(save, follows_a_link_to_what_is_not_there_yet)
{
  const char *link = scratch_path("link");
  struct err err = ERR_INIT;

  cr_assert_eq(symlink("target", link), 0);
  cr_assert_eq(save_text(link, "after", true, &err), E_OK);
  cr_expect_str_eq(scratch_read(scratch_path("target")), "after");
}

Test(save, writes_devices_in_place)
{
  struct err err = ERR_INIT;
  struct stat st;

  cr_expect_eq(save_text("/dev/null", "text", true, &err), E_OK);
  cr_assert(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
  cr_expect_eq(save_text("/dev/full", "text", true, &err), E_OUTPUT);
  cr_expect_not_null(strstr(err.message, "/dev/full"), "%s", err.message);
}

Test(save, writes_a_pipe_in_place_and_opens_it_late)
{
  const char *path = scratch_path("fifo");
  AUTO(save) save = NULL;
  struct err err = ERR_INIT;
  char text[8] = "";

  cr_assert_eq(mkfifo(path, 0600), 0);
  cr_assert_eq(save_open(&save, path, &err), E_OK); /* does not wait */
  int fd = open(path, O_RDONLY | O_NONBLOCK);
  cr_assert(fd >= 0);
  cr_assert_eq(save_write(save, "text", 4, &err), E_OK);
  cr_assert_eq(save_commit(save, &err), E_OK);
  cr_expect_eq(read(fd, text, sizeof text), 4);
  cr_expect_str_eq(text, "text");
}

Test(save, takes_shared_memory_for_the_files_that_are_there)
{
  static char text[100 * 1000];
  char dir[] = "/dev/shm/fob-test-XXXXXX";
  struct err err = ERR_INIT;

  if (mkdtemp(dir) == NULL)
    cr_skip_test("there is no shared memory to write in");
  AUTO_STR char *path = mem_printf("%s/old", dir);
  memset(text, 'x', sizeof text - 1);
  scratch_write(path, "before", 0600);
  cr_expect_eq(save_text(path, text, false, &err), E_OK);
  cr_expect_str_eq(scratch_read(path), "before");
  cr_expect_eq(save_text(path, "after", true, &err), E_OK);
  cr_expect_str_eq(scratch_read(path), "after");
  (void)unlink(path);
  cr_expect_eq(rmdir(dir), 0);
}

/* RLIMIT_FSIZE makes a disk that is full in the middle of a write. */
Test(save, leaves_everything_as_it_was_when_the_disk_is_full)
{
  static const size_t sizes[] = {100, 100 * 1000, 3 * 1000 * 1000};
  static char bytes[3 * 1000 * 1000];
  const char *path = scratch_path("old");
  struct rlimit limit;

  signal(SIGXFSZ, SIG_IGN);
  scratch_write(path, "before", 0644);
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
    struct rlimit full = {.rlim_cur = sizes[i] - 50,
                          .rlim_max = limit.rlim_max};
    AUTO(save) save = NULL;
    struct err err = ERR_INIT;
    enum code code = save_open(&save, path, &err);

    cr_assert_eq(code, E_OK, "%s", err.message);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    code = save_write(save, bytes, sizes[i], &err);
    if (code == E_OK)
      code = save_commit(save, &err);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(code, E_OUTPUT);
    cr_expect_not_null(strstr(err.message, path), "%s", err.message);
    save_free(save);
    save = NULL;
    cr_expect_str_eq(scratch_read(path), "before");
    cr_expect_eq(scratch_count(scratch_dir()), 1);
  }
}

/* `fob request -o /dev/fd/N … N>file`: behind what is there already. */
Test(save, goes_on_where_a_descriptor_stands)
{
  const char *path = scratch_path("log");
  struct err err = ERR_INIT;
  char name[32];
  int fd;

  scratch_write(path, "", 0644);
  fd = open(path, O_WRONLY);
  cr_assert(fd >= 0 && write(fd, "one ", 4) == 4);
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  cr_assert_eq(save_text(name, "two", true, &err), E_OK);
  cr_expect_str_eq(scratch_read(path), "one two");
}

Test(save, writes_in_place_where_nothing_can_be_made)
{
  const char *dir = scratch_path("dir");
  const char *path = scratch_path("dir/old");
  struct err err = ERR_INIT;

  if (geteuid() == 0)
    cr_skip_test("root can write everywhere");
  cr_assert_eq(mkdir(dir, 0700), 0);
  scratch_write(path, "before", 0644);
  cr_assert_eq(chmod(dir, 0500), 0);
  cr_expect_eq(save_text(path, "nothing", false, &err), E_OK);
  cr_expect_str_eq(scratch_read(path), "before");
  cr_expect_eq(save_text(path, "after", true, &err), E_OK);
  cr_expect_str_eq(scratch_read(path), "after");
  cr_assert_eq(chmod(dir, 0700), 0);
}

Test(save, refuses_before_anything_is_sent)
{
  struct err err = ERR_INIT;

  cr_expect_eq(save_text(scratch_dir(), "x", true, &err), E_USAGE);
  cr_expect_eq(save_text(scratch_path("no/such/dir"), "x", true, &err),
               E_OUTPUT);
  cr_expect_not_null(strstr(err.message, "no/such/dir"), "%s", err.message);
  if (geteuid() == 0)
    return;
  scratch_write(scratch_path("fixed"), "before", 0444);
  cr_expect_eq(save_text(scratch_path("fixed"), "x", true, &err), E_OUTPUT);
  cr_expect_str_eq(scratch_read(scratch_path("fixed")), "before");
}

Test(save, takes_names_of_any_length)
{
  char name[256];
  struct err err = ERR_INIT;

  memset(name, 'n', 255);
  name[255] = '\0';
  cr_assert_eq(save_text(scratch_path(name), "x", true, &err), E_OK, "%s",
               err.message);
  cr_assert_eq(chdir(scratch_dir()), 0);
  cr_expect_eq(save_text("here", "x", true, &err), E_OK);
  cr_expect_str_eq(scratch_read("here"), "x");
}

Test(save, writes_more_than_its_buffer_whole)
{
  enum { SIZE = 3 * 1024 * 1024 + 5, PIECE = 70 * 1000 };
  static char bytes[SIZE];
  static char back[SIZE + 1];
  AUTO(save) save = NULL;
  struct err err = ERR_INIT;
  const char *path = scratch_path("big");

  for (size_t i = 0; i < SIZE; i++)
    bytes[i] = (char)(i * 7 / 3);
  cr_assert_eq(save_open(&save, path, &err), E_OK);
  for (size_t at = 0; at < SIZE; at += PIECE) {
    size_t len = SIZE - at < PIECE ? SIZE - at : PIECE;

    cr_assert_eq(save_write(save, bytes + at, len, &err), E_OK);
  }
  cr_assert_eq(save_commit(save, &err), E_OK);
  int fd = open(path, O_RDONLY);
  cr_assert_eq(read(fd, back, SIZE + 1), SIZE);
  cr_expect(memcmp(back, bytes, SIZE) == 0);
}

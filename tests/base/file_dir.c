#include "base/file.h"

#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
  struct stat st;
  cr_assert_eq(lstat(path, &st), 0, "%s", path);
  return st.st_mode & 07777;
}

static void clear_environment(void)
{
  static const char *const names[] = {"FOB_CONFIG_DIR", "XDG_CONFIG_HOME",
                                      "XDG_DATA_HOME", "XDG_STATE_HOME",
                                      "XDG_CACHE_HOME"};
  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    cr_assert_eq(unsetenv(names[i]), 0);
}

static void expect_dir(enum file_dir which, const char *path)
{
  AUTO_STR char *dir = NULL;
  cr_assert_eq(file_dir(which, &dir, NULL), E_OK);
  cr_assert_str_eq(dir, path);
}

Test(file_dir, finds_the_base_directories)
{
  clear_environment();
  (void)setenv("HOME", "/home/ann", 1);
  expect_dir(DIR_CONFIG, "/home/ann/.config/fob");
  expect_dir(DIR_DATA, "/home/ann/.local/share/fob");
  expect_dir(DIR_STATE, "/home/ann/.local/state/fob");
  expect_dir(DIR_CACHE, "/home/ann/.cache/fob");
  (void)setenv("XDG_CONFIG_HOME", "/c", 1);
  (void)setenv("XDG_DATA_HOME", "/d/", 1);
  (void)setenv("XDG_STATE_HOME", "/s", 1);
  (void)setenv("XDG_CACHE_HOME", "/k", 1);
  expect_dir(DIR_CACHE, "/k/fob");
  expect_dir(DIR_CONFIG, "/c/fob");
  expect_dir(DIR_DATA, "/d/fob");
  expect_dir(DIR_STATE, "/s/fob");
  (void)setenv("FOB_CONFIG_DIR", "/elsewhere", 1);
  expect_dir(DIR_CONFIG, "/elsewhere");
  expect_dir(DIR_DATA, "/d/fob");
  expect_dir(DIR_STATE, "/s/fob");
}

Test(file_dir, takes_empty_and_relative_variables_for_unset)
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

Test(file_dir, refuses_a_relative_config_dir)
{
  struct err err = ERR_INIT;
  char *dir = NULL;
  (void)setenv("FOB_CONFIG_DIR", "conf", 1);
  cr_assert_eq(file_dir(DIR_CONFIG, &dir, &err), E_ENVIRONMENT);
  cr_assert_str_eq(err.message,
                   "FOB_CONFIG_DIR is 'conf', which is not an absolute path");
  cr_assert_null(dir);
}

Test(file_dir, keeps_locks_where_no_variable_moves_them)
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

Test(file_dir, joins_with_one_slash)
{
  static const char *const dirs[] = {"/a", "/a/"};
  for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
    AUTO_STR char *path = NULL;
    cr_assert_eq(file_join(&path, dirs[i], "b", NULL), E_OK);
    cr_assert_str_eq(path, "/a/b");
  }
}

Test(file_dir, makes_private_directories_whatever_the_umask)
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

Test(file_dir, refuses_directories_that_cannot_be_trusted)
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

Test(file_dir, refuses_directories_of_others)
{
  struct err err = ERR_INIT;
  const char *theirs = "/etc";
  if (geteuid() == 0) {
    theirs = scratch_path("theirs");
    cr_assert_eq(mkdir(theirs, 0700), 0);
    cr_assert_eq(chown(theirs, 12345, 0), 0);
  }
  cr_assert_eq(file_mkdirs(theirs, true, E_LOCK, &err), E_LOCK);
  cr_assert_not_null(strstr(err.message, "belongs to user "));
}

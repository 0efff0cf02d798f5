#include "base/file.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
  struct stat st;
  cr_assert_eq(lstat(path, &st), 0, "%s", path);
  return st.st_mode & 07777;
}

Test(file_replace, replaces_a_secret_file_with_a_private_one)
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

Test(file_replace, keeps_the_mode_of_other_files_and_obeys_the_umask)
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

Test(file_replace, replaces_what_a_link_of_the_user_points_to)
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
Test(file_replace, changes_nothing_when_the_disk_is_full)
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

Test(file_replace, reports_a_directory_that_is_missing)
{
  struct err err = ERR_INIT;
  cr_assert_eq(file_replace(scratch_path("no/s"), "x", 1, true, E_LOCAL, &err),
               E_LOCAL);
  cr_assert_not_null(strstr(err.message, "/no/s': No such file or directory"));
}

Test(file_replace, replaces_files_with_the_longest_names)
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

Test(file_replace, shows_readers_the_old_or_the_new_file_whole)
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

Test(file_replace, removes_what_may_not_be_there)
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

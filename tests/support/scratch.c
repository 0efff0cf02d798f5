#include "support/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[PATH_MAX];
static pid_t maker;

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
  (void)st;
  (void)type;
  (void)ftw;
  return remove(path);
}

static int open_one(const char *path, const struct stat *st, int type,
                    struct FTW *ftw)
{
  (void)ftw;
  if (type == FTW_D || type == FTW_DNR)
    (void)chmod(path, st->st_mode | 0700);
  return 0;
}

static void remove_dir(void)
{
  if (maker != getpid())
    return;
  (void)nftw(dir, open_one, 16, FTW_PHYS);
  (void)nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

const char *scratch_dir(void)
{
  if (maker == getpid())
    return dir;
  const char *base = getenv("TMPDIR");
  (void)snprintf(dir, sizeof(dir), "%s/fob-test-XXXXXX",
                 base != NULL && base[0] == '/' ? base : "/tmp");
  mode_t before = umask(0077);
  char *made = mkdtemp(dir);
  (void)umask(before);
  cr_assert_not_null(made, "cannot make %s: %s", dir, strerror(errno));
  maker = getpid();
  (void)atexit(remove_dir);
  return dir;
}

const char *scratch_path(const char *name)
{
  enum { COUNT = 8 };
  static char paths[COUNT][PATH_MAX + 256];
  static unsigned used;
  char *path = paths[used++ % COUNT];
  (void)snprintf(path, sizeof(paths[0]), "%s/%s", scratch_dir(), name);
  return path;
}

void scratch_write(const char *path, const char *text, unsigned mode)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  cr_assert_geq(fd, 0, "cannot make %s: %s", path, strerror(errno));
  cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  cr_assert_eq(fchmod(fd, mode), 0);
  cr_assert_eq(close(fd), 0);
}

const char *scratch_read(const char *path)
{
  static char text[4096];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return "(none)";
  ssize_t len = read(fd, text, sizeof(text) - 1);
  (void)close(fd);
  text[len < 0 ? 0 : len] = '\0';
  return text;
}

size_t scratch_count(const char *path)
{
  size_t count = 0;
  DIR *listing = opendir(path);
  cr_assert_not_null(listing, "cannot list %s", path);
  while (readdir(listing) != NULL)
    count++;
  (void)closedir(listing);
  return count - 2; /* "." and ".." */
}

/* Through the kernel, so that no sanitizer minds that the memory is freed. */
bool scratch_memory_has(const void *address, size_t len, const char *text)
{
  static char copy[1024 * 1024];
  cr_assert_leq(len, sizeof(copy));
  int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  cr_assert_geq(fd, 0);
  ssize_t got = pread(fd, copy, len, (off_t)(uintptr_t)address);
  (void)close(fd);
  bool found = got > 0 && memmem(copy, (size_t)got, text, strlen(text)) != NULL;
  memset(copy, 0, sizeof(copy));
  return found;
}

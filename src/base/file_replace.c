/* Replacing and removing files, so that whoever reads meanwhile, or after a
 * crash, finds the old content or the new one, whole. */
#include "base/file.h"

#include "base/codec.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* The part of path before its last component, "." when it has none. */
static char *parent_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    return mem_str(".");
  return mem_copy(path, slash == path ? 1 : (size_t)(slash - path));
}

/* 0 or an errno. File systems that cannot sync a directory say EINVAL. */
static int sync_dir(const char *dir)
{
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  int why = 0;
  while (fsync(fd) != 0) {
    why = errno == EINVAL || errno == ENOTSUP ? 0 : errno;
    if (why != EINTR)
      break;
  }
  (void)close(fd);
  return why;
}

/* Writes all, syncs and closes fd. 0 or an errno. Not interrupted by signals:
 * a file is written in a moment, and the caller asks sig_check() after it. */
static int write_out(int fd, const char *bytes, size_t len)
{
  int why = 0;
  while (len > 0 && why == 0) {
    ssize_t written = write(fd, bytes, len);
    if (written >= 0) {
      bytes += written;
      len -= (size_t)written;
    } else if (errno != EINTR) {
      why = errno;
    }
  }
  while (why == 0 && fsync(fd) != 0)
    why = errno == EINTR ? 0 : errno;
  /* NFS reports a full disk here. After EINTR the descriptor is closed. */
  if (close(fd) != 0 && why == 0 && errno != EINTR)
    why = errno;
  return why;
}

/* Makes a file of a name that none has, beside path: hidden, and not ending
 * as path does, so that no listing takes it for one of fob's. */
static int make_temporary(int *ret_fd, char **ret_path, const char *path,
                          const char *dir, mode_t mode)
{
  const char *slash = strrchr(path, '/');
  const char *name = slash == NULL ? path : slash + 1;
  for (int tries = 0; tries < 8; tries++) {
    uint64_t number;
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
      return errno == EINTR ? EAGAIN : errno;
    /* A name may be 255 bytes long, and this one has 18 more. */
    AUTO_STR char *temporary = mem_printf("%s/.%.200s.%016llx~", dir, name,
                                          (unsigned long long)number);
    if (temporary == NULL)
      return ENOMEM;
    int fd = open(temporary,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd >= 0) {
      *ret_fd = fd;
      *ret_path = temporary;
      temporary = NULL;
      return 0;
    }
    if (errno != EEXIST && errno != EINTR)
      return errno;
  }
  return EEXIST;
}

static enum code say(enum code code, const char *path, int why, struct err *err)
{
  if (why == ENOMEM)
    return err_nomem(err);
  return err_set(err, code, "cannot write '%s': %s", path, strerror(why));
}

/* path is not a link, or one that is to be replaced. mode is set whatever the
 * umask, unless it is MODE_NEW. */
enum { MODE_NEW = -1 };
static enum code replace_at(const char *path, const void *bytes, size_t len,
                            int mode, enum code code, struct err *err)
{
  AUTO_STR char *dir = parent_of(path);
  AUTO_STR char *temporary = NULL;
  int fd = -1;
  int why = dir == NULL ? ENOMEM
                        : make_temporary(&fd, &temporary, path, dir,
                                         mode == MODE_NEW ? 0666 : 0600);
  if (why != 0)
    return say(code, path, why, err);

  if (mode != MODE_NEW && fchmod(fd, (mode_t)mode) != 0)
    why = errno;
  int written = write_out(fd, bytes, len);
  if (why == 0)
    why = written;
  if (why == 0 && rename(temporary, path) != 0)
    why = errno;
  if (why != 0) {
    (void)unlink(temporary);
    return say(code, path, why, err);
  }
  why = sync_dir(dir);
  return why == 0 ? E_OK : say(code, path, why, err);
}

enum code file_replace(const char *path, const void *bytes, size_t len,
                       bool secret, enum code code, struct err *err)
{
  struct stat st;
  bool exists = lstat(path, &st) == 0;
  if (exists && S_ISLNK(st.st_mode) && secret)
    return err_set(err, code, "'%s' is a link, which it never is by itself",
                   path);

  char target[PATH_MAX];
  if (exists && S_ISLNK(st.st_mode)) {
    if (realpath(path, target) == NULL || stat(target, &st) != 0)
      return err_set(err, code, "'%s' is a link to what is not there: %s", path,
                     strerror(errno));
    path = target;
  }
  if (exists && !S_ISREG(st.st_mode))
    return err_set(err, code, "'%s' is not a regular file", path);
  int mode = secret ? 0600 : exists ? (int)(st.st_mode & 0777) : MODE_NEW;
  return replace_at(path, bytes, len, mode, code, err);
}

enum code file_remove(const char *path, enum code code, struct err *err)
{
  if (unlink(path) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return E_OK;
    return err_set(err, code, "cannot remove '%s': %s", path, strerror(errno));
  }
  AUTO_STR char *dir = parent_of(path);
  if (dir == NULL)
    return err_nomem(err);
  int why = sync_dir(dir);
  if (why != 0)
    return err_set(err, code, "cannot remove '%s' for good: %s", path,
                   strerror(why));
  return E_OK;
}

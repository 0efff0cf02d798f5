#include "api/save.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  /* Linux makes a file's cache of pieces as large as a write, and keeps free
   * ones of up to 32 KiB at hand. Larger ones it looks for further away, in a
   * virtual machine often in memory that the host has to find first. */
  WRITE_SIZE = 32 * 1024,
  NAME_PART = 200, /* of the file's name in the temporary one's */
};

struct save {
  char *path;      /* as it was given, for messages */
  char *target;    /* what is replaced: links followed */
  char *temporary; /* NULL: in place */
  int fd;          /* -1: not open yet */
  char *pending;
  size_t len;
};

static enum code failed(const struct save *save, const char *what,
                        struct err *err)
{
  return err_set(err, E_OUTPUT, "cannot %s '%s': %s", what, save->path,
                 strerror(errno));
}

static bool begins_with(const char *path, const char *prefix)
{
  return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* A link in /dev or /proc leads to something that is open already: replacing
 * what it leads to would miss whoever has it open. In /dev/shm are files. */
static bool is_descriptor(const char *path)
{
  return begins_with(path, "/proc/") ||
         (begins_with(path, "/dev/") && !begins_with(path, "/dev/shm/"));
}

static bool random_name(struct save *save)
{
  const char *slash = strrchr(save->target, '/');
  const char *name = slash != NULL ? slash + 1 : save->target;
  uint32_t number = 0;

  if (getrandom(&number, sizeof number, 0) != sizeof number)
    return false;
  mem_free(save->temporary);
  save->temporary = mem_printf("%.*s.%.*s.fob-%08x", (int)(name - save->target),
                               save->target, NAME_PART, name, number);
  return save->temporary != NULL;
}

/* As the file that is replaced. Ownership can be kept by root only. */
static void keep_mode(int fd, const struct stat *old)
{
  IGNORE(fchown(fd, old->st_uid, old->st_gid));
  IGNORE(fchmod(fd, old->st_mode & 0777));
}

/* old: what is there already; NULL when nothing is. */
static enum code open_beside(struct save *save, const struct stat *old,
                             struct err *err)
{
  for (int tries = 0; save->fd < 0 && tries < 100; tries++) {
    if (!random_name(save))
      return err_nomem(err);
    save->fd = open(save->temporary,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (save->fd < 0 && errno != EEXIST)
      break;
  }
  if (save->fd >= 0) {
    if (old != NULL)
      keep_mode(save->fd, old);
    return E_OK;
  }
  mem_free(save->temporary);
  save->temporary = NULL;
  if (old != NULL && (errno == EACCES || errno == EPERM || errno == EROFS))
    return E_OK; /* the file can be written, its directory cannot */
  return failed(save, "write", err);
}

static enum code choose(struct save *save, struct err *err)
{
  struct stat st;
  char resolved[PATH_MAX];

  if (is_descriptor(save->path))
    return E_OK;
  if (stat(save->path, &st) != 0) {
    bool dangling = lstat(save->path, &st) == 0 && S_ISLNK(st.st_mode);

    return dangling ? E_OK : open_beside(save, NULL, err);
  }
  if (S_ISDIR(st.st_mode))
    return err_set(err, E_USAGE, "'%s' is a directory", save->path);
  if (access(save->path, W_OK) != 0)
    return failed(save, "write", err);
  if (!S_ISREG(st.st_mode))
    return E_OK;
  if (realpath(save->path, resolved) == NULL)
    return failed(save, "resolve", err);
  mem_free(save->target);
  save->target = mem_str(resolved);
  return save->target == NULL ? err_nomem(err) : open_beside(save, &st, err);
}

enum code save_open(struct save **ret_save, const char *path, struct err *err)
{
  AUTO(save) save = mem_zalloc(sizeof *save);
  enum code code;

  if (save == NULL)
    return err_nomem(err);
  save->fd = -1;
  save->path = mem_str(path);
  save->target = mem_str(path);
  save->pending = mem_alloc(WRITE_SIZE);
  if (save->path == NULL || save->target == NULL || save->pending == NULL)
    return err_nomem(err);
  code = choose(save, err);
  if (code != E_OK)
    return code;
  *ret_save = save;
  save = NULL;
  return E_OK;
}

/* The descriptor that /dev/stdout, /dev/fd/N, … name, or -1. Opening such a
 * name would begin at the file's start again. */
static int named_descriptor(const char *path)
{
  static const char *const dirs[] = {"/dev/fd/", "/proc/self/fd/"};
  uint64_t number;

  if (strcmp(path, "/dev/stdout") == 0)
    return STDOUT_FILENO;
  if (strcmp(path, "/dev/stderr") == 0)
    return STDERR_FILENO;
  for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
    size_t len = strlen(dirs[i]);

    if (strncmp(path, dirs[i], len) == 0 &&
        num_parse(path + len, INT_MAX, &number))
      return (int)number;
  }
  return -1;
}

static enum code open_in_place(struct save *save, struct err *err)
{
  int named = named_descriptor(save->path);

  do {
    save->fd =
        named >= 0
            ? fcntl(named, F_DUPFD_CLOEXEC, 3)
            : open(save->path,
                   O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
  } while (save->fd < 0 && errno == EINTR && sig_caught() == 0);
  if (save->fd < 0 && errno == EINTR)
    return sig_check(err);
  return save->fd < 0 ? failed(save, "write", err) : E_OK;
}

static enum code write_out(struct save *save, const void *bytes, size_t len,
                           struct err *err)
{
  enum code code = E_OK;

  if (save->fd < 0)
    code = open_in_place(save, err);
  return code != E_OK ? code
                      : file_write_fd(save->fd, bytes, len, save->path, err);
}

enum code save_write(struct save *save, const void *bytes, size_t len,
                     struct err *err)
{
  const char *from = bytes;

  while (len > 0) {
    size_t room = WRITE_SIZE - save->len;
    size_t part = len < room ? len : room;

    memcpy(save->pending + save->len, from, part);
    save->len += part;
    from += part;
    len -= part;
    if (save->len == WRITE_SIZE) {
      enum code code = write_out(save, save->pending, save->len, err);

      if (code != E_OK)
        return code;
      save->len = 0;
    }
  }
  return E_OK;
}

enum code save_commit(struct save *save, struct err *err)
{
  enum code code = write_out(save, save->pending, save->len, err);
  int fd = save->fd;

  if (code != E_OK)
    return code;
  save->len = 0;
  save->fd = -1;
  if (close(fd) != 0) /* where NFS and quotas speak up */
    return failed(save, "write", err);
  if (save->temporary == NULL)
    return E_OK;
  if (rename(save->temporary, save->target) != 0)
    return failed(save, "replace", err);
  mem_free(save->temporary);
  save->temporary = NULL;
  return E_OK;
}

void save_free(struct save *save)
{
  if (save == NULL)
    return;
  if (save->fd >= 0)
    (void)close(save->fd);
  if (save->temporary != NULL)
    (void)unlink(save->temporary);
  mem_free(save->temporary);
  mem_free(save->target);
  mem_free(save->path);
  mem_free(save->pending);
  mem_free(save);
}

/* Where fob's files are, and the directories that they need. */
#include "base/file.h"

#include "base/codec.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum code file_join(char **ret_path, const char *dir, const char *name,
                    struct err *err)
{
  size_t len = strlen(dir);
  const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";
  char *path = mem_printf("%s%s%s", dir, slash, name);
  if (path == NULL)
    return err_nomem(err);
  *ret_path = path;
  return E_OK;
}

/* The home directory of this user's passwd entry, which no variable moves. */
static enum code passwd_home(char **ret_home, enum code code, struct err *err)
{
  enum { LARGEST = 1024 * 1024 };

  for (size_t size = 1024; size <= LARGEST; size *= 4) {
    AUTO_STR char *room = mem_alloc(size);
    if (room == NULL)
      return err_nomem(err);
    struct passwd entry, *found;
    int why = getpwuid_r(geteuid(), &entry, room, size, &found);
    if (why == ERANGE)
      continue;
    if (why != 0)
      return err_set(err, code, "cannot look up user %u: %s",
                     (unsigned)geteuid(), strerror(why));
    if (found == NULL || found->pw_dir == NULL || found->pw_dir[0] != '/')
      break;
    *ret_home = mem_str(found->pw_dir);
    return *ret_home == NULL ? err_nomem(err) : E_OK;
  }
  return err_set(err, code,
                 "user %u has no home directory in the passwd database",
                 (unsigned)geteuid());
}

/* An absolute path from the environment, or NULL. */
static const char *absolute(const char *variable)
{
  const char *value = getenv(variable);
  return value != NULL && value[0] == '/' ? value : NULL;
}

static enum code home_of(char **ret_home, struct err *err)
{
  const char *home = absolute("HOME");
  if (home != NULL) {
    *ret_home = mem_str(home);
    return *ret_home == NULL ? err_nomem(err) : E_OK;
  }
  enum code code = passwd_home(ret_home, E_ENVIRONMENT, err);
  if (code == E_ENVIRONMENT) {
    err_prefix(err, "HOME is not set, and ");
    err_hint(err, "export HOME=/path/to/a/directory");
  }
  return code;
}

enum code file_dir(enum file_dir which, char **ret_path, struct err *err)
{
  static const struct {
    const char *variable, *fallback;
  } xdg[] = {
      [DIR_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
      [DIR_DATA] = {"XDG_DATA_HOME", ".local/share"},
      [DIR_STATE] = {"XDG_STATE_HOME", ".local/state"},
      [DIR_CACHE] = {"XDG_CACHE_HOME", ".cache"},
  };

  const char *moved = which == DIR_CONFIG ? getenv("FOB_CONFIG_DIR") : NULL;
  if (moved != NULL && moved[0] != '\0') {
    if (moved[0] != '/')
      return err_set(err, E_ENVIRONMENT,
                     "FOB_CONFIG_DIR is '%s', which is not an absolute path",
                     moved);
    *ret_path = mem_str(moved);
    return *ret_path == NULL ? err_nomem(err) : E_OK;
  }

  AUTO_STR char *home = NULL;
  enum code code;
  if (which == DIR_LOCKS) {
    code = passwd_home(&home, E_LOCK, err);
    if (code != E_OK)
      return code;
    return file_join(ret_path, home, ".local/state/fob/locks", err);
  }
  const char *base = absolute(xdg[which].variable);
  if (base != NULL)
    return file_join(ret_path, base, "fob", err);
  code = home_of(&home, err);
  if (code != E_OK)
    return code;
  AUTO_STR char *below = NULL;
  code = file_join(&below, home, xdg[which].fallback, err);
  if (code != E_OK)
    return code;
  return file_join(ret_path, below, "fob", err);
}

/* mkdir -p -m 0700. The umask could leave a directory that its own maker
 * cannot enter; a chmod afterwards would follow a link put in its place. */
static int make_all(char *path)
{
  mode_t umask_before = umask(0077);
  int failed = 0;
  for (char *slash = path + 1; failed == 0; slash++) {
    slash = strchrnul(slash, '/');
    char kept = *slash;
    *slash = '\0';
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
      /* A parent that cannot be written may still be there (EROFS, EACCES). */
      struct stat st;
      int why = errno;
      if (kept == '\0' || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        failed = why;
    }
    *slash = kept;
    if (kept == '\0')
      break;
  }
  (void)umask(umask_before);
  return failed;
}

static enum code check_dir(const char *path, bool secret, enum code code,
                           struct err *err)
{
  int fd = open(path,
                O_RDONLY | O_DIRECTORY | O_CLOEXEC | (secret ? O_NOFOLLOW : 0));
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0) {
    int why = errno;
    if (fd >= 0)
      (void)close(fd);
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && secret)
      return err_set(err, code, "'%s' is a link; it must be a directory", path);
    return err_set(err, code, "cannot use directory '%s': %s", path,
                   strerror(why));
  }
  (void)close(fd);
  if (!secret)
    return E_OK;
  if (st.st_uid != geteuid())
    return err_set(err, code, "directory '%s' belongs to user %u, not to you",
                   path, (unsigned)st.st_uid);
  if ((st.st_mode & 0077) != 0) {
    err_set(err, code, "directory '%s' is open to others (mode %04o)", path,
            (unsigned)st.st_mode & 07777);
    AUTO_BUF struct buf word = BUF_INIT(BUF_URL);
    codec_shell(&word, path);
    if (word.failed == E_OK)
      err_hint(err, "chmod 700 %s", buf_text(&word));
    return code;
  }
  return E_OK;
}

enum code file_mkdirs(const char *path, bool secret, enum code code,
                      struct err *err)
{
  AUTO_STR char *copy = mem_str(path);
  if (copy == NULL)
    return err_nomem(err);
  size_t len = strlen(copy);
  while (len > 1 && copy[len - 1] == '/')
    copy[--len] = '\0';

  struct stat st;
  int why = stat(copy, &st) == 0 ? 0 : make_all(copy);
  if (why != 0)
    return err_set(err, code, "cannot make directory '%s': %s", path,
                   strerror(why));
  return check_dir(copy, secret, code, err);
}

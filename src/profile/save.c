#include "profile/save.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/mem.h"
#include "profile/load.h"
#include "profile/places.h"

#include <string.h>
#include <sys/stat.h>

enum { LOCK_WAIT_MS = 10 * 1000 };

enum code profile_lock(struct lock **ret_lock, struct err *err)
{
  AUTO_STR char *dir = NULL;
  AUTO_STR char *path = NULL;
  struct err ignored = ERR_INIT;

  /* One for all: edits are short, and names of credentials' locks begin with
   * a letter or digit. */
  *ret_lock = NULL;
  if (file_dir(DIR_LOCKS, &dir, &ignored) != E_OK)
    return E_OK;
  enum code code = file_join(&path, dir, ".profiles.lock", err);
  if (code != E_OK)
    return code;
  code = lock_take(ret_lock, path, LOCK_WAIT_MS, err);
  if (code != E_LOCK)
    return code;
  err_clear(err);
  return E_OK;
}

enum code save_object(const char *path, const json_t *object, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);
  const char *slash = strrchr(path, '/');
  AUTO_STR char *dir = mem_copy(path, (size_t)(slash - path));

  if (dir == NULL)
    return err_nomem(err);
  enum code code = json_write(&text, object, 2, err);
  if (code == E_OK)
    code = file_mkdirs(dir, /* secret= */ false, E_LOCAL, err);
  if (code != E_OK)
    return code;

  /* A new file that group or others may write to, or that its owner may not
   * read, would be refused the next time. */
  mode_t mask = umask(0);
  (void)umask((mask | 022) & 0177);
  code = file_replace(path, buf_text(&text), text.len, /* secret= */ false,
                      E_LOCAL, err);
  (void)umask(mask);
  return code;
}

/* --- profiles ------------------------------------------------------------ */

static enum code own_path(const char *name, char **ret_path, struct err *err)
{
  AUTO_STR char *dir = NULL;
  AUTO_STR char *file = mem_printf("profiles/%s.json", name);
  enum code code = file_dir(DIR_CONFIG, &dir, err);

  if (code != E_OK)
    return code;
  return file != NULL ? file_join(ret_path, dir, file, err) : err_nomem(err);
}

/* The file changed since it was read: that is an error, unless somebody wrote
 * the same (two logins to one new profile). ret_same: nothing is left to do. */
static enum code check_changed(const struct profile *profile, const char *path,
                               bool *ret_same, struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_PROFILE);
  AUTO_JSON json_t *there = NULL;
  struct err ignored = ERR_INIT;
  struct file_stamp now;

  *ret_same = false;
  file_stamp(&now, path);
  if (strcmp(now.text, profile->stamp.text) == 0)
    return E_OK;
  if (file_read(&bytes, path, FILE_USER, BUF_PROFILE, E_PROFILE, &ignored) ==
          E_OK &&
      json_read(&there, buf_text(&bytes), bytes.len, JSON_PROFILE_DEPTH,
                E_PROFILE, path, &ignored) == E_OK &&
      json_equal(there, profile->own)) {
    *ret_same = true;
    return E_OK;
  }
  (void)err_set(err, E_LOCAL,
                "'%s' was changed by somebody else meanwhile; it is left as "
                "it is",
                path);
  err_hint(err, "give the command again");
  return E_LOCAL;
}

enum code profile_save(struct profile *profile, struct err *err)
{
  AUTO_STR char *path = mem_str(profile->path);
  bool same = false;
  enum code code = E_OK;

  if (path == NULL && profile->path != NULL)
    return err_nomem(err);
  if (profile->read_only) {
    (void)err_set(err, E_PROFILE, "profile '%s' is read-only: it lies in '%s'",
                  profile->name, profile->path);
    err_hint(err, "copy the file to your own profiles and change it there");
    return E_PROFILE;
  }
  if (path == NULL)
    code = own_path(profile->name, &path, err);
  if (code == E_OK)
    code = check_changed(profile, path, &same, err);
  if (code == E_OK && !same)
    code = save_object(path, profile->own, err);
  if (code != E_OK)
    return code;
  file_stamp(&profile->stamp, path);
  if (profile->path == NULL) {
    profile->path = path;
    path = NULL;
  }
  return E_OK;
}

enum code profile_delete(const char *name, struct err *err)
{
  AUTO(profile) profile = NULL;
  AUTO_STR char *path = NULL;
  struct stat st;
  enum code code = profile_name_valid(name)
                       ? own_path(name, &path, err)
                       : load_by_name(&profile, name, LOAD_AS_IT_IS, err);

  if (code != E_OK)
    return code;
  if (lstat(path, &st) == 0)
    return file_remove(path, E_LOCAL, err);
  code = load_by_name(&profile, name, LOAD_AS_IT_IS, err);
  if (code != E_OK)
    return code;
  return err_set(err, E_PROFILE, "profile '%s' is read-only: it lies in '%s'",
                 name, profile->path);
}

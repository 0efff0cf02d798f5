#include "profile/places.h"

#include "base/file.h"
#include "base/mem.h"
#include "profile/name.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char suffix[] = ".json";
enum { SUFFIX_LEN = sizeof(suffix) - 1 };

static enum code add_joined(struct text_list *dirs, const char *dir,
                            const char *name, struct err *err)
{
  AUTO_STR char *path = NULL;
  enum code code = file_join(&path, dir, name, err);

  return code == E_OK ? text_list_add(dirs, path, err) : code;
}

/* Each absolute entry of a colon-separated variable; relative ones are ignored,
 * as the XDG Base Directory specification says. */
static enum code add_variable(struct text_list *dirs, const char *variable,
                              const char *fallback, const char *name,
                              struct err *err)
{
  const char *at = getenv(variable);
  enum code code = E_OK;

  if (at == NULL || *at == '\0')
    at = fallback;
  while (code == E_OK && *at != '\0') {
    size_t len = strcspn(at, ":");
    if (*at == '/') {
      AUTO_STR char *dir = mem_copy(at, len);
      code = dir != NULL ? add_joined(dirs, dir, name, err) : err_nomem(err);
    }
    at += len + (at[len] == ':');
  }
  return code;
}

static enum code add_own(struct text_list *dirs, enum file_dir which,
                         const char *name, struct err *err)
{
  AUTO_STR char *dir = NULL;
  enum code code = file_dir(which, &dir, err);

  return code == E_OK ? add_joined(dirs, dir, name, err) : code;
}

enum code places_profiles(struct text_list *ret_dirs, struct err *err)
{
  AUTO_LIST struct text_list dirs = {0};
  enum code code = add_own(&dirs, DIR_CONFIG, "profiles", err);

  if (code == E_OK)
    code =
        add_variable(&dirs, "XDG_CONFIG_DIRS", "/etc/xdg", "fob/profiles", err);
  if (code != E_OK)
    return code;
  *ret_dirs = dirs;
  dirs = (struct text_list){0};
  return E_OK;
}

enum code places_presets(struct text_list *ret_dirs, struct err *err)
{
  AUTO_LIST struct text_list dirs = {0};
  enum code code = add_own(&dirs, DIR_DATA, "presets", err);

  if (code == E_OK)
    code = add_variable(&dirs, "XDG_DATA_DIRS", "/usr/local/share:/usr/share",
                        "fob/presets", err);
  if (code == E_OK)
    code = text_list_add(&dirs, FOB_PRESET_DIR, err);
  if (code != E_OK)
    return code;
  *ret_dirs = dirs;
  dirs = (struct text_list){0};
  return E_OK;
}

enum code places_find(const struct text_list *dirs, const char *name,
                      char **ret_path, size_t *ret_index, struct err *err)
{
  AUTO_STR char *file = mem_printf("%s%s", name, suffix);
  struct stat st;

  if (file == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < dirs->count; i++) {
    AUTO_STR char *path = NULL;
    enum code code = file_join(&path, dirs->items[i], file, err);
    if (code != E_OK)
      return code;
    if (lstat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
      continue; /* any other reason is for whoever opens it to say */
    *ret_path = path;
    path = NULL;
    if (ret_index != NULL)
      *ret_index = i;
    return E_OK;
  }
  return E_NOT_FOUND;
}

/* Keeps the list sorted; a name that is there already is not added. */
static enum code insert(struct text_list *names, const char *name,
                        struct err *err)
{
  size_t at = 0;

  while (at < names->count && strcmp(names->items[at], name) < 0)
    at++;
  if (at < names->count && strcmp(names->items[at], name) == 0)
    return E_OK;
  enum code code = text_list_add(names, name, err);
  if (code != E_OK)
    return code;
  char *added = names->items[names->count - 1];
  memmove(&names->items[at + 1], &names->items[at],
          (names->count - 1 - at) * sizeof(*names->items));
  names->items[at] = added;
  return E_OK;
}

static enum code add_names(DIR *dir, struct text_list *names, struct err *err)
{
  struct dirent *entry;
  enum code code = E_OK;

  while (code == E_OK && (entry = readdir(dir)) != NULL) {
    size_t len = strlen(entry->d_name);
    if (len <= SUFFIX_LEN ||
        strcmp(entry->d_name + len - SUFFIX_LEN, suffix) != 0)
      continue;
    AUTO_STR char *name = mem_copy(entry->d_name, len - SUFFIX_LEN);
    if (name == NULL)
      return err_nomem(err);
    if (profile_name_valid(name))
      code = insert(names, name, err);
  }
  return code;
}

enum code places_names(const struct text_list *dirs,
                       struct text_list *ret_names, struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < dirs->count; i++) {
    DIR *dir = opendir(dirs->items[i]);
    if (dir == NULL && (errno == ENOENT || errno == ENOTDIR))
      continue;
    if (dir == NULL)
      return err_set(err, E_PROFILE, "cannot read the directory '%s': %s",
                     dirs->items[i], strerror(errno));
    code = add_names(dir, &names, err);
    (void)closedir(dir);
  }
  if (code != E_OK)
    return code;
  *ret_names = names;
  names = (struct text_list){0};
  return E_OK;
}

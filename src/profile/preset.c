#include "profile/preset.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "profile/check.h"
#include "profile/name.h"
#include "profile/nearest.h"
#include "profile/places.h"

#include <string.h>

static enum code find(const char *name, char **ret_path, struct err *err)
{
  AUTO_LIST struct text_list dirs = {0};
  enum code code = places_presets(&dirs, err);

  return code == E_OK ? places_find(&dirs, name, ret_path, NULL, err) : code;
}

static enum code say_unknown(const char *name, struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  AUTO_STR char *joined = NULL;
  struct err ignored = ERR_INIT;
  const char *nearest;

  (void)err_set(err, E_NO_PROFILE, "there is no preset '%s'", name);
  if (preset_names(&names, &ignored) != E_OK ||
      text_list_join(&names, ", ", &joined, &ignored) != E_OK)
    return E_NO_PROFILE;
  nearest = nearest_of(name, (const char *const *)names.items, names.count);
  if (nearest != NULL)
    err_hint(err, "did you mean '%s'?", nearest);
  else if (names.count > 0)
    err_hint(err, "the presets are: %s", joined);
  else
    err_hint(err,
             "no preset is installed (looked in %s and the XDG data "
             "directories)",
             FOB_PRESET_DIR);
  return E_NO_PROFILE;
}

static enum code check(const char *path, const char *bytes, size_t len,
                       json_t **ret_object, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *what = mem_printf("preset '%s'", path);
  const struct document document = {.schema = &schema_profile, .what = what};

  if (what == NULL)
    return err_nomem(err);
  enum code code = check_read(&document, bytes, len, &object, err);
  if (code == E_OK)
    code = check_document(&document, object, err);
  if (code == E_OK && json_object_get(object, "preset") != NULL)
    code = check_fail(&document, "preset", err,
                      "is for profiles; a preset has none itself");
  if (code != E_OK)
    return code;
  *ret_object = object;
  object = NULL;
  return E_OK;
}

enum code preset_load(json_t **ret_object, const char *name,
                      struct file_stamp *ret_stamp, struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_PROFILE);
  AUTO_STR char *path = NULL;
  struct file_stamp stamp;
  enum code code =
      profile_name_valid(name) ? find(name, &path, err) : E_NOT_FOUND;

  if (code == E_NOT_FOUND)
    return say_unknown(name, err);
  if (code != E_OK)
    return code;
  file_stamp(&stamp, path);
  code = file_read(&bytes, path, FILE_USER, BUF_PROFILE, E_PROFILE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_PROFILE;
  if (code == E_OK)
    code = check(path, buf_text(&bytes), bytes.len, ret_object, err);
  if (code == E_OK)
    *ret_stamp = stamp;
  return code;
}

bool preset_exists(const char *name)
{
  AUTO_STR char *path = NULL;
  struct err ignored = ERR_INIT;

  return profile_name_valid(name) && find(name, &path, &ignored) == E_OK;
}

enum code preset_names(struct text_list *ret_names, struct err *err)
{
  AUTO_LIST struct text_list dirs = {0};
  enum code code = places_presets(&dirs, err);

  return code == E_OK ? places_names(&dirs, ret_names, err) : code;
}

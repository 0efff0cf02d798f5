#include "profile/preset.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "profile/check.h"
#include "profile/name.h"
#include "profile/nearest.h"
#include "profile/places.h"
#include "profile/tenant.h"

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

/* As the file has it. */
static enum code load(json_t **ret_object, const char *name, char **ret_what,
                      struct file_stamp *ret_stamp, struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_PROFILE);
  AUTO_STR char *path = NULL;
  enum code code =
      profile_name_valid(name) ? find(name, &path, err) : E_NOT_FOUND;

  if (code == E_NOT_FOUND)
    return say_unknown(name, err);
  if (code != E_OK)
    return code;
  AUTO_STR char *what = mem_printf("preset '%s'", path);
  if (what == NULL)
    return err_nomem(err);
  file_stamp(ret_stamp, path);
  code = file_read(&bytes, path, FILE_USER, BUF_PROFILE, E_PROFILE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_PROFILE;
  const struct document document = {.schema = &schema_profile, .what = what};
  if (code == E_OK)
    code = check_read(&document, buf_text(&bytes), bytes.len, ret_object, err);
  if (code != E_OK)
    return code;
  *ret_what = what;
  what = NULL;
  return E_OK;
}

enum code preset_load(json_t **ret_object, const char *name,
                      struct file_stamp *ret_stamp, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *what = NULL;
  struct file_stamp stamp;
  enum code code = load(&object, name, &what, &stamp, err);

  if (code == E_OK)
    code = tenant_defaults(object, err);
  const struct document document = {.schema = &schema_profile, .what = what};
  if (code == E_OK)
    code = check_document(&document, object, err);
  if (code == E_OK && json_object_get(object, "preset") != NULL)
    code = check_fail(&document, "preset", err,
                      "is for profiles; a preset has none itself");
  if (code != E_OK)
    return code;
  *ret_object = json_incref(object);
  *ret_stamp = stamp;
  return E_OK;
}

enum code preset_tenant(const char *name, const char *tenant,
                        json_t **ret_members, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  AUTO_JSON json_t *members = NULL;
  AUTO_STR char *what = NULL;
  struct file_stamp stamp;

  if (!tenant_valid(tenant)) {
    (void)err_set(err, E_USAGE, "'%s' is no tenant", tenant);
    err_hint(err, "a domain, a name or a UUID:  acme.example   acme   "
                  "8b3f1c2e-…");
    return E_USAGE;
  }
  enum code code = load(&object, name, &what, &stamp, err);
  if (code == E_OK && tenant_is_host(object) && strchr(tenant, '.') == NULL) {
    (void)err_set(err, E_USAGE,
                  "'%s' is no domain, and a tenant of '%s' is one", tenant,
                  name);
    if (tenant_wanted(object) != NULL)
      err_hint(err, "it is put into '%s'", tenant_wanted(object));
    return E_USAGE;
  }
  if (code == E_OK)
    code = tenant_fill(object, tenant, &members, err);
  if (code != E_OK)
    return code;
  if (json_object_size(members) == 0) {
    (void)err_set(err, E_USAGE, "the preset '%s' has no tenants", name);
    err_hint(err, "another installation of it is named by its addresses:  "
                  "--issuer URL   --api URL");
    return E_USAGE;
  }
  *ret_members = json_incref(members);
  return E_OK;
}

enum code preset_tenant_wanted(const char *name, char **ret_text,
                               struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *what = NULL;
  struct file_stamp stamp;
  enum code code = load(&object, name, &what, &stamp, err);

  if (code != E_OK)
    return code;
  const char *text = tenant_wanted(object);
  char *copy = text != NULL ? mem_str(text) : NULL;
  if (text != NULL && copy == NULL)
    return err_nomem(err);
  *ret_text = copy;
  return E_OK;
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

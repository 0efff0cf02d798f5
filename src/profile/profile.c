#include "profile/profile.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "profile/inherit.h"
#include "profile/load.h"
#include "profile/nearest.h"
#include "profile/places.h"
#include "profile/preset.h"
#include "profile/value.h"

#include <string.h>

void profile_free(struct profile *profile)
{
  if (profile == NULL)
    return;
  value_clear(&schema_profile, profile);
  mem_free(profile->name);
  mem_free(profile->path);
  mem_free(profile->client.secret_name);
  text_list_clear(&profile->warnings);
  json_decref(profile->json);
  json_decref(profile->own);
  mem_free(profile);
}

/* --- from a document ----------------------------------------------------- */

/* Everything behind name, path and own. */
static enum code resolve(struct profile *profile,
                         const struct document *document, struct err *err)
{
  AUTO_JSON json_t *preset = NULL;
  const char *preset_name = value_text(profile->own, "preset");
  enum code code = check_document(document, profile->own, err);

  if (code == E_OK && preset_name != NULL) {
    code = preset_load(&preset, preset_name, &profile->preset_stamp, err);
    if (code == E_NO_PROFILE) { /* the preset is none; the profile is one */
      err_prefix(err, "%s: ", document->what);
      code = err->code = E_PROFILE;
    }
  }
  if (code == E_OK)
    code = inherit_merge(preset, profile->own, &profile->json, err);
  if (code == E_OK)
    code = value_fill(&schema_profile, profile->json, profile, err);
  if (code == E_OK)
    code = inherit_settle(profile, document, err);
  return code;
}

enum code load_profile(struct profile **ret_profile, const char *name,
                       json_t *own, const struct load_origin *origin,
                       enum load_check check, struct err *err)
{
  AUTO(profile) profile = mem_zalloc(sizeof(*profile));
  bool in_file = origin->path != NULL && check == LOAD_CHECKED;
  AUTO_STR char *what = in_file ? mem_printf("'%s'", origin->path)
                                : mem_printf("profile '%s'", name);

  if (profile == NULL || what == NULL)
    return err_nomem(err);
  profile->own = json_incref(own);
  profile->name = mem_str(name);
  profile->path = mem_str(origin->path);
  profile->read_only = origin->read_only;
  if (origin->stamp != NULL)
    profile->stamp = *origin->stamp;
  if (profile->name == NULL || (profile->path == NULL && origin->path != NULL))
    return err_nomem(err);

  if (check != LOAD_AS_IT_IS) {
    const struct document document = {
        .schema = &schema_profile,
        .what = what,
        .profile = in_file && !origin->read_only ? profile->name : NULL,
        .login = profile->name,
        .warnings = &profile->warnings,
    };
    enum code code = resolve(profile, &document, err);
    if (code != E_OK)
      return code;
  }
  *ret_profile = profile;
  profile = NULL;
  return E_OK;
}

static enum code load_bytes(struct profile **ret_profile, const char *name,
                            const char *bytes, size_t len,
                            const struct load_origin *origin,
                            enum load_check check, struct err *err)
{
  AUTO_JSON json_t *own = NULL;
  AUTO_STR char *what = origin->path != NULL ? mem_printf("'%s'", origin->path)
                                             : mem_printf("profile '%s'", name);
  const struct document document = {.what = what};

  if (what == NULL)
    return err_nomem(err);
  enum code code = check_read(&document, bytes, len, &own, err);
  if (code != E_OK)
    return code;
  return load_profile(ret_profile, name, own, origin, check, err);
}

static enum code load_path(struct profile **ret_profile, const char *name,
                           const char *path, bool read_only,
                           enum load_check check, struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_PROFILE);
  struct file_stamp stamp;
  const struct load_origin origin = {path, read_only, &stamp};

  /* Before reading: an edit in between then counts as one that came later. */
  file_stamp(&stamp, path);
  enum code code =
      file_read(&bytes, path, FILE_USER, BUF_PROFILE, E_PROFILE, err);
  if (code == E_NOT_FOUND) /* a link to nowhere, or gone since it was found */
    code = err->code = E_PROFILE;
  if (code != E_OK)
    return code;
  return load_bytes(ret_profile, name, buf_text(&bytes), bytes.len, &origin,
                    check, err);
}

/* --- by name ------------------------------------------------------------- */

static enum code say_unknown(const char *name, struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  struct err ignored = ERR_INIT;
  const char *nearest = NULL;

  (void)err_set(err, E_NO_PROFILE, "there is no profile '%s'", name);
  if (profile_names(&names, &ignored) == E_OK)
    nearest = nearest_of(name, (const char *const *)names.items, names.count);
  if (nearest != NULL)
    err_hint(err, "did you mean '%s'?", nearest);
  if (preset_exists(name))
    err_hint(err, "fob login %s   makes it, from the preset", name);
  else
    err_hint(err, "fob login TARGET -p %s   makes it", name);
  if (nearest == NULL && names.count > 0)
    err_hint(err, "fob profile list   shows those that there are");
  return E_NO_PROFILE;
}

enum code load_by_name(struct profile **ret_profile, const char *name,
                       enum load_check check, struct err *err)
{
  AUTO_LIST struct text_list dirs = {0};
  AUTO_STR char *path = NULL;
  size_t index = 0;

  if (!profile_name_valid(name))
    return err_set(err, E_NO_PROFILE,
                   "'%s' is no profile's name: 1 to %d of letters, digits and "
                   "\"._-\", beginning with a letter or digit",
                   name, PROFILE_NAME_MAX);
  enum code code = places_profiles(&dirs, err);
  if (code == E_OK)
    code = places_find(&dirs, name, &path, &index, err);
  if (code == E_NOT_FOUND)
    return say_unknown(name, err);
  if (code != E_OK)
    return code;
  return load_path(ret_profile, name, path, /* read_only= */ index > 0, check,
                   err);
}

void load_warn(const struct profile *profile)
{
  for (size_t i = 0; i < profile->warnings.count; i++)
    log_warn("%s", profile->warnings.items[i]);
}

enum code profile_load(struct profile **ret_profile, const char *name,
                       struct err *err)
{
  enum code code = load_by_name(ret_profile, name, LOAD_CHECKED, err);

  if (code == E_OK)
    load_warn(*ret_profile);
  return code;
}

enum code profile_open(struct profile **ret_profile, const char *name,
                       struct err *err)
{
  return load_by_name(ret_profile, name, LOAD_AS_IT_IS, err);
}

enum code load_file_name(const char *path, char **ret_name, struct err *err)
{
  static const char suffix[] = ".json";
  const char *slash = strrchr(path, '/');
  const char *file = slash != NULL ? slash + 1 : path;
  size_t len = strlen(file), suffix_len = sizeof(suffix) - 1;

  if (len > suffix_len && strcmp(file + len - suffix_len, suffix) == 0)
    len -= suffix_len;
  AUTO_STR char *name = mem_copy(file, len);
  if (name == NULL)
    return err_nomem(err);
  if (!profile_name_valid(name)) {
    (void)err_set(err, E_ENVIRONMENT,
                  "FOB_PROFILE_FILE is '%s', but '%s' is no profile's name",
                  path, name);
    err_hint(err, "name the file NAME.json, of letters, digits and \"._-\"");
    return E_ENVIRONMENT;
  }
  *ret_name = name;
  name = NULL;
  return E_OK;
}

enum code load_file(struct profile **ret_profile, const char *path,
                    struct err *err)
{
  AUTO_STR char *name = NULL;
  enum code code = load_file_name(path, &name, err);

  return code == E_OK ? load_path(ret_profile, name, path,
                                  /* read_only= */ true, LOAD_CHECKED, err)
                      : code;
}

enum code profile_load_file(struct profile **ret_profile, const char *path,
                            struct err *err)
{
  enum code code = load_file(ret_profile, path, err);

  if (code == E_OK)
    load_warn(*ret_profile);
  return code;
}

enum code profile_new(struct profile **ret_profile, const char *name,
                      const char *preset, struct err *err)
{
  const struct load_origin origin = {0};
  AUTO_JSON json_t *own = json_pack("{s:i}", "schema", PROFILE_SCHEMA);

  if (own == NULL)
    return err_nomem(err);
  if (!profile_name_valid(name))
    return err_set(err, E_USAGE,
                   "'%s' cannot be a profile's name: 1 to %d of letters, "
                   "digits and \"._-\", beginning with a letter or digit",
                   name, PROFILE_NAME_MAX);
  if (preset != NULL) {
    enum code code = json_put_text(own, "preset", preset, err);
    if (code != E_OK)
      return code;
  }
  return load_profile(ret_profile, name, own, &origin, LOAD_CHECKED, err);
}

enum code profile_parse(struct profile **ret_profile, const char *name,
                        const char *bytes, size_t len, struct err *err)
{
  const struct load_origin origin = {0};

  if (len > BUF_PROFILE)
    return err_set(err, E_PROFILE, "profile '%s' is larger than %d bytes", name,
                   BUF_PROFILE);
  return load_bytes(ret_profile, name, bytes, len, &origin, LOAD_CHECKED, err);
}

enum code profile_names(struct text_list *ret_names, struct err *err)
{
  AUTO_LIST struct text_list dirs = {0};
  enum code code = places_profiles(&dirs, err);

  return code == E_OK ? places_names(&dirs, ret_names, err) : code;
}

bool profile_exists(const char *name)
{
  AUTO_LIST struct text_list dirs = {0};
  AUTO_STR char *path = NULL;
  struct err ignored = ERR_INIT;

  return profile_name_valid(name) && places_profiles(&dirs, &ignored) == E_OK &&
         places_find(&dirs, name, &path, NULL, &ignored) == E_OK;
}

/* --- words --------------------------------------------------------------- */

const char *profile_grant_name(enum profile_grant grant)
{
  static const char *const names[] = {
      [GRANT_AUTHORIZATION_CODE] = "authorization_code",
      [GRANT_DEVICE_CODE] = "device_code",
      [GRANT_CLIENT_CREDENTIALS] = "client_credentials",
      [GRANT_JWT_BEARER] = "jwt_bearer",
      [GRANT_TOKEN_EXCHANGE] = "token_exchange",
      [GRANT_TOKEN] = "token",
  };
  return names[grant];
}

const char *profile_client_auth_name(enum profile_client_auth auth)
{
  static const char *const names[] = {
      [CLIENT_NONE] = "none",
      [CLIENT_SECRET_BASIC] = "client_secret_basic",
      [CLIENT_SECRET_POST] = "client_secret_post",
      [CLIENT_SECRET_JWT] = "client_secret_jwt",
      [CLIENT_PRIVATE_KEY_JWT] = "private_key_jwt",
      [CLIENT_TLS] = "tls_client_auth",
      [CLIENT_SELF_SIGNED_TLS] = "self_signed_tls_client_auth",
  };
  return names[auth];
}

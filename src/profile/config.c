#include "profile/config.h"

#include "base/buf.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "profile/check.h"
#include "profile/save.h"
#include "profile/value.h"

static enum code config_path(char **ret_path, struct err *err)
{
  AUTO_STR char *dir = NULL;
  enum code code = file_dir(DIR_CONFIG, &dir, err);

  return code == E_OK ? file_join(ret_path, dir, "config.json", err) : code;
}

/* An empty object when there is no file. */
static enum code read_object(const struct document *document, const char *path,
                             json_t **ret_object, struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_PROFILE);
  struct err missing = ERR_INIT;
  enum code code =
      file_read(&bytes, path, FILE_USER, BUF_PROFILE, E_PROFILE, &missing);

  if (code == E_NOT_FOUND) {
    *ret_object = json_object();
    return *ret_object != NULL ? E_OK : err_nomem(err);
  }
  if (code != E_OK) {
    *err = missing;
    return code;
  }
  return check_read(document, buf_text(&bytes), bytes.len, ret_object, err);
}

static enum code load(struct config *config, const char *path,
                      struct text_list *warnings, struct err *err)
{
  AUTO_STR char *what = mem_printf("'%s'", path);
  const struct document document = {
      .schema = &schema_config, .what = what, .warnings = warnings};

  if (what == NULL)
    return err_nomem(err);
  enum code code = read_object(&document, path, &config->json, err);
  if (code == E_OK)
    code = check_document(&document, config->json, err);
  if (code == E_OK)
    code = value_fill(&schema_config, config->json, config, err);
  return code;
}

enum code config_load(struct config **ret_config, struct err *err)
{
  AUTO(config) config = mem_zalloc(sizeof(*config));
  AUTO_LIST struct text_list warnings = {0};
  AUTO_STR char *path = NULL;

  if (config == NULL)
    return err_nomem(err);
  enum code code = config_path(&path, err);
  if (code == E_OK)
    code = load(config, path, &warnings, err);
  if (code != E_OK)
    return code;
  for (size_t i = 0; i < warnings.count; i++)
    log_warn("%s", warnings.items[i]);
  *ret_config = config;
  config = NULL;
  return E_OK;
}

static enum code change_default(json_t *object, const char *name,
                                struct err *err)
{
  if (name != NULL)
    return json_object_set_new(object, "default_profile", json_string(name)) ==
                   0
               ? E_OK
               : err_nomem(err);
  (void)json_object_del(object, "default_profile");
  return E_OK;
}

enum code config_set_default(struct config *config, const char *name,
                             struct err *err)
{
  AUTO(config) fresh = mem_zalloc(sizeof(*fresh));
  AUTO(lock) lock = NULL;
  AUTO_STR char *path = NULL;
  AUTO_STR char *copy = mem_str(name);

  if (fresh == NULL || (copy == NULL && name != NULL))
    return err_nomem(err);
  enum code code = config_path(&path, err);
  if (code == E_OK)
    code = profile_lock(&lock, err);
  if (code == E_OK)
    code = load(fresh, path, NULL, err);
  if (code == E_OK && (name != NULL || fresh->default_profile != NULL)) {
    code = change_default(fresh->json, name, err);
    if (code == E_OK)
      code = save_object(path, fresh->json, err);
  }
  if (code != E_OK)
    return code;

  json_decref(config->json);
  config->json = json_incref(fresh->json);
  mem_free(config->default_profile);
  config->default_profile = copy;
  copy = NULL;
  return E_OK;
}

void config_free(struct config *config)
{
  if (config == NULL)
    return;
  json_decref(config->json);
  value_clear(&schema_config, config);
  mem_free(config);
}

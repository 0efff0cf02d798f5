#include "store/store.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/backend.h"

#include <string.h>

enum { LOCK_MS = 35 * 1000 };

static const struct store_backend *const backends[] = {&keyring_backend,
                                                       &file_backend};

static enum code copy_options(struct store *store,
                              const struct store_options *options,
                              struct err *err)
{
  store->options = *options;
  AUTO_STR char *key_file = mem_str(options->key_file);
  AUTO_STR char *doing = mem_str(options->doing);
  store->options.key_file = NULL;
  store->options.doing = NULL;
  if ((key_file == NULL && options->key_file != NULL) ||
      (doing == NULL && options->doing != NULL))
    return err_nomem(err);
  store->options.key_file = key_file;
  store->options.doing = doing;
  key_file = doing = NULL;
  return E_OK;
}

enum code store_open(struct store **ret_store, const char *kind,
                     const struct store_options *options, struct err *err)
{
  const struct store_backend *backend = NULL;
  for (size_t i = 0; i < ARRAY_LEN(backends); i++)
    if (strcmp(backends[i]->kind, kind) == 0)
      backend = backends[i];
  if (backend == NULL) {
    err_set(err, E_USAGE,
            "there is no store '%s'; the stores are keyring and file", kind);
    if (options->doing != NULL)
      err_hint(err, "fob profile set %s store keyring", options->doing);
    return E_USAGE;
  }
  AUTO(store) store = mem_zalloc(sizeof *store);
  if (store == NULL)
    return err_nomem(err);
  store->backend = backend;
  enum code code = copy_options(store, options, err);
  if (code == E_OK)
    code = backend->open(store, err);
  if (code != E_OK)
    return code;
  *ret_store = store;
  store = NULL;
  return E_OK;
}

/* CONTRACT §1. Names become file names: checked once more where it matters. */
static enum code check_name(const char *profile, struct err *err)
{
  static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789";
  static const char further[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t len = strlen(profile);
  if (len >= 1 && len <= 64 && strspn(profile, first) > 0 &&
      strspn(profile, further) == len)
    return E_OK;
  return err_set(err, E_USAGE, "'%s' is no profile's name", profile);
}

enum code store_get(struct store *store, const char *profile,
                    struct record **ret_record, struct err *err)
{
  enum code code = check_name(profile, err);
  if (code != E_OK)
    return code;
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_RECORD);
  code = store->backend->get(store, profile, &bytes, err);
  if (code == E_NO_CREDENTIAL) {
    err_set(err, code, "there is no credential for '%s' in %s", profile,
            store_describe(store));
    err_hint(err, "fob login -p %s", profile);
    return code;
  }
  if (code == E_OK)
    code = record_parse(ret_record, buf_text(&bytes), bytes.len, profile, err);
  if (code == E_STORE_BROKEN)
    err_hint(err, "nothing was changed; a login replaces it: fob login -p %s",
             profile);
  return code;
}

enum code store_put(struct store *store, const char *profile,
                    const struct record *record, struct err *err)
{
  enum code code = check_name(profile, err);
  if (code == E_OK && strcmp(record->profile, profile) != 0)
    code = err_set(err, E_LOCAL, "the credential of '%s' is not that of '%s'",
                   record->profile, profile);
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_RECORD);
  if (code == E_OK)
    code = record_write(record, &bytes, err);
  if (code == E_OK)
    code = buf_check(&bytes, err);
  if (code != E_OK)
    return code;
  return store->backend->put(store, profile, buf_text(&bytes), bytes.len, err);
}

enum code store_delete(struct store *store, const char *profile,
                       bool *ret_was_there, struct err *err)
{
  bool was_there = false;
  enum code code = check_name(profile, err);
  if (code == E_OK)
    code = store->backend->remove(store, profile, &was_there, err);
  if (code == E_OK && ret_was_there != NULL)
    *ret_was_there = was_there;
  return code;
}

enum code store_lock(struct store *store, const char *profile,
                     struct lock **ret_lock, struct err *err)
{
  AUTO_STR char *path = NULL;
  enum code code = check_name(profile, err);
  if (code == E_OK)
    code = store->backend->lock_path(store, profile, &path, err);
  return code != E_OK ? code : lock_take(ret_lock, path, LOCK_MS, err);
}

const char *store_describe(const struct store *store)
{
  return store->backend->describe(store);
}

const char *store_label(const struct store *store)
{
  return store->backend->label(store);
}

void store_free(struct store *store)
{
  if (store == NULL)
    return;
  store->backend->free(store);
  mem_free((char *)(uintptr_t)store->options.key_file);
  mem_free((char *)(uintptr_t)store->options.doing);
  mem_free(store);
}

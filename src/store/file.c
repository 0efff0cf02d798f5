/* The file store: $XDG_DATA_HOME/fob/credentials/NAME, one sealed file a
 * profile, its lock and the generated key beside it. What cannot be opened is
 * left where it is: a login replaces it. */
#include "store/backend.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/filekey.h"
#include "store/sealed.h"

#include <errno.h>
#include <string.h>

struct file_state {
  char *dir;                  /* NULL: not asked for yet */
  enum filekey_source source; /* of the file that was read or written last */
};

enum { FILE_MAX = BUF_RECORD + 1024 };

static struct file_state *state_of(const struct store *store)
{
  return store->state;
}

static enum code file_open_store(struct store *store, struct err *err)
{
  struct file_state *state = mem_zalloc(sizeof *state);
  if (state == NULL)
    return err_nomem(err);
  store->state = state;
  AUTO_STR char *data = NULL;
  enum code code = file_dir(DIR_DATA, &data, err);
  return code != E_OK ? code : file_join(&state->dir, data, "credentials", err);
}

static enum code path_of(const struct store *store, const char *profile,
                         char **ret_path, struct err *err)
{
  return file_join(ret_path, state_of(store)->dir, profile, err);
}

/* The file's bytes and head. E_NO_CREDENTIAL without a message: none. */
static enum code read_sealed(const struct store *store, const char *profile,
                             struct buf *sealed, struct sealed_head *ret_head,
                             struct err *err)
{
  AUTO_STR char *path = NULL;
  enum code code = path_of(store, profile, &path, err);
  if (code != E_OK)
    return code;
  struct err why = ERR_INIT;
  code = file_read(sealed, path, FILE_OWN, FILE_MAX, E_STORE_REFUSED, &why);
  if (code == E_NOT_FOUND)
    return E_NO_CREDENTIAL;
  if (code != E_OK) {
    *err = why;
    return code;
  }
  code = sealed_read_head(ret_head, sealed->data, sealed->len, err);
  if (code == E_STORE_BROKEN)
    err_prefix(err, "cannot use '%s': ", path);
  return code;
}

static enum code file_get(struct store *store, const char *profile,
                          struct buf *out, struct err *err)
{
  struct file_state *state = state_of(store);
  AUTO_BUF struct buf sealed = BUF_INIT(FILE_MAX);
  struct sealed_head head;
  enum code code = read_sealed(store, profile, &sealed, &head, err);
  if (code != E_OK)
    return code;
  AUTO_FILEKEY struct filekey key = {0};
  code = filekey_for_reading(&key, &store->options, profile, state->dir, &head,
                             err);
  if (code != E_OK)
    return code;
  state->source = key.source;
  code = sealed_open(sealed.data, sealed.len, profile, key.bytes, out, err);
  if (code == E_STORE_BROKEN)
    err_prefix(err, "cannot use '%s/%s': ", state->dir, profile);
  return code;
}

/* file_replace() has one code for all that can go wrong, its message says
 * which. */
static enum code full_or_refused(struct err *err)
{
  static const int full[] = {ENOSPC, EDQUOT, EFBIG};
  for (size_t i = 0; i < ARRAY_LEN(full); i++)
    if (strstr(err->message, strerror(full[i])) != NULL)
      err->code = E_STORE_FULL;
  return err->code;
}

static enum code file_put(struct store *store, const char *profile,
                          const char *bytes, size_t len, struct err *err)
{
  struct file_state *state = state_of(store);
  enum code code =
      file_mkdirs(state->dir, /* secret= */ true, E_STORE_REFUSED, err);
  if (code != E_OK)
    return full_or_refused(err);

  AUTO_BUF struct buf old = BUF_INIT(FILE_MAX);
  struct sealed_head head;
  struct err ignored = ERR_INIT;
  code = read_sealed(store, profile, &old, &head, &ignored);
  if (code == E_NOMEM)
    return err_nomem(err);
  bool replaces = code == E_OK;
  AUTO_FILEKEY struct filekey key = {0};
  code = filekey_for_writing(&key, &store->options, profile, state->dir,
                             replaces ? &head : NULL, err);
  if (code != E_OK)
    return code == E_STORE_REFUSED ? full_or_refused(err) : code;
  state->source = key.source;

  AUTO_BUF struct buf sealed = BUF_INIT(FILE_MAX);
  code = sealed_write(&key.head, profile, key.bytes, bytes, len, &sealed, err);
  if (code != E_OK)
    return code;
  AUTO_STR char *path = NULL;
  code = path_of(store, profile, &path, err);
  if (code != E_OK)
    return code;
  code = file_replace(path, sealed.data, sealed.len, /* secret= */ true,
                      E_STORE_REFUSED, err);
  return code == E_STORE_REFUSED ? full_or_refused(err) : code;
}

static enum code file_delete(struct store *store, const char *profile,
                             bool *ret_was_there, struct err *err)
{
  AUTO_STR char *path = NULL;
  enum code code = path_of(store, profile, &path, err);
  if (code != E_OK)
    return code;
  struct stat status;
  bool was_there = lstat(path, &status) == 0;
  code = file_remove(path, E_STORE_REFUSED, err);
  if (code == E_OK)
    *ret_was_there = was_there;
  return code;
}

/* A dot in front: a profile may be called "a.lock". */
static enum code file_lock_path(struct store *store, const char *profile,
                                char **ret_path, struct err *err)
{
  *ret_path = mem_printf("%s/.%s.lock", state_of(store)->dir, profile);
  return *ret_path != NULL ? E_OK : err_nomem(err);
}

static enum filekey_source source_of(const struct store *store)
{
  const struct file_state *state = state_of(store);
  return state->source != FILEKEY_NONE ? state->source
                                       : filekey_source(&store->options, NULL);
}

static const char *file_describe(const struct store *store)
{
  static const char *const texts[] = {
      [FILEKEY_NONE] = "an encrypted file",
      [FILEKEY_ENV] = "an encrypted file (key from FOB_STORE_KEY)",
      [FILEKEY_ENV_FILE] = "an encrypted file (key from FOB_STORE_KEY_FILE)",
      [FILEKEY_CONFIG] = "an encrypted file (key from store_key_file)",
      [FILEKEY_CREDENTIALS] =
          "an encrypted file (key from $CREDENTIALS_DIRECTORY)",
      [FILEKEY_PASSPHRASE] = "an encrypted file (passphrase)",
      [FILEKEY_BESIDE] = "an encrypted file (key beside it)",
  };
  return texts[source_of(store)];
}

static const char *file_label(const struct store *store)
{
  return file_describe(store) + strlen("an encrypted ");
}

static void file_free(struct store *store)
{
  struct file_state *state = state_of(store);
  if (state != NULL)
    mem_free(state->dir);
  mem_free(state);
}

const struct store_backend file_backend = {
    .kind = "file",
    .open = file_open_store,
    .get = file_get,
    .put = file_put,
    .remove = file_delete,
    .lock_path = file_lock_path,
    .describe = file_describe,
    .label = file_label,
    .free = file_free,
};

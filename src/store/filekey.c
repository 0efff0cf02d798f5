#include "store/filekey.h"

#include "base/codec.h"
#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/filekey_beside.h"
#include "store/filekey_cache.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char passphrase_word[] = "passphrase";

void filekey_wipe(struct filekey *key)
{
  mem_wipe(key, sizeof *key);
}

enum code filekey_parse(uint8_t ret_key[CRYPTO_KEY_LEN], const char *text,
                        size_t len, struct err *err)
{
  enum { HEX = 64, BASE64 = 44, BASE64URL = 43 };
  if (len > 0 && text[len - 1] == '\n')
    len--;
  if (len > 0 && text[len - 1] == '\r')
    len--;
  AUTO_BUF struct buf key = BUF_INIT(BUF_LINE);
  bool parsed = len == HEX         ? codec_unhex(&key, text, len)
                : len == BASE64    ? codec_unbase64(&key, text, len)
                : len == BASE64URL ? codec_unbase64url(&key, text, len)
                                   : false;
  if (key.failed != E_OK)
    return buf_check(&key, err);
  if (!parsed || key.len != CRYPTO_KEY_LEN)
    return E_STORE_BROKEN;
  memcpy(ret_key, key.data, CRYPTO_KEY_LEN);
  return E_OK;
}

/* --- where from --------------------------------------------------------- */

/* systemd's directory has more than our key in it, or not our key at all. No
 * memory is asked for: without it another key would be taken. */
static bool in_credentials_directory(void)
{
  const char *dir = env_text("CREDENTIALS_DIRECTORY");
  char path[PATH_MAX];
  struct stat status;
  return dir != NULL &&
         (size_t)snprintf(path, sizeof path, "%s/fob.key", dir) < sizeof path &&
         stat(path, &status) == 0;
}

static bool configured(const struct store_options *options)
{
  return options->key_file != NULL && *options->key_file != '\0';
}

static bool wants_passphrase(const struct store_options *options)
{
  return configured(options) && strcmp(options->key_file, passphrase_word) == 0;
}

enum filekey_source filekey_source(const struct store_options *options,
                                   const struct sealed_head *head)
{
  if (env_text("FOB_STORE_KEY") != NULL)
    return FILEKEY_ENV;
  if (env_text("FOB_STORE_KEY_FILE") != NULL)
    return FILEKEY_ENV_FILE;
  if (configured(options) && !wants_passphrase(options))
    return FILEKEY_CONFIG;
  if (in_credentials_directory())
    return FILEKEY_CREDENTIALS;
  bool passphrase = head != NULL ? head->kind == SEALED_PASSPHRASE
                                 : wants_passphrase(options);
  return passphrase ? FILEKEY_PASSPHRASE : FILEKEY_BESIDE;
}

const char *filekey_source_name(enum filekey_source source)
{
  static const char *const names[] = {
      [FILEKEY_NONE] = "no key",
      [FILEKEY_ENV] = "FOB_STORE_KEY",
      [FILEKEY_ENV_FILE] = "FOB_STORE_KEY_FILE",
      [FILEKEY_CONFIG] = "store_key_file",
      [FILEKEY_CREDENTIALS] = "$CREDENTIALS_DIRECTORY/fob.key",
      [FILEKEY_PASSPHRASE] = "a passphrase",
      [FILEKEY_BESIDE] = "the key beside it",
  };
  return names[source];
}

/* --- keys from somewhere ------------------------------------------------ */

static enum code read_file(uint8_t ret_key[CRYPTO_KEY_LEN], const char *path,
                           const char *named_by, enum code code,
                           struct err *err)
{
  AUTO_BUF struct buf content = BUF_INIT(BUF_LINE);
  enum code read =
      file_read(&content, path, FILE_USER, BUF_LINE / 2, code, err);
  if (read != E_OK) {
    err_prefix(err, "%s: ", named_by);
    err->code = read == E_NOT_FOUND ? code : read;
    return err->code;
  }
  if (content.len == CRYPTO_KEY_LEN) {
    memcpy(ret_key, content.data, CRYPTO_KEY_LEN);
    return E_OK;
  }
  enum code parsed =
      filekey_parse(ret_key, buf_text(&content), content.len, err);
  if (parsed != E_STORE_BROKEN)
    return parsed;
  err_set(err, code, "%s: '%s' holds no key of 32 bytes (base64 or hex)",
          named_by, path);
  AUTO_BUF struct buf word = BUF_INIT(BUF_LINE);
  codec_shell(&word, path);
  err_hint(err, "openssl rand -base64 32 > %s", buf_text(&word));
  return code;
}

/* One that is given from outside: not to be asked for, nor made. */
static enum code read_given(struct filekey *key,
                            const struct store_options *options,
                            struct err *err)
{
  const char *name = filekey_source_name(key->source);
  if (key->source == FILEKEY_ENV) {
    const char *text = env_text(name);
    enum code code = filekey_parse(key->bytes, text, strlen(text), err);
    if (code != E_STORE_BROKEN)
      return code;
    err_set(err, E_ENVIRONMENT,
            "FOB_STORE_KEY holds no key of 32 bytes (base64 or hex)");
    err_hint(err, "export FOB_STORE_KEY=\"$(openssl rand -base64 32)\"");
    return E_ENVIRONMENT;
  }
  if (key->source == FILEKEY_ENV_FILE)
    return read_file(key->bytes, env_text(name), name, E_ENVIRONMENT, err);
  if (key->source == FILEKEY_CONFIG)
    return read_file(key->bytes, options->key_file, name, E_STORE_REFUSED, err);
  AUTO_STR char *path = NULL;
  enum code code =
      file_join(&path, env_text("CREDENTIALS_DIRECTORY"), "fob.key", err);
  return code != E_OK ? code
                      : read_file(key->bytes, path, name, E_STORE_REFUSED, err);
}

static enum code identify(struct filekey *key, enum sealed_kind kind,
                          struct err *err)
{
  key->head.kind = kind;
  return sealed_key_id(key->head.key_id, key->bytes, err);
}

static bool is_key_of(const struct filekey *key, const struct sealed_head *head)
{
  return key->head.kind == head->kind &&
         memcmp(key->head.key_id, head->key_id, SEALED_ID_LEN) == 0;
}

/* --- passphrases -------------------------------------------------------- */

static enum code derive(struct filekey *key,
                        const struct store_options *options,
                        const char *profile, bool again, struct err *err)
{
  if (options->ask_passphrase == NULL) {
    err_set(err, E_STORE_LOCKED,
            "the credential file of '%s' is sealed with a passphrase, and "
            "nobody is here to be asked for it",
            profile);
    err_hint(err, "run fob on a terminal once (the kernel keeps the key for "
                  "8 h), or give FOB_STORE_KEY_FILE and log in again");
    return E_STORE_LOCKED;
  }
  AUTO(secret) passphrase = NULL;
  enum code code =
      options->ask_passphrase(options->user, profile, again, &passphrase, err);
  if (code == E_OK)
    code = crypto_passphrase_key(passphrase, key->head.salt, key->bytes, err);
  if (code == E_OK)
    code = identify(key, SEALED_PASSPHRASE, err);
  return code;
}

/* The derived key of head's salt, when this session still has it. */
static enum code recall(struct filekey *key, const struct sealed_head *head,
                        bool *ret_found, struct err *err)
{
  *ret_found = false;
  memcpy(key->head.salt, head->salt, CRYPTO_SALT_LEN);
  if (!filekey_cache_get(head->salt, key->bytes))
    return E_OK;
  enum code code = identify(key, SEALED_PASSPHRASE, err);
  *ret_found = code == E_OK && is_key_of(key, head);
  if (code == E_OK && !*ret_found)
    filekey_cache_drop(head->salt);
  return code;
}

static enum code read_passphrase(struct filekey *key,
                                 const struct store_options *options,
                                 const char *profile,
                                 const struct sealed_head *head,
                                 struct err *err)
{
  bool found;
  enum code code = recall(key, head, &found, err);
  if (code != E_OK || found)
    return code;
  code = derive(key, options, profile, /* again= */ false, err);
  if (code != E_OK)
    return code;
  if (!is_key_of(key, head)) {
    err_set(err, E_STORE_REFUSED,
            "this is not the passphrase of '%s' credential file", profile);
    err_hint(err, "try again, or replace it: fob login -p %s", profile);
    return E_STORE_REFUSED;
  }
  filekey_cache_put(head->salt, key->bytes);
  return E_OK;
}

static enum code new_passphrase(struct filekey *key,
                                const struct store_options *options,
                                const char *profile,
                                const struct sealed_head *head, struct err *err)
{
  bool found = false;
  enum code code = head != NULL ? recall(key, head, &found, err) : E_OK;
  if (code != E_OK || found)
    return code;
  code = crypto_random(key->head.salt, CRYPTO_SALT_LEN, err);
  if (code == E_OK)
    code = derive(key, options, profile, /* again= */ true, err);
  if (code == E_OK)
    filekey_cache_put(key->head.salt, key->bytes);
  return code;
}

/* --- the two uses ------------------------------------------------------- */

static enum code say_other_key(const struct filekey *key, const char *profile,
                               const struct sealed_head *head, struct err *err)
{
  const char *sealed_with = head->kind == SEALED_PASSPHRASE
                                ? "with a passphrase"
                                : "with another key";
  err_set(err, E_STORE_REFUSED,
          "the credential file of '%s' is sealed %s, not with that of %s",
          profile, sealed_with, filekey_source_name(key->source));
  err_hint(err,
           "give the key that it was made with, or replace it: "
           "fob login -p %s",
           profile);
  return E_STORE_REFUSED;
}

enum code filekey_for_reading(struct filekey *ret_key,
                              const struct store_options *options,
                              const char *profile, const char *dir,
                              const struct sealed_head *head, struct err *err)
{
  AUTO_FILEKEY struct filekey key = {.source = filekey_source(options, head)};
  enum code code;
  if (key.source == FILEKEY_PASSPHRASE) {
    code = read_passphrase(&key, options, profile, head, err);
  } else {
    code = key.source == FILEKEY_BESIDE
               ? filekey_beside_read(key.bytes, dir, err)
               : read_given(&key, options, err);
    if (code == E_NO_CREDENTIAL) {
      err_set(err, E_STORE_REFUSED,
              "the key of '%s' is not here: no FOB_STORE_KEY, "
              "FOB_STORE_KEY_FILE, store_key_file, "
              "$CREDENTIALS_DIRECTORY/fob.key, and none beside it",
              profile);
      err_hint(err,
               "give the key that it was made with, or replace it: "
               "fob login -p %s",
               profile);
      return E_STORE_REFUSED;
    }
    if (code == E_OK)
      code = identify(&key, SEALED_KEY, err);
    if (code == E_OK && !is_key_of(&key, head))
      code = say_other_key(&key, profile, head, err);
  }
  if (code == E_OK)
    *ret_key = key;
  return code;
}

enum code filekey_for_writing(struct filekey *ret_key,
                              const struct store_options *options,
                              const char *profile, const char *dir,
                              const struct sealed_head *head, struct err *err)
{
  AUTO_FILEKEY struct filekey key = {.source = filekey_source(options, head)};
  enum code code;
  if (key.source == FILEKEY_PASSPHRASE) {
    code = new_passphrase(&key, options, profile, head, err);
  } else {
    code = key.source == FILEKEY_BESIDE
               ? filekey_beside_make(key.bytes, dir, err)
               : read_given(&key, options, err);
    if (code == E_OK)
      code = identify(&key, SEALED_KEY, err);
  }
  if (code == E_OK)
    *ret_key = key;
  return code;
}

#include "oauth/client_key.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

void client_key_clear(struct client_key *key)
{
  sign_key_free(key->sign);
  mem_free(key->email);
  mem_free(key->token_uri);
  *key = (struct client_key){0};
}

/* --- Google's file ------------------------------------------------------- */

/* Is it such a file? A JWK is JSON too, but has no private_key. */
static bool is_account(const json_t *object)
{
  return json_object_get(object, "private_key") != NULL ||
         json_object_get(object, "client_email") != NULL;
}

static enum code take_member(char **ret_text, const json_t *object,
                             const char *member, enum code code,
                             const char *what, struct err *err)
{
  const json_t *value = json_object_get(object, member);
  const char *text = json_string_value(value);

  if (!text || !*text || strlen(text) != json_string_length(value) ||
      !codec_is_line(text))
    return err_set(err, code, "%s is no service-account file: its '%s' is %s",
                   what, member, value ? "no text" : "missing");
  *ret_text = mem_str(text);
  return *ret_text ? E_OK : err_nomem(err);
}

static enum code read_account(struct client_key *key, const json_t *object,
                              const struct sign_source *file, struct err *err)
{
  struct sign_source source = *file;
  const char *pem = json_text(object, "private_key");
  enum code code = take_member(&key->email, object, "client_email", file->code,
                               file->what, err);

  if (code == E_OK)
    code = take_member(&key->token_uri, object, "token_uri", file->code,
                       file->what, err);
  if (code != E_OK)
    return code;
  if (!pem)
    return err_set(err, file->code,
                   "%s is no service-account file: its 'private_key' is "
                   "missing",
                   file->what);
  if (!source.kid)
    source.kid = json_text(object, "private_key_id");
  return sign_key_load(&key->sign, pem, strlen(pem), &source, err);
}

/* --- any ----------------------------------------------------------------- */

static enum code read_any(struct client_key *key, const char *bytes, size_t len,
                          const struct sign_source *source, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  size_t blanks = strspn(bytes, " \t\r\n");
  enum code code;

  if (blanks < len && bytes[blanks] == '{') {
    code = json_read(&object, bytes, len, JSON_DEPTH, source->code,
                     source->what, err);
    if (code != E_OK)
      return code;
    if (is_account(object))
      return read_account(key, object, source, err);
  }
  return sign_key_load(&key->sign, bytes, len, source, err);
}

enum code client_key_read(struct client_key *ret_key, const char *bytes,
                          size_t len, const struct profile *profile,
                          const char *path, const char *what, enum code code,
                          struct err *err)
{
  const struct sign_source source = {.what = what,
                                     .path = path,
                                     .alg = profile->client.key_alg,
                                     .kid = profile->client.key_id,
                                     .code = code};
  AUTO_CLIENT_KEY struct client_key key = {0};
  enum code result = read_any(&key, bytes, len, &source, err);

  if (result != E_OK)
    return result;
  *ret_key = key;
  key = (struct client_key){0};
  return E_OK;
}

enum code client_key_write(const struct client_key *key,
                           struct secret **ret_kept, struct err *err)
{
  AUTO(secret) jwk = NULL;
  AUTO_JSON json_t *object = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_SECRET);
  enum code code = sign_key_write(key->sign, &jwk, err);

  if (code != E_OK)
    return code;
  if (!key->email) {
    *ret_kept = jwk;
    jwk = NULL;
    return E_OK;
  }
  object = json_pack("{s:s, s:s, s:s}", "client_email", key->email, "token_uri",
                     key->token_uri, "private_key", secret_reveal(jwk));
  if (!object)
    return err_nomem(err);
  code = json_write(&text, object, 0, err);
  return code == E_OK ? secret_from_buf(ret_kept, &text, err) : code;
}

static enum code from_file(struct client_key *ret_key,
                           const struct profile *profile, struct err *err)
{
  const char *path = profile->client.key;
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);
  AUTO_STR char *what = mem_printf("the signing key '%s'", path);
  enum code code;

  if (!what)
    return err_nomem(err);
  code = file_read(&bytes, path, FILE_USER, BUF_SECRET, E_PROFILE, err);
  if (code == E_NOT_FOUND)
    return err_set(err, E_PROFILE, "cannot read %s: it is not there", what);
  if (code != E_OK)
    return code;
  return client_key_read(ret_key, buf_text(&bytes), bytes.len, profile, path,
                         what, E_PROFILE, err);
}

enum code client_key_find(struct client_key *ret_key,
                          const struct profile *profile,
                          const struct secret *kept, struct err *err)
{
  AUTO_STR char *what = NULL;

  *ret_key = (struct client_key){0};
  if (profile->client.key)
    return from_file(ret_key, profile, err);
  if (!kept)
    return E_OK;
  what = mem_printf("the stored signing key of '%s'", profile->name);
  if (!what)
    return err_nomem(err);
  return client_key_read(ret_key, secret_reveal(kept), secret_len(kept),
                         profile, NULL, what, E_STORE_BROKEN, err);
}

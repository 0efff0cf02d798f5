#include "api/checkpoint.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "profile/form.h"

#include <string.h>

enum {
  VERSION = 1,
  COUNT_BITS = 53, /* what every reader of JSON keeps */
};

#define CHECKPOINT_MAX (8 * BUF_URL)

void checkpoint_clear(struct checkpoint *checkpoint)
{
  json_decref(checkpoint->json);
  *checkpoint = (struct checkpoint){0};
}

enum code checkpoint_hash(char **ret_hash, const void *body, size_t len,
                          struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(2 * CRYPTO_HASH_MAX);
  uint8_t hash[CRYPTO_HASH_MAX];
  size_t hash_len = 0;
  enum code code = E_OK;

  if (body != NULL) {
    code = crypto_hash(CRYPTO_SHA256, body, len, hash, &hash_len, err);
    codec_hex(&text, hash, hash_len);
  } else {
    buf_puts(&text, "");
  }
  return code == E_OK ? buf_detach(&text, ret_hash, NULL, err) : code;
}

/* --- reading --------------------------------------------------------------
 */

static bool take_count(int64_t *to, const json_t *root, const char *member)
{
  const json_t *value = json_object_get(root, member);

  *to = json_integer_value(value);
  return json_is_integer(value) && *to >= 0 && *to >> COUNT_BITS == 0;
}

/* false: it is not of this form. */
static bool take(struct checkpoint *c, json_t *root)
{
  const char *style = json_text(root, "style");
  int index = style != NULL ? form_word(PAGE_STYLES, style) : -1;

  if (json_integer_value(json_object_get(root, "checkpoint")) != VERSION ||
      index < 0)
    return false;
  c->method = json_text(root, "method");
  c->url = json_text(root, "url");
  c->body_hash = json_text(root, "body_sha256");
  c->items = json_text(root, "items");
  c->place = (struct page_place){
      .style = (enum page_style)index,
      .next = json_text(root, "next"),
      .param = json_text(root, "param"),
      .url = json_text(root, "page"),
      .cursor = json_text(root, "cursor"),
      .number = json_is_true(json_object_get(root, "cursor_is_number"))};
  return c->method != NULL && c->url != NULL && c->body_hash != NULL &&
         c->place.url != NULL && take_count(&c->skip, root, "skip") &&
         take_count(&c->pages, root, "pages_done") &&
         take_count(&c->written, root, "items_done");
}

enum code checkpoint_read(struct checkpoint *ret_checkpoint, const char *path,
                          struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(CHECKPOINT_MAX);
  struct checkpoint checkpoint = {0};
  AUTO_JSON json_t *root = NULL;
  enum code code =
      file_read(&text, path, FILE_USER, CHECKPOINT_MAX, E_USAGE, err);

  if (code != E_OK) {
    err_prefix(err, "--resume: ");
    return code;
  }
  if (text.len == 0) /* made by mktemp(1) */
    return err_set(err, E_NOT_FOUND, "'%s' is empty", path);
  code = json_read(&root, text.data, text.len, JSON_PROFILE_DEPTH, E_USAGE,
                   "the checkpoint", err);
  if (code == E_OK && !take(&checkpoint, root))
    code = err_set(err, E_USAGE, "it is no checkpoint of fob's");
  if (code != E_OK) {
    if (code == E_USAGE) {
      err_prefix(err, "--resume %s: ", path);
      err_hint(err, "remove the file to begin at the first page");
    }
    return code;
  }
  checkpoint.json = json_incref(root);
  *ret_checkpoint = checkpoint;
  return E_OK;
}

enum code checkpoint_check(const struct checkpoint *checkpoint,
                           const char *path, const char *method,
                           const char *url, const char *body_hash,
                           struct err *err)
{
  enum code code;

  if (strcmp(checkpoint->method, method) == 0 &&
      strcmp(checkpoint->url, url) == 0) {
    if (strcmp(checkpoint->body_hash, body_hash) == 0)
      return E_OK;
    code = err_set(err, E_USAGE,
                   "--resume %s: it belongs to the same request with another "
                   "body",
                   path);
  } else {
    code =
        err_set(err, E_USAGE, "--resume %s: it belongs to %s %s, not to %s %s",
                path, checkpoint->method, checkpoint->url, method, url);
  }
  err_hint(err, "name another file, or remove it to begin at the first page");
  return code;
}

/* --- writing --------------------------------------------------------------
 */

static enum code put_place(json_t *root, const struct page_place *place,
                           struct err *err)
{
  enum code code =
      json_put_text(root, "style", page_style_name(place->style), err);

  if (code == E_OK)
    code = json_put_text(root, "next", place->next, err);
  if (code == E_OK)
    code = json_put_text(root, "param", place->param, err);
  if (code == E_OK)
    code = json_put_text(root, "page", place->url, err);
  if (code == E_OK)
    code = json_put_text(root, "cursor", place->cursor, err);
  if (code == E_OK && place->number &&
      json_object_set_new(root, "cursor_is_number", json_true()) != 0)
    code = err_nomem(err);
  return code;
}

enum code checkpoint_write(const struct checkpoint *checkpoint,
                           const char *path, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(CHECKPOINT_MAX);
  AUTO_JSON json_t *root = json_object();
  enum code code = root != NULL ? json_put_int(root, "checkpoint", VERSION, err)
                                : err_nomem(err);

  if (code == E_OK)
    code = json_put_text(root, "method", checkpoint->method, err);
  if (code == E_OK)
    code = json_put_text(root, "url", checkpoint->url, err);
  if (code == E_OK)
    code = json_put_text(root, "body_sha256", checkpoint->body_hash, err);
  if (code == E_OK)
    code = put_place(root, &checkpoint->place, err);
  if (code == E_OK)
    code = json_put_text(root, "items", checkpoint->items, err);
  if (code == E_OK)
    code = json_put_int(root, "skip", checkpoint->skip, err);
  if (code == E_OK)
    code = json_put_int(root, "pages_done", checkpoint->pages, err);
  if (code == E_OK)
    code = json_put_int(root, "items_done", checkpoint->written, err);
  if (code == E_OK)
    code = json_write(&text, root, 2, err);
  if (code == E_OK)
    code = buf_check(&text, err);
  if (code == E_OK)
    code = file_replace(path, text.data, text.len, true, E_OUTPUT, err);
  if (code != E_OK)
    err_prefix(err, "--resume %s: ", path);
  return code;
}

/* Bodies and queries made of items: JSON, form-urlencoded, multipart. */
#include "api/body.h"

#include "api/body_part.h"
#include "api/quote.h"
#include "api/scan.h"
#include "api/tree.h"
#include "api/upload.h"
#include "base/codec.h"
#include "base/mem.h"
#include "crypto/crypto.h"

#include <string.h>

enum { BOUNDARY_BYTES = 18 };

/* --- values -------------------------------------------------------------- */

static bool is_file(const struct item *item)
{
  return item->kind >= ITEM_TEXT_FILE;
}

static bool is_json(const struct item *item)
{
  return item->kind == ITEM_JSON || item->kind == ITEM_JSON_FILE;
}

/* White space around a value, and a file's byte order mark, do not go into a
 * document. */
static void trim(const char **text, size_t *len)
{
  if (*len >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
    *text += 3;
    *len -= 3;
  }
  while (*len > 0 && strchr(" \t\r\n", (*text)[*len - 1]) != NULL)
    --*len;
  while (*len > 0 && strchr(" \t\r\n", **text) != NULL) {
    ++*text;
    --*len;
  }
}

static enum code not_text(const struct item *item, struct err *err)
{
  enum code code;

  if (!is_file(item))
    return err_set(err, E_USAGE, "item '%s': the value is not UTF-8 text",
                   item->name);
  code = err_set(err, E_USAGE, "item '%s': '%s' is not UTF-8 text", item->name,
                 item->value);
  err_hint(err, "as an upload: %s@FILE   as the whole body: --input FILE",
           item->key);
  return code;
}

/* The item's own bytes or its file's, in *ret_text; storage holds the
 * latter. */
static enum code value_of(const struct item *item, struct buf *storage,
                          const char **ret_text, size_t *ret_len,
                          struct err *err)
{
  enum code code = E_OK;

  *ret_text = item->value;
  *ret_len = strlen(item->value);
  if (is_file(item)) {
    code = body_read_file(storage, item->value, err);
    if (code != E_OK) {
      err_prefix(err, "item '%s': ", item->name);
      return code;
    }
    *ret_text = buf_text(storage);
    *ret_len = storage->len;
  }
  if (is_json(item)) {
    if (is_file(item) && !scan_is_value(*ret_text, *ret_len))
      return err_set(err, E_USAGE, "item '%s': '%s' is not JSON", item->name,
                     item->value);
    trim(ret_text, ret_len);
  }
  if (item->kind == ITEM_FIELD_FILE && !codec_is_utf8(*ret_text, *ret_len))
    return not_text(item, err);
  return code;
}

/* As value_of, where text is wanted: a JSON string gives its text. */
static enum code text_of(const struct item *item, struct buf *storage,
                         const char **ret_text, size_t *ret_len,
                         struct err *err)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_BODY);
  enum code code = value_of(item, storage, ret_text, ret_len, err);

  if (code != E_OK || !is_json(item) || **ret_text != '"')
    return code;
  quote_undo(&plain, *ret_text, *ret_len);
  buf_clear(storage);
  buf_put(storage, buf_text(&plain), plain.len);
  *ret_text = buf_text(storage);
  *ret_len = storage->len;
  code = buf_check(&plain, err);
  return code != E_OK ? code : buf_check(storage, err);
}

enum code body_put_text(struct buf *out, const struct item *item,
                        struct err *err)
{
  AUTO_BUF struct buf storage = BUF_INIT(BUF_BODY);
  const char *text;
  size_t len;
  enum code code = text_of(item, &storage, &text, &len, err);

  if (code != E_OK)
    return code;
  buf_put(out, text, len);
  return buf_check(out, err);
}

/* --- encodings ----------------------------------------------------------- */

static enum code set_member(struct tree *tree, const struct item *item,
                            struct err *err)
{
  AUTO_BUF struct buf storage = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf quoted = BUF_INIT(BUF_BODY);
  const char *text;
  size_t len;
  enum code code = value_of(item, &storage, &text, &len, err);

  if (code != E_OK)
    return code;
  if (!codec_is_utf8(text, len))
    return not_text(item, err);
  if (is_json(item))
    return tree_set(tree, item->key, text, len, err);
  quote_json(&quoted, text, len);
  code = buf_check(&quoted, err);
  return code != E_OK
             ? code
             : tree_set(tree, item->key, buf_text(&quoted), quoted.len, err);
}

static enum code json_body(struct body **ret_body, const struct item_list *list,
                           struct err *err)
{
  AUTO(tree) tree = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  enum code code = tree_new(&tree, err);

  for (size_t i = 0; code == E_OK && i < list->count; i++) {
    if (item_is_data(&list->items[i]))
      code = set_member(tree, &list->items[i], err);
  }
  if (code != E_OK)
    return code;
  tree_write(tree, &text);
  code = buf_check(&text, err);
  return code != E_OK ? code
                      : body_of_bytes(ret_body, buf_text(&text), text.len,
                                      "application/json", err);
}

static enum code add_pair(struct buf *out, const struct item *item,
                          struct err *err)
{
  AUTO_BUF struct buf storage = BUF_INIT(BUF_BODY);
  const char *text;
  size_t len;
  enum code code;

  if (item->kind == ITEM_UPLOAD)
    return err_set(err, E_USAGE,
                   "item '%s': a file is uploaded in a multipart body only",
                   item->name);
  code = text_of(item, &storage, &text, &len, err);
  if (code != E_OK)
    return code;
  if (out->len > 0)
    buf_putc(out, '&');
  codec_form(out, item->name, strlen(item->name));
  buf_putc(out, '=');
  codec_form(out, text, len);
  return buf_check(out, err);
}

enum code body_put_query(struct buf *out, const struct item_list *list,
                         bool with_data, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < list->count; i++) {
    const struct item *item = &list->items[i];

    if (item->kind == ITEM_QUERY || (with_data && item_is_data(item)))
      code = add_pair(out, item, err);
  }
  return code;
}

static enum code form_body(struct body **ret_body, const struct item_list *list,
                           struct err *err)
{
  AUTO_BUF struct buf form = BUF_INIT(BUF_BODY);
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < list->count; i++) {
    if (item_is_data(&list->items[i]))
      code = add_pair(&form, &list->items[i], err);
  }
  return code != E_OK ? code
                      : body_of_bytes(ret_body, buf_text(&form), form.len,
                                      "application/x-www-form-urlencoded", err);
}

/* --- multipart/form-data (RFC 7578) -------------------------------------- */

/* A quoted parameter as browsers write it (WHATWG HTML, 4.10.22.8). */
static void put_quoted(struct buf *out, const char *text)
{
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\r' || *text == '\n')
      buf_printf(out, "%%%02X", (unsigned)*text);
    else
      buf_putc(out, *text);
  }
}

static enum code add_file_part(struct body *body, struct buf *head,
                               const struct item *item, struct err *err)
{
  AUTO_UPLOAD struct upload upload = {0};
  enum code code = upload_parse(item, &upload, err);

  if (code != E_OK)
    return code;
  buf_puts(head, "; filename=\"");
  put_quoted(head, upload.filename);
  buf_printf(head, "\"\r\nContent-Type: %s\r\n\r\n", upload.type);
  code = buf_check(head, err);
  if (code == E_OK)
    code = body_add_bytes(body, buf_text(head), head->len, err);
  if (code == E_OK) {
    code = body_add_file(body, upload.path, err);
    if (code != E_OK)
      err_prefix(err, "item '%s': ", item->name);
  }
  return code;
}

static enum code add_text_part(struct body *body, struct buf *head,
                               const struct item *item, struct err *err)
{
  enum code code;

  buf_puts(head, "\r\n\r\n");
  code = body_put_text(head, item, err);
  return code != E_OK ? code
                      : body_add_bytes(body, buf_text(head), head->len, err);
}

static enum code add_item_part(struct body *body, const char *boundary,
                               bool first, const struct item *item,
                               struct err *err)
{
  AUTO_BUF struct buf head = BUF_INIT(BUF_BODY);

  buf_printf(&head, "%s--%s\r\nContent-Disposition: form-data; name=\"",
             first ? "" : "\r\n", boundary);
  put_quoted(&head, item->name);
  buf_putc(&head, '"');
  if (item->kind == ITEM_UPLOAD || item->kind == ITEM_FIELD_FILE)
    return add_file_part(body, &head, item, err);
  return add_text_part(body, &head, item, err);
}

static enum code multipart_body(struct body **ret_body,
                                const struct item_list *list, struct err *err)
{
  AUTO(body) body = NULL;
  AUTO_STR char *boundary = NULL;
  AUTO_STR char *text = NULL;
  bool first = true;
  enum code code = crypto_random_text(&boundary, BOUNDARY_BYTES, err);

  if (code != E_OK)
    return code;
  text = mem_printf("multipart/form-data; boundary=%s", boundary);
  if (text == NULL)
    return err_nomem(err);
  code = body_new(&body, text, err);
  for (size_t i = 0; code == E_OK && i < list->count; i++) {
    if (!item_is_data(&list->items[i]))
      continue;
    code = add_item_part(body, boundary, first, &list->items[i], err);
    first = false;
  }
  if (code != E_OK)
    return code;
  mem_free(text);
  text = mem_printf("%s--%s--\r\n", first ? "" : "\r\n", boundary);
  if (text == NULL)
    return err_nomem(err);
  code = body_add_bytes(body, text, strlen(text), err);
  if (code != E_OK)
    return code;
  *ret_body = body;
  body = NULL;
  return E_OK;
}

enum code body_of_items(struct body **ret_body, const struct item_list *list,
                        enum body_encoding encoding, struct err *err)
{
  switch (encoding) {
  case BODY_FORM:
    return form_body(ret_body, list, err);
  case BODY_MULTIPART:
    return multipart_body(ret_body, list, err);
  case BODY_JSON:
    break;
  }
  return json_body(ret_body, list, err);
}

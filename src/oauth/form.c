#include "oauth/form.h"

#include "base/codec.h"
#include "base/json.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static enum code decode(struct buf *out, const char *text, size_t len,
                        enum code code, const char *what, struct err *err)
{
  if (!codec_unpercent(out, text, len, true) || buf_check(out, NULL) != E_OK) {
    if (out->failed == E_NOMEM)
      return err_nomem(err);
    return err_set(err, code, "%s is not form-encoded", what);
  }
  if (memchr(buf_text(out), '\0', out->len))
    return err_set(err, code, "%s holds a NUL character", what);
  if (!codec_is_utf8(buf_text(out), out->len))
    return err_set(err, code, "%s is not UTF-8", what);
  return E_OK;
}

/* Takes value over, also on failure. */
static enum code keep(json_t *object, const char *name, json_t *value,
                      enum form_repeats repeats, enum code code,
                      const char *what, struct err *err)
{
  AUTO_JSON json_t *mine = value;
  AUTO_JSON json_t *list = NULL;
  json_t *old = json_object_get(object, name);

  if (!mine)
    return err_nomem(err);
  if (!old)
    return json_object_set(object, name, mine) == 0 ? E_OK : err_nomem(err);
  if (repeats == FORM_ONCE)
    return err_set(err, code, "%s has '%s' more than once", what, name);
  if (json_is_array(old))
    return json_array_append(old, mine) == 0 ? E_OK : err_nomem(err);
  list = json_array();
  if (!list || json_array_append(list, old) != 0 ||
      json_array_append(list, mine) != 0 ||
      json_object_set(object, name, list) != 0)
    return err_nomem(err);
  return E_OK;
}

static enum code read_pair(json_t *object, const char *text, size_t len,
                           enum form_repeats repeats, enum code code,
                           const char *what, struct err *err)
{
  AUTO_BUF struct buf name = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf value = BUF_INIT(BUF_DOCUMENT);
  const char *equals = memchr(text, '=', len);
  size_t name_len = equals ? (size_t)(equals - text) : len;
  enum code result = decode(&name, text, name_len, code, what, err);

  if (result == E_OK && equals)
    result = decode(&value, equals + 1, len - name_len - 1, code, what, err);
  if (result != E_OK)
    return result;
  return keep(object, buf_text(&name),
              json_stringn(buf_text(&value), value.len), repeats, code, what,
              err);
}

enum code form_read(json_t **ret_object, const char *text, size_t len,
                    enum form_repeats repeats, enum code code, const char *what,
                    struct err *err)
{
  AUTO_JSON json_t *object = json_object();
  const char *end = text + len;

  if (!object)
    return err_nomem(err);
  while (text < end) {
    const char *stop = memchr(text, '&', (size_t)(end - text));
    size_t here = (size_t)((stop ? stop : end) - text);
    enum code result =
        here == 0 ? E_OK
                  : read_pair(object, text, here, repeats, code, what, err);

    if (result != E_OK)
      return result;
    text += here + (stop ? 1 : 0);
  }
  *ret_object = json_incref(object);
  return E_OK;
}

bool form_has(const struct buf *form, const char *name)
{
  size_t len = strlen(name);

  for (const char *at = buf_text(form); *at;) {
    if (strncmp(at, name, len) == 0 && at[len] == '=')
      return true;
    at += strcspn(at, "&");
    at += *at == '&';
  }
  return false;
}

static bool is_media(const char *content_type, const char *type)
{
  size_t len = strlen(type);

  return strncasecmp(content_type, type, len) == 0 &&
         strchr("; \t", content_type[len]); /* "" matches the NUL */
}

enum code form_answer(json_t **ret_object, const char *content_type, int status,
                      const char *body, size_t len, const char *what,
                      struct err *err)
{
  size_t blank = 0;

  while (blank < len && strchr(" \t\r\n", body[blank]) && body[blank])
    blank++;
  if (blank == len)
    return err_set(err, E_ANSWER, "%s is empty (HTTP %d)", what, status);
  if (is_media(content_type, "application/x-www-form-urlencoded"))
    return form_read(ret_object, body, len, FORM_ONCE, E_ANSWER, what, err);
  return json_read(ret_object, body, len, JSON_DEPTH, E_ANSWER, what, err);
}

enum code form_add_members(struct buf *form, const json_t *object,
                           const struct buf *taken, struct err *err)
{
  const char *name;
  json_t *value;

  if (object) {
    json_object_foreach((json_t *)object, name, value)
    {
      if (json_is_string(value) && !(taken && form_has(taken, name)))
        codec_form_pair(form, name, json_string_value(value));
    }
  }
  return buf_check(form, err);
}

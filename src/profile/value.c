#include "profile/value.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "profile/profile.h"

#include <string.h>

_Static_assert(sizeof(enum profile_grant) == sizeof(unsigned) &&
                   sizeof(enum profile_identity_use) == sizeof(unsigned) &&
                   sizeof(enum profile_offline) == sizeof(unsigned),
               "KEEP_INDEX writes an unsigned");

json_t *value_get(const json_t *document, const char *path)
{
  json_t *at = (json_t *)document;

  while (at != NULL) {
    const char *dot = strchr(path, '.');
    if (dot == NULL) {
      at = json_object_get(at, path);
      return json_is_null(at) ? NULL : at;
    }
    char name[SCHEMA_PATH_MAX];
    size_t len = (size_t)(dot - path);
    if (len >= sizeof(name))
      return NULL;
    memcpy(name, path, len);
    name[len] = '\0';
    at = json_object_get(at, name);
    path = dot + 1;
  }
  return NULL;
}

const char *value_text(const json_t *document, const char *path)
{
  return json_string_value(value_get(document, path));
}

/* --- from a word --------------------------------------------------------- */

static json_t *split_words(const char *text)
{
  json_t *list = json_array();
  bool failed = list == NULL;

  while (!failed) {
    text += strspn(text, " \t\n");
    size_t len = strcspn(text, " \t\n");
    if (len == 0)
      return list;
    failed = json_array_append_new(list, json_stringn(text, len)) != 0;
    text += len;
  }
  json_decref(list);
  return NULL;
}

enum code value_from_text(const struct member *row, const char *text,
                          json_t **ret_value, struct err *err)
{
  json_t *value = NULL;
  uint64_t number;

  if (!codec_is_utf8(text, strlen(text)))
    return err_set(err, E_USAGE, "must be UTF-8");
  switch (row->shape) {
  case SHAPE_TEXT:
  case SHAPE_SECONDS:
    value = json_string(text);
    break;
  case SHAPE_LIST:
    value = split_words(text);
    break;
  case SHAPE_BOOL:
    if (form_word("true|false", text) < 0)
      return err_set(err, E_USAGE, "must be true or false");
    value = json_boolean(strcmp(text, "true") == 0);
    break;
  case SHAPE_INTEGER:
    if (!num_parse(text, (uint64_t)row->max, &number) ||
        (int64_t)number < row->min)
      return err_set(err, E_USAGE, "must be a whole number from %lld to %lld",
                     (long long)row->min, (long long)row->max);
    value = json_integer((json_int_t)number);
    break;
  default:
    return err_set(err, E_USAGE,
                   "has members of its own; name one of them, or give JSON "
                   "with  %s:=…",
                   row->path);
  }
  if (value == NULL)
    return err_nomem(err);
  *ret_value = value;
  return E_OK;
}

/* --- for people ---------------------------------------------------------- */

static bool is_list_of_text(const json_t *value)
{
  for (size_t i = 0; i < json_array_size(value); i++)
    if (!json_is_string(json_array_get(value, i)))
      return false;
  return json_is_array(value);
}

enum code value_show(const json_t *value, struct buf *out, struct err *err)
{
  if (json_is_string(value)) {
    const char *text = json_string_value(value);
    if (strspn(text, " ") == strlen(text)) /* blank: quoted, to be seen */
      buf_printf(out, "\"%s\"", text);
    else
      buf_puts(out, text);
    return buf_check(out, err);
  }
  if (!is_list_of_text(value))
    return json_write(out, value, 0, err);

  for (size_t i = 0; i < json_array_size(value); i++) {
    buf_puts(out, i > 0 ? ", " : "");
    buf_puts(out, json_string_value(json_array_get(value, i)));
  }
  return buf_check(out, err);
}

/* --- into the struct ----------------------------------------------------- */

bool value_seconds(const json_t *value, int64_t *ret_seconds)
{
  if (json_is_string(value))
    return num_duration(json_string_value(value), ret_seconds);
  return json_seconds(value, ret_seconds);
}

static enum code keep_list(const json_t *value, struct text_list *list,
                           struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < json_array_size(value); i++)
    code =
        text_list_add(list, json_string_value(json_array_get(value, i)), err);
  return code;
}

static enum code keep(const struct member *row, json_t *value, void *target,
                      struct err *err)
{
  const char *text = json_string_value(value);

  switch (row->keep) {
  case KEEP_TEXT:
    *(char **)target = mem_str(text);
    return *(char **)target != NULL ? E_OK : err_nomem(err);
  case KEEP_LIST:
    return keep_list(value, target, err);
  case KEEP_JSON:
    *(json_t **)target = value;
    return E_OK;
  case KEEP_INDEX:
    *(unsigned *)target = (unsigned)form_word(row->words, text);
    return E_OK;
  case KEEP_FLAG:
    *(bool *)target =
        text != NULL ? form_word(row->words, text) > 0 : json_is_true(value);
    return E_OK;
  case KEEP_TRISTATE:
    *(unsigned *)target = json_is_true(value) ? OFFLINE_YES : OFFLINE_NO;
    return E_OK;
  case KEEP_INT64:
    return value_seconds(value, target)
               ? E_OK
               : err_set(err, E_PROFILE, "%s must be a duration", row->path);
  default:
    return E_OK;
  }
}

static enum code fill_row(const struct member *row, json_t *document,
                          void *base, struct err *err)
{
  AUTO_JSON json_t *fallback = NULL;
  json_t *value;

  if (row->keep == KEEP_NOTHING)
    return E_OK;
  value = value_get(document, row->path);
  if (row->stated != 0)
    *(bool *)((char *)base + row->stated) = value != NULL;
  if (value == NULL && row->fallback == NULL)
    return E_OK;
  if (value == NULL) {
    enum code code = value_from_text(row, row->fallback, &fallback, err);
    if (code != E_OK)
      return code;
    value = fallback;
  }
  return keep(row, value, (char *)base + row->target, err);
}

enum code value_fill(const struct schema *schema, json_t *document, void *base,
                     struct err *err)
{
  const struct member *row;
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && (row = schema_row(schema, i)) != NULL; i++)
    code = fill_row(row, document, base, err);
  return code;
}

void value_clear(const struct schema *schema, void *base)
{
  const struct member *row;

  for (size_t i = 0; (row = schema_row(schema, i)) != NULL; i++) {
    void *target = (char *)base + row->target;

    if (row->keep == KEEP_TEXT) {
      mem_free(*(char **)target);
      *(char **)target = NULL;
    } else if (row->keep == KEEP_LIST) {
      text_list_clear(target);
    }
  }
}

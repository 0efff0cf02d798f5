#include "profile/check.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "profile/hidden.h"
#include "profile/name.h"
#include "profile/value.h"

#include <stdarg.h>
#include <string.h>

/* Room for a member's path. A longer one is cut short: it is no known member's
 * anyway, and still recognised in a message. */
struct path {
  char text[2 * SCHEMA_PATH_MAX];
  size_t len;
};

static void path_add(struct path *path, const char *text)
{
  size_t len = strnlen(text, sizeof(path->text) - 1 - path->len);

  memcpy(path->text + path->len, text, len);
  path->len += len;
  path->text[path->len] = '\0';
}

static void path_join(struct path *path, const char *prefix, const char *name)
{
  path->len = 0;
  path_add(path, prefix);
  path_add(path, *prefix != '\0' ? "." : "");
  path_add(path, name);
}

/* --- messages ------------------------------------------------------------ */

static void hint_remove(const struct document *document, const char *path,
                        struct err *err)
{
  AUTO_BUF struct buf word = BUF_INIT(BUF_LINE);

  if (document->profile == NULL)
    return;
  buf_printf(&word, "%s=", path);
  AUTO_BUF struct buf quoted = BUF_INIT(BUF_LINE);
  codec_shell(&quoted, buf_text(&word));
  err_hint(err, "fob profile set %s %s   takes it out", document->profile,
           buf_text(&quoted));
}

enum code check_fail(const struct document *document, const char *path,
                     struct err *err, const char *format, ...)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  va_list args;

  va_start(args, format);
  buf_vprintf(&text, format, args);
  va_end(args);
  if (text.failed == E_NOMEM)
    return err_nomem(err);
  (void)err_set(err, E_PROFILE, "%s: %s %s", document->what, path,
                buf_text(&text));
  hint_remove(document, path, err);
  err_hint(err, "man 5 fob-profile   describes the members");
  return E_PROFILE;
}

enum code check_fail_secret(const struct document *document, const char *path,
                            enum hidden_kind kind, struct err *err)
{
  const char *name = document->login != NULL ? document->login : "NAME";

  (void)err_set(err, E_PROFILE,
                "%s: %s looks like a secret, which has no place there",
                document->what, path);
  hint_remove(document, path, err);
  switch (kind) {
  case HIDDEN_CLIENT_SECRET:
    err_hint(err, "fob login -p %s --client-secret-file FILE   stores it",
             name);
    break;
  case HIDDEN_SESSION:
    err_hint(err, "fob login -p %s   brings its own", name);
    break;
  case HIDDEN_PRIVATE_KEY:
    err_hint(err, "keep the key in a file of mode 0600 and name that file in "
                  "client.key");
    break;
  default:
    err_hint(err, "fob login -p %s --pat   stores it", name);
    break;
  }
  return E_PROFILE;
}

static const char *type_name(const json_t *value)
{
  switch (json_typeof(value)) {
  case JSON_OBJECT:
    return "an object";
  case JSON_ARRAY:
    return "a list";
  case JSON_STRING:
    return "a text";
  case JSON_INTEGER:
  case JSON_REAL:
    return "a number";
  case JSON_NULL:
    return "null";
  default:
    return "true or false";
  }
}

/* --- texts --------------------------------------------------------------- */

static enum code fail_word(const struct document *document,
                           const struct member *row, const char *path,
                           const char *text, struct err *err)
{
  AUTO_BUF struct buf words = BUF_INIT(BUF_LINE);

  for (const char *c = row->words; *c != '\0'; c++) {
    const char *joint = strchr(c + 1, '|') != NULL ? ", " : " or ";
    if (*c == '|')
      buf_puts(&words, joint);
    else
      buf_putc(&words, *c);
  }
  if (words.failed == E_NOMEM)
    return err_nomem(err);
  if (strlen(text) > 40) /* too long for a word; it may be anything */
    return check_fail(document, path, err, "must be %s", buf_text(&words));
  return check_fail(document, path, err, "must be %s, not '%s'",
                    buf_text(&words), text);
}

static enum code check_text(const struct document *document,
                            const struct member *row, const char *path,
                            const json_t *value, struct err *err)
{
  const char *text = json_string_value(value);
  const char *reason;

  if (text == NULL)
    return check_fail(document, path, err, "must be a text, not %s",
                      type_name(value));
  if (hidden_by_value(text))
    return check_fail_secret(document, path, HIDDEN_TOKEN, err);
  if (row->words != NULL && form_word(row->words, text) >= 0)
    return E_OK;
  if (row->form == FORM_WORD)
    return fail_word(document, row, path, text, err);
  reason = form_check(row->form, text);
  return reason == NULL ? E_OK : check_fail(document, path, err, "%s", reason);
}

static enum code check_list(const struct document *document,
                            const struct member *row, const char *path,
                            const json_t *value, struct err *err)
{
  size_t max = row->max > 0 ? (size_t)row->max : SCHEMA_LIST_MAX;
  enum code code = E_OK;

  if (!json_is_array(value))
    return check_fail(document, path, err, "must be a list of texts, not %s",
                      type_name(value));
  if (json_array_size(value) > max)
    return check_fail(document, path, err, "must have at most %zu items", max);
  for (size_t i = 0; code == E_OK && i < json_array_size(value); i++)
    code = check_text(document, row, path, json_array_get(value, i), err);
  return code;
}

static enum code check_name(const struct document *document,
                            const struct member *row, const char *path,
                            const char *name, struct err *err)
{
  const char *reason = NULL;

  switch (row->names) {
  case NAMES_HEADERS:
    if (hidden_by_name(name) != HIDDEN_NOT)
      return check_fail_secret(document, path, HIDDEN_TOKEN, err);
    reason = hidden_header(name);
    if (reason == NULL)
      reason = form_check(FORM_HEADER, name);
    break;
  case NAMES_PARAMETERS:
    reason = hidden_parameter(name);
    if (reason == NULL)
      reason = form_check(FORM_PARAMETER, name);
    break;
  default:
    reason = form_check(FORM_LINE, name);
    break;
  }
  return reason == NULL ? E_OK : check_fail(document, path, err, "%s", reason);
}

static enum code check_map(const struct document *document,
                           const struct member *row, const char *path,
                           const json_t *value, struct err *err)
{
  const char *name;
  json_t *item;
  struct path inner;

  if (!json_is_object(value))
    return check_fail(document, path, err, "must be an object of texts, not %s",
                      type_name(value));
  json_object_foreach((json_t *)value, name, item)
  {
    path_join(&inner, path, name);
    enum code code = check_name(document, row, inner.text, name, err);
    if (code == E_OK && !json_is_null(item))
      code = check_text(document, row, inner.text, item, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

/* --- other shapes -------------------------------------------------------- */

static enum code check_integer(const struct document *document,
                               const struct member *row, const char *path,
                               const json_t *value, struct err *err)
{
  if (json_is_integer(value) && json_integer_value(value) >= row->min &&
      json_integer_value(value) <= row->max)
    return E_OK;
  return check_fail(document, path, err,
                    "must be a whole number from %lld to %lld",
                    (long long)row->min, (long long)row->max);
}

static enum code check_seconds(const struct document *document,
                               const char *path, const json_t *value,
                               struct err *err)
{
  int64_t seconds;

  if ((json_is_string(value) || json_is_integer(value)) &&
      value_seconds(value, &seconds) && seconds > 0)
    return E_OK;
  return check_fail(document, path, err,
                    "must be a duration, like \"90s\", \"15m\" or \"12h\"");
}

static enum code check_details(const struct document *document,
                               const char *path, const json_t *value,
                               struct err *err)
{
  if (!json_is_array(value))
    return check_fail(document, path, err, "must be a list of objects, not %s",
                      type_name(value));
  for (size_t i = 0; i < json_array_size(value); i++) {
    const char *type = json_text(json_array_get(value, i), "type");
    if (type == NULL || *type == '\0')
      return check_fail(document, path, err,
                        "must be a list of objects, each with a text "
                        "\"type\" (RFC 9396, section 2)");
  }
  return E_OK;
}

static enum code check_members(const struct document *document,
                               const json_t *object, const char *prefix,
                               bool strict, struct err *err);

static enum code check_object(const struct document *document,
                              const struct member *row, const char *path,
                              const json_t *value, struct err *err)
{
  const char *dot = strrchr(path, '.');
  enum hidden_kind kind = hidden_by_name(dot != NULL ? dot + 1 : path);

  if (json_is_object(value))
    return check_members(document, value, path, row->strict, err);
  if (json_is_string(value) && kind != HIDDEN_NOT)
    return check_fail_secret(document, path, kind, err);
  return check_fail(document, path, err, "must be an object, not %s",
                    type_name(value));
}

static enum code check_value(const struct document *document,
                             const struct member *row, const char *path,
                             const json_t *value, struct err *err)
{
  if (json_is_null(value)) /* takes back what the preset states */
    return E_OK;
  switch (row->shape) {
  case SHAPE_OBJECT:
    return check_object(document, row, path, value, err);
  case SHAPE_TEXT:
    return check_text(document, row, path, value, err);
  case SHAPE_LIST:
    return check_list(document, row, path, value, err);
  case SHAPE_MAP:
    return check_map(document, row, path, value, err);
  case SHAPE_BOOL:
    return json_is_boolean(value)
               ? E_OK
               : check_fail(document, path, err,
                            "must be true or false, not %s", type_name(value));
  case SHAPE_INTEGER:
    return check_integer(document, row, path, value, err);
  case SHAPE_SECONDS:
    return check_seconds(document, path, value, err);
  default:
    return check_details(document, path, value, err);
  }
}

/* --- unknown members ----------------------------------------------------- */

/* What fob does not know is kept, but a secret in it is one all the same. */
static enum code scan(const struct document *document, const char *path,
                      const json_t *value, struct err *err)
{
  enum code code = E_OK;
  const char *name;
  json_t *item;
  size_t index;
  struct path inner;

  if (json_is_string(value) && hidden_by_value(json_string_value(value)))
    return check_fail_secret(document, path, HIDDEN_TOKEN, err);
  json_array_foreach((json_t *)value, index, item)
  {
    code = scan(document, path, item, err);
    if (code != E_OK)
      return code;
  }
  json_object_foreach((json_t *)value, name, item)
  {
    enum hidden_kind kind = hidden_by_name(name);
    path_join(&inner, path, name);
    if (kind != HIDDEN_NOT && !json_is_null(item) && !json_is_boolean(item))
      return check_fail_secret(document, inner.text, kind, err);
    code = scan(document, inner.text, item, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

static enum code check_unknown(const struct document *document,
                               const char *path, const char *name,
                               const json_t *value, bool strict,
                               struct err *err)
{
  enum hidden_kind kind = hidden_by_name(name);
  const char *nearest = schema_nearest(document->schema, path);
  const char *prefix = document->schema->strict_prefix;

  if (kind != HIDDEN_NOT && !json_is_null(value) && !json_is_boolean(value))
    return check_fail_secret(document, path, kind, err);
  if (strcmp(path, "metadata.issuer") == 0)
    nearest = "issuer";
  if (prefix != NULL && strncmp(path, prefix, strlen(prefix)) == 0)
    strict = true;
  if (strict)
    return nearest != NULL
               ? check_fail(document, path, err,
                            "is no member; did you mean %s?", nearest)
               : check_fail(document, path, err, "is no member");

  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  buf_printf(&text, "%s: %s is no member that fob knows; it is kept, unused",
             document->what, path);
  if (nearest != NULL)
    buf_printf(&text, " (did you mean %s?)", nearest);
  enum code code = buf_check(&text, err);
  if (code == E_OK && document->warnings != NULL)
    code = text_list_add(document->warnings, buf_text(&text), err);
  return code == E_OK ? scan(document, path, value, err) : code;
}

static enum code check_members(const struct document *document,
                               const json_t *object, const char *prefix,
                               bool strict, struct err *err)
{
  const char *name;
  json_t *value;
  struct path path;

  json_object_foreach((json_t *)object, name, value)
  {
    if (strncmp(name, "x-", 2) == 0)
      continue;
    path_join(&path, prefix, name);
    /* A dot inside a name never makes the path of another member. */
    const struct member *row = strchr(name, '.') == NULL
                                   ? schema_find(document->schema, path.text)
                                   : NULL;
    enum code code =
        row != NULL
            ? check_value(document, row, path.text, value, err)
            : check_unknown(document, path.text, name, value, strict, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

enum code check_document(const struct document *document, const json_t *object,
                         struct err *err)
{
  const json_t *schema = json_object_get(object, "schema");

  /* First: a newer file may differ in everything else. */
  if (json_is_integer(schema) && document->schema == &schema_profile &&
      json_integer_value(schema) > PROFILE_SCHEMA) {
    (void)err_set(
        err, E_PROFILE, "%s is of schema %lld, and this fob reads schema %d",
        document->what, (long long)json_integer_value(schema), PROFILE_SCHEMA);
    err_hint(err, "use the fob that wrote it, or a newer one than this");
    return E_PROFILE;
  }
  return check_members(document, object, "", false, err);
}

enum code check_read(const struct document *document, const char *bytes,
                     size_t len, json_t **ret_object, struct err *err)
{
  if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
    return err_set(err, E_PROFILE,
                   "%s begins with a byte order mark; save it as UTF-8 "
                   "without one",
                   document->what);
  if (!codec_is_utf8(bytes, len))
    return err_set(err, E_PROFILE, "%s is not UTF-8", document->what);
  return json_read(ret_object, bytes, len, JSON_PROFILE_DEPTH, E_PROFILE,
                   document->what, err);
}

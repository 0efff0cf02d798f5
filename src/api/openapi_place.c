#include "api/openapi_place.h"

#include "api/body.h"
#include "api/scan.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "profile/nearest.h"

#include <string.h>
#include <strings.h>

enum { VALUE_MAX = BUF_URL, NEAREST_MAX = 300 };

/* Text that an item can hand over, unlike an upload. */
static bool has_text(const struct item *item)
{
  return item_is_data(item) && item->kind != ITEM_UPLOAD;
}

static bool name_is(const char *name, const char *text, size_t len)
{
  return strlen(name) == len && memcmp(name, text, len) == 0;
}

static bool is_in_path(const char *path, const char *name)
{
  size_t len = strlen(name);

  for (const char *at = path; (at = strchr(at, '{')) != NULL; at++) {
    if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '}')
      return true;
  }
  return false;
}

static const struct openapi_field *
find_field(const struct openapi_details *details, enum openapi_in in,
           const char *name, size_t len)
{
  for (size_t i = 0; i < details->count; i++) {
    const struct openapi_field *field = &details->fields[i];

    if (field->in == in &&
        (name_is(field->name, name, len) ||
         (in == OPENAPI_HEADER && len == strlen(field->name) &&
          strncasecmp(field->name, name, len) == 0)))
      return field;
  }
  return NULL;
}

/* --- types -----------------------------------------------------------------
 */

/* a[0][b] as a[][b]. */
static char *without_numbers(const char *name)
{
  char *plain = mem_str(name);
  char *to = plain;

  for (const char *at = name; plain != NULL && *at != '\0'; at++) {
    *to++ = *at;
    if (*at == '[')
      at += strspn(at + 1, "0123456789");
  }
  if (plain != NULL)
    *to = '\0';
  return plain;
}

/* The type of what an item's key leads to; "" when nothing says. *ret_append:
 * it is a list, of which this is one more element. */
static const char *type_of(const struct openapi_details *details,
                           const char *name, bool *ret_append,
                           bool *ret_nullable)
{
  size_t len = strlen(name);
  const struct openapi_field *field =
      find_field(details, OPENAPI_BODY, name, len);

  *ret_append = false;
  *ret_nullable = field != NULL && field->nullable;
  if (field != NULL) {
    *ret_append = strcmp(field->type, "array") == 0;
    return *ret_append ? field->items : field->type;
  }
  if (len < 2 || strcmp(name + len - 2, "[]") != 0)
    return "";
  field = find_field(details, OPENAPI_BODY, name, len - 2);
  return field != NULL ? field->items : "";
}

static bool is_of_type(const char *value, const char *type, bool nullable)
{
  size_t digits = strspn(value + (*value == '-'), "0123456789");

  if (nullable && strcmp(value, "null") == 0)
    return true;
  if (strcmp(type, "boolean") == 0)
    return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
  if (*value != '-' && (*value < '0' || *value > '9'))
    return false;
  if (strcmp(type, "integer") == 0 && value[(*value == '-') + digits] != '\0')
    return false;
  return scan_is_value(value, strlen(value)) &&
         strcspn(value, " \t\r\n") == strlen(value);
}

static enum code append_brackets(struct item *item, struct err *err)
{
  AUTO_STR char *key = mem_printf("%s[]", item->key);
  AUTO_STR char *name = mem_printf("%s[]", item->name);

  if (key == NULL || name == NULL)
    return err_nomem(err);
  mem_free(item->key);
  mem_free(item->name);
  item->key = key;
  item->name = name;
  key = name = NULL;
  return E_OK;
}

static enum code type_item(const struct openapi_details *details,
                           struct item *item, struct err *err)
{
  AUTO_STR char *name = without_numbers(item->name);
  bool append = false, nullable = false;
  const char *type;
  enum code code = E_OK;

  if (name == NULL)
    return err_nomem(err);
  type = type_of(details, name, &append, &nullable);
  if (append && nullable && strcmp(item->value, "null") == 0) {
    item->kind = ITEM_JSON;
    return E_OK;
  }
  if (append)
    code = append_brackets(item, err);
  if (code != E_OK ||
      (strcmp(type, "integer") != 0 && strcmp(type, "number") != 0 &&
       strcmp(type, "boolean") != 0))
    return code;
  if (is_of_type(item->value, type, nullable && !append)) {
    item->kind = ITEM_JSON;
    return E_OK;
  }
  code = err_set(err, E_USAGE, "item '%s': it is %s %s", item->name,
                 *type == 'i' ? "an" : "a", type);
  err_hint(err, "as it is, whatever the description says: %s:='\"text\"'",
           item->key);
  return code;
}

enum code openapi_type_items(const struct openapi_operation *operation,
                             const struct openapi_details *details,
                             struct item_list *items, struct err *err)
{
  enum code code = E_OK;

  if (details->body != OPENAPI_JSON)
    return E_OK;
  for (size_t i = 0; code == E_OK && i < items->count; i++) {
    struct item *item = &items->items[i];

    if (item->kind == ITEM_TEXT && !is_in_path(operation->path, item->name))
      code = type_item(details, item, err);
  }
  return code;
}

/* --- places ----------------------------------------------------------------
 */

static void drop(struct item_list *items, size_t i)
{
  mem_free(items->items[i].key);
  mem_free(items->items[i].name);
  mem_free(items->items[i].value);
  items->count--;
  memmove(&items->items[i], &items->items[i + 1],
          (items->count - i) * sizeof *items->items);
}

/* The text of the first item of that name, or of all where there is a join,
 * which are taken out. false: there is none. */
static enum code take_values(struct item_list *items, const char *name,
                             size_t len, char join, struct buf *out,
                             bool *ret_found, struct err *err)
{
  enum code code = E_OK;

  *ret_found = false;
  for (size_t i = 0; code == E_OK && i < items->count;) {
    AUTO_BUF struct buf value = BUF_INIT(VALUE_MAX);
    struct item *item = &items->items[i];

    if (!has_text(item) || !name_is(item->name, name, len) ||
        (*ret_found && join == 0)) {
      i++;
      continue;
    }
    code = body_put_text(&value, item, err);
    if (code != E_OK)
      break;
    if (*ret_found)
      buf_putc(out, join);
    buf_put(out, buf_text(&value), value.len);
    *ret_found = true;
    drop(items, i);
  }
  return code == E_OK ? buf_check(out, err) : code;
}

/* One placeholder, text behind '{'. */
static enum code fill(const struct openapi_details *details,
                      struct item_list *items, const char *name, size_t len,
                      struct buf *path, struct buf *lacking, struct err *err)
{
  AUTO_BUF struct buf value = BUF_INIT(VALUE_MAX);
  const struct openapi_field *field =
      find_field(details, OPENAPI_PATH, name, len);
  bool found = false;
  enum code code = take_values(
      items, name, len, field != NULL ? field->join : 0, &value, &found, err);

  if (code != E_OK)
    return code;
  if (!found) {
    buf_printf(lacking, "%s%.*s", lacking->len > 0 ? ", " : "", (int)len, name);
    return E_OK;
  }
  if (value.len == 0 || memchr(value.data, '\0', value.len) != NULL)
    return err_set(err, E_USAGE, "item '%.*s': %s, and is to be in a path",
                   (int)len, name,
                   value.len == 0 ? "it is empty" : "it has a NUL byte");
  codec_percent(path, value.data, value.len);
  return buf_check(path, err);
}

static enum code fill_path(const char *template,
                           const struct openapi_details *details,
                           struct item_list *items, struct buf *path,
                           struct buf *lacking, struct err *err)
{
  enum code code = E_OK;

  for (const char *at = template; code == E_OK && *at != '\0';) {
    size_t plain = strcspn(at, "{");
    const char *end = strchr(at + plain, '}');

    buf_put(path, at, plain);
    at += plain;
    if (*at == '\0')
      break;
    if (end == NULL || end == at + 1) { /* no parameter */
      buf_puts(path, "%7B");
      at++;
      continue;
    }
    code = fill(details, items, at + 1, (size_t)(end - at - 1), path, lacking,
                err);
    at = end + 1;
  }
  return code == E_OK ? buf_check(path, err) : code;
}

/* The parameter of the query or the header that a data item is; NULL. Of
 * filter[x] that may be filter. */
static const struct openapi_field *
parameter_of(const struct openapi_details *details, const struct item *item)
{
  size_t len = strlen(item->name);
  size_t base = strcspn(item->name, "[");
  const struct openapi_field *field;

  if (find_field(details, OPENAPI_BODY, item->name, base) != NULL)
    return NULL;
  field = find_field(details, OPENAPI_QUERY, item->name, len);
  if (field == NULL && base > 0)
    field = find_field(details, OPENAPI_QUERY, item->name, base);
  return field != NULL ? field
                       : find_field(details, OPENAPI_HEADER, item->name, len);
}

static enum code to_parameter(struct item *item,
                              const struct openapi_field *field,
                              struct err *err)
{
  AUTO_BUF struct buf value = BUF_INIT(VALUE_MAX);
  char *text;
  enum code code = body_put_text(&value, item, err);

  if (code == E_OK && memchr(buf_text(&value), '\0', value.len) != NULL)
    code = err_set(err, E_USAGE, "item '%s': it has a NUL byte", item->name);
  if (code == E_OK)
    code = buf_detach(&value, &text, NULL, err);
  if (code != E_OK)
    return code;
  mem_free(item->value);
  item->value = text;
  item->kind = field->in == OPENAPI_QUERY ? ITEM_QUERY : ITEM_HEADER;
  return E_OK;
}

/* The items of a query's list that is one value: behind the first. */
static enum code join_query(const struct openapi_field *field,
                            struct item_list *items, struct err *err)
{
  struct item *first = NULL;

  for (size_t i = 0; i < items->count;) {
    struct item *item = &items->items[i];

    if (item->kind != ITEM_QUERY || strcmp(item->name, field->name) != 0) {
      i++;
    } else if (first == NULL) {
      first = item;
      i++;
    } else {
      char *joined =
          mem_printf("%s%c%s", first->value, field->join, item->value);

      if (joined == NULL)
        return err_nomem(err);
      mem_free(first->value);
      first->value = joined;
      drop(items, i);
    }
  }
  return E_OK;
}

/* --- what is amiss ---------------------------------------------------------
 */

static bool has_item(const struct item_list *items, enum openapi_in in,
                     const char *name)
{
  size_t len = strlen(name);

  for (size_t i = 0; i < items->count; i++) {
    const struct item *item = &items->items[i];
    bool fits = in == OPENAPI_QUERY    ? item->kind == ITEM_QUERY
                : in == OPENAPI_HEADER ? item->kind == ITEM_HEADER
                                       : item_is_data(item);

    if (!fits)
      continue;
    if (in == OPENAPI_HEADER
            ? strcasecmp(item->name, name) == 0
            : strncmp(item->name, name, len) == 0 &&
                  (item->name[len] == '\0' || item->name[len] == '['))
      return true;
  }
  return false;
}

static bool has_header(const struct openapi_given *given, const char *name)
{
  if (given->any_header)
    return true;
  for (size_t i = 0; i < given->header_count; i++) {
    if (strcasecmp(given->headers[i], name) == 0)
      return true;
  }
  return false;
}

static bool has_data(const struct item_list *items)
{
  for (size_t i = 0; i < items->count; i++) {
    if (item_is_data(&items->items[i]))
      return true;
  }
  return false;
}

static void find_lacking(const struct openapi_details *details,
                         const struct openapi_given *given,
                         const struct item_list *items, struct buf *lacking)
{
  bool body = !given->body && (details->body_required || has_data(items));

  for (size_t i = 0; i < details->count; i++) {
    const struct openapi_field *field = &details->fields[i];
    bool there = has_item(items, field->in, field->name);

    if (!field->required || field->in == OPENAPI_PATH ||
        (field->in == OPENAPI_BODY && !body))
      continue;
    if (field->in == OPENAPI_QUERY)
      there |= given->query != NULL && strcmp(given->query, field->name) == 0;
    if (field->in == OPENAPI_HEADER)
      there |= has_header(given, field->name);
    if (!there)
      buf_printf(lacking, "%s%s", lacking->len > 0 ? ", " : "", field->name);
  }
}

/* Descriptions lag behind their APIs: it is sent all the same. */
static void warn_unknown(const struct openapi_operation *operation,
                         const struct openapi_details *details,
                         const struct item *item)
{
  const char *names[NEAREST_MAX];
  const char *nearest;
  size_t count = 0;
  size_t base = strcspn(item->name, "[");
  enum openapi_in in = item->kind == ITEM_QUERY ? OPENAPI_QUERY : OPENAPI_BODY;

  if (item->kind == ITEM_HEADER ||
      find_field(details, in, item->name, strlen(item->name)) != NULL ||
      find_field(details, in, item->name, base) != NULL)
    return;
  for (size_t i = 0; i < details->count && count < NEAREST_MAX; i++) {
    names[count] = details->fields[i].name;
    count += strcmp(names[count], item->name) != 0;
  }
  nearest = nearest_of(item->name, names, count);
  if (nearest != NULL)
    log_warn("'%s' is not described as a part of %s; '%s' is", item->name,
             operation->id, nearest);
  else
    log_warn("'%s' is not described as a part of %s", item->name,
             operation->id);
}

static enum code refuse(const struct openapi_operation *operation,
                        const struct openapi_details *details,
                        const struct buf *lacking, struct err *err)
{
  AUTO_BUF struct buf usage = BUF_INIT(BUF_LINE);
  enum code code =
      err_set(err, E_USAGE, "%s needs %s", operation->id, buf_text(lacking));

  openapi_usage(&usage, operation, details);
  err_hint(err, "%s", buf_text(&usage));
  return code;
}

/* Whether the description says what members a body has. */
static bool tells_members(const struct openapi_details *details)
{
  for (size_t i = 0; i < details->count; i++) {
    if (details->fields[i].in == OPENAPI_BODY)
      return true;
  }
  return details->body == OPENAPI_NO_BODY;
}

enum code openapi_place(const struct openapi_operation *operation,
                        const struct openapi_details *details,
                        const struct openapi_given *given,
                        struct item_list *items, char **ret_path,
                        struct err *err)
{
  AUTO_BUF struct buf path = BUF_INIT(BUF_URL);
  AUTO_BUF struct buf lacking = BUF_INIT(BUF_LINE);
  enum code code =
      fill_path(operation->path, details, items, &path, &lacking, err);

  for (size_t i = 0; code == E_OK && i < items->count; i++) {
    struct item *item = &items->items[i];
    const struct openapi_field *field =
        has_text(item) ? parameter_of(details, item) : NULL;

    if (field != NULL)
      code = to_parameter(item, field, err);
  }
  for (size_t i = 0; code == E_OK && i < details->count; i++) {
    if (details->fields[i].in == OPENAPI_QUERY && details->fields[i].join != 0)
      code = join_query(&details->fields[i], items, err);
  }
  if (code != E_OK)
    return code;
  find_lacking(details, given, items, &lacking);
  code = buf_check(&lacking, err);
  if (code == E_OK && lacking.len > 0)
    code = refuse(operation, details, &lacking, err);
  for (size_t i = 0; code == E_OK && i < items->count; i++) {
    if (tells_members(details) || items->items[i].kind == ITEM_QUERY)
      warn_unknown(operation, details, &items->items[i]);
  }
  return code == E_OK ? buf_detach(&path, ret_path, NULL, err) : code;
}

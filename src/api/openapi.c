/* Reading an index. It is fob's own file, and yet nothing of it is believed: a
 * line that the digest would not have written spoils the whole. */
#include "api/openapi.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "profile/nearest.h"

#include <string.h>
#include <strings.h>

struct openapi {
  char *text; /* cut into its fields */
  json_t *head;
  struct openapi_operation *operations;
  size_t count;
};

void openapi_free(struct openapi *openapi)
{
  if (openapi == NULL)
    return;
  mem_free(openapi->text);
  json_decref(openapi->head);
  mem_free(openapi->operations);
  mem_free(openapi);
}

static enum code malformed(size_t line, struct err *err)
{
  return err_set(err, E_ANSWER,
                 "the index of the API's description: line %zu "
                 "is malformed",
                 line);
}

/* --- its lines -------------------------------------------------------------
 */

static bool is_method(const char *text)
{
  static const char *const methods[] = {"GET",   "HEAD",   "POST",    "PUT",
                                        "PATCH", "DELETE", "OPTIONS", "TRACE"};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    if (strcmp(text, methods[i]) == 0)
      return true;
  }
  return false;
}

static bool is_path(const char *text)
{
  if (*text != '/' || strlen(text) > OPENAPI_PATH_MAX)
    return false;
  for (; *text != '\0'; text++) {
    if (*text <= ' ' || *text >= 0x7f || *text == '?' || *text == '#')
      return false;
  }
  return true;
}

/* Cuts a field off a line. */
static const char *take(char **line)
{
  char *field = *line;
  char *tab = field != NULL ? strchr(field, '\t') : NULL;

  if (tab == NULL)
    return NULL;
  *tab = '\0';
  *line = tab + 1;
  return field;
}

static bool read_line(struct openapi_operation *operation, char *line)
{
  operation->id = take(&line);
  operation->method = take(&line);
  operation->path = take(&line);
  operation->summary = take(&line);
  operation->details = line;
  return operation->summary != NULL && *operation->id != '\0' &&
         strlen(operation->id) <= OPENAPI_ID_MAX &&
         is_method(operation->method) && is_path(operation->path) &&
         strlen(operation->summary) <= OPENAPI_SUMMARY_MAX + 4 && *line == '{';
}

/* Nothing that is not visible, but for the line ends and tabs that structure
 * it: it may go to a terminal. */
static bool is_clean(const char *text, size_t len)
{
  for (size_t i = 0; i < len;) {
    char shown[UTF8_SHOWN];
    size_t taken = 1;

    if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e) {
      size_t put = utf8_show(shown, text + i, len - i, true, &taken);

      if (put != taken || memcmp(shown, text + i, put) != 0)
        return false;
    }
    i += taken;
  }
  return true;
}

static enum code read_operations(struct openapi *openapi, char *line,
                                 struct err *err)
{
  size_t lines = 0;

  for (const char *at = line; (at = strchr(at, '\n')) != NULL; at++)
    lines++;
  if (lines == 0 || lines > OPENAPI_OPERATIONS_MAX)
    return malformed(2, err);
  openapi->operations = mem_array(lines, sizeof *openapi->operations);
  if (openapi->operations == NULL)
    return err_nomem(err);
  while (*line != '\0') {
    char *end = strchr(line, '\n');

    if (end == NULL)
      return malformed(openapi->count + 2, err);
    *end = '\0';
    if (!read_line(&openapi->operations[openapi->count], line))
      return malformed(openapi->count + 2, err);
    openapi->count++;
    line = end + 1;
  }
  return E_OK;
}

enum code openapi_new(struct openapi **ret_openapi, const char *text,
                      size_t len, struct err *err)
{
  AUTO(openapi) openapi = mem_zalloc(sizeof *openapi);
  size_t head;
  enum code code;

  if (openapi == NULL)
    return err_nomem(err);
  if (memchr(text, '\0', len) != NULL || !is_clean(text, len))
    return malformed(1, err);
  openapi->text = mem_copy(text, len);
  if (openapi->text == NULL)
    return err_nomem(err);
  head = strcspn(openapi->text, "\n");
  if (openapi->text[head] == '\0' || head > BUF_LINE)
    return malformed(1, err);
  code = json_read(&openapi->head, openapi->text, head, 2, E_ANSWER,
                   "the index's head", err);
  if (code != E_OK)
    return code;
  if (json_integer_value(json_object_get(openapi->head, "openapi")) !=
          OPENAPI_VERSION ||
      (*openapi_prefix(openapi) != '\0' && !is_path(openapi_prefix(openapi))))
    return malformed(1, err);
  code = read_operations(openapi, openapi->text + head + 1, err);
  if (code != E_OK)
    return code;
  *ret_openapi = openapi;
  openapi = NULL;
  return E_OK;
}

/* --- looking ---------------------------------------------------------------
 */

const json_t *openapi_head(const struct openapi *openapi)
{
  return openapi->head;
}

const char *openapi_prefix(const struct openapi *openapi)
{
  const char *prefix = json_text(openapi->head, "prefix");

  return prefix != NULL ? prefix : "";
}

size_t openapi_count(const struct openapi *openapi)
{
  return openapi->count;
}

const struct openapi_operation *openapi_at(const struct openapi *openapi,
                                           size_t i)
{
  return &openapi->operations[i];
}

const struct openapi_operation *openapi_find(const struct openapi *openapi,
                                             const char *id)
{
  for (size_t i = 0; i < openapi->count; i++) {
    if (strcmp(openapi->operations[i].id, id) == 0)
      return &openapi->operations[i];
  }
  return NULL;
}

/* How unlike two ids are; the less the nearer. Another case, or a part of it,
 * is as good as a slip of one letter. */
static size_t distance(const char *word, const char *id, size_t limit)
{
  size_t slips =
      strcasecmp(word, id) == 0 ? 0 : nearest_distance(word, id, limit);

  const char *part = strlen(word) >= 3 ? strcasestr(id, word) : NULL;

  if (part != NULL && slips > 0)
    return part == id ? 0 : 1;
  return slips;
}

size_t openapi_nearest(const struct openapi *openapi, const char *id,
                       const char *ret_ids[3])
{
  size_t limit = strlen(id) / 3 + 1;
  size_t found[3];
  size_t count = 0;

  for (size_t i = 0; i < openapi->count; i++) {
    const char *other = openapi->operations[i].id;
    size_t far = distance(id, other, limit);
    size_t at = count;

    if (far > limit || !openapi_is_plain_word(other))
      continue;
    while (at > 0 && found[at - 1] > far)
      at--;
    if (at == 3)
      continue;
    count += count < 3;
    for (size_t k = count - 1; k > at; k--) {
      found[k] = found[k - 1];
      ret_ids[k] = ret_ids[k - 1];
    }
    found[at] = far;
    ret_ids[at] = other;
  }
  return count;
}

bool openapi_is_plain_word(const char *text)
{
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "_-./:@+%,={}";

  if (*text == '\0' || strchr("-=%+", *text) != NULL ||
      text[strspn(text, plain)] != '\0')
    return false;
  /* {a,b} and {1..3} are several words. */
  return strchr(text, '{') == NULL ||
         (strchr(text, ',') == NULL && strstr(text, "..") == NULL);
}

/* --- below the base --------------------------------------------------------
 */

/* How much of prefix + path the base covers, by whole segments; 0: it is not
 * below it. */
static size_t covered(const char *base, const char *prefix, const char *path)
{
  size_t base_len = strlen(base), prefix_len = strlen(prefix);

  while (base_len > 0 && base[base_len - 1] == '/')
    base_len--;
  if (base_len <= prefix_len)
    return strncmp(base, prefix, base_len) == 0 &&
                   (prefix[base_len] == '/' || prefix[base_len] == '\0')
               ? base_len
               : 0;
  if (strncmp(base, prefix, prefix_len) != 0)
    return 0;
  base += prefix_len;
  base_len -= prefix_len;
  return strncmp(base, path, base_len) == 0 &&
                 (path[base_len] == '/' || path[base_len] == '\0')
             ? prefix_len + base_len
             : 0;
}

enum code openapi_below(const struct openapi *openapi, const char *base_path,
                        const char *path, char **ret_path, struct err *err)
{
  const char *prefix = openapi_prefix(openapi);
  AUTO_STR char *whole = mem_printf("%s%s", prefix, path);
  size_t covers = covered(base_path, prefix, path);
  bool bare = base_path[strspn(base_path, "/")] == '\0';

  if (whole == NULL)
    return err_nomem(err);
  for (size_t i = 0; covers > 0 && i < openapi->count; i++) {
    if (covered(base_path, prefix, openapi->operations[i].path) == 0)
      covers = 0;
  }
  /* A base that is another than the document's is the user's own word. */
  if (covers == 0 && !bare)
    *ret_path = mem_str(path);
  else
    *ret_path = mem_str(whole[covers] != '\0' ? whole + covers : "/");
  return *ret_path == NULL ? err_nomem(err) : E_OK;
}

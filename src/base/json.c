#include "base/json.h"

#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>

/* jansson recurses to a fixed 2048 levels; this looks before it does. Whether
 * brackets match is left to jansson. */
static bool is_deeper(const char *bytes, size_t len, size_t max_depth)
{
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < len; i++) {
    if (in_string) {
      if (bytes[i] == '\\')
        i++;
      else if (bytes[i] == '"')
        in_string = false;
    } else if (bytes[i] == '"') {
      in_string = true;
    } else if (bytes[i] == '[' || bytes[i] == '{') {
      if (++depth > max_depth)
        return true;
    } else if ((bytes[i] == ']' || bytes[i] == '}') && depth > 0) {
      depth--;
    }
  }
  return false;
}

/* jansson's own texts quote what they stumbled over, which may be secret. */
static const char *reason_of(enum json_error_code code)
{
  switch (code) {
  case json_error_invalid_utf8:
    return "text that is not UTF-8";
  case json_error_premature_end_of_input:
    return "it ends too early";
  case json_error_end_of_input_expected:
    return "text behind the document";
  case json_error_duplicate_key:
    return "a member is there twice";
  case json_error_numeric_overflow:
    return "a number is too large";
  case json_error_null_character:
  case json_error_null_byte_in_key:
    return "a NUL in a string";
  default:
    return "a syntax error";
  }
}

static bool is_blank(const char *bytes, size_t len)
{
  for (size_t i = 0; i < len; i++) {
    if (strchr(" \t\r\n", bytes[i]) == NULL || bytes[i] == '\0')
      return false;
  }
  return true;
}

enum code json_read_any(json_t **ret_value, const char *bytes, size_t len,
                        size_t max_depth, enum code code, const char *what,
                        struct err *err)
{
  if (is_blank(bytes, len))
    return err_set(err, code, "%s is empty", what);
  if (is_deeper(bytes, len, max_depth))
    return err_set(err, code, "%s is nested deeper than %zu levels", what,
                   max_depth);

  json_error_t error = {0};
  unsigned long shortages = mem_shortages();
  json_t *value =
      json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
  /* jansson 2.14 takes a token that it has no memory for for a bad one, and a
   * string whose buffer cannot grow for a whole one without that byte. */
  enum json_error_code why = json_error_code(&error);
  if (mem_shortages() != shortages ||
      (value == NULL && why == json_error_out_of_memory)) {
    json_decref(value);
    return err_nomem(err);
  }
  if (value != NULL) {
    *ret_value = value;
    return E_OK;
  }
  return err_set(err, code, "%s is not valid JSON: line %d, column %d: %s",
                 what, error.line, error.column, reason_of(why));
}

enum code json_read(json_t **ret_object, const char *bytes, size_t len,
                    size_t max_depth, enum code code, const char *what,
                    struct err *err)
{
  json_t *value;
  enum code read =
      json_read_any(&value, bytes, len, max_depth, code, what, err);
  if (read != E_OK)
    return read;
  if (!json_is_object(value)) {
    json_decref(value);
    return err_set(err, code, "%s is JSON, but not an object", what);
  }
  *ret_object = value;
  return E_OK;
}

static int append(const char *bytes, size_t len, void *out)
{
  buf_put(out, bytes, len);
  return ((struct buf *)out)->failed == E_OK ? 0 : -1;
}

enum code json_write(struct buf *out, const json_t *value, unsigned indent,
                     struct err *err)
{
  size_t flags = JSON_ENCODE_ANY;
  flags |= indent == 0 ? JSON_COMPACT : JSON_INDENT(indent);
  int failed = json_dump_callback(value, append, out, flags);
  if (failed == 0 && indent > 0)
    buf_putc(out, '\n');
  enum code code = buf_check(out, err);
  if (code != E_OK)
    return code;
  return failed == 0 ? E_OK : err_nomem(err);
}

const char *json_text(const json_t *object, const char *member)
{
  return json_string_value(json_object_get(object, member));
}

/* --- pointers ---------------------------------------------------------- */

bool json_pointer_valid(const char *pointer)
{
  if (*pointer != '\0' && *pointer != '/')
    return false;
  for (const char *c = pointer; *c != '\0'; c++) {
    if (*c == '~' && c[1] != '0' && c[1] != '1')
      return false;
  }
  return true;
}

/* Compares a member's name with an escaped token. */
static bool is_token(const char *name, const char *token, size_t len)
{
  const char *end = token + len;
  for (; *name != '\0'; name++) {
    if (token == end)
      return false;
    char c = *token++;
    if (c == '~')
      c = *token++ == '0' ? '~' : '/';
    if (c != *name)
      return false;
  }
  return token == end;
}

static json_t *member_at(json_t *object, const char *token, size_t len)
{
  const char *name;
  json_t *value;
  json_object_foreach(object, name, value)
  {
    if (is_token(name, token, len))
      return value;
  }
  return NULL;
}

static json_t *element_at(const json_t *array, const char *token, size_t len)
{
  size_t index = 0;
  if (len == 0 || (len > 1 && token[0] == '0'))
    return NULL;
  for (size_t i = 0; i < len; i++) {
    if (token[i] < '0' || token[i] > '9' ||
        __builtin_mul_overflow(index, 10, &index) ||
        __builtin_add_overflow(index, (size_t)(token[i] - '0'), &index))
      return NULL;
  }
  return json_array_get(array, index);
}

json_t *json_pointer(const json_t *root, const char *pointer)
{
  /* What is borrowed has the constness of what it is borrowed from in C++
   * alone; jansson's own getters do the same. */
  json_t *value = (json_t *)(uintptr_t)root;
  if (!json_pointer_valid(pointer))
    return NULL;
  while (*pointer != '\0' && value != NULL) {
    const char *token = pointer + 1;
    size_t len = strcspn(token, "/");
    if (json_is_object(value))
      value = member_at(value, token, len);
    else if (json_is_array(value))
      value = element_at(value, token, len);
    else
      value = NULL;
    pointer = token + len;
  }
  return value;
}

/* --- typed access ------------------------------------------------------ */

bool json_seconds(const json_t *value, int64_t *ret_seconds)
{
  static const int64_t MAX = INT64_C(1000000000000);
  int64_t seconds;
  uint64_t digits;
  if (json_is_integer(value)) {
    seconds = json_integer_value(value);
  } else if (json_is_real(value)) {
    double real = json_real_value(value);
    if (!(real >= 0 && real <= (double)MAX) || real != (double)(int64_t)real)
      return false;
    seconds = (int64_t)real;
  } else if (json_is_string(value) &&
             strlen(json_string_value(value)) == json_string_length(value) &&
             num_parse(json_string_value(value), (uint64_t)MAX, &digits)) {
    seconds = (int64_t)digits;
  } else {
    return false;
  }
  if (seconds < 0 || seconds > MAX)
    return false;
  *ret_seconds = seconds;
  return true;
}

enum code json_put_text(json_t *object, const char *member, const char *text,
                        struct err *err)
{
  if (text == NULL) {
    (void)json_object_del(object, member);
    return E_OK;
  }
  if (!codec_is_utf8(text, strlen(text)))
    return err_set(err, E_LOCAL, "the value of '%s' is not UTF-8", member);
  if (json_object_set_new(object, member, json_string(text)) != 0)
    return err_nomem(err);
  return E_OK;
}

enum code json_put_int(json_t *object, const char *member, int64_t value,
                       struct err *err)
{
  if (json_object_set_new(object, member, json_integer(value)) != 0)
    return err_nomem(err);
  return E_OK;
}

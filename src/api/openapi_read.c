/* An operation's details read from its line of the index. */
#include "api/openapi.h"

#include "base/json.h"
#include "base/mem.h"

#include <string.h>

enum { USAGE_OPTIONAL_MAX = 6, DETAILS_DEPTH = 5 };

void openapi_details_clear(struct openapi_details *details)
{
  mem_free(details->fields);
  json_decref(details->json);
  *details = (struct openapi_details){0};
}

static const char *text_or_none(const json_t *object, const char *member)
{
  const char *text = json_text(object, member);

  return text != NULL ? text : "";
}

static enum openapi_in in_of(const json_t *object)
{
  switch (*text_or_none(object, "in")) {
  case 'p':
    return OPENAPI_PATH;
  case 'q':
    return OPENAPI_QUERY;
  case 'h':
    return OPENAPI_HEADER;
  default:
    return OPENAPI_BODY;
  }
}

static bool is_text_list(const json_t *values)
{
  const json_t *value;
  size_t i;

  json_array_foreach(values, i, value)
  {
    if (!json_is_string(value))
      return false;
  }
  return json_array_size(values) > 0;
}

/* false: it is none. */
static bool read_field(const json_t *object, struct openapi_field *field)
{
  const json_t *values = json_object_get(object, "e");

  *field = (struct openapi_field){
      .in = in_of(object),
      .name = text_or_none(object, "n"),
      .type = text_or_none(object, "t"),
      .items = text_or_none(object, "i"),
      .about = text_or_none(object, "d"),
      .required = json_is_true(json_object_get(object, "r")),
      .nullable = json_is_true(json_object_get(object, "z")),
      .join = *text_or_none(object, "j"),
      .values = is_text_list(values) ? values : NULL,
  };
  return *field->name != '\0' && strlen(field->name) <= OPENAPI_NAME_MAX;
}

static void read_fields(const json_t *list, bool body,
                        struct openapi_details *details)
{
  json_t *object;
  size_t i;

  json_array_foreach(list, i, object)
  {
    struct openapi_field *field = &details->fields[details->count];

    details->count +=
        read_field(object, field) && (field->in == OPENAPI_BODY) == body;
  }
}

static enum openapi_encoding encoding_of(const char *word)
{
  static const struct {
    const char *word;
    enum openapi_encoding encoding;
  } encodings[] = {{"json", OPENAPI_JSON},
                   {"form", OPENAPI_FORM},
                   {"multipart", OPENAPI_MULTIPART},
                   {"raw", OPENAPI_RAW}};

  for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
    if (strcmp(word, encodings[i].word) == 0)
      return encodings[i].encoding;
  }
  return OPENAPI_NO_BODY;
}

enum code openapi_details(const struct openapi_operation *operation,
                          struct openapi_details *ret_details, struct err *err)
{
  AUTO_OPENAPI_DETAILS struct openapi_details details = {0};
  size_t count;
  enum code code =
      json_read(&details.json, operation->details, strlen(operation->details),
                DETAILS_DEPTH, E_ANSWER, "the index of an operation", err);

  if (code != E_OK)
    return code;
  const json_t *parameters = json_object_get(details.json, "p");
  const json_t *members = json_object_get(details.json, "m");
  count = json_array_size(parameters) + json_array_size(members);
  details.fields = mem_array(count + 1, sizeof *details.fields);
  if (details.fields == NULL)
    return err_nomem(err);
  read_fields(parameters, false, &details);
  read_fields(members, true, &details);
  details.body = encoding_of(text_or_none(details.json, "c"));
  details.body_required = json_is_true(json_object_get(details.json, "r"));
  details.deprecated = json_is_true(json_object_get(details.json, "x"));
  *ret_details = details;
  details = (struct openapi_details){0};
  return E_OK;
}

void openapi_put_item(struct buf *out, const struct openapi_field *field)
{
  static const char *const separators[] = {[OPENAPI_PATH] = "=",
                                           [OPENAPI_QUERY] = "==",
                                           [OPENAPI_HEADER] = ":",
                                           [OPENAPI_BODY] = "="};
  bool list = field->in == OPENAPI_BODY && strcmp(field->type, "array") == 0;

  buf_printf(out, "%s%s%s", field->name, list ? "[]" : "",
             separators[field->in]);
}

/* Nested members follow from those that they are of. */
static bool is_nested(const struct openapi_field *field)
{
  return field->in == OPENAPI_BODY && strchr(field->name, '[') != NULL;
}

void openapi_usage(struct buf *out, const struct openapi_operation *operation,
                   const struct openapi_details *details)
{
  size_t optional = 0;

  buf_printf(out, "fob request --op %s", operation->id);
  for (size_t i = 0; i < details->count; i++) {
    if (!details->fields[i].required)
      continue;
    buf_putc(out, ' ');
    openapi_put_item(out, &details->fields[i]);
    buf_puts(out, "...");
  }
  for (size_t i = 0; i < details->count; i++) {
    if (details->fields[i].required || is_nested(&details->fields[i]))
      continue;
    if (optional++ == USAGE_OPTIONAL_MAX) {
      buf_puts(out, " ...");
      break;
    }
    buf_puts(out, " [");
    openapi_put_item(out, &details->fields[i]);
    buf_puts(out, "...]");
  }
  if (details->body == OPENAPI_RAW)
    buf_puts(out, details->body_required ? " --input FILE" : " [--input FILE]");
}

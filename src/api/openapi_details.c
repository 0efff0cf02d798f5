/* The details of an operation: its parameters and its body, and how they are
 * written into the index. */
#include "api/openapi_part.h"

#include "api/quote.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

enum { ABOUT_MAX = 80, VALUE_MAX = 64 };

static const struct place *member(struct digest *digest,
                                  const struct place *place, const char *name)
{
  return outline_member(digest->outline, place, name);
}

/* --- parameters ------------------------------------------------------------
 */

/* What stands between the elements of an array (OpenAPI 3 `style` and
 * `explode`, Swagger 2 `collectionFormat`). */
static char join_of(struct digest *digest, const struct place *parameter,
                    char in)
{
  const struct place *style = member(
      digest, parameter, digest->swagger2 ? "collectionFormat" : "style");
  const struct place *explode = member(digest, parameter, "explode");
  static const struct {
    const char *name;
    char join;
  } styles[] = {{"multi", 0},  {"ssv", ' '},           {"spaceDelimited", ' '},
                {"tsv", '\t'}, {"pipeDelimited", '|'}, {"pipes", '|'}};

  if (!digest->swagger2 && in == 'q' &&
      (explode == NULL || outline_is_true(digest->outline, explode)))
    return 0;
  for (size_t i = 0; i < ARRAY_LEN(styles); i++) {
    if (outline_is(digest->outline, style, styles[i].name))
      return styles[i].join;
  }
  return ',';
}

static char in_of(struct digest *digest, const struct place *parameter)
{
  static const char *const places[] = {"path", "query", "header"};
  const struct place *in = member(digest, parameter, "in");

  for (size_t i = 0; i < ARRAY_LEN(places); i++) {
    if (outline_is(digest->outline, in, places[i]))
      return places[i][0];
  }
  return 0;
}

/* OpenAPI 3: those headers are said elsewhere. */
static bool is_ignored(const char *name)
{
  return strcasecmp(name, "Accept") == 0 ||
         strcasecmp(name, "Content-Type") == 0 ||
         strcasecmp(name, "Authorization") == 0;
}

static const struct place *schema_of(struct digest *digest,
                                     const struct place *parameter)
{
  return digest->swagger2 ? parameter : member(digest, parameter, "schema");
}

static void put_parameter(struct digest *digest, const struct place *parameter,
                          struct fields *fields)
{
  struct field field = {.type = "", .items = ""};
  const struct place *place = digest_look(digest, parameter);

  field.in = in_of(digest, place);
  if (field.in == 0)
    return;
  field.name =
      digest_name(digest, member(digest, place, "name"), OPENAPI_NAME_MAX);
  if (field.name == NULL)
    return;
  for (size_t i = 0; i < fields->count; i++) { /* the operation's win */
    if (fields->list[i].in == field.in &&
        strcmp(fields->list[i].name, field.name) == 0) {
      mem_free(field.name);
      return;
    }
  }
  digest_type(digest, schema_of(digest, place), 0, &field);
  field.required =
      field.in == 'p' ||
      outline_is_true(digest->outline, member(digest, place, "required"));
  field.about = member(digest, place, "description");
  if (strcmp(field.type, "array") == 0)
    field.join = join_of(digest, place, field.in);
  if (field.in != 'h' || !is_ignored(field.name))
    (void)fields_add(fields, &field);
  mem_free(field.name);
}

static void put_parameters(struct digest *digest, const struct place *owner,
                           struct fields *fields)
{
  const struct place *at =
      outline_first(digest->outline, member(digest, owner, "parameters"));

  for (; at != NULL && digest->visits > 0;
       at = outline_next(digest->outline, at))
    put_parameter(digest, at, fields);
}

/* --- the body --------------------------------------------------------------
 */

struct body_note {
  const char *encoding; /* NULL: none */
  bool required;
};

static bool contains(const char *text, const char *part)
{
  return text != NULL && strstr(text, part) != NULL;
}

/* Of several types the first of: JSON, form, multipart, anything. */
static const struct place *choose_content(struct digest *digest,
                                          const struct place *content,
                                          const char **ret_encoding)
{
  static const struct {
    const char *part, *encoding;
  } kinds[] = {{"/json", "json"},
               {"+json", "json"},
               {"/x-www-form-urlencoded", "form"},
               {"multipart/", "multipart"},
               {"", "raw"}};

  for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
    const struct place *at = outline_first(digest->outline, content);

    for (; at != NULL; at = outline_next(digest->outline, at)) {
      AUTO_STR char *type = digest_key(digest, at, OPENAPI_NAME_MAX);

      *ret_encoding = kinds[i].encoding;
      if (contains(type, kinds[i].part))
        return at;
    }
  }
  *ret_encoding = NULL;
  return NULL;
}

static struct body_note put_body(struct digest *digest,
                                 const struct place *operation,
                                 struct fields *fields)
{
  struct body_note note = {0};
  const struct place *body =
      digest_look(digest, member(digest, operation, "requestBody"));
  const struct place *content =
      choose_content(digest, member(digest, body, "content"), &note.encoding);

  note.required =
      outline_is_true(digest->outline, member(digest, body, "required"));
  if (content != NULL && strcmp(note.encoding, "raw") != 0)
    digest_members(digest, member(digest, content, "schema"), fields);
  return note;
}

/* Swagger 2: `in: body`, and `in: formData`, which is a member each. */
static void put_body2(struct digest *digest, const struct place *owner,
                      struct fields *fields, struct body_note *note)
{
  const struct place *at =
      outline_first(digest->outline, member(digest, owner, "parameters"));

  for (; at != NULL && digest->visits > 0;
       at = outline_next(digest->outline, at)) {
    const struct place *place = digest_look(digest, at);
    const struct place *in = member(digest, place, "in");
    bool required =
        outline_is_true(digest->outline, member(digest, place, "required"));
    struct field field = {.type = "", .items = "", .required = required};

    if (outline_is(digest->outline, in, "body")) {
      note->encoding = "json";
      note->required |= required;
      digest_members(digest, member(digest, place, "schema"), fields);
    }
    if (!outline_is(digest->outline, in, "formData"))
      continue;
    digest_type(digest, place, 0, &field);
    bool file = strcmp(field.type, "file") == 0;
    if (file || note->encoding == NULL)
      note->encoding = file ? "multipart" : "form";
    field.name =
        digest_name(digest, member(digest, place, "name"), OPENAPI_NAME_MAX);
    field.about = member(digest, place, "description");
    if (field.name != NULL && fields_find(fields, field.name) == NULL)
      (void)fields_add(fields, &field);
    mem_free(field.name);
  }
}

/* --- writing ---------------------------------------------------------------
 */

static void put_text(struct buf *out, const char *name, const char *text)
{
  if (*text == '\0')
    return;
  buf_printf(out, ",\"%s\":", name);
  quote_json(out, text, strlen(text));
}

static void put_values(struct digest *digest, const struct place *values,
                       struct buf *out)
{
  const struct place *at = values != NULL && values->kind == PLACE_ARRAY
                               ? outline_first(digest->outline, values)
                               : NULL;
  const char *before = ",\"e\":[";

  for (int i = 0; at != NULL && i < OPENAPI_ENUM_MAX; i++) {
    AUTO_STR char *text = digest_name(digest, at, VALUE_MAX);

    if (text != NULL) {
      buf_puts(out, before);
      quote_json(out, text, strlen(text));
      before = ",";
    }
    at = outline_next(digest->outline, at);
  }
  if (*before == ',' && before[1] == '\0')
    buf_putc(out, ']');
}

static void put_field(struct digest *digest, const struct field *field,
                      struct buf *out)
{
  AUTO_BUF struct buf about = BUF_INIT(8 * ABOUT_MAX);

  buf_puts(out, "{\"n\":");
  quote_json(out, field->name, strlen(field->name));
  if (field->in != 0)
    buf_printf(out, ",\"in\":\"%c\"", field->in);
  put_text(out, "t", *field->type != '?' ? field->type : "");
  put_text(out, "i", *field->items != '?' ? field->items : "");
  if (field->join != 0)
    put_text(out, "j", (char[]){field->join, '\0'});
  if (field->required)
    buf_puts(out, ",\"r\":true");
  if (field->nullable)
    buf_puts(out, ",\"z\":true");
  put_values(digest, field->values, out);
  digest_line(digest, field->about, ABOUT_MAX, &about);
  put_text(out, "d", buf_text(&about));
  buf_putc(out, '}');
}

static void put_fields(struct digest *digest, const struct fields *fields,
                       const char *name, struct buf *out)
{
  buf_printf(out, "\"%s\":[", name);
  for (size_t i = 0; i < fields->count; i++) {
    if (i > 0)
      buf_putc(out, ',');
    put_field(digest, &fields->list[i], out);
  }
  buf_putc(out, ']');
}

void digest_details(struct digest *digest, const struct place *path,
                    const struct place *operation, struct buf *out)
{
  AUTO_FIELDS struct fields parameters = {.max = OPENAPI_PARAMETERS_MAX};
  AUTO_FIELDS struct fields members = {.max = OPENAPI_MEMBERS_MAX};
  struct body_note note = {0};

  put_parameters(digest, operation, &parameters);
  put_parameters(digest, path, &parameters);
  if (digest->swagger2) {
    put_body2(digest, operation, &members, &note);
    put_body2(digest, path, &members, &note);
  } else {
    note = put_body(digest, operation, &members);
  }
  buf_putc(out, '{');
  put_fields(digest, &parameters, "p", out);
  if (note.encoding != NULL) {
    buf_printf(out, ",\"c\":\"%s\",\"r\":%s,", note.encoding,
               note.required ? "true" : "false");
    put_fields(digest, &members, "m", out);
  }
  if (outline_is_true(digest->outline, member(digest, operation, "deprecated")))
    buf_puts(out, ",\"x\":true");
  buf_putc(out, '}');
}

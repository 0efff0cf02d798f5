/* What schemas say of types and members. Of one that has parts (allOf, oneOf,
 * anyOf) all members count; those that only answers have (readOnly) do not. */
#include "api/openapi_part.h"

#include "base/mem.h"

#include <string.h>

void fields_clear(struct fields *fields)
{
  for (size_t i = 0; i < fields->count; i++)
    mem_free(fields->list[i].name);
  mem_free(fields->list);
}

/* --- what a schema says ----------------------------------------------------
 */

static const char *const words[] = {"integer", "number", "boolean", "string",
                                    "array",   "object", "file"};

static const char *word_of(struct digest *digest, const struct place *place)
{
  for (size_t i = 0; i < ARRAY_LEN(words); i++) {
    if (outline_is(digest->outline, place, words[i]))
      return words[i];
  }
  return "";
}

static const struct place *member(struct digest *digest,
                                  const struct place *place, const char *name)
{
  return outline_member(digest->outline, place, name);
}

const struct place *digest_look(struct digest *digest,
                                const struct place *schema)
{
  if (digest->visits == 0)
    return NULL;
  digest->visits--;
  return digest_resolve(digest, schema);
}

static const char *const parts[] = {"allOf", "oneOf", "anyOf"};

void digest_type(struct digest *digest, const struct place *schema, int nesting,
                 struct field *field)
{
  const struct place *type, *first;

  schema = digest_look(digest, schema);
  if (schema == NULL || schema->kind != PLACE_OBJECT)
    return;
  type = member(digest, schema, "type");
  first = outline_first(digest->outline, type);
  field->nullable |=
      outline_is_true(digest->outline, member(digest, schema, "nullable"));
  for (size_t i = 0; first != NULL && i < 8; i++) { /* 3.1: a list */
    if (outline_is(digest->outline, first, "null"))
      field->nullable = true;
    else
      type = type->kind == PLACE_ARRAY ? first : NULL;
    first = outline_next(digest->outline, first);
    if (type == NULL)
      return;
  }
  const char *word = word_of(digest, type);
  if (*word == '\0' && member(digest, schema, "properties") != NULL)
    word = "object";
  if (*word != '\0')
    field->type = *field->type == '\0' || field->type == word ? word : "?";
  if (field->values == NULL)
    field->values = member(digest, schema, "enum");
  if (strcmp(word, "array") == 0 && *field->items == '\0') {
    struct field element = {.type = "", .items = ""};

    digest_type(digest, member(digest, schema, "items"), nesting + 1, &element);
    field->items = element.type;
    field->values = element.values;
  }
  for (size_t i = 0; nesting < DIGEST_NESTING && i < ARRAY_LEN(parts); i++) {
    const struct place *part =
        outline_first(digest->outline, member(digest, schema, parts[i]));

    for (; part != NULL && digest->visits > 0;
         part = outline_next(digest->outline, part))
      digest_type(digest, part, nesting + 1, field);
  }
}

/* --- members of a body -----------------------------------------------------
 */

/* Whether a name can stand in an ITEM as it is. */
static bool is_plain(const char *name)
{
  return name != NULL && name[strcspn(name, "[]:=@\\")] == '\0';
}

bool fields_add(struct fields *fields, struct field *field)
{
  struct field *grown;

  if (field->name == NULL || fields->count == fields->max)
    return false;
  grown = mem_realloc(fields->list, (fields->count + 1) * sizeof *grown);
  if (grown == NULL)
    return false;
  fields->list = grown;
  grown[fields->count++] = *field;
  field->name = NULL;
  return true;
}

struct field *fields_find(const struct fields *fields, const char *name)
{
  for (size_t i = 0; i < fields->count; i++) {
    if (strcmp(fields->list[i].name, name) == 0)
      return &fields->list[i];
  }
  return NULL;
}

struct level {
  const char *prefix; /* "", "a", "a[b]", "a[]" */
  int depth;          /* of members: a[b] is 2 */
  int nesting;        /* of schemas */
};

static void put_members(struct digest *digest, const struct place *schema,
                        struct level level, struct fields *fields);

static void put_property(struct digest *digest, const struct place *property,
                         struct level level, struct fields *fields)
{
  AUTO_STR char *key = digest_key(digest, property, OPENAPI_NAME_MAX);
  const struct place *schema = digest_look(digest, property);
  struct field field = {.type = "", .items = ""};
  struct level below = {.depth = level.depth + 1, .nesting = level.nesting + 1};
  struct field *known;

  if (!is_plain(key) || schema == NULL ||
      outline_is_true(digest->outline, member(digest, schema, "readOnly")))
    return;
  AUTO_STR char *name = *level.prefix != '\0'
                            ? mem_printf("%s[%s]", level.prefix, key)
                            : mem_str(key);
  if (name == NULL || strlen(name) > OPENAPI_NAME_MAX)
    return;
  digest_type(digest, schema, 0, &field);
  known = fields_find(fields, name);
  if (known != NULL) {
    if (known->type != field.type)
      known->type = "?";
    return;
  }
  field.name = mem_str(name);
  field.about = member(digest, schema, "description");
  bool list = strcmp(field.type, "array") == 0;
  bool deeper = strcmp(list ? field.items : field.type, "object") == 0;
  bool added = fields_add(fields, &field);
  mem_free(field.name);
  if (!added || !deeper || below.depth > OPENAPI_MEMBER_DEPTH)
    return;
  AUTO_STR char *prefix = list ? mem_printf("%s[]", name) : mem_str(name);
  if (prefix == NULL)
    return;
  below.prefix = prefix;
  put_members(digest, list ? member(digest, schema, "items") : schema, below,
              fields);
}

/* Of the body itself; what nested objects require depends on their being
 * there. */
static void mark_required(struct digest *digest, const struct place *schema,
                          struct fields *fields)
{
  const struct place *at =
      outline_first(digest->outline, member(digest, schema, "required"));

  for (; at != NULL; at = outline_next(digest->outline, at)) {
    AUTO_STR char *name = digest_name(digest, at, OPENAPI_NAME_MAX);
    struct field *field = name != NULL ? fields_find(fields, name) : NULL;

    if (field != NULL)
      field->required = true;
  }
}

static void put_members(struct digest *digest, const struct place *schema,
                        struct level level, struct fields *fields)
{
  const struct place *at;

  schema = digest_look(digest, schema);
  if (schema == NULL || level.nesting > DIGEST_NESTING)
    return;
  at = outline_first(digest->outline, member(digest, schema, "properties"));
  for (; at != NULL && digest->visits > 0 && fields->count < fields->max;
       at = outline_next(digest->outline, at))
    put_property(digest, at, level, fields);
  level.nesting++;
  for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
    at = outline_first(digest->outline, member(digest, schema, parts[i]));
    for (; at != NULL && digest->visits > 0;
         at = outline_next(digest->outline, at)) {
      put_members(digest, at, level, fields);
      if (level.depth == 1 && i == 0)
        mark_required(digest, digest_look(digest, at), fields);
    }
  }
  if (level.depth == 1 && level.nesting == 1)
    mark_required(digest, schema, fields);
}

void digest_members(struct digest *digest, const struct place *schema,
                    struct fields *fields)
{
  put_members(digest, schema, (struct level){.prefix = "", .depth = 1}, fields);
}

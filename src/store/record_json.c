/* The record's JSON form. Members that this version does not know stay in
 * `extra`, in the shape of the document (also those inside bound, account,
 * refresh_refused and a token), and are laid back over what is written. */
#include "store/record.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/record_field.h"

#include <string.h>

/* --- reading ------------------------------------------------------------ */

/* Where a document is being read: for messages. */
struct reading {
  const char *profile;
  const char *group; /* "bound", or "access" */
  const char *key;   /* the token's key inside access; NULL elsewhere */
};

static enum code malformed(const struct reading *reading, const char *member,
                           const char *what, struct err *err)
{
  const char *group = reading->group != NULL ? reading->group : "";
  if (reading->key != NULL)
    return err_set(err, E_STORE_BROKEN,
                   "the credential of '%s' is damaged: '%s' of the token '%s' "
                   "in 'access' %s",
                   reading->profile, member, reading->key, what);
  return err_set(
      err, E_STORE_BROKEN, "the credential of '%s' is damaged: '%s%s%s' %s",
      reading->profile, group, *group != '\0' ? "." : "", member, what);
}

static enum code field_read(const struct field *field, void *object,
                            const json_t *value, const struct reading *reading,
                            struct err *err)
{
  union slot slot = slot_of(field, object);
  if (field->kind == FIELD_COUNT || field->kind == FIELD_EXPIRY) {
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number == CLOCK_NEVER)
      return malformed(reading, field->member, "is not a number from 0 up",
                       err);
    *slot.number = number;
    return E_OK;
  }
  if (!json_is_string(value))
    return malformed(reading, field->member, "is not a string", err);
  const char *text = json_string_value(value);
  if (field->kind != FIELD_TEXT && !codec_is_line(text))
    return malformed(reading, field->member, "holds a control character", err);
  if (field->kind == FIELD_SECRET)
    return secret_new(slot.secret, text, json_string_length(value), err);
  return record_set_text(slot.text, text, err);
}

/* Takes the table's members out of document; what stays is unknown. */
static enum code fields_read(const struct field_table *table, void *object,
                             json_t *document, struct reading *reading,
                             struct err *err)
{
  for (size_t i = 0; i < table->count; i++) {
    const struct field *field = &table->fields[i];
    json_t *holder = document;
    if (field->group != NULL) {
      holder = json_object_get(document, field->group);
      if (holder == NULL)
        continue;
      if (!json_is_object(holder))
        return malformed(reading, field->group, "is not an object", err);
      reading->group = field->group;
    }
    const json_t *value = json_object_get(holder, field->member);
    enum code code = E_OK;
    if (value != NULL)
      code = field_read(field, object, value, reading, err);
    else if (field->required)
      code = malformed(reading, field->member, "is missing", err);
    if (code != E_OK)
      return code;
    if (value != NULL)
      (void)json_object_del(holder, field->member);
    if (field->group != NULL)
      reading->group = NULL;
  }
  return E_OK;
}

static enum code api_read(struct record *record, json_t *bound,
                          struct reading *reading, struct err *err)
{
  json_t *bases = json_object_get(bound, "api");
  if (bases == NULL)
    return E_OK;
  reading->group = "bound";
  if (!json_is_array(bases))
    return malformed(reading, "api", "is not an array", err);
  if (json_array_size(bases) > RECORD_API_MAX)
    return malformed(reading, "api", "has more than 64 bases", err);
  size_t i;
  const json_t *base;
  json_array_foreach(bases, i, base)
  {
    if (!json_is_string(base) || !codec_is_line(json_string_value(base)))
      return malformed(reading, "api", "holds something that is no base", err);
    enum code code = record_add_api(record, json_string_value(base), err);
    if (code != E_OK)
      return code;
  }
  reading->group = NULL;
  (void)json_object_del(bound, "api");
  return E_OK;
}

static enum code access_read(struct record *record, json_t *tokens,
                             struct reading *reading, struct err *err)
{
  if (tokens == NULL)
    return E_OK;
  if (!json_is_object(tokens))
    return malformed(reading, "access", "is not an object", err);
  if (json_object_size(tokens) > RECORD_ACCESS_MAX)
    return malformed(reading, "access", "has more than 32 tokens", err);
  record->access = mem_array(RECORD_ACCESS_MAX, sizeof *record->access);
  if (record->access == NULL)
    return err_nomem(err);

  const char *key;
  json_t *token;
  void *next;
  json_object_foreach_safe(tokens, next, key, token)
  {
    struct record_access *access = &record->access[record->access_count++];
    fields_init(&access_table, access);
    if (!json_is_object(token)) {
      reading->group = "access";
      return malformed(reading, key, "is not an object", err);
    }
    enum code code = record_set_text(&access->key, key, err);
    if (code != E_OK)
      return code;
    struct reading inside = {reading->profile, NULL, key};
    code = fields_read(&access_table, access, token, &inside, err);
    if (code != E_OK)
      return code;
    if (json_object_size(token) == 0)
      (void)json_object_del(tokens, key);
  }
  return E_OK;
}

/* What is left of an object that was taken apart, when it is nothing. */
static void drop_empty(json_t *document, const char *member)
{
  const json_t *object = json_object_get(document, member);
  if (json_is_object(object) && json_object_size(object) == 0)
    (void)json_object_del(document, member);
}

static const char *const groups[] = {"bound", "account", "refresh_refused",
                                     "access"};

static enum code check_head(json_t *document, struct reading *reading,
                            struct err *err)
{
  const json_t *schema = json_object_get(document, "schema");
  if (!json_is_integer(schema) || json_integer_value(schema) < 1)
    return malformed(reading, "schema",
                     schema == NULL ? "is missing" : "is not a number from 1",
                     err);
  if (json_integer_value(schema) > RECORD_SCHEMA)
    return err_set(err, E_STORE_BROKEN,
                   "the credential of '%s' has the form %lld, made by a newer "
                   "fob; this one reads form %d",
                   reading->profile, (long long)json_integer_value(schema),
                   RECORD_SCHEMA);
  (void)json_object_del(document, "schema");
  const char *profile = json_text(document, "profile");
  if (profile != NULL && strcmp(profile, reading->profile) != 0)
    return malformed(reading, "profile", "names another profile", err);
  return E_OK;
}

enum code record_parse(struct record **ret_record, const char *bytes,
                       size_t len, const char *profile, struct err *err)
{
  AUTO_STR char *what = mem_printf("the credential of '%s'", profile);
  if (what == NULL)
    return err_nomem(err);
  if (len > BUF_RECORD)
    return err_set(err, E_STORE_BROKEN, "%s is longer than %d bytes", what,
                   BUF_RECORD);
  AUTO_JSON json_t *document = NULL;
  enum code code =
      json_read(&document, bytes, len, JSON_DEPTH, E_STORE_BROKEN, what, err);
  if (code != E_OK)
    return code;

  AUTO(record) record = mem_zalloc(sizeof *record);
  if (record == NULL)
    return err_nomem(err);
  fields_init(&record_table, record);
  struct reading reading = {profile, NULL, NULL};
  code = check_head(document, &reading, err);
  if (code == E_OK)
    code = fields_read(&record_table, record, document, &reading, err);
  if (code == E_OK)
    code = api_read(record, json_object_get(document, "bound"), &reading, err);
  if (code == E_OK)
    code =
        access_read(record, json_object_get(document, "access"), &reading, err);
  if (code != E_OK)
    return code;
  for (size_t i = 0; i < ARRAY_LEN(groups); i++)
    drop_empty(document, groups[i]);
  if (json_object_size(document) > 0)
    record->extra = json_incref(document);
  *ret_record = record;
  record = NULL;
  return E_OK;
}

/* --- writing ------------------------------------------------------------ */

/* A value that could not be read back is not written. */
static enum code field_write(const struct field *field, const void *object,
                             json_t *holder, struct err *err)
{
  union slot slot = slot_of(field, object);
  if (field->kind == FIELD_COUNT || field->kind == FIELD_EXPIRY) {
    if (*slot.number < 0)
      return err_set(err, E_LOCAL, "cannot keep a negative '%s'",
                     field->member);
    return json_put_int(holder, field->member, *slot.number, err);
  }
  const char *text =
      field->kind != FIELD_SECRET ? *slot.text : secret_reveal(*slot.secret);
  size_t len =
      field->kind != FIELD_SECRET ? strlen(text) : secret_len(*slot.secret);
  bool utf8 = codec_is_utf8(text, len);
  if (field->kind == FIELD_TEXT && !utf8) {
    AUTO_BUF struct buf shown = BUF_INIT(BUF_RECORD);
    codec_visible(&shown, text, len, /* keep_lines= */ false);
    enum code code = buf_check(&shown, err);
    return code != E_OK
               ? code
               : json_put_text(holder, field->member, buf_text(&shown), err);
  }
  if (field->kind != FIELD_TEXT &&
      (!utf8 || strlen(text) != len || !codec_is_line(text)))
    return err_set(err, E_LOCAL,
                   "cannot keep a '%s' with control characters or bytes that "
                   "are not UTF-8",
                   field->member);
  return json_put_text(holder, field->member, text, err);
}

/* Is there something to write? A required number is written also when 0. */
static bool field_set(const struct field *field, const void *object)
{
  union slot slot = slot_of(field, object);
  switch (field->kind) {
  case FIELD_LINE:
  case FIELD_TEXT:
    return *slot.text != NULL;
  case FIELD_SECRET:
    return *slot.secret != NULL;
  case FIELD_COUNT:
    return field->required || *slot.number != 0;
  case FIELD_EXPIRY:
    return *slot.number != CLOCK_NEVER;
  }
  return false;
}

/* The object under member, made when it is missing. NULL: no memory. */
static json_t *object_at(json_t *document, const char *member)
{
  json_t *object = json_object_get(document, member);
  if (object == NULL &&
      json_object_set_new(document, member, json_object()) == 0)
    object = json_object_get(document, member);
  return object;
}

static enum code fields_write(const struct field_table *table,
                              const void *object, json_t *document,
                              struct err *err)
{
  for (size_t i = 0; i < table->count; i++) {
    const struct field *field = &table->fields[i];
    if (!field_set(field, object)) {
      if (field->required)
        return err_set(err, E_LOCAL, "cannot keep a credential without '%s'",
                       field->member);
      continue;
    }
    json_t *holder =
        field->group == NULL ? document : object_at(document, field->group);
    if (holder == NULL)
      return err_nomem(err);
    enum code code = field_write(field, object, holder, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

static enum code api_write(const struct record *record, json_t *document,
                           struct err *err)
{
  if (record->bound.api_count == 0)
    return E_OK;
  json_t *bound = object_at(document, "bound");
  json_t *bases = json_array();
  if (bound == NULL || json_object_set_new(bound, "api", bases) != 0)
    return err_nomem(err);
  for (size_t i = 0; i < record->bound.api_count; i++)
    if (json_array_append_new(bases, json_string(record->bound.api[i])) != 0)
      return err_nomem(err);
  return E_OK;
}

static enum code access_write(const struct record *record, json_t *document,
                              struct err *err)
{
  for (size_t i = 0; i < record->access_count; i++) {
    const struct record_access *access = &record->access[i];
    json_t *tokens = object_at(document, "access");
    json_t *token = tokens != NULL ? object_at(tokens, access->key) : NULL;
    if (token == NULL)
      return err_nomem(err);
    enum code code = fields_write(&access_table, access, token, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

static bool is_group(const char *member)
{
  for (size_t i = 0; i < ARRAY_LEN(groups); i++)
    if (strcmp(member, groups[i]) == 0)
      return true;
  return false;
}

/* Lays extra's members back, without touching what is there. Those inside a
 * group or a token go only where that still exists. closed: add no member. */
static enum code lay_back(json_t *document, json_t *extra, int level,
                          bool closed, struct err *err)
{
  const char *member;
  json_t *value;
  json_object_foreach(extra, member, value)
  {
    json_t *have = json_object_get(document, member);
    if (have == NULL) {
      if (closed || (level == 0 && is_group(member)))
        continue;
      if (json_object_set_new(document, member, json_deep_copy(value)) != 0)
        return err_nomem(err);
    } else if (json_is_object(have) && json_is_object(value)) {
      enum code code =
          lay_back(have, value, level + 1,
                   level == 0 && strcmp(member, "access") == 0, err);
      if (code != E_OK)
        return code;
    }
  }
  return E_OK;
}

enum code record_write(const struct record *record, struct buf *out,
                       struct err *err)
{
  AUTO_JSON json_t *document = json_object();
  if (document == NULL)
    return err_nomem(err);
  enum code code = json_put_int(document, "schema", RECORD_SCHEMA, err);
  if (code == E_OK)
    code = fields_write(&record_table, record, document, err);
  if (code == E_OK)
    code = api_write(record, document, err);
  if (code == E_OK)
    code = access_write(record, document, err);
  if (code == E_OK)
    code = lay_back(document, record->extra, 0, /* closed= */ false, err);
  return code != E_OK ? code : json_write(out, document, 0, err);
}

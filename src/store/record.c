#include "store/record.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/record_field.h"

#include <string.h>

#define FIELD(group, name, kind, required, member)                             \
  {                                                                            \
    group, name, kind, required, offsetof(struct record, member)               \
  }

/* The order is that of the written document. `profile` is checked apart. */
static const struct field record_fields[] = {
    FIELD(NULL, "profile", FIELD_LINE, FIELD_REQUIRED, profile),
    FIELD(NULL, "generation", FIELD_COUNT, FIELD_REQUIRED, generation),
    FIELD(NULL, "created", FIELD_COUNT, FIELD_REQUIRED, created),
    FIELD(NULL, "grant", FIELD_LINE, FIELD_REQUIRED, grant),
    FIELD("bound", "issuer", FIELD_LINE, FIELD_OPTIONAL, bound.issuer),
    FIELD("bound", "authorization_endpoint", FIELD_LINE, FIELD_OPTIONAL,
          bound.authorization_endpoint),
    FIELD("bound", "token_endpoint", FIELD_LINE, FIELD_OPTIONAL,
          bound.token_endpoint),
    FIELD("bound", "revocation_endpoint", FIELD_LINE, FIELD_OPTIONAL,
          bound.revocation_endpoint),
    FIELD("bound", "introspection_endpoint", FIELD_LINE, FIELD_OPTIONAL,
          bound.introspection_endpoint),
    FIELD("bound", "userinfo_endpoint", FIELD_LINE, FIELD_OPTIONAL,
          bound.userinfo_endpoint),
    FIELD("bound", "end_session_endpoint", FIELD_LINE, FIELD_OPTIONAL,
          bound.end_session_endpoint),
    FIELD("bound", "jwks_uri", FIELD_LINE, FIELD_OPTIONAL, bound.jwks_uri),
    FIELD("bound", "client_id", FIELD_LINE, FIELD_OPTIONAL, bound.client_id),
    FIELD("account", "sub", FIELD_TEXT, FIELD_OPTIONAL, account_sub),
    FIELD("account", "label", FIELD_TEXT, FIELD_OPTIONAL, account_label),
    FIELD(NULL, "refresh_token", FIELD_SECRET, FIELD_OPTIONAL, refresh_token),
    FIELD(NULL, "refresh_expires_at", FIELD_EXPIRY, FIELD_OPTIONAL,
          refresh_expires_at),
    FIELD("refresh_refused", "at", FIELD_COUNT, FIELD_OPTIONAL,
          refresh_refused_at),
    FIELD("refresh_refused", "error", FIELD_TEXT, FIELD_OPTIONAL,
          refresh_refused_error),
    FIELD("refresh_refused", "description", FIELD_TEXT, FIELD_OPTIONAL,
          refresh_refused_text),
    FIELD(NULL, "pending_at", FIELD_COUNT, FIELD_OPTIONAL, pending_at),
    FIELD(NULL, "scope_granted", FIELD_LINE, FIELD_OPTIONAL, scope_granted),
    FIELD(NULL, "authorization_details", FIELD_TEXT, FIELD_OPTIONAL,
          authorization_details),
    FIELD(NULL, "id_token", FIELD_SECRET, FIELD_OPTIONAL, id_token),
    FIELD(NULL, "client_secret", FIELD_SECRET, FIELD_OPTIONAL, client_secret),
    FIELD(NULL, "client_secret_expires_at", FIELD_EXPIRY, FIELD_OPTIONAL,
          client_secret_expires_at),
    FIELD(NULL, "signing_key", FIELD_SECRET, FIELD_OPTIONAL, signing_key),
    FIELD(NULL, "dpop_key", FIELD_SECRET, FIELD_OPTIONAL, dpop_key),
    FIELD(NULL, "registration_access_token", FIELD_SECRET, FIELD_OPTIONAL,
          registration_access_token),
    FIELD(NULL, "registration_client_uri", FIELD_LINE, FIELD_OPTIONAL,
          registration_client_uri),
    FIELD(NULL, "secret", FIELD_SECRET, FIELD_OPTIONAL, secret),
    FIELD(NULL, "secret_expires_at", FIELD_EXPIRY, FIELD_OPTIONAL,
          secret_expires_at),
};

#undef FIELD
#define FIELD(name, kind, required, member)                                    \
  {                                                                            \
    NULL, name, kind, required, offsetof(struct record_access, member)         \
  }

static const struct field access_fields[] = {
    FIELD("access_token", FIELD_SECRET, FIELD_REQUIRED, token),
    FIELD("token_type", FIELD_LINE, FIELD_OPTIONAL, token_type),
    FIELD("scope", FIELD_LINE, FIELD_OPTIONAL, scope),
    FIELD("issued_at", FIELD_COUNT, FIELD_REQUIRED, issued_at),
    FIELD("expires_at", FIELD_EXPIRY, FIELD_OPTIONAL, expires_at),
};
#undef FIELD

const struct field_table record_table = {record_fields,
                                         ARRAY_LEN(record_fields)};
const struct field_table access_table = {access_fields,
                                         ARRAY_LEN(access_fields)};

void fields_init(const struct field_table *table, void *object)
{
  for (size_t i = 0; i < table->count; i++)
    if (table->fields[i].kind == FIELD_EXPIRY)
      *slot_of(&table->fields[i], object).number = CLOCK_NEVER;
}

static void fields_clear(const struct field_table *table, void *object)
{
  for (size_t i = 0; i < table->count; i++) {
    union slot slot = slot_of(&table->fields[i], object);
    switch (table->fields[i].kind) {
    case FIELD_LINE:
    case FIELD_TEXT:
      mem_free(*slot.text);
      *slot.text = NULL;
      break;
    case FIELD_SECRET:
      secret_free(*slot.secret);
      *slot.secret = NULL;
      break;
    case FIELD_COUNT:
    case FIELD_EXPIRY:
      break;
    }
  }
}

/* Into an object whose fields are initialised and own nothing. */
static enum code fields_copy(const struct field_table *table, void *to,
                             const void *from, struct err *err)
{
  for (size_t i = 0; i < table->count; i++) {
    union slot source = slot_of(&table->fields[i], from);
    union slot target = slot_of(&table->fields[i], to);
    enum code code = E_OK;
    switch (table->fields[i].kind) {
    case FIELD_LINE:
    case FIELD_TEXT:
      code = record_set_text(target.text, *source.text, err);
      break;
    case FIELD_SECRET:
      if (*source.secret != NULL)
        code = secret_copy(target.secret, *source.secret, err);
      break;
    case FIELD_COUNT:
    case FIELD_EXPIRY:
      *target.number = *source.number;
      break;
    }
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

/* --- in memory ---------------------------------------------------------- */

enum code record_new(struct record **ret_record, const char *profile,
                     struct err *err)
{
  AUTO(record) record = mem_zalloc(sizeof *record);
  if (record == NULL)
    return err_nomem(err);
  fields_init(&record_table, record);
  enum code code = record_set_text(&record->profile, profile, err);
  if (code != E_OK)
    return code;
  *ret_record = record;
  record = NULL;
  return E_OK;
}

static void access_clear(struct record_access *access)
{
  fields_clear(&access_table, access);
  mem_free(access->key);
  *access = (struct record_access){0};
}

static enum code access_copy(struct record_access *to,
                             const struct record_access *from, struct err *err)
{
  struct record_access copy = {0};
  fields_init(&access_table, &copy);
  enum code code = record_set_text(&copy.key, from->key, err);
  if (code == E_OK)
    code = fields_copy(&access_table, &copy, from, err);
  if (code != E_OK) {
    access_clear(&copy);
    return code;
  }
  *to = copy;
  return E_OK;
}

enum code record_copy(struct record **ret_copy, const struct record *record,
                      struct err *err)
{
  AUTO(record) copy = mem_zalloc(sizeof *copy);
  if (copy == NULL)
    return err_nomem(err);
  fields_init(&record_table, copy);
  enum code code = fields_copy(&record_table, copy, record, err);
  for (size_t i = 0; code == E_OK && i < record->bound.api_count; i++)
    code = record_add_api(copy, record->bound.api[i], err);
  for (size_t i = 0; code == E_OK && i < record->access_count; i++)
    code = record_keep(copy, &record->access[i], err);
  if (code != E_OK)
    return code;
  if (record->extra != NULL) {
    copy->extra = json_deep_copy(record->extra);
    if (copy->extra == NULL)
      return err_nomem(err);
  }
  *ret_copy = copy;
  copy = NULL;
  return E_OK;
}

static struct record_access *find(const struct record *record, const char *key)
{
  for (size_t i = 0; i < record->access_count; i++)
    if (strcmp(record->access[i].key, key) == 0)
      return &record->access[i];
  return NULL;
}

const struct record_access *record_find(const struct record *record,
                                        const char *key)
{
  return find(record, key);
}

static struct record_access *oldest(const struct record *record)
{
  struct record_access *found = &record->access[0];
  for (size_t i = 1; i < record->access_count; i++)
    if (record->access[i].issued_at < found->issued_at)
      found = &record->access[i];
  return found;
}

enum code record_keep(struct record *record, const struct record_access *access,
                      struct err *err)
{
  struct record_access copy;
  enum code code = access_copy(&copy, access, err);
  if (code != E_OK)
    return code;
  if (record->access == NULL)
    record->access = mem_array(RECORD_ACCESS_MAX, sizeof *record->access);
  if (record->access == NULL) {
    access_clear(&copy);
    return err_nomem(err);
  }
  struct record_access *slot = find(record, copy.key);
  if (slot == NULL && record->access_count < RECORD_ACCESS_MAX)
    slot = &record->access[record->access_count++];
  else if (slot == NULL)
    slot = oldest(record);
  /* What a newer fob noted about the token that goes, goes with it. */
  if (slot->key != NULL)
    (void)json_object_del(json_object_get(record->extra, "access"), slot->key);
  access_clear(slot);
  *slot = copy;
  return E_OK;
}

void record_drop_access(struct record *record)
{
  for (size_t i = 0; i < record->access_count; i++)
    access_clear(&record->access[i]);
  record->access_count = 0;
  (void)json_object_del(record->extra, "access");
}

enum code record_set_text(char **member, const char *text, struct err *err)
{
  char *copy = mem_str(text);
  if (copy == NULL && text != NULL)
    return err_nomem(err);
  mem_free(*member);
  *member = copy;
  return E_OK;
}

enum code record_add_api(struct record *record, const char *base,
                         struct err *err)
{
  struct record_bound *bound = &record->bound;
  for (size_t i = 0; i < bound->api_count; i++)
    if (strcmp(bound->api[i], base) == 0)
      return E_OK;
  if (bound->api_count == RECORD_API_MAX)
    return err_set(err, E_PROFILE, "'%s' has more than %d API bases",
                   record->profile, RECORD_API_MAX);
  if (bound->api == NULL)
    bound->api = mem_array(RECORD_API_MAX, sizeof *bound->api);
  if (bound->api == NULL)
    return err_nomem(err);
  enum code code = record_set_text(&bound->api[bound->api_count], base, err);
  if (code == E_OK)
    bound->api_count++;
  return code;
}

bool record_by_client(const struct record *record)
{
  return record->grant && (strcmp(record->grant, "client_credentials") == 0 ||
                           strcmp(record->grant, "jwt_bearer") == 0);
}

void record_free(struct record *record)
{
  if (record == NULL)
    return;
  fields_clear(&record_table, record);
  for (size_t i = 0; i < record->bound.api_count; i++)
    mem_free(record->bound.api[i]);
  mem_free(record->bound.api);
  record_drop_access(record);
  mem_free(record->access);
  json_decref(record->extra);
  mem_free(record);
}

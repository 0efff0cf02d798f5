/* The document is hostile until its issuer has been found to be the one that
 * was asked for. Each place is tried in turn; the first document that is sound
 * and of this issuer is taken. A server that answers every path with some page
 * or with its root's document is thereby passed over, without a weaker check:
 * when none fits, the first thing that was wrong is what the user is told. */
#include "oauth/metadata.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"

#include <string.h>

static const struct endpoint {
  const char *member;
  size_t offset;
  bool mtls; /* may have an alias for mutual TLS */
} endpoints[] = {
    {"authorization_endpoint",
     offsetof(struct metadata, authorization_endpoint)},
    {"token_endpoint", offsetof(struct metadata, token_endpoint), true},
    {"revocation_endpoint", offsetof(struct metadata, revocation_endpoint),
     true},
    {"introspection_endpoint",
     offsetof(struct metadata, introspection_endpoint), true},
    {"userinfo_endpoint", offsetof(struct metadata, userinfo_endpoint), true},
    {"end_session_endpoint", offsetof(struct metadata, end_session_endpoint)},
    {"device_authorization_endpoint",
     offsetof(struct metadata, device_authorization_endpoint), true},
    {"pushed_authorization_request_endpoint",
     offsetof(struct metadata, par_endpoint), true},
    {"registration_endpoint", offsetof(struct metadata, registration_endpoint),
     true},
    {"jwks_uri", offsetof(struct metadata, jwks_uri)},
};

/* Lists of words that are looked into. */
static const char *const lists[] = {
    "scopes_supported",
    "response_types_supported",
    "grant_types_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
};

static const char iss_member[] =
    "authorization_response_iss_parameter_supported";

static char **slot(struct metadata *metadata, const struct endpoint *endpoint)
{
  return (char **)((char *)metadata + endpoint->offset);
}

void metadata_free(struct metadata *metadata)
{
  if (!metadata)
    return;
  for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
    mem_free(*slot(metadata, &endpoints[i]));
  mem_free(metadata->issuer);
  mem_free(metadata->source);
  json_decref(metadata->json);
  mem_free(metadata);
}

static enum code new_metadata(struct metadata **ret_metadata, struct err *err)
{
  AUTO(metadata) metadata = mem_zalloc(sizeof(*metadata));

  if (!metadata)
    return err_nomem(err);
  metadata->json = json_object();
  if (!metadata->json)
    return err_nomem(err);
  *ret_metadata = metadata;
  metadata = NULL;
  return E_OK;
}

/* --- the members ------------------------------------------------------- */

/* An absent or null member is no endpoint. code: who is to blame. */
static enum code take_endpoint(struct metadata *metadata, const json_t *object,
                               const struct endpoint *endpoint, enum code code,
                               const char *what, struct err *err)
{
  const json_t *value = json_object_get(object, endpoint->member);
  AUTO(url) url = NULL;
  AUTO_STR char *copy = NULL;
  AUTO_STR char *name = mem_printf("%s: %s", what, endpoint->member);
  enum code result;

  if (!name)
    return err_nomem(err);
  if (!value || json_is_null(value))
    return E_OK;
  if (!json_is_string(value))
    return err_set(err, code, "%s is not a text", name);
  result =
      url_parse(&url, json_string_value(value), URL_PLAIN, code, name, err);
  if (result != E_OK)
    return result;
  copy = mem_str(json_string_value(value));
  if (!copy)
    return err_nomem(err);
  mem_free(*slot(metadata, endpoint));
  *slot(metadata, endpoint) = copy;
  copy = NULL;
  return E_OK;
}

static enum code take_endpoints(struct metadata *metadata, const json_t *object,
                                enum code code, const char *what,
                                struct err *err)
{
  for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
    enum code result =
        take_endpoint(metadata, object, &endpoints[i], code, what, err);

    if (result != E_OK)
      return result;
  }
  return E_OK;
}

static enum code check_lists(const json_t *object, enum code code,
                             const char *what, struct err *err)
{
  for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
    const json_t *list = json_object_get(object, lists[i]);
    size_t count = json_array_size(list);

    if (!list || json_is_null(list))
      continue;
    if (!json_is_array(list))
      return err_set(err, code, "%s: %s is not a list", what, lists[i]);
    for (size_t j = 0; j < count; j++)
      if (!json_is_string(json_array_get(list, j)))
        return err_set(err, code, "%s: %s holds something that is not a text",
                       what, lists[i]);
  }
  return E_OK;
}

static enum code take_iss(struct metadata *metadata, const json_t *object,
                          enum code code, const char *what, struct err *err)
{
  const json_t *value = json_object_get(object, iss_member);

  if (!value || json_is_null(value))
    return E_OK;
  if (!json_is_boolean(value))
    return err_set(err, code, "%s: %s is neither true nor false", what,
                   iss_member);
  metadata->iss_in_response = json_is_true(value);
  return E_OK;
}

static enum code take_members(struct metadata *metadata, const json_t *object,
                              enum code code, const char *what, struct err *err)
{
  enum code result = take_endpoints(metadata, object, code, what, err);

  if (result == E_OK)
    result = check_lists(object, code, what, err);
  if (result == E_OK)
    result = take_iss(metadata, object, code, what, err);
  if (result == E_OK && json_object_update(metadata->json, (json_t *)object))
    return err_nomem(err);
  return result;
}

/* --- the document ------------------------------------------------------ */

static enum code take_issuer(struct metadata *metadata, const json_t *object,
                             const char *issuer, bool exact, const char *what,
                             struct err *err)
{
  const json_t *value = json_object_get(object, "issuer");
  const char *found = json_string_value(value);

  if (!found || strlen(found) != json_string_length(value))
    return err_set(err, E_ANSWER, "%s states no issuer", what);
  metadata->match = issuer_compare(issuer, found);
  if (metadata->match == ISSUER_OTHER ||
      (exact && metadata->match == ISSUER_SLASH)) {
    (void)err_set(err, E_CHECK, "%s belongs to another issuer", what);
    err_hint(err, "asked for  %s", issuer);
    err_hint(err, "it says    %s", found);
    return E_CHECK;
  }
  metadata->issuer = mem_str(found);
  return metadata->issuer ? E_OK : err_nomem(err);
}

/* A server elsewhere may not point fob at this machine or at a cloud's
 * link-local services. issuer NULL: nobody is elsewhere. */
static enum code check_one(const char *text, const char *member,
                           const char *issuer, const char *what,
                           struct err *err)
{
  AUTO(url) home = NULL;
  AUTO(url) url = NULL;
  enum code code;

  if (!text || !issuer)
    return E_OK;
  code = url_parse(&home, issuer, URL_PLAIN, E_ANSWER, "the issuer", err);
  if (code == E_OK)
    code = url_parse(&url, text, URL_PLAIN, E_ANSWER, member, err);
  if (code != E_OK || url_is_local(home) || !url_is_local(url))
    return code;
  return err_set(err, E_CHECK,
                 "%s: %s points to a local address, '%s', which only a local "
                 "issuer may",
                 what, member, text);
}

static enum code check_reach(const struct metadata *metadata,
                             const char *issuer, const char *what,
                             struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; i < ARRAY_LEN(endpoints) && code == E_OK; i++)
    code = check_one(*slot((struct metadata *)metadata, &endpoints[i]),
                     endpoints[i].member, issuer, what, err);
  return code;
}

enum code metadata_read(struct metadata **ret_metadata, const char *bytes,
                        size_t len, const char *issuer, bool exact,
                        const char *source, struct err *err)
{
  AUTO(metadata) metadata = NULL;
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *what = mem_printf("the metadata at '%s'", source);
  enum code code;

  if (!what)
    return err_nomem(err);
  code = json_read(&object, bytes, len, JSON_DEPTH, E_ANSWER, what, err);
  if (code == E_OK)
    code = new_metadata(&metadata, err);
  if (code == E_OK)
    code = take_issuer(metadata, object, issuer, exact, what, err);
  if (code == E_OK)
    code = take_members(metadata, object, E_ANSWER, what, err);
  if (code == E_OK)
    code = check_reach(metadata, issuer, what, err);
  if (code != E_OK)
    return code;
  metadata->source = mem_str(source);
  if (!metadata->source)
    return err_nomem(err);
  *ret_metadata = metadata;
  metadata = NULL;
  return E_OK;
}

bool metadata_flag(const struct metadata *metadata, const char *member)
{
  return json_is_true(json_object_get(metadata->json, member));
}

bool metadata_states(const struct metadata *metadata, const char *member)
{
  return json_is_array(json_object_get(metadata->json, member));
}

bool metadata_lists(const struct metadata *metadata, const char *member,
                    const char *value)
{
  const json_t *list = json_object_get(metadata->json, member);
  size_t count = json_array_size(list);

  for (size_t i = 0; i < count; i++) {
    const char *item = json_string_value(json_array_get(list, i));

    if (item && strcmp(item, value) == 0)
      return true;
  }
  return false;
}

/* --- with the profile -------------------------------------------------- */

/* The profile's members come last and win. `issuer` is the profile's own member
 * alone. */
static enum code put_members(struct metadata *metadata,
                             const struct profile *profile, struct err *err)
{
  AUTO_JSON json_t *members = json_object();
  AUTO_STR char *what = mem_printf("profile '%s': metadata", profile->name);
  const char *name;
  json_t *value;

  if (!what || !members)
    return err_nomem(err);
  if (!profile->metadata)
    return E_OK;
  /* not json_copy(): it leaves members out when memory is short */
  json_object_foreach(profile->metadata, name, value)
  {
    if (strcmp(name, "issuer") != 0 && json_object_set(members, name, value))
      return err_nomem(err);
  }
  return take_members(metadata, members, E_PROFILE, what, err);
}

/* RFC 8705 §5: whoever shows a certificate asks there. The profile's own
 * endpoint has no alias but the profile's own. */
static enum code use_aliases(struct metadata *metadata,
                             const struct profile *profile, struct err *err)
{
  static const char member[] = "mtls_endpoint_aliases";
  const json_t *stated = profile->metadata;
  bool own = json_object_get(stated, member) != NULL;
  const json_t *aliases = json_object_get(metadata->json, member);
  enum code who = own ? E_PROFILE : E_ANSWER, code = E_OK;

  if (!aliases || json_is_null(aliases))
    return E_OK;
  if (!json_is_object(aliases))
    return err_set(err, who, "%s is not an object", member);
  for (size_t i = 0; i < ARRAY_LEN(endpoints) && code == E_OK; i++) {
    const struct endpoint *endpoint = &endpoints[i];

    if (!endpoint->mtls || !json_object_get(aliases, endpoint->member) ||
        (!own && json_object_get(stated, endpoint->member)))
      continue;
    code = take_endpoint(metadata, aliases, endpoint, who, member, err);
    if (code == E_OK)
      code = check_one(*slot(metadata, endpoint), endpoint->member,
                       own ? NULL : metadata->issuer, member, err);
  }
  return code;
}

enum code metadata_override(struct metadata *metadata,
                            const struct profile *profile, struct err *err)
{
  enum code code = put_members(metadata, profile, err);

  return code == E_OK && profile->client.cert
             ? use_aliases(metadata, profile, err)
             : code;
}

enum code metadata_of_profile(struct metadata **ret_metadata,
                              const struct profile *profile, struct err *err)
{
  AUTO(metadata) metadata = NULL;
  enum code code = new_metadata(&metadata, err);

  if (code == E_OK)
    code = metadata_override(metadata, profile, err);
  if (code != E_OK)
    return code;
  if (profile->issuer) {
    metadata->issuer = mem_str(profile->issuer);
    metadata->match = ISSUER_EXACT;
    if (!metadata->issuer)
      return err_nomem(err);
  }
  *ret_metadata = metadata;
  metadata = NULL;
  return E_OK;
}

#include "profile/inherit.h"

#include "base/mem.h"
#include "profile/check.h"
#include "profile/value.h"

#include <string.h>
#include <strings.h>

/* --- merging ------------------------------------------------------------- */

static bool merge_member(json_t *to, const char *name, json_t *value);

static bool merge_into(json_t *to, const json_t *from)
{
  const char *name;
  json_t *value;

  json_object_foreach((json_t *)from, name, value)
  {
    if (!merge_member(to, name, value))
      return false;
  }
  return true;
}

static bool merge_member(json_t *to, const char *name, json_t *value)
{
  if (json_is_null(value)) {
    (void)json_object_del(to, name);
    return true;
  }
  if (!json_is_object(value))
    return json_object_set_new(to, name, json_deep_copy(value)) == 0;

  json_t *inner = json_object_get(to, name);
  if (!json_is_object(inner)) {
    inner = json_object();
    if (json_object_set_new(to, name, inner) != 0)
      return false;
  }
  return merge_into(inner, value);
}

/* auth has two forms that exclude each other: what the file states of one takes
 * away what the preset states of the other. */
static void choose_auth(json_t *merged, const json_t *own)
{
  static const char *const basic[] = {"scheme", "user"};
  static const char *const plain[] = {"in", "name", "format"};
  const json_t *stated = value_get(own, "auth");
  json_t *auth = json_object_get(merged, "auth");
  bool has_plain = false;

  if (value_get(own, "auth.scheme") != NULL) {
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
      if (value_get(stated, plain[i]) == NULL)
        (void)json_object_del(auth, plain[i]);
    return;
  }
  for (size_t i = 0; i < ARRAY_LEN(plain); i++)
    has_plain = has_plain || value_get(stated, plain[i]) != NULL;
  for (size_t i = 0; has_plain && i < ARRAY_LEN(basic); i++)
    if (value_get(stated, basic[i]) == NULL)
      (void)json_object_del(auth, basic[i]);
}

enum code inherit_merge(const json_t *preset, const json_t *own,
                        json_t **ret_merged, struct err *err)
{
  json_t *merged = json_object();
  bool good = merged != NULL;
  const char *name;
  json_t *value;

  json_object_foreach((json_t *)preset, name, value)
  {
    if (good && strncmp(name, "x-", 2) != 0)
      good = merge_member(merged, name, value);
  }
  if (good)
    good = merge_into(merged, own);
  if (!good) {
    json_decref(merged);
    return err_nomem(err);
  }
  choose_auth(merged, own);
  *ret_merged = merged;
  return E_OK;
}

/* --- what members say to each other -------------------------------------- */

static enum code set_text(char **target, const char *text, struct err *err)
{
  char *copy = mem_str(text);

  if (copy == NULL)
    return err_nomem(err);
  mem_free(*target);
  *target = copy;
  return E_OK;
}

static enum code settle_basic(struct profile *profile,
                              const struct document *document, struct err *err)
{
  static const char *const others[] = {"auth.in", "auth.name", "auth.format"};

  for (size_t i = 0; i < ARRAY_LEN(others); i++)
    if (value_get(profile->json, others[i]) != NULL)
      return check_fail(document, others[i], err,
                        "does not go with auth.scheme basic");
  if (profile->auth.user == NULL)
    return check_fail(document, "auth.user", err,
                      "must be stated with auth.scheme basic");
  profile->auth.in = AUTH_BASIC;
  return E_OK;
}

static enum code settle_auth(struct profile *profile,
                             const struct document *document, struct err *err)
{
  static const char authorization[] = "Authorization";
  const char *in = value_text(profile->json, "auth.in");
  enum code code = E_OK;

  if (value_text(profile->json, "auth.scheme") != NULL)
    return settle_basic(profile, document, err);
  if (profile->auth.user != NULL)
    return check_fail(document, "auth.user", err,
                      "goes with auth.scheme basic alone");

  profile->auth.in =
      in != NULL && strcmp(in, "query") == 0 ? AUTH_QUERY : AUTH_HEADER;
  if (profile->auth.in == AUTH_QUERY && profile->auth.name == NULL)
    return check_fail(document, "auth.name", err,
                      "must name the parameter, with auth.in query");
  if (profile->auth.name == NULL)
    code = set_text(&profile->auth.name, authorization, err);
  if (code == E_OK && profile->auth.format == NULL)
    code = set_text(&profile->auth.format,
                    profile->auth.in == AUTH_HEADER &&
                            strcasecmp(profile->auth.name, authorization) == 0
                        ? "Bearer {token}"
                        : "{token}",
                    err);
  return code;
}

/* The credential's own header may not be among the plain ones. */
static enum code settle_headers(struct profile *profile,
                                const struct document *document,
                                struct err *err)
{
  const char *name;
  json_t *value;

  if (profile->auth.in != AUTH_HEADER)
    return E_OK;
  json_object_foreach(profile->headers, name, value)
  {
    if (strcasecmp(name, profile->auth.name) == 0)
      return check_fail(document, "headers", err,
                        "must not have %s, which carries the credential", name);
  }
  return E_OK;
}

static enum code settle_grant(struct profile *profile,
                              const struct document *document, struct err *err)
{
  if (profile->auth.in == AUTH_HEADER)
    return E_OK;
  if (!profile->grant_stated)
    profile->grant = GRANT_TOKEN;
  if (profile->grant == GRANT_TOKEN)
    return E_OK;
  return check_fail(
      document, "grant", err, "must be token where the credential goes by %s",
      profile->auth.in == AUTH_QUERY ? "auth.in query" : "auth.scheme basic");
}

static enum code settle_secret(struct profile *profile,
                               const struct document *document, struct err *err)
{
  const char *name = value_text(profile->json, "client.secret.name");
  const char *path = value_text(profile->json, "client.secret.path");
  enum profile_secret_from from = profile->client.secret_from;
  bool by_name = from == SECRET_FROM_ENV || from == SECRET_FROM_CREDENTIAL;

  if (name != NULL && !by_name)
    return check_fail(document, "client.secret.name", err,
                      "goes with client.secret.from env or credential alone");
  if (path != NULL && from != SECRET_FROM_FILE)
    return check_fail(document, "client.secret.path", err,
                      "goes with client.secret.from file alone");
  if (path == NULL && from == SECRET_FROM_FILE)
    return check_fail(document, "client.secret.path", err,
                      "must name the file of the client secret");
  if (name == NULL && from == SECRET_FROM_CREDENTIAL)
    return check_fail(document, "client.secret.name", err,
                      "must name the systemd credential");
  if (name == NULL && path == NULL)
    return E_OK;
  return set_text(&profile->client.secret_name, name != NULL ? name : path,
                  err);
}

/* account.from follows from account.path where it is not stated. The claims of
 * an ID token have known names; what an API answers has not. */
static enum code settle_account(struct profile *profile,
                                const struct document *document,
                                struct err *err)
{
  const char *from = profile->account.from;
  enum code code = E_OK;

  if (from == NULL) {
    from = profile->account.path != NULL ? "path" : "id_token";
    code = set_text(&profile->account.from, from, err);
  }
  if (code != E_OK)
    return code;
  if (strcmp(from, "path") == 0)
    return profile->account.path != NULL
               ? E_OK
               : check_fail(document, "account.path", err,
                            "must be stated with account.from path");
  if (profile->account.id == NULL)
    code = set_text(&profile->account.id, "/sub", err);
  if (code == E_OK && profile->account.label == NULL)
    code = set_text(&profile->account.label, "/email", err);
  return code;
}

static enum code settle_api(struct profile *profile,
                            const struct document *document, struct err *err)
{
  const json_t *from_token = value_get(profile->json, "api_from_token");

  if (from_token == NULL)
    return E_OK;
  if (value_text(from_token, "pointer") == NULL)
    return check_fail(document, "api_from_token.pointer", err,
                      "must be stated");
  if (json_array_size(value_get(from_token, "within")) == 0)
    return check_fail(document, "api_from_token.within", err,
                      "must name the domains that a base may be in");
  return E_OK;
}

enum code inherit_settle(struct profile *profile,
                         const struct document *document, struct err *err)
{
  enum code code = settle_auth(profile, document, err);

  if (code == E_OK)
    code = settle_headers(profile, document, err);
  if (code == E_OK)
    code = settle_grant(profile, document, err);
  if (code == E_OK)
    code = settle_secret(profile, document, err);
  if (code == E_OK)
    code = settle_account(profile, document, err);
  if (code == E_OK)
    code = settle_api(profile, document, err);
  return code;
}

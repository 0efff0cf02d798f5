/* What a server answers to a registration, and to a look at one: held against
 * what fob needs (register.h). */
#include "oauth/register.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/scope.h"

#include <string.h>

enum { ID_MAX = 2048, SECRET_MAX = 16 * 1024 /* bytes; of a scope too */ };

static const char what[] = "the registration's answer";

/* RFC 6749 Appendix A: VSCHAR, of which a text may have blanks within. */
static bool is_vschar(const char *text)
{
  size_t len = strlen(text);

  for (size_t i = 0; i < len; i++)
    if (text[i] < ' ' || text[i] > '~')
      return false;
  return len == 0 || (text[0] != ' ' && text[len - 1] != ' ');
}

/* NULL: absent or null. */
static enum code take_text(const char **ret_text, const json_t *object,
                           const char *member, size_t max, struct err *err)
{
  const json_t *value = json_object_get(object, member);
  const char *text = json_string_value(value);

  *ret_text = NULL;
  if (!value || json_is_null(value))
    return E_OK;
  if (!text || !*text || !is_vschar(text))
    return err_set(err, E_ANSWER, "%s: %s is not a text as it must be", what,
                   member);
  if (strlen(text) > max)
    return err_set(err, E_ANSWER, "%s: %s is longer than %zu bytes", what,
                   member, max);
  *ret_text = text;
  return E_OK;
}

static enum code take_id(struct registration *registration,
                         const json_t *object,
                         const struct registration_ask *ask, struct err *err)
{
  const char *id;
  enum code code = take_text(&id, object, "client_id", ID_MAX, err);

  if (code != E_OK)
    return code;
  if (!id)
    return err_set(err, E_ANSWER, "%s has no client_id", what);
  if (ask->client_id && strcmp(id, ask->client_id) != 0)
    return err_set(err, E_CHECK, "%s is about another client, '%s'", what, id);
  registration->client_id = mem_str(id);
  return registration->client_id ? E_OK : err_nomem(err);
}

/* RFC 7591 §3.2.1: with a secret comes when it ends; 0 is never. */
static enum code take_secret(struct registration *registration,
                             const json_t *object, struct err *err)
{
  const char *secret;
  int64_t expires = 0;
  enum code code = take_text(&secret, object, "client_secret", SECRET_MAX, err);

  registration->secret_expires_at = CLOCK_NEVER;
  if (code != E_OK || !secret)
    return code;
  if (!json_seconds(json_object_get(object, "client_secret_expires_at"),
                    &expires))
    return err_set(err, E_ANSWER,
                   "%s: client_secret_expires_at is missing or no time", what);
  if (expires > 0)
    registration->secret_expires_at = expires;
  return secret_new(&registration->secret, secret, strlen(secret), err);
}

static enum code take_auth(struct registration *registration,
                           const json_t *object,
                           const struct registration_ask *ask, struct err *err)
{
  static const enum profile_client_auth known[] = {
      CLIENT_NONE, CLIENT_SECRET_BASIC, CLIENT_SECRET_POST};
  const char *method;
  bool found = false;
  enum code code =
      take_text(&method, object, "token_endpoint_auth_method", ID_MAX, err);

  if (code != E_OK)
    return code;
  /* §2: the default is basic, which is nothing without a secret */
  registration->auth = registration->secret ? CLIENT_SECRET_BASIC : CLIENT_NONE;
  for (size_t i = 0; method && i < ARRAY_LEN(known); i++)
    if (strcmp(method, profile_client_auth_name(known[i])) == 0) {
      registration->auth = known[i];
      found = true;
    }
  if (method && !found)
    return err_set(err, E_LESS,
                   "the server registered a client that authenticates by '%s', "
                   "which was not asked for",
                   method);
  /* a server need not repeat the secret (RFC 7592) */
  if (registration->auth != CLIENT_NONE && !registration->secret &&
      !ask->client_id)
    return err_set(err, E_ANSWER, "%s: %s, and no client_secret", what, method);
  if (registration->auth == CLIENT_NONE) {
    secret_free(registration->secret);
    registration->secret = NULL;
    registration->secret_expires_at = CLOCK_NEVER;
  }
  return E_OK;
}

/* --- is it enough? ----------------------------------------------------- */

static enum code check_list(const json_t *object, const char *member,
                            struct err *err)
{
  const json_t *list = json_object_get(object, member);
  size_t count = json_array_size(list);

  if (!list || json_is_null(list))
    return E_OK;
  if (!json_is_array(list))
    return err_set(err, E_ANSWER, "%s: %s is not a list", what, member);
  for (size_t i = 0; i < count; i++)
    if (!json_is_string(json_array_get(list, i)))
      return err_set(err, E_ANSWER, "%s: %s holds something that is not a text",
                     what, member);
  return E_OK;
}

static bool has(const json_t *list, const char *text)
{
  size_t count = json_array_size(list);

  for (size_t i = 0; i < count; i++)
    if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
      return true;
  return false;
}

static enum code check_redirects(const json_t *object,
                                 const struct registration_ask *ask,
                                 struct err *err)
{
  const json_t *list = json_object_get(object, "redirect_uris");
  enum code code = check_list(object, "redirect_uris", err);

  if (code != E_OK)
    return code;
  if (!json_is_array(list))
    return err_set(err, E_ANSWER, "%s has no redirect_uris", what);
  for (size_t i = 0; i < ask->redirect_uris->count; i++)
    if (!has(list, ask->redirect_uris->items[i]))
      return err_set(err, E_LESS,
                     "the server registered a client without the redirect URI "
                     "'%s'",
                     ask->redirect_uris->items[i]);
  return E_OK;
}

static enum code check_grants(const json_t *object,
                              const struct registration_ask *ask,
                              struct err *err)
{
  const json_t *grant_types = json_object_get(object, "grant_types");
  const json_t *responses = json_object_get(object, "response_types");
  bool by_code = strcmp(ask->grant, "authorization_code") == 0;
  enum code code = check_list(object, "grant_types", err);

  if (code == E_OK)
    code = check_list(object, "response_types", err);
  if (code != E_OK)
    return code;
  if ((json_is_array(grant_types) && !has(grant_types, ask->grant)) ||
      (by_code && json_is_array(responses) && !has(responses, "code")))
    return err_set(err, E_LESS,
                   "the server registered a client without the grant '%s'",
                   ask->grant);
  return E_OK;
}

/* A scope that is registered limits what may be asked for later. */
static enum code check_scope(const json_t *object,
                             const struct registration_ask *ask,
                             struct err *err)
{
  const json_t *value = json_object_get(object, "scope");
  const char *scope = json_string_value(value);
  AUTO_STR char *missing = NULL;
  enum code code;

  if (!value || json_is_null(value))
    return E_OK;
  if (!scope || !is_vschar(scope) || strlen(scope) > SECRET_MAX)
    return err_set(err, E_ANSWER, "%s: scope is not a text as it must be",
                   what);
  if (!ask->scope || !ask->client_id) /* what is granted is seen at the login */
    return E_OK;
  code = scope_missing(&missing, ask->scope, scope, NULL, err);
  if (code != E_OK || !missing)
    return code;
  return err_set(err, E_LESS, "the client is registered without the scope '%s'",
                 missing);
}

/* --- management -------------------------------------------------------- */

/* RFC 7592 §3: a URI and a token, or neither. The token goes to the server that
 * made it alone. */
static enum code take_management(struct registration *registration,
                                 const json_t *object,
                                 const struct registration_ask *ask,
                                 struct err *err)
{
  const char *token, *uri;
  AUTO(url) home = NULL;
  AUTO(url) url = NULL;
  enum code code =
      take_text(&token, object, "registration_access_token", SECRET_MAX, err);

  if (code == E_OK)
    code = take_text(&uri, object, "registration_client_uri", ID_MAX, err);
  if (code != E_OK || (!token && !uri))
    return code;
  if (token && strchr(token, ' '))
    return err_set(err, E_ANSWER,
                   "%s: registration_access_token has a blank in it", what);
  if (!token != !uri)
    return err_set(err, E_ANSWER,
                   "%s has one of registration_access_token and "
                   "registration_client_uri",
                   what);
  code =
      url_parse(&url, uri, URL_PLAIN, E_ANSWER, "registration_client_uri", err);
  if (code == E_OK)
    code = url_parse(&home, ask->endpoint, URL_PLAIN, E_ANSWER,
                     "registration_endpoint", err);
  if (code != E_OK)
    return code;
  if (!url_same_origin(url, home))
    return err_set(err, E_CHECK,
                   "%s: registration_client_uri is at another origin, '%s'",
                   what, url->origin);
  registration->uri = mem_str(uri);
  return registration->uri ? secret_new(&registration->access_token, token,
                                        strlen(token), err)
                           : err_nomem(err);
}

enum code registration_read(struct registration **ret_registration,
                            const char *bytes, size_t len,
                            const struct registration_ask *ask, struct err *err)
{
  AUTO(registration) registration = mem_zalloc(sizeof(*registration));
  AUTO_JSON json_t *object = NULL;
  enum code code;

  if (!registration)
    return err_nomem(err);
  code = json_read(&object, bytes, len, JSON_DEPTH, E_ANSWER, what, err);
  if (code == E_OK)
    code = take_id(registration, object, ask, err);
  if (code == E_OK)
    code = take_secret(registration, object, err);
  if (code == E_OK)
    code = take_auth(registration, object, ask, err);
  if (code == E_OK)
    code = take_management(registration, object, ask, err);
  if (code == E_OK)
    code = check_redirects(object, ask, err);
  if (code == E_OK)
    code = check_grants(object, ask, err);
  if (code == E_OK)
    code = check_scope(object, ask, err);
  if (code != E_OK)
    return code;
  *ret_registration = registration;
  registration = NULL;
  return E_OK;
}

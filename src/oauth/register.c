#include "oauth/register.h"

#include "base/json.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/authorize.h"
#include "oauth/browser.h"
#include "oauth/failure.h"

#include <string.h>

static const char device_grant[] =
    "urn:ietf:params:oauth:grant-type:device_code";

void registration_free(struct registration *registration)
{
  if (!registration)
    return;
  mem_free(registration->client_id);
  secret_free(registration->secret);
  secret_free(registration->access_token);
  mem_free(registration->uri);
  mem_free(registration);
}

bool registration_offered(const struct metadata *metadata)
{
  return metadata->registration_endpoint != NULL;
}

/* --- what is asked for ------------------------------------------------- */

/* None is what a program is that everybody can read; where the server has none
 * for such, what it has of secrets. RFC 8414 §2: a server that lists no methods
 * says nothing about public clients. */
static enum code choose_auth(enum profile_client_auth *ret_auth,
                             const struct profile *profile,
                             const struct metadata *metadata, struct err *err)
{
  static const char list[] = "token_endpoint_auth_methods_supported";
  static const enum profile_client_auth order[] = {
      CLIENT_NONE, CLIENT_SECRET_BASIC, CLIENT_SECRET_POST};

  if (profile->client.auth_stated) {
    *ret_auth = profile->client.auth;
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
      if (order[i] == profile->client.auth)
        return E_OK;
    return err_set(err, E_PROFILE,
                   "profile '%s': a client that authenticates by %s is "
                   "registered by hand; give its id",
                   profile->name,
                   profile_client_auth_name(profile->client.auth));
  }
  for (size_t i = 0; i < ARRAY_LEN(order); i++) {
    *ret_auth = order[i];
    if (!metadata_states(metadata, list) ||
        metadata_lists(metadata, list, profile_client_auth_name(order[i])))
      return E_OK;
  }
  return err_set(err, E_LESS,
                 "the server registers no client that authenticates by none, "
                 "client_secret_basic or client_secret_post");
}

static bool has_grant(const struct metadata *metadata, const char *grant)
{
  static const char list[] = "grant_types_supported";

  return metadata_states(metadata, list)
             ? metadata_lists(metadata, list, grant)
             : strcmp(grant, device_grant) != 0 ||
                   metadata->device_authorization_endpoint;
}

static json_t *grants(const struct metadata *metadata)
{
  static const char *const wanted[] = {"refresh_token", device_grant};
  json_t *list = json_pack("[s]", "authorization_code");

  for (size_t i = 0; list && i < ARRAY_LEN(wanted); i++)
    if (has_grant(metadata, wanted[i]) &&
        json_array_append_new(list, json_string(wanted[i]))) {
      json_decref(list);
      return NULL;
    }
  return list;
}

static json_t *texts(const struct text_list *list)
{
  json_t *array = json_array();

  for (size_t i = 0; array && i < list->count; i++)
    if (json_array_append_new(array, json_string(list->items[i]))) {
      json_decref(array);
      return NULL;
    }
  return array;
}

/* OpenID Registration §2: what a loopback redirect makes a client. */
static const char *application_type(const struct text_list *redirect_uris)
{
  for (size_t i = 0; i < redirect_uris->count; i++)
    if (strncmp(redirect_uris->items[i], "http://", 7) == 0)
      return "native";
  return "web";
}

/* OpenID Registration §2: without a word it is RS256, which not every server
 * signs with. NULL: as the server likes it. */
static const char *signing_alg(const struct metadata *metadata)
{
  static const char list[] = "id_token_signing_alg_values_supported";
  static const char *const known[] = {"RS256", "ES256", "PS256", "ES384"};

  for (size_t i = 0; i < ARRAY_LEN(known); i++)
    if (metadata_lists(metadata, list, known[i]))
      return i > 0 ? known[i] : NULL;
  return NULL;
}

static enum code put_request(struct buf *out,
                             const struct registration_ask *ask,
                             const struct profile *profile,
                             const struct metadata *metadata,
                             enum profile_client_auth auth, struct err *err)
{
  bool dpop = profile->dpop && strcmp(profile->dpop, "required") == 0;
  AUTO_JSON json_t *request =
      json_pack("{s:s, s:s, s:o, s:o, s:[s], s:s, s:s*, s:s*, s:o*, s:s, s:s}",
                "client_name", "fob", "application_type",
                application_type(ask->redirect_uris), "redirect_uris",
                texts(ask->redirect_uris), "grant_types", grants(metadata),
                "response_types", "code", "token_endpoint_auth_method",
                profile_client_auth_name(auth), "scope", ask->scope,
                "id_token_signed_response_alg", signing_alg(metadata),
                "dpop_bound_access_tokens", dpop ? json_true() : NULL,
                "software_id", "fob", "software_version", FOB_VERSION);

  return request ? json_write(out, request, 0, err) : err_nomem(err);
}

/* --- the exchange ------------------------------------------------------ */

/* §3.2.2, and what servers do that register for some only. */
static enum code refused(int status, const struct buf *body, const char *host,
                         struct err *err)
{
  if (status == 401 || status == 403)
    return err_set(err, E_UNAUTHORIZED,
                   "%s registers clients for those alone whom it knows (%d)",
                   host, status);
  return failure_read(err, host, status, "the registration", body);
}

static enum code exchange(struct registration **ret_registration,
                          struct http *http, const struct buf *request,
                          const struct registration_ask *ask, struct err *err)
{
  AUTO(url) url = NULL;
  AUTO_STR char *host = NULL;
  AUTO_HEADERS struct headers headers = {0};
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code = url_parse(&url, ask->endpoint, URL_PLAIN, E_ANSWER,
                             "registration_endpoint", err);

  if (code == E_OK)
    code = failure_host(&host, ask->endpoint, err);
  if (code == E_OK)
    code = headers_set(&headers, "Content-Type", "application/json", err);
  if (code == E_OK)
    code = http_protocol(http, url, &headers, request, &answer, &body, err);
  if (code != E_OK)
    return code;
  if (answer.status != 201 && answer.status != 200)
    return refused(answer.status, &body, host, err);
  return registration_read(ret_registration, buf_text(&body), body.len, ask,
                           err);
}

enum code registration_make(struct registration **ret_registration,
                            struct http *http, const struct profile *profile,
                            const struct metadata *metadata, const char *grant,
                            struct err *err)
{
  AUTO_BUF struct buf request = BUF_INIT(BUF_DOCUMENT);
  AUTO_LIST struct text_list standard = {0};
  AUTO_STR char *scope = NULL;
  struct registration_ask ask = {.endpoint = metadata->registration_endpoint,
                                 .redirect_uris = &profile->login.redirect_uris,
                                 .grant = grant};
  enum profile_client_auth auth;
  enum code code = choose_auth(&auth, profile, metadata, err);

  if (code == E_OK && ask.redirect_uris->count == 0) {
    code = text_list_add(&standard, BROWSER_REDIRECT, err);
    ask.redirect_uris = &standard;
  }
  if (code == E_OK)
    code = authorize_scope(&scope, profile, metadata, err);
  ask.scope = scope;
  if (code == E_OK)
    code = put_request(&request, &ask, profile, metadata, auth, err);
  if (code == E_OK)
    code = buf_check(&request, err);
  return code == E_OK ? exchange(ret_registration, http, &request, &ask, err)
                      : code;
}

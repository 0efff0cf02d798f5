#include "oauth/login.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/account.h"
#include "oauth/bind.h"
#include "oauth/certificate.h"
#include "oauth/grant.h"
#include "oauth/login_ways.h"
#include "oauth/present.h"
#include "oauth/scope.h"

#include <string.h>

void login_result_clear(struct login_result *result)
{
  record_free(result->record);
  mem_free(result->issuer);
  mem_free(result->scope_asked);
  mem_free(result->scope_missing);
  mem_free(result->scope_extra);
  details_outcome_clear(&result->details);
  *result = (struct login_result){0};
}

/* --- what the caller tells the person ---------------------------------- */

/* offline_access asks for a refresh token; whether one came is known better
 * than by that word. */
static enum code asked_without_offline(char **ret_scope, const char *asked,
                                       const struct record *record,
                                       struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  AUTO_LIST struct text_list kept = {0};
  enum code code = scope_split(&words, asked, NULL, err);

  for (size_t i = 0; code == E_OK && i < words.count; i++)
    if (!record->refresh_token || strcmp(words.items[i], "offline_access") != 0)
      code = text_list_add(&kept, words.items[i], err);
  return code == E_OK ? text_list_join(&kept, " ", ret_scope, err) : code;
}

static enum code compare_scopes(struct login_result *result,
                                const struct profile *profile, struct err *err)
{
  const char *granted = result->record->scope_granted;
  const json_t *aliases = profile->token_response.scope_aliases;
  AUTO_STR char *due = NULL;
  enum code code;

  if (!result->scope_asked || !granted)
    return E_OK;
  code = asked_without_offline(&due, result->scope_asked, result->record, err);
  if (code == E_OK)
    code = scope_missing(&result->scope_missing, due, granted, aliases, err);
  if (code == E_OK)
    code = scope_missing(&result->scope_extra, granted, result->scope_asked,
                         aliases, err);
  return code;
}

/* RFC 9396 §7: what the server made of the authorization details. */
static enum code compare_details(struct login_result *result,
                                 const struct profile *profile, struct err *err)
{
  const char *text = result->record->authorization_details;
  AUTO_JSON json_t *granted = NULL;
  enum code code = E_OK;

  if (strcmp(result->record->grant, "token") == 0)
    return E_OK;
  if (text)
    code = json_read_any(&granted, text, strlen(text), JSON_DEPTH, E_ANSWER,
                         "the granted authorization details", err);
  return code == E_OK ? details_compare(&result->details,
                                        details_asked(profile), granted, err)
                      : code;
}

/* --- a token of the person's own --------------------------------------- */

static enum code login_pat(const struct login_request *request,
                           struct login_result *result, struct err *err)
{
  const struct profile *profile = request->profile;
  AUTO_TOKEN struct session_token token = {0};
  enum code code = secret_copy(&result->record->secret, request->pat, err);

  if (code == E_OK)
    code = secret_copy(&token.token, request->pat, err);
  if (code == E_OK)
    code = present_token(&token, profile, NULL, err);
  if (code == E_OK)
    code = account_fetch(result->record, &result->checked, request->http,
                         profile, &token, err);
  if (code == E_UNAUTHORIZED && profile->manage_url)
    err_hint(err, "tokens are made at  %s", profile->manage_url);
  return code;
}

/* --- all of them ------------------------------------------------------- */

static login_way *const ways[] = {
    [LOGIN_BROWSER] = login_by_browser,
    [LOGIN_PASTE] = login_by_browser,
    [LOGIN_DEVICE] = login_by_device,
    [LOGIN_EITHER] = login_by_either,
    [LOGIN_CLIENT_CREDENTIALS] = login_by_client,
    [LOGIN_JWT_BEARER] = login_by_client,
    [LOGIN_EXCHANGE] = login_by_exchange,
};

static enum code make_client(struct client *client,
                             const struct login_request *request,
                             const struct metadata *metadata, struct err *err)
{
  *client = (struct client){.profile = request->profile,
                            .http = request->http,
                            .issuer = metadata->issuer,
                            .token_endpoint = metadata->token_endpoint};
  enum code code = E_OK;

  if (request->client_secret)
    code = secret_copy(&client->secret, request->client_secret, err);
  if (code == E_OK)
    code = client_take_key(client, request->signing_key, err);
  return code == E_OK ? client_take_cert(client, err) : code;
}

/* result->binds: what only the metadata tell. */
static enum code note_binding(struct login_result *result,
                              const struct profile *profile,
                              const struct metadata *metadata, struct err *err)
{
  const struct record_access *access = record_find(result->record, "");
  bool known = false, binds = false;
  enum code code = E_OK;

  if (access)
    code = certificate_binds(&known, profile, access->token, err);
  if (code == E_OK && access)
    code = certificate_binds_new(&binds, profile, access->token,
                                 metadata_flag(metadata, METADATA_BINDS), err);
  result->binds = binds && !known;
  return code;
}

static enum code with_server(const struct login_request *request,
                             struct login_result *result, struct err *err)
{
  AUTO(metadata) fetched = NULL;
  AUTO_CLIENT struct client client = {0};
  const struct metadata *metadata = request->metadata;
  enum code code = E_OK;

  if (!metadata) {
    code = metadata_fetch(&fetched, request->http, request->profile,
                          request->previous_issuer, err);
    metadata = fetched;
  }
  if (code == E_OK)
    code = grant_record(&result->record, request, metadata, err);
  if (code != E_OK)
    return code;
  code = make_client(&client, request, metadata, err);
  if (code == E_OK)
    code = bind_client(&client, metadata, err);
  if (code == E_OK && client.dpop)
    code = dpop_write(client.dpop, &result->record->dpop_key, err);
  if (code == E_OK)
    code = ways[request->method](request, metadata, &client, result, err);
  if (code == E_OK)
    code = note_binding(result, request->profile, metadata, err);
  if (code != E_OK || !result->record->bound.issuer)
    return code;
  result->issuer = mem_str(result->record->bound.issuer);
  return result->issuer ? E_OK : err_nomem(err);
}

enum code login_run(const struct login_request *request,
                    struct login_result *ret_result, struct err *err)
{
  struct login_result result = {0};
  enum code code =
      request->method == LOGIN_PAT ? E_OK : bind_check(request->profile, err);

  if (code == E_OK && request->method == LOGIN_PAT) {
    code = grant_record(&result.record, request, NULL, err);
    if (code == E_OK)
      code = login_pat(request, &result, err);
  } else if (code == E_OK) {
    code = with_server(request, &result, err);
  }
  if (code == E_OK)
    code = compare_scopes(&result, request->profile, err);
  if (code == E_OK)
    code = compare_details(&result, request->profile, err);
  if (code != E_OK) {
    login_result_clear(&result);
    return code;
  }
  result.offline = result.record->refresh_token != NULL;
  *ret_result = result;
  return E_OK;
}

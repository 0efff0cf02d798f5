#include "oauth/grant.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/account.h"
#include "oauth/api_base.h"
#include "oauth/assurance.h"
#include "oauth/certificate.h"
#include "oauth/client_auth.h"
#include "oauth/idtoken.h"
#include "oauth/keyset.h"
#include "oauth/present.h"
#include "oauth/scope.h"
#include "oauth/token.h"

#include <string.h>

/* --- the record -------------------------------------------------------- */

static enum code bind_endpoints(struct record_bound *bound,
                                const struct profile *profile,
                                const struct metadata *metadata,
                                struct err *err)
{
  const char *revocation = metadata->revocation_endpoint;
  const char *issuer = metadata->issuer;
  enum code code;

  /* Until an ID token fills it, it is what the profile says. */
  if (issuer && profile->issuer && issuer_is_template(issuer))
    issuer = profile->issuer;
  if (profile->revocation && strstr(profile->revocation, "://"))
    revocation = profile->revocation;
  code = record_set_text(&bound->issuer, issuer, err);
  if (code == E_OK)
    code = record_set_text(&bound->authorization_endpoint,
                           metadata->authorization_endpoint, err);
  if (code == E_OK)
    code =
        record_set_text(&bound->token_endpoint, metadata->token_endpoint, err);
  if (code == E_OK)
    code = record_set_text(&bound->revocation_endpoint, revocation, err);
  if (code == E_OK)
    code = record_set_text(&bound->introspection_endpoint,
                           metadata->introspection_endpoint, err);
  if (code == E_OK)
    code = record_set_text(&bound->userinfo_endpoint,
                           metadata->userinfo_endpoint, err);
  if (code == E_OK)
    code = record_set_text(&bound->end_session_endpoint,
                           metadata->end_session_endpoint, err);
  if (code == E_OK)
    code = record_set_text(&bound->jwks_uri, metadata->jwks_uri, err);
  return code;
}

static enum code bind_bases(struct record *record,
                            const struct profile *profile, struct err *err)
{
  for (size_t i = 0; i < profile->api.count; i++) {
    AUTO(url) url = NULL;
    enum code code =
        url_parse(&url, profile->api.items[i], URL_STRICT_PATH | URL_NO_QUERY,
                  E_PROFILE, "api", err);

    if (code == E_OK)
      code = record_add_api(record, url->text, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

static const char *grant_name(enum login_method method)
{
  switch (method) {
  case LOGIN_CLIENT_CREDENTIALS:
    return profile_grant_name(GRANT_CLIENT_CREDENTIALS);
  case LOGIN_JWT_BEARER:
    return profile_grant_name(GRANT_JWT_BEARER);
  case LOGIN_PAT:
    return profile_grant_name(GRANT_TOKEN);
  case LOGIN_EXCHANGE:
    return profile_grant_name(GRANT_TOKEN_EXCHANGE);
  case LOGIN_DEVICE:
    return profile_grant_name(GRANT_DEVICE_CODE);
  default:
    return profile_grant_name(GRANT_AUTHORIZATION_CODE);
  }
}

enum code grant_record(struct record **ret_record,
                       const struct login_request *request,
                       const struct metadata *metadata, struct err *err)
{
  const struct profile *profile = request->profile;
  AUTO(record) record = NULL;
  enum code code = record_new(&record, profile->name, err);

  if (code != E_OK)
    return code;
  record->created = clock_wall();
  record->refresh_expires_at = CLOCK_NEVER;
  record->secret_expires_at = CLOCK_NEVER;
  code = record_set_text(&record->grant, grant_name(request->method), err);
  if (code == E_OK && metadata)
    code = bind_endpoints(&record->bound, profile, metadata, err);
  if (code == E_OK)
    code = record_set_text(&record->bound.client_id, profile->client.id, err);
  if (code == E_OK)
    code = bind_bases(record, profile, err);
  if (code != E_OK)
    return code;
  *ret_record = record;
  record = NULL;
  return E_OK;
}

/* --- the ID token ------------------------------------------------------ */

/* Core §3.1.3.3: openid granted means an ID token. */
static enum code must_have_one(const struct grant *grant,
                               const struct token_answer *answer,
                               struct err *err)
{
  if (answer->id_token || !grant->nonce ||
      (answer->scope && !scope_has(answer->scope, "openid")))
    return E_OK;
  return err_set(err, E_ANSWER,
                 "the scope openid was granted, and no ID token came with it");
}

static enum code take_identity(struct record *record,
                               const struct profile *profile,
                               const struct idtoken *token, struct err *err)
{
  /* {tenantid} filled: pinned from here on (rule 1.9) */
  enum code code = record_set_text(&record->bound.issuer, token->issuer, err);

  if (code != E_OK || (profile->account.path && profile->account.from &&
                       strcmp(profile->account.from, "path") == 0))
    return code;
  code = account_from_json(record, profile, token->claims, err);
  if (code == E_OK && !record->account_sub)
    code = record_set_text(&record->account_sub, token->sub, err);
  return code;
}

/* What was asked of the person's authentication; claims NULL: nothing tells. */
static enum code check_assurance(const struct grant *grant,
                                 const json_t *claims, struct err *err)
{
  return grant->asked_at == 0 ? E_OK
                              : assurance_check(grant->request->profile, claims,
                                                grant->asked_at, err);
}

static enum code take_id_token(struct record *record, const struct grant *grant,
                               struct token_answer *answer, struct err *err)
{
  const struct metadata *metadata = grant->metadata;
  struct keyset keys = {.http = grant->request->http,
                        .jwks_uri = metadata->jwks_uri};
  struct idtoken_check check = {.issuer = metadata->issuer,
                                .client_id = grant->request->profile->client.id,
                                .nonce = grant->nonce,
                                .access_token =
                                    secret_reveal(answer->access_token),
                                .now = clock_wall(),
                                .keys = keyset_fetch,
                                .user = &keys};
  AUTO(idtoken) token = NULL;
  enum code code;

  if (!metadata->issuer || !metadata->jwks_uri || !check.client_id) {
    if (answer->id_token)
      log_warn("the server's ID token is not used: nothing says which issuer, "
               "client and keys to check it with");
    return check_assurance(grant, NULL, err);
  }
  code = must_have_one(grant, answer, err);
  if (code != E_OK)
    return code;
  if (!answer->id_token)
    return check_assurance(grant, NULL, err);
  code = idtoken_verify(&token, secret_reveal(answer->id_token), &check, err);
  if (code == E_OK)
    code = check_assurance(grant, token->claims, err);
  if (code == E_OK)
    code = take_identity(record, grant->request->profile, token, err);
  if (code != E_OK)
    return code;
  record->id_token = answer->id_token;
  answer->id_token = NULL;
  return E_OK;
}

/* --- the tokens -------------------------------------------------------- */

static enum code take_tokens(struct record *record, const struct grant *grant,
                             struct token_answer *answer, struct err *err)
{
  /* RFC 6749 §5.1: no scope in the answer means the one that was asked for. */
  const char *scope = answer->scope ? answer->scope : grant->scope;
  const struct record_access access = {.key = (char *)"",
                                       .token = answer->access_token,
                                       .token_type = answer->token_type,
                                       .scope = (char *)scope,
                                       .issued_at = answer->issued_at,
                                       .expires_at = answer->expires_at};
  enum code code = record_keep(record, &access, err);

  if (code == E_OK)
    code = record_set_text(&record->scope_granted, scope, err);
  if (code == E_OK)
    code = record_set_text(&record->authorization_details,
                           answer->authorization_details, err);
  record->refresh_token = answer->refresh_token;
  answer->refresh_token = NULL;
  record->refresh_expires_at = answer->refresh_expires_at;
  return code;
}

/* The account that the API itself tells, where the profile asks for that or no
 * ID token told any. */
static enum code take_account(struct record *record, const struct grant *grant,
                              const struct token_answer *answer,
                              struct err *err)
{
  const struct profile *profile = grant->request->profile;
  AUTO_TOKEN struct session_token token = {0};
  bool checked, binds = false;
  enum code code;

  if (record->account_sub || !profile->account.path)
    return E_OK;
  code = secret_copy(&token.token, answer->access_token, err);
  if (code == E_OK && record->dpop_key)
    code = secret_copy(&token.dpop_key, record->dpop_key, err);
  if (code == E_OK)
    code = record_set_text(&token.token_type, answer->token_type, err);
  if (code == E_OK)
    code = present_token(&token, profile, NULL, err);
  if (code == E_OK)
    code = certificate_binds_new(&binds, profile, token.token,
                                 metadata_flag(grant->metadata, METADATA_BINDS),
                                 err);
  if (code == E_OK && binds)
    code = certificate_attach(&token, profile, err);
  if (code == E_OK)
    code = account_fetch(record, &checked, grant->request->http, profile,
                         &token, err);
  if (code == E_OK || code == E_UNAUTHORIZED || code == E_SIGNAL ||
      code == E_NOMEM || !err)
    return code;
  log_warn("whose login it is is not known: %s", err->message);
  err_clear(err);
  return E_OK;
}

enum code grant_take(struct record *record, const struct grant *grant,
                     struct token_answer *answer, struct err *err)
{
  enum code code = take_id_token(record, grant, answer, err);

  if (code == E_OK)
    code = api_base_pin(record, grant->request->profile, answer->api_base, err);
  if (code == E_OK)
    code = take_account(record, grant, answer, err);
  return code == E_OK ? take_tokens(record, grant, answer, err) : code;
}

enum code grant_redeem(struct record *record, const struct grant *grant,
                       const struct buf *form, struct err *err)
{
  const struct login_request *request = grant->request;
  AUTO_TOKEN_ANSWER struct token_answer answer = {.requested_type =
                                                      grant->requested_type};
  enum code code;

  if (!grant->metadata->token_endpoint)
    return err_set(err, E_ANSWER, "'%s' has no token endpoint",
                   grant->metadata->issuer ? grant->metadata->issuer
                                           : request->profile->name);
  code = token_send(&answer, grant->client, grant->metadata->token_endpoint,
                    form, err);
  if (code == E_OAUTH)
    client_auth_hint(grant->client, grant->metadata, err);
  return code == E_OK ? grant_take(record, grant, &answer, err) : code;
}

#include "oauth/federation.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/bind.h"
#include "oauth/client.h"
#include "oauth/client_auth.h"
#include "oauth/exchange.h"
#include "oauth/external.h"
#include "oauth/form.h"
#include "oauth/metadata.h"

#include <string.h>

/* One under way. */
struct work {
  const struct federation_ask *ask;
  const struct profile *profile;
  struct external external; /* of Google's file; json NULL: none */
  struct metadata *metadata;
  struct http *http;
  struct client client;
  struct identity identity;
  struct buf form;
};

static void work_clear(struct work *w)
{
  external_clear(&w->external);
  metadata_free(w->metadata);
  client_clear(&w->client);
  http_free(w->http);
  identity_clear(&w->identity);
  buf_clear(&w->form);
}
#define AUTO_WORK __attribute__((cleanup(work_clear)))

void federation_clear(struct federation *federation)
{
  token_answer_clear(&federation->answer);
  secret_free(federation->dpop_key);
  mem_free(federation->issuer);
  mem_free(federation->scope);
  *federation = (struct federation){0};
}

/* --- where to ---------------------------------------------------------- */

/* The file says it; a profile that says it too has to agree. */
static enum code external_endpoint(struct work *w, struct err *err)
{
  const struct profile *profile = w->profile;
  const char *stated =
      profile->metadata ? json_text(profile->metadata, "token_endpoint") : NULL;
  enum code code = external_open(&w->external, profile, err);

  if (code != E_OK)
    return code;
  if (profile->identity.use != IDENTITY_TOKEN_EXCHANGE)
    return err_set(err, E_PROFILE,
                   "profile '%s': a file of Google's is for identity.use "
                   "token_exchange",
                   profile->name);
  if (profile->dpop && strcmp(profile->dpop, "required") == 0)
    return err_set(err, E_PROFILE,
                   "profile '%s' demands DPoP, and Google's services give "
                   "tokens that are bound to nothing",
                   profile->name);
  if (stated && strcmp(stated, w->external.token_url) != 0)
    return err_set(err, E_PROFILE,
                   "profile '%s' names the token_endpoint '%s', and '%s' the "
                   "token_url '%s'",
                   profile->name, stated, w->external.path,
                   w->external.token_url);
  w->client.token_endpoint = w->external.token_url;
  return E_OK;
}

static enum code published_endpoint(struct work *w, struct err *err)
{
  enum code code = metadata_fetch(&w->metadata, w->http, w->profile, NULL, err);

  if (code != E_OK)
    return code;
  w->client.issuer = w->metadata->issuer;
  w->client.token_endpoint = w->metadata->token_endpoint;
  if (!w->client.token_endpoint)
    return err_set(err, E_ANSWER, "'%s' has no token endpoint",
                   w->metadata->issuer ? w->metadata->issuer
                                       : w->profile->name);
  return E_OK;
}

/* The identity is what the client proves itself with, or it does so as ever. */
static enum code find_client(struct work *w, struct err *err)
{
  const struct profile *profile = w->profile;

  if (profile->identity.use != IDENTITY_CLIENT_ASSERTION) {
    enum code code = client_secret_find(&w->client.secret, profile, NULL, err);

    return code == E_OK ? client_take_key(&w->client, NULL, err) : code;
  }
  if (profile->client.auth_stated && profile->client.auth != CLIENT_NONE)
    return err_set(err, E_PROFILE,
                   "profile '%s': with identity.use client_assertion the "
                   "client has no other client.auth than that",
                   profile->name);
  if (!profile->client.id)
    return err_set(err, E_PROFILE,
                   "profile '%s': with identity.use client_assertion it needs "
                   "a client.id",
                   profile->name);
  return E_OK;
}

static enum code prepare(struct work *w, struct err *err)
{
  enum code code = bind_check(w->profile, err);

  if (code == E_OK)
    code = http_new(&w->http, w->ask->options, err);
  w->client.profile = w->profile;
  w->client.http = w->http;
  if (code == E_OK)
    code = strcmp(identity_name(w->ask->provider), "google") == 0
               ? external_endpoint(w, err)
               : published_endpoint(w, err);
  if (code == E_OK)
    code = find_client(w, err);
  if (code == E_OK)
    code = client_take_cert(&w->client, err);
  return code == E_OK ? bind_client(&w->client, w->metadata, err) : code;
}

/* --- the request ------------------------------------------------------- */

static const struct text_list *or_own(const struct text_list *asked,
                                      const struct text_list *own)
{
  return asked ? asked : own;
}

/* RFC 7523: the identity as the grant, or as the client's proof. */
static enum code assertion_form(struct work *w, const char *scope,
                                struct err *err)
{
  static const char bearer[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  static const char proof[] =
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  const struct federation_ask *ask = w->ask;
  const struct profile *profile = w->profile;
  const char *token = secret_reveal(w->identity.token);
  bool grant = profile->identity.use == IDENTITY_JWT_BEARER;
  enum code code;

  token_parameter(&w->form, profile, "grant_type",
                  grant ? bearer : "client_credentials");
  if (!grant)
    token_parameter(&w->form, profile, "client_assertion_type", proof);
  token_parameter(&w->form, profile, grant ? "assertion" : "client_assertion",
                  token);
  code = token_scope(&w->form, profile, scope, err);
  if (code != E_OK)
    return code;
  token_each(&w->form, profile, "resource",
             or_own(ask->resource, &profile->resource));
  token_each(&w->form, profile, "audience",
             or_own(ask->audience, &profile->audience));
  return form_add_members(&w->form, profile->params_token, &w->form, err);
}

/* RFC 8693. At Google's service the file says what is asked for. */
static enum code subject_form(struct work *w, const char *scope,
                              struct err *err)
{
  const struct federation_ask *ask = w->ask;
  const struct profile *profile = w->profile;
  const struct external *external = w->external.json ? &w->external : NULL;
  char *pool[] = {external ? (char *)(uintptr_t)external->audience : NULL};
  const struct text_list pools = {.items = pool, .count = 1};
  const struct exchange exchange = {
      .subject = w->identity.token,
      .subject_type = external ? external->subject_token_type : NULL,
      .scope = external ? external_scope(external, scope) : scope,
      .resource = or_own(ask->resource, &profile->resource),
      .audience =
          external ? &pools : or_own(ask->audience, &profile->audience)};

  return exchange_form(&w->form, profile, &exchange, err);
}

/* What the server would have to trust: it is the usual mistake that it does
 * not. These claims are no secret. */
static void hint_claims(const struct work *w, struct err *err)
{
  const json_t *claims = w->identity.jwt.claims;
  const char *iss = json_text(claims, "iss");
  const char *sub = json_text(claims, "sub");

  err_prefix(err, "the identity of %s: ", identity_title(w->ask->provider));
  err_hint(err, "it says  iss '%.200s', sub '%.200s', aud '%.200s'",
           iss ? iss : "", sub ? sub : "", w->profile->identity.audience);
}

static enum code redeem(struct work *w, struct federation *federation,
                        struct err *err)
{
  bool exchange = w->profile->identity.use == IDENTITY_TOKEN_EXCHANGE;
  const char *scope = federation->scope;
  enum code code =
      exchange ? subject_form(w, scope, err) : assertion_form(w, scope, err);

  if (code != E_OK)
    return code;
  federation->answer.requested_type =
      exchange ? exchange_requested(w->profile) : NULL;
  code = token_send(&federation->answer, &w->client, w->client.token_endpoint,
                    &w->form, err);
  if (code == E_OAUTH)
    hint_claims(w, err);
  if (code == E_OK && w->external.json)
    code = external_impersonate(&federation->answer, &w->external, scope,
                                w->ask->options, err);
  return code;
}

static enum code asked_scope(const struct federation_ask *ask, char **ret_scope,
                             struct err *err)
{
  if (!ask->scope && ask->profile->scope.count > 0)
    return text_list_join(&ask->profile->scope, " ", ret_scope, err);
  *ret_scope = mem_str(ask->scope);
  return *ret_scope || !ask->scope ? E_OK : err_nomem(err);
}

enum code federation_run(struct federation *ret_federation,
                         const struct federation_ask *ask, struct err *err)
{
  AUTO_WORK struct work w = {
      .ask = ask, .profile = ask->profile, .form = BUF_INIT(BUF_DOCUMENT)};
  AUTO_FEDERATION struct federation federation = {0};
  enum code code = asked_scope(ask, &federation.scope, err);

  if (code == E_OK)
    code = bind_check(ask->profile, err);
  if (code == E_OK)
    code = prepare(&w, err);
  if (code == E_OK)
    code = identity_mint(&w.identity, ask->provider, ask->profile, ask->options,
                         err);
  if (code == E_OK)
    code = redeem(&w, &federation, err);
  if (code == E_OK && w.client.dpop)
    code = dpop_write(w.client.dpop, &federation.dpop_key, err);
  if (code == E_OK && w.client.issuer) {
    federation.issuer = mem_str(w.client.issuer);
    code = federation.issuer ? E_OK : err_nomem(err);
  }
  if (code != E_OK)
    return code;
  *ret_federation = federation;
  federation = (struct federation){0};
  return E_OK;
}

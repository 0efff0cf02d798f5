#include "oauth/client_grant.h"

#include "base/codec.h"
#include "base/mem.h"
#include "oauth/assertion.h"
#include "oauth/client_auth.h"
#include "oauth/details.h"
#include "oauth/form.h"
#include "oauth/token.h"

static const char bearer_grant[] =
    "urn:ietf:params:oauth:grant-type:jwt-bearer";

static enum code check_bearer(const struct client *client, struct err *err)
{
  const struct profile *profile = client->profile;

  if (!client->key) {
    (void)err_set(err, E_PROFILE,
                  "profile '%s': the grant jwt_bearer needs a signing key",
                  profile->name);
    err_hint(err, "fob login -p %s --signing-key FILE", profile->name);
    return E_PROFILE;
  }
  if (!profile->client.id)
    return err_set(err, E_PROFILE,
                   "profile '%s': the grant jwt_bearer needs a client id",
                   profile->name);
  return E_OK;
}

static enum code note_bearer(struct client *client, const char *scope,
                             struct err *err)
{
  char *copy = mem_str(scope);

  if (scope && !copy)
    return err_nomem(err);
  mem_free(client->bearer_scope);
  client->bearer_scope = copy;
  client->jwt_bearer = true;
  return check_bearer(client, err);
}

enum code client_grant_sign(struct buf *form, const struct client *client,
                            struct err *err)
{
  const struct profile *profile = client->profile;
  struct assertion assertion = {.issuer = profile->client.id,
                                .subject = profile->client.assertion_subject,
                                .scope = client->bearer_scope};
  AUTO(secret) jwt = NULL;
  enum code code = client_audience(&assertion.audience, client, err);

  if (!assertion.subject && !client->service_account)
    assertion.subject = assertion.issuer;
  if (code == E_OK)
    code = assertion_make(&jwt, &assertion, client->key, NULL, err);
  if (code != E_OK)
    return code;
  codec_form_pair(form, "assertion", secret_reveal(jwt));
  return buf_check(form, err);
}

enum code client_grant_form(struct buf *form, struct client *client,
                            const struct client_grant *grant, struct err *err)
{
  const struct profile *profile = client->profile;
  AUTO_STR char *own = NULL;
  const char *scope = grant->scope;
  enum code code = E_OK;

  if (!scope && profile->scope.count > 0) {
    code = text_list_join(&profile->scope, " ", &own, err);
    scope = own;
  }
  token_parameter(form, profile, "grant_type",
                  grant->jwt_bearer ? bearer_grant : "client_credentials");
  if (code == E_OK && grant->jwt_bearer)
    code = note_bearer(client, scope, err);
  if (code == E_OK)
    code = token_scope(form, profile, scope, err);
  if (code != E_OK)
    return code;
  token_each(form, profile, "resource",
             grant->resource ? grant->resource : &profile->resource);
  token_each(form, profile, "audience",
             grant->audience ? grant->audience : &profile->audience);
  if (!text_list_has(&profile->token_request.omit, "authorization_details"))
    code = details_add(form, profile, err);
  return code == E_OK ? form_add_members(form, profile->params_token, form, err)
                      : code;
}

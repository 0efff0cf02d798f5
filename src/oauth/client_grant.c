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

static enum code put_assertion(struct buf *form, const struct client *client,
                               const char *scope, struct err *err)
{
  const struct profile *profile = client->profile;
  const char *subject = profile->client.assertion_subject;
  struct assertion assertion = {.issuer = profile->client.id, .scope = scope};
  AUTO(secret) jwt = NULL;
  enum code code;

  if (!client->key) {
    (void)err_set(err, E_PROFILE,
                  "profile '%s': the grant jwt_bearer needs a signing key",
                  profile->name);
    err_hint(err, "fob login -p %s --signing-key FILE", profile->name);
    return E_PROFILE;
  }
  if (!assertion.issuer)
    return err_set(err, E_PROFILE,
                   "profile '%s': the grant jwt_bearer needs a client id",
                   profile->name);
  if (!subject && !client->service_account)
    subject = assertion.issuer;
  assertion.subject = subject;
  code = client_audience(&assertion.audience, client, err);
  if (code == E_OK)
    code = assertion_make(&jwt, &assertion, client->key, NULL, err);
  if (code == E_OK)
    codec_form_pair(form, "assertion", secret_reveal(jwt));
  return code;
}

enum code client_grant_form(struct buf *form, const struct client *client,
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
    code = put_assertion(form, client, scope, err);
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

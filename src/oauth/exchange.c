#include "oauth/exchange.h"

#include "base/json.h"
#include "oauth/form.h"
#include "oauth/jwt.h"
#include "oauth/token.h"

#include <string.h>
#include <strings.h>

static const char grant_type[] =
    "urn:ietf:params:oauth:grant-type:token-exchange";

static const char *stated(const struct profile *profile, const char *name)
{
  return profile->params_token ? json_text(profile->params_token, name) : NULL;
}

static const char *type_of_jwt(const struct jwt *jwt)
{
  const char *typ = json_text(jwt->header, "typ");

  if (typ && (strcasecmp(typ, "at+jwt") == 0 ||
              strcasecmp(typ, "application/at+jwt") == 0))
    return EXCHANGE_ACCESS_TOKEN;
  return json_object_get(jwt->claims, "nonce") ||
                 json_object_get(jwt->claims, "at_hash")
             ? EXCHANGE_ID_TOKEN
             : EXCHANGE_JWT;
}

enum code exchange_type(const char **ret_type, const struct profile *profile,
                        const struct secret *subject, struct err *err)
{
  const char *type = stated(profile, "subject_token_type");
  AUTO_JWT struct jwt jwt = {0};
  enum code code;

  if (type) {
    *ret_type = type;
    return E_OK;
  }
  code = jwt_read(&jwt, subject, E_ANSWER, "the token", NULL);
  if (code == E_NOMEM)
    return err_nomem(err);
  *ret_type = code == E_OK ? type_of_jwt(&jwt) : EXCHANGE_ACCESS_TOKEN;
  return E_OK;
}

const char *exchange_requested(const struct profile *profile)
{
  const char *type = stated(profile, "requested_token_type");

  return type ? type : EXCHANGE_ACCESS_TOKEN;
}

enum code exchange_form(struct buf *form, const struct profile *profile,
                        const struct exchange *exchange, struct err *err)
{
  const char *type = exchange->subject_type;
  enum code code =
      type ? E_OK : exchange_type(&type, profile, exchange->subject, err);

  if (code != E_OK)
    return code;
  token_parameter(form, profile, "grant_type", grant_type);
  token_parameter(form, profile, "subject_token",
                  secret_reveal(exchange->subject));
  token_parameter(form, profile, "subject_token_type", type);
  token_parameter(form, profile, "requested_token_type",
                  exchange_requested(profile));
  code = token_scope(form, profile, exchange->scope, err);
  if (code != E_OK)
    return code;
  token_each(form, profile, "resource", exchange->resource);
  token_each(form, profile, "audience", exchange->audience);
  return form_add_members(form, profile->params_token, form, err);
}

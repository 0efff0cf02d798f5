/* The client's own grant (RFC 6749 §4.4): no person takes part. */
#include "oauth/login_ways.h"

#include "oauth/form.h"
#include "oauth/grant.h"
#include "oauth/token.h"

static enum code client_form(struct buf *form, const struct profile *profile,
                             const char *scope, struct err *err)
{
  enum code code;

  token_parameter(form, profile, "grant_type", "client_credentials");
  code = token_scope(form, profile, scope, err);
  if (code != E_OK)
    return code;
  token_each(form, profile, "resource", &profile->resource);
  token_each(form, profile, "audience", &profile->audience);
  if (!text_list_has(&profile->token_request.omit, "authorization_details"))
    code = details_add(form, profile, err);
  if (code != E_OK)
    return code;
  return form_add_members(form, profile->params_token, form, err);
}

enum code login_by_client(const struct login_request *request,
                          const struct metadata *metadata,
                          struct client *client, struct login_result *result,
                          struct err *err)
{
  const struct profile *profile = request->profile;
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  struct grant grant = {
      .request = request, .client = client, .metadata = metadata};
  enum code code = details_ready(profile, metadata, err);

  if (code == E_OK && profile->scope.count > 0)
    code = text_list_join(&profile->scope, " ", &result->scope_asked, err);
  grant.scope = result->scope_asked;
  if (code == E_OK)
    code = client_form(&form, profile, grant.scope, err);
  if (code == E_OK)
    code = grant_redeem(result->record, &grant, &form, err);
  return code;
}

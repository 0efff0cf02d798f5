/* The client's own grants: no person takes part. */
#include "oauth/login_ways.h"

#include "oauth/client_grant.h"
#include "oauth/grant.h"

enum code login_by_client(const struct login_request *request,
                          const struct metadata *metadata,
                          struct client *client, struct login_result *result,
                          struct err *err)
{
  const struct profile *profile = request->profile;
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  struct grant grant = {
      .request = request, .client = client, .metadata = metadata};
  struct client_grant own = {.jwt_bearer = request->method == LOGIN_JWT_BEARER};
  enum code code = details_ready(profile, metadata, err);

  if (code == E_OK && profile->scope.count > 0)
    code = text_list_join(&profile->scope, " ", &result->scope_asked, err);
  grant.scope = own.scope = result->scope_asked;
  if (code == E_OK)
    code = client_grant_form(&form, client, &own, err);
  if (code == E_OK)
    code = grant_redeem(result->record, &grant, &form, err);
  return code;
}

/* A token that was issued elsewhere, exchanged for one of this server's
 * (RFC 8693). Whether that can be renewed, the server says by a refresh token.
 */
#include "oauth/login_ways.h"

#include "oauth/exchange.h"
#include "oauth/grant.h"

enum code login_by_exchange(const struct login_request *request,
                            const struct metadata *metadata,
                            struct client *client, struct login_result *result,
                            struct err *err)
{
  const struct profile *profile = request->profile;
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  struct grant grant = {.request = request,
                        .client = client,
                        .metadata = metadata,
                        .requested_type = exchange_requested(profile)};
  struct exchange exchange = {.subject = request->subject_token,
                              .resource = &profile->resource,
                              .audience = &profile->audience};
  enum code code = E_OK;

  if (profile->scope.count > 0)
    code = text_list_join(&profile->scope, " ", &result->scope_asked, err);
  exchange.scope = grant.scope = result->scope_asked;
  if (code == E_OK)
    code = exchange_form(&form, profile, &exchange, err);
  if (code == E_OK)
    code = grant_redeem(result->record, &grant, &form, err);
  return code;
}

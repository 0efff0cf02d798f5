/* What is signed beside ID tokens: access tokens as JWTs (RFC 9068) and
 * userinfo as a JWT (OpenID Core §5.3.2).
 *
 *   access_jwt       "": access tokens are opaque; else how they are signed
 *                    (keys_sign); patch.access_token changes their claims
 *   userinfo_signed  likewise; patch.userinfo changes the claims of both forms
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <string.h>

static const json_t *patch(const struct sandbox *sb, const char *name)
{
  return json_object_get(setting_json(sb, "patch"), name);
}

char *signed_access_token(struct sandbox *sb, const char *client,
                          const char *scope, const char *sub, int64_t lifetime)
{
  const char *how = setting(sb, "access_jwt");

  if (how == NULL || *how == '\0')
    return NULL;
  AUTO_STR char *id = random_text("token-not-real-", "");
  AUTO_STR char *audience = need(mem_printf("%s/api", sb->base), "memory");
  json_t *header = need(json_pack("{ss}", "typ", "at+jwt"), "memory");
  json_t *claims =
      need(json_pack("{ss ss ss* ss ss* sI sI ss}", "iss", sb->issuer, "aud",
                     audience, "sub", sub, "client_id", client, "scope", scope,
                     "iat", (json_int_t)now(), "exp",
                     (json_int_t)(now() + lifetime), "jti", id),
           "memory");
  if (sb->x5t != NULL)
    json_object_set_new(claims, "cnf", json_pack("{ss}", "x5t#S256", sb->x5t));
  claims = merge_patch(claims, patch(sb, "access_token"));
  char *compact = keys_sign(sb->keys, setting(sb, "alg"), header, claims, how);
  json_decref(header);
  json_decref(claims);
  return compact;
}

void userinfo_endpoint(struct sandbox *sb, const struct request *rq,
                       struct answer *an)
{
  const char *how = setting(sb, "userinfo_signed");
  struct caller caller;

  caller_identify(sb, rq, &caller);
  if (!caller.valid || caller.pat ||
      (!text_is(caller.scheme, "Bearer") && !text_is(caller.scheme, "DPoP"))) {
    caller_challenge(sb, &caller, an);
    return;
  }
  if (!scope_has(caller.scope, "openid")) {
    answer_header(an, "WWW-Authenticate",
                  "Bearer error=\"insufficient_scope\", scope=\"openid\"");
    answer_json(an, 403, json_pack("{ss}", "error", "insufficient_scope"));
    return;
  }
  json_t *claims = need(json_deep_copy(setting_json(sb, "account")), "memory");
  if (how == NULL || *how == '\0') {
    answer_json(an, 200, merge_patch(claims, patch(sb, "userinfo")));
    return;
  }
  json_object_set_new(claims, "iss", json_string(sb->issuer));
  json_object_set_new(claims, "aud", json_string(caller.client));
  claims = merge_patch(claims, patch(sb, "userinfo"));
  AUTO_STR char *compact =
      keys_sign(sb->keys, setting(sb, "alg"), NULL, claims, how);
  json_decref(claims);
  answer_text(an, 200, "application/jwt", compact);
}

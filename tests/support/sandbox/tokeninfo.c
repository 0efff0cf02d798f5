/* What else an authorization server does with a token: revocation (RFC 7009)
 * and introspection (RFC 7662); patch.introspection changes the latter's
 * answer. */
#include "support/sandbox/sandbox.h"

#include <string.h>

void revoke_endpoint(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  const char *id;
  const json_t *client = client_authenticate(sb, rq, an, &id);

  if (client == NULL)
    return;
  if (form(rq, "token") == NULL) {
    answer_error(an, 400, "invalid_request", "token is missing");
    return;
  }
  json_t *token = token_find(sb, form(rq, "token"));
  const char *owner = json_string_value(json_object_get(token, "client"));
  if (token != NULL && !text_is(owner, id)) {
    answer_error(an, 400, "invalid_request", "the token is another client's");
    return;
  }

  if (text_is(json_string_value(json_object_get(token, "kind")), "refresh"))
    family_revoke(
        sb, (uint64_t)json_integer_value(json_object_get(token, "family")));
  if (token != NULL)
    json_object_set_new(token, "revoked", json_true());
  an->status = 200; /* §2.2: for an unknown token too */
}

void introspect_endpoint(struct sandbox *sb, const struct request *rq,
                         struct answer *an)
{
  const char *id;

  if (client_authenticate(sb, rq, an, &id) == NULL)
    return;
  const json_t *token = token_find(sb, form(rq, "token"));
  if (!token_live(sb, token)) {
    answer_json(an, 200, json_pack("{sb}", "active", 0));
    return;
  }
  json_t *answer =
      need(json_pack("{sb sO sO sO* sO ss}", "active", 1, "client_id",
                     json_object_get(token, "client"), "scope",
                     json_object_get(token, "scope"), "sub",
                     json_object_get(token, "sub"), "exp",
                     json_object_get(token, "expires"), "iss", sb->issuer),
           "memory");
  answer_json(an, 200,
              merge_patch(answer, json_object_get(setting_json(sb, "patch"),
                                                  "introspection")));
}

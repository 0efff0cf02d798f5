/* ID tokens (OpenID Connect Core §2), right unless the settings say otherwise:
 * patch.id_token changes claims, id_token.header the header, and
 * id_token.signature how it is signed (keys_sign). */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

char *idtoken_make(struct sandbox *sb, const char *client, const json_t *grant,
                   const char *access_token, bool refreshed)
{
  const char *alg = setting(sb, "alg");
  const json_t *account = json_object_get(grant, "account");
  const json_t *wrong = setting_json(sb, "id_token");
  const char *how = json_string_value(json_object_get(wrong, "signature"));
  bool wide = text_is(alg, "ES384");
  /* Core §3.1.3.6: the left half of the hash that the alg names. */
  AUTO_STR char *at_hash =
      hash_text(access_token, wide ? 384 : 256, wide ? 24 : 16);

  /* §12.2: an ID token of a refresh has the login's auth_time and no nonce. */
  json_t *claims = need(
      json_pack("{ss ss sO sI sI sO sO* ss ss* sO* sO*}", "iss", sb->issuer,
                "aud", client, "sub", json_object_get(account, "sub"), "iat",
                (json_int_t)now(), "exp", (json_int_t)(now() + 300),
                "auth_time", json_object_get(grant, "auth_time"), "acr",
                json_object_get(grant, "acr"), "at_hash", at_hash, "nonce",
                refreshed ? NULL
                          : json_string_value(json_object_get(grant, "nonce")),
                "email", json_object_get(account, "email"), "name",
                json_object_get(account, "name")),
      "the ID token");
  claims = merge_patch(claims,
                       json_object_get(setting_json(sb, "patch"), "id_token"));
  char *compact = keys_sign(sb->keys, alg, json_object_get(wrong, "header"),
                            claims, how ? how : "valid");
  json_decref(claims);
  return compact;
}

#include "oauth/assertion.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"

enum { JTI_BYTES = 16 };

/* No nbf: a server whose clock is a second behind would refuse it. Not by
 * json_pack's "s*", which leaves a member out when memory is short. */
static enum code put_claims(json_t *claims, const struct assertion *assertion,
                            const char *jti, struct err *err)
{
  int64_t now = clock_wall();
  enum code code = json_put_text(claims, "iss", assertion->issuer, err);

  if (code == E_OK && assertion->subject)
    code = json_put_text(claims, "sub", assertion->subject, err);
  if (code == E_OK)
    code = json_put_text(claims, "aud", assertion->audience, err);
  if (code == E_OK)
    code = json_put_text(claims, "jti", jti, err);
  if (code == E_OK)
    code = json_put_int(claims, "iat", now, err);
  if (code == E_OK)
    code = json_put_int(claims, "exp", now + ASSERTION_SECONDS, err);
  if (code == E_OK && assertion->scope)
    code = json_put_text(claims, "scope", assertion->scope, err);
  return code;
}

enum code assertion_make(struct secret **ret_jwt,
                         const struct assertion *assertion,
                         const struct sign_key *key,
                         const struct secret *secret, struct err *err)
{
  AUTO_JSON json_t *header = json_pack("{s:s}", "typ", "JWT");
  AUTO_JSON json_t *claims = json_object();
  AUTO_STR char *jti = NULL;
  enum code code;

  if (!header || !claims)
    return err_nomem(err);
  code = crypto_random_text(&jti, JTI_BYTES, err);
  if (code == E_OK)
    code = put_claims(claims, assertion, jti, err);
  if (code != E_OK)
    return code;
  if (key)
    return sign_jws(key, header, claims, ret_jwt, err);
  return sign_hs256(secret, header, claims, ret_jwt, err);
}

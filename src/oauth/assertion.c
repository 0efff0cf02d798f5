#include "oauth/assertion.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"

enum { JTI_BYTES = 16 };

/* No nbf: a server whose clock is a second behind would refuse it. */
static enum code make_claims(json_t **ret_claims,
                             const struct assertion *assertion, struct err *err)
{
  AUTO_STR char *jti = NULL;
  int64_t now = clock_wall();
  enum code code = crypto_random_text(&jti, JTI_BYTES, err);

  if (code != E_OK)
    return code;
  *ret_claims = json_pack(
      "{s:s, s:s*, s:s, s:s, s:I, s:I, s:s*}", "iss", assertion->issuer, "sub",
      assertion->subject, "aud", assertion->audience, "jti", jti, "iat",
      (json_int_t)now, "exp", (json_int_t)(now + ASSERTION_SECONDS), "scope",
      assertion->scope);
  return *ret_claims ? E_OK : err_nomem(err);
}

enum code assertion_make(struct secret **ret_jwt,
                         const struct assertion *assertion,
                         const struct sign_key *key,
                         const struct secret *secret, struct err *err)
{
  AUTO_JSON json_t *header = json_pack("{s:s}", "typ", "JWT");
  AUTO_JSON json_t *claims = NULL;
  enum code code;

  if (!header)
    return err_nomem(err);
  code = make_claims(&claims, assertion, err);
  if (code != E_OK)
    return code;
  if (key)
    return sign_jws(key, header, claims, ret_jwt, err);
  return sign_hs256(secret, header, claims, ret_jwt, err);
}

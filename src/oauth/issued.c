#include "oauth/issued.h"

#include "base/json.h"

static enum code no_key(const struct jws *jws, const char *what,
                        struct err *err)
{
  const char *kid = jws_kid(jws);

  if (kid)
    return err_set(err, E_CHECK,
                   "%s is signed with %s by key '%s', which the issuer's key "
                   "set does not have",
                   what, jws_alg(jws), kid);
  return err_set(err, E_CHECK,
                 "%s is signed with %s, for which the issuer's key set has no "
                 "key",
                 what, jws_alg(jws));
}

enum code issued_verify(const struct jws *jws, const char *what,
                        issued_keys *keys, void *user, struct err *err)
{
  enum jws_result result = JWS_NO_KEY;

  for (int fetch = 0; fetch < 2 && result == JWS_NO_KEY; fetch++) {
    AUTO_JSON json_t *jwks = NULL;
    enum code code = keys(user, /* again= */ fetch > 0, &jwks, err);

    if (code == E_OK)
      code = jws_verify(&result, jws, jwks, err);
    if (code != E_OK)
      return code;
  }
  if (result == JWS_VALID)
    return E_OK;
  if (result == JWS_NO_KEY)
    return no_key(jws, what, err);
  return err_set(err, E_CHECK, "%s's signature (%s) is not by the issuer's key",
                 what, jws_alg(jws));
}

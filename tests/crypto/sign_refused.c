#include "crypto/sign.h"

#include "base/json.h"
#include "base/mem.h"
#include "support/keys.h"

#include <criterion/criterion.h>
#include <string.h>

static void refused(const char *text, size_t len, const char *alg,
                    const char *why, const char *hint)
{
  const struct sign_source source = {.what = "the key 'k'",
                                     .path = "/a b/k.pem",
                                     .alg = alg,
                                     .code = E_PROFILE};
  struct sign_key *key = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_PROFILE, sign_key_load(&key, text, len, &source, &err),
               "accepted, or %d instead of '%s': %s", (int)err.code, why,
               err.message);
  cr_assert_null(key);
  cr_assert(strstr(err.message, why), "'%s' does not say '%s'", err.message,
            why);
  cr_assert(strstr(err.message, "the key 'k'"), "%s", err.message);
  if (hint != NULL)
    cr_assert(strstr(err.hint, hint), "'%s' does not say '%s'", err.hint, hint);
}

Test(sign_refused, files_that_hold_no_usable_key_are_named)
{
  static const struct {
    const char *text, *why, *hint;
  } cases[] = {
      {"", "neither PEM nor a JWK", NULL},
      {"a token", "neither PEM nor a JWK", NULL},
      {PEM_PUBLIC, "holds no private key", NULL},
      {PEM_ENCRYPTED, "is encrypted", "openssl pkey -in '/a b/k.pem' -out "},
      {PEM_ENCRYPTED_OLD, "is encrypted", "openssl pkey -in '/a b/k.pem'"},
      {PEM_OPENSSH, "OpenSSH's own format",
       "ssh-keygen -p -m PKCS8 -f '/a b/k.pem'"},
      {PEM_ED25519, "an Ed25519 key", "openssl genpkey -algorithm EC"},
      {PEM_ED448, "an Ed448 key", "openssl genpkey -algorithm EC"},
      {PEM_X25519, "no valid PEM private key", NULL},
      {PEM_K256, "on another curve", "openssl genpkey -algorithm EC"},
      {PEM_P521, "on another curve", "openssl genpkey -algorithm EC"},
      {PEM_RSA_SMALL, "of 1024 bits; at least 2048",
       "openssl genpkey -algorithm RSA"},
      {PEM_RSA_BIG, "of 4608 bits, more than mbedTLS takes", NULL},
      {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
       "no valid PEM private key", NULL},
      {"-----BEGIN PRIVATE KEY-----\n", "no valid PEM private key", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    refused(cases[i].text, strlen(cases[i].text), NULL, cases[i].why,
            cases[i].hint);
  refused("\0\0", 2, NULL, "neither PEM nor a JWK", NULL);
}

Test(sign_refused, algorithms_must_fit_the_key)
{
  static const struct {
    const char *text, *alg, *why;
  } cases[] = {
      {PEM_P256, "ES384", "a key for ES256, not for 'ES384'"},
      {PEM_P384, "ES256", "a key for ES384, not for 'ES256'"},
      {PEM_P256, "RS256", "a key for ES256, not for 'RS256'"},
      {PEM_RSA, "ES256", "a key for RS256 and PS256, not for 'ES256'"},
      {PEM_RSA, "HS256", "is for 'HS256'"},
      {PEM_RSA, "none", "is for 'none'"},
      {PEM_RSA, "", "is for ''"},
      {JWK_RSA, "PS256", "says that it is for 'RS256'"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    refused(cases[i].text, strlen(cases[i].text), cases[i].alg, cases[i].why,
            NULL);
}

/* JWK_P256 or JWK_RSA with a member replaced; value NULL: without it. */
static void mutated(const char *text, const char *member, const char *value,
                    const char *why)
{
  json_t *jwk = json_loads(text, 0, NULL);
  char *changed;

  cr_assert_not_null(jwk);
  cr_assert_eq(0, json_object_set_new(jwk, "kid", json_string("k")));
  if (value == NULL)
    cr_assert_eq(0, json_object_del(jwk, member));
  else
    cr_assert_eq(0, json_object_set_new(
                        jwk, member, json_loads(value, JSON_DECODE_ANY, NULL)));
  changed = json_dumps(jwk, JSON_COMPACT);
  refused(changed, strlen(changed), NULL, why, NULL);
  free(changed);
  json_decref(jwk);
}

Test(sign_refused, jwks_that_are_damaged_or_for_something_else)
{
  static const struct {
    const char *member, *value, *why;
  } ec[] = {
      {"kty", NULL, "no 'kty'"},
      {"kty", "7", "no 'kty'"},
      {"kty", "\"OKP\"", "of kind 'OKP'"},
      {"kty", "\"oct\"", "of kind 'oct'"},
      {"crv", NULL, "of kind 'EC'"},
      {"crv", "\"secp256k1\"", "on curve 'secp256k1'"},
      {"crv", "\"P-384\"", "'x' has 32 bytes instead of 48"},
      {"d", NULL, "is a public key"},
      {"d", "null", "lacks 'd'"},
      {"d", "\"\"", "'d' is not base64url"},
      {"d", "\"=\"", "'d' is not base64url"},
      {"d", "\"AQAB\"", "'d' has 3 bytes instead of 32"},
      {"d", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "is damaged"},
      {"d", "\"_____________________________________-A\"", "instead of 32"},
      {"d", "\"__________________________________________8\"", "is damaged"},
      {"x", NULL, "lacks 'x'"},
      {"y", NULL, "lacks 'y'"},
      {"y", "\"AQAB\"", "'y' has 3 bytes"},
      {"use", "\"enc\"", "not for signing"},
      {"use", "7", "not for signing"},
      {"key_ops", "[\"verify\"]", "not for signing"},
      {"key_ops", "\"sign\"", "not for signing"},
      {"key_ops", "[]", "not for signing"},
      {"alg", "\"ES512\"", "is for 'ES512'"},
      {"alg", "\"RS256\"", "a key for ES256, not for 'RS256'"},
      {"alg", "5", "'alg' is no text"},
      {"kid", "5", "'kid' is no text"},
      {"kid", "\"a\\nb\"", "'kid' is no text"},
      {"keys", "[]", "is a key set"},
  };
  static const struct {
    const char *member, *value, *why;
  } rsa[] = {
      {"n", NULL, "lacks 'n'"},      {"p", NULL, "lacks 'p'"},
      {"qi", NULL, "lacks 'qi'"},    {"n", "\"AQAB\"", "of 17 bits"},
      {"n", "\"AA\"", "of 0 bits"},  {"oth", "[]", "more than two primes"},
      {"p", "\"AA\"", "is damaged"}, {"e", "\"AA\"", "is damaged"},
  };

  for (size_t i = 0; i < ARRAY_LEN(ec); i++)
    mutated(JWK_P256, ec[i].member, ec[i].value, ec[i].why);
  for (size_t i = 0; i < ARRAY_LEN(rsa); i++)
    mutated(JWK_RSA, rsa[i].member, rsa[i].value, rsa[i].why);
  refused("{", 1, NULL, "", NULL);
  refused("{\"a\":1,\"a\":2}", 13, NULL, "", NULL);
}

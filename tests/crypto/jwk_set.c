#include "crypto/jws.h"

#include "base/mem.h"
#include "support/signer.h"

#include <criterion/criterion.h>
#include <string.h>

static const char payload[] = "{\"iss\":\"joe\"}";

static json_t *load(const char *text)
{
  json_t *value = json_loads(text, 0, NULL);

  cr_assert_not_null(value, "%s", text);
  return value;
}

/* Takes jwks over, leaves token. */
static enum jws_result verify(const char *token, json_t *jwks)
{
  struct jws *jws = NULL;
  enum jws_result result = JWS_INVALID;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, jws_parse(&jws, token, "the token", &err), "%s",
               err.message);
  cr_assert_eq(E_OK, jws_verify(&result, jws, jwks, &err), "%s", err.message);
  jws_free(jws);
  json_decref(jwks);
  return result;
}

/* RFC 7517 §5: keys that are not understood are no reason to give up. The
 * decoys carry the token's own kid. */
Test(jwk, finds_the_key_among_decoys)
{
  static const char *const decoys[] = {
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\",\"x\":"
      "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"k\",\"x\":\"AA\",\"y\":"
      "\"AA\"}",
      "{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"test-key-not-real\"}",
      "{\"kty\":\"RSA\",\"kid\":\"k\",\"alg\":\"RS1\",\"n\":\"AQAB\",\"e\":"
      "\"AQAB\"}",
      "{\"kty\":\"AKP\",\"kid\":\"k\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}",
      "{\"kid\":\"k\"}",
      "{}",
      "null",
      "[\"k\"]",
      "\"k\"",
      "5",
  };
  static const char *const algs[] = {"RS256", "PS256", "ES256", "ES384"};

  for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
    char *header = mem_printf("{\"alg\":\"%s\",\"kid\":\"k\"}", algs[i]);
    struct signer signer;
    char *token;

    signer_open(&signer, algs[i], algs[i][0] == 'E' ? SIGNER_EC : SIGNER_RSA);
    token = signer_sign(&signer, header, payload);
    for (size_t at = 0; at <= ARRAY_LEN(decoys); at++) {
      json_t *keys = json_array();

      for (size_t d = 0; d < ARRAY_LEN(decoys); d++)
        json_array_append_new(keys,
                              json_loads(decoys[d], JSON_DECODE_ANY, NULL));
      cr_assert_eq(ARRAY_LEN(decoys), json_array_size(keys));
      json_array_insert_new(keys, at, signer_jwk(&signer, "{\"kid\":\"k\"}"));
      cr_assert_eq(JWS_VALID, verify(token, json_pack("{s:o}", "keys", keys)),
                   "%s at %zu", algs[i], at);
    }
    mem_free(token);
    mem_free(header);
    signer_close(&signer);
  }
}

struct kid_case {
  const char *header_kid;  /* NULL: none */
  const char *own, *other; /* kids of the right and of another good key */
  enum jws_result result;
};

static void check_kid(const struct kid_case *c, const struct signer *signer,
                      const struct signer *other)
{
  char *header =
      c->header_kid != NULL
          ? mem_printf("{\"alg\":\"ES256\",\"kid\":\"%s\"}", c->header_kid)
          : mem_str("{\"alg\":\"ES256\"}");
  char *token = signer_sign(signer, header, payload);
  json_t *own = signer_jwk(signer, c->own);
  json_t *first =
      json_pack("{s:[O,o]}", "keys", own, signer_jwk(other, c->other));
  json_t *last =
      json_pack("{s:[o,O]}", "keys", signer_jwk(other, c->other), own);

  cr_assert_eq(c->result, verify(token, first), "%s", header);
  cr_assert_eq(c->result, verify(token, last), "%s", header);
  json_decref(own);
  mem_free(token);
  mem_free(header);
}

Test(jwk, selects_by_kid)
{
  static const struct kid_case cases[] = {
      /* a kid decides */
      {"a", "{\"kid\":\"a\"}", "{\"kid\":\"b\"}", JWS_VALID},
      {"b", "{\"kid\":\"a\"}", "{\"kid\":\"b\"}", JWS_INVALID},
      {"c", "{\"kid\":\"a\"}", "{\"kid\":\"b\"}", JWS_NO_KEY},
      {"A", "{\"kid\":\"a\"}", "{\"kid\":\"b\"}", JWS_NO_KEY},
      {"a", "{}", "{\"kid\":\"b\"}", JWS_NO_KEY},
      {"a", "{}", "{}", JWS_NO_KEY},
      {"", "{\"kid\":\"\"}", "{\"kid\":\"b\"}", JWS_VALID},
      {"", "{}", "{\"kid\":\"b\"}", JWS_NO_KEY},
      {"7", "{\"kid\":7}", "{\"kid\":\"b\"}", JWS_NO_KEY},
      /* duplicate kids: each is tried */
      {"a", "{\"kid\":\"a\"}", "{\"kid\":\"a\"}", JWS_VALID},
      /* no kid in the header: all that fit */
      {NULL, "{\"kid\":\"a\"}", "{\"kid\":\"b\"}", JWS_VALID},
      {NULL, "{}", "{}", JWS_VALID},
      {NULL, "{\"use\":\"enc\"}", "{}", JWS_INVALID},
      {NULL, "{\"use\":\"enc\"}", "{\"use\":\"enc\"}", JWS_NO_KEY},
  };
  struct signer signer, other;

  signer_open(&signer, "ES256", SIGNER_EC);
  signer_open(&other, "ES256", SIGNER_EC_OTHER);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    check_kid(&cases[i], &signer, &other);
  signer_close(&signer);
  signer_close(&other);
}

/* A set of many keys must not cost many verifications. */
Test(jwk, tries_a_bounded_number_of_keys)
{
  struct signer signer, other;
  char *token;

  signer_open(&signer, "ES256", SIGNER_EC);
  signer_open(&other, "ES256", SIGNER_EC_OTHER);
  token = signer_sign(&signer, NULL, payload);
  for (size_t before = JWS_TRIES_MAX - 1; before <= JWS_TRIES_MAX; before++) {
    json_t *keys = json_array();

    for (size_t i = 0; i < before; i++) {
      json_array_append(keys, other.jwk);
      /* What is passed over does not count. */
      json_array_append_new(keys, load("{\"kty\":\"EC\",\"crv\":\"P-256\"}"));
    }
    json_array_append(keys, signer.jwk);
    cr_assert_eq(before < JWS_TRIES_MAX ? JWS_VALID : JWS_INVALID,
                 verify(token, json_pack("{s:o}", "keys", keys)), "%zu before",
                 before);
  }
  mem_free(token);
  signer_close(&signer);
  signer_close(&other);
}

Test(jwk, refuses_what_is_no_key_set)
{
  static const char *const sets[] = {"{}", "{\"keys\":{}}", "{\"keys\":null}",
                                     "{\"keys\":\"x\"}", "[]"};
  struct signer signer;
  struct jws *jws = NULL;
  char *token;

  signer_open(&signer, "ES256", SIGNER_EC);
  token = signer_sign(&signer, NULL, payload);
  cr_assert_eq(E_OK, jws_parse(&jws, token, "the token", NULL));
  for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
    json_t *set = load(sets[i]);
    enum jws_result result = JWS_VALID;
    struct err err = ERR_INIT;

    cr_assert_eq(E_ANSWER, jws_verify(&result, jws, set, &err), "%s", sets[i]);
    cr_assert(strstr(err.message, "'keys'"), "%s", err.message);
    json_decref(set);
  }
  cr_assert_eq(JWS_NO_KEY, verify(token, load("{\"keys\":[]}")));
  jws_free(jws);
  mem_free(token);
  signer_close(&signer);
}

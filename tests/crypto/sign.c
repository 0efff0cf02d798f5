#include "crypto/sign.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/jws.h"
#include "support/keys.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct sign_source plain = {.what = "the key", .code = E_PROFILE};

static struct sign_key *load(const char *text, const struct sign_source *source)
{
  struct sign_key *key = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, sign_key_load(&key, text, strlen(text), source, &err),
               "%s", err.message);
  return key;
}

static json_t *public_of(const struct sign_key *key)
{
  json_t *jwk = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, sign_key_public(key, &jwk, &err), "%s", err.message);
  return jwk;
}

static struct secret *sign(const struct sign_key *key, const char *header)
{
  json_t *head = header != NULL ? json_loads(header, 0, NULL) : NULL;
  json_t *payload = json_pack("{s:s}", "iss", "joe");
  struct secret *compact = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, sign_jws(key, head, payload, &compact, &err), "%s",
               err.message);
  json_decref(head);
  json_decref(payload);
  return compact;
}

static struct jws *parse(const struct secret *compact)
{
  struct jws *jws = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, jws_parse(&jws, secret_reveal(compact), "the token", &err),
               "%s", err.message);
  return jws;
}

/* By the verifier, which shares no code with the signer but the table. */
static enum jws_result verify(const struct jws *jws, const json_t *public)
{
  json_t *jwk = json_deep_copy(public);
  json_t *set = json_pack("{s:[o]}", "keys", jwk);
  enum jws_result result = JWS_NO_KEY;
  struct err err = ERR_INIT;

  if (jws_kid(jws) != NULL)
    cr_assert_eq(0, json_object_set_new(jwk, "kid", json_string(jws_kid(jws))));
  cr_assert_eq(E_OK, jws_verify(&result, jws, set, &err), "%s", err.message);
  json_decref(set);
  return result;
}

static void signs(const struct sign_key *key, json_t *public, const char *alg)
{
  struct secret *compact = sign(key, NULL);
  struct jws *jws = parse(compact);

  cr_assert_str_eq(jws_alg(jws), alg);
  cr_assert_str_eq(sign_key_alg(key), alg);
  cr_assert_str_eq(json_text(jws->payload, "iss"), "joe");
  cr_assert_eq(JWS_VALID, verify(jws, public), "%s", alg);
  jws->signature[3] ^= 1;
  cr_assert_eq(JWS_INVALID, verify(jws, public), "%s", alg);
  jws_free(jws);
  secret_free(compact);
}

Test(sign, signs_what_verifies_with_every_kind_of_key)
{
  static const struct {
    const char *text, *alg, *got;
  } cases[] = {
      {PEM_P256, NULL, "ES256"},           {PEM_P256_SEC1, NULL, "ES256"},
      {PEM_P256_SHORT, NULL, "ES256"},     {PEM_P384, NULL, "ES384"},
      {PEM_P384, "ES384", "ES384"},        {PEM_RSA, NULL, "RS256"},
      {PEM_RSA, "PS256", "PS256"},         {PEM_RSA_PKCS1, "RS256", "RS256"},
      {JWK_P256, NULL, "ES256"},           {JWK_RSA, NULL, "RS256"},
      {"\r\n\t " JWK_P256, NULL, "ES256"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct sign_source source = plain;
    struct sign_key *key;
    json_t *public;

    source.alg = cases[i].alg;
    key = load(cases[i].text, &source);
    public = public_of(key);
    signs(key, public, cases[i].got);
    json_decref(public);
    sign_key_free(key);
  }
}

/* The public key that a PEM file gives is RFC 7515's own. */
Test(sign, gives_the_public_key_alone)
{
  static const char *const forms[] = {PEM_P256, PEM_P256_SEC1, PEM_P256_SHORT,
                                      JWK_P256};
  json_t *want = json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256",
                           "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                           "y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");

  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    struct sign_key *key = load(forms[i], &plain);
    json_t *public = public_of(key);

    cr_assert(json_equal(want, public), "form %zu", i);
    json_decref(public);
    sign_key_free(key);
  }
  json_decref(want);
}

/* RFC 7638 §3.1. */
Test(sign, thumbprint_is_the_rfcs)
{
  struct sign_key *key = load(JWK_RSA, &plain);
  char *text = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, sign_key_thumbprint(key, &text, &err), "%s", err.message);
  cr_assert_str_eq(text, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  cr_assert_str_eq(sign_key_id(key), "2011-04-29");
  mem_free(text);
  sign_key_free(key);
}

static void is_written_and_read_again(struct sign_key *key)
{
  struct secret *jwk = NULL;
  struct sign_key *again;
  json_t *public = public_of(key), *other;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, sign_key_write(key, &jwk, &err), "%s", err.message);
  again = load(secret_reveal(jwk), &plain);
  other = public_of(again);
  cr_assert(json_equal(public, other));
  cr_assert_str_eq(sign_key_alg(key), sign_key_alg(again));
  if (sign_key_id(key) == NULL)
    cr_assert_null(sign_key_id(again));
  else
    cr_assert_str_eq(sign_key_id(key), sign_key_id(again));
  signs(again, public, sign_key_alg(key));
  json_decref(public);
  json_decref(other);
  secret_free(jwk);
  sign_key_free(again);
  sign_key_free(key);
}

Test(sign, written_keys_are_read_again)
{
  struct sign_source source = plain;

  is_written_and_read_again(load(PEM_P256, &plain));
  is_written_and_read_again(load(PEM_P384, &plain));
  is_written_and_read_again(load(JWK_RSA, &plain));
  source.alg = "PS256";
  source.kid = "a kid";
  is_written_and_read_again(load(PEM_RSA_PKCS1, &source));
}

Test(sign, made_keys_differ_and_sign)
{
  struct sign_key *one = NULL, *two = NULL;
  json_t *a, *b;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, sign_key_make(&one, &err), "%s", err.message);
  cr_assert_eq(E_OK, sign_key_make(&two, &err), "%s", err.message);
  a = public_of(one);
  b = public_of(two);
  cr_assert_not(json_equal(a, b));
  cr_assert_null(sign_key_id(one));
  signs(one, a, "ES256");
  is_written_and_read_again(one);
  sign_key_free(two);
  json_decref(a);
  json_decref(b);
}

/* --- headers ------------------------------------------------------------- */

static json_t *header_of(const struct sign_key *key, const char *header)
{
  struct secret *compact = sign(key, header);
  struct jws *jws = parse(compact);
  json_t *got = json_incref(jws->header);

  jws_free(jws);
  secret_free(compact);
  return got;
}

Test(sign, header_has_the_members_given_and_the_kid)
{
  static const struct {
    const char *kid, *given, *want;
  } cases[] = {
      {NULL, NULL, "{\"alg\":\"ES256\"}"},
      {NULL, "{\"typ\":\"JWT\"}", "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"},
      {"k", NULL, "{\"alg\":\"ES256\",\"kid\":\"k\"}"},
      {"k", "{\"kid\":\"mine\"}", "{\"alg\":\"ES256\",\"kid\":\"mine\"}"},
      {"k", "{\"jwk\":{}}", "{\"alg\":\"ES256\",\"jwk\":{}}"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct sign_source source = plain;
    struct sign_key *key;
    json_t *got, *want = json_loads(cases[i].want, 0, NULL);

    source.kid = cases[i].kid;
    key = load(PEM_P256, &source);
    got = header_of(key, cases[i].given);
    cr_assert(json_equal(want, got), "case %zu", i);
    json_decref(got);
    json_decref(want);
    sign_key_free(key);
  }
}

/* RFC 7515 A.1: its key, and the signing input as we write it. */
Test(sign, hs256_is_hmac_of_what_stands_before_the_last_dot)
{
  static const char key_text[] =
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUu"
      "TwjAzZr1Z9CAow";
  struct buf key = BUF_INIT(BUF_LINE), want = BUF_INIT(BUF_LINE);
  struct secret *secret = NULL, *compact = NULL;
  json_t *header = json_pack("{s:s}", "typ", "JWT");
  json_t *payload = json_pack("{s:s}", "iss", "joe");
  uint8_t mac[CRYPTO_HASH_MAX];
  size_t len;
  const char *text;
  struct err err = ERR_INIT;

  cr_assert(codec_unbase64url(&key, key_text, strlen(key_text)));
  cr_assert_eq(E_OK, secret_from_buf(&secret, &key, &err));
  cr_assert_eq(E_OK, sign_hs256(secret, header, payload, &compact, &err), "%s",
               err.message);
  text = secret_reveal(compact);
  /* {"alg":"HS256","typ":"JWT"}.{"iss":"joe"} */
  cr_assert_eq(text, strstr(text, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                                  "eyJpc3MiOiJqb2UifQ."));
  cr_assert_eq(E_OK, crypto_hmac(CRYPTO_SHA256, secret_reveal(secret),
                                 secret_len(secret), text,
                                 (size_t)(strrchr(text, '.') - text), mac, &len,
                                 &err));
  codec_base64url(&want, mac, len);
  cr_assert_str_eq(strrchr(text, '.') + 1, buf_text(&want));
  buf_clear(&want);
  secret_free(secret);
  secret_free(compact);
  json_decref(header);
  json_decref(payload);
}

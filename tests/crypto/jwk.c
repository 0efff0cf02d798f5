#include "crypto/jwk.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jws.h"
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

static enum jws_result verify_with_key(const char *token, json_t *jwk)
{
  return verify(token, json_pack("{s:[o]}", "keys", jwk));
}

/* Members added to the right key, and whether it is still used. */
Test(jwk, heeds_what_a_key_says_of_itself)
{
  static const struct {
    const char *more;
    enum jws_result result;
  } cases[] = {
      {"{}", JWS_VALID},
      {"{\"use\":\"sig\"}", JWS_VALID},
      {"{\"use\":\"enc\"}", JWS_NO_KEY},
      {"{\"use\":\"SIG\"}", JWS_NO_KEY},
      {"{\"use\":null}", JWS_NO_KEY},
      {"{\"use\":[\"sig\"]}", JWS_NO_KEY},
      {"{\"key_ops\":[\"verify\"]}", JWS_VALID},
      {"{\"key_ops\":[\"sign\",\"verify\"]}", JWS_VALID},
      {"{\"key_ops\":[\"encrypt\"]}", JWS_NO_KEY},
      {"{\"key_ops\":[]}", JWS_NO_KEY},
      {"{\"key_ops\":\"verify\"}", JWS_NO_KEY},
      {"{\"key_ops\":[5,{}]}", JWS_NO_KEY},
      {"{\"alg\":\"RS256\"}", JWS_VALID},
      {"{\"alg\":\"PS256\"}", JWS_NO_KEY},
      {"{\"alg\":\"RS512\"}", JWS_NO_KEY},
      {"{\"alg\":\"RSA-OAEP\"}", JWS_NO_KEY},
      {"{\"alg\":256}", JWS_NO_KEY},
      {"{\"kty\":\"rsa\"}", JWS_NO_KEY},
      {"{\"kty\":\"EC\"}", JWS_NO_KEY},
      {"{\"kty\":\"oct\",\"k\":\"AQAB\"}", JWS_NO_KEY},
      {"{\"kty\":7}", JWS_NO_KEY},
      {"{\"x5c\":[\"junk\"],\"x-unknown\":{\"a\":[1]}}", JWS_VALID},
      {"{\"kid\":\"any\"}", JWS_VALID},
      {"{\"kid\":7}", JWS_VALID},
  };
  struct signer signer;
  char *token;

  signer_open(&signer, "RS256", SIGNER_RSA);
  token = signer_sign(&signer, NULL, payload);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    cr_assert_eq(cases[i].result,
                 verify_with_key(token, signer_jwk(&signer, cases[i].more)),
                 "%s", cases[i].more);
  mem_free(token);
  signer_close(&signer);
}

Test(jwk, heeds_the_curve)
{
  static const struct {
    const char *more;
    enum jws_result result;
  } cases[] = {
      {"{\"crv\":\"P-256\"}", JWS_VALID},
      {"{\"crv\":\"P-384\"}", JWS_NO_KEY},
      {"{\"crv\":\"secp256k1\"}", JWS_NO_KEY},
      {"{\"crv\":\"p-256\"}", JWS_NO_KEY},
      {"{\"crv\":\"Ed25519\",\"kty\":\"OKP\"}", JWS_NO_KEY},
      {"{\"crv\":null}", JWS_NO_KEY},
      {"{\"alg\":\"ES384\"}", JWS_NO_KEY},
  };
  struct signer signer;
  char *token;

  signer_open(&signer, "ES256", SIGNER_EC);
  token = signer_sign(&signer, NULL, payload);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    cr_assert_eq(cases[i].result,
                 verify_with_key(token, signer_jwk(&signer, cases[i].more)),
                 "%s", cases[i].more);
  mem_free(token);
  signer_close(&signer);
}

Test(jwk, passes_over_malformed_rsa_keys)
{
  static const char *const cases[] = {
      "{\"n\":null}",
      "{\"n\":5}",
      "{\"n\":\"\"}",
      "{\"n\":\"AA\"}",
      "{\"n\":\"not b64!\"}",
      "{\"n\":[\"AQAB\"]}",
      "{\"e\":null}",
      "{\"e\":65537}",
      "{\"e\":\"\"}",
      "{\"e\":\"AA\"}",
      "{\"e\":\"AQ\"}",
      "{\"e\":\"Ag\"}",
      "{\"e\":\"AQAC\"}",
      "{\"e\":\"AQAB=\"}",
      "{\"e\":\"AAAAAAAAAAAB\"}",
      "{\"e\":\"________________\"}",
  };
  struct signer signer;
  char *token;

  signer_open(&signer, "RS256", SIGNER_RSA);
  token = signer_sign(&signer, NULL, payload);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    cr_assert_eq(JWS_NO_KEY,
                 verify_with_key(token, signer_jwk(&signer, cases[i])), "%s",
                 cases[i]);
  mem_free(token);
  signer_close(&signer);
}

/* The modulus with bytes in front or an even last byte. */
static json_t *with_modulus(const struct signer *signer, const void *front,
                            size_t front_len, char last)
{
  struct buf n = BUF_INIT(BUF_LINE);
  struct buf text = BUF_INIT(BUF_LINE);
  json_t *jwk = signer_jwk(signer, NULL);
  const char *old = json_text(jwk, "n");

  buf_put(&n, front, front_len);
  cr_assert(codec_unbase64url(&n, old, strlen(old)));
  n.data[n.len - 1] ^= last;
  codec_base64url(&text, n.data, n.len);
  cr_assert_eq(0, json_object_set_new(jwk, "n", json_string(text.data)));
  buf_clear(&n);
  buf_clear(&text);
  return jwk;
}

Test(jwk, bounds_the_rsa_modulus)
{
  static const char zeros[8];
  static char huge[JWK_RSA_MAX_BITS / 8 - 256 + 1] = {1};
  struct signer signer;
  char *token;

  signer_open(&signer, "RS256", SIGNER_RSA);
  token = signer_sign(&signer, NULL, payload);

  /* Leading zeros change no number, and servers have sent them. */
  cr_assert_eq(JWS_VALID,
               verify_with_key(token, with_modulus(&signer, zeros, 1, 0)));
  cr_assert_eq(JWS_VALID,
               verify_with_key(token, with_modulus(&signer, zeros, 8, 0)));
  cr_assert_eq(JWS_NO_KEY,
               verify_with_key(token, with_modulus(&signer, "", 0, 1)));
  cr_assert_eq(
      JWS_NO_KEY,
      verify_with_key(token, with_modulus(&signer, huge, sizeof(huge), 0)));
  /* Within the bounds, but beyond mbedTLS: no failure of ours. */
  cr_assert_eq(
      JWS_NO_KEY,
      verify_with_key(token, with_modulus(&signer, huge, sizeof(huge) - 1, 0)));
  mem_free(token);
  signer_close(&signer);
}

/* 4096 bits, the most that mbedTLS takes, and the exponent 3; made by openssl,
 * which also signed {"alg":"RS256"}, {"iss":"joe"} with it. */
Test(jwk, takes_rsa_of_4096_bits_and_exponent_3)
{
  static const char set[] =
      "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"Aw\",\"n\":\""
      "0Mu68mqZmiA8Cx4M8aGY-mqCvPsD5st-"
      "3DHKYfulsBV7VujBCc6TeHQMFABYOBMoZlp8iiQ899iNrOhOf5fqZZXfX_undfNP5p"
      "5NdTNCKMQkWHizBs5XDYXrzldL6aGi4jFuP58K5aR2sqq7iqfQ9EBYnQpKad_fPo0I"
      "dImzCMG23JRM1ZITFeqbtNVGbokAeR6279MygUjIKdvRKCW-EUgGRkLrbO-"
      "spQB-4g65NBmWZwxKaMNElnKDq3eh-dVioQygRwZWdTB1_0oFDYWDIoFE7qx6p9oBO"
      "j4r0beRnpdqPr7dj2gkmUkFiNEdR6I8ELESFmy5mTG91TGPmxshWinKPMSzFuB5lJd"
      "cW4xUkF2BweXhlkxMBtMfb2uKmsAhTV6ARW3EYcm76njuFOt2gO-"
      "yu7G1AZYtXxgX-l5_sHv96eVlae0UQNimllz-LMGI3U2IfJoQ4uHS5eAP66640zx6V"
      "Jenk1AMMjky_qAGTXrUrCEc01lZjIl9ua0aQcG9-"
      "rqvodbJPd_FFSp5w9t_79SzAeofgy9RRdDLSy4quxfYe57iJdwK8S9NlrK7CpsUsGl"
      "zFye62HKf6Tpza_2akj_BZr4XvacVmunmKwl1tupYS0pmQ5QCkixcMjXL98r9cbnDT"
      "O89lK5yYP5ZW8-MM9HTl2BZIekMPnMkbAH5bSs"
      "\"}]}";
  static const char token[] =
      "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ."
      "D5OL2zHEJP6Csix-XWVHbOeK5tpHTUsttawxoiwOq-ZhnzAfr4MsL6MQgrxdyE7rMt"
      "grlCO34752gJIVd27cXxiTeqEcPLrB1a1WZhPx4s9P6u9O5cA5KPyrJFcedjQ24TDT"
      "7NKh1GEt3TYV6agUGaSscnnMU9KiEplSdDi2i14GcrLL9Mn_SxvF7bVdVkl8erkM1B"
      "hEVz9svaQzbke2SU-irWT-sYOmGjJaM07-"
      "NnmLfxrkJs_dzpsFzXEI9jzqjfDGsqa4rXiKfKDXQsPUhnFr5eBKynYDZwfoFJvxb-"
      "yIe0AJ8NRZox9iRe6k6Imc-6wkN7rhDNI4ag3iq6Nbf7Z9p1hZeAdS-cpSVF0975bV"
      "VtlBPSQFKEZZbzcJeSBKoHra5D11i7oqziSE3lamEbHGQeHlyZqofFwef6HqKb6wJg"
      "SXBDwLg-bYx-"
      "zKxSAoFTQRsP8G3gK51A3lpd1lfcMlguiNACZayDpMtHi4jGXQnpzI7zP_Vh7Yi-ef"
      "ODiP8Ej5Imqi_R4BEUOt3zbb7Tx_zXKlU5lo2NzW9AvlvDlCSiRfTDgk3LmfkvmSYb"
      "ptzICb_W_OTupy7iqgjMNgO38XdP7YL2a2f1K6IS3qi3FGMgeUs2lClrqwBlaDLFs2"
      "En93YkcioM3tcKK15EjuvuONS9vihi9DvovadG4tSGw";

  cr_assert_eq(JWS_VALID, verify(token, load(set)));
}

Test(jwk, passes_over_rsa_of_1024_bits)
{
  struct signer signer;
  struct jws *jws = NULL;
  char *token;

  signer_open(&signer, "RS256", SIGNER_RSA_SMALL);
  token = signer_sign(&signer, NULL, payload);

  /* The signature itself is right. */
  cr_assert_eq(E_OK, jws_parse(&jws, token, "the token", NULL));
  cr_assert_eq(PSA_SUCCESS,
               psa_verify_message(
                   signer.id, signer.psa, (const uint8_t *)jws->signing_input,
                   strlen(jws->signing_input), (const uint8_t *)jws->signature,
                   jws->signature_len));
  cr_assert_eq(JWS_NO_KEY, verify(token, signer_set(&signer, NULL)));
  jws_free(jws);
  mem_free(token);
  signer_close(&signer);
}

/* x one byte longer, y one shorter. */
static json_t *cut_elsewhere(const struct signer *signer)
{
  struct buf point = BUF_INIT(BUF_LINE);
  struct buf x = BUF_INIT(BUF_LINE);
  struct buf y = BUF_INIT(BUF_LINE);
  json_t *jwk = signer_jwk(signer, NULL);
  const char *old_x = json_text(jwk, "x");
  const char *old_y = json_text(jwk, "y");

  cr_assert(codec_unbase64url(&point, old_x, strlen(old_x)));
  cr_assert(codec_unbase64url(&point, old_y, strlen(old_y)));
  cr_assert_eq(64, point.len);
  codec_base64url(&x, point.data, 33);
  codec_base64url(&y, point.data + 33, 31);
  json_object_set_new(jwk, "x", json_string(x.data));
  json_object_set_new(jwk, "y", json_string(y.data));
  buf_clear(&point);
  buf_clear(&x);
  buf_clear(&y);
  return jwk;
}

Test(jwk, passes_over_points_off_the_curve_and_short_coordinates)
{
  struct signer signer, other;
  json_t *jwk;
  char *token;

  signer_open(&signer, "ES256", SIGNER_EC);
  signer_open(&other, "ES256", SIGNER_EC_OTHER);
  token = signer_sign(&signer, NULL, payload);

  jwk = signer_jwk(&signer, NULL);
  cr_assert_eq(0, json_object_set(jwk, "y", json_object_get(other.jwk, "y")));
  cr_assert_eq(JWS_NO_KEY, verify_with_key(token, jwk));

  cr_assert_eq(JWS_NO_KEY,
               verify_with_key(token, signer_jwk(&signer, "{\"x\":\"AQAB\"}")));
  cr_assert_eq(JWS_NO_KEY,
               verify_with_key(token, signer_jwk(&signer, "{\"y\":null}")));
  cr_assert_eq(
      JWS_NO_KEY,
      verify_with_key(
          token,
          signer_jwk(
              &signer,
              "{\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
              "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}")));

  /* The same 64 bytes, cut elsewhere. */
  cr_assert_eq(JWS_NO_KEY, verify_with_key(token, cut_elsewhere(&signer)));
  mem_free(token);
  signer_close(&signer);
  signer_close(&other);
}

/* RFC 7517 A.1: a P-256 key for encryption, an RSA key for RS256. */
static const char rfc_set[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","
    "\"use\":\"enc\",\"kid\":\"1\"},"
    "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78Lh"
    "Wx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2"
    "W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSq"
    "zs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6W"
    "eZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\","
    "\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}]}";

static const struct jwk_alg rs256 = {
    "RS256",      "RSA", NULL, 0, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256),
    CRYPTO_SHA256};
static const struct jwk_alg es256 = {
    "ES256", "EC", "P-256", 32, PSA_ALG_ECDSA(PSA_ALG_SHA_256), CRYPTO_SHA256};

Test(jwk, reads_the_set_of_rfc_7517_a1)
{
  json_t *set = load(rfc_set);
  json_t *ec = json_array_get(json_object_get(set, "keys"), 0);
  json_t *rsa = json_array_get(json_object_get(set, "keys"), 1);
  psa_key_id_t key = PSA_KEY_ID_NULL;

  cr_assert_not(jwk_fits(ec, &es256), "use is enc");
  cr_assert_not(jwk_fits(ec, &rs256));
  cr_assert_not(jwk_fits(rsa, &es256));
  cr_assert(jwk_fits(rsa, &rs256));

  cr_assert_eq(E_OK, jwk_import(&key, rsa, &rs256, NULL));
  cr_assert_eq(PSA_SUCCESS, psa_destroy_key(key));

  cr_assert_eq(0, json_object_del(ec, "use"));
  cr_assert(jwk_fits(ec, &es256));
  cr_assert_eq(E_OK, jwk_import(&key, ec, &es256, NULL));
  cr_assert_neq(PSA_KEY_ID_NULL, key);
  json_decref(set);
}

/* What PSA is given must be what the key set said: out as it went in. */
Test(jwk, hands_psa_the_key_as_it_stands)
{
  const struct {
    const struct jwk_alg *alg;
    enum signer_key key;
  } cases[] = {{&rs256, SIGNER_RSA}, {&es256, SIGNER_EC}};

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    psa_key_id_t key = PSA_KEY_ID_NULL;
    struct signer signer;
    uint8_t in[512], out[512];
    size_t in_len, out_len;

    signer_open(&signer, cases[i].alg->name, cases[i].key);
    cr_assert_eq(E_OK, jwk_import(&key, signer.jwk, cases[i].alg, NULL));
    cr_assert_eq(PSA_SUCCESS,
                 psa_export_public_key(signer.id, in, sizeof(in), &in_len));
    cr_assert_eq(PSA_SUCCESS,
                 psa_export_public_key(key, out, sizeof(out), &out_len));
    cr_assert_eq(in_len, out_len);
    cr_assert_eq(0, memcmp(in, out, in_len));
    signer_close(&signer);
  }
}

/* PSA has 32 slots for keys: each must be given back. */
Test(jwk, gives_every_key_back)
{
  struct signer signer;
  char *token;

  signer_open(&signer, "RS256", SIGNER_RSA);
  token = signer_sign(&signer, NULL, payload);
  for (size_t i = 0; i < 100; i++)
    cr_assert_eq(JWS_VALID, verify(token, signer_set(&signer, NULL)));
  mem_free(token);
  signer_close(&signer);
}

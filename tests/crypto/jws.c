#include "crypto/jws.h"

#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "support/signer.h"

#include <criterion/criterion.h>
#include <string.h>

static const char payload[] = "{\"iss\":\"joe\"}";

static struct jws *parse(const char *compact)
{
  struct jws *jws = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, jws_parse(&jws, compact, "the token", &err), "%s",
               err.message);
  return jws;
}

/* E_CHECK, and what the message says. */
static void refused(const char *compact, const char *why)
{
  struct jws *jws = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_CHECK, jws_parse(&jws, compact, "the token", &err),
               "accepted: %s", compact);
  cr_assert_null(jws);
  cr_assert(strstr(err.message, why), "'%s' does not say '%s'", err.message,
            why);
  cr_assert(strstr(err.message, "the token"), "%s", err.message);
}

Test(jws, takes_a_token_apart)
{
  char *token =
      signer_join("{\"alg\":\"RS256\",\"kid\":\"k\"}", payload, "bytes", 5);
  struct jws *jws = parse(token);

  cr_assert_str_eq(jws_alg(jws), "RS256");
  cr_assert_str_eq(jws_kid(jws), "k");
  cr_assert_eq(5, jws->signature_len);
  cr_assert_eq(0, memcmp(jws->signature, "bytes", 5));
  cr_assert_eq(strlen(token) - strlen(".Ynl0ZXM"), strlen(jws->signing_input));
  cr_assert_str_eq(json_text(jws->payload, "iss"), "joe");
  jws_free(jws);
  mem_free(token);
}

Test(jws, refuses_headers)
{
  static const struct {
    const char *header, *why;
  } cases[] = {
      {"{}", "names no signature algorithm"},
      {"{\"alg\":null}", "names no signature algorithm"},
      {"{\"alg\":5}", "names no signature algorithm"},
      {"{\"alg\":[\"RS256\"]}", "names no signature algorithm"},
      {"{\"alg\":\"none\"}", "not signed"},
      {"{\"alg\":\"None\"}", "not signed"},
      {"{\"alg\":\"nOnE\"}", "not signed"},
      {"{\"alg\":\"\"}", "only RS256"},
      {"{\"alg\":\"HS256\"}", "'HS256'; only RS256, PS256, ES256 and ES384"},
      {"{\"alg\":\"rs256\"}", "only RS256"},
      {"{\"alg\":\"RS256 \"}", "only RS256"},
      {"{\"alg\":\"RS512\"}", "only RS256"},
      {"{\"alg\":\"PS512\"}", "only RS256"},
      {"{\"alg\":\"ES512\"}", "only RS256"},
      {"{\"alg\":\"ES256K\"}", "only RS256"},
      {"{\"alg\":\"EdDSA\"}", "only RS256"},
      {"{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", "'crit'"},
      {"{\"alg\":\"RS256\",\"crit\":[]}", "'crit'"},
      {"{\"alg\":\"RS256\",\"crit\":null}", "'crit'"},
      {"{\"alg\":\"RS256\",\"b64\":false,\"crit\":[\"b64\"]}", "'crit'"},
      {"{\"alg\":\"RS256\",\"b64\":false}", "'b64'"},
      {"{\"alg\":\"RS256\",\"b64\":true}", "'b64'"},
      {"{\"alg\":\"RS256\",\"kid\":5}", "'kid' that is no string"},
      {"{\"alg\":\"RS256\",\"kid\":null}", "'kid' that is no string"},
      {"{\"alg\":\"RS256\",\"alg\":\"none\"}", "header of the token"},
      {"[\"RS256\"]", "header of the token"},
      {"\"RS256\"", "header of the token"},
      {"{\"alg\":\"RS256\"", "header of the token"},
      {"{\"alg\":\"RS256\"}x", "header of the token"},
      {"{\"alg\":\"RS256\",\"x\":\"\\u0000\"}", "header of the token"},
      {"{\"alg\":\"RS256\",\"x\":\"\xff\"}", "header of the token"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    char *token = signer_join(cases[i].header, payload, "x", 1);

    refused(token, cases[i].why);
    mem_free(token);
  }
}

Test(jws, refuses_payloads_that_are_no_object)
{
  static const char *const payloads[] = {"[]",
                                         "\"joe\"",
                                         "{",
                                         "{\"a\":1,\"a\":2}",
                                         "{\"a\":1e999}",
                                         "{\"a\":9223372036854775808}"};

  for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
    char *token = signer_join("{\"alg\":\"RS256\"}", payloads[i], "x", 1);

    refused(token, "payload of the token");
    mem_free(token);
  }
}

Test(jws, refuses_malformed_tokens)
{
  static const struct {
    const char *token, *why;
  } cases[] = {
      {"", "1 parts"},
      {"e30", "1 parts"},
      {"e30.e30", "2 parts"},
      {"..", "header is not base64url"},
      {"...", "4 parts"},
      {"....", "encrypted"},
      {"e30.e30.e30.e30.e30", "encrypted"},
      {"e30.e30.e30.e30.e30.e30", "6 parts"},
      {".e30.e30", "header is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9..eA", "payload is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9.e30.", "signature is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9.e30.eA==", "signature is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9.e30.e", "signature is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9.e30.eB", "signature is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9.e30.e+A/", "signature is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9.e30.eA\n", "signature is not base64url"},
      {" eyJhbGciOiJSUzI1NiJ9.e30.eA", "header is not base64url"},
      {"eyJhbGciOiJSUzI1NiJ9.e 30.eA", "payload is not base64url"},
      {"\xc3\xa9.e30.eA", "header is not base64url"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    refused(cases[i].token, cases[i].why);
}

Test(jws, refuses_a_signature_beyond_any_key)
{
  static char bytes[BUF_LINE + 1];
  char *token =
      signer_join("{\"alg\":\"RS256\"}", payload, bytes, sizeof(bytes));

  refused(token, "signature is longer than");
  mem_free(token);
}

Test(jws, names_the_algorithm_visibly)
{
  char *token = signer_join("{\"alg\":\"X\\u001b[31m\"}", payload, "x", 1);
  struct jws *jws = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_CHECK, jws_parse(&jws, token, "the token", &err));
  cr_assert_null(strchr(err.message, 0x1b));
  mem_free(token);
}

/* The classic confusion: the public key as the secret of an HMAC. */
Test(jws, refuses_hs256_keyed_with_the_public_key)
{
  static const char pem[] =
      "-----BEGIN PUBLIC KEY-----\n"
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"
      "NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"
      "P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"
      "9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"
      "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"
      "FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"
      "oQIDAQAB\n"
      "-----END PUBLIC KEY-----\n";
  static const char header[] = "{\"alg\":\"HS256\"}";
  char *unsigned_token = signer_join(header, payload, "", 0);
  uint8_t mac[CRYPTO_HASH_MAX];
  size_t len;
  char *token;

  cr_assert_eq(E_OK,
               crypto_hmac(CRYPTO_SHA256, pem, strlen(pem), unsigned_token,
                           strlen(unsigned_token) - 1, mac, &len, NULL));
  token = signer_join(header, payload, mac, len);
  refused(token, "'HS256'");
  mem_free(token);
  mem_free(unsigned_token);
}

Test(jws, half_hash_agrees_with_openid_core)
{
  /* OpenID Connect Core A.3 and A.4: at_hash and c_hash, by SHA-256. */
  static const struct {
    const char *alg, *value, *hash;
  } cases[] = {
      {"RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
       "77QmUPtjPfzWtF2AnpK9RQ"},
      {"PS256", "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk",
       "LDktKdoQak3Pk0cnXxCltA"},
      {"ES256", "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk",
       "LDktKdoQak3Pk0cnXxCltA"},
      /* By SHA-384, from Python's hashlib. */
      {"ES384", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
       "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    char *header = mem_printf("{\"alg\":\"%s\"}", cases[i].alg);
    char *token = signer_join(header, payload, "x", 1);
    struct jws *jws = parse(token);
    char *hash = NULL;

    cr_assert_eq(E_OK, jws_half_hash(&hash, jws, cases[i].value, NULL));
    cr_assert_str_eq(hash, cases[i].hash);
    mem_free(hash);
    jws_free(jws);
    mem_free(token);
    mem_free(header);
  }
}

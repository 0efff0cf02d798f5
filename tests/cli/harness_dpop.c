/* The sandbox's DPoP: that it refuses each proof that RFC 9449 §4.3 refuses,
 * with proofs that are made here by hand. */
#include "base/clock.h"
#include "base/codec.h"
#include "base/mem.h"
#include "support/fetch.h"
#include "support/server.h"
#include "support/signer.h"

#include <criterion/criterion.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct server server;
static struct signer signer;
static char access_token[256];

/* Members that are set, or (null) taken away. ' for ". */
static void patch(json_t *object, const char *text)
{
  AUTO_STR char *copy = mem_str(text);
  const char *name;
  json_t *value;

  for (char *c = copy; *c != '\0'; c++)
    *c = *c == '\'' ? '"' : *c;
  json_t *changes = json_loads(copy, 0, NULL);
  cr_assert_not_null(changes, "%s", text);
  json_object_foreach(changes, name, value)
  {
    if (json_is_null(value))
      json_object_del(object, name);
    else
      json_object_set(object, name, value);
  }
  json_decref(changes);
}

static void put_ath(json_t *payload, const char *token)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  unsigned char hash[32];
  size_t len;

  cr_assert_eq(psa_hash_compute(PSA_ALG_SHA_256, (const uint8_t *)token,
                                strlen(token), hash, sizeof hash, &len),
               PSA_SUCCESS);
  codec_base64url(&text, hash, len);
  json_object_set_new(payload, "ath", json_string(buf_text(&text)));
}

/* "DPoP: …\r\n" for a request; the patches make it wrong. mem_free. */
static char *proof(const struct signer *with, const char *method,
                   const char *path, const char *token, const char *header,
                   const char *payload)
{
  static int made;
  AUTO_STR char *htu = mem_printf("%s%s", server.base, path);
  AUTO_STR char *jti = mem_printf("test-jti-%d-aaaaaaaaaaaaaaaa", ++made);
  json_t *head = json_pack("{ss ss so}", "alg", "ES256", "typ", "dpop+jwt",
                           "jwk", signer_jwk(with, NULL));
  json_t *claims = json_pack("{ss ss ss sI}", "jti", jti, "htm", method, "htu",
                             htu, "iat", (json_int_t)clock_wall());

  if (token != NULL)
    put_ath(claims, token);
  patch(head, header);
  patch(claims, payload);
  char *head_text = json_dumps(head, JSON_COMPACT);
  char *claims_text = json_dumps(claims, JSON_COMPACT);
  AUTO_STR char *jws = signer_sign(with, head_text, claims_text);
  free(head_text);
  free(claims_text);
  json_decref(head);
  json_decref(claims);
  return mem_printf("DPoP: %s\r\n", jws);
}

/* The client's own grant with these headers; what came, in answer. */
static void ask(const char *headers, struct fetch_answer *answer)
{
  static const char form[] = "grant_type=client_credentials&scope=api:read";
  AUTO_STR char *url = mem_printf("%s/token", server.base);
  AUTO_STR char *head = mem_printf(
      "Authorization: Basic Zm9iLXNlcnZpY2U6dGVzdC1zZWNyZXQtbm90LXJlYWw=\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\n%s",
      headers);

  cr_assert(fetch("POST", url, head, form, strlen(form), 10000, answer));
}

static void set_up(void)
{
  AUTO_FETCH struct fetch_answer answer = {0};

  server_start(&server, NULL);
  signer_open(&signer, "ES256", SIGNER_EC);
  AUTO_STR char *dpop = proof(&signer, "POST", "/token", NULL, "{}", "{}");
  ask(dpop, &answer);
  cr_assert_eq(answer.status, 200, "%s", answer.body);
  json_t *body = json_loads(answer.body, 0, NULL);
  cr_assert_str_eq(json_string_value(json_object_get(body, "token_type")),
                   "DPoP");
  snprintf(access_token, sizeof access_token, "%s",
           json_string_value(json_object_get(body, "access_token")));
  json_decref(body);
}

static void tear_down(void)
{
  signer_close(&signer);
  server_stop(&server);
}

TestSuite(harness_dpop, .init = set_up, .fini = tear_down);

static const struct wrong {
  const char *header, *payload;
} wrongs[] = {
    {"{'typ': 'JWT'}", "{}"},
    {"{'typ': null}", "{}"},
    {"{'alg': 'none'}", "{}"},
    {"{'alg': 'ES384'}", "{}"},
    {"{'jwk': null}", "{}"},
    {"{'jwk': {}}", "{}"},
    {"{'jwk': {'kty': 'oct', 'k': 'AAAA'}}", "{}"},
    {"{}", "{'jti': null}"},
    {"{}", "{'jti': 'short'}"},
    {"{}", "{'jti': 1}"},
    {"{}", "{'htm': null}"},
    {"{}", "{'htm': 'PUT'}"},
    {"{}", "{'htm': 'post'}"},
    {"{}", "{'htu': null}"},
    {"{}", "{'htu': 'https://evil.example.test/token'}"},
    {"{}", "{'htu': '/token'}"},
    {"{}", "{'iat': null}"},
    {"{}", "{'iat': 1}"},
    {"{}", "{'iat': 'now'}"},
    {"{}", "{'iat': 4102444800}"},
};

static void expect_refused(const char *headers, const char *error)
{
  AUTO_FETCH struct fetch_answer answer = {0};

  ask(headers, &answer);
  cr_expect_eq(answer.status, 400, "%d %s", answer.status, headers);
  cr_expect(strstr(answer.body, error) != NULL, "%s", answer.body);
}

Test(harness_dpop, refuses_a_wrong_proof_at_the_issuer)
{
  struct signer other;

  for (size_t i = 0; i < ARRAY_LEN(wrongs); i++) {
    AUTO_STR char *dpop = proof(&signer, "POST", "/token", NULL,
                                wrongs[i].header, wrongs[i].payload);
    expect_refused(dpop, "invalid_dpop_proof");
  }
  AUTO_STR char *ath =
      proof(&signer, "POST", "/token", access_token, "{}", "{}");
  expect_refused(ath, "invalid_dpop_proof");
  AUTO_STR char *query = proof(&signer, "POST", "/token?x=y", NULL, "{}", "{}");
  expect_refused(query, "invalid_dpop_proof");
  expect_refused("DPoP: \r\n", "invalid_dpop_proof");
  expect_refused("DPoP: a.b.c\r\n", "invalid_dpop_proof");

  /* A good one twice, in one request and in two. */
  AUTO_FETCH struct fetch_answer first = {0};
  AUTO_STR char *good = proof(&signer, "POST", "/token", NULL, "{}", "{}");
  AUTO_STR char *doubled = mem_printf("%s%s", good, good);
  expect_refused(doubled, "invalid_dpop_proof");
  ask(good, &first);
  cr_expect_eq(first.status, 200, "%s", first.body);
  expect_refused(good, "invalid_dpop_proof");

  /* Another's signature under this key. */
  signer_open(&other, "ES256", SIGNER_EC_OTHER);
  json_t *jwk = json_pack("{so}", "jwk", signer_jwk(&signer, NULL));
  char *header = json_dumps(jwk, 0);
  AUTO_STR char *forged = proof(&other, "POST", "/token", NULL, header, "{}");
  expect_refused(forged, "invalid_dpop_proof");
  free(header);
  json_decref(jwk);
  signer_close(&other);
}

static int asked(const char *headers, const char *challenge)
{
  AUTO_FETCH struct fetch_answer answer = {0};
  AUTO_STR char *url = mem_printf("%s/user", server.api);

  cr_assert(fetch("GET", url, headers, NULL, 0, 10000, &answer));
  cr_expect(answer.status == 200 || strstr(answer.head, challenge) != NULL,
            "%s: %s", challenge, answer.head);
  return answer.status;
}

static void expect_api(int status, const char *scheme, const char *dpop,
                       const char *challenge)
{
  AUTO_STR char *headers =
      mem_printf("Authorization: %s %s\r\n%s", scheme, access_token, dpop);

  cr_expect_eq(asked(headers, challenge), status, "%s", dpop);
}

Test(harness_dpop, refuses_a_wrong_proof_at_the_api)
{
  static const char bad[] = "DPoP error=\"invalid_dpop_proof\"";
  struct signer other;

  for (size_t i = 0; i < ARRAY_LEN(wrongs); i++) {
    AUTO_STR char *dpop = proof(&signer, "GET", "/api/user", access_token,
                                wrongs[i].header, wrongs[i].payload);
    expect_api(401, "DPoP", dpop, bad);
  }
  AUTO_STR char *without = proof(&signer, "GET", "/api/user", NULL, "{}", "{}");
  AUTO_STR char *anothers =
      proof(&signer, "GET", "/api/user", "another", "{}", "{}");
  expect_api(401, "DPoP", without, bad);
  expect_api(401, "DPoP", anothers, bad);
  expect_api(401, "DPoP", "", bad);

  signer_open(&other, "ES256", SIGNER_EC_OTHER);
  AUTO_STR char *stolen =
      proof(&other, "GET", "/api/user", access_token, "{}", "{}");
  expect_api(401, "DPoP", stolen, "DPoP error=\"invalid_token\"");
  signer_close(&other);

  AUTO_STR char *good =
      proof(&signer, "GET", "/api/user", access_token, "{}", "{}");
  expect_api(401, "Bearer", good, "Bearer");
  expect_api(200, "DPoP", good, "");
  expect_api(401, "DPoP", good, bad);
}

Test(harness_dpop, demands_the_nonce_that_it_gave)
{
  AUTO_FETCH struct fetch_answer answer = {0};

  server_order(&server, "{'set': {'dpop': {'nonce': 'as api'}}}");
  AUTO_STR char *none = proof(&signer, "POST", "/token", NULL, "{}", "{}");
  ask(none, &answer);
  cr_expect_eq(answer.status, 400);
  cr_expect(strstr(answer.body, "use_dpop_nonce") != NULL, "%s", answer.body);
  AUTO_STR char *given = fetch_header(&answer, "DPoP-Nonce", 0);
  cr_assert_not_null(given);

  AUTO_STR char *with = mem_printf("{'nonce': '%s'}", given);
  AUTO_FETCH struct fetch_answer good = {0};
  AUTO_STR char *right = proof(&signer, "POST", "/token", NULL, "{}", with);
  ask(right, &good);
  cr_expect_eq(good.status, 200, "%s", good.body);

  /* The API has its own. */
  AUTO_STR char *foreign =
      proof(&signer, "GET", "/api/user", access_token, "{}", with);
  expect_api(401, "DPoP", foreign, "DPoP error=\"use_dpop_nonce\"");
  server_order(&server, "{'rotate_nonces': true}");
  AUTO_STR char *old = proof(&signer, "POST", "/token", NULL, "{}", with);
  expect_refused(old, "use_dpop_nonce");
}

/* Proofs (RFC 9449 §4.2) and nonces (§8, §9), without any server. */
#include "oauth/dpop.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

static struct dpop *made(void)
{
  struct dpop *dpop = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(dpop_make(&dpop, &err), E_OK, "%s", err.message);
  return dpop;
}

static struct url *url_of(const char *text)
{
  struct url *url = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(url_parse(&url, text, URL_PLAIN, E_USAGE, "url", &err), E_OK,
               "%s", err.message);
  return url;
}

/* The header (part 0) or payload (part 1) of a proof; json_decref. */
static json_t *part(const struct secret *proof, int n)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_LINE);
  const char *at = secret_reveal(proof);
  json_t *json;

  for (; n > 0; n--)
    at = strchr(at, '.') + 1;
  cr_assert(codec_unbase64url(&plain, at, strcspn(at, ".")));
  json = json_loadb(buf_text(&plain), plain.len, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(json);
  return json;
}

static json_t *payload_for(struct dpop *dpop, const char *method,
                           const char *text, const char *token)
{
  AUTO(url) url = url_of(text);
  AUTO(secret) secret = NULL;
  AUTO(secret) proof = NULL;
  struct err err = ERR_INIT;

  if (token)
    cr_assert_eq(secret_new(&secret, token, strlen(token), &err), E_OK);
  cr_assert_eq(dpop_proof(dpop, method, url, secret, &proof, &err), E_OK, "%s",
               err.message);
  return part(proof, 1);
}

static const char *text_in(const json_t *object, const char *member)
{
  const char *text = json_string_value(json_object_get(object, member));

  return text ? text : "(none)";
}

static void expect_htu(struct dpop *dpop, const char *url, const char *htu)
{
  json_t *payload = payload_for(dpop, "GET", url, NULL);

  cr_expect_str_eq(text_in(payload, "htu"), htu, "%s", url);
  json_decref(payload);
}

Test(dpop, proves_one_method_and_url_without_its_query)
{
  AUTO(dpop) dpop = made();

  expect_htu(dpop, "https://api.example.test/a?b=c",
             "https://api.example.test/a");
  expect_htu(dpop, "https://API.example.test", "https://api.example.test/");
  expect_htu(dpop, "https://api.example.test:443/a/",
             "https://api.example.test/a/");
  expect_htu(dpop, "https://api.example.test:8443/a%20b?",
             "https://api.example.test:8443/a%20b");
  expect_htu(dpop, "http://[::1]:81/", "http://[::1]:81/");

  json_t *payload =
      payload_for(dpop, "PATCH", "https://api.example.test/", NULL);
  json_int_t iat = json_integer_value(json_object_get(payload, "iat"));
  cr_expect_str_eq(text_in(payload, "htm"), "PATCH");
  cr_expect(iat <= clock_wall() && iat > clock_wall() - 60);
  cr_expect_eq(json_object_size(payload), 4); /* neither ath nor nonce */
  json_decref(payload);
}

Test(dpop, has_the_hash_of_the_token_and_only_where_there_is_one)
{
  AUTO(dpop) dpop = made();
  /* RFC 9449 §4.3's example. */
  json_t *payload =
      payload_for(dpop, "GET", "https://resource.example.org/protectedresource",
                  "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");

  cr_expect_str_eq(text_in(payload, "ath"),
                   "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
  json_decref(payload);
}

Test(dpop, says_no_jti_twice)
{
  enum { PROOFS = 100 };
  AUTO(dpop) dpop = made();
  AUTO_BUF struct buf seen = BUF_INIT(BUF_LINE);

  for (int i = 0; i < PROOFS; i++) {
    json_t *payload = payload_for(dpop, "GET", "https://a.example/", NULL);
    const char *jti = text_in(payload, "jti");

    cr_expect_geq(strlen(jti), 22, "128 bits: %s", jti);
    cr_expect_null(strstr(buf_text(&seen), jti));
    buf_printf(&seen, "%s ", jti);
    json_decref(payload);
  }
}

/* The key is stored with its public part and comes back as it was. */
Test(dpop, keeps_its_key)
{
  AUTO(dpop) dpop = made();
  AUTO(dpop) again = NULL;
  AUTO(secret) jwk = NULL;
  AUTO(secret) proof = NULL;
  AUTO(url) url = url_of("https://a.example/");
  AUTO_STR char *one = NULL;
  AUTO_STR char *two = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(dpop_write(dpop, &jwk, &err), E_OK);
  cr_assert_eq(dpop_open(&again, jwk, &err), E_OK, "%s", err.message);
  cr_assert_eq(dpop_thumbprint(dpop, &one, &err), E_OK);
  cr_assert_eq(dpop_thumbprint(again, &two, &err), E_OK);
  cr_expect_str_eq(one, two);

  cr_assert_eq(dpop_proof(again, "GET", url, NULL, &proof, &err), E_OK);
  json_t *header = part(proof, 0);
  const json_t *public = json_object_get(header, "jwk");
  cr_expect_str_eq(text_in(header, "typ"), "dpop+jwt");
  cr_expect_str_eq(text_in(header, "alg"), "ES256");
  cr_expect_eq(json_object_size(header), 3);
  cr_expect_eq(json_object_size(public), 4); /* kty, crv, x, y: never d */
  cr_expect_null(json_object_get(public, "d"));
  cr_expect(strstr(secret_reveal(jwk), text_in(public, "x")) != NULL);
  json_decref(header);
}

Test(dpop, refuses_a_stored_key_that_is_none)
{
  static const char *const keys[] = {
      "", "{}", "test-dpop-key-not-real", "{\"kty\":\"EC\",\"crv\":\"P-256\"}",
      "{\"kty\":\"oct\",\"k\":\"dGVzdC1rZXktbm90LXJlYWw\"}"};

  for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
    AUTO(secret) jwk = NULL;
    AUTO(dpop) dpop = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(secret_new(&jwk, keys[i], strlen(keys[i]), &err), E_OK);
    cr_expect_eq(dpop_open(&dpop, jwk, &err), E_STORE_BROKEN, "%s", keys[i]);
    cr_expect_null(dpop);
    cr_expect(*err.message);
    cr_expect_null(strstr(err.message, "not-real"), "%s", err.message);
  }
}

/* --- nonces ----------------------------------------------------------------
 */

/* What an answer with these DPoP-Nonce headers leaves for its origin. */
static void heed(struct dpop *dpop, const char *from, const char *one,
                 const char *two, bool given)
{
  AUTO(url) url = url_of(from);
  AUTO_HEADERS struct headers headers = {0};
  struct err err = ERR_INIT;
  bool got = !given;

  if (one)
    cr_assert_eq(headers_add(&headers, "DPoP-Nonce", one, &err), E_OK);
  if (two)
    cr_assert_eq(headers_add(&headers, "dpop-nonce", two, &err), E_OK);
  cr_assert_eq(dpop_heed(dpop, url, &headers, &got, &err), E_OK);
  cr_expect_eq(got, given, "%s, %s", one ? one : "-", two ? two : "-");
}

static const char *nonce_in(struct dpop *dpop, const char *url)
{
  static char text[2048];
  json_t *payload = payload_for(dpop, "GET", url, NULL);

  snprintf(text, sizeof(text), "%s", text_in(payload, "nonce"));
  json_decref(payload);
  return text;
}

Test(dpop, keeps_one_nonce_for_each_origin)
{
  AUTO(dpop) dpop = made();

  heed(dpop, "https://as.example/token", "one", NULL, true);
  heed(dpop, "https://api.example/x", "two", NULL, true);
  cr_expect_str_eq(nonce_in(dpop, "https://as.example/par?x"), "one");
  cr_expect_str_eq(nonce_in(dpop, "https://api.example/y"), "two");
  cr_expect_str_eq(nonce_in(dpop, "https://api.example:8443/y"), "(none)");
  cr_expect_str_eq(nonce_in(dpop, "http://localhost/y"), "(none)");
  heed(dpop, "https://api.example/z", "three", NULL, true);
  heed(dpop, "https://api.example/z", NULL, NULL, false);
  cr_expect_str_eq(nonce_in(dpop, "https://api.example/y"), "three");
  cr_expect_str_eq(nonce_in(dpop, "https://as.example/"), "one");
}

/* A hundred origins cost no more than a few: the oldest are forgotten. */
Test(dpop, keeps_few_origins)
{
  AUTO(dpop) dpop = made();

  for (int i = 0; i < 100; i++) {
    AUTO_STR char *url = mem_printf("https://h%d.example/", i);
    AUTO_STR char *nonce = mem_printf("n%d", i);

    heed(dpop, url, nonce, NULL, true);
    cr_expect_str_eq(nonce_in(dpop, url), nonce);
  }
  cr_expect_str_eq(nonce_in(dpop, "https://h0.example/"), "(none)");
  cr_expect_str_eq(nonce_in(dpop, "https://h98.example/"), "n98");
}

Test(dpop, takes_nothing_for_a_nonce_that_is_none)
{
  AUTO(dpop) dpop = made();
  char longest[1026];

  memset(longest, 'a', sizeof(longest));
  longest[1025] = '\0';
  heed(dpop, "https://a.example/", longest, NULL, false);
  heed(dpop, "https://a.example/", "", NULL, false);
  heed(dpop, "https://a.example/", "a b", NULL, false);
  heed(dpop, "https://a.example/", "a\"b", NULL, false);
  heed(dpop, "https://a.example/", "a\\b", NULL, false);
  heed(dpop, "https://a.example/", "a\tb", NULL, false);
  heed(dpop, "https://a.example/", "\xc3\xa9", NULL, false);
  heed(dpop, "https://a.example/", "one", "two", false);
  heed(dpop, "https://a.example/", "one", "one", false);
  cr_expect_str_eq(nonce_in(dpop, "https://a.example/"), "(none)");
  longest[1024] = '\0';
  heed(dpop, "https://a.example/", longest, NULL, true);
  cr_expect_str_eq(nonce_in(dpop, "https://a.example/"), longest);
}

Test(dpop, knows_a_refusal_for_want_of_a_nonce)
{
  static const struct {
    int status;
    const char *body;
    bool refused;
  } issuer[] = {
      {400, "{\"error\":\"use_dpop_nonce\"}", true},
      {401, "{\"error\":\"use_dpop_nonce\",\"error_description\":\"x\"}", true},
      {200, "{\"error\":\"use_dpop_nonce\"}", false},
      {500, "{\"error\":\"use_dpop_nonce\"}", false},
      {400, "{\"error\":\"invalid_dpop_proof\"}", false},
      {400, "{\"error\":\"use_dpop_nonce \"}", false},
      {400, "{\"error\":[\"use_dpop_nonce\"]}", false},
      {400, "{\"error\":\"x\",\"error\":\"use_dpop_nonce\"}", false},
      {400, "error=use_dpop_nonce", false},
      {400, "", false},
  };
  static const struct {
    int status;
    const char *challenge;
    bool refused;
  } api[] = {
      {401, "DPoP error=\"use_dpop_nonce\"", true},
      {401, "dpop algs=\"ES256\", error=use_dpop_nonce", true},
      {401, "Bearer realm=\"x\", DPoP error=\"use_dpop_nonce\"", true},
      {403, "DPoP error=\"use_dpop_nonce\"", false},
      {200, "DPoP error=\"use_dpop_nonce\"", false},
      {401, "Bearer error=\"use_dpop_nonce\"", false},
      {401, "DPoP error=\"invalid_token\"", false},
      {401, "DPoP", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(issuer); i++) {
    const struct http_answer answer = {.status = issuer[i].status};
    AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);

    buf_puts(&body, issuer[i].body);
    struct err err = ERR_INIT;
    bool refused = !issuer[i].refused;
    cr_assert_eq(dpop_refused_by_issuer(&answer, &body, &refused, &err), E_OK);
    cr_expect_eq(refused, issuer[i].refused, "%d %s", issuer[i].status,
                 issuer[i].body);
  }
  for (size_t i = 0; i < ARRAY_LEN(api); i++) {
    AUTO_ANSWER struct http_answer answer = {.status = api[i].status};
    struct err err = ERR_INIT;
    bool refused = !api[i].refused;

    cr_assert_eq(headers_add(&answer.headers, "WWW-Authenticate",
                             api[i].challenge, &err),
                 E_OK);
    cr_assert_eq(dpop_refused_by_api(&answer, &refused, &err), E_OK);
    cr_expect_eq(refused, api[i].refused, "%s", api[i].challenge);
  }
}

#include "oauth/request_object.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jws.h"
#include "oauth/flow.h"
#include "support/keys.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>

#define AUTO_RESULT __attribute__((cleanup(login_result_clear)))

/* --- the object -------------------------------------------------------- */

static struct sign_key *key_of(const char *pem)
{
  const struct sign_source source = {
      .what = "the key", .kid = "k1", .code = E_PROFILE};
  struct sign_key *key = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(sign_key_load(&key, pem, strlen(pem), &source, &err), E_OK, "%s",
               err.message);
  return key;
}

static struct profile *profile_of(const char *login)
{
  AUTO_STR char *json = mem_printf(
      "{\"schema\": 1, \"client\": {\"id\": \"fob-cli\"}, \"login\": {%s}}",
      login);
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s", err.message);
  return profile;
}

/* Signed by the client's key, or the test fails. */
static struct jws *make(const struct client *client, const char *form)
{
  AUTO_BUF struct buf pairs = BUF_INIT(BUF_URL);
  AUTO(secret) jwt = NULL;
  AUTO_JSON json_t *jwk = NULL;
  AUTO_JSON json_t *jwks = NULL;
  enum jws_result result;
  struct jws *jws = NULL;
  struct err err = ERR_INIT;

  buf_puts(&pairs, form);
  cr_assert_eq(request_object_make(&jwt, client, &pairs, &err), E_OK, "%s",
               err.message);
  cr_assert_eq(jws_parse(&jws, secret_reveal(jwt), "it", &err), E_OK, "%s",
               err.message);
  cr_assert_eq(sign_key_public(client->key, &jwk, &err), E_OK);
  cr_assert_eq(json_object_set_new(jwk, "kid", json_string("k1")), 0);
  jwks = json_pack("{s:[O]}", "keys", jwk);
  cr_assert_eq(jws_verify(&result, jws, jwks, &err), E_OK);
  cr_assert_eq(result, JWS_VALID);
  return jws;
}

static json_int_t number(const struct jws *jws, const char *name)
{
  const json_t *value = json_object_get(jws->payload, name);

  cr_assert(json_is_integer(value), "%s", name);
  return json_integer_value(value);
}

Test(request_object, says_what_the_form_says_and_for_whom)
{
  AUTO(profile) profile = profile_of("");
  AUTO(sign_key) key = key_of(PEM_P256);
  const struct client client = {
      .profile = profile, .issuer = "https://a.example", .key = key};
  AUTO(jws)
  jws = make(&client, "client_id=fob-cli&scope=openid+a%26b&state=s&max_age=60&"
                      "claims=%7B%22id_token%22%3A%7B%7D%7D&resource=https%3A"
                      "%2F%2Fr%2F1&resource=https%3A%2F%2Fr%2F2&"
                      "authorization_details=%5B%7B%22type%22%3A%22x%22%7D%5D&"
                      "exp=1&aud=evil&iss=evil&x=7");
  AUTO(jws) again = make(&client, "client_id=fob-cli");
  int64_t now = clock_wall();

  cr_expect_str_eq(json_text(jws->header, "typ"), "oauth-authz-req+jwt");
  cr_expect_str_eq(json_text(jws->header, "kid"), "k1");
  cr_expect_str_eq(json_text(jws->payload, "iss"), "fob-cli");
  cr_expect_str_eq(json_text(jws->payload, "client_id"), "fob-cli");
  cr_expect_str_eq(json_text(jws->payload, "aud"), "https://a.example");
  cr_expect_str_eq(json_text(jws->payload, "scope"), "openid a&b");
  cr_expect_str_eq(json_text(jws->payload, "x"), "7");
  cr_expect_null(json_object_get(jws->payload, "sub"));
  cr_expect_eq(number(jws, "max_age"), 60);
  cr_expect(json_is_object(json_object_get(jws->payload, "claims")));
  cr_expect_eq(json_array_size(json_object_get(jws->payload, "resource")), 2);
  cr_expect_eq(
      json_array_size(json_object_get(jws->payload, "authorization_details")),
      1);
  cr_expect(number(jws, "iat") <= now && number(jws, "iat") > now - 60);
  cr_expect_eq(number(jws, "exp") - number(jws, "iat"), REQUEST_OBJECT_SECONDS);
  cr_expect_leq(number(jws, "nbf"), number(jws, "iat"));
  cr_expect_str_neq(json_text(jws->payload, "jti"),
                    json_text(again->payload, "jti"));
}

Test(request_object, is_made_with_every_kind_of_key)
{
  static const char *const pems[] = {PEM_P256, PEM_P384, PEM_RSA};
  static const char *const algs[] = {"ES256", "ES384", "RS256"};
  AUTO(profile) profile = profile_of("");

  for (size_t i = 0; i < ARRAY_LEN(pems); i++) {
    AUTO(sign_key) key = key_of(pems[i]);
    const struct client client = {
        .profile = profile, .issuer = "https://a.example", .key = key};
    AUTO(jws) jws = make(&client, "client_id=fob-cli");

    cr_expect_str_eq(jws_alg(jws), algs[i]);
  }
}

Test(request_object, is_not_made_of_what_is_no_json)
{
  static const char *const forms[] = {"max_age=soon", "claims=x",
                                      "authorization_details=%5B"};
  AUTO(profile) profile = profile_of("");
  AUTO(sign_key) key = key_of(PEM_P256);
  const struct client client = {
      .profile = profile, .issuer = "https://a.example", .key = key};

  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    AUTO_BUF struct buf pairs = BUF_INIT(BUF_URL);
    struct secret *jwt = NULL;
    struct err err = ERR_INIT;

    buf_puts(&pairs, forms[i]);
    cr_expect_eq(request_object_make(&jwt, &client, &pairs, &err), E_PROFILE,
                 "%s", forms[i]);
    cr_expect_null(jwt);
  }
}

/* --- when -------------------------------------------------------------- */

Test(request_object, is_wanted_as_server_and_profile_have_it)
{
  static const struct {
    const char *login, *metadata;
    bool has_key;
    enum code code;
    bool wanted;
    const char *hint;
  } rows[] = {
      {"", "", true, E_OK, false, ""},
      {"", "", false, E_OK, false, ""},
      {"", ",\"require_signed_request_object\":true", true, E_OK, true, ""},
      {"", ",\"require_signed_request_object\":true", false, E_PROFILE, false,
       "fob login -p acme --signing-key FILE"},
      {"\"request_object\":\"required\"", "", true, E_OK, true, ""},
      {"\"request_object\":\"required\"", "", false, E_PROFILE, false,
       "--signing-key FILE"},
      {"\"request_object\":\"off\"", "", true, E_OK, false, ""},
      {"\"request_object\":\"off\"", ",\"require_signed_request_object\":true",
       true, E_PROFILE, false, "login.request_object auto"},
      {"\"request_object\":\"required\"",
       ",\"request_object_signing_alg_values_supported\":[\"PS256\",\"none\"]",
       true, E_PROFILE, false, ""},
      {"\"request_object\":\"required\"",
       ",\"request_object_signing_alg_values_supported\":[\"ES256\"]", true,
       E_OK, true, ""},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = profile_of(rows[i].login);
    AUTO(sign_key) key = rows[i].has_key ? key_of(PEM_P256) : NULL;
    AUTO(metadata) metadata = NULL;
    AUTO_STR char *text =
        mem_printf("{\"issuer\":\"https://a.example\"%s}", rows[i].metadata);
    const struct client client = {
        .profile = profile, .issuer = "https://a.example", .key = key};
    bool wanted = false;
    struct err err = ERR_INIT;

    cr_assert_eq(metadata_read(&metadata, text, strlen(text),
                               "https://a.example", true, "https://a.example/w",
                               &err),
                 E_OK, "%s", err.message);
    cr_expect_eq(request_object_wanted(&wanted, &client, metadata, &err),
                 rows[i].code, "row %zu: %s", i, err.message);
    if (rows[i].code == E_OK)
      cr_expect_eq(wanted, rows[i].wanted, "row %zu", i);
    cr_expect_not_null(strstr(err.hint, rows[i].hint), "row %zu: %s", i,
                       err.hint);
  }
}

Test(request_object, needs_an_issuer_whom_it_is_for)
{
  AUTO(profile) profile = profile_of("\"request_object\":\"required\"");
  AUTO(sign_key) key = key_of(PEM_P256);
  AUTO(metadata) metadata = NULL;
  const struct client client = {.profile = profile, .key = key};
  bool wanted;
  struct err err = ERR_INIT;

  cr_assert_eq(metadata_of_profile(&metadata, profile, &err), E_OK);
  cr_expect_eq(request_object_wanted(&wanted, &client, metadata, &err),
               E_PROFILE);
}

/* --- the whole way ----------------------------------------------------- */

static void start(struct flow *flow, const char *more)
{
  AUTO_STR char *json = NULL;

  flow_start(flow, "");
  scratch_write(scratch_path("key.pem"), PEM_P256, 0600);
  json = mem_printf("{'schema': 1, 'issuer': '%%s', 'client': {'id': "
                    "'fob-jwt', 'auth': 'private_key_jwt', 'key': '%s'}, "
                    "'scope': ['openid'], 'resource': ['https://r.example/1', "
                    "'https://r.example/2'], 'params': {'authorize': "
                    "{'max_age': '3600'}}, 'authorization_details': "
                    "[{'type': 'x'}]%s}",
                    scratch_path("key.pem"), more);
  flow_profile(flow, json);
}

Test(request_object, goes_in_the_place_of_the_parameters)
{
  static const struct {
    const char *more, *set;
    size_t pushed;
    const char *carries;
  } rows[] = {
      {"", "'jar': 'required'", 0, "request"},
      {", 'login': {'request_object': 'required'}", "'jar': ''", 0, "request"},
      {"", "'jar': 'required', 'par': 'required'", 1, "request_uri"},
      {", 'login': {'request_object': 'required', 'response_mode': 'jwt'}",
       "'par': 'offered', 'jarm': 'only'", 1, "request_uri"},
      {"", "'jar': 'required', 'consent': 'auto', 'jarm': 'only'", 0,
       "request"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_JSON json_t *asked = NULL;
    AUTO_JSON json_t *pushed = NULL;
    const json_t *query;
    struct err err = ERR_INIT;

    start(&f, rows[i].more);
    server_order(&f.server, "{'set': {%s}}", rows[i].set);
    cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
                 "row %zu: %s", i, err.message);
    asked = server_journal(&f.server, "/authorize");
    query = json_object_get(json_array_get(asked, 0), "query");
    cr_expect_eq(json_object_size(query), 2);
    cr_expect_str_eq(json_text(query, "client_id"), "fob-jwt");
    cr_expect_not_null(json_object_get(query, rows[i].carries));
    pushed = server_journal(&f.server, "/par");
    cr_expect_eq(json_array_size(pushed), rows[i].pushed);
    if (rows[i].pushed > 0) { /* and the client's proof beside it */
      const json_t *form = json_object_get(json_array_get(pushed, 0), "form");
      cr_expect_eq(json_object_size(form), 4);
      cr_expect_not_null(json_object_get(form, "request"));
      cr_expect_not_null(json_object_get(form, "client_assertion"));
    }
    cr_expect_eq(result.details.granted.count, 1);
  }
}

/* What is not as the server wants it ends before a token request. */
Test(request_object, ends_the_login_where_the_server_does_not_take_it)
{
  static const struct {
    const char *more, *set;
    enum code code;
  } rows[] = {
      {", 'login': {'request_object': 'required'}",
       "'par': 'required', 'clients': {'fob-jwt': {'audience': "
       "'https://other.example'}}",
       E_OAUTH},
      {", 'login': {'request_object': 'off'}", "'jar': 'required'", E_PROFILE},
      {"",
       "'jar': 'required', 'patch': {'metadata': "
       "{'request_object_signing_alg_values_supported': ['PS256']}}",
       E_PROFILE},
      {"",
       "'par': 'required', 'jar': 'required', 'patch': {'metadata': "
       "{'require_signed_request_object': null}}",
       E_OAUTH},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    start(&f, rows[i].more);
    server_order(&f.server, "{'set': {%s}}", rows[i].set);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "row %zu: %d %s", i, err.code, err.message);
    cr_expect_eq(server_count(&f.server, "/authorize"), 0);
    cr_expect_eq(server_count(&f.server, "/token"), 0);
  }
}

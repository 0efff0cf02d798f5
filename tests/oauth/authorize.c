#include "oauth/authorize.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "oauth/form.h"

#include <criterion/criterion.h>
#include <string.h>

#define REDIRECT "http://127.0.0.1:4711/callback"

static struct profile *profile_of(const char *json)
{
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s", err.message);
  return profile;
}

/* scopes: a JSON list, or NULL: the server names none. */
static struct metadata *metadata_of(const char *endpoint, const char *scopes)
{
  struct metadata *metadata = NULL;
  AUTO_STR char *text = mem_printf(
      "{\"issuer\": \"https://a.example\", \"authorization_endpoint\": \"%s\""
      "%s%s}",
      endpoint, scopes ? ", \"scopes_supported\": " : "", scopes ? scopes : "");
  struct err err = ERR_INIT;

  cr_assert_eq(metadata_read(&metadata, text, strlen(text), "https://a.example",
                             true, "https://a.example/w", &err),
               E_OK, "%s", err.message);
  return metadata;
}

static struct authorize *make(const struct profile *profile,
                              const struct metadata *metadata,
                              const char *login_hint, bool select_account)
{
  const struct client client = {.profile = profile};
  const struct authorize_ask ask = {.profile = profile,
                                    .metadata = metadata,
                                    .client = &client,
                                    .redirect_uri = REDIRECT,
                                    .login_hint = login_hint,
                                    .select_account = select_account};
  struct authorize *made = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(authorize_new(&made, &ask, &err), E_OK, "%s", err.message);
  return made;
}

/* The URL's parameters: each a text, or a list when it comes again. */
static json_t *parameters(const struct authorize *made)
{
  const char *query = strchr(made->url, '?');
  json_t *object = NULL;
  struct err err = ERR_INIT;

  cr_assert_not_null(query);
  cr_assert_eq(form_read(&object, query + 1, strlen(query + 1), FORM_LISTS,
                         E_LOCAL, "the URL", &err),
               E_OK, "%s", err.message);
  return object;
}

static void expect_text(const json_t *object, const char *name,
                        const char *text)
{
  const char *found = json_text(object, name);

  if (!text) {
    cr_expect_null(json_object_get(object, name), "%s", name);
    return;
  }
  cr_assert_not_null(found, "%s", name);
  cr_expect_str_eq(found, text, "%s: %s", name, found);
}

Test(authorize, asks_for_a_code_with_pkce)
{
  AUTO(profile)
  profile = profile_of("{\"schema\": 1, \"client\": {\"id\": \"fob cli&x\"}, "
                       "\"scope\": [\"openid\", \"api:read\"]}");
  AUTO(metadata)
  metadata = metadata_of("https://a.example/authorize", "[\"openid\"]");
  AUTO(authorize) made = make(profile, metadata, "ann@acme.example", false);
  AUTO_JSON json_t *sent = parameters(made);
  AUTO_BUF struct buf challenge = BUF_INIT(BUF_LINE);
  uint8_t hash[CRYPTO_HASH_MAX];
  size_t len;

  cr_expect_eq(strncmp(made->url, "https://a.example/authorize?client_id=", 38),
               0, "%s", made->url);
  expect_text(sent, "client_id", "fob cli&x");
  expect_text(sent, "response_type", "code");
  expect_text(sent, "redirect_uri", REDIRECT);
  expect_text(sent, "scope", "openid api:read");
  expect_text(sent, "state", made->state);
  expect_text(sent, "nonce", made->nonce);
  expect_text(sent, "login_hint", "ann@acme.example");
  expect_text(sent, "code_challenge_method", "S256");
  expect_text(sent, "prompt", NULL);
  cr_expect_str_eq(made->redirect_uri, REDIRECT);

  /* RFC 7636 §4.6, as the server does it */
  cr_assert_eq(crypto_hash(CRYPTO_SHA256, secret_reveal(made->verifier),
                           secret_len(made->verifier), hash, &len, NULL),
               E_OK);
  codec_base64url(&challenge, hash, len);
  expect_text(sent, "code_challenge", buf_text(&challenge));
  cr_expect_null(strstr(made->url, secret_reveal(made->verifier)));
}

Test(authorize, draws_anew_each_time)
{
  enum { ROUNDS = 50 };
  AUTO(profile)
  profile = profile_of(
      "{\"schema\": 1, \"client\": {\"id\": \"x\"}, \"scope\": [\"openid\"]}");
  AUTO(metadata) metadata = metadata_of("https://a.example/authorize", NULL);
  AUTO_JSON json_t *seen = json_object();

  for (int i = 0; i < ROUNDS; i++) {
    AUTO(authorize) made = make(profile, metadata, NULL, false);
    const char *drawn[] = {made->state, made->nonce,
                           secret_reveal(made->verifier)};

    for (size_t j = 0; j < ARRAY_LEN(drawn); j++) {
      cr_assert_geq(strlen(drawn[j]), 43); /* RFC 7636 §4.1 */
      cr_assert_null(json_object_get(seen, drawn[j]));
      json_object_set_new(seen, drawn[j], json_true());
    }
  }
}

Test(authorize, has_a_nonce_only_with_openid)
{
  AUTO(profile)
  profile = profile_of(
      "{\"schema\": 1, \"client\": {\"id\": \"x\"}, \"scope\": [\"repo\"]}");
  AUTO(metadata) metadata = metadata_of("https://a.example/authorize", NULL);
  AUTO(authorize) made = make(profile, metadata, NULL, false);
  AUTO_JSON json_t *sent = parameters(made);

  cr_expect_null(made->nonce);
  expect_text(sent, "nonce", NULL);
}

Test(authorize, keeps_the_endpoints_own_query)
{
  AUTO(profile)
  profile = profile_of("{\"schema\": 1, \"client\": {\"id\": \"x\"}}");
  AUTO(metadata)
  metadata = metadata_of("https://a.example/authorize?p=B2C_1&q=a%20b", NULL);
  AUTO(authorize) made = make(profile, metadata, NULL, false);
  AUTO_JSON json_t *sent = parameters(made);

  expect_text(sent, "p", "B2C_1");
  expect_text(sent, "q", "a b");
  expect_text(sent, "client_id", "x");
  expect_text(sent, "scope", NULL);
}

Test(authorize, refuses_an_endpoint_that_sets_a_parameter_of_ours)
{
  static const char *const queries[] = {"redirect_uri=https://evil.example",
                                        "p=1&state=x", "client%5Fid=y",
                                        "response_type=token", "scope"};
  AUTO(profile)
  profile = profile_of(
      "{\"schema\": 1, \"client\": {\"id\": \"x\"}, \"scope\": [\"a\"]}");

  for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
    AUTO_STR char *endpoint =
        mem_printf("https://a.example/authorize?%s", queries[i]);
    AUTO(metadata) metadata = metadata_of(endpoint, NULL);
    const struct client client = {.profile = profile};
    const struct authorize_ask ask = {.profile = profile,
                                      .metadata = metadata,
                                      .client = &client,
                                      .redirect_uri = REDIRECT};
    AUTO(authorize) made = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(authorize_new(&made, &ask, &err), E_ANSWER, "%s", queries[i]);
  }
}

/* Which scope and prompt go out, by what profile and server say. */
Test(authorize, asks_for_a_refresh_token_in_the_servers_own_way)
{
  static const struct {
    const char *members, *supported;
    bool select;
    const char *scope, *prompt;
  } rows[] = {
      /* nothing stated: openid offline_access as far as they are listed */
      {"", "[\"openid\", \"offline_access\", \"email\"]", false,
       "openid offline_access", "consent"},
      {"", "[\"openid\"]", false, "openid", NULL},
      {"", "[\"offline_access\"]", false, "offline_access", NULL},
      {"", "[]", false, NULL, NULL},
      {"", NULL, false, NULL, NULL},
      /* stated: offline_access is added where it is listed */
      {", \"scope\": [\"openid\", \"a\"]", "[\"openid\", \"offline_access\"]",
       false, "openid a offline_access", "consent"},
      {", \"scope\": [\"a\"]", "[\"openid\", \"offline_access\"]", false,
       "a offline_access", NULL},
      {", \"scope\": [\"openid\", \"a\"]", NULL, false, "openid a", NULL},
      {", \"scope\": [\"openid\", \"offline_access\"]", NULL, false,
       "openid offline_access", "consent"},
      {", \"scope\": []", "[\"openid\"]", false, NULL, NULL},
      /* --no-offline */
      {", \"offline\": false", "[\"openid\", \"offline_access\"]", false,
       "openid", NULL},
      {", \"offline\": true", "[\"openid\", \"offline_access\"]", false,
       "openid offline_access", "consent"},
      /* a stated prompt stands; an empty one sends none */
      {", \"login\": {\"prompt\": \"login\"}",
       "[\"openid\", \"offline_access\"]", false, "openid offline_access",
       "login"},
      {", \"login\": {\"prompt\": \"\"}", "[\"openid\", \"offline_access\"]",
       false, "openid offline_access", NULL},
      /* another profile on the same issuer */
      {"", "[\"openid\"]", true, "openid", "select_account"},
      {"", "[\"openid\", \"offline_access\"]", true, "openid offline_access",
       "select_account consent"},
      {", \"login\": {\"prompt\": \"none\"}", "[\"openid\"]", true, "openid",
       "none"},
      {", \"login\": {\"prompt\": \"\"}", "[\"openid\"]", true, "openid",
       "select_account"},
      /* the server lists its prompts */
      {"", "[\"openid\"], \"prompt_values_supported\": [\"login\"]", true,
       "openid", NULL},
      {"", "[\"openid\"], \"prompt_values_supported\": [\"select_account\"]",
       true, "openid", "select_account"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *json = mem_printf(
        "{\"schema\": 1, \"client\": {\"id\": \"x\"}%s}", rows[i].members);
    AUTO(profile) profile = profile_of(json);
    AUTO(metadata)
    metadata = metadata_of("https://a.example/authorize", rows[i].supported);
    AUTO(authorize) made = make(profile, metadata, NULL, rows[i].select);
    AUTO_JSON json_t *sent = parameters(made);

    expect_text(sent, "scope", rows[i].scope);
    expect_text(sent, "prompt", rows[i].prompt);
    if (rows[i].scope)
      cr_expect_str_eq(made->scope, rows[i].scope);
    else
      cr_expect_null(made->scope);
  }
}

Test(authorize, deviates_as_the_profile_says)
{
  AUTO(profile)
  profile = profile_of(
      "{\"schema\": 1, \"client\": {\"id\": \"x\"},"
      " \"scope\": [\"a\", \"b\"],"
      " \"resource\": [\"https://r.example/1\", \"https://r.example/2\"],"
      " \"audience\": [\"api\"],"
      " \"authorization_details\": [{\"type\": \"payment\"}],"
      " \"params\": {\"authorize\": {\"access_type\": \"offline\"}},"
      " \"token_request\": {\"scope_separator\": \",\","
      "  \"scope_parameter\": \"user_scope\"}}");
  AUTO(metadata) metadata = metadata_of("https://a.example/authorize", NULL);
  AUTO(authorize) made = make(profile, metadata, NULL, false);
  AUTO_JSON json_t *sent = parameters(made);
  const json_t *resources = json_object_get(sent, "resource");

  expect_text(sent, "scope", NULL);
  expect_text(sent, "user_scope", "a,b");
  expect_text(sent, "access_type", "offline");
  expect_text(sent, "audience", "api");
  expect_text(sent, "authorization_details", "[{\"type\":\"payment\"}]");
  cr_assert_eq(json_array_size(resources), 2);
  cr_expect_str_eq(json_string_value(json_array_get(resources, 1)),
                   "https://r.example/2");
}

Test(authorize, needs_a_client_id_and_an_endpoint)
{
  AUTO(profile)
  bare = profile_of(
      "{\"schema\": 1, \"register_url\": \"https://a.example/apps\"}");
  AUTO(profile)
  profile = profile_of("{\"schema\": 1, \"client\": {\"id\": \"x\"}}");
  AUTO(metadata) metadata = metadata_of("https://a.example/authorize", NULL);
  const struct client client = {.profile = profile};
  struct authorize_ask ask = {.profile = bare,
                              .metadata = metadata,
                              .client = &client,
                              .redirect_uri = REDIRECT};
  AUTO(authorize) made = NULL;
  struct err err = ERR_INIT;

  cr_expect_eq(authorize_new(&made, &ask, &err), E_USAGE);
  cr_expect_not_null(strstr(err.hint, "https://a.example/apps"));

  ask.profile = profile;
  mem_free(metadata->authorization_endpoint);
  metadata->authorization_endpoint = NULL;
  cr_expect_eq(authorize_new(&made, &ask, &err), E_ANSWER);
  cr_expect_null(made);
}

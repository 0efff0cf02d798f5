#include "oauth/metadata.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define ISSUER "https://login.acme.example/t"
#define PLACE "https://login.acme.example/.well-known/x"

/* The untouched control: every member that is looked at. */
static json_t *good(void)
{
  json_t *document = json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s, s], s:[s], s:[s], s:[s], "
      "s:[s], s:b, s:s}",
      "issuer", ISSUER, "authorization_endpoint",
      "https://login.acme.example/t/authorize?p=1", "token_endpoint",
      "https://login.acme.example/t/token", "revocation_endpoint",
      "https://login.acme.example/t/revoke", "introspection_endpoint",
      "https://login.acme.example/t/introspect", "userinfo_endpoint",
      "https://login.acme.example/t/userinfo", "jwks_uri",
      "https://keys.acme.example/jwks", "scopes_supported", "openid",
      "offline_access", "response_types_supported", "code",
      "grant_types_supported", "authorization_code",
      "code_challenge_methods_supported", "S256",
      "token_endpoint_auth_methods_supported", "client_secret_basic",
      "authorization_response_iss_parameter_supported", 1,
      "service_documentation", "see http://docs.acme.example");

  cr_assert_not_null(document);
  return document;
}

static enum code read_document(struct metadata **ret, const json_t *document,
                               const char *issuer, bool exact, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);

  cr_assert_eq(json_write(&text, document, 0, err), E_OK);
  return metadata_read(ret, buf_text(&text), text.len, issuer, exact, PLACE,
                       err);
}

static struct profile *profile_of(const char *json)
{
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s", err.message);
  return profile;
}

Test(metadata, is_read_whole)
{
  AUTO_JSON json_t *document = good();
  AUTO(metadata) metadata = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(read_document(&metadata, document, ISSUER, true, &err), E_OK,
               "%s", err.message);
  cr_expect_str_eq(metadata->issuer, ISSUER);
  cr_expect_eq(metadata->match, ISSUER_EXACT);
  cr_expect_str_eq(metadata->source, PLACE);
  cr_expect_str_eq(metadata->authorization_endpoint,
                   "https://login.acme.example/t/authorize?p=1");
  cr_expect_str_eq(metadata->token_endpoint,
                   "https://login.acme.example/t/token");
  cr_expect_str_eq(metadata->revocation_endpoint,
                   "https://login.acme.example/t/revoke");
  cr_expect_str_eq(metadata->introspection_endpoint,
                   "https://login.acme.example/t/introspect");
  cr_expect_str_eq(metadata->userinfo_endpoint,
                   "https://login.acme.example/t/userinfo");
  cr_expect_str_eq(metadata->jwks_uri, "https://keys.acme.example/jwks");
  cr_expect(metadata->iss_in_response);
  cr_expect(metadata_lists(metadata, "scopes_supported", "offline_access"));
  cr_expect_not(metadata_lists(metadata, "scopes_supported", "offline"));
  cr_expect_not(metadata_lists(metadata, "no_such_list", "x"));
  cr_expect(metadata_states(metadata, "grant_types_supported"));
  cr_expect_not(metadata_states(metadata, "ui_locales_supported"));
}

Test(metadata, needs_no_member_but_the_issuer)
{
  static const char *const optional[] = {
      "authorization_endpoint",
      "token_endpoint",
      "revocation_endpoint",
      "introspection_endpoint",
      "userinfo_endpoint",
      "jwks_uri",
      "scopes_supported",
      "response_types_supported",
      "grant_types_supported",
      "code_challenge_methods_supported",
      "token_endpoint_auth_methods_supported",
      "authorization_response_iss_parameter_supported"};

  for (size_t i = 0; i < ARRAY_LEN(optional); i++)
    for (int null = 0; null < 2; null++) {
      AUTO_JSON json_t *document = good();
      AUTO(metadata) metadata = NULL;
      struct err err = ERR_INIT;

      if (null)
        json_object_set_new(document, optional[i], json_null());
      else
        json_object_del(document, optional[i]);
      cr_expect_eq(read_document(&metadata, document, ISSUER, true, &err), E_OK,
                   "%s: %s", optional[i], err.message);
    }
}

/* Each endpoint in turn set to each of these. */
Test(metadata, refuses_endpoints_that_are_none)
{
  static const char *const members[] = {
      "authorization_endpoint", "token_endpoint",    "revocation_endpoint",
      "introspection_endpoint", "userinfo_endpoint", "jwks_uri"};
  static const char *const values[] = {
      "1", "true", "[]", "{}", "\"\"", "\"/relative\"", "\"login.example/x\"",
      "\"http://login.acme.example/x\"", "\"ftp://login.acme.example/x\"",
      "\"javascript:alert(1)\"", "\"https://u:p@login.acme.example/x\"",
      "\"https://login.acme.example/x#f\"", "\"https://login.acme.example/ x\"",
      "\"https://login.acme.example/\\r\\nHost: x\"", "\"https://\"",
      /* only a local issuer may point here */
      "\"http://127.0.0.1:80/x\"", "\"https://127.0.0.1/x\"",
      "\"http://localhost/x\"", "\"http://[::1]/x\"",
      "\"https://169.254.169.254/x\"", "\"https://[fe80::1]/x\""};

  for (size_t i = 0; i < ARRAY_LEN(members); i++)
    for (size_t j = 0; j < ARRAY_LEN(values); j++) {
      AUTO_JSON json_t *document = good();
      AUTO(metadata) metadata = NULL;
      struct err err = ERR_INIT;
      enum code code;

      json_object_set_new(document, members[i],
                          json_loads(values[j], JSON_DECODE_ANY, NULL));
      code = read_document(&metadata, document, ISSUER, true, &err);
      cr_expect(code == E_ANSWER || code == E_PLAIN_HTTP || code == E_CHECK,
                "%s = %s: %d %s", members[i], values[j], code, err.message);
      cr_expect_not_null(strstr(err.message, members[i]), "%s", err.message);
      cr_expect_null(strchr(err.message, '\n'));
      cr_expect_null(metadata);
    }
}

Test(metadata, refuses_members_of_another_type)
{
  static const struct {
    const char *member, *value;
  } rows[] = {
      {"scopes_supported", "\"openid\""},
      {"scopes_supported", "{}"},
      {"scopes_supported", "[\"openid\", 1]"},
      {"scopes_supported", "[null]"},
      {"response_types_supported", "\"code\""},
      {"grant_types_supported", "1"},
      {"code_challenge_methods_supported", "[[\"S256\"]]"},
      {"token_endpoint_auth_methods_supported", "true"},
      {"authorization_response_iss_parameter_supported", "\"true\""},
      {"authorization_response_iss_parameter_supported", "1"},
      {"issuer", "null"},
      {"issuer", "1"},
      {"issuer", "[\"" ISSUER "\"]"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *document = good();
    AUTO(metadata) metadata = NULL;
    struct err err = ERR_INIT;

    json_object_set_new(document, rows[i].member,
                        json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
    cr_expect_eq(read_document(&metadata, document, ISSUER, true, &err),
                 E_ANSWER, "%s = %s: %s", rows[i].member, rows[i].value,
                 err.message);
    cr_expect_not_null(strstr(err.message, rows[i].member), "%s", err.message);
  }
}

Test(metadata, refuses_what_is_no_document)
{
  static const char *const texts[] = {
      "",
      "<!doctype html><title>Sign in</title>",
      "[]",
      "\"x\"",
      "{\"issuer\": \"" ISSUER "\"",
      "{\"issuer\": \"" ISSUER "\"} x",
      "{\"issuer\": \"" ISSUER "\", \"issuer\": \"" ISSUER "\"}",
      "{\"issuer\": \"" ISSUER "\\u0000\"}",
      "{\"issuer\": \"" ISSUER "\", \"x\": NaN}",
  };

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    AUTO(metadata) metadata = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(metadata_read(&metadata, texts[i], strlen(texts[i]), ISSUER,
                               false, PLACE, &err),
                 E_ANSWER, "%s: %s", texts[i], err.message);
    cr_expect_null(metadata);
  }
}

Test(metadata, belongs_to_the_issuer_that_was_asked)
{
  static const struct {
    const char *asked;
    bool exact;
    enum code code;
    enum issuer_match match;
  } rows[] = {
      {ISSUER, true, E_OK, ISSUER_EXACT},
      {ISSUER "/", false, E_OK, ISSUER_SLASH},
      {ISSUER "/", true, E_CHECK, ISSUER_OTHER},
      {"https://login.acme.example", false, E_CHECK, ISSUER_OTHER},
      {"https://login.acme.example/T", false, E_CHECK, ISSUER_OTHER},
      {"https://login.acme.example.evil/t", false, E_CHECK, ISSUER_OTHER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *document = good();
    AUTO(metadata) metadata = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(
        read_document(&metadata, document, rows[i].asked, rows[i].exact, &err),
        rows[i].code, "%s: %s", rows[i].asked, err.message);
    if (rows[i].code == E_OK) {
      cr_expect_eq(metadata->match, rows[i].match);
      cr_expect_str_eq(metadata->issuer, ISSUER);
    } else {
      /* both strings, each on its own line */
      cr_expect_not_null(strstr(err.hint, rows[i].asked), "%s", err.hint);
      cr_expect_not_null(strstr(err.hint, "says    " ISSUER), "%s", err.hint);
    }
  }
}

Test(metadata, of_a_local_issuer_may_point_to_this_machine)
{
  AUTO_JSON json_t *document =
      json_pack("{s:s, s:s}", "issuer", "http://127.0.0.1:4711",
                "token_endpoint", "http://127.0.0.1:4712/token");
  AUTO(metadata) metadata = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(
      read_document(&metadata, document, "http://127.0.0.1:4711", true, &err),
      E_OK, "%s", err.message);
  cr_expect_str_eq(metadata->token_endpoint, "http://127.0.0.1:4712/token");
}

Test(metadata, is_looked_for_in_both_well_known_forms)
{
#define W "https://a.example/.well-known/"
  static const struct {
    const char *issuer;
    enum profile_discovery discovery;
    const char *places[METADATA_PLACES + 1];
  } rows[] = {
      {"https://a.example",
       DISCOVERY_AUTO,
       {W "oauth-authorization-server", W "openid-configuration"}},
      {"https://a.example/",
       DISCOVERY_AUTO,
       {W "oauth-authorization-server", W "openid-configuration"}},
      {"https://a.example/t",
       DISCOVERY_AUTO,
       {W "oauth-authorization-server/t",
        "https://a.example/t/.well-known/openid-configuration",
        W "openid-configuration/t"}},
      {"https://a.example/t/u/",
       DISCOVERY_AUTO,
       {W "oauth-authorization-server/t/u",
        "https://a.example/t/u/.well-known/openid-configuration",
        W "openid-configuration/t/u"}},
      {"https://a.example/t",
       DISCOVERY_OAUTH,
       {W "oauth-authorization-server/t"}},
      {"https://a.example/t",
       DISCOVERY_OIDC,
       {"https://a.example/t/.well-known/openid-configuration",
        W "openid-configuration/t"}},
      {"https://a.example", DISCOVERY_OIDC, {W "openid-configuration"}},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    char *places[METADATA_PLACES] = {NULL};
    struct err err = ERR_INIT;
    size_t count = 0;

    cr_assert_eq(metadata_places(places, &count, rows[i].issuer,
                                 rows[i].discovery, &err),
                 E_OK, "%s", err.message);
    for (size_t j = 0; j < count; j++) {
      cr_assert_not_null(rows[i].places[j], "%s: %s", rows[i].issuer,
                         places[j]);
      cr_expect_str_eq(places[j], rows[i].places[j]);
      mem_free(places[j]);
    }
    cr_expect_null(rows[i].places[count], "%s", rows[i].issuer);
  }
}

Test(metadata, asks_no_issuer_that_is_no_url)
{
  static const char *const issuers[] = {
      "http://a.example", "https://a.example?x=1", "https://a.example#f",
      "a.example",        "https://u@a.example",   ""};

  for (size_t i = 0; i < ARRAY_LEN(issuers); i++) {
    char *places[METADATA_PLACES] = {NULL};
    struct err err = ERR_INIT;
    size_t count = 0;

    cr_expect_neq(
        metadata_places(places, &count, issuers[i], DISCOVERY_AUTO, &err), E_OK,
        "%s", issuers[i]);
  }
}

Test(metadata, is_overridden_by_the_profile)
{
  AUTO(profile)
  profile =
      profile_of("{\"schema\": 1, \"issuer\": \"" ISSUER "\", \"metadata\": "
                 "{\"token_endpoint\": \"https://other.example/token\"}}");
  AUTO_JSON json_t *document = good();
  AUTO(metadata) metadata = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(read_document(&metadata, document, ISSUER, true, &err), E_OK);
  cr_assert_eq(metadata_override(metadata, profile, &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(metadata->token_endpoint, "https://other.example/token");
  cr_expect_str_eq(metadata->revocation_endpoint,
                   "https://login.acme.example/t/revoke");
  cr_expect_str_eq(metadata->issuer, ISSUER);
}

Test(metadata, is_the_profiles_alone_where_no_issuer_is_named)
{
  AUTO(profile)
  profile = profile_of(
      "{\"schema\": 1, \"metadata\": "
      "{\"authorization_endpoint\": \"https://a.example/authorize\", "
      "\"token_endpoint\": \"https://a.example/token\"}}");
  AUTO(metadata) metadata = NULL;
  struct err err = ERR_INIT;

  /* no HTTP: nothing is asked */
  cr_assert_eq(metadata_fetch(&metadata, NULL, profile, NULL, &err), E_OK, "%s",
               err.message);
  cr_expect_null(metadata->issuer);
  cr_expect_null(metadata->source);
  cr_expect_str_eq(metadata->token_endpoint, "https://a.example/token");
}

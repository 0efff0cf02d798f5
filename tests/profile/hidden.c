#include "profile/hidden.h"

#include "base/attr.h"
#include "profile/nearest.h"

#include <criterion/criterion.h>

Test(hidden, knows_secrets_by_name)
{
  static const struct {
    const char *name;
    enum hidden_kind kind;
  } rows[] = {
      {"token", HIDDEN_TOKEN},
      {"API-Key", HIDDEN_TOKEN},
      {"api_token", HIDDEN_TOKEN},
      {"PRIVATE-TOKEN", HIDDEN_TOKEN},
      {"passWord", HIDDEN_TOKEN},
      {"Cookie", HIDDEN_TOKEN},
      {"Authorization", HIDDEN_TOKEN},
      {"client_secret", HIDDEN_CLIENT_SECRET},
      {"clientSecret", HIDDEN_CLIENT_SECRET},
      {"secret", HIDDEN_CLIENT_SECRET},
      {"refresh_token", HIDDEN_SESSION},
      {"access-token", HIDDEN_SESSION},
      {"private_key", HIDDEN_PRIVATE_KEY},
      {"token_endpoint", HIDDEN_NOT},
      {"token_type", HIDDEN_NOT},
      {"token_cache", HIDDEN_NOT},
      {"key_id", HIDDEN_NOT},
      {"description", HIDDEN_NOT},
      {"", HIDDEN_NOT},
      {"a_very_long_name_that_is_longer_than_any_of_the_secret_ones",
       HIDDEN_NOT},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(hidden_by_name(rows[i].name), rows[i].kind, "%s",
                 rows[i].name);
}

Test(hidden, knows_tokens_by_their_look)
{
  static const struct {
    const char *text;
    bool hidden;
  } rows[] = {
      {"ghp_testtokennotreal00000000000000000000", true},
      {"github_pat_testtokennotreal0000_00000000", true},
      {"glpat-testtokennotreal00", true},
      {"xoxb-000000000000-testtokennotreal", true},
      {"sk-testtokennotreal0000000", true},
      {"eyJ0ZXN0IjoidG9rZW4ifQ.bm90LXJlYWw.c2ln", true},
      {"-----BEGIN PRIVATE KEY-----", true},
      {"ghp_short", false},
      {"eyJlist.of", false},
      {"sk-", false},
      {"https://api.example/ghp_testtokennotreal0000000000000", false},
      {"sk-learn is a library, and this a sentence", false},
      {"Bearer {token}", false},
      {"", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(hidden_by_value(rows[i].text), rows[i].hidden, "%s",
                 rows[i].text);
}

Test(hidden, keeps_the_protocols_own_parameters_and_headers)
{
  static const char *const parameters[] = {
      "client_id",     "redirect_uri",  "state",          "code",
      "nonce",         "scope",         "code_challenge", "grant_type",
      "STATE",         "client_secret", "refresh_token",  "code_verifier",
      "response_type", "request_uri",   "resource",       "audience",
      "prompt",        "login_hint",    "assertion",      "password",
      "username"};
  static const char *const free_parameters[] = {
      "acr_values",  "max_age", "ui_locales",  "claims",
      "access_type", "hd",      "domain_hint", "tenant"};
  static const char *const headers[] = {"Host", "content-length", "DPoP",
                                        "Transfer-Encoding", "Connection"};

  for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
    cr_expect_not_null(hidden_parameter(parameters[i]), "%s", parameters[i]);
  for (size_t i = 0; i < ARRAY_LEN(free_parameters); i++)
    cr_expect_null(hidden_parameter(free_parameters[i]), "%s",
                   free_parameters[i]);
  for (size_t i = 0; i < ARRAY_LEN(headers); i++)
    cr_expect_not_null(hidden_header(headers[i]), "%s", headers[i]);
  cr_expect_null(hidden_header("Notion-Version"));
}

Test(nearest, counts_changes)
{
  static const struct {
    const char *a, *b;
    size_t distance;
  } rows[] = {
      {"scope", "scope", 0},  {"scpoe", "scope", 1},   {"scop", "scope", 1},
      {"scopes", "scope", 1}, {"skope", "scope", 1},   {"sc", "scope", 3},
      {"", "ab", 2},          {"abcdef", "ghijkl", 3},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    cr_expect_eq(nearest_distance(rows[i].a, rows[i].b, 2), rows[i].distance,
                 "%s, %s", rows[i].a, rows[i].b);
    cr_expect_eq(nearest_distance(rows[i].b, rows[i].a, 2), rows[i].distance,
                 "%s, %s", rows[i].b, rows[i].a);
  }
}

Test(nearest, suggests_what_was_probably_meant)
{
  static const char *const names[] = {"acme", "github", "gitlab", "x"};

  cr_expect_str_eq(nearest_of("githb", names, 4), "github");
  cr_expect_str_eq(nearest_of("gitlba", names, 4), "gitlab");
  cr_expect_str_eq(nearest_of("acem", names, 4), "acme");
  cr_expect_null(nearest_of("jira", names, 4));
  cr_expect_null(nearest_of("y", names, 0));
}

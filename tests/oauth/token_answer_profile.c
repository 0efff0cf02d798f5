/* What a token endpoint answers in its own way, as the profile tells of it. */
#include "oauth/token_answer_case.h"

#include "base/mem.h"
#include "support/mutate.h"

#include <criterion/criterion.h>
#include <string.h>

/* Rule 1.8; stated is the profile's word for what a server leaves out. */
Test(token_answer_profile, is_of_the_type_that_was_asked_for)
{
  static const struct {
    bool bound;
    const char *type, *stated;
    enum code code;
  } rows[] = {
      {false, "Bearer", "null", E_OK},
      {true, "Bearer", "null", E_CHECK},
      {false, "DPoP", "null", E_CHECK},
      {true, "DPoP", "null", E_OK},
      {false, "dpop", "null", E_CHECK},
      {true, "dpop", "null", E_OK},
      {false, "DPoP", "\"Bearer\"", E_CHECK},
      {true, "DPoP", "\"Bearer\"", E_OK},
      {true, "bearer", "\"DPoP\"", E_CHECK},
      {true, "mac", "null", E_ANSWER},
      {true, "mac", "\"Bearer\"", E_CHECK},
      {true, "mac", "\"DPoP\"", E_OK},
      {true, NULL, "null", E_ANSWER},
      {true, NULL, "\"Bearer\"", E_CHECK},
      {true, NULL, "\"DPoP\"", E_OK},
      {false, NULL, "\"DPoP\"", E_CHECK},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *json =
        mem_printf("{\"schema\": 1, \"token_response\": {\"token_type\": %s}}",
                   rows[i].stated);
    AUTO(profile) profile = profile_of(json);
    AUTO_JSON json_t *body = json_pack("{s:s, s:s*}", "access_token", ACCESS,
                                       "token_type", rows[i].type);
    AUTO_TOKEN_ANSWER struct token_answer answer = {.bound = rows[i].bound};
    struct err err = ERR_INIT;

    cr_expect_eq(read_object(&answer, profile, body, &err), rows[i].code,
                 "%zu: %s", i, err.message);
    cr_expect_eq(answer.token_type != NULL, rows[i].code == E_OK, "%zu", i);
  }
}

Test(token_answer_profile, deviates_as_the_profile_says)
{
  AUTO(profile)
  profile = profile_of(
      "{\"schema\": 1,"
      " \"token_request\": {\"scope_separator\": \",\"},"
      " \"token_response\": {\"at\": \"/authed_user\", \"ok\": \"/ok\","
      "  \"token_type\": \"user\", \"lifetime\": 43200,"
      "  \"errors\": {\"token_expired\": \"invalid_grant\"}}}");
  static const struct {
    const char *body;
    enum code code;
    const char *error;
  } rows[] = {
      {"{\"ok\":true,\"authed_user\":{\"access_token\":\"" ACCESS
       "\",\"scope\":\"a,b\"}}",
       E_OK, NULL},
      {"{\"ok\":true,\"authed_user\":{\"access_token\":\"" ACCESS
       "\",\"scope\":\"a,b\",\"token_type\":\"bot\"}}",
       E_OK, NULL},
      {"{\"ok\":false,\"authed_user\":{\"access_token\":\"" ACCESS "\"}}",
       E_ANSWER, NULL},
      {"{\"authed_user\":{\"access_token\":\"" ACCESS "\"}}", E_ANSWER, NULL},
      {"{\"ok\":1,\"authed_user\":{\"access_token\":\"" ACCESS "\"}}", E_ANSWER,
       NULL},
      {"{\"ok\":true,\"access_token\":\"" ACCESS "\"}", E_ANSWER, NULL},
      {"{\"ok\":true,\"authed_user\":\"x\"}", E_ANSWER, NULL},
      {"{\"ok\":false,\"error\":\"token_expired\"}", E_OAUTH, "invalid_grant"},
      {"{\"ok\":false,\"error\":\"other\"}", E_OAUTH, "other"},
      {"{\"ok\":true,\"authed_user\":{\"error\":\"token_expired\"}}", E_OAUTH,
       "invalid_grant"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TOKEN_ANSWER struct token_answer answer = {0};
    struct err err = ERR_INIT;

    cr_expect_eq(read_json(&answer, profile, 200, rows[i].body, &err),
                 rows[i].code, "%s: %s", rows[i].body, err.message);
    if (rows[i].code == E_OK) {
      cr_expect_str_eq(answer.token_type, "user");
      cr_expect_str_eq(answer.scope, "a b");
      cr_expect_eq(answer.expires_at, SENT + 43200);
    }
    if (rows[i].error)
      cr_expect_str_eq(answer.error, rows[i].error);
  }
}

Test(token_answer_profile, to_a_refresh_need_not_be_nested)
{
  AUTO(profile)
  profile = profile_of("{\"schema\": 1,"
                       " \"token_response\": {\"at\": \"/authed_user\"}}");
  static const char *const bodies[] = {
      "{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\"}",
      "{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
      "\"authed_user\":null}",
      "{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
      "\"authed_user\":{\"id\":\"U1\"}}",
      "{\"access_token\":\"other-not-real\",\"token_type\":\"Bearer\","
      "\"authed_user\":{\"access_token\":\"" ACCESS
      "\",\"token_type\":\"Bearer\"}}"};

  for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
    AUTO_TOKEN_ANSWER struct token_answer answer = {.refreshing = true};
    struct err err = ERR_INIT;

    cr_expect_eq(read_json(&answer, profile, 200, bodies[i], &err), E_OK,
                 "%s: %s", bodies[i], err.message);
    cr_expect_str_eq(secret_reveal(answer.access_token), ACCESS);
  }
}

Test(token_answer_profile, names_the_api_where_the_profile_looks_for_it)
{
  AUTO(profile)
  profile = profile_of("{\"schema\": 1, \"api_from_token\":"
                       " {\"pointer\": \"/instance_url\","
                       "  \"within\": [\"acme.example\"]}}");
  AUTO_JSON json_t *body = good();
  AUTO_TOKEN_ANSWER struct token_answer answer = {0};
  struct err err = ERR_INIT;

  json_object_set_new(body, "instance_url",
                      json_string("https://a.acme.example"));
  for (AUTO_MUTATION struct mutation m = {0}; mutate_next(&m, body);) {
    AUTO_TOKEN_ANSWER struct token_answer mutated = {0};
    if (strcmp(m.member, "/instance_url") != 0)
      continue;
    enum code code = read_json(&mutated, profile, 200, m.text, &err);
    bool taken = code == E_OK;
    cr_expect(taken ? m.kind != MUTATE_BROKEN && m.kind != MUTATE_TWICE
                    : code == E_ANSWER,
              "%s", m.name);
    cr_expect(taken || mutated.api_base == NULL, "%s", m.name);
  }
  cr_assert_eq(read_object(&answer, profile, body, &err), E_OK);
  cr_expect_str_eq(answer.api_base, "https://a.acme.example");
}

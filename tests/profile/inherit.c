/* What a profile takes from its preset, and the presets that come with fob. */
#include "profile/inherit.h"

#include "base/json.h"
#include "base/mem.h"
#include "profile/preset.h"
#include "profile/value.h"
#include "world.h"

TestSuite(inherit, .init = world_make);

static json_t *json_of(const char *text)
{
  json_t *value = json_loads(text, 0, NULL);

  cr_assert_not_null(value, "%s", text);
  return value;
}

Test(inherit, merges_member_by_member)
{
  static const struct {
    const char *preset, *own, *merged;
  } rows[] = {
      {"{}", "{}", "{}"},
      {"{\"a\":1}", "{}", "{\"a\":1}"},
      {"{\"a\":1}", "{\"a\":2}", "{\"a\":2}"},
      {"{\"a\":[1,2]}", "{\"a\":[3]}", "{\"a\":[3]}"},
      {"{\"a\":[1,2]}", "{\"a\":[]}", "{\"a\":[]}"},
      {"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"c\":3,\"d\":4}}",
       "{\"a\":{\"b\":1,\"c\":3,\"d\":4}}"},
      {"{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"d\":2}}}",
       "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}"},
      {"{\"a\":1,\"b\":2}", "{\"a\":null}", "{\"b\":2}"},
      {"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":null}}",
       "{\"a\":{\"c\":2}}"},
      {"{\"a\":{\"b\":1}}", "{\"a\":null}", "{}"},
      {"{\"a\":1}", "{\"a\":{\"b\":2}}", "{\"a\":{\"b\":2}}"},
      {"{\"a\":{\"b\":2}}", "{\"a\":1}", "{\"a\":1}"},
      {"{\"x-source\":1,\"a\":2}", "{\"x-own\":3}", "{\"a\":2,\"x-own\":3}"},
      {"{\"a\":null}", "{\"b\":{\"c\":null}}", "{\"b\":{}}"},
      {"{\"a\":[null,{\"b\":null}]}", "{}", "{\"a\":[null,{\"b\":null}]}"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *preset = json_of(rows[i].preset);
    AUTO_JSON json_t *own = json_of(rows[i].own);
    AUTO_JSON json_t *wanted = json_of(rows[i].merged);
    AUTO_JSON json_t *preset_before = json_deep_copy(preset);
    AUTO_JSON json_t *own_before = json_deep_copy(own);
    AUTO_JSON json_t *merged = NULL;
    cr_assert_eq(inherit_merge(preset, own, &merged, &err), E_OK);
    cr_expect(json_equal(merged, wanted), "row %zu", i);
    cr_expect(json_equal(preset, preset_before), "row %zu", i);
    cr_expect(json_equal(own, own_before), "row %zu", i);
  }
}

Test(inherit, takes_one_form_of_auth_whole)
{
  world_preset("header", "{\"auth\":{\"in\":\"header\",\"name\":\"X-Key\","
                         "\"format\":\"{token}\"}}");
  world_preset("basic", "{\"auth\":{\"scheme\":\"basic\",\"user\":\"ann\"}}");

  AUTO(profile)
  to_basic = world_parse(
      "{\"preset\":\"header\",\"auth\":{\"scheme\":\"basic\",\"user\":\"b\"}}");
  cr_expect_eq(to_basic->auth.in, AUTH_BASIC);
  AUTO(profile)
  to_header =
      world_parse("{\"preset\":\"basic\",\"auth\":{\"name\":\"X-Other\"}}");
  cr_expect_eq(to_header->auth.in, AUTH_HEADER);
  cr_expect_str_eq(to_header->auth.name, "X-Other");
  AUTO(profile)
  user = world_parse("{\"preset\":\"basic\",\"auth\":{\"user\":\"eve\"}}");
  cr_expect_eq(user->auth.in, AUTH_BASIC);
  cr_expect_str_eq(user->auth.user, "eve");
  AUTO(profile)
  format = world_parse(
      "{\"preset\":\"header\",\"auth\":{\"format\":\"Key {token}\"}}");
  cr_expect_str_eq(format->auth.name, "X-Key");
  cr_expect_str_eq(format->auth.format, "Key {token}");
}

Test(inherit, names_the_preset_that_is_wrong)
{
  static const struct {
    const char *preset, *reason;
  } rows[] = {
      {"{\"grant\":7}", "grant must be"},
      {"{\"preset\":\"github\"}", "preset is for profiles"},
      {"{\"auth\":{\"tokn\":1}}", "auth.tokn"},
      {"{", "not valid JSON"},
      {"{\"schema\":2}", "schema 2"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    world_preset("bad", rows[i].preset);
    world_refuse("{\"preset\":\"bad\"}", "presets/bad.json'");
    cr_expect_not_null(strstr(err.message, rows[i].reason), "%s", err.message);
  }
}

Test(inherit, names_the_profile_whose_preset_is_missing)
{
  struct profile *p = NULL;

  world_profile("acme", "{\"preset\":\"githb\"}");
  cr_assert_eq(profile_load(&p, "acme", &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "acme.json"), "%s", err.message);
  cr_expect_not_null(strstr(err.message, "no preset 'githb'"), "%s",
                     err.message);
  cr_expect_not_null(strstr(err.hint, "'github'"), "%s", err.hint);
}

Test(inherit, prefers_the_users_own_preset)
{
  AUTO_LIST struct text_list names = {0};
  AUTO_STR char *joined = NULL;

  world_preset("github", "{\"api\":[\"https://ghe.example/api/v3\"]}");
  world_preset("acme", "{}");
  AUTO(profile) p = world_parse("{\"preset\":\"github\"}");
  cr_expect_str_eq(p->api.items[0], "https://ghe.example/api/v3");
  cr_assert_eq(preset_names(&names, &err), E_OK);
  cr_assert_eq(text_list_join(&names, " ", &joined, &err), E_OK);
  cr_expect_str_eq(joined, "acme atlassian auth0 github gitlab google keycloak "
                           "microsoft notion okta salesforce slack");
  cr_expect(preset_exists("acme"));
  cr_expect_not(preset_exists("../presets/acme"));
}

/* --- the presets that come with fob -------------------------------------- */

Test(inherit, github_answers_the_questions_of_a_login)
{
  AUTO(profile) p = world_parse("{\"preset\":\"github\"}");

  cr_expect_str_eq(p->api.items[0], "https://api.github.com");
  cr_expect_str_eq(p->auth.name, "Authorization");
  cr_expect_str_eq(p->account.path, "/user");
  cr_expect_str_eq(p->account.expires_header,
                   "github-authentication-token-expiration");
  cr_expect_str_eq(json_text(p->metadata, "token_endpoint"),
                   "https://github.com/login/oauth/access_token");
  cr_expect_eq(p->discovery, DISCOVERY_OFF);
  cr_expect_str_eq(p->token_request.scope_separator, ",");
  cr_expect_str_eq(json_text(p->token_response.errors, "bad_refresh_token"),
                   "invalid_grant");
}

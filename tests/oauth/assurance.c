#include "oauth/assurance.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

#define ASKED 1800000000

static struct profile *profile_of(const char *authorize)
{
  AUTO_STR char *json =
      mem_printf("{\"schema\": 1, \"client\": {\"id\": \"fob-cli\"}, "
                 "\"params\": {\"authorize\": %s}}",
                 authorize);
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s", err.message);
  return profile;
}

static enum code check(const char *authorize, const char *claims,
                       struct err *err)
{
  AUTO(profile) profile = profile_of(authorize);
  AUTO_JSON json_t *object = json_loads(claims, 0, NULL);

  cr_assert_not_null(object, "%s", claims);
  return assurance_check(profile, object, ASKED, err);
}

#define ESSENTIAL                                                              \
  "{\"claims\": \"{\\\"id_token\\\": {\\\"acr\\\": {\\\"essential\\\": true, " \
  "\\\"values\\\": [\\\"mfa\\\", \\\"hwk\\\"]}}}\"}"
#define ESSENTIAL_TIME                                                         \
  "{\"claims\": \"{\\\"id_token\\\": {\\\"auth_time\\\": {\\\"essential\\\": " \
  "true}}}\"}"

Test(assurance, holds_the_id_token_against_what_was_asked)
{
  static const struct {
    const char *authorize, *claims;
    enum code code;
  } rows[] = {
      {"{}", "{}", E_OK},
      {"{}", "{\"auth_time\": \"yesterday\"}", E_OK},
      {"{\"max_age\": \"300\"}", "{\"auth_time\": 1800000007}", E_OK},
      {"{\"max_age\": \"300\"}", "{\"auth_time\": 1799999640}", E_OK},
      {"{\"max_age\": \"300\"}", "{\"auth_time\": 1799999639}", E_LESS},
      {"{\"max_age\": \"0\"}", "{\"auth_time\": 1799999940}", E_OK},
      {"{\"max_age\": \"0\"}", "{\"auth_time\": 1799999939}", E_LESS},
      {"{\"max_age\": \"0\"}", "{\"auth_time\": 0}", E_LESS},
      {"{\"max_age\": \"300\"}", "{}", E_CHECK},
      {"{\"max_age\": \"300\"}", "{\"auth_time\": null}", E_CHECK},
      {"{\"max_age\": \"300\"}", "{\"auth_time\": -1}", E_CHECK},
      {"{\"max_age\": \"300\"}", "{\"auth_time\": \"1800000000\"}", E_CHECK},
      {"{\"max_age\": \"300\"}", "{\"auth_time\": 1800000000.5}", E_CHECK},
      {"{\"max_age\": \"\"}", "{}", E_OK},
      {ESSENTIAL_TIME, "{\"auth_time\": 1}", E_OK},
      {ESSENTIAL_TIME, "{}", E_CHECK},
      /* a wish: warned of at most */
      {"{\"acr_values\": \"mfa hwk\"}", "{\"acr\": \"hwk\"}", E_OK},
      {"{\"acr_values\": \"mfa hwk\"}", "{\"acr\": \"pwd\"}", E_OK},
      {"{\"acr_values\": \"mfa hwk\"}", "{}", E_OK},
      {"{\"acr_values\": \"mfa\"}", "{\"acr\": 2}", E_CHECK},
      {"{\"acr_values\": \"mfa\"}", "{\"acr\": \"m\\u0007fa\"}", E_CHECK},
      /* and a demand */
      {ESSENTIAL, "{\"acr\": \"hwk\"}", E_OK},
      {ESSENTIAL, "{\"acr\": \"hw\"}", E_LESS},
      {ESSENTIAL, "{}", E_LESS},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;

    cr_expect_eq(check(rows[i].authorize, rows[i].claims, &err), rows[i].code,
                 "%s %s: %d %s", rows[i].authorize, rows[i].claims, err.code,
                 err.message);
  }
}

Test(assurance, refuses_a_profile_that_asks_for_nonsense)
{
  static const char *const rows[] = {
      "{\"max_age\": \"15m\"}",         "{\"max_age\": \"-1\"}",
      "{\"max_age\": \"99999999999\"}", "{\"claims\": \"acr\"}",
      "{\"claims\": \"[]\"}",
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = profile_of(rows[i]);
    struct err err = ERR_INIT;

    cr_expect_eq(assurance_ready(profile, &err), E_PROFILE, "%s", rows[i]);
  }
}

/* The whole way: a server that overlooks max_age. */
Test(assurance, ends_a_login_that_is_older_than_was_asked)
{
  static const struct {
    const char *order;
    enum code code;
  } rows[] = {
      {"{'set': {'auth_age': 4000}}", E_OK}, /* the server asks again */
      {"{'set': {'patch': {'id_token': {'auth_time': 1700000000}}}}", E_LESS},
      {"{'set': {'patch': {'id_token': {'auth_time': null}}}}", E_CHECK},
      {"{'set': {'acr': 'pwd'}}", E_OK},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct login_result result = {0};
    AUTO_FLOW struct flow f;
    struct err err = ERR_INIT;

    flow_start(&f, "'scope': ['openid'], 'params': {'authorize': "
                   "{'max_age': '3600', 'acr_values': 'mfa'}}");
    server_order(&f.server, "%s", rows[i].order);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s: %s", rows[i].order, err.message);
    cr_expect_eq(result.record == NULL, rows[i].code != E_OK);
    login_result_clear(&result);
  }
}

Test(assurance, sends_nothing_for_a_profile_that_asks_for_nonsense)
{
  struct login_result result = {0};
  AUTO_FLOW struct flow f;
  struct err err = ERR_INIT;

  flow_start(&f, "'params': {'authorize': {'max_age': 'never'}}");
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
               E_PROFILE, "%s", err.message);
  cr_expect_not_null(strstr(err.hint, "--max-age"), "%s", err.hint);
  cr_expect_eq(server_count(&f.server, "/authorize"), 0);
}

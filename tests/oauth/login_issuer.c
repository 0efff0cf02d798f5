/* Where a login finds its server, and whose metadata it believes. */
#include "oauth/login.h"

#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

#define AUTO_RESULT __attribute__((cleanup(login_result_clear)))

Test(login_issuer, finds_metadata_in_either_form)
{
  static const char *const forms[] = {"oidc", "oauth", "oidc oauth"};

  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "");
    server_order(&f.server, "{'set': {'forms': '%s'}}", forms[i]);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
                 "%s: %s", forms[i], err.message);
  }
}

Test(login_issuer, asks_only_where_the_profile_says)
{
  static const struct {
    const char *discovery, *forms;
    enum code code;
  } rows[] = {
      {"'discovery': 'oidc'", "oidc", E_OK},
      {"'discovery': 'oidc'", "oauth", E_ANSWER},
      {"'discovery': 'oauth'", "oauth", E_OK},
      {"'discovery': 'oauth'", "oidc", E_ANSWER},
      {"'discovery': 'off'", "oidc oauth", E_ANSWER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, rows[i].discovery);
    server_order(&f.server, "{'set': {'forms': '%s'}}", rows[i].forms);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s %s: %s", rows[i].discovery, rows[i].forms,
                 err.message);
  }
}

Test(login_issuer, passes_over_a_page_that_is_no_metadata)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  server_order(&f.server,
               "{'next': {'path': '/.well-known/oauth-authorization-server', "
               "'fault': 'status', 'status': 200, "
               "'headers': {'Content-Type': 'text/html'}, "
               "'body': '<!doctype html><title>Sign in</title>'}}");
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
}

static void spell_with_slash(const struct flow *f)
{
  server_order(&f->server,
               "{'set': {'patch': {'metadata': {'issuer': '%s/'}, "
               "'callback': {'iss': '%s/'}}}}",
               f->server.issuer, f->server.issuer);
}

Test(login_issuer, adopts_the_servers_slash_once)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result first = {0};
  AUTO_RESULT struct login_result second = {0};
  AUTO_RESULT struct login_result third = {0};
  AUTO_STR char *spelt = NULL;
  struct err err = ERR_INIT;

  flow_start(&f, "'scope': ['api:read']");
  spell_with_slash(&f);
  cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &first, &err), E_OK,
               "%s", err.message);
  spelt = mem_printf("%s/", f.server.issuer);
  cr_expect_str_eq(first.issuer, spelt);
  cr_expect_str_eq(first.record->bound.issuer, spelt);
  cr_expect_eq(session_check_bound(f.profile, first.record, &err), E_OK);

  /* from now on exact, also where the profile could not be rewritten */
  f.previous_issuer = spelt;
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &second, &err), E_OK,
               "%s", err.message);
  server_reset(&f.server);
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &third, &err), E_CHECK);
  cr_expect_not_null(strstr(err.hint, spelt), "%s", err.hint);
  /* and in the profile itself */
  f.previous_issuer = f.server.issuer;
  spell_with_slash(&f);
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &third, &err), E_CHECK);
}

/* A server whose issuer is the same for any tenant (Entra). */
Test(login_issuer, pins_the_tenant_of_the_id_token)
{
#define TENANT "9188040d-6c67-4c5b-b112-36a304b66dad"
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  AUTO_STR char *filled = NULL;
  struct err err = ERR_INIT;

  flow_start(&f, "");
  flow_profile(&f, "{'schema': 1, 'issuer': '%s/common', 'scope': ['openid'], "
                   "'client': {'id': 'fob-demo'}}");
  server_order(&f.server,
               "{'next': {'path': '/.well-known/oauth-authorization-server"
               "/common', 'fault': 'status', 'status': 200, 'body': "
               "{'issuer': '%s/{tenantid}', "
               "'authorization_endpoint': '%s/authorize', "
               "'token_endpoint': '%s/token', 'jwks_uri': '%s/jwks'}}, "
               "'set': {'iss': false, 'patch': {'id_token': "
               "{'iss': '%s/" TENANT "', 'tid': '" TENANT "'}}}}",
               f.server.base, f.server.base, f.server.base, f.server.base,
               f.server.base);
  cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  filled = mem_printf("%s/" TENANT, f.server.base);
  cr_expect_str_eq(result.record->bound.issuer, filled);
  cr_expect_eq(session_check_bound(f.profile, result.record, &err), E_OK, "%s",
               err.message);
}

Test(login_issuer, works_with_endpoints_in_the_profile_alone)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  AUTO_STR char *json = NULL;
  struct err err = ERR_INIT;

  flow_start(&f, "");
  json = mem_printf(
      "{'schema': 1, 'client': {'id': 'fob-demo'}, 'scope': ['api:read'], "
      "'metadata': {'authorization_endpoint': '%s/authorize', "
      "'token_endpoint': '%s/token'}}",
      f.server.base, f.server.base);
  flow_profile(&f, json);
  cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  cr_expect_null(result.record->bound.issuer);
  cr_expect_null(result.issuer);
  cr_expect_not_null(result.record->refresh_token);
  cr_expect_eq(server_count(&f.server, "/.well-known/openid-configuration"), 0);
}

Test(login_issuer, takes_the_profiles_endpoints_where_nothing_is_published)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  AUTO_STR char *json = NULL;
  struct err err = ERR_INIT;

  flow_start(&f, "");
  json =
      mem_printf("{'schema': 1, 'issuer': '%s', 'client': {'id': 'fob-demo'}, "
                 "'scope': ['openid'], "
                 "'metadata': {'authorization_endpoint': '%s/authorize', "
                 "'token_endpoint': '%s/token', 'jwks_uri': '%s/jwks'}}",
                 f.server.issuer, f.server.base, f.server.base, f.server.base);
  flow_profile(&f, json);
  server_order(&f.server, "{'set': {'forms': ''}}");
  cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  cr_expect_str_eq(result.record->account_sub, "user-1");
}

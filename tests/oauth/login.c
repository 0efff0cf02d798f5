#include "oauth/login.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

#define AUTO_RESULT __attribute__((cleanup(login_result_clear)))

Test(login, keeps_what_the_server_granted)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  AUTO_STR char *token_endpoint = NULL;
  const struct record_access *access;
  const struct record *record;
  struct err err = ERR_INIT;
  int64_t now = clock_wall();

  flow_start(&f, "'scope': ['openid', 'email', 'api:read']");
  cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  record = result.record;
  token_endpoint = mem_printf("%s/token", f.server.base);
  cr_expect_str_eq(record->profile, "acme");
  cr_expect_str_eq(record->grant, "authorization_code");
  cr_expect_str_eq(record->bound.issuer, f.server.issuer);
  cr_expect_str_eq(record->bound.token_endpoint, token_endpoint);
  cr_expect_not_null(record->bound.revocation_endpoint);
  cr_expect_not_null(record->bound.jwks_uri);
  cr_expect_str_eq(record->bound.client_id, "fob-demo");
  cr_assert_eq(record->bound.api_count, 1);
  cr_expect_str_eq(record->account_sub, "user-1");
  cr_expect_str_eq(record->account_label, "ann@example.test");
  cr_expect_not_null(record->refresh_token);
  cr_expect_not_null(record->id_token);
  cr_expect_null(record->secret);
  cr_expect_geq(record->created, now);

  access = record_find(record, "");
  cr_assert_not_null(access);
  cr_expect_geq(access->issued_at, now);
  cr_expect_eq(access->expires_at - access->issued_at, 3600);
  cr_expect_str_eq(result.issuer, f.server.issuer);
  cr_expect_str_eq(result.scope_asked, "openid email api:read offline_access");
  cr_expect_null(result.scope_missing);
  cr_expect_null(result.scope_extra);
  cr_expect(result.offline);
}

Test(login, uses_the_endpoints_that_were_published)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  server_order(&f.server, "{'set': {'prefix': '/x7f3'}}");
  cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  cr_expect_not_null(strstr(result.record->bound.token_endpoint, "/x7f3/"));
}

Test(login, comes_back_through_the_listener)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  cr_assert_eq(flow_login(&f, LOGIN_BROWSER, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  cr_expect_not_null(record_find(result.record, ""));
  cr_expect_not_null(strstr(flow_page(), "Logged in"), "%s", flow_page());
}

Test(login, shows_a_failure_in_the_browser_too)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  server_order(&f.server, "{'set': {'patch': {'id_token': "
                          "{'nonce': '<script>alert(1)</script>'}}}}");
  cr_assert_eq(flow_login(&f, LOGIN_BROWSER, FLOW_HONEST, &result, &err),
               E_CHECK, "%s", err.message);
  cr_expect_not_null(strstr(flow_page(), "The login failed"), "%s",
                     flow_page());
  cr_expect_null(strstr(flow_page(), "<script>alert"));
}

Test(login, ends_with_a_wrong_state_and_sends_no_token_request)
{
  static const enum login_method methods[] = {LOGIN_PASTE, LOGIN_BROWSER};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "");
    cr_expect_eq(flow_login(&f, methods[i], FLOW_OTHER_STATE, &result, &err),
                 E_CHECK, "%s", err.message);
    cr_expect_eq(server_count(&f.server, "/token"), 0);
    cr_expect_null(result.record);
  }
}

/* What the server does wrong, one thing at a time: nothing is given back, and
 * where the answer of the browser is already wrong, nothing is sent. */
Test(login, refuses_what_a_server_does_wrong)
{
  static const struct {
    const char *order;
    enum code code;
    size_t token_requests;
  } rows[] = {
      {"{'set': {'patch': {'callback': {'iss': 'https://evil.example'}}}}",
       E_CHECK, 0},
      {"{'set': {'iss': false, 'patch': {'metadata': "
       "{'authorization_response_iss_parameter_supported': true}}}}",
       E_CHECK, 0},
      {"{'set': {'patch': {'callback': {'code': ''}}}}", E_ANSWER, 0},
      {"{'set': {'consent': 'deny'}}", E_OAUTH, 0},
      {"{'set': {'patch': {'metadata': {'issuer': 'https://evil.example'}}}}",
       E_CHECK, 0},
      {"{'set': {'patch': {'metadata': {'token_endpoint': 1}}}}", E_ANSWER, 0},
      {"{'set': {'patch': {'metadata': {'authorization_endpoint': "
       "'http://evil.example/authorize'}}}}",
       E_PLAIN_HTTP, 0},
      {"{'set': {'forms': ''}}", E_ANSWER, 0},
      {"{'set': {'patch': {'id_token': {'iss': 'https://evil.example'}}}}",
       E_CHECK, 1},
      {"{'set': {'patch': {'id_token': {'aud': 'other'}}}}", E_CHECK, 1},
      {"{'set': {'patch': {'id_token': {'nonce': 'other'}}}}", E_CHECK, 1},
      {"{'set': {'patch': {'id_token': {'at_hash': 'AAAA'}}}}", E_CHECK, 1},
      {"{'set': {'id_token': {'signature': 'flip'}}}", E_CHECK, 1},
      {"{'set': {'id_token': {'signature': 'none'}}}", E_CHECK, 1},
      {"{'set': {'id_token': {'signature': 'hs256'}}}", E_CHECK, 1},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 200, 'body': "
       "{'access_token': 'test-not-real', 'token_type': 'Bearer'}}}",
       E_ANSWER, 1}, /* openid, and no ID token */
      {"{'set': {'patch': {'token': {'token_type': 'DPoP'}}}}", E_ANSWER, 1},
      {"{'set': {'patch': {'token': {'access_token': ''}}}}", E_ANSWER, 1},
      {"{'set': {'patch': {'token': {'error': 'invalid_grant'}}}}", E_OAUTH, 1},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 500,"
       " 'body': 'oops'}}",
       E_ISSUER_5XX, 1},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 429}}", E_RATE,
       1},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 307,"
       " 'headers': {'Location': 'http://127.0.0.1:9/'}}}",
       E_ANSWER, 1},
      {"{'next': {'path': '/token', 'fault': 'cut'}}", E_CUT, 1},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "'scope': ['openid']");
    server_order(&f.server, "%s", rows[i].order);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s: %d %s", rows[i].order, err.code,
                 err.message);
    cr_expect_eq(server_count(&f.server, "/token"), rows[i].token_requests,
                 "%s", rows[i].order);
    cr_expect_null(result.record);
    cr_expect_neq(err.message[0], '\0');
    cr_expect_null(strchr(err.message, '\n'));
  }
}

Test(login, fetches_the_keys_once_more_for_an_unknown_kid)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  server_order(&f.server,
               "{'set': {'id_token': {'signature': 'unpublished'}}}");
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_CHECK,
               "%s", err.message);
  cr_expect_eq(server_count(&f.server, "/jwks"), 2);
}

Test(login, waits_no_longer_than_it_should)
{
  static const enum login_method methods[] = {LOGIN_PASTE, LOGIN_BROWSER};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "");
    cr_expect_eq(flow_login(&f, methods[i], FLOW_AWAY, &result, &err),
                 E_PERSON_TIMEOUT, "%s", err.message);
  }
}

Test(login, lets_a_person_paste_again_but_not_for_ever)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  AUTO_RESULT struct login_result none = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_TWICE, &result, &err), E_OK,
               "%s", err.message);
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_GONE, &none, &err), E_USAGE,
               "%s", err.message);
}

Test(login, goes_on_with_the_listener_when_the_terminal_closes)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  cr_expect_eq(flow_login(&f, LOGIN_BROWSER, FLOW_GONE, &result, &err), E_OK,
               "%s", err.message);
}

/* --- issuers ----------------------------------------------------------- */

Test(login, finds_metadata_in_either_form)
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

Test(login, asks_only_where_the_profile_says)
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

Test(login, passes_over_a_page_that_is_no_metadata)
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

Test(login, adopts_the_servers_slash_once)
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
Test(login, pins_the_tenant_of_the_id_token)
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

Test(login, works_with_endpoints_in_the_profile_alone)
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

Test(login, takes_the_profiles_endpoints_where_nothing_is_published)
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

/* --- scopes ------------------------------------------------------------ */

Test(login, reports_scopes_as_sets)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "'scope': ['api:write', 'api:read', 'email'], "
                 "'token_response': {'scope_aliases': {'email': 'mail'}}");
  server_order(&f.server, "{'set': {'grant_scope': 'profile mail api:read'}}");
  cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  cr_expect_str_eq(result.record->scope_granted, "profile mail api:read");
  cr_expect_str_eq(result.scope_missing, "api:write");
  cr_expect_str_eq(result.scope_extra, "profile");
}

/* --- the client itself ------------------------------------------------- */

Test(login, as_the_client_itself)
{
  static const char *const auths[] = {"", "'auth': 'client_secret_basic', ",
                                      "'auth': 'client_secret_post', "};

  for (size_t i = 0; i < ARRAY_LEN(auths); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_STR char *json = mem_printf(
        "{'schema': 1, 'issuer': '%%s', 'grant': 'client_credentials', "
        "'client': {%s'id': 'fob-service'}, 'scope': ['api:read']}",
        auths[i]);
    struct err err = ERR_INIT;

    flow_start(&f, "");
    flow_profile(&f, json);
    cr_assert_eq(
        flow_login(&f, LOGIN_CLIENT_CREDENTIALS, FLOW_HONEST, &result, &err),
        E_OK, "%s%s", auths[i], err.message);
    cr_expect_str_eq(result.record->grant, "client_credentials");
    cr_expect_null(result.record->refresh_token);
    cr_expect_not_null(record_find(result.record, ""));
    cr_expect_str_eq(result.record->scope_granted, "api:read");
  }
}

Test(login, says_which_client_authentication_a_server_lists)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  flow_profile(&f, "{'schema': 1, 'issuer': '%s', "
                   "'grant': 'client_credentials', "
                   "'client': {'id': 'unknown-service'}}");
  server_order(&f.server, "{'set': {'patch': {'metadata': "
                          "{'token_endpoint_auth_methods_supported': "
                          "['client_secret_post']}}}}");
  cr_assert_eq(
      flow_login(&f, LOGIN_CLIENT_CREDENTIALS, FLOW_HONEST, &result, &err),
      E_OAUTH, "%s", err.message);
  cr_expect_str_eq(err.oauth_error, "invalid_client");
  cr_expect_not_null(strstr(err.hint, "client.auth"), "%s", err.hint);
}

/* --- a token of one's own ---------------------------------------------- */

Test(login, checks_a_token_of_ones_own)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  flow_profile(&f,
               "{'schema': 1, 'grant': 'token', 'api': ['%s/api'], "
               "'account': {'from': 'path', 'path': '/user', 'id': '/sub', "
               "'label': '/login', "
               "'expires_header': 'github-authentication-token-expiration', "
               "'scopes_header': 'X-OAuth-Scopes'}}");
  cr_assert_eq(flow_login(&f, LOGIN_PAT, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  cr_expect(result.checked);
  cr_expect_null(result.issuer);
  cr_expect_str_eq(result.record->grant, "token");
  cr_expect_str_eq(result.record->account_label, "ann");
  cr_expect_eq(result.record->access_count, 0);
  cr_expect_str_eq(secret_reveal(result.record->secret),
                   "test-pat-not-real-0123456789");
  cr_expect_str_eq(result.record->scope_granted, "repo read:org");
  cr_expect_eq(result.record->secret_expires_at,
               4957149600 /* 2127-02-01 10:00 */);
}

Test(login, stores_no_token_that_the_api_does_not_take)
{
  static const struct {
    const char *order;
    enum code code;
  } rows[] = {
      {"{'set': {'pat': 'test-other-not-real'}}", E_UNAUTHORIZED},
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 404}}",
       E_HTTP_4XX},
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 500}}",
       E_HTTP_5XX},
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 429}}",
       E_RATE},
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 302,"
       " 'headers': {'Location': 'http://127.0.0.1:9/'}}}",
       E_ANSWER},
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 200,"
       " 'body': '<html>'}}",
       E_ANSWER},
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 200,"
       " 'body': {'ok': false, 'error': 'invalid_auth'}}}",
       E_UNAUTHORIZED},
      {"{'next': {'path': '/api/user', 'fault': 'cut'}}", E_CUT},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "");
    flow_profile(&f, "{'schema': 1, 'grant': 'token', 'api': ['%s/api'], "
                     "'account': {'from': 'path', 'path': 'user'}, "
                     "'api_error': {'ok': '/ok', 'message': '/error'}}");
    server_order(&f.server, "%s", rows[i].order);
    cr_expect_eq(flow_login(&f, LOGIN_PAT, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s: %s", rows[i].order, err.message);
    cr_expect_null(result.record);
    cr_expect_null(strstr(err.message, "test-pat-not-real"));
  }
}

Test(login, says_when_a_token_of_ones_own_is_not_checked)
{
  static const struct {
    const char *account, *order;
  } rows[] = {
      {"", "{}"},
      {", 'account': {'from': 'path', 'path': 'user'}",
       "{'next': {'path': '/api/user', 'fault': 'status', 'status': 403}}"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_STR char *json =
        mem_printf("{'schema': 1, 'grant': 'token', 'api': ['%%s/api']%s}",
                   rows[i].account);
    struct err err = ERR_INIT;

    flow_start(&f, "");
    flow_profile(&f, json);
    server_order(&f.server, "%s", rows[i].order);
    cr_assert_eq(flow_login(&f, LOGIN_PAT, FLOW_HONEST, &result, &err), E_OK,
                 "%s", err.message);
    cr_expect_not(result.checked);
    cr_expect_not_null(result.record->secret);
    cr_expect_null(result.record->account_sub);
  }
}

Test(login, refuses_what_this_version_does_not_have)
{
  static const char *const members[] = {
      "'dpop': 'required'", "'login': {'par': 'required'}",
      "'client': {'id': 'fob-demo', 'auth': 'private_key_jwt'}"};

  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_STR char *json = mem_printf(
        "{'schema': 1, 'issuer': '%%s', %s%s}",
        strstr(members[i], "client") ? "" : "'client': {'id': 'fob-demo'}, ",
        members[i]);
    struct err err = ERR_INIT;

    flow_start(&f, "");
    flow_profile(&f, json);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 E_PROFILE, "%s: %s", members[i], err.message);
    cr_expect_eq(server_count(&f.server, "/token"), 0);
  }
}

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
      {"{'set': {'patch': {'token': {'token_type': 'DPoP'}}}}", E_CHECK, 1},
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

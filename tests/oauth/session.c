#include "oauth/session.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

/* A request's form member, as the sandbox saw it. */
static char *form_member(const struct flow *f, size_t which, const char *name)
{
  AUTO_JSON json_t *journal = server_journal(&f->server, "/token");
  const json_t *form = json_object_get(json_array_get(journal, which), "form");
  const char *text = json_text(form, name);

  return text ? mem_str(text) : NULL;
}

/* --- the store --------------------------------------------------------- */

Test(session, gives_the_stored_token_without_any_request)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) record = NULL;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  record = flow_get(&f);
  cr_assert_eq(flow_token(&f, NULL, &token, &err), E_OK, "%s", err.message);
  cr_expect(secret_equal(token.token, record_find(record, "")->token));
  cr_expect_str_eq(token.token_type, "Bearer");
  cr_expect_str_eq(token.header_name, "Authorization");
  cr_expect_eq(strncmp(secret_reveal(token.header_value), "Bearer ", 7), 0);
  cr_expect_str_eq(secret_reveal(token.header_value) + 7,
                   secret_reveal(token.token));
  cr_expect_str_eq(token.issuer, f.server.issuer);
  cr_expect_eq(token.generation, 1);
  cr_expect_eq(flow_requests(&f), 0);
}

Test(session, says_how_to_log_in_when_nothing_is_stored)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  struct err err = ERR_INIT;

  flow_start(&f, FLOW_SCOPE);
  cr_expect_eq(flow_token(&f, NULL, &token, &err), E_NO_CREDENTIAL);
  cr_expect_not_null(strstr(err.hint, "fob login -p acme"));
}

/* --- one refresh ------------------------------------------------------- */

Test(session, refreshes_an_expired_token_once)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) before = NULL;
  AUTO(record) after = NULL;
  AUTO_STR char *grant = NULL;
  AUTO_STR char *scope = NULL;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  flow_expire(&f);
  before = flow_get(&f);
  cr_assert_eq(flow_token(&f, NULL, &token, &err), E_OK, "%s", err.message);
  after = flow_get(&f);
  cr_expect_eq(flow_requests(&f), 1);
  grant = form_member(&f, 0, "grant_type");
  scope = form_member(&f, 0, "scope");
  cr_expect_str_eq(grant, "refresh_token");
  cr_expect_null(scope); /* RFC 6749 §6: the same as before */
  cr_expect_eq(after->generation, before->generation + 1);
  cr_expect_eq(after->pending_at, 0);
  cr_expect_not(secret_equal(after->refresh_token, before->refresh_token));
  cr_expect(secret_equal(record_find(after, "")->token, token.token));
  cr_expect(secret_equal(after->id_token, before->id_token));
  cr_expect_str_eq(token.source, "a refresh");
  flow_expect(&f, NULL, E_OK);
  cr_expect_eq(flow_requests(&f), 1);
}

Test(session, names_the_login_alike_before_and_after_a_refresh)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token first = {0}, second = {0}, third = {0};
  AUTO(record) record = NULL;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  cr_assert_eq(flow_token(&f, NULL, &first, &err), E_OK, "%s", err.message);
  flow_expire(&f);
  cr_assert_eq(flow_token(&f, NULL, &second, &err), E_OK, "%s", err.message);
  cr_expect_not(secret_equal(first.token, second.token));
  cr_expect_str_eq(first.login, second.login);

  record = flow_get(&f);
  record->created += 1;
  flow_put(&f, record);
  cr_assert_eq(flow_token(&f, NULL, &third, &err), E_OK, "%s", err.message);
  cr_expect_str_neq(third.login, second.login);
}

Test(session, keeps_the_refresh_token_when_none_comes)
{
  AUTO_FLOW struct flow f;
  AUTO(record) before = NULL;
  AUTO(record) after = NULL;

  flow_logged_in(&f);
  server_order(&f.server, "{'set': {'rotation': false}}");
  flow_expire(&f);
  before = flow_get(&f);
  flow_expect(&f, NULL, E_OK);
  after = flow_get(&f);
  cr_expect(secret_equal(after->refresh_token, before->refresh_token));
}

Test(session, sends_what_the_profile_says_with_a_refresh)
{
  AUTO_FLOW struct flow f;
  AUTO_STR char *json = NULL;
  AUTO_STR char *extra = NULL;
  AUTO_STR char *id = NULL;

  flow_logged_in(&f);
  json =
      mem_printf("{'schema': 1, 'issuer': '%s', 'client': {'id': 'fob-demo'},"
                 " 'params': {'refresh': {'custom': 'x y'}}}",
                 f.server.issuer);
  flow_profile(&f, json);
  flow_expire(&f);
  flow_expect(&f, NULL, E_OK);
  extra = form_member(&f, 0, "custom");
  id = form_member(&f, 0, "client_id");
  cr_expect_str_eq(extra, "x y");
  cr_expect_str_eq(id, "fob-demo");
}

Test(session, encodes_as_json_and_omits_what_the_profile_says)
{
  AUTO_FLOW struct flow f;
  AUTO_STR char *json = NULL;
  AUTO_JSON json_t *journal = NULL;
  AUTO(record) record = NULL;
  const json_t *request;

  flow_logged_in(&f);
  json =
      mem_printf("{'schema': 1, 'issuer': '%s', 'client': {'id': 'fob-demo'},"
                 " 'token_request': {'encoding': 'json', "
                 "'omit': ['client_id', 'grant_type']}}",
                 f.server.issuer);
  flow_profile(&f, json);
  flow_expire(&f);
  record = flow_get(&f);
  flow_expect(&f, NULL, E_OAUTH); /* the sandbox takes forms only */
  journal = server_journal(&f.server, "/token");
  cr_assert_eq(json_array_size(journal), 1);
  request = json_array_get(journal, 0);
  cr_expect_str_eq(
      json_text(json_object_get(request, "headers"), "content-type"),
      "application/json");
  cr_expect_eq(
      (size_t)json_integer_value(json_object_get(request, "body_bytes")),
      strlen("{\"refresh_token\":\"\"}") + secret_len(record->refresh_token));
}

Test(session, forces_a_refresh_when_asked)
{
  AUTO_FLOW struct flow f;
  const struct session_ask force = {.min_valid = -1, .force_refresh = true};

  flow_logged_in(&f);
  flow_expect(&f, &force, E_OK);
  flow_expect(&f, &force, E_OK);
  cr_expect_eq(flow_requests(&f), 2);
}

Test(session, keeps_a_given_min_valid_with_one_refresh_at_most)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) record = NULL;
  const struct session_ask day = {.min_valid = 86400};
  const struct session_ask hour = {.min_valid = 3000};
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  flow_expect(&f, &hour, E_OK);
  cr_expect_eq(flow_requests(&f), 0);
  cr_expect_eq(flow_token(&f, &day, &token, &err), E_LESS);
  cr_expect_not_null(strstr(err.message, "3600 s"), "%s", err.message);
  cr_expect_null(token.token);
  cr_expect_eq(flow_requests(&f), 1);
  record = flow_get(&f); /* and what came is not lost */
  cr_expect_eq(record->generation, 2);
  flow_expect(&f, NULL, E_OK);
  cr_expect_eq(flow_requests(&f), 1);
}

Test(session, keeps_each_combination_under_its_own_key)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token narrow = {0};
  AUTO_TOKEN struct session_token again = {0};
  AUTO_TOKEN struct session_token whole = {0};
  AUTO_STR char *sent = NULL;
  char *uris[] = {(char *)"https://r.example/1"};
  const struct text_list resource = {.items = uris, .count = 1};
  const struct session_ask read = {.min_valid = -1, .scope = "api:read openid"};
  const struct session_ask same = {.min_valid = -1,
                                   .scope = "openid  api:read"};
  const struct session_ask there = {.min_valid = -1, .resource = &resource};
  AUTO(record) before = NULL;
  AUTO(record) record = NULL;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  before = flow_get(&f);
  cr_assert_eq(flow_token(&f, &read, &narrow, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(narrow.scope, "api:read openid");
  cr_expect_eq(flow_requests(&f), 1);
  sent = form_member(&f, 0, "scope");
  cr_expect_str_eq(sent, "api:read openid");
  cr_assert_eq(flow_token(&f, &same, &again, &err), E_OK);
  cr_expect(secret_equal(narrow.token, again.token));
  cr_assert_eq(flow_token(&f, NULL, &whole, &err), E_OK);
  cr_expect_not(secret_equal(narrow.token, whole.token));
  cr_expect_eq(flow_requests(&f), 1);
  flow_expect(&f, &there, E_OK);
  cr_expect_eq(flow_requests(&f), 2);

  record = flow_get(&f);
  cr_expect_eq(record->access_count, 3);
  cr_expect_not(secret_equal(record->refresh_token, before->refresh_token));
  cr_expect_str_eq(record->scope_granted, before->scope_granted);
}

Test(session, renews_a_clients_own_token_by_its_grant)
{
  AUTO_FLOW struct flow f;
  struct login_result result = {0};
  AUTO_STR char *grant = NULL;
  AUTO_STR char *scope = NULL;
  struct err err = ERR_INIT;

  flow_start(&f, "");
  flow_profile(&f, "{'schema': 1, 'issuer': '%s', "
                   "'grant': 'client_credentials', "
                   "'client': {'id': 'fob-service'}, 'scope': ['api:read']}");
  cr_assert_eq(
      flow_login(&f, LOGIN_CLIENT_CREDENTIALS, FLOW_HONEST, &result, &err),
      E_OK, "%s", err.message);
  cr_assert_eq(secret_new(&result.record->client_secret, "test-secret-not-real",
                          20, &err),
               E_OK);
  flow_put(&f, result.record);
  login_result_clear(&result);
  flow_expire(&f);
  server_reset(&f.server);
  flow_expect(&f, NULL, E_OK);
  cr_expect_eq(flow_requests(&f), 1);
  grant = form_member(&f, 0, "grant_type");
  scope = form_member(&f, 0, "scope");
  cr_expect_str_eq(grant, "client_credentials");
  cr_expect_str_eq(scope, "api:read");
}

/* --- a token that the API did not take --------------------------------- */

Test(session, refreshes_a_rejected_token_only_when_that_can_help)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token held = {0};
  AUTO_TOKEN struct session_token newer = {0};
  struct session_ask ask = {.min_valid = -1};
  AUTO(record) record = NULL;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  cr_assert_eq(flow_token(&f, NULL, &held, &err), E_OK);
  ask.rejected = held.token;
  /* issued just now: a refresh would not help */
  flow_expect(&f, &ask, E_UNAUTHORIZED);
  cr_expect_eq(flow_requests(&f), 0);
  /* older than 30 s, still valid by its expiry: one refresh */
  record = flow_get(&f);
  record->access[0].issued_at -= 60;
  flow_put(&f, record);
  cr_assert_eq(flow_token(&f, &ask, &newer, &err), E_OK, "%s", err.message);
  cr_expect_not(secret_equal(newer.token, held.token));
  cr_expect_eq(flow_requests(&f), 1);
  /* the store holds another one by now: that is given, without a request */
  flow_expect(&f, &ask, E_OK);
  cr_expect_eq(flow_requests(&f), 1);
}

/* --- what is bound ----------------------------------------------------- */

Test(session, gives_nothing_to_a_profile_that_changed)
{
  static const struct {
    const char *members, *url;
  } changes[] = {
      {"'api': ['%s/api', 'https://more.acme.example']",
       "https://more.acme.example/x"},
      {"'api': ['%s/api'], 'metadata': {'token_endpoint': "
       "'https://login.acme.evil/token'}",
       NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
    AUTO_FLOW struct flow f;
    AUTO_STR char *json = NULL;
    AUTO(url) url = NULL;
    struct session_ask ask = {.min_valid = -1};

    if (changes[i].url)
      cr_assert_eq(
          url_parse(&url, changes[i].url, URL_PLAIN, E_USAGE, "x", NULL), E_OK);
    ask.url = url;
    flow_logged_in(&f);
    json = mem_printf("{'schema': 1, 'client': {'id': 'fob-demo'}, %s}",
                      changes[i].members);
    flow_profile(&f, json);
    flow_expect(&f, &ask, E_PROFILE_CHANGED);
    flow_expire(&f);
    flow_expect(&f, &ask, E_PROFILE_CHANGED);
    cr_expect_eq(flow_requests(&f), 0);
  }
}

/* --- tokens that are as they are --------------------------------------- */

static enum code fixed_token(const struct env_credential *env, struct flow *f,
                             const struct session_ask *ask,
                             struct session_token *ret, struct err *err)
{
  const struct session session = {.profile = f->profile,
                                  .env = env,
                                  .store_kind = "file",
                                  .store_options = {.doing = "acme"},
                                  .cache = CACHE_OFF};

  return session_token(&session, ask, ret, err);
}

Test(session, gives_a_token_of_ones_own_as_it_is)
{
  AUTO_FLOW struct flow f;
  struct login_result result = {0};
  const struct session_ask plain = {.min_valid = 86400, .force_refresh = true};
  const struct session_ask scoped = {.min_valid = -1, .scope = "repo"};
  AUTO_TOKEN struct session_token token = {0};
  AUTO_TOKEN struct session_token none = {0};
  struct session_ask rejected = {.min_valid = -1};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  flow_profile(&f, "{'schema': 1, 'grant': 'token', 'api': ['%s/api'], "
                   "'auth': {'name': 'X-API-Key', 'format': 'key {token}'}}");
  cr_assert_eq(flow_login(&f, LOGIN_PAT, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  flow_put(&f, result.record);
  login_result_clear(&result);

  cr_assert_eq(fixed_token(NULL, &f, &plain, &token, &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(secret_reveal(token.token), "test-pat-not-real-0123456789");
  cr_expect_str_eq(token.header_name, "X-API-Key");
  cr_expect_str_eq(secret_reveal(token.header_value),
                   "key test-pat-not-real-0123456789");
  cr_expect_str_eq(token.token_type, "");
  cr_expect_eq(token.expires_at, CLOCK_NEVER);
  cr_expect_null(token.issuer);
  cr_expect_eq(fixed_token(NULL, &f, &scoped, &none, &err), E_USAGE);
  rejected.rejected = token.token;
  cr_expect_eq(fixed_token(NULL, &f, &rejected, &none, &err), E_UNAUTHORIZED);
  cr_expect_not_null(strstr(err.hint, "fob login -p acme"));
}

Test(session, puts_a_secret_where_the_profile_says)
{
  AUTO_FLOW struct flow f;
  struct login_result result = {0};
  const struct session_ask plain = {.min_valid = -1};
  AUTO_TOKEN struct session_token basic = {0};
  AUTO_TOKEN struct session_token query = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  flow_profile(&f, "{'schema': 1, 'grant': 'token', 'api': ['%s/api'], "
                   "'auth': {'scheme': 'basic', 'user': 'ann@x'}}");
  cr_assert_eq(flow_login(&f, LOGIN_PAT, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  flow_put(&f, result.record);
  login_result_clear(&result);
  cr_assert_eq(fixed_token(NULL, &f, &plain, &basic, &err), E_OK);
  cr_expect_str_eq(basic.header_name, "Authorization");
  /* base64("ann@x:test-pat-not-real-0123456789") */
  cr_expect_str_eq(secret_reveal(basic.header_value),
                   "Basic YW5uQHg6dGVzdC1wYXQtbm90LXJlYWwtMDEyMzQ1Njc4OQ==");

  flow_profile(&f, "{'schema': 1, 'grant': 'token', 'api': ['%s/api'], "
                   "'auth': {'in': 'query', 'name': 'key'}}");
  cr_assert_eq(fixed_token(NULL, &f, &plain, &query, &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(query.query_name, "key");
  cr_expect_null(query.header_name);
  cr_expect_null(query.header_value);
}

Test(session, prefers_the_environment_and_needs_no_store_then)
{
  AUTO_FLOW struct flow f;
  AUTO(secret) secret = NULL;
  AUTO_TOKEN struct session_token token = {0};
  AUTO_TOKEN struct session_token own = {0};
  const struct session_ask plain = {.min_valid = -1};
  struct env_credential env = {0};
  struct err err = ERR_INIT;

  flow_start(&f, FLOW_SCOPE); /* nothing is stored */
  cr_assert_eq(secret_new(&secret, "test-env-not-real", 17, &err), E_OK);
  env.token = secret;
  cr_assert_eq(fixed_token(&env, &f, &plain, &token, &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(secret_reveal(token.header_value),
                   "Bearer test-env-not-real");
  cr_expect_str_eq(token.source, "FOB_TOKEN");

  env.api = (char *)"https://api.example";
  env.header_name = (char *)"X-Key";
  env.header_format = (char *)"{token}";
  cr_assert_eq(fixed_token(&env, &f, &plain, &own, &err), E_OK);
  cr_expect_str_eq(own.header_name, "X-Key");
  cr_expect_str_eq(secret_reveal(own.header_value), "test-env-not-real");
}

/* fob status --userinfo and --online: what servers say of a login. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void setup(struct home *home, struct server *server, const char *set)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
  server_order(server, "{'set': %s}", set);
  cli_login(home, server, "p");
}

/* --- --userinfo ------------------------------------------------------------
 */

static void expect_ann(const struct outcome *o)
{
  json_t *json = json_loads(o->out, JSON_REJECT_DUPLICATES, NULL);

  cr_assert_not_null(json, "%s", o->out);
  cr_expect_str_eq(json_string_value(json_object_get(json, "sub")), "user-1");
  cr_expect_str_eq(json_string_value(json_object_get(json, "name")),
                   "Ann Example");
  json_decref(json);
}

Test(status_online, tells_the_userinfo_plain_and_signed)
{
  static const char *const signatures[] = {"", "valid"};

  for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;

    setup(&home, &server, "{}");
    server_order(&server, "{'set': {'userinfo_signed': '%s'}}", signatures[i]);
    cli_line(&home, &server, &o, NULL, "status --userinfo");
    cli_expect(&o, 0);
    expect_ann(&o);
    cr_expect_eq(o.err_len, 0, "%s", o.err);
    cr_expect_eq(server_count(&server, "/userinfo"), 1);
  }
}

/* The endpoint is the server's: how its API wants the token does not matter. */
Test(status_online, shows_the_token_to_the_userinfo_endpoint_as_openid_has_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}");
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(
      profile, "auth",
      json_pack("{ss ss}", "name", "X-API-Key", "format", "{token}"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  cli_line(&home, &server, &o, NULL, "status --userinfo");
  cli_expect(&o, 0);
  expect_ann(&o);
  json_t *journal = server_journal(&server, "/userinfo");
  char *headers = json_dumps(
      json_object_get(json_array_get(journal, 0), "headers"), JSON_COMPACT);
  cli_has(headers, "\"authorization\":\"Bearer ");
  cli_has(headers, "!x-api-key");
  free(headers);
  json_decref(journal);
}

/* A token that is bound to a key goes with a proof, and once more where the
 * server wants its nonce in it. */
Test(status_online, proves_its_key_to_the_userinfo_endpoint)
{
  static const char *const nonces[] = {"", "api"};

  for (size_t i = 0; i < ARRAY_LEN(nonces); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome login;
    AUTO_OUTCOME struct outcome o;

    home_make(&home);
    server_start(&server, NULL);
    server_order(&server, "{'set': {'dpop': {'nonce': '%s'}}}", nonces[i]);
    cli_line(&home, &server, &login, NULL,
             "login $I -p p --api $A --client-id fob-demo --store file --dpop "
             "--browser");
    cli_expect(&login, 0);
    cli_line(&home, &server, &o, NULL, "status --userinfo");
    cli_expect(&o, 0);
    expect_ann(&o);
    cr_expect_eq(server_count(&server, "/userinfo"), i + 1);
  }
}

static const struct {
  const char *set;
  int status;
  const char *says;
} wrong[] = {
    {"'patch': {'userinfo': {'sub': 'user-2'}}", 13, "'user-2'"},
    {"'patch': {'userinfo': {'sub': null}}", 13, "no 'sub'"},
    {"'patch': {'userinfo': {'sub': ''}}", 13, "no 'sub'"},
    {"'patch': {'userinfo': {'sub': 1}}", 13, "no 'sub'"},
    {"'patch': {'userinfo': {'sub': ['user-1']}}", 13, "no 'sub'"},
    {"'userinfo_signed': 'flip'", 13, "signature"},
    {"'userinfo_signed': 'none'", 13, "none"},
    {"'userinfo_signed': 'empty'", 13, ""},
    {"'userinfo_signed': 'hs256'", 13, "HS256"},
    {"'userinfo_signed': 'other_key'", 13, "signature"},
    {"'userinfo_signed': 'unpublished'", 13, "signature"},
    {"'userinfo_signed': 'valid', 'patch': {'userinfo': {'sub': 'user-2'}}", 13,
     "'user-2'"},
    {"'userinfo_signed': 'valid', 'patch': {'userinfo': {'iss': "
     "'https://other.example.test'}}",
     13, "'iss'"},
    {"'userinfo_signed': 'valid', 'patch': {'userinfo': {'iss': 1}}", 13,
     "'iss'"},
    {"'userinfo_signed': 'valid', 'patch': {'userinfo': {'aud': 'other'}}", 13,
     "'aud'"},
    {"'userinfo_signed': 'valid', 'patch': {'userinfo': {'aud': []}}", 13,
     "'aud'"},
    {"'userinfo_signed': 'valid', 'patch': {'userinfo': {'exp': 1000}}", 13,
     "expired"},
    {"'userinfo_signed': 'valid', 'patch': {'userinfo': {'exp': 'soon'}}", 13,
     "expired"},
};

Test(status_online, believes_no_userinfo_of_another_or_nobody, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  setup(&home, &server, "{}");
  for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&server);
    server_order(&server, "{'set': {%s}}", wrong[i].set);
    cli_line(&home, &server, &o, NULL, "status --userinfo");
    cr_expect_eq(o.status, wrong[i].status, "%s: exit %d: %s", wrong[i].set,
                 o.status, o.err);
    cr_expect_eq(o.out_len, 0, "%s: %s", wrong[i].set, o.out);
    cr_expect_not_null(strstr(o.err, wrong[i].says), "%s: %s", wrong[i].set,
                       o.err);
    cr_expect_eq(server_count(&server, "/userinfo"), 1, "%s", wrong[i].set);
    cr_expect_leq(server_count(&server, "/jwks"), 2, "%s", wrong[i].set);
  }
}

Test(status_online, believes_no_userinfo_that_is_none, .timeout = 60)
{
  static const struct {
    const char *fault;
    int status;
  } rows[] = {
      {"'status': 200, 'body': ''", 13},
      {"'status': 200, 'body': '[]'", 13},
      {"'status': 200, 'body': '<html>'", 13},
      {"'status': 200, 'body': '{}', 'headers': {'Content-Type': "
       "'application/jwt'}",
       13},
      {"'status': 200, 'body': 'a.b.c', 'headers': {'Content-Type': "
       "'application/jwt; charset=utf-8'}",
       13},
      {"'status': 302, 'headers': {'Location': 'http://127.0.0.1:1/'}", 13},
      {"'status': 401, 'body': ''", 8},
      {"'status': 403, 'headers': {'WWW-Authenticate': 'Bearer "
       "error=insufficient_scope'}",
       8},
      {"'status': 403", 13},
      {"'status': 404", 13},
      {"'status': 429", 9},
      {"'status': 500", 5},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  setup(&home, &server, "{}");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_order(&server,
                 "{'next': {'path': '/userinfo', 'fault': 'status', %s}}",
                 rows[i].fault);
    size_t before = server_count(&server, NULL);
    cli_line(&home, &server, &o, NULL, "status --userinfo");
    cr_expect_eq(o.status, rows[i].status, "%s: exit %d: %s", rows[i].fault,
                 o.status, o.err);
    cr_expect_eq(o.out_len, 0, "%s: %s", rows[i].fault, o.out);
    cr_expect_eq(server_count(&server, NULL), before + 1, "%s", rows[i].fault);
  }
}

Test(status_online, has_no_userinfo_without_an_endpoint_or_a_login)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome both;
  AUTO_OUTCOME struct outcome env;

  setup(&home, &server, "{'patch': {'metadata': {'userinfo_endpoint': null}}}");
  cli_line(&home, &server, &none, NULL, "status --userinfo");
  cli_expect(&none, 2);
  cli_line(&home, &server, &both, NULL, "status --userinfo --check");
  cli_expect(&both, 2);
  home_setenv(&home, "FOB_TOKEN", "test-token-not-real-1");
  cli_line(&home, &server, &env, NULL, "status -p p --userinfo");
  cli_expect(&env, 2);
  cr_assert_eq(server_count(&server, "/userinfo"), 0);
}

/* --- --online --------------------------------------------------------------
 */

static void set_account_path(const struct home *home, const char *path)
{
  json_t *profile = cli_profile_read(home, "p");

  json_object_set_new(profile, "account", json_pack("{ss}", "path", path));
  cli_profile_write(home, "p", profile);
  json_decref(profile);
}

static void expect_online(const struct home *home, const struct server *server,
                          const char *answer, const char *by)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, NULL, "status --online --json");
  cli_expect(&o, 0);
  json_t *json = json_loads(o.out, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(json, "%s", o.out);
  const json_t *online = json_object_get(
      json_array_get(json_object_get(json, "profiles"), 0), "online");
  const char *how = json_string_value(json_object_get(online, "by"));
  cr_expect_str_eq(json_string_value(json_object_get(online, "answer")), answer,
                   "%s", o.out);
  cr_expect_str_eq(how != NULL ? how : "", by, "%s", o.out);
  json_decref(json);
}

Test(status_online, asks_in_the_first_way_that_there_is)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}");
  expect_online(&home, &server, "accepted", "userinfo");
  cr_expect_eq(server_count(&server, "/userinfo"), 1);
  set_account_path(&home, "/user");
  expect_online(&home, &server, "accepted", "account");
  cr_expect_eq(server_count(&server, "/api/user"), 1);
  cr_expect_eq(server_count(&server, "/userinfo"), 1);
  cr_expect_eq(server_count(&server, "/introspect"), 0);
  cli_line(&home, &server, &o, NULL, "status --online");
  cli_expect(&o, 0);
  cli_has(o.out, "p: accepted (account)");
}

Test(status_online, says_what_a_server_denies, .timeout = 60)
{
  static const struct {
    const char *metadata; /* patch */
    const char *by;
  } rows[] = {
      {"{}", "userinfo"},
      {"{'userinfo_endpoint': null}", "introspection"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome fine;
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome table;
    AUTO_STR char *set =
        mem_printf("{'patch': {'metadata': %s}}", rows[i].metadata);

    setup(&home, &server, set);
    cli_line(&home, &server, &fine, NULL, "status --online --check");
    cli_expect(&fine, 0);
    server_order(&server, "{'revoke_logins': true}");
    expect_online(&home, &server, "denied", rows[i].by);
    cli_line(&home, &server, &o, NULL, "status --online --check");
    cli_expect(&o, 8);
    cli_line(&home, &server, &table, NULL, "status --online");
    cli_expect(&table, 0);
    cli_has(table.out, "p: not accepted");
  }
}

Test(status_online, tells_a_failure_from_a_no)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}");
  server_order(&server, "{'next': {'path': '/userinfo', 'fault': 'status', "
                        "'status': 503, 'times': -1}}");
  expect_online(&home, &server, "failed", "userinfo");
  cli_line(&home, &server, &o, NULL, "status --online --check");
  cli_expect(&o, 5);
}

Test(status_online, renews_what_has_expired_and_says_when_it_cannot)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  setup(&home, &server, "{}");
  cli_expire(&home, &server, "p");
  expect_online(&home, &server, "accepted", "userinfo");
  cr_expect_eq(cli_refreshes(&server), 2); /* one is cli_expire's */
  cli_expire(&home, &server, "p");
  server_order(&server, "{'revoke_logins': true}");
  expect_online(&home, &server, "denied", "");
}

Test(status_online, asks_nobody_where_there_is_nobody_to_ask)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server,
        "{'patch': {'metadata': {'userinfo_endpoint': null, "
        "'introspection_endpoint': null}}}");
  size_t before = server_count(&server, NULL);
  expect_online(&home, &server, "unasked", "");
  cli_line(&home, &server, &o, NULL, "status --online --check");
  cli_expect(&o, 0);
  cr_assert_eq(server_count(&server, NULL), before);
}

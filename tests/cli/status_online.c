/* fob status --userinfo and --online: what servers say of a login. */
#include "cli/inquiry.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* --- --userinfo ------------------------------------------------------------
 */

static void expect_ann(const struct outcome *o)
{
  json_t *json = inquiry_json(o);

  cr_expect_str_eq(json_string_value(json_object_get(json, "sub")), "user-1");
  cr_expect_str_eq(json_string_value(json_object_get(json, "name")),
                   "Ann Example");
  json_decref(json);
}

Test(status_online, tells_the_userinfo_plain_and_signed)
{
  static const char *const signatures[] = {"", "valid"};

  for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
    AUTO_INQUIRY struct inquiry q;
    AUTO_OUTCOME struct outcome o;

    inquiry_start(&q, "{}");
    server_order(&q.server, "{'set': {'userinfo_signed': '%s'}}",
                 signatures[i]);
    inquiry_ask(&q, 0, "status --userinfo", &o);
    expect_ann(&o);
    cr_expect_eq(o.err_len, 0, "%s", o.err);
    cr_expect_eq(server_count(&q.server, "/userinfo"), 1);
  }
}

/* The endpoint is the server's: how its API wants the token does not matter. */
Test(status_online, shows_the_token_to_the_userinfo_endpoint_as_openid_has_it)
{
  AUTO_INQUIRY struct inquiry q;
  AUTO_OUTCOME struct outcome o;

  inquiry_start(&q, "{}");
  inquiry_set_profile(
      &q, "auth",
      json_pack("{ss ss}", "name", "X-API-Key", "format", "{token}"));
  inquiry_ask(&q, 0, "status --userinfo", &o);
  expect_ann(&o);
  json_t *journal = server_journal(&q.server, "/userinfo");
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

Test(status_online, believes_no_userinfo_of_another_or_nobody, .timeout = 300)
{
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{}");
  for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&q.server);
    server_order(&q.server, "{'set': {%s}}", wrong[i].set);
    cli_line(&q.home, &q.server, &o, NULL, "status --userinfo");
    cr_expect_eq(o.status, wrong[i].status, "%s: exit %d: %s", wrong[i].set,
                 o.status, o.err);
    cr_expect_eq(o.out_len, 0, "%s: %s", wrong[i].set, o.out);
    cr_expect_not_null(strstr(o.err, wrong[i].says), "%s: %s", wrong[i].set,
                       o.err);
    cr_expect_eq(server_count(&q.server, "/userinfo"), 1, "%s", wrong[i].set);
    cr_expect_leq(server_count(&q.server, "/jwks"), 2, "%s", wrong[i].set);
  }
}

Test(status_online, believes_no_userinfo_that_is_none, .timeout = 300)
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
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{}");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    server_order(&q.server,
                 "{'next': {'path': '/userinfo', 'fault': 'status', %s}}",
                 rows[i].fault);
    inquiry_disbelieve(&q, rows[i].status, "status --userinfo", rows[i].fault);
  }
}

Test(status_online, has_no_userinfo_without_an_endpoint_or_a_login)
{
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{'patch': {'metadata': {'userinfo_endpoint': null}}}");
  inquiry_expect(&q, 2, "status --userinfo");
  inquiry_expect(&q, 2, "status --userinfo --check");
  home_setenv(&q.home, "FOB_TOKEN", "test-token-not-real-1");
  inquiry_expect(&q, 2, "status -p p --userinfo");
  cr_assert_eq(server_count(&q.server, "/userinfo"), 0);
}

/* --- --online --------------------------------------------------------------
 */

static void expect_online(const struct inquiry *q, const char *answer,
                          const char *by)
{
  AUTO_OUTCOME struct outcome o;

  inquiry_ask(q, 0, "status --online --json", &o);
  json_t *json = inquiry_json(&o);
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
  AUTO_INQUIRY struct inquiry q;
  AUTO_OUTCOME struct outcome o;

  inquiry_start(&q, "{}");
  expect_online(&q, "accepted", "userinfo");
  cr_expect_eq(server_count(&q.server, "/userinfo"), 1);
  inquiry_set_profile(&q, "account", json_pack("{ss}", "path", "/user"));
  expect_online(&q, "accepted", "account");
  cr_expect_eq(server_count(&q.server, "/api/user"), 1);
  cr_expect_eq(server_count(&q.server, "/userinfo"), 1);
  cr_expect_eq(server_count(&q.server, "/introspect"), 0);
  inquiry_ask(&q, 0, "status --online", &o);
  cli_has(o.out, "p: accepted (account)");
}

Test(status_online, says_what_a_server_denies, .timeout = 300)
{
  static const struct {
    const char *metadata; /* patch */
    const char *by;
  } rows[] = {
      {"{}", "userinfo"},
      {"{'userinfo_endpoint': null}", "introspection"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_INQUIRY struct inquiry q;
    AUTO_OUTCOME struct outcome table;
    AUTO_STR char *set =
        mem_printf("{'patch': {'metadata': %s}}", rows[i].metadata);

    inquiry_start(&q, set);
    inquiry_expect(&q, 0, "status --online --check");
    server_order(&q.server, "{'revoke_logins': true}");
    expect_online(&q, "denied", rows[i].by);
    inquiry_expect(&q, 8, "status --online --check");
    inquiry_ask(&q, 0, "status --online", &table);
    cli_has(table.out, "p: not accepted");
  }
}

Test(status_online, tells_a_failure_from_a_no)
{
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{}");
  server_order(&q.server, "{'next': {'path': '/userinfo', 'fault': 'status', "
                          "'status': 503, 'times': -1}}");
  expect_online(&q, "failed", "userinfo");
  inquiry_expect(&q, 5, "status --online --check");
}

Test(status_online, renews_what_has_expired_and_says_when_it_cannot)
{
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{}");
  cli_expire(&q.home, &q.server, "p");
  expect_online(&q, "accepted", "userinfo");
  cr_expect_eq(cli_refreshes(&q.server), 2); /* one is cli_expire's */
  cli_expire(&q.home, &q.server, "p");
  server_order(&q.server, "{'revoke_logins': true}");
  expect_online(&q, "denied", "");
}

Test(status_online, asks_nobody_where_there_is_nobody_to_ask)
{
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{'patch': {'metadata': {'userinfo_endpoint': null, "
                    "'introspection_endpoint': null}}}");
  size_t before = server_count(&q.server, NULL);
  expect_online(&q, "unasked", "");
  inquiry_expect(&q, 0, "status --online --check");
  cr_assert_eq(server_count(&q.server, NULL), before);
}

/* fob token --introspect and --decode: what is said about a token, never the
 * token. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static void setup(struct home *home, struct server *server, const char *set)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
  server_order(server, "{'set': %s}", set);
  cli_login(home, server, "p");
}

static void must_not_show(const struct home *home, const struct outcome *o)
{
  AUTO_OUTCOME struct outcome token;

  fob(home, &token, "token", "-p", "p", NULL);
  cli_expect(&token, 0);
  token.out[token.out_len - 1] = '\0';
  cr_expect_null(strstr(o->out, token.out), "%s", o->out);
  cr_expect_null(strstr(o->err, token.out), "%s", o->err);
}

static json_t *printed(const struct outcome *o)
{
  json_t *json = json_loads(o->out, JSON_REJECT_DUPLICATES, NULL);

  cr_assert_not_null(json, "%s", o->out);
  cr_assert_eq(o->out[o->out_len - 1], '\n');
  return json;
}

Test(token_inspect, asks_the_server_with_the_clients_authentication)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}");
  cli_line(&home, &server, &o, NULL, "token --introspect");
  cli_expect(&o, 0);
  json_t *json = printed(&o);
  cr_expect(json_is_true(json_object_get(json, "active")));
  cr_expect_str_eq(json_string_value(json_object_get(json, "client_id")),
                   "fob-demo");
  json_decref(json);
  must_not_show(&home, &o);
  json_t *journal = server_journal(&server, "/introspect");
  cr_assert_eq(json_array_size(journal), 1);
  const json_t *form = json_object_get(json_array_get(journal, 0), "form");
  cr_expect_str_eq(json_string_value(json_object_get(form, "token_type_hint")),
                   "access_token");
  cr_expect_str_eq(json_string_value(json_object_get(form, "client_id")),
                   "fob-demo");
  json_decref(journal);
}

/* Printed, since it is what was asked for; 8, since nothing works with it. */
Test(token_inspect, says_8_for_a_token_that_is_not_active)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}");
  server_order(&server, "{'revoke_logins': true}");
  cli_line(&home, &server, &o, NULL, "token --introspect");
  cli_expect(&o, 8);
  json_t *json = printed(&o);
  cr_expect(json_is_false(json_object_get(json, "active")));
  json_decref(json);
  cli_has(o.err, "not active");
  cli_has(o.err, "fob login -p p");
}

Test(token_inspect, believes_no_answer_that_is_none, .timeout = 60)
{
  static const struct {
    const char *fault;
    int status;
  } rows[] = {
      {"'body': '{}'", 13},
      {"'body': '{\\'active\\': \\'true\\'}'", 13},
      {"'body': '{\\'active\\': 1}'", 13},
      {"'body': '{\\'active\\': null}'", 13},
      {"'body': '{\\'active\\': true, \\'active\\': true}'", 13},
      {"'body': '[true]'", 13},
      {"'body': 'true'", 13},
      {"'body': ''", 13},
      {"'body': '<html>'", 13},
      {"'body': '{\\'active\\': true'", 13},
      {"'body': '{\\'active\\': true} {}'", 13},
      {"'status': 204, 'body': ''", 13},
      {"'status': 307, 'headers': {'Location': 'http://127.0.0.1:1/'}", 13},
      {"'status': 400, 'body': '{\\'error\\': \\'invalid_request\\'}'", 8},
      {"'status': 401, 'body': '{\\'error\\': \\'invalid_client\\'}'", 8},
      {"'status': 401, 'body': 'no'", 13},
      {"'status': 404, 'body': '{}'", 13},
      {"'status': 429, 'body': ''", 9},
      {"'status': 503, 'body': ''", 5},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  setup(&home, &server, "{}");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *fault = mem_str(rows[i].fault);
    for (char *c = fault; (c = strstr(c, "\\'")) != NULL; c += 2)
      memcpy(c, "\\\"", 2);
    server_order(
        &server, "{'next': {'path': '/introspect', 'fault': 'status', %s%s}}",
        strstr(fault, "'status'") == NULL ? "'status': 200, " : "", fault);
    size_t before = server_count(&server, NULL);
    cli_line(&home, &server, &o, NULL, "token --introspect");
    cr_expect_eq(o.status, rows[i].status, "%s: exit %d: %s", rows[i].fault,
                 o.status, o.err);
    cr_expect_eq(o.out_len, 0, "%s: %s", rows[i].fault, o.out);
    cr_expect_eq(server_count(&server, NULL), before + 1, "%s", rows[i].fault);
  }
}

Test(token_inspect, asks_nobody_where_nobody_is_known)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome env;
  AUTO_OUTCOME struct outcome two;

  setup(&home, &server,
        "{'patch': {'metadata': {'introspection_endpoint': null}}}");
  size_t before = server_count(&server, NULL);
  cli_line(&home, &server, &none, NULL, "token --introspect");
  cli_expect(&none, 2);
  cli_has(none.err, "fob token -p p --decode");
  cli_line(&home, &server, &two, NULL, "token --introspect --decode");
  cli_expect(&two, 2);
  outcome_clear(&two);
  cli_line(&home, &server, &two, NULL, "token --decode --for GET $A");
  cli_expect(&two, 2);
  home_setenv(&home, "FOB_TOKEN", "test-token-not-real-1");
  cli_line(&home, &server, &env, NULL, "token -p p --introspect");
  cli_expect(&env, 2);
  cli_has(env.err, "FOB_TOKEN");
  cr_assert_eq(server_count(&server, NULL), before);
}

Test(token_inspect, sends_nothing_to_an_endpoint_that_the_login_did_not_know)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}");
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(profile, "metadata",
                      json_pack("{ss}", "introspection_endpoint",
                                "https://evil.example.test/introspect"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  size_t before = server_count(&server, NULL);
  cli_line(&home, &server, &o, NULL, "token --introspect");
  cli_expect(&o, 11);
  cr_assert_eq(server_count(&server, NULL), before);
}

/* --- decoding --------------------------------------------------------------
 */

Test(token_inspect, decodes_a_jwt_and_says_who_signed_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{'access_jwt': 'valid'}");
  cli_line(&home, &server, &o, NULL, "token --decode");
  cli_expect(&o, 0);
  json_t *json = printed(&o);
  cr_expect_str_eq(json_string_value(json_object_get(json, "client_id")),
                   "fob-demo");
  json_decref(json);
  cli_has(o.err, "verified: signed by http://127.0.0.1:");
  cli_has(o.err, "!UNVERIFIED");
  must_not_show(&home, &o);
}

static const struct {
  const char *set, *says;
  size_t key_requests; /* fetched once more for a key that is not there */
} unverified[] = {
    {"'access_jwt': 'flip'", "not by the issuer's key", 1},
    {"'access_jwt': 'other_key'", "not by the issuer's key", 1},
    {"'access_jwt': 'unpublished'", "does not publish", 2},
    {"'access_jwt': 'none'", "none", 0},
    {"'access_jwt': 'hs256'", "HS256", 0},
    {"'access_jwt': 'valid', 'patch': {'access_token': {'iss': null}}",
     "not stated", 0},
    {"'access_jwt': 'valid', 'patch': {'access_token': {'iss': "
     "'https://other.example.test'}}",
     "https://other.example.test", 0},
    {"'access_jwt': 'valid', 'patch': {'metadata': {'jwks_uri': null}}",
     "nothing says whose keys", 0},
};

Test(token_inspect, marks_what_the_issuers_keys_do_not_verify, .timeout = 60)
{
  for (size_t i = 0; i < ARRAY_LEN(unverified); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *set = mem_printf("{%s}", unverified[i].set);

    setup(&home, &server, set);
    size_t before = server_count(&server, "/jwks");
    cli_line(&home, &server, &o, NULL, "token --decode --quiet");
    cli_expect(&o, 0);
    json_decref(printed(&o));
    cli_has(o.err, "UNVERIFIED");
    cli_has(o.err, unverified[i].says);
    cr_expect_eq(server_count(&server, "/jwks") - before,
                 unverified[i].key_requests, "%s", unverified[i].set);
  }
}

Test(token_inspect, decodes_without_the_network)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{'access_jwt': 'valid'}");
  server_order(&server, "{'next': {'path': '/jwks', 'fault': 'cut', "
                        "'times': -1}}");
  cli_line(&home, &server, &o, NULL, "token --decode");
  cli_expect(&o, 0);
  json_decref(printed(&o));
  cli_has(o.err, "UNVERIFIED");
}

/* A PAT is any text that a person has: eyJhbGciOiJub25lIn0 is {"alg":"none"},
 * e30 {}, W10 []. */
Test(token_inspect, says_in_one_line_what_is_no_jwt, .timeout = 60)
{
  static const struct {
    const char *token;
    int status;
    const char *says;
  } rows[] = {
      {"test-token-not-real-1", 1, "opaque"},
      {"test.token.not-real", 1, "opaque"},
      {"e30.e30.", 1, "opaque"},
      {"..", 1, "opaque"},
      {"eyJhbGciOiJub25lIn0.e30.c.d.e", 1, "encrypted"},
      {"eyJhbGciOiJub25lIn0.W10.", 13, "no JSON object"},
      {"eyJhbGciOiJub25lIn0..", 13, "no JSON object"},
      {"eyJhbGciOiJub25lIn0.e3.", 13, "no JSON object"},
      {"eyJhbGciOiJub25lIn0.eyJhIjoxLCJhIjoxfQ.", 13, "no JSON object"},
      {"eyJhbGciOiJub25lIn0.e30.", 0, "UNVERIFIED"},
  };
  AUTO_HOME struct home home;

  home_make(&home);
  cli_no_keyring(&home);
  home_setenv(&home, "FOB_API", "https://a.example.test");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    home_setenv(&home, "FOB_TOKEN", "%s", rows[i].token);
    cli_line(&home, NULL, &o, NULL, "token --decode");
    cr_expect_eq(o.status, rows[i].status, "%s: exit %d: %s", rows[i].token,
                 o.status, o.err);
    cr_expect_not_null(strstr(o.err, rows[i].says), "%s: %s", rows[i].token,
                       o.err);
    cr_expect_eq(o.out_len > 0, rows[i].status == 0, "%s", rows[i].token);
    cr_expect_null(strstr(o.err, rows[i].token), "%s", o.err);
  }
}

/* fob token --introspect and --decode: what is said about a token, never the
 * token. */
#include "cli/inquiry.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static void must_not_show(const struct inquiry *q, const struct outcome *o)
{
  AUTO_OUTCOME struct outcome token;

  fob(&q->home, &token, "token", "-p", "p", NULL);
  cli_expect(&token, 0);
  token.out[token.out_len - 1] = '\0';
  cr_expect_null(strstr(o->out, token.out), "%s", o->out);
  cr_expect_null(strstr(o->err, token.out), "%s", o->err);
}

static json_t *printed(const struct outcome *o)
{
  json_t *json = inquiry_json(o);

  cr_assert_eq(o->out[o->out_len - 1], '\n');
  return json;
}

Test(token_inspect, asks_the_server_with_the_clients_authentication)
{
  AUTO_INQUIRY struct inquiry q;
  AUTO_OUTCOME struct outcome o;

  inquiry_start(&q, "{}");
  inquiry_ask(&q, 0, "token --introspect", &o);
  json_t *json = printed(&o);
  cr_expect(json_is_true(json_object_get(json, "active")));
  cr_expect_str_eq(json_string_value(json_object_get(json, "client_id")),
                   "fob-demo");
  json_decref(json);
  must_not_show(&q, &o);
  json_t *journal = server_journal(&q.server, "/introspect");
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
  AUTO_INQUIRY struct inquiry q;
  AUTO_OUTCOME struct outcome o;

  inquiry_start(&q, "{}");
  server_order(&q.server, "{'revoke_logins': true}");
  inquiry_ask(&q, 8, "token --introspect", &o);
  json_t *json = printed(&o);
  cr_expect(json_is_false(json_object_get(json, "active")));
  json_decref(json);
  cli_has(o.err, "not active");
  cli_has(o.err, "fob login -p p");
}

Test(token_inspect, believes_no_answer_that_is_none, .timeout = 300)
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
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{}");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *fault = mem_str(rows[i].fault);
    for (char *c = fault; (c = strstr(c, "\\'")) != NULL; c += 2)
      memcpy(c, "\\\"", 2);
    server_order(
        &q.server, "{'next': {'path': '/introspect', 'fault': 'status', %s%s}}",
        strstr(fault, "'status'") == NULL ? "'status': 200, " : "", fault);
    inquiry_disbelieve(&q, rows[i].status, "token --introspect", rows[i].fault);
  }
}

Test(token_inspect, asks_nobody_where_nobody_is_known)
{
  AUTO_INQUIRY struct inquiry q;
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome env;

  inquiry_start(&q,
                "{'patch': {'metadata': {'introspection_endpoint': null}}}");
  size_t before = server_count(&q.server, NULL);
  inquiry_ask(&q, 2, "token --introspect", &none);
  cli_has(none.err, "fob token -p p --decode");
  inquiry_expect(&q, 2, "token --introspect --decode");
  inquiry_expect(&q, 2, "token --decode --for GET $A");
  home_setenv(&q.home, "FOB_TOKEN", "test-token-not-real-1");
  inquiry_ask(&q, 2, "token -p p --introspect", &env);
  cli_has(env.err, "FOB_TOKEN");
  cr_assert_eq(server_count(&q.server, NULL), before);
}

Test(token_inspect, sends_nothing_to_an_endpoint_that_the_login_did_not_know)
{
  AUTO_INQUIRY struct inquiry q;

  inquiry_start(&q, "{}");
  inquiry_set_profile(&q, "metadata",
                      json_pack("{ss}", "introspection_endpoint",
                                "https://evil.example.test/introspect"));
  size_t before = server_count(&q.server, NULL);
  inquiry_expect(&q, 11, "token --introspect");
  cr_assert_eq(server_count(&q.server, NULL), before);
}

/* --- decoding --------------------------------------------------------------
 */

Test(token_inspect, decodes_a_jwt_and_says_who_signed_it)
{
  AUTO_INQUIRY struct inquiry q;
  AUTO_OUTCOME struct outcome o;

  inquiry_start(&q, "{'access_jwt': 'valid'}");
  inquiry_ask(&q, 0, "token --decode", &o);
  json_t *json = printed(&o);
  cr_expect_str_eq(json_string_value(json_object_get(json, "client_id")),
                   "fob-demo");
  json_decref(json);
  cli_has(o.err, "verified: signed by http://127.0.0.1:");
  cli_has(o.err, "!UNVERIFIED");
  must_not_show(&q, &o);
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

Test(token_inspect, marks_what_the_issuers_keys_do_not_verify, .timeout = 300)
{
  for (size_t i = 0; i < ARRAY_LEN(unverified); i++) {
    AUTO_INQUIRY struct inquiry q;
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *set = mem_printf("{%s}", unverified[i].set);

    inquiry_start(&q, set);
    size_t before = server_count(&q.server, "/jwks");
    inquiry_ask(&q, 0, "token --decode --quiet", &o);
    json_decref(printed(&o));
    cli_has(o.err, "UNVERIFIED");
    cli_has(o.err, unverified[i].says);
    cr_expect_eq(server_count(&q.server, "/jwks") - before,
                 unverified[i].key_requests, "%s", unverified[i].set);
  }
}

Test(token_inspect, decodes_without_the_network)
{
  AUTO_INQUIRY struct inquiry q;
  AUTO_OUTCOME struct outcome o;

  inquiry_start(&q, "{'access_jwt': 'valid'}");
  server_order(&q.server, "{'next': {'path': '/jwks', 'fault': 'cut', "
                          "'times': -1}}");
  inquiry_ask(&q, 0, "token --decode", &o);
  json_decref(printed(&o));
  cli_has(o.err, "UNVERIFIED");
}

/* A PAT is any text that a person has: eyJhbGciOiJub25lIn0 is {"alg":"none"},
 * e30 {}, W10 []. */
Test(token_inspect, says_in_one_line_what_is_no_jwt, .timeout = 300)
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

#include "oauth/par.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"
#include "support/fetch.h"
#include "support/mutate.h"

#include <criterion/criterion.h>
#include <string.h>

#define AUTO_RESULT __attribute__((cleanup(login_result_clear)))
#define SENT 1800000000
#define URI "urn:ietf:params:oauth:request_uri:test-not-real"

/* --- the answer -------------------------------------------------------- */

static enum code read_answer(struct par *par, int status, const char *body,
                             struct err *err)
{
  return par_answer_read(par, "a.example", status, body, strlen(body), SENT,
                         err);
}

Test(par, reads_what_the_server_answers)
{
  static const struct {
    int status;
    const char *body;
    int64_t expires_at;
  } rows[] = {
      {201, "{\"request_uri\":\"" URI "\",\"expires_in\":60}", SENT + 60},
      {200, "{\"request_uri\":\"" URI "\",\"expires_in\":\"90\",\"x\":[]}",
       SENT + 90},
      {201, "{\"request_uri\":\"" URI "\",\"expires_in\":5,\"error\":null}",
       SENT + 5},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_PAR struct par par = {0};
    struct err err = ERR_INIT;

    cr_assert_eq(read_answer(&par, rows[i].status, rows[i].body, &err), E_OK,
                 "%s: %s", rows[i].body, err.message);
    cr_expect_str_eq(par.request_uri, URI);
    cr_expect_eq(par.expires_at, rows[i].expires_at);
  }
}

#define WITH_URI(uri) "{\"request_uri\":" uri ",\"expires_in\":60}"
#define WITH_TIME(time) "{\"request_uri\":\"" URI "\",\"expires_in\":" time "}"

Test(par, refuses_an_answer_that_is_not_as_it_must_be)
{
  static const struct {
    int status;
    const char *body;
    enum code code;
  } rows[] = {
      {201, "", E_ANSWER},
      {201, "<html>", E_ANSWER},
      {201, "[]", E_ANSWER},
      {201, "{}", E_ANSWER},
      {201, "{\"expires_in\":60}", E_ANSWER},
      {201, WITH_URI("null"), E_ANSWER},
      {201, WITH_URI("7"), E_ANSWER},
      {201, WITH_URI("[\"" URI "\"]"), E_ANSWER},
      {201, WITH_URI("\"\""), E_ANSWER},
      {201, WITH_URI("\"not-a-uri\""), E_ANSWER},
      {201, WITH_URI("\":x\""), E_ANSWER},
      {201, WITH_URI("\"urn:a b\""), E_ANSWER},
      {201, WITH_URI("\"urn:a\\u0000b\""), E_ANSWER},
      {201, WITH_URI("\"urn:a\\r\\nX: y\""), E_ANSWER},
      {201, WITH_URI("\"urn:\\u001b[2J\""), E_ANSWER},
      {201, WITH_URI("\"urn:\\u202e\""), E_ANSWER},
      {201, WITH_URI("\"urn:a#b\""), E_ANSWER},
      {201, WITH_URI("\"urn:a\",\"request_uri\":\"urn:b\""), E_ANSWER},
      {201, "{\"request_uri\":\"" URI "\"}", E_ANSWER},
      {201, WITH_TIME("null"), E_ANSWER},
      {201, WITH_TIME("0"), E_ANSWER},
      {201, WITH_TIME("-1"), E_ANSWER},
      {201, WITH_TIME("1.5"), E_ANSWER},
      {201, WITH_TIME("1e300"), E_ANSWER},
      {201, WITH_TIME("\"soon\""), E_ANSWER},
      {201, WITH_TIME("[60]"), E_ANSWER},
      {201, WITH_TIME("60,\"expires_in\":60"), E_ANSWER},
      {201, WITH_TIME("60") "{}", E_ANSWER},
      {404, WITH_TIME("60"), E_ANSWER},
      {400, "", E_ANSWER},
      {500, WITH_TIME("60"), E_ISSUER_5XX},
      {429, "slow down", E_RATE},
      {400, "{\"error\":\"invalid_request\"}", E_OAUTH},
      {201, "{\"error\":\"invalid_request\"}", E_OAUTH},
      {401, "{\"error\":\"invalid_client\",\"error_description\":7}", E_OAUTH},
      {400, "{\"error\":7}", E_ANSWER},
      {201, "{\"error\":\"\"}", E_ANSWER},
      {429, "{\"error\":\"slow_down\"}", E_RATE},
      {503, "{\"error\":\"temporarily_unavailable\"}", E_ISSUER_5XX},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_PAR struct par par = {0};
    struct err err = ERR_INIT;

    cr_expect_eq(read_answer(&par, rows[i].status, rows[i].body, &err),
                 rows[i].code, "%d %s: %d %s", rows[i].status, rows[i].body,
                 err.code, err.message);
    cr_expect_null(par.request_uri);
    cr_expect_null(strchr(err.message, '\n'));
  }
}

/* Every member in every way that mutate.h knows. A number of seconds may be a
 * text, as elsewhere. */
Test(par, survives_each_mutation_of_an_answer)
{
  AUTO_JSON json_t *good =
      json_pack("{s:s, s:i}", "request_uri", URI, "expires_in", 60);
  size_t refused = 0, taken = 0;

  for (AUTO_MUTATION struct mutation m = {0}; mutate_next(&m, good);) {
    AUTO_PAR struct par par = {0};
    struct err err = ERR_INIT;
    enum code code =
        par_answer_read(&par, "a.example", 201, m.text, m.len, SENT, &err);

    cr_expect_eq(code == E_OK, par.request_uri != NULL, "%s", m.name);
    if (code == E_OK) {
      cr_expect(strcmp(m.member, "/expires_in") == 0 && par.expires_at > SENT,
                "taken: %s", m.name);
      taken++;
      continue;
    }
    cr_expect_eq(code, E_ANSWER, "%s: %d", m.name, code);
    cr_expect_null(strchr(err.message, '\n'));
    refused++;
  }
  cr_expect_gt(refused, 30);
  cr_expect_lt(taken, 4);
}

Test(par, refuses_a_reference_that_is_too_long)
{
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_PAR struct par par = {0};
  struct err err = ERR_INIT;

  buf_puts(&body, "{\"expires_in\":60,\"request_uri\":\"urn:");
  for (int i = 0; i < PAR_URI_MAX; i++)
    buf_putc(&body, 'x');
  buf_puts(&body, "\"}");
  cr_expect_eq(read_answer(&par, 201, buf_text(&body), &err), E_ANSWER);
}

/* --- when -------------------------------------------------------------- */

Test(par, is_used_as_server_and_profile_have_it)
{
  static const struct {
    const char *par, *server;
    enum code code;
    size_t pushed;
  } rows[] = {
      {"'auto'", "", E_OK, 0},
      {"'auto'", "offered", E_OK, 1},
      {"'auto'", "required", E_OK, 1},
      {"'required'", "", E_ANSWER, 0},
      {"'required'", "offered", E_OK, 1},
      {"'required'", "required", E_OK, 1},
      {"'off'", "", E_OK, 0},
      {"'off'", "offered", E_OK, 0},
      {"'off'", "required", E_PROFILE, 0},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_STR char *members = mem_printf("'login': {'par': %s}", rows[i].par);
    struct err err = ERR_INIT;

    flow_start(&f, members);
    server_order(&f.server, "{'set': {'par': '%s'}}", rows[i].server);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s %s: %s", rows[i].par, rows[i].server,
                 err.message);
    cr_expect_eq(server_count(&f.server, "/par"), rows[i].pushed);
    cr_expect_eq(server_count(&f.server, "/authorize"), rows[i].code == E_OK);
    if (rows[i].code == E_PROFILE)
      cr_expect_not_null(strstr(err.hint, "login.par auto"), "%s", err.hint);
  }
}

/* --- what is sent ------------------------------------------------------ */

Test(par, leaves_the_browser_a_reference_alone)
{
  static const enum login_method methods[] = {LOGIN_PASTE, LOGIN_BROWSER};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_JSON json_t *pushed = NULL;
    AUTO_JSON json_t *asked = NULL;
    const json_t *form, *query;
    struct err err = ERR_INIT;

    flow_start(&f, "'scope': ['openid'], 'resource': ['https://r.example/a', "
                   "'https://r.example/b'], 'params': {'authorize': {'x': "
                   "'y'}}");
    server_order(&f.server, "{'set': {'par': 'required'}}");
    cr_assert_eq(flow_login(&f, methods[i], FLOW_HONEST, &result, &err), E_OK,
                 "%s", err.message);
    pushed = server_journal(&f.server, "/par");
    form = json_object_get(json_array_get(pushed, 0), "form");
    cr_expect_str_eq(json_text(form, "client_id"), "fob-demo");
    cr_expect_str_eq(json_text(form, "response_type"), "code");
    cr_expect_str_eq(json_text(form, "code_challenge_method"), "S256");
    cr_expect_str_eq(json_text(form, "x"), "y");
    cr_expect_eq(json_array_size(json_object_get(form, "resource")), 2);
    cr_expect_not_null(json_text(form, "state"));
    asked = server_journal(&f.server, "/authorize");
    query = json_object_get(json_array_get(asked, 0), "query");
    cr_expect_eq(json_object_size(query), 2);
    cr_expect_str_eq(json_text(query, "client_id"), "fob-demo");
    cr_expect_not_null(json_text(query, "request_uri"));
  }
}

Test(par, proves_the_client)
{
  static const char *const auths[] = {"", "'auth': 'client_secret_post', "};

  for (size_t i = 0; i < ARRAY_LEN(auths); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_STR char *json =
        mem_printf("{'schema': 1, 'issuer': '%%s', 'client': {%s'id': "
                   "'fob-web'}, 'scope': ['openid']}",
                   auths[i]);
    struct err err = ERR_INIT;

    flow_start(&f, "");
    flow_profile(&f, json);
    server_order(&f.server, "{'set': {'par': 'required'}}");
    cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
                 "%s%s", auths[i], err.message);
  }
}

/* --- what goes wrong --------------------------------------------------- */

Test(par, ends_the_login_before_the_browser_where_the_answer_is_wrong)
{
  static const struct {
    const char *order;
    enum code code;
  } rows[] = {
      {"{'set': {'patch': {'par': {'request_uri': null}}}}", E_ANSWER},
      {"{'set': {'patch': {'par': {'request_uri': 1}}}}", E_ANSWER},
      {"{'set': {'patch': {'par': {'request_uri': 'a b'}}}}", E_ANSWER},
      {"{'set': {'patch': {'par': {'request_uri': 'u:\\u0007'}}}}", E_ANSWER},
      {"{'set': {'patch': {'par': {'expires_in': null}}}}", E_ANSWER},
      {"{'set': {'patch': {'par': {'expires_in': 0}}}}", E_ANSWER},
      {"{'set': {'patch': {'par': {'expires_in': 'x'}}}}", E_ANSWER},
      {"{'set': {'patch': {'par': {'error': 'invalid_request'}}}}", E_OAUTH},
      {"{'next': {'path': '/par', 'fault': 'status', 'status': 500}}",
       E_ISSUER_5XX},
      {"{'next': {'path': '/par', 'fault': 'status', 'status': 429}}", E_RATE},
      {"{'next': {'path': '/par', 'fault': 'status', 'status': 307,"
       " 'headers': {'Location': '/api/upload'}}}",
       E_ANSWER},
      {"{'next': {'path': '/par', 'fault': 'status', 'status': 302,"
       " 'headers': {'Location': '/api/upload'}}}",
       E_ANSWER},
      {"{'next': {'path': '/par', 'fault': 'status', 'status': 201,"
       " 'body': '<html>'}}",
       E_ANSWER},
      {"{'next': {'path': '/par', 'fault': 'cut'}}", E_CUT},
      {"{'next': {'path': '/par', 'fault': 'truncate'}}", E_CUT},
      {"{'set': {'scopes': ['other']}}", E_OAUTH},
      {"{'set': {'patch': {'metadata': "
       "{'pushed_authorization_request_endpoint': "
       "'http://evil.example/par'}}}}",
       E_PLAIN_HTTP},
      {"{'set': {'patch': {'metadata': "
       "{'pushed_authorization_request_endpoint': 7}}}}",
       E_ANSWER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "'scope': ['openid']");
    server_order(&f.server, "{'set': {'par': 'required'}}");
    server_order(&f.server, "%s", rows[i].order);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s: %d %s", rows[i].order, err.code,
                 err.message);
    cr_expect_leq(server_count(&f.server, "/par"), 1, "%s", rows[i].order);
    cr_expect_eq(server_count(&f.server, "/authorize"), 0, "%s", rows[i].order);
    cr_expect_eq(server_count(&f.server, "/token"), 0);
    cr_expect_eq(server_count(&f.server, "/api/upload"), 0);
    cr_expect_null(result.record);
    cr_expect_null(strchr(err.message, '\n'));
  }
}

/* A server that offers it to all and allows it to few. */
Test(par, tells_how_to_do_without_where_it_was_not_demanded)
{
  static const struct {
    const char *par, *server;
    bool hints;
  } rows[] = {{"auto", "offered", true},
              {"auto", "required", false},
              {"required", "offered", false}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_STR char *members = mem_printf("'login': {'par': '%s'}", rows[i].par);
    struct err err = ERR_INIT;

    flow_start(&f, members);
    server_order(&f.server,
                 "{'set': {'par': '%s', 'patch': {'par': {'error': "
                 "'unauthorized_client'}}}}",
                 rows[i].server);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 E_OAUTH, "%s", err.message);
    cr_expect_eq(strstr(err.hint, "login.par off") != NULL, rows[i].hints, "%s",
                 err.hint);
  }
}

Test(par, tells_of_the_wrong_way_to_prove_the_client)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  server_order(&f.server,
               "{'set': {'par': 'offered', 'patch': {'par': {'error': "
               "'invalid_client'}, 'metadata': "
               "{'token_endpoint_auth_methods_supported': "
               "['private_key_jwt']}}}}");
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OAUTH,
               "%s", err.message);
  cr_expect_not_null(strstr(err.hint, "client.auth METHOD"), "%s", err.hint);
  cr_expect_null(strstr(err.hint, "login.par off"), "%s", err.hint);
}

Test(par, says_when_the_reference_did_not_last)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  struct err err = ERR_INIT;

  flow_start(&f, "");
  server_order(&f.server,
               "{'set': {'par': 'required', 'patch': {'callback': {'code': "
               "null, 'error': 'invalid_request_uri'}}}}");
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OAUTH,
               "%s", err.message);
  cr_expect_eq(err.hint[0], '\0', "it had time left: %s", err.hint);
}

/* The sandbox keeps the rules that make these tests worth something. */
Test(par, meets_a_strict_server)
{
  AUTO_SERVER struct server server = {0};
  static const char form[] =
      "client_id=fob-demo&response_type=code&redirect_uri=http%3A%2F%2F127.0.0."
      "1%2Fcallback&state=s&code_challenge_method=S256&code_challenge="
      "0123456789012345678901234567890123456789012";
  AUTO_STR char *par = NULL;
  AUTO_STR char *first = NULL;

  server_start(&server, NULL);
  server_order(&server, "{'set': {'par': 'required'}}");
  par = mem_printf("%s/par", server.base);
  for (int i = 0; i < 3; i++) {
    AUTO_FETCH struct fetch_answer pushed = {0};
    AUTO_FETCH struct fetch_answer page = {0};
    AUTO_FETCH struct fetch_answer again = {0};
    AUTO_STR char *url = NULL;
    AUTO_JSON json_t *object = NULL;

    cr_assert(fetch("POST", par,
                    "Content-Type: application/x-www-form-urlencoded\r\n", form,
                    sizeof(form) - 1, 10000, &pushed));
    cr_assert_eq(pushed.status, 201, "%s", pushed.body);
    object = json_loads(pushed.body, 0, NULL);
    url = mem_printf("%s/authorize?client_id=%s&request_uri=%s%s", server.base,
                     i == 1 ? "fob-web" : "fob-demo",
                     json_text(object, "request_uri"), i == 2 ? "&x=y" : "");
    cr_assert(fetch("GET", url, NULL, NULL, 0, 10000, &page));
    cr_assert(fetch("GET", url, NULL, NULL, 0, 10000, &again));
    cr_expect_eq(page.status, i == 0 ? 302 : 400);
    cr_expect_eq(again.status, 400);
  }
}

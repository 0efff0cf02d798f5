#include "oauth/jarm.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/callback.h"
#include "oauth/flow.h"
#include "oauth/form.h"
#include "support/signer.h"

#include <criterion/criterion.h>
#include <string.h>

#define AUTO_RESULT __attribute__((cleanup(login_result_clear)))
#define ISSUER "https://login.acme.example"
#define STATE "test-state-0123456789"
#define NOW 1800000000

/* --- an answer by itself ----------------------------------------------- */

/* An issuer and how often its keys were asked for. */
struct issuer {
  struct signer signer;
  unsigned fetches;
};

static enum code give_keys(void *user, bool again, json_t **ret_jwks,
                           struct err *err)
{
  struct issuer *issuer = user;

  (void)err;
  cr_assert_eq(again, issuer->fetches > 0);
  issuer->fetches++;
  *ret_jwks = signer_set(&issuer->signer, "k1");
  return E_OK;
}

#define GOOD                                                                   \
  "\"iss\":\"" ISSUER "\",\"aud\":\"fob-cli\",\"exp\":1800000300,"             \
  "\"state\":\"" STATE "\",\"code\":\"abc\""
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\"}"

static enum code read_signed(struct issuer *issuer, struct secret **ret_code,
                             const char *header, const char *payload,
                             const char *more, struct err *err)
{
  AUTO_STR char *compact = signer_sign(&issuer->signer, header, payload);
  AUTO_STR char *query = mem_printf("response=%s%s", compact, more);
  const struct jarm_check check = {.issuer = ISSUER,
                                   .client_id = "fob-cli",
                                   .now = NOW,
                                   .keys = give_keys,
                                   .user = issuer};
  const struct callback_expect expect = {
      .state = STATE, .issuer = ISSUER, .iss_required = true, .jarm = &check};

  issuer->fetches = 0;
  return callback_read(ret_code, query, &expect, err);
}

Test(jarm, gives_the_code_of_a_good_answer)
{
  static const struct {
    const char *payload, *more;
  } rows[] = {
      {"{" GOOD "}", ""},
      {"{" GOOD ",\"iat\":1800000000,\"session_state\":\"x\"}", "&x=y"},
      {"{\"iss\":\"" ISSUER "\",\"aud\":[\"fob-cli\"],\"exp\":1799999941,"
       "\"state\":\"" STATE "\",\"code\":\"abc\"}",
       ""},
      /* what is not signed does not count */
      {"{" GOOD "}", "&code=other&state=other&error=access_denied&iss=x"},
  };
  struct issuer issuer;

  signer_open(&issuer.signer, "ES256", SIGNER_EC);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(secret) code = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(read_signed(&issuer, &code, HEADER, rows[i].payload,
                             rows[i].more, &err),
                 E_OK, "%s: %s", rows[i].payload, err.message);
    cr_expect_str_eq(secret_reveal(code), "abc");
    cr_expect_eq(issuer.fetches, 1);
  }
  signer_close(&issuer.signer);
}

#define CLAIMS(iss, aud, exp, state) "{" iss aud exp state "\"code\":\"abc\"}"
#define ISS "\"iss\":\"" ISSUER "\","
#define AUD "\"aud\":\"fob-cli\","
#define EXP "\"exp\":1800000300,"
#define ST "\"state\":\"" STATE "\","

Test(jarm, refuses_what_is_not_for_this_login_and_asks_for_no_keys)
{
  static const struct {
    const char *payload, *why;
  } rows[] = {
      {CLAIMS("", AUD, EXP, ST), "no 'iss'"},
      {CLAIMS("\"iss\":1,", AUD, EXP, ST), "no 'iss'"},
      {CLAIMS("\"iss\":\"https://evil.example\",", AUD, EXP, ST),
       "another issuer"},
      {CLAIMS("\"iss\":\"" ISSUER "/\",", AUD, EXP, ST), "another issuer"},
      {CLAIMS("\"iss\":\"" ISSUER "\\u0007\",", AUD, EXP, ST),
       "another issuer"},
      {CLAIMS(ISS, "", EXP, ST), "no 'aud'"},
      {CLAIMS(ISS, "\"aud\":\"other\",", EXP, ST), "'aud'"},
      {CLAIMS(ISS, "\"aud\":\"\",", EXP, ST), "'aud'"},
      {CLAIMS(ISS, "\"aud\":[],", EXP, ST), "'aud'"},
      {CLAIMS(ISS, "\"aud\":[\"fob-cli\",\"other\"],", EXP, ST), "'aud'"},
      {CLAIMS(ISS, "\"aud\":[1],", EXP, ST), "'aud'"},
      {CLAIMS(ISS, "\"aud\":{},", EXP, ST), "'aud'"},
      {CLAIMS(ISS, AUD, "", ST), "no 'exp'"},
      {CLAIMS(ISS, AUD, "\"exp\":1799999940,", ST), "expired"},
      {CLAIMS(ISS, AUD, "\"exp\":0,", ST), "expired"},
      {CLAIMS(ISS, AUD, "\"exp\":-1,", ST), "'exp'"},
      {CLAIMS(ISS, AUD, "\"exp\":\"1800000300\",", ST), "'exp'"},
      {CLAIMS(ISS, AUD, "\"exp\":1800000300.5,", ST), "'exp'"},
      {CLAIMS(ISS, AUD, EXP, ""), "no state"},
      {CLAIMS(ISS, AUD, EXP, "\"state\":\"other\","), "another state"},
      {CLAIMS(ISS, AUD, EXP, "\"state\":7,"), "no state"},
      {CLAIMS(ISS, AUD, EXP, ST ST), ""},
      {"{}", "no 'iss'"},
      {"[]", ""},
  };
  struct issuer issuer;

  signer_open(&issuer.signer, "ES256", SIGNER_EC);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct secret *code = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(read_signed(&issuer, &code, HEADER, rows[i].payload, "", &err),
                 E_CHECK, "%s: %s", rows[i].payload, err.message);
    cr_expect_null(code);
    cr_expect_eq(issuer.fetches, 0, "%s", rows[i].payload);
    cr_expect_not_null(strstr(err.message, rows[i].why), "%s: %s",
                       rows[i].payload, err.message);
    cr_expect_null(strchr(err.message, '\n'));
  }
  signer_close(&issuer.signer);
}

Test(jarm, refuses_what_the_issuer_did_not_sign)
{
  static const struct {
    const char *header;
    unsigned fetches;
  } rows[] = {
      {"{\"alg\":\"ES256\",\"kid\":\"k2\"}", 2},
      {"{\"alg\":\"none\"}", 0},
      {"{\"alg\":\"HS256\",\"kid\":\"k1\"}", 0},
      {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", 2},
      {"{\"kid\":\"k1\"}", 0},
      {"{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[\"exp\"]}", 0},
      {"{\"alg\":\"ES256\",\"kid\":\"k1\",\"b64\":false}", 0},
  };
  struct issuer issuer;

  signer_open(&issuer.signer, "ES256", SIGNER_EC);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct secret *code = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(
        read_signed(&issuer, &code, rows[i].header, "{" GOOD "}", "", &err),
        E_CHECK, "%s: %s", rows[i].header, err.message);
    cr_expect_null(code);
    cr_expect_eq(issuer.fetches, rows[i].fetches, "%s: %u", rows[i].header,
                 issuer.fetches);
  }
  signer_close(&issuer.signer);
}

Test(jarm, refuses_an_answer_that_is_not_signed_at_all)
{
  static const char *const queries[] = {
      "code=abc&state=" STATE "&iss=https%3A%2F%2Flogin.acme.example",
      "error=access_denied&state=" STATE,
      "response=&code=abc&state=" STATE,
      "response=abc",
      "response=a.b.c",
      "response=a.b.c.d.e",
      "response=x&response=x",
      "",
  };
  struct issuer issuer = {0};
  const struct jarm_check check = {.issuer = ISSUER,
                                   .client_id = "fob-cli",
                                   .now = NOW,
                                   .keys = give_keys,
                                   .user = &issuer};
  const struct callback_expect expect = {
      .state = STATE, .issuer = ISSUER, .jarm = &check};

  for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
    struct secret *code = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(callback_read(&code, queries[i], &expect, &err), E_CHECK,
                 "%s: %s", queries[i], err.message);
    cr_expect_null(code);
    cr_expect_eq(issuer.fetches, 0);
  }
}

Test(jarm, tells_the_servers_no_and_a_code_that_is_none)
{
  static const struct {
    const char *claim;
    enum code code;
  } rows[] = {
      {"\"error\":\"access_denied\",\"error_description\":\"x\\u001b\"",
       E_OAUTH},
      {"\"code\":7", E_ANSWER},
      {"\"code\":\"\"", E_ANSWER},
      {"\"code\":\"a\\nb\"", E_ANSWER},
      {"\"x\":1", E_ANSWER},
  };
  struct issuer issuer;

  signer_open(&issuer.signer, "ES256", SIGNER_EC);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *payload =
        mem_printf("{" ISS AUD EXP ST "%s}", rows[i].claim);
    struct secret *code = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(read_signed(&issuer, &code, HEADER, payload, "", &err),
                 rows[i].code, "%s: %s", rows[i].claim, err.message);
    cr_expect_null(code);
    cr_expect_null(strchr(err.message, '\x1b'));
  }
  signer_close(&issuer.signer);
}

/* --- when -------------------------------------------------------------- */

Test(jarm, is_asked_for_as_server_and_profile_have_it)
{
  static const struct {
    const char *member, *server;
    enum code code;
    const char *mode; /* NULL: none */
  } rows[] = {
      {"auto", "", E_OK, NULL},
      {"auto", "'jarm': 'offered'", E_OK, NULL},
      {"auto", "'jarm': 'only'", E_OK, "query.jwt"},
      {"query", "'jarm': 'offered'", E_OK, NULL},
      {"query", "'jarm': 'only'", E_OAUTH, NULL}, /* the server's own no */
      {"jwt", "'jarm': 'offered'", E_OK, "query.jwt"},
      {"jwt", "'jarm': 'only'", E_OK, "query.jwt"},
      {"jwt",
       "'jarm': 'only', 'patch': {'metadata': {'response_modes_supported': "
       "['jwt', 'query']}}",
       E_OK, "jwt"},
      {"jwt",
       "'patch': {'metadata': {'response_modes_supported': ['query', "
       "'fragment']}}",
       E_ANSWER, NULL},
      {"auto",
       "'patch': {'metadata': {'response_modes_supported': ['fragment', "
       "'form_post']}}",
       E_OK, NULL},
      {"jwt", "'jarm': 'only', 'patch': {'metadata': {'jwks_uri': null}}",
       E_PROFILE, NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    AUTO_STR char *members =
        mem_printf("'login': {'response_mode': '%s'}", rows[i].member);
    AUTO_JSON json_t *asked = NULL;
    const json_t *query;
    struct err err = ERR_INIT;

    flow_start(&f, members);
    server_order(&f.server, "{'set': {%s}}", rows[i].server);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s %s: %d %s", rows[i].member, rows[i].server,
                 err.code, err.message);
    asked = server_journal(&f.server, "/authorize");
    query = json_object_get(json_array_get(asked, 0), "query");
    if (rows[i].mode)
      cr_expect_str_eq(json_text(query, "response_mode"), rows[i].mode);
    else
      cr_expect_null(json_text(query, "response_mode"));
  }
}

/* --- the whole way ----------------------------------------------------- */

Test(jarm, works_with_listener_and_pushed_request)
{
  static const enum login_method methods[] = {LOGIN_PASTE, LOGIN_BROWSER};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "'login': {'response_mode': 'jwt'}");
    server_order(&f.server,
                 "{'set': {'jarm': 'only', 'par': 'required', 'alg': '%s'}}",
                 i == 0 ? "ES384" : "PS256");
    cr_assert_eq(flow_login(&f, methods[i], FLOW_HONEST, &result, &err), E_OK,
                 "%s", err.message);
    cr_expect_eq(server_count(&f.server, "/token"), 1);
  }
}

/* Nothing wrong leads to a token request. The first eight are those of the
 * OpenID Foundation's tests for clients. */
Test(jarm, ends_the_login_where_the_answer_is_wrong)
{
  static const struct {
    const char *set;
    enum code code;
  } rows[] = {
      {"'patch': {'jarm': {'iss': null}}", E_CHECK},
      {"'patch': {'jarm': {'iss': 'https://evil.example'}}", E_CHECK},
      {"'patch': {'jarm': {'aud': null}}", E_CHECK},
      {"'patch': {'jarm': {'aud': 'other'}}", E_CHECK},
      {"'patch': {'jarm': {'exp': null}}", E_CHECK},
      {"'patch': {'jarm': {'exp': 1000000000}}", E_CHECK},
      {"'jarm_answer': {'signature': 'flip'}", E_CHECK},
      {"'jarm_answer': {'signature': 'none'}", E_CHECK},
      {"'jarm_answer': {'signature': 'empty'}", E_CHECK},
      {"'jarm_answer': {'signature': 'hs256'}", E_CHECK},
      {"'jarm_answer': {'signature': 'other_key'}", E_CHECK},
      {"'jarm_answer': {'signature': 'unpublished'}", E_CHECK},
      {"'patch': {'jarm': {'state': null}}", E_CHECK},
      {"'patch': {'jarm': {'state': 'other'}}", E_CHECK},
      {"'patch': {'jarm': {'code': null}}", E_ANSWER},
      {"'patch': {'jarm': {'code': 7}}", E_ANSWER},
      {"'patch': {'query': {'response': 'x'}}", E_CHECK},
      {"'patch': {'query': {'response': null, 'code': 'x'}}", E_CHECK},
      {"'patch': {'metadata': "
       "{'authorization_signing_alg_values_supported': ['PS256']}}",
       E_CHECK},
      {"'consent': 'deny'", E_OAUTH},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "'login': {'response_mode': 'jwt'}");
    server_order(&f.server, "{'set': {'jarm': 'only'}}");
    server_order(&f.server, "{'set': {%s}}", rows[i].set);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s: %d %s", rows[i].set, err.code, err.message);
    cr_expect_eq(server_count(&f.server, "/token"), 0, "%s", rows[i].set);
    cr_expect_leq(server_count(&f.server, "/jwks"), 2);
    cr_expect_null(result.record);
    cr_expect_null(strchr(err.message, '\n'));
  }
}

Test(jarm, ends_the_login_where_the_keys_cannot_be_had)
{
  static const struct {
    const char *fault;
    enum code code;
  } rows[] = {
      {"'fault': 'status', 'status': 500", E_ISSUER_5XX},
      {"'fault': 'status', 'status': 404", E_ANSWER},
      {"'fault': 'status', 'status': 200, 'body': '[]'", E_ANSWER},
      {"'fault': 'cut', 'times': -1", E_CUT},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, "'login': {'response_mode': 'jwt'}");
    server_order(&f.server,
                 "{'set': {'jarm': 'only'}, 'next': {'path': '/jwks', %s}}",
                 rows[i].fault);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 rows[i].code, "%s: %s", rows[i].fault, err.message);
    cr_expect_eq(server_count(&f.server, "/token"), 0, "%s", rows[i].fault);
  }
}

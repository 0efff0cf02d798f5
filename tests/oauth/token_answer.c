/* What a token endpoint answers, as the standards have it. */
#include "oauth/token_answer_case.h"

#include "base/clock.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

Test(token_answer, is_read_whole)
{
  AUTO(profile) profile = profile_of("{\"schema\": 1}");
  AUTO_JSON json_t *body = good();
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  AUTO_TOKEN_ANSWER struct token_answer answer = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(json_write(&text, body, 2, &err), E_OK);
  cr_assert_eq(read_json(&answer, profile, 200, buf_text(&text), &err), E_OK,
               "%s", err.message);
  cr_expect_str_eq(secret_reveal(answer.access_token), ACCESS);
  cr_expect_str_eq(secret_reveal(answer.refresh_token),
                   "test-refresh-token-not-real");
  cr_expect_str_eq(secret_reveal(answer.id_token), "test.id.token-not-real");
  cr_expect_str_eq(answer.token_type, "Bearer");
  cr_expect_str_eq(answer.scope, "openid api:read");
  cr_expect_eq(answer.expires_at, SENT + 3600);
  cr_expect_eq(answer.refresh_expires_at, CLOCK_NEVER);
}

Test(token_answer, has_optional_members)
{
  static const struct {
    const char *body;
    int64_t expires_at, refresh_expires_at;
    const char *type;
  } rows[] = {
      {"{\"access_token\":\"" ACCESS "\",\"token_type\":\"bearer\"}",
       CLOCK_NEVER, CLOCK_NEVER, "bearer"},
      {"{\"access_token\":\"" ACCESS "\",\"token_type\":\"BEARER\","
       "\"expires_in\":null,\"scope\":null,\"refresh_token\":null,"
       "\"id_token\":null,\"error\":null}",
       CLOCK_NEVER, CLOCK_NEVER, "BEARER"},
      {"{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
       "\"expires_in\":\"60\"}",
       SENT + 60, CLOCK_NEVER, "Bearer"},
      {"{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
       "\"expires_in\":60.0}",
       SENT + 60, CLOCK_NEVER, "Bearer"},
      {"{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
       "\"expires_in\":0}",
       SENT, CLOCK_NEVER, "Bearer"},
      {"\n {\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
       "\"refresh_token_expires_in\":15897600}",
       CLOCK_NEVER, SENT + 15897600, "Bearer"},
      {"{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
       "\"refresh_expires_in\":1800}",
       CLOCK_NEVER, SENT + 1800, "Bearer"},
      /* no standard has these: what is odd in them states nothing */
      {"{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\","
       "\"refresh_expires_in\":0,\"refresh_token_expires_in\":\"x\"}",
       CLOCK_NEVER, CLOCK_NEVER, "Bearer"},
  };
  AUTO(profile) profile = profile_of("{\"schema\": 1}");

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TOKEN_ANSWER struct token_answer answer = {0};
    struct err err = ERR_INIT;

    cr_assert_eq(read_json(&answer, profile, 200, rows[i].body, &err), E_OK,
                 "%s: %s", rows[i].body, err.message);
    cr_expect_eq(answer.expires_at, rows[i].expires_at, "%s", rows[i].body);
    cr_expect_eq(answer.refresh_expires_at, rows[i].refresh_expires_at, "%s",
                 rows[i].body);
    cr_expect_str_eq(answer.token_type, rows[i].type);
    cr_expect_null(answer.refresh_token);
  }
}

/* One member changed at a time; value "-" removes it. */
Test(token_answer, is_refused_when_a_member_is_wrong)
{
  static const struct {
    const char *member, *value;
  } rows[] = {
      {"access_token", "-"},
      {"access_token", "null"},
      {"access_token", "\"\""},
      {"access_token", "1"},
      {"access_token", "true"},
      {"access_token", "[\"x\"]"},
      {"access_token", "{}"},
      {"access_token", "\"test token\""},
      {"access_token", "\"test\\ttoken\""},
      {"access_token", "\"test\\r\\nX-Evil: 1\""},
      {"access_token", "\"test\\u0000token\""},
      {"access_token", "\"test\\u007ftoken\""},
      {"access_token", "\"t\\u00e4st\""},
      {"token_type", "-"},
      {"token_type", "null"},
      {"token_type", "\"\""},
      {"token_type", "\"mac\""},
      {"token_type", "\"Bearer \""},
      {"token_type", "1"},
      {"token_type", "[\"Bearer\"]"},
      {"expires_in", "-1"},
      {"expires_in", "1.5"},
      {"expires_in", "\"\""},
      {"expires_in", "\"1h\""},
      {"expires_in", "\" 60\""},
      {"expires_in", "1e300"},
      {"expires_in", "9223372036854775807"},
      {"expires_in", "true"},
      {"expires_in", "[]"},
      {"expires_in", "{}"},
      {"refresh_token", "1"},
      {"refresh_token", "\"\""},
      {"refresh_token", "false"},
      {"refresh_token", "[]"},
      {"refresh_token", "{}"},
      {"refresh_token", "\"a\\nb\""},
      {"refresh_token", "\"a b\""},
      {"id_token", "1"},
      {"id_token", "\"\""},
      {"id_token", "{}"},
      {"id_token", "\"a b\""},
      {"scope", "1"},
      {"scope", "[\"openid\"]"},
      {"scope", "{}"},
      {"scope", "\"a\\nb\""},
      {"scope", "\"a\\u001b[31m\""},
      {"scope", "\"a\\u009b31m\""},
      {"scope", "\"a\\u202eb\""},
      {"error", "false"},
      {"error", "\"\""},
      {"error", "{\"code\": 1}"},
      {"error", "[]"},
  };
  AUTO(profile) profile = profile_of("{\"schema\": 1}");

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *body = good();
    AUTO_TOKEN_ANSWER struct token_answer answer = {0};
    struct err err = ERR_INIT;

    if (strcmp(rows[i].value, "-") == 0)
      json_object_del(body, rows[i].member);
    else
      json_object_set_new(
          body, rows[i].member,
          json_loads(rows[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
    cr_expect_eq(read_object(&answer, profile, body, &err), E_ANSWER,
                 "%s = %s: %s", rows[i].member, rows[i].value, err.message);
    cr_expect_null(strpbrk(err.message, "\n\r\x1b"), "%s", err.message);
    cr_expect_null(strstr(err.message, ACCESS), "%s", err.message);
  }
}

Test(token_answer, is_refused_when_a_member_is_too_long)
{
  static const struct {
    const char *member;
    size_t max;
  } rows[] = {{"access_token", TOKEN_MAX},
              {"refresh_token", TOKEN_MAX},
              {"id_token", TOKEN_ID_MAX}};
  AUTO(profile) profile = profile_of("{\"schema\": 1}");

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    for (size_t over = 0; over < 2; over++) {
      AUTO_JSON json_t *body = good();
      AUTO_STR char *value = mem_zalloc(rows[i].max + 2);
      AUTO_TOKEN_ANSWER struct token_answer answer = {0};
      struct err err = ERR_INIT;

      cr_assert_not_null(value);
      memset(value, 'a', rows[i].max + over);
      json_object_set_new(body, rows[i].member, json_string(value));
      cr_expect_eq(read_object(&answer, profile, body, &err),
                   over ? E_ANSWER : E_OK, "%s: %s", rows[i].member,
                   err.message);
    }
}

Test(token_answer, fails_by_its_error_and_its_status)
{
  static const struct {
    int status;
    const char *type, *body;
    enum code code;
    const char *message;
  } rows[] = {
      {400, "application/json", "{\"error\":\"invalid_grant\"}", E_OAUTH,
       "login.acme.example says invalid_grant"},
      {400, "application/json",
       "{\"error\":\"invalid_grant\",\"error_description\":\"token expired\"}",
       E_OAUTH, "invalid_grant (\"token expired\")"},
      {401, "application/json", "{\"error\":\"invalid_client\"}", E_OAUTH,
       "invalid_client"},
      {200, "application/json",
       "{\"error\":\"bad\",\"access_token\":\"" ACCESS
       "\",\"token_type\":\"Bearer\"}",
       E_OAUTH, "bad"},
      {200, "text/html", "{\"error\":\"bad\"}", E_OAUTH, "bad"},
      {200, NULL, "{\"error\":\"bad\"}", E_OAUTH, "bad"},
      {200, "application/x-www-form-urlencoded",
       "error=bad_verification_code&error_description=The+code+is+wrong",
       E_OAUTH, "bad_verification_code (\"The code is wrong\")"},
      {429, "application/json", "{\"error\":\"slow_down\"}", E_RATE,
       "slow_down"},
      {429, "text/html", "<p>no", E_RATE, "429"},
      {429, NULL, "", E_RATE, "429"},
      {500, "text/html", "<html>oops</html>", E_ISSUER_5XX, "500"},
      {503, NULL, "", E_ISSUER_5XX, "503"},
      {500, "application/json", "{\"error\":\"invalid_grant\"}", E_ISSUER_5XX,
       "invalid_grant"},
      {502, "application/json", "{\"error\":{}}", E_ISSUER_5XX, "502"},
      {200, NULL, "", E_ANSWER, "is empty (HTTP 200)"},
      {200, "application/json", " \r\n ", E_ANSWER, "is empty"},
      {204, NULL, "", E_ANSWER, "is empty"},
      {404, "text/html", "<p>nothing here", E_ANSWER,
       "answers 404 at the token endpoint, and no OAuth error (text/html)"},
      {401, NULL, "", E_ANSWER, "(no Content-Type)"},
      {400, "application/json", "{\"message\":\"no\"}", E_ANSWER,
       "answers 400"},
      {400, "application/json", "{\"error\":{\"code\":1}}", E_ANSWER,
       "answers 400"},
      {302, "text/html", "", E_ANSWER, "302"},
      {404, "application/json",
       "{\"access_token\":\"" ACCESS "\",\"token_type\":\"Bearer\"}", E_ANSWER,
       "answers 404"},
      {200, "application/json", "[]", E_ANSWER, "token answer"},
      {200, "application/json", "{\"access_token\":", E_ANSWER, "token answer"},
      {200, "application/json",
       "{\"access_token\":\"" ACCESS "\",\"access_token\":\"" ACCESS
       "\",\"token_type\":\"Bearer\"}",
       E_ANSWER, "token answer"},
      /* a form only under that Content-Type */
      {200, "application/json", "access_token=" ACCESS "&token_type=Bearer",
       E_ANSWER, "token answer"},
      {200, "text/plain", "access_token=" ACCESS "&token_type=Bearer", E_ANSWER,
       "token answer"},
      {200, "application/x-www-form-urlencoded2",
       "access_token=" ACCESS "&token_type=Bearer", E_ANSWER, "token answer"},
      {200, "application/x-www-form-urlencoded",
       "access_token=" ACCESS "&access_token=" ACCESS "&token_type=Bearer",
       E_ANSWER, "'access_token' more than once"},
  };
  AUTO(profile) profile = profile_of("{\"schema\": 1}");

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TOKEN_ANSWER struct token_answer answer = {0};
    struct err err = ERR_INIT;

    cr_expect_eq(read_as(&answer, profile, rows[i].status, rows[i].type,
                         rows[i].body, &err),
                 rows[i].code, "%d %s: %s", rows[i].status, rows[i].body,
                 err.message);
    cr_expect_not_null(strstr(err.message, rows[i].message), "%s: %s",
                       rows[i].body, err.message);
    cr_expect_null(answer.access_token);
  }
}

Test(token_answer, may_be_a_form_under_that_content_type)
{
  static const char *const types[] = {
      "application/x-www-form-urlencoded",
      "Application/X-WWW-Form-URLEncoded; charset=utf-8"};
  AUTO(profile) profile = profile_of("{\"schema\": 1}");

  for (size_t i = 0; i < ARRAY_LEN(types); i++) {
    AUTO_TOKEN_ANSWER struct token_answer answer = {0};
    struct err err = ERR_INIT;

    cr_assert_eq(read_as(&answer, profile, 200, types[i],
                         "access_token=" ACCESS
                         "&token_type=bearer&scope=repo%2Cgist&expires_in=60",
                         &err),
                 E_OK, "%s", err.message);
    cr_expect_str_eq(answer.scope, "repo,gist");
    cr_expect_eq(answer.expires_at, SENT + 60);
  }
}

Test(token_answer, shows_the_servers_words_harmlessly)
{
  AUTO(profile) profile = profile_of("{\"schema\": 1}");
  AUTO_TOKEN_ANSWER struct token_answer answer = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(read_json(&answer, profile, 400,
                         "{\"error\":\"x\\u001b[2J\",\"error_description\":"
                         "\"a\\r\\nb\\u202e\"}",
                         &err),
               E_OAUTH);
  for (const char *c = err.message; *c; c++)
    cr_assert((unsigned char)*c >= 0x20, "%s", err.message);
  cr_expect_null(strstr(err.message, "\xe2\x80\xae"));
}

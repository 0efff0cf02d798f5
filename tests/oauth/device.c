/* The pure parts of device authorization: its answer, and its pace. */
#include "oauth/device.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define CODE "test-device-code-not-real"

static struct profile *profile_of(const char *json)
{
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s", err.message);
  return profile;
}

static enum code read_as(struct device_answer *answer, int status,
                         const char *type, const char *body, struct err *err)
{
  AUTO(profile)
  profile = profile_of("{\"schema\": 1, \"token_response\": {\"errors\": "
                       "{\"device_flow_disabled\": \"unauthorized_client\"}}}");

  *answer = (struct device_answer){0};
  return device_answer_read(answer, profile, "login.acme.example", status, type,
                            body, strlen(body), err);
}

static json_t *good(void)
{
  json_t *body = json_pack(
      "{s:s, s:s, s:s, s:s, s:i, s:i}", "device_code", CODE, "user_code",
      "WDJB-MJHT", "verification_uri", "https://login.acme.example/device",
      "verification_uri_complete",
      "https://login.acme.example/device?user_code=WDJB-MJHT", "expires_in",
      900, "interval", 7);

  cr_assert_not_null(body);
  return body;
}

/* The good one with a member put in the place of its own; "" takes it away. */
static enum code read_with(struct device_answer *answer, const char *member,
                           const char *value, struct err *err)
{
  AUTO_JSON json_t *body = good();
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);

  if (*value) {
    json_t *other = json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    cr_assert_not_null(other, "%s", value);
    cr_assert_eq(json_object_set_new(body, member, other), 0);
  } else {
    cr_assert_eq(json_object_del(body, member), 0);
  }
  cr_assert_eq(json_write(&text, body, 0, err), E_OK);
  return read_as(answer, 200, "application/json", buf_text(&text), err);
}

Test(device, answer_is_read_whole)
{
  AUTO_DEVICE_ANSWER struct device_answer answer = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(read_with(&answer, "x", "1", &err), E_OK, "%s", err.message);
  cr_expect_str_eq(secret_reveal(answer.device_code), CODE);
  cr_expect_str_eq(answer.user_code, "WDJB-MJHT");
  cr_expect_str_eq(answer.uri, "https://login.acme.example/device");
  cr_expect_str_eq(answer.uri_complete,
                   "https://login.acme.example/device?user_code=WDJB-MJHT");
  cr_expect_eq(answer.lifetime_ms, 900000);
  cr_expect_eq(answer.interval_ms, 7000);
}

Test(device, answer_may_be_a_form_where_it_says_so)
{
  static const char body[] =
      "device_code=" CODE "&user_code=WDJB-MJHT&interval=5&expires_in=899&"
      "verification_uri=https%3A%2F%2Fgithub.com%2Flogin%2Fdevice";
  AUTO_DEVICE_ANSWER struct device_answer answer = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(read_as(&answer, 200, "application/json", body, &err), E_ANSWER);
  cr_assert_eq(read_as(&answer, 200,
                       "application/x-www-form-urlencoded; charset=utf-8", body,
                       &err),
               E_OK, "%s", err.message);
  cr_expect_str_eq(answer.uri, "https://github.com/login/device");
  cr_expect_eq(answer.lifetime_ms, 899000);
}

/* As Google has it. */
Test(device, address_may_have_its_old_name)
{
  static const char body[] =
      "{\"device_code\": \"a\", \"user_code\": \"GQVQ-JKEC\", "
      "\"verification_url\": \"https://www.google.com/device\", "
      "\"expires_in\": 1800, \"interval\": 5}";
  static const char both[] =
      "{\"device_code\": \"a\", \"user_code\": \"GQVQ-JKEC\", "
      "\"verification_url\": \"https://evil.example/\", "
      "\"verification_uri\": \"https://login.acme.example/\", "
      "\"expires_in\": 1800}";
  AUTO_DEVICE_ANSWER struct device_answer answer = {0};
  AUTO_DEVICE_ANSWER struct device_answer other = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(read_as(&answer, 200, "application/json", body, &err), E_OK,
               "%s", err.message);
  cr_expect_str_eq(answer.uri, "https://www.google.com/device");
  cr_assert_eq(read_as(&other, 200, "application/json", both, &err), E_OK);
  cr_expect_str_eq(other.uri, "https://login.acme.example/");
}

/* What is written there in earnest, and what is done with it. */
Test(device, interval_is_taken_sensibly)
{
  static const struct {
    const char *value;
    int64_t ms; /* -1: refused */
  } rows[] = {
      {"", 5000},      {"null", 5000},  {"0", 5000},          {"-1", 5000},
      {"1", 1000},     {"\"5\"", 5000}, {"\"9\"", 9000},      {"10.0", 10000},
      {"899", 899000}, {"900", 5000},   {"1000000000", 5000}, {"1e300", 5000},
      {"0.1", 5000},   {"\"0\"", 5000}, {"\"soon\"", -1},     {"true", -1},
      {"[5]", -1},     {"{}", -1},      {"\"\"", -1},         {"\"-5\"", -1},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_DEVICE_ANSWER struct device_answer answer = {0};
    struct err err = ERR_INIT;
    enum code code = read_with(&answer, "interval", rows[i].value, &err);

    cr_expect_eq(code, rows[i].ms < 0 ? E_ANSWER : E_OK, "%s: %s",
                 rows[i].value, err.message);
    if (rows[i].ms >= 0)
      cr_expect_eq(answer.interval_ms, rows[i].ms, "%s: %jd", rows[i].value,
                   (intmax_t)answer.interval_ms);
  }
}

Test(device, code_lives_an_hour_at_most)
{
  AUTO_DEVICE_ANSWER struct device_answer answer = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(read_with(&answer, "expires_in", "999999999999", &err), E_OK);
  cr_expect_eq(answer.lifetime_ms, DEVICE_LIFETIME_MAX_MS);
  device_answer_clear(&answer);
  cr_assert_eq(read_with(&answer, "expires_in", "\"1\"", &err), E_OK);
  cr_expect_eq(answer.lifetime_ms, 1000);
  cr_expect_eq(answer.interval_ms, 5000);
}

Test(device, answer_is_refused_whole_for_any_member)
{
  static const struct {
    const char *member, *value;
    enum code code;
  } rows[] = {
      {"device_code", "", E_ANSWER},
      {"device_code", "null", E_ANSWER},
      {"device_code", "7", E_ANSWER},
      {"device_code", "\"\"", E_ANSWER},
      {"device_code", "\"a\\nb\"", E_ANSWER},
      {"device_code", "\"a\\u0000b\"", E_ANSWER},
      {"device_code", "\"\\u00e4\"", E_ANSWER},
      {"user_code", "", E_ANSWER},
      {"user_code", "null", E_ANSWER},
      {"user_code", "1234", E_ANSWER},
      {"user_code", "\"\"", E_ANSWER},
      {"user_code", "\"   \"", E_ANSWER},
      {"user_code", "\"A\\u001b[2JB\"", E_ANSWER},
      {"user_code", "\"A\\u0000B\"", E_ANSWER},
      {"user_code", "\"A\\u202eB\"", E_ANSWER},
      {"user_code", "\"A\\u200bB\"", E_ANSWER},
      {"user_code",
       "\"01234567890123456789012345678901234567890123456789"
       "012345678901234\"",
       E_ANSWER},
      {"verification_uri", "", E_ANSWER},
      {"verification_uri", "[]", E_ANSWER},
      {"verification_uri", "\"\"", E_ANSWER},
      {"verification_uri", "\"acme.example/device\"", E_ANSWER},
      {"verification_uri", "\"javascript:alert(1)\"", E_ANSWER},
      {"verification_uri", "\"file:///etc/passwd\"", E_ANSWER},
      {"verification_uri", "\"https://a.example/\\u0007\"", E_ANSWER},
      {"verification_uri", "\"https://a.example@evil.example/\"", E_ANSWER},
      {"verification_uri", "\"https://a.example/#x\"", E_ANSWER},
      {"verification_uri", "\"http://a.example/device\"", E_PLAIN_HTTP},
      {"verification_uri_complete", "true", E_ANSWER},
      {"verification_uri_complete", "\"\"", E_ANSWER},
      {"verification_uri_complete", "\"x\"", E_ANSWER},
      {"verification_uri_complete", "\"http://login.acme.example/\"",
       E_PLAIN_HTTP},
      {"expires_in", "", E_ANSWER},
      {"expires_in", "null", E_ANSWER},
      {"expires_in", "0", E_ANSWER},
      {"expires_in", "-1", E_ANSWER},
      {"expires_in", "1.5", E_ANSWER},
      {"expires_in", "\"soon\"", E_ANSWER},
      {"expires_in", "false", E_ANSWER},
      {"expires_in", "1000000000001", E_ANSWER},
      {"error", "7", E_ANSWER},
      {"error", "\"\"", E_ANSWER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_DEVICE_ANSWER struct device_answer answer = {0};
    struct err err = ERR_INIT;
    enum code code = read_with(&answer, rows[i].member, rows[i].value, &err);

    cr_expect_eq(code, rows[i].code, "%s %s: %d", rows[i].member, rows[i].value,
                 code);
    cr_expect(strstr(err.message, rows[i].member) ||
                  strstr(err.message, "a NUL in a string"),
              "%s %s: %s", rows[i].member, rows[i].value, err.message);
    cr_expect_null(answer.device_code);
    cr_expect_null(answer.uri);
    for (const char *c = err.message; *c; c++)
      cr_expect((unsigned char)*c >= 0x20, "%s", err.message);
  }
}

Test(device, answer_is_no_answer)
{
  static const struct {
    int status;
    const char *body;
    enum code code;
    const char *oauth_error;
  } rows[] = {
      {200, "", E_ANSWER, ""},
      {200, "[]", E_ANSWER, ""},
      {200, "<html>", E_ANSWER, ""},
      {200, "{\"device_code\": \"a\", \"device_code\": \"b\"}", E_ANSWER, ""},
      {404, "<html>", E_ANSWER, ""},
      {302, "", E_ANSWER, ""},
      {400, "{}", E_ANSWER, ""},
      {429, "<html>", E_RATE, ""},
      {503, "", E_ISSUER_5XX, ""},
      {400, "{\"error\": \"invalid_scope\"}", E_OAUTH, "invalid_scope"},
      {200, "{\"error\": \"device_flow_disabled\"}", E_OAUTH,
       "unauthorized_client"},
      {429, "{\"error\": \"slow_down\"}", E_RATE, "slow_down"},
      {500, "{\"error\": \"server_error\"}", E_ISSUER_5XX, "server_error"},
      {500, "{\"error\": 7}", E_ISSUER_5XX, ""},
      {400, "{\"error\": \"a\\u001bb\"}", E_OAUTH, "a\\x1bb"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_DEVICE_ANSWER struct device_answer answer = {0};
    struct err err = ERR_INIT;

    cr_expect_eq(read_as(&answer, rows[i].status, "application/json",
                         rows[i].body, &err),
                 rows[i].code, "%d %s: %s", rows[i].status, rows[i].body,
                 err.message);
    cr_expect_str_eq(err.oauth_error, rows[i].oauth_error);
    cr_expect_null(answer.device_code);
  }
}

/* A picture and a link must not lead elsewhere than what is read. */
Test(device, complete_address_of_another_origin_is_left_out)
{
  AUTO_DEVICE_ANSWER struct device_answer answer = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(read_with(&answer, "verification_uri_complete",
                         "\"https://login.acme.example.evil.example/\"", &err),
               E_OK, "%s", err.message);
  cr_expect_null(answer.uri_complete);
  cr_expect_not_null(answer.uri);
}

/* THREATS: what is shown is where it leads. */
Test(device, address_shows_its_true_host)
{
  static const struct {
    const char *value, *shown;
  } rows[] = {
      {"\"HTTPS://Login.ACME.example:443/device\"",
       "https://login.acme.example/device"},
      {"\"https://%65vil.example/device\"", "https://evil.example/device"},
      {"\"https://\\u0430cme.example/device\"",
       "https://xn--cme-8cd.example/device"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_DEVICE_ANSWER struct device_answer answer = {0};
    struct err err = ERR_INIT;
    enum code code =
        read_with(&answer, "verification_uri", rows[i].value, &err);

    if (code == E_OK)
      cr_expect_str_eq(answer.uri, rows[i].shown);
    else
      cr_expect_eq(code, E_ANSWER, "%s: %s", rows[i].value, err.message);
  }
}

/* --- the pace --------------------------------------------------------------
 */

Test(device, pace_is_never_faster_than_the_interval)
{
  struct device_pace pace;

  device_pace_start(&pace, 5000, 600000, 1000);
  cr_expect_eq(device_pace_wait(&pace, 1000), 5000);
  cr_expect_eq(device_pace_wait(&pace, 7000), 0);
  device_pace_next(&pace, DEVICE_PENDING, 7000);
  cr_expect_eq(pace.due_ms, 12000);
  device_pace_next(&pace, DEVICE_SLOW_DOWN, 12000);
  cr_expect_eq(pace.due_ms, 22000);
  device_pace_next(&pace, DEVICE_PENDING, 22000);
  cr_expect_eq(pace.due_ms, 32000, "slow_down is for good");
  device_pace_next(&pace, DEVICE_SLOW_DOWN, 32000);
  cr_expect_eq(pace.due_ms, 47000);
}

Test(device, pace_has_a_floor)
{
  static const int64_t stated[] = {0, -1, 1, 999, INT64_MIN};

  for (size_t i = 0; i < ARRAY_LEN(stated); i++) {
    struct device_pace pace;

    device_pace_start(&pace, stated[i], 600000, 0);
    cr_expect_eq(pace.due_ms, DEVICE_FLOOR_MS);
    device_pace_next(&pace, DEVICE_PENDING, 1000);
    cr_expect_eq(pace.due_ms, 1000 + DEVICE_FLOOR_MS);
  }
}

Test(device, pace_backs_off_while_nothing_answers)
{
  static const int64_t pauses[] = {10000, 20000, 40000, 60000, 60000, 60000};
  struct device_pace pace;
  int64_t now = 5000;

  device_pace_start(&pace, 5000, 3600000, 0);
  for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
    device_pace_next(&pace, DEVICE_LOST, now);
    cr_expect_eq(pace.due_ms - now, pauses[i], "%zu", i);
    now = pace.due_ms;
  }
  device_pace_next(&pace, DEVICE_PENDING, now);
  cr_expect_eq(pace.due_ms - now, 5000, "an answer came");

  device_pace_start(&pace, 90000, 3600000, 0);
  device_pace_next(&pace, DEVICE_LOST, 0);
  cr_expect_eq(pace.due_ms, 90000, "never faster than the interval");
}

Test(device, pace_ends_with_the_code)
{
  struct device_pace pace;

  device_pace_start(&pace, 5000, 12000, 0);
  cr_expect_not(device_pace_over(&pace));
  device_pace_next(&pace, DEVICE_PENDING, 5000);
  cr_expect_not(device_pace_over(&pace));
  device_pace_next(&pace, DEVICE_PENDING, 10000);
  cr_expect(device_pace_over(&pace));
  cr_expect_eq(device_pace_wait(&pace, 10000), 2000, "until the expiry");
  cr_expect_eq(device_pace_wait(&pace, 13000), 0);
}

#include "oauth/details.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

#define AUTO_DETAILS __attribute__((cleanup(details_outcome_clear)))
#define AUTO_RESULT __attribute__((cleanup(login_result_clear)))

/* ' for " */
static json_t *json_of(const char *text)
{
  AUTO_STR char *copy = mem_str(text);
  json_t *value;

  for (char *c = copy; *c; c++)
    if (*c == '\'')
      *c = '"';
  value = json_loads(copy, JSON_DECODE_ANY, NULL);
  cr_assert_not_null(value, "%s", text);
  return value;
}

static void expect_list(const char *row, const struct text_list *list,
                        const char *words)
{
  AUTO_STR char *joined = NULL;

  cr_assert_eq(text_list_join(list, " ", &joined, NULL), E_OK);
  cr_expect_str_eq(joined, words, "%s: '%s', not '%s'", row, joined, words);
}

#define PAY "{'type':'pay','amount':'1.10'}"
#define PAY_MORE "{'type':'pay','amount':'9.99'}"
#define READ "{'type':'read'}"

Test(details, are_compared_with_what_was_asked)
{
  static const struct {
    const char *asked, *granted;
    const char *as_asked, *changed, *missing, *extra;
  } rows[] = {
      {"[" PAY "]", "[{'amount':'1.10','type':'pay'}]", "pay", "", "", ""},
      {"[" PAY "," READ "]", "[" READ "," PAY "]", "pay read", "", "", ""},
      {"[" PAY "]", "[" PAY_MORE "]", "", "pay", "", ""},
      {"[" PAY "," PAY_MORE "]", "[" PAY_MORE "]", "pay", "", "pay", ""},
      {"[" PAY "," READ "]", "[" PAY "]", "pay", "", "read", ""},
      {"[" READ "]", "[" PAY "," READ "]", "read", "", "", "pay"},
      {"[" READ "]", "[" READ "," READ "]", "read", "", "", "read"},
      {"[" READ "]", "[]", "", "", "read", ""},
      {"[]", "[" READ "]", "", "", "", "read"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_DETAILS struct details_outcome outcome = {0};
    AUTO_JSON json_t *asked = json_of(rows[i].asked);
    AUTO_JSON json_t *granted = json_of(rows[i].granted);
    AUTO_STR char *row = mem_printf("%s %s", rows[i].asked, rows[i].granted);
    struct err err = ERR_INIT;

    cr_assert_eq(details_compare(&outcome, asked, granted, &err), E_OK, "%s",
                 err.message);
    cr_expect_not(outcome.unstated);
    expect_list(row, &outcome.granted, rows[i].as_asked);
    expect_list(row, &outcome.changed, rows[i].changed);
    expect_list(row, &outcome.missing, rows[i].missing);
    expect_list(row, &outcome.extra, rows[i].extra);
    cr_expect_eq(outcome.changed_asked.count, outcome.changed.count);
    cr_expect_eq(outcome.changed_granted.count, outcome.changed.count);
  }
}

Test(details, that_are_not_stated_are_told_apart)
{
  AUTO_DETAILS struct details_outcome outcome = {0};
  AUTO_JSON json_t *asked = json_of("[" READ "]");

  cr_assert_eq(details_compare(&outcome, NULL, NULL, NULL), E_OK);
  cr_expect_not(outcome.unstated);
  cr_assert_eq(details_compare(&outcome, asked, NULL, NULL), E_OK);
  cr_expect(outcome.unstated);
}

Test(details, of_an_answer_are_read_strictly)
{
  static const struct {
    const char *value;
    bool good;
  } rows[] = {
      {"[]", true},
      {"[" PAY "," PAY "]", true},
      {"{}", false},
      {"'x'", false},
      {"[1]", false},
      {"[[]]", false},
      {"[{}]", false},
      {"[{'type': 1}]", false},
      {"[{'type': ''}]", false},
      {"[{'type': 'a\\u001b[2J'}]", false},
      {"[" READ ", {'kind': 'x'}]", false},
  };
  AUTO_JSON json_t *many = json_array();

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *value = json_of(rows[i].value);

    cr_expect_eq(details_wrong(value) == NULL, rows[i].good, "%s",
                 rows[i].value);
  }
  for (int i = 0; i <= DETAILS_MAX; i++)
    cr_assert_eq(json_array_append_new(many, json_of(READ)), 0);
  cr_expect_not_null(details_wrong(many));
}

/* --- the whole way ----------------------------------------------------- */

#define ASKS "'authorization_details': [" PAY "]"

Test(details, are_kept_as_they_were_granted)
{
  static const struct {
    const char *order, *kept; /* NULL: nothing */
  } rows[] = {
      {"{}", "[" PAY "]"},
      {"{'set': {'grant_details': [" PAY_MORE "]}}", "[" PAY_MORE "]"},
      {"{'set': {'patch': {'token': {'authorization_details': null}}}}", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, ASKS);
    server_order(&f.server, "%s", rows[i].order);
    cr_assert_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
                 "%s", err.message);
    cr_expect_eq(result.details.unstated, rows[i].kept == NULL);
    cr_expect_eq(result.record->authorization_details == NULL,
                 rows[i].kept == NULL);
    if (rows[i].kept) {
      AUTO_JSON json_t *want = json_of(rows[i].kept);
      AUTO_JSON json_t *kept =
          json_loads(result.record->authorization_details, 0, NULL);

      cr_expect(json_equal(kept, want), "%s",
                result.record->authorization_details);
    }
  }
}

Test(details, end_the_login_when_they_are_malformed)
{
  static const char *const values[] = {
      "'x'",  "{'type': 'pay'}", "[1]",
      "[{}]", "[{'type': 7}]",   "[{'type': 'a\\u0007'}]"};

  for (size_t i = 0; i < ARRAY_LEN(values); i++) {
    AUTO_FLOW struct flow f;
    AUTO_RESULT struct login_result result = {0};
    struct err err = ERR_INIT;

    flow_start(&f, ASKS);
    server_order(&f.server,
                 "{'set': {'patch': {'token': {'authorization_details': "
                 "%s}}}}",
                 values[i]);
    cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
                 E_ANSWER, "%s: %s", values[i], err.message);
    cr_expect_null(result.record);
    cr_expect_null(strchr(err.message, '\n'));
  }
}

Test(details, of_a_type_that_the_server_does_not_list_are_not_asked_for)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  AUTO_RESULT struct login_result client = {0};
  struct err err = ERR_INIT;

  flow_start(&f, ASKS);
  server_order(&f.server, "{'set': {'details_types': ['read']}}");
  cr_expect_eq(flow_login(&f, LOGIN_PASTE, FLOW_HONEST, &result, &err),
               E_PROFILE, "%s", err.message);
  cr_expect_eq(server_count(&f.server, "/authorize"), 0);

  flow_profile(&f, "{'schema': 1, 'issuer': '%s', 'grant': "
                   "'client_credentials', 'client': {'id': 'fob-service'}, "
                   "'authorization_details': [" PAY "]}");
  cr_expect_eq(
      flow_login(&f, LOGIN_CLIENT_CREDENTIALS, FLOW_HONEST, &client, &err),
      E_PROFILE, "%s", err.message);
  cr_expect_eq(server_count(&f.server, "/token"), 0);
}

/* RFC 9396 §6, §7: also where no person is asked, and at a refresh. */
Test(details, go_with_the_client_itself_and_come_with_a_refresh)
{
  AUTO_FLOW struct flow f;
  AUTO_RESULT struct login_result result = {0};
  AUTO_JSON json_t *journal = NULL;
  struct err err = ERR_INIT;

  flow_start(&f, "");
  flow_profile(&f, "{'schema': 1, 'issuer': '%s', 'grant': "
                   "'client_credentials', 'client': {'id': 'fob-service'}, "
                   "'authorization_details': [" READ "]}");
  cr_assert_eq(
      flow_login(&f, LOGIN_CLIENT_CREDENTIALS, FLOW_HONEST, &result, &err),
      E_OK, "%s", err.message);
  expect_list("client", &result.details.granted, "read");

  /* its renewal is the same grant again */
  result.record->generation = 1;
  cr_assert_eq(secret_new(&result.record->client_secret, "test-secret-not-real",
                          20, &err),
               E_OK);
  flow_put(&f, result.record);
  flow_expire(&f);
  server_reset(&f.server);
  flow_expect(&f, NULL, E_OK);
  journal = server_journal(&f.server, "/token");
  cr_expect_str_eq(
      json_text(json_object_get(json_array_get(journal, 0), "form"),
                "authorization_details"),
      "[{\"type\":\"read\"}]");
}

Test(details, are_those_of_the_last_refresh)
{
  AUTO_FLOW struct flow f;
  AUTO(record) record = NULL;

  flow_start(&f, ASKS);
  flow_log_in(&f);
  flow_expire(&f);
  server_order(&f.server, "{'set': {'grant_details': [" PAY_MORE "]}}");
  flow_expect(&f, NULL, E_OK);
  record = flow_get(&f);
  cr_expect_not_null(strstr(record->authorization_details, "9.99"), "%s",
                     record->authorization_details);
}

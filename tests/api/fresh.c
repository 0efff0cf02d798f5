#include "api/fresh.h"

#include <criterion/criterion.h>
#include <string.h>

/* Fields of a text: "Name: value" lines, separated by |. */
static void fields(struct headers *headers, const char *text)
{
  struct err err = ERR_INIT;

  headers_init(headers);
  while (*text != '\0') {
    char line[512] = "";
    size_t len = strcspn(text, "|");
    char *colon;

    memcpy(line, text, len);
    colon = strchr(line, ':');
    cr_assert_not_null(colon, "%s", line);
    *colon = '\0';
    cr_assert_eq(headers_add(headers, line, colon + 1, &err), E_OK, "%s",
                 err.message);
    text += len + (text[len] == '|');
  }
}

static const struct {
  const char *fields;
  bool no_store, no_cache;
  int64_t max_age;
} controls[] = {
    {"", false, false, -1},
    {"Cache-Control:", false, false, -1},
    {"Cache-Control: private, max-age=60", false, false, 60},
    {"Cache-Control: MAX-AGE=60,No-Store", true, false, 60},
    {"Cache-Control: max-age=60|cache-control: no-cache", false, true, 60},
    {"Cache-Control: max-age=60, max-age=10", false, false, 10},
    {"Cache-Control: max-age=\"30\"", false, false, 30},
    {"Cache-Control: max-age", false, false, 0},
    {"Cache-Control: max-age=", false, false, 0},
    {"Cache-Control: max-age=-1", false, false, 0},
    {"Cache-Control: max-age=1x", false, false, 0},
    {"Cache-Control: max-age=99999999999999999999", false, false, INT32_MAX},
    {"Cache-Control: s-maxage=9, max-age-x=5", false, false, -1},
    {"Cache-Control: no-cache=\"Set-Cookie, X\", private", false, true, -1},
    {"Cache-Control: ext=\"no-store, max-age=1\"", false, false, -1},
    {"Cache-Control: ext=\"a\\\", no-store\"", false, false, -1},
    {"Cache-Control: ext=\"no-store", false, false, -1},
    {"Cache-Control: ext=\"\\", false, false, -1},
    {"Cache-Control: ,, ,no-store", true, false, -1},
    {"Cache-Control: no-store=1", true, false, -1},
    {"Cache-Control: x no-store", false, false, -1},
    {"Pragma: no-cache", false, true, -1},
    {"Pragma: no-store, max-age=5", false, false, -1},
    {"Pragma: no-cache|Cache-Control: private", false, false, -1},
};

Test(fresh, reads_what_the_server_says)
{
  for (size_t i = 0; i < ARRAY_LEN(controls); i++) {
    AUTO_HEADERS struct headers headers;
    struct fresh_control control;

    fields(&headers, controls[i].fields);
    fresh_control_read(&control, &headers);
    cr_expect_eq(control.no_store, controls[i].no_store, "%s",
                 controls[i].fields);
    cr_expect_eq(control.no_cache, controls[i].no_cache, "%s",
                 controls[i].fields);
    cr_expect_eq(control.max_age, controls[i].max_age, "%s: %lld",
                 controls[i].fields, (long long)control.max_age);
  }
}

Test(fresh, lets_the_request_ask_for_less_than_the_ttl_only)
{
  static const struct {
    const char *fields;
    int64_t limit;
  } cases[] = {{"", 60},
               {"Cache-Control: max-age=5", 5},
               {"Cache-Control: max-age=500", 60},
               {"Cache-Control: no-cache", 0},
               {"Pragma: no-cache", 0}};

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_HEADERS struct headers headers;

    fields(&headers, cases[i].fields);
    cr_expect_eq(fresh_limit(&headers, 60), cases[i].limit, "%s",
                 cases[i].fields);
  }
}

Test(fresh, keeps_nothing_of_requests_that_are_their_own_matter)
{
  static const struct {
    const char *method, *fields;
    bool bars;
  } cases[] = {{"GET", "Accept: */*", false},
               {"HEAD", "Accept: */*", false},
               {"POST", "", true},
               {"get", "", true},
               {"DELETE", "", true},
               {"GET", "Range: bytes=0-", true},
               {"GET", "if-none-match: \"x\"", true},
               {"GET", "If-Modified-Since: x", true},
               {"GET", "Authorization: x", true},
               {"GET", "Cookie: x", true},
               {"GET", "X-API-Key: x", true},
               {"GET", "Private-Token: x", true},
               {"GET", "Cache-Control: no-store", true},
               {"GET", "Cache-Control: no-cache", false}};

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_HEADERS struct headers headers;

    fields(&headers, cases[i].fields);
    cr_expect_eq(fresh_bars_request(cases[i].method, &headers) != NULL,
                 cases[i].bars, "%s %s", cases[i].method, cases[i].fields);
  }
}

Test(fresh, keeps_nothing_of_a_request_with_a_secret)
{
  AUTO_HEADERS struct headers headers;
  AUTO(secret) secret = NULL;
  struct err err = ERR_INIT;

  fields(&headers, "Accept: */*");
  cr_assert_eq(secret_new(&secret, "test-not-real", 13, &err), E_OK);
  cr_assert_eq(headers_add_secret(&headers, "X-Any", secret, &err), E_OK);
  cr_expect_not_null(fresh_bars_request("GET", &headers));
}

Test(fresh, keeps_whole_answers_that_may_be_kept)
{
  static const struct {
    int status;
    const char *fields;
    bool bars;
  } cases[] = {
      {200, "", false},
      {203, "", false},
      {204, "", false},
      {200, "Cache-Control: max-age=0, private, must-revalidate", false},
      {200, "Cache-Control: no-cache", false},
      {200, "Set-Cookie: a=b", false},
      {200, "Vary: Accept, accept-encoding", false},
      {206, "", true},
      {301, "Cache-Control: max-age=60", true},
      {304, "", true},
      {404, "Cache-Control: max-age=60", true},
      {500, "", true},
      {200, "Cache-Control: private|Cache-Control: no-store", true},
      {200, "Content-Range: bytes 0-1/2", true},
      {200, "Content-Type: text/event-stream; charset=utf-8", true},
      {200, "Vary: *", true},
      {200, "Vary: Accept|Vary: Origin, *", true},
      {200, "Vary: a(b", true},
      {200, "Vary: Accept=1", true},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_HEADERS struct headers headers;

    fields(&headers, cases[i].fields);
    cr_expect_eq(fresh_bars_answer(cases[i].status, &headers) != NULL,
                 cases[i].bars, "%d %s", cases[i].status, cases[i].fields);
  }
}

Test(fresh, keeps_no_cookie_and_nothing_of_the_connection)
{
  AUTO_HEADERS struct headers answer;
  AUTO_HEADERS struct headers kept = {0};
  struct err err = ERR_INIT;

  fields(&answer, "Content-Type: a/b|Set-Cookie: test-not-real|ETag: \"1\"|"
                  "Connection: close, x-hop|X-Hop: 1|Keep-Alive: 5|"
                  "Link: <a>|Link: <b>|WWW-Authenticate: Bearer");
  cr_assert_eq(fresh_keep(&kept, &answer, &err), E_OK);
  cr_expect_eq(kept.count, 4);
  cr_expect_str_eq(kept.items[0].name, "Content-Type");
  cr_expect_str_eq(kept.items[1].name, "ETag");
  cr_expect_str_eq(kept.items[2].value, "<a>");
  cr_expect_str_eq(kept.items[3].value, "<b>");
}

static bool matches(const char *vary, const char *stored, const char *now)
{
  AUTO_HEADERS struct headers answer;
  AUTO_HEADERS struct headers before;
  AUTO_HEADERS struct headers after;
  AUTO_HEADERS struct headers selecting = {0};
  struct err err = ERR_INIT;
  bool result = false;

  fields(&answer, vary);
  fields(&before, stored);
  fields(&after, now);
  cr_assert_eq(fresh_vary(&selecting, &answer, &before, &err), E_OK, "%s",
               err.message);
  cr_assert_eq(fresh_vary_matches(&result, &selecting, &after, &err), E_OK);
  return result;
}

Test(fresh, tells_variants_by_what_they_vary_by)
{
  cr_expect(matches("", "User-Agent: a/b", "user-agent: c/d"));
  cr_expect_not(matches("Vary: User-Agent", "User-Agent: 1", "User-Agent: 2"));
  cr_expect(matches("Vary: Pragma", "Pragma: a/b|Date: 1", "Pragma: a/b"));
  cr_expect_not(matches("Vary: Accept", "Accept: a/b", "Accept: c/d"));
  cr_expect_not(matches("Vary: accept", "Accept: a/b", ""));
  cr_expect_not(matches("Vary: Accept", "", "Accept: a/b"));
  cr_expect_not(matches("Vary: Accept", "", "Accept:"), "none is not empty");
  cr_expect(matches("Vary: Accept", "", ""));
  cr_expect_not(matches("Vary: X, Y|Vary: Z", "Z: 1", "Z: 2"));
  cr_expect(matches("Vary: Date", "Date: 1|Date: 2", "Date: 1, 2"));
  cr_expect_not(matches("Vary: Date", "Date: 1|Date: 2", "Date: 1"));
}

Test(fresh, tells_variants_by_all_that_was_sent_too)
{
  cr_expect_not(matches("", "Accept: a/b", "Accept: c/d"));
  cr_expect_not(matches("", "X-Api-Version: 1", "X-Api-Version: 2"));
  cr_expect_not(matches("", "", "X-Api-Version: 2"));
  cr_expect_not(matches("", "X-Api-Version: 1", ""));
  cr_expect_not(matches("", "A: 1|B: 2", "A: 1&B=2"));
  cr_expect(matches("", "A: 1|X-Request-Id: 7", "A: 1|x-request-id: 8"));
}

Test(fresh, counts_age_from_when_it_was_asked_for)
{
  AUTO_HEADERS struct headers none;
  AUTO_HEADERS struct headers old;
  AUTO_HEADERS struct headers odd;

  fields(&none, "");
  fields(&old, "Age: 100");
  fields(&odd, "Age: -7");
  cr_expect_eq(fresh_age(&none, 1000, 1002, 1005), 5);
  cr_expect_eq(fresh_age(&old, 1000, 1002, 1005), 105);
  cr_expect_eq(fresh_age(&odd, 1000, 1002, 1005), 5);
  cr_expect_eq(fresh_age(&none, 1000, 1002, 1001), -1, "the clock went back");
  cr_expect_eq(fresh_age(&none, 1003, 1002, 1005), -1);
  cr_expect_eq(fresh_age(&none, INT64_MIN, 1, INT64_MAX), -1);
}

Test(fresh, asks_by_both_validators)
{
  AUTO_HEADERS struct headers kept;
  AUTO_HEADERS struct headers none;
  AUTO_HEADERS struct headers request = {0};
  struct err err = ERR_INIT;
  bool can = false;

  fields(&kept, "ETag: W/\"7\"|Last-Modified: Sat, 28 Nov 2026 10:00:00 GMT");
  fields(&none, "Date: x");
  cr_assert_eq(fresh_condition(&request, &none, &can, &err), E_OK);
  cr_expect_not(can);
  cr_assert_eq(fresh_condition(&request, &kept, &can, &err), E_OK);
  cr_expect(can);
  cr_expect_str_eq(headers_get(&request, "If-None-Match"), "W/\"7\"");
  cr_expect_str_eq(headers_get(&request, "If-Modified-Since"),
                   "Sat, 28 Nov 2026 10:00:00 GMT");
}

Test(fresh, takes_a_confirmation_for_that_answer_alone)
{
  AUTO_HEADERS struct headers kept;
  AUTO_HEADERS struct headers weak;
  AUTO_HEADERS struct headers none;
  AUTO_HEADERS struct headers other;

  fields(&kept, "ETag: \"7\"");
  fields(&weak, "ETag: W/\"7\"");
  fields(&none, "");
  fields(&other, "ETag: \"8\"");
  cr_expect(fresh_confirms(&kept, &weak));
  cr_expect(fresh_confirms(&kept, &none));
  cr_expect_not(fresh_confirms(&kept, &other));
  cr_expect(fresh_confirms(&none, &other), "confirmed by its date");
}

Test(fresh, updates_all_but_what_describes_the_body)
{
  AUTO_HEADERS struct headers kept;
  AUTO_HEADERS struct headers confirmation;
  struct err err = ERR_INIT;

  fields(&kept, "Content-Type: a/b|Content-Length: 5|ETag: \"7\"|Age: 900|"
                "X-Left: 3|Link: <a>|Link: <b>|Stays: yes");
  fields(&confirmation,
         "x-left: 2|Link: <c>|Content-Type: text/html|Content-Length: 0|"
         "ETag: W/\"7\"|Set-Cookie: a=b|New: 1|Connection: Stays|Stays: no");
  cr_assert_eq(fresh_update(&kept, &confirmation, &err), E_OK);
  cr_expect_str_eq(headers_get(&kept, "Content-Type"), "a/b");
  cr_expect_str_eq(headers_get(&kept, "Content-Length"), "5");
  cr_expect_str_eq(headers_get(&kept, "ETag"), "\"7\"");
  cr_expect_str_eq(headers_get(&kept, "X-Left"), "2");
  cr_expect_str_eq(headers_get(&kept, "Link"), "<c>");
  cr_expect_str_eq(headers_get(&kept, "New"), "1");
  cr_expect_str_eq(headers_get(&kept, "Stays"), "yes");
  cr_expect_null(headers_get(&kept, "Set-Cookie"));
  cr_expect_null(headers_get(&kept, "Age"), "it has just been confirmed");
  cr_expect_eq(kept.count, 7);
}

#include "api/range.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* --- Content-Range ---------------------------------------------------------
 */

static const struct {
  const char *field;
  bool good;
  struct range_span span;
} fields[] = {
    {"bytes 0-0/1", true, {0, 1, 1}},
    {"bytes 10-99/100", true, {10, 100, 100}},
    {"bytes 10-19/*", true, {10, 20, -1}},
    {"bytes */100", true, {-1, -1, 100}},
    {"bytes */0", true, {-1, -1, 0}},
    {"Bytes  5-6/7 ", true, {5, 7, 7}},
    {"bytes 0-9223372036854775805/9223372036854775806",
     true,
     {0, INT64_MAX - 1, INT64_MAX - 1}},

    {"", false, {0}},
    {"bytes", false, {0}},
    {"bytes 0-0", false, {0}},
    {"bytes=0-0/1", false, {0}},
    {"items 0-0/1", false, {0}},
    {"bytes 0-0/", false, {0}},
    {"bytes 0-/1", false, {0}},
    {"bytes -0/1", false, {0}},
    {"bytes 1-0/2", false, {0}},
    {"bytes 0-1/1", false, {0}},
    {"bytes 0-1/0", false, {0}},
    {"bytes */*", false, {0}},
    {"bytes +0-0/1", false, {0}},
    {"bytes 0- 0/1", false, {0}},
    {"bytes 0-0/1x", false, {0}},
    {"bytes 0-0/1, bytes 1-1/1", false, {0}},
    {"bytes 0-9223372036854775807/9223372036854775807", false, {0}},
    {"bytes 0-18446744073709551616/18446744073709551617", false, {0}},
    {"bytes 00000000000000000000-0/1", false, {0}},
};

Test(range, reads_what_part_an_answer_is)
{
  struct range_span span;

  for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
    cr_expect_eq(range_read(&span, fields[i].field), fields[i].good, "'%s'",
                 fields[i].field);
    if (!fields[i].good)
      continue;
    cr_expect(span.first == fields[i].span.first &&
                  span.end == fields[i].span.end &&
                  span.total == fields[i].span.total,
              "'%s'", fields[i].field);
  }
  cr_expect_not(range_read(&span, NULL));
}

/* --- answers ---------------------------------------------------------------
 */

#define DATE "Date: Tue, 15 Nov 1994 08:12:31 GMT"
#define LONG_AGO "Last-Modified: Tue, 15 Nov 1994 07:00:00 GMT"
#define JUST_NOW "Last-Modified: Tue, 15 Nov 1994 08:12:00 GMT"

struct told {
  int status;
  const char *headers[5];
};

static void tell(struct http_answer *answer, const struct told *told)
{
  struct err err = ERR_INIT;

  *answer = (struct http_answer){.status = told->status};
  headers_init(&answer->headers);
  for (size_t i = 0; i < 5 && told->headers[i] != NULL; i++) {
    const char *colon = strchr(told->headers[i], ':');
    AUTO_STR char *name =
        mem_copy(told->headers[i], (size_t)(colon - told->headers[i]));

    cr_assert_eq(headers_add(&answer->headers, name, colon + 2, &err), E_OK);
  }
}

static const struct {
  struct told told;
  const char *validator; /* NULL: cannot go on */
  int64_t at, end, total;
} beginnings[] = {
    {{200, {"ETag: \"a\"", "Content-Length: 10"}}, "\"a\"", 0, 10, 10},
    {{200, {"ETag: \"a\""}}, "\"a\"", 0, -1, -1},
    {{200, {"ETag: \"\""}}, "\"\"", 0, -1, -1},
    {{200, {LONG_AGO, DATE}}, "Tue, 15 Nov 1994 07:00:00 GMT", 0, -1, -1},
    {{200, {"ETag: \"a\"", LONG_AGO, DATE}}, "\"a\"", 0, -1, -1},
    {{200, {"ETag: \"a\"", "Content-Encoding: identity"}}, "\"a\"", 0, -1, -1},
    {{200, {"ETag: \"a\"", "Accept-Ranges: bytes"}}, "\"a\"", 0, -1, -1},
    {{206, {"ETag: \"a\"", "Content-Range: bytes 5-9/20"}}, "\"a\"", 5, 10, 20},
    {{206, {"ETag: \"a\"", "Content-Range: bytes 5-9/*"}}, "\"a\"", 5, 10, -1},

    {{200, {NULL}}, NULL, 0, -1, -1},
    {{200, {"ETag: W/\"a\"", LONG_AGO, DATE}}, NULL, 0, -1, -1},
    {{200, {"ETag: a"}}, NULL, 0, -1, -1},
    {{200, {"ETag: \"a\", \"b\""}}, NULL, 0, -1, -1},
    {{200, {"ETag: \"a"}}, NULL, 0, -1, -1},
    {{200, {"ETag: \""}}, NULL, 0, -1, -1},
    {{200, {JUST_NOW, DATE}}, NULL, 0, -1, -1},
    {{200, {LONG_AGO}}, NULL, 0, -1, -1},
    {{200, {"Last-Modified: yesterday", DATE}}, NULL, 0, -1, -1},
    {{200, {"ETag: \"a\"", "Content-Encoding: gzip"}}, NULL, 0, -1, -1},
    {{200, {"ETag: \"a\"", "Accept-Ranges: none"}}, NULL, 0, -1, -1},
    {{203, {"ETag: \"a\""}}, NULL, 0, -1, -1},
    {{206, {"ETag: \"a\""}}, NULL, 0, -1, -1},
    {{206, {"ETag: \"a\"", "Content-Range: bytes */9"}}, NULL, 0, -1, -1},
    {{404, {"ETag: \"a\""}}, NULL, 0, -1, -1},
};

Test(range, knows_what_can_go_on)
{
  for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
    AUTO_ANSWER struct http_answer answer;
    AUTO_RANGE struct range range = {0};
    struct err err = ERR_INIT;

    tell(&answer, &beginnings[i].told);
    cr_assert_eq(range_begin(&range, &answer, &err), E_OK);
    cr_expect_str_eq(range.validator != NULL ? range.validator : "(none)",
                     beginnings[i].validator != NULL ? beginnings[i].validator
                                                     : "(none)",
                     "%zu", i);
    if (range.validator == NULL)
      continue;
    cr_expect(range.at == beginnings[i].at && range.end == beginnings[i].end &&
                  range.total == beginnings[i].total,
              "%zu", i);
  }
}

static const char DAY[] = "Tue, 15 Nov 1994 07:00:00 GMT";

/* What comes when 10 bytes are there. */
static const struct {
  const char *validator;
  int64_t end, total;
  struct told told;
  enum range_is is;
} judged[] = {
    {"\"a\"",
     20,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-19/20"}},
     RANGE_GOES_ON},
    {"\"a\"",
     20,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-14/20"}},
     RANGE_GOES_ON},
    {"\"a\"",
     20,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-19/*"}},
     RANGE_GOES_ON},
    {"\"a\"",
     -1,
     -1,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-19/20"}},
     RANGE_GOES_ON},
    {"\"a\"",
     15,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-14/20"}},
     RANGE_GOES_ON},
    {DAY,
     20,
     20,
     {206, {LONG_AGO, "Content-Range: bytes 10-19/20"}},
     RANGE_GOES_ON},
    {DAY, 20, 20, {206, {"Content-Range: bytes 10-19/20"}}, RANGE_GOES_ON},

    {"\"a\"",
     20,
     20,
     {206, {"ETag: \"b\"", "Content-Range: bytes 10-19/20"}},
     RANGE_WRONG},
    {"\"a\"", 20, 20, {206, {"Content-Range: bytes 10-19/20"}}, RANGE_WRONG},
    {"\"a\"",
     20,
     20,
     {206, {"ETag: W/\"a\"", "Content-Range: bytes 10-19/20"}},
     RANGE_WRONG},
    {"\"a\"",
     20,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 9-19/20"}},
     RANGE_WRONG},
    {"\"a\"",
     20,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 11-19/20"}},
     RANGE_WRONG},
    {"\"a\"",
     20,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-20/21"}},
     RANGE_WRONG},
    {"\"a\"",
     15,
     20,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-19/20"}},
     RANGE_WRONG},
    {"\"a\"",
     -1,
     -1,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-19/*"}},
     RANGE_WRONG},
    {"\"a\"", 20, 20, {206, {"ETag: \"a\""}}, RANGE_WRONG},
    {"\"a\"",
     20,
     20,
     {206,
      {"ETag: \"a\"", "Content-Range: bytes 10-19/20",
       "Content-Encoding: gzip"}},
     RANGE_WRONG},
    {DAY,
     20,
     20,
     {206, {JUST_NOW, "Content-Range: bytes 10-19/20"}},
     RANGE_WRONG},
    {NULL,
     -1,
     -1,
     {206, {"ETag: \"a\"", "Content-Range: bytes 10-19/20"}},
     RANGE_WRONG},

    {"\"a\"", 20, 20, {200, {"ETag: \"a\""}}, RANGE_SAME},
    {"\"a\"", -1, -1, {200, {"ETag: \"a\""}}, RANGE_SAME},
    {DAY, 20, 20, {200, {LONG_AGO}}, RANGE_SAME},
    {"\"a\"", 15, 20, {200, {"ETag: \"a\""}}, RANGE_OTHER},
    {"\"a\"", 20, 20, {200, {"ETag: \"b\""}}, RANGE_OTHER},
    {"\"a\"", 20, 20, {200, {NULL}}, RANGE_OTHER},
    {DAY, 20, 20, {200, {NULL}}, RANGE_OTHER},
    {NULL, -1, -1, {200, {"ETag: \"a\""}}, RANGE_OTHER},
    {"\"a\"",
     20,
     20,
     {200, {"ETag: \"a\"", "Content-Encoding: br"}},
     RANGE_OTHER},

    {"\"a\"", 10, 10, {416, {"Content-Range: bytes */10"}}, RANGE_COMPLETE},
    {"\"a\"", -1, -1, {416, {"Content-Range: bytes */10"}}, RANGE_COMPLETE},
    {NULL, -1, -1, {416, {"Content-Range: bytes */10"}}, RANGE_COMPLETE},
    {"\"a\"", 20, 20, {416, {"Content-Range: bytes */10"}}, RANGE_WRONG},
    {"\"a\"", -1, -1, {416, {"Content-Range: bytes */9"}}, RANGE_WRONG},
    {"\"a\"", -1, -1, {416, {NULL}}, RANGE_WRONG},
    {"\"a\"",
     -1,
     -1,
     {416, {"Content-Range: bytes */10", "ETag: \"b\""}},
     RANGE_WRONG},

    {"\"a\"", 20, 20, {204, {NULL}}, RANGE_FAILED},
    {"\"a\"", 20, 20, {304, {NULL}}, RANGE_FAILED},
    {"\"a\"", 20, 20, {503, {"ETag: \"a\""}}, RANGE_FAILED},
};

Test(range, goes_on_only_with_the_same_bytes_at_the_right_place)
{
  for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
    AUTO_ANSWER struct http_answer answer;
    struct range range = {.validator = (char *)judged[i].validator,
                          .at = 10,
                          .end = judged[i].end,
                          .total = judged[i].total};

    tell(&answer, &judged[i].told);
    cr_expect_eq(range_judge(&range, &answer), judged[i].is, "%zu: %d", i,
                 answer.status);
    cr_expect_eq(range.at, 10);
    if (judged[i].is == RANGE_GOES_ON)
      cr_expect_eq(range.end, judged[i].end >= 0 ? judged[i].end : 20);
    else
      cr_expect_eq(range.end, judged[i].end);
  }
}

Test(range, asks_for_what_is_missing)
{
  static const struct {
    struct range range;
    const char *asked, *condition;
  } rows[] = {
      {{(char *)"\"a\"", 10, 20, 20}, "bytes=10-", "\"a\""},
      {{(char *)"\"a\"", 10, 15, 20}, "bytes=10-14", "\"a\""},
      {{(char *)"\"a\"", 10, 15, -1}, "bytes=10-14", "\"a\""},
      {{(char *)"\"a\"", 10, -1, -1}, "bytes=10-", "\"a\""},
      {{NULL, 7, -1, -1}, "bytes=7-", "(none)"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HEADERS struct headers headers = {0};
    struct err err = ERR_INIT;
    const char *condition;

    headers_init(&headers);
    cr_assert_eq(headers_add(&headers, "range", "bytes=0-14", &err), E_OK);
    cr_assert_eq(range_ask(&rows[i].range, &headers, &err), E_OK);
    cr_expect_str_eq(headers_get(&headers, "Range"), rows[i].asked);
    condition = headers_get(&headers, "If-Range");
    cr_expect_str_eq(condition != NULL ? condition : "(none)",
                     rows[i].condition);
    cr_expect_str_eq(headers_get(&headers, "Accept-Encoding"), "identity");
    cr_expect_eq(headers.count, condition != NULL ? 3 : 2);
  }
}

Test(range, is_whole_at_its_end)
{
  cr_expect(range_is_whole(&(struct range){.at = 10, .end = 10}));
  cr_expect(range_is_whole(&(struct range){.at = 10, .end = -1}));
  cr_expect_not(range_is_whole(&(struct range){.at = 9, .end = 10}));
}

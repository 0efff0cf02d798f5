#include "api/batch_result.h"

#include "api/scan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void expect(const struct batch_result *result, const char *line)
{
  AUTO_BUF struct buf out = BUF_INIT(BATCH_RESULT_MAX);

  batch_result_write(&out, result);
  cr_assert_eq(out.failed, E_OK);
  cr_expect_str_eq(buf_text(&out), line, "%s", buf_text(&out));
  cr_expect(scan_is_value(buf_text(&out), out.len), "%s", buf_text(&out));
  cr_expect_eq(strchr(buf_text(&out), '\n') + 1 - buf_text(&out),
               (long)out.len);
}

static const struct {
  const char *body;
  bool json;
  const char *members; /* of the line */
} bodies[] = {
    {"", true, "\"body\":null"},
    {"{}", true, "\"body\":{}"},
    {"{}", false, "\"body\":\"{}\""},
    {" {\"a\": 1.10, \"b\" : -0 } ", true,
     "\"body\":{\"a\": 1.10, \"b\" : -0 }"},
    {"{\n  \"a\": 12345678901234567890,\r\n\t\"b\": [\n\n  ] \n}\n", true,
     "\"body\":{\"a\": 12345678901234567890,\"b\": []}"},
    {"[1,\r2\r]\r", true, "\"body\":[1,2]"},
    {"\"a\\n b\"\n", true, "\"body\":\"a\\n b\""},
    {"1E400", true, "\"body\":1E400"},
    {"\xef\xbb\xbf{\"a\":1}", true, "\"body\":{\"a\":1}"},
    {"{\"a\":1,\"a\":2}", true, "\"body\":{\"a\":1,\"a\":2}"},
    {"{\"a\":\"\\ud800\"}", true, "\"body\":{\"a\":\"\\ud800\"}"},
    /* What says that it is JSON, and is none, or several. */
    {"{\"a\":", true, "\"body\":\"{\\\"a\\\":\""},
    {"{}\n{}\n", true, "\"body\":\"{}\\n{}\\n\""},
    {"oops", true, "\"body\":\"oops\""},
    {"\n", true, "\"body\":\"\\n\""},
    {"plain \"text\"\t\x01\n", false,
     "\"body\":\"plain \\\"text\\\"\\t\\u0001\\n\""},
    {"\xff\xfe", false, "\"body\":null,\"base64\":\"//4=\""},
    {"{\"a\":\"\xff\"}", true, "\"body\":null,\"base64\":\"eyJhIjoi/yJ9\""},
};

Test(batch_result, has_the_body_as_it_came)
{
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    struct batch_result result = {.line = 3,
                                  .status = 200,
                                  .body = bodies[i].body,
                                  .body_len = strlen(bodies[i].body),
                                  .json = bodies[i].json,
                                  .ms = 12};
    char line[256];

    snprintf(line, sizeof line,
             "{\"id\":3,\"status\":200,%s,\"error\":null,\"ms\":12}\n",
             bodies[i].members);
    expect(&result, line);
  }
}

/* Whatever stands behind it in memory. */
Test(batch_result, reads_no_further_than_the_body)
{
  struct batch_result result = {
      .status = 200, .body = "[1, 2]\n]]]", .body_len = 7, .json = true};

  expect(&result, "{\"id\":0,\"status\":200,\"body\":[1, 2],\"error\":null,"
                  "\"ms\":0}\n");
}

Test(batch_result, holds_a_nul_byte)
{
  struct batch_result result = {.status = 200, .body = "a\0b", .body_len = 3};

  expect(&result, "{\"id\":0,\"status\":200,\"body\":\"a\\u0000b\","
                  "\"error\":null,\"ms\":0}\n");
}

Test(batch_result, keeps_the_id_and_says_what_failed)
{
  struct err err = ERR_INIT;
  struct batch_result result = {
      .id = "{\"a\": 1.10}", .id_len = 11, .err = &err, .ms = 5};

  IGNORE(err_set(&err, E_DNS, "there is no \"%s\"", "host"));
  err_hint(&err, "look");
  err_hint(&err, "again");
  expect(&result, "{\"id\":{\"a\": 1.10},\"status\":null,\"body\":null,"
                  "\"error\":{\"name\":\"dns\",\"exit\":6,\"message\":"
                  "\"there is no \\\"host\\\"\",\"hint\":\"look\\nagain\"},"
                  "\"ms\":5}\n");
}

Test(batch_result, shows_no_secret_in_a_message)
{
  AUTO(secret) secret = NULL;
  struct err err = ERR_INIT;
  struct batch_result result = {.err = &err};
  AUTO_BUF struct buf out = BUF_INIT(BATCH_RESULT_MAX);

  cr_assert_eq(secret_new(&secret, "s3cr3t-not-real", 15, &err), E_OK);
  IGNORE(err_set(&err, E_TLS, "at ?key=s3cr3t-not-real"));
  err_hint(&err, "without s3cr3t-not-real");
  batch_result_write(&out, &result);
  cr_expect_null(strstr(buf_text(&out), "s3cr3t"));
  cr_expect_not_null(strstr(buf_text(&out), "hidden"));
}

Test(batch_result, lists_headers_by_their_names)
{
  AUTO_HEADERS struct headers headers = {0};
  struct err err = ERR_INIT;
  struct batch_result result = {.status = 204, .headers = &headers};

  headers_init(&headers);
  expect(&result, "{\"id\":0,\"status\":204,\"headers\":{},\"body\":null,"
                  "\"error\":null,\"ms\":0}\n");
  cr_assert_eq(headers_add(&headers, "X-A", "1", &err), E_OK);
  cr_assert_eq(headers_add(&headers, "Set-Cookie", "a=\"b\"", &err), E_OK);
  cr_assert_eq(headers_add(&headers, "set-cookie", "c\xff", &err), E_OK);
  expect(&result, "{\"id\":0,\"status\":204,\"headers\":{\"x-a\":\"1\","
                  "\"set-cookie\":[\"a=\\\"b\\\"\",\"c\\\\xff\"]},"
                  "\"body\":null,\"error\":null,\"ms\":0}\n");
}

Test(batch_result, sends_nothing_that_acts_on_a_terminal)
{
  static const char body[] = "{\"a\":\"\x7f\xc2\x9b\xe2\x80\xae\"}";
  struct batch_result result = {.status = 200,
                                .body = body,
                                .body_len = sizeof body - 1,
                                .json = true,
                                .terminal = true};

  expect(&result, "{\"id\":0,\"status\":200,\"body\":{\"a\":"
                  "\"\\u007f\\u009b\\u202e\"},\"error\":null,\"ms\":0}\n");
}

Test(batch_result, that_is_too_long_makes_its_buffer_fail)
{
  AUTO_BUF struct buf out = BUF_INIT(100);
  char body[200];
  struct batch_result result = {
      .status = 200, .body = body, .body_len = sizeof body};

  memset(body, 'x', sizeof body);
  batch_result_write(&out, &result);
  cr_expect_eq(out.failed, E_LOCAL);
  buf_clear(&out);
  result.terminal = true;
  batch_result_write(&out, &result);
  cr_expect_eq(out.failed, E_LOCAL);
}

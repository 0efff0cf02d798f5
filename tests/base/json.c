#include "base/json.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum code parse(json_t **ret_value, const char *text, size_t depth,
                       struct err *err)
{
  return json_read(ret_value, text, strlen(text), depth, E_ANSWER, "the answer",
                   err);
}

Test(json, reads_objects)
{
  AUTO_JSON json_t *value = NULL;
  cr_assert_eq(parse(&value, " {\"a\":\"x\",\"b\":[1,2.5,null]}\n", 32, NULL),
               E_OK);
  cr_assert_str_eq(json_text(value, "a"), "x");
  cr_assert_null(json_text(value, "b"));
  cr_assert_null(json_text(value, "c"));
  cr_assert_null(json_text(NULL, "a"));
}

Test(json, refuses_what_is_not_an_object)
{
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"", "the answer is empty"},
      {" \r\n\t", "the answer is empty"},
      {"[]", "the answer is JSON, but not an object"},
      {"\"x\"", "the answer is JSON, but not an object"},
      {"null", "the answer is JSON, but not an object"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;
    json_t *value = NULL;
    cr_assert_eq(parse(&value, rows[i].text, 32, &err), E_ANSWER);
    cr_assert_str_eq(err.message, rows[i].message);
    cr_assert_null(value);
  }
}

/* The column is jansson's, and differs between its versions. */
Test(json, refuses_what_is_malformed_and_says_where)
{
  static const struct {
    const char *text;
    int line;
    const char *reason;
  } rows[] = {
      {"{\"a\":1,\n \"a\":2}", 2, "a member is there twice"},
      {"{\"a\":{\"b\":1,\"b\":1}}", 1, "a member is there twice"},
      {"{\"a\":1", 1, "it ends too early"},
      {"{\"a\":\"x", 1, "it ends too early"},
      {"\n\n{} x", 3, "text behind the document"},
      {"{}{}", 1, "text behind the document"},
      {"{\"a\":\"\\u0000\"}", 1, "a NUL in a string"},
      {"{\"a\\u0000b\":1}", 1, "a NUL in a string"},
      {"{\"a\":\"\xff\"}", 1, "text that is not UTF-8"},
      {"{\"a\":\"\xed\xa0\x80\"}", 1, "text that is not UTF-8"},
      {"{\"a\":99999999999999999999}", 1, "a number is too large"},
      {"{\"a\":1e999}", 1, "a number is too large"},
      {"{\"a\":NaN}", 1, "a syntax error"},
      {"{'a':1}", 1, "a syntax error"},
      {"{\"a\":1,}", 1, "a syntax error"},
      {"{\"a\":01}", 1, "a syntax error"},
      {"{\"a\":\"\n\"}", 1, "a syntax error"},
      {"{\"a\":\"\\ud800\"}", 1, "a syntax error"},
      {"\xef\xbb\xbf{}", 1, "a syntax error"},
      {"<html>", 1, "a syntax error"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;
    json_t *value = NULL;
    cr_assert_eq(parse(&value, rows[i].text, 32, &err), E_ANSWER, "%s",
                 rows[i].text);
    cr_assert_null(value);
    char start[100];
    (void)snprintf(start, sizeof(start),
                   "the answer is not valid JSON: line %d, column ",
                   rows[i].line);
    cr_assert_eq(strncmp(err.message, start, strlen(start)), 0, "%s: %s",
                 rows[i].text, err.message);
    const char *reason = strrchr(err.message, ':') + 2;
    cr_assert_str_eq(reason, rows[i].reason, "%s", rows[i].text);
  }
}

Test(json, refuses_bytes_behind_a_nul)
{
  struct err err = ERR_INIT;
  json_t *value = NULL;
  cr_assert_eq(json_read(&value, "{}\0x", 4, 32, E_ANSWER, "x", &err),
               E_ANSWER);
  cr_assert_eq(json_read(&value, "{}\0", 3, 32, E_ANSWER, "x", &err), E_ANSWER);
  cr_assert_eq(json_read(&value, "\0", 1, 32, E_ANSWER, "x", &err), E_ANSWER);
}

Test(json, shows_nothing_of_the_content)
{
  static const char *const texts[] = {
      "{\"token\": not-real-token}",
      "{\"not-real-token\":1,\"not-real-token\":2}",
      "{\"a\":\"not-real-token\" not-real-token",
      "not-real-token",
      "{\"a\":\"not-real-token",
      "{} not-real-token"};
  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    struct err err = ERR_INIT;
    json_t *value = NULL;
    cr_assert_eq(parse(&value, texts[i], 32, &err), E_ANSWER);
    cr_assert_null(strstr(err.message, "real"), "%s", err.message);
    cr_assert_str_eq(err.hint, "");
  }
}

/* {"a":{"a":…1}} or [[…]], so deep. */
static char *nested(size_t depth, bool arrays)
{
  const char *open = arrays ? "[" : "{\"a\":";
  char *text = malloc(depth * 6 + 2);
  char *end = text;
  for (size_t i = 0; i < depth; i++)
    end = stpcpy(end, open);
  *end++ = '1';
  for (size_t i = 0; i < depth; i++)
    *end++ = arrays ? ']' : '}';
  *end = '\0';
  return text;
}

Test(json, is_as_deep_as_allowed_and_no_deeper)
{
  static const size_t depths[] = {1, 8, 32};
  for (size_t i = 0; i < ARRAY_LEN(depths) * 2; i++) {
    size_t depth = depths[i / 2];
    for (size_t more = 0; more <= 1; more++) {
      struct err err = ERR_INIT;
      AUTO_JSON json_t *value = NULL;
      char *text = nested(depth + more, i % 2 == 0);
      enum code code = json_read_any(&value, text, strlen(text), depth,
                                     E_PROFILE, "profile 'x'", &err);
      free(text);
      cr_assert_eq(code, more == 0 ? E_OK : E_PROFILE);
      char expected[100];
      (void)snprintf(expected, sizeof(expected),
                     "profile 'x' is nested deeper than %zu levels", depth);
      cr_assert_str_eq(err.message, more == 0 ? "" : expected);
    }
  }
}

Test(json, counts_no_brackets_in_strings)
{
  AUTO_JSON json_t *value = NULL;
  cr_assert_eq(parse(&value, "{\"[[[\\\"[[\":\"{{{{\\\\\"}", 1, NULL), E_OK);
  /* A string that is not closed hides nothing from the count. */
  char text[200] = "{\"a\\\\\":";
  memset(text + 7, '[', 100);
  struct err err = ERR_INIT;
  cr_assert_eq(parse(&value, text, 32, &err), E_ANSWER);
  cr_assert_not_null(strstr(err.message, "deeper"));
}

Test(json, survives_a_bomb_of_brackets)
{
  size_t len = 1024 * 1024;
  char *text = malloc(len + 1);
  memset(text, '[', len);
  text[len] = '\0';
  struct err err = ERR_INIT;
  json_t *value = NULL;
  cr_assert_eq(json_read_any(&value, text, len, 32, E_ANSWER, "x", &err),
               E_ANSWER);
  free(text);
}

Test(json, reads_a_top_of_any_kind_when_asked)
{
  static const char *const texts[] = {"[]", "1", "\"x\"", "true", "null", "{}"};
  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    AUTO_JSON json_t *value = NULL;
    cr_assert_eq(json_read_any(&value, texts[i], strlen(texts[i]), 32, E_ANSWER,
                               "x", NULL),
                 E_OK, "%s", texts[i]);
    cr_assert_not_null(value);
  }
}

Test(json, writes_compact_and_indented)
{
  AUTO_JSON json_t *value = NULL;
  AUTO_BUF struct buf out = BUF_INIT(200);
  cr_assert_eq(
      parse(&value, "{\"b\": [1, \"caf\xc3\xa9/\"], \"a\": {}}", 32, NULL),
      E_OK);
  buf_puts(&out, "x");
  cr_assert_eq(json_write(&out, value, 0, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), "x{\"b\":[1,\"caf\xc3\xa9/\"],\"a\":{}}");
  buf_clear(&out);
  cr_assert_eq(json_write(&out, value, 2, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out),
                   "{\n  \"b\": [\n    1,\n    \"caf\xc3\xa9/\"\n "
                   " ],\n  \"a\": {}\n}\n");
  buf_clear(&out);
  cr_assert_eq(json_write(&out, json_object_get(value, "a"), 0, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), "{}");
}

Test(json, reports_a_text_that_does_not_fit)
{
  struct err err = ERR_INIT;
  AUTO_JSON json_t *value = NULL;
  AUTO_BUF struct buf out = BUF_INIT(8);
  cr_assert_eq(parse(&value, "{\"a\":\"0123456789\"}", 32, NULL), E_OK);
  cr_assert_eq(json_write(&out, value, 0, &err), E_LOCAL);
  cr_assert_str_eq(err.message, "longer than 8 bytes");
}

/* RFC 6901 §5. */
Test(json, follows_pointers)
{
  static const char text[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/"
                             "b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                             "\"i\\\\j\":5,\"k\\\"l\":6,\" "
                             "\":7,\"m~n\":8,\"~1\":9,\"x\":{\"\":{\"y\":10}}}";
  static const struct {
    const char *pointer;
    int value;
  } rows[] = {{"/", 0},     {"/a~1b", 1}, {"/c%d", 2},  {"/e^f", 3},
              {"/g|h", 4},  {"/i\\j", 5}, {"/k\"l", 6}, {"/ ", 7},
              {"/m~0n", 8}, {"/~01", 9},  {"/x//y", 10}};
  AUTO_JSON json_t *root = NULL;
  cr_assert_eq(parse(&root, text, 32, NULL), E_OK);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    json_t *value = json_pointer(root, rows[i].pointer);
    cr_assert(json_is_integer(value), "%s", rows[i].pointer);
    cr_assert_eq(json_integer_value(value), rows[i].value, "%s",
                 rows[i].pointer);
  }
  cr_assert_eq(json_pointer(root, ""), root);
  cr_assert_str_eq(json_string_value(json_pointer(root, "/foo/0")), "bar");
  cr_assert_str_eq(json_string_value(json_pointer(root, "/foo/1")), "baz");
}

Test(json, finds_nothing_where_nothing_is)
{
  static const char *const pointers[] = {
      "/b",      "/foo/2",   "/foo/-",  "/foo/01",
      "/foo/00", "/foo/",    "/foo/x",  "/foo/1 ",
      "/foo/+1", "/foo/0/x", "/n/x",    "/fo",
      "/fooo",   "foo",      "#/foo",   "/~",
      "/foo~",   "/~2",      "/foo/-1", "/foo/99999999999999999999999999",
  };
  AUTO_JSON json_t *root = NULL;
  cr_assert_eq(parse(&root, "{\"foo\":[\"bar\",\"baz\"],\"n\":null}", 32, NULL),
               E_OK);
  for (size_t i = 0; i < ARRAY_LEN(pointers); i++)
    cr_assert_null(json_pointer(root, pointers[i]), "%s", pointers[i]);
  cr_assert_null(json_pointer(NULL, "/foo"));
}

Test(json, knows_the_syntax_of_pointers)
{
  static const struct {
    const char *pointer;
    bool ok;
  } rows[] = {{"", true},       {"/", true},   {"/a/b~1c~0", true},
              {"a", false},     {"/~", false}, {"/~2", false},
              {"/a~/b", false}, {"~0", false}, {"#/a", false}};
  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_assert_eq(json_pointer_valid(rows[i].pointer), rows[i].ok, "%s",
                 rows[i].pointer);
}

Test(json, reads_seconds_as_servers_write_them)
{
  static const struct {
    const char *text;
    bool ok;
    int64_t seconds;
  } rows[] = {
      {"3600", true, 3600},
      {"0", true, 0},
      {"\"3600\"", true, 3600},
      {"3600.0", true, 3600},
      {"3.6e3", true, 3600},
      {"1000000000000", true, 1000000000000},
      {"\"1000000000000\"", true, 1000000000000},
      {"1e12", true, 1000000000000},
      {"1000000000001", false, 0},
      {"\"1000000000001\"", false, 0},
      {"1e13", false, 0},
      {"1e300", false, 0},
      {"9223372036854775807", false, 0},
      {"-1", false, 0},
      {"-0.5", false, 0},
      {"-1.0", false, 0},
      {"3600.5", false, 0},
      {"\"3600.0\"", false, 0},
      {"\"\"", false, 0},
      {"\" 3600\"", false, 0},
      {"\"-1\"", false, 0},
      {"\"1h\"", false, 0},
      {"null", false, 0},
      {"true", false, 0},
      {"[3600]", false, 0},
      {"{}", false, 0},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *value = NULL;
    int64_t seconds = 77;
    cr_assert_eq(json_read_any(&value, rows[i].text, strlen(rows[i].text), 32,
                               E_ANSWER, "x", NULL),
                 E_OK, "%s", rows[i].text);
    bool ok = json_seconds(value, &seconds);
    cr_assert_eq(ok, rows[i].ok, "%s", rows[i].text);
    cr_assert_eq(seconds, ok ? rows[i].seconds : 77, "%s", rows[i].text);
  }
  int64_t seconds;
  cr_assert_not(json_seconds(NULL, &seconds));
}

Test(json, puts_members)
{
  struct err err = ERR_INIT;
  AUTO_JSON json_t *object = json_object();
  AUTO_BUF struct buf out = BUF_INIT(200);
  cr_assert_eq(json_put_text(object, "a", "x", &err), E_OK);
  cr_assert_eq(json_put_int(object, "b", INT64_MIN, &err), E_OK);
  cr_assert_eq(json_put_text(object, "c", "y", &err), E_OK);
  cr_assert_eq(json_put_text(object, "a", NULL, &err), E_OK);
  cr_assert_eq(json_put_text(object, "absent", NULL, &err), E_OK);
  cr_assert_eq(json_put_text(object, "c", "\xff", &err), E_LOCAL);
  cr_assert_str_eq(err.message, "the value of 'c' is not UTF-8");
  cr_assert_eq(json_write(&out, object, 0, &err), E_OK);
  cr_assert_str_eq(buf_text(&out), "{\"b\":-9223372036854775808,\"c\":\"y\"}");
}

/* jansson's own answer would be "syntax error", here and there. */
static int allocations_left;

static void *scarce(size_t size)
{
  return mem_alloc(allocations_left-- > 0 ? size : SIZE_MAX);
}

Test(json, tells_a_lack_of_memory_from_a_bad_document)
{
  static const char text[] =
      "{\"a\":[1,\"caf\\u00e9\",{\"b\":null}],\"c\":1.5,\"d\":\"0123456789\"}";
  json_set_alloc_funcs(scarce, mem_free);
  enum code code = E_NOMEM;
  int failed = 0;
  for (int allowed = 0; code == E_NOMEM; allowed++) {
    AUTO_JSON json_t *value = NULL;
    struct err err = ERR_INIT;
    allocations_left = allowed;
    code = parse(&value, text, 32, &err);
    failed += code == E_NOMEM;
    allocations_left = 1000000;
  }
  cr_assert_eq(code, E_OK);
  cr_assert_gt(failed, 10);
}

static void *allocate_until_short(size_t size)
{
  return allocations_left-- == 0 ? mem_alloc(SIZE_MAX) : mem_alloc(size);
}

/* jansson 2.14 drops a byte of a string whose buffer cannot grow, and says
 * that all went well: a refresh token would be damaged without a word. */
Test(json, gives_a_whole_string_or_none_when_memory_is_short)
{
  static const char text[] =
      "{\"token\": \"test-token-not-real-0123456789-0123456789-0123456789\"}";
  int failures = 0;

  json_set_alloc_funcs(allocate_until_short, mem_free);
  for (int at = 0; at < 60; at++) {
    struct err err = ERR_INIT;
    json_t *value = NULL;

    allocations_left = at;
    enum code code = json_read(&value, text, sizeof(text) - 1, JSON_DEPTH,
                               E_ANSWER, "the answer", &err);
    cr_expect(code == E_OK || code == E_NOMEM, "allocation %d: %s", at,
              err.message);
    failures += code == E_NOMEM;
    if (code == E_OK)
      cr_expect_str_eq(json_text(value, "token"),
                       "test-token-not-real-0123456789-0123456789-0123456789");
    json_decref(value);
  }
  cr_expect_gt(failures, 3, "no allocation failed: nothing was tested");
}

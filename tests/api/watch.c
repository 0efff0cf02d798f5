#include "api/watch.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* "null", "12", "'text'", "{}", …; one of a few strings used in turn. */
static const char *shown(struct watch_value value)
{
  static char texts[4][256];
  static size_t turn;
  char *text = texts[turn++ % ARRAY_LEN(texts)];
  static const char *const words[] = {
      [WATCH_NOTHING] = "-",   [WATCH_NULL] = "null", [WATCH_FALSE] = "false",
      [WATCH_TRUE] = "true",   [WATCH_NUMBER] = "",   [WATCH_TEXT] = "'",
      [WATCH_OTHER] = "other", [WATCH_LONG] = "long",
  };

  (void)snprintf(text, sizeof texts[0], "%s%s%s", words[value.kind], value.text,
                 value.kind == WATCH_TEXT ? "'" : "");
  return text;
}

static void feed(struct watch **watch, const char *text, size_t len,
                 size_t split, const char *const pointers[], size_t count)
{
  struct err err = ERR_INIT;

  cr_assert_eq(watch_new(watch, pointers, count, count == 0, &err), E_OK);
  cr_assert_eq(watch_feed(*watch, text, split, &err), E_OK);
  cr_assert_eq(watch_feed(*watch, text + split, len - split, &err), E_OK);
  cr_assert_eq(watch_end(*watch, &err), E_OK, "%s", err.message);
}

static const char *const pointers[] = {"/a",         "/b/c", "/d/1/e",
                                       "/a~1b/m~0n", "",     "/d/10"};

static const struct sample {
  const char *text;
  const char *values[ARRAY_LEN(pointers)];
} samples[] = {
    {"{\"a\":1.10,\"b\":{\"c\":null},\"d\":[{},{\"e\":true}]}",
     {"1.10", "null", "true", "-", "other", "-"}},
    {"{\"b\":{\"x\":{\"c\":1},\"c\":\"\\u00e9\\\"\"},\"a\":{\"c\":2}}",
     {"other", "'\xc3\xa9\"'", "-", "-", "other", "-"}},
    {"{\"a/b\":{\"m~n\":\"y\"}, \"c\":1,\"d\":[0,1,2,3,4,5,6,7,8,9,10]}",
     {"-", "-", "-", "'y'", "other", "10"}},
    {"{\"d\":[[{\"e\":1}],[{\"e\":2}],{\"e\":3}]}",
     {"-", "-", "-", "-", "other", "-"}},
    {"{\"d\":[ {\"e\":[1,{\"e\":9}]} , {\"f\":[7],\"e\":false} ]}",
     {"-", "-", "false", "-", "other", "-"}},
    {"{\"a\":1,\"a\":2,\"b\":3,\"b\":{\"c\":4}}",
     {"1", "4", "-", "-", "other", "-"}},
    {"{\"x\":{\"a\":1},\"a\":\"\"}", {"''", "-", "-", "-", "other", "-"}},
    {"[{\"a\":1}]", {"-", "-", "-", "-", "other", "-"}},
    {" 12", {"-", "-", "-", "-", "12", "-"}},
    {"\"t\"", {"-", "-", "-", "-", "'t'", "-"}},
    {"{\"a\":1}\n{\"b\":{\"c\":2}}", {"1", "2", "-", "-", "other", "-"}},
    {"{\"a\":1,\"b\":{\"c\":x}}", {"1", "-", "-", "-", "other", "-"}},
    {"{\"a\":1,\"b\":{\"c\":2", {"1", "-", "-", "-", "other", "-"}},
    {"<html>", {"-", "-", "-", "-", "-", "-"}},
    {"", {"-", "-", "-", "-", "-", "-"}},
};

Test(watch, takes_all_values_wherever_a_chunk_ends)
{
  for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
    size_t len = strlen(samples[i].text);

    for (size_t split = 0; split <= len; split++) {
      AUTO(watch) watch = NULL;

      feed(&watch, samples[i].text, len, split, pointers, ARRAY_LEN(pointers));
      for (size_t n = 0; n < ARRAY_LEN(pointers); n++)
        cr_expect_str_eq(shown(watch_value(watch, n)), samples[i].values[n],
                         "'%s' in %s at %zu: %s", pointers[n], samples[i].text,
                         split, shown(watch_value(watch, n)));
    }
  }
}

#define INFO(more, cursor)                                                     \
  "\"pageInfo\":{\"hasNextPage\":" more ",\"endCursor\":" cursor "}"

static const struct {
  const char *text;
  const char *has_next, *cursor, *items; /* has_next NULL: no pageInfo */
} infos[] = {
    {"{\"data\":{\"r\":{\"nodes\":[1]," INFO("true", "\"x\"") "}}}", "true",
     "'x'", "/data/r/nodes"},
    {"{\"data\":{\"r\":{" INFO("false", "null") ",\"edges\":[]}}}", "false",
     "null", "/data/r/edges"},
    {"{\"data\":{\"r\":{\"edges\":[]," INFO("true", "\"x\"") ",\"nodes\":[]}}}",
     "true", "'x'", "/data/r/nodes"},
    {"{\"data\":{\"r\":{" INFO("true", "\"x\"") "}}}", "true", "'x'", "(none)"},
    /* an inner one: in a list, or deeper; before and behind */
    {"{\"data\":{\"r\":{\"nodes\":[{\"i\":{\"nodes\":[]," INFO(
         "true", "\"in\"") "}}]," INFO("true", "\"out\"") "}}}",
     "true", "'out'", "/data/r/nodes"},
    {"{\"data\":{\"r\":{\"o\":{\"nodes\":[]," INFO(
         "false", "\"in\"") "},\"nodes\":[]," INFO("true", "\"out\"") "}}}",
     "true", "'out'", "/data/r/nodes"},
    {"{\"data\":{\"r\":{\"nodes\":[]," INFO(
         "true", "\"out\"") ",\"o\":{\"nodes\":[]," INFO("false",
                                                         "\"in\"") "}}}}",
     "true", "'out'", "/data/r/nodes"},
    /* of two side by side the first */
    {"{\"a\":{\"nodes\":[]," INFO(
         "true", "\"1\"") "},\"b\":{\"nodes\":[]," INFO("fals"
                                                        "e",
                                                        "\"2"
                                                        "\"") "}}",
     "true", "'1'", "/a/nodes"},
    {"{\"a~/b\":{\"nodes\":[]," INFO("true", "\"1\"") "}}", "true", "'1'",
     "/a~0~1b/nodes"},
    {"{\"a\":{\"pageInfo\":{\"x\":{\"endCursor\":1},\"endCursor\":2}}}", "-",
     "2", "(none)"},
    {"{\"a\":{\"pageInfo\":[{\"endCursor\":2}]}}", NULL, NULL, NULL},
    {"{\"a\":{\"pageInfo\":true}}", NULL, NULL, NULL},
    {"[{" INFO("true", "\"1\"") "}]", NULL, NULL, NULL},
    {"{\"a\":\"pageInfo\"}", NULL, NULL, NULL},
};

Test(watch, finds_the_outermost_page_info)
{
  for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
    size_t len = strlen(infos[i].text);

    for (size_t split = 0; split <= len; split++) {
      AUTO(watch) watch = NULL;
      struct watch_page_info info = {0};

      feed(&watch, infos[i].text, len, split, NULL, 0);
      cr_expect_eq(watch_page_info(watch, &info), infos[i].has_next != NULL,
                   "%s", infos[i].text);
      if (infos[i].has_next == NULL)
        continue;
      cr_expect_str_eq(shown(info.has_next), infos[i].has_next);
      cr_expect_str_eq(shown(info.cursor), infos[i].cursor, "%s",
                       infos[i].text);
      cr_expect_str_eq(info.items != NULL ? info.items : "(none)",
                       infos[i].items, "%s", infos[i].text);
    }
  }
}

Test(watch, keeps_no_more_than_it_may)
{
  static char text[200000];
  static const char *const pointers_here[] = {"/a", "/b", "/c"};
  AUTO(watch) watch = NULL;

  memset(text, 'x', sizeof text);
  memcpy(text, "{\"a\":\"", 6);
  memcpy(text + 90000, "\",\"", 3);
  memcpy(text + 190000, "\":1,\"b\":", 8);
  memset(text + 190008, '7', 9970);
  memcpy(text + 199978, ",\"c\":2}              ", 22);
  feed(&watch, text, sizeof text, 1000, pointers_here, 3);
  cr_expect_str_eq(shown(watch_value(watch, 0)), "long");
  cr_expect_eq(watch_value(watch, 1).len, 9970);
  cr_expect_str_eq(shown(watch_value(watch, 2)), "2");
}

Test(watch, passes_over_what_is_deep)
{
  static const char *const pointers_here[] = {"/b"};
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO(watch) watch = NULL;
  struct err err = ERR_INIT;

  buf_puts(&text, "{\"a\":");
  for (int i = 0; i < 500; i++)
    buf_puts(&text, "{\"nodes\":[],\"a\":");
  buf_puts(&text, "1");
  for (int i = 0; i < 500; i++)
    buf_puts(&text, "}");
  buf_puts(&text, ",\"b\":2}");
  cr_assert_eq(watch_new(&watch, pointers_here, 1, true, &err), E_OK);
  cr_assert_eq(watch_feed(watch, text.data, text.len, &err), E_OK);
  cr_assert_eq(watch_end(watch, &err), E_OK);
  cr_expect_str_eq(shown(watch_value(watch, 0)), "2");
}

Test(watch, refuses_what_is_no_pointer)
{
  static const char *const bad[] = {"/a", "b"};
  AUTO(watch) watch = NULL;
  struct err err = ERR_INIT;

  cr_expect_eq(watch_new(&watch, bad, 2, false, &err), E_USAGE);
}

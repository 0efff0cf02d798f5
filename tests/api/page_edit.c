#include "api/page_part.h"

#include "api/scan.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
  const char *text, *name, *inner, *result; /* NULL: refused */
} objects[] = {
    {"{}", "a", NULL, "{\"a\":7}"},
    {" { } ", "a", NULL, " { \"a\":7} "},
    {"{\"b\":1}", "a", NULL, "{\"b\":1,\"a\":7}"},
    {"{\"a\":1}", "a", NULL, "{\"a\":7}"},
    {"{\"a\" : -1.10e+2 , \"b\":1}", "a", NULL, "{\"a\" : 7 , \"b\":1}"},
    {"{\"a\":{\"a\":1},\"b\":2}", "a", NULL, "{\"a\":7,\"b\":2}"},
    {"{\"b\":{\"a\":1}}", "a", NULL, "{\"b\":{\"a\":1},\"a\":7}"},
    {"{\"b\":[\"a\",{\"a\":1}],\"a\":[1,[2]]}", "a", NULL,
     "{\"b\":[\"a\",{\"a\":1}],\"a\":7}"},
    {"{\"\\u0061\":1}", "a", NULL, "{\"\\u0061\":7}"},
    {"{\"a\":1,\"a\":2}", "a", NULL, "{\"a\":1,\"a\":7}"},
    {"{\"b\":\"a\"}", "\"\xc3\xa9", NULL, "{\"b\":\"a\",\"\\\"\xc3\xa9\":7}"},
    {"{}", "v", "a", "{\"v\":{\"a\":7}}"},
    {"{\"v\":{}}", "v", "a", "{\"v\":{\"a\":7}}"},
    {"{\"v\": {\"b\":1, \"a\":null} ,\"x\":1}", "v", "a",
     "{\"v\": {\"b\":1, \"a\":7} ,\"x\":1}"},
    {"{\"v\":null}", "v", "a", "{\"v\":{\"a\":7}}"},
    {"{\"v\":[1]}", "v", "a", "{\"v\":{\"a\":7}}"},
    {"[]", "a", NULL, NULL},
    {"\"a\"", "a", NULL, NULL},
    {"", "a", NULL, NULL},
    {"{\"a\":1", "a", NULL, NULL},
    {"{\"a\":1,}", "a", NULL, NULL},
};

Test(page_edit, changes_a_member_and_nothing_else)
{
  for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
    struct err err = ERR_INIT;
    enum code code =
        page_json_set(&out, objects[i].text, strlen(objects[i].text),
                      objects[i].name, objects[i].inner, "7", &err);

    cr_expect_eq(code, objects[i].result != NULL ? E_OK : E_USAGE, "%s",
                 objects[i].text);
    if (objects[i].result == NULL)
      continue;
    cr_expect_str_eq(buf_text(&out), objects[i].result, "%s: %s",
                     objects[i].text, buf_text(&out));
    cr_expect(scan_is_value(buf_text(&out), out.len));
  }
}

static const struct {
  const char *url, *name, *value, *result;
} queries[] = {
    {"https://a.example/b", "n", "1", "https://a.example/b?n=1"},
    {"https://a.example/b?n=0", "n", "1", "https://a.example/b?n=1"},
    {"https://a.example/b?x=%2f&n=0&y", "n", "a&b",
     "https://a.example/b?x=%2f&n=a%26b&y"},
    {"https://a.example/b?n=0&x=1&n=2", "n", "3",
     "https://a.example/b?n=3&x=1"},
    {"https://a.example/b?%6e=0", "n", "3", "https://a.example/b?%6e=3"},
    {"https://a.example/b?nn=0&N=1", "n", "3",
     "https://a.example/b?nn=0&N=1&n=3"},
    {"https://a.example/b?n", "n", "3", "https://a.example/b?n=3"},
    {"https://a.example/b?n=0", "n", NULL, "https://a.example/b"},
    {"https://a.example/b?a=1&n=0&b=2", "n", NULL,
     "https://a.example/b?a=1&b=2"},
    {"https://a.example/b?a=1", "n", NULL, "https://a.example/b?a=1"},
    {"https://a.example/b?p[x]=0", "p[x]", "3", "https://a.example/b?p[x]=3"},
};

Test(page_edit, changes_a_parameter_and_nothing_else)
{
  for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
    AUTO(url) url = NULL;
    AUTO(url) changed = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(
        url_parse(&url, queries[i].url, URL_PLAIN, E_USAGE, "URL", &err), E_OK);
    cr_assert_eq(
        page_query_set(&changed, url, queries[i].name, queries[i].value, &err),
        E_OK, "%s: %s", queries[i].url, err.message);
    AUTO(url) expected = NULL;
    cr_assert_eq(url_parse(&expected, queries[i].result, URL_PLAIN, E_USAGE,
                           "URL", &err),
                 E_OK);
    cr_expect_str_eq(changed->text, expected->text, "%s: %s", queries[i].url,
                     changed->text);
  }
}

Test(page_edit, reads_a_member)
{
  static const struct {
    const char *text, *value; /* NULL: none */
  } rows[] = {
      {"{\"a\":12}", "12"},   {"{\"a\":\"x\\n\"}", "x\n"},
      {"{\"a\":null}", NULL}, {"{\"b\":{\"a\":1}}", NULL},
      {"a=1", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

    cr_expect_eq(page_json_get(&out, rows[i].text, strlen(rows[i].text), "a"),
                 rows[i].value != NULL, "%s", rows[i].text);
    if (rows[i].value != NULL)
      cr_expect_str_eq(buf_text(&out), rows[i].value);
  }
}

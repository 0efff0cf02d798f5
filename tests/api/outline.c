#include "api/outline.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct outline *outline(const char *text)
{
  struct outline *made = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(outline_new(&made, text, strlen(text), E_PROFILE, "it", &err),
               E_OK, "%s: %s", text, err.message);
  return made;
}

static const char *shown(struct outline *o, const struct place *place)
{
  static char text[256];
  struct buf b = BUF_INIT(sizeof text - 1);

  outline_put(o, place, &b);
  snprintf(text, sizeof text, "%s", buf_text(&b));
  buf_clear(&b);
  return text;
}

static const struct {
  const char *text, *fragment, *value; /* NULL: leads nowhere */
} leads[] = {
    {"{\"a\":{\"b\":7}}", "#/a/b", "7"},
    {"{\"a\":{\"b\":7}}", "#/a/c", NULL},
    {"{\"a\":{\"b\":7}}", "#/a/b/c", NULL},
    {"{\"a\":{\"b\":7}}", "#a", NULL},
    {"{\"a\":{\"b\":7}}", "other.json#/a", NULL},
    {"{\"a\":{\"b\":7}}", "", NULL},
    {"{\"a\":[1,[2,3],\"x\"]}", "#/a/2", "x"},
    {"{\"a\":[1,[2,3],\"x\"]}", "#/a/1/1", "3"},
    {"{\"a\":[1,[2,3],\"x\"]}", "#/a/3", NULL},
    {"{\"a\":[1,[2,3],\"x\"]}", "#/a/-1", NULL},
    {"{\"a\":[1]}", "#/a/99999999999999999999", NULL},
    {"{\"/u/{i}\":{\"x~y\":\"v\"}}", "#/~1u~1%7Bi%7D/x~0y", "v"},
    {"{\"\":{\"\":1}}", "#//", "1"},
    {"{\"a\":1,\"a\":2}", "#/a", "1"},
    {"{\"\\u0061\\n\":\"\\ud83d\\ude00\"}", "#/a%0A", "\xf0\x9f\x98\x80"},
    {"{\"a\":18446744073709551616,\"b\":1e400,\"c\":1.10}", "#/a",
     "18446744073709551616"},
    {"{\"a\":18446744073709551616,\"b\":1e400,\"c\":1.10}", "#/b", "1e400"},
    {"{\"a\":18446744073709551616,\"b\":1e400,\"c\":1.10}", "#/c", "1.10"},
    {"{\"a\":{},\"b\":[],\"c\":true}", "#/c", "true"},
    {"{\"a\":{},\"b\":[],\"c\":true}", "#/a", ""},
    {"{\"a\":{},\"b\":[],\"c\":true}", "#/b/0", NULL},
    {"{\"a\":1}", "#/a%00", NULL},
    {"{\"a\":1}", "#/a%", NULL},
    {" \n[ 1 ]\t", "#/0", "1"},
    {"\"top\"", "#", "top"},
    {"\xef\xbb\xbf{\"a\":1}", "#/a", "1"},
};

Test(outline, finds_what_a_reference_leads_to)
{
  for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
    AUTO(outline) o = outline(leads[i].text);
    const struct place *place = outline_fragment(o, leads[i].fragment);

    cr_expect_eq(place != NULL, leads[i].value != NULL, "%s in %s",
                 leads[i].fragment, leads[i].text);
    if (place != NULL && leads[i].value != NULL)
      cr_expect_str_eq(shown(o, place), leads[i].value);
  }
}

Test(outline, goes_through_what_is_in_an_object_or_list)
{
  AUTO(outline) o = outline("{\"a\":[1,{\"x\":[]},2],\"b\":{},\"c\":\"z\"}");
  const struct place *at = outline_first(o, outline_top(o));
  const char *const keys[] = {"a", "b", "c"};
  size_t i = 0;

  for (; at != NULL; at = outline_next(o, at))
    cr_expect(outline_key_is(o, at, keys[i++]));
  cr_expect_eq(i, 3);
  at = outline_first(o, outline_member(o, outline_top(o), "a"));
  for (i = 0; at != NULL; at = outline_next(o, at))
    i++;
  cr_expect_eq(i, 3);
  cr_expect_null(outline_first(o, outline_member(o, outline_top(o), "b")));
  cr_expect_null(outline_first(o, outline_member(o, outline_top(o), "c")));
}

Test(outline, takes_nothing_for_a_place)
{
  AUTO(outline) o = outline("[1]");

  cr_expect_null(outline_first(o, NULL));
  cr_expect_null(outline_next(o, NULL));
  cr_expect_null(outline_member(o, NULL, "a"));
  cr_expect_null(outline_member(o, outline_top(o), "a"));
  cr_expect_not(outline_is(o, NULL, "a"));
  cr_expect_not(outline_key_is(o, outline_top(o), ""));
  cr_expect_not(outline_is_true(o, NULL));
}

static const char *const refused[] = {
    "",     " ",      "{",          "{\"a\":}", "[1,]",  "1 2",
    "{}{}", "{} []",  "[]x",        "nul",      "\"a",   "{\"a\" 1}",
    "1\n2", "\"a\"1", "openapi: 3", "[01]",     "{a:1}", "\xef\xbb",
};

Test(outline, refuses_what_is_no_single_value)
{
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    struct outline *made = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(outline_new(&made, refused[i], strlen(refused[i]), E_PROFILE,
                             "it", &err),
                 E_PROFILE, "%s", refused[i]);
    cr_expect_null(made);
    cr_expect_not_null(strstr(err.message, "it is not valid JSON"));
  }
}

Test(outline, bounds_values_and_depth)
{
  enum { SIZE = 2 * OUTLINE_VALUES_MAX + 3 };
  char *many = mem_alloc(SIZE);
  struct outline *made = NULL;
  struct err err = ERR_INIT;

  for (size_t i = 0; i < SIZE; i++)
    many[i] = i == 0 ? '[' : i == SIZE - 1 ? ']' : i % 2 ? '1' : ',';
  cr_expect_eq(outline_new(&made, many, SIZE, E_PROFILE, "it", &err),
               E_PROFILE);
  cr_expect_not_null(strstr(err.message, "more than"), "%s", err.message);
  memset(many, '[', 5000);
  cr_expect_eq(outline_new(&made, many, 5000, E_PROFILE, "it", &err),
               E_PROFILE);
  mem_free(many);
}

/* A lookup of a member costs what stands before it. */
Test(outline, grows_tired)
{
  enum { COUNT = 20000 };
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);

  buf_putc(&text, '{');
  for (size_t i = 0; i < COUNT; i++)
    buf_printf(&text, "\"%zu\":1,", i);
  buf_puts(&text, "\"z\":1}");
  AUTO(outline) o = outline(buf_text(&text));
  for (size_t i = 0; i < OUTLINE_STEPS_MAX / COUNT - 1; i++)
    cr_assert_not_null(outline_member(o, outline_top(o), "z"));
  cr_expect_not(outline_is_tired(o));
  for (size_t i = 0; i < 3; i++)
    (void)outline_member(o, outline_top(o), "z");
  cr_expect(outline_is_tired(o));
  cr_expect_null(outline_member(o, outline_top(o), "z"));
}

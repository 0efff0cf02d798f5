#include "api/item.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECRET "test-password-not-real"

struct row {
  const char *word;
  int kind; /* -1: refused */
  const char *name;
  const char *value;
};

static const struct row rows[] = {
    /* one of each */
    {"k=v", ITEM_TEXT, "k", "v"},
    {"k:=1", ITEM_JSON, "k", "1"},
    {"k==v", ITEM_QUERY, "k", "v"},
    {"Name:value", ITEM_HEADER, "Name", "value"},
    {"k@file", ITEM_UPLOAD, "k", "file"},
    {"k=@file", ITEM_TEXT_FILE, "k", "file"},
    {"k:=@file", ITEM_JSON_FILE, "k", "file"},
    /* empty values */
    {"k=", ITEM_TEXT, "k", ""},
    {"k==", ITEM_QUERY, "k", ""},
    {"Accept:", ITEM_HEADER, "Accept", ""},
    /* the leftmost separator */
    {"a=b:c", ITEM_TEXT, "a", "b:c"},
    {"a=b@c", ITEM_TEXT, "a", "b@c"},
    {"a=b=c", ITEM_TEXT, "a", "b=c"},
    {"a=b==c", ITEM_TEXT, "a", "b==c"},
    {"A:b=c", ITEM_HEADER, "A", "b=c"},
    {"A:b:=c", ITEM_HEADER, "A", "b:=c"},
    {"a@b=c", ITEM_UPLOAD, "a", "b=c"},
    {"a@b:c", ITEM_UPLOAD, "a", "b:c"},
    {"mail=ann@example.com", ITEM_TEXT, "mail", "ann@example.com"},
    {"url=https://example.com/?a=b", ITEM_TEXT, "url",
     "https://example.com/?a=b"},
    {"q==a:b", ITEM_QUERY, "q", "a:b"},
    /* the longest there */
    {"k===v", ITEM_QUERY, "k", "=v"},
    {"k==@v", ITEM_QUERY, "k", "@v"},
    {"k:=\"=@x\"", ITEM_JSON, "k", "\"=@x\""},
    {"k=@=f", ITEM_TEXT_FILE, "k", "=f"},
    {"A::b", ITEM_HEADER, "A", ":b"},
    {"a@@b", ITEM_UPLOAD, "a", "@b"},
    {"A:@b", ITEM_HEADER, "A", "@b"},
    /* escapes in the key */
    {"a\\=b=c", ITEM_TEXT, "a=b", "c"},
    {"a\\:b=c", ITEM_TEXT, "a:b", "c"},
    {"a\\@b=c", ITEM_TEXT, "a@b", "c"},
    {"a\\\\=c", ITEM_TEXT, "a\\", "c"},
    {"a\\\\\\==c", ITEM_TEXT, "a\\=", "c"},
    {"a\\nb=c", ITEM_TEXT, "a\\nb", "c"},
    {"\\=a=c", ITEM_TEXT, "=a", "c"},
    {"\\:a=c", ITEM_TEXT, ":a", "c"},
    {"a\\==b", ITEM_TEXT, "a=", "b"},
    {"a\\[0\\]=b", ITEM_TEXT, "a[0]", "b"},
    /* escapes at the beginning of the value, and nowhere else in it */
    {"k=\\@file", ITEM_TEXT, "k", "@file"},
    {"k=\\=v", ITEM_TEXT, "k", "=v"},
    {"k==\\=v", ITEM_QUERY, "k", "=v"},
    {"A:\\=v", ITEM_HEADER, "A", "=v"},
    {"k=\\:v", ITEM_TEXT, "k", "\\:v"},
    {"k=\\\\host\\share", ITEM_TEXT, "k", "\\\\host\\share"},
    {"re=\\d+\\=", ITEM_TEXT, "re", "\\d+\\="},
    {"k=a\\@b", ITEM_TEXT, "k", "a\\@b"},
    /* brackets stay in the name */
    {"a[b][]=x", ITEM_TEXT, "a[b][]", "x"},
    {"a[b]==x", ITEM_QUERY, "a[b]", "x"},
    {"[]:=1", ITEM_JSON, "[]", "1"},
    /* bytes of any kind in a value */
    {"k=\xc3\xa9 \t\n", ITEM_TEXT, "k", "\xc3\xa9 \t\n"},
    {"caf\xc3\xa9=x", ITEM_TEXT, "caf\xc3\xa9", "x"},
    {"a b=c d", ITEM_TEXT, "a b", "c d"},
    /* JSON as it stands */
    {"k:=1.10", ITEM_JSON, "k", "1.10"},
    {"k:=12345678901234567890", ITEM_JSON, "k", "12345678901234567890"},
    {"k:= [1, 2] ", ITEM_JSON, "k", " [1, 2] "},
    {"k:=\"a\"", ITEM_JSON, "k", "\"a\""},
    {"k:={\"a\":[]}", ITEM_JSON, "k", "{\"a\":[]}"},
    {"k:=null", ITEM_JSON, "k", "null"},
    /* refused */
    {"", -1, NULL, NULL},
    {"word", -1, NULL, NULL},
    {"a\\=b", -1, NULL, NULL},
    {"=v", -1, NULL, NULL},
    {":v", -1, NULL, NULL},
    {"@file", -1, NULL, NULL},
    {":=1", -1, NULL, NULL},
    {"==v", -1, NULL, NULL},
    {"k:=", -1, NULL, NULL},
    {"k:=text", -1, NULL, NULL},
    {"k:=01", -1, NULL, NULL},
    {"k:=1 2", -1, NULL, NULL},
    {"k:={a:1}", -1, NULL, NULL},
    {"k@", -1, NULL, NULL},
    {"k=@", -1, NULL, NULL},
    {"k:=@", -1, NULL, NULL},
    {"a b:c", -1, NULL, NULL},
    {"caf\xc3\xa9:c", -1, NULL, NULL},
    {"(x):c", -1, NULL, NULL},
};

static void expect_item(const struct item_list *list, const struct row *row)
{
  cr_assert_eq(list->count, 1, "%s", row->word);
  cr_expect_eq((int)list->items[0].kind, row->kind, "%s", row->word);
  cr_expect_str_eq(list->items[0].name, row->name, "%s", row->word);
  cr_expect_str_eq(list->items[0].value, row->value, "%s", row->word);
}

Test(item, splits_at_the_leftmost_longest_separator)
{
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO_ITEMS struct item_list list = {0};
    struct err err = ERR_INIT;
    enum code code = item_parse(&list, rows[i].word, &err);

    cr_expect_eq(code, rows[i].kind < 0 ? E_USAGE : E_OK, "%s: %s",
                 rows[i].word, err.message);
    if (rows[i].kind >= 0)
      expect_item(&list, &rows[i]);
  }
}

Test(item, names_itself_by_its_key_and_keeps_the_value_to_itself)
{
  static const char *const words[] = {"password:=" SECRET, "the pass:" SECRET,
                                      "=" SECRET};

  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    AUTO_ITEMS struct item_list list = {0};
    struct err err = ERR_INIT;

    cr_assert_eq(item_parse(&list, words[i], &err), E_USAGE);
    cr_expect_null(strstr(err.message, SECRET), "%s", err.message);
    cr_expect_null(strstr(err.hint, SECRET), "%s", err.hint);
    if (*words[i] != '=')
      cr_expect_not_null(strstr(err.message, "pass"), "%s", err.message);
  }
}

static const struct row fields[] = {
    {"k=v", ITEM_TEXT, "k", "v"},
    {"k=true", ITEM_JSON, "k", "true"},
    {"k=false", ITEM_JSON, "k", "false"},
    {"k=null", ITEM_JSON, "k", "null"},
    {"k=0", ITEM_JSON, "k", "0"},
    {"k=-7", ITEM_JSON, "k", "-7"},
    {"k=12345678901234567890", ITEM_JSON, "k", "12345678901234567890"},
    {"k=007", ITEM_TEXT, "k", "007"},
    {"k=-", ITEM_TEXT, "k", "-"},
    {"k=1.5", ITEM_TEXT, "k", "1.5"},
    {"k=1e3", ITEM_TEXT, "k", "1e3"},
    {"k=True", ITEM_TEXT, "k", "True"},
    {"k=[1]", ITEM_TEXT, "k", "[1]"},
    {"k=", ITEM_TEXT, "k", ""},
    {"k==v", ITEM_TEXT, "k", "=v"},
    {"k:x=v", ITEM_TEXT, "k:x", "v"},
    {"a[b][]=1", ITEM_JSON, "a[b][]", "1"},
    {"k=@file", ITEM_FIELD_FILE, "k", "file"},
    {"k=@-", ITEM_FIELD_FILE, "k", "-"},
    {"k=@", -1, NULL, NULL},
    {"k", -1, NULL, NULL},
    {"=v", -1, NULL, NULL},
    {"", -1, NULL, NULL},
    {"k\\=v", -1, NULL, NULL},
};

Test(item, types_fields_as_gh_does)
{
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    AUTO_ITEMS struct item_list list = {0};
    struct err err = ERR_INIT;
    enum code code = item_parse_field(&list, fields[i].word, &err);

    cr_expect_eq(code, fields[i].kind < 0 ? E_USAGE : E_OK, "%s",
                 fields[i].word);
    if (fields[i].kind >= 0)
      expect_item(&list, &fields[i]);
  }
}

Test(item, leaves_raw_fields_alone)
{
  static const struct row raw[] = {
      {"k=@file", ITEM_TEXT, "k", "@file"}, {"k=true", ITEM_TEXT, "k", "true"},
      {"k=7", ITEM_TEXT, "k", "7"},         {"k==x", ITEM_TEXT, "k", "=x"},
      {"k=\\@x", ITEM_TEXT, "k", "\\@x"},
  };

  for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
    AUTO_ITEMS struct item_list list = {0};
    struct err err = ERR_INIT;

    cr_assert_eq(item_parse_raw_field(&list, raw[i].word, &err), E_OK);
    expect_item(&list, &raw[i]);
  }
}

Test(item, tells_curls_f_apart)
{
  AUTO_ITEMS struct item_list list = {0};
  struct err err = ERR_INIT;

  cr_expect_eq(item_parse_raw_field(&list, "https://api.example/x", &err),
               E_USAGE);
  cr_expect_not_null(strstr(err.hint, "curl"), "%s", err.hint);
}

Test(item, knows_an_item_from_a_path)
{
  static const char *const items[] = {"a=b", "a:=1", "A:b", "a@f", "a==b/c?d"};
  static const char *const others[] = {
      "",         "user",       "repos/o/r",  "/a=b",         "https://h/x",
      "http://h", "search?q=x", "a/b:action", "/users/@me",   "=x",
      "x\\=y",    "//h/x=y",    "?a=b",       "ftp://h/x=y@z"};

  for (size_t i = 0; i < sizeof items / sizeof *items; i++)
    cr_expect(item_is(items[i]), "%s", items[i]);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    cr_expect_not(item_is(others[i]), "%s", others[i]);
}

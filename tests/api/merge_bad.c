/* Pages that are not what they should be: what is out stays valid. */
#include "api/merge.h"

#include "api/merge_run.h"
#include "api/scan.h"
#include "base/mem.h"

Test(merge_bad, closes_what_is_open_and_writes_no_half_of_anything)
{
  static const struct merge_case cases[] = {
      /* nothing was whole */
      {{""}, "", .code = E_ANSWER},
      {{" \n"}, "", .code = E_ANSWER},
      {{"<html>"}, "", .code = E_ANSWER},
      {{"{\"a\":[{\"b\":1"}, "", .code = E_ANSWER},
      {{"{\"a\":[],\"b\":"}, "", .code = E_ANSWER},
      {{"\xef\xbb"}, "", .code = E_ANSWER},
      {{"[1"}, "", .code = E_ANSWER},
      {{"1."}, "", .code = E_ANSWER},
      {{"nul"}, "", .code = E_ANSWER},
      /* the first page is cut or wrong */
      {{"[1,2"}, "[1]\n", .code = E_ANSWER},
      {{"[1,{\"a\":2"}, "[1]\n", .code = E_ANSWER},
      {{"[1,2,]"}, "[1,2]\n", .code = E_ANSWER},
      {{"[1,2 3]"}, "[1,2]\n", .code = E_ANSWER},
      {{"[1,2}"}, "[1,2]\n", .code = E_ANSWER},
      {{"[1, 2, x"}, "[1, 2]\n", .code = E_ANSWER},
      {{"{\"a\":0,\"l\":[1,2"}, "{\"a\":0,\"l\":[1]}\n", .code = E_ANSWER},
      {{"{\"l\":[1],\"b\":[tru"}, "{\"l\":[1]}\n", .code = E_ANSWER},
      {{"{\"l\":[1]"}, "{\"l\":[1]}\n", .code = E_ANSWER},
      {{"{\"a\":{\"l\":[1,"},
       "{\"a\":{\"l\":[1]}}\n",
       .code = E_ANSWER,
       .options.items = "/a/l"},
      {{"[1]x"}, "[1]\n", .code = E_ANSWER},
      {{"[1]\n[2]"}, "[1]\n", .code = E_ANSWER},
      {{"[1]]"}, "[1]\n", .code = E_ANSWER},
      /* a later one is */
      {{"{\"l\":[1],\"n\":2}", "{\"l\":[2,3"},
       "{\"l\":[1,2],\"n\":2}\n",
       .code = E_ANSWER},
      {{"{\"l\":[],\"n\":2}", "{\"l\":[2"},
       "{\"l\":[],\"n\":2}\n",
       .code = E_ANSWER},
      {{"{\"l\":[1]}", ""}, "{\"l\":[1]}\n", .code = E_ANSWER},
      {{"{\"l\":[1]}", "oops"}, "{\"l\":[1]}\n", .code = E_ANSWER},
      {{"{\"l\":[1]}", "{\"l\":[2]}}"}, "{\"l\":[1,2]}\n", .code = E_ANSWER},
      {{"{\"l\":[1]}", "{\"m\":[2]}"}, "{\"l\":[1]}\n", .code = E_ANSWER},
      {{"{\"l\":[1]}", "{\"l\":{\"l\":[2]}}"},
       "{\"l\":[1]}\n",
       .code = E_ANSWER},
      {{"{\"l\":[1]}", "[2]"}, "{\"l\":[1]}\n", .code = E_ANSWER},
      {{"{\"l\":[1]}", "12"}, "{\"l\":[1]}\n", .code = E_ANSWER},
      {{"[1]", "{\"l\":[2]}"}, "[1]\n", .code = E_ANSWER},
      {{"[1]", "{\"message\":\"no\"}"}, "[1]\n", .code = E_ANSWER},
      /* the list is named, and not there */
      {{"{\"a\":1}"}, "", .code = E_ANSWER, .options.items = "/b"},
      {{"{\"data\":null}"}, "", .code = E_ANSWER, .options.items = "/data/l"},
      {{"{\"l\":\"null\"}"}, "", .code = E_ANSWER, .options.items = "/l"},
      {{"null", "1"}, "null\n", .code = E_ANSWER, .options.items = ""},
      /* lines */
      {{"[1,[2 ,3], {\"a\"", "[4]"},
       "1\n[2,3]\n",
       .code = E_ANSWER,
       .options.form = MERGE_LINES},
      {{"{\"a\": 1"}, "", .code = E_ANSWER, .options.form = MERGE_LINES},
      {{"1 2 {", "3"},
       "1\n2\n",
       .code = E_ANSWER,
       .options = {.form = MERGE_LINES, .rows = true}},
      {{"1 2 {", "3"}, "[1,\n2]\n", .code = E_ANSWER, .options.rows = true},
      /* pages */
      {{"[1]", "[2"}, "[[1]]\n", .code = E_ANSWER, .options.form = MERGE_SLURP},
      {{"[1"}, "", .code = E_ANSWER, .options.form = MERGE_SLURP},
      {{"[1]", "[2] 3"},
       "[[1]]\n",
       .code = E_ANSWER,
       .options.form = MERGE_SLURP},
  };

  MERGE_EXPECT(cases);
}

Test(merge_bad, says_which_page_and_where)
{
  static const struct {
    struct merge_case c;
    const char *message;
  } cases[] = {
      {{{"[1]", "[2,]"}}, "page 2 is not JSON from its byte 4 on"},
      {{{"[1]", ""}}, "page 2 is empty"},
      {{{"[1]", "[2"}}, "page 2 is not JSON to its end"},
      {{{"[1] [2]"}}, "page 1 is more than one JSON document"},
      {{{"{\"a\":[1]}", "{}"}}, "page 2 has no list at '/a'"},
      {{{"{}"}, .options.items = "/x"}, "page 1 has no list at '/x'"},
      {{{"[1"}, .options = {.form = MERGE_LINES, .alone = true}},
       "the answer is not JSON to its end"},
  };
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct err err = ERR_INIT;
    int64_t items;

    cr_expect_eq(merge_run(&out, &cases[i].c, 1, &items, &err), E_ANSWER);
    cr_expect_str_eq(err.message, cases[i].message, "%s", err.message);
  }
}

Test(merge_bad, refuses_what_is_no_pointer)
{
  AUTO(merge) merge = NULL;
  struct merge_options options = {.items = "items"};
  struct err err = ERR_INIT;

  cr_expect_eq(merge_new(&merge, &options, &err), E_USAGE);
}

/* A text of one page that ends at every byte: the output is valid JSON, or
 * nothing. */
Test(merge_bad, leaves_valid_json_wherever_a_page_is_cut)
{
  static const char page[] = "{\"a\":{\"b\":[\"x\\u00e9\",{\"c\":[1.5e3,true]},"
                             " [[]] , null]},\"d\":[{\"e\":\"f\"}],\"g\":-0}";
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  char cut[sizeof page];

  for (int form = MERGE_DOCUMENT; form <= MERGE_SLURP; form += MERGE_SLURP) {
    for (size_t len = 0; len < sizeof page; len++) {
      struct merge_case c = {
          .pages = {page, cut, page},
          .options = {.form = (enum merge_form)form, .items = "/a/b"}};
      int64_t items;
      struct err err = ERR_INIT;

      memcpy(cut, page, len);
      cut[len] = '\0';
      for (int first = 0; first < 2; first++) {
        c.pages[0] = first ? cut : page;
        (void)merge_run(&out, &c, len / 2, &items, &err);
        cr_expect(out.len == 0 || scan_is_value(buf_text(&out), out.len),
                  "%zu: %s", len, buf_text(&out));
        cr_expect(out.len > 0 || first);
      }
    }
  }
}

static enum code refuse(void *user, const void *bytes, size_t len,
                        struct err *err)
{
  int *calls = user;

  (void)bytes;
  (void)len;
  ++*calls;
  return err_set(err, E_OUTPUT, "full");
}

Test(merge_bad, stops_at_the_first_failed_write)
{
  for (int form = MERGE_DOCUMENT; form <= MERGE_SLURP; form++) {
    AUTO(merge) merge = NULL;
    int calls = 0;
    struct merge_options options = {.form = (enum merge_form)form,
                                    .sink = {.write = refuse, .user = &calls}};
    struct err err = ERR_INIT;
    enum code code;

    cr_assert_eq(merge_new(&merge, &options, &err), E_OK);
    cr_assert_eq(merge_page(merge, 0, &err), E_OK);
    code = merge_feed(merge, "[1,2]", 5, &err);
    if (code == E_OK)
      code = merge_page_end(merge, &err);
    cr_expect_eq(code, E_OUTPUT);
    cr_expect_str_eq(err.message, "full");
    cr_expect_eq(merge_feed(merge, "[1,2]", 5, &err), E_OUTPUT);
    cr_expect_eq(merge_page_end(merge, &err), E_OUTPUT);
    cr_expect_eq(merge_end(merge, &err), E_OUTPUT);
    cr_expect_eq(calls, 1);
  }
}

/* What would have to be held back for ever is refused, in each of its places;
 * what need not be may be of any length. */
Test(merge_bad, holds_no_more_than_it_says)
{
  static const struct {
    const char *begin, *repeat, *end;
    const char *out; /* NULL: all of it */
    struct merge_options options;
    enum code code;
  } cases[] = {
      {"{\"x\":\"", "aaaaaaaa", "\",\"l\":[1]}", "", {0}, E_ANSWER},
      {"{\"l\":[1],\"x\":\"",
       "aaaaaaaa",
       "\"}",
       "{\"l\":[1]}\n",
       {0},
       E_ANSWER},
      {"[1,\"", "aaaaaaaa", "\"]", "[1]\n", {0}, E_ANSWER},
      {"[1", "        ", "]", "[1]\n", {0}, E_ANSWER},
      {"[1,\"", "aaaaaaaa", "\"]", "1\n", {.form = MERGE_LINES}, E_ANSWER},
      {"{\"a\":\"", "aaaaaaaa", "\"}", "", {.form = MERGE_LINES}, E_ANSWER},
      {"[1,\"", "aaaaaaaa", "\"]", "", {.form = MERGE_SLURP}, E_ANSWER},
      {"[1", ",1111111", "]", NULL, {0}, E_OK},
      {"[1", ",\"aaaaa\"", "]", NULL, {0}, E_OK},
      {"[1", "        ", "]", "1\n", {.form = MERGE_LINES}, E_OK},
      {"{\"x\":\"",
       "aaaaaaaa",
       "\",\"l\":[1]}",
       "1\n",
       {.form = MERGE_LINES, .items = "/l"},
       E_OK},
  };
  enum { CHUNK = 1 << 16 };
  static char chunk[CHUNK];
  AUTO_BUF struct buf out = BUF_INIT(2 * MERGE_HELD);

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO(merge) merge = NULL;
    struct merge_options options = cases[i].options;
    struct err err = ERR_INIT;
    enum code code;
    size_t fed = 0;

    buf_truncate(&out, 0);
    options.sink = (struct format_sink){.write = merge_collect, .user = &out};
    for (size_t at = 0; at < CHUNK; at += 8)
      memcpy(chunk + at, cases[i].repeat, 8);
    cr_assert_eq(merge_new(&merge, &options, &err), E_OK);
    cr_assert_eq(merge_page(merge, 0, &err), E_OK);
    code = merge_feed(merge, cases[i].begin, strlen(cases[i].begin), &err);
    for (; code == E_OK && fed <= MERGE_HELD + CHUNK; fed += CHUNK)
      code = merge_feed(merge, chunk, CHUNK, &err);
    if (code == E_OK)
      code = merge_feed(merge, cases[i].end, strlen(cases[i].end), &err);
    if (code == E_OK)
      code = merge_page_end(merge, &err);
    cr_expect_eq(code, cases[i].code, "case %zu: %s", i, err.message);
    cr_expect_eq(merge_end(merge, &err), E_OK);
    if (cases[i].out != NULL)
      cr_expect_str_eq(buf_text(&out), cases[i].out, "case %zu", i);
    else
      cr_expect_eq(out.len,
                   fed + strlen(cases[i].begin) + strlen(cases[i].end) + 1);
  }
}

#include "api/merge.h"

#include "api/merge_run.h"
#include "base/mem.h"

Test(merge, joins_lists)
{
  static const struct merge_case cases[] = {
      {{"[1,2]", "[3]"}, "[1,2,3]\n", .items = 3},
      {{"[1]"}, "[1]\n", .items = 1},
      {{"[]"}, "[]\n"},
      {{"[]", "[]", "[ ]"}, "[]\n"},
      {{"[]", "[1]", "[]", "[2]"}, "[1,2]\n", .items = 2},
      {{"[1]", "[]", "[2]"}, "[1,2]\n"},
      {{"[{\"a\":[1,2]},[]]", "[\"x,]\",null]"},
       "[{\"a\":[1,2]},[],\"x,]\",null]\n",
       .items = 4},
      /* what stands between the items stays, around the list it does not */
      {{" \r\n[ 1 , 2 ]\n", "\n[ 3 ,4 ] "}, "[ 1 , 2, 3 ,4 ]\n"},
      {{"[\n  1,\n  2\n]\n", "[\n  3\n]\n"}, "[\n  1,\n  2,\n  3\n]\n"},
      {{"[ ]", "[ 1 ]"}, "[ 1 ]\n"},
      {{"\xef\xbb\xbf[1]", "\xef\xbb\xbf[2]"}, "[1,2]\n"},
  };

  MERGE_EXPECT(cases);
}

Test(merge, keeps_the_first_wrapper_and_drops_the_others)
{
  static const struct merge_case cases[] = {
      {{"{\"total\":3,\"items\":[1,2],\"next\":\"b\"}",
        "{\"total\":3,\"items\":[3],\"next\":null}"},
       "{\"total\":3,\"items\":[1,2,3],\"next\":\"b\"}\n",
       .items = 3},
      {{"{ \"items\" : [ 1 ] , \"x\" : { } }", "{\"y\":[9],\"items\":[2]}"},
       "{ \"items\" : [ 1,2 ] , \"x\" : { } }\n"},
      {{"{\"items\":[]}", "{\"items\":[]}"}, "{\"items\":[]}\n"},
      {{"{\"items\":[]}", "{\"items\":[1]}"}, "{\"items\":[1]}\n"},
      /* the first list but errors and warnings, at the top alone */
      {{"{\"errors\":[],\"warnings\":[1],\"a\":{\"b\":[0]},\"c\":[1],\"d\":[2]"
        "}",
        "{\"d\":[7],\"c\":[8],\"errors\":[9]}"},
       "{\"errors\":[],\"warnings\":[1],\"a\":{\"b\":[0]},\"c\":[1,8],"
       "\"d\":[2]}\n",
       .items = 2},
      /* names that need an escape, here or there */
      {{"{\"a\\/b~c\":[1]}", "{\"a/b~c\":[2]}", "{\"\\u0061/b\\u007ec\":[3]}"},
       "{\"a\\/b~c\":[1,2,3]}\n"},
      {{"{\"\":[1]}", "{\"\":[2]}"}, "{\"\":[1,2]}\n"},
      /* duplicates: the first is the list */
      {{"{\"a\":[1],\"a\":[2]}", "{\"a\":[3],\"a\":[4]}"},
       "{\"a\":[1,3],\"a\":[2]}\n"},
      {{"{\"a\":1,\"a\":[1]}", "{\"a\":{},\"a\":[3]}"},
       "{\"a\":1,\"a\":[1,3]}\n"},
  };

  MERGE_EXPECT(cases);
}

#define GRAPHQL(nodes)                                                         \
  "{\"data\":{\"repository\":{\"issues\":{\"pageInfo\":{\"x\":[0]},"           \
  "\"nodes\":" nodes "}}},\"ext\":[5]}"

Test(merge, goes_where_the_pointer_says)
{
  static const struct merge_case cases[] = {
      {{GRAPHQL("[1]"), GRAPHQL("[2,3]")},
       GRAPHQL("[1,2,3]") "\n",
       .options.items = "/data/repository/issues/nodes",
       .items = 3},
      {{GRAPHQL("null")},
       GRAPHQL("null") "\n",
       .options.items = "/data/repository/issues/nodes"},
      {{GRAPHQL("null"), GRAPHQL("[1]"), GRAPHQL("null"), GRAPHQL("[2]")},
       GRAPHQL("[1,2]") "\n",
       .options.items = "/data/repository/issues/nodes"},
      {{GRAPHQL("[]"), GRAPHQL("null")},
       GRAPHQL("[]") "\n",
       .options.items = "/data/repository/issues/nodes"},
      {{"[{\"a\":[1]},{\"a\":[2]}]", "[0,{\"a\":[3]}]"},
       "[{\"a\":[1]},{\"a\":[2,3]}]\n",
       .options.items = "/1/a"},
      {{"[[1],[2]]", "[[3]]"}, "[[1,3],[2]]\n", .options.items = "/0"},
      {{"[1]", "[2]"}, "[1,2]\n", .options.items = ""},
      {{"null", "[2]"}, "[2]\n", .options.items = ""},
      {{"null"}, "null\n", .options.items = ""},
      {{"{\"errors\":[1]}", "{\"errors\":[2]}"},
       "{\"errors\":[1,2]}\n",
       .options.items = "/errors"},
  };

  MERGE_EXPECT(cases);
}

Test(merge, puts_each_item_on_a_line)
{
  static const struct merge_case cases[] = {
      {{"[{\"a\" : 1 ,\r\n \"b\":[ 1.10 , -0,1E400 ]} , \"x y\\n\"]",
        "[ null ]"},
       "{\"a\":1,\"b\":[1.10,-0,1E400]}\n\"x y\\n\"\nnull\n",
       .options.form = MERGE_LINES,
       .items = 3},
      {{"{\"n\":0,\"items\":[ [ ] , { } ],\"x\":[1]}", "{\"items\":null}",
        "{\"items\":[1]}"},
       "[]\n{}\n1\n",
       .options.form = MERGE_LINES},
      {{GRAPHQL("[ {\n} ]"), GRAPHQL("null"), GRAPHQL("[2]")},
       "{}\n2\n",
       .options = {.form = MERGE_LINES,
                   .items = "/data/repository/issues/nodes"}},
      {{"[]", "[ ]"}, "", .options.form = MERGE_LINES},
      /* no list: the whole is the item */
      {{" { \"a\" : { \"b\" : [ 1 ] } }\n"},
       "{\"a\":{\"b\":[1]}}\n",
       .options.form = MERGE_LINES,
       .items = 1},
      {{" \"x\" "}, "\"x\"\n", .options.form = MERGE_LINES, .items = 1},
      {{"12"}, "12\n", .options.form = MERGE_LINES, .items = 1},
  };

  MERGE_EXPECT(cases);
}

Test(merge, lists_the_pages_themselves)
{
  static const struct merge_case cases[] = {
      {{" {\"a\": [1, 2]}\n", "[ 3 ]", "4"},
       "[{\"a\": [1, 2]},\n[ 3 ],\n4]\n",
       .options.form = MERGE_SLURP},
      {{"{\"items\":[1, 2]}", "{\"items\":[3]}"},
       "[{\"items\":[1, 2]},\n{\"items\":[3]}]\n",
       .options.form = MERGE_SLURP,
       .skip = 1, /* which are pages here */
       .items = 3},
      {{"null"}, "[null]\n", .options = {.form = MERGE_SLURP, .items = "/a"}},
      {{NULL}, "", .options.form = MERGE_SLURP},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++)
    if (cases[i].pages[0] != NULL)
      merge_expect(&cases[i]);
}

Test(merge, takes_rows_of_documents_for_items)
{
  static const struct merge_case cases[] = {
      {{"{\"a\": [1]}\n{\"a\":[2]}\n", "", "[3][]\"x\" 4"},
       "{\"a\":[1]}\n{\"a\":[2]}\n[3]\n[]\n\"x\"\n4\n",
       .options = {.form = MERGE_LINES, .rows = true},
       .items = 6},
      {{"{\"a\": 1}\n2\n", "3"},
       "[{\"a\":1},\n2,\n3]\n",
       .options = {.form = MERGE_DOCUMENT, .rows = true},
       .items = 3},
      {{"1 2", "3"},
       "[1,\n2,\n3]\n",
       .options = {.form = MERGE_SLURP, .rows = true}},
      {{""}, "[]\n", .options.rows = true},
      {{"1 2 3", "4 5"},
       "[2,\n3,\n4]\n",
       .options = {.rows = true, .max_items = 3},
       .skip = 1},
  };

  MERGE_EXPECT(cases);
}

Test(merge, takes_one_answer_for_what_it_is)
{
  static const struct merge_case cases[] = {
      {{"[{\"a\" :1}, [2]]"},
       "{\"a\":1}\n[2]\n",
       .options = {.form = MERGE_LINES, .alone = true},
       .items = 2},
      {{"{\"a\": [ 1 ]}"},
       "{\"a\":[1]}\n",
       .options = {.form = MERGE_LINES, .alone = true}},
      {{"{\"a\": [1, {} ]}"},
       "1\n{}\n",
       .options = {.form = MERGE_LINES, .alone = true, .items = "/a"}},
      {{"{\"a\": 1}\n[ 2, 3 ] 4\n{}\n5"},
       "{\"a\":1}\n2\n3\n4\n{}\n5\n",
       .options = {.form = MERGE_LINES, .alone = true},
       .items = 6},
      {{"{\"a\":[1]}{\"a\":null}{\"a\":[2]}"},
       "1\n2\n",
       .options = {.form = MERGE_LINES, .alone = true, .items = "/a"}},
      {{"{\"a\":[1]}{\"b\":[2]}"},
       "1\n",
       .code = E_ANSWER,
       .options = {.form = MERGE_LINES, .alone = true, .items = "/a"}},
      {{"{\"a\":[1]}\n[2,"},
       "{\"a\":[1]}\n2\n",
       .code = E_ANSWER,
       .options = {.form = MERGE_LINES, .alone = true}},
  };

  MERGE_EXPECT(cases);
}

Test(merge, takes_a_first_page_without_a_list_as_it_is)
{
  static const struct merge_case cases[] = {
      {{" {\"a\": {\"b\":[1]}}\n"}, "{\"a\": {\"b\":[1]}}\n"},
      {{"{}"}, "{}\n"},
      {{"null"}, "null\n"},
      {{"-1.50"}, "-1.50\n"},
      {{"{\"errors\":[1]}"}, "{\"errors\":[1]}\n"},
      {{"{\"a\\u0000b\":[1]}"}, "{\"a\\u0000b\":[1]}\n"},
      {{"{\"a\":1}", "{\"a\":2}"}, "{\"a\":1}\n", .code = E_ANSWER},
      {{"1", "[2]"}, "1\n", .code = E_ANSWER},
      {{"{\"a\":1}", "[2]"},
       "{\"a\":1}\n",
       .code = E_ANSWER,
       .options.form = MERGE_LINES},
  };

  MERGE_EXPECT(cases);
}

Test(merge, leaves_out_what_is_skipped_and_what_is_too_much)
{
  static const struct merge_case cases[] = {
      {{"[1, 2, 3]", "[4]"}, "[ 3,4]\n", .skip = 2, .items = 2},
      {{"[ 1 , 2 , {\"a\":[3]} ]", "[4]"}, "[ {\"a\":[3]},4 ]\n", .skip = 2},
      {{"[1,2]", "[4]"}, "[4]\n", .skip = 2},
      {{"[1,2]", "[4]"}, "[4]\n", .skip = 9},
      {{"[1,2]"}, "[]\n", .skip = 9},
      {{"{\"a\":[1,2],\"b\":0}", "{\"a\":[3]}"},
       "{\"a\":[2,3],\"b\":0}\n",
       .skip = 1},
      {{"[1,2,3]", "[4]"}, "[1,2]\n", .options.max_items = 2, .items = 2},
      {{"[1, 2 , 3]", "[4]"}, "[1, 2]\n", .options.max_items = 2},
      {{"[1]", "[ 2 , 3 ]", "[4]"}, "[1, 2]\n", .options.max_items = 2},
      {{"{\"a\":[1,2,3],\"b\":4}"},
       "{\"a\":[2],\"b\":4}\n",
       .options.max_items = 1,
       .skip = 1},
      {{"[1,2,3]", "[4,5,6]"},
       "3\n4\n5\n",
       .options = {.form = MERGE_LINES, .max_items = 3},
       .skip = 2,
       .items = 3},
  };

  MERGE_EXPECT(cases);
}

Test(merge, counts_and_says_when_it_is_full)
{
  AUTO(merge) merge = NULL;
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  struct merge_options options = {
      .sink = {.write = merge_collect, .user = &out}, .max_items = 4};
  struct err err = ERR_INIT;

  cr_assert_eq(merge_new(&merge, &options, &err), E_OK);
  cr_expect_null(merge_where(merge));
  cr_assert_eq(merge_page(merge, 1, &err), E_OK);
  cr_assert_eq(merge_feed(merge, "{\"list\":[1,2,3", 14, &err), E_OK);
  cr_expect_eq(merge_page_items(merge), 2);
  cr_expect_eq(merge_items(merge), 1);
  cr_expect_str_eq(merge_where(merge), "/list");
  cr_expect_str_eq(buf_text(&out), "{\"list\":[2", "%s", buf_text(&out));
  cr_assert_eq(merge_feed(merge, "],\"a\":1}", 8, &err), E_OK);
  cr_assert_eq(merge_page_end(merge, &err), E_OK);
  cr_expect_eq(merge_page_items(merge), 3);
  cr_expect_not(merge_full(merge));
  cr_assert_eq(merge_page(merge, 0, &err), E_OK);
  cr_expect_eq(merge_page_items(merge), 0);
  cr_assert_eq(merge_feed(merge, "{\"list\":[4,5,6", 14, &err), E_OK);
  cr_expect(merge_full(merge));
  cr_expect_str_eq(buf_text(&out), "{\"list\":[2,3,4,5", "%s", buf_text(&out));
  /* whoever has enough does not wait for the rest */
  cr_assert_eq(merge_end(merge, &err), E_OK);
  cr_expect_str_eq(buf_text(&out), "{\"list\":[2,3,4,5],\"a\":1}\n", "%s",
                   buf_text(&out));
  cr_assert_eq(merge_end(merge, &err), E_OK);
  cr_expect_str_eq(buf_text(&out), "{\"list\":[2,3,4,5],\"a\":1}\n");
}

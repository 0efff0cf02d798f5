#include "api/tree.h"

#include <criterion/criterion.h>
#include <string.h>

struct sample {
  const char *sets[6][2]; /* key, JSON */
  const char *json;       /* NULL: the last set is refused */
};

static const struct sample samples[] = {
    {{{NULL}}, "{}"},
    {{{"a", "1"}}, "{\"a\":1}"},
    {{{"b", "1"}, {"a", "2"}}, "{\"b\":1,\"a\":2}"},
    {{{"a", " [1, 2] "}}, "{\"a\": [1, 2] }"},
    {{{"a", "1.10"}, {"b", "1E400"}, {"c", "12345678901234567890"}},
     "{\"a\":1.10,\"b\":1E400,\"c\":12345678901234567890}"},
    {{{"a[b]", "1"}, {"a[c]", "2"}}, "{\"a\":{\"b\":1,\"c\":2}}"},
    {{{"a[b][c][d]", "1"}}, "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}"},
    {{{"a[]", "1"}, {"a[]", "2"}}, "{\"a\":[1,2]}"},
    {{{"a[b][]", "1"}, {"a[b][]", "2"}}, "{\"a\":{\"b\":[1,2]}}"},
    /* a list of objects, as gh has it */
    {{{"a[][k]", "1"}, {"a[][v]", "2"}, {"a[][k]", "3"}, {"a[][v]", "4"}},
     "{\"a\":[{\"k\":1,\"v\":2},{\"k\":3,\"v\":4}]}"},
    {{{"a[][k]", "1"}, {"a[][l][]", "2"}, {"a[][l][]", "3"}, {"a[][k]", "4"}},
     "{\"a\":[{\"k\":1,\"l\":[2,3]},{\"k\":4}]}"},
    {{{"a[]", "1"}, {"a[][k]", "2"}}, "{\"a\":[1,{\"k\":2}]}"},
    {{{"a[][]", "1"}, {"a[][]", "2"}}, "{\"a\":[[1],[2]]}"},
    /* by number */
    {{{"a[0]", "1"}, {"a[1]", "2"}}, "{\"a\":[1,2]}"},
    {{{"a[0][k]", "1"}, {"a[0][v]", "2"}, {"a[1][k]", "3"}},
     "{\"a\":[{\"k\":1,\"v\":2},{\"k\":3}]}"},
    {{{"a[x]", "1"}, {"a[0]", "2"}}, "{\"a\":{\"x\":1,\"0\":2}}"},
    {{{"a[\\0]", "1"}}, "{\"a\":{\"0\":1}}"},
    {{{"0", "1"}}, "{\"0\":1}"},
    /* a top that is a list */
    {{{"[]", "1"}, {"[]", "2"}}, "[1,2]"},
    {{{"[][a]", "1"}, {"[][b]", "2"}}, "[{\"a\":1,\"b\":2}]"},
    {{{"[a][b]", "1"}}, "{\"a\":{\"b\":1}}"},
    /* escapes */
    {{{"a\\[b\\]", "1"}}, "{\"a[b]\":1}"},
    {{{"a[b\\]c]", "1"}}, "{\"a\":{\"b]c\":1}}"},
    {{{"a\\=b", "1"}}, "{\"a=b\":1}"},
    {{{"a\\\\", "1"}}, "{\"a\\\\\":1}"},
    {{{"a\\n", "1"}}, "{\"a\\\\n\":1}"},
    {{{"say \"hi\"\t\x01", "1"}}, "{\"say \\\"hi\\\"\\t\\u0001\":1}"},
    {{{"caf\xc3\xa9", "1"}}, "{\"caf\xc3\xa9\":1}"},

    {{{"a[", "1"}}, NULL},
    {{{"a[b", "1"}}, NULL},
    {{{"a]", "1"}}, NULL},
    {{{"a[b]c", "1"}}, NULL},
    {{{"a[b[c]]", "1"}}, NULL},
    {{{"a[b]]", "1"}}, NULL},
    {{{"a\xff", "1"}}, NULL},
    {{{"a[\xc3]", "1"}}, NULL},
    {{{"a[1]", "1"}}, NULL},
    {{{"a[0]", "1"}, {"a[2]", "2"}}, NULL},
    {{{"a", "1"}, {"a", "2"}}, NULL},
    {{{"a[b]", "1"}, {"a[b]", "2"}}, NULL},
    {{{"a[0]", "1"}, {"a[0]", "2"}}, NULL},
    {{{"a", "1"}, {"a[b]", "2"}}, NULL},
    {{{"a[b]", "1"}, {"a", "2"}}, NULL},
    {{{"a[b]", "1"}, {"a[]", "2"}}, NULL},
    {{{"a[]", "1"}, {"a[b]", "2"}}, NULL},
    {{{"a", "1"}, {"[]", "2"}}, NULL},
    {{{"[]", "1"}, {"a", "2"}}, NULL},
};

Test(tree, nests_and_refuses_what_does_not_fit)
{
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    const struct sample *sample = &samples[i];
    AUTO(tree) tree = NULL;
    AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
    struct err err = ERR_INIT;
    enum code code = tree_new(&tree, &err);
    const char *key = "";

    for (size_t j = 0; code == E_OK && j < 6 && sample->sets[j][0] != NULL;
         j++) {
      const char *json = sample->sets[j][1];

      key = sample->sets[j][0];
      code = tree_set(tree, key, json, strlen(json), &err);
      if (sample->json != NULL)
        cr_expect_eq(code, E_OK, "%s: %s", key, err.message);
    }
    if (sample->json == NULL) {
      cr_expect_eq(code, E_USAGE, "sample %zu: %s", i, key);
      continue;
    }
    tree_write(tree, &out);
    cr_expect_str_eq(buf_text(&out), sample->json);
  }
}

Test(tree, names_the_key_that_is_wrong)
{
  AUTO(tree) tree = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(tree_new(&tree, &err), E_OK);
  cr_assert_eq(tree_set(tree, "a[b", "\"the value\"", 11, &err), E_USAGE);
  cr_expect_not_null(strstr(err.message, "'a[b'"), "%s", err.message);
  cr_expect_null(strstr(err.message, "the value"), "%s", err.message);
}

Test(tree, nests_to_a_bound)
{
  AUTO(tree) tree = NULL;
  struct err err = ERR_INIT;
  char key[65 * 3 + 2] = "a";

  for (int i = 0; i < 64; i++)
    memcpy(key + 1 + (size_t)i * 3, "[b]", 4);
  cr_assert_eq(tree_new(&tree, &err), E_OK);
  cr_expect_eq(tree_set(tree, key, "1", 1, &err), E_USAGE);
  key[1 + 63 * 3] = '\0';
  cr_expect_eq(tree_set(tree, key, "1", 1, &err), E_OK);
}

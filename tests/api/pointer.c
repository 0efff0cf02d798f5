#include "api/pointer.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <string.h>

static enum code collect(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct buf *out = user;

  (void)err;
  buf_put(out, bytes, len);
  return E_OK;
}

static enum code look(struct buf *out, const char *where, const char *text,
                      size_t split, struct err *err)
{
  AUTO(pointer) pointer = NULL;
  struct format_sink sink = {.write = collect, .user = out};
  size_t len = strlen(text);

  buf_truncate(out, 0);
  cr_assert_eq(pointer_new(&pointer, where, sink, err), E_OK);
  cr_assert_eq(pointer_feed(pointer, text, split, err), E_OK);
  cr_assert_eq(pointer_feed(pointer, text + split, len - split, err), E_OK);
  return pointer_end(pointer, err);
}

struct sample {
  const char *where;
  const char *text;
  const char *value; /* NULL: nothing is there */
};

/* The document of RFC 6901 §5. */
#define RFC                                                                    \
  "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"           \
  "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}"

static const struct sample samples[] = {
    {"", RFC, RFC},
    {"/foo", RFC, "[\"bar\",\"baz\"]"},
    {"/foo/0", RFC, "\"bar\""},
    {"/", RFC, "0"},
    {"/a~1b", RFC, "1"},
    {"/c%d", RFC, "2"},
    {"/e^f", RFC, "3"},
    {"/g|h", RFC, "4"},
    {"/i\\j", RFC, "5"},
    {"/k\"l", RFC, "6"},
    {"/ ", RFC, "7"},
    {"/m~0n", RFC, "8"},

    {"/a", "{\"a\": { \"b\" : [1, 2 ] } , \"c\":3}", "{ \"b\" : [1, 2 ] }"},
    {"/a/b/1", "{\"a\": { \"b\" : [1, 2 ] } , \"c\":3}", "2"},
    {"/2/x", "[{\"x\":1},{\"x\":2},{\"x\":1.10},{\"x\":4}]", "1.10"},
    {"/1/1", "[[1,2],[3,4],[5,6]]", "4"},
    {"/1", "[[0,9],12345678901234567890]", "12345678901234567890"},
    {"/\xc3\xa9", "{\"\\u00e9\":true}", "true"},
    {"/\xf0\x9f\x98\x80", "{\"\\ud83d\\ude00\":1E400}", "1E400"},
    {"", " 12 ", "12"},
    {"", "-0", "-0"},
    {"/0", "{\"0\":\"a member\"}", "\"a member\""},
    {"/a/b", "{\"x\":{\"b\":1},\"a\":{\"b\":2}}", "2"},
    {"/a/b", "{\"a\":1,\"a\":{\"b\":2},\"a\":{\"b\":3}}", "2"},
    {"/a", "{\"a\":1}\n{\"b\":2}\n{\"a\":3}\n", "1\n3"},
    {"/a/a", "{\"a\":{\"b\":{\"a\":1},\"a\":{\"a\":2}}}", "{\"a\":2}"},

    {"/bar", RFC, NULL},
    {"/foo/2", RFC, NULL},
    {"/foo/00", RFC, NULL},
    {"/foo/-", RFC, NULL},
    {"/foo/0/x", RFC, NULL},
    {"/fo", RFC, NULL},
    {"/fooo", RFC, NULL},
    {"/FOO", RFC, NULL},
    {"/99999999999999999999999", "[1,2]", NULL},
    {"/18446744073709551615", "[1,2]", NULL},
    {"/0/1", "[[1],[2,3]]", NULL},
    {"/1/5", "[0,[9],[1,2,3,4,5,6]]", NULL},
    {"/a", "[]", NULL},
    {"/a", "\"a\"", NULL},
    {"/x", "", NULL},
};

Test(pointer, takes_a_value_byte_for_byte_wherever_a_chunk_ends)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    const struct sample *sample = &samples[i];

    for (size_t split = 0; split <= strlen(sample->text); split++) {
      struct err err = ERR_INIT;
      enum code code = look(&out, sample->where, sample->text, split, &err);

      cr_expect_eq(code, sample->value != NULL ? E_OK : E_NOT_FOUND,
                   "'%s' in %s split at %zu", sample->where, sample->text,
                   split);
      if (sample->value == NULL) {
        cr_expect_str_eq(buf_text(&out), "");
        continue;
      }
      cr_expect(out.len == strlen(sample->value) + 1 &&
                    memcmp(out.data, sample->value, out.len - 1) == 0 &&
                    out.data[out.len - 1] == '\n',
                "'%s' in %s split at %zu: %s", sample->where, sample->text,
                split, buf_text(&out));
    }
  }
}

Test(pointer, says_when_the_text_is_not_json_to_its_end)
{
  static const char *const texts[] = {"<html>", "{\"a\":[1,", "{\"a\":1",
                                      "{\"a\":1}x", "{\"a\":1,}"};
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct err err = ERR_INIT;

    cr_expect_eq(look(&out, "/a", texts[i], 1, &err), E_ANSWER, "%s", texts[i]);
    cr_expect(strstr(err.message, "'/a'") != NULL, "%s", err.message);
  }
}

Test(pointer, refuses_what_is_none)
{
  static const char *const texts[] = {"a", "a/b", "/~", "/~2", "/a~"};
  struct format_sink sink = {0};

  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    AUTO(pointer) pointer = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(pointer_new(&pointer, texts[i], sink, &err), E_USAGE, "%s",
                 texts[i]);
  }
}

Test(pointer, compares_long_keys_without_keeping_them)
{
  AUTO(pointer) pointer = NULL;
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  struct format_sink sink = {.write = collect, .user = &out};
  struct err err = ERR_INIT;
  static char key[100000];

  memset(key, 'a', sizeof key);
  cr_assert_eq(pointer_new(&pointer, "/aaa", sink, &err), E_OK);
  cr_assert_eq(pointer_feed(pointer, "{\"", 2, &err), E_OK);
  cr_assert_eq(pointer_feed(pointer, key, sizeof key, &err), E_OK);
  cr_assert_eq(pointer_feed(pointer, "\":1,\"aaa\":2}", 12, &err), E_OK);
  cr_expect_eq(pointer_end(pointer, &err), E_OK);
  cr_expect_str_eq(buf_text(&out), "2\n");
}

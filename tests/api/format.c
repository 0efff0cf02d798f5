#include "api/format.h"

#include "api/scan.h"
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

static const struct format_colors test_colors = {.key = "<k>",
                                                 .string = "<s>",
                                                 .number = "<n>",
                                                 .word = "<w>",
                                                 .reset = "</>"};

/* Formats text given in two chunks. Returns whether it was whole. */
static bool run(struct buf *out, const char *text, size_t len, size_t split,
                bool terminal, const struct format_colors *colors)
{
  AUTO(format) format = NULL;
  struct err err = ERR_INIT;
  struct format_sink sink = {.write = collect, .user = out};
  bool whole = false;

  buf_truncate(out, 0);
  cr_assert_eq(format_new(&format, terminal, colors, sink, &err), E_OK);
  cr_assert_eq(format_feed(format, text, split, &err), E_OK);
  cr_assert_eq(format_feed(format, text + split, len - split, &err), E_OK);
  cr_assert_eq(format_end(format, &whole, &err), E_OK);
  return whole;
}

struct sample {
  const char *from;
  const char *to;
  bool broken;
};

static const struct sample samples[] = {
    {"{}", "{}\n"},
    {"[ ]", "[]\n"},
    {"{\"a\":1,\"b\":[true,null,{}],\"c\":{\"d\":[]}}",
     "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null,\n    {}\n  ],\n"
     "  \"c\": {\n    \"d\": []\n  }\n}\n"},
    {"[[[1]]]", "[\n  [\n    [\n      1\n    ]\n  ]\n]\n"},
    {"[1.10,-0,1E400,12345678901234567890,0.1e-7]",
     "[\n  1.10,\n  -0,\n  1E400,\n  12345678901234567890,\n  0.1e-7\n]\n"},
    {"{\"b\":1,\"a\":2,\"b\":3}",
     "{\n  \"b\": 1,\n  \"a\": 2,\n  \"b\": 3\n}\n"},
    {"\"\\u00e9\\/\\u0000\"", "\"\\u00e9\\/\\u0000\"\n"},
    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"\n"},
    {"12.50", "12.50\n"},
    {"{\"a\":1}\n{\"a\":2}\n", "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n"},
    {"", ""},

    {"<html>\r\n", "<html>\r\n", true},
    {"[1,oops]", "[\n  1,\n  oops]", true},
    {"{\"a\":\"b\x01\"}", "{\n  \"a\": \"b\x01\"}", true},
    {"{\"a\":", "{\n  \"a\": ", true},
    {"[1] [2] x", "[\n  1\n]\n[\n  2\n]\nx", true},
};

Test(format, indents_and_changes_nothing_else_wherever_a_chunk_ends)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    size_t len = strlen(samples[i].from);

    for (size_t split = 0; split <= len; split++) {
      bool whole = run(&out, samples[i].from, len, split, false, NULL);

      cr_expect_eq(whole, !samples[i].broken, "%s", samples[i].from);
      cr_expect_str_eq(buf_text(&out), samples[i].to, "'%s' split at %zu: '%s'",
                       samples[i].from, split, buf_text(&out));
    }
  }
}

Test(format, colours_by_kind_and_resets_where_json_stops)
{
  static const struct sample colored[] = {
      {"{\"a\":[\"b\",1,null]}",
       "{\n  <k>\"a\"</>: [\n    <s>\"b\"</>,\n    <n>1</>,\n    <w>null</>\n"
       "  ]\n}\n"},
      {"7", "<n>7</>\n"},
      {"[\"a\x01", "[\n  <s>\"a</>\x01"},
      {"[\"a", "[\n  <s>\"a</>"},
  };
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  for (size_t i = 0; i < sizeof colored / sizeof *colored; i++) {
    size_t len = strlen(colored[i].from);

    for (size_t split = 0; split <= len; split++) {
      (void)run(&out, colored[i].from, len, split, false, &test_colors);
      cr_expect_str_eq(buf_text(&out), colored[i].to, "split at %zu: '%s'",
                       split, buf_text(&out));
    }
  }
}

Test(format, shows_what_would_act_on_a_terminal)
{
  static const struct sample shown[] = {
      /* C1, bidi, DEL, zero width, tag: still JSON, and the same text */
      {"\"a\xc2\x9b"
       "31m\"",
       "\"a\\u009b31m\"\n"},
      {"\"\xe2\x80\xae"
       "evil\"",
       "\"\\u202eevil\"\n"},
      {"\"x\x7fy\"", "\"x\\u007fy\"\n"},
      {"{\"\xe2\x80\x8b\":1}", "{\n  \"\\u200b\": 1\n}\n"},
      {"\"\xf3\xa0\x80\x81\"", "\"\\udb40\\udc01\"\n"},
      /* letters stay */
      {"\"\xc3\xa9 \xd0\xb6 \xd7\x90 \xe0\xb8\x81 \xe3\x81\x82 \xe4\xb8\xad "
       "\xf0\x9f\x98\x80\"",
       "\"\xc3\xa9 \xd0\xb6 \xd7\x90 \xe0\xb8\x81 \xe3\x81\x82 \xe4\xb8\xad "
       "\xf0\x9f\x98\x80\"\n"},
      /* not UTF-8 */
      {"\"\xff\xc3\"", "\"\\xff\\xc3\"\n"},
      {"\"\xed\xa0\x80\"", "\"\\xed\\xa0\\x80\"\n"},
      {"\"\xe4\xb8\"", "\"\\xe4\\xb8\"\n"},
      /* and what is no JSON at all */
      {"\x1b[31mred\x1b[0m\r\nnext\tline\n",
       "\\x1b[31mred\\x1b[0m\nnext\tline\n"},
      {"cr\rpaints", "cr\\x0dpaints\n"},
      {"end\r", "end\\x0d\n"},
      {"{\"a\":\"\x1b]0;t\x07\"}", "{\n  \"a\": \"\\x1b]0;t\\x07\"}\n"},
  };
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
    size_t len = strlen(shown[i].from);

    for (size_t split = 0; split <= len; split++) {
      (void)run(&out, shown[i].from, len, split, true, NULL);
      cr_expect_str_eq(buf_text(&out), shown[i].to,
                       "sample %zu split at %zu: '%s'", i, split,
                       buf_text(&out));
    }
  }
}

Test(format, ends_a_cut_character_before_it_gives_up)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  (void)run(&out, "\"a\xc3\x01", 4, 3, true, &test_colors);
  cr_expect_str_eq(buf_text(&out), "<s>\"a\\xc3</>\\x01\n", "%s",
                   buf_text(&out));
}

/* Every byte value in every place of a short text: never a control byte but
 * the line end and the tab that the text itself had. */
Test(format, never_lets_a_control_byte_through_to_a_terminal)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  const char base[] = "{\"a\":\"b\"}";

  for (size_t at = 0; at < sizeof base - 1; at++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      char text[sizeof base];

      memcpy(text, base, sizeof base);
      text[at] = (char)byte;
      (void)run(&out, text, sizeof base - 1, at + 1, true, NULL);
      for (size_t i = 0; i < out.len; i++) {
        unsigned char c = (unsigned char)out.data[i];

        cr_expect(c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f),
                  "byte %02x at %zu let %02x out", byte, at, c);
      }
    }
  }
}

Test(format, nests_as_deep_as_the_scanner_and_passes_the_rest_on)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  static char text[SCAN_DEPTH + 50];

  memset(text, '[', sizeof text);
  cr_expect_not(run(&out, text, sizeof text, 700, false, NULL));
  cr_assert(out.len > 50);
  cr_expect(memcmp(out.data + out.len - 50, text, 50) == 0);
  cr_expect_eq(out.data[out.len - 52], ' ');
  cr_expect_eq(out.data[out.len - 51], '[');
}

Test(format, handles_tokens_longer_than_its_buffer)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  enum { LONG = 300 * 1000 };
  static char text[LONG + 2];

  memset(text, 'x', sizeof text);
  text[0] = text[LONG + 1] = '"';
  for (int terminal = 0; terminal < 2; terminal++) {
    cr_expect(run(&out, text, sizeof text, 1000, terminal, NULL));
    cr_assert_eq(out.len, sizeof text + 1);
    cr_expect(memcmp(out.data, text, sizeof text) == 0);
  }
  memset(text + 1, '\x7f', LONG);
  cr_expect(run(&out, text, sizeof text, 1000, true, NULL));
  cr_expect_eq(out.len, (size_t)LONG * 6 + 3);
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

Test(format, stops_at_the_first_failed_write)
{
  AUTO(format) format = NULL;
  struct err err = ERR_INIT;
  int calls = 0;
  struct format_sink sink = {.write = refuse, .user = &calls};

  cr_assert_eq(format_new(&format, false, NULL, sink, &err), E_OK);
  cr_expect_eq(format_feed(format, "[1,2]", 5, &err), E_OUTPUT);
  cr_expect_eq(format_feed(format, "[1,2]", 5, &err), E_OUTPUT);
  cr_expect_eq(format_end(format, NULL, &err), E_OUTPUT);
  cr_expect_eq(calls, 1);
  cr_expect_str_eq(err.message, "full");
}

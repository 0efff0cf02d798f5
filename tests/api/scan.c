#include "api/scan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct verdict {
  const char *text;
  bool valid;
};

static const struct verdict values[] = {
    {"{}", true},
    {"[]", true},
    {" [ ] \r\n\t", true},
    {"{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":true}", true},
    {"\"\"", true},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00eF\"", true},
    {"\"\\u0000\"", true},
    {"\"\\ud800\"", true},
    {"0", true},
    {"-0", true},
    {"1.10", true},
    {"-0.0e-0", true},
    {"1E400", true},
    {"1e+9", true},
    {"12345678901234567890", true},
    {"true", true},
    {"false", true},
    {"null", true},
    {"\xef\xbb\xbf[1]", true},

    {"", false},
    {"   ", false},
    {"\xef\xbb[1]", false},
    {"[1]\xef\xbb\xbf", false},
    {"{", false},
    {"[", false},
    {"]", false},
    {"}", false},
    {"[}", false},
    {"{]", false},
    {"[1,]", false},
    {"[,1]", false},
    {"[1 2]", false},
    {"[1:2]", false},
    {"{\"a\"}", false},
    {"{\"a\":}", false},
    {"{\"a\":1,}", false},
    {"{,}", false},
    {"{\"a\",1}", false},
    {"{\"a\":1 \"b\":2}", false},
    {"{a:1}", false},
    {"{1:1}", false},
    {"'a'", false},
    {"\"a", false},
    {"\"\\\"", false},
    {"\"\\q\"", false},
    {"\"\\u12g4\"", false},
    {"\"\\u123\"", false},
    {"\"a\nb\"", false},
    {"\"a\tb\"", false},
    {"\"\x1f\"", false},
    {"\"a\x1f", false},
    {"-", false},
    {"+1", false},
    {"01", false},
    {"-01", false},
    {"1.", false},
    {".1", false},
    {"1.e1", false},
    {"1e", false},
    {"1e+", false},
    {"0x10", false},
    {"1a", false},
    {"NaN", false},
    {"Infinity", false},
    {"tru", false},
    {"truex", false},
    {"True", false},
    {"nulll", false},
    {"1 2", false},
    {"{} []", false},
    {"[1]x", false},
    {"[1]/* no */", false},
};

Test(scan, knows_json_from_what_is_none)
{
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    cr_expect_eq(scan_is_value(values[i].text, strlen(values[i].text)),
                 values[i].valid, "%s", values[i].text);
}

Test(scan, refuses_a_nul_byte)
{
  cr_expect_not(scan_is_value("[1]\0", 4));
  cr_expect_not(scan_is_value("\"a\0b\"", 5));
  cr_expect_not(scan_is_value("\"\\\0\"", 4));
}

Test(scan, goes_down_to_its_depth_and_no_further)
{
  static char text[2 * SCAN_DEPTH + 2];

  memset(text, '[', SCAN_DEPTH);
  memset(text + SCAN_DEPTH, ']', SCAN_DEPTH);
  cr_expect(scan_is_value(text, 2 * SCAN_DEPTH));

  memset(text, '[', SCAN_DEPTH + 1);
  memset(text + SCAN_DEPTH + 1, ']', SCAN_DEPTH + 1);
  cr_expect_not(scan_is_value(text, 2 * SCAN_DEPTH + 2));
}

/* Walks text in chunks that end at `split` and writes the events as letters,
 * each token once. */
static size_t walk(const char *text, size_t len, size_t split, char *events,
                   char *bytes)
{
  static const char letters[] = "..{},:kSNW";
  struct scan scan;
  struct scan_piece piece;
  const char *at = text;
  size_t count = 0;
  size_t copied = 0;
  const char *ends[2] = {text + split, text + len};

  scan_init(&scan);
  for (size_t i = 0; i < 2; i++) {
    enum scan_event event;

    while ((event = scan_next(&scan, &at, ends[i], &piece)) > SCAN_BAD) {
      if (piece.first)
        events[count++] = letters[event];
      memcpy(bytes + copied, piece.bytes, piece.len);
      copied += piece.len;
    }
    if (event == SCAN_BAD)
      events[count++] = '!';
  }
  events[count] = '\0';
  return copied;
}

Test(scan, gives_the_same_tokens_wherever_a_chunk_ends)
{
  static const char text[] = " {\"k\\u00e9y\" : [ -1.5e+10,true, "
                             "null,\"a\\\\\\\"b\" ,[],{}] ,\"\":0}\n"
                             "12 \"x\"";
  static const char minified[] =
      "{\"k\\u00e9y\":[-1.5e+10,true,null,\"a\\\\\\\"b\",[],{}],\"\":0}12\"x\"";
  char events[128];
  char bytes[256];
  size_t len = sizeof text - 1;

  for (size_t split = 0; split <= len; split++) {
    size_t copied = walk(text, len, split, events, bytes);

    cr_expect_str_eq(events, "{k:{N,W,W,S,{},{}},k:N}NS", "split at %zu: %s",
                     split, events);
    cr_expect(copied == sizeof minified - 1 &&
                  memcmp(bytes, minified, copied) == 0,
              "split at %zu: %.*s", split, (int)copied, bytes);
  }
}

Test(scan, stays_bad)
{
  struct scan scan;
  struct scan_piece piece;
  const char *text = "[1,,2]";
  const char *at = text;

  scan_init(&scan);
  while (scan_next(&scan, &at, text + 6, &piece) > SCAN_BAD)
    ;
  cr_expect_eq(at - text, 3);
  at++;
  cr_expect_eq(scan_next(&scan, &at, text + 6, &piece), SCAN_BAD);
  cr_expect_not(scan_may_end(&scan));
}

/* RFC 8259 §6 sets no limit: numbers of any size and precision come out as
 * they came in. */
Test(scan, gives_numbers_of_every_form_wherever_a_chunk_ends)
{
  static char text[4096];
  static const char forms[] =
      "[0,-0,0.0,-0.0,1.10,1E400,1e400,1e-400,-1E+400,123456789012345678901234,"
      "0.1000000000000000055511151231257827,-9223372036854775809,"
      "18446744073709551616,5e-324,4.9406564584124654e-324,1e0,0e0,0E-0,"
      "100000000000000000000000000000000000000000000000000000000000000000,%s,"
      "-%s.%se-%s]";
  static char digits[401];
  char events[128];
  static char bytes[4096];

  memset(digits, '7', 400);
  int len = snprintf(text, sizeof text, forms, digits, digits, digits, digits);
  cr_assert(len > 1600 && len < (int)sizeof text);
  for (size_t split = 0; split <= (size_t)len; split++) {
    size_t copied = walk(text, (size_t)len, split, events, bytes);

    cr_assert(copied == (size_t)len && memcmp(bytes, text, copied) == 0,
              "split at %zu", split);
    cr_assert_str_eq(events, "{N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N}");
  }
}

/* The events of scan_next() that lie no deeper than `depth`, or that end what
 * lies deeper. */
static void expect_left(const char *text, unsigned depth, size_t split)
{
  const char *ends[2] = {text + split, text + strlen(text)};
  struct scan all, left;
  struct scan_piece want, got;
  const char *at = text;
  const char *left_at = text;

  scan_init(&all);
  scan_init(&left);
  for (size_t i = 0; i < 2; i++) {
    enum scan_event event, told;

    do {
      told = scan_leave(&left, depth, &left_at, ends[i], &got);
      do
        event = scan_next(&all, &at, ends[i], &want);
      while (event > SCAN_BAD && all.depth > depth);
      cr_assert_eq(told, event, "%s split at %zu, depth %u", text, split,
                   depth);
      cr_assert_eq(left_at, at);
      cr_assert_eq(left.depth, all.depth);
      if (event > SCAN_BAD)
        cr_assert(want.bytes == got.bytes && want.len == got.len &&
                  want.first == got.first && want.last == got.last);
    } while (event > SCAN_BAD);
  }
  cr_assert_eq(scan_may_end(&left), scan_may_end(&all));
}

Test(scan, leaves_what_lies_deeper_untold)
{
  static const char *const texts[] = {
      "{\"a\":[1,{\"b\":[[\"x\\n\",2.5e3],true]},[]],\"c\":{}} [[[7]]] 8",
      "[[1,[2,[3,]]],4]", "[[1,[2", "{\"a\":{\"b\":{\"c\":1e}}}"};

  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    for (unsigned depth = 0; depth < 6; depth++) {
      for (size_t split = 0; split <= strlen(texts[i]); split++)
        expect_left(texts[i], depth, split);
    }
  }
}

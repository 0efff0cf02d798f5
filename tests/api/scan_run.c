/* The fast ways through JSON against the slow one, a byte at a time. */
#include "api/scan_run.h"

#include "api/scan.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* --- runs -------------------------------------------------------------------
 */

typedef const char *run_f(const char *at, const char *end);
typedef bool byte_f(char c);

struct way {
  const char *name;
  run_f *run;
  byte_f *byte;
};

static const struct way ways[] = {
    {"text, words", run_text_words, run_is_text},
    {"digits, words", run_digits_words, run_is_digit},
    {"space, words", run_space_words, run_is_space},
#ifdef __SSE2__
    {"text, SSE2", run_text_sse2, run_is_text},
    {"digits, SSE2", run_digits_sse2, run_is_digit},
    {"space, SSE2", run_space_sse2, run_is_space},
#endif
};

static void expect_same(const struct way *way, const char *at, size_t len)
{
  size_t want = 0;
  size_t got = (size_t)(way->run(at, at + len) - at);

  while (want < len && way->byte(at[want]))
    want++;
  cr_assert_eq(got, want, "%s: %zu of %zu, not %zu", way->name, got, len, want);
}

/* Every byte value at every place of a run, at every length. The text is a
 * block of its own, so that a look behind its end is noticed. */
Test(scan_run, ends_at_the_byte_that_ends_it)
{
  enum { LONGEST = 40 };
  static const char fillers[] = "a7 ";

  for (size_t len = 1; len <= LONGEST; len++) {
    char *text = mem_alloc(len);

    cr_assert_not_null(text);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
      memset(text, fillers[i % 3], len);
      expect_same(&ways[i], text, len);
      for (size_t at = 0; at < len; at++) {
        for (int byte = 0; byte < 256; byte++) {
          text[at] = (char)byte;
          expect_same(&ways[i], text, len);
        }
        text[at] = fillers[i % 3];
      }
    }
    mem_free(text);
  }
}

/* Bytes that carry into each other where sums and differences are formed. */
Test(scan_run, ends_at_the_first_of_many)
{
  static const char odd[] = "\x00\x01\x1f\x20\x21\x22\x23\x2f\x30\x39\x3a\x5b"
                            "\x5c\x5d\x7f\x80\x81\xa2\xdc\xff\t\n\r a7";
  uint64_t state = 42;
  char text[37];

  for (int round = 0; round < 200000; round++) {
    size_t good = (size_t)round % 30;

    for (size_t i = 0; i < sizeof text; i++) {
      state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
      text[i] = odd[(state >> 33) % (sizeof odd - 1)];
    }
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
      memset(text, "a7 "[i % 3], good);
      expect_same(&ways[i], text, sizeof text);
    }
  }
}

/* --- whole tokens ------------------------------------------------------------
 */

struct walk {
  char events[256]; /* of each token its letter, in front of its bytes */
  size_t len;
  bool may_end;
};

/* Gives text to the scanner in chunks of `step` bytes. Each chunk is a block of
 * its own. */
static void walk(struct walk *walk, const char *text, size_t len, size_t step)
{
  static const char letters[] = "..{},:kSNW";
  struct scan scan;
  enum scan_event event = SCAN_MORE;

  scan_init(&scan);
  walk->len = 0;
  for (size_t from = 0; from < len && event != SCAN_BAD; from += step) {
    size_t some = len - from < step ? len - from : step;
    char *chunk = mem_copy(text + from, some);
    const char *at = chunk;
    struct scan_piece piece;

    cr_assert_not_null(chunk);
    while ((event = scan_next(&scan, &at, chunk + some, &piece)) > SCAN_BAD) {
      cr_assert(walk->len + piece.len + 2 < sizeof walk->events);
      if (piece.first)
        walk->events[walk->len++] = letters[event];
      memcpy(walk->events + walk->len, piece.bytes, piece.len);
      walk->len += piece.len;
      if (piece.last && event >= SCAN_KEY)
        walk->events[walk->len++] = '.';
    }
    mem_free(chunk);
  }
  if (event == SCAN_BAD)
    walk->events[walk->len++] = '!';
  walk->may_end = scan_may_end(&scan);
}

static void expect_same_walk(const char *text, size_t len)
{
  struct walk whole, bytewise;

  walk(&whole, text, len, len);
  walk(&bytewise, text, len, 1);
  cr_assert_eq(whole.may_end, bytewise.may_end, "%.*s", (int)len, text);
  cr_assert(whole.len == bytewise.len &&
                memcmp(whole.events, bytewise.events, whole.len) == 0,
            "%.*s: %.*s, bytewise %.*s", (int)len, text, (int)whole.len,
            whole.events, (int)bytewise.len, bytewise.events);
}

/* Everything of up to six characters that could be taken for a number, where
 * there is room to look far ahead and where there is none. */
Test(scan_run, takes_numbers_as_the_slow_way_does)
{
  static const char alphabet[] = "-+.eE019";
  enum { LETTERS = sizeof alphabet - 1, LONGEST = 6 };
  char text[64];

  for (size_t len = 1; len <= LONGEST; len++) {
    size_t count = 1;

    for (size_t i = 0; i < len; i++)
      count *= LETTERS;
    for (size_t n = 0; n < count; n++) {
      size_t rest = n;

      memset(text, ' ', sizeof text);
      text[0] = '[';
      for (size_t i = 0; i < len; i++, rest /= LETTERS)
        text[1 + i] = alphabet[rest % LETTERS];
      text[1 + len] = ']';
      expect_same_walk(text, 48);
      if (len < LONGEST)
        expect_same_walk(text, len + 2);
    }
  }
}

static void repeat(char *text, const char *what, size_t count)
{
  *text = '\0';
  while (count-- > 0)
    strcat(text, what);
}

/* A number's parts end at every place of the bytes that are looked at. */
Test(scan_run, takes_long_numbers_as_the_slow_way_does)
{
  static const char *const forms[] = {
      "%s",     "-%s",    "%s.5",  "0.%s",   "1.5e%s",  "-1e-%s", "%s.",
      "%s.e1",  "%se",    "%se+",  "%s-1",   "0%s",     "-0%s",   "%s.1.1",
      "%se1e1", "%se1.5", "%s.%s", "%sE+%s", "%s.%se%s"};
  char digits[64];
  char number[256];
  char text[256];

  for (size_t len = 1; len < 40; len++) {
    repeat(digits, "7", len);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
      const char *at = forms[i];

      *number = '\0';
      for (; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 's') {
          strcat(number, digits);
          at++;
        } else {
          strncat(number, at, 1);
        }
      }
      (void)snprintf(text, sizeof text, "[%s,1]                     ", number);
      expect_same_walk(text, strlen(text));
      (void)snprintf(text, sizeof text, "%s", number);
      expect_same_walk(text, strlen(text));
    }
  }
}

/* What ends or breaks a string, at every place of it. */
Test(scan_run, takes_strings_as_the_slow_way_does)
{
  static const char *const ends[] = {
      "\"",     "\\\"\"",    "\\\\\"", "\\u00e9\"", "\\uD83D\\uDE00\"",
      "\\q\"",  "\\u12g4\"", "\\",     "\\u",       "\\u123",
      "\x01\"", "\x1f",      "",       "\\u123\"",  "\\/\\b\\f\\n\\r\\t\"",
      "\x7f\"", "\xff\"",    "\\\x01", "\\U0041\""};
  char filler[64];
  char text[256];

  for (size_t len = 0; len < 40; len++) {
    repeat(filler, "x", len);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
      (void)snprintf(text, sizeof text, "{\"%s%s:\"%s%s}", filler, ends[i],
                     filler, ends[i]);
      expect_same_walk(text, strlen(text));
      (void)snprintf(text, sizeof text, "[\"%s%s,1]                    ",
                     filler, ends[i]);
      expect_same_walk(text, strlen(text));
    }
  }
}

Test(scan_run, takes_words_and_space_as_the_slow_way_does)
{
  static const char *const texts[] = {"[true,false,null]",
                                      "[tru]",
                                      "[fals]",
                                      "[nul",
                                      "[truE]",
                                      "[falsy,1]",
                                      "true",
                                      "false",
                                      "null ",
                                      "nulll",
                                      "truefalse",
                                      "true false",
                                      "[true false]",
                                      "\xef\xbb\xbf[1]",
                                      "\xef\xbb",
                                      "\xef\xbb[1]",
                                      "\xef\xbb\xbf",
                                      " \xef\xbb\xbf[1]",
                                      "[1]\n\n[2]",
                                      "[ \t\r\n  1 ,\v2]"};
  char spaces[64];
  char text[256];

  for (size_t i = 0; i < ARRAY_LEN(texts); i++)
    expect_same_walk(texts[i], strlen(texts[i]));
  for (size_t len = 0; len < 40; len++) {
    repeat(spaces, " ", len);
    (void)snprintf(text, sizeof text, "\n%s{\n%s\"a\"\r\n%s:\t%s1}", spaces,
                   spaces, spaces, spaces);
    expect_same_walk(text, strlen(text));
  }
}

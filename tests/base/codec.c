#include "base/codec.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

typedef void encode(struct buf *, const void *, size_t);
typedef bool decode(struct buf *, const char *, size_t);

static void expect_encoded(encode *f, const char *bytes, size_t len,
                           const char *text)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  f(&out, bytes, len);
  cr_assert_str_eq(buf_text(&out), text);
}

static void expect_decoded(decode *f, const char *text, const char *bytes,
                           size_t len)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  cr_assert(f(&out, text, strlen(text)), "'%s'", text);
  cr_assert_eq(out.len, len);
  cr_assert_eq(memcmp(buf_text(&out), bytes, len), 0, "'%s'", text);
}

static void expect_refused(decode *f, const char *text, size_t len)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  cr_assert_not(f(&out, text, len), "'%s'", text);
}

/* RFC 4648 §10, and the bytes where the alphabets differ. */
static const struct {
  const char *bytes, *base64, *base64url, *hex;
} vectors[] = {
    {"", "", "", ""},
    {"f", "Zg==", "Zg", "66"},
    {"fo", "Zm8=", "Zm8", "666f"},
    {"foo", "Zm9v", "Zm9v", "666f6f"},
    {"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
    {"\xfb\xff\xbf", "+/+/", "-_-_", "fbffbf"},
    {"\xff\xff", "//8=", "__8", "ffff"},
};

Test(codec, encodes_and_decodes_the_vectors)
{
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    const char *bytes = vectors[i].bytes;
    size_t len = strlen(bytes);
    expect_encoded(codec_base64, bytes, len, vectors[i].base64);
    expect_encoded(codec_base64url, bytes, len, vectors[i].base64url);
    expect_encoded(codec_hex, bytes, len, vectors[i].hex);
    expect_decoded(codec_unbase64, vectors[i].base64, bytes, len);
    expect_decoded(codec_unbase64url, vectors[i].base64url, bytes, len);
    expect_decoded(codec_unhex, vectors[i].hex, bytes, len);
  }
  expect_decoded(codec_unhex, "FfaB", "\xff\xab", 2);
}

Test(codec, round_trips_every_byte)
{
  char bytes[256 * 3];
  for (size_t i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char)(i * 7 + i / 256);
  for (size_t len = 0; len < sizeof(bytes); len += len < 10 ? 1 : 83) {
    AUTO_BUF struct buf text = BUF_INIT(5000);
    AUTO_BUF struct buf back = BUF_INIT(5000);
    codec_base64(&text, bytes, len);
    cr_assert(codec_unbase64(&back, buf_text(&text), text.len));
    cr_assert(back.len == len && memcmp(buf_text(&back), bytes, len) == 0);
    buf_clear(&text);
    buf_clear(&back);
    codec_percent(&text, bytes, len);
    cr_assert(codec_unpercent(&back, buf_text(&text), text.len, false));
    cr_assert(back.len == len && memcmp(buf_text(&back), bytes, len) == 0);
    buf_clear(&text);
    buf_clear(&back);
    codec_form(&text, bytes, len);
    cr_assert(codec_unpercent(&back, buf_text(&text), text.len, true));
    cr_assert(back.len == len && memcmp(buf_text(&back), bytes, len) == 0);
  }
}

Test(codec, refuses_loose_base64)
{
  static const char *const bad[] = {
      "Zg",       "Zg=",  "Zm8",  "Z",      "=",        "==",    "====",
      "Zg==Zg==", "Z===", "Zg=a", "Zm9v\n", " Zm9v",    "Zm9v=", "Zm 9v",
      "Zh==",     "Zm9=", "-_-_", "Zm9v!",  "Zm9v====", "Zg==\n"};
  for (size_t i = 0; i < ARRAY_LEN(bad); i++)
    expect_refused(codec_unbase64, bad[i], strlen(bad[i]));
  expect_refused(codec_unbase64, "Zm9\0", 4);
}

Test(codec, refuses_loose_base64url)
{
  static const char *const bad[] = {"Zg==", "Zm8=", "Z",     "Zm9vY", "Zh",
                                    "Zm9",  "+/+/", "Zm9v=", "Zg ",   "Zg\n"};
  for (size_t i = 0; i < ARRAY_LEN(bad); i++)
    expect_refused(codec_unbase64url, bad[i], strlen(bad[i]));
}

Test(codec, refuses_bad_hex_and_bad_escapes)
{
  static const char *const bad_hex[] = {"6", "6g", "g6", "0x12", " 12", "12 "};
  for (size_t i = 0; i < ARRAY_LEN(bad_hex); i++)
    expect_refused(codec_unhex, bad_hex[i], strlen(bad_hex[i]));
  static const char *const bad_percent[] = {"%",   "%1",   "a%",  "%g0",
                                            "%0g", "%%41", "%-1", "% 1"};
  for (size_t i = 0; i < ARRAY_LEN(bad_percent); i++) {
    AUTO_BUF struct buf out = BUF_INIT(100);
    const char *text = bad_percent[i];
    cr_assert_not(codec_unpercent(&out, text, strlen(text), false), "%s", text);
  }
  /* Digits behind the end do not count. */
  AUTO_BUF struct buf out = BUF_INIT(100);
  cr_assert_not(codec_unpercent(&out, "%41", 2, false));
}

Test(codec, percent_encodes_all_but_the_unreserved)
{
  expect_encoded(codec_percent, "AZaz09-._~", 10, "AZaz09-._~");
  expect_encoded(codec_percent, " +*/:%\0\xff", 8, "%20%2B%2A%2F%3A%25%00%FF");
  expect_encoded(codec_form, "AZaz09-._*", 10, "AZaz09-._*");
  expect_encoded(codec_form, " +~/:%\0\xc3\xa9", 9,
                 "+%2B%7E%2F%3A%25%00%C3%A9");
}

Test(codec, undoes_plus_only_in_forms)
{
  AUTO_BUF struct buf out = BUF_INIT(100);
  cr_assert(codec_unpercent(&out, "a+b%2bc", 7, true));
  cr_assert_str_eq(buf_text(&out), "a b+c");
  buf_clear(&out);
  cr_assert(codec_unpercent(&out, "a+b%2Bc", 7, false));
  cr_assert_str_eq(buf_text(&out), "a+b+c");
}

Test(codec, joins_pairs)
{
  AUTO_BUF struct buf out = BUF_INIT(200);
  codec_form_pair(&out, "a b", "c&d=e");
  codec_form_pair(&out, "x", NULL);
  codec_form_pair(&out, "y", "");
  cr_assert_str_eq(buf_text(&out), "a+b=c%26d%3De&x=&y=");
  buf_clear(&out);
  buf_puts(&out, "https://h/?");
  codec_form_pair(&out, "q", "1");
  codec_form_pair(&out, "r", "2");
  cr_assert_str_eq(buf_text(&out), "https://h/?q=1&r=2");
}

Test(codec, quotes_words_for_the_shell)
{
  static const struct {
    const char *word, *quoted;
  } rows[] = {
      {"fob", "fob"},
      {"https://h:1/x", "https://h:1/x"},
      {"a b", "'a b'"},
      {"", "''"},
      {"it's", "'it'\\''s'"},
      {"$(id)", "'$(id)'"},
      {"~root", "'~root'"},
      {"a&b", "'a&b'"},
      {"caf\xc3\xa9", "'caf\xc3\xa9'"},
      {"a=b,c@d%e+f~", "a=b,c@d%e+f~"},
      {"x#y", "'x#y'"},
      {"*", "'*'"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf out = BUF_INIT(100);
    codec_shell(&out, rows[i].word);
    cr_assert_str_eq(buf_text(&out), rows[i].quoted);
  }
}

Test(codec, knows_utf8)
{
  static const struct {
    const char *text;
    bool ok;
  } rows[] = {
      {"", true},
      {"plain", true},
      {"\xc2\x80", true},
      {"\xdf\xbf", true},
      {"\xe0\xa0\x80", true},
      {"\xed\x9f\xbf", true},
      {"\xee\x80\x80", true},
      {"\xf0\x90\x80\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\x80", false},
      {"\xbf", false},
      {"\xc0\x80", false},
      {"\xc1\xbf", false},
      {"\xe0\x9f\xbf", false},
      {"\xf0\x8f\xbf\xbf", false},
      {"\xed\xa0\x80", false},
      {"\xed\xbf\xbf", false},
      {"\xf4\x90\x80\x80", false},
      {"\xf5\x80\x80\x80", false},
      {"\xff", false},
      {"\xc3", false},
      {"\xe6\x97", false},
      {"\xf0\x9f\x94", false},
      {"\xc3\x28", false},
      {"\xe6\x97\x28", false},
      {"ok\xc3\xa9\xff", false},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_assert_eq(codec_is_utf8(rows[i].text, strlen(rows[i].text)), rows[i].ok,
                 "row %zu", i);
  /* A character that the length cuts in two. */
  cr_assert_not(codec_is_utf8("\xc3\xa9", 1));
}

Test(codec, shows_what_cannot_be_seen)
{
  static const struct {
    const char *text, *shown, *lines;
  } rows[] = {
      {"a\tb\nc\r", "a\\x09b\\x0ac\\x0d", "a\tb\nc\\x0d"},
      {"\x1b]0;t\x07", "\\x1b]0;t\\x07", "\\x1b]0;t\\x07"},
      {"\xc2\x85\xc2\x9b", "\\u{0085}\\u{009b}", "\\u{0085}\\u{009b}"},
      {"\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}", "\\u{2028}\\u{2029}"},
      {"\xe2\x81\xa6\xd8\x9c", "\\u{2066}\\u{061c}", "\\u{2066}\\u{061c}"},
      {"\xc2\xad\xe3\x85\xa4", "\\u{00ad}\\u{3164}", "\\u{00ad}\\u{3164}"},
      {"\xf3\xa0\x81\x81", "\\u{e0041}", "\\u{e0041}"},
      {"\xff\xc3", "\\xff\\xc3", "\\xff\\xc3"},
      {"back\\slash \\x1b", "back\\slash \\x1b", "back\\slash \\x1b"},
      {"\xf0\x9f\x94\x91 \xc3\xa9 \xc2\xa0",
       "\xf0\x9f\x94\x91 \xc3\xa9 \xc2\xa0",
       "\xf0\x9f\x94\x91 \xc3\xa9 \xc2\xa0"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf shown = BUF_INIT(200);
    AUTO_BUF struct buf lines = BUF_INIT(200);
    codec_visible(&shown, rows[i].text, strlen(rows[i].text), false);
    codec_visible(&lines, rows[i].text, strlen(rows[i].text), true);
    cr_assert_str_eq(buf_text(&shown), rows[i].shown);
    cr_assert_str_eq(buf_text(&lines), rows[i].lines);
  }
}

/* Nothing below 0x20, no DEL, no C1 comes through, whatever goes in; and what
 * was made visible once stays as it is. */
Test(codec, shows_every_character_harmlessly)
{
  for (uint32_t c = 0; c <= 0x10ffff; c = c < 0x3000 ? c + 1 : c + 97) {
    char text[5] = "";
    size_t len;
    if (c < 0x80) {
      text[0] = (char)c;
      len = 1;
    } else if (c < 0x800) {
      text[0] = (char)(0xc0 | c >> 6);
      text[1] = (char)(0x80 | (c & 63));
      len = 2;
    } else if (c < 0x10000) {
      text[0] = (char)(0xe0 | c >> 12);
      text[1] = (char)(0x80 | (c >> 6 & 63));
      text[2] = (char)(0x80 | (c & 63));
      len = 3;
    } else {
      text[0] = (char)(0xf0 | c >> 18);
      text[1] = (char)(0x80 | (c >> 12 & 63));
      text[2] = (char)(0x80 | (c >> 6 & 63));
      text[3] = (char)(0x80 | (c & 63));
      len = 4;
    }
    AUTO_BUF struct buf once = BUF_INIT(100);
    AUTO_BUF struct buf twice = BUF_INIT(100);
    codec_visible(&once, text, len, false);
    cr_assert(codec_is_line(buf_text(&once)), "U+%04X", c);
    cr_assert(codec_is_utf8(buf_text(&once), once.len), "U+%04X", c);
    cr_assert_geq(once.len, len);
    bool is_c1 = c >= 0x80 && c < 0xa0;
    cr_assert_not(is_c1 && memcmp(buf_text(&once), text, len) == 0);
    codec_visible(&twice, buf_text(&once), once.len, false);
    cr_assert_str_eq(buf_text(&twice), buf_text(&once));
  }
}

Test(codec, tells_lines_from_what_would_split_them)
{
  cr_assert(codec_is_line(""));
  cr_assert(codec_is_line("plain caf\xc3\xa9 ~"));
  static const char *const bad[] = {"a\nb",    "a\r",  "\tx",
                                    "\x1b[0m", "\x7f", "\x01"};
  for (size_t i = 0; i < ARRAY_LEN(bad); i++)
    cr_assert_not(codec_is_line(bad[i]));
}

#include "api/quote.h"

#include "api/scan.h"

#include <criterion/criterion.h>
#include <string.h>

struct pair {
  const char *raw;
  const char *text;
};

Test(quote, writes_json_strings)
{
  static const struct pair pairs[] = {
      {"\"\"", ""},
      {"\"plain\"", "plain"},
      {"\"a\\\"b\\\\c\"", "a\"b\\c"},
      {"\"\\n\\r\\t\"", "\n\r\t"},
      {"\"\\u0001\\u001f\x7f\"", "\x01\x1f\x7f"},
      {"\"/\xc3\xa9\xf0\x9f\x98\x80\"", "/\xc3\xa9\xf0\x9f\x98\x80"},
  };

  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
    AUTO_BUF struct buf back = BUF_INIT(BUF_LINE);

    quote_json(&out, pairs[i].text, strlen(pairs[i].text));
    cr_expect_str_eq(buf_text(&out), pairs[i].raw);
    cr_expect(scan_is_value(out.data, out.len));
    quote_undo(&back, out.data, out.len);
    cr_expect_str_eq(buf_text(&back), pairs[i].text);
  }
}

Test(quote, undoes_every_escape)
{
  static const struct pair pairs[] = {
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
      {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
      {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
      {"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf"},
      {"\"\\ud83d\"", "\xef\xbf\xbd"},
      {"\"\\ud83dx\"", "\xef\xbf\xbdx"},
      {"\"\\ud83d\\n\"", "\xef\xbf\xbd\n"},
      {"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\"\\ude00\\ude01\"", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                             "A"},
  };

  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);

    quote_undo(&out, pairs[i].raw, strlen(pairs[i].raw));
    cr_expect_str_eq(buf_text(&out), pairs[i].text, "%s", pairs[i].raw);
  }
}

Test(quote, keeps_nul_apart_from_the_end)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf raw = BUF_INIT(BUF_LINE);

  quote_undo(&out, "\"a\\u0000b\"", 10);
  cr_assert_eq(out.len, 3);
  cr_expect_eq(out.data[1], '\0');
  quote_json(&raw, out.data, out.len);
  cr_expect_str_eq(buf_text(&raw), "\"a\\u0000b\"");
}

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

size_t utf8_decode(const char *text, size_t len, uint32_t *ret_char)
{
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *bytes = (const unsigned char *)text;
  if (len == 0)
    return 0;
  if (bytes[0] < 0x80) {
    *ret_char = bytes[0];
    return 1;
  }

  size_t size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
  if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || len < size)
    return 0;
  uint32_t c = bytes[0] & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; i++) {
    if ((bytes[i] & 0xc0) != 0x80)
      return 0;
    c = c << 6 | (bytes[i] & 0x3f);
  }
  if (c < smallest[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
    return 0;
  *ret_char = c;
  return size;
}

/* Characters that move the cursor, reorder what stands beside them or cannot
 * be seen: C0, DEL, C1, bidi controls, line separators, zero-width and tag
 * characters. */
static bool is_hidden(uint32_t c)
{
  static const struct {
    uint32_t first, last;
  } hidden[] = {
      {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x034f, 0x034f},
      {0x061c, 0x061c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
      {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
      {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
  };
  for (size_t i = 0; i < ARRAY_LEN(hidden) && c >= hidden[i].first; i++) {
    if (c <= hidden[i].last)
      return true;
  }
  return false;
}

size_t utf8_show(char shown[UTF8_SHOWN], const char *text, size_t len,
                 bool keep_lines, size_t *ret_taken)
{
  uint32_t c;
  size_t taken = utf8_decode(text, len, &c);
  if (taken == 0) {
    *ret_taken = 1;
    return (size_t)snprintf(shown, UTF8_SHOWN, "\\x%02x",
                            (unsigned char)text[0]);
  }
  *ret_taken = taken;
  if (!is_hidden(c) || (keep_lines && (c == '\n' || c == '\t'))) {
    memcpy(shown, text, taken);
    return taken;
  }
  return (size_t)snprintf(shown, UTF8_SHOWN, c < 0x80 ? "\\x%02x" : "\\u{%04x}",
                          (unsigned)c);
}

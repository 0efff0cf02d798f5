#include "api/quote.h"

#include <string.h>

static const char *short_escape(char c)
{
  switch (c) {
  case '"':
    return "\\\"";
  case '\\':
    return "\\\\";
  case '\n':
    return "\\n";
  case '\r':
    return "\\r";
  case '\t':
    return "\\t";
  default:
    return NULL;
  }
}

void quote_json(struct buf *out, const char *text, size_t len)
{
  size_t plain = 0;

  buf_putc(out, '"');
  for (size_t i = 0; i < len; i++) {
    const char *escape = short_escape(text[i]);

    if (escape == NULL && (unsigned char)text[i] >= 0x20)
      continue;
    buf_put(out, text + plain, i - plain);
    plain = i + 1;
    if (escape != NULL)
      buf_puts(out, escape);
    else
      buf_printf(out, "\\u%04x", (unsigned)(unsigned char)text[i]);
  }
  buf_put(out, text + plain, len - plain);
  buf_putc(out, '"');
}

void quote_utf8(struct buf *out, unsigned code_point)
{
  char bytes[4];
  size_t len = code_point < 0x80      ? 1
               : code_point < 0x800   ? 2
               : code_point < 0x10000 ? 3
                                      : 4;
  static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

  for (size_t i = len - 1; i > 0; i--) {
    bytes[i] = (char)(0x80 | (code_point & 0x3f));
    code_point >>= 6;
  }
  bytes[0] = (char)(lead[len] | code_point);
  buf_put(out, bytes, len);
}

static unsigned hex_value(char c)
{
  if (c >= '0' && c <= '9')
    return (unsigned)(c - '0');
  return (unsigned)((c | 0x20) - 'a') + 10;
}

/* The four digits behind "\u" at raw, or ~0 where there is no such escape. */
static unsigned hex_escape(const char *raw, const char *end)
{
  if (end - raw < 6 || raw[0] != '\\' || raw[1] != 'u')
    return ~0U;
  return hex_value(raw[2]) << 12 | hex_value(raw[3]) << 8 |
         hex_value(raw[4]) << 4 | hex_value(raw[5]);
}

/* Appends what the escape at raw stands for; returns what is behind it. */
static const char *undo_escape(struct buf *out, const char *raw,
                               const char *end)
{
  static const char from[] = "bfnrt";
  static const char to[] = "\b\f\n\r\t";
  unsigned high = hex_escape(raw, end);
  unsigned low;
  const char *which;

  if (high == ~0U) {
    which = raw[1] != '\0' ? strchr(from, raw[1]) : NULL;
    buf_putc(out, which != NULL ? to[which - from] : raw[1]);
    return raw + 2;
  }
  if (high < 0xd800 || high > 0xdfff) {
    quote_utf8(out, high);
    return raw + 6;
  }
  low = hex_escape(raw + 6, end);
  if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) {
    quote_utf8(out, 0xfffd);
    return raw + 6;
  }
  quote_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
  return raw + 12;
}

void quote_undo(struct buf *out, const char *raw, size_t len)
{
  const char *end = raw + len - 1; /* the closing quote */
  const char *backslash;

  for (raw++; raw < end; raw = undo_escape(out, backslash, end)) {
    backslash = memchr(raw, '\\', (size_t)(end - raw));
    if (backslash == NULL) {
      buf_put(out, raw, (size_t)(end - raw));
      return;
    }
    buf_put(out, raw, (size_t)(backslash - raw));
  }
}

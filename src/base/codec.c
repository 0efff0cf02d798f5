#include "base/codec.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* --- base64, hex ------------------------------------------------------- */

static const char BASE64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char BASE64URL[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode64(struct buf *out, const char alphabet[static 65],
                     bool padding, const void *bytes, size_t len)
{
  const unsigned char *in = bytes;
  for (; len >= 3; in += 3, len -= 3) {
    const char four[] = {
        alphabet[in[0] >> 2], alphabet[(in[0] & 3) << 4 | in[1] >> 4],
        alphabet[(in[1] & 15) << 2 | in[2] >> 6], alphabet[in[2] & 63]};
    buf_put(out, four, 4);
  }
  if (len > 0) {
    unsigned second = len == 2 ? in[1] : 0;
    const char four[] = {alphabet[in[0] >> 2],
                         alphabet[(in[0] & 3) << 4 | second >> 4],
                         len == 2 ? alphabet[(second & 15) << 2] : '=', '='};
    buf_put(out, four, padding ? 4 : len + 1);
  }
}

void codec_base64(struct buf *out, const void *bytes, size_t len)
{
  encode64(out, BASE64, true, bytes, len);
}

void codec_base64url(struct buf *out, const void *bytes, size_t len)
{
  encode64(out, BASE64URL, false, bytes, len);
}

static int digit64(char c, const char *last_two)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == last_two[0] ? 62 : c == last_two[1] ? 63 : -1;
}

/* Digits without padding. */
static bool decode64(struct buf *out, const char *last_two, const char *text,
                     size_t len)
{
  if (len % 4 == 1)
    return false;
  uint32_t bits = 0;
  for (size_t i = 0; i < len; i++) {
    int digit = digit64(text[i], last_two);
    if (digit < 0)
      return false;
    bits = bits << 6 | (uint32_t)digit;
    if (i % 4 != 0)
      buf_putc(out, (char)(bits >> (6 - i % 4 * 2)));
  }
  /* What the last digit holds beyond the last byte must be zero, or one value
   * would have several spellings. */
  uint32_t stray = len % 4 == 2 ? bits & 15 : len % 4 == 3 ? bits & 3 : 0;
  return stray == 0;
}

bool codec_unbase64(struct buf *out, const char *text, size_t len)
{
  if (len % 4 != 0)
    return false;
  size_t padding = 0;
  while (padding < 2 && len > padding && text[len - 1 - padding] == '=')
    padding++;
  return decode64(out, "+/", text, len - padding);
}

bool codec_unbase64url(struct buf *out, const char *text, size_t len)
{
  return decode64(out, "-_", text, len);
}

void codec_hex(struct buf *out, const void *bytes, size_t len)
{
  const unsigned char *in = bytes;
  for (size_t i = 0; i < len; i++) {
    const char two[] = {"0123456789abcdef"[in[i] >> 4],
                        "0123456789abcdef"[in[i] & 15]};
    buf_put(out, two, 2);
  }
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that two hex digits stand for, or -1. */
static int hex_byte(const char *two)
{
  int high = hex_digit(two[0]);
  int low = high < 0 ? -1 : hex_digit(two[1]);
  return low < 0 ? -1 : high << 4 | low;
}

bool codec_unhex(struct buf *out, const char *text, size_t len)
{
  if (len % 2 != 0)
    return false;
  for (size_t i = 0; i < len; i += 2) {
    int byte = hex_byte(text + i);
    if (byte < 0)
      return false;
    buf_putc(out, (char)byte);
  }
  return true;
}

/* --- URLs, forms, shells ----------------------------------------------- */

static bool is_alnum(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

/* memchr, not strchr: a NUL is not one of them. */
static bool is_one_of(char c, const char *set)
{
  return memchr(set, c, strlen(set)) != NULL;
}

static void percent(struct buf *out, const char *bytes, size_t len,
                    const char *unreserved, bool plus)
{
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (is_alnum(bytes[i]) || is_one_of(bytes[i], unreserved)) {
      buf_putc(out, bytes[i]);
    } else if (c == ' ' && plus) {
      buf_putc(out, '+');
    } else {
      const char three[] = {'%', "0123456789ABCDEF"[c >> 4],
                            "0123456789ABCDEF"[c & 15]};
      buf_put(out, three, 3);
    }
  }
}

void codec_percent(struct buf *out, const void *bytes, size_t len)
{
  percent(out, bytes, len, "-._~", false);
}

void codec_form(struct buf *out, const void *bytes, size_t len)
{
  percent(out, bytes, len, "*-._", true);
}

bool codec_unpercent(struct buf *out, const char *text, size_t len, bool plus)
{
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '+' && plus) {
      buf_putc(out, ' ');
    } else if (text[i] != '%') {
      buf_putc(out, text[i]);
    } else {
      int byte = len - i < 3 ? -1 : hex_byte(text + i + 1);
      if (byte < 0)
        return false;
      buf_putc(out, (char)byte);
      i += 2;
    }
  }
  return true;
}

void codec_form_pair(struct buf *out, const char *name, const char *value)
{
  if (out->len > 0 && out->data[out->len - 1] != '?')
    buf_putc(out, '&');
  codec_form(out, name, strlen(name));
  buf_putc(out, '=');
  if (value != NULL)
    codec_form(out, value, strlen(value));
}

void codec_shell(struct buf *out, const char *word)
{
  bool plain = word[0] != '\0' && word[0] != '~';
  for (const char *c = word; *c != '\0'; c++)
    plain = plain && (is_alnum(*c) || is_one_of(*c, "%+,-./:=@_~"));
  if (plain) {
    buf_puts(out, word);
    return;
  }
  buf_putc(out, '\'');
  for (const char *c = word; *c != '\0'; c++) {
    if (*c == '\'')
      buf_puts(out, "'\\''");
    else
      buf_putc(out, *c);
  }
  buf_putc(out, '\'');
}

/* --- text -------------------------------------------------------------- */

bool codec_is_utf8(const char *text, size_t len)
{
  while (len > 0) {
    uint32_t c;
    size_t taken = utf8_decode(text, len, &c);
    if (taken == 0)
      return false;
    text += taken;
    len -= taken;
  }
  return true;
}

void codec_visible(struct buf *out, const char *text, size_t len,
                   bool keep_lines)
{
  while (len > 0) {
    char shown[UTF8_SHOWN];
    size_t taken;
    size_t shown_len = utf8_show(shown, text, len, keep_lines, &taken);
    buf_put(out, shown, shown_len);
    text += taken;
    len -= taken;
  }
}

bool codec_is_line(const char *text)
{
  for (const char *c = text; *c != '\0'; c++) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f)
      return false;
  }
  return true;
}

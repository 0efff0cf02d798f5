#include "api/visible.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

size_t visible_plain(const char *at, size_t len)
{
  size_t i = 0;
  uint64_t eight, odd;

  for (; len - i >= 8; i += 8) {
    memcpy(&eight, at + i, 8);
    /* The sums cannot carry once the top bits are looked at first. */
    odd = eight | ((eight & EACH_BYTE(0x7f)) + EACH_BYTE(1));
    odd |= (eight - EACH_BYTE(0x20)) & ~eight;
    if ((odd & EACH_BYTE(0x80)) != 0)
      break;
  }
  while (i < len && (unsigned char)at[i] - 0x20U < 0x5f)
    i++;
  return i;
}

/* The length that a lead byte promises; 1 for what is none. */
static size_t promised(unsigned char lead)
{
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

static bool is_continuation(char c)
{
  return ((unsigned char)c & 0xc0) == 0x80;
}

/* How many of the last bytes begin a character that the next chunk may
 * finish. */
static size_t cut_tail(const char *bytes, size_t len)
{
  for (size_t back = 1; back <= 3 && back <= len; back++) {
    char c = bytes[len - back];

    if (!is_continuation(c))
      return promised((unsigned char)c) > back ? back : 0;
  }
  return 0;
}

/* One character that is not plain, inside a JSON string. Returns its length. */
static size_t json_character(struct buf *out, const char *bytes, size_t len)
{
  char shown[UTF8_SHOWN];
  size_t taken = 0;
  size_t shown_len = utf8_show(shown, bytes, len, false, &taken);
  uint32_t code_point = 0;

  if ((shown_len == taken && memcmp(shown, bytes, taken) == 0) ||
      utf8_decode(bytes, len, &code_point) == 0) {
    buf_put(out, shown, shown_len);
  } else if (code_point >= 0x10000) {
    code_point -= 0x10000;
    buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (code_point >> 10)),
               (unsigned)(0xdc00 + (code_point & 0x3ff)));
  } else {
    buf_printf(out, "\\u%04x", (unsigned)code_point);
  }
  return taken;
}

/* The length of a character from a block in which nothing is hidden, so that
 * the usual letters and ideographs need no second look; else 0. */
static size_t certainly_fine(const char *bytes, size_t len)
{
  unsigned char lead = (unsigned char)bytes[0];
  bool two = (lead >= 0xc3 && lead <= 0xcc) || (lead >= 0xce && lead <= 0xd7);
  bool three = lead >= 0xe3 && lead <= 0xec;

  if (two && len >= 2 && is_continuation(bytes[1]))
    return 2;
  if (three && len >= 3 && is_continuation(bytes[1]) &&
      is_continuation(bytes[2]))
    return lead > 0xe3 || (unsigned char)bytes[1] <= 0x83 ? 3 : 0;
  return 0;
}

static void json_text(struct buf *out, const char *bytes, size_t len)
{
  size_t fine;
  size_t at = 0;

  while (at < len) {
    for (fine = at; fine < len;) {
      size_t more = certainly_fine(bytes + fine, len - fine);

      if (more == 0)
        more = visible_plain(bytes + fine, len - fine);
      if (more == 0)
        break;
      fine += more;
    }
    buf_put(out, bytes + at, fine - at);
    at = fine;
    if (at == len)
      return;
    at += json_character(out, bytes + at, len - at);
  }
}

static void plain_text(struct buf *out, const char *bytes, size_t len)
{
  const char *end = bytes + len;
  const char *cr;

  /* CR LF is a line end like any other; CR alone would paint over a line. */
  while ((cr = memchr(bytes, '\r', (size_t)(end - bytes))) != NULL) {
    bool ends_line = cr + 1 < end && cr[1] == '\n';

    codec_visible(out, bytes, (size_t)(cr - bytes) + !ends_line, true);
    bytes = cr + 1;
  }
  codec_visible(out, bytes, (size_t)(end - bytes), true);
}

static void show(const struct visible *visible, struct buf *out,
                 const char *bytes, size_t len)
{
  if (len == 0)
    return;
  if (visible->json)
    json_text(out, bytes, len);
  else
    plain_text(out, bytes, len);
}

void visible_feed(struct visible *visible, struct buf *out, const char *bytes,
                  size_t len)
{
  size_t tail;

  while (visible->held_len > 0 && len > 0) {
    bool cr = visible->held[0] == '\r';
    size_t want = cr ? 2 : promised((unsigned char)visible->held[0]);
    bool goes_on = cr ? *bytes == '\n' : is_continuation(*bytes);

    if (goes_on) {
      visible->held[visible->held_len++] = *bytes++;
      len--;
    }
    if (!goes_on || visible->held_len == want)
      visible_end(visible, out);
  }
  if (len == 0)
    return;
  tail = !visible->json && bytes[len - 1] == '\r' ? 1 : cut_tail(bytes, len);
  show(visible, out, bytes, len - tail);
  memcpy(visible->held, bytes + len - tail, tail);
  visible->held_len = (unsigned char)tail;
}

void visible_end(struct visible *visible, struct buf *out)
{
  show(visible, out, visible->held, visible->held_len);
  visible->held_len = 0;
}

/* /api/bomb/MIB?of=KIND: so many MiB of JSON in a gzip stream of a thousandth
 * of that, which is all that deflate can do (RFC 1951): a code for nothing but
 * the longest match, so that two bits stand for 258 bytes.
 *
 *   list      [0,0,…,0]
 *   string    ["aaaa…a"]
 *   space     [      … ]
 */
#include "support/sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>

enum { MATCH = 258, LONGEST = 10 * 1024 /* MiB */ };

static const struct kind {
  const char *name;
  const char *head, *pattern, *tail;
} kinds[] = {
    {"list", "[", "0,", "0]"},
    {"string", "[\"", "a", "\"]"},
    {"space", "[", " ", "]"},
};

/* --- the checksum of what is never written out ------------------------------
 */

#define POLYNOMIAL 0xedb88320u

/* CRC-32 without its inversions: a polynomial, the highest power in bit 0. */
static uint32_t times_x(uint32_t value)
{
  return value >> 1 ^ (POLYNOMIAL & -(value & 1));
}

static uint32_t product(uint32_t a, uint32_t b)
{
  uint32_t sum = 0;

  for (int bit = 31; bit >= 0; bit--) {
    if ((a >> bit & 1) != 0)
      sum ^= b;
    b = times_x(b);
  }
  return sum;
}

static uint32_t crc_of(uint32_t crc, const char *text)
{
  for (; *text != '\0'; text++) {
    crc ^= (unsigned char)*text;
    for (int bit = 0; bit < 8; bit++)
      crc = times_x(crc);
  }
  return crc;
}

/* The register after the text was repeated `count` times. One time is
 * crc -> crc * power + own, which is put together with itself by doubling. */
static uint32_t crc_repeated(uint32_t crc, const char *text, uint64_t count)
{
  uint32_t power = 1u << 31; /* 1 */
  uint32_t own = crc_of(0, text);

  for (size_t i = 0; i < 8 * strlen(text); i++)
    power = times_x(power);
  for (; count > 0; count >>= 1) {
    if ((count & 1) != 0)
      crc = product(crc, power) ^ own;
    own ^= product(own, power);
    power = product(power, power);
  }
  return crc;
}

/* --- deflate ---------------------------------------------------------------
 */

struct bits {
  struct buf *out;
  uint32_t held;
  int count;
};

static void put_bits(struct bits *bits, uint32_t value, int count)
{
  bits->held |= value << bits->count;
  for (bits->count += count; bits->count >= 8; bits->count -= 8) {
    buf_putc(bits->out, (char)(bits->held & 0xff));
    bits->held >>= 8;
  }
}

/* Huffman codes go in with their first bit first. */
static void put_code(struct bits *bits, uint32_t code, int count)
{
  while (count-- > 0)
    put_bits(bits, code >> count & 1, 1);
}

/* A block of fixed codes (§3.2.6). */
static void put_literals(struct bits *bits, bool last, const char *text)
{
  put_bits(bits, last, 1);
  put_bits(bits, 1, 2);
  for (; *text != '\0'; text++)
    put_code(bits, 0x30 + (unsigned char)*text, 8);
  put_code(bits, 0, 7); /* the end */
}

/* So many zeros, 11 to 138, among the lengths of codes. */
static void put_zeros(struct bits *bits, unsigned count)
{
  put_bits(bits, 1, 1);
  put_bits(bits, count - 11, 7);
}

/* A block of codes of its own (§3.2.7), one bit each: 0 and 1 for its end and a
 * match, then for the distances 1 and 2. The lengths of these codes are given
 * in a code as small: 0 is the length 1, 1 a row of zeros. */
static void put_matches(struct bits *bits, uint64_t count, size_t distance)
{
  put_bits(bits, 0, 1);
  put_bits(bits, 2, 2);
  put_bits(bits, 286 - 257, 5);
  put_bits(bits, 2 - 1, 5);
  put_bits(bits, 18 - 4, 4);
  for (int i = 0; i < 18; i++)
    put_bits(bits, i == 2 || i == 17, 3); /* those for rows, and for 1 */
  put_zeros(bits, 138);
  put_zeros(bits, 256 - 138);
  put_bits(bits, 0, 1); /* 256, the end */
  put_zeros(bits, 28);
  put_bits(bits, 0, 3); /* 285, a match; the distances */
  while (count-- > 0)
    put_bits(bits, 1 | (distance == 2) << 1, 2);
  put_bits(bits, 0, 1);
}

static void put_le(struct buf *out, uint32_t value)
{
  for (int i = 0; i < 4; i++, value >>= 8)
    buf_putc(out, (char)(value & 0xff));
}

void api_bomb(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const char *name = param(rq, "of");
  const struct kind *kind = &kinds[0];
  int64_t mib = strtoll(rq->path + strlen("/api/bomb/"), NULL, 10);
  struct bits bits = {.out = &an->body};
  uint64_t matches, repeats;
  size_t len;
  uint32_t crc;

  (void)sb;
  for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
    kind = text_is(name, kinds[i].name) ? &kinds[i] : kind;
  if (mib < 1 || mib > LONGEST) {
    answer_error(an, 404, "not_found", "1 to 10240 MiB");
    return;
  }
  len = strlen(kind->pattern);
  matches = ((uint64_t)mib << 20) / MATCH;
  repeats = 1 + matches * MATCH / len;
  answer_text(an, 200, "application/json", "");
  answer_header(an, "Content-Encoding", "gzip");
  buf_put(&an->body, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  put_literals(&bits, false, kind->head);
  put_literals(&bits, false, kind->pattern);
  put_matches(&bits, matches, len);
  put_literals(&bits, true, kind->tail);
  put_bits(&bits, 0, 7); /* to the end of the byte */
  crc = crc_of(~0u, kind->head);
  crc = crc_repeated(crc, kind->pattern, repeats);
  put_le(&an->body, ~crc_of(crc, kind->tail));
  put_le(&an->body,
         (uint32_t)(strlen(kind->head) + repeats * len + strlen(kind->tail)));
}

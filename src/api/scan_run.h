/* The bytes of JSON that come in runs, many at a time; for scan.c.
 *
 * Each run is found in two ways: one of SSE2 where the machine has it, one of
 * plain 64-bit words for what is left at the end and for other machines. None
 * reads at or behind end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RUN_EACH(c) (UINT64_C(0x0101010101010101) * (c))

/* The top bit of each byte of `eight` that is below `limit` (at most 0x80);
 * bytes above the first such one may be wrong, which is why they are not
 * looked at, bytes from 0x80 on are never below. */
static inline uint64_t run_below(uint64_t eight, unsigned char limit)
{
  return (eight - RUN_EACH(limit)) & ~eight & RUN_EACH(0x80);
}

static inline uint64_t run_load(const char *at)
{
  uint64_t eight;

  memcpy(&eight, at, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  eight = __builtin_bswap64(eight);
#endif
  return eight;
}

/* --- the text of strings: up to '"', '\\' or a control character ---------- */

static inline bool run_is_text(char c)
{
  return c != '"' && c != '\\' && (unsigned char)c >= 0x20;
}

static inline const char *run_text_words(const char *at, const char *end)
{
  for (; end - at >= 8; at += 8) {
    uint64_t eight = run_load(at);
    uint64_t ends = run_below(eight ^ RUN_EACH('"'), 1) |
                    run_below(eight ^ RUN_EACH('\\'), 1) |
                    run_below(eight, 0x20);

    if (ends != 0)
      return at + __builtin_ctzll(ends) / 8;
  }
  while (at < end && run_is_text(*at))
    at++;
  return at;
}

/* --- digits ----------------------------------------------------------------
 */

static inline bool run_is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static inline const char *run_digits_words(const char *at, const char *end)
{
  for (; end - at >= 8; at += 8) {
    uint64_t eight = run_load(at) ^ RUN_EACH('0');
    /* 0 to 9 now; the sum of what is below 0x80 carries nowhere */
    uint64_t ends =
        (eight | ((eight & RUN_EACH(0x7f)) + RUN_EACH(0x76))) & RUN_EACH(0x80);

    if (ends != 0)
      return at + __builtin_ctzll(ends) / 8;
  }
  while (at < end && run_is_digit(*at))
    at++;
  return at;
}

/* --- white space ------------------------------------------------------------
 */

static inline bool run_is_space(char c)
{
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *run_space_words(const char *at, const char *end)
{
  /* Indentation is mostly blanks. */
  for (; end - at >= 8; at += 8) {
    uint64_t others = run_load(at) ^ RUN_EACH(' ');

    if (others != 0) {
      at += __builtin_ctzll(others) / 8;
      break;
    }
  }
  while (at < end && run_is_space(*at))
    at++;
  return at;
}

#ifdef __SSE2__

/* Not by emmintrin.h, which calls the allocator. */
typedef unsigned char run_16 __attribute__((vector_size(16)));
typedef char run_16_signed __attribute__((vector_size(16)));

static inline run_16 run_load_16(const char *at)
{
  run_16 sixteen;

  memcpy(&sixteen, at, sizeof sixteen);
  return sixteen;
}

/* One bit for each byte that a comparison was true for. */
static inline unsigned run_bits(run_16_signed truth)
{
  return (unsigned)__builtin_ia32_pmovmskb128(truth);
}

static inline const char *run_text_sse2(const char *at, const char *end)
{
  for (; end - at >= 16; at += 16) {
    run_16 x = run_load_16(at);
    unsigned ends =
        run_bits((run_16_signed)((x == '"') | (x == '\\') | (x <= 0x1f)));

    if (ends != 0)
      return at + __builtin_ctz(ends);
  }
  return run_text_words(at, end);
}

static inline unsigned run_digit_bits(const char *at)
{
  return run_bits((run_16_signed)(run_load_16(at) - '0' <= 9));
}

static inline const char *run_digits_sse2(const char *at, const char *end)
{
  for (; end - at >= 16; at += 16) {
    unsigned digits = run_digit_bits(at);

    if (digits != 0xffff)
      return at + __builtin_ctz(~digits);
  }
  return run_digits_words(at, end);
}

static inline const char *run_space_sse2(const char *at, const char *end)
{
  for (; end - at >= 16; at += 16) {
    run_16 x = run_load_16(at);
    unsigned spaces = run_bits(
        (run_16_signed)((x == ' ') | (x == '\n') | (x == '\t') | (x == '\r')));

    if (spaces != 0xffff)
      return at + __builtin_ctz(~spaces);
  }
  return run_space_words(at, end);
}

#define run_text run_text_sse2
#define run_digits run_digits_sse2
#define run_space run_space_sse2
#else
#define run_text run_text_words
#define run_digits run_digits_words
#define run_space run_space_words
#endif

/* --- tokens that lie whole in a chunk ---------------------------------------
 */

static inline bool run_is_hex(char c)
{
  return run_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Behind the escape at `at`; NULL where it is none or not whole. */
static inline const char *run_escape(const char *at, const char *end)
{
  if (end - at < 2)
    return NULL;
  switch (at[1]) {
  case '"':
  case '\\':
  case '/':
  case 'b':
  case 'f':
  case 'n':
  case 'r':
  case 't':
    return at + 2;
  case 'u':
    if (end - at >= 6 && run_is_hex(at[2]) && run_is_hex(at[3]) &&
        run_is_hex(at[4]) && run_is_hex(at[5]))
      return at + 6;
    return NULL;
  default:
    return NULL;
  }
}

/* Behind the string that begins at `at` with a quote; NULL where it is none or
 * not whole. */
static inline const char *run_string(const char *at, const char *end)
{
  at++;
  while (at != NULL) {
    at = run_text(at, end);
    if (at == end)
      return NULL;
    if (*at == '"')
      return at + 1;
    if (*at != '\\')
      return NULL;
    at = run_escape(at, end);
  }
  return NULL;
}

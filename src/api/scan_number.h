/* The forms of a number (RFC 8259 §6), for scan.c: taken whole where all of it
 * lies in the chunk, else a byte at a time. */
#pragma once

#include "api/scan_run.h"
#include "base/attr.h"

/* --- a byte at a time -------------------------------------------------------
 */

enum number_state {
  IN_START, /* nothing yet */
  IN_MINUS,
  IN_ZERO, /* a leading zero: no further digit */
  IN_INT,
  IN_POINT,
  IN_FRACTION,
  IN_E,
  IN_SIGN,
  IN_EXPONENT,
};

/* One byte further; false when c does not go on with the number. The first is
 * '-' or a digit. */
static inline bool number_step(unsigned char *state, char c)
{
  switch ((enum number_state) * state) {
  case IN_START:
    *state = c == '-' ? IN_MINUS : c == '0' ? IN_ZERO : IN_INT;
    return true;
  case IN_MINUS:
    *state = c == '0' ? IN_ZERO : IN_INT;
    return run_is_digit(c);
  case IN_INT:
    if (run_is_digit(c))
      return true;
    /* fall through */
  case IN_ZERO:
    if (c != '.' && c != 'e' && c != 'E')
      return false;
    *state = c == '.' ? IN_POINT : IN_E;
    return true;
  case IN_POINT:
    *state = IN_FRACTION;
    return run_is_digit(c);
  case IN_FRACTION:
    if (c != 'e' && c != 'E')
      return run_is_digit(c);
    *state = IN_E;
    return true;
  case IN_E:
    *state = c == '+' || c == '-' ? IN_SIGN : IN_EXPONENT;
    return *state == IN_SIGN || run_is_digit(c);
  case IN_SIGN:
    *state = IN_EXPONENT;
    return run_is_digit(c);
  case IN_EXPONENT:
    return run_is_digit(c);
  }
  return false;
}

static inline bool number_whole(unsigned char state)
{
  return state == IN_ZERO || state == IN_INT || state == IN_FRACTION ||
         state == IN_EXPONENT;
}

/* --- whole ------------------------------------------------------------------
 */

/* Behind the number that begins at `at`; NULL where it is none, or where what
 * is there is not seen to be all of it. */
MAYBE_UNUSED static __attribute__((noinline)) const char *
number_take_slowly(const char *at, const char *end)
{
  const char *from;

  at += *at == '-';
  from = at;
  at = run_digits(at, end);
  if (at == from || at == end || (*from == '0' && at - from > 1))
    return NULL;
  if (*at == '.') {
    from = ++at;
    at = run_digits(at, end);
    if (at == from || at == end)
      return NULL;
  }
  if ((*at | 0x20) != 'e')
    return at;
  if (++at == end)
    return NULL;
  at += *at == '+' || *at == '-';
  from = at;
  at = run_digits(at, end);
  return at == from || at == end ? NULL : at;
}

#ifdef __SSE2__
/* One bit for each of LOOK bytes. */
struct number_look {
  uint64_t digits, points, exponents, signs;
};

static inline void number_look_at(struct number_look *look, const char *at,
                                  unsigned shift)
{
  run_16 x = run_load_16(at);

  look->digits |= (uint64_t)run_bits((run_16_signed)(x - '0' <= 9)) << shift;
  look->points |= (uint64_t)run_bits((run_16_signed)(x == '.')) << shift;
  look->exponents |= (uint64_t)run_bits((run_16_signed)((x | 0x20) == 'e'))
                     << shift;
  look->signs |= (uint64_t)run_bits((run_16_signed)((x == '-') | (x == '+')))
                 << shift;
}

/* The same from one look at the bytes, without a branch that depends on the
 * form of the number: a processor cannot guess it. */
static inline const char *number_take(const char *at, const char *end)
{
  enum { LOOK = 32 };
  struct number_look look = {0};
  uint64_t d, p, e, s, all, wrong;
  unsigned n;

  if (end - at < LOOK)
    return number_take_slowly(at, end);
  number_look_at(&look, at, 0);
  number_look_at(&look, at + 16, 16);
  n = (unsigned)__builtin_ctzll(
      ~(look.digits | look.points | look.exponents | look.signs));
  if (n >= LOOK)
    return number_take_slowly(at, end);
  all = (UINT64_C(1) << n) - 1;
  d = look.digits & all;
  p = look.points & all;
  e = look.exponents & all;
  s = look.signs & all;
  wrong = p & ~(d << 1 & d >> 1);         /* digits around the point */
  wrong |= e & ~(d << 1 & (d | s) >> 1);  /* and around the e */
  wrong |= s & ~((e << 1 | 1) & d >> 1);  /* or a sign behind it */
  wrong |= (p & (p - 1)) | (e & (e - 1)); /* one of each */
  wrong |= (uint64_t)(e != 0) & (p > e);  /* in this order */
  wrong |= (uint64_t)(*at == '+');
  /* no digit behind a zero in front */
  wrong |= (uint64_t)(at[s & 1] == '0') & (d >> ((s & 1) + 1));
  return wrong == 0 ? at + n : NULL;
}
#else
#define number_take number_take_slowly
#endif

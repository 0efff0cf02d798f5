#include "api/scan.h"

#include <string.h>

/* The text is read by two small machines: `want` says which token may come
 * next, `state` where in a token the last chunk ended. Between the two no
 * byte is kept. Nesting is one bit a level. */

enum want {
  WANT_TOP,         /* a document, or the end */
  WANT_GAP,         /* white space behind a scalar document, or the end */
  WANT_VALUE,       /* behind ':' or ',' */
  WANT_FIRST_VALUE, /* behind '[': also ']' */
  WANT_FIRST_KEY,   /* behind '{': also '}' */
  WANT_KEY,         /* behind ',' */
  WANT_COLON,
  WANT_NEXT, /* ',' or the end of the container */
  WANT_NOTHING,
};

enum string_state {
  IN_TEXT,
  IN_ESCAPE, /* behind the backslash */
  IN_HEX_1,  /* \u: four hex digits to come */
  IN_HEX_2,
  IN_HEX_3,
  IN_HEX_4,
};

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

void scan_init(struct scan *scan)
{
  memset(scan, 0, sizeof *scan);
}

bool scan_is_array(const struct scan *scan, unsigned depth)
{
  return (scan->arrays[(depth - 1) / 64] >> ((depth - 1) % 64) & 1) != 0;
}

static enum scan_event bad(struct scan *scan)
{
  scan->want = WANT_NOTHING;
  scan->token = 0;
  return SCAN_BAD;
}

/* What may follow a value that has just ended. */
static void value_ended(struct scan *scan, bool container)
{
  if (scan->depth > 0)
    scan->want = WANT_NEXT;
  else
    scan->want = container ? WANT_TOP : WANT_GAP;
}

static void set_piece(struct scan *scan, const char *bytes, size_t len,
                      bool last, struct scan_piece *piece)
{
  piece->bytes = bytes;
  piece->len = len;
  piece->first = scan->first;
  piece->last = last;
  scan->first = false;
}

/* --- strings ------------------------------------------------------------- */

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Whether one of eight bytes is '"', '\\' or a control character. Bytes from
 * 0x80 on are none of these. */
static inline bool any_special(uint64_t eight)
{
  uint64_t quote = eight ^ EACH_BYTE('"');
  uint64_t backslash = eight ^ EACH_BYTE('\\');

  quote = (quote - EACH_BYTE(1)) & ~quote;
  backslash = (backslash - EACH_BYTE(1)) & ~backslash;
  return ((quote | backslash | ((eight - EACH_BYTE(0x20)) & ~eight)) &
          EACH_BYTE(0x80)) != 0;
}

static const char *skip_text(const char *at, const char *end)
{
  uint64_t eight;

  for (; end - at >= 8; at += 8) {
    memcpy(&eight, at, 8);
    if (any_special(eight))
      break;
  }
  while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
    at++;
  return at;
}

static bool is_hex(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

/* One byte of an escape; false when it is none. */
static bool escape_step(struct scan *scan, char c)
{
  if (scan->state == IN_ESCAPE) {
    if (c == 'u')
      scan->state = IN_HEX_1;
    else if (c != '\0' && strchr("\"\\/bfnrt", c) != NULL)
      scan->state = IN_TEXT;
    else
      return false;
    return true;
  }
  if (!is_hex(c))
    return false;
  scan->state = scan->state == IN_HEX_4 ? IN_TEXT : scan->state + 1;
  return true;
}

static enum scan_event string_piece(struct scan *scan, const char **at,
                                    const char *end, struct scan_piece *piece)
{
  enum scan_event event = scan->token;
  const char *from = *at;
  const char *p = from;

  if (scan->first)
    p++; /* the opening quote */
  while (p < end) {
    if (scan->state != IN_TEXT) {
      if (!escape_step(scan, *p))
        break;
      p++;
      continue;
    }
    p = skip_text(p, end);
    if (p == end || (unsigned char)*p < 0x20)
      break;
    if (*p++ == '\\') {
      scan->state = IN_ESCAPE;
      continue;
    }
    set_piece(scan, from, (size_t)(p - from), true, piece);
    *at = p;
    scan->token = 0;
    if (event == SCAN_KEY)
      scan->want = WANT_COLON;
    else
      value_ended(scan, false);
    return event;
  }
  if (p == from)
    return p == end ? SCAN_MORE : bad(scan);
  set_piece(scan, from, (size_t)(p - from), false, piece);
  *at = p;
  return event;
}

/* --- numbers and words --------------------------------------------------- */

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* One byte further; false when c does not go on with the number. */
static bool number_step(struct scan *scan, char c)
{
  switch ((enum number_state)scan->state) {
  case IN_START:
    scan->state = c == '-' ? IN_MINUS : c == '0' ? IN_ZERO : IN_INT;
    return true;
  case IN_MINUS:
    scan->state = c == '0' ? IN_ZERO : IN_INT;
    return is_digit(c);
  case IN_INT:
    if (is_digit(c))
      return true;
    /* fall through */
  case IN_ZERO:
    if (c != '.' && c != 'e' && c != 'E')
      return false;
    scan->state = c == '.' ? IN_POINT : IN_E;
    return true;
  case IN_POINT:
    scan->state = IN_FRACTION;
    return is_digit(c);
  case IN_FRACTION:
    if (c != 'e' && c != 'E')
      return is_digit(c);
    scan->state = IN_E;
    return true;
  case IN_E:
    scan->state = c == '+' || c == '-' ? IN_SIGN : IN_EXPONENT;
    return scan->state == IN_SIGN || is_digit(c);
  case IN_SIGN:
    scan->state = IN_EXPONENT;
    return is_digit(c);
  case IN_EXPONENT:
    return is_digit(c);
  }
  return false;
}

static bool number_whole(const struct scan *scan)
{
  return scan->state == IN_ZERO || scan->state == IN_INT ||
         scan->state == IN_FRACTION || scan->state == IN_EXPONENT;
}

static enum scan_event number_piece(struct scan *scan, const char **at,
                                    const char *end, struct scan_piece *piece)
{
  const char *from = *at;
  const char *p = from;
  bool whole = false;

  while (p < end) {
    whole = number_whole(scan);
    if (!number_step(scan, *p))
      break;
    p++;
    if (scan->state == IN_INT || scan->state == IN_FRACTION) {
      while (p < end && is_digit(*p))
        p++;
    }
  }
  if (p == end) {
    if (p == from)
      return SCAN_MORE;
    set_piece(scan, from, (size_t)(p - from), false, piece);
    *at = p;
    return SCAN_NUMBER;
  }
  if (!whole && p == from)
    return bad(scan);
  set_piece(scan, from, (size_t)(p - from), whole, piece);
  *at = p;
  if (whole) {
    scan->token = 0;
    value_ended(scan, false);
  } else {
    /* The piece is given, the next call finds what is wrong. */
    scan->token = 0;
    scan->want = WANT_NOTHING;
  }
  return SCAN_NUMBER;
}

static enum scan_event word_piece(struct scan *scan, const char **at,
                                  const char *end, struct scan_piece *piece)
{
  const char *from = *at;
  const char *p = from;

  while (p < end && *scan->word != '\0' && *p == *scan->word) {
    p++;
    scan->word++;
  }
  if (p == from)
    return p == end ? SCAN_MORE : bad(scan);
  set_piece(scan, from, (size_t)(p - from), *scan->word == '\0', piece);
  *at = p;
  if (piece->last) {
    scan->token = 0;
    value_ended(scan, false);
  }
  return SCAN_WORD;
}

/* --- between tokens ------------------------------------------------------ */

static enum scan_event punctuation(struct scan *scan, enum scan_event event,
                                   const char **at, struct scan_piece *piece)
{
  scan->first = true;
  set_piece(scan, (*at)++, 1, true, piece);
  return event;
}

static enum scan_event open_container(struct scan *scan, const char **at,
                                      struct scan_piece *piece)
{
  bool array = **at == '[';
  uint64_t bit = UINT64_C(1) << (scan->depth % 64);
  uint64_t *bits = &scan->arrays[scan->depth / 64];

  *bits = array ? *bits | bit : *bits & ~bit;
  scan->depth++;
  scan->want = array ? WANT_FIRST_VALUE : WANT_FIRST_KEY;
  return punctuation(scan, SCAN_OPEN, at, piece);
}

static enum scan_event close_container(struct scan *scan, const char **at,
                                       struct scan_piece *piece)
{
  scan->depth--;
  value_ended(scan, true);
  return punctuation(scan, SCAN_CLOSE, at, piece);
}

static enum scan_event next_or_close(struct scan *scan, const char **at,
                                     struct scan_piece *piece)
{
  bool array = scan_is_array(scan, scan->depth);

  if (**at == (array ? ']' : '}'))
    return close_container(scan, at, piece);
  if (**at != ',')
    return bad(scan);
  scan->want = array ? WANT_VALUE : WANT_KEY;
  return punctuation(scan, SCAN_COMMA, at, piece);
}

static enum scan_event start_token(struct scan *scan, enum scan_event event,
                                   const char **at, const char *end,
                                   struct scan_piece *piece)
{
  scan->token = (unsigned char)event;
  scan->state = 0;
  scan->first = true;
  if (event == SCAN_NUMBER)
    return number_piece(scan, at, end, piece);
  if (event == SCAN_WORD)
    return word_piece(scan, at, end, piece);
  return string_piece(scan, at, end, piece);
}

static enum scan_event start_value(struct scan *scan, const char **at,
                                   const char *end, struct scan_piece *piece)
{
  switch (**at) {
  case '{':
  case '[':
    if (scan->depth == SCAN_DEPTH)
      return bad(scan);
    return open_container(scan, at, piece);
  case '"':
    return start_token(scan, SCAN_STRING, at, end, piece);
  case 't':
    scan->word = "true";
    return start_token(scan, SCAN_WORD, at, end, piece);
  case 'f':
    scan->word = "false";
    return start_token(scan, SCAN_WORD, at, end, piece);
  case 'n':
    scan->word = "null";
    return start_token(scan, SCAN_WORD, at, end, piece);
  default:
    if (**at != '-' && !is_digit(**at))
      return bad(scan);
    return start_token(scan, SCAN_NUMBER, at, end, piece);
  }
}

static enum scan_event start_next(struct scan *scan, const char **at,
                                  const char *end, struct scan_piece *piece)
{
  char c = **at;

  switch ((enum want)scan->want) {
  case WANT_FIRST_VALUE:
    if (c == ']')
      return close_container(scan, at, piece);
    /* fall through */
  case WANT_TOP:
  case WANT_VALUE:
    return start_value(scan, at, end, piece);
  case WANT_FIRST_KEY:
    if (c == '}')
      return close_container(scan, at, piece);
    /* fall through */
  case WANT_KEY:
    if (c != '"')
      return bad(scan);
    return start_token(scan, SCAN_KEY, at, end, piece);
  case WANT_COLON:
    if (c != ':')
      return bad(scan);
    scan->want = WANT_VALUE;
    return punctuation(scan, SCAN_COLON, at, piece);
  case WANT_NEXT:
    return next_or_close(scan, at, piece);
  case WANT_GAP:
  case WANT_NOTHING:
    break;
  }
  return bad(scan);
}

/* A byte order mark at the very beginning may be ignored (RFC 8259 §8.1).
 * false for a part of one. */
static bool skip_bom(struct scan *scan, const char **at, const char *end)
{
  while (scan->bom < SCAN_BOM && *at < end &&
         **at == "\xef\xbb\xbf"[scan->bom]) {
    scan->bom++;
    ++*at;
  }
  if (*at == end)
    return true;
  if (scan->bom % SCAN_BOM != 0)
    return false;
  scan->bom = SCAN_BOM;
  return true;
}

static bool is_space(char c)
{
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

enum scan_event scan_next(struct scan *scan, const char **at, const char *end,
                          struct scan_piece *piece)
{
  const char *p = *at;

  switch (scan->token) {
  case SCAN_KEY:
  case SCAN_STRING:
    return string_piece(scan, at, end, piece);
  case SCAN_NUMBER:
    return number_piece(scan, at, end, piece);
  case SCAN_WORD:
    return word_piece(scan, at, end, piece);
  default:
    break;
  }
  if (scan->want == WANT_NOTHING)
    return SCAN_BAD;
  if (scan->bom < SCAN_BOM && !skip_bom(scan, &p, end)) {
    *at = p;
    return bad(scan);
  }
  while (p < end && is_space(*p)) {
    if (scan->want == WANT_GAP)
      scan->want = WANT_TOP;
    p++;
  }
  *at = p;
  if (p == end)
    return SCAN_MORE;
  return start_next(scan, at, end, piece);
}

bool scan_may_end(const struct scan *scan)
{
  if (scan->depth > 0 || scan->bom % SCAN_BOM != 0)
    return false;
  if (scan->token == SCAN_NUMBER)
    return number_whole(scan);
  return scan->token == 0 && (scan->want == WANT_TOP || scan->want == WANT_GAP);
}

bool scan_is_value(const char *text, size_t len)
{
  struct scan scan;
  struct scan_piece piece;
  enum scan_event event;
  const char *at = text;
  const char *end = text + len;
  int values = 0;

  scan_init(&scan);
  while ((event = scan_next(&scan, &at, end, &piece)) > SCAN_BAD) {
    if (event == SCAN_OPEN)
      values += scan.depth == 1;
    else if (event >= SCAN_STRING)
      values += scan.depth == 0 && piece.first;
  }
  return event == SCAN_MORE && values == 1 && scan_may_end(&scan);
}

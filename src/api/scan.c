#include "api/scan.h"

#include "api/scan_number.h"
#include "api/scan_run.h"

#include <string.h>

/* The text is read by two small machines: `want` says which token may come
 * next, `state` where in a token the last chunk ended. Between the two no
 * byte is kept. Nesting is one bit a level.
 *
 * Most tokens lie whole in their chunk, and are found at once (scan_run.h);
 * the machine of states reads those that a chunk's end cuts, and finds what is
 * wrong with the others. */

enum want {
  WANT_BEGINNING,   /* a byte order mark, or as WANT_TOP */
  WANT_TOP,         /* a document, or the end */
  WANT_GAP,         /* white space behind a scalar document, or the end */
  WANT_VALUE,       /* behind ':' or ',' */
  WANT_FIRST_VALUE, /* behind '[': also ']' */
  WANT_FIRST_KEY,   /* behind '{': also '}' */
  WANT_KEY,         /* behind ',' */
  WANT_COLON,
  WANT_NEXT, /* ',' or the end of the container */
  WANT_REST, /* of a token */
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

/* Kept out of the way of what most bytes take. */
#define SLOW __attribute__((noinline, cold))

void scan_init(struct scan *scan)
{
  memset(scan, 0, sizeof *scan);
}

bool scan_is_array(const struct scan *scan, unsigned depth)
{
  return (scan->arrays[(depth - 1) / 64] >> ((depth - 1) % 64) & 1) != 0;
}

static SLOW enum scan_event bad(struct scan *scan)
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
  if (!run_is_hex(c))
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
    p = run_text(p, end);
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

static enum scan_event number_piece(struct scan *scan, const char **at,
                                    const char *end, struct scan_piece *piece)
{
  const char *from = *at;
  const char *p = from;
  bool whole = false;

  while (p < end) {
    whole = number_whole(scan->state);
    if (!number_step(&scan->state, *p))
      break;
    p++;
    if (scan->state == IN_INT || scan->state == IN_FRACTION) {
      while (p < end && run_is_digit(*p))
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

static inline enum scan_event whole(enum scan_event event, const char **at,
                                    const char *behind,
                                    struct scan_piece *piece)
{
  piece->bytes = *at;
  piece->len = (size_t)(behind - *at);
  piece->first = piece->last = true;
  *at = behind;
  return event;
}

static inline enum scan_event
punctuation(enum scan_event event, const char **at, struct scan_piece *piece)
{
  return whole(event, at, *at + 1, piece);
}

static enum scan_event open_container(struct scan *scan, const char **at,
                                      struct scan_piece *piece)
{
  bool array = **at == '[';
  uint64_t bit = UINT64_C(1) << (scan->depth % 64);
  uint64_t *bits = &scan->arrays[scan->depth / 64];

  if (scan->depth == SCAN_DEPTH)
    return bad(scan);
  *bits = array ? *bits | bit : *bits & ~bit;
  scan->depth++;
  scan->want = array ? WANT_FIRST_VALUE : WANT_FIRST_KEY;
  return punctuation(SCAN_OPEN, at, piece);
}

static enum scan_event close_container(struct scan *scan, const char **at,
                                       struct scan_piece *piece)
{
  scan->depth--;
  value_ended(scan, true);
  return punctuation(SCAN_CLOSE, at, piece);
}

static inline enum scan_event next_or_close(struct scan *scan, const char **at,
                                            struct scan_piece *piece)
{
  bool array = scan_is_array(scan, scan->depth);

  if (**at == ',') {
    scan->want = array ? WANT_VALUE : WANT_KEY;
    return punctuation(SCAN_COMMA, at, piece);
  }
  if (**at != (array ? ']' : '}'))
    return bad(scan);
  return close_container(scan, at, piece);
}

/* A token that does not lie whole in the chunk, or is none. */
static SLOW enum scan_event start_token(struct scan *scan,
                                        enum scan_event event, const char **at,
                                        const char *end,
                                        struct scan_piece *piece)
{
  scan->want = WANT_REST;
  scan->token = (unsigned char)event;
  scan->state = 0;
  scan->first = true;
  if (event == SCAN_NUMBER)
    return number_piece(scan, at, end, piece);
  if (event == SCAN_WORD)
    return word_piece(scan, at, end, piece);
  return string_piece(scan, at, end, piece);
}

static inline enum scan_event start_key(struct scan *scan, const char **at,
                                        const char *end,
                                        struct scan_piece *piece)
{
  const char *behind;

  if (**at != '"')
    return bad(scan);
  behind = run_string(*at, end);
  if (behind == NULL)
    return start_token(scan, SCAN_KEY, at, end, piece);
  scan->want = WANT_COLON;
  return whole(SCAN_KEY, at, behind, piece);
}

static inline enum scan_event start_word(struct scan *scan, const char **at,
                                         const char *end,
                                         struct scan_piece *piece)
{
  bool five = **at == 'f';

  scan->word = five ? "false" : **at == 't' ? "true" : "null";
  if (end - *at < 4 + five ||
      memcmp(*at + five, five ? "alse" : scan->word, 4) != 0)
    return start_token(scan, SCAN_WORD, at, end, piece);
  value_ended(scan, false);
  return whole(SCAN_WORD, at, *at + 4 + five, piece);
}

static inline enum scan_event start_value(struct scan *scan, const char **at,
                                          const char *end,
                                          struct scan_piece *piece)
{
  enum scan_event event = SCAN_NUMBER;
  const char *behind;

  switch (**at) {
  case '{':
  case '[':
    return open_container(scan, at, piece);
  case 't':
  case 'f':
  case 'n':
    return start_word(scan, at, end, piece);
  case '"':
    event = SCAN_STRING;
    behind = run_string(*at, end);
    break;
  default:
    if (**at != '-' && !run_is_digit(**at))
      return bad(scan);
    behind = number_take(*at, end);
    break;
  }
  if (behind == NULL)
    return start_token(scan, event, at, end, piece);
  value_ended(scan, false);
  return whole(event, at, behind, piece);
}

/* A byte order mark at the very beginning may be ignored (RFC 8259 §8.1).
 * false for a part of one. */
static SLOW bool skip_bom(struct scan *scan, const char **at, const char *end)
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
  scan->want = WANT_TOP;
  return true;
}

static SLOW enum scan_event go_on(struct scan *scan, const char **at,
                                  const char *end, struct scan_piece *piece)
{
  switch (scan->token) {
  case SCAN_KEY:
  case SCAN_STRING:
    return string_piece(scan, at, end, piece);
  case SCAN_NUMBER:
    return number_piece(scan, at, end, piece);
  case SCAN_WORD:
    return word_piece(scan, at, end, piece);
  default:
    return SCAN_BAD;
  }
}

/* Passes over white space. */
static inline void to_next(struct scan *scan, const char **at, const char *end)
{
  if (*at == end || !run_is_space(**at))
    return;
  if (scan->want == WANT_GAP)
    scan->want = WANT_TOP;
  ++*at;
  if (*at < end && run_is_space(**at))
    *at = run_space(*at, end);
}

static inline enum scan_event next(struct scan *scan, const char **at,
                                   const char *end, struct scan_piece *piece)
{
  if (scan->want >= WANT_REST)
    return go_on(scan, at, end, piece);
  if (scan->want == WANT_BEGINNING && !skip_bom(scan, at, end))
    return bad(scan);
  to_next(scan, at, end);
  if (*at == end)
    return SCAN_MORE;
  switch ((enum want)scan->want) {
  case WANT_FIRST_VALUE:
    if (**at == ']')
      return close_container(scan, at, piece);
    return start_value(scan, at, end, piece);
  case WANT_BEGINNING:
  case WANT_TOP:
  case WANT_VALUE:
    return start_value(scan, at, end, piece);
  case WANT_FIRST_KEY:
    if (**at == '}')
      return close_container(scan, at, piece);
    return start_key(scan, at, end, piece);
  case WANT_KEY:
    return start_key(scan, at, end, piece);
  case WANT_COLON:
    if (**at != ':')
      return bad(scan);
    scan->want = WANT_VALUE;
    return punctuation(SCAN_COLON, at, piece);
  case WANT_NEXT:
    return next_or_close(scan, at, piece);
  case WANT_GAP:
  case WANT_REST:
  case WANT_NOTHING:
    break;
  }
  return bad(scan);
}

__attribute__((flatten)) enum scan_event scan_next(struct scan *scan,
                                                   const char **at,
                                                   const char *end,
                                                   struct scan_piece *piece)
{
  return next(scan, at, end, piece);
}

__attribute__((flatten)) enum scan_event
scan_leave(struct scan *scan, unsigned depth, const char **at, const char *end,
           struct scan_piece *piece)
{
  enum scan_event event;

  do
    event = next(scan, at, end, piece);
  while (event > SCAN_BAD && scan->depth > depth);
  return event;
}

bool scan_may_end(const struct scan *scan)
{
  if (scan->depth > 0 || scan->bom % SCAN_BOM != 0)
    return false;
  if (scan->token == SCAN_NUMBER)
    return number_whole(scan->state);
  return scan->want <= WANT_GAP;
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

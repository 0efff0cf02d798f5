/* JSON (RFC 8259) taken apart as it arrives, in constant memory.
 *
 * Any piece of a text may be given at a time. What comes out is what stands
 * there: strings with their quotes and escapes, numbers digit by digit. A
 * token that the end of a chunk cuts comes in several pieces. Documents may
 * follow each other (NDJSON, RFC 7464's text sequences aside).
 *
 *     while ((event = scan_next(&scan, &at, end, &piece)) > SCAN_BAD)
 *       …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  SCAN_DEPTH = 1024, /* deeper nesting is SCAN_BAD */
  SCAN_BOM = 3,      /* the length of a byte order mark */
};

enum scan_event {
  SCAN_MORE,  /* everything up to end was taken */
  SCAN_BAD,   /* what *at points to does not belong there; stays so */
  SCAN_OPEN,  /* { or [; scan->depth counts it already */
  SCAN_CLOSE, /* } or ]; scan->depth counts it no more */
  SCAN_COMMA,
  SCAN_COLON,
  SCAN_KEY, /* from here on in pieces */
  SCAN_STRING,
  SCAN_NUMBER,
  SCAN_WORD, /* true, false, null */
};

/* A part of a token, without a NUL. A last piece may be empty: a number's end
 * is known from what follows it. */
struct scan_piece {
  const char *bytes;
  size_t len;
  bool first, last;
};

/* Private, but for depth, how many containers are open, and bom, how many bytes
 * of a byte order mark were passed over. */
struct scan {
  unsigned depth;
  unsigned char bom;
  unsigned char want;  /* what may come next, between tokens */
  unsigned char token; /* the event of the token that is being read, or 0 */
  unsigned char state; /* within it */
  bool first;          /* no piece of the token has been given yet */
  const char *word;    /* SCAN_WORD: what must still follow */
  uint64_t arrays[SCAN_DEPTH / 64]; /* one bit a level: [ or { */
};

void scan_init(struct scan *scan);

/* The next event of [*at, end); *at moves behind it. piece is set from
 * SCAN_OPEN on; for punctuation it is the one byte. */
enum scan_event scan_next(struct scan *scan, const char **at, const char *end,
                          struct scan_piece *piece);

/* As scan_next(), but passes over all events after which more than `depth`
 * containers are open: inside a container at depth + 1 the next event that is
 * told is the SCAN_CLOSE of it. What a chunk's end cuts goes on with the next
 * call. */
enum scan_event scan_leave(struct scan *scan, unsigned depth, const char **at,
                           const char *end, struct scan_piece *piece);

/* Whether the text may end here: between documents, or behind the digits of
 * a number that is one. */
bool scan_may_end(const struct scan *scan);

/* Whether the open container number `depth` (1: the outermost) is an array. */
bool scan_is_array(const struct scan *scan, unsigned depth);

/* Whether text is one JSON value and nothing else. Numbers of any length and
 * size are fine. */
bool scan_is_value(const char *text, size_t len);

/* Ranges of bytes (RFC 9110 §14): what it takes to go on where a body broke
 * off, and whether an answer does. Nothing here waits, reads or writes.
 *
 * Bytes of two answers belong together only when both are of one
 * representation: of the same strong entity tag or, where there is none, of a
 * Last-Modified that lies a minute before the answer's Date (§8.8.2.2), and
 * neither was encoded. */
#pragma once

#include "base/err.h"
#include "http/client.h"

#include <stdbool.h>
#include <stdint.h>

enum { RANGE_VALIDATOR_MAX = 1024 };

/* Content-Range: first to end, which is behind the last byte, of total (-1: not
 * said). first -1: no such range, "bytes *" "/N". false for what is none. */
struct range_span {
  int64_t first, end, total;
};
NODISCARD bool range_read(struct range_span *ret_span, const char *field);

/* Whether text can stand in If-Range: a strong entity tag or a date. */
bool range_is_validator(const char *text);

/* How far a body has come. */
struct range {
  char *validator; /* for If-Range; NULL: it cannot go on */
  int64_t at;      /* the next byte; grown by whoever takes the body */
  int64_t end;     /* behind the last that is wanted; -1: not known */
  int64_t total;   /* -1: not known */
};
void range_clear(struct range *range);
#define AUTO_RANGE __attribute__((cleanup(range_clear)))

/* An answer of 200 begins, or one of 206 to a range that the user asked for.
 * Of any other, of an encoded one, and of one whose server has no ranges
 * (Accept-Ranges: none), validator is NULL and nothing is known. E_NOMEM. */
NODISCARD enum code range_begin(struct range *ret_range,
                                const struct http_answer *answer,
                                struct err *err);

/* Range, If-Range and Accept-Encoding: identity for what is missing, in the
 * place of those that are there. */
NODISCARD enum code range_ask(const struct range *range,
                              struct headers *headers, struct err *err);

enum range_is {
  RANGE_GOES_ON,  /* 206, from the next byte on */
  RANGE_SAME,     /* 200: the same bytes from the first one on */
  RANGE_OTHER,    /* 200: others, or none can tell */
  RANGE_COMPLETE, /* 416: nothing is missing */
  RANGE_WRONG,    /* 206 or 416 that does not fit */
  RANGE_FAILED,   /* another status */
};
/* What an answer to range_ask() is. end and total become known by
 * RANGE_GOES_ON. */
enum range_is range_judge(struct range *range,
                          const struct http_answer *answer);

/* Whether all is there; what no length was stated of ends with its answer. */
bool range_is_whole(const struct range *range);

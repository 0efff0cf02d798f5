/* A kept answer as one file has it: a head, which this reads and writes, and
 * the body behind it. Pure.
 *
 * The head is text, a line each, and begins with a line of fixed length: what
 * it is, the lengths of head and body, and a checksum of everything behind that
 * line. So a file that a crash left short or full of zeros, or that a disk
 * spoilt, is known before a byte of it is used. The checksum guards against
 * accidents; against others the file's mode does. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  KEPT_LINE = 48,              /* bytes of the first line, its end included */
  KEPT_HEAD_MAX = 256 * 1024,  /* behind it */
  KEPT_BODY_MAX = 8 * 1048576, /* more is not kept */
  KEPT_NAME = 64,              /* hexadecimal digits */
};

struct kept {
  char name[KEPT_NAME + 1];      /* whose answer to what (answers.h) */
  int64_t asked_at, received_at; /* wall seconds; of the last exchange that
                                    made or confirmed it */
  int status;
  char *version, *reason;   /* "HTTP/2", "OK" */
  struct headers selecting; /* fresh_vary() */
  struct headers headers;   /* fresh_keep() */
};
void kept_clear(struct kept *kept);
#define AUTO_KEPT __attribute__((cleanup(kept_clear)))

/* Sum of all bytes in their order, in any pieces. */
struct kept_sum {
  uint64_t state, tail; /* tail: bytes that make no whole word yet */
  uint64_t len;
};
void kept_sum_start(struct kept_sum *sum);
void kept_sum_add(struct kept_sum *sum, const void *bytes, size_t len);
uint64_t kept_sum_end(const struct kept_sum *sum);

/* The head without its first line. E_LOCAL when it is too long. */
NODISCARD enum code kept_write(const struct kept *kept, struct buf *out,
                               struct err *err);

/* false: it is none, to the last byte. */
NODISCARD bool kept_read(const char *bytes, size_t len, struct kept *ret_kept);

/* The first line, and what it says. */
struct kept_line {
  size_t head_len, body_len;
  uint64_t sum;
};
void kept_line_write(char ret_line[static KEPT_LINE + 1],
                     const struct kept_line *line);
NODISCARD bool kept_line_read(const char bytes[static KEPT_LINE],
                              struct kept_line *ret_line);

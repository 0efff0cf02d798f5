/* The lines of a batch, one at a time, from a file or from a pipe that others
 * still write to. Memory: the longest line.
 *
 * Nothing here waits: where a pipe or a terminal has no whole line yet,
 * BATCH_WAIT says so, and batch_lines_fd() can be polled for more. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch_lines;

/* The longest line, without its end. */
enum { BATCH_LINE_MAX = 16 * 1024 * 1024 };

/* path: a file, or "-" for standard input. Lines before the one numbered
 * `from` (1: the first) are passed over. E_USAGE. */
NODISCARD enum code batch_lines_open(struct batch_lines **ret_lines,
                                     const char *path, uint64_t from,
                                     struct err *err);

struct batch_line {
  const char *text; /* NUL behind it, valid until the next call */
  size_t len;       /* blanks and CR at its ends are taken off */
  uint64_t number;  /* as an editor counts: from 1, with the blank ones */
  bool too_long;    /* over BATCH_LINE_MAX; text is "" */
};

enum batch_next {
  BATCH_LINE,
  BATCH_WAIT, /* none yet */
  BATCH_END,
};

/* Lines that are blank are passed over; a byte order mark at the beginning too.
 * E_LOCAL: it cannot be read any more. */
NODISCARD enum code batch_lines_next(struct batch_lines *lines,
                                     enum batch_next *ret_next,
                                     struct batch_line *ret_line,
                                     struct err *err);

/* What to wait for after BATCH_WAIT. */
int batch_lines_fd(const struct batch_lines *lines);

/* The line that comes next; the number behind the last one at the end. */
uint64_t batch_lines_at(const struct batch_lines *lines);

/* How many bytes of the file were handed out or passed over, and how many it
 * has; -1: unknown. */
int64_t batch_lines_taken(const struct batch_lines *lines);
int64_t batch_lines_size(const struct batch_lines *lines);

void batch_lines_free(struct batch_lines *lines); /* NULL is fine */
DEFINE_AUTO(batch_lines)

/* JSON indented and coloured as it arrives, in constant memory: two spaces a
 * level, a line end behind each document.
 *
 * Only white space between tokens changes: numbers, strings, key order and
 * duplicate members come out byte for byte. Where the text stops being JSON,
 * what was written stays and the rest is passed on as it is. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct format;

/* Where text goes. Non-OK ends it. */
struct format_sink {
  enum code (*write)(void *user, const void *bytes, size_t len,
                     struct err *err);
  void *user;
};

/* Terminal sequences in front of a token; NULL: none. */
struct format_colors {
  const char *key, *string, *number, *word;
  const char *reset;
};

/* terminal: control and bidi characters are shown instead of sent
 * (api/visible.h). colors may be NULL. All is copied but the sequences. */
NODISCARD enum code format_new(struct format **ret_format, bool terminal,
                               const struct format_colors *colors,
                               struct format_sink sink, struct err *err);

/* What comes is no JSON, whatever it looks like: it is passed on as it is. */
void format_as_text(struct format *format);

/* Everything that bytes complete is written before it returns. */
NODISCARD enum code format_feed(struct format *format, const void *bytes,
                                size_t len, struct err *err);

/* The text ends here. *ret_whole (may be NULL): it was JSON to the end. */
NODISCARD enum code format_end(struct format *format, bool *ret_whole,
                               struct err *err);

void format_free(struct format *format); /* NULL is fine */
DEFINE_AUTO(format)

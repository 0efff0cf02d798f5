/* A server's text on its way to a terminal, as it arrives: control, bidi and
 * zero-width characters and what is not UTF-8 are shown instead of sent
 * (codec_visible() decides which these are). Line ends and tabs stay. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct visible {
  bool json; /* inside a JSON string: \u202e, so that it stays JSON */
  unsigned char held_len;
  char held[4]; /* a character, or CR, that the last chunk's end has cut */
};

/* {0} or {.json = true} starts. */
void visible_feed(struct visible *visible, struct buf *out, const char *bytes,
                  size_t len);

/* The text ends here: what was held back comes out. */
void visible_end(struct visible *visible, struct buf *out);

/* How many bytes from at on are plain: 0x20 to 0x7e. */
size_t visible_plain(const char *at, size_t len);

/* JSON strings made and read, byte by byte. */
#pragma once

#include "base/buf.h"

#include <stddef.h>

/* Appends text as a JSON string, quotes included. Bytes that are not UTF-8 are
 * the caller's to refuse. */
void quote_json(struct buf *out, const char *text, size_t len);

/* Appends the text of a string token (as scan_next() found it valid), quotes
 * included in raw: escapes undone, a lone surrogate becoming U+FFFD. */
void quote_undo(struct buf *out, const char *raw, size_t len);

/* Appends a code point in UTF-8. */
void quote_utf8(struct buf *out, unsigned code_point);

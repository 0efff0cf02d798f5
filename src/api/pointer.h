/* The value at an RFC 6901 pointer, taken out of JSON as it arrives.
 *
 * It comes out byte for byte, inner white space included, with a line end
 * behind it. Of duplicate members the first that leads to a value counts; each
 * document of a row of them (NDJSON) is searched. Memory: the pointer's length.
 */
#pragma once

#include "api/format.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct pointer;

/* E_USAGE for what is no pointer: "" or "/a/b~1c". */
NODISCARD enum code pointer_new(struct pointer **ret_pointer, const char *text,
                                struct format_sink sink, struct err *err);

NODISCARD enum code pointer_feed(struct pointer *pointer, const void *bytes,
                                 size_t len, struct err *err);

/* E_NOT_FOUND when nothing was there; E_ANSWER when the text was not JSON to
 * its end (what was found before that has been written). */
NODISCARD enum code pointer_end(struct pointer *pointer, struct err *err);

/* A value, or its beginning, has been found. */
bool pointer_found(const struct pointer *pointer);

void pointer_free(struct pointer *pointer); /* NULL is fine */
DEFINE_AUTO(pointer)

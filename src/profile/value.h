/* A member's value on its way in and out: from a word on a command line to
 * JSON, from JSON into a struct, and from JSON to a word for people. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "profile/schema.h"

#include <jansson.h>

/* What a member states in a document; NULL when it is absent or null there.
 * Borrowed. */
json_t *value_get(const json_t *document, const char *path);

/* As value_get, a text. */
const char *value_text(const json_t *document, const char *path);

/* As `profile set MEMBER=text` means it; lists are split at blanks. Only the
 * shape is brought about, the check is check_document()'s. E_USAGE, with a
 * message that reads on from the member's path: "must be true or false". */
NODISCARD enum code value_from_text(const struct member *row, const char *text,
                                    json_t **ret_value, struct err *err);

/* For people: a text as it is, lists joined by ", ", all else compact JSON. */
NODISCARD enum code value_show(const json_t *value, struct buf *out,
                               struct err *err);

/* Whole seconds of a SHAPE_SECONDS value. */
bool value_seconds(const json_t *value, int64_t *ret_seconds);

/* Sets every target of the table from document, which is well-formed, or from
 * the row's fallback. base is a zeroed struct of the table's kind; it owns the
 * texts and lists, and borrows the JSON from document. */
NODISCARD enum code value_fill(const struct schema *schema, json_t *document,
                               void *base, struct err *err);

/* Frees the texts and lists that value_fill() has put there. */
void value_clear(const struct schema *schema, void *base);

/* JSON documents (RFC 8259) through jansson, with bounds and typed access.
 *
 * Everything that is read is hostile: size, depth, duplicate members, NUL in
 * strings and text behind the document are refused. A document that may carry
 * secrets lives in wiped memory, since jansson allocates through base/mem. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH = 32, JSON_PROFILE_DEPTH = 8 };

/* what names the document in messages ("profile 'acme'", "the token answer");
 * code is what a malformed one gives. The top must be an object. */
NODISCARD enum code json_read(json_t **ret_object, const char *bytes,
                              size_t len, size_t max_depth, enum code code,
                              const char *what, struct err *err);

/* As json_read, for a top of any kind. */
NODISCARD enum code json_read_any(json_t **ret_value, const char *bytes,
                                  size_t len, size_t max_depth, enum code code,
                                  const char *what, struct err *err);

/* Appends compact JSON, or with indent spaces a level and a newline behind. */
NODISCARD enum code json_write(struct buf *out, const json_t *value,
                               unsigned indent, struct err *err);

/* A member's text; NULL when it is absent, null or not a string. */
const char *json_text(const json_t *object, const char *member);

/* RFC 6901. NULL when nothing is there or pointer is malformed. Borrowed. */
json_t *json_pointer(const json_t *root, const char *pointer);

/* A pointer's syntax: "" or "/a/b~1c". */
bool json_pointer_valid(const char *pointer);

/* A count of seconds, as servers write it: an integer, a real without a
 * fraction or a string of digits; false otherwise, for negatives, and above
 * 10^12. */
bool json_seconds(const json_t *value, int64_t *ret_seconds);

/* Sets a member from text / integer; NULL text removes it. E_NOMEM. */
NODISCARD enum code json_put_text(json_t *object, const char *member,
                                  const char *text, struct err *err);
NODISCARD enum code json_put_int(json_t *object, const char *member,
                                 int64_t value, struct err *err);

MAYBE_UNUSED static inline void auto_json(json_t **value)
{
  json_decref(*value);
}
#define AUTO_JSON __attribute__((cleanup(auto_json)))

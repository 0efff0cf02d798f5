/* Forms (application/x-www-form-urlencoded) as they are read and built here.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

enum form_repeats {
  FORM_ONCE,  /* a name that comes twice is refused (RFC 6749 §3.1) */
  FORM_LISTS, /* its values become an array */
};

/* A hostile form as a JSON object of texts. Values may hold control characters
 * but no NUL, and are UTF-8. code is what a malformed one gives; what names
 * it in the message. */
NODISCARD enum code form_read(json_t **ret_object, const char *text, size_t len,
                              enum form_repeats repeats, enum code code,
                              const char *what, struct err *err);

/* An answer's body as an object: a form under that Content-Type ("": none),
 * else JSON (DESIGN rule 1.8). An empty one is told with its status. E_ANSWER.
 */
NODISCARD enum code form_answer(json_t **ret_object, const char *content_type,
                                int status, const char *body, size_t len,
                                const char *what, struct err *err);

/* Appends each text member of object (NULL: none) as a pair, but for those that
 * `taken` (a form so far; may be NULL) has already: a parameter goes out once.
 */
NODISCARD enum code form_add_members(struct buf *form, const json_t *object,
                                     const struct buf *taken, struct err *err);

/* Does a form that fob builds have that name? */
bool form_has(const struct buf *form, const char *name);

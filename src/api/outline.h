/* A JSON text (RFC 8259) as a tree of places in it: for documents of many
 * megabytes of which a little is wanted. 24 bytes a value beside the text
 * itself, which is neither copied nor changed.
 *
 * Numbers of any size are fine and stay text; of duplicate members the first
 * is found. Everything is borrowed from the outline, and that from the text.
 *
 * Members are looked for one by one; after so many steps (a second's worth)
 * nothing is found any more, and outline_is_tired() tells. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  OUTLINE_TEXT_MAX = 32 * 1024 * 1024,
  OUTLINE_VALUES_MAX = 4 * 1024 * 1024,
  OUTLINE_STEPS_MAX = 100 * 1000 * 1000,
};

enum place_kind {
  PLACE_OBJECT,
  PLACE_ARRAY,
  PLACE_STRING,
  PLACE_NUMBER,
  PLACE_WORD, /* true, false, null */
};

struct outline;

/* A value: where its text, and that of its name in an object, begins; strings
 * and names with their quotes. Private but for kind. */
struct place {
  uint32_t key, key_len; /* 0, 0: in a list, or the top */
  uint32_t text, text_len;
  uint32_t next; /* the number of the next one beside it; 0: none */
  uint8_t kind;
  bool parent; /* the next number is its first child */
};

/* code: what a text gives that is no single JSON value, or too large; what
 * names it in the message. */
NODISCARD enum code outline_new(struct outline **ret_outline, const char *bytes,
                                size_t len, enum code code, const char *what,
                                struct err *err);
void outline_free(struct outline *outline); /* NULL is fine */
DEFINE_AUTO(outline)

const struct place *outline_top(struct outline *outline);

/* All of them take NULL for a place, and give NULL or false for it. */
const struct place *outline_first(struct outline *outline,
                                  const struct place *place);
const struct place *outline_next(struct outline *outline,
                                 const struct place *place);
/* NULL unless place is an object that has the member. */
const struct place *outline_member(struct outline *outline,
                                   const struct place *place, const char *name);
/* A $ref within the document, "#/a/b~1c%7Bd%7D" (RFC 6901 §6). NULL when it
 * leads elsewhere or nowhere. */
const struct place *outline_fragment(struct outline *outline,
                                     const char *fragment);

/* A string with this text; a member of this name. */
bool outline_is(struct outline *outline, const struct place *place,
                const char *text);
bool outline_key_is(struct outline *outline, const struct place *place,
                    const char *name);
bool outline_is_tired(const struct outline *outline);
bool outline_is_true(struct outline *outline, const struct place *place);

/* Appends a string's text, a number or word as it stands; nothing of an object
 * or list. The bytes may be anything but are no more than the document's. */
void outline_put(struct outline *outline, const struct place *place,
                 struct buf *out);
void outline_put_key(struct outline *outline, const struct place *place,
                     struct buf *out);

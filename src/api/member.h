/* The members of a JSON object, or the elements of an array, in a text that is
 * whole in memory: where each of them stands, byte for byte.
 *
 *     enum member_next next;
 *     members_open(&members, text, len);
 *     while ((next = members_next(&members, &member)) == MEMBER)
 *       …
 *     if (next == MEMBER_BAD)
 *       …
 */
#pragma once

#include "api/scan.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum member_kind {
  MEMBER_OBJECT,
  MEMBER_ARRAY,
  MEMBER_STRING, /* quotes included */
  MEMBER_NUMBER,
  MEMBER_TRUE,
  MEMBER_FALSE,
  MEMBER_NULL,
};

struct member {
  const char *key; /* with its quotes; NULL in an array */
  size_t key_len;
  enum member_kind kind;
  const char *value;
  size_t len;
};

/* Private. */
struct members {
  struct scan scan;
  const char *at, *end;
  bool bad;
};

/* text is borrowed until the last member was taken. */
void members_open(struct members *members, const char *text, size_t len);

enum member_next {
  MEMBER,
  MEMBER_END, /* there is nothing but white space behind the container */
  MEMBER_BAD, /* it is no JSON, or neither an object nor an array; stays so */
};
enum member_next members_next(struct members *members,
                              struct member *ret_member);

/* Whether the key, its escapes undone, is name. */
bool member_is(const struct member *member, const char *name);

/* Appends a string's text with its escapes undone; a number, true and false as
 * they stand. Not for what else there is. */
void member_put_text(struct buf *out, const struct member *member);

/* Appends the key with its escapes undone. */
void member_put_key(struct buf *out, const struct member *member);

/* The plain members of a credential record, in one table: reading, writing,
 * copying and freeing walk it, so a member cannot be known to one and
 * forgotten by another. Private to record.c and record_json.c. */
#pragma once

#include "store/record.h"

#include <stddef.h>

enum field_kind {
  FIELD_LINE,   /* char *, without control characters */
  FIELD_TEXT,   /* char *, as somebody else wrote it */
  FIELD_SECRET, /* struct secret *, without control characters */
  FIELD_COUNT,  /* int64_t or uint64_t, from 0 */
  FIELD_EXPIRY, /* int64_t, CLOCK_NEVER when absent */
};

enum { FIELD_OPTIONAL, FIELD_REQUIRED };

struct field {
  const char *group; /* the object around it; NULL: the document itself */
  const char *member;
  enum field_kind kind;
  int required; /* in a document that is read */
  size_t offset;
};

struct field_table {
  const struct field *fields;
  size_t count;
};
extern const struct field_table record_table; /* of struct record */
extern const struct field_table access_table; /* of struct record_access */

/* A field's place in an object, as each kind's type. */
union slot {
  void *at;
  char **text;
  struct secret **secret;
  int64_t *number;
};

static inline union slot slot_of(const struct field *field, const void *object)
{
  return (union slot){.at = (char *)(uintptr_t)object + field->offset};
}

/* Sets what is not zero in an object without values: expiries to never. */
void fields_init(const struct field_table *table, void *object);

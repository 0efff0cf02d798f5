/* What the parts of the digest share: openapi_digest.c goes over the document's
 * operations, openapi_schema.c over parameters, bodies and their schemas. */
#pragma once

#include "api/openapi.h"
#include "api/outline.h"

enum {
  DIGEST_HOPS = 16,     /* a $ref that leads to a $ref … */
  DIGEST_NESTING = 8,   /* allOf within allOf … */
  DIGEST_VISITS = 4000, /* schemas looked at for one operation */
};

struct digest {
  struct outline *outline;
  bool swagger2;
  size_t visits; /* left for this operation */
};

/* Where a place's $ref leads, or place itself; NULL when it leads nowhere. */
const struct place *digest_resolve(struct digest *digest,
                                   const struct place *place);

/* A string of 1 to max bytes without anything that is not visible. The caller
 * frees; NULL when it is none, or memory is short. */
char *digest_name(struct digest *digest, const struct place *place, size_t max);
char *digest_key(struct digest *digest, const struct place *place, size_t max);

/* Appends a text's first line, made visible, cut to max bytes. */
void digest_line(struct digest *digest, const struct place *place, size_t max,
                 struct buf *out);

/* --- openapi_schema.c ------------------------------------------------------
 */

/* A field on its way into the index. */
struct field {
  char in;           /* p, q, h; 0: a member of the body */
  char *name;        /* owned */
  const char *type;  /* "", "?" where its schema's parts differ, or a word */
  const char *items; /* an array's elements; likewise */
  bool required, nullable;
  char join; /* openapi.h */
  const struct place *values, *about;
};

struct fields {
  struct field *list;
  size_t count, max;
};
void fields_clear(struct fields *fields);
#define AUTO_FIELDS __attribute__((cleanup(fields_clear)))

/* Takes field's name; false where there is no room. */
bool fields_add(struct fields *fields, struct field *field);
struct field *fields_find(const struct fields *fields, const char *name);

/* As digest_resolve(); NULL too when enough were looked at. */
const struct place *digest_look(struct digest *digest,
                                const struct place *place);

/* Fills type, items, nullable and values from a schema. */
void digest_type(struct digest *digest, const struct place *schema, int nesting,
                 struct field *field);

/* Adds the members of an object's schema, a[b] for nested ones. */
void digest_members(struct digest *digest, const struct place *schema,
                    struct fields *fields);

/* --- openapi_details.c -----------------------------------------------------
 */

/* Appends the details of an operation of a path. */
void digest_details(struct digest *digest, const struct place *path,
                    const struct place *operation, struct buf *out);

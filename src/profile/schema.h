/* The schema: one table for a profile's members, one for config.json's.
 *
 * A row says what a member may hold, what it is when nothing is stated, and
 * where it goes in the struct. Reading (check, fill), editing (edit), `profile
 * show` and the manual's check all go by these rows; nothing else knows a
 * member's type. */
#pragma once

#include "base/attr.h"
#include "profile/form.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shape {
  SHAPE_OBJECT,  /* its members have rows of their own */
  SHAPE_TEXT,    /* a text of .form */
  SHAPE_LIST,    /* a list of such texts */
  SHAPE_MAP,     /* an object of texts; names of .names, values of .form */
  SHAPE_BOOL,    /* true or false */
  SHAPE_INTEGER, /* from .min to .max */
  SHAPE_SECONDS, /* CONTRACT's DURATION: "15m", or a number of seconds */
  SHAPE_DETAILS, /* RFC 9396: objects, each with a text "type" */
};

/* What the names in a map are. */
enum map_names { NAMES_ANY, NAMES_HEADERS, NAMES_PARAMETERS };

/* What kind of object .target is. */
enum keep {
  KEEP_NOTHING,  /* read from json by the room that acts on it */
  KEEP_TEXT,     /* char * */
  KEEP_LIST,     /* struct text_list */
  KEEP_JSON,     /* json_t *, borrowed */
  KEEP_INDEX,    /* an enum: the index of the word */
  KEEP_FLAG,     /* bool: true, or any word but the first */
  KEEP_TRISTATE, /* enum profile_offline */
  KEEP_INT64,    /* int64_t */
};

struct member {
  const char *path; /* "client.id" */
  enum shape shape;
  enum form form;
  const char *words; /* "a|b": accepted beside (FORM_WORD: instead of) form */
  const char *fallback; /* as `profile set` would take it; NULL: none */
  enum keep keep;
  size_t target; /* offset; never 0, where no member is kept */
  size_t stated; /* offset of a bool: the file states it; 0: nowhere */
  enum map_names names;
  int64_t min, max; /* SHAPE_INTEGER; SHAPE_LIST: most items, 0: 64 */
  bool strict;      /* SHAPE_OBJECT: an unknown member is an error */
};

struct schema {
  const struct member *members;
  size_t count;
  const char *strict_prefix; /* unknown top members so begun are errors */
};

extern const struct schema schema_profile, schema_config;

enum { SCHEMA_PATH_MAX = 128, SCHEMA_LIST_MAX = 64 };

/* The row, or NULL. */
const struct member *schema_find(const struct schema *schema, const char *path);

/* The row that rules over path: its own, or the map's that it is a name in;
 * *ret_name is then that name ("headers.Accept": "Accept"), else NULL. */
const struct member *schema_resolve(const struct schema *schema,
                                    const char *path, const char **ret_name);

/* The index-th row, NULL behind the last. */
const struct member *schema_row(const struct schema *schema, size_t index);

/* The known path nearest to path, or NULL. */
const char *schema_nearest(const struct schema *schema, const char *path);

/* What an API's own description (OpenAPI 3.0 and 3.1, Swagger 2; JSON) says of
 * its operations, digested: the document, which may have 30 MiB, is read once
 * and its index kept, of which a completion reads a few lines.
 *
 * The index is text. Its first line is a JSON object about the document, each
 * further one an operation: id, method, path and summary, then a JSON object
 * with parameters and body, tabs between them:
 *
 *     {"openapi":1,"source":"https://…","etag":"\"5\"","fetched":1750000000,…}
 *     getUser	GET	/users/{id}	One user
 * {"p":[{"n":"id","in":"path",…}]}
 *
 * What a document says is anybody's: nothing of an index has control, bidi or
 * zero-width characters, everything is bounded, and references are followed
 * within the document only, a few levels deep. Of `servers` (or `basePath`)
 * the first one's path counts, and only below the profile's base. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  OPENAPI_VERSION = 1, /* of the index */
  OPENAPI_INDEX_MAX = 16 * 1024 * 1024,
  OPENAPI_OPERATIONS_MAX = 20000,
  OPENAPI_ID_MAX = 200,   /* bytes; as the following */
  OPENAPI_NAME_MAX = 128, /* of a parameter or member */
  OPENAPI_PATH_MAX = 1024,
  OPENAPI_SUMMARY_MAX = 120, /* it ends in … when it was longer */
  OPENAPI_ENUM_MAX = 32,     /* values; more are left out */
  OPENAPI_PARAMETERS_MAX = 64,
  OPENAPI_MEMBERS_MAX = 200, /* of a body; nested ones included */
  OPENAPI_MEMBER_DEPTH = 3,  /* a[b][c] */
};

/* Where an index comes from. Text may be NULL. Borrowed. */
struct openapi_origin {
  const char *source;          /* a URL or the name of a file */
  const char *etag, *modified; /* of the answer */
  const char *stamp;           /* of the file (base/file.h) */
  int64_t fetched;             /* wall time */
};

/* Makes an index of a document. code: what one gives that is none of these
 * formats; what names it. Operations that could not be asked for (a path with
 * control characters, an unknown method) are left out. */
NODISCARD enum code openapi_digest(struct buf *out,
                                   const struct openapi_origin *origin,
                                   const char *document, size_t len,
                                   enum code code, const char *what,
                                   struct err *err);

struct openapi;

struct openapi_operation {
  const char *id;      /* or one made of method and path: get-users-id */
  const char *method;  /* in capitals */
  const char *path;    /* /users/{id} */
  const char *summary; /* "" */
  const char *details;
};

/* From an index's text, which is copied. E_ANSWER when it is none of this
 * version; nothing of it is then used. */
NODISCARD enum code openapi_new(struct openapi **ret_openapi, const char *text,
                                size_t len, struct err *err);
void openapi_free(struct openapi *openapi); /* NULL is fine */
DEFINE_AUTO(openapi)

/* The first line. Borrowed. */
const json_t *openapi_head(const struct openapi *openapi);
/* The path part of the first server: "" or "/api/v4". Borrowed. */
const char *openapi_prefix(const struct openapi *openapi);

size_t openapi_count(const struct openapi *openapi);
const struct openapi_operation *openapi_at(const struct openapi *openapi,
                                           size_t i);
/* NULL when there is none. */
const struct openapi_operation *openapi_find(const struct openapi *openapi,
                                             const char *id);
/* Up to three ids that are like it, for a message; those that a shell would
 * take apart not among them. */
size_t openapi_nearest(const struct openapi *openapi, const char *id,
                       const char *ret_ids[3]);

/* An operation's path below the base whose path is base_path ("/", "/api/v4"):
 * the document's own prefix is put in front, the base's taken off, where all of
 * the document has it. *ret_path begins with '/'; the caller frees. */
NODISCARD enum code openapi_below(const struct openapi *openapi,
                                  const char *base_path, const char *path,
                                  char **ret_path, struct err *err);

/* --- an operation in full ------------------------------------------------- */

enum openapi_in { OPENAPI_PATH, OPENAPI_QUERY, OPENAPI_HEADER, OPENAPI_BODY };

struct openapi_field {
  enum openapi_in in;
  const char *name;  /* of a member: a[b], a[][b] */
  const char *type;  /* integer, number, boolean, string, array, object; "":
                        anything */
  const char *items; /* an array's elements; "" */
  const char *about; /* "" */
  bool required, nullable;
  char join; /* between the elements of an array; 0: each on its own */
  const json_t *values; /* the enum, an array of strings; NULL: no such */
};

enum openapi_encoding {
  OPENAPI_NO_BODY,
  OPENAPI_JSON,
  OPENAPI_FORM,
  OPENAPI_MULTIPART,
  OPENAPI_RAW, /* some other type: a file */
};

struct openapi_details {
  json_t *json;
  struct openapi_field *fields; /* parameters first, as they are declared */
  size_t count;
  enum openapi_encoding body;
  bool body_required, deprecated;
};
NODISCARD enum code openapi_details(const struct openapi_operation *operation,
                                    struct openapi_details *ret_details,
                                    struct err *err);
void openapi_details_clear(struct openapi_details *details);
#define AUTO_OPENAPI_DETAILS __attribute__((cleanup(openapi_details_clear)))

/* Appends what begins an ITEM for the field: "id=", "page==", "X-Trace:",
 * "labels[]=". */
void openapi_put_item(struct buf *out, const struct openapi_field *field);

/* Appends "fob request --op getUser id=... [page==...]": the fields that are
 * required, and up to a few others. */
void openapi_usage(struct buf *out, const struct openapi_operation *operation,
                   const struct openapi_details *details);

/* Whether a shell takes the text for one word, as it stands, and it begins no
 * option: what a completion may put into a line. */
bool openapi_is_plain_word(const char *text);

/* What a line of a batch asks for.
 *
 * A line is a JSON object, or `PATH` (as a JSON string too), or `METHOD PATH`.
 * The object's members:
 *   path     a path below the API, or a URL; the one that must be there
 *   method
 *   query    an object of names and texts, numbers, true and false, or lists of
 *            these; or a text that is a query already
 *   headers  an object of the same; null takes one away that would be sent
 *   body     any JSON; it is sent byte for byte
 *   id       any JSON; it comes back byte for byte with the answer
 * null is as if the member were not there, but for id. Other members are
 * refused: a body that is misspelt must not become a request without one. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct batch_header {
  char *name;
  char *value; /* NULL: take it away */
};

struct batch_item {
  char *method; /* in capitals where it is one of the RFCs'; NULL: not said */
  char *path;
  char *query; /* form-encoded; NULL: none */
  struct batch_header *headers;
  size_t header_count;
  const char *body; /* within the line; NULL: none */
  size_t body_len;
};

/* len bytes of one line, without its end. E_USAGE says what is wrong with
 * it. */
NODISCARD enum code batch_item_parse(struct batch_item *ret_item,
                                     const char *line, size_t len,
                                     struct err *err);
void batch_item_clear(struct batch_item *item);
#define AUTO_BATCH_ITEM __attribute__((cleanup(batch_item_clear)))

/* The line's id, also of one that is refused as long as it is JSON: within the
 * line; NULL when there is none. */
const char *batch_item_id(const char *line, size_t len, size_t *ret_len);

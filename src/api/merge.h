/* Pages of an API made into one JSON document, as they arrive, byte for byte.
 *
 * A page is a list, or an object with a list in it (the items): at a JSON
 * pointer that the caller names, else the first member of the top that is an
 * array. The document is the first page, whole, with the items of all pages in
 * the place of its own; what the wrapper objects of later pages say is dropped.
 * With MERGE_LINES the items come one a line, without a wrapper; with
 * MERGE_SLURP the document is a list of the pages as they are.
 *
 * Memory is bounded: of a page only what stands behind the first page's items
 * is held, at most BUF_DOCUMENT bytes. */
#pragma once

#include "api/format.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge;

enum merge_form { MERGE_DOCUMENT, MERGE_LINES, MERGE_SLURP };

struct merge_options {
  enum merge_form form;
  const char *items; /* an RFC 6901 pointer; NULL: found in the first page */
  int64_t max_items; /* 0: no limit; what is beyond is left out */
  struct format_sink sink;
};
NODISCARD enum code merge_new(struct merge **ret_merge,
                              const struct merge_options *options,
                              struct err *err);

/* A page begins; the first `skip` items of it are left out (they are out
 * already). */
NODISCARD enum code merge_page(struct merge *merge, int64_t skip,
                               struct err *err);
/* E_ANSWER: it is no JSON, or has no list where one is wanted; what was
 * written until then stays valid once merge_end() was called. */
NODISCARD enum code merge_feed(struct merge *merge, const void *bytes,
                               size_t len, struct err *err);
/* The page ends here. E_ANSWER as merge_feed(). */
NODISCARD enum code merge_page_end(struct merge *merge, struct err *err);

/* Closes what is open; after a failure too. Nothing is written where nothing
 * was begun. */
NODISCARD enum code merge_end(struct merge *merge, struct err *err);

int64_t merge_page_items(const struct merge *merge); /* of this page, skipped
                                                        ones included */
int64_t merge_items(const struct merge *merge);      /* written in all */
bool merge_full(const struct merge *merge);          /* max_items is reached */

void merge_free(struct merge *merge); /* NULL is fine */
DEFINE_AUTO(merge)

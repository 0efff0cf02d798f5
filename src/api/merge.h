/* Pages of an API made into one JSON document, as they arrive, byte for byte.
 *
 * A page is a list, or an object with a list in it; what is in the list are the
 * items. The list is found at a JSON pointer that the caller names, else in the
 * first page: the top itself, or the first member of the top that is an array
 * and is not called `errors` or `warnings`. In the other pages it is looked for
 * at the same place. null in the place of the list is an empty list, as
 * GraphQL and servers in Go put it; of duplicate members the first that is an
 * array or null counts.
 *
 * MERGE_DOCUMENT: the first page, whole, with the items of all pages in the
 * place of its own; what the wrappers of later pages say is dropped. Numbers,
 * strings, order and white space are the server's.
 * MERGE_LINES: the items without a wrapper, each on one line: white space
 * between tokens is left out, tokens are the server's.
 * MERGE_SLURP: a list of the pages as they are. Items are counted only.
 *
 * A first page in which no list is found, nor was one named, is taken as it is
 * (MERGE_LINES: as one item), so that what asks for all pages of a single
 * object gets this; a second page is an error then.
 *
 *     for each page: merge_page(), merge_feed()…, merge_page_end()
 *     merge_end()   at the end, after a failure too
 *
 * An item is written once it is whole, and so is all else: what an error cuts
 * is not written, and merge_end() closes what is open, so that the output is
 * valid JSON however it ended. Nothing is written where there is no item and
 * the first page did not come to its end.
 *
 * Memory: what stands in front of the first page's items until one of them is
 * there, what stands behind them, one item (MERGE_SLURP: one page); of each
 * MERGE_HELD bytes at most, or E_ANSWER. */
#pragma once

#include "api/format.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MERGE_HELD = 16 * 1024 * 1024 };

struct merge;

enum merge_form { MERGE_DOCUMENT, MERGE_LINES, MERGE_SLURP };

/* All is copied but the sink's user. */
struct merge_options {
  enum merge_form form;
  const char *items; /* an RFC 6901 pointer; NULL: found in the first page */
  /* A page is a row of documents (NDJSON), each an item. MERGE_DOCUMENT and
   * MERGE_SLURP: one list of them. */
  bool rows;
  /* There is one page, and messages call it the answer. Without `items` a list
   * is only what is one as a whole. MERGE_LINES: several documents may follow
   * each other, each with a list or without. */
  bool alone;
  int64_t max_items; /* 0: no limit; what is beyond is left out */
  struct format_sink sink;
};
/* E_USAGE for what is no pointer. */
NODISCARD enum code merge_new(struct merge **ret_merge,
                              const struct merge_options *options,
                              struct err *err);

/* A page begins; the first `skip` items of it are left out (they are out
 * already; MERGE_SLURP takes no notice). E_ANSWER: the first page had no list.
 */
NODISCARD enum code merge_page(struct merge *merge, int64_t skip,
                               struct err *err);
/* E_ANSWER: it is no JSON, or more than one document, or has no list. The items
 * before that are written. After an error nothing more is taken, the same code
 * comes back. */
NODISCARD enum code merge_feed(struct merge *merge, const void *bytes,
                               size_t len, struct err *err);
/* The page ends here. E_ANSWER: too early, or as merge_feed(). */
NODISCARD enum code merge_page_end(struct merge *merge, struct err *err);

/* Closes what is open. Fails only where writing does. */
NODISCARD enum code merge_end(struct merge *merge, struct err *err);

int64_t merge_page_items(const struct merge *merge); /* of this page, skipped
                                                        ones included */
int64_t merge_items(const struct merge *merge); /* taken in all; written but
                                                   for MERGE_SLURP's */
bool merge_full(const struct merge *merge);     /* max_items is reached */

/* Where the list is, as a pointer; NULL: no page had one until now, or it was
 * not named and is not found yet. */
const char *merge_where(const struct merge *merge);

void merge_free(struct merge *merge); /* NULL is fine */
DEFINE_AUTO(merge)

/* What merge.c, merge_items.c and merge_find.c share. */
#pragma once

#include "api/merge.h"
#include "api/pack.h"
#include "api/path.h"

enum stage {
  AT_START, /* nothing of the page yet */
  IN_HEAD,  /* the list is looked for */
  IN_NULL,  /* which is in its place */
  IN_LIST,
  IN_TAIL, /* behind it */
  AT_END,  /* behind the document */
};

struct merge {
  struct merge_options options;
  struct path *path; /* NULL: the list is to be found */
  struct scan scan;
  enum stage stage;
  bool packs; /* the items, by pack */
  struct pack pack;
  struct buf name; /* of the top's member, raw, while the list is looked for */
  int64_t pages, page_items, items, skip, page_bytes;

  unsigned list_depth;   /* how many containers are open around the items */
  struct scan opened;    /* which these are in the first page */
  bool null_list;        /* there it is null */
  bool single;           /* the first page has none */
  bool begun;            /* the head is out */
  bool first_whole;      /* the first page came to its end */
  bool running;          /* what comes next in the list follows an item that
                            was written */
  struct buf head, tail; /* of the first page; the tail begins behind its last
                            item */
  struct buf unit;       /* what is not whole yet */
  const char *from;      /* in the chunk */
  const char *whole;
  enum code failed;       /* the pages */
  enum code write_failed; /* the sink */
  struct err *err;
};

static inline bool slurps(const struct merge *merge)
{
  return merge->options.form == MERGE_SLURP && !merge->packs;
}

static inline bool is_first(const struct merge *merge)
{
  return merge->pages == 1;
}

/* --- merge_items.c: what is written --------------------------------------- */

/* bytes must last for the call only; a failure is merge->write_failed. */
void merge_put(struct merge *merge, const char *bytes, size_t len);
void merge_put_text(struct merge *merge, const char *text);
void merge_put_buf(struct merge *merge, struct buf *buf); /* empties it */
void merge_put_head(struct merge *merge);                 /* once */

/* What the chunk has up to `to` is held back; E_ANSWER where that is too
 * much. */
void merge_hold(struct merge *merge, struct buf *buf, const char *to);
NODISCARD enum code merge_check_held(const struct merge *merge,
                                     struct err *err);

/* An event within the list, or the one that ends it; at is behind it. */
void merge_take_list(struct merge *merge, enum scan_event event,
                     const struct scan_piece *piece, const char *at);
void merge_item_ended(struct merge *merge, const char *at);
void merge_document_ended(struct merge *merge, const char *at);

void merge_put_packed(struct merge *merge); /* what is whole */

/* The chunk ends: what is whole goes out, what is not is kept. */
void merge_settle(struct merge *merge, const char *end);

/* --- merge_find.c: where the list is ---------------------------------------
 */

/* An event in front of the list. */
NODISCARD enum code merge_take_head(struct merge *merge, enum scan_event event,
                                    const struct scan_piece *piece,
                                    const char *at, struct err *err);
/* An event in its place. */
void merge_take_null(struct merge *merge, const struct scan_piece *piece,
                     const char *at);
/* The document is over and had no list. */
NODISCARD enum code merge_without_list(struct merge *merge, const char *at,
                                       struct err *err);

#include "api/merge.h"

#include "api/merge_part.h"

#include "base/mem.h"

#include <string.h>

enum {
  CHUNK = PACK_CHUNK,
  ALL = SCAN_DEPTH, /* every event is wanted */
};

enum code merge_new(struct merge **ret_merge,
                    const struct merge_options *options, struct err *err)
{
  AUTO(merge) merge = mem_zalloc(sizeof *merge);
  enum code code = E_OK;

  if (merge == NULL)
    return err_nomem(err);
  merge->options = *options;
  merge->packs = options->form == MERGE_LINES || options->rows;
  pack_init(&merge->pack);
  buf_init(&merge->name, BUF_LINE);
  buf_init(&merge->head, MERGE_HELD);
  buf_init(&merge->tail, MERGE_HELD);
  buf_init(&merge->unit, MERGE_HELD);
  if (options->items != NULL)
    code = path_new(&merge->path, options->items, err);
  if (code != E_OK)
    return code;
  *ret_merge = merge;
  merge = NULL;
  return E_OK;
}

void merge_free(struct merge *merge)
{
  if (merge == NULL)
    return;
  path_free(merge->path);
  pack_clear(&merge->pack);
  buf_clear(&merge->name);
  buf_clear(&merge->head);
  buf_clear(&merge->tail);
  buf_clear(&merge->unit);
  mem_free(merge);
}

int64_t merge_page_items(const struct merge *merge)
{
  return merge->page_items;
}

int64_t merge_items(const struct merge *merge)
{
  return merge->items;
}

bool merge_full(const struct merge *merge)
{
  return merge->options.max_items > 0 &&
         merge->items >= merge->options.max_items;
}

const char *merge_where(const struct merge *merge)
{
  return merge->path != NULL ? path_text(merge->path) : NULL;
}

static enum code stays_failed(const struct merge *merge, struct err *err)
{
  if (merge->write_failed != E_OK)
    return err_set(err, merge->write_failed, "nothing more is written");
  return err_set(err, merge->failed, "no further page is read");
}

/* --- pages ---------------------------------------------------------------- */

enum code merge_page(struct merge *merge, int64_t skip, struct err *err)
{
  enum code code;

  if (merge->failed != E_OK)
    return stays_failed(merge, err);
  merge->pages++;
  merge->page_items = merge->page_bytes = 0;
  merge->skip = skip;
  merge->running = false;
  merge->stage = merge->options.rows ? IN_LIST : AT_START;
  scan_init(&merge->scan);
  buf_truncate(&merge->unit, 0);
  pack_drop(&merge->pack);
  if (merge->path != NULL)
    path_restart(merge->path);
  if (!merge->single)
    return E_OK;
  code = merge->failed =
      err_set(err, E_ANSWER,
              "the first page has no list in its outermost object that the "
              "next page could go on with");
  err_hint(err, "a list in another place is named by a JSON pointer: --items "
                "/data/items");
  return code;
}

static enum code take(struct merge *merge, enum scan_event event,
                      const struct scan_piece *piece, const char *at,
                      struct err *err)
{
  switch (merge->stage) {
  case AT_START:
    merge->from = merge->whole = piece->bytes;
    merge->stage = IN_HEAD;
    return merge_take_head(merge, event, piece, at, err);
  case IN_HEAD:
    return merge_take_head(merge, event, piece, at, err);
  case IN_NULL:
    merge_take_null(merge, piece, at);
    return E_OK;
  case IN_LIST:
    merge_take_list(merge, event, piece, at);
    return E_OK;
  case IN_TAIL:
    if (merge->scan.depth == 0)
      merge_document_ended(merge, at);
    return E_OK;
  case AT_END:
    break;
  }
  if (!merge->options.alone || merge->options.form != MERGE_LINES)
    return err_set(err, E_ANSWER, "is more than one JSON document");
  if (merge->path != NULL)
    path_restart(merge->path);
  merge->stage = IN_HEAD;
  return merge_take_head(merge, event, piece, at, err);
}

/* How deep the events are that matter. */
static unsigned floor_of(const struct merge *merge)
{
  switch (merge->stage) {
  case IN_LIST:
    return merge->packs ? ALL : merge->list_depth;
  case IN_HEAD:
    if (merge->path != NULL)
      return path_floor(merge->path, &merge->scan);
    return merge->packs ? ALL : 2;
  case IN_TAIL:
    return 0;
  default:
    return ALL;
  }
}

static enum code feed_chunk(struct merge *merge, const char *bytes, size_t len,
                            struct err *err)
{
  const char *at = bytes;
  const char *end = bytes + len;
  struct scan_piece piece;
  enum scan_event event = SCAN_MORE;
  enum code code = E_OK;

  merge->from = merge->whole = bytes;
  if (merge->packs)
    code = pack_chunk(&merge->pack, bytes, end, err);
  while (code == E_OK && (event = scan_leave(&merge->scan, floor_of(merge), &at,
                                             end, &piece)) > SCAN_BAD)
    code = take(merge, event, &piece, at, err);
  if (code == E_OK && event == SCAN_BAD)
    code = err_set(err, E_ANSWER, "is not JSON from its byte %lld on",
                   (long long)(merge->page_bytes + (at - bytes) + 1));
  merge->page_bytes += (int64_t)len;
  merge_settle(merge, end);
  return code == E_OK ? merge_check_held(merge, err) : code;
}

/* Of which page an error speaks. */
static enum code keep_code(struct merge *merge, enum code code, struct err *err)
{
  merge->failed = code;
  if (code == E_ANSWER && merge->options.alone)
    err_prefix(err, "the answer ");
  else if (code == E_ANSWER)
    err_prefix(err, "page %lld ", (long long)merge->pages);
  return code != E_OK ? code : merge->write_failed;
}

enum code merge_feed(struct merge *merge, const void *bytes, size_t len,
                     struct err *err)
{
  const char *at = bytes;
  enum code code = E_OK;

  merge->err = err;
  if (merge->failed != E_OK || merge->write_failed != E_OK)
    return stays_failed(merge, err);
  while (len > 0 && code == E_OK) {
    size_t some = len < CHUNK ? len : CHUNK;

    code = keep_code(merge, feed_chunk(merge, at, some, err), err);
    at += some;
    len -= some;
  }
  return code;
}

/* A number that is a whole document ends with the page. */
static enum code end_number(struct merge *merge, struct err *err)
{
  static const char nothing[1];

  merge->from = merge->whole = nothing;
  if (merge->stage == IN_HEAD)
    return merge_without_list(merge, nothing, err);
  merge_item_ended(merge, nothing);
  return E_OK;
}

static enum code end_page(struct merge *merge, struct err *err)
{
  bool may_end = scan_may_end(&merge->scan);
  enum code code = E_OK;

  if (may_end && merge->scan.token == SCAN_NUMBER)
    code = end_number(merge, err);
  if (code != E_OK)
    return code;
  if (merge->options.rows ? !may_end : merge->stage != AT_END)
    return err_set(err, E_ANSWER,
                   merge->page_bytes == 0 ? "is empty"
                                          : "is not JSON to its end");
  if (merge->packs)
    merge_put_packed(merge);
  if (slurps(merge)) {
    merge_put_text(merge, merge->begun ? ",\n" : "[");
    merge_put_buf(merge, &merge->unit);
    merge->begun = true;
  }
  if (is_first(merge))
    merge->first_whole = true;
  if (merge->single && !merge->packs)
    merge_put_head(merge);
  return E_OK;
}

enum code merge_page_end(struct merge *merge, struct err *err)
{
  merge->err = err;
  if (merge->failed != E_OK || merge->write_failed != E_OK)
    return stays_failed(merge, err);
  return keep_code(merge, end_page(merge, err), err);
}

/* What the first page opened and did not come to close. */
static void put_closers(struct merge *merge)
{
  for (unsigned depth = merge->opened.depth; depth > 0; depth--)
    merge_put_text(merge, scan_is_array(&merge->opened, depth) ? "]" : "}");
}

static void end_document(struct merge *merge)
{
  merge_put_head(merge);
  if (merge->null_list)
    merge_put_text(merge, merge->items > 0 ? "]" : "null");
  if (merge->first_whole)
    merge_put_buf(merge, &merge->tail);
  else
    put_closers(merge);
  merge_put_text(merge, "\n");
}

enum code merge_end(struct merge *merge, struct err *err)
{
  bool list = merge->packs || slurps(merge);

  merge->err = err;
  if (merge->write_failed != E_OK)
    return stays_failed(merge, err);
  if (merge->options.form == MERGE_LINES ||
      (!merge->begun && !merge->first_whole))
    return E_OK;
  if (list)
    merge_put_text(merge, merge->begun ? "]\n" : "[]\n");
  else
    end_document(merge);
  merge->begun = merge->first_whole = false;
  return merge->write_failed;
}

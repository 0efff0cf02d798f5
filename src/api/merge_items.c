#include "api/merge_part.h"

#include <string.h>

/* Items that follow each other in a page go out as they stand there, commas
 * and white space between them included, from `from` to `whole`, the end of the
 * last item that is whole; what a chunk's end leaves behind that is kept in
 * `unit`. Only where the row is broken, at a page's first item and behind one
 * that is left out, a comma is put or dropped. Items that are packed (pack.h)
 * are copied instead. */

/* --- output -------------------------------------------------------------- */

void merge_put(struct merge *merge, const char *bytes, size_t len)
{
  if (merge->write_failed == E_OK && len > 0)
    merge->write_failed = merge->options.sink.write(merge->options.sink.user,
                                                    bytes, len, merge->err);
}

void merge_put_text(struct merge *merge, const char *text)
{
  merge_put(merge, text, strlen(text));
}

/* What has been held back, which is empty then. */
void merge_put_buf(struct merge *merge, struct buf *buf)
{
  merge_put(merge, buf_text(buf), buf->len);
  buf_truncate(buf, 0);
}

void merge_put_head(struct merge *merge)
{
  if (merge->begun)
    return;
  merge->begun = true;
  merge_put_buf(merge, &merge->head);
  buf_clear(&merge->head);
}

/* What the chunk has up to `to` is held back. */
void merge_hold(struct merge *merge, struct buf *buf, const char *to)
{
  buf_put(buf, merge->from, (size_t)(to - merge->from));
  merge->from = to;
}

/* The chunk's whole items. */
static void put_whole(struct merge *merge)
{
  merge_put(merge, merge->from, (size_t)(merge->whole - merge->from));
  merge->from = merge->whole;
}

enum code merge_check_held(const struct merge *merge, struct err *err)
{
  const struct {
    const struct buf *buf;
    const char *what;
  } held[] = {{&merge->head, "in front of its list"},
              {&merge->tail, "behind its list"},
              {&merge->unit, slurps(merge) ? "in all" : "in one item"}};

  for (size_t i = 0; i < ARRAY_LEN(held); i++) {
    if (held[i].buf->failed == E_NOMEM)
      return err_nomem(err);
    if (held[i].buf->failed != E_OK)
      return err_set(err, E_ANSWER, "has more than %d bytes %s", MERGE_HELD,
                     held[i].what);
  }
  return E_OK;
}

/* --- items --------------------------------------------------------------- */

static bool is_wanted(const struct merge *merge)
{
  return merge->page_items > merge->skip && !merge_full(merge);
}

static void keep_packed(struct merge *merge)
{
  if (merge->options.form == MERGE_LINES)
    pack_put(&merge->pack, "\n");
  pack_keep(&merge->pack);
  merge->begun = true;
}

static void keep_as_it_is(struct merge *merge, const char *at)
{
  if (!merge->running) {
    merge_put_head(merge);
    if (merge->items > 0)
      merge_put_text(merge, ",");
    else if (merge->null_list)
      merge_put_text(merge, "[");
    merge->running = true;
  }
  merge_put_buf(merge, &merge->unit);
  merge->whole = at;
}

static void drop_item(struct merge *merge, const char *at)
{
  if (merge->packs) {
    pack_drop(&merge->pack);
    return;
  }
  put_whole(merge);
  buf_truncate(&merge->unit, 0);
  merge->from = merge->whole = at;
  merge->running = false;
}

/* An item ends at `at`. */
void merge_item_ended(struct merge *merge, const char *at)
{
  merge->page_items++;
  if (slurps(merge)) {
    merge->items++;
    return;
  }
  if (!is_wanted(merge)) {
    drop_item(merge, at);
    return;
  }
  if (merge->packs)
    keep_packed(merge);
  else
    keep_as_it_is(merge, at);
  merge->items++;
}

static void list_ended(struct merge *merge)
{
  merge->stage = IN_TAIL;
  if (merge->packs || slurps(merge))
    return;
  put_whole(merge);
  if (is_first(merge)) /* the space behind the last item */
    buf_put(&merge->tail, buf_text(&merge->unit), merge->unit.len);
  buf_truncate(&merge->unit, 0);
}

void merge_document_ended(struct merge *merge, const char *at)
{
  merge->stage = AT_END;
  if (slurps(merge))
    merge_hold(merge, &merge->unit, at);
  else if (!merge->packs && is_first(merge))
    merge_hold(merge, merge->single ? &merge->head : &merge->tail, at);
}

static void take_packed(struct merge *merge, enum scan_event event,
                        const struct scan_piece *piece, bool begins)
{
  if (merge->scan.depth == merge->list_depth &&
      (event == SCAN_COMMA || event == SCAN_COLON))
    return;
  if (begins && merge->options.form != MERGE_LINES)
    pack_put(&merge->pack, merge->begun ? ",\n" : "[");
  pack_token(&merge->pack, piece);
}

void merge_take_list(struct merge *merge, enum scan_event event,
                     const struct scan_piece *piece, const char *at)
{
  unsigned list = merge->list_depth;
  unsigned depth = merge->scan.depth;
  bool scalar = event >= SCAN_STRING;

  if (depth < list) {
    list_ended(merge);
    if (depth == 0)
      merge_document_ended(merge, at);
    return;
  }
  if (merge->packs)
    take_packed(merge, event, piece,
                (event == SCAN_OPEN && depth == list + 1) ||
                    (scalar && piece->first && depth == list));
  if (depth > list)
    return;
  if (event == SCAN_CLOSE || (scalar && piece->last)) {
    merge_item_ended(merge, at);
  } else if (event == SCAN_COMMA && !merge->running && !merge->packs &&
             !slurps(merge)) {
    buf_truncate(&merge->unit, 0);
    merge->from = merge->whole = at;
  }
}

void merge_put_packed(struct merge *merge)
{
  merge_put(merge, pack_text(&merge->pack), merge->pack.ready);
  pack_taken(&merge->pack);
}

/* The chunk ends: what is whole goes out, what is not is kept. */
void merge_settle(struct merge *merge, const char *end)
{
  enum stage stage = merge->stage;

  if (merge->packs) {
    pack_settle(&merge->pack);
    merge_put_packed(merge);
  } else if (slurps(merge)) {
    if (stage != AT_START && stage != AT_END)
      merge_hold(merge, &merge->unit, end);
  } else if (stage == IN_LIST) {
    put_whole(merge);
    merge_hold(merge, &merge->unit, end);
  } else if (is_first(merge) && stage == IN_HEAD) {
    merge_hold(merge, &merge->head, end);
  } else if (is_first(merge) && stage == IN_TAIL) {
    merge_hold(merge, &merge->tail, end);
  }
}

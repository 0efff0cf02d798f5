#include "api/merge_part.h"

#include "api/quote.h"

#include <string.h>

/* --- where the list is ---------------------------------------------------- */

/* The member that the first page's list was found in, for the other pages. */
static enum code set_path(struct merge *merge, struct err *err)
{
  AUTO_BUF struct buf name = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_LINE);
  enum code code;

  if (merge->scan.depth > 1) {
    quote_undo(&name, buf_text(&merge->name), merge->name.len);
    buf_putc(&text, '/');
    for (size_t i = 0; i < name.len; i++) {
      if (name.data[i] == '~' || name.data[i] == '/')
        buf_puts(&text, name.data[i] == '~' ? "~0" : "~1");
      else
        buf_putc(&text, name.data[i]);
    }
  }
  code = buf_check(&name, err);
  if (code == E_OK)
    code = buf_check(&text, err);
  return code == E_OK ? path_new(&merge->path, buf_text(&text), err) : code;
}

/* The name may be the list's: one with a NUL could not be looked for. */
static bool is_list_name(const struct buf *name)
{
  static const char *const others[] = {"\"errors\"", "\"warnings\""};
  const char *text = buf_text(name);

  for (size_t i = 0; i < ARRAY_LEN(others); i++) {
    if (strcmp(text, others[i]) == 0)
      return false;
  }
  return name->failed == E_OK && strstr(text, "\\u0000") == NULL;
}

/* Whether the list begins with this event. */
static bool looks_like_list(struct merge *merge, enum scan_event event,
                            const struct scan_piece *piece)
{
  unsigned depth = merge->scan.depth;

  if (event == SCAN_KEY && depth == 1) {
    if (piece->first)
      buf_clear(&merge->name); /* even if it has failed */
    buf_put(&merge->name, piece->bytes, piece->len);
  }
  if (event != SCAN_OPEN || *piece->bytes != '[')
    return false;
  return depth == 1 ||
         (depth == 2 && !merge->options.alone && is_list_name(&merge->name));
}

static enum code begin_list(struct merge *merge, const char *at,
                            struct err *err)
{
  bool is_new = merge->path == NULL && !merge->options.alone;
  enum code code = is_new ? set_path(merge, err) : E_OK;

  merge->stage = IN_LIST;
  merge->list_depth = merge->scan.depth;
  if (merge->packs)
    pack_drop(&merge->pack);
  if (merge->packs || slurps(merge))
    return code;
  if (is_first(merge)) {
    merge->opened = merge->scan;
    merge_hold(merge, &merge->head, at);
  }
  merge->from = merge->whole = at;
  return code == E_OK ? merge_check_held(merge, err) : code;
}

static void begin_null(struct merge *merge, const struct scan_piece *piece)
{
  merge->stage = IN_NULL;
  if (!is_first(merge) || merge->packs || slurps(merge))
    return;
  merge->null_list = true;
  merge->opened = merge->scan;
  merge_hold(merge, &merge->head, piece->bytes);
}

void merge_take_null(struct merge *merge, const struct scan_piece *piece,
                     const char *at)
{
  if (!piece->last)
    return;
  merge->stage = IN_TAIL;
  if (!slurps(merge))
    merge->from = at;
  if (merge->scan.depth == 0)
    merge_document_ended(merge, at);
}

/* The document is over and had no list. */
enum code merge_without_list(struct merge *merge, const char *at,
                             struct err *err)
{
  enum code code;

  if (!slurps(merge) && (merge->path != NULL || !is_first(merge))) {
    code =
        err_set(err, E_ANSWER, "has no list at '%s'", path_text(merge->path));
    err_hint(err, "a list in another place is named by a JSON pointer: "
                  "--items /data/items");
    return code;
  }
  if (is_first(merge) && merge->path == NULL)
    merge->single = !slurps(merge);
  if (merge->packs)
    merge_item_ended(merge, at);
  merge_document_ended(merge, at);
  return E_OK;
}

enum code merge_take_head(struct merge *merge, enum scan_event event,
                          const struct scan_piece *piece, const char *at,
                          struct err *err)
{
  bool found = merge->path != NULL &&
               path_follow(merge->path, &merge->scan, event, piece);
  bool list = merge->path != NULL ? found && *piece->bytes == '['
                                  : looks_like_list(merge, event, piece);
  enum code code = E_OK;

  if (merge->path != NULL)
    code = path_check(merge->path, err);
  else if (merge->name.failed == E_NOMEM)
    code = err_nomem(err);
  if (code != E_OK)
    return code;
  if (list)
    return begin_list(merge, at, err);
  if (found && *piece->bytes == 'n') {
    begin_null(merge, piece);
    merge_take_null(merge, piece, at);
    return merge_check_held(merge, err);
  }
  if (merge->packs && merge->path == NULL)
    pack_token(&merge->pack, piece);
  if (merge->scan.depth == 0 && piece->last)
    return merge_without_list(merge, at, err);
  return E_OK;
}

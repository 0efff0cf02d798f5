#include "api/watch.h"

#include "api/quote.h"
#include "api/scan.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

/* `path` is the pointer to where we are, as long as it may lead somewhere: the
 * containers up to depth `live` lie on a path that is looked for, deeper ones
 * are passed over by their brackets alone. For each live container base[depth]
 * is the length of its own path, to which the member's name or the element's
 * index is added. */

enum {
  LIVE_MAX = 64, /* deeper is passed over */
  KEY_MAX = 512, /* of a member's name, as it stands */
  LISTS_MAX = 16 /* lists named nodes or edges that are remembered */
};

struct slot {
  char *pointer;
  enum watch_kind kind;
  struct buf text;
};

struct watch {
  struct slot *slots;
  size_t count;

  struct scan scan;
  bool broken;
  struct buf path;
  size_t base[LIVE_MAX + 1];
  uint64_t index[LIVE_MAX + 1];
  unsigned live;
  struct buf key;
  bool key_known; /* the member's name is in path */
  bool key_too_long;

  struct buf raw; /* the scalar that is being read */
  bool taking;
  bool too_long;
  struct slot *into[2]; /* where it goes */

  bool page_info;
  unsigned lists_around; /* live containers that are lists */
  unsigned info_depth;   /* of the pageInfo that counts; 0: none yet */
  unsigned inside;       /* the depth of the one we are in; 0 */
  char *info_parent;     /* the path around it */
  struct slot has_next, cursor;
  char *lists[LISTS_MAX];
  size_t lists_count;
  char *items;
};

static void slot_clear(struct slot *slot)
{
  mem_free(slot->pointer);
  buf_clear(&slot->text);
}

void watch_free(struct watch *watch)
{
  if (watch == NULL)
    return;
  for (size_t i = 0; i < watch->count; i++)
    slot_clear(&watch->slots[i]);
  mem_free(watch->slots);
  slot_clear(&watch->has_next);
  slot_clear(&watch->cursor);
  for (size_t i = 0; i < watch->lists_count; i++)
    mem_free(watch->lists[i]);
  mem_free(watch->info_parent);
  mem_free(watch->items);
  buf_clear(&watch->path);
  buf_clear(&watch->key);
  buf_clear(&watch->raw);
  mem_free(watch);
}

enum code watch_new(struct watch **ret_watch, const char *const pointers[],
                    size_t count, bool page_info, struct err *err)
{
  AUTO(watch) watch = NULL;

  if (count > WATCH_MAX)
    return err_set(err, E_USAGE, "more than %d pointers", WATCH_MAX);
  watch = mem_zalloc(sizeof *watch);
  if (watch == NULL)
    return err_nomem(err);
  watch->slots = mem_array(count + 1, sizeof *watch->slots);
  if (watch->slots == NULL)
    return err_nomem(err);
  scan_init(&watch->scan);
  watch->page_info = page_info;
  buf_init(&watch->path, BUF_LINE);
  buf_init(&watch->key, KEY_MAX + 8);
  buf_init(&watch->raw, WATCH_VALUE_MAX);
  buf_init(&watch->has_next.text, WATCH_VALUE_MAX);
  buf_init(&watch->cursor.text, WATCH_VALUE_MAX);
  for (size_t i = 0; i < count; i++) {
    if (!json_pointer_valid(pointers[i]))
      return err_set(err, E_USAGE, "'%s' is no JSON pointer", pointers[i]);
    watch->slots[i].pointer = mem_str(pointers[i]);
    if (watch->slots[i].pointer == NULL)
      return err_nomem(err);
    buf_init(&watch->slots[i].text, WATCH_VALUE_MAX);
    watch->count++;
  }
  *ret_watch = watch;
  watch = NULL;
  return E_OK;
}

/* --- paths ----------------------------------------------------------------
 */

static bool path_is(const struct watch *watch, const char *pointer)
{
  return strcmp(buf_text(&watch->path), pointer) == 0;
}

/* Something that is looked for may lie below the path: in a list by an index.
 */
static bool leads_on(const struct watch *watch, bool is_list)
{
  const char *path = buf_text(&watch->path);
  size_t len = watch->path.len;

  if (watch->page_info && watch->lists_around == 0)
    return true;
  for (size_t i = 0; i < watch->count; i++) {
    const char *pointer = watch->slots[i].pointer;

    if (strncmp(pointer, path, len) == 0 && pointer[len] == '/' &&
        (!is_list || (pointer[len + 1] >= '0' && pointer[len + 1] <= '9')))
      return true;
  }
  return false;
}

/* The last segment of a live container's child is `name`, in an object. */
static bool child_is(const struct watch *watch, unsigned around,
                     const char *name)
{
  return around > 0 && !scan_is_array(&watch->scan, around) &&
         watch->path.len > watch->base[around] &&
         strcmp(buf_text(&watch->path) + watch->base[around] + 1, name) == 0;
}

/* Puts the child's place behind its container's path. false: it leads nowhere.
 */
static bool step_in(struct watch *watch, unsigned around)
{
  if (around == 0)
    return true;
  if (!scan_is_array(&watch->scan, around))
    return watch->key_known;
  buf_truncate(&watch->path, watch->base[around]);
  buf_printf(&watch->path, "/%" PRIu64, watch->index[around]);
  return true;
}

static void put_name(struct watch *watch, unsigned around)
{
  AUTO_BUF struct buf name = BUF_INIT(KEY_MAX);

  buf_truncate(&watch->path, watch->base[around]);
  quote_undo(&name, buf_text(&watch->key), watch->key.len);
  watch->key_known = !watch->key_too_long && name.failed == E_OK &&
                     watch->path.len + 2 * name.len + 32 < BUF_LINE;
  if (!watch->key_known)
    return;
  buf_putc(&watch->path, '/');
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];

    if (c == '~' || c == '/')
      buf_puts(&watch->path, c == '~' ? "~0" : "~1");
    else if (c != '\0')
      buf_putc(&watch->path, c);
    else
      watch->key_known = false;
  }
}

static void take_key(struct watch *watch, const struct scan_piece *piece)
{
  if (piece->first) {
    buf_truncate(&watch->key, 0);
    watch->key_too_long = false;
  }
  if (piece->len > KEY_MAX - watch->key.len)
    watch->key_too_long = true;
  else
    buf_put(&watch->key, piece->bytes, piece->len);
  if (piece->last)
    put_name(watch, watch->scan.depth);
}

/* --- GraphQL --------------------------------------------------------------
 */

static void forget(struct slot *slot)
{
  slot->kind = WATCH_NOTHING;
  buf_clear(&slot->text);
}

/* An object or list begins at the path, inside `around` containers. */
static enum code look_at_container(struct watch *watch, unsigned around,
                                   struct err *err)
{
  unsigned depth = around + 1;
  bool is_list = scan_is_array(&watch->scan, depth);

  if (!watch->page_info || watch->lists_around > 0)
    return E_OK;
  if (is_list && watch->lists_count < LISTS_MAX &&
      (child_is(watch, around, "nodes") || child_is(watch, around, "edges"))) {
    watch->lists[watch->lists_count] = mem_str(buf_text(&watch->path));
    if (watch->lists[watch->lists_count] == NULL)
      return err_nomem(err);
    watch->lists_count++;
  }
  if (is_list || !child_is(watch, around, "pageInfo") ||
      (watch->info_depth != 0 && watch->info_depth <= depth))
    return E_OK;
  watch->info_depth = watch->inside = depth;
  forget(&watch->has_next);
  forget(&watch->cursor);
  mem_free(watch->info_parent);
  watch->info_parent = mem_copy(buf_text(&watch->path), watch->base[around]);
  return watch->info_parent != NULL ? E_OK : err_nomem(err);
}

/* --- values ---------------------------------------------------------------
 */

static void begin_container(struct watch *watch, unsigned around)
{
  bool is_list = scan_is_array(&watch->scan, around + 1);

  for (size_t i = 0; i < watch->count; i++) {
    struct slot *slot = &watch->slots[i];

    if (slot->kind == WATCH_NOTHING && path_is(watch, slot->pointer))
      slot->kind = WATCH_OTHER;
  }
  if (around + 1 > LIVE_MAX)
    return;
  watch->lists_around += is_list;
  if (!leads_on(watch, is_list)) {
    watch->lists_around -= is_list;
    return;
  }
  watch->live = around + 1;
  watch->base[watch->live] = watch->path.len;
  watch->index[watch->live] = 0;
  watch->key_known = false;
}

static enum code open_container(struct watch *watch, struct err *err)
{
  unsigned around = watch->scan.depth - 1;
  enum code code;

  if (around != watch->live)
    return E_OK;
  if (around == 0)
    buf_truncate(&watch->path, 0);
  if (!step_in(watch, around))
    return E_OK;
  code = look_at_container(watch, around, err);
  if (code == E_OK)
    begin_container(watch, around);
  return code;
}

/* scan->depth is the one around it already. */
static void close_container(struct watch *watch)
{
  unsigned depth = watch->scan.depth + 1;

  if (depth != watch->live)
    return;
  watch->lists_around -= scan_is_array(&watch->scan, depth);
  watch->live = depth - 1;
  if (watch->inside == depth)
    watch->inside = 0;
  buf_truncate(&watch->path, watch->base[watch->live]);
  watch->key_known = false;
}

/* Which slots want the scalar at the path; none: it is passed over. */
static void begin_scalar(struct watch *watch)
{
  unsigned around = watch->scan.depth;
  size_t wanted = 0;

  watch->into[0] = watch->into[1] = NULL;
  watch->taking = false;
  if (around != watch->live || !step_in(watch, around))
    return;
  if (around == 0)
    buf_truncate(&watch->path, 0);
  for (size_t i = 0; i < watch->count && wanted == 0; i++) {
    struct slot *slot = &watch->slots[i];

    if (slot->kind == WATCH_NOTHING && path_is(watch, slot->pointer))
      watch->into[wanted++] = slot;
  }
  if (watch->inside != 0 && watch->inside == around) {
    if (child_is(watch, around, "hasNextPage") &&
        watch->has_next.kind == WATCH_NOTHING)
      watch->into[wanted++] = &watch->has_next;
    else if (child_is(watch, around, "endCursor") &&
             watch->cursor.kind == WATCH_NOTHING)
      watch->into[wanted++] = &watch->cursor;
  }
  watch->taking = wanted > 0;
  watch->too_long = false;
  buf_truncate(&watch->raw, 0);
}

static void put_scalar(const struct watch *watch, enum scan_event event,
                       struct slot *slot)
{
  const char *raw = buf_text(&watch->raw);

  if (watch->too_long)
    slot->kind = WATCH_LONG;
  else if (event == SCAN_STRING)
    slot->kind = WATCH_TEXT;
  else if (event == SCAN_NUMBER)
    slot->kind = WATCH_NUMBER;
  else
    slot->kind = *raw == 't'   ? WATCH_TRUE
                 : *raw == 'f' ? WATCH_FALSE
                               : WATCH_NULL;
  if (slot->kind == WATCH_TEXT)
    quote_undo(&slot->text, raw, watch->raw.len);
  else if (slot->kind == WATCH_NUMBER)
    buf_put(&slot->text, raw, watch->raw.len);
}

static void end_scalar(struct watch *watch, enum scan_event event)
{
  watch->taking = false;
  for (size_t i = 0; i < ARRAY_LEN(watch->into); i++) {
    if (watch->into[i] != NULL)
      put_scalar(watch, event, watch->into[i]);
  }
}

static void take_scalar(struct watch *watch, enum scan_event event,
                        const struct scan_piece *piece)
{
  if (piece->first)
    begin_scalar(watch);
  if (!watch->taking)
    return;
  if (piece->len > WATCH_VALUE_MAX - watch->raw.len)
    watch->too_long = true;
  else
    buf_put(&watch->raw, piece->bytes, piece->len);
  if (piece->last)
    end_scalar(watch, event);
}

/* --- the text --------------------------------------------------------------
 */

static enum code failure(const struct watch *watch, struct err *err)
{
  enum code code = buf_check(&watch->path, err);

  if (code == E_OK)
    code = buf_check(&watch->key, err);
  if (code == E_OK)
    code = buf_check(&watch->raw, err);
  if (code == E_OK)
    code = buf_check(&watch->has_next.text, err);
  if (code == E_OK)
    code = buf_check(&watch->cursor.text, err);
  for (size_t i = 0; code == E_OK && i < watch->count; i++)
    code = buf_check(&watch->slots[i].text, err);
  return code;
}

/* Where nothing is looked for, only the bracket that ends it matters. */
static unsigned floor_of(const struct watch *watch)
{
  return watch->scan.depth > watch->live ? watch->live : watch->live + 1;
}

enum code watch_feed(struct watch *watch, const void *bytes, size_t len,
                     struct err *err)
{
  const char *at = bytes;
  const char *end = at + len;
  struct scan_piece piece;
  enum scan_event event = SCAN_MORE;
  enum code code = E_OK;

  if (watch->broken || (watch->count == 0 && !watch->page_info))
    return E_OK;
  while (code == E_OK && (event = scan_leave(&watch->scan, floor_of(watch), &at,
                                             end, &piece)) > SCAN_BAD) {
    if (event == SCAN_OPEN)
      code = open_container(watch, err);
    else if (event == SCAN_CLOSE)
      close_container(watch);
    else if (watch->scan.depth != watch->live)
      continue;
    else if (event == SCAN_COMMA)
      watch->index[watch->live]++;
    else if (event == SCAN_KEY)
      take_key(watch, &piece);
    else if (event >= SCAN_STRING)
      take_scalar(watch, event, &piece);
  }
  watch->broken = event == SCAN_BAD;
  return code == E_OK ? failure(watch, err) : code;
}

static bool is_list_beside(const struct watch *watch, const char *list,
                           const char *name)
{
  size_t len = strlen(watch->info_parent);

  return strncmp(list, watch->info_parent, len) == 0 && list[len] == '/' &&
         strcmp(list + len + 1, name) == 0;
}

static enum code find_items(struct watch *watch, struct err *err)
{
  static const char *const names[] = {"nodes", "edges"};

  if (watch->info_depth == 0 || watch->items != NULL)
    return E_OK;
  for (size_t n = 0; n < ARRAY_LEN(names); n++) {
    for (size_t i = 0; i < watch->lists_count; i++) {
      if (!is_list_beside(watch, watch->lists[i], names[n]))
        continue;
      watch->items = mem_str(watch->lists[i]);
      return watch->items != NULL ? E_OK : err_nomem(err);
    }
  }
  return E_OK;
}

enum code watch_end(struct watch *watch, struct err *err)
{
  enum code code;

  if (watch->taking && !watch->broken && scan_may_end(&watch->scan))
    end_scalar(watch, SCAN_NUMBER);
  code = find_items(watch, err);
  return code == E_OK ? failure(watch, err) : code;
}

static struct watch_value value_of(const struct slot *slot)
{
  return (struct watch_value){
      .kind = slot->kind, .text = buf_text(&slot->text), .len = slot->text.len};
}

struct watch_value watch_value(const struct watch *watch, size_t nth)
{
  return value_of(&watch->slots[nth]);
}

bool watch_page_info(const struct watch *watch,
                     struct watch_page_info *ret_info)
{
  if (watch->info_depth == 0)
    return false;
  *ret_info = (struct watch_page_info){.has_next = value_of(&watch->has_next),
                                       .cursor = value_of(&watch->cursor),
                                       .items = watch->items};
  return true;
}

#include "api/outline.h"

#include "api/quote.h"
#include "api/scan.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>

enum { NAME_MAX_BYTES = 4096 };

struct outline {
  const char *text;
  struct place *places;
  size_t count, room;
  size_t steps; /* made from one value to the next */
};

/* What is being read: the open containers, and the last value in each. */
struct reader {
  struct outline *outline;
  uint32_t open[SCAN_DEPTH + 1]; /* the container at each depth; 0: none */
  uint32_t last[SCAN_DEPTH + 1]; /* the value last seen in it; 0: none */
  uint32_t key, key_len;
  bool full, no_memory;
};

void outline_free(struct outline *outline)
{
  if (outline == NULL)
    return;
  mem_free(outline->places);
  mem_free(outline);
}

static bool grow(struct reader *reader)
{
  struct outline *outline = reader->outline;
  size_t room = outline->room > 0 ? outline->room * 2 : 256;
  struct place *grown;

  if (outline->count < outline->room)
    return true;
  reader->full = outline->count >= OUTLINE_VALUES_MAX;
  if (reader->full)
    return false;
  grown = mem_realloc(outline->places, room * sizeof *grown);
  reader->no_memory = grown == NULL;
  if (grown == NULL)
    return false;
  outline->places = grown;
  outline->room = room;
  return true;
}

/* A value begins, in the container at depth. */
static bool begin(struct reader *reader, unsigned depth, enum place_kind kind,
                  const char *at)
{
  struct outline *outline = reader->outline;
  uint32_t number = (uint32_t)outline->count;

  if (!grow(reader))
    return false;
  if (depth > 0 && reader->last[depth] != 0)
    outline->places[reader->last[depth]].next = number;
  else if (depth > 0)
    outline->places[reader->open[depth]].parent = true;
  outline->places[outline->count++] =
      (struct place){.key = reader->key,
                     .key_len = reader->key_len,
                     .text = (uint32_t)(at - outline->text),
                     .kind = (uint8_t)kind};
  reader->last[depth] = number;
  reader->key = reader->key_len = 0;
  return true;
}

static enum place_kind kind_of(enum scan_event event)
{
  return event == SCAN_STRING   ? PLACE_STRING
         : event == SCAN_NUMBER ? PLACE_NUMBER
                                : PLACE_WORD;
}

/* One event of the text. depth: scan->depth behind it. */
static bool take(struct reader *reader, enum scan_event event, unsigned depth,
                 const struct scan_piece *piece)
{
  struct outline *outline = reader->outline;

  switch (event) {
  case SCAN_OPEN:
    if (!begin(reader, depth - 1,
               *piece->bytes == '[' ? PLACE_ARRAY : PLACE_OBJECT, piece->bytes))
      return false;
    reader->open[depth] = (uint32_t)outline->count - 1;
    reader->last[depth] = 0;
    return true;
  case SCAN_KEY:
    if (piece->first)
      reader->key = (uint32_t)(piece->bytes - outline->text);
    reader->key_len += (uint32_t)piece->len;
    return true;
  case SCAN_STRING:
  case SCAN_NUMBER:
  case SCAN_WORD:
    if (piece->first && !begin(reader, depth, kind_of(event), piece->bytes))
      return false;
    outline->places[outline->count - 1].text_len += (uint32_t)piece->len;
    return true;
  default:
    return true;
  }
}

static enum code refuse(const struct reader *reader, const char *bytes,
                        const char *at, enum code code, const char *what,
                        struct err *err)
{
  unsigned long line = 1;

  if (reader->no_memory)
    return err_nomem(err);
  if (reader->full)
    return err_set(err, code, "%s has more than %d values", what,
                   OUTLINE_VALUES_MAX);
  for (; bytes < at; bytes++)
    line += *bytes == '\n';
  return err_set(err, code, "%s is not valid JSON: line %lu", what, line);
}

static enum code read_text(struct reader *reader, const char *bytes, size_t len,
                           enum code code, const char *what, struct err *err)
{
  struct scan scan;
  struct scan_piece piece;
  enum scan_event event;
  const char *at = bytes;
  const char *end = bytes + len;

  scan_init(&scan);
  while ((event = scan_next(&scan, &at, end, &piece)) > SCAN_BAD) {
    bool top = event == SCAN_OPEN
                   ? scan.depth == 1
                   : event >= SCAN_STRING && scan.depth == 0 && piece.first;
    bool second = top && reader->outline->count > 0;

    if (second || !take(reader, event, scan.depth, &piece))
      return refuse(reader, bytes, at, code, what, err);
  }
  if (event == SCAN_BAD || !scan_may_end(&scan) || reader->outline->count == 0)
    return refuse(reader, bytes, at, code, what, err);
  return E_OK;
}

enum code outline_new(struct outline **ret_outline, const char *bytes,
                      size_t len, enum code code, const char *what,
                      struct err *err)
{
  AUTO(outline) outline = mem_zalloc(sizeof *outline);
  struct reader *reader = mem_zalloc(sizeof *reader);

  if (outline == NULL || reader == NULL) {
    mem_free(reader);
    return err_nomem(err);
  }
  if (len > OUTLINE_TEXT_MAX) {
    mem_free(reader);
    return err_set(err, code, "%s is longer than %d MiB", what,
                   OUTLINE_TEXT_MAX / 1024 / 1024);
  }
  outline->text = bytes;
  reader->outline = outline;
  code = read_text(reader, bytes, len, code, what, err);
  mem_free(reader);
  if (code != E_OK)
    return code;
  *ret_outline = outline;
  outline = NULL;
  return E_OK;
}

/* --- looking ---------------------------------------------------------------
 */

const struct place *outline_top(struct outline *outline)
{
  return &outline->places[0];
}

const struct place *outline_first(struct outline *outline,
                                  const struct place *place)
{
  return place != NULL && place->parent
             ? &outline->places[place - outline->places + 1]
             : NULL;
}

const struct place *outline_next(struct outline *outline,
                                 const struct place *place)
{
  if (place == NULL || place->next == 0 || outline_is_tired(outline))
    return NULL;
  outline->steps++;
  return &outline->places[place->next];
}

bool outline_is_tired(const struct outline *outline)
{
  return outline->steps >= OUTLINE_STEPS_MAX;
}

/* Whether a string, quotes included, has this text. */
static bool has_text(const char *raw, size_t len, const char *text)
{
  AUTO_BUF struct buf plain = BUF_INIT(NAME_MAX_BYTES);
  size_t text_len = strlen(text);

  if (len < 2)
    return false;
  if (memchr(raw, '\\', len) == NULL)
    return len - 2 == text_len && memcmp(raw + 1, text, text_len) == 0;
  quote_undo(&plain, raw, len);
  return plain.failed == E_OK && plain.len == text_len &&
         memcmp(buf_text(&plain), text, text_len) == 0;
}

bool outline_is(struct outline *outline, const struct place *place,
                const char *text)
{
  return place != NULL && place->kind == PLACE_STRING &&
         has_text(outline->text + place->text, place->text_len, text);
}

bool outline_key_is(struct outline *outline, const struct place *place,
                    const char *name)
{
  return place != NULL &&
         has_text(outline->text + place->key, place->key_len, name);
}

bool outline_is_true(struct outline *outline, const struct place *place)
{
  return place != NULL && place->kind == PLACE_WORD &&
         outline->text[place->text] == 't';
}

const struct place *outline_member(struct outline *outline,
                                   const struct place *place, const char *name)
{
  const struct place *at = NULL;

  if (place != NULL && place->kind == PLACE_OBJECT)
    at = outline_first(outline, place);
  while (at != NULL && !outline_key_is(outline, at, name))
    at = outline_next(outline, at);
  return at;
}

void outline_put(struct outline *outline, const struct place *place,
                 struct buf *out)
{
  if (place == NULL || place->kind < PLACE_STRING)
    return;
  if (place->kind == PLACE_STRING)
    quote_undo(out, outline->text + place->text, place->text_len);
  else
    buf_put(out, outline->text + place->text, place->text_len);
}

void outline_put_key(struct outline *outline, const struct place *place,
                     struct buf *out)
{
  if (place != NULL && place->key_len >= 2)
    quote_undo(out, outline->text + place->key, place->key_len);
}

/* --- $ref ------------------------------------------------------------------
 */

static const struct place *element(struct outline *outline,
                                   const struct place *place, const char *name)
{
  uint64_t number;
  const struct place *at = outline_first(outline, place);

  if (!num_parse(name, OUTLINE_VALUES_MAX, &number))
    return NULL;
  while (at != NULL && number-- > 0)
    at = outline_next(outline, at);
  return at;
}

/* One step of a JSON pointer, ~0 and ~1 undone. */
static const struct place *step(struct outline *outline,
                                const struct place *place, const char *token,
                                size_t len)
{
  AUTO_BUF struct buf name = BUF_INIT(NAME_MAX_BYTES);

  for (size_t i = 0; i < len; i++) {
    if (token[i] == '~' && i + 1 < len &&
        (token[i + 1] == '0' || token[i + 1] == '1'))
      buf_putc(&name, token[++i] == '0' ? '~' : '/');
    else
      buf_putc(&name, token[i]);
  }
  if (name.failed != E_OK || memchr(buf_text(&name), '\0', name.len) != NULL)
    return NULL;
  return place->kind == PLACE_ARRAY
             ? element(outline, place, buf_text(&name))
             : outline_member(outline, place, buf_text(&name));
}

const struct place *outline_fragment(struct outline *outline,
                                     const char *fragment)
{
  AUTO_BUF struct buf pointer = BUF_INIT(NAME_MAX_BYTES);
  const struct place *place = outline_top(outline);
  const char *at;

  if (fragment[0] != '#' ||
      !codec_unpercent(&pointer, fragment + 1, strlen(fragment + 1), false) ||
      pointer.failed != E_OK ||
      memchr(buf_text(&pointer), '\0', pointer.len) != NULL)
    return NULL;
  at = buf_text(&pointer);
  while (place != NULL && *at == '/') {
    size_t len = strcspn(at + 1, "/");

    place = step(outline, place, at + 1, len);
    at += 1 + len;
  }
  return *at == '\0' ? place : NULL;
}

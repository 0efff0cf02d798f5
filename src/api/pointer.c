#include "api/pointer.h"

#include "api/quote.h"
#include "api/scan.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdint.h>
#include <string.h>

/* `on` counts the pointer's segments that the way from the root to where we
 * are agrees with; a container at depth d lies on the path when on == d - 1.
 * Keys and indices are compared only there, so one index and one key are all
 * that is kept. Once the way leaves a matching element, the array's later
 * elements cannot match any more. */

enum { SEGMENTS_MAX = 256 };

#define PAST UINT64_MAX

struct segment {
  char *text;
  size_t len;
  uint64_t index; /* PAST: cannot be one */
};

struct pointer {
  char *text;
  struct scan scan;
  struct format_sink sink;
  struct segment *segments;
  size_t count;
  unsigned on;
  uint64_t index;    /* in the innermost array on the path */
  struct buf key;    /* raw, of the innermost object on the path */
  bool key_too_long; /* to be the segment */
  bool taking;       /* between the value's first and last byte */
  unsigned took_at;  /* the depth around it */
  bool done;         /* this document has given its value */
  bool found;
  bool broken;
};

static bool index_of(const char *text, size_t len, uint64_t *ret_index)
{
  uint64_t index = 0;

  if (len == 0 || len > 18 || (len > 1 && text[0] == '0'))
    return false;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    index = index * 10 + (uint64_t)(text[i] - '0');
  }
  *ret_index = index;
  return true;
}

/* ~1 is '/', ~0 is '~'; the syntax has been checked. */
static bool set_segment(struct segment *segment, const char *text, size_t len)
{
  segment->text = mem_copy(text, len);
  if (segment->text == NULL)
    return false;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];

    if (c == '~')
      c = text[++i] == '1' ? '/' : '~';
    segment->text[segment->len++] = c;
  }
  segment->text[segment->len] = '\0';
  if (!index_of(segment->text, segment->len, &segment->index))
    segment->index = PAST;
  return true;
}

static enum code set_segments(struct pointer *pointer, const char *text,
                              struct err *err)
{
  size_t count = 0;

  for (const char *at = text; *at != '\0'; at++)
    count += *at == '/';
  if (count > SEGMENTS_MAX)
    return err_set(err, E_USAGE, "a pointer of more than %d segments",
                   SEGMENTS_MAX);
  pointer->segments = mem_array(count + 1, sizeof *pointer->segments);
  if (pointer->segments == NULL)
    return err_nomem(err);
  while (*text == '/') {
    size_t len = strcspn(++text, "/");

    if (!set_segment(&pointer->segments[pointer->count], text, len))
      return err_nomem(err);
    pointer->count++;
    text += len;
  }
  return E_OK;
}

enum code pointer_new(struct pointer **ret_pointer, const char *text,
                      struct format_sink sink, struct err *err)
{
  AUTO(pointer) pointer = NULL;
  enum code code;

  if (!json_pointer_valid(text)) {
    code = err_set(err, E_USAGE, "'%s' is no JSON pointer", text);
    err_hint(err, "a pointer is empty or begins with '/': /items/0/name");
    return code;
  }
  pointer = mem_zalloc(sizeof *pointer);
  if (pointer == NULL)
    return err_nomem(err);
  pointer->text = mem_str(text);
  if (pointer->text == NULL)
    return err_nomem(err);
  scan_init(&pointer->scan);
  pointer->sink = sink;
  buf_init(&pointer->key, BUF_BODY);
  code = set_segments(pointer, text, err);
  if (code != E_OK)
    return code;
  *ret_pointer = pointer;
  pointer = NULL;
  return E_OK;
}

void pointer_free(struct pointer *pointer)
{
  if (pointer == NULL)
    return;
  for (size_t i = 0; i < pointer->count; i++)
    mem_free(pointer->segments[i].text);
  mem_free(pointer->segments);
  mem_free(pointer->text);
  buf_clear(&pointer->key);
  mem_free(pointer);
}

bool pointer_found(const struct pointer *pointer)
{
  return pointer->found;
}

/* The container that we are in lies on the path, and the pointer goes on. */
static bool on_path(const struct pointer *pointer, unsigned depth)
{
  return !pointer->done && !pointer->taking && depth > 0 &&
         pointer->on == depth - 1 && pointer->on < pointer->count;
}

/* A segment's bytes take at most six each as an escape. */
static void take_key(struct pointer *pointer, const struct scan_piece *piece)
{
  const struct segment *segment;
  AUTO_BUF struct buf plain = BUF_INIT(BUF_BODY);

  if (!on_path(pointer, pointer->scan.depth))
    return;
  segment = &pointer->segments[pointer->on];
  if (piece->first) {
    buf_truncate(&pointer->key, 0);
    pointer->key_too_long = false;
  }
  if (piece->len > 6 * segment->len + 2 - pointer->key.len)
    pointer->key_too_long = true;
  if (pointer->key_too_long)
    return;
  buf_put(&pointer->key, piece->bytes, piece->len);
  if (!piece->last || pointer->key.failed != E_OK)
    return;
  quote_undo(&plain, pointer->key.data, pointer->key.len);
  if (plain.len == segment->len &&
      memcmp(buf_text(&plain), segment->text, plain.len) == 0)
    pointer->on++;
}

/* A value begins inside `depth` containers. */
static void begin_value(struct pointer *pointer, unsigned depth)
{
  if (on_path(pointer, depth) && scan_is_array(&pointer->scan, depth) &&
      pointer->index == pointer->segments[pointer->on].index)
    pointer->on++;
  if (pointer->on != depth || pointer->done || pointer->taking)
    return;
  if (depth == pointer->count) {
    pointer->taking = pointer->found = true;
    pointer->took_at = depth;
  }
  pointer->index = 0; /* in case it is an array */
}

/* Returns whether that was the value's last byte. */
static bool end_value(struct pointer *pointer)
{
  unsigned depth = pointer->scan.depth;
  bool ends = pointer->taking && pointer->took_at == depth;

  if (ends) {
    pointer->taking = false;
    pointer->done = true;
  }
  if (depth > 0 && pointer->on == depth) {
    pointer->on--;
    pointer->index = PAST;
  }
  if (depth == 0)
    pointer->done = false;
  return ends;
}

static enum code send(struct pointer *pointer, const char *from, const char *to,
                      struct err *err)
{
  if (from == to)
    return E_OK;
  return pointer->sink.write(pointer->sink.user, from, (size_t)(to - from),
                             err);
}

/* Follows one event. from is where the part of the value that has not been
 * written begins; at is behind the event. */
static enum code follow(struct pointer *pointer, enum scan_event event,
                        const struct scan_piece *piece, const char **from,
                        const char *at, struct err *err)
{
  bool took = pointer->taking;
  bool ends = false;
  unsigned depth = pointer->scan.depth;
  enum code code;

  if (event == SCAN_OPEN) {
    begin_value(pointer, depth - 1);
  } else if (event == SCAN_CLOSE) {
    ends = end_value(pointer);
  } else if (event == SCAN_COMMA) {
    if (on_path(pointer, depth) && pointer->index != PAST)
      pointer->index++;
  } else if (event == SCAN_KEY) {
    take_key(pointer, piece);
  } else if (event >= SCAN_STRING) {
    if (piece->first)
      begin_value(pointer, depth);
    if (piece->last)
      ends = end_value(pointer);
  }
  if (!took && (pointer->taking || ends))
    *from = piece->bytes;
  if (!ends)
    return E_OK;
  code = send(pointer, *from, at, err);
  return code != E_OK ? code
                      : pointer->sink.write(pointer->sink.user, "\n", 1, err);
}

enum code pointer_feed(struct pointer *pointer, const void *bytes, size_t len,
                       struct err *err)
{
  const char *at = bytes;
  const char *end = at + len;
  const char *from = at;
  struct scan_piece piece;
  enum scan_event event;
  enum code code;

  if (pointer->broken)
    return E_OK;
  while ((event = scan_next(&pointer->scan, &at, end, &piece)) > SCAN_BAD) {
    code = follow(pointer, event, &piece, &from, at, err);
    if (code != E_OK)
      return code;
    if (pointer->key.failed != E_OK)
      return buf_check(&pointer->key, err);
  }
  pointer->broken = event == SCAN_BAD;
  return pointer->taking ? send(pointer, from, at, err) : E_OK;
}

enum code pointer_end(struct pointer *pointer, struct err *err)
{
  /* A number that is the whole document ends with the text. */
  if (pointer->taking && scan_may_end(&pointer->scan)) {
    pointer->taking = false;
    return pointer->sink.write(pointer->sink.user, "\n", 1, err);
  }
  if (pointer->broken || !scan_may_end(&pointer->scan))
    return err_set(
        err, E_ANSWER,
        "nothing more can be read for '%s': the answer is not JSON to its end",
        pointer->text);
  if (!pointer->found)
    return err_set(err, E_NOT_FOUND, "the answer has nothing at '%s'",
                   pointer->text);
  return E_OK;
}

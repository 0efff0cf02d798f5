#include "api/path.h"

#include "api/quote.h"
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

struct path {
  char *text;
  struct segment *segments;
  size_t count;
  unsigned on;
  uint64_t index;    /* in the innermost array on the path */
  struct buf key;    /* raw, of the innermost object on the path */
  struct buf plain;  /* the same, escapes undone */
  bool key_too_long; /* to be the segment */
  bool stopped;      /* until the document's end */
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

static enum code set_segments(struct path *path, const char *text,
                              struct err *err)
{
  size_t count = 0;

  for (const char *at = text; *at != '\0'; at++)
    count += *at == '/';
  if (count > SEGMENTS_MAX)
    return err_set(err, E_USAGE, "a pointer of more than %d segments",
                   SEGMENTS_MAX);
  path->segments = mem_array(count + 1, sizeof *path->segments);
  if (path->segments == NULL)
    return err_nomem(err);
  while (*text == '/') {
    size_t len = strcspn(++text, "/");

    if (!set_segment(&path->segments[path->count], text, len))
      return err_nomem(err);
    path->count++;
    text += len;
  }
  return E_OK;
}

enum code path_new(struct path **ret_path, const char *text, struct err *err)
{
  AUTO(path) path = NULL;
  enum code code;

  if (!json_pointer_valid(text)) {
    code = err_set(err, E_USAGE, "'%s' is no JSON pointer", text);
    err_hint(err, "a pointer is empty or begins with '/': /items/0/name");
    return code;
  }
  path = mem_zalloc(sizeof *path);
  if (path == NULL)
    return err_nomem(err);
  buf_init(&path->key, BUF_BODY);
  buf_init(&path->plain, BUF_BODY);
  path->text = mem_str(text);
  if (path->text == NULL)
    return err_nomem(err);
  code = set_segments(path, text, err);
  if (code != E_OK)
    return code;
  *ret_path = path;
  path = NULL;
  return E_OK;
}

void path_free(struct path *path)
{
  if (path == NULL)
    return;
  for (size_t i = 0; i < path->count; i++)
    mem_free(path->segments[i].text);
  mem_free(path->segments);
  mem_free(path->text);
  buf_clear(&path->key);
  buf_clear(&path->plain);
  mem_free(path);
}

const char *path_text(const struct path *path)
{
  return path->text;
}

void path_restart(struct path *path)
{
  path->on = 0;
  path->stopped = false;
}

void path_stop(struct path *path)
{
  path->stopped = true;
}

enum code path_check(const struct path *path, struct err *err)
{
  enum code code = buf_check(&path->key, err);

  return code != E_OK ? code : buf_check(&path->plain, err);
}

/* The container that we are in lies on the path, and the pointer goes on. */
static bool is_on(const struct path *path, unsigned depth)
{
  return !path->stopped && depth > 0 && path->on == depth - 1 &&
         path->on < path->count;
}

unsigned path_floor(const struct path *path, const struct scan *scan)
{
  unsigned floor = path->on + 1;

  if (path->stopped)
    return 0;
  /* The element that the pointer leads through may be a container. */
  if (is_on(path, scan->depth) && scan_is_array(scan, scan->depth) &&
      path->index == path->segments[path->on].index)
    floor++;
  return floor;
}

/* A segment's bytes take at most six each as an escape. */
static void take_key(struct path *path, unsigned depth,
                     const struct scan_piece *piece)
{
  const struct segment *segment;

  if (!is_on(path, depth))
    return;
  segment = &path->segments[path->on];
  if (piece->first) {
    buf_truncate(&path->key, 0);
    path->key_too_long = false;
  }
  if (piece->len > 6 * segment->len + 2 - path->key.len)
    path->key_too_long = true;
  if (path->key_too_long)
    return;
  buf_put(&path->key, piece->bytes, piece->len);
  if (!piece->last || path->key.failed != E_OK)
    return;
  buf_truncate(&path->plain, 0);
  quote_undo(&path->plain, path->key.data, path->key.len);
  if (path->plain.len == segment->len &&
      memcmp(buf_text(&path->plain), segment->text, segment->len) == 0)
    path->on++;
}

/* A value begins inside `depth` containers. */
static bool begin_value(struct path *path, const struct scan *scan,
                        unsigned depth)
{
  if (is_on(path, depth) && scan_is_array(scan, depth) &&
      path->index == path->segments[path->on].index)
    path->on++;
  if (path->on != depth || path->stopped)
    return false;
  path->index = 0; /* in case it is an array */
  return depth == path->count;
}

static void end_value(struct path *path, unsigned depth)
{
  if (depth == 0) {
    path_restart(path);
  } else if (path->on == depth) {
    path->on--;
    path->index = PAST;
  }
}

bool path_follow(struct path *path, const struct scan *scan,
                 enum scan_event event, const struct scan_piece *piece)
{
  bool found = false;

  switch (event) {
  case SCAN_OPEN:
    return begin_value(path, scan, scan->depth - 1);
  case SCAN_CLOSE:
    end_value(path, scan->depth);
    return false;
  case SCAN_COMMA:
    if (is_on(path, scan->depth) && path->index != PAST)
      path->index++;
    return false;
  case SCAN_KEY:
    take_key(path, scan->depth, piece);
    return false;
  case SCAN_STRING:
  case SCAN_NUMBER:
  case SCAN_WORD:
    if (piece->first)
      found = begin_value(path, scan, scan->depth);
    if (piece->last)
      end_value(path, scan->depth);
    return found;
  default:
    return false;
  }
}

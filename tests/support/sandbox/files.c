/* The API's files: /api/file[/NAME], whose bytes are the pattern of send.c,
 * with ranges (RFC 9110 §14) and everything that goes wrong about them.
 *
 * The setting `file` is a list: its first entry is for the first request, the
 * last for all that follow. An entry may have
 *
 *   size       100000
 *   version    0; others have other bytes
 *   etag       "v0" unless stated; null: none
 *   weak       true: W/
 *   modified   Last-Modified; null: none
 *   ranges     true; false: they are ignored
 *   condition  true; false: If-Range is ignored
 *   cut        the connection is closed after so many bytes of the body
 *   few        a 206 has at most so many bytes
 *   status     answered at once, without a body
 *   chunked    true: no Content-Length
 *   encoding   Content-Encoding; the bytes stay as they are
 *   disposition  Content-Disposition
 *   first, total, tag   a lie about them in a 206
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 100000, VERSION_STEP = 17 };

static json_t *entry_of(const struct sandbox *sb, const struct request *rq)
{
  const json_t *list = setting_json(sb, "file");
  size_t count = json_array_size(list);
  json_int_t asked = json_integer_value(json_object_get(sb->count, rq->path));
  size_t index = asked > 0 ? (size_t)asked - 1 : 0;

  if (count == 0)
    return json_object();
  return json_incref(json_array_get(list, index < count ? index : count - 1));
}

static int64_t number_of(const json_t *entry, const char *name, int64_t dflt)
{
  const json_t *value = json_object_get(entry, name);

  return json_is_integer(value) ? json_integer_value(value) : dflt;
}

static bool is_on(const json_t *entry, const char *name, bool dflt)
{
  const json_t *value = json_object_get(entry, name);

  return json_is_boolean(value) ? json_is_true(value) : dflt;
}

/* mem_free; NULL: none */
static char *tag_of(const json_t *entry)
{
  const json_t *tag = json_object_get(entry, "etag");

  if (json_is_null(tag))
    return NULL;
  return need(mem_printf("%s\"%s\"", is_on(entry, "weak", false) ? "W/" : "",
                         json_is_string(tag) ? json_string_value(tag) : "v0"),
              "memory");
}

static bool wants_range(const struct request *rq, const json_t *entry,
                        const char *tag, int64_t *ret_first)
{
  const char *range = header(rq, "Range");
  const char *condition = header(rq, "If-Range");
  const char *modified = json_string_value(json_object_get(entry, "modified"));
  long long first = 0;
  char dash = 0;

  if (!is_on(entry, "ranges", true) || range == NULL ||
      sscanf(range, "bytes=%lld%c", &first, &dash) != 2 || dash != '-')
    return false;
  if (condition != NULL && is_on(entry, "condition", true) &&
      !text_is(condition, tag) && !text_is(condition, modified))
    return false;
  *ret_first = first;
  return true;
}

static void put_part(const json_t *entry, int64_t size, int64_t first,
                     struct answer *an)
{
  int64_t count = size - first;
  int64_t few = number_of(entry, "few", count);
  int64_t told = number_of(entry, "first", first);

  if (few < count)
    count = few;
  AUTO_STR char *range =
      need(mem_printf("bytes %jd-%jd/%jd", (intmax_t)told,
                      (intmax_t)(told + count - 1),
                      (intmax_t)number_of(entry, "total", size)),
           "memory");
  an->status = 206;
  an->offset += first;
  an->pattern = count;
  answer_header(an, "Content-Range", range);
}

static void put_nothing(int64_t size, struct answer *an)
{
  AUTO_STR char *range =
      need(mem_printf("bytes */%jd", (intmax_t)size), "memory");

  an->status = 416;
  an->pattern = 0;
  answer_header(an, "Content-Range", range);
}

static void put_header(const json_t *entry, const char *member,
                       const char *name, struct answer *an)
{
  const char *value = json_string_value(json_object_get(entry, member));

  if (value != NULL)
    answer_header(an, name, value);
}

void api_file(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  json_t *entry = entry_of(sb, rq);
  AUTO_STR char *tag = tag_of(entry);
  int64_t size = number_of(entry, "size", SIZE);
  int64_t first = 0;

  an->status = (int)number_of(entry, "status", 200);
  an->pattern = an->status == 200 ? size : 0;
  an->offset = number_of(entry, "version", 0) * VERSION_STEP;
  an->chunked = is_on(entry, "chunked", false);
  if (an->status == 200 && wants_range(rq, entry, tag, &first)) {
    if (first < size)
      put_part(entry, size, first, an);
    else
      put_nothing(size, an);
  }
  if (an->status == 206 && json_is_string(json_object_get(entry, "tag"))) {
    put_header(entry, "tag", "ETag", an);
  } else if (tag != NULL) {
    answer_header(an, "ETag", tag);
  }
  put_header(entry, "modified", "Last-Modified", an);
  put_header(entry, "encoding", "Content-Encoding", an);
  put_header(entry, "disposition", "Content-Disposition", an);
  answer_header(an, "Content-Type", "application/octet-stream");
  an->cut = number_of(entry, "cut", 0);
  json_decref(entry);
}

/* Answers that a cache may keep, or may not.
 *
 * /api/caching/NAME: {"name": NAME, "made": N, "sub": who asks, "accept": …},
 * N being how often an answer was made. The query says what stands in its head:
 *
 *   etag=TEXT       ETag: "TEXT"; a request with it in If-None-Match is
 * answered with 304, and N does not grow weak=TEXT       the same as W/"TEXT"
 *   modified=DATE   Last-Modified, and 304 to an equal If-Modified-Since
 *   control=TEXT    Cache-Control
 *   vary=TEXT       Vary
 *   header=N:V      any other
 *   size=N          a body of so many bytes of a pattern instead
 *   chunked=1       without Content-Length
 *
 * The setting `caching` is merged into the query of every such request, so that
 * what a URL leads to can change.
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "base/num.h"

#include <string.h>

/* A parameter, as the setting or the query has it. */
static const char *what(const struct sandbox *sb, const struct request *rq,
                        const char *name)
{
  const json_t *set = json_object_get(setting_json(sb, "caching"), name);

  return set != NULL ? json_string_value(set) : param(rq, name);
}

static bool matches(const struct request *rq, const char *field,
                    const char *value)
{
  const char *given = header(rq, field);

  return given != NULL && value != NULL && strcmp(given, value) == 0;
}

static void put_line(struct answer *an, const char *line)
{
  size_t len = line != NULL ? strcspn(line, ":") : 0;

  if (len == 0 || line[len] != ':')
    return;
  AUTO_STR char *name = need(mem_copy(line, len), "memory");
  answer_header(an, name, line + len + 1);
}

static void put_field(struct answer *an, const char *name, const char *value)
{
  if (value != NULL)
    answer_header(an, name, value);
}

static void put_body(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  const char *name = rq->path + strlen("/api/caching/");
  const char *accept = header(rq, "Accept");
  uint64_t size;
  struct caller caller;

  if (what(sb, rq, "size") != NULL &&
      num_parse(what(sb, rq, "size"), 1 << 30, &size)) {
    an->status = 200;
    an->pattern = (int64_t)size;
    answer_header(an, "Content-Type", "application/octet-stream");
  } else {
    caller_identify(sb, rq, &caller);
    answer_json(an, 200,
                json_pack("{ss sI ss* ss*}", "name", name, "made",
                          (json_int_t)++sb->serial, "sub",
                          caller.valid ? caller.sub : NULL, "accept", accept));
  }
  an->chunked = what(sb, rq, "chunked") != NULL;
}

void api_caching(struct sandbox *sb, const struct request *rq,
                 struct answer *an)
{
  const char *strong = what(sb, rq, "etag");
  const char *weak = what(sb, rq, "weak");
  const char *modified = what(sb, rq, "modified");
  AUTO_STR char *etag = NULL;

  if (strong != NULL || weak != NULL)
    etag = need(mem_printf("%s\"%s\"", strong != NULL ? "" : "W/",
                           strong != NULL ? strong : weak),
                "memory");
  put_field(an, "ETag", etag);
  put_field(an, "Last-Modified", modified);
  put_field(an, "Cache-Control", what(sb, rq, "control"));
  put_field(an, "Vary", what(sb, rq, "vary"));
  put_line(an, what(sb, rq, "header"));
  if (header(rq, "If-None-Match") != NULL
          ? matches(rq, "If-None-Match", etag)
          : matches(rq, "If-Modified-Since", modified))
    an->status = 304;
  else
    put_body(sb, rq, an);
}

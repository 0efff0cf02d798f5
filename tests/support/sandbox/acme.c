/* The API that the examples of the manual ask: https://api.acme.example/v2,
 * here /acme/v2. Small, the same at all times, and only for those who are
 * logged in.
 *
 *   GET    /user                      {"login": "ann", …}
 *   GET    /repos/o/r/issues          five, two a page (Link); ?state=
 *   POST   /repos/o/r/issues          201 and what was sent
 *   GET    /repos/o/r/issues/N        one; 404 beyond the fifth
 *   PATCH  /repos/o/r/issues/N        it, changed by what was sent
 *   DELETE /repos/o/r/issues/N/lock   204
 *   GET    /search/issues             {"total_count": 5, "items": […]}
 *   GET    /reports/2026.csv          a few lines, with an ETag
 *   GET    /releases/7/image.iso      a few bytes, with an ETag
 *   GET    /jobs/7                    {"state": "done"}
 *   POST   /exports                   202, and /jobs/7 is where to look
 *   GET    /events                    two events; 204 to who has had both
 *   GET    /things                    two pages, by a cursor
 *   *      /uploads, /documents/N     whether bytes came
 *   GET    /public                    without a login too
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdlib.h>
#include <string.h>

enum { ISSUES = 5, PAGE = 2 };

static const struct {
  const char *title, *state;
} issues[ISSUES] = {
    {"It fails", "open"},   {"It is slow", "open"},      {"A typo", "closed"},
    {"More tests", "open"}, {"A new release", "closed"},
};

static json_t *issue(size_t number)
{
  return need(json_pack("{sI ss ss}", "number", (json_int_t)number, "title",
                        issues[number - 1].title, "state",
                        issues[number - 1].state),
              "memory");
}

static bool number_in(const char *text, uint64_t *ret_number)
{
  size_t len = strspn(text, "0123456789");
  AUTO_STR char *digits = need(mem_copy(text, len), "memory");

  return num_parse(digits, 1000000, ret_number);
}

static uint64_t number_of(const struct request *rq, const char *name,
                          uint64_t otherwise)
{
  const char *text = param(rq, name);
  uint64_t number;

  return text != NULL && num_parse(text, 1000, &number) ? number : otherwise;
}

/* All of them that are in the state asked for, or a page. */
static void list(const struct sandbox *sb, const struct request *rq,
                 struct answer *an, bool paged)
{
  const char *state = param(rq, "state");
  uint64_t page = number_of(rq, "page", 1);
  uint64_t size = paged ? number_of(rq, "per_page", PAGE) : ISSUES;
  json_t *items = need(json_array(), "memory");
  uint64_t count = 0;

  for (size_t i = 1; i <= ISSUES; i++) {
    if (state != NULL && strcmp(issues[i - 1].state, state) != 0)
      continue;
    if (count / size == page - 1)
      json_array_append_new(items, issue(i));
    count++;
  }
  if (page * size < count) {
    AUTO_STR char *link = need(
        mem_printf("<%s/acme/v2/repos/o/r/issues?page=%ju&per_page=%ju%s%s>; "
                   "rel=\"next\"",
                   sb->base, (uintmax_t)page + 1, (uintmax_t)size,
                   state != NULL ? "&state=" : "", state != NULL ? state : ""),
        "memory");
    answer_header(an, "Link", link);
  }
  answer_json(an, 200,
              paged ? items
                    : json_pack("{sI so}", "total_count", (json_int_t)count,
                                "items", items));
}

static void one(const struct request *rq, struct answer *an, const char *rest)
{
  json_t *sent = json_loadb(buf_text(&rq->body), rq->body.len, 0, NULL);
  uint64_t number = 0;

  if (strcmp(rq->method, "DELETE") == 0) {
    an->status = 204;
  } else if (!number_in(rest, &number) || number == 0 || number > ISSUES) {
    answer_json(an, 404, json_pack("{ss}", "message", "Not Found"));
  } else {
    json_t *it = issue((size_t)number);

    if (sent != NULL)
      json_object_update(it, sent);
    answer_json(an, 200, it);
  }
  json_decref(sent);
}

static void create(const struct request *rq, struct answer *an)
{
  json_t *it = json_loadb(buf_text(&rq->body), rq->body.len, 0, NULL);

  if (!json_is_object(it) || json_object_get(it, "title") == NULL) {
    json_decref(it);
    answer_json(an, 422, json_pack("{ss}", "message", "a title is missing"));
    return;
  }
  json_object_set_new(it, "number", json_integer(ISSUES + 1));
  answer_json(an, 201, it);
}

static void file(const struct request *rq, struct answer *an, const char *type,
                 const char *text)
{
  const char *match = header(rq, "If-None-Match");

  answer_header(an, "ETag", "\"2026-1\"");
  if (match != NULL && strcmp(match, "\"2026-1\"") == 0)
    an->status = 304;
  else
    answer_text(an, 200, type, text);
}

static void begin_job(const struct sandbox *sb, struct answer *an)
{
  AUTO_STR char *job =
      need(mem_printf("%s/acme/v2/jobs/7", sb->base), "memory");

  answer_header(an, "Location", job);
  answer_json(an, 202, json_pack("{ss}", "state", "running"));
}

static void events(const struct request *rq, struct answer *an)
{
  if (header(rq, "Last-Event-ID") != NULL)
    an->status = 204;
  else
    answer_text(an, 200, "text/event-stream",
                "retry: 1\nid: 1\ndata: one\n\nid: 2\ndata: two\n\n");
}

void acme(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  static const char issues_path[] = "/repos/o/r/issues";
  const char *path = rq->path + strlen("/acme/v2");
  size_t len = strlen(issues_path);
  bool get = strcmp(rq->method, "GET") == 0 || strcmp(rq->method, "HEAD") == 0;
  struct caller caller;

  caller_identify(sb, rq, &caller);
  if (strcmp(path, "/public") == 0)
    answer_json(an, 200, json_pack("{ss}", "hello", "everybody"));
  else if (!caller.valid)
    caller_challenge(sb, &caller, an);
  else if (strcmp(path, "/user") == 0)
    answer_json(an, 200, json_pack("{ss si}", "login", "ann", "id", 7));
  else if (strcmp(path, issues_path) == 0 && get)
    list(sb, rq, an, true);
  else if (strcmp(path, issues_path) == 0)
    create(rq, an);
  else if (strncmp(path, issues_path, len) == 0 && path[len] == '/')
    one(rq, an, path + len + 1);
  else if (strcmp(path, "/search/issues") == 0)
    list(sb, rq, an, false);
  else if (strcmp(path, "/reports/2026.csv") == 0)
    file(rq, an, "text/csv", "day,calls\n2026-11-27,12\n");
  else if (strcmp(path, "/releases/7/image.iso") == 0)
    file(rq, an, "application/octet-stream", "an image");
  else if (strcmp(path, "/exports") == 0)
    begin_job(sb, an);
  else if (strcmp(path, "/events") == 0)
    events(rq, an);
  else if (strcmp(path, "/things") == 0)
    answer_text(an, 200, "application/json",
                text_is(param(rq, "after"), "c2")
                    ? "{\"data\":[3],\"meta\":{\"cursor\":null}}"
                    : "{\"data\":[1,2],\"meta\":{\"cursor\":\"c2\"}}");
  else if (strcmp(path, "/jobs/7") == 0)
    answer_json(an, 200, json_pack("{ss}", "state", "done"));
  else if (strncmp(path, "/documents/", 11) == 0 ||
           strcmp(path, "/uploads") == 0)
    answer_json(an, strcmp(rq->method, "POST") == 0 ? 201 : 200,
                json_pack("{sb}", "received", rq->body_len > 0));
  else
    answer_json(an, 404, json_pack("{ss}", "message", "Not Found"));
}

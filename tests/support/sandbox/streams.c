/* What comes bit by bit, and what is not ready yet.
 *
 *   GET /api/streams/events   text/event-stream: ?count=6 events numbered from
 *       behind Last-Event-ID on, ?per=2 of them a connection, then ?end=clean
 *       or =cut; ?ids=0: without ids, and from 1 on; ?retry=MS; ?data=TEXT for
 *       all; ?ms=N: between two bytes; ?none=204: that, where no event is left
 * (else an empty stream) POST /api/streams/job     by any name: 202 with
 * ?via=Location (or another header), ?place=URL for another place than GET
 * /api/streams/job/1 GET /api/streams/job/N    {"status": "running"}, and from
 * the ?polls=2th time on
 * {"status": "done", "polls": …}; ?code=202 while it runs; ?retry=Retry-After;
 * ?body=: no body while it runs
 *
 * Both keep no state but how often a job was asked about. */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "base/num.h"

#include <string.h>

static int64_t number(const struct request *rq, const char *name,
                      int64_t otherwise)
{
  const char *text = param(rq, name);
  uint64_t value;

  return text != NULL && num_parse(text, INT32_MAX, &value) ? (int64_t)value
                                                            : otherwise;
}

static void put_event(struct buf *out, const struct request *rq, int64_t id)
{
  const char *data = param(rq, "data");

  if (number(rq, "ids", 1) != 0)
    buf_printf(out, "id: %lld\n", (long long)id);
  if (data != NULL)
    buf_printf(out, "data: %s\n\n", data);
  else
    buf_printf(out, "data: {\"n\": %lld}\n\n", (long long)id);
}

void streams_events(struct sandbox *sb, const struct request *rq,
                    struct answer *an)
{
  const char *after = header(rq, "Last-Event-ID");
  uint64_t first = 0;
  int64_t from = 0;
  int64_t to = number(rq, "count", 6);
  int64_t per = number(rq, "per", to);
  size_t len;

  (void)sb;
  if (after != NULL && !num_parse(after, INT32_MAX, &first)) {
    answer_error(an, 400, "bad_id", after);
    return;
  }
  from = (int64_t)first;
  if (to - from > per)
    to = from + per;
  if (from >= to && number(rq, "none", 0) == 204) {
    an->status = 204;
    return;
  }
  an->status = 200;
  answer_header(an, "Content-Type", "text/event-stream; charset=utf-8");
  an->chunked = true;
  an->drip_ms = number(rq, "ms", 0);
  if (param(rq, "retry") != NULL)
    buf_printf(&an->body, "retry: %s\n", param(rq, "retry"));
  buf_puts(&an->body, ": hello\n\n");
  for (int64_t id = from + 1; id <= to; id++)
    put_event(&an->body, rq, id);
  if (!text_is(param(rq, "end"), "cut"))
    return;
  len = an->body.len; /* that is the half which is sent */
  while (an->body.len < 2 * len)
    buf_putc(&an->body, '\n');
  an->cut_half = true;
}

static int64_t asked;

static void start_job(const struct request *rq, struct answer *an)
{
  const char *via = param(rq, "via");
  const char *place = param(rq, "place");
  AUTO_STR char *own = mem_printf("/api/streams/job/1?%s", rq->query);

  need(own, "memory");
  asked = 0;
  answer_json(an, 202, json_pack("{s:s}", "status", "queued"));
  answer_header(an, via != NULL ? via : "Location",
                place != NULL ? place : own);
}

void streams_job(struct sandbox *sb, const struct request *rq,
                 struct answer *an)
{
  const char *retry = param(rq, "retry");
  bool done;

  (void)sb;
  if (strcmp(rq->method, "POST") == 0) {
    start_job(rq, an);
    return;
  }
  done = ++asked >= number(rq, "polls", 2);
  if (retry != NULL && !done)
    answer_header(an, "Retry-After", retry);
  an->status = done ? 200 : (int)number(rq, "code", 200);
  if (done || param(rq, "body") == NULL)
    answer_json(an, an->status,
                json_pack("{s:s, s:I, s:s}", "status",
                          done ? "done" : "running", "polls", (json_int_t)asked,
                          "method", rq->method));
}

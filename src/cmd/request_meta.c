/* --meta: what became of a request, as one JSON object. */
#include "cmd/request_trace.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* Where APIs say which request that was, the most specific first. */
static const char *const id_headers[] = {
    "x-request-id",     "request-id",       "x-github-request-id",
    "x-amzn-requestid", "x-amz-request-id", "x-ms-request-id",
    "x-correlation-id", "x-trace-id",       "cf-ray",
};

static json_t *text_or_null(const char *text)
{
  return text != NULL ? json_string(text) : json_null();
}

/* Milliseconds, to the microsecond. */
static json_t *milliseconds(int64_t microseconds)
{
  return json_real((double)microseconds / 1000);
}

/* The steps' lengths; what did not happen is left out. */
static json_t *timing_of(const struct http_timing *t)
{
  const struct {
    const char *name;
    int64_t from, to;
  } steps[] = {
      {"dns", 0, t->dns},
      {"connect", t->dns > 0 ? t->dns : 0, t->connect},
      {"tls", t->connect > 0 ? t->connect : 0, t->tls},
      {"wait", t->request > 0 ? t->request : 0, t->first_byte},
      {"transfer", t->first_byte, t->first_byte >= 0 ? t->total : -2},
      {"total", 0, t->total},
  };
  json_t *timing = json_object();

  for (size_t i = 0; timing != NULL && i < ARRAY_LEN(steps); i++) {
    if (steps[i].to >= steps[i].from &&
        json_object_set_new(timing, steps[i].name,
                            milliseconds(steps[i].to - steps[i].from)) != 0) {
      json_decref(timing);
      return NULL;
    }
  }
  return timing;
}

static json_t *exchange_of(const struct trace_exchange *e)
{
  return json_pack(
      "{ss ss so so* so so sb so sI sI si si sI sI}", "method", e->method,
      "url", e->url, "status",
      e->status > 0 ? json_integer(e->status) : json_null(), "version",
      e->version != NULL ? json_string(e->version) : NULL, "address",
      text_or_null(e->address), "error", text_or_null(e->error), "reused",
      e->timing.request >= 0 && e->timing.connect < 0, "timing",
      timing_of(&e->timing), "started", (json_int_t)e->timing.started, "waited",
      (json_int_t)e->waited_ms, "try", e->try, "redirect", e->hop, "sent",
      (json_int_t)e->traffic.body_sent, "received",
      (json_int_t)e->traffic.body_received);
}

static json_t *exchanges_of(const struct trace *trace)
{
  json_t *list = json_array();

  for (size_t i = 0; list != NULL && i < trace_kept(trace); i++) {
    if (json_array_append_new(list, exchange_of(&trace->exchanges[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *request_id(const struct trace *trace)
{
  for (size_t i = 0; i < ARRAY_LEN(id_headers); i++) {
    const char *id =
        json_string_value(json_object_get(trace->headers, id_headers[i]));

    if (id != NULL)
      return json_string(id);
  }
  return json_null();
}

static json_t *number_or_null(int64_t number)
{
  return number >= 0 ? json_integer(number) : json_null();
}

/* The budget that the last answer announces; null when it does not. */
static json_t *rate_of(const struct limit *limit)
{
  AUTO_BUF struct buf reset = BUF_INIT(64);

  if (limit->remaining < 0 && limit->quota < 0 && limit->reset_ms < 0 &&
      limit->retry_after_ms < 0)
    return json_null();
  if (limit->reset_ms >= 0)
    clock_rfc3339(&reset, clock_wall() + (limit->reset_ms + 999) / 1000);
  return json_pack("{so so so so}", "limit", number_or_null(limit->quota),
                   "remaining", number_or_null(limit->remaining), "reset",
                   text_or_null(reset.len > 0 ? buf_text(&reset) : NULL),
                   "retry_after_ms", number_or_null(limit->retry_after_ms));
}

/* How often each status came, where more than one request was sent. */
static json_t *statuses_of(const struct trace *trace)
{
  json_t *statuses = json_object();

  for (int i = 0; statuses != NULL && i < 600; i++) {
    char name[16] = "none";

    if (trace->statuses[i] == 0)
      continue;
    if (i > 0)
      (void)snprintf(name, sizeof name, "%d", i);
    if (json_object_set_new(statuses, name, json_integer(trace->statuses[i])) !=
        0) {
      json_decref(statuses);
      return NULL;
    }
  }
  return statuses;
}

static json_t *error_of(const struct err *failed)
{
  if (failed == NULL)
    return json_null();
  return json_pack("{ss ss}", "name", err_name(failed->code), "message",
                   failed->message);
}

static json_t *request_of(const struct request *request,
                          const struct trace *trace)
{
  const struct profile *profile = request->selection.profile;

  return json_pack("{ss so so}", "method", request->method, "url",
                   text_or_null(trace->url), "profile",
                   text_or_null(profile != NULL ? profile->name : NULL));
}

/* The facts of the answer that stands. */
static json_t *answer_of(const struct trace *trace)
{
  static const struct trace_exchange none;
  const struct trace_exchange *last =
      trace->count > 0 ? &trace->exchanges[trace_kept(trace) - 1] : &none;
  bool there = trace->status > 0;

  return json_pack("{so so so so so so so sI}", "status",
                   there ? json_integer(trace->status) : json_null(), "version",
                   text_or_null(trace->version), "url",
                   text_or_null(trace->answer_url), "address",
                   text_or_null(trace->address), "headers",
                   there && trace->headers != NULL ? json_incref(trace->headers)
                                                   : json_null(),
                   "request_id", request_id(trace), "timing",
                   trace->count > 0 ? timing_of(&last->timing) : json_null(),
                   "redirects", (json_int_t)last->hop);
}

static bool add_facts(json_t *meta, const struct trace *trace)
{
  for (size_t i = 0; i < trace->fact_count; i++) {
    const struct trace_fact *fact = &trace->facts[i];

    if (json_object_set_new(meta, fact->name,
                            fact->text != NULL
                                ? json_string(fact->text)
                                : json_integer(fact->number)) != 0)
      return false;
  }
  return true;
}

static int append(const char *bytes, size_t len, void *out)
{
  buf_put(out, bytes, len);
  return ((struct buf *)out)->failed == E_OK ? 0 : -1;
}

enum code trace_write(const struct request *request, const struct trace *trace,
                      const struct err *failed, struct buf *out,
                      struct err *err)
{
  AUTO_JSON json_t *meta =
      json_pack("{so}", "request", request_of(request, trace));
  AUTO_JSON json_t *answer = answer_of(trace);
  AUTO_JSON json_t *rest = json_pack(
      "{sI sI sI sI sI sI sI sI so so so so si so}", "calls",
      (json_int_t)trace->calls, "tries", (json_int_t)trace->tries,
      "exchange_count", (json_int_t)trace->count, "connections",
      (json_int_t)trace->connections, "waited", (json_int_t)trace->waited_ms,
      "elapsed", (json_int_t)(clock_mono_ms() - trace->started), "sent",
      (json_int_t)trace->traffic.body_sent, "received",
      (json_int_t)trace->traffic.body_received, "statuses", statuses_of(trace),
      "exchanges", exchanges_of(trace), "rate", rate_of(&trace->limit), "cache",
      json_null(), "exit", failed != NULL ? err_status(failed->code) : 0,
      "error", error_of(failed));

  if (meta == NULL || answer == NULL || rest == NULL || trace->no_memory ||
      json_object_update(meta, answer) != 0 ||
      json_object_update(meta, rest) != 0 || !add_facts(meta, trace))
    return err_nomem(err);
  /* Not json_write(), which gives 5.446 as 5.4459999999999997. */
  if (json_dump_callback(meta, append, out,
                         JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0 &&
      out->failed == E_OK)
    return err_nomem(err);
  buf_putc(out, '\n');
  return buf_check(out, err);
}

/* --wait-for: the request is sent, and its answer asked for again, with longer
 * and longer pauses, until an expression is true of it. Where the first answer
 * is a 202 that names a place to look at, that is asked; else the address that
 * answered. Only the last answer is printed.
 *
 * An expression is jq's; or a JSON pointer, alone (there is something there
 * that is neither null nor false) or with a value behind '=' (the JSON that
 * stands there, or the text of a string). No jq expression begins with '/'. */
#include "cmd/request.h"

#include "api/filter.h"
#include "api/limit.h"
#include "api/pointer.h"
#include "api/quote.h"
#include "api/scan.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "cmd/ui.h"

#include <string.h>
#include <strings.h>

enum {
  TIMEOUT_S = 600,
  FIRST_MS = 1000,
  LONGEST_MS = 10 * 1000,
  STATE_MAX = 200, /* bytes of a state that a message shows */
};

struct condition {
  char *pointer, *value; /* NULL, or of the simple form */
  struct filter *filter;
  struct buf given; /* what it last gave, as far as it is worth keeping */
};

struct waiting {
  struct ctx *ctx;
  const struct request *request;
  struct output *output;
  struct condition condition;
  struct headers headers; /* of the polls */
  struct url *url;        /* that is polled; NULL before the first answer */
  int64_t deadline;       /* clock_mono_ms(); */
  int64_t pause_ms;
  bool ours; /* the deadline is --wait-timeout's, not -m's */
  struct ui_wait shown;

  /* of the request that is under way */
  struct buf body;
  bool done; /* the call is over */
  bool over; /* and its answer the last */
  enum code code;
  struct err err;
  int64_t told_ms; /* by Retry-After; -1 */
};

static void waiting_clear(struct waiting *waiting)
{
  mem_free(waiting->condition.pointer);
  mem_free(waiting->condition.value);
  filter_free(waiting->condition.filter);
  buf_clear(&waiting->condition.given);
  buf_clear(&waiting->body);
  headers_clear(&waiting->headers);
  url_free(waiting->url);
  output_free(waiting->output);
}
#define AUTO_WAITING __attribute__((cleanup(waiting_clear)))

/* --- the condition ---------------------------------------------------------
 */

static enum code keep(void *user, const void *bytes, size_t len,
                      struct err *err)
{
  struct buf *given = user;
  size_t room = given->max - given->len;

  (void)err;
  buf_put(given, bytes, len < room ? len : room);
  return E_OK;
}

static enum code condition_open(struct condition *condition, const char *text,
                                struct err *err)
{
  const char *equal = strchr(text, '=');
  AUTO(pointer) pointer = NULL; /* made for its syntax only */
  struct filter_options filter = {
      .expression = text, .sink = {.write = keep, .user = &condition->given}};

  /* A long value is compared, too. */
  buf_init(&condition->given, *text == '/' ? BUF_DOCUMENT : STATE_MAX);
  if (*text != '/')
    return filter_new(&condition->filter, &filter, err);
  condition->pointer =
      equal != NULL ? mem_copy(text, (size_t)(equal - text)) : mem_str(text);
  condition->value = equal != NULL ? mem_str(equal + 1) : NULL;
  if (condition->pointer == NULL || (equal != NULL && condition->value == NULL))
    return err_nomem(err);
  return pointer_new(&pointer, condition->pointer, (struct format_sink){0},
                     err);
}

static enum code condition_ready(struct condition *condition, const char *text,
                                 struct err *err)
{
  enum code code = E_OK;

  if (condition->filter != NULL)
    code = filter_ready(condition->filter, err);
  if (code == E_USAGE)
    err_prefix(err, "--wait-for '%s': ", text);
  return code;
}

static bool is_value(const struct condition *condition)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_DOCUMENT);
  const char *raw = buf_text(&condition->given);
  size_t len = condition->given.len;

  if (len == 0)
    return false;
  len--; /* the line end */
  if (condition->value == NULL)
    return strncmp(raw, "null\n", 5) != 0 && strncmp(raw, "false\n", 6) != 0;
  if (strlen(condition->value) == len &&
      memcmp(raw, condition->value, len) == 0)
    return true;
  if (*raw != '"')
    return false;
  quote_undo(&plain, raw, len);
  return strcmp(buf_text(&plain), condition->value) == 0;
}

static enum code look_at_pointer(struct condition *condition,
                                 const struct buf *document, bool *ret_true,
                                 struct err *err)
{
  AUTO(pointer) pointer = NULL;
  enum code code = pointer_new(
      &pointer, condition->pointer,
      (struct format_sink){.write = keep, .user = &condition->given}, err);

  if (code == E_OK)
    code = pointer_feed(pointer, document->data, document->len, err);
  if (code == E_OK && pointer_found(pointer))
    code = pointer_end(pointer, err);
  *ret_true = code == E_OK && is_value(condition);
  return code;
}

/* document is one JSON value. */
static enum code look(struct condition *condition, const struct buf *document,
                      bool *ret_true, struct err *err)
{
  enum code code;

  buf_truncate(&condition->given, 0);
  if (condition->filter == NULL)
    return look_at_pointer(condition, document, ret_true, err);
  code = filter_feed(condition->filter, document->data, document->len, err);
  if (code == E_OK) /* which ends a number */
    code = filter_feed(condition->filter, "\n", 1, err);
  *ret_true = code == E_OK && filter_is_true(condition->filter);
  return code;
}

/* --- where to look ---------------------------------------------------------
 */

/* A place that a 202 names. */
static const char *named_place(const struct http_answer *answer)
{
  static const char *const names[] = {"Azure-AsyncOperation",
                                      "Operation-Location", "Location"};

  for (size_t i = 0; answer->status == 202 && i < ARRAY_LEN(names); i++) {
    const char *place = headers_get(&answer->headers, names[i]);

    if (place != NULL)
      return place;
  }
  return NULL;
}

static enum code set_place(struct waiting *waiting, const struct call *call,
                           struct err *err)
{
  const struct request *request = waiting->request;
  const struct url *from = call_final_url(call);
  const char *place = named_place(call_answer(call));
  AUTO(url) url = NULL;
  enum code code;

  /* A GET that was redirected will be again. */
  if (place == NULL && strcmp(request->method, "GET") == 0)
    from = request->url;
  code = place != NULL ? url_resolve(&url, from, place, err)
                       : url_copy(&url, from, err);

  if (code != E_OK)
    return code;
  if (!url_same_origin(url, request->url)) {
    (void)err_set(err, E_ORIGIN,
                  "not asked further: %s is of another origin than %s",
                  url->text, request->url->text);
    err_hint(err, "fob request '%s' --wait-for ...   where a profile names it",
             url->text);
    return E_ORIGIN;
  }
  url_free(waiting->url);
  waiting->url = url;
  url = NULL;
  return E_OK;
}

/* What belongs to the body, or to this one request. */
static bool stays_behind(const char *name)
{
  return strncasecmp(name, "Content-", 8) == 0 ||
         strncasecmp(name, "If-", 3) == 0 || strcasecmp(name, "Prefer") == 0 ||
         strcasecmp(name, "Expect") == 0 ||
         strcasecmp(name, "Idempotency-Key") == 0;
}

static enum code set_headers(struct waiting *waiting, struct err *err)
{
  const struct headers *from = &waiting->request->headers;
  enum code code = E_OK;

  headers_init(&waiting->headers);
  for (size_t i = 0; code == E_OK && i < from->count; i++) {
    const struct header *h = &from->items[i];

    if (stays_behind(h->name))
      continue;
    code = h->secret != NULL
               ? headers_add_secret(&waiting->headers, h->name, h->secret, err)
               : headers_add(&waiting->headers, h->name, h->value, err);
  }
  return code;
}

/* --- an answer -------------------------------------------------------------
 */

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct waiting *waiting = user;

  buf_put(&waiting->body, bytes, len);
  if (waiting->body.failed == E_LOCAL)
    return err_set(err, E_LOCAL,
                   "the answer is longer than the %d MiB that --wait-for "
                   "looks at",
                   BUF_BODY / (1024 * 1024));
  return buf_check(&waiting->body, err);
}

static enum code on_demand(void *user, const struct call *call,
                           const struct step_up *demand, bool *ret_again,
                           struct err *err)
{
  struct waiting *waiting = user;

  (void)call;
  return request_meet_demand(waiting->ctx, waiting->request, demand, ret_again,
                             err);
}

/* It is the last one, and printed. */
static enum code print(struct waiting *waiting, const struct call *call,
                       struct err *err)
{
  enum code code;

  waiting->over = true;
  ui_wait_end(&waiting->shown);
  output_start(waiting->output);
  code = output_head(waiting->output, call_answer(call), err);
  if (code == E_OK && waiting->body.len > 0)
    code = output_body(waiting->output, waiting->body.data, waiting->body.len,
                       err);
  return code == E_OK
             ? request_conclude(waiting->request, waiting->output, call, err)
             : code;
}

static bool is_failure(const struct waiting *waiting,
                       const struct http_answer *answer)
{
  const struct verdict verdict = {
      .status = answer->status,
      .ok = waiting->request->with_ok ? &waiting->request->ok : NULL};

  return !verdict_is_ok(&verdict);
}

/* A 202 that names another place than the one that was asked is looked at
 * there, and one without JSON is not the end. */
static enum code judge(struct waiting *waiting, const struct call *call,
                       struct err *err)
{
  const struct http_answer *answer = call_answer(call);
  const struct buf *body = &waiting->body;
  bool first = waiting->url == NULL;
  bool json = scan_is_value(buf_text(body), body->len);
  bool is_true = false;
  struct limit limit;
  enum code code;

  if (is_failure(waiting, answer))
    return print(waiting, call, err);
  limit_read(&limit, &answer->headers, clock_wall());
  waiting->told_ms = limit.retry_after_ms;
  code = first || named_place(answer) != NULL ? set_place(waiting, call, err)
                                              : E_OK;
  if (code != E_OK || (first && named_place(answer) != NULL))
    return code;
  if (!json && answer->status != 202 && !waiting->request->with_ok)
    return err_set(err, E_ANSWER,
                   "%s %s: the answer is not JSON, which --wait-for looks at",
                   first ? waiting->request->method : "GET", call_url(call));
  if (!json)
    return E_OK;
  code = look(&waiting->condition, body, &is_true, err);
  return code == E_OK && is_true ? print(waiting, call, err) : code;
}

static void on_done(void *user, struct call *call, enum code code)
{
  struct waiting *waiting = user;

  waiting->done = true;
  waiting->code = code;
  waiting->err = *call_err(call);
  if (code == E_OK)
    waiting->code = judge(waiting, call, &waiting->err);
  else if (call_is_whole(call))
    IGNORE(print(waiting, call, &(struct err)ERR_INIT));
}

/* --- asking ----------------------------------------------------------------
 */

static enum code timed_out(const struct waiting *waiting, struct err *err)
{
  const struct request_options *o = waiting->request->options;
  const struct buf *given = &waiting->condition.given;
  size_t len = strcspn(buf_text(given), "\n");
  int64_t seconds = waiting->ours && o->wait_timeout >= 0 ? o->wait_timeout
                    : waiting->ours                       ? TIMEOUT_S
                                                          : o->max_time;

  if (len > STATE_MAX)
    len = STATE_MAX;
  (void)err_set(err, E_TIMEOUT,
                "not true within %lld s (%s): %s; the last answer gave %.*s",
                (long long)seconds, waiting->ours ? "--wait-timeout" : "-m",
                o->wait_for, len > 0 ? (int)len : 7,
                len > 0 ? given->data : "nothing");
  len = waiting->body.len < STATE_MAX ? waiting->body.len : STATE_MAX;
  if (len > 0)
    err_hint(err, "it was: %.*s%s", (int)len, waiting->body.data,
             len < waiting->body.len ? "..." : "");
  return E_TIMEOUT;
}

static bool is_late(const struct waiting *waiting)
{
  return clock_mono_ms() >= waiting->deadline;
}

static enum code ask(struct waiting *waiting, struct sender *sender,
                     struct err *err)
{
  const struct call_sink sink = {
      .body = on_body, .demand = on_demand, .done = on_done, .user = waiting};
  struct sender_wait wait = {.fd = -1, .until = waiting->deadline};
  struct call_request request;
  struct call *call = NULL;
  enum code code;

  request_call(waiting->request, &request);
  if (waiting->url != NULL) {
    request.method = "GET";
    request.url = waiting->url;
    request.headers = &waiting->headers;
    request.body = NULL;
  }
  waiting->done = false;
  waiting->told_ms = -1;
  err_clear(&waiting->err);
  code = sender_start(sender, &request, &sink, &call, err);
  if (code == E_OK)
    buf_truncate(&waiting->body, 0);
  while (code == E_OK && !waiting->done) {
    code = sender_run(sender, &wait, err);
    if (code == E_OK && !waiting->done && is_late(waiting))
      code = timed_out(waiting, err);
  }
  if (call != NULL && !waiting->done)
    call_cancel(call);
  if (code != E_OK)
    return code;
  if (waiting->code != E_OK)
    *err = waiting->err;
  return waiting->code;
}

/* A second at a time, so that the person sees that it goes on. */
static enum code pause(struct waiting *waiting, struct err *err)
{
  int64_t ms = waiting->told_ms >= 0 ? waiting->told_ms : waiting->pause_ms;
  int64_t until = clock_mono_ms() + ms;
  bool late = until >= waiting->deadline;

  if (late)
    until = waiting->deadline;
  if (waiting->told_ms < 0) {
    waiting->pause_ms += waiting->pause_ms / 2;
    if (waiting->pause_ms > LONGEST_MS)
      waiting->pause_ms = LONGEST_MS;
  }
  for (int64_t left; (left = until - clock_mono_ms()) > 0;) {
    ui_wait_show(&waiting->shown);
    if (!clock_sleep_ms(left < FIRST_MS ? left : FIRST_MS))
      return sig_check(err);
  }
  return late ? timed_out(waiting, err) : E_OK;
}

static enum code ask_until(struct waiting *waiting, struct sender *sender,
                           struct err *err)
{
  enum code code = E_OK;

  ui_wait_start(&waiting->shown, waiting->request->options->wait_for);
  while (code == E_OK && !waiting->over) {
    code = ask(waiting, sender, err);
    if (code == E_OK && !waiting->over)
      code = pause(waiting, err);
  }
  ui_wait_end(&waiting->shown);
  return code;
}

static void set_deadline(struct waiting *waiting)
{
  const struct request_options *o = waiting->request->options;
  int64_t seconds = o->wait_timeout >= 0 ? o->wait_timeout : TIMEOUT_S;

  waiting->ours = o->max_time <= 0 || seconds <= o->max_time;
  waiting->deadline =
      clock_mono_ms() + (waiting->ours ? seconds : o->max_time) * 1000;
}

enum code request_wait(struct ctx *ctx, struct request *request,
                       struct err *err)
{
  const char *expression = request->options->wait_for;
  AUTO_WAITING struct waiting waiting = {
      .ctx = ctx, .request = request, .pause_ms = FIRST_MS};
  AUTO_LINK struct request_link link = {0};
  enum code code = condition_open(&waiting.condition, expression, err);

  buf_init(&waiting.body, BUF_BODY);
  if (code == E_OK)
    code = request_open(ctx, request, &link, err);
  if (code == E_OK)
    code = output_new(&waiting.output, request, err);
  if (code == E_OK)
    code = request_authorize(&link, request, err);
  if (code == E_OK)
    code = condition_ready(&waiting.condition, expression, err);
  if (code == E_OK)
    code = output_ready(waiting.output, err);
  if (code == E_OK)
    code = set_headers(&waiting, err);
  if (code != E_OK)
    return code;
  set_deadline(&waiting);
  return ask_until(&waiting, link.sender, err);
}

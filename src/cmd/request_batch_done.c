/* What became of an item: its answer is held until it is whole, judged as that
 * of a request of its own would be, and written as one line. */
#include "cmd/request_batch.h"

#include "api/refusal.h"
#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

enum {
  PIECE = 32 * 1024, /* handed to standard output at a time */
};

/* --- output --------------------------------------------------------------- */

/* A signal interrupts a write that waits for its reader. The first one only
 * says that the end is near: nothing of a result may be lost by it. */
static bool goes_on(struct batch *batch, enum code code)
{
  if (code == E_SIGNAL && batch_interrupt(batch))
    return true;
  if (code == E_SIGNAL)
    ui_forget();
  if (code != E_OK)
    batch->code = code;
  return false;
}

void batch_flush(struct batch *batch)
{
  while (batch->code == E_OK && goes_on(batch, ui_flush(&batch->err)))
    ;
}

static void put_out(struct batch *batch, const struct buf *line)
{
  const char *at = buf_text(line);
  const char *end = at + line->len;

  while (at < end && batch->code == E_OK) {
    size_t len = end - at < PIECE ? (size_t)(end - at) : PIECE;
    enum code code = ui_out(at, len, &batch->err);

    if (!goes_on(batch, code))
      at += len;
  }
  if (batch->flush_each)
    batch_flush(batch);
}

/* Takes what line holds. */
static void emit(struct batch *batch, uint64_t ticket, struct buf *line)
{
  AUTO_BUF struct buf next = BUF_INIT(BATCH_RESULT_MAX);

  if (batch->order == NULL) {
    put_out(batch, line);
    return;
  }
  batch_order_end(batch->order, ticket, line);
  while (batch->code == E_OK && batch_order_next(batch->order, &next))
    put_out(batch, &next);
}

/* --- counting ------------------------------------------------------------- */

/* What holds for the login, the store or the budget holds for every item: the
 * rest is not sent only to fail. */
static bool is_fatal(enum code code)
{
  return code == E_NO_CREDENTIAL || code == E_OAUTH ||
         code == E_REFRESH_REJECTED || code == E_RATE || code == E_NOMEM ||
         err_status(code) == err_status(E_STORE_BROKEN);
}

static void count(struct batch *batch, enum code code)
{
  struct batch_tally *tally = &batch->tally;

  tally->done++;
  if (code == E_OK)
    return;
  if (tally->failed++ == 0)
    tally->first = code;
  tally->by_code[code]++;
}

static void finish(struct batch *batch, const struct batch_result *result,
                   uint64_t ticket, enum code code)
{
  AUTO_BUF struct buf line = BUF_INIT(BATCH_RESULT_MAX);

  count(batch, code);
  batch_result_write(&line, result);
  if (buf_check(&line, &batch->err) != E_OK)
    batch->code = batch->err.code;
  else
    emit(batch, ticket, &line);
}

void batch_failed(struct batch *batch, struct batch_result *result,
                  uint64_t ticket, enum code code, struct err *err)
{
  err->code = code;
  result->err = err;
  finish(batch, result, ticket, code);
}

/* --- the answer ----------------------------------------------------------- */

static enum code on_head(void *user, const struct call *call, struct err *err)
{
  struct batch_call *mine = user;

  (void)call;
  (void)err;
  mine->batch->held -= mine->answer.len;
  buf_truncate(&mine->answer, 0);
  return E_OK;
}

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct batch_call *mine = user;

  if (len > BATCH_BODY_MAX - mine->answer.len)
    return err_set(err, E_LOCAL,
                   "the answer is longer than the %d MiB that a batch holds",
                   BATCH_BODY_MAX / (1024 * 1024));
  buf_put(&mine->answer, bytes, len);
  if (mine->answer.failed == E_OK)
    mine->batch->held += len;
  return buf_check(&mine->answer, err);
}

static bool looks_like_json(const struct buf *body)
{
  const char *text = buf_text(body);
  size_t blank = strspn(text, " \t\r\n");

  return text[blank] == '{' || text[blank] == '[';
}

/* A 2xx that the profile calls a refusal. */
static enum code check_refusal(const struct batch_call *mine,
                               const struct call *call, struct err *err)
{
  const struct request *request = &mine->request.request;
  AUTO(refusal) refusal = NULL;
  AUTO_STR char *message = NULL;
  enum code code = E_OK;

  if (!request->foreign)
    code = refusal_new(&refusal, request->selection.profile, err);
  if (code == E_OK)
    code =
        refusal_feed(refusal, buf_text(&mine->answer), mine->answer.len, err);
  if (code != E_OK || !refusal_is(refusal))
    return code;
  message = refusal_message(refusal);
  return request_refused(request->method, call_url(call),
                         call_answer(call)->status, message, err);
}

static enum code judge(struct batch_call *mine, struct call *call,
                       enum code code, bool json, struct err *err)
{
  if (code != E_OK) {
    *err = *call_err(call);
    return code;
  }
  code = request_verdict(&mine->request.request, call, err);
  return code == E_OK && json ? check_refusal(mine, call, err) : code;
}

static void on_done(void *user, struct call *call, enum code code)
{
  struct batch_call *mine = user;
  struct batch *batch = mine->batch;
  const struct http_answer *answer = call_answer(call);
  const char *type = headers_get(&answer->headers, "Content-Type");
  bool json =
      type != NULL ? present_is_json(type) : looks_like_json(&mine->answer);
  struct batch_result result = {.id = mine->id,
                                .id_len = mine->id_len,
                                .line = mine->line,
                                .status = answer->status,
                                .json = json,
                                .body = buf_text(&mine->answer),
                                .body_len = mine->answer.len,
                                .ms = call_cost(call).elapsed_ms,
                                .terminal = batch->terminal};
  struct err err = ERR_INIT;

  mine->call = NULL; /* freed by whoever calls us */
  if (batch->options->include || batch->options->head)
    result.headers = answer->status > 0 ? &answer->headers : NULL;
  if (code == E_LOCAL)
    result.body_len = 0; /* not even a part of what is too long */
  bool ended = code == E_OK;
  code = judge(mine, call, code, json, &err);
  if (!ended && is_fatal(code) && batch->fatal == E_OK) {
    batch->stopping = true;
    batch->fatal = code;
    batch->fatal_err = err;
  }
  if (code == E_OK)
    finish(batch, &result, mine->ticket, code);
  else
    batch_failed(batch, &result, mine->ticket, code, &err);
  batch_call_free(mine);
  batch_fill(batch);
  if (batch->code != E_OK || batch->stopping)
    sender_stop(batch->link.sender);
}

const struct call_sink batch_sink = {
    .head = on_head, .body = on_body, .done = on_done};

#include "api/call.h"

#include "api/cached_part.h"
#include "api/call_part.h"

#include "base/clock.h"
#include "base/mem.h"
#include "http/redact.h"

/* --- its life --------------------------------------------------------------
 */

enum code sender_start(struct sender *sender,
                       const struct call_request *request,
                       const struct call_sink *sink, struct call **ret_call,
                       struct err *err)
{
  struct call *call = mem_zalloc(sizeof *call);
  enum code code;

  if (call == NULL)
    return err_nomem(err);
  call->sender = sender;
  call->request = *request;
  call->sink = *sink;
  call->started = clock_mono_ms();
  buf_init(&call->held, CALL_HELD_MAX);
  headers_init(&call->headers);
  code = url_copy(&call->url, request->url, err);
  if (code != E_OK) {
    mem_free(call);
    return code;
  }
  call->request.url = call->url;
  code = cached_attach(call, err);
  if (code != E_OK) {
    cached_call_free(call->cached);
    url_free(call->url);
    mem_free(call);
    return code;
  }
  sender_queue(sender, call, 0);
  sender->busy++;
  if (ret_call != NULL)
    *ret_call = call;
  return E_OK;
}

void call_clear_try(struct call *call)
{
  if (call->transfer != NULL)
    http_cancel(call->transfer);
  call->transfer = NULL;
  redirect_clear(&call->way);
  headers_clear(&call->headers);
  buf_clear(&call->held);
  call->disposition = GIVE;
  call->cut = false;
  call->dropped = 0;
}

void call_heed(struct call *call)
{
  struct rate *rate = call->sender->options.rate;

  if (rate == NULL)
    return;
  if (call->answer.status == 0 || call->way.left_origin)
    rate_heed(rate, &call->ticket, 0, NULL);
  else
    rate_heed(rate, &call->ticket, call->answer.status, &call->answer.headers);
}

void call_free(struct call *call)
{
  if (call->sender->options.rate != NULL)
    rate_heed(call->sender->options.rate, &call->ticket, 0, NULL);
  sender_unlink(call);
  call->sender->busy--;
  call_clear_try(call);
  cached_call_free(call->cached);
  http_answer_clear(&call->answer);
  http_answer_clear(&call->first);
  range_clear(&call->range);
  url_free(call->url);
  mem_free(call->shown);
  mem_free(call);
}

void call_cancel(struct call *call)
{
  call_free(call);
}

void call_end(struct call *call, enum code code)
{
  const struct sender_options *options = &call->sender->options;
  struct call_alone *alone = call->alone;

  sender_unlink(call);
  call_resume_end(call);
  if (options->ended != NULL)
    options->ended(options->observer, call, code);
  if (call->sink.done != NULL)
    call->sink.done(call->sink.user, call, code);
  if (alone != NULL) {
    alone->over = true;
    alone->code = code;
    if (code != E_OK)
      *alone->err = call->err;
    sender_stop(call->sender);
  }
  call_free(call);
}

void call_wait(struct call *call, int64_t ms)
{
  if (ms > 0) {
    call->waited += ms;
    if (call->sink.wait != NULL)
      call->sink.wait(call->sink.user, call, ms);
  }
  sender_queue(call->sender, call, ms);
}

/* --- what it is about -------------------------------------------------------
 */

bool call_has_credential(const struct call *call)
{
  return call->sender->token.token != NULL && !call->request.no_credential;
}

bool call_body_repeats(const struct call *call)
{
  return call->request.body == NULL || body_can_repeat(call->request.body);
}

const struct http_answer *call_answer(const struct call *call)
{
  return &call->answer;
}

struct err *call_err(struct call *call)
{
  return &call->err;
}

const struct url *call_final_url(const struct call *call)
{
  return call->way.hops > 0 ? call->way.final_url : call->url;
}

const char *call_url(const struct call *call)
{
  struct call *own = (struct call *)call; /* shown is no part of what it is */
  const struct url *url = call_final_url(call);
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_URL);
  struct err ignored = ERR_INIT;

  mem_free(own->shown);
  own->shown = NULL;
  redact_url(&text, url->text);
  return buf_detach(&text, &own->shown, NULL, &ignored) == E_OK ? own->shown
                                                                : url->origin;
}

bool call_left_origin(const struct call *call)
{
  return call->way.left_origin;
}

bool call_is_whole(const struct call *call)
{
  return call->whole;
}

const char *call_why_waits(const struct call *call)
{
  return call->why;
}

int64_t call_rate_over_ms(const struct call *call)
{
  return call->rate_over ? call->retry_ms : -1;
}

struct call_cost call_cost(const struct call *call)
{
  return (struct call_cost){.tries = call->tries,
                            .redirects = call->way.hops,
                            .waited_ms = call->waited,
                            .elapsed_ms = clock_mono_ms() - call->started};
}

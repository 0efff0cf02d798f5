/* One request, and its answer to where it belongs. */
#include "cmd/request.h"

#include "base/mem.h"
#include "cmd/request_target.h"

#include <string.h>

struct sending {
  struct ctx *ctx;
  const struct request *request;
  struct output *output;
  enum target_step step;
  enum code code; /* of the whole */
  struct err *err;
};

static void sending_clear(struct sending *sending)
{
  output_free(sending->output);
}
#define AUTO_SENDING __attribute__((cleanup(sending_clear)))

static enum code on_head(void *user, const struct call *call, struct err *err)
{
  struct sending *sending = user;
  const struct http_answer *answer = call_answer(call);

  sending->step = target_judge(output_target(sending->output), answer);
  if (sending->step == TARGET_AGAIN) /* not to be seen: it is sent again */
    return err_set(err, E_ANSWER, "the answer does not go on");
  return sending->step == TARGET_TAKES
             ? output_head(sending->output, answer, err)
             : E_OK;
}

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct sending *sending = user;

  return sending->step == TARGET_TAKES
             ? output_body(sending->output, bytes, len, err)
             : E_OK;
}

static void on_progress(void *user, int64_t sent, int64_t send_total,
                        int64_t received, int64_t receive_total)
{
  struct sending *sending = user;

  output_progress(sending->output, sent, send_total, received, receive_total);
}

static enum code on_demand(void *user, const struct call *call,
                           const struct step_up *demand, bool *ret_again,
                           struct err *err)
{
  struct sending *sending = user;

  (void)call;
  return request_meet_demand(sending->ctx, sending->request, demand, ret_again,
                             err);
}

enum code request_conclude(const struct request *request, struct output *output,
                           const struct call *call, struct err *err)
{
  AUTO_STR char *message = NULL;
  bool refused = false;
  enum code code = output_end(output, &refused, &message, err);

  if (code == E_OK)
    code = request_verdict(request, call, err);
  else
    return code;
  if (code == E_OK && refused)
    code = request_refused(request->method, call_url(call),
                           call_answer(call)->status, message, err);
  else if (code != E_OK && message != NULL) {
    struct err full = *err;

    (void)err_set(&full, code, "%s: \"%s\"", err->message, message);
    memcpy(err->message, full.message, sizeof err->message);
  }
  return code;
}

static void on_done(void *user, struct call *call, enum code code)
{
  struct sending *sending = user;
  struct err ignored = ERR_INIT;
  AUTO_STR char *message = NULL;
  bool refused = false;

  if (code == E_OK) {
    sending->code =
        sending->step == TARGET_FINISHED
            ? target_finish(output_target(sending->output), sending->err)
            : request_conclude(sending->request, sending->output, call,
                               sending->err);
    return;
  }
  sending->code = code;
  *sending->err = *call_err(call);
  if (call_is_whole(call))
    IGNORE(output_end(sending->output, &refused, &message, &ignored));
  else
    output_abort(sending->output);
}

/* Once; of what -C has, first what is missing and then, where that does not
 * fit, all. */
static enum code send(struct sending *sending, struct request_link *link,
                      const struct call_sink *sink, struct err *err)
{
  const struct request *request = sending->request;
  struct target *target = output_target(sending->output);
  AUTO_HEADERS struct headers headers = {0};
  struct call_request call;
  bool other = false;
  enum code code = target_ask(target, &request->headers, &headers, &other, err);

  if (code != E_OK)
    return code;
  request_call(request, &call);
  call.bulk = output_is_bulk(sending->output);
  if (other)
    call.headers = &headers;
  sending->step = TARGET_TAKES;
  output_start(sending->output);
  code = sender_send(link->sender, &call, sink, err);
  return code == E_OK ? sending->code : code;
}

enum code request_send(struct ctx *ctx, struct request *request,
                       struct err *err)
{
  AUTO_SENDING struct sending sending = {
      .ctx = ctx, .request = request, .err = err};
  AUTO_LINK struct request_link link = {0};
  const struct call_sink sink = {.head = on_head,
                                 .body = on_body,
                                 .demand = on_demand,
                                 .done = on_done,
                                 .progress = on_progress,
                                 .wait = request_show_wait,
                                 .user = &sending};
  enum code code = request_open(ctx, request, &link, err);

  if (code == E_OK)
    code = output_new(&sending.output, request, err);
  if (code == E_OK)
    code = request_authorize(&link, request, err);
  if (code == E_OK)
    code = output_ready(sending.output, err);
  if (code != E_OK)
    return code;
  code = send(&sending, &link, &sink, err);
  if (sending.step == TARGET_AGAIN) {
    err_clear(err);
    code = send(&sending, &link, &sink, err);
  }
  target_explain(output_target(sending.output), ctx, code, err);
  return code;
}

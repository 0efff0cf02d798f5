/* What becomes of an answer: it stands, or the request is sent again. */
#include "api/cached_part.h"
#include "api/call_part.h"

#include "base/clock.h"
#include "base/log.h"

#include <sys/random.h>

#include <stdio.h>

enum {
  DROP_MAX = 64 * 1024, /* of a body that nobody wants, so that the connection
                           can be used again; a longer one is cut off */
};

static bool is_taken(const struct call *call, int status)
{
  const struct verdict verdict = {.status = status, .ok = call->request.ok};

  return verdict_is_ok(&verdict);
}

/* --- tried again? -----------------------------------------------------------
 */

static enum retry_do decide(struct call *call, enum code code, int status,
                            int64_t *ret_wait_ms)
{
  struct retry_facts facts = {
      .method = call->request.method,
      .repeatable = call->request.repeatable,
      .body_can_repeat = call_body_repeats(call),
      .tries = call->retries + 1,
      .elapsed_ms = clock_mono_ms() - call->started,
      .waited_ms = call->ticket.waited_ms,
      .code = code,
      .sent = call->answer.sent,
      .status = status,
      .headers = &call->answer.headers,
      .now = clock_wall(),
  };
  enum retry_do what;

  /* For the jitter, and PSA takes its time to start. Without random bytes the
   * waits are the longest. */
  if (getrandom(&facts.random, sizeof facts.random, GRND_NONBLOCK) !=
      (ssize_t)sizeof facts.random)
    facts.random = UINT32_MAX;
  what = retry_decide(&call->sender->options.retry, &facts, ret_wait_ms);
  call->retry_told = what == RETRY_AGAIN && retry_is_told(&facts);
  call->rate_over = what == RETRY_RATE;
  return what;
}

static bool may_be_tried_again(const struct call *call)
{
  return call->sender->options.retry.max > 0;
}

void call_again(struct call *call, const char *why)
{
  call->retries++;
  if (call->retry_told)
    call->ticket.waited_ms += call->retry_ms;
  log_line(LOG_VERBOSE, "%s %s: %s; tried again in %lld ms",
           call->request.method, call_url(call), why,
           (long long)call->retry_ms);
  call->why = why;
  call_wait(call, call->retry_ms);
}

/* --- the answer -------------------------------------------------------------
 */

static enum code give_head(struct call *call, struct err *err)
{
  const struct call_sink *sink = &call->sink;

  enum code code = call_resume_begin(call, err);

  call->disposition = GIVE;
  call->given = true;
  return code == E_OK && sink->head != NULL ? sink->head(sink->user, call, err)
                                            : code;
}

/* Another token, or a nonce, may change it. */
static enum code may_hold(const struct call *call,
                          const struct http_answer *answer, bool *ret_hold,
                          struct err *err)
{
  AUTO_STEP_UP struct step_up demand = {.max_age = -1};
  enum code code;

  *ret_hold = false;
  if (!call_has_credential(call) || call->way.left_origin ||
      !call_body_repeats(call) || call->renewed ||
      (answer->status != 401 && answer->status != 403))
    return E_OK;
  code = step_up_read(&demand, answer->status, &answer->headers, err);
  *ret_hold = answer->status == 401 || demand.kind != STEP_UP_NONE;
  return code;
}

static enum code refused(const struct call *call, struct err *err)
{
  char why[64];

  (void)snprintf(why, sizeof why, "the answer is %d now", call->answer.status);
  return call_resume_failed(call, why, err);
}

/* A 401 that is taken as it is may still be a refusal for want of a nonce. */
static bool may_want_nonce(const struct call *call, int status)
{
  return status == 401 && call->sender->dpop != NULL && !call->nonced &&
         call_has_credential(call) && !call->way.left_origin &&
         call_body_repeats(call);
}

enum code call_on_head(void *user, const struct http_answer *answer,
                       struct err *err)
{
  struct call *call = user;
  bool hold = false, taken = false;
  enum code code = E_OK;

  if (!call->resuming && cached_declines(call, answer)) {
    call->disposition = DROP;
    call->retry_ms = 0;
    return E_OK;
  }
  if (call->resuming)
    code = call_resume_head(call, answer, &taken, err);
  else if (may_want_nonce(call, answer->status))
    hold = true;
  else if (is_taken(call, answer->status))
    return give_head(call, err);
  if (code != E_OK || taken)
    return code;
  if (!hold)
    code = may_hold(call, answer, &hold, err);
  if (code != E_OK)
    return code;
  if (hold)
    call->disposition = HOLD;
  else if (may_be_tried_again(call) &&
           (call->resuming || !call->way.left_origin) &&
           decide(call, E_OK, answer->status, &call->retry_ms) == RETRY_AGAIN)
    call->disposition = DROP;
  else if (call->resuming)
    return refused(call, err);
  else
    return give_head(call, err);
  return E_OK;
}

enum code call_on_body(void *user, const void *bytes, size_t len,
                       struct err *err)
{
  struct call *call = user;
  enum code code;

  switch (call->disposition) {
  case DROP:
  case REST:
    call->dropped += len;
    call->cut = call->dropped > DROP_MAX;
    return call->cut ? E_LOCAL : E_OK;
  case HOLD: /* as much as is worth keeping */
    if (len <= CALL_HELD_MAX - call->held.len)
      buf_put(&call->held, bytes, len);
    return buf_check(&call->held, err);
  case GIVE:
    break;
  }
  code = call_resume_body(call, &bytes, &len, err);
  return code == E_OK && len > 0 && call->sink.body != NULL
             ? call->sink.body(call->sink.user, bytes, len, err)
             : code;
}

void call_on_progress(void *user, int64_t sent, int64_t send_total,
                      int64_t received, int64_t receive_total)
{
  struct call *call = user;

  if (call->resuming) {
    received = call->range.at;
    receive_total = call->range.end;
  }
  if (call->disposition == GIVE)
    call->sink.progress(call->sink.user, sent, send_total, received,
                        receive_total);
}

/* It stands: what was held back goes out. code: what the call ends with. */
static void stand(struct call *call, enum code code)
{
  struct err ignored = ERR_INIT;
  struct err *err = code == E_OK ? &call->err : &ignored;
  enum code given = E_OK;

  if (call->resuming && call->disposition == HOLD) {
    call_end(call, code != E_OK ? code : refused(call, &call->err));
    return;
  }
  if (call->disposition == HOLD) {
    given = give_head(call, err);
    if (given == E_OK && call->held.len > 0 && call->sink.body != NULL)
      given = call->sink.body(call->sink.user, buf_text(&call->held),
                              call->held.len, err);
  }
  call->whole = given == E_OK;
  call_end(call, code != E_OK ? code : given);
}

/* The refusal stands, and err says why there is no other try. */
static void give_up(struct call *call)
{
  err_prefix(&call->err, "%s %s: ", call->request.method, call_url(call));
  stand(call, call->err.code);
}

/* RFC 9449 §9: refused for want of the nonce that came with the refusal. */
static void after_nonce(struct call *call)
{
  if (call->nonced) {
    (void)err_set(&call->err, E_ANSWER,
                  "another DPoP nonce is demanded than the one that was given");
    give_up(call);
  } else if (!call->nonce_given) {
    (void)dpop_no_nonce(call->way.final_url, &call->err);
    give_up(call);
  } else if (!call_body_repeats(call)) {
    (void)err_set(&call->err, E_UNAUTHORIZED,
                  "a DPoP nonce is demanded, which is known only now, and the "
                  "body can be read only once");
    err_hint(&call->err, "--input FILE   can be sent again");
    give_up(call);
  } else {
    log_line(LOG_VERBOSE, "a DPoP nonce is demanded: sent once more with it");
    call->nonced = true;
    call_wait(call, 0);
  }
}

/* Another token of the same kind would be refused again. */
static void after_demand(struct call *call, const struct step_up *demand)
{
  bool again = false;
  enum code code = E_OK;

  call->renewed = true;
  if (call->sink.demand != NULL)
    code = call->sink.demand(call->sink.user, call, demand, &again, &call->err);
  if (code == E_OK && again)
    code = sender_reload(call->sender, call->url, &call->err);
  if (code != E_OK)
    stand(call, code);
  else if (again)
    call_wait(call, 0);
  else
    stand(call, E_OK);
}

/* CONTRACT §2, "On 401". */
static void after_401(struct call *call)
{
  enum code code;

  call->renewed = true;
  code = sender_renew(call->sender, call->serial, call->url, &call->err);
  if (code != E_OK)
    give_up(call);
  else
    call_wait(call, 0);
}

static void after_refusal(struct call *call)
{
  AUTO_STEP_UP struct step_up demand = {.max_age = -1};
  enum code code = step_up_read(&demand, call->answer.status,
                                &call->answer.headers, &call->err);

  if (code != E_OK)
    stand(call, code);
  else if (demand.kind != STEP_UP_NONE)
    after_demand(call, &demand);
  else
    after_401(call);
}

/* Well-formed, but less than was stated: a part of what was asked for. */
static void ended_early(struct call *call)
{
  (void)call_resume_failed(call, "the answer ended there", &call->err);
  call_broke(call, E_CUT);
}

/* Held for want of another token, and not for a nonce alone. */
static bool may_be_renewed(const struct call *call)
{
  return !call->renewed && !is_taken(call, call->answer.status);
}

void call_settle(struct call *call)
{
  bool nonce = false;
  enum code code = E_OK;

  if (call->sender->dpop != NULL && call_has_credential(call) &&
      !call->way.left_origin)
    code = dpop_refused_by_api(&call->answer, &nonce, &call->err);
  if (code != E_OK)
    stand(call, code);
  else if (nonce)
    after_nonce(call);
  else if (call->disposition == HOLD && may_be_renewed(call))
    after_refusal(call);
  else if (call_resume_lacks(call))
    ended_early(call);
  else
    stand(call, E_OK);
}

/* Whether a try after this failure can make a whole answer of it. */
static bool may_be_mended(const struct call *call)
{
  return may_be_tried_again(call) &&
         (call->given ? call_may_resume(call) : !call->way.left_origin);
}

void call_broke(struct call *call, enum code code)
{
  int status = call->given ? 0 : call->answer.status;

  /* CONTRACT §3: a part of an answer is 10, none at all 6. */
  if ((code == E_CUT && call->answer.status != 0) ||
      (call->resuming && code >= E_NETWORK && code <= E_CUT))
    call->err.code = E_INCOMPLETE;
  if (may_be_mended(call) &&
      decide(call, code, status, &call->retry_ms) == RETRY_AGAIN) {
    if (call->given)
      call_resume(call);
    call_again(call, call->err.message);
    return;
  }
  call_end(call, call->err.code);
}

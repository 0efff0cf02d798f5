/* Going on where the body of an answer broke off. The sink has its beginning,
 * so whatever comes now must be the rest, byte for byte, or the call ends as
 * incomplete. */
#include "api/call_part.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>

/* The sink has a beginning, and it is known of what. */
static bool is_known(const struct call *call)
{
  return call->given && call->range.validator != NULL;
}

enum code call_resume_begin(struct call *call, struct err *err)
{
  range_clear(&call->range);
  return call->request.resumable ? range_begin(&call->range, &call->answer, err)
                                 : E_OK;
}

bool call_resume_lacks(const struct call *call)
{
  return is_known(call) && !range_is_whole(&call->range);
}

/* A limit for the whole is not spent twice. */
static bool is_in_time(const struct call *call)
{
  int64_t limit = call->sender->options.http.total_timeout_ms;

  return limit <= 0 || clock_mono_ms() - call->started < limit;
}

bool call_may_resume(const struct call *call)
{
  return is_known(call) && is_in_time(call);
}

/* The answer that the sink knows stays the one that is told of. */
void call_resume(struct call *call)
{
  if (!call->resuming) {
    call->first = call->answer;
    call->answer = (struct http_answer){0};
  }
  call->resuming = true;
  log_line(LOG_VERBOSE, "%s goes on behind %" PRId64 " bytes", call_url(call),
           call->range.at);
}

void call_resume_end(struct call *call)
{
  if (!call->resuming)
    return;
  http_answer_clear(&call->answer);
  call->answer = call->first;
  call->first = (struct http_answer){0};
  call->resuming = false;
}

enum code call_resume_failed(const struct call *call, const char *why,
                             struct err *err)
{
  return err_set(err, E_INCOMPLETE,
                 "the body broke off after %" PRId64 " bytes, and %s",
                 call->range.at, why);
}

enum code call_resume_head(struct call *call, const struct http_answer *answer,
                           bool *ret_taken, struct err *err)
{
  *ret_taken = true;
  call->skip = 0;
  call->disposition = GIVE;
  switch (range_judge(&call->range, answer)) {
  case RANGE_GOES_ON:
    return E_OK;
  case RANGE_SAME:
    call->skip = call->range.at;
    return E_OK;
  case RANGE_COMPLETE:
    call->range.end = call->range.at;
    call->disposition = REST;
    return E_OK;
  case RANGE_OTHER:
    return call_resume_failed(
        call, "the server has another one now, or none that goes on", err);
  case RANGE_WRONG:
    return call_resume_failed(
        call, "the part that the server sends now does not fit", err);
  case RANGE_FAILED:
    break;
  }
  *ret_taken = false;
  return E_OK;
}

enum code call_resume_body(struct call *call, const void **bytes, size_t *len,
                           struct err *err)
{
  struct range *range = &call->range;
  size_t known = 0;

  if (!is_known(call))
    return E_OK;
  if (call->skip > 0) {
    known = (int64_t)*len < call->skip ? *len : (size_t)call->skip;
    call->skip -= (int64_t)known;
  }
  *bytes = (const char *)*bytes + known;
  *len -= known;
  if (range->end >= 0 && (int64_t)*len > range->end - range->at)
    return err_set(err, E_ANSWER,
                   "the answer is longer than the %" PRId64
                   " bytes that were stated",
                   range->end);
  range->at += (int64_t)*len;
  return E_OK;
}

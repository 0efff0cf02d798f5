/* --sse: an event stream for as long as it lasts. Where it drops it is asked
 * for again with the id of the last event (WHATWG HTML §9.2.3); what cannot be
 * taken up so would leave a gap, and is the end: E_INCOMPLETE.
 *
 * A stream that the server ends properly is asked for again only where the
 * server expects that, having given an id or a time to wait; and it is over
 * when there is nothing new then. */
#include "cmd/request.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"

#include <string.h>

enum {
  WAIT_MS = 3000,    /* where the server does not say */
  BACKOFF_MS = 1000, /* where it says 0, and that failed */
  WAIT_LONGEST_MS = 5 * 60 * 1000,
  LASTED_MS = 10 * 1000, /* such a connection was none that failed */
};

struct stream {
  struct ctx *ctx;
  const struct request *request;
  struct output *output;
  struct headers headers; /* with Last-Event-ID */
  int64_t deadline;       /* clock_mono_ms(); -1: none */

  int tries, failures; /* the latter in a row */
  int failures_max;    /* --retry */
  bool ever;           /* a stream began */

  /* of the try that is under way */
  int64_t began;
  size_t count_before;
  bool streaming; /* the answer is a stream */
  bool passed_by; /* the answer is a failure that may go away */
  int status;
  bool done; /* the call is over */
  enum code code;
  struct err err;
};

static void stream_clear(struct stream *stream)
{
  headers_clear(&stream->headers);
  output_free(stream->output);
}
#define AUTO_STREAM __attribute__((cleanup(stream_clear)))

/* --- what the call calls ---------------------------------------------------
 */

static bool may_go_away(int status)
{
  return status == 408 || status == 429 || status >= 500;
}

static enum code on_head(void *user, const struct call *call, struct err *err)
{
  struct stream *stream = user;
  const struct http_answer *answer = call_answer(call);
  const char *type = headers_get(&answer->headers, "Content-Type");
  enum code code;

  stream->status = answer->status;
  stream->passed_by = stream->ever && may_go_away(answer->status);
  if (stream->passed_by)
    return E_OK;
  code = output_head(stream->output, answer, err);
  if (code != E_OK || answer->status < 200 || answer->status > 299 ||
      answer->status == 204)
    return code;
  stream->streaming = sieve_events(output_sieve(stream->output)) != NULL;
  stream->ever = stream->ever || stream->streaming;
  if (stream->streaming)
    return E_OK;
  (void)err_set(err, E_ANSWER, "%s %s: the answer is %s%s, not an event stream",
                stream->request->method, call_url(call),
                type != NULL ? "" : "of no known type",
                type != NULL ? type : "");
  err_hint(err, "without --sse it is shown as it is");
  return E_ANSWER;
}

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct stream *stream = user;
  enum code code;

  if (stream->passed_by)
    return E_OK;
  code = output_body(stream->output, bytes, len, err);
  if (code == E_OK && sieve_halted(output_sieve(stream->output)))
    return err_set(err, E_INCOMPLETE, "halted"); /* nobody will see it */
  return code;
}

static enum code on_demand(void *user, const struct call *call,
                           const struct step_up *demand, bool *ret_again,
                           struct err *err)
{
  struct stream *stream = user;

  (void)call;
  return request_meet_demand(stream->ctx, stream->request, demand, ret_again,
                             err);
}

/* A stream goes on; any other answer is the last one. */
static void on_done(void *user, struct call *call, enum code code)
{
  struct stream *stream = user;

  stream->done = true;
  stream->code = code;
  stream->err = *call_err(call);
  if (code != E_OK || stream->streaming || stream->passed_by)
    return;
  stream->code =
      request_conclude(stream->request, stream->output, call, &stream->err);
}

/* --- one try ---------------------------------------------------------------
 */

static enum code given_up(const struct stream *stream, struct err *err)
{
  return err_set(err, E_TIMEOUT, "the stream was given up after %lld s (-m)",
                 (long long)stream->request->options->max_time);
}

static bool is_late(const struct stream *stream)
{
  return stream->deadline >= 0 && clock_mono_ms() >= stream->deadline;
}

/* Asks, and follows the answer to its end. E_OK: stream->code says how that
 * was. */
static enum code try_once(struct stream *stream, struct sender *sender,
                          struct err *err)
{
  const struct call_sink sink = {.head = on_head,
                                 .body = on_body,
                                 .demand = on_demand,
                                 .done = on_done,
                                 .wait = request_show_wait,
                                 .user = stream};
  struct sender_wait wait = {.fd = -1, .until = stream->deadline};
  struct call_request request;
  struct call *call = NULL;
  enum code code;

  request_call(stream->request, &request);
  request.headers = &stream->headers;
  stream->tries++;
  stream->began = clock_mono_ms();
  stream->count_before = sieve_event_count(output_sieve(stream->output));
  stream->streaming = stream->passed_by = stream->done = false;
  err_clear(&stream->err);
  output_start(stream->output);
  code = sender_start(sender, &request, &sink, &call, err);
  while (code == E_OK && !stream->done) {
    code = sender_run(sender, &wait, err);
    if (code == E_OK && !stream->done && is_late(stream))
      code = given_up(stream, err);
  }
  if (call != NULL && !stream->done)
    call_cancel(call);
  return code;
}

/* --- and again -------------------------------------------------------------
 */

static bool is_resumable(const struct stream *stream)
{
  const struct events *events = sieve_events(output_sieve(stream->output));

  return strcmp(stream->request->method, "GET") == 0 &&
         (sieve_event_count(output_sieve(stream->output)) == 0 ||
          (events != NULL && events_last_id(events) != NULL));
}

static enum code incomplete(const struct stream *stream, const char *why,
                            struct err *err)
{
  const struct events *events = sieve_events(output_sieve(stream->output));
  const char *id = events != NULL ? events_last_id(events) : NULL;

  (void)err_set(err, E_INCOMPLETE, "the event stream dropped%s%s%s, and %s: %s",
                id != NULL ? " behind the event '" : "", id != NULL ? id : "",
                id != NULL ? "'" : "", why,
                stream->passed_by ? "the server does not give it again"
                                  : stream->err.message);
  return E_INCOMPLETE;
}

/* The server ended it properly. */
static bool is_over(const struct stream *stream, bool news)
{
  const struct events *events = sieve_events(output_sieve(stream->output));

  if (strcmp(stream->request->method, "GET") != 0 ||
      (events_last_id(events) == NULL && events_retry_ms(events) < 0))
    return true;
  return stream->tries > 1 && !news;
}

static int64_t pause_ms(const struct stream *stream)
{
  const struct events *events = sieve_events(output_sieve(stream->output));
  int64_t told = events != NULL ? events_retry_ms(events) : -1;
  int64_t ms = told >= 0 ? told : WAIT_MS;

  if (ms == 0 && stream->failures > 1)
    ms = BACKOFF_MS;
  for (int i = 1; i < stream->failures && ms < WAIT_LONGEST_MS; i++)
    ms *= 2;
  return ms < WAIT_LONGEST_MS ? ms : WAIT_LONGEST_MS;
}

static enum code prepare_again(struct stream *stream, struct err *err)
{
  const struct events *events = sieve_events(output_sieve(stream->output));
  const char *id = events != NULL ? events_last_id(events) : NULL;
  int64_t ms = pause_ms(stream);
  bool late;

  if (id != NULL &&
      headers_set(&stream->headers, "Last-Event-ID", id, err) != E_OK)
    return err->code;
  if (id == NULL)
    headers_remove(&stream->headers, "Last-Event-ID");
  log_line(LOG_VERBOSE,
           "the event stream ended; asked for again in %lld ms%s%s",
           (long long)ms, id != NULL ? ", from behind the event " : "",
           id != NULL ? id : "");
  late = stream->deadline >= 0 && clock_mono_ms() + ms >= stream->deadline;
  if (late)
    ms = stream->deadline - clock_mono_ms();
  if (ms > 0 && !clock_sleep_ms(ms))
    return sig_check(err);
  return late ? given_up(stream, err) : E_OK;
}

static bool is_of_network(enum code code)
{
  return code == E_NETWORK || code == E_DNS || code == E_CONNECT ||
         code == E_CUT || code == E_TIMEOUT || code == E_INCOMPLETE;
}

/* What becomes of a try: E_OK and *ret_again, or the end. */
static enum code settle(struct stream *stream, bool *ret_again, struct err *err)
{
  bool news =
      sieve_event_count(output_sieve(stream->output)) > stream->count_before ||
      clock_mono_ms() - stream->began >= LASTED_MS;
  bool dropped = stream->code != E_OK || stream->passed_by;

  *ret_again = false;
  if (sieve_halted(output_sieve(stream->output)))
    return E_OK;
  if (!stream->ever || (!dropped && !stream->streaming) ||
      (stream->code != E_OK && !is_of_network(stream->code))) {
    *err = stream->err;
    return stream->code;
  }
  if (!dropped && is_over(stream, news))
    return E_OK;
  if (dropped && !is_resumable(stream))
    return incomplete(stream, "cannot be taken up again", err);
  stream->failures = news ? 0 : stream->failures + 1;
  /* Where no stream came at all, the usual tries have been made. */
  if (stream->failures > stream->failures_max ||
      (dropped && !stream->streaming))
    return incomplete(stream, "could not be taken up again", err);
  *ret_again = true;
  return prepare_again(stream, err);
}

/* The stream has come to its end. */
static enum code finish(struct stream *stream, struct err *err)
{
  AUTO_STR char *message = NULL;
  bool refused = false;

  return output_end(stream->output, &refused, &message, err);
}

static enum code follow(struct stream *stream, struct sender *sender,
                        struct err *err)
{
  bool again = true;
  enum code code = E_OK;

  while (code == E_OK && again) {
    code = try_once(stream, sender, err);
    if (code == E_OK)
      code = settle(stream, &again, err);
    if (code != E_OK || again)
      output_abort(stream->output);
  }
  return code == E_OK && stream->streaming ? finish(stream, err) : code;
}

static enum code copy_headers(struct headers *to, const struct headers *from,
                              struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < from->count; i++) {
    const struct header *h = &from->items[i];

    code = h->secret != NULL ? headers_add_secret(to, h->name, h->secret, err)
                             : headers_add(to, h->name, h->value, err);
  }
  return code;
}

enum code request_stream(struct ctx *ctx, struct request *request,
                         struct err *err)
{
  AUTO_STREAM struct stream stream = {
      .ctx = ctx, .request = request, .deadline = -1};
  AUTO_LINK struct request_link link = {0};
  int64_t seconds = request->options->max_time;
  struct retry_policy policy = {0};
  enum code code = request_open(ctx, request, &link, err);

  headers_init(&stream.headers);
  if (code == E_OK)
    code = output_new(&stream.output, request, err);
  if (code == E_OK)
    code = request_authorize(&link, request, err);
  if (code == E_OK)
    code = output_ready(stream.output, err);
  if (code == E_OK)
    code = copy_headers(&stream.headers, &request->headers, err);
  if (code == E_OK)
    code = request_retry_policy(request, &policy, err);
  if (code != E_OK)
    return code;
  stream.failures_max = policy.max;
  if (seconds > 0)
    stream.deadline = clock_mono_ms() + seconds * 1000;
  return follow(&stream, link.sender, err);
}

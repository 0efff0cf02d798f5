/* What a request is sent with, and how its answer is judged: the same for one
 * request, many pages and a batch. */
#include "cmd/request.h"

#include "api/cached.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cmd/request_trace.h"

#include <string.h>
#include <strings.h>

/* Streams are silent for long; their servers send comments now and then. */
enum { STREAM_STALL_MS = 5 * 60 * 1000 };

static int64_t milliseconds(int64_t seconds)
{
  return seconds > 0 ? seconds * 1000 : 0;
}

void request_link_clear(struct request_link *link)
{
  sender_free(link->sender);
  rate_free(link->rate);
  cached_free(link->cached);
  *link = (struct request_link){0};
}

enum code request_open(struct ctx *ctx, const struct request *request,
                       struct request_link *ret_link, struct err *err)
{
  const struct request_options *o = request->options;
  const struct selection *selection = &request->selection;
  struct sender_options options = {
      .url = request->url,
      .observe = request->trace != NULL ? trace_observe : NULL,
      .ended = request->trace != NULL ? trace_ended : NULL,
      .observer = request->trace};
  enum code code = request_retry_policy(request, &options.retry, err);

  if (code == E_OK)
    code = request_rate(request, &ret_link->rate, err);
  if (code == E_OK)
    code = ctx_http_options(ctx, selection->profile, &options.http, err);
  if (code == E_OK && request_adds_credential(request)) {
    code = ctx_session(ctx, selection->profile, selection->env,
                       &ret_link->session, err);
    options.session = &ret_link->session;
  }
  if (code != E_OK)
    return code;
  if (o->max_time >= 0)
    options.http.total_timeout_ms = milliseconds(o->max_time);
  options.http.stall_timeout_ms = milliseconds(o->stall_timeout);
  if (o->sse && o->stall_timeout < 0)
    options.http.stall_timeout_ms = STREAM_STALL_MS;
  if (o->sse || o->wait_for != NULL) /* -m bounds the whole, not one of many */
    options.http.total_timeout_ms = 0;
  options.http.client_cert = o->cert;
  options.http.client_key = o->key;
  options.http.unix_socket = o->unix_socket;
  options.rate = ret_link->rate;
  code = request_open_cache(request, &ret_link->cached, err);
  if (code != E_OK)
    return code;
  options.cached = ret_link->cached;
  return sender_new(&ret_link->sender, &options, err);
}

enum code request_authorize(struct request_link *link,
                            const struct request *request, struct err *err)
{
  return request_adds_credential(request) ? sender_authorize(link->sender, err)
                                          : E_OK;
}

void request_call(const struct request *request, struct call_request *ret_call)
{
  *ret_call = (struct call_request){
      .method = request->method,
      .url = request->url,
      .headers = &request->headers,
      .body = request->body,
      .ok = request->with_ok ? &request->ok : NULL,
      .raw = request->options->raw,
      .repeatable = request->repeatable,
      .no_credential = !request_adds_credential(request),
      .resumable = strcmp(request->method, "GET") == 0 &&
                   !request_has_header(&request->headers, "If-Range"),
  };
}

static bool is_conditional(const struct headers *headers)
{
  for (size_t i = 0; i < headers->count; i++) {
    if (strncasecmp(headers->items[i].name, "If-", 3) == 0)
      return true;
  }
  return false;
}

enum code request_verdict(const struct request *request,
                          const struct call *call, struct err *err)
{
  const struct profile *profile = request->selection.profile;
  const struct http_answer *answer = call_answer(call);
  const struct verdict verdict = {
      .status = answer->status,
      .method = request->method,
      .url = call_url(call),
      .reason = answer->reason,
      .headers = &answer->headers,
      .ok = request->with_ok ? &request->ok : NULL,
      .profile = profile != NULL ? profile->name : NULL,
      .no_auth = request->options->no_auth,
      .left_origin = call_left_origin(call),
      .conditional = is_conditional(&request->headers),
      .credential_is_env = request->selection.env != NULL,
      .now = clock_wall(),
      .over_ms = call_rate_over_ms(call),
  };

  return verdict_give(&verdict, err);
}

enum code request_refused(const char *method, const char *url, int status,
                          const char *message, struct err *err)
{
  bool said = message != NULL;

  return err_set(err, E_API, "%s %s: the answer is %d, and a refusal%s%s%s",
                 method, url, status, said ? ": \"" : "", said ? message : "",
                 said ? "\"" : "");
}

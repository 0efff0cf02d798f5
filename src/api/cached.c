#include "api/cached.h"

#include "api/cached_part.h"
#include "api/fresh.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>

static const struct headers no_headers;

/* --- its life --------------------------------------------------------------
 */

enum code cached_new(struct cached **ret_cached, const struct profile *profile,
                     int64_t ttl, struct err *err)
{
  AUTO(cached) cached = mem_zalloc(sizeof *cached);
  enum code code;

  if (cached == NULL)
    return err_nomem(err);
  cached->ttl = ttl;
  cached->profile = profile;
  code = answers_open(&cached->answers, profile != NULL ? profile->name : NULL,
                      err);
  if (code != E_OK)
    return code;
  *ret_cached = cached;
  cached = NULL;
  return E_OK;
}

void cached_free(struct cached *cached)
{
  if (cached == NULL)
    return;
  answers_free(cached->answers);
  mem_free(cached);
}

void cached_call_free(struct cached_call *cached)
{
  if (cached == NULL)
    return;
  found_free(cached->found);
  keeping_free(cached->keeping);
  refusal_free(cached->refusal);
  mem_free(cached->method);
  headers_clear(&cached->asking);
  mem_free(cached);
}

/* --- one that comes --------------------------------------------------------
 */

static bool shows_token(const struct call *call)
{
  const struct headers *headers = &call->answer.headers;

  if (!call_has_credential(call))
    return false;
  for (size_t i = 0; i < headers->count; i++) {
    if (headers->items[i].value != NULL &&
        strstr(headers->items[i].value,
               secret_reveal(call->sender->token.token)) != NULL)
      return true;
  }
  return false;
}

static const char *bars(const struct cached_call *cached)
{
  const struct call *call = cached->call;
  const struct http_answer *answer = &call->answer;
  const char *length = headers_get(&answer->headers, "Content-Length");
  uint64_t len = 0;
  const char *why = fresh_bars_answer(answer->status, &answer->headers);

  if (why != NULL)
    return why;
  if (call->way.hops > 0)
    return "it came by a redirect";
  if (strcmp(cached->method, "HEAD") != 0 && length != NULL &&
      (!num_parse(length, INT64_MAX, &len) || len > KEPT_BODY_MAX))
    return "it is too large";
  if (shows_token(call))
    return "it shows the token";
  return cached_is_same_owner(cached) ? NULL
                                      : "the login is another one by now";
}

static enum code begin_keeping(struct cached_call *cached, struct err *err)
{
  const struct http_answer *answer = &cached->call->answer;
  AUTO_KEPT struct kept kept = {.asked_at = cached->asked_at,
                                .received_at = clock_wall(),
                                .status = answer->status,
                                .version = mem_str(answer->version),
                                .reason = mem_str(answer->reason)};
  enum code code = fresh_keep(&kept.headers, &answer->headers, err);

  if (code == E_OK)
    code = fresh_vary(&kept.selecting, &answer->headers, cached->plain, err);
  if (code != E_OK)
    return code;
  keeping_free(cached->keeping);
  cached->keeping = NULL;
  return keeping_new(&cached->keeping, cached->cached->answers, cached->name,
                     &kept, err);
}

/* --- a success that is a refusal (CONTRACT §6, api_error) ------------------
 */

static enum code watch_for_refusal(struct cached_call *cached, struct err *err)
{
  const struct headers *headers = &cached->call->answer.headers;
  const char *type = headers_get(headers, "Content-Type");
  bool json = type != NULL && strcasestr(type, "json") != NULL;

  refusal_free(cached->refusal);
  return refusal_new(&cached->refusal, json ? cached->cached->profile : NULL,
                     err);
}

/* --- the sink --------------------------------------------------------------
 */

/* What was kept is no longer what the server says. */
static enum code drop_old(struct cached_call *cached, struct err *err)
{
  if (cached->found == NULL || cached->call->answer.status >= 500)
    return E_OK;
  return cached_bear(
      cached, answers_forget(cached->cached->answers, cached->name, err), err);
}

static enum code on_head(void *user, const struct call *call, struct err *err)
{
  struct cached_call *cached = user;
  const char *why = NULL;
  enum code code = E_OK;

  if (cached->asked && call->answer.status == 304)
    return cached_confirmed(cached, err);
  if (!cached->changes)
    why = bars(cached);
  if (why != NULL) {
    AUTO_STR char *what = mem_printf("not kept: %s", why);
    cached_say(cached, what != NULL ? what : "not kept");
    code = drop_old(cached, err);
  } else if (!cached->changes) {
    code = begin_keeping(cached, err);
    if (code == E_OK)
      code = watch_for_refusal(cached, err);
    code = cached_bear(cached, code, err);
  }
  if (code == E_OK && cached->sink.head != NULL)
    code = cached->sink.head(cached->sink.user, call, err);
  return code;
}

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct cached_call *cached = user;
  enum code code = E_OK;

  if (cached->keeping != NULL) {
    code = keeping_write(cached->keeping, bytes, len, err);
    if (code == E_OK)
      code = refusal_feed(cached->refusal, bytes, len, err);
    if (code != E_OK) {
      keeping_free(cached->keeping);
      cached->keeping = NULL;
      code = cached_bear(cached, code, err);
    }
  }
  if (code == E_OK && cached->sink.body != NULL)
    code = cached->sink.body(cached->sink.user, bytes, len, err);
  return code;
}

/* §4.4: what is kept may not be so any more. */
static void forget_all(const struct cached_call *cached)
{
  static const char *const methods[] = {"GET", "HEAD"};
  struct err ignored = ERR_INIT;
  char name[KEPT_NAME + 1];

  for (size_t i = 0; i < 2 * ARRAY_LEN(methods); i++) {
    if (cached_name(cached, methods[i / 2], i % 2 == 1, name, &ignored) == E_OK)
      IGNORE(answers_forget(cached->cached->answers, name, &ignored));
  }
}

static enum code commit(struct cached_call *cached, struct err *err)
{
  enum code code;

  if (refusal_is(cached->refusal))
    return err_set(err, E_LOCAL, "it is a refusal");
  code = keeping_commit(cached->keeping, err);
  if (code == E_OK)
    cached_say(cached, "kept");
  return code;
}

/* First the answer's reader, who may wait for it. What was borrowed until then
 * is gone afterwards. */
static void on_done(void *user, struct call *call, enum code code)
{
  struct cached_call *cached = user;
  int status = call->answer.status;
  struct err ignored = ERR_INIT;

  if (cached->sink.done != NULL)
    cached->sink.done(cached->sink.user, call, code);
  if (code != E_OK)
    return;
  if (cached->changes && status >= 200 && status < 400)
    forget_all(cached);
  else if (cached->keeping != NULL)
    IGNORE(cached_bear(cached, commit(cached, &ignored), &ignored));
}

/* --- the rest of the sink --------------------------------------------------
 */

static enum code on_demand(void *user, const struct call *call,
                           const struct step_up *demand, bool *ret_again,
                           struct err *err)
{
  const struct cached_call *cached = user;

  return cached->sink.demand(cached->sink.user, call, demand, ret_again, err);
}

static void on_progress(void *user, int64_t sent, int64_t send_total,
                        int64_t received, int64_t receive_total)
{
  const struct cached_call *cached = user;

  cached->sink.progress(cached->sink.user, sent, send_total, received,
                        receive_total);
}

static void on_wait(void *user, const struct call *call, int64_t ms)
{
  const struct cached_call *cached = user;

  cached->sink.wait(cached->sink.user, call, ms);
}

static void stand_between(struct cached_call *cached)
{
  const struct call_sink *sink = &cached->sink;

  cached->call->sink = (struct call_sink){
      .head = on_head,
      .body = on_body,
      .demand = sink->demand != NULL ? on_demand : NULL,
      .done = on_done,
      .progress = sink->progress != NULL ? on_progress : NULL,
      .wait = sink->wait != NULL ? on_wait : NULL,
      .user = cached,
  };
}

enum code cached_attach(struct call *call, struct err *err)
{
  const struct call_request *r = &call->request;
  struct cached *cache = call->sender->options.cached;
  struct cached_call *cached;
  const char *why;
  enum code code;

  if (cache == NULL)
    return E_OK;
  cached = mem_zalloc(sizeof *cached);
  if (cached == NULL)
    return err_nomem(err);
  call->cached = cached;
  cached->cached = cache;
  cached->call = call;
  cached->method = mem_str(r->method);
  if (cached->method == NULL)
    return err_nomem(err);
  cached->sink = call->sink;
  cached->plain = r->headers != NULL ? r->headers : &no_headers;
  cached->changes = !http_method_is_safe(r->method);
  why = fresh_bars_request(r->method, cached->plain);
  if (why != NULL) {
    AUTO_STR char *what = mem_printf("not used: %s", why);
    cached_say(cached, what != NULL ? what : "not used");
    if (cached->changes)
      stand_between(cached);
    return E_OK;
  }
  code = cached_name(cached, r->method, r->raw, cached->name, err);
  if (code == E_OK)
    code = cached_find(cached, err);
  if (code == E_OK)
    stand_between(cached);
  return cached_bear(cached, code, err);
}

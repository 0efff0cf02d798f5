/* Giving an answer that is kept: at once, or after the server was asked. */
#include "api/cached_part.h"

#include "api/fresh.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/redact.h"

#include <string.h>

enum { CHUNK = 64 * 1024 };

void cached_say(const struct cached_call *cached, const char *what)
{
  AUTO_BUF struct buf url = BUF_INIT(2 * BUF_URL);

  log_line(LOG_VERBOSE, "cache: %s %s: %s", cached->method,
           redact_shown(&url, cached->call->url->text), what);
}

enum code cached_bear(const struct cached_call *cached, enum code code,
                      struct err *err)
{
  if (code == E_OK || code == E_NOMEM || code == E_SIGNAL)
    return code;
  AUTO_STR char *what = mem_printf("not kept: %s", err->message);
  cached_say(cached, what != NULL ? what : "not kept");
  err_clear(err);
  return E_OK;
}

enum code cached_name(const struct cached_call *cached, const char *method,
                      bool raw, char ret_name[static KEPT_NAME + 1],
                      struct err *err)
{
  const struct call *call = cached->call;
  const struct profile *profile = cached->cached->profile;
  struct answers_ask ask = {.profile = profile != NULL ? profile->name : NULL,
                            .method = method,
                            .url = call->url->text,
                            .raw = raw};

  if (call_has_credential(call)) {
    ask.login = call->sender->token.login;
    ask.token = call->sender->token.token;
  }
  return answers_name(cached->cached->answers, &ask, ret_name, err);
}

bool cached_is_same_owner(const struct cached_call *cached)
{
  const struct call *call = cached->call;
  char name[KEPT_NAME + 1];
  struct err ignored = ERR_INIT;

  return cached_name(cached, cached->method, call->request.raw, name,
                     &ignored) == E_OK &&
         strcmp(name, cached->name) == 0;
}

/* --- an answer that is kept ------------------------------------------------
 */

static void look_at(struct cached_call *cached)
{
  const struct kept *kept = &cached->found->kept;
  int64_t limit = fresh_limit(cached->plain, cached->cached->ttl);
  struct fresh_control control;
  AUTO_BUF struct buf age = BUF_INIT(128);

  fresh_control_read(&control, &kept->headers);
  cached->age = fresh_age(&kept->headers, kept->asked_at, kept->received_at,
                          clock_wall());
  cached->fresh = cached->age >= 0 && cached->age < limit && !control.no_cache;
  if (cached->age < 0)
    buf_puts(&age, "kept at a time that is still to come");
  else
    buf_puts(&age, "kept, ");
  if (cached->age >= 0) {
    clock_span(&age, cached->age);
    buf_puts(&age, " old");
  }
  if (cached->fresh)
    buf_puts(&age, ": served");
  else if (control.no_cache)
    buf_puts(&age, " and says no-cache");
  cached_say(cached, buf_text(&age));
}

/* Adds the question whether it still holds. */
static enum code ask_of(struct cached_call *cached, struct err *err)
{
  struct call *call = cached->call;
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < cached->plain->count; i++)
    code = headers_add(&cached->asking, cached->plain->items[i].name,
                       cached->plain->items[i].value, err);
  if (code == E_OK)
    code = fresh_condition(&cached->asking, &cached->found->kept.headers,
                           &cached->asked, err);
  if (code == E_OK && cached->asked)
    call->request.headers = &cached->asking;
  return code;
}

enum code cached_find(struct cached_call *cached, struct err *err)
{
  enum code code = answers_find(cached->cached->answers, cached->name,
                                cached->plain, &cached->found, err);

  if (code != E_OK)
    return code;
  if (cached->found == NULL) {
    cached_say(cached, "nothing kept");
    return E_OK;
  }
  look_at(cached);
  return cached->fresh ? E_OK : ask_of(cached, err);
}

/* The head as it is kept, in the place of what came. */
static enum code put_answer(struct cached_call *cached, int64_t age,
                            struct err *err)
{
  struct http_answer *answer = &cached->call->answer;
  struct kept *kept = &cached->found->kept;
  AUTO_HEADERS struct headers headers = {0};
  const char *nonce = headers_get(&answer->headers, "DPoP-Nonce");
  AUTO_STR char *seconds = mem_printf("%lld", (long long)age);
  AUTO_STR char *version = mem_str(kept->version);
  AUTO_STR char *reason = mem_str(kept->reason);
  enum code code = E_OK;

  if (seconds == NULL || version == NULL || reason == NULL)
    return err_nomem(err);
  for (size_t i = 0; code == E_OK && i < kept->headers.count; i++)
    code = headers_add(&headers, kept->headers.items[i].name,
                       kept->headers.items[i].value, err);
  if (code == E_OK)
    code = headers_set(&headers, "Age", seconds, err);
  if (code == E_OK && nonce != NULL) /* for the next request */
    code = headers_add(&headers, "DPoP-Nonce", nonce, err);
  if (code != E_OK)
    return code;
  headers_clear(&answer->headers);
  mem_free(answer->version);
  mem_free(answer->reason);
  answer->status = kept->status;
  answer->headers = headers;
  answer->version = version;
  answer->reason = reason;
  headers = (struct headers){0};
  version = reason = NULL;
  return E_OK;
}

static enum code give(struct cached_call *cached, struct err *err)
{
  const struct call_sink *sink = &cached->sink;
  AUTO_STR char *chunk = mem_alloc(CHUNK);
  size_t offset = 0, len = 0;
  enum code code = E_OK;

  if (chunk == NULL)
    return err_nomem(err);
  if (sink->head != NULL)
    code = sink->head(sink->user, cached->call, err);
  while (code == E_OK && sink->body != NULL) {
    code = found_read(cached->found, offset, chunk, CHUNK, &len, err);
    if (code != E_OK || len == 0)
      break;
    code = sink->body(sink->user, chunk, len, err);
    offset += len;
  }
  return code;
}

bool cached_serve(struct call *call)
{
  struct cached_call *cached = call->cached;
  enum code code;

  if (cached == NULL)
    return false;
  cached->asked_at = clock_wall();
  if (!cached->fresh)
    return false;
  call->answer.address = mem_str("");
  code = call->answer.address == NULL
             ? err_nomem(&call->err)
             : put_answer(cached, cached->age, &call->err);
  if (code == E_OK)
    code = give(cached, &call->err);
  call->given = true;
  call->whole = code == E_OK;
  call_end(call, code);
  return true;
}

/* --- one that the server has confirmed -------------------------------------
 */

bool cached_declines(struct call *call, const struct http_answer *answer)
{
  struct cached_call *cached = call->cached;

  if (cached == NULL || !cached->asked || answer->status != 304 ||
      (call->way.hops == 0 && cached_is_same_owner(cached) &&
       fresh_confirms(&cached->found->kept.headers, &answer->headers)))
    return false;
  cached_say(cached, "the 304 is not about what is kept");
  call->request.headers = cached->plain;
  cached->asked = false;
  found_free(cached->found);
  cached->found = NULL;
  return true;
}

/* What was kept is kept on, as the 304 has it. */
static enum code renew(struct cached_call *cached, struct err *err)
{
  struct kept *kept = &cached->found->kept;

  kept->asked_at = cached->asked_at;
  kept->received_at = clock_wall();
  if (fresh_bars_answer(kept->status, &kept->headers) != NULL) {
    cached_say(cached, "not kept on: the 304 says so");
    return answers_forget(cached->cached->answers, cached->name, err);
  }
  return answers_renew(cached->cached->answers, cached->name, cached->found,
                       kept, err);
}

enum code cached_confirmed(struct cached_call *cached, struct err *err)
{
  struct kept *kept = &cached->found->kept;
  const struct headers *came = &cached->call->answer.headers;
  enum code code = fresh_update(&kept->headers, came, err);

  if (code == E_OK)
    code = put_answer(cached, 0, err);
  if (code != E_OK)
    return code;
  cached_say(cached, "still holds (304): served");
  code = cached_bear(cached, renew(cached, err), err);
  return code == E_OK ? give(cached, err) : code;
}

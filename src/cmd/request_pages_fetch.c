/* Pages asked for: the one whose turn it is, and where it is known which ones
 * follow some of those ahead of it. A page ahead is a guess: it is held, as
 * long as it is not too long, until the page before it says that this is the
 * next; whatever is wrong with it, before its turn or in it, it is asked for
 * again in its turn then. */
#include "cmd/request_pages.h"

#include "base/clock.h"
#include "api/retry.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"

#include <string.h>

enum { AGAIN_MS = 100 }; /* before a page that broke off is asked for again */

void fetch_free(struct fetch *fetch)
{
  if (fetch == NULL)
    return;
  if (fetch->call != NULL)
    call_cancel(fetch->call);
  url_free(fetch->url);
  url_free(fetch->from);
  body_free(fetch->body);
  http_answer_clear(&fetch->answer);
  buf_clear(&fetch->held);
  mem_free(fetch);
}

void pages_drop_ahead(struct pages *pages)
{
  for (size_t i = 0; i < pages->ahead_count; i++)
    fetch_free(pages->ahead[i]);
  pages->ahead_count = 0;
}

/* --- an answer ------------------------------------------------------------
 */

/* What is needed of it once the call is gone. */
static enum code keep_answer(struct fetch *fetch, const struct call *call,
                             struct err *err)
{
  const struct http_answer *answer = call_answer(call);
  struct http_answer *kept = &fetch->answer;
  enum code code = url_copy(&fetch->from, call_final_url(call), err);

  kept->status = answer->status;
  kept->version = mem_str(answer->version);
  kept->reason = mem_str(answer->reason);
  if (code == E_OK && (kept->version == NULL || kept->reason == NULL))
    code = err_nomem(err);
  for (size_t i = 0; code == E_OK && i < answer->headers.count; i++) {
    const struct header *header = &answer->headers.items[i];

    if (header->value != NULL)
      code = headers_add(&kept->headers, header->name, header->value, err);
  }
  return code;
}

static bool is_taken(const struct pages *pages, int status)
{
  const struct request *request = pages->request;
  const struct verdict verdict = {.status = status,
                                  .ok = request->with_ok ? &request->ok : NULL,
                                  .conditional = true};

  return verdict_is_ok(&verdict);
}

static enum code on_head(void *user, const struct call *call, struct err *err)
{
  struct fetch *fetch = user;
  enum code code = keep_answer(fetch, call, err);

  fetch->refused = !is_taken(fetch->pages, fetch->answer.status);
  if (code == E_OK && fetch->refused && !fetch->current)
    code = err_set(err, E_INCOMPLETE, "a page ahead is refused");
  return code;
}

/* As much as is announced, so that the buffer need not grow. */
static void reserve(struct fetch *fetch)
{
  const char *length = headers_get(&fetch->answer.headers, "Content-Length");
  uint64_t bytes;

  if (length != NULL && num_parse(length, PAGES_HELD, &bytes) &&
      buf_room(&fetch->held, (size_t)bytes) != NULL)
    buf_grown(&fetch->held, 0);
}

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct fetch *fetch = user;
  struct pages *pages = fetch->pages;
  enum code code;

  if (fetch->released)
    return pages_bytes(pages, fetch, bytes, len, err);
  if (len <= PAGES_HELD - fetch->held.len) {
    if (fetch->held.len == 0)
      reserve(fetch);
    buf_put(&fetch->held, bytes, len);
    return buf_check(&fetch->held, err);
  }
  if (fetch->refused) /* as much as is worth showing */
    return E_OK;
  if (!fetch->current) {
    fetch->too_long = true;
    return err_set(err, E_INCOMPLETE, "a page ahead is too long");
  }
  code = pages_release(pages, fetch, err);
  return code == E_OK ? pages_bytes(pages, fetch, bytes, len, err) : code;
}

static enum code on_demand(void *user, const struct call *call,
                           const struct step_up *demand, bool *ret_again,
                           struct err *err)
{
  struct fetch *fetch = user;

  (void)call;
  return request_meet_demand(fetch->pages->ctx, fetch->pages->request, demand,
                             ret_again, err);
}

static void on_done(void *user, struct call *call, enum code code)
{
  struct fetch *fetch = user;
  struct pages *pages = fetch->pages;

  fetch->call = NULL;
  fetch->code = code;
  if (code != E_OK)
    fetch->err = *call_err(call);
  else if (fetch->refused || fetch->answer.status == 304)
    fetch->code = request_verdict(pages->request, call, &fetch->err);
  if (fetch->current)
    sender_stop(pages->link.sender);
}

/* --- asking ---------------------------------------------------------------
 */

static enum code ask(struct fetch *fetch, struct err *err)
{
  struct pages *pages = fetch->pages;
  const struct call_sink sink = {.head = on_head,
                                 .body = on_body,
                                 .demand = on_demand,
                                 .done = on_done,
                                 .wait = request_show_wait,
                                 .user = fetch};
  struct call_request request;

  url_free(fetch->from);
  fetch->from = NULL;
  http_answer_clear(&fetch->answer);
  buf_clear(&fetch->held);
  err_clear(&fetch->err);
  fetch->refused = fetch->too_long = false;
  fetch->code = E_OK;
  fetch->tries++;
  request_call(pages->request, &request);
  request.url = fetch->url;
  if (fetch->body != NULL)
    request.body = fetch->body;
  return sender_start(pages->link.sender, &request, &sink, &fetch->call, err);
}

static enum code fetch_new(struct fetch **ret_fetch, struct pages *pages,
                           const struct url *url, struct err *err)
{
  struct fetch *fetch = mem_zalloc(sizeof *fetch);
  enum code code;

  if (fetch == NULL)
    return err_nomem(err);
  fetch->pages = pages;
  buf_init(&fetch->held, PAGES_HELD);
  headers_init(&fetch->answer.headers);
  code = url_copy(&fetch->url, url, err);
  if (code != E_OK) {
    fetch_free(fetch);
    return code;
  }
  *ret_fetch = fetch;
  return E_OK;
}

static enum code begin(struct pages *pages, struct err *err)
{
  AUTO_STR char *text = NULL;
  size_t len = 0;
  struct fetch *fetch = NULL;
  enum code code = fetch_new(&fetch, pages, pager_here_url(pages->pager), err);

  if (code != E_OK)
    return code;
  pages->now = fetch;
  fetch->current = true;
  code = pager_here_text(pages->pager, &text, &len, err);
  if (code == E_OK && text != NULL)
    code = body_of_bytes(&fetch->body, text, len,
                         body_type(pages->request->body), err);
  return code == E_OK ? ask(fetch, err) : code;
}

static enum code ask_in_turn(struct fetch *fetch, struct err *err)
{
  fetch->guess = false;
  return ask(fetch, err);
}

/* The first of those ahead is the page that the pager stands at. */
static enum code take_ahead(struct pages *pages, struct err *err)
{
  struct fetch *fetch = pages->ahead[0];

  pages->now = fetch;
  pages->ahead_count--;
  memmove(pages->ahead, pages->ahead + 1,
          pages->ahead_count * sizeof *pages->ahead);
  fetch->current = true;
  if (fetch->call != NULL || fetch->code == E_OK)
    return E_OK;
  if (fetch->too_long) { /* those behind will be, too */
    pages_drop_ahead(pages);
    pages->blind = true;
  }
  return ask_in_turn(fetch, err);
}

enum code pages_fetch(struct pages *pages, struct err *err)
{
  const char *url = pager_here_url(pages->pager)->text;

  fetch_free(pages->now);
  pages->now = NULL;
  if (pages->ahead_count > 0) {
    if (strcmp(pages->ahead[0]->url->text, url) == 0)
      return take_ahead(pages, err);
    log_line(LOG_VERBOSE, "the next page is another than was foreseen: %s",
             url);
    pages_drop_ahead(pages);
    pages->blind = true;
  }
  return begin(pages, err);
}

static bool may_ask_again(const struct pages *pages, const struct fetch *fetch)
{
  const struct request *request = pages->request;

  return !fetch->refused && fetch->tries <= pages->retry.max &&
         http_method_is_safe(request->method) &&
         (fetch->code == E_INCOMPLETE || fetch->code == E_CUT ||
          fetch->code == E_NETWORK);
}

/* Those ahead go on meanwhile. */
static enum code pause_before(struct pages *pages, int tries, struct err *err)
{
  struct sender_wait wait = {.fd = -1,
                             .until = clock_mono_ms() + AGAIN_MS * tries};
  enum code code = E_OK;

  while (code == E_OK && clock_mono_ms() < wait.until) {
    if (sender_busy(pages->link.sender) == 0)
      (void)clock_sleep_ms(wait.until - clock_mono_ms());
    code = sig_check(err);
    if (code == E_OK)
      code = sender_run(pages->link.sender, &wait, err);
  }
  return code;
}

enum code pages_await(struct pages *pages, struct err *err)
{
  struct sender_wait wait = {.fd = -1, .until = -1};
  struct fetch *fetch = pages->now;
  enum code code = E_OK;

  for (;;) {
    while (code == E_OK && fetch->call != NULL)
      code = sender_run(pages->link.sender, &wait, err);
    if (code != E_OK || fetch->code == E_OK || fetch->released)
      return code;
    if (!fetch->guess) {
      if (!may_ask_again(pages, fetch))
        return E_OK;
      log_line(LOG_VERBOSE, "%s; the page is asked for again",
               fetch->err.message);
      code = pause_before(pages, fetch->tries, err);
    }
    if (code == E_OK)
      code = ask_in_turn(fetch, err);
  }
}

static enum code ask_ahead(struct pages *pages, const struct url *url,
                           struct err *err)
{
  struct fetch *fetch = NULL;
  enum code code = fetch_new(&fetch, pages, url, err);

  if (code != E_OK)
    return code;
  fetch->guess = true;
  pages->ahead[pages->ahead_count++] = fetch;
  return ask(fetch, err);
}

/* What was begun goes out now, so that the server works while fob does. */
static enum code send_off(struct pages *pages, struct err *err)
{
  struct sender_wait once = {.fd = -1, .until = 0};

  return sender_run(pages->link.sender, &once, err);
}

enum code pages_look_ahead(struct pages *pages, struct err *err)
{
  size_t before = pages->ahead_count;
  enum code code = E_OK;

  while (code == E_OK && !pages->blind && pages->ahead_count < pages->most) {
    AUTO(url) url = NULL;

    code = pager_foresee(pages->pager, pages->ahead_count, &url, err);
    if (code != E_OK || url == NULL)
      break;
    code = ask_ahead(pages, url, err);
  }
  return code == E_OK && pages->ahead_count > before ? send_off(pages, err)
                                                     : code;
}

enum code pages_ask_early(struct pages *pages, struct err *err)
{
  const struct request_options *o = pages->request->options;
  enum page_style style = pager_style(pages->pager);
  struct err ignored = ERR_INIT;
  size_t len;
  enum code code;

  if (pages->ahead_count > 0 || pages->most == 0 || pages->blind ||
      (style != PAGE_LINK && style != PAGE_NEXT && style != PAGE_CURSOR) ||
      !http_method_is_safe(pages->request->method) ||
      (o->max_pages > 0 && pages->done + 1 >= o->max_pages) ||
      pager_turn(pages->pager, 1, &ignored) != E_OK ||
      !pager_more(pages->pager) || pager_text(pages->pager, &len) != NULL)
    return E_OK;
  code = ask_ahead(pages, pager_url(pages->pager), err);
  return code == E_OK ? send_off(pages, err) : code;
}

#include "api/call_part.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "oauth/nonce.h"

/* --- the identity ----------------------------------------------------------
 */

enum code sender_new(struct sender **ret_sender,
                     const struct sender_options *options, struct err *err)
{
  AUTO(sender) sender = mem_zalloc(sizeof *sender);
  enum code code;

  if (sender == NULL)
    return err_nomem(err);
  sender->options = *options;
  sender->waiting_end = &sender->waiting;
  code = http_new(&sender->http, &options->http, err);
  if (code != E_OK)
    return code;
  *ret_sender = sender;
  sender = NULL;
  return E_OK;
}

void sender_free(struct sender *sender)
{
  if (sender == NULL)
    return;
  while (sender->sending != NULL)
    call_cancel(sender->sending);
  while (sender->waiting != NULL)
    call_cancel(sender->waiting);
  if (sender->dpop != NULL)
    nonce_keep(sender->options.session, sender->dpop, sender->options.url);
  session_token_clear(&sender->token);
  dpop_free(sender->dpop);
  http_free(sender->http);
  http_free(sender->anonymous);
  mem_free(sender);
}

/* --- the token -------------------------------------------------------------
 */

enum code sender_take(struct sender *sender, struct session_token *fresh,
                      struct err *err)
{
  struct session_token *token = &sender->token;
  bool same = secret_equal(token->dpop_key, fresh->dpop_key);
  enum code code;

  session_token_clear(token);
  *token = *fresh;
  *fresh = (struct session_token){0};
  sender->serial++;
  if (same)
    return E_OK;
  dpop_free(sender->dpop);
  sender->dpop = NULL;
  if (token->dpop_key == NULL)
    return E_OK;
  code = dpop_open(&sender->dpop, token->dpop_key, err);
  if (code == E_OK)
    nonce_recall(sender->options.session, sender->dpop, sender->options.url);
  return code;
}

/* RFC 8705 §3: a bound token goes out with its certificate, unless another one
 * was named for these requests. */
static enum code show_certificate(struct sender *sender, struct err *err)
{
  struct http_options *http = &sender->options.http;
  const struct profile *profile = sender->options.session->profile;

  if (sender->token.cert == NULL || http->client_cert != NULL)
    return E_OK;
  http->client_cert = profile->client.cert;
  http->client_key = profile->client.cert_key;
  http_free(sender->http);
  sender->http = NULL;
  return http_new(&sender->http, http, err);
}

static enum code fetch(struct sender *sender, const struct session_ask *ask,
                       struct err *err)
{
  AUTO_TOKEN struct session_token fresh = {0};
  enum code code = session_token(sender->options.session, ask, &fresh, err);

  return code == E_OK ? sender_take(sender, &fresh, err) : code;
}

enum code sender_reload(struct sender *sender, const struct url *url,
                        struct err *err)
{
  const struct session_ask ask = {.min_valid = -1, .url = url};

  return fetch(sender, &ask, err);
}

enum code sender_authorize(struct sender *sender, struct err *err)
{
  enum code code = sender_reload(sender, sender->options.url, err);

  return code == E_OK ? show_certificate(sender, err) : code;
}

enum code sender_renew(struct sender *sender, unsigned serial,
                       const struct url *url, struct err *err)
{
  const struct session_ask ask = {.min_valid = -1,
                                  .rejected = sender->token.token,
                                  .rejected_at = sender->token.issued_at,
                                  .url = url};
  enum code code;

  if (serial != sender->serial)
    return E_OK; /* another call has been here */
  if (serial == sender->refused) {
    *err = sender->refusal;
    return err->code;
  }
  code = fetch(sender, &ask, err);
  if (code != E_OK && code != E_SIGNAL && code != E_NOMEM) {
    sender->refused = serial;
    sender->refusal = *err;
  }
  return code;
}

/* --- the calls -------------------------------------------------------------
 */

void sender_unlink(struct call *call)
{
  struct sender *sender = call->sender;

  if (call->slot == NULL)
    return;
  if (sender->waiting_end == &call->next)
    sender->waiting_end = call->slot;
  *call->slot = call->next;
  if (call->next != NULL)
    call->next->slot = call->slot;
  call->next = NULL;
  call->slot = NULL;
}

void sender_queue(struct sender *sender, struct call *call, int64_t ms)
{
  sender_unlink(call);
  call->due = ms > 0 ? clock_mono_ms() + ms : 0;
  call->slot = sender->waiting_end;
  *call->slot = call;
  sender->waiting_end = &call->next;
}

static bool may_start(const struct sender *sender)
{
  return !sender->stop && sig_caught() == 0;
}

/* Starts what is due. *ret_next: when the next one is; -1: none waits. A call
 * that may not go yet is put behind the others, so only those that stood there
 * at the beginning are looked at. */
static void start_due(struct sender *sender, int64_t *ret_next)
{
  int64_t now = clock_mono_ms();
  struct call *call;

  while ((call = sender->waiting) != NULL && call->due <= now &&
         may_start(sender))
    call_try(call);
  /* Behind one that waits there may be others that need not. */
  for (call = sender->waiting; call != NULL && may_start(sender);) {
    struct call *next = call->next;

    if (call->due <= now) {
      call_try(call);
      next = sender->waiting; /* the list may be another now */
    }
    call = next;
  }
  *ret_next = -1;
  for (call = sender->waiting; call != NULL; call = call->next)
    if (*ret_next < 0 || call->due < *ret_next)
      *ret_next = call->due;
}

static int64_t earlier(int64_t a, int64_t b)
{
  return a < 0 || (b >= 0 && b < a) ? b : a;
}

enum code sender_run(struct sender *sender, struct sender_wait *wait,
                     struct err *err)
{
  wait->readable = false;
  sender->stop = false;
  for (;;) {
    struct http_wait drive = {.fd = wait->fd};
    int64_t next;
    enum code code;

    start_due(sender, &next);
    if (sender->stop || (sender->busy == 0 && wait->fd < 0))
      return E_OK;
    drive.until = earlier(next, wait->until);
    /* A server that is quick enough leaves http_drive() nothing to wait for. */
    code = sig_check(err);
    if (code == E_OK)
      code = http_drive(sender->http, sender->anonymous, &drive, err);
    wait->readable = drive.readable;
    if (code != E_OK || drive.readable)
      return code;
    if (wait->until >= 0 && clock_mono_ms() >= wait->until)
      return E_OK;
  }
}

void sender_stop(struct sender *sender)
{
  sender->stop = true;
}

size_t sender_busy(const struct sender *sender)
{
  return sender->busy;
}

/* --- one call alone ---------------------------------------------------------
 */

enum code sender_send(struct sender *sender, const struct call_request *request,
                      const struct call_sink *sink, struct err *err)
{
  struct sender_wait wait = {.fd = -1, .until = -1};
  struct call_alone alone = {.err = err};
  struct call *call = NULL;
  enum code code = sender_start(sender, request, sink, &call, err);

  if (code != E_OK)
    return code;
  call->alone = &alone;
  while (code == E_OK && !alone.over)
    code = sender_run(sender, &wait, err);
  if (!alone.over) {
    call_cancel(call);
    return code;
  }
  return alone.code;
}

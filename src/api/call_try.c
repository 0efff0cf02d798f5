/* One try: the request is put together with its credential, and goes its way
 * over redirects. */
#include "api/cached_part.h"
#include "api/call_part.h"

#include "base/codec.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

static void on_done(void *user, enum code code);

static void next_exchange(struct call *call)
{
  const struct http_request *request = NULL;
  struct http *http = NULL;
  enum code code =
      redirect_next(&call->way, &http, &request, &call->answer, &call->err);

  if (code == E_OK)
    code = http_begin(http, request, on_done, call, &call->answer, &call->err,
                      &call->transfer);
  if (code != E_OK)
    call_end(call, code);
}

static void tell_observer(struct call *call, enum code code)
{
  const struct sender *sender = call->sender;
  const struct redirect *way = &call->way;
  const struct call_exchange exchange = {
      .call = call,
      .method = way->request.method,
      .url = way->hops > 0 ? way->request.url : call->url,
      .answer = &call->answer,
      .code = code,
      .err = &call->err,
      .credential = call_has_credential(call) ? sender->token.token : NULL,
      .try = call->tries,
      .hop = way->hops,
      .waited_ms = call->waited - call->waited_told,
  };

  call->waited_told = call->waited;
  if (sender->options.observe != NULL)
    sender->options.observe(sender->options.observer, &exchange);
}

static void on_done(void *user, enum code code)
{
  struct call *call = user;
  bool again = false;

  call->transfer = NULL;
  if (call->cut)
    code = E_OK;
  tell_observer(call, code);
  code = redirect_took(&call->way, code, &call->answer, &again, &call->err);
  if (code == E_OK && again) {
    next_exchange(call);
    return;
  }
  call_heed(call);
  if (call->disposition == DROP) {
    AUTO_STR char *why = mem_printf("the answer is %d", call->answer.status);

    call_again(call, why != NULL ? why : "");
  } else if (code == E_OK) {
    call_settle(call);
  } else {
    call_broke(call, code);
  }
}

/* RFC 9449: each request and each redirect has a proof of its own. */
static enum code sign(void *user, const char *method, const struct url *url,
                      struct headers *headers, struct err *err)
{
  const struct call *call = user;
  const struct sender *sender = call->sender;

  return dpop_sign(sender->dpop, method, url, sender->token.token, headers,
                   err);
}

static enum code heed(void *user, const struct url *url,
                      const struct http_answer *answer, struct err *err)
{
  struct call *call = user;

  return dpop_heed(call->sender->dpop, url, &answer->headers,
                   &call->nonce_given, err);
}

/* The request's headers and the credential behind them. */
static enum code all_headers(struct call *call, struct err *err)
{
  const struct headers *own = call->request.headers;
  const struct session_token *token = &call->sender->token;
  enum code code = E_OK;

  for (size_t i = 0; own != NULL && code == E_OK && i < own->count; i++) {
    const struct header *header = &own->items[i];

    code = header->secret != NULL
               ? headers_add_secret(&call->headers, header->name,
                                    header->secret, err)
               : headers_add(&call->headers, header->name, header->value, err);
    if (code == E_OK)
      call->headers.items[call->headers.count - 1].portable = header->portable;
  }
  if (code == E_OK && call_has_credential(call) && token->header_name != NULL)
    code = headers_add_secret(&call->headers, token->header_name,
                              token->header_value, err);
  return code;
}

/* The URL with the token in its query, where the profile wants it there; else
 * *ret_url is left as it is. */
static enum code add_token(const struct call *call, struct url **ret_url,
                           struct err *err)
{
  const struct session_token *token = &call->sender->token;
  AUTO_BUF struct buf pair = BUF_INIT(BUF_URL);
  enum code code;

  if (!call_has_credential(call) || token->query_name == NULL)
    return E_OK;
  codec_form_pair(&pair, token->query_name, secret_reveal(token->token));
  code = buf_check(&pair, err);
  return code == E_OK ? url_with_query(ret_url, call->url, buf_text(&pair), err)
                      : code;
}

static enum code prepare(struct call *call, struct err *err)
{
  const struct call_request *r = &call->request;
  struct sender *sender = call->sender;
  struct redirect_plan plan = {.http = sender->http,
                               .anonymous = &sender->anonymous,
                               .options = &sender->options.http};
  AUTO(url) with_token = NULL;
  struct http_request http = {
      .method = r->method,
      .headers = &call->headers,
      .sink = {.head = call_on_head, .body = call_on_body, .user = call},
      .repeatable = r->repeatable,
      .raw = r->raw,
      .bulk = r->bulk,
      .no_body = strcmp(r->method, "HEAD") == 0,
  };
  enum code code = all_headers(call, err);

  if (code == E_OK && call->resuming)
    code = range_ask(&call->range, &call->headers, err);
  if (code == E_OK)
    code = add_token(call, &with_token, err);
  if (code == E_OK && r->body != NULL) {
    body_source(r->body, &http.body);
    if (http.body.rewind != NULL)
      code = http.body.rewind(http.body.user, err);
  }
  if (code != E_OK)
    return code;
  http.url = with_token != NULL ? with_token : call->url;
  if (call->sink.progress != NULL)
    http.progress = (struct http_progress){call_on_progress, call};
  if (sender->dpop != NULL && call_has_credential(call))
    plan.signer =
        (struct redirect_signer){.sign = sign, .heed = heed, .user = call};
  return redirect_begin(&call->way, &plan, &http, err);
}

/* DPoP's header is made here. */
static enum code check_headers(const struct call *call, struct err *err)
{
  const struct headers *own = call->request.headers;

  if (call->sender->dpop == NULL || !call_has_credential(call) || own == NULL)
    return E_OK;
  for (size_t i = 0; i < own->count; i++)
    if (strcasecmp(own->items[i].name, "DPoP") == 0)
      return err_set(err, E_USAGE,
                     "the header DPoP is made for each request, and not taken");
  return E_OK;
}

static void to_sending(struct call *call)
{
  struct sender *sender = call->sender;

  sender_unlink(call);
  call->next = sender->sending;
  if (call->next != NULL)
    call->next->slot = &call->next;
  call->slot = &sender->sending;
  sender->sending = call;
}

void call_try(struct call *call)
{
  struct sender *sender = call->sender;
  int64_t wait_ms = 0;
  bool told = false;
  enum code code = E_OK;

  if (cached_serve(call))
    return;
  if (sender->options.rate != NULL)
    code = rate_ask(sender->options.rate, &call->ticket, call->url->path,
                    &wait_ms, &told, &call->err);
  if (code == E_OK && wait_ms > 0) {
    call->why = told ? "the server's rate is used up" : "";
    call_wait(call, wait_ms);
    return;
  }
  if (code == E_SIGNAL) {
    /* Nothing was done: whoever runs the sender decides. */
    err_clear(&call->err);
    sender_queue(sender, call, 0);
    return;
  }
  if (code != E_OK) {
    call_clear_try(call);
    call_end(call, code);
    return;
  }
  to_sending(call);
  call_clear_try(call);
  err_clear(&call->err);
  call->nonce_given = false;
  call->tries++;
  call->serial = sender->serial;
  code = check_headers(call, &call->err);
  if (code == E_OK)
    code = prepare(call, &call->err);
  if (code == E_OK)
    next_exchange(call);
  else
    call_end(call, code);
}

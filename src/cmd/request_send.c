/* Sending: the credential is fetched, put where the profile wants it, and
 * after a 401 fetched once more where that can help. */
#include "cmd/request.h"

#include "api/step_up.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/login.h"
#include "http/redirect.h"
#include "oauth/nonce.h"

#include <string.h>
#include <strings.h>

/* One command's exchange, and what is kept over its attempts. */
struct sending {
  struct ctx *ctx;
  struct request *request;
  struct http *http;
  struct http_options http_options;
  struct session session;
  struct session_token token; /* .token NULL: sent without */
  struct dpop *dpop;          /* the key that it is bound to; NULL: none */
  bool nonce_given;           /* the last answer had one */
  struct output *output;
  struct redirect_plan plan;
  struct http_answer answer;
};

static void sending_clear(struct sending *sending)
{
  redirect_clear(&sending->plan);
  http_answer_clear(&sending->answer);
  http_free(sending->http);
  session_token_clear(&sending->token);
  dpop_free(sending->dpop);
  output_free(sending->output);
}
#define AUTO_SENDING __attribute__((cleanup(sending_clear)))

static bool body_repeats(const struct request *request)
{
  return request->body == NULL || body_can_repeat(request->body);
}

static int64_t milliseconds(int64_t seconds)
{
  return seconds > 0 ? seconds * 1000 : 0;
}

static enum code open_http(struct ctx *ctx, struct sending *sending,
                           struct err *err)
{
  const struct request_options *o = sending->request->options;
  struct http_options *http = &sending->http_options;
  enum code code =
      ctx_http_options(ctx, sending->request->selection.profile, http, err);

  if (code != E_OK)
    return code;
  if (o->max_time >= 0)
    http->total_timeout_ms = milliseconds(o->max_time);
  http->stall_timeout_ms = milliseconds(o->stall_timeout);
  http->client_cert = o->cert;
  http->client_key = o->key;
  http->unix_socket = o->unix_socket;
  return http_new(&sending->http, http, err);
}

/* --- one attempt -----------------------------------------------------------
 */

/* The request's headers and the credential behind them. */
static enum code all_headers(const struct sending *sending,
                             struct headers *ret_headers, struct err *err)
{
  const struct headers *own = &sending->request->headers;
  const struct session_token *token = &sending->token;
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < own->count; i++) {
    const struct header *header = &own->items[i];

    code =
        header->secret != NULL
            ? headers_add_secret(ret_headers, header->name, header->secret, err)
            : headers_add(ret_headers, header->name, header->value, err);
  }
  if (code == E_OK && token->header_name != NULL)
    code = headers_add_secret(ret_headers, token->header_name,
                              token->header_value, err);
  return code;
}

/* With the token in the query, where the profile wants it there. */
static enum code full_url(const struct sending *sending, struct url **ret_url,
                          struct err *err)
{
  const struct session_token *token = &sending->token;
  AUTO_BUF struct buf pair = BUF_INIT(BUF_URL);
  enum code code;

  if (token->query_name == NULL)
    return url_copy(ret_url, sending->request->url, err);
  codec_form_pair(&pair, token->query_name, secret_reveal(token->token));
  code = buf_check(&pair, err);
  return code == E_OK ? url_with_query(ret_url, sending->request->url,
                                       buf_text(&pair), err)
                      : code;
}

/* RFC 9449: each request and each redirect has a proof of its own. */
static enum code sign(void *user, const char *method, const struct url *url,
                      struct headers *headers, struct err *err)
{
  struct sending *sending = user;

  return dpop_sign(sending->dpop, method, url, sending->token.token, headers,
                   err);
}

static enum code heed(void *user, const struct url *url,
                      const struct http_answer *answer, struct err *err)
{
  struct sending *sending = user;

  return dpop_heed(sending->dpop, url, &answer->headers, &sending->nonce_given,
                   err);
}

static enum code attempt(struct sending *sending, bool may_retry,
                         struct err *err)
{
  struct request *request = sending->request;
  AUTO_HEADERS struct headers headers = {0};
  AUTO(url) url = NULL;
  struct http_request http = {
      .method = request->method,
      .headers = &headers,
      .sink = {.head = output_head,
               .body = output_body,
               .user = sending->output},
      .progress = {.report = output_progress, .user = sending->output},
      .raw = request->options->raw,
      .bulk = output_is_bulk(sending->output),
      .no_body = strcmp(request->method, "HEAD") == 0,
  };
  enum code code;

  headers_init(&headers);
  code = all_headers(sending, &headers, err);
  if (code == E_OK)
    code = full_url(sending, &url, err);
  if (code != E_OK)
    return code;
  http.url = url;
  if (request->body != NULL) {
    body_source(request->body, &http.body);
    if (http.body.rewind != NULL)
      code = http.body.rewind(http.body.user, err);
    if (code != E_OK)
      return code;
  }
  redirect_clear(&sending->plan);
  http_answer_clear(&sending->answer);
  sending->plan = (struct redirect_plan){.http = sending->http,
                                         .options = &sending->http_options};
  if (sending->dpop != NULL)
    sending->plan.signer =
        (struct redirect_signer){.sign = sign, .heed = heed, .user = sending};
  output_start(sending->output, may_retry);
  code = redirect_send(&sending->plan, &http, &sending->answer, err);
  if (code != E_OK)
    output_abort(sending->output);
  /* CONTRACT §3: a part of an answer is 10, none at all 6. */
  if (code == E_CUT && sending->answer.status != 0)
    code = err->code = E_INCOMPLETE;
  return code;
}

/* --- what comes of it ------------------------------------------------------
 */

static bool is_conditional(const struct headers *headers)
{
  for (size_t i = 0; i < headers->count; i++) {
    if (strncasecmp(headers->items[i].name, "If-", 3) == 0)
      return true;
  }
  return false;
}

/* The address that answered; the request's own unless it was redirected, since
 * what was sent may have the token in its query. */
static const char *shown_url(const struct sending *sending)
{
  const struct redirect_plan *plan = &sending->plan;

  return plan->hops > 0 && plan->final_url != NULL
             ? plan->final_url->text
             : sending->request->url->text;
}

static void fill_verdict(const struct sending *sending, struct verdict *verdict)
{
  const struct request *request = sending->request;
  const struct profile *profile = request->selection.profile;

  *verdict = (struct verdict){
      .status = sending->answer.status,
      .method = request->method,
      .url = shown_url(sending),
      .reason = sending->answer.reason,
      .headers = &sending->answer.headers,
      .ok = request->with_ok ? &request->ok : NULL,
      .profile = profile != NULL ? profile->name : NULL,
      .no_auth = request->options->no_auth,
      .left_origin = sending->plan.left_origin,
      .conditional = is_conditional(&request->headers),
      .credential_is_env = request->selection.env != NULL,
      .now = clock_wall(),
  };
}

static enum code conclude(struct sending *sending, struct err *err)
{
  AUTO_STR char *message = NULL;
  struct verdict verdict;
  bool refused = false;
  enum code code = output_end(sending->output, &refused, &message, err);

  if (code != E_OK)
    return code;
  fill_verdict(sending, &verdict);
  code = verdict_give(&verdict, err);
  if (code == E_OK && refused)
    code = err_set(err, E_API, "%s %s: the answer is %d, and a refusal",
                   verdict.method, verdict.url, verdict.status);
  if (code != E_OK && message != NULL) {
    struct err full = *err;

    (void)err_set(&full, code, "%s: \"%s\"", err->message, message);
    memcpy(err->message, full.message, sizeof err->message);
  }
  return code;
}

/* 401 or 403, and not one that --ok takes. */
static bool is_refusal(const struct sending *sending)
{
  const struct request *request = sending->request;
  struct verdict verdict = {.status = sending->answer.status,
                            .ok = request->with_ok ? &request->ok : NULL};

  return (verdict.status == 401 || verdict.status == 403) &&
         !verdict_is_ok(&verdict);
}

/* The 401 stands: its body is shown, and err says why there is no other
 * token. */
static enum code give_up(struct sending *sending, struct err *err)
{
  AUTO_STR char *message = NULL;
  struct err ignored = ERR_INIT;
  bool refused = false;
  enum code code = err->code;

  IGNORE(output_end(sending->output, &refused, &message, &ignored));
  err_prefix(err, "%s %s: ", sending->request->method, shown_url(sending));
  return code;
}

/* Takes what fresh holds. A key that stays keeps its nonces. */
static enum code take_token(struct sending *sending,
                            struct session_token *fresh, struct err *err)
{
  struct session_token *token = &sending->token;
  bool same = secret_equal(token->dpop_key, fresh->dpop_key);

  session_token_clear(token);
  *token = *fresh;
  *fresh = (struct session_token){0};
  if (same)
    return E_OK;
  dpop_free(sending->dpop);
  sending->dpop = NULL;
  if (token->dpop_key == NULL)
    return E_OK;
  if (request_has_header(&sending->request->headers, "DPoP"))
    return err_set(err, E_USAGE,
                   "the header DPoP is made for each request, and not taken");
  enum code code = dpop_open(&sending->dpop, token->dpop_key, err);
  if (code == E_OK)
    nonce_recall(&sending->session, sending->dpop, sending->request->url);
  return code;
}

/* CONTRACT §2, "On 401". */
static enum code after_401(struct sending *sending, struct err *err)
{
  AUTO_TOKEN struct session_token fresh = {0};
  struct session_ask ask = {.min_valid = -1,
                            .rejected = sending->token.token,
                            .rejected_at = sending->token.issued_at,
                            .url = sending->request->url};
  enum code code = session_token(&sending->session, &ask, &fresh, err);

  if (code != E_OK)
    return give_up(sending, err);
  output_drop(sending->output);
  code = take_token(sending, &fresh, err);
  if (code == E_OK)
    code = attempt(sending, false, err);
  return code == E_OK ? conclude(sending, err) : code;
}

static enum code send(struct sending *sending, bool may_retry, struct err *err);

/* Another token of the same kind would be refused again: the person logs in as
 * the API demands, where somebody is there and wants to. At most once, so that
 * an API that is never content ends after two requests. */
static enum code after_demand(struct sending *sending,
                              const struct step_up *demand, struct err *err)
{
  const struct profile *profile = sending->request->selection.profile;
  AUTO_TOKEN struct session_token fresh = {0};
  struct session_ask ask = {.min_valid = -1, .url = sending->request->url};
  struct err failed = ERR_INIT;
  bool wanted = false;
  enum code code = request_offer_login(sending->request, demand, &wanted, err);

  if (code != E_OK)
    return code;
  if (!wanted)
    return conclude(sending, err);
  code = login_to_profile(sending->ctx, profile, demand, &failed);
  if (code == E_OK)
    code = session_token(&sending->session, &ask, &fresh, &failed);
  if (code == E_OK)
    code = take_token(sending, &fresh, &failed);
  if (code == E_SIGNAL) {
    *err = failed;
    return code;
  }
  if (code != E_OK) {
    log_warn("%s", failed.message);
    return conclude(sending, err);
  }
  output_drop(sending->output);
  return send(sending, false, err);
}

/* What becomes of an answer. may_retry: another token might change it. */
static enum code settle(struct sending *sending, bool may_retry,
                        struct err *err)
{
  AUTO_STEP_UP struct step_up demand = {.max_age = -1};
  int status = sending->answer.status;
  enum code code;

  if (!may_retry || !is_refusal(sending) || sending->plan.left_origin)
    return conclude(sending, err);
  code = step_up_read(&demand, status, &sending->answer.headers, err);
  if (code != E_OK)
    return code;
  if (demand.kind != STEP_UP_NONE)
    return after_demand(sending, &demand, err);
  return status == 401 ? after_401(sending, err) : conclude(sending, err);
}

/* RFC 9449 §9: refused for want of the nonce that came with the refusal. */
static enum code after_nonce(struct sending *sending, bool may_retry,
                             struct err *err)
{
  const struct request *request = sending->request;
  bool again = false;
  enum code code;

  if (!sending->nonce_given) {
    (void)dpop_no_nonce(sending->plan.final_url, err);
    return give_up(sending, err);
  }
  if (!body_repeats(request)) {
    (void)err_set(err, E_UNAUTHORIZED,
                  "a DPoP nonce is demanded, which is known only now, and the "
                  "body can be read only once");
    err_hint(err, "--input FILE   can be sent again");
    return give_up(sending, err);
  }
  log_line(LOG_VERBOSE, "a DPoP nonce is demanded: sent once more with it");
  output_drop(sending->output);
  code = attempt(sending, may_retry, err);
  if (code == E_OK)
    code = dpop_refused_by_api(&sending->answer, &again, err);
  if (code != E_OK)
    return code;
  if (again) {
    (void)err_set(err, E_ANSWER,
                  "another DPoP nonce is demanded than the one that was given");
    return give_up(sending, err);
  }
  return settle(sending, may_retry, err);
}

static enum code send(struct sending *sending, bool may_retry, struct err *err)
{
  bool may_repeat = sending->dpop != NULL && body_repeats(sending->request);
  bool nonce = false;
  enum code code = attempt(sending, may_retry || may_repeat, err);

  if (code == E_OK && sending->dpop != NULL && !sending->plan.left_origin)
    code = dpop_refused_by_api(&sending->answer, &nonce, err);
  if (code != E_OK)
    return code;
  if (nonce)
    return after_nonce(sending, may_retry, err);
  return settle(sending, may_retry, err);
}

/* RFC 8705 §3: a bound token goes out with its certificate, unless another one
 * was named for this request. */
static enum code show_certificate(struct sending *sending, struct err *err)
{
  const struct profile *profile = sending->request->selection.profile;

  if (sending->token.cert == NULL || sending->http_options.client_cert != NULL)
    return E_OK;
  sending->http_options.client_cert = profile->client.cert;
  sending->http_options.client_key = profile->client.cert_key;
  http_free(sending->http);
  sending->http = NULL;
  return http_new(&sending->http, &sending->http_options, err);
}

static enum code find_token(struct ctx *ctx, struct sending *sending,
                            struct err *err)
{
  const struct request *request = sending->request;
  const struct session_ask ask = {.min_valid = -1, .url = request->url};
  AUTO_TOKEN struct session_token token = {0};
  enum code code = ctx_session(ctx, request->selection.profile,
                               request->selection.env, &sending->session, err);

  if (code == E_OK)
    code = session_token(&sending->session, &ask, &token, err);
  if (code == E_OK)
    code = take_token(sending, &token, err);
  return code == E_OK ? show_certificate(sending, err) : code;
}

enum code request_send(struct ctx *ctx, struct request *request,
                       struct err *err)
{
  AUTO_SENDING struct sending sending = {.ctx = ctx, .request = request};
  bool with_credential = request_adds_credential(request);
  enum code code = open_http(ctx, &sending, err);

  if (code == E_OK)
    code = output_new(&sending.output, request, err);
  if (code == E_OK && with_credential)
    code = find_token(ctx, &sending, err);
  if (code != E_OK)
    return code;
  code = send(&sending, with_credential && body_repeats(request), err);
  if (sending.dpop != NULL)
    nonce_keep(&sending.session, sending.dpop, request->url);
  return code;
}

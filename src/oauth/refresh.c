/* Read it from below: transact() is the design's paragraph. */
#include "oauth/refresh.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"
#include "oauth/api_base.h"
#include "oauth/client.h"
#include "oauth/client_grant.h"
#include "oauth/failure.h"
#include "oauth/form.h"
#include "oauth/idtoken.h"
#include "oauth/token.h"
#include "oauth/validity.h"

#include <string.h>

/* One refresh under way. */
struct work {
  const struct refresh_ask *ask;
  const struct profile *profile;
  struct record *record;  /* as read under the lock */
  int64_t interrupted_at; /* a refresh before ours whose end nobody knows */
  struct http *http;
  struct client client;
  struct buf form;
  struct token_answer answer;
  bool sent;
  bool newer; /* invalid_grant, and the store holds another login by now */
};

static void work_clear(struct work *w)
{
  record_free(w->record);
  client_clear(&w->client);
  http_free(w->http);
  buf_clear(&w->form);
  token_answer_clear(&w->answer);
}
#define AUTO_WORK __attribute__((cleanup(work_clear)))

static const struct record_access *held(const struct work *w)
{
  return record_find(w->record, w->ask->key);
}

static enum code wrap(const struct work *w, enum code code, struct err *err)
{
  err_prefix(err, "cannot refresh '%s': ", w->profile->name);
  return code;
}

static void hint_login(const struct work *w, struct err *err)
{
  const char *grant = w->record ? w->record->grant : NULL;

  err_hint(err, "fob login -p %s%s", w->profile->name,
           grant && strcmp(grant, "token_exchange") == 0 ? " --exchange FILE"
                                                         : "");
}

/* --- read again -------------------------------------------------------- */

static enum code read_again(struct work *w, struct err *err)
{
  bool whole;
  enum code code;

  record_free(w->record);
  w->record = NULL;
  code = store_get(w->ask->store, w->profile->name, &w->record, err);
  if (code == E_NO_CREDENTIAL) {
    (void)err_set(err, code, "not logged in to '%s' any more",
                  w->profile->name);
    hint_login(w, err);
  }
  if (code == E_OK)
    code = session_check_target(w->profile, w->record, w->ask->ask->url, &whole,
                                err);
  if (code != E_OK)
    return code;
  w->interrupted_at = w->record->pending_at;
  if (w->interrupted_at != 0)
    log_line(LOG_VERBOSE,
             "an earlier refresh of '%s' ended before its answer was stored",
             w->profile->name);
  return E_OK;
}

/* Another process had the lock before and has done the work. A forced refresh
 * is content with that too: the token is newer than the wish. */
static bool sibling_renewed(const struct work *w)
{
  struct session_ask ask = *w->ask->ask;

  if (w->record->generation != w->ask->seen)
    ask.force_refresh = false;
  return validity_decide(held(w), &ask, clock_wall()) == VALIDITY_USE;
}

/* --- may we? ----------------------------------------------------------- */

/* A refusal that is noted in the record, in the words of when it came. */
static enum code rejected(const struct work *w, bool before, struct err *err)
{
  const struct record *record = w->record;
  AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf lost = BUF_INIT(BUF_LINE);
  AUTO_STR char *host = NULL;
  const struct failure failure = {.error = record->refresh_refused_error
                                               ? record->refresh_refused_error
                                               : "invalid_grant",
                                  .description = record->refresh_refused_text};
  struct err said = ERR_INIT;
  enum code code = failure_host(&host, record->bound.token_endpoint, err);

  if (code != E_OK)
    return code;
  (void)failure_set(&said, E_REFRESH_REJECTED, host, &failure);
  if (before) {
    buf_puts(&when, ", since ");
    clock_local(&when, record->refresh_refused_at, clock_wall());
  }
  (void)err_set(err, E_REFRESH_REJECTED, "%s%s; nothing more is sent",
                said.message, buf_text(&when));
  if (err)
    memcpy(err->oauth_error, said.oauth_error, sizeof(err->oauth_error));
  if (record->pending_at != 0) {
    clock_local(&lost, record->pending_at, clock_wall());
    err_hint(err,
             "a refresh at %s ended before its answer was stored and has "
             "probably used the token up",
             buf_text(&lost));
  }
  hint_login(w, err);
  return wrap(w, E_REFRESH_REJECTED, err);
}

static enum code may_renew(const struct work *w, struct err *err)
{
  const struct record *record = w->record;

  if (w->ask->ask->rejected && !record_by_client(record) &&
      !record->refresh_token) {
    (void)err_set(err, E_UNAUTHORIZED,
                  "the token of '%s' was answered with 401, and the login "
                  "cannot be renewed",
                  w->profile->name);
    hint_login(w, err);
    return E_UNAUTHORIZED;
  }
  if (record->refresh_refused_at != 0)
    return rejected(w, true, err);
  if (!record->bound.token_endpoint ||
      (!record_by_client(record) && !record->refresh_token)) {
    (void)err_set(err, E_NO_CREDENTIAL,
                  "the login of '%s' has ended: its token has expired and the "
                  "server gave none to renew it with",
                  w->profile->name);
    hint_login(w, err);
    return E_NO_CREDENTIAL;
  }
  return E_OK;
}

/* --- all that can fail without the server ------------------------------ */

/* The client's own grant needs no refresh token: it is asked for again. */
static enum code own_form(struct work *w, struct err *err)
{
  const struct session_ask *ask = w->ask->ask;
  const struct client_grant grant = {
      .jwt_bearer = strcmp(w->record->grant, "jwt_bearer") == 0,
      .scope = ask->scope,
      .resource = ask->resource,
      .audience = ask->audience};

  return client_grant_form(&w->form, &w->client, &grant, err);
}

static enum code refresh_form(struct work *w, struct err *err)
{
  const struct profile *profile = w->profile;
  const struct session_ask *ask = w->ask->ask;
  enum code code;

  token_parameter(&w->form, profile, "grant_type", "refresh_token");
  token_parameter(&w->form, profile, "refresh_token",
                  secret_reveal(w->record->refresh_token));
  code = token_scope(&w->form, profile, ask->scope, err);
  if (code != E_OK)
    return code;
  token_each(&w->form, profile, "resource",
             ask->resource ? ask->resource : &profile->resource);
  token_each(&w->form, profile, "audience", ask->audience);
  return form_add_members(&w->form, profile->params_refresh, &w->form, err);
}

static enum code prepare(struct work *w, struct err *err)
{
  struct http_options options = w->ask->session->http_options;
  enum code code;

  /* These are for the API: its socket is not the issuer's, and the issuer has
   * no business with its certificate. */
  options.unix_socket = NULL;
  options.client_cert = NULL;
  options.client_key = NULL;
  options.total_timeout_ms = 0;
  client_clear(&w->client);
  http_free(w->http);
  w->http = NULL;
  buf_clear(&w->form);
  buf_init(&w->form, BUF_DOCUMENT);

  code = http_new(&w->http, &options, err);
  if (code == E_OK)
    code = client_open(&w->client, w->profile, w->http, w->record, err);
  if (code == E_OK)
    code =
        record_by_client(w->record) ? own_form(w, err) : refresh_form(w, err);
  if (code == E_OK)
    code = sig_check(err);
  return code;
}

/* Proves that the store can be written, and leaves a trace for the next. */
static enum code mark(struct work *w, struct err *err)
{
  enum code code;

  w->record->pending_at = clock_wall();
  code = store_put(w->ask->store, w->profile->name, w->record, err);
  if (code != E_OK)
    err_prefix(err,
               "cannot refresh '%s', nothing was sent: ", w->profile->name);
  return code;
}

/* --- the answer -------------------------------------------------------- */

/* The claims of a refreshed ID token are checked, its signature is not: it came
 * from the token endpoint itself (Core §3.1.3.7, 6), and fetching keys here
 * would hold up the storing of a refresh token that exists nowhere else. It is
 * not kept either. */
static enum code no_keys(void *user, bool again, json_t **ret_jwks,
                         struct err *err)
{
  (void)again;
  (void)ret_jwks;
  *(bool *)user = true;
  return err_set(err, E_NOT_FOUND, "no keys are asked for here");
}

static enum code check_id_token(const struct work *w, struct err *err)
{
  const struct record *record = w->record;
  AUTO(idtoken) token = NULL;
  bool sound = false;
  struct idtoken_check check = {
      .issuer = record->bound.issuer,
      .client_id = record->bound.client_id,
      .access_token = secret_reveal(w->answer.access_token),
      .now = clock_wall(),
      .refreshed = true,
      .previous = record->id_token ? secret_reveal(record->id_token) : NULL,
      .keys = no_keys,
      .user = &sound};
  enum code code;

  if (!w->answer.id_token || !record->id_token || !record->bound.issuer)
    return E_OK;
  code = idtoken_verify(&token, secret_reveal(w->answer.id_token), &check, err);
  if (!sound)
    return code;
  err_clear(err);
  return E_OK;
}

static enum code renew_record(struct record *record, const struct work *w,
                              struct err *err)
{
  const struct token_answer *answer = &w->answer;
  const struct record_access access = {.key = (char *)w->ask->key,
                                       .token = answer->access_token,
                                       .token_type = answer->token_type,
                                       .scope = answer->scope,
                                       .issued_at = answer->issued_at,
                                       .expires_at = answer->expires_at};
  enum code code = record_keep(record, &access, err);

  api_base_compare(record, w->profile, answer->api_base);
  if (code == E_OK && answer->scope && !*w->ask->key)
    code = record_set_text(&record->scope_granted, answer->scope, err);
  if (code == E_OK && answer->authorization_details && !*w->ask->key)
    code = record_set_text(&record->authorization_details,
                           answer->authorization_details, err);
  if (code == E_OK && answer->refresh_token) {
    struct secret *copy = NULL;

    code = secret_copy(&copy, answer->refresh_token, err);
    if (code != E_OK)
      return code;
    secret_free(record->refresh_token);
    record->refresh_token = copy;
    record->refresh_expires_at = answer->refresh_expires_at;
  }
  if (answer->refresh_expires_at != CLOCK_NEVER)
    record->refresh_expires_at = answer->refresh_expires_at;
  record->generation++;
  record->pending_at = 0;
  return code;
}

/* Once more on failure: what is in memory may be the only refresh token there
 * is. */
static enum code put_twice(const struct work *w, const struct record *record,
                           struct err *err)
{
  enum code code = store_put(w->ask->store, w->profile->name, record, err);

  if (code == E_OK)
    return E_OK;
  err_clear(err);
  code = store_put(w->ask->store, w->profile->name, record, err);
  if (code == E_OK)
    return E_OK;
  err_prefix(err,
             "the new token of '%s' could not be stored: ", w->profile->name);
  if (w->answer.refresh_token)
    hint_login(w, err);
  return code;
}

static enum code keep(struct work *w, struct err *err)
{
  AUTO(record) renewed = NULL;
  enum code code = check_id_token(w, err);

  if (code != E_OK)
    return wrap(w, code, err);
  code = record_copy(&renewed, w->record, err);
  if (code == E_OK)
    code = renew_record(renewed, w, err);
  if (code == E_OK)
    code = put_twice(w, renewed, err);
  if (code != E_OK)
    return code;
  record_free(w->record);
  w->record = renewed;
  renewed = NULL;
  return E_OK;
}

/* --- no answer, or a bad one ------------------------------------------- */

/* Nothing of the refresh token was used: not sent at all, or refused in words
 * or by a 3xx or 4xx. */
static bool server_did_nothing(const struct work *w, enum code code)
{
  const struct token_answer *answer = &w->answer;

  return !answer->sent || code == E_OAUTH || code == E_RATE ||
         (answer->status >= 300 && answer->status < 500);
}

/* The mark of before comes back. When even that cannot be written, the next
 * process sees ours: an explanation too many, no harm. */
static void unmark(struct work *w)
{
  struct err unheard = ERR_INIT;

  w->record->pending_at = w->interrupted_at;
  if (store_put(w->ask->store, w->profile->name, w->record, &unheard) != E_OK)
    log_line(LOG_VERBOSE, "the mark of a refresh stays: %s", unheard.message);
}

static bool is_same_login(const struct record *a, const struct record *b)
{
  return a->generation == b->generation &&
         secret_equal(a->refresh_token, b->refresh_token);
}

/* RFC 6749 §5.2: the refresh token is worth nothing, if it still is the one. */
static enum code on_invalid_grant(struct work *w, struct err *err)
{
  AUTO(record) now = NULL;
  AUTO_STR char *error = NULL;
  AUTO_STR char *text = NULL;
  struct err unheard = ERR_INIT;
  enum code code;

  if (store_get(w->ask->store, w->profile->name, &now, &unheard) == E_OK &&
      !is_same_login(now, w->record)) {
    w->newer = true;
    return E_OAUTH;
  }
  w->record->refresh_refused_at = clock_wall();
  w->record->pending_at = w->interrupted_at;
  code = failure_text(&error, w->answer.error, err);
  if (code == E_OK)
    code = failure_text(&text, w->answer.error_description, err);
  if (code == E_OK)
    code = record_set_text(&w->record->refresh_refused_error, error, err);
  if (code == E_OK)
    code = record_set_text(&w->record->refresh_refused_text, text, err);
  if (code != E_OK)
    return code;
  if (store_put(w->ask->store, w->profile->name, w->record, &unheard) != E_OK)
    log_warn("the refusal could not be noted: %s", unheard.message);
  return rejected(w, false, err);
}

static enum code after_failure(struct work *w, enum code code, struct err *err)
{
  const char *error = code == E_OAUTH ? w->answer.error : NULL;

  if (error && !record_by_client(w->record) &&
      strcmp(error, "invalid_grant") == 0)
    return on_invalid_grant(w, err);
  if (server_did_nothing(w, code))
    unmark(w);
  else
    err_hint(err, "the stored login is kept; run the command again");
  return wrap(w, code, err);
}

/* --- the transaction --------------------------------------------------- */

static enum code send_and_store(struct work *w, struct err *err)
{
  enum code code;

  w->sent = true;
  w->answer.refreshing = true;
  code = token_send(&w->answer, &w->client, w->record->bound.token_endpoint,
                    &w->form, err);
  return code == E_OK ? keep(w, err) : after_failure(w, code, err);
}

static enum code transact(struct work *w, struct err *err)
{
  AUTO(lock) lock = NULL;
  enum code code = store_lock(w->ask->store, w->profile->name, &lock, err);

  if (code == E_OK)
    code = read_again(w, err);
  if (code != E_OK || sibling_renewed(w))
    return code;
  code = may_renew(w, err);
  if (code == E_OK)
    code = prepare(w, err);
  if (code == E_OK)
    code = mark(w, err);
  if (code != E_OK)
    return code;
  sig_hold();
  code = send_and_store(w, err);
  sig_release();
  return code;
}

enum code refresh_run(const struct refresh_ask *ask, struct record **ret_record,
                      bool *ret_sent, struct err *err)
{
  AUTO_WORK struct work w = {.ask = ask,
                             .profile = ask->session->profile,
                             .form = BUF_INIT(BUF_DOCUMENT)};
  enum code code = transact(&w, err);

  /* A newer login lay in the store: its token, or its refresh token, once. */
  if (w.newer) {
    w.newer = w.sent = false;
    err_clear(err);
    code = transact(&w, err);
    if (w.newer)
      code = err_set(err, E_OAUTH,
                     "the login of '%s' changes while it is refreshed",
                     w.profile->name);
  }
  if (code != E_OK)
    return code;
  *ret_record = w.record;
  w.record = NULL;
  *ret_sent = w.sent;
  return E_OK;
}

/* Device authorization (RFC 8628): a code is asked for, shown, and then the
 * token endpoint is asked until the person is done.
 *
 * Waiting goes on through what may pass (no network, a 5xx, a 429), since the
 * person may be at it meanwhile; what remains of that when the code expires is
 * what went wrong, and not the person. */
#include "oauth/login_ways.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "oauth/authorize.h"
#include "oauth/details.h"
#include "oauth/device.h"
#include "oauth/failure.h"
#include "oauth/form.h"
#include "oauth/grant.h"
#include "oauth/token.h"

#include <string.h>

static const char device_grant[] =
    "urn:ietf:params:oauth:grant-type:device_code";

/* --- asking for a code (§3.1) ------------------------------------------ */

static bool offered(const struct metadata *metadata)
{
  static const char list[] = "grant_types_supported";

  return metadata->device_authorization_endpoint &&
         (!metadata_states(metadata, list) ||
          metadata_lists(metadata, list, device_grant));
}

static enum code ask_form(struct buf *form, const struct profile *profile,
                          const char *scope, struct err *err)
{
  enum code code = token_scope(form, profile, scope, err);

  if (code != E_OK)
    return code;
  token_each(form, profile, "resource", &profile->resource);
  token_each(form, profile, "audience", &profile->audience);
  if (!text_list_has(&profile->token_request.omit, "authorization_details"))
    code = details_add(form, profile, err);
  if (code != E_OK)
    return code;
  return form_add_members(form, profile->params_device, form, err);
}

/* *ret_start_ms: when the answer's times began to run. */
static enum code ask(struct device_answer *answer, int64_t *ret_start_ms,
                     const struct client *client, const char *endpoint,
                     const char *scope, struct err *err)
{
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf reply = BUF_INIT(BUF_DOCUMENT);
  AUTO_ANSWER struct http_answer http_answer = {0};
  AUTO_STR char *who = NULL;
  const struct client_call call = {.endpoint = endpoint,
                                   .what = "the device authorization endpoint",
                                   .form = &form};
  enum code code = failure_host(&who, endpoint, err);

  if (code == E_OK)
    code = ask_form(&form, client->profile, scope, err);
  if (code == E_OK)
    code = client_post(client, &call, &http_answer, &reply, err);
  *ret_start_ms = clock_mono_ms();
  if (code != E_OK)
    return code;
  code = device_answer_read(answer, client->profile, who, http_answer.status,
                            headers_get(&http_answer.headers, "Content-Type"),
                            buf_text(&reply), reply.len, err);
  if (code == E_RATE)
    failure_hint_wait(&http_answer.headers, err);
  return code;
}

/* --- waiting for the person (§3.4, §3.5) ------------------------------- */

struct polling {
  const struct login_request *request;
  const struct client *client;
  const struct buf *form;
  struct device_pace pace;
  struct err last; /* why the last request had no answer; E_OK: it had */
};

static enum code expired(const struct polling *p, struct err *err)
{
  if (p->last.code != E_OK) {
    if (err)
      *err = p->last;
    err_prefix(err, "the code expired without an answer: ");
    return p->last.code;
  }
  (void)err_set(err, E_PERSON_TIMEOUT,
                "nobody entered the code before it expired");
  err_hint(err, "the same command again brings a new one");
  return E_PERSON_TIMEOUT;
}

/* What a failed request means; E_OK with *ret_event: it is asked again. */
static enum code judge(struct polling *p, enum code code,
                       const struct token_answer *answer,
                       enum device_event *ret_event, struct err *err)
{
  const char *error = answer->error ? answer->error : "";
  struct err told = *err;

  p->last = (struct err)ERR_INIT;
  if (strcmp(error, "authorization_pending") == 0) {
    *ret_event = DEVICE_PENDING;
  } else if (strcmp(error, "slow_down") == 0) {
    *ret_event = DEVICE_SLOW_DOWN;
  } else if (strcmp(error, "expired_token") == 0) {
    return expired(p, err);
  } else if (code == E_RATE) {
    *ret_event = DEVICE_SLOW_DOWN;
    p->last = told;
  } else if (code == E_TIMEOUT || code == E_CUT || code == E_CONNECT ||
             code == E_DNS || code == E_NETWORK || code == E_ISSUER_5XX) {
    *ret_event = DEVICE_LOST;
    p->last = told;
  } else {
    return code;
  }
  err_clear(err);
  return E_OK;
}

static void tell_again(const struct polling *p, int64_t now_ms)
{
  int64_t seconds = (device_pace_wait(&p->pace, now_ms) + 500) / 1000;

  if (p->last.code == E_OK)
    return;
  log_note("%s; %s in %lld s", p->last.message,
           device_pace_over(&p->pace) ? "the code expires" : "asked again",
           (long long)seconds);
}

static enum code poll_token(struct polling *p, struct token_answer *answer,
                            struct err *err)
{
  const struct login_ui *ui = p->request->ui;

  for (;;) {
    enum device_event event;
    int64_t now = clock_mono_ms();
    bool over = device_pace_over(&p->pace);
    enum code code = ui->wait(ui->user, device_pace_wait(&p->pace, now),
                              p->pace.expires_ms - now, err);

    if (code == E_OK && over)
      code = expired(p, err);
    if (code != E_OK)
      return code;
    code =
        token_send(answer, p->client, p->client->token_endpoint, p->form, err);
    if (code == E_OK)
      return E_OK;
    code = judge(p, code, answer, &event, err);
    if (code != E_OK)
      return code;
    now = clock_mono_ms();
    device_pace_next(&p->pace, event, now);
    tell_again(p, now);
  }
}

static enum code poll_form(struct buf *form, const struct profile *profile,
                           const struct secret *device_code, struct err *err)
{
  token_parameter(form, profile, "grant_type", device_grant);
  token_parameter(form, profile, "device_code", secret_reveal(device_code));
  token_each(form, profile, "resource", &profile->resource);
  return form_add_members(form, profile->params_token, form, err);
}

static enum code await_person(const struct login_request *request,
                              const struct metadata *metadata,
                              const struct client *client,
                              const struct device_answer *device,
                              int64_t start_ms, struct login_result *result,
                              struct err *err)
{
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  AUTO_TOKEN_ANSWER struct token_answer answer = {0};
  struct err told = ERR_INIT;
  struct polling polling = {
      .request = request, .client = client, .form = &form, .last = ERR_INIT};
  const struct grant grant = {.request = request,
                              .client = client,
                              .metadata = metadata,
                              .scope = result->scope_asked};
  bool sooner =
      request->timeout_stated && request->timeout_ms < device->lifetime_ms;
  const struct login_device shown = {
      .uri = device->uri,
      .uri_complete = device->uri_complete,
      .user_code = device->user_code,
      .lifetime_ms = sooner ? request->timeout_ms : device->lifetime_ms};
  enum code code =
      poll_form(&form, request->profile, device->device_code, &told);

  if (code == E_OK)
    code = request->ui->device(request->ui->user, &shown, &told);
  device_pace_start(&polling.pace, device->interval_ms, shown.lifetime_ms,
                    start_ms);
  if (code == E_OK)
    code = poll_token(&polling, &answer, &told);
  if (code == E_OK)
    code = grant_take(result->record, &grant, &answer, &told);
  if (code != E_OK && err)
    *err = told;
  return code;
}

/* --- both -------------------------------------------------------------- */

static enum code begin(struct device_answer *device, int64_t *ret_start_ms,
                       const struct login_request *request,
                       const struct metadata *metadata,
                       const struct client *client, struct login_result *result,
                       struct err *err)
{
  const char *endpoint = metadata->device_authorization_endpoint;
  const char *who =
      metadata->issuer ? metadata->issuer : request->profile->name;
  enum code code;

  if (!endpoint || !client->token_endpoint)
    return err_set(err, E_ANSWER, "'%s' has no %s endpoint", who,
                   endpoint ? "token" : "device authorization");
  code = details_ready(request->profile, metadata, err);
  if (code == E_OK)
    code =
        authorize_scope(&result->scope_asked, request->profile, metadata, err);
  if (code != E_OK)
    return code;
  return ask(device, ret_start_ms, client, endpoint, result->scope_asked, err);
}

enum code login_by_device(const struct login_request *request,
                          const struct metadata *metadata,
                          struct client *client, struct login_result *result,
                          struct err *err)
{
  AUTO_DEVICE_ANSWER struct device_answer device = {0};
  int64_t start_ms;
  enum code code =
      begin(&device, &start_ms, request, metadata, client, result, err);

  if (code != E_OK)
    return code;
  return await_person(request, metadata, client, &device, start_ms, result,
                      err);
}

static enum code by_browser(const struct login_request *request,
                            const struct metadata *metadata,
                            struct client *client, struct login_result *result,
                            struct err *err)
{
  struct login_request other = *request;

  other.method = LOGIN_BROWSER;
  return login_by_browser(&other, metadata, client, result, err);
}

/* Whether this client may do so, no metadata tells: many servers have device
 * authorization and allow it to none but those who asked for it. */
enum code login_by_either(const struct login_request *request,
                          const struct metadata *metadata,
                          struct client *client, struct login_result *result,
                          struct err *err)
{
  AUTO_DEVICE_ANSWER struct device_answer device = {0};
  struct err refused = ERR_INIT;
  int64_t start_ms;
  enum code code;

  if (!offered(metadata)) {
    log_line(LOG_VERBOSE, "by pasting: no browser can be opened here, and the "
                          "server does not offer device authorization");
    return by_browser(request, metadata, client, result, err);
  }
  code = begin(&device, &start_ms, request, metadata, client, result, &refused);
  if (code == E_OAUTH) {
    log_line(LOG_VERBOSE,
             "by pasting: no browser can be opened here, and device "
             "authorization is not for this client: %s",
             refused.message);
    mem_free(result->scope_asked);
    result->scope_asked = NULL;
    return by_browser(request, metadata, client, result, err);
  }
  if (code != E_OK) {
    if (err)
      *err = refused;
    return code;
  }
  log_line(LOG_VERBOSE, "by device authorization: no browser can be opened "
                        "here, and the server offers it");
  mem_free(result->record->grant);
  result->record->grant = mem_str(profile_grant_name(GRANT_DEVICE_CODE));
  if (!result->record->grant)
    return err_nomem(err);
  return await_person(request, metadata, client, &device, start_ms, result,
                      err);
}

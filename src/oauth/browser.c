#include "oauth/browser.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"
#include "oauth/callback.h"
#include "oauth/keyset.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

void browser_clear(struct browser *browser)
{
  listener_free(browser->listener);
  authorize_free(browser->authorize);
  *browser = (struct browser){0};
}

/* --- where the browser comes back to ----------------------------------- */

/* The first that can be had: servers that want the registered port list
 * several. */
static enum code open_listener(struct browser *browser,
                               const struct profile *profile, struct err *err)
{
  const struct text_list *uris = &profile->login.redirect_uris;
  enum code code = E_NOT_FOUND;

  if (uris->count == 0)
    return listener_new(&browser->listener, BROWSER_REDIRECT, err);
  for (size_t i = 0; i < uris->count; i++) {
    if (strncmp(uris->items[i], "http://", 7) != 0)
      continue;
    code = listener_new(&browser->listener, uris->items[i], err);
    if (code != E_LOCAL)
      return code;
    if (err && i + 1 < uris->count)
      log_line(LOG_VERBOSE, "%s", err->message);
  }
  if (code == E_NOT_FOUND)
    return E_OK; /* https only: the address is pasted */
  return code;
}

static const char *redirect_uri(const struct browser *browser,
                                const struct profile *profile)
{
  if (browser->listener)
    return listener_redirect_uri(browser->listener);
  if (profile->login.redirect_uris.count > 0)
    return profile->login.redirect_uris.items[0];
  return BROWSER_REDIRECT;
}

enum code browser_prepare(struct browser *browser,
                          const struct login_request *request,
                          const struct metadata *metadata,
                          const struct client *client, struct err *err)
{
  struct authorize_ask ask = {.profile = request->profile,
                              .metadata = metadata,
                              .client = client,
                              .login_hint = request->login_hint,
                              .select_account = request->select_account};
  enum code code = E_OK;

  if (request->method == LOGIN_BROWSER)
    code = open_listener(browser, request->profile, err);
  if (code != E_OK)
    return code;
  if (!browser->listener && request->ui->paste_fd < 0)
    return err_set(
        err, E_USAGE,
        "the address of the last page has to be pasted, and there is "
        "no terminal to paste it to");
  ask.redirect_uri = redirect_uri(browser, request->profile);
  return authorize_new(&browser->authorize, &ask, err);
}

/* --- waiting ----------------------------------------------------------- */

enum event { EVENT_HIT, EVENT_PASTE, EVENT_TIMEOUT };

static enum code too_late(struct err *err)
{
  return err_set(err, E_PERSON_TIMEOUT, "nobody finished the login in time");
}

/* Without a listener: the terminal and the signals. */
static enum code wait_paste(int fd, int64_t timeout_ms, enum event *ret_event,
                            struct err *err)
{
  int64_t deadline = clock_mono_ms() + timeout_ms;

  for (;;) {
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                           {.fd = sig_fd(), .events = POLLIN}};
    int64_t left = deadline - clock_mono_ms();
    enum code code = sig_check(err);
    int ready;

    if (code != E_OK)
      return code;
    *ret_event = EVENT_TIMEOUT;
    if (left <= 0)
      return E_OK;
    ready = poll(fds, ARRAY_LEN(fds), left > 60000 ? 60000 : (int)left);
    if (ready < 0 && errno != EINTR)
      return err_set(err, E_LOCAL, "cannot wait for the terminal: %s",
                     strerror(errno));
    if (ready > 0 && fds[0].revents) {
      *ret_event = EVENT_PASTE;
      return E_OK;
    }
  }
}

static enum code wait_event(const struct browser *browser, int fd,
                            int64_t timeout_ms, enum event *ret_event,
                            char **ret_query, struct err *err)
{
  enum listener_event event;
  enum code code;

  if (!browser->listener)
    return wait_paste(fd, timeout_ms, ret_event, err);
  code =
      listener_wait(browser->listener, fd, timeout_ms, &event, ret_query, err);
  if (code != E_OK)
    return code;
  *ret_event = event == LISTENER_HIT     ? EVENT_HIT
               : event == LISTENER_INPUT ? EVENT_PASTE
                                         : EVENT_TIMEOUT;
  return E_OK;
}

/* One pasted line. *ret_code stays NULL when it was no address; *fd becomes -1
 * at the end of the input. */
static enum code take_paste(const struct browser *browser,
                            const struct login_ui *ui,
                            const struct callback_expect *expect, int *fd,
                            struct secret **ret_code, struct err *err)
{
  AUTO_STR char *line = NULL;
  enum code code = ui->read_paste(ui->user, &line, err);

  if (code == E_USAGE && browser->listener) {
    *fd = -1;
    err_clear(err);
    return E_OK;
  }
  if (code != E_OK || !line || !line[strspn(line, " \t\r\n")])
    return code;
  code = callback_pasted(ret_code, line, expect, err);
  if (code == E_USAGE) {
    log_warn("%s; paste it again", err ? err->message : "");
    err_clear(err);
    return E_OK;
  }
  return code;
}

/* jarm: what expect->jarm points to, or one that is not used. */
static enum code wait_for_code(struct browser *browser,
                               const struct login_request *request,
                               const struct callback_expect *expect,
                               struct jarm_check *jarm,
                               struct secret **ret_code, struct err *err)
{
  int64_t deadline = clock_mono_ms() + request->timeout_ms;
  int fd = request->ui->paste_fd;

  for (;;) {
    AUTO_STR char *query = NULL;
    struct secret *found = NULL;
    int64_t left = deadline - clock_mono_ms();
    enum event event;
    enum code code;

    if (left <= 0)
      return too_late(err);
    code = wait_event(browser, fd, left, &event, &query, err);
    if (code != E_OK)
      return code;
    if (event == EVENT_TIMEOUT)
      return too_late(err);
    jarm->now = clock_wall();
    if (event == EVENT_HIT) {
      browser->waiting = true;
      return callback_read(ret_code, query, expect, err);
    }
    code = take_paste(browser, request->ui, expect, &fd, &found, err);
    if (code != E_OK || found) {
      *ret_code = found;
      return code;
    }
  }
}

/* A request that was signed or pushed waits for its browser so long and no
 * longer. */
static void note_expiry(const struct browser *browser,
                        const struct login_request *request)
{
  int64_t left = browser->authorize->expires_at - clock_wall();
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);

  if (browser->authorize->expires_at == CLOCK_NEVER ||
      request->ui->paste_fd < 0 || left * 1000 >= request->timeout_ms)
    return;
  clock_span(&text, left);
  log_note("the address is good for %s", buf_text(&text));
}

static void hint_expiry(const struct browser *browser, struct err *err)
{
  const struct authorize *authorize = browser->authorize;

  if (err && authorize->expires_at != CLOCK_NEVER &&
      authorize->expires_at <= clock_wall())
    err_hint(err, "the address was good for %lld s only",
             (long long)(authorize->expires_at - authorize->asked_at));
}

enum code browser_wait(struct browser *browser,
                       const struct login_request *request,
                       const struct metadata *metadata,
                       struct secret **ret_code, struct err *err)
{
  struct keyset keys = {.http = request->http, .jwks_uri = metadata->jwks_uri};
  struct jarm_check jarm = {
      .issuer = metadata->issuer,
      .client_id = request->profile->client.id,
      .algs = json_object_get(metadata->json,
                              "authorization_signing_alg_values_supported"),
      .keys = keyset_fetch,
      .user = &keys};
  const struct callback_expect expect = {
      .state = browser->authorize->state,
      .issuer = metadata->issuer,
      .iss_required = metadata->iss_in_response,
      .jarm = browser->authorize->response_mode ? &jarm : NULL};
  int port = browser->listener ? listener_port(browser->listener) : 0;
  struct secret *found = NULL;
  enum code code;

  note_expiry(browser, request);
  code =
      request->ui->visit(request->ui->user, browser->authorize->url, port, err);
  if (code == E_OK)
    code = wait_for_code(browser, request, &expect, &jarm, &found, err);
  if (code == E_OAUTH)
    authorize_hint(browser->authorize, request->profile, err);
  if (code == E_OAUTH || code == E_PERSON_TIMEOUT)
    hint_expiry(browser, err);
  if (code == E_OK)
    *ret_code = found;
  return code;
}

void browser_answer(struct browser *browser, const struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);

  if (!browser->waiting)
    return;
  browser->waiting = false;
  if (!err) {
    listener_answer(browser->listener, true, "Logged in",
                    "You may close this tab and go back to the terminal.");
    return;
  }
  secret_redact(&text, err->message, strlen(err->message));
  buf_puts(&text, ". Nothing was stored; the terminal says more.");
  listener_answer(browser->listener, false, "The login failed",
                  buf_text(&text));
}

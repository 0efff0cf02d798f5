/* fob logout --end-session: the browser is sent to the provider to end the
 * person's session there.
 *
 * The URL holds the ID token, and an argument of a program is seen by everybody
 * on the machine. So the browser gets the address of a listener of fob's, with
 * a random word that serves once, and is sent on from there. Where the provider
 * knows an address of ours to come back to, a second listener waits for it. */
#include "cmd/logout.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "crypto/crypto.h"
#include "http/listen.h"

#include <string.h>

enum { RANDOM_BYTES = 32, DEFAULT_TIMEOUT = 300 };

static const char start_uri[] = "http://127.0.0.1/logout";

struct leaving {
  const struct profile *profile;
  const struct end_session *session;
  const struct text_list *browser;
  struct listener *start, *back; /* back NULL: nothing comes back */
  char *word;                    /* start's */
  char *state;
  struct secret *url;
  int64_t deadline;
};

static void leaving_clear(struct leaving *leaving)
{
  listener_free(leaving->start);
  listener_free(leaving->back);
  mem_free(leaving->word);
  mem_free(leaving->state);
  secret_free(leaving->url);
}
#define AUTO_LEAVING __attribute__((cleanup(leaving_clear)))

static enum code listen_for_return(struct leaving *leaving, struct err *err)
{
  const char *uri = leaving->profile->login.post_logout_redirect_uri;
  enum code code;

  if (uri == NULL)
    return E_OK;
  code = listener_new(&leaving->back, uri, err);
  if (code == E_USAGE)
    return err_set(err, E_PROFILE,
                   "login.post_logout_redirect_uri '%s' is not http to "
                   "127.0.0.1, [::1] or localhost",
                   uri);
  return code;
}

static enum code prepare(struct leaving *leaving, struct err *err)
{
  enum code code = listener_new(&leaving->start, start_uri, err);

  if (code == E_OK)
    code = listen_for_return(leaving, err);
  if (code == E_OK)
    code = crypto_random_text(&leaving->word, RANDOM_BYTES, err);
  if (code == E_OK)
    code = crypto_random_text(&leaving->state, RANDOM_BYTES, err);
  if (code == E_OK)
    code = end_session_hinted(
        &leaving->url, leaving->session,
        leaving->back != NULL ? listener_redirect_uri(leaving->back) : NULL,
        leaving->state, err);
  return code;
}

static enum code wait_for(struct listener *listener, int64_t deadline,
                          char **ret_query, struct err *err)
{
  enum listener_event event;
  enum code code = listener_wait(listener, -1, deadline - clock_mono_ms(),
                                 &event, ret_query, err);

  if (code == E_OK && event == LISTENER_TIMEOUT)
    return err_set(err, E_PERSON_TIMEOUT,
                   "no browser came in time to end the session");
  return code;
}

static enum code send_on(struct leaving *leaving, struct err *err)
{
  AUTO_STR char *query = NULL;
  AUTO_STR char *want = mem_printf("go=%s", leaving->word);
  enum code code = wait_for(leaving->start, leaving->deadline, &query, err);

  if (want == NULL)
    return err_nomem(err);
  if (code != E_OK)
    return code;
  if (strlen(query) != strlen(want) ||
      !crypto_equal(query, want, strlen(want))) {
    listener_answer(leaving->start, false, "Not logged out",
                    "This address is not the one that fob gave.");
    return err_set(err, E_CHECK,
                   "somebody else than the browser asked for the address to "
                   "log out at; it was not given");
  }
  listener_send_on(leaving->start, secret_reveal(leaving->url));
  return E_OK;
}

static enum code come_back(struct leaving *leaving, struct err *err)
{
  AUTO_STR char *query = NULL;
  enum code code;

  if (leaving->back == NULL)
    return E_OK;
  code = wait_for(leaving->back, leaving->deadline, &query, err);
  if (code != E_OK)
    return code;
  code = end_session_back(query, leaving->state, err);
  if (code == E_OK)
    listener_answer(leaving->back, true, "Logged out",
                    "You may close this tab and go back to the terminal.");
  else
    listener_answer(leaving->back, false, "Not logged out", err->message);
  return code;
}

static enum code by_browser(struct leaving *leaving, struct err *err)
{
  AUTO_STR char *url = NULL;
  enum code code = prepare(leaving, err);

  if (code != E_OK)
    return code;
  url = mem_printf("%s?go=%s", listener_redirect_uri(leaving->start),
                   leaving->word);
  if (url == NULL)
    return err_nomem(err);
  code = ui_browser_open(leaving->browser, url, err);
  if (code != E_OK)
    return code;
  if (log_level() != LOG_QUIET)
    ui_say("Ending the session in the browser.");
  code = send_on(leaving, err);
  if (code == E_OK)
    code = come_back(leaving, err);
  if (code == E_OK && leaving->back != NULL && log_level() != LOG_QUIET)
    ui_say_lead(UI_GREEN, "Ended:", " the session of %s at its server.",
                leaving->profile->name);
  return code;
}

static enum code by_hand(const struct leaving *leaving, struct err *err)
{
  AUTO_STR char *url = NULL;
  enum code code = end_session_url(&url, leaving->session, err);

  if (code != E_OK)
    return code;
  ui_say("The session at the server ends with a browser, at");
  ui_say("  %s", url);
  return E_OK;
}

enum code logout_end_session(struct ctx *ctx, const struct profile *profile,
                             const struct end_session *session, struct err *err)
{
  AUTO_LEAVING struct leaving leaving = {.profile = profile,
                                         .session = session};
  int64_t timeout = ctx->globals.timeout;
  struct config *config;
  enum code code = ctx_config(ctx, &config, err);

  if (code != E_OK)
    return code;
  if (session->endpoint == NULL) {
    log_note("'%s' has no address to end its server's session at: log out "
             "there with a browser",
             profile->name);
    return E_OK;
  }
  if (timeout < 0)
    timeout =
        profile->login.timeout > 0 ? profile->login.timeout : DEFAULT_TIMEOUT;
  leaving.deadline = clock_mono_ms() + 1000 * timeout;
  leaving.browser = profile->login.browser.count > 0 ? &profile->login.browser
                                                     : &config->browser;
  return ui_browser_available(leaving.browser) ? by_browser(&leaving, err)
                                               : by_hand(&leaving, err);
}

/* fob login --ci: tries the identity of the job that fob runs in, and says what
 * came of it. Nothing is kept, neither a credential nor the options: `fob
 * token` and `fob request` in that job do the same by themselves, each time
 * anew, and what they get lives minutes. */
#include "cmd/login.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/account.h"
#include "oauth/session_identity.h"

#include <string.h>

/* Was a method given, of those that the table knows? */
static bool has_method(const struct login_options *options)
{
  for (const struct opt *o = login_opts; o->name != NULL; o++) {
    const char *at = (const char *)options + o->offset;

    if ((o->flags & OPT_METHOD) != 0 &&
        (o->type == OPT_FLAG ? *(const bool *)at
                             : *(const char *const *)at != NULL))
      return true;
  }
  return false;
}

/* Whose token it is, where the API tells: it takes the token then. */
static enum code ask_account(struct login *login,
                             const struct session_token *token,
                             struct record **ret_record, struct err *err)
{
  AUTO(record) record = NULL;
  bool checked;
  enum code code;

  if (login->profile->account.path == NULL)
    return E_OK;
  code = record_new(&record, login->profile->name, err);
  if (code == E_OK)
    code = login_http(login, err);
  if (code == E_OK)
    code = account_fetch(record, &checked, login->http, login->profile, token,
                         err);
  if (code != E_OK)
    return code;
  *ret_record = record;
  record = NULL;
  return E_OK;
}

static void put_visible(struct buf *line, const char *before, const char *text)
{
  if (text == NULL || text[0] == '\0')
    return;
  buf_puts(line, before);
  codec_visible(line, text, strlen(text), /* keep_lines= */ false);
}

static enum code report(const struct login *login,
                        const struct session_token *token,
                        const struct record *record, struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_DOCUMENT);

  buf_printf(&line, " %s", login->profile->name);
  if (record != NULL)
    put_visible(&line, " as ",
                record->account_label != NULL ? record->account_label
                                              : record->account_sub);
  if (login->profile->api.count > 0)
    put_visible(&line, " at ", login->profile->api.items[0]);
  put_visible(&line, ", scopes ", token->scope);
  if (token->expires_at == CLOCK_NEVER) {
    buf_puts(&line, ",\n  token without a stated expiry");
  } else {
    buf_puts(&line, ",\n  token ");
    clock_span(&line, token->expires_at - token->issued_at);
  }
  buf_puts(&line, ". Nothing is kept: fob token and fob request take a new one "
                  "each time.");
  enum code code = buf_check(&line, err);
  if (code == E_OK && log_level() != LOG_QUIET)
    ui_say_lead(UI_GREEN, "The identity works:", "%s", buf_text(&line));
  return code;
}

static enum code try_it(struct login *login,
                        const struct identity_provider *provider,
                        struct err *err)
{
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) record = NULL;
  const struct session_ask ask = {.min_valid = -1};
  struct session session;
  enum code code = ctx_session(login->ctx, login->profile, NULL, &session, err);

  if (code != E_OK)
    return code;
  login->http_options = session.http_options;
  code = session_of_identity(&token, provider, &session, &ask, err);
  if (code == E_OK)
    code = ask_account(login, &token, &record, err);
  return code == E_OK ? report(login, &token, record, err) : code;
}

enum code login_by_identity(struct login *login, bool *ret_done,
                            struct err *err)
{
  const char *wish = login->options->ci;
  const struct identity_provider *provider = NULL;

  *ret_done = false;
  /* With no method given and nobody here, the identity is what can work. */
  if (wish == NULL && (has_method(login->options) || ui_can_ask()))
    return E_OK;
  enum code code = identity_find(&provider, login->profile, wish, err);
  if (code != E_OK || provider == NULL)
    return code;
  *ret_done = true;
  return try_it(login, provider, err);
}

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
#include "oauth/federation.h"
#include "oauth/present.h"

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
                             const struct federation *federation,
                             struct record **ret_record, struct err *err)
{
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) record = NULL;
  bool checked;
  enum code code;

  if (login->profile->account.path == NULL)
    return E_OK;
  code = record_new(&record, login->profile->name, err);
  if (code == E_OK)
    code = secret_copy(&token.token, federation->answer.access_token, err);
  if (code == E_OK && federation->dpop_key != NULL)
    code = secret_copy(&token.dpop_key, federation->dpop_key, err);
  if (code == E_OK)
    code =
        record_set_text(&token.token_type, federation->answer.token_type, err);
  if (code == E_OK)
    code = present_token(&token, login->profile, NULL, err);
  if (code == E_OK)
    code = login_http(login, err);
  if (code == E_OK)
    code = account_fetch(record, &checked, login->http, login->profile, &token,
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
                        const struct federation *federation,
                        const struct record *record, struct err *err)
{
  const struct token_answer *answer = &federation->answer;
  const char *granted =
      answer->scope != NULL ? answer->scope : federation->scope;
  AUTO_BUF struct buf line = BUF_INIT(BUF_DOCUMENT);

  buf_printf(&line, " %s", login->profile->name);
  if (record != NULL)
    put_visible(&line, " as ",
                record->account_label != NULL ? record->account_label
                                              : record->account_sub);
  if (login->profile->api.count > 0)
    put_visible(&line, " at ", login->profile->api.items[0]);
  put_visible(&line, ", scopes ", granted);
  if (answer->expires_at == CLOCK_NEVER) {
    buf_puts(&line, ",\n  token without a stated expiry");
  } else {
    buf_puts(&line, ",\n  token ");
    clock_span(&line, answer->expires_at - answer->issued_at);
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
  AUTO_FEDERATION struct federation federation = {0};
  AUTO(record) record = NULL;
  const struct federation_ask ask = {.profile = login->profile,
                                     .options = &login->http_options,
                                     .provider = provider};
  enum code code =
      ctx_http_options(login->ctx, login->profile, &login->http_options, err);

  if (code == E_OK)
    code = federation_run(&federation, &ask, err);
  if (code == E_OK)
    code = ask_account(login, &federation, &record, err);
  return code == E_OK ? report(login, &federation, record, err) : code;
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

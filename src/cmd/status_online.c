/* What servers say of a login: --online and --userinfo. A token that has
 * expired is renewed, as for any other use; nobody is asked. */
#include "cmd/status.h"

#include "base/mem.h"
#include "cmd/show.h"
#include "cmd/ui.h"
#include "oauth/account.h"
#include "oauth/client.h"
#include "oauth/introspect.h"
#include "oauth/scope.h"
#include "oauth/userinfo.h"

#include <string.h>

/* A token that is ready to be shown to somebody. */
struct asking {
  const struct profile *profile;
  struct record *record; /* as it is stored now; NULL: FOB_TOKEN's, or a
                            job's identity */
  struct http *http;
  struct session_token token;
};

static void asking_clear(struct asking *asking)
{
  record_free(asking->record);
  http_free(asking->http);
  session_token_clear(&asking->token);
}
#define AUTO_ASKING __attribute__((cleanup(asking_clear)))

/* The record behind the token: read again, since a refresh writes it. */
static enum code read_record(struct ctx *ctx, struct asking *asking,
                             struct err *err)
{
  AUTO(store) store = NULL;
  enum code code = ctx_store_quietly(ctx, asking->profile, &store, err);

  if (code == E_OK)
    code = store_get(store, asking->profile->name, &asking->record, err);
  return code == E_OK
             ? session_check_bound(asking->profile, asking->record, err)
             : code;
}

static enum code ask_start(struct ctx *ctx, struct asking *asking,
                           const struct profile *profile,
                           const struct env_credential *env, struct err *err)
{
  const struct session_ask ask = {.min_valid = -1};
  struct session session;
  enum code code = ctx_session(ctx, profile, env, &session, err);

  asking->profile = profile;
  session.store_options.interactive = false;
  session.store_options.ask_passphrase = NULL;
  if (code == E_OK)
    code = session_token(&session, &ask, &asking->token, err);
  if (code == E_OK && env == NULL && !asking->token.by_identity)
    code = read_record(ctx, asking, err);
  if (code == E_OK)
    code = http_new(&asking->http, &session.http_options, err);
  return code;
}

/* --- --userinfo ------------------------------------------------------------
 */

enum code status_userinfo(struct ctx *ctx, struct err *err)
{
  AUTO_SELECTION struct selection selection = {0};
  AUTO_ASKING struct asking asking = {0};
  AUTO_BUF struct buf claims = BUF_INIT(BUF_DOCUMENT);
  enum code code = ctx_select(ctx, NULL, &selection, err);

  if (code == E_OK && selection.env != NULL)
    return err_set(err, E_USAGE,
                   "the credential is FOB_TOKEN's, and whom to ask about it is "
                   "not known");
  if (code == E_OK)
    code = ask_start(ctx, &asking, selection.profile, NULL, err);
  if (code == E_OK && asking.record == NULL)
    return err_set(err, E_USAGE,
                   "the credential is a job's identity, and whom to ask about "
                   "it is not known");
  if (code == E_OK)
    code =
        userinfo_fetch(&claims, asking.http, asking.record, &asking.token, err);
  return code == E_OK ? show_json(buf_text(&claims), claims.len, err) : code;
}

/* --- --online --------------------------------------------------------------
 */

/* Each asks in one way. *ret_told: an answer that decides came, good or bad. */
static enum code by_account(struct asking *asking, bool *ret_told,
                            struct err *err)
{
  AUTO(record) scratch = NULL;
  enum code code = record_new(&scratch, asking->profile->name, err);

  if (code == E_OK)
    code = account_fetch(scratch, ret_told, asking->http, asking->profile,
                         &asking->token, err);
  *ret_told |= code != E_OK;
  return code;
}

static enum code by_userinfo(struct asking *asking, bool *ret_told,
                             struct err *err)
{
  const struct record *record = asking->record;
  AUTO_BUF struct buf claims = BUF_INIT(BUF_DOCUMENT);
  const char *scope = asking->token.scope;

  if (record == NULL || record->bound.userinfo_endpoint == NULL ||
      (scope != NULL && !scope_has(scope, "openid")))
    return E_OK;
  *ret_told = true;
  return userinfo_fetch(&claims, asking->http, record, &asking->token, err);
}

static enum code by_introspection(struct asking *asking, bool *ret_told,
                                  struct err *err)
{
  const struct record *record = asking->record;
  AUTO_CLIENT struct client client = {0};
  AUTO_BUF struct buf answer = BUF_INIT(BUF_DOCUMENT);
  bool active = false;
  enum code code;

  if (record == NULL || record->bound.introspection_endpoint == NULL)
    return E_OK;
  *ret_told = true;
  code = client_open(&client, asking->profile, asking->http, record, err);
  if (code == E_OK)
    code = introspect_token(&answer, &active, &client,
                            record->bound.introspection_endpoint,
                            asking->token.token, err);
  if (code == E_OK && !active)
    code = err_set(err, E_UNAUTHORIZED, "the token is not active");
  return code;
}

static const struct way {
  const char *name;
  enum code (*ask)(struct asking *asking, bool *ret_told, struct err *err);
} ways[] = {
    {"account", by_account},
    {"userinfo", by_userinfo},
    {"introspection", by_introspection},
};

static enum status_answer answer_of(enum code code)
{
  if (code == E_OK)
    return STATUS_ACCEPTED;
  return err_status(code) == 8 ? STATUS_DENIED : STATUS_FAILED;
}

static enum code ask_all(struct asking *asking, struct status_row *row)
{
  for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
    bool told = false;
    enum code code = ways[i].ask(asking, &told, &row->online_why);

    if (!told)
      continue;
    row->online_by = ways[i].name;
    row->online = answer_of(code);
    return code;
  }
  return E_OK;
}

enum code status_ask(struct ctx *ctx, struct status_row *row, struct err *err)
{
  AUTO_SELECTION struct selection selection = {0};
  AUTO_ASKING struct asking asking = {0};
  enum code code = E_OK;

  row->online = STATUS_UNASKED;
  if (row->state != STATUS_OK || row->profile == NULL)
    return E_OK;
  if (row->env)
    code = ctx_select(ctx, NULL, &selection, &row->online_why);
  if (code == E_OK)
    code =
        ask_start(ctx, &asking, row->profile, selection.env, &row->online_why);
  if (code != E_OK)
    row->online = answer_of(code);
  else
    code = ask_all(&asking, row);
  if (code != E_SIGNAL && code != E_NOMEM)
    return E_OK;
  *err = row->online_why;
  return code;
}

const char *status_answer_name(enum status_answer answer)
{
  static const char *const names[] = {
      [STATUS_UNASKED] = "unasked",
      [STATUS_ACCEPTED] = "accepted",
      [STATUS_DENIED] = "denied",
      [STATUS_FAILED] = "failed",
  };
  return names[answer];
}

enum code status_show_online(const struct status_row *row, struct err *err)
{
  if (row->state != STATUS_OK)
    return E_OK;
  switch (row->online) {
  case STATUS_ACCEPTED:
    return ui_outf(err, "%s: accepted (%s)\n", row->name, row->online_by);
  case STATUS_DENIED:
    return ui_outf(err, "%s: not accepted: %s\n", row->name,
                   row->online_why.message);
  case STATUS_FAILED:
    return ui_outf(err, "%s: cannot be checked: %s\n", row->name,
                   row->online_why.message);
  default:
    return ui_outf(err,
                   "%s: cannot be checked: there is no account.path, and its "
                   "server has neither userinfo nor introspection for it\n",
                   row->name);
  }
}

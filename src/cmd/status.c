/* fob status: who is logged in where, until when, and which is used here. It
 * never asks anybody, and never waits for a keyring longer than a script
 * would. */
#include "cmd/status.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/cmd.h"

#include <string.h>

struct options {
  bool json, check, online, userinfo;
  int64_t within;
};

#define AT(member) offsetof(struct options, member)

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, AT(json), NULL, "print one JSON object", 0, NULL, 0},
    {"check", 0, OPT_FLAG, AT(check), NULL,
     "say by the exit status whether the profile is usable without a person", 0,
     NULL, 0},
    {"within", 0, OPT_DURATION, AT(within), "DURATION",
     "with --check: and for at least this long", 0, NULL, 0},
    {"online", 0, OPT_FLAG, AT(online), NULL,
     "ask each login's server whether its token works", 0, NULL, 0},
    {"userinfo", 0, OPT_FLAG, AT(userinfo), NULL,
     "print what the server says about the person who is logged in", 0, NULL,
     0},
    OPT_END,
};

const char *status_state_name(enum status_state state)
{
  static const char *const names[] = {
      [STATUS_OK] = "ok",           [STATUS_EXPIRED] = "expired",
      [STATUS_REFUSED] = "refused", [STATUS_NONE] = "none",
      [STATUS_UNKNOWN] = "unknown", [STATUS_CHANGED] = "changed",
      [STATUS_INVALID] = "invalid",
  };
  return names[state];
}

static void row_clear(struct status_row *row)
{
  mem_free(row->name);
  mem_free(row->store_kind);
  mem_free(row->store_label);
  profile_free(row->profile);
  record_free(row->record);
}

static void status_clear(struct status *status)
{
  for (size_t i = 0; i < status->count; i++)
    row_clear(&status->rows[i]);
  mem_free(status->rows);
  mem_free(status->here_why);
}

bool status_renews(const struct record *record)
{
  return record->refresh_refused_at == 0 &&
         (record->refresh_token != NULL || record_by_client(record));
}

/* Until when the login serves without a person; 0: not any more. */
static int64_t lasts_until(const struct record *record)
{
  const struct record_access *access = record_find(record, "");

  if (strcmp(record->grant, "token") == 0)
    return record->secret_expires_at;
  if (status_renews(record))
    return record->refresh_token != NULL ? record->refresh_expires_at
                                         : CLOCK_NEVER;
  return access != NULL ? access->expires_at : 0;
}

static enum status_state judge(struct status_row *row, int64_t now)
{
  if (session_check_bound(row->profile, row->record, &row->why) != E_OK)
    return STATUS_CHANGED;
  if (lasts_until(row->record) > now)
    return STATUS_OK;
  return row->record->refresh_refused_at != 0 ? STATUS_REFUSED : STATUS_EXPIRED;
}

/* No profile's fault, and so no cell. */
static enum code ends_all(const struct status_row *row, struct err *err)
{
  if (row->why.code != E_SIGNAL && row->why.code != E_NOMEM)
    return E_OK;
  *err = row->why;
  return err->code;
}

static enum code read_record(struct ctx *ctx, struct status_row *row,
                             int64_t now, struct err *err)
{
  AUTO(store) store = NULL;
  enum code code = ctx_store_quietly(ctx, row->profile, &store, &row->why);

  if (code == E_OK) {
    row->store_label = mem_str(store_label(store));
    if (row->store_label == NULL)
      return err_nomem(err);
    code = store_get(store, row->profile->name, &row->record, &row->why);
  }
  if (code == E_OK)
    row->state = judge(row, now);
  else
    row->state = code == E_NO_CREDENTIAL ? STATUS_NONE : STATUS_UNKNOWN;
  return ends_all(row, err);
}

/* One profile and its record. What goes wrong with one is a cell of the table,
 * not the end of it. row->profile may be there already. */
static enum code fill_row(struct ctx *ctx, struct status_row *row,
                          const char *name, int64_t now, struct err *err)
{
  row->name = mem_str(name);
  if (row->name == NULL)
    return err_nomem(err);
  if (row->profile == NULL &&
      profile_load(&row->profile, name, &row->why) != E_OK) {
    row->state = STATUS_INVALID;
    return ends_all(row, err);
  }
  if (!row->env &&
      identity_find(&row->identity, row->profile, NULL, &row->why) != E_OK) {
    row->state = STATUS_INVALID;
    return ends_all(row, err);
  }
  if (row->identity != NULL) {
    row->state = STATUS_OK;
    return E_OK;
  }
  row->store_kind =
      mem_str(row->env ? "env" : ctx_store_kind(ctx, row->profile));
  if (row->store_kind == NULL)
    return err_nomem(err);
  if (!row->env)
    return read_record(ctx, row, now, err);
  row->state = STATUS_OK;
  row->store_label = mem_str("env");
  return row->store_label == NULL ? err_nomem(err) : E_OK;
}

/* Which of them is used here, if any is. That none is, is no error, as long as
 * none was asked for. */
static enum code select_here(struct ctx *ctx, bool needed,
                             struct status *status,
                             struct selection *ret_selection, struct err *err)
{
  enum code code = ctx_select(ctx, NULL, ret_selection, &status->none);
  bool tolerated =
      !needed && (code == E_AMBIGUOUS || code == E_PROFILE ||
                  (code == E_NO_PROFILE && ctx->globals.profile == NULL));

  if (code == E_OK || tolerated)
    return E_OK;
  *err = status->none;
  return code;
}

/* The names of all rows: the one that is used here may be of no profile in the
 * usual places (FOB_API, FOB_PROFILE_FILE). */
static enum code list_names(struct ctx *ctx, bool only_here, const char *here,
                            struct text_list *names, struct err *err)
{
  enum code code = E_OK;

  if (ctx->globals.profile == NULL && !only_here)
    code = profile_names(names, err);
  else if (here == NULL)
    return text_list_add(names, ctx->globals.profile, err);
  if (code == E_OK && here != NULL && !text_list_has(names, here))
    code = text_list_add(names, here, err);
  return code;
}

static enum code gather(struct ctx *ctx, bool only_here, struct status *status,
                        struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  AUTO_SELECTION struct selection here = {0};
  AUTO_STR char *here_name = NULL;
  enum code code = select_here(ctx, only_here, status, &here, err);

  status->now = clock_wall();
  status->here_why = here.why;
  here.why = NULL;
  if (code == E_OK && here.profile != NULL) {
    here_name = mem_str(here.profile->name);
    code = here_name == NULL ? err_nomem(err) : E_OK;
  }
  if (code == E_OK)
    code = list_names(ctx, only_here, here_name, &names, err);
  if (code != E_OK)
    return code;

  status->rows = mem_array(names.count + 1, sizeof(*status->rows));
  if (status->rows == NULL)
    return err_nomem(err);
  for (size_t i = 0; code == E_OK && i < names.count; i++) {
    struct status_row *row = &status->rows[status->count++];
    row->here = here_name != NULL && strcmp(names.items[i], here_name) == 0;
    if (row->here) {
      row->env = here.env != NULL;
      row->profile = here.profile;
      here.profile = NULL;
    }
    code = fill_row(ctx, row, names.items[i], status->now, err);
  }
  return code;
}

static enum code needs_login(const struct status_row *row, const char *why,
                             struct err *err)
{
  (void)err_set(err, E_NO_CREDENTIAL, "'%s' needs a login: %s", row->name, why);
  err_hint(err, "fob login -p %s", row->name);
  if (row->state == STATUS_CHANGED)
    err_hint(err, "or, when the change is meant:  fob profile trust %s",
             row->name);
  return E_NO_CREDENTIAL;
}

static enum code check_until(const struct status_row *row, int64_t within,
                             int64_t now, struct err *err)
{
  AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);
  int64_t until = row->env || row->identity != NULL ? CLOCK_NEVER
                                                    : lasts_until(row->record);

  if (within < 0 || until == CLOCK_NEVER || until - now >= within)
    return E_OK;
  buf_puts(&when, "this one ends at ");
  clock_rfc3339(&when, until);
  return needs_login(row, buf_text(&when), err);
}

/* 0 usable without a person, 8 not, 12 cannot tell. */
static enum code check(const struct status_row *row, int64_t within,
                       int64_t now, struct err *err)
{
  switch (row->state) {
  case STATUS_OK:
    return check_until(row, within, now, err);
  case STATUS_NONE:
    return needs_login(row, "there is no credential", err);
  case STATUS_EXPIRED:
    return needs_login(row, "it has expired, and nothing renews it", err);
  case STATUS_REFUSED:
    return needs_login(row, "the server has refused to renew it", err);
  case STATUS_CHANGED:
    return needs_login(row, "the profile has changed since it was logged in to",
                       err);
  case STATUS_UNKNOWN:
  case STATUS_INVALID:
    break;
  }
  *err = row->why;
  return row->why.code;
}

static enum code ask(struct ctx *ctx, struct status *status, struct err *err)
{
  enum code code = E_OK;

  status->asked = true;
  for (size_t i = 0; code == E_OK && i < status->count; i++)
    code = status_ask(ctx, &status->rows[i], err);
  return code;
}

/* With --online a server's no counts, and that it cannot be asked. */
static enum code check_answer(const struct status_row *row, struct err *err)
{
  if (row->online != STATUS_DENIED && row->online != STATUS_FAILED)
    return E_OK;
  *err = row->online_why;
  return row->online_why.code;
}

static enum code check_options(const struct options *o,
                               const struct operands *operands, struct err *err)
{
  if (operands->count > 0)
    return err_set(err, E_USAGE, "status takes no argument, not '%s'",
                   operands->items[0]);
  if (o->within >= 0 && !o->check)
    return err_set(err, E_USAGE, "--within goes with --check");
  if (o->userinfo && (o->check || o->online))
    return err_set(err, E_USAGE, "--userinfo and %s exclude each other",
                   o->check ? "--check" : "--online");
  return E_OK;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;
  struct status status = {0};
  enum code code = check_options(o, operands, err);

  if (code != E_OK)
    return code;
  if (o->userinfo) /* JSON in any case */
    return status_userinfo(ctx, err);
  code = gather(ctx, o->check, &status, err);
  if (code == E_OK && o->online)
    code = ask(ctx, &status, err);
  if (code == E_OK && o->json)
    code = status_show_json(&status, err);
  else if (code == E_OK && !o->check)
    code = status_show_table(&status, err);
  for (size_t i = 0; code == E_OK && o->check && i < status.count; i++)
    code = check(&status.rows[i], o->within, status.now, err);
  for (size_t i = 0; code == E_OK && o->check && i < status.count; i++)
    code = check_answer(&status.rows[i], err);
  status_clear(&status);
  return code;
}

const struct cmd cmd_status = {
    .name = "status",
    .usage_name = "status",
    .summary = "Show who is logged in where, until when, and what is used here",
    .usage = "[-p NAME] [--json] [--online] [--check [--within DURATION]]\n"
             "[-p NAME] --userinfo",
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};

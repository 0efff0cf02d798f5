/* fob status: who is logged in where, until when, and which is used here. It
 * never asks anybody, and never waits for a keyring longer than a script
 * would. */
#include "cmd/status.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/ui.h"
#include "profile/select.h"

#include <string.h>

struct options {
  bool json, check;
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

static bool renews(const struct record *record)
{
  return record->refresh_token != NULL ||
         strcmp(record->grant, "client_credentials") == 0;
}

/* Until when the login serves without a person; 0: not any more. */
static int64_t lasts_until(const struct record *record)
{
  const struct record_access *access = record_find(record, "");

  if (strcmp(record->grant, "token") == 0)
    return record->secret_expires_at;
  if (record->refresh_refused_at == 0 && renews(record))
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

/* Reads one profile and its record. What goes wrong with one is a cell of the
 * table, not the end of it. */
static enum code fill_row(struct ctx *ctx, struct status_row *row,
                          const char *name, int64_t now, struct err *err)
{
  AUTO(store) store = NULL;

  row->name = mem_str(name);
  if (row->name == NULL)
    return err_nomem(err);
  if (profile_load(&row->profile, name, &row->why) != E_OK) {
    row->state = STATUS_INVALID;
    return E_OK;
  }

  enum code code = ctx_store_quietly(ctx, row->profile, &store, &row->why);
  if (code == E_OK) {
    row->store_label = mem_str(store_label(store));
    if (row->store_label == NULL)
      return err_nomem(err);
    code = store_get(store, name, &row->record, &row->why);
  }
  if (code == E_OK)
    row->state = judge(row, now);
  else
    row->state = code == E_NO_CREDENTIAL ? STATUS_NONE : STATUS_UNKNOWN;
  return code == E_SIGNAL || code == E_NOMEM ? code : E_OK;
}

/* Which of them is used here, if any is. */
static enum code mark_here(struct ctx *ctx, struct status *status,
                           struct err *err)
{
  struct err none = ERR_INIT;
  AUTO_SELECTION struct selection selection = {0};
  enum code code = ctx_select(ctx, NULL, &selection, &none);

  if (code == E_NO_PROFILE && ctx->globals.profile != NULL) {
    *err = none;
    return code;
  }
  if (code != E_OK)
    return E_OK;
  for (size_t i = 0; i < status->count; i++) {
    if (strcmp(status->rows[i].name, selection.profile->name) == 0) {
      status->rows[i].here = true;
      status->rows[i].env = selection.env != NULL;
    }
  }
  status->here_why = selection.why;
  selection.why = NULL;
  return E_OK;
}

static enum code gather(struct ctx *ctx, bool only_here, struct status *status,
                        struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  struct config *config;
  enum code code = ctx_config(ctx, &config, err);

  status->now = clock_wall();
  if (code == E_OK && ctx->globals.profile != NULL)
    code = text_list_add(&names, ctx->globals.profile, err);
  else if (code == E_OK && only_here) {
    AUTO_SELECTION struct selection selection = {0};
    code = ctx_select(ctx, NULL, &selection, err);
    if (code == E_OK)
      code = text_list_add(&names, selection.profile->name, err);
  } else if (code == E_OK)
    code = profile_names(&names, err);
  if (code != E_OK)
    return code;

  status->rows = mem_array(names.count + 1, sizeof(*status->rows));
  if (status->rows == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < names.count; i++) {
    status->count = i + 1;
    code = fill_row(ctx, &status->rows[i], names.items[i], status->now, err);
    if (code != E_OK)
      return code;
  }
  return mark_here(ctx, status, err);
}

/* 0 usable without a person, 8 not, 12 cannot tell; the worst row decides. */
static enum code check(const struct status *status, int64_t within,
                       struct err *err)
{
  for (size_t i = 0; i < status->count; i++) {
    const struct status_row *row = &status->rows[i];

    if (row->env)
      continue;
    if (row->state == STATUS_UNKNOWN || row->state == STATUS_INVALID ||
        row->state == STATUS_CHANGED) {
      *err = row->why;
      return row->why.code;
    }
    if (row->state != STATUS_OK) {
      (void)err_set(err, E_NO_CREDENTIAL, "'%s' needs a login: %s", row->name,
                    row->state == STATUS_NONE      ? "there is no credential"
                    : row->state == STATUS_REFUSED ? "its refresh was refused"
                                                   : "it has expired");
      err_hint(err, "fob login -p %s", row->name);
      return E_NO_CREDENTIAL;
    }
    int64_t until = lasts_until(row->record);
    if (within >= 0 && until != CLOCK_NEVER && until - status->now < within) {
      AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);
      clock_rfc3339(&when, until);
      (void)err_set(err, E_NO_CREDENTIAL, "the login of '%s' ends at %s",
                    row->name, buf_text(&when));
      err_hint(err, "fob login -p %s", row->name);
      return E_NO_CREDENTIAL;
    }
  }
  return E_OK;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;
  struct status status = {0};
  enum code code;

  if (operands->count > 0)
    return err_set(err, E_USAGE, "status takes no argument, not '%s'",
                   operands->items[0]);
  if (o->within >= 0 && !o->check)
    return err_set(err, E_USAGE, "--within goes with --check");

  code = gather(ctx, o->check, &status, err);
  if (code == E_OK && o->json)
    code = status_show_json(&status, err);
  else if (code == E_OK && !o->check)
    code = status_show_table(&status, err);
  if (code == E_OK && o->check)
    code = check(&status, o->within, err);
  status_clear(&status);
  return code;
}

const struct cmd cmd_status = {
    .name = "status",
    .usage_name = "status",
    .summary = "Show who is logged in where, until when, and what is used here",
    .usage = "[-p NAME] [--json] [--check [--within DURATION]]",
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};

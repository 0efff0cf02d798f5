/* The last line of a login: as whom, where, with what, until when, kept where.
 */
#include "cmd/login.h"

#include "base/clock.h"
#include "base/env.h"
#include "base/codec.h"
#include "base/log.h"
#include "cmd/ui.h"

#include <string.h>

/* A server's text on a line of ours: it must not break that. */
static void put_visible(struct buf *line, const char *text)
{
  codec_visible(line, text, strlen(text), /* keep_lines= */ false);
}

static void put_scopes(struct buf *line, const struct login_result *result)
{
  const char *granted = result->record->scope_granted;

  if (granted == NULL || granted[0] == '\0')
    return;
  buf_puts(line, ", scopes ");
  put_visible(line, granted);
  if (result->scope_missing != NULL)
    buf_printf(line, " (asked also for %s: not granted)",
               result->scope_missing);
  if (result->scope_extra != NULL) {
    buf_puts(line, " (not asked for: ");
    put_visible(line, result->scope_extra);
    buf_putc(line, ')');
  }
}

static void put_types(struct buf *line, const char *lead,
                      const struct text_list *types, const char *behind)
{
  for (size_t i = 0; i < types->count; i++) {
    buf_puts(line, i == 0 ? lead : ", ");
    put_visible(line, types->items[i]);
    buf_puts(line, behind);
  }
}

/* ", details payment, account (changed by the server) (not granted: x)" */
static void put_details(struct buf *line, const struct details_outcome *details)
{
  if (details->unstated)
    buf_puts(line, ", and which authorization details it granted the server "
                   "does not say");
  put_types(line, ", authorization details ", &details->granted, "");
  put_types(line,
            details->granted.count > 0 ? ", " : ", authorization details ",
            &details->changed, " (changed by the server)");
  put_types(line, " (authorization details asked for and not granted: ",
            &details->missing, "");
  buf_puts(line, details->missing.count > 0 ? ")" : "");
  put_types(line, " (authorization details not asked for: ", &details->extra,
            "");
  buf_puts(line, details->extra.count > 0 ? ")" : "");
}

enum { DETAILS_SHOWN = 600 };

static void put_json(struct buf *line, const char *lead, const char *json)
{
  buf_puts(line, lead);
  codec_visible(line, json, strnlen(json, DETAILS_SHOWN),
                /* keep_lines= */ false);
  if (strlen(json) > DETAILS_SHOWN)
    buf_puts(line, "...");
}

static void put_changes(struct buf *line, const struct details_outcome *details)
{
  for (size_t i = 0; i < details->changed.count; i++) {
    put_json(line, "\n  asked for  ", details->changed_asked.items[i]);
    put_json(line, "\n  granted    ", details->changed_granted.items[i]);
  }
}

static void put_until(struct buf *line, const struct login_result *result,
                      int64_t now)
{
  const struct record *record = result->record;
  const struct record_access *access = record_find(record, "");

  if (strcmp(record->grant, "token") == 0) {
    if (record->secret_expires_at == CLOCK_NEVER) {
      buf_puts(line, "no expiry stated");
    } else {
      buf_puts(line, "until ");
      clock_local(line, record->secret_expires_at, now);
    }
    return;
  }
  if (access == NULL || access->expires_at == CLOCK_NEVER) {
    buf_puts(line, "token without a stated expiry");
  } else {
    buf_puts(line, "token ");
    clock_span(line, access->expires_at - access->issued_at);
  }
  if (record->refresh_token != NULL || record_by_client(record)) {
    buf_puts(line, ", renewed by itself");
    if (record->refresh_token != NULL &&
        record->refresh_expires_at != CLOCK_NEVER) {
      buf_puts(line, " until ");
      clock_local(line, record->refresh_expires_at, now);
    }
  } else if (access != NULL && access->expires_at != CLOCK_NEVER) {
    buf_puts(line, ", not renewed: the login lasts until ");
    clock_local(line, access->expires_at, now);
  }
}

enum code login_report(const struct login *login,
                       const struct login_result *result, struct err *err)
{
  const struct record *record = result->record;
  AUTO_BUF struct buf line = BUF_INIT(BUF_DOCUMENT);
  AUTO(store) store = NULL;
  enum code code = ctx_store(login->ctx, login->profile, NULL, &store, err);

  if (code != E_OK)
    return code;
  buf_printf(&line, " %s", login->profile->name);
  if (record->account_label != NULL || record->account_sub != NULL) {
    buf_puts(&line, " as ");
    put_visible(&line, record->account_label != NULL ? record->account_label
                                                     : record->account_sub);
  }
  for (size_t i = 0; i < login->profile->api.count; i++)
    buf_printf(&line, "%s%s", i == 0 ? " at " : " and ",
               login->profile->api.items[i]);
  put_scopes(&line, result);
  put_details(&line, &result->details);
  buf_puts(&line, ",\n  ");
  put_until(&line, result, clock_wall());
  buf_printf(&line, ", in %s.", store_describe(store));
  put_changes(&line, &result->details);
  if (login->method == LOGIN_PAT && !result->checked)
    buf_puts(&line, "\n  not checked: the profile names no account.path to try "
                    "it at");
  code = buf_check(&line, err);
  if (code != E_OK)
    return code;
  if (log_level() != LOG_QUIET)
    ui_say_lead(UI_GREEN, "Logged in:", "%s", buf_text(&line));
  if (env_text("FOB_TOKEN") != NULL)
    log_warn("FOB_TOKEN is set and wins over this login until it is unset");
  return E_OK;
}

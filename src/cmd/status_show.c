#include "cmd/status.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/ui.h"

#include <string.h>

enum { COLUMNS = 6, API_WIDTH = 28 };

struct cell {
  struct buf text;
};

static const char *const titles[COLUMNS] = {"PROFILE", "ACCOUNT", "API",
                                            "TOKEN",   "LOGIN",   "STORE"};

static bool is_pat(const struct record *record)
{
  return strcmp(record->grant, "token") == 0;
}

static bool renews(const struct record *record)
{
  return record->refresh_refused_at == 0 &&
         (record->refresh_token != NULL ||
          strcmp(record->grant, "client_credentials") == 0);
}

static void put_account(struct buf *out, const struct status_row *row)
{
  const struct record *record = row->record;

  if (row->env)
    buf_puts(out, "FOB_TOKEN");
  else if (record == NULL)
    buf_puts(out, "-");
  else if (record->account_label != NULL)
    buf_puts(out, record->account_label);
  else if (record->account_sub != NULL)
    buf_puts(out, record->account_sub);
  else if (strcmp(record->grant, "client_credentials") == 0 &&
           record->bound.client_id != NULL)
    buf_printf(out, "client %s", record->bound.client_id);
  else
    buf_puts(out, "-");
}

/* Host and path of the first base, cut short in the middle of the path. */
static void put_api(struct buf *out, const struct status_row *row)
{
  const char *base = row->profile != NULL && row->profile->api.count > 0
                         ? row->profile->api.items[0]
                         : NULL;

  if (base == NULL) {
    buf_puts(out, "-");
    return;
  }
  const char *host = strstr(base, "://");
  host = host != NULL ? host + 3 : base;
  if (strlen(host) <= API_WIDTH)
    buf_puts(out, host);
  else
    buf_printf(out, "%.*s/…", (int)strcspn(host, "/"), host);
  if (row->profile->api.count > 1)
    buf_printf(out, " +%zu", row->profile->api.count - 1);
}

static void put_token(struct buf *out, const struct status_row *row,
                      int64_t now)
{
  const struct record *record = row->record;
  const struct record_access *access =
      record != NULL ? record_find(record, "") : NULL;
  int64_t expires = record == NULL   ? 0
                    : is_pat(record) ? record->secret_expires_at
                    : access != NULL ? access->expires_at
                                     : 0;

  if (row->env)
    buf_puts(out, "from the environment");
  else if (record == NULL)
    buf_puts(out, "-");
  else if (expires == CLOCK_NEVER)
    buf_puts(out, "no expiry stated");
  else if (expires > now)
    clock_span(out, expires - now);
  else
    buf_puts(out, renews(record) ? "expired, renews" : "expired");
}

static void put_login(struct buf *out, const struct status_row *row,
                      int64_t now)
{
  const struct record *record = row->record;

  if (row->state == STATUS_INVALID) {
    buf_puts(out, "profile unreadable");
  } else if (row->state == STATUS_UNKNOWN) {
    buf_puts(out, row->why.code == E_STORE_LOCKED   ? "keyring locked"
                  : row->why.code == E_STORE_ABSENT ? "no keyring"
                                                    : "store unreadable");
  } else if (row->state == STATUS_CHANGED) {
    buf_puts(out, "profile changed");
  } else if (record == NULL) {
    buf_puts(out, "none");
  } else if (record->refresh_refused_at != 0) {
    buf_puts(out, "refused ");
    clock_local(out, record->refresh_refused_at, now);
  } else if (is_pat(record)) {
    if (record->secret_expires_at == CLOCK_NEVER) {
      buf_puts(out, "no end");
    } else {
      buf_puts(out, "until ");
      clock_local(out, record->secret_expires_at, now);
    }
  } else if (record->refresh_token != NULL &&
             record->refresh_expires_at != CLOCK_NEVER) {
    buf_puts(out, "renews to ");
    clock_local(out, record->refresh_expires_at, now);
  } else {
    buf_puts(out, renews(record) ? "no end" : "not renewed");
  }
}

static void fill_cells(const struct status_row *row, int64_t now,
                       struct buf cells[COLUMNS])
{
  buf_printf(&cells[0], "%s%s", row->name, row->here ? " *" : "");
  put_account(&cells[1], row);
  put_api(&cells[2], row);
  put_token(&cells[3], row, now);
  put_login(&cells[4], row, now);
  buf_puts(&cells[5], row->store_label != NULL ? row->store_label : "-");
}

/* Characters of UTF-8, which is what a column is wide here. */
static size_t width_of(const char *text)
{
  size_t width = 0;

  for (; *text != '\0'; text++)
    width += (*text & 0xc0) != 0x80;
  return width;
}

static enum ui_style style_of(const struct status_row *row)
{
  switch (row->state) {
  case STATUS_OK:
    return UI_PLAIN;
  case STATUS_NONE:
    return UI_DIM;
  case STATUS_UNKNOWN:
    return UI_YELLOW;
  default:
    return UI_RED;
  }
}

static enum code put_row(const struct buf cells[COLUMNS],
                         const size_t widths[COLUMNS], enum ui_style style,
                         struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_DOCUMENT);
  bool styled = style != UI_PLAIN;

  if (styled)
    buf_puts(&line, ui_style(style, true));
  for (size_t c = 0; c < COLUMNS; c++) {
    AUTO_BUF struct buf visible = BUF_INIT(BUF_DOCUMENT);
    codec_visible(&visible, buf_text(&cells[c]), cells[c].len, false);
    buf_puts(&line, buf_text(&visible));
    for (size_t w = width_of(buf_text(&visible));
         c + 1 < COLUMNS && w < widths[c] + 2; w++)
      buf_putc(&line, ' ');
  }
  if (styled)
    buf_puts(&line, ui_style(UI_PLAIN, true));
  buf_putc(&line, '\n');
  enum code code = buf_check(&line, err);
  return code == E_OK ? ui_out(buf_text(&line), line.len, err) : code;
}

static bool starts_with(const char *text, const char *start)
{
  return strncmp(text, start, strlen(start)) == 0;
}

/* "* used here, because …", and what to do about each row that needs it. */
static enum code put_footer(const struct status *status, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < status->count; i++) {
    if (status->rows[i].here && status->here_why != NULL)
      code = ui_outf(err, "* used here, because %s %s.\n",
                     starts_with(status->here_why, "default_profile") ||
                             starts_with(status->here_why, "the only")
                         ? "it is"
                         : "of",
                     status->here_why);
  }
  for (size_t i = 0; code == E_OK && i < status->count; i++) {
    const struct status_row *row = &status->rows[i];
    switch (row->state) {
    case STATUS_OK:
      break;
    case STATUS_NONE:
    case STATUS_EXPIRED:
    case STATUS_REFUSED:
      code = ui_outf(err, "%s: run  fob login -p %s\n", row->name, row->name);
      break;
    default:
      code = ui_outf(err, "%s: %s\n", row->name, row->why.message);
    }
  }
  return code;
}

enum code status_show_table(const struct status *status, struct err *err)
{
  size_t widths[COLUMNS] = {0};
  struct buf(*cells)[COLUMNS];
  enum code code = E_OK;

  if (status->count == 0) {
    return ui_outf(err, "No profile yet.  fob login github --pat   or   fob "
                        "login URL   makes one.\n");
  }
  cells = mem_array(status->count + 1, sizeof(*cells));
  if (cells == NULL)
    return err_nomem(err);
  for (size_t r = 0; r <= status->count; r++) {
    for (size_t c = 0; c < COLUMNS; c++) {
      buf_init(&cells[r][c], BUF_LINE);
      if (r == 0)
        buf_puts(&cells[r][c], titles[c]);
    }
    if (r > 0)
      fill_cells(&status->rows[r - 1], status->now, cells[r]);
    for (size_t c = 0; c < COLUMNS; c++) {
      size_t width = width_of(buf_text(&cells[r][c]));
      widths[c] = width > widths[c] ? width : widths[c];
    }
  }
  for (size_t r = 0; code == E_OK && r <= status->count; r++)
    code = put_row(cells[r], widths,
                   r == 0 ? UI_BOLD : style_of(&status->rows[r - 1]), err);
  for (size_t r = 0; r <= status->count; r++) {
    for (size_t c = 0; c < COLUMNS; c++)
      buf_clear(&cells[r][c]);
  }
  mem_free(cells);
  return code == E_OK ? put_footer(status, err) : code;
}

/* --- JSON ------------------------------------------------------------------
 */

static json_t *time_or_null(int64_t wall)
{
  return wall == CLOCK_NEVER || wall == 0 ? json_null() : json_integer(wall);
}

static json_t *row_json(const struct status_row *row)
{
  const struct record *record = row->record;
  const struct record_access *access =
      record != NULL ? record_find(record, "") : NULL;
  json_t *apis = json_array();

  for (size_t i = 0; row->profile != NULL && i < row->profile->api.count; i++)
    (void)json_array_append_new(apis, json_string(row->profile->api.items[i]));
  json_t *object =
      json_pack("{s:s, s:s, s:b, s:b, s:o, s:s?, s:s?, s:s?, s:s?}", "profile",
                row->name, "state", status_state_name(row->state), "used_here",
                row->here, "from_env", row->env, "api", apis, "issuer",
                record != NULL ? record->bound.issuer : NULL, "account",
                record == NULL                  ? NULL
                : record->account_label != NULL ? record->account_label
                                                : record->account_sub,
                "scope", record != NULL ? record->scope_granted : NULL, "store",
                row->store_label);
  if (object == NULL)
    return NULL;
  json_t *more = json_pack(
      "{s:s?, s:o, s:b, s:o, s:o, s:s?, s:s?}", "grant",
      record != NULL ? record->grant : NULL, "token_expires_at",
      record == NULL   ? json_null()
      : is_pat(record) ? time_or_null(record->secret_expires_at)
                       : time_or_null(access != NULL ? access->expires_at : 0),
      "renews", record != NULL && renews(record), "login_expires_at",
      record != NULL && record->refresh_token != NULL
          ? time_or_null(record->refresh_expires_at)
          : json_null(),
      "refused_at",
      record != NULL ? time_or_null(record->refresh_refused_at) : json_null(),
      "error", row->why.code != E_OK ? err_name(row->why.code) : NULL,
      "message", row->why.code != E_OK ? row->why.message : NULL);
  if (more == NULL || json_object_update(object, more) != 0) {
    json_decref(object);
    object = NULL;
  }
  json_decref(more);
  return object;
}

enum code status_show_json(const struct status *status, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO_JSON json_t *rows = json_array();

  for (size_t i = 0; i < status->count; i++) {
    if (json_array_append_new(rows, row_json(&status->rows[i])) != 0)
      return err_nomem(err);
  }
  AUTO_JSON json_t *object =
      json_pack("{s:O, s:s?}", "profiles", rows, "why", status->here_why);
  if (object == NULL)
    return err_nomem(err);
  enum code code = json_write(&text, object, 2, err);
  return code == E_OK ? ui_out(buf_text(&text), text.len, err) : code;
}

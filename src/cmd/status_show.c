#include "cmd/status.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/table.h"
#include "cmd/ui.h"

#include <string.h>

enum { COLUMNS = 6, API_COLUMN = 2, API_WIDTH = 28, API_WIDTH_MIN = 12 };

static bool is_pat(const struct record *record)
{
  return strcmp(record->grant, "token") == 0;
}

static void put_account(struct buf *out, const struct status_row *row)
{
  const struct record *record = row->record;

  if (record == NULL)
    buf_puts(out, "-");
  else if (record->account_label != NULL)
    buf_puts(out, record->account_label);
  else if (record->account_sub != NULL)
    buf_puts(out, record->account_sub);
  else if (record_by_client(record) && record->bound.client_id != NULL)
    buf_printf(out, "client %s", record->bound.client_id);
  else
    buf_puts(out, "-");
}

/* Host and path of the first base, within width: the path gives way first, then
 * the end of the host. */
static void put_api(struct buf *out, const struct status_row *row, size_t width)
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
  size_t len = strcspn(host, "/");
  if (strlen(host) <= width)
    buf_puts(out, host);
  else if (width >= API_WIDTH || len + 2 <= width)
    buf_printf(out, "%.*s/…", (int)len, host);
  else
    buf_printf(out, "%.*s…", (int)(width - 1), host);
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
    buf_puts(out, "FOB_TOKEN");
  else if (row->identity != NULL)
    buf_puts(out, "a new one each time");
  else if (record == NULL)
    buf_puts(out, "-");
  else if (expires == CLOCK_NEVER)
    buf_puts(out, "no expiry stated");
  else if (expires > now)
    clock_span(out, expires - now);
  else
    buf_puts(out, status_renews(record) ? "expired, renews" : "expired");
}

static void put_login(struct buf *out, const struct status_row *row,
                      int64_t now)
{
  const struct record *record = row->record;

  if (row->env) {
    buf_puts(out, "-");
  } else if (row->identity != NULL) {
    buf_printf(out, "by %s", identity_title(row->identity));
  } else if (row->state == STATUS_INVALID) {
    buf_puts(out,
             row->profile == NULL ? "profile unreadable" : "identity unclear");
  } else if (row->state == STATUS_UNKNOWN) {
    buf_puts(out, row->why.code == E_STORE_LOCKED   ? "keyring locked"
                  : row->why.code == E_STORE_ABSENT ? "no keyring"
                  : row->why.code == E_STORE_SLOW   ? "keyring silent"
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
    buf_puts(out, status_renews(record) ? "no end" : "not renewed");
  }
}

/* A row's cells, left to right. */
static enum code add_cells(struct text_list *cells,
                           const struct status_row *row, int64_t now,
                           size_t api_width, struct err *err)
{
  struct buf texts[COLUMNS];
  enum code code = E_OK;

  for (size_t c = 0; c < COLUMNS; c++)
    buf_init(&texts[c], BUF_LINE);
  buf_printf(&texts[0], "%s%s", row->name, row->here ? " *" : "");
  put_account(&texts[1], row);
  put_api(&texts[API_COLUMN], row, api_width);
  put_token(&texts[3], row, now);
  put_login(&texts[4], row, now);
  buf_puts(&texts[5], row->store_label != NULL ? row->store_label : "-");
  for (size_t c = 0; c < COLUMNS; c++) {
    if (code == E_OK)
      code = buf_check(&texts[c], err);
    if (code == E_OK)
      code = text_list_add(cells, buf_text(&texts[c]), err);
    buf_clear(&texts[c]);
  }
  return code;
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

/* "* used here, because …", as `fob profile list` says it. */
static enum code put_here(const struct status *status, struct err *err)
{
  const char *why = status->here_why;

  if (why == NULL)
    return status->none.code != E_AMBIGUOUS
               ? E_OK
               : ui_outf(err, "None is used here: say -p NAME, or choose one "
                              "with  fob profile default NAME\n");
  bool is_role =
      strcmp(why, "default_profile") == 0 || strncmp(why, "the only", 8) == 0;
  return ui_outf(err, "* used here, because %s %s.\n", is_role ? "it is" : "of",
                 why);
}

/* What to do about each row that needs it. */
static enum code put_footer(const struct status *status, struct err *err)
{
  enum code code = put_here(status, err);

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
    case STATUS_CHANGED:
      code =
          ui_outf(err, "%s: run  fob login -p %s   or   fob profile trust %s\n",
                  row->name, row->name, row->name);
      break;
    default:
      code = ui_outf(err, "%s: %s\n", row->name, row->why.message);
    }
  }
  for (size_t i = 0; code == E_OK && status->asked && i < status->count; i++)
    code = status_show_online(&status->rows[i], err);
  return code;
}

static size_t width_of(const char *text)
{
  size_t width = 0;

  for (; *text != '\0'; text++)
    width += (*text & 0xc0) != 0x80;
  return width;
}

/* The width that is left for the API on this terminal; API_WIDTH where it is
 * enough, or none is there. */
static size_t fit_api(const struct text_list *cells)
{
  size_t widths[COLUMNS] = {0}, total = 0;
  size_t have = (size_t)ui_width();

  for (size_t i = 0; i < cells->count; i++) {
    size_t width = width_of(cells->items[i]);
    if (width > widths[i % COLUMNS])
      widths[i % COLUMNS] = width;
  }
  for (size_t c = 0; c < COLUMNS; c++)
    total += widths[c] + (c + 1 < COLUMNS ? 2 : 0);
  if (!ui_stdout_is_terminal() || total <= have)
    return API_WIDTH;
  size_t excess = total - have, api = widths[API_COLUMN];
  return api > excess + API_WIDTH_MIN ? api - excess : API_WIDTH_MIN;
}

static enum code fill_cells(struct text_list *cells,
                            const struct status *status, size_t api_width,
                            struct err *err)
{
  static const char *const titles[COLUMNS] = {"PROFILE", "ACCOUNT", "API",
                                              "TOKEN",   "LOGIN",   "STORE"};
  enum code code = E_OK;

  text_list_clear(cells);
  for (size_t c = 0; code == E_OK && c < COLUMNS; c++)
    code = text_list_add(cells, titles[c], err);
  for (size_t i = 0; code == E_OK && i < status->count; i++)
    code = add_cells(cells, &status->rows[i], status->now, api_width, err);
  return code;
}

enum code status_show_table(const struct status *status, struct err *err)
{
  AUTO_LIST struct text_list cells = {0};

  if (status->count == 0)
    return ui_outf(err, "No profile yet.  fob login github --pat   or   fob "
                        "login URL   makes one.\n");
  enum ui_style *styles = mem_array(status->count, sizeof(*styles));
  if (styles == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < status->count; i++)
    styles[i] = style_of(&status->rows[i]);
  enum code code = fill_cells(&cells, status, API_WIDTH, err);
  if (code == E_OK && fit_api(&cells) < API_WIDTH)
    code = fill_cells(&cells, status, fit_api(&cells), err);
  if (code == E_OK)
    code = table_print(&cells, COLUMNS, styles, err);
  mem_free(styles);
  return code == E_OK ? put_footer(status, err) : code;
}

/* --- JSON ------------------------------------------------------------------
 */

static json_t *time_or_null(int64_t wall)
{
  return wall == CLOCK_NEVER || wall == 0 ? json_null() : json_integer(wall);
}

/* What was granted in detail (RFC 9396): kept as JSON text. NULL: no memory. */
static json_t *details_json(const struct record *record)
{
  const char *text = record != NULL ? record->authorization_details : NULL;
  unsigned long shortages = mem_shortages();
  json_t *value =
      text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

  return value != NULL || mem_shortages() != shortages ? value : json_null();
}

static void put_online(json_t *object, const struct status_row *row)
{
  const char *message =
      *row->online_why.message != '\0' ? row->online_why.message : NULL;
  json_t *online =
      json_pack("{s:s, s:s?, s:s?}", "answer", status_answer_name(row->online),
                "by", row->online_by, "message", message);

  (void)json_object_set_new(object, "online", online);
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
                row->store_kind);
  if (object == NULL)
    return NULL;
  json_t *more = json_pack(
      "{s:s?, s:s?, s:o, s:o, s:b, s:o, s:o, s:s?, s:s?}", "identity",
      row->identity != NULL ? identity_name(row->identity) : NULL, "grant",
      record != NULL ? record->grant : NULL, "authorization_details",
      details_json(record), "token_expires_at",
      record == NULL   ? json_null()
      : is_pat(record) ? time_or_null(record->secret_expires_at)
                       : time_or_null(access != NULL ? access->expires_at : 0),
      "renews", record != NULL && status_renews(record), "login_expires_at",
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
    json_t *row = row_json(&status->rows[i]);

    if (row != NULL && status->asked)
      put_online(row, &status->rows[i]);
    if (json_array_append_new(rows, row) != 0)
      return err_nomem(err);
  }
  AUTO_JSON json_t *object =
      json_pack("{s:O, s:s?}", "profiles", rows, "why", status->here_why);
  if (object == NULL)
    return err_nomem(err);
  enum code code = json_write(&text, object, 2, err);
  return code == E_OK ? ui_out(buf_text(&text), text.len, err) : code;
}

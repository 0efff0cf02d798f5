/* fob profile list: what the profiles say, which of them is used here, and why.
 * No store is opened. */
#include "cmd/profile.h"

#include "base/json.h"
#include "base/mem.h"
#include "cmd/table.h"
#include "cmd/ui.h"

#include <string.h>

struct options {
  bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct options, json), NULL,
     "print one JSON object", 0, NULL, 0},
    OPT_END,
};

struct row {
  char *name;
  struct profile *profile; /* NULL: it cannot be read, why says what is wrong */
  struct err why;
};

struct listing {
  struct row *rows;
  size_t count;
  char *here;      /* the profile that is used here; NULL: none */
  char *here_why;  /* as profile/select.h has it */
  struct err none; /* why none is */
};

static void listing_clear(struct listing *listing)
{
  for (size_t i = 0; i < listing->count; i++) {
    mem_free(listing->rows[i].name);
    profile_free(listing->rows[i].profile);
  }
  mem_free(listing->rows);
  mem_free(listing->here);
  mem_free(listing->here_why);
}
#define AUTO_LISTING __attribute__((cleanup(listing_clear)))

static enum code find_here(struct ctx *ctx, struct listing *listing,
                           struct err *err)
{
  AUTO_SELECTION struct selection selection = {0};
  enum code code = ctx_select(ctx, NULL, &selection, &listing->none);

  if (code != E_OK) {
    if (code == E_NOMEM || ctx->globals.profile != NULL) {
      *err = listing->none;
      return code;
    }
    return E_OK;
  }
  listing->here = mem_str(selection.profile->name);
  listing->here_why = selection.why;
  selection.why = NULL;
  return listing->here != NULL ? E_OK : err_nomem(err);
}

static enum code gather(struct ctx *ctx, struct listing *listing,
                        struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  enum code code = profile_names(&names, err);

  if (code != E_OK)
    return code;
  listing->rows = mem_array(names.count + 1, sizeof(*listing->rows));
  if (listing->rows == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < names.count; i++) {
    struct row *row = &listing->rows[listing->count++];
    row->name = mem_str(names.items[i]);
    if (row->name == NULL)
      return err_nomem(err);
    code = profile_load(&row->profile, row->name, &row->why);
    if (code == E_NOMEM)
      return err_nomem(err);
  }
  return find_here(ctx, listing, err);
}

/* --- the table ----------------------------------------------------------- */

static enum code add_bases(struct text_list *cells,
                           const struct profile *profile, struct err *err)
{
  AUTO_STR char *text = NULL;
  const char *first = profile->api.count > 0 ? profile->api.items[0] : "-";

  if (profile->api.count < 2)
    return text_list_add(cells, first, err);
  text = mem_printf("%s +%zu", first, profile->api.count - 1);
  return text != NULL ? text_list_add(cells, text, err) : err_nomem(err);
}

static enum code add_row(struct text_list *cells, const struct row *row,
                         bool here, struct err *err)
{
  const struct profile *p = row->profile;
  AUTO_STR char *name = mem_printf("%s%s", row->name, here ? " *" : "");

  if (name == NULL)
    return err_nomem(err);
  const char *const texts[] = {
      p != NULL ? profile_grant_name(p->grant) : "-",
      p != NULL && p->preset != NULL ? p->preset : "-",
      p != NULL && p->store != NULL ? p->store : "-",
  };
  enum code code = text_list_add(cells, name, err);
  if (code == E_OK)
    code = p != NULL ? add_bases(cells, p, err)
                     : text_list_add(cells, "cannot be read", err);
  for (size_t i = 0; code == E_OK && i < ARRAY_LEN(texts); i++)
    code = text_list_add(cells, texts[i], err);
  return code;
}

/* The words of "used here, because …" for each reason to choose. */
static enum code put_here(const struct listing *listing, struct err *err)
{
  const char *why = listing->here_why;

  if (why == NULL)
    return E_OK;
  bool is_role =
      strcmp(why, "default_profile") == 0 || strncmp(why, "the only", 8) == 0;
  return ui_outf(err, "* %s is used here, because %s %s.\n", listing->here,
                 is_role ? "it is" : "of", why);
}

static enum code show_table(const struct listing *listing, struct err *err)
{
  static const char *const titles[] = {"PROFILE", "API", "GRANT", "PRESET",
                                       "STORE"};
  AUTO_LIST struct text_list cells = {0};
  enum ui_style *styles = mem_array(listing->count + 1, sizeof(*styles));
  enum code code = styles != NULL ? E_OK : err_nomem(err);

  for (size_t i = 0; code == E_OK && i < ARRAY_LEN(titles); i++)
    code = text_list_add(&cells, titles[i], err);
  for (size_t i = 0; code == E_OK && i < listing->count; i++) {
    const struct row *row = &listing->rows[i];
    bool here = listing->here != NULL && strcmp(listing->here, row->name) == 0;
    styles[i] = row->profile != NULL ? UI_PLAIN : UI_RED;
    code = add_row(&cells, row, here, err);
  }
  if (code == E_OK)
    code = table_print(&cells, ARRAY_LEN(titles), styles, err);
  mem_free(styles);
  if (code == E_OK)
    code = put_here(listing, err);
  for (size_t i = 0; code == E_OK && i < listing->count; i++)
    if (listing->rows[i].profile == NULL)
      code = ui_outf(err, "%s: %s\n", listing->rows[i].name,
                     listing->rows[i].why.message);
  return code;
}

/* --- JSON ---------------------------------------------------------------- */

/* NULL when memory is short. */
static json_t *row_json(const struct row *row, bool here)
{
  const struct profile *p = row->profile;
  json_t *apis = json_array();

  for (size_t i = 0; p != NULL && i < p->api.count; i++) {
    if (json_array_append_new(apis, json_string(p->api.items[i])) != 0) {
      json_decref(apis);
      return NULL;
    }
  }
  return json_pack(
      "{s:s, s:b, s:s?, s:b, s:s?, s:o, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}",
      "profile", row->name, "used_here", here, "path",
      p != NULL ? p->path : NULL, "read_only", p != NULL && p->read_only,
      "preset", p != NULL ? p->preset : NULL, "api", apis, "issuer",
      p != NULL ? p->issuer : NULL, "client_id",
      p != NULL ? p->client.id : NULL, "grant",
      p != NULL ? profile_grant_name(p->grant) : NULL, "store",
      p != NULL ? p->store : NULL, "error",
      p == NULL ? err_name(row->why.code) : NULL, "message",
      p == NULL ? row->why.message : NULL);
}

static enum code show_json(const struct listing *listing, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO_JSON json_t *rows = json_array();

  for (size_t i = 0; i < listing->count; i++) {
    const struct row *row = &listing->rows[i];
    bool here = listing->here != NULL && strcmp(listing->here, row->name) == 0;
    if (json_array_append_new(rows, row_json(row, here)) != 0)
      return err_nomem(err);
  }
  AUTO_JSON json_t *object =
      json_pack("{s:O, s:s?, s:s?}", "profiles", rows, "used_here",
                listing->here, "why", listing->here_why);
  if (object == NULL)
    return err_nomem(err);
  enum code code = json_write(&text, object, 2, err);
  return code == E_OK ? ui_out(buf_text(&text), text.len, err) : code;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;
  AUTO_LISTING struct listing listing = {0};
  enum code code = profile_no_more(&cmd_profile_list, operands, err);

  if (code == E_OK)
    code = gather(ctx, &listing, err);
  if (code != E_OK)
    return code;
  if (o->json)
    return show_json(&listing, err);
  if (listing.count == 0)
    return ui_outf(err, "No profile yet.  fob login github   or   fob login "
                        "URL   makes one.\n");
  return show_table(&listing, err);
}

const struct cmd cmd_profile_list = {
    .name = "list",
    .usage_name = "profile list",
    .summary = "List the profiles, and say which is used here and why",
    .usage = "[--json]",
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};

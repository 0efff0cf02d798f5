/* fob profile show: what a profile says and where that comes from. */
#include "cmd/profile.h"

#include "base/json.h"
#include "base/mem.h"
#include "cmd/table.h"
#include "cmd/ui.h"
#include "profile/select.h"
#include "profile/value.h"

struct options {
  bool json, resolved;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct options, json), NULL,
     "print the file as it is", 0, NULL, 0},
    {"resolved", 0, OPT_FLAG, offsetof(struct options, resolved), NULL,
     "print JSON with the preset and all defaults", 0, NULL, 0},
    OPT_END,
};

struct showing {
  struct text_list cells;
  const char *preset;
};

/* A member, its value and where it is stated. */
static enum code add_item(void *user, const struct profile_item *item,
                          struct err *err)
{
  AUTO_BUF struct buf value = BUF_INIT(BUF_PROFILE);
  struct showing *showing = user;
  const char *from = item->from_preset ? showing->preset
                     : item->known     ? "profile"
                                       : "profile, not used";
  enum code code = text_list_add(&showing->cells, item->path, err);

  if (code == E_OK)
    code = value_show(item->value, &value, err);
  if (code == E_OK)
    code = text_list_add(&showing->cells, buf_text(&value), err);
  return code == E_OK ? text_list_add(&showing->cells, from, err) : code;
}

static enum code show_members(const struct profile *profile, struct err *err)
{
  static const char *const titles[] = {"MEMBER", "VALUE", "FROM"};
  AUTO_STR char *preset =
      mem_printf("preset %s", profile->preset != NULL ? profile->preset : "");
  struct showing showing = {.preset = preset};
  enum code code = preset != NULL ? E_OK : err_nomem(err);

  for (size_t i = 0; code == E_OK && i < ARRAY_LEN(titles); i++)
    code = text_list_add(&showing.cells, titles[i], err);
  if (code == E_OK)
    code = profile_each(profile, add_item, &showing, err);
  if (code == E_OK)
    code = table_print(&showing.cells, ARRAY_LEN(titles), NULL, err);
  text_list_clear(&showing.cells);
  return code;
}

static enum code show_resolved(const struct profile *profile, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  AUTO_JSON json_t *object = NULL;
  enum code code = profile_resolved(profile, &object, err);

  if (code == E_OK)
    code = json_write(&text, object, 2, err);
  return code == E_OK ? ui_out(buf_text(&text), text.len, err) : code;
}

static enum code show_file(const struct profile *profile, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);

  if (profile->path == NULL)
    return err_set(err, E_USAGE, "profile '%s' has no file", profile->name);
  enum code code =
      file_read(&text, profile->path, FILE_USER, BUF_PROFILE, E_PROFILE, err);
  return code == E_OK ? ui_out(buf_text(&text), text.len, err) : code;
}

/* NAME, -p, or the one that is used here. With --json also one that breaks the
 * schema, to see what is wrong. */
static enum code find(struct ctx *ctx, const struct options *options,
                      const char *name, struct profile **ret_profile,
                      struct err *err)
{
  AUTO_SELECTION struct selection selection = {0};
  AUTO_STR char *why = NULL;
  struct config *config;
  enum code code;

  if (name != NULL && options->json && profile_exists(name))
    return profile_open(ret_profile, name, err);
  if (name != NULL) {
    code = ctx_config(ctx, &config, err);
    return code == E_OK
               ? select_profile(name, NULL, config, ret_profile, &why, err)
               : code;
  }
  code = ctx_select(ctx, NULL, &selection, err);
  if (code != E_OK)
    return code;
  *ret_profile = selection.profile;
  selection.profile = NULL;
  return E_OK;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;
  AUTO(profile) profile = NULL;
  struct operands rest = *operands;
  const char *name = NULL;
  enum code code = E_OK;

  if (o->json && o->resolved)
    return err_set(err, E_USAGE, "--json and --resolved exclude each other");
  if (rest.count > 0 || ctx->globals.profile != NULL)
    code = profile_operand(ctx, &cmd_profile_show, &rest, &name, err);
  if (code == E_OK)
    code = profile_no_more(&cmd_profile_show, &rest, err);
  if (code == E_OK)
    code = find(ctx, o, name, &profile, err);
  if (code != E_OK)
    return code;
  if (o->json)
    return show_file(profile, err);
  return o->resolved ? show_resolved(profile, err) : show_members(profile, err);
}

const struct cmd cmd_profile_show = {
    .name = "show",
    .usage_name = "profile show",
    .summary = "Show what a profile says, and what its preset adds",
    .usage = "[NAME] [--json | --resolved]",
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};

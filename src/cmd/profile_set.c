/* fob profile set, default: changing what is written down. Nothing here touches
 * a credential: what a login was made with stays bound to it until `profile
 * trust` or a new login. */
#include "cmd/profile.h"

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "store/cache.h"

#include <string.h>

/* --- set ----------------------------------------------------------------- */

struct set_options {
  bool unused;
};

static const struct opt set_opts[] = {OPT_END};

/* Members that shape where the secrets of a login may go. */
static bool is_bound(const char *assignment)
{
  static const char *const bound[] = {"api", "issuer", "metadata", "client.id",
                                      "preset"};

  for (size_t i = 0; i < ARRAY_LEN(bound); i++) {
    size_t len = strlen(bound[i]);
    if (strncmp(assignment, bound[i], len) == 0 &&
        strchr("=:+-. ", assignment[len]) != NULL)
      return true;
  }
  return false;
}

/* "store file" is one assignment in two words, "scope a b" in three. */
static enum code collect(const struct operands *operands,
                         struct text_list *assignments, struct err *err)
{
  AUTO_BUF struct buf joined = BUF_INIT(BUF_PROFILE);
  enum code code = E_OK;

  if (strchr(operands->items[0], '=') != NULL) {
    for (size_t i = 0; code == E_OK && i < operands->count; i++)
      code = text_list_add(assignments, operands->items[i], err);
    return code;
  }
  for (size_t i = 0; i < operands->count; i++) {
    buf_puts(&joined, i > 0 ? " " : "");
    buf_puts(&joined, operands->items[i]);
  }
  code = buf_check(&joined, err);
  return code == E_OK ? text_list_add(assignments, buf_text(&joined), err)
                      : code;
}

/* The profile as it is, or a new one. */
static enum code open_or_new(const char *name, struct profile **ret_profile,
                             bool *ret_new, struct err *err)
{
  enum code code = profile_open(ret_profile, name, err);

  *ret_new = code == E_NO_PROFILE;
  if (code != E_NO_PROFILE)
    return code;
  err_clear(err);
  return profile_new(ret_profile, name, NULL, err);
}

static enum code change(const char *name, const struct text_list *assignments,
                        struct profile **ret_profile, bool *ret_new,
                        struct err *err)
{
  AUTO(lock) lock = NULL;
  AUTO(profile) profile = NULL;
  enum code code = profile_lock(&lock, err);

  if (code == E_OK)
    code = open_or_new(name, &profile, ret_new, err);
  if (code == E_OK)
    code = profile_edit_all(&profile, (const char *const *)assignments->items,
                            assignments->count, err);
  if (code == E_OK)
    code = profile_check_urls(profile, err);
  if (code == E_OK)
    code = profile_save(profile, err);
  if (code != E_OK)
    return code;
  *ret_profile = profile;
  profile = NULL;
  return E_OK;
}

static void say_what_follows(const struct text_list *assignments,
                             const struct profile *profile, bool is_new)
{
  bool bound = false, store = false;

  if (log_level() == LOG_QUIET)
    return;
  ui_say_lead(UI_GREEN, is_new ? "Made:" : "Saved:", " profile %s, in %s",
              profile->name, profile->path);
  for (size_t i = 0; i < profile->warnings.count; i++)
    log_warn("%s", profile->warnings.items[i]);
  for (size_t i = 0; i < assignments->count; i++) {
    bound = bound || is_bound(assignments->items[i]);
    store = store || strncmp(assignments->items[i], "store", 5) == 0;
  }
  if (!is_new && bound)
    ui_say("A login that was made before is not sent to what is new here until"
           "  fob profile trust %s   or  fob login -p %s",
           profile->name, profile->name);
  if (!is_new && store && profile->store != NULL)
    ui_say("A credential that lies elsewhere is not moved:  fob login -p %s   "
           "puts one into the new store",
           profile->name);
}

static enum code run_set(struct ctx *ctx, void *options,
                         const struct operands *operands, struct err *err)
{
  AUTO_LIST struct text_list assignments = {0};
  AUTO(profile) profile = NULL;
  struct operands rest = *operands;
  bool is_new = false;
  const char *name;
  enum code code = profile_operand(ctx, &cmd_profile_set, &rest, &name, err);

  (void)options;
  if (code == E_OK && rest.count == 0) {
    (void)err_set(err, E_USAGE, "'fob profile set' needs something to change");
    err_hint(err, "fob profile set %s MEMBER=VALUE", name);
    return E_USAGE;
  }
  if (code == E_OK)
    code = collect(&rest, &assignments, err);
  if (code == E_OK)
    code = change(name, &assignments, &profile, &is_new, err);
  if (code != E_OK)
    return code;
  cache_drop(name);
  say_what_follows(&assignments, profile, is_new);
  return E_OK;
}

const struct cmd cmd_profile_set = {
    .name = "set",
    .usage_name = "profile set",
    .summary = "Change a profile, or make one",
    .usage = "NAME MEMBER=VALUE...\nNAME MEMBER VALUE...",
    .details =
        "  MEMBER=VALUE    a text, number, true or false; a list's words\n"
        "  MEMBER=         take the member out\n"
        "  MEMBER:=JSON    anything; null takes back what the preset "
        "states\n"
        "  MEMBER+=WORDS   add to a list\n"
        "  MEMBER-=WORDS   take from a list\n"
        "\n"
        "  fob profile set acme preset=gitlab client.id=fob-cli\n"
        "  fob profile set acme api+=https://uploads.acme.example\n"
        "  fob profile set acme store file",
    .opts = set_opts,
    .options_size = sizeof(struct set_options),
    .run = run_set,
};

/* --- default ------------------------------------------------------------- */

struct default_options {
  bool unset;
};

static const struct opt default_opts[] = {
    {"unset", 0, OPT_FLAG, offsetof(struct default_options, unset), NULL,
     "have no default profile any more", 0, NULL, 0},
    OPT_END,
};

static enum code show_default(const struct config *config, struct err *err)
{
  if (config->default_profile != NULL)
    return ui_outf(err, "%s\n", config->default_profile);
  log_note("there is no default profile");
  return E_OK;
}

static enum code run_default(struct ctx *ctx, void *options,
                             const struct operands *operands, struct err *err)
{
  const struct default_options *o = options;
  AUTO(profile) profile = NULL;
  struct operands rest = *operands;
  const char *name = NULL;
  struct config *config;
  enum code code = ctx_config(ctx, &config, err);

  if (code == E_OK && (rest.count > 0 || ctx->globals.profile != NULL))
    code = profile_operand(ctx, &cmd_profile_default, &rest, &name, err);
  if (code == E_OK)
    code = profile_no_more(&cmd_profile_default, &rest, err);
  if (code != E_OK)
    return code;
  if (name != NULL && o->unset)
    return err_set(err, E_USAGE, "--unset goes without a name");
  if (name == NULL && !o->unset)
    return show_default(config, err);

  if (name != NULL)
    code = profile_open(&profile, name, err);
  if (code == E_OK)
    code = config_set_default(config, name, err);
  if (code == E_OK && name != NULL && log_level() != LOG_QUIET)
    ui_say_lead(UI_GREEN, "Saved:", " %s is the default profile", name);
  return code;
}

const struct cmd cmd_profile_default = {
    .name = "default",
    .usage_name = "profile default",
    .summary =
        "Show or choose the profile that is used where nothing else says",
    .usage = "[NAME | --unset]",
    .opts = default_opts,
    .options_size = sizeof(struct default_options),
    .run = run_default,
};

/* fob profile: the group, and what its subcommands share. */
#include "cmd/profile.h"

#include "api/answers.h"
#include "api/rate.h"
#include "base/lock.h"
#include "store/cache.h"

#include <string.h>

static const struct opt no_opts[] = {OPT_END};

struct options {
  bool unused;
};

enum code profile_operand(const struct ctx *ctx, const struct cmd *cmd,
                          struct operands *operands, const char **ret_name,
                          struct err *err)
{
  if (ctx->globals.profile != NULL) {
    *ret_name = ctx->globals.profile;
    return E_OK;
  }
  if (operands->count == 0) {
    (void)err_set(err, E_USAGE, "'fob %s' needs a profile's name",
                  cmd->usage_name);
    err_hint(err, "fob %s %.*s", cmd->usage_name,
             (int)strcspn(cmd->usage, "\n"), cmd->usage);
    return E_USAGE;
  }
  *ret_name = operands->items[0];
  operands->items++;
  operands->count--;
  return E_OK;
}

enum code profile_no_more(const struct cmd *cmd,
                          const struct operands *operands, struct err *err)
{
  if (operands->count == 0)
    return E_OK;
  if (opt_looks_secret(operands->items[0]))
    (void)err_set(err, E_USAGE, "'fob %s' takes fewer words", cmd->usage_name);
  else
    (void)err_set(err, E_USAGE, "'fob %s' does not know what to do with '%s'",
                  cmd->usage_name, operands->items[0]);
  err_hint(err, "fob %s %.*s", cmd->usage_name, (int)strcspn(cmd->usage, "\n"),
           cmd->usage);
  return E_USAGE;
}

static const struct cmd *const subcommands[] = {
    &cmd_profile_list,
    &cmd_profile_show,
    &cmd_profile_set,
    &cmd_profile_default,
    &cmd_profile_trust,
    &cmd_profile_remove,
    NULL,
};

/* Reached by no way: the dispatcher asks for a subcommand first. */
static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  (void)ctx;
  (void)options;
  (void)operands;
  return err_set(err, E_USAGE, "'fob profile' needs a command behind it");
}

const struct cmd cmd_profile = {
    .name = "profile",
    .usage_name = "profile",
    .summary = "List, show, change and remove profiles",
    .usage = "list|show|set|default|trust|remove [NAME] [options]",
    .details = "A profile says where to log in, as whom, and for which API. "
               "It holds no secret.\nfob-profile(5) describes its members.",
    .opts = no_opts,
    .options_size = sizeof(struct options),
    .subcommands = subcommands,
    .run = run,
};

enum code profile_remove_file(struct ctx *ctx, const char *name,
                              struct err *err)
{
  AUTO(lock) lock = NULL;
  struct config *config;
  enum code code = ctx_config(ctx, &config, err);

  if (code == E_OK)
    code = profile_lock(&lock, err);
  if (code == E_OK)
    code = profile_delete(name, err);
  lock_free(lock);
  lock = NULL; /* config_set_default() takes it */
  if (code != E_OK)
    return code;
  cache_drop(name);
  answers_drop(name);
  rate_forget(name);
  if (config->default_profile == NULL ||
      strcmp(config->default_profile, name) != 0)
    return E_OK;
  /* A system-wide one of that name may stand behind it. */
  AUTO(profile) behind = NULL;
  struct err ignored = ERR_INIT;
  code = profile_open(&behind, name, &ignored);
  if (code == E_NOMEM)
    return err_nomem(err);
  return code == E_NO_PROFILE ? config_set_default(config, NULL, err) : E_OK;
}

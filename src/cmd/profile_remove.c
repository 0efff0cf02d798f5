/* fob profile remove: deletes a profile's file. Deliberately no way to leave a
 * credential behind that nothing names any more. */
#include "cmd/profile.h"

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/logout.h"
#include "cmd/ui.h"
#include "store/cache.h"

#include <string.h>

struct options {
  bool logout, local;
};

static const struct opt opts[] = {
    {"logout", 0, OPT_FLAG, offsetof(struct options, logout), NULL,
     "first revoke and forget the credential, as fob logout does", 0, NULL, 0},
    {"local", 0, OPT_FLAG, offsetof(struct options, local), NULL,
     "first forget the credential without telling the server", 0, NULL, 0},
    OPT_END,
};

static enum code refuse(const struct profile *profile,
                        const struct store *store, struct err *err)
{
  (void)err_set(err, E_USAGE, "'%s' still has a credential, in %s",
                profile->name, store_describe(store));
  err_hint(err, "fob profile remove %s --logout   revokes it first",
           profile->name);
  err_hint(err, "fob profile remove %s --local    forgets it here alone",
           profile->name);
  return E_USAGE;
}

/* A profile without a stated store has never been logged in to by fob, so an
 * absent keyring holds nothing of it. */
static enum code check_empty(struct ctx *ctx, const struct profile *profile,
                             struct err *err)
{
  AUTO(store) store = NULL;
  AUTO(record) record = NULL;
  enum code code = ctx_store(ctx, profile, NULL, &store, err);

  if (code != E_OK)
    return code;
  code = store_get(store, profile->name, &record, err);
  if (code == E_OK || code == E_STORE_BROKEN)
    return refuse(profile, store, err);
  if (code == E_NO_CREDENTIAL ||
      (code == E_STORE_ABSENT && profile->store == NULL)) {
    err_clear(err);
    return E_OK;
  }
  err_prefix(
      err, "cannot tell whether '%s' still has a credential: ", profile->name);
  return code;
}

static enum code load(const char *name, struct profile **ret_profile,
                      struct err *err)
{
  enum code code = profile_load(ret_profile, name, err);

  if (code == E_OK && (*ret_profile)->read_only)
    return err_set(err, E_PROFILE, "profile '%s' is read-only: it lies in '%s'",
                   name, (*ret_profile)->path);
  return code;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;
  AUTO(profile) profile = NULL;
  struct operands rest = *operands;
  const char *name;
  enum code code = profile_operand(ctx, &cmd_profile_remove, &rest, &name, err);

  if (code == E_OK)
    code = profile_no_more(&cmd_profile_remove, &rest, err);
  if (code != E_OK)
    return code;
  if (o->logout && o->local)
    return err_set(err, E_USAGE, "--logout and --local exclude each other");

  code = load(name, &profile, err);
  if (code == E_NO_PROFILE && profile_name_valid(name)) {
    err_clear(err);
    log_note("there is no profile '%s'", name);
    return E_OK;
  }
  if (code == E_OK && (o->logout || o->local))
    code = logout_profile(ctx, profile, o->local, err);
  else if (code == E_OK)
    code = check_empty(ctx, profile, err);
  if (code == E_OK)
    code = profile_remove_file(ctx, name, err);
  if (code == E_OK && log_level() != LOG_QUIET)
    ui_say_lead(UI_GREEN, "Removed:", " profile %s", name);
  return code;
}

const struct cmd cmd_profile_remove = {
    .name = "remove",
    .usage_name = "profile remove",
    .summary = "Remove a profile that has no credential any more",
    .usage = "NAME [--logout | --local]",
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};

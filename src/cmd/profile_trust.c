/* fob profile trust: lets a login that was made before go where the profile
 * says now. The person sees the difference first; the lock is not held while
 * they think, so that the record is compared once more under it. */
#include "cmd/profile.h"

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "store/cache.h"

#include <string.h>

struct options {
  bool yes;
};

static const struct opt opts[] = {
    {"yes", 'y', OPT_FLAG, offsetof(struct options, yes), NULL, "do not ask", 0,
     NULL, 0},
    OPT_END,
};

/* What the profile and the login differ in, as session_check_bound() tells it:
 * a message, the differences a line each, and last the commands that settle it,
 * which is what happens here. code is E_OK when there is none. */
static enum code compare(const struct profile *profile, struct store *store,
                         struct record **ret_record, struct err *ret_difference,
                         struct err *err)
{
  struct err difference = ERR_INIT;
  enum code code = store_get(store, profile->name, ret_record, err);

  if (code != E_OK)
    return code;
  code = session_check_bound(profile, *ret_record, &difference);
  if (code != E_OK && code != E_PROFILE_CHANGED) {
    *err = difference;
    return code;
  }
  char *last = strrchr(difference.hint, '\n');
  *(last != NULL ? last : difference.hint) = '\0';
  *ret_difference = difference;
  return E_OK;
}

static void show(const struct err *difference)
{
  ui_say("%s", difference->message);
  for (const char *at = difference->hint; *at != '\0';) {
    size_t len = strcspn(at, "\n");
    ui_say("     %.*s", (int)len, at);
    at += len + (at[len] == '\n');
  }
}

static enum code ask(const struct profile *profile,
                     const struct err *difference, bool *ret_yes,
                     struct err *err)
{
  AUTO_STR char *question = NULL;

  if (!ui_can_ask()) {
    *err = *difference;
    err_hint(err, "fob profile trust %s --yes   agrees to it without a person",
             profile->name);
    return E_PROFILE_CHANGED;
  }
  show(difference);
  question = mem_printf("Send the credential of '%s' there from now on?",
                        profile->name);
  return question != NULL ? ui_confirm(question, ret_yes, err) : err_nomem(err);
}

static enum code rebind(const struct profile *profile, struct store *store,
                        const struct err *agreed, struct err *err)
{
  AUTO(lock) lock = NULL;
  AUTO(record) record = NULL;
  struct err difference = ERR_INIT;
  enum code code = store_lock(store, profile->name, &lock, err);

  if (code == E_OK)
    code = compare(profile, store, &record, &difference, err);
  if (code != E_OK || difference.code == E_OK)
    return code;
  if (strcmp(difference.message, agreed->message) != 0 ||
      strcmp(difference.hint, agreed->hint) != 0) {
    (void)err_set(err, E_PROFILE_CHANGED,
                  "the login of '%s' changed meanwhile; nothing is trusted",
                  profile->name);
    err_hint(err, "fob profile trust %s", profile->name);
    return E_PROFILE_CHANGED;
  }
  code = session_rebind(profile, record, err);
  return code == E_OK ? store_put(store, profile->name, record, err) : code;
}

static enum code trust(struct ctx *ctx, const struct profile *profile, bool yes,
                       struct err *err)
{
  AUTO(store) store = NULL;
  AUTO(record) record = NULL;
  struct err difference = ERR_INIT;
  enum code code = ctx_store(ctx, profile, NULL, &store, err);

  if (code == E_OK)
    code = compare(profile, store, &record, &difference, err);
  if (code != E_OK)
    return code;
  if (difference.code == E_OK) {
    if (log_level() != LOG_QUIET)
      ui_say("The login of %s was made with what the profile says: nothing to "
             "agree to.",
             profile->name);
    return E_OK;
  }
  if (yes)
    show(&difference);
  else
    code = ask(profile, &difference, &yes, err);
  if (code != E_OK)
    return code;
  if (!yes)
    return err_set(err, E_PROFILE_CHANGED, "not trusted: nothing was changed");

  code = rebind(profile, store, &difference, err);
  if (code != E_OK)
    return code;
  cache_drop(profile->name);
  if (log_level() != LOG_QUIET)
    ui_say_lead(UI_GREEN, "Trusted:",
                " the credential of %s goes where the profile says now",
                profile->name);
  return E_OK;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;
  AUTO(profile) profile = NULL;
  struct operands rest = *operands;
  const char *name;
  enum code code = profile_operand(ctx, &cmd_profile_trust, &rest, &name, err);

  if (code == E_OK)
    code = profile_no_more(&cmd_profile_trust, &rest, err);
  if (code == E_OK)
    code = profile_load(&profile, name, err);
  if (code == E_OK)
    code = profile_check_urls(profile, err);
  return code == E_OK ? trust(ctx, profile, o->yes, err) : code;
}

const struct cmd cmd_profile_trust = {
    .name = "trust",
    .usage_name = "profile trust",
    .summary = "Agree that a login is used where the changed profile says",
    .usage = "NAME [--yes]",
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};

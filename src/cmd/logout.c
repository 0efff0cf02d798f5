/* fob logout: revoke at the server, then forget. The local copy goes even when
 * the server could not be told, unless --require-revoke keeps it; which of the
 * two happened is always said. */
#include "cmd/logout.h"

#include "api/answers.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/logout_client.h"
#include "cmd/profile.h"
#include "cmd/ui.h"
#include "oauth/revoke.h"

#include <string.h>

struct options {
  bool all, local, require_revoke, purge, end_session;
};

#define AT(member) offsetof(struct options, member)

static const struct opt opts[] = {
    {"all", 0, OPT_FLAG, AT(all), NULL,
     "log out of every profile, going on past failures", 0, NULL, 0},
    {"local", 0, OPT_FLAG, AT(local), NULL,
     "forget without telling the server: the tokens stay valid there", 0, NULL,
     0},
    {"require-revoke", 0, OPT_FLAG, AT(require_revoke), NULL,
     "keep the local copy when the server could not be told", 0, NULL, 0},
    {"end-session", 0, OPT_FLAG, AT(end_session), NULL,
     "then end the session at the server too, with a browser", 0, NULL, 0},
    {"purge", 0, OPT_FLAG, AT(purge), NULL,
     "remove the profile, its state and cached tokens too", 0, NULL, 0},
    OPT_END,
};

/* *ret_code: what the server part came to; its message is left in err. */
static enum code revoke(struct ctx *ctx, const struct profile *profile,
                        const struct record *record,
                        enum revoke_result *ret_result, struct err *err)
{
  struct http_options options;
  AUTO(http) http = NULL;
  enum code code;

  *ret_result = REVOKE_NOT_OFFERED;
  if (strcmp(record->grant, "token") == 0)
    return E_OK;
  code = ctx_http_options(ctx, profile, &options, err);
  if (code == E_OK)
    code = http_new(&http, &options, err);
  return code == E_OK ? revoke_record(ret_result, http, profile, record, err)
                      : code;
}

static void say_gone(const struct profile *profile, const struct store *store,
                     const struct options *options, enum revoke_result result)
{
  const char *page = ctx_page(profile, "manage_url");

  if (log_level() == LOG_QUIET)
    return;
  if (result == REVOKE_DONE) {
    ui_say_lead(UI_GREEN, "Logged out:",
                " %s, revoked at the server and removed from %s.",
                profile->name, store_describe(store));
    return;
  }
  ui_say_lead(UI_GREEN, "Removed:", " the credential of %s, from %s.",
              profile->name, store_describe(store));
  ui_say("  %s%s%s",
         options->local ? "The server was not told: it stays valid there"
                        : "The server cannot be told from here: it stays valid "
                          "there",
         page != NULL ? " until you revoke it at " : " until it expires.",
         page != NULL ? page : "");
}

/* Removes the profile's file and what is named after it. */
static enum code purge(struct ctx *ctx, const struct profile *profile,
                       struct err *err)
{
  if (profile->read_only) {
    log_note("the profile '%s' stays: it lies in '%s'", profile->name,
             profile->path);
    return E_OK;
  }
  enum code code = profile_remove_file(ctx, profile->name, err);
  if (code == E_OK && log_level() != LOG_QUIET)
    ui_say_lead(UI_GREEN, "Removed:", " profile %s", profile->name);
  return code;
}

/* What cannot be read cannot be revoked: as when the server failed. */
static enum code tell_server(struct ctx *ctx, const struct profile *profile,
                             const struct record *record,
                             const struct options *options,
                             enum revoke_result *ret_result, struct err *err)
{
  if (options->local) {
    err_clear(err);
    return E_OK;
  }
  return record != NULL ? revoke(ctx, profile, record, ret_result, err)
                        : E_STORE_BROKEN;
}

/* ret_session: what ends the session, where that is wanted and known. */
static enum code forget(struct ctx *ctx, const struct profile *profile,
                        struct store *store, const struct options *options,
                        struct end_session *ret_session, struct err *err)
{
  enum revoke_result result = REVOKE_NOT_OFFERED;
  enum client_end end = CLIENT_NOT_OURS;
  AUTO(record) record = NULL;
  enum code code = store_get(store, profile->name, &record, err);

  if (code == E_NO_CREDENTIAL) {
    err_clear(err);
    cache_drop(profile->name);
    answers_drop(profile->name);
    if (log_level() != LOG_QUIET)
      ui_say("Nothing is stored for %s.", profile->name);
    return E_OK;
  }
  if (code != E_OK && code != E_STORE_BROKEN)
    return code;
  enum code server = tell_server(ctx, profile, record, options, &result, err);
  if (server == E_SIGNAL || (server != E_OK && options->require_revoke)) {
    err_prefix(err, "'%s' is still logged in: ", profile->name);
    return server;
  }

  struct err local = ERR_INIT;
  if (options->end_session && record != NULL) {
    code = end_session_take(ret_session, record, &local);
    if (code != E_OK) {
      *err = local;
      return code;
    }
  }
  code = store_delete(store, profile->name, NULL, &local);
  cache_drop(profile->name);
  answers_drop(profile->name);
  if (code != E_OK) {
    *err = local;
    return code;
  }
  if (record != NULL)
    code = logout_client(ctx, profile, record, options->local, &end, &local);
  if (server == E_OAUTH && end == CLIENT_DELETED &&
      strcmp(err->oauth_error, "invalid_client") == 0) {
    /* RFC 7592 §2.3: a client that is not there has no tokens either */
    err_clear(err);
    server = E_OK;
    result = REVOKE_DONE;
  }
  if (server == E_OK) {
    say_gone(profile, store, options, result);
    if (code == E_OK)
      code = logout_client_say(profile, end, &local);
    if (code != E_OK)
      *err = local;
    return code;
  }
  const char *page = ctx_page(profile, "manage_url");
  err_prefix(err, "'%s' is removed from %s, but not revoked: ", profile->name,
             store_describe(store));
  if (page != NULL)
    err_hint(err, "revoke it at %s", page);
  return server;
}

/* Under the credential's lock, which does not wait for a browser. */
static enum code forget_locked(struct ctx *ctx, const struct profile *profile,
                               const struct options *options,
                               struct end_session *ret_session, struct err *err)
{
  AUTO(store) store = NULL;
  AUTO(lock) lock = NULL;
  enum code code = ctx_store(ctx, profile, NULL, &store, err);

  if (code == E_OK)
    code = store_lock(store, profile->name, &lock, err);
  return code == E_OK ? forget(ctx, profile, store, options, ret_session, err)
                      : code;
}

/* What revoking came to decides, if it failed; the session is ended all the
 * same, once the login is forgotten. */
static enum code end_session(struct ctx *ctx, const struct profile *profile,
                             const struct end_session *session, enum code first,
                             struct err *err)
{
  struct err failed = ERR_INIT;
  enum code code;

  if (first == E_SIGNAL || !session->taken)
    return first;
  code = logout_end_session(ctx, profile, session, &failed);
  if (code == E_OK)
    return first;
  err_prefix(&failed,
             "'%s' is logged out, but not at its server: ", profile->name);
  if (first == E_OK || code == E_SIGNAL) {
    *err = failed;
    return code;
  }
  log_warn("%s", failed.message);
  return first;
}

static enum code log_out(struct ctx *ctx, const struct profile *profile,
                         const struct options *options, struct err *err)
{
  AUTO_END_SESSION struct end_session session = {0};
  enum code code = forget_locked(ctx, profile, options, &session, err);

  if (options->end_session)
    code = end_session(ctx, profile, &session, code, err);
  if (code == E_OK && options->purge)
    code = purge(ctx, profile, err);
  return code;
}

enum code logout_profile(struct ctx *ctx, const struct profile *profile,
                         bool local, struct err *err)
{
  const struct options options = {.local = local};

  return log_out(ctx, profile, &options, err);
}

/* Every profile is tried; the first failure decides the exit status. */
static enum code log_out_all(struct ctx *ctx, const struct options *options,
                             struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  enum code first = profile_names(&names, err);

  for (size_t i = 0; i < names.count; i++) {
    AUTO(profile) profile = NULL;
    struct err failed = ERR_INIT;
    enum code code = profile_load(&profile, names.items[i], &failed);

    if (code == E_OK)
      code = log_out(ctx, profile, options, &failed);
    if (code == E_SIGNAL) {
      *err = failed;
      return code;
    }
    if (code != E_OK && first != E_OK) /* an error, --quiet or not */
      log_line(LOG_QUIET, "%s", failed.message);
    if (code != E_OK && first == E_OK) {
      *err = failed;
      first = code;
    }
  }
  return first;
}

/* Logging out of what is not there is done already. */
static enum code nothing_there(const struct ctx *ctx, struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  struct err ignored = ERR_INIT;
  const char *name = ctx->globals.profile;
  bool none = profile_names(&names, &ignored) == E_OK && names.count == 0;

  if (name == NULL && !none)
    return E_NO_PROFILE; /* FOB_PROFILE or config.json is wrong */
  err_clear(err);
  if (name != NULL)
    log_note("there is no profile '%s'", name);
  else
    log_note("there is no profile");
  return E_OK;
}

static enum code log_out_one(struct ctx *ctx, const struct options *options,
                             struct err *err)
{
  AUTO_SELECTION struct selection selection = {0};
  enum code code = ctx_select(ctx, NULL, &selection, err);

  if (code == E_NO_PROFILE)
    return nothing_there(ctx, err);
  if (code != E_OK)
    return code;
  if (selection.env != NULL && selection.env->api != NULL) {
    (void)err_set(err, E_USAGE,
                  "the credential is FOB_TOKEN's, and that is not fob's to "
                  "forget");
    err_hint(err, "unset FOB_TOKEN   or   fob logout -p NAME");
    return E_USAGE;
  }
  code = log_out(ctx, selection.profile, options, err);
  if (code == E_OK && selection.env != NULL)
    log_warn("FOB_TOKEN is set and goes on to serve as the credential of '%s'",
             selection.profile->name);
  return code;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;

  if (operands->count > 0) {
    (void)err_set(err, E_USAGE, "logout takes no argument, not '%s'",
                  operands->items[0]);
    err_hint(err, "fob logout -p NAME");
    return E_USAGE;
  }
  if (o->local && o->require_revoke)
    return err_set(err, E_USAGE,
                   "--local and --require-revoke exclude each other");
  if (o->local && o->end_session)
    return err_set(err, E_USAGE,
                   "--local and --end-session exclude each other");
  if (o->all && ctx->globals.profile != NULL)
    return err_set(err, E_USAGE, "--all and -p exclude each other");
  return o->all ? log_out_all(ctx, o, err) : log_out_one(ctx, o, err);
}

const struct cmd cmd_logout = {
    .name = "logout",
    .usage_name = "logout",
    .summary = "Revoke the credential at the server and forget it",
    .usage = "[-p NAME | --all] [options]",
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};

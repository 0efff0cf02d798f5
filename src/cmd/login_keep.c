/* Keeping what a login brought. The store comes first and the profile second,
 * with the old record put back when the profile cannot be written: at no point
 * does a profile stand beside a credential that was made for another one. */
#include "cmd/login.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/issuer.h"

#include <stdlib.h>
#include <string.h>

static const char *env_text(const char *name)
{
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool has_key_source(const struct config *config)
{
  return env_text("FOB_STORE_KEY") != NULL ||
         env_text("FOB_STORE_KEY_FILE") != NULL ||
         config->store_key_file != NULL;
}

static enum code absent(const struct login *login, struct err *err)
{
  (void)err_set(err, E_STORE_ABSENT,
                "no keyring answers here, and no other store was chosen for "
                "'%s'",
                login->profile->name);
  err_hint(err, "add  --store file   to keep the credential in an encrypted "
                "file");
  return E_STORE_ABSENT;
}

/* The one case in which fob chooses the file by itself: a new profile, no
 * keyring to be had, and a person who reads that it does. */
static enum code choose_fallback(struct login *login,
                                 const struct config *config, struct err *err)
{
  if (store_keyring_present()) {
    login->store_kind = "keyring";
    return E_OK;
  }
  if (!ui_can_ask() && !has_key_source(config))
    return absent(login, err);
  login->store_kind = "file";
  ui_say("No keyring answers here: the credential goes into an encrypted "
         "file%s.",
         has_key_source(config)
             ? ""
             : ", its key beside it (that guards backups, not the account)");
  return E_OK;
}

enum code login_choose_store(struct login *login, struct err *err)
{
  const struct profile *profile = login->profile;
  const char *wished = login->options->store != NULL ? login->options->store
                                                     : env_text("FOB_STORE");
  struct config *config;
  enum code code = ctx_config(login->ctx, &config, err);

  if (code != E_OK)
    return code;
  if (wished != NULL && strcmp(wished, "keyring") != 0 &&
      strcmp(wished, "file") != 0)
    return err_set(err, E_ENVIRONMENT, "FOB_STORE is keyring or file, not '%s'",
                   wished);
  if (wished != NULL)
    login->store_kind = wished;
  else if (profile->store != NULL)
    login->store_kind = profile->store;
  else if (config->store != NULL)
    login->store_kind = config->store;
  else if (profile->path == NULL)
    return choose_fallback(login, config, err);
  else
    login->store_kind = "keyring";
  return E_OK;
}

enum code login_old_record(struct login *login, struct record **ret_record,
                           struct err *err)
{
  const char *kind =
      login->profile->store != NULL ? login->profile->store : login->store_kind;
  AUTO(store) store = NULL;
  enum code code = ctx_store(login->ctx, login->profile, kind, &store, err);

  if (code == E_OK)
    code = store_get(store, login->profile->name, ret_record, err);
  if (code == E_NO_CREDENTIAL || code == E_STORE_BROKEN) {
    err_clear(err);
    return E_OK;
  }
  return code;
}

/* Another account needs a word from the person (CONTRACT §2, login). */
static enum code compare_accounts(const struct login *login,
                                  const struct record *old,
                                  const struct record *new_record,
                                  struct err *err)
{
  const char *was = old->account_sub, *is = new_record->account_sub;
  const char *was_label = old->account_label != NULL ? old->account_label : was;
  const char *is_label =
      new_record->account_label != NULL ? new_record->account_label : is;
  bool yes = login->options->switch_account || login->options->yes;

  if (was == NULL || is == NULL || strcmp(was, is) == 0 || yes)
    return E_OK;
  if (ui_can_ask()) {
    AUTO_STR char *question =
        mem_printf("'%s' was logged in as %s, this login is %s. Replace it?",
                   login->profile->name, was_label, is_label);
    if (question == NULL)
      return err_nomem(err);
    enum code code = ui_confirm(question, &yes, err);
    if (code != E_OK || yes)
      return code;
  }
  (void)err_set(err, E_ACCOUNT,
                "'%s' was logged in as %s, this login is %s: nothing is stored",
                login->profile->name, was_label, is_label);
  err_hint(err, "add  --switch-account   or keep both, with another name:  -p "
                "NAME");
  return E_ACCOUNT;
}

/* Members of the profile that only the login can tell. */
static enum code complete_profile(struct login *login,
                                  const struct login_result *result,
                                  struct err *err)
{
  enum code code = E_OK;

  if (login->profile->store == NULL ||
      strcmp(login->profile->store, login->store_kind) != 0) {
    AUTO_JSON json_t *value = json_string(login->store_kind);
    code = value == NULL ? err_nomem(err)
                         : profile_set(&login->profile, "store", value, err);
  }
  /* Rule 9: the server's own spelling, from now on exact. */
  if (code == E_OK && result->issuer != NULL &&
      login->profile->issuer != NULL &&
      issuer_compare(login->profile->issuer, result->issuer) == ISSUER_SLASH) {
    AUTO_JSON json_t *value = json_string(result->issuer);
    log_note("the server spells its issuer '%s', and so does '%s' now",
             result->issuer, login->profile->name);
    code = value == NULL ? err_nomem(err)
                         : profile_set(&login->profile, "issuer", value, err);
  }
  return code;
}

/* What the new record takes over from the old one or from this command. */
static enum code complete_record(struct login *login, const struct record *old,
                                 struct record *record, struct err *err)
{
  enum code code = E_OK;

  record->generation = old != NULL ? old->generation + 1 : 1;
  if (login->client_secret_given && record->client_secret == NULL)
    code = secret_copy(&record->client_secret, login->client_secret, err);
  else if (old != NULL && old->client_secret != NULL &&
           record->client_secret == NULL && login->method != LOGIN_PAT)
    code = secret_copy(&record->client_secret, old->client_secret, err);
  return code;
}

/* The store as it was, after the profile could not be saved. */
static void put_back(struct store *store, const char *profile,
                     const struct record *old, struct err *err)
{
  struct err failed = ERR_INIT;
  enum code code = old != NULL ? store_put(store, profile, old, &failed)
                               : store_delete(store, profile, NULL, &failed);

  if (code != E_OK)
    err_hint(err, "and the store could not be put back: %s", failed.message);
}

/* The credential moves: the store that it was in forgets it. */
static void leave_old_store(struct login *login, const char *kind)
{
  const char *name = login->profile->name;
  AUTO(store) store = NULL;
  struct err failed = ERR_INIT;

  if (ctx_store(login->ctx, login->profile, kind, &store, &failed) != E_OK ||
      store_delete(store, name, NULL, &failed) != E_OK)
    log_warn("the old credential of '%s' is still in its %s: %s", name, kind,
             failed.message);
}

static enum code store_and_save(struct login *login, struct store *store,
                                struct login_result *result, struct err *err)
{
  AUTO(record) old = NULL;
  AUTO_STR char *old_kind = mem_str(login->profile->store);
  bool moves = old_kind != NULL && strcmp(old_kind, login->store_kind) != 0;
  enum code code = login->profile->store != NULL && old_kind == NULL
                       ? err_nomem(err)
                       : login_old_record(login, &old, err);

  if (code == E_OK && old != NULL)
    code = compare_accounts(login, old, result->record, err);
  if (code == E_OK)
    code = complete_record(login, old, result->record, err);
  if (code == E_OK)
    code = complete_profile(login, result, err);
  if (code == E_OK)
    code = store_put(store, login->profile->name, result->record, err);
  if (code != E_OK)
    return code;

  code = profile_save(login->profile, err);
  if (code != E_OK) {
    put_back(store, login->profile->name, moves ? NULL : old, err);
    return code;
  }
  cache_drop(login->profile->name);
  if (moves)
    leave_old_store(login, old_kind);
  return E_OK;
}

enum code login_keep(struct login *login, struct login_result *result,
                     struct err *err)
{
  AUTO(store) store = NULL;
  AUTO(lock) lock = NULL;
  enum code code =
      ctx_store(login->ctx, login->profile, login->store_kind, &store, err);

  if (code == E_OK)
    code = store_lock(store, login->profile->name, &lock, err);
  return code == E_OK ? store_and_save(login, store, result, err) : code;
}

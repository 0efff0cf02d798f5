/* Keeping what a login brought. The store comes first and the profile second,
 * with the old record put back when the profile cannot be written: at no point
 * does a profile stand beside a credential that was made for another one. */
#include "cmd/login.h"

#include "api/answers.h"
#include "base/env.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/issuer.h"

#include <string.h>

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
  login_hint_again(login, err, "--store file   keeps it in an encrypted file");
  return E_STORE_ABSENT;
}

/* The one case in which fob chooses the file by itself: a new profile, no
 * keyring to be had, and a person who reads that it does. */
static enum code choose_fallback(const struct login *login,
                                 const struct config *config,
                                 const char **ret_kind, struct err *err)
{
  *ret_kind = "keyring";
  if (store_keyring_present())
    return E_OK;
  if (!ui_can_ask() && !has_key_source(config))
    return absent(login, err);
  *ret_kind = "file";
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
  const char *kind = "keyring";
  struct config *config;
  enum code code = ctx_config(login->ctx, &config, err);

  if (code != E_OK)
    return code;
  if (wished != NULL && strcmp(wished, "keyring") != 0 &&
      strcmp(wished, "file") != 0)
    return err_set(err, E_ENVIRONMENT, "FOB_STORE is keyring or file, not '%s'",
                   wished);
  if (wished != NULL)
    kind = wished;
  else if (profile->store != NULL)
    kind = profile->store;
  else if (config->store != NULL)
    kind = config->store;
  else if (profile->path == NULL)
    code = choose_fallback(login, config, &kind, err);
  if (code != E_OK)
    return code;
  mem_free(login->store_kind);
  login->store_kind = mem_str(kind); /* the profile will be another one */
  return login->store_kind == NULL ? err_nomem(err) : E_OK;
}

/* Is the credential to be kept elsewhere than it is? */
static bool moves(const struct login *login)
{
  return login->profile->store != NULL && !login->is_new &&
         strcmp(login->profile->store, login->store_kind) != 0;
}

enum code login_old_record(struct login *login, struct record **ret_record,
                           struct err *err)
{
  const char *kind =
      login->profile->store != NULL ? login->profile->store : login->store_kind;
  AUTO(store) store = NULL;

  if (login->old_unreadable)
    return E_OK;
  enum code code = ctx_store(login->ctx, login->profile, kind, &store, err);
  if (code == E_OK)
    code = store_get(store, login->profile->name, ret_record, err);
  if (code == E_NO_CREDENTIAL || code == E_STORE_BROKEN) {
    err_clear(err);
    return E_OK;
  }
  /* Leaving a store that does not answer is what helps. */
  if (err_status(code) == err_status(E_STORE_ABSENT) && moves(login)) {
    log_warn("what %s may hold of '%s' is left there: %s",
             store_describe(store), login->profile->name, err->message);
    err_clear(err);
    login->old_unreadable = true;
    return E_OK;
  }
  return code;
}

static bool same_account(const struct record *a, const struct record *b)
{
  return a == NULL || b == NULL || a->account_sub == NULL ||
         b->account_sub == NULL || strcmp(a->account_sub, b->account_sub) == 0;
}

static const char *account_of(const struct record *record)
{
  return record->account_label != NULL ? record->account_label
                                       : record->account_sub;
}

/* Another account needs a word from the person (CONTRACT §2, login). Asked
 * before the credential is locked: nobody else waits for the answer. */
static enum code compare_accounts(const struct login *login,
                                  const struct record *old,
                                  const struct record *new_record,
                                  struct err *err)
{
  bool yes = login->options->switch_account || login->options->yes;

  if (yes || same_account(old, new_record))
    return E_OK;
  if (ui_can_ask()) {
    AUTO_STR char *question = mem_printf(
        "'%s' was logged in as %s, this login is %s. Replace it?",
        login->profile->name, account_of(old), account_of(new_record));
    if (question == NULL)
      return err_nomem(err);
    enum code code = ui_confirm(question, &yes, err);
    if (code != E_OK || yes)
      return code;
  }
  (void)err_set(err, E_ACCOUNT,
                "'%s' was logged in as %s, this login is %s: nothing is stored",
                login->profile->name, account_of(old), account_of(new_record));
  login_hint_again(login, err, "--switch-account");
  err_hint(err, "or keep both: give this login another name, -p NAME");
  return E_ACCOUNT;
}

/* An opaque token does not say that it is bound to the certificate, and no
 * later command reads the server's metadata. */
static enum code note_binding(struct login *login, struct err *err)
{
  static const char member[] =
      "metadata.tls_client_certificate_bound_access_tokens";

  if (login->read_only == NULL)
    return login_set(login, member, json_true(), err);
  log_warn("the tokens of '%s' are bound to the client's certificate, which "
           "its profile has to say: '%s'",
           login->profile->name, member);
  return E_OK;
}

/* Members of the profile that only the login can tell. */
static enum code complete_profile(struct login *login,
                                  const struct login_result *result,
                                  struct err *err)
{
  const char *stated = login->profile->store;
  enum code code = E_OK;

  if (login->read_only != NULL) /* it is what it is, and looked for by that */
    stated = ctx_store_kind(login->ctx, login->profile);
  if (stated == NULL || strcmp(stated, login->store_kind) != 0)
    code = login_set_text(login, "store", login->store_kind, err);
  /* Rule 9: the server's own spelling, from now on exact. */
  if (code == E_OK && login->read_only == NULL && result->issuer != NULL &&
      login->profile->issuer != NULL &&
      issuer_compare(login->profile->issuer, result->issuer) == ISSUER_SLASH) {
    log_note("the server spells its issuer '%s', and so does '%s' now",
             result->issuer, login->profile->name);
    code = login_set_text(login, "issuer", result->issuer, err);
  }
  return code == E_OK && result->binds ? note_binding(login, err) : code;
}

enum code login_keep_secrets(const struct login *login, struct record *record,
                             struct err *err)
{
  enum code code = E_OK;

  if (login->client_secret_given && record->client_secret == NULL)
    code = secret_copy(&record->client_secret, login->client_secret, err);
  if (code == E_OK && login->signing_key != NULL && record->signing_key == NULL)
    code = secret_copy(&record->signing_key, login->signing_key, err);
  return code;
}

/* What the new record takes over from the old one or from this command. */
static enum code complete_record(struct login *login, const struct record *old,
                                 struct record *record, struct err *err)
{
  enum code code = login_keep_secrets(login, record, err);

  record->generation = old != NULL ? old->generation + 1 : 1;
  return code == E_OK && login->method != LOGIN_PAT
             ? login_keep_client(login, old, record, err)
             : code;
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

/* A profile that cannot be written is good as it is, or not at all. */
static enum code save_profile(struct login *login, struct err *err)
{
  AUTO(lock) lock = NULL;

  if (login->read_only != NULL &&
      json_equal(login->read_only, login->profile->own))
    return E_OK;
  enum code code = profile_lock(&lock, err);
  return code == E_OK ? profile_save(login->profile, err) : code;
}

static enum code store_and_save(struct login *login, struct store *store,
                                const struct record *asked_about,
                                struct login_result *result, struct err *err)
{
  AUTO(record) old = NULL;
  AUTO_STR char *old_kind =
      moves(login) ? mem_str(login->profile->store) : NULL;
  bool leaves = moves(login);
  enum code code = leaves && old_kind == NULL
                       ? err_nomem(err)
                       : login_old_record(login, &old, err);

  /* Somebody else logged in while this person was asked. */
  if (code == E_OK && !same_account(asked_about, old))
    code = compare_accounts(login, old, result->record, err);
  if (code == E_OK)
    code = complete_record(login, old, result->record, err);
  if (code == E_OK)
    code = complete_profile(login, result, err);
  if (code == E_OK)
    code = store_put(store, login->profile->name, result->record, err);
  if (code != E_OK)
    return code;

  code = save_profile(login, err);
  if (code != E_OK) {
    put_back(store, login->profile->name, leaves ? NULL : old, err);
    return code;
  }
  cache_drop(login->profile->name);
  answers_drop(login->profile->name);
  if (leaves && !login->old_unreadable)
    leave_old_store(login, old_kind);
  return E_OK;
}

enum code login_keep(struct login *login, const struct record *old,
                     struct login_result *result, struct err *err)
{
  AUTO(store) store = NULL;
  AUTO(lock) lock = NULL;
  enum code code = compare_accounts(login, old, result->record, err);

  if (code == E_OK)
    code = login_take_bases(login, result->record, err);
  if (code == E_OK)
    code =
        ctx_store(login->ctx, login->profile, login->store_kind, &store, err);
  if (code == E_OK)
    code = store_lock(store, login->profile->name, &lock, err);
  return code == E_OK ? store_and_save(login, store, old, result, err) : code;
}

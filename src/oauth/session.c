/* Where a token comes from, in order: the environment, a job's identity, the
 * kernel's cache, the store, one refresh. The first and the cache need neither
 * libcurl nor PSA, and no file but the profile, which the caller has read. */
#include "oauth/session.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "oauth/present.h"
#include "oauth/refresh.h"
#include "oauth/scope.h"
#include "oauth/session_identity.h"
#include "oauth/validity.h"

#include <string.h>

enum { CACHE_LIFETIME_MAX = 24 * 3600 };

void session_token_clear(struct session_token *token)
{
  secret_free(token->token);
  secret_free(token->dpop_key);
  secret_free(token->header_value);
  mem_free(token->token_type);
  mem_free(token->scope);
  mem_free(token->header_name);
  mem_free(token->query_name);
  mem_free(token->issuer);
  mem_free(token->login);
  mem_free(token->cert);
  mem_free(token->cert_key);
  *token = (struct session_token){0};
}

/* --- names of what is asked for ---------------------------------------- */

static void key_list(struct buf *key, const char *name,
                     const struct text_list *values)
{
  for (size_t i = 0; values && i < values->count; i++)
    codec_form_pair(key, name, values->items[i]);
}

/* record_access's key: "" for the profile's own, else all that was asked, the
 * scope as a set. */
static enum code make_key(char **ret_key, const struct session_ask *ask,
                          struct err *err)
{
  AUTO_BUF struct buf key = BUF_INIT(BUF_URL);
  AUTO_STR char *scope = NULL;

  if (ask->scope) {
    enum code code = scope_sorted(&scope, ask->scope, err);

    if (code != E_OK)
      return code;
    codec_form_pair(&key, "scope", scope);
  }
  key_list(&key, "resource", ask->resource);
  key_list(&key, "audience", ask->audience);
  return buf_detach(&key, ret_key, NULL, err);
}

struct names {
  char *key;
  char *shape; /* the cache's name: the key and the store's kind */
  char *stamp; /* the files that shaped the token, as of now */
};

static void names_clear(struct names *names)
{
  mem_free(names->key);
  mem_free(names->shape);
  mem_free(names->stamp);
}
#define AUTO_NAMES __attribute__((cleanup(names_clear)))

static const char *store_kind(const struct session *session)
{
  return session->store_kind ? session->store_kind : "keyring";
}

static enum code make_names(struct names *names, const struct session *session,
                            const struct session_ask *ask, struct err *err)
{
  const struct profile *profile = session->profile;
  enum code code = make_key(&names->key, ask, err);

  if (code != E_OK)
    return code;
  names->shape = mem_printf("%s\n%s", store_kind(session), names->key);
  names->stamp =
      mem_printf("%s|%s", profile->stamp.text, profile->preset_stamp.text);
  return names->shape && names->stamp ? E_OK : err_nomem(err);
}

/* --- filling the answer ------------------------------------------------ */

static enum code copy_text(char **to, const char *from, struct err *err)
{
  *to = mem_str(from);
  return *to || !from ? E_OK : err_nomem(err);
}

/* token is taken over, also on failure. */
static enum code fill(struct session_token *ret, struct secret *token,
                      const struct session *session, const char *type,
                      const char *scope, const char *issuer, struct err *err)
{
  enum code code;

  ret->token = token;
  code = copy_text(&ret->token_type, type ? type : "", err);
  if (code == E_OK)
    code = copy_text(&ret->scope, scope, err);
  if (code == E_OK)
    code = copy_text(&ret->issuer, issuer, err);
  if (code == E_OK)
    code = present_token(ret, session->profile, session->env, err);
  return code;
}

/* FOB_TOKEN, and what a person pasted (a PAT, a key, a password): as it is. */
static enum code fixed(struct session_token *ret, const struct secret *secret,
                       const struct session *session,
                       const struct session_ask *ask, const char *what,
                       struct err *err)
{
  struct secret *copy = NULL;
  enum code code;

  if (ask->scope || (ask->resource && ask->resource->count > 0) ||
      (ask->audience && ask->audience->count > 0))
    return err_set(err, E_USAGE,
                   "%s is as it is: --scope, --resource and --audience cannot "
                   "change it",
                   what);
  if (ask->rejected)
    return err_set(err, E_UNAUTHORIZED, "%s is not accepted (401)", what);
  code = secret_copy(&copy, secret, err);
  if (code != E_OK)
    return code;
  ret->issued_at = 0;
  ret->expires_at = CLOCK_NEVER;
  return fill(ret, copy, session, NULL, NULL, NULL, err);
}

static enum code from_env(struct session_token *ret,
                          const struct session *session,
                          const struct session_ask *ask, struct err *err)
{
  ret->source = "FOB_TOKEN";
  return fixed(ret, session->env->token, session, ask, "FOB_TOKEN", err);
}

static enum code from_secret(struct session_token *ret,
                             const struct record *record,
                             const struct session *session,
                             const struct session_ask *ask, struct err *err)
{
  AUTO_STR char *what = mem_printf("the token of '%s'", session->profile->name);
  enum code code;

  if (!what)
    return err_nomem(err);
  code = fixed(ret, record->secret, session, ask, what, err);
  if (code == E_UNAUTHORIZED)
    err_hint(err, "fob login -p %s", session->profile->name);
  if (code != E_OK)
    return code;
  ret->expires_at = record->secret_expires_at;
  ret->generation = record->generation;
  return copy_text(&ret->scope, record->scope_granted, err);
}

static enum code take_key(struct session_token *ret,
                          const struct record *record,
                          const struct profile *profile, struct err *err)
{
  if (record->dpop_key)
    return secret_copy(&ret->dpop_key, record->dpop_key, err);
  return err_set(err, E_STORE_BROKEN,
                 "the credential of '%s' is damaged: its token is bound to a "
                 "DPoP key that is not there",
                 profile->name);
}

/* By when it was made, and by and for whom: nothing that a refresh changes. */
static enum code name_login(char **ret_login, const struct record *record,
                            struct err *err)
{
  AUTO_BUF struct buf login = BUF_INIT(BUF_LINE);

  buf_printf(&login, "created=%lld", (long long)record->created);
  if (record->bound.client_id)
    codec_form_pair(&login, "client", record->bound.client_id);
  if (record->account_sub)
    codec_form_pair(&login, "sub", record->account_sub);
  return buf_detach(&login, ret_login, NULL, err);
}

static enum code from_access(struct session_token *ret,
                             const struct record *record,
                             const struct record_access *access,
                             const struct session *session, struct err *err)
{
  struct secret *copy = NULL;
  enum code code = name_login(&ret->login, record, err);

  if (code == E_OK)
    code = secret_copy(&copy, access->token, err);
  if (code != E_OK)
    return code;
  if (present_is_bound(access->token_type)) {
    code = take_key(ret, record, session->profile, err);
    if (code != E_OK) {
      secret_free(copy);
      return code;
    }
  }
  ret->issued_at = access->issued_at;
  ret->expires_at = access->expires_at;
  ret->generation = record->generation;
  return fill(ret, copy, session, access->token_type, access->scope,
              record->bound.issuer, err);
}

/* --- the kernel's cache ------------------------------------------------ */

static bool from_cache(struct session_token *ret, const struct session *session,
                       const struct session_ask *ask, const struct names *names)
{
  struct cache_entry entry = {0};
  bool hit =
      cache_get(session->profile->name, names->shape, names->stamp, &entry) &&
      validity_enough(entry.issued_at, entry.expires_at, ask->min_valid,
                      clock_wall()) &&
      present_is_bound(entry.token_type) == (entry.dpop_key != NULL);

  if (hit) {
    ret->issued_at = entry.issued_at;
    ret->expires_at = entry.expires_at;
    ret->generation = entry.generation;
    ret->source = "the kernel cache";
    ret->dpop_key = entry.dpop_key;
    entry.dpop_key = NULL;
    ret->login = entry.login;
    entry.login = NULL;
    hit = fill(ret, entry.token, session, entry.token_type, entry.scope,
               entry.issuer, NULL) == E_OK;
    entry.token = NULL;
  }
  cache_entry_clear(&entry);
  if (!hit) /* the store may do better */
    session_token_clear(ret);
  return hit;
}

static void to_cache(const struct session_token *token,
                     const struct session *session, const struct names *names)
{
  const struct profile *profile = session->profile;
  const struct cache_entry entry = {
      .token = token->token,
      .token_type = token->token_type,
      .scope = token->scope,
      .header_name = token->header_name,
      .header_value =
          profile->auth.in == AUTH_HEADER ? profile->auth.format : NULL,
      .issuer = token->issuer,
      .login = token->login,
      .dpop_key = token->dpop_key,
      .generation = token->generation,
      .issued_at = token->issued_at,
      .expires_at = token->expires_at};

  if (token->expires_at == CLOCK_NEVER || !entry.header_value ||
      token->expires_at - token->issued_at > CACHE_LIFETIME_MAX)
    return;
  cache_put(profile->name, names->shape, names->stamp, &entry);
}

/* --- the store --------------------------------------------------------- */

static enum code read_record(struct record **ret_record, struct store *store,
                             const struct profile *profile, struct err *err)
{
  enum code code = store_get(store, profile->name, ret_record, err);

  if (code == E_NO_CREDENTIAL) {
    (void)err_set(err, code, "not logged in to '%s'", profile->name);
    err_hint(err, "fob login -p %s", profile->name);
  }
  return code;
}

/* Rule 1.8: what was asked for and what came are compared as sets. */
static void report_scope(const struct session *session,
                         const struct session_ask *ask,
                         const struct session_token *token)
{
  const json_t *aliases = session->profile->token_response.scope_aliases;
  AUTO_STR char *less = NULL;
  AUTO_STR char *more = NULL;

  if (!ask->scope || !token->scope ||
      scope_missing(&less, ask->scope, token->scope, aliases, NULL) != E_OK ||
      scope_missing(&more, token->scope, ask->scope, aliases, NULL) != E_OK)
    return;
  if (less)
    log_warn("asked also for the scope '%s': not granted", less);
  if (more)
    log_warn("granted also the scope '%s', which was not asked for", more);
}

static enum code renew(struct session_token *ret, const struct session *session,
                       const struct session_ask *ask, const struct names *names,
                       struct store *store, uint64_t seen, struct err *err)
{
  const struct refresh_ask refresh = {.session = session,
                                      .ask = ask,
                                      .key = names->key,
                                      .store = store,
                                      .seen = seen};
  AUTO(record) record = NULL;
  const struct record_access *access;
  bool sent = false;
  enum code code = refresh_run(&refresh, &record, &sent, err);

  if (code != E_OK)
    return code;
  access = record_find(record, names->key);
  if (!access)
    return err_set(err, E_NO_CREDENTIAL, "the login of '%s' holds no token",
                   session->profile->name);
  if (sent)
    code = validity_check_new(access, ask, clock_wall(), err);
  ret->source = sent ? "a refresh" : "another process's refresh";
  if (code == E_OK)
    code = from_access(ret, record, access, session, err);
  if (code == E_OK && sent)
    report_scope(session, ask, ret);
  return code;
}

static enum code check_dpop(const struct profile *profile,
                            const struct record *record, struct err *err)
{
  if (!profile->dpop || strcmp(profile->dpop, "required") != 0 ||
      record->dpop_key || record->secret)
    return E_OK;
  (void)err_set(err, E_PROFILE_CHANGED,
                "profile '%s' now demands DPoP, and its login was made without",
                profile->name);
  err_hint(err, "fob login -p %s", profile->name);
  return E_PROFILE_CHANGED;
}

static enum code from_store(struct session_token *ret,
                            const struct session *session,
                            const struct session_ask *ask,
                            const struct names *names, bool *ret_whole,
                            struct err *err)
{
  AUTO(store) store = NULL;
  AUTO(record) record = NULL;
  const struct record_access *access;
  enum code code =
      store_open(&store, store_kind(session), &session->store_options, err);

  if (code == E_OK)
    code = read_record(&record, store, session->profile, err);
  if (code == E_OK)
    code = session_check_target(session->profile, record, ask->url, ret_whole,
                                err);
  if (code == E_OK)
    code = check_dpop(session->profile, record, err);
  if (code != E_OK)
    return code;
  ret->source = strcmp(store_kind(session), "file") == 0 ? "the encrypted file"
                                                         : "the keyring";
  if (record->secret)
    return from_secret(ret, record, session, ask, err);

  access = record_find(record, names->key);
  switch (validity_decide(access, ask, clock_wall())) {
  case VALIDITY_USE:
    return from_access(ret, record, access, session, err);
  case VALIDITY_UNAUTHORIZED:
    (void)err_set(err, E_UNAUTHORIZED,
                  "the token of '%s' is new, and the API does not accept it "
                  "(401)",
                  session->profile->name);
    err_hint(err, "fob login -p %s", session->profile->name);
    return E_UNAUTHORIZED;
  default:
    return renew(ret, session, ask, names, store, record->generation, err);
  }
}

static void say_source(const struct session_token *token)
{
  AUTO_BUF struct buf left = BUF_INIT(BUF_LINE);

  if (token->expires_at == CLOCK_NEVER)
    buf_puts(&left, "no expiry stated");
  else {
    clock_span(&left, token->expires_at - clock_wall());
    buf_puts(&left, " left");
  }
  log_line(LOG_VERBOSE, "token from %s, generation %llu, %s", token->source,
           (unsigned long long)token->generation, buf_text(&left));
}

static enum code find_token(struct session_token *ret,
                            const struct session *session,
                            const struct session_ask *ask, struct err *err)
{
  AUTO_NAMES struct names names = {0};
  bool cached = !ask->force_refresh && !ask->rejected;
  bool whole = false, by_identity = false;
  enum code code;

  if (session->env)
    return from_env(ret, session, ask, err);
  code = session_by_identity(ret, &by_identity, session, ask, err);
  if (code == E_OK && by_identity)
    report_scope(session, ask, ret);
  if (code != E_OK || by_identity)
    return code;
  code = make_names(&names, session, ask, err);
  if (code != E_OK)
    return code;
  cached = cached && cache_enabled(session->cache);
  if (cached && from_cache(ret, session, ask, &names))
    return E_OK;
  code = from_store(ret, session, ask, &names, &whole, err);
  if (code == E_NO_CREDENTIAL || err_status(code) == err_status(E_STORE_ABSENT))
    session_hint_identity(session->profile, err);
  /* The cache asks nobody whether a base was there at the login. */
  if (code == E_OK && whole && cache_enabled(session->cache))
    to_cache(ret, session, &names);
  return code;
}

enum code session_token(const struct session *session,
                        const struct session_ask *ask,
                        struct session_token *ret_token, struct err *err)
{
  AUTO_TOKEN struct session_token token = {0};
  enum code code = find_token(&token, session, ask, err);

  if (code != E_OK)
    return code;
  say_source(&token);
  *ret_token = token;
  token = (struct session_token){0};
  return E_OK;
}

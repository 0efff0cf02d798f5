/* The client that a login is made as, where fob registers it by itself: when
 * the profile names none and its server offers that; and anew, once in a login,
 * when the server does not know the registered one any more. What is registered
 * for a login that does not come about is deleted again; the registration that
 * a new one replaces goes only after the login is kept. */
#include "cmd/login.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"
#include "oauth/authorize.h"
#include "oauth/browser.h"
#include "oauth/client_document.h"
#include "oauth/metadata.h"
#include "oauth/register.h"

#include <string.h>

/* What a registration must be good for. LOGIN_EITHER goes on with the browser
 * where the server has no codes for devices for this client. */
static const char *grant_of(const struct login *login)
{
  return login->method == LOGIN_DEVICE
             ? "urn:ietf:params:oauth:grant-type:device_code"
             : "authorization_code";
}

enum code login_metadata(struct login *login, const struct record *old,
                         struct err *err)
{
  enum code code = E_OK;

  if (login->metadata != NULL)
    return E_OK;
  code = login_http(login, err);
  return code == E_OK
             ? metadata_fetch(&login->metadata, login->http, login->profile,
                              old != NULL ? old->bound.issuer : NULL, err)
             : code;
}

/* A client that acts for itself is an administrator's to register; and where
 * the profile names the page, a person does it there: nothing is asked of the
 * server. */
enum code login_can_register(struct login *login, bool *ret_can,
                             struct err *err)
{
  const struct profile *profile = login->profile;
  enum code code;

  *ret_can = false;
  if (!login_is_a_persons(login) || login->read_only != NULL ||
      profile->issuer == NULL || profile->discovery == DISCOVERY_OFF ||
      profile->register_url != NULL)
    return E_OK;
  code = login_metadata(login, NULL, err);
  if (code == E_OK)
    *ret_can = registration_offered(login->metadata);
  return code;
}

/* --- registering ---------------------------------------------------------- */

static enum code take(struct login *login, struct err *err)
{
  const struct registration *now = login->registration;
  const char *uri =
      now->uri != NULL ? now->uri : login->metadata->registration_endpoint;
  enum code code = login_set_text(login, "client.id", now->client_id, err);

  if (code == E_OK)
    code = login_set_text(login, "client.auth",
                          profile_client_auth_name(now->auth), err);
  if (code == E_OK)
    code = login_set_text(login, "client.registration", uri, err);
  secret_free(login->client_secret);
  login->client_secret = NULL;
  login->client_secret_given = now->secret != NULL;
  if (code == E_OK && now->secret != NULL)
    code = secret_copy(&login->client_secret, now->secret, err);
  return code;
}

static enum code explain(const struct login *login, enum code code,
                         struct err *err)
{
  err_prefix(err,
             "no client could be registered for '%s': ", login->profile->name);
  if (code == E_OAUTH || code == E_UNAUTHORIZED || code == E_LESS)
    login_hint_again(login, err, "--client-id ID");
  return code;
}

static enum code make(struct login *login, const struct record *old,
                      struct err *err)
{
  enum code code = login_metadata(login, old, err);

  if (code != E_OK)
    return code;
  registration_free(login->registration);
  login->registration = NULL;
  code = registration_make(&login->registration, login->http, login->profile,
                           login->metadata, grant_of(login), err);
  if (code != E_OK)
    return explain(login, code, err);
  login->registered = true;
  code = take(login, err);
  if (code == E_OK)
    log_line(LOG_VERBOSE, "registered at %s: client '%s'%s",
             login->metadata->registration_endpoint, login->profile->client.id,
             login->registration->uri != NULL ? ""
                                              : ", which cannot be managed");
  return code;
}

/* --- is the registered one still good? ------------------------------------ */

bool login_is_same_client(const struct login *login, const struct record *old)
{
  return old != NULL && old->bound.client_id != NULL &&
         login->profile->client.id != NULL &&
         strcmp(old->bound.client_id, login->profile->client.id) == 0;
}

/* One that fob registered, and may replace. */
static bool is_fobs(const struct login *login, const struct record *old)
{
  return login->profile->client.registration != NULL &&
         login->read_only == NULL &&
         (old == NULL || old->bound.client_id == NULL ||
          login_is_same_client(login, old));
}

static const char *without_secret(const struct login *login,
                                  const struct record *old)
{
  enum profile_client_auth auth = login->profile->client.auth;

  if (login->client_secret_given || !login->profile->client.auth_stated ||
      (auth != CLIENT_SECRET_BASIC && auth != CLIENT_SECRET_POST) ||
      login->profile->client.secret_from != SECRET_FROM_STORE)
    return NULL;
  if (old == NULL || old->client_secret == NULL)
    return "its secret is not here any more";
  return old->client_secret_expires_at <= clock_wall() ? "its secret expired"
                                                       : NULL;
}

static enum code ask_server(struct login *login, const struct record *old,
                            const char **ret_why, struct err *err)
{
  const struct profile *profile = login->profile;
  AUTO_LIST struct text_list standard = {0};
  AUTO_STR char *scope = NULL;
  struct registration_ask ask = {.endpoint = old->registration_client_uri,
                                 .redirect_uris = &profile->login.redirect_uris,
                                 .grant = grant_of(login),
                                 .client_id = profile->client.id};
  enum code code = login_metadata(login, old, err);

  if (code == E_OK && ask.redirect_uris->count == 0) {
    code = text_list_add(&standard, BROWSER_REDIRECT, err);
    ask.redirect_uris = &standard;
  }
  if (code == E_OK)
    code = authorize_scope(&scope, profile, login->metadata, err);
  ask.scope = scope;
  if (code == E_OK)
    code = registration_check(ret_why, &login->registration, login->http, old,
                              &ask, err);
  if (code != E_OK || login->registration == NULL ||
      login->registration->secret == NULL)
    return code;
  login->client_secret_given = true; /* it may be another one now */
  return secret_copy(&login->client_secret, login->registration->secret, err);
}

static enum code renew(struct login *login, const struct record *old,
                       const char *why, struct err *err)
{
  AUTO_STR char *id = mem_str(login->profile->client.id);
  enum code code = id == NULL ? err_nomem(err) : make(login, old, err);

  if (code == E_OK)
    log_note("the client '%s' is replaced by '%s', registered just now: %s", id,
             login->profile->client.id, why);
  return code;
}

enum code login_register(struct login *login, const struct record *old,
                         struct err *err)
{
  const char *why = NULL;
  enum code code = E_OK;

  if (!login_is_a_persons(login))
    return E_OK;
  if (login->profile->client.id == NULL)
    return make(login, old, err);
  if (client_document_is_id(login->profile->client.id)) {
    code = login_metadata(login, old, err);
    return code == E_OK
               ? client_document_check(login->http, login->profile,
                                       login->metadata, grant_of(login), err)
               : code;
  }
  if (!is_fobs(login, old))
    return E_OK;
  why = without_secret(login, old);
  if (why == NULL && old != NULL && registration_managed(old))
    code = ask_server(login, old, &why, err);
  return code == E_OK && why != NULL ? renew(login, old, why, err) : code;
}

enum code login_renew(struct login *login, const struct record *old,
                      bool *ret_again, struct err *err)
{
  bool refused = strcmp(err->oauth_error, "invalid_client") == 0 ||
                 strcmp(err->oauth_error, "unauthorized_client") == 0;

  *ret_again = false;
  if (!refused || login->registered || !login_is_a_persons(login) ||
      !is_fobs(login, old))
    return E_OK;
  err_clear(err);
  *ret_again = true;
  return renew(login, old, "the server does not take it any more", err);
}

/* --- after the login ------------------------------------------------------ */

/* After ^C too: nothing else would ever delete it. */
static void delete_one(struct login *login, const char *uri,
                       const struct secret *token)
{
  enum unregister_result result = UNREGISTER_NOT_OFFERED;
  struct err failed = ERR_INIT;

  if (uri == NULL || token == NULL)
    return;
  sig_hold();
  enum code code =
      registration_delete(&result, login->http, uri, token, &failed);
  sig_release();
  if (code != E_OK || result != UNREGISTER_DONE)
    log_note("a registration stays at the server: %s", uri);
}

void login_unregister(struct login *login)
{
  if (login->registered)
    delete_one(login, login->registration->uri,
               login->registration->access_token);
}

void login_leave_client(struct login *login, const struct record *old)
{
  if (login->registered && old != NULL)
    delete_one(login, old->registration_client_uri,
               old->registration_access_token);
}

enum code login_keep_client(struct login *login, const struct record *old,
                            struct record *record, struct err *err)
{
  const struct registration *now = login->registration;
  const struct record *from = login_is_same_client(login, old) ? old : NULL;
  const char *uri = now != NULL && now->uri != NULL ? now->uri
                    : from != NULL ? from->registration_client_uri
                                   : NULL;
  const struct secret *token = now != NULL && now->access_token != NULL
                                   ? now->access_token
                               : from != NULL ? from->registration_access_token
                                              : NULL;
  const struct secret *secret = from != NULL ? from->client_secret : NULL;
  enum code code = record_set_text(&record->registration_client_uri, uri, err);

  if (code == E_OK && token != NULL)
    code = secret_copy(&record->registration_access_token, token, err);
  if (code == E_OK && secret != NULL && record->client_secret == NULL)
    code = secret_copy(&record->client_secret, secret, err);
  if (now != NULL && now->secret != NULL)
    record->client_secret_expires_at = now->secret_expires_at;
  else if (from != NULL && !login->client_secret_given)
    record->client_secret_expires_at = from->client_secret_expires_at;
  return code;
}

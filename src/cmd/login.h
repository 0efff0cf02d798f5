/* The parts of `fob login`: who is meant (login_target, login_api), the person
 * (login_person, login_device), the safe keeping (login_keep) and the last line
 * (login_report). */
#pragma once

#include "api/step_up.h"
#include "cmd/cmd.h"
#include "oauth/login.h"

struct login_options {
  const char *browser; /* --browser[=CMD]; "" without CMD; NULL: not given */
  bool device, paste, client_credentials, jwt_bearer;
  const char *pat;      /* --pat[=FILE|-] */
  const char *exchange; /* --exchange FILE|- */
  const char *ci;       /* --ci[=PROVIDER] */
  struct opt_list api, scope, add_scope, resource, audience, redirect_uri;
  struct opt_list param;
  const char *issuer, *client_id, *client_secret_file, *client_auth;
  const char *tenant, *signing_key, *subject, *cert, *key;
  bool offline, no_offline, dpop;
  const char *prompt, *login_hint, *auth_header, *user, *store;
  const char *acr_values, *authorization_details;
  int64_t max_age; /* seconds; -1: not given */
  bool par, no_save, switch_account, yes;
};

/* What one login is about, gathered on the way. */
struct login {
  struct ctx *ctx;
  const struct login_options *options;
  const struct step_up *demand; /* of an API; NULL: none */
  bool is_command;         /* `fob login` itself, not `fob token --login` */
  struct profile *profile; /* with the options applied; not saved yet */
  bool is_new;             /* no such profile was there */
  json_t *read_only; /* what a profile that cannot be written says; NULL */
  char *store_kind;
  bool old_unreadable;          /* the store that is left does not answer */
  struct secret *client_secret; /* as given now, or found; NULL */
  bool client_secret_given;
  struct secret *signing_key; /* as given on standard input, or kept; NULL */
  struct text_list browser;   /* whom to start; empty: the default */
  enum login_method method;
  struct http *http;
  struct http_options http_options;
  bool api_scope;                    /* the scope is what the API names */
  struct metadata *metadata;         /* the server's, once it was looked at */
  struct registration *registration; /* of the client, as it is now; NULL */
  bool registered;                   /* … made in this login */
};

/* Logs in to a profile that is there, for another command, whatever -p says.
 * demand: what an API wants of it; NULL. */
NODISCARD enum code login_to_profile(struct ctx *ctx,
                                     const struct profile *profile,
                                     const struct step_up *demand,
                                     struct err *err);

/* Adds a line to the hint that does this login again, with more behind it: the
 * command as it was given, since a profile that is not saved yet has no other
 * way in. */
void login_hint_again(const struct login *login, struct err *err,
                      const char *more);

/* By a browser, here or elsewhere: somebody has to take part. */
bool login_is_a_persons(const struct login *login);

/* Makes login->http, once. */
NODISCARD enum code login_http(struct login *login, struct err *err);

/* --- login_opts.c --- */
extern const struct opt login_opts[];
extern const char login_details[];

/* --- login_set.c --- */

/* profile_set() with a value that is taken over; NULL: memory was short. */
NODISCARD enum code login_set(struct login *login, const char *member,
                              json_t *value, struct err *err);

/* text NULL: nothing. E_USAGE for what is not UTF-8. */
NODISCARD enum code login_set_text(struct login *login, const char *member,
                                   const char *text, struct err *err);
NODISCARD enum code login_set_list(struct login *login, const char *member,
                                   const char *const *texts, size_t count,
                                   struct err *err);

/* --- login_target.c --- */

/* Finds or makes the profile for TARGET (NULL: none given) and applies the
 * options to it, in memory. */
NODISCARD enum code login_find_profile(struct login *login, const char *target,
                                       struct err *err);

/* --- login_api.c --- */

/* Login from an API's URL (RFC 9728): writes base, issuer, resource, scope and
 * what else its metadata says into the profile, after the person (or --issuer)
 * has confirmed a server that is not plainly the API's own. E_NOT_FOUND: there
 * is no such metadata; E_USAGE: it names several servers, or none; E_ORIGIN:
 * not confirmed; otherwise as oauth/resource.h. */
NODISCARD enum code login_take_api(struct login *login, struct http *http,
                                   const struct url *url, bool *ret_is_api,
                                   struct err *err);

/* A refresh token is OpenID Connect's to give where a server has offline_access
 * (Core §11): the scopes of an API's metadata get `openid` beside them there.
 */
NODISCARD enum code login_api_scopes(struct login *login,
                                     const struct record *old, struct err *err);

/* --- login_client.c --- */

/* Makes login->metadata, once. */
NODISCARD enum code login_metadata(struct login *login,
                                   const struct record *old, struct err *err);

/* Was the old record's login made as the profile's client? The secrets of
 * another one are not this one's. old may be NULL. */
bool login_is_same_client(const struct login *login, const struct record *old);

/* May the client that the profile lacks be registered at its server? */
NODISCARD enum code login_can_register(struct login *login, bool *ret_can,
                                       struct err *err);

/* Registers it; or looks at the document that describes it; or sees whether the
 * one that was registered is still good, and if not, registers another one and
 * says so. Writes the client into the profile, in memory. Does nothing about
 * clients that fob did not register. */
NODISCARD enum code login_register(struct login *login,
                                   const struct record *old, struct err *err);

/* After a failure (err): where it says that the server does not take the
 * registered client, another one is registered, once in a login; *ret_again:
 * the login is to be tried again. */
NODISCARD enum code login_renew(struct login *login, const struct record *old,
                                bool *ret_again, struct err *err);

/* Nothing is kept of the login, nor of a registration that was made for it. */
void login_unregister(struct login *login);

/* The login is kept: the registration that it replaced is deleted. */
void login_leave_client(struct login *login, const struct record *old);

/* What the new record has of the client: its secret and registration, from this
 * login, or from the old record where that is of the same client. */
NODISCARD enum code login_keep_client(struct login *login,
                                      const struct record *old,
                                      struct record *record, struct err *err);

/* --- login_options.c --- */

/* Writes what the options say into the profile, in memory. */
NODISCARD enum code login_apply_options(struct login *login, struct err *err);

/* Adds an API base. A preset's own bases give way to the first one: they are
 * another installation's. */
NODISCARD enum code login_add_api(struct login *login, const struct url *url,
                                  struct err *err);

/* Is that one of its bases already? */
bool login_has_api(const struct login *login, const struct url *url);

/* --add-scope for a profile that states no scope: added to what a login would
 * have asked for, which the server's metadata tells. */
NODISCARD enum code login_add_scopes(struct login *login, struct err *err);

/* --- login_tenant.c --- */

/* --tenant: the members of the preset that hold one, written into the profile.
 * Before the other options, which may say otherwise. */
NODISCARD enum code login_apply_tenant(struct login *login, struct err *err);

/* Where the token answer said where the API is (`api_from_token`), the profile
 * gets the bases that the record is bound to. */
NODISCARD enum code login_take_bases(struct login *login,
                                     const struct record *record,
                                     struct err *err);

/* --- login_need.c --- */

/* E_USAGE when nothing says where to log in (or, for a token of one's own, to
 * which API): with the option that says it. */
NODISCARD enum code login_need_server(const struct login *login,
                                      struct err *err);

/* E_USAGE: there is no client id; where one comes from, and what goes without.
 */
enum code login_say_no_client(const struct login *login, struct err *err);

/* Must the client prove itself with a secret? */
bool login_needs_secret(const struct login *login);

/* --- login_person.c --- */

/* Chooses among the methods. E_USAGE when there is none that can work here. */
NODISCARD enum code login_choose_method(struct login *login, struct err *err);

/* The functions by which oauth/login speaks to the person. */
void login_person_ui(struct login *login, struct login_ui *ret_ui);

/* The token of a --pat login: from a file, standard input or the person. */
NODISCARD enum code login_read_pat(struct login *login, struct secret **ret_pat,
                                   struct err *err);

/* The token that --exchange names; the same. */
NODISCARD enum code login_read_subject(struct login *login,
                                       struct secret **ret_subject,
                                       struct err *err);

/* --client-secret-file: a bare secret or Google's client JSON, whose client id
 * is then taken too. */
NODISCARD enum code login_read_client_secret(struct login *login,
                                             struct err *err);

/* --- login_key.c --- */

/* --signing-key: FILE goes into client.key as an absolute path, what standard
 * input holds into login->signing_key. What Google's service-account file says
 * beside the key is taken too. E_USAGE, E_PROFILE: it is no key. */
NODISCARD enum code login_read_signing_key(struct login *login,
                                           struct err *err);

/* The one that the last login kept, where the profile names no file. old may be
 * NULL. */
NODISCARD enum code login_find_signing_key(struct login *login,
                                           const struct record *old,
                                           struct err *err);

/* A member that names a file; NULL: nothing. */
NODISCARD enum code login_set_path(struct login *login, const char *member,
                                   const char *file, struct err *err);

/* Does --signing-key name Google's service-account file? It says whom to ask,
 * so that a TARGET beside it can only be the API. E_NOMEM; what else is wrong
 * with the file is told when it is read. */
NODISCARD enum code login_key_is_account(const struct login *login,
                                         bool *ret_is, struct err *err);

/* Is a secret not needed for the client to prove itself? */
bool login_has_proof(const struct login *login);
/* --- login_device.c --- */

/* Fills in what device authorization shows, and how it waits. */
void login_device_ui(struct login_ui *ui);

/* Takes the line that counts down away, when there is one. */
void login_device_end(void);

/* --- login_ci.c --- */

/* Does the login by the identity of this job, when --ci says so, or nothing
 * says otherwise and nobody is here; *ret_done tells whether it was that.
 * Nothing is kept. */
NODISCARD enum code login_by_identity(struct login *login, bool *ret_done,
                                      struct err *err);

/* --- login_demand.c --- */

/* Puts the demand's way and age of logging in into login->profile, for the
 * request alone; undo before anything is saved. ret_before is for that;
 * json_decref. */
NODISCARD enum code login_demand_put(struct login *login, json_t **ret_before,
                                     struct err *err);
NODISCARD enum code login_demand_undo(struct login *login, json_t *before,
                                      struct err *err);

/* --- login_keep.c --- */

/* DESIGN §1.3: the store is chosen at the first login and kept. */
NODISCARD enum code login_choose_store(struct login *login, struct err *err);

/* The record that this login would replace, from the store where it is; NULL
 * when there is none, it cannot be read, or its store is left because it does
 * not answer (warned of). */
NODISCARD enum code login_old_record(struct login *login,
                                     struct record **ret_record,
                                     struct err *err);

/* Compares the account with that of old (may be NULL), which login_old_record
 * gave, and asks the person where they differ. Then, under the credential's
 * lock: stores the record, saves the profile (putting the old record back when
 * that fails), drops cached tokens. */
NODISCARD enum code login_keep(struct login *login, const struct record *old,
                               struct login_result *result, struct err *err);

/* Puts the client's secret, as it was given now, and its signing key into the
 * record, where it has none yet. */
NODISCARD enum code login_keep_secrets(const struct login *login,
                                       struct record *record, struct err *err);

/* --- login_report.c --- */
NODISCARD enum code login_report(const struct login *login,
                                 const struct login_result *result,
                                 struct err *err);

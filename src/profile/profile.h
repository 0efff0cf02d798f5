/* Profiles (CONTRACT §6): what one says, read strictly, inherited from its
 * preset member by member, and written back without losing what fob does not
 * know. Non-secret.
 *
 * Reading needs neither libcurl nor PSA: URLs are checked here for their form
 * only (https, or http to loopback, no control characters or userinfo) and
 * in full by http/url where they are used, so that the cached path of `fob
 * token` stays short. */
#pragma once

#include "base/err.h"
#include "base/file.h"
#include "profile/list.h"
#include "profile/name.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum profile_auth { AUTH_HEADER, AUTH_BASIC, AUTH_QUERY };
enum profile_discovery {
  DISCOVERY_AUTO,
  DISCOVERY_OIDC,
  DISCOVERY_OAUTH,
  DISCOVERY_OFF
};
enum profile_grant {
  GRANT_AUTHORIZATION_CODE,
  GRANT_DEVICE_CODE,
  GRANT_CLIENT_CREDENTIALS,
  GRANT_JWT_BEARER,
  GRANT_TOKEN_EXCHANGE,
  GRANT_TOKEN
};
enum profile_client_auth {
  CLIENT_NONE,
  CLIENT_SECRET_BASIC,
  CLIENT_SECRET_POST,
  CLIENT_SECRET_JWT,
  CLIENT_PRIVATE_KEY_JWT,
  CLIENT_TLS,
  CLIENT_SELF_SIGNED_TLS
};
enum profile_secret_from {
  SECRET_FROM_STORE,
  SECRET_FROM_ENV,
  SECRET_FROM_FILE,
  SECRET_FROM_CREDENTIAL
};
enum profile_method {
  METHOD_AUTO,
  METHOD_BROWSER,
  METHOD_DEVICE,
  METHOD_PASTE
};
enum profile_identity_use {
  IDENTITY_TOKEN_EXCHANGE,
  IDENTITY_JWT_BEARER,
  IDENTITY_CLIENT_ASSERTION
};
#define PROFILE_IDENTITY_PROVIDERS                                             \
  "github|gitlab|buildkite|circleci|kubernetes|google|file|command"
enum profile_offline { OFFLINE_DEFAULT, OFFLINE_YES, OFFLINE_NO };

/* Every member is what the profile says after its preset and the built-in
 * defaults; NULL text: not stated. json is the merged document, for members
 * that a room reads itself; own is the file's own object, as it was. */
struct profile {
  char *name;
  char *path; /* where it was read; NULL for one that is being made */
  json_t *json;
  json_t *own;
  bool read_only;          /* FOB_PROFILE_FILE, or found in XDG_CONFIG_DIRS */
  struct file_stamp stamp; /* of the file, and of its preset's */
  struct file_stamp preset_stamp;
  struct text_list warnings; /* unknown members, a line each */

  char *description;
  char *preset;
  struct text_list api;
  json_t *headers; /* object of strings; borrowed from json; may be NULL */
  struct {
    enum profile_auth in;
    char *name;   /* header or query parameter */
    char *format; /* with {token} */
    char *user;   /* AUTH_BASIC */
  } auth;
  char *issuer;
  enum profile_discovery discovery;
  json_t *metadata; /* object; borrowed from json; may be NULL */
  struct {
    char *id;
    enum profile_client_auth auth;
    bool auth_stated; /* else chosen: basic when there is a secret */
    enum profile_secret_from secret_from;
    char *secret_name;            /* env NAME, file PATH, credential NAME */
    char *key, *key_id, *key_alg; /* signs; alg NULL: by the key's kind */
    char *cert, *cert_key;        /* TLS; key NULL: it is in cert's file */
    bool basic_raw;               /* basic_encoding "raw" instead of "form" */
    char *assertion_audience, *assertion_subject, *registration;
  } client;
  enum profile_grant grant;
  bool grant_stated;
  struct text_list scope;
  bool scope_stated;
  enum profile_offline offline;
  struct text_list resource;
  struct text_list audience;
  json_t *params_authorize, *params_token, *params_refresh, *params_device;
  struct {
    enum profile_method method;
    struct text_list redirect_uris;
    struct text_list browser; /* a command and its arguments */
    char *prompt;
    char *par;
    char *post_logout_redirect_uri; /* NULL: none is registered */
    char *request_object;           /* auto | required | off */
    char *response_mode;            /* auto | query | jwt */
    int64_t timeout;                /* seconds */
  } login;
  struct {
    char *provider; /* one of the words; NULL: whichever is there */
    char *audience; /* NULL: no identity is used */
    enum profile_identity_use use;
    char *variable;           /* gitlab */
    char *path;               /* kubernetes, google, file */
    struct text_list command; /* command */
  } identity;
  char *dpop;
  struct {
    bool json;             /* encoding "json" instead of "form" */
    char *scope_separator; /* " " */
    char *scope_parameter; /* "scope" */
    struct text_list omit;
  } token_request;
  struct {
    char *at;         /* pointer to the answer proper; "" */
    char *ok;         /* pointer that must be true; NULL */
    char *token_type; /* taken when the server states none, or an odd one */
    int64_t lifetime; /* seconds; 0: not stated */
    json_t *scope_aliases, *errors; /* objects; borrowed; may be NULL */
  } token_response;
  struct {
    char *from; /* id_token | path */
    char *path, *id, *label, *expires_header, *scopes_header;
  } account;
  char *revocation; /* auto | off | URL */
  char *manage_url, *register_url;
  struct {
    char *ok, *message;
  } api_error;
  char *network_proxy, *network_ca;
  char *store;       /* keyring | file | …; NULL: not chosen yet */
  char *token_cache; /* auto | kernel | off; NULL: not stated */
};

/* By name: the config directory, then $XDG_CONFIG_DIRS. E_NO_PROFILE (with the
 * nearest names in the hint), E_PROFILE (naming the file and member). Warns
 * (base/log) of unknown members. */
NODISCARD enum code profile_load(struct profile **ret_profile, const char *name,
                                 struct err *err);

/* For editing: the file as it is, checked for nothing but being a JSON object,
 * so that what is wrong in it can be mended. Only name, path, own, read_only
 * and stamp are set; profile_set() and profile_edit() make a whole one of it.
 */
NODISCARD enum code profile_open(struct profile **ret_profile, const char *name,
                                 struct err *err);

/* FOB_PROFILE_FILE: named after the file, read-only. */
NODISCARD enum code profile_load_file(struct profile **ret_profile,
                                      const char *path, struct err *err);

/* An empty one with the defaults, from a preset or NULL; nothing is written. */
NODISCARD enum code profile_new(struct profile **ret_profile, const char *name,
                                const char *preset, struct err *err);

/* From text, for the tests and fuzzing: what a file of that text would give. */
NODISCARD enum code profile_parse(struct profile **ret_profile,
                                  const char *name, const char *bytes,
                                  size_t len, struct err *err);

/* Changes the file's own object and reads the whole again, so that a wrong
 * value changes nothing. value NULL removes the member. path: "client.id".
 * Borrowed; *profile is replaced on success. */
NODISCARD enum code profile_set(struct profile **profile, const char *path,
                                json_t *value, struct err *err);

/* As `profile set` takes it: "store file", "api+=URL", "scope-=x", "x="
 * (removes), "scope:=[\"a\"]" (JSON). Lists take several words. */
NODISCARD enum code profile_edit(struct profile **profile,
                                 const char *assignment, struct err *err);

/* All of them, with one check at the end, so that members which go together can
 * be changed together. */
NODISCARD enum code profile_edit_all(struct profile **profile,
                                     const char *const *assignments,
                                     size_t count, struct err *err);

/* Checks every URL member in full with http/url (loads libcurl): API bases,
 * issuer, metadata, redirect URIs, manage_url and the rest. E_PROFILE. */
NODISCARD enum code profile_check_urls(const struct profile *profile,
                                       struct err *err);

/* Writes the own object to the config directory (or the link's target), with
 * an indent of 2. E_PROFILE when read_only; E_LOCAL when the file is another
 * than the one that was read, unless it says the same by now. */
NODISCARD enum code profile_save(struct profile *profile, struct err *err);

/* Removes the file from the config directory. E_NO_PROFILE; E_PROFILE for one
 * that lies in XDG_CONFIG_DIRS only. */
NODISCARD enum code profile_delete(const char *name, struct err *err);

/* Held around reading, changing and writing profiles and config.json, so that
 * of two processes neither undoes what the other did. NULL where no lock can be
 * had (no home directory, read-only): profile_save() then still sees most of
 * it. E_LOCK_TIMEOUT after 10 s, E_SIGNAL. */
struct lock;
NODISCARD enum code profile_lock(struct lock **ret_lock, struct err *err);

/* All names, sorted, each once. */
NODISCARD enum code profile_names(struct text_list *ret_names, struct err *err);
bool profile_exists(const char *name);

/* One member as it is after inheritance, for people. Names in maps are members
 * of their own: "headers.Accept". */
struct profile_item {
  const char *path;
  const json_t *value;
  bool from_preset; /* the file itself does not state it */
  bool known;       /* to the schema; x- members are not */
};

/* Calls visit for each stated member, in the schema's order, unknown ones last;
 * what visit returns other than E_OK ends it. */
NODISCARD enum code
profile_each(const struct profile *profile,
             enum code (*visit)(void *user, const struct profile_item *item,
                                struct err *err),
             void *user, struct err *err);

/* The whole, with preset and defaults: a new object in the schema's order. */
NODISCARD enum code profile_resolved(const struct profile *profile,
                                     json_t **ret_object, struct err *err);

/* The words of the schema, for messages, `status` and the record. */
const char *profile_grant_name(enum profile_grant grant);
const char *profile_client_auth_name(enum profile_client_auth auth);

void profile_free(struct profile *profile);
DEFINE_AUTO(profile)

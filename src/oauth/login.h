/* Logging in: from a profile to a new record, which is not stored here. Until
 * the caller stores it, the old one stays usable. */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "oauth/details.h"
#include "profile/profile.h"
#include "store/record.h"

#include <stdbool.h>
#include <stdint.h>

enum login_method {
  LOGIN_BROWSER, /* listener, with pasting while it waits */
  LOGIN_PASTE,   /* pasting only */
  LOGIN_DEVICE,  /* a code that is entered on another device */
  LOGIN_EITHER,  /* that where the server has it for this client, else as
                    LOGIN_BROWSER: where no browser can be opened */
  LOGIN_CLIENT_CREDENTIALS,
  LOGIN_JWT_BEARER,
  LOGIN_PAT,
  LOGIN_EXCHANGE,
};

/* What the person needs to log in on another device. Texts of the server's; in
 * the addresses the host is the true one. */
struct login_device {
  const char *uri;
  const char *uri_complete; /* the same with the code in it; NULL */
  const char *user_code;
  int64_t lifetime_ms;
};

/* How a login speaks with the person; cmd/ fills it. */
struct login_ui {
  /* Shows where to go; opens the browser when there is one. port: the
   * listener's, 0 when there is none. E_SIGNAL, … end the login. */
  enum code (*visit)(void *user, const char *url, int port, struct err *err);
  /* A descriptor on which a pasted address may come, or -1. */
  int paste_fd;
  /* Reads one line from it once it is readable. E_USAGE: there is no more
   * to read; with a listener the login then waits for that alone. */
  enum code (*read_paste)(void *user, char **ret_line, struct err *err);
  /* Shows where to go and what to enter there. */
  enum code (*device)(void *user, const struct login_device *device,
                      struct err *err);
  /* Waits for ms; left_ms: until the code expires. E_SIGNAL, … end the login.
   */
  enum code (*wait)(void *user, int64_t ms, int64_t left_ms, struct err *err);
  void *user;
};

struct metadata;

struct login_request {
  enum login_method method;
  const struct profile *profile;
  struct http *http;
  const struct login_ui *ui;
  const struct secret *client_secret; /* NULL: none */
  const struct secret *pat;           /* LOGIN_PAT */
  const struct secret *subject_token; /* LOGIN_EXCHANGE */
  const char *login_hint;             /* NULL */
  const char *previous_issuer;        /* the old record's, adopted spelling */
  const struct metadata *metadata;    /* of this profile; NULL: is fetched */
  const struct secret *signing_key; /* where the profile names no file; NULL */
  bool select_account; /* another profile uses this issuer: prompt it */
  int64_t timeout_ms;
  bool timeout_stated; /* else a device code may take as long as it lives */
};

struct login_result {
  struct record *record; /* generation 0: the caller counts on from the old */
  char *issuer;          /* as adopted (rule 9); NULL for a PAT */
  bool checked;          /* a PAT was tried at account.path */
  char *scope_asked;     /* NULL: none */
  char *scope_missing;   /* asked for and not granted, by the profile's
                            aliases; NULL: nothing. offline_access counts as
                            granted when a refresh token came */
  char *scope_extra;     /* granted and not asked for; NULL: nothing */
  struct details_outcome details; /* RFC 9396 */
  bool offline;                   /* a refresh token came */
  bool binds; /* tokens are bound to client.cert, as the server's metadata alone
                 tell (oauth/certificate.h) */
};
void login_result_clear(struct login_result *result);

/* Runs the whole of it. The browser's page is answered before it returns.
 * E_PERSON_TIMEOUT, E_OAUTH, E_CHECK, E_ANSWER, E_UNAUTHORIZED (a PAT that the
 * API does not take), E_USAGE, E_PROFILE, the network's codes. */
NODISCARD enum code login_run(const struct login_request *request,
                              struct login_result *ret_result, struct err *err);

/* Ending the person's session at the OpenID provider (OpenID Connect
 * RP-Initiated Logout 1.0): the URL that a browser is sent to, and what it
 * brings back. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "store/record.h"

#include <stdbool.h>

/* An ID token longer than that is left out: servers and the listener bound the
 * length of a URL. */
enum { END_SESSION_HINT_MAX = 6 * 1024 };

/* What it takes, out of a record that is about to go. */
struct end_session {
  bool taken;     /* there was a record */
  char *endpoint; /* NULL: the server has none */
  char *client_id;
  struct secret *id_token; /* NULL: none was kept */
};
void end_session_clear(struct end_session *session);
#define AUTO_END_SESSION __attribute__((cleanup(end_session_clear)))

NODISCARD enum code end_session_take(struct end_session *ret_session,
                                     const struct record *record,
                                     struct err *err);

/* A URL to show: without the ID token, so that the provider asks the person. */
NODISCARD enum code end_session_url(char **ret_url,
                                    const struct end_session *session,
                                    struct err *err);

/* A URL that nobody but the browser may see: with id_token_hint, and where
 * return_uri is given post_logout_redirect_uri and state. */
NODISCARD enum code end_session_hinted(struct secret **ret_url,
                                       const struct end_session *session,
                                       const char *return_uri,
                                       const char *state, struct err *err);

/* The raw query with which the browser came back (§3). E_CHECK unless it has
 * state, once. */
NODISCARD enum code end_session_back(const char *query, const char *state,
                                     struct err *err);

/* What has no place in a profile, since profiles are not secret: members named
 * like secrets, values that are tokens by their look, and the headers and
 * parameters that fob sets itself. */
#pragma once

#include <stdbool.h>

enum hidden_kind {
  HIDDEN_NOT,
  HIDDEN_TOKEN,         /* a token, key or password: fob login --pat */
  HIDDEN_CLIENT_SECRET, /* fob login --client-secret-file FILE */
  HIDDEN_SESSION,       /* what a login brings by itself: fob login */
  HIDDEN_PRIVATE_KEY,   /* a file that client.key names */
};

/* By the member's name: case, '-' and '_' do not count. */
enum hidden_kind hidden_by_name(const char *name);

/* By the value: the issuers' own prefixes (ghp_, glpat-, …) and JWTs. */
bool hidden_by_value(const char *text);

/* NULL when a profile may send the header (which may still be hidden by its
 * name); else why not. */
const char *hidden_header(const char *name);

/* NULL when a profile may send the request parameter; else what to do
 * instead, to be read after "NAME": "is the profile's scope". */
const char *hidden_parameter(const char *name);

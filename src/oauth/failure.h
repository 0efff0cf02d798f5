/* A server's own words for what went wrong, as they are shown and kept. */
#pragma once

#include "base/err.h"

/* RFC 6749 §4.1.2.1, §5.2. As the server sent them; NULL: not sent. */
struct failure {
  const char *error;
  const char *description;
};

/* "WHO says invalid_grant ("token expired")"; err->oauth_error too. Shortened
 * and made visible. Returns code. */
enum code failure_set(struct err *err, enum code code, const char *who,
                      const struct failure *failure);

/* What an `error` is under that status: E_RATE, E_ISSUER_5XX or E_OAUTH. */
enum code failure_code(int status);

/* A status where the body has no `error` that says more: E_OK for a 2xx, else
 * E_RATE, E_ISSUER_5XX or E_ANSWER. where: "at the token endpoint"; type: the
 * Content-Type to name with it, "" when there was none; NULL: not named. */
enum code failure_status(struct err *err, const char *who, int status,
                         const char *where, const char *type);

/* A refusal by an endpoint that tells nothing but that: E_RATE, E_ISSUER_5XX,
 * E_OAUTH by the body's `error`, E_ANSWER without one; E_NOMEM. what: "the
 * introspection", to which the server answers. */
struct buf;
enum code failure_read(struct err *err, const char *who, int status,
                       const char *what, const struct buf *body);

/* A copy for keeping: visible, without any living secret's value (a server may
 * have repeated what it was sent), at most 512 bytes. Never NULL on E_OK. */
NODISCARD enum code failure_text(char **ret_text, const char *text,
                                 struct err *err);

/* The host of a URL, with its port when it has one: how messages name a server.
 * Needs no libcurl. */
NODISCARD enum code failure_host(char **ret_host, const char *url,
                                 struct err *err);

/* After E_RATE: Retry-After in seconds, for the hint; a date is not worth the
 * lines. */
struct headers;
void failure_hint_wait(const struct headers *headers, struct err *err);

/* URLs as CONTRACT §1 wants them.
 *
 * Parsed by libcurl's URL API, then held to fob's own rules: https, or http to
 * loopback alone; no userinfo, no fragment; host lower-cased and in its ASCII
 * form (IDNA); a default port equals none; no control or white-space
 * characters. Other characters that a URL may not have are escaped. With
 * URL_STRICT_PATH (API bases and what is joined to them) also no "//",
 * backslash, "." or ".." segment. The latter three are refused in their
 * encoded form too ("%2e%2e", "..%2f"); "%2F%2F" is data: some APIs take a URL
 * as a path segment.
 *
 * A URL in plain ASCII is parsed without loading libcurl. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct url {
  char *scheme; /* "https" or "http" */
  char *host;   /* "[::1]" keeps its brackets; a trailing dot stays */
  int port;     /* always set */
  char *path;   /* begins with "/" */
  char *query;  /* without "?"; NULL when there is none */
  char *text;   /* the whole, normalised */
  char *origin; /* scheme://host or scheme://host:port, default port left out */
};

enum url_flags {
  URL_PLAIN = 0,
  URL_STRICT_PATH = 1,
  URL_ADD_HTTPS = 2,   /* "example.com/x" is taken as https */
  URL_NO_QUERY = 4,    /* a query is refused: issuers, API bases */
  URL_FRAGMENT_OK = 8, /* dropped; a pasted redirect may have one */
};

/* what names it in the message: "api", "--issuer", "the answer's next link".
 * code: what a malformed one gives (E_USAGE, E_PROFILE, E_ANSWER); plain http
 * beyond loopback gives E_PLAIN_HTTP unless code is E_PROFILE or E_USAGE. */
NODISCARD enum code url_parse(struct url **ret_url, const char *text,
                              unsigned flags, enum code code, const char *what,
                              struct err *err);

/* 127.0.0.0/8, [::1], localhost, *.localhost. */
bool url_is_loopback(const struct url *url);

/* Loopback, or link-local (169.254.0.0/16, fe80::/10), where clouds have their
 * services for one machine: an answer from elsewhere may not lead there. */
bool url_is_local(const struct url *url);

bool url_same_origin(const struct url *a, const struct url *b);

/* How many bytes of path the base covers, by whole segments, when url is of
 * its origin; -1 when it is not below it. The longest wins a selection. */
int url_below(const struct url *base, const struct url *url);

/* Appends a relative path to a base: on https://h/api/v4 both `user` and
 * `/user` give https://h/api/v4/user. E_USAGE. */
NODISCARD enum code url_append(struct url **ret_url, const struct url *base,
                               const char *path, struct err *err);

/* Resolves a Location or link against the URL it came from (RFC 3986 §5).
 * E_ANSWER. */
NODISCARD enum code url_resolve(struct url **ret_url, const struct url *from,
                                const char *reference, struct err *err);

/* A copy with more query: pairs is already form-encoded "a=b&c=d". */
NODISCARD enum code url_with_query(struct url **ret_url, const struct url *url,
                                   const char *pairs, struct err *err);

NODISCARD enum code url_copy(struct url **ret_url, const struct url *url,
                             struct err *err);

void url_free(struct url *url);
DEFINE_AUTO(url)

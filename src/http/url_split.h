/* Taking a URL apart, for http/url.c alone.
 *
 * libcurl's parser decides. But a URL that is plain in the first place (lower
 * case, unreserved characters, no fragment, no dot segment, a host name or an
 * IPv4 address) can be read in one way only, and is taken apart here, so that
 * a profile can be read without loading libcurl (DESIGN §3, "Starting fast").
 * A test and a fuzzer hold both to the same answer. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct url_parts {
  char *scheme;
  char *host; /* lower case, ASCII; an IPv6 address in brackets */
  char *port; /* NULL when none is given */
  char *path; /* begins with "/" */
  char *query;
  bool fragment; /* one was there; it is dropped */
};

enum url_split_flags {
  URL_SPLIT_AS_IS = 1, /* leave dot segments in the path */
  URL_SPLIT_SPACE = 2, /* spaces may be in path and query */
};

/* E_NOMEM fills err. Otherwise a non-OK code leaves err alone and gives the
 * reason, a constant text; code is then E_USAGE, or E_LOCAL with err filled
 * when libcurl cannot be loaded (ret_reason NULL). */
NODISCARD enum code url_split(struct url_parts *ret_parts, const char *text,
                              unsigned flags, const char **ret_reason,
                              struct err *err);

/* The two ways of doing that. url_split_plain gives *ret_plain = false when
 * text is for libcurl. */
NODISCARD enum code url_split_plain(struct url_parts *ret_parts,
                                    const char *text, bool *ret_plain,
                                    struct err *err);
NODISCARD enum code url_split_curl(struct url_parts *ret_parts,
                                   const char *text, unsigned flags,
                                   const char **ret_reason, struct err *err);

void url_parts_clear(struct url_parts *parts);
#define AUTO_URL_PARTS __attribute__((cleanup(url_parts_clear)))

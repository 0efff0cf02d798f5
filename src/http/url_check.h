/* The rules for the parts of a URL, for http/url.c alone. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/* The reason why a path of len bytes may not be joined to an API base, or NULL.
 * A server may undo escapes before it takes the path apart, so "%2e%2e" counts
 * as "..", and an escaped slash ends a segment. An escaped "//" climbs nowhere
 * and is data: some APIs take a URL as a path segment. */
const char *url_path_fault(const char *path, size_t len);

/* Copies a path or query with what RFC 3986 does not allow there escaped.
 * strict: false for a "%" without two hex digits behind. */
bool url_put_escaped(struct buf *out, const char *text, bool strict);

enum { URL_ADDRESS_SIZE = 64 };

/* Lower-cases host and checks it. An IPv6 address in its one form is left in
 * address, with brackets; address is "" otherwise. false when it is none of a
 * name, an IPv4 address and a bracketed IPv6 address, or when one program may
 * read it as a number and another as a name. */
bool url_normalise_host(char *host, char address[URL_ADDRESS_SIZE]);

bool url_host_is_loopback(const char *host);

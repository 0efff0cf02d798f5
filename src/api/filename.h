/* Names of files that others chose: the last part of a URL (-O), and what
 * Content-Disposition says (RFC 6266; -J).
 *
 * A name is taken only when it can do no harm: 1 to 200 bytes of UTF-8, no
 * slash, no control, bidi or invisible character, no dot, dash or blank in
 * front, none of the latter behind. */
#pragma once

#include "base/err.h"
#include "http/url.h"

#include <stdbool.h>

bool filename_is_safe(const char *name);

/* The last part of the path, with %XX undone. E_USAGE, with -o FILE as the
 * hint; E_NOMEM. The caller frees. */
NODISCARD enum code filename_of_url(char **ret_name, const struct url *url,
                                    struct err *err);

/* filename* (RFC 8187, in UTF-8) before filename; of a path its last part.
 * *ret_name is NULL when the field names no safe one, or cannot be read.
 * E_NOMEM. The caller frees. */
NODISCARD enum code filename_of_disposition(char **ret_name, const char *field,
                                            struct err *err);

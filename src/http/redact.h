/* Hiding by name what may be a secret, before it is shown (DESIGN §1.1). Hiding
 * by value is done by base/log on top of it. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/* Appends a URL, or a part of one, with the values of query and fragment
 * parameters that are named like secrets (code, state, …token, …secret,
 * …signature, …) as "[hidden]". */
void redact_url(struct buf *out, const char *url);

/* The same for a message: url as it may be shown, kept in out. */
const char *redact_shown(struct buf *out, const char *url);

/* Appends the value of a header as it may be shown: "[hidden, N bytes]" for a
 * cookie or what is named like a secret, Location and the like as URLs. */
void redact_header(struct buf *out, const char *name, const char *value);

/* Appends a secret value of len bytes: "Bearer [hidden, N bytes]" when it
 * begins with the scheme of an Authorization header, else "[hidden, N bytes]".
 */
void redact_secret(struct buf *out, const char *name, const char *value,
                   size_t len);

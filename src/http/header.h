/* Lists of header fields (RFC 9110 §5). Names compare without case; order and
 * repetition are kept. A name must be a token, a value free of CR, LF, NUL
 * and other controls but tab: refused with E_USAGE otherwise. */
#pragma once

#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>

struct header {
  char *name;
  char *value;           /* NULL when secret is set */
  struct secret *secret; /* a value that is never shown: the credential */
  bool portable;         /* goes to another origin too (Accept*, Range, UA) */
};

struct headers {
  struct header *items;
  size_t count;
};

void headers_init(struct headers *headers);
void headers_clear(struct headers *headers);
#define AUTO_HEADERS __attribute__((cleanup(headers_clear)))

NODISCARD enum code headers_add(struct headers *headers, const char *name,
                                const char *value, struct err *err);
/* Replaces all of that name. */
NODISCARD enum code headers_set(struct headers *headers, const char *name,
                                const char *value, struct err *err);
/* value is copied. Adds; shown as "[hidden, N bytes]". A value that is refused
 * is not quoted. */
NODISCARD enum code headers_add_secret(struct headers *headers,
                                       const char *name,
                                       const struct secret *value,
                                       struct err *err);
void headers_remove(struct headers *headers, const char *name);

/* The first value of that name that is no secret, or NULL. */
const char *headers_get(const struct headers *headers, const char *name);

/* "Name: value" as a user gives it; "Name:" sends an empty one. E_USAGE, also
 * for Content-Length and Transfer-Encoding, which follow from the body. */
NODISCARD enum code headers_add_line(struct headers *headers, const char *line,
                                     struct err *err);

bool header_name_valid(const char *name);
/* Content-Length, Transfer-Encoding: follow from the body, never from a list.
 */
bool header_is_framing(const char *name);
/* Authorization, Proxy-Authorization, Cookie: never from argv. */
bool header_is_credential(const char *name);
/* Accept*, Range, User-Agent: may follow a redirect to another origin. */
bool header_is_portable(const char *name);

/* A parameter of the challenges in WWW-Authenticate (RFC 9110 §11.6.1), over
 * all fields of that name: its value in the first challenge of scheme that has
 * it, or NULL. With parameter NULL: "" when scheme is offered at all. What
 * cannot be read ends its field. Caller frees. */
NODISCARD enum code header_challenge(char **ret_value,
                                     const struct headers *headers,
                                     const char *scheme, const char *parameter,
                                     struct err *err);

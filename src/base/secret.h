/* A value that must not be seen: a token, a client secret, a key.
 *
 * The bytes are reached through one function, secret_reveal(), so that the
 * places that can leak one are found by a search. Each living secret is also
 * known to log_redact(), which takes its value (plain, percent-encoded,
 * base64) out of whatever fob is about to show. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct secret;

/* A copy of len bytes. */
NODISCARD enum code secret_new(struct secret **ret_secret, const void *bytes,
                               size_t len, struct err *err);

/* Takes the bytes out of buf, which is left empty. */
NODISCARD enum code secret_from_buf(struct secret **ret_secret, struct buf *buf,
                                    struct err *err);

NODISCARD enum code secret_copy(struct secret **ret_copy,
                                const struct secret *secret, struct err *err);

/* The bytes, with a NUL behind them. Never NULL. */
const char *secret_reveal(const struct secret *secret);

size_t secret_len(const struct secret *secret);

/* In time that depends on the lengths alone. NULL equals NULL only. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Copies text to out; every occurrence of a living secret of 6 bytes or more
 * becomes "[hidden, N bytes]". */
void secret_redact(struct buf *out, const char *text, size_t len);

void secret_free(struct secret *secret); /* NULL is fine */
DEFINE_AUTO(secret)

/* What a profile's api_error says of an answer of 2xx (CONTRACT §6), told as
 * its body arrives: with `ok`, whatever is there must be true; without,
 * `message` must be absent or null. Of a row of documents the first that has
 * the value counts. Constant memory. */
#pragma once

#include "base/err.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>

struct refusal;

/* *ret_refusal is NULL where the profile (NULL: none; else borrowed) has no
 * api_error; nothing is a refusal then. All below take that NULL. */
NODISCARD enum code refusal_new(struct refusal **ret_refusal,
                                const struct profile *profile, struct err *err);

NODISCARD enum code refusal_feed(struct refusal *refusal, const void *bytes,
                                 size_t len, struct err *err);

/* Nothing that is still to come can change refusal_is(). */
bool refusal_is_known(const struct refusal *refusal);
bool refusal_is(const struct refusal *refusal);

/* What `message` leads to, for people: a text without quotes, anything else as
 * it stands. NULL: nothing that could be shown. mem_free. */
char *refusal_message(const struct refusal *refusal);

void refusal_free(struct refusal *refusal);
DEFINE_AUTO(refusal)

/* A profile inherits from its preset member by member: objects are merged,
 * lists and texts replaced, and null takes back what the preset states. */
#pragma once

#include "base/err.h"
#include "profile/profile.h"

#include <jansson.h>

/* A new object; preset may be NULL. No null is left in it, and no x- member of
 * the preset. E_NOMEM. */
NODISCARD enum code inherit_merge(const json_t *preset, const json_t *own,
                                  json_t **ret_merged, struct err *err);

/* What members say to each other (CONTRACT §6): settles auth, client.secret,
 * account and grant in the struct, whose table targets are filled. E_PROFILE.
 */
struct document;
NODISCARD enum code inherit_settle(struct profile *profile,
                                   const struct document *document,
                                   struct err *err);

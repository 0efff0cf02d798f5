/* Rich authorization requests (RFC 9396): what is asked for, beside or instead
 * of scopes, as the profile's `authorization_details`, and what came of it. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "oauth/metadata.h"
#include "profile/profile.h"

#include <jansson.h>
#include <stdbool.h>

/* The profile's list; NULL when it asks for none. Borrowed. */
const json_t *details_asked(const struct profile *profile);

/* Before anything is sent. E_PROFILE: a type that is none of those which the
 * server lists (§10, authorization_details_types_supported). */
NODISCARD enum code details_ready(const struct profile *profile,
                                  const struct metadata *metadata,
                                  struct err *err);

/* Appends the parameter, as the profile has it; nothing when it has none. */
NODISCARD enum code details_add(struct buf *form, const struct profile *profile,
                                struct err *err);

enum { DETAILS_MAX = 64 };

/* NULL when value, of a token answer (§7), is a list of at most DETAILS_MAX
 * objects that each have a type; else what is wrong with it, to be read after
 * the member's name. */
const char *details_wrong(const json_t *value);

/* What a server made of them, held against what was asked. Lists of types. A
 * server may fill in what the person chose (§7.1), so that a change is told,
 * not refused. */
struct details_outcome {
  bool unstated;            /* asked for, and the answer says nothing */
  struct text_list granted; /* as they were asked for */
  struct text_list changed; /* and, in the same order, their JSON */
  struct text_list changed_asked, changed_granted;
  struct text_list missing; /* asked for and not granted */
  struct text_list extra;   /* granted and not asked for */
};
void details_outcome_clear(struct details_outcome *outcome);

/* asked and granted (a list that details_wrong() found nothing wrong with) may
 * be NULL. What equals is taken first, then what is of the same type, in
 * order. */
NODISCARD enum code details_compare(struct details_outcome *ret_outcome,
                                    const json_t *asked, const json_t *granted,
                                    struct err *err);

/* The refresh transaction of DESIGN §1.7: lock, read again, mark, send once,
 * store, then give out. */
#pragma once

#include "base/err.h"
#include "oauth/session.h"
#include "store/record.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct refresh_ask {
  const struct session *session;
  const struct session_ask *ask;
  const char *key;     /* of the token that is wanted, in record->access */
  struct store *store; /* open */
  uint64_t seen;       /* the generation that was read before the lock */
};

/* *ret_record: as it is stored now, with a token under key that serves.
 * ret_sent: this process asked the server; false: another one had.
 *
 * A record is marked (pending_at) before the request and the mark is taken away
 * with the answer. It stays where nobody can know whether the server acted: an
 * answer cut short, a timeout, a 5xx, an unreadable 200, or the death of this
 * process. It does not hold up the next refresh; it explains an invalid_grant
 * then. */
NODISCARD enum code refresh_run(const struct refresh_ask *ask,
                                struct record **ret_record, bool *ret_sent,
                                struct err *err);

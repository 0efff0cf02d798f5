/* Is a token good enough for what was asked? Pure; CONTRACT §2, `token`. */
#pragma once

#include "base/err.h"
#include "oauth/session.h"
#include "store/record.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  VALIDITY_DEFAULT = 30,  /* or a tenth of the lifetime, whichever is less */
  VALIDITY_SKEW = 60,     /* a token issued later than that from now on: the
                             clock was set back, its age is not known */
  VALIDITY_REJECTED = 30, /* a token younger than that, answered by 401, is not
                             worth a refresh */
};

/* min_valid: seconds; -1: the default. No stated expiry is always enough. */
bool validity_enough(int64_t issued_at, int64_t expires_at, int64_t min_valid,
                     int64_t now);

enum validity_step {
  VALIDITY_USE,
  VALIDITY_RENEW,
  VALIDITY_UNAUTHORIZED, /* a new one would not help against the 401 */
};

/* access: what is held, or NULL. */
enum validity_step validity_decide(const struct record_access *access,
                                   const struct session_ask *ask, int64_t now);

/* For a token that has just been issued: E_LESS when it does not live as long
 * as was asked; the default rule never refuses one. */
NODISCARD enum code validity_check_new(const struct record_access *access,
                                       const struct session_ask *ask,
                                       int64_t now, struct err *err);

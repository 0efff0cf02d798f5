/* PSA, for the files of this room: made ready once, and its failures put into
 * words. */
#pragma once

#include "base/err.h"
#include "crypto/crypto.h"

#include <psa/crypto.h>

/* Before the first PSA call of every public function. */
NODISCARD enum code engine_ready(struct err *err);

/* "cannot <doing>: <status>"; E_NOMEM when memory was short, else E_LOCAL. */
enum code engine_failed(struct err *err, const char *doing,
                        psa_status_t status);

/* PSA's name of a hash. */
psa_algorithm_t engine_hash(enum crypto_hash which);

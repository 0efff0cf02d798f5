/* What RFC 9111 says of keeping an answer and of using a kept one, for a
 * private cache whose user states how old an answer may be. Pure.
 *
 * The user's word decides what is fresh (RFC 9111 §5.2.1.2 allows max-stale),
 * also against max-age, Expires and must-revalidate, which frameworks send with
 * every answer. no-store and no-cache are the server's to say, and are heeded.
 * Of requests the fields are as they go out, without the credential: whose
 * answer it is is no matter of these functions. */
#pragma once

#include "base/err.h"
#include "http/header.h"

#include <stdbool.h>
#include <stdint.h>

/* Cache-Control, all fields of it; Pragma: no-cache where there is none. */
struct fresh_control {
  bool no_store;
  bool no_cache;   /* with field names too: as without (§5.2.2.4) */
  int64_t max_age; /* seconds; -1: not stated; 0: malformed (§4.2.1). The
                      smallest of several */
};
void fresh_control_read(struct fresh_control *ret_control,
                        const struct headers *headers);

/* What the request's own Cache-Control leaves of ttl, in seconds; 0: each
 * answer is to be confirmed. */
int64_t fresh_limit(const struct headers *request, int64_t ttl);

/* Why a request is neither answered from a cache nor its answer kept: "of POST
 * nothing is kept"; NULL: it may. Secrets of the user's own, ranges, conditions
 * of its own and no-store. */
const char *fresh_bars_request(const char *method,
                               const struct headers *request);

/* Why an answer is not kept; NULL: it may be. */
const char *fresh_bars_answer(int status, const struct headers *answer);

/* What is kept of an answer's fields: all but those of its connection (§3.1)
 * and Set-Cookie, which is a secret. */
NODISCARD enum code fresh_keep(struct headers *ret_kept,
                               const struct headers *answer, struct err *err);

/* --- Vary (§4.1) -----------------------------------------------------------
 */

/* The request's fields that the answer was chosen by: a value is "=" and what
 * was sent, or "" where nothing was. Beside what Vary names these are all that
 * were sent, together under "*": APIs are chosen between by fields that their
 * Vary does not name (X-GitHub-Api-Version). Left out of that are those which
 * are another with each request, or are for caches. */
NODISCARD enum code fresh_vary(struct headers *ret_selecting,
                               const struct headers *answer,
                               const struct headers *request, struct err *err);
NODISCARD enum code fresh_vary_matches(bool *ret_matches,
                                       const struct headers *selecting,
                                       const struct headers *request,
                                       struct err *err);

/* --- age and confirming (§4.2.3, §4.3) -------------------------------------
 */

/* Seconds since the origin made or confirmed it; -1 when a clock went back.
 * asked_at, received_at: of the exchange that it came by. */
int64_t fresh_age(const struct headers *kept, int64_t asked_at,
                  int64_t received_at, int64_t now);

/* Adds If-None-Match and If-Modified-Since; *ret_can: there was something to
 * ask by. */
NODISCARD enum code fresh_condition(struct headers *request,
                                    const struct headers *kept, bool *ret_can,
                                    struct err *err);

/* Does a 304 confirm that answer, and no other one? */
bool fresh_confirms(const struct headers *kept,
                    const struct headers *confirmation);

/* Takes over what the 304 says anew: all but what is not kept and what
 * describes the body. */
NODISCARD enum code fresh_update(struct headers *kept,
                                 const struct headers *confirmation,
                                 struct err *err);

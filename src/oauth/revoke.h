/* Revoking at the server (RFC 7009): refresh token first, then access tokens.
 */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "profile/profile.h"
#include "store/record.h"

enum revoke_result {
  REVOKE_DONE,        /* the server said 200 to each */
  REVOKE_NOT_OFFERED, /* no endpoint, `revocation: off`, or a PAT */
};

/* Uses the bound endpoint. A token that the server does not know counts as
 * done. On failure (E_NETWORK, E_ISSUER_5XX, E_OAUTH, …) some may be revoked.
 */
NODISCARD enum code revoke_record(enum revoke_result *ret_result,
                                  struct http *http,
                                  const struct profile *profile,
                                  const struct record *record, struct err *err);

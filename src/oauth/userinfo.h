/* What an OpenID provider says about the person of a login (OpenID Connect Core
 * §5.3). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/client.h"
#include "oauth/session.h"
#include "store/record.h"

/* GETs the bound userinfo endpoint with token, which is one of the login that
 * record holds. ret_claims: the claims as they came, a JSON object; of a signed
 * answer (§5.3.2) its payload, once the issuer's keys have verified it and iss,
 * aud and exp, where it has them, are right. Refused with E_CHECK unless `sub`
 * is the stored ID token's (§5.3.4).
 *
 * E_UNAUTHORIZED, E_SCOPE (the token lacks `openid`), E_RATE, E_ISSUER_5XX,
 * E_ANSWER, the network's codes. E_USAGE: the login has no such endpoint. */
NODISCARD enum code userinfo_fetch(struct buf *ret_claims, struct http *http,
                                   const struct record *record,
                                   const struct session_token *token,
                                   struct err *err);

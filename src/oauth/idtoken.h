/* Checks an ID token as OpenID Connect Core §3.1.3.7 lays it down, signature
 * always included, although it may be left out for one that came straight from
 * the token endpoint.
 *
 *     const struct idtoken_check check = {
 *         .issuer = record->bound.issuer,
 *         .client_id = profile->client.id,
 *         .nonce = nonce,
 *         .access_token = secret_reveal(token),
 *         .now = clock_wall(),
 *         .keys = fetch_keys, .user = &session};
 *     code = idtoken_verify(&id, compact, &check, err);
 */
#pragma once

#include "base/err.h"
#include "oauth/issued.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  IDTOKEN_SKEW = 60,     /* seconds that two clocks may differ */
  IDTOKEN_SUB_MAX = 255, /* Core §2 */
};

/* Everything is borrowed. */
struct idtoken_check {
  /* Compared exactly. One whole path segment `{tenantid}` stands for the
   * token's `tid`, a UUID (DESIGN rule 9); idtoken.issuer is what to pin. */
  const char *issuer;
  const char *client_id;
  const char *nonce;        /* as sent; NULL: none was, and none may come */
  const char *access_token; /* what at_hash is checked against; NULL: nothing */
  int64_t now;              /* wall seconds */

  const char *sub; /* whose it must be; NULL: anyone's */

  /* A token that came with a refresh (Core §12.2): nonce is not used. previous
   * is the stored ID token, believed as it stands: iss, sub, aud and, where
   * both have one, nonce must be the same. NULL: there is none. */
  bool refreshed;
  const char *previous;

  /* Gives the issuer's JWK Set ({"keys": […]}), which idtoken_verify releases.
   * Called at most twice: with again set when the first set had no key for this
   * token, for a set fetched afresh. Its failure is passed on. */
  issued_keys *keys;
  void *user;
};

struct idtoken {
  char *issuer; /* `iss`: the check's issuer, {tenantid} filled */
  char *sub;
  json_t *claims; /* all of them, an object */
};

/* E_CHECK names the claim that failed; keys is asked only after every check
 * that needs no key. A second audience is accepted only with an `azp` that
 * names this client: then the token was issued to it. */
NODISCARD enum code idtoken_verify(struct idtoken **ret_token,
                                   const char *compact,
                                   const struct idtoken_check *check,
                                   struct err *err);

void idtoken_free(struct idtoken *token); /* NULL is fine */
DEFINE_AUTO(idtoken)

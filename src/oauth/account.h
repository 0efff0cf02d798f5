/* Whose token it is: from the ID token's claims, or from the API's own page
 * about the caller (`account.path`), which also tells whether a token works. */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "oauth/session.h"
#include "profile/profile.h"
#include "store/record.h"

#include <jansson.h>
#include <stdbool.h>

/* Takes account.id and account.label (JSON pointers) out of document; what is
 * not there, or is neither a text nor an integer, stays unknown. */
NODISCARD enum code account_from_json(struct record *record,
                                      const struct profile *profile,
                                      const json_t *document, struct err *err);

/* GETs account.path on the first base (the record's, else the profile's) with
 * token (presented already) and takes the account, account.expires_header and
 * account.scopes_header. *ret_checked: the API has accepted the token and told
 * the account; false with E_OK: no path or base, or a 403 (a valid token that
 * may not read this page: warned of). E_UNAUTHORIZED for a 401 or an answer
 * that api_error calls one; the API's codes for others. */
NODISCARD enum code account_fetch(struct record *record, bool *ret_checked,
                                  struct http *http,
                                  const struct profile *profile,
                                  const struct session_token *token,
                                  struct err *err);

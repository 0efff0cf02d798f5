/* Issuer identifiers, compared as DESIGN rule 1.9 says: as text, with two
 * stated exceptions. Pure. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

enum issuer_match {
  ISSUER_OTHER,
  ISSUER_EXACT,
  ISSUER_SLASH,  /* the same but for one trailing slash */
  ISSUER_TENANT, /* Entra: found has the segment {tenantid} where expected says
                    `common` or `organizations`, its names for any tenant */
};

enum issuer_match issuer_compare(const char *expected, const char *found);

/* Has it one, and only one, whole path segment `{tenantid}`? Such a one is
 * filled from an ID token before anything is kept. */
bool issuer_is_template(const char *issuer);

/* Is issuer what filling the template with a UUID gives? An issuer that is no
 * template equals itself alone. */
bool issuer_fills(const char *pattern, const char *issuer);

/* After a login, when the adopted issuer is what counts: may a profile that
 * says `said` use the login that was made at `bound`? */
bool issuer_still_bound(const char *said, const char *bound);

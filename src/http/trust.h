/* Which authorities a server's certificate may come from (DESIGN §3,
 * "Certificates"), for http/ alone.
 *
 * Order: what the caller names, SSL_CERT_FILE and SSL_CERT_DIR, CURL_CA_BUNDLE,
 * the system's. Each replaces the rest. For the system's, OpenSSL first looks
 * into the hashed directory, which costs a fraction of parsing the bundle;
 * when the issuer is not there, trust_widen() brings the bundle in. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct trust {
  char *file;
  char *directory;
  char *bundle;         /* what trust_widen() adds; NULL: nothing */
  const char *named_by; /* "--cacert" or the variable; NULL: the system's */
};

/* named may be NULL. E_USAGE when named, E_ENVIRONMENT when a variable names
 * something that cannot be used. libcurl must be loaded. */
NODISCARD enum code trust_choose(struct trust *ret_trust, const char *named,
                                 struct err *err);

/* After a failed verification, whose X509_V_ERR_ code is given: true when
 * another try with all that is trusted may end otherwise. */
bool trust_widen(struct trust *trust, long verify_result);

void trust_clear(struct trust *trust);

/* Which authorities a server's certificate may come from (DESIGN §3,
 * "Certificates"), for http/ alone.
 *
 * Order: what the caller names, SSL_CERT_FILE and SSL_CERT_DIR, CURL_CA_BUNDLE,
 * the system's. Each replaces the rest. For the system's, OpenSSL first looks
 * into the hashed directory, which costs a fraction of parsing the bundle;
 * when the issuer is not there, trust_widen() brings the bundle in. The
 * system's are libcurl's to tell, which is not loaded before it is needed. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct trust {
  char *file;
  char *directory;
  char *bundle;         /* what trust_widen() adds; NULL: nothing */
  const char *named_by; /* "--cacert" or the variable; NULL: the system's */
};

/* What is named, by the caller (may be NULL) or a variable; else nothing yet.
 * E_USAGE when named, E_ENVIRONMENT when a variable names something that cannot
 * be used. */
NODISCARD enum code trust_choose(struct trust *ret_trust, const char *named,
                                 struct err *err);

/* The system's, where nothing was named. libcurl must be loaded. */
NODISCARD enum code trust_complete(struct trust *trust, struct err *err);

/* After a failed verification, whose X509_V_ERR_ code is given: true when
 * another try with all that is trusted may end otherwise. */
bool trust_widen(struct trust *trust, long verify_result);

void trust_clear(struct trust *trust);

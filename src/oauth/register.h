/* Registering a client by oneself (RFC 7591), and looking after it (RFC 7592).
 *
 * What is registered: a native client by the name "fob", nothing of the person
 * or the machine, with the profile's redirect URIs. The server's answer counts,
 * not what was asked: it may choose another way to authenticate or give a
 * secret. What it leaves out of what fob needs makes it unusable. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "http/client.h"
#include "oauth/metadata.h"
#include "profile/profile.h"
#include "store/record.h"

#include <stdbool.h>
#include <stdint.h>

struct registration {
  char *client_id;
  enum profile_client_auth auth; /* none, client_secret_basic or _post */
  struct secret *secret;         /* NULL: none is needed */
  int64_t secret_expires_at;     /* CLOCK_NEVER */
  struct secret *access_token;   /* RFC 7592 §3; NULL: not offered, … */
  char *uri;                     /* … and so is this */
};

/* What a registration must be good for. */
struct registration_ask {
  const char *endpoint; /* where it was made; its origin has the uri */
  const struct text_list *redirect_uris;
  const char *grant;     /* RFC 6749's name of it */
  const char *scope;     /* with single spaces; NULL: none is asked for */
  const char *client_id; /* RFC 7592: the one that must be meant; NULL: any */
};

/* Can a client be registered there: is there an endpoint? */
bool registration_offered(const struct metadata *metadata);

/* Registers one at metadata->registration_endpoint. E_OAUTH: the server says
 * why not; E_UNAUTHORIZED: only with an initial access token; E_ANSWER,
 * E_CHECK, E_LESS: as registration_read(); E_PROFILE: the profile wants an
 * authentication that cannot be registered; E_RATE, E_ISSUER_5XX, the network's
 * codes. */
NODISCARD enum code registration_make(struct registration **ret_registration,
                                      struct http *http,
                                      const struct profile *profile,
                                      const struct metadata *metadata,
                                      const char *grant, struct err *err);

/* --- register_answer.c --- */

/* The answer (RFC 7591 §3.2.1). E_ANSWER: a member is missing or not what it
 * must be; E_CHECK: another client's, or the management is at another origin
 * than the registration; E_LESS: registered for less than fob needs. */
NODISCARD enum code registration_read(struct registration **ret_registration,
                                      const char *bytes, size_t len,
                                      const struct registration_ask *ask,
                                      struct err *err);

/* --- register_manage.c: RFC 7592, by the record's uri and token ----------- */

bool registration_managed(const struct record *record);

/* Is the stored registration still there and good for this login? *ret_why: a
 * few words why not (a constant), or NULL. *ret_now (may be NULL afterwards):
 * what the server says now, with a new token or secret perhaps (§2.1). What
 * the server does not tell, or cannot be asked, counts as good. E_ANSWER,
 * E_CHECK as registration_read(); E_SIGNAL, E_NOMEM. */
NODISCARD enum code
registration_check(const char **ret_why, struct registration **ret_now,
                   struct http *http, const struct record *record,
                   const struct registration_ask *ask, struct err *err);

enum unregister_result {
  UNREGISTER_DONE,        /* deleted, or not there any more */
  UNREGISTER_NOT_OFFERED, /* no management, or none of deletion (405, 403) */
};

/* §2.3. E_ISSUER_5XX, E_RATE, E_ANSWER, the network's codes: it may still be
 * there. */
NODISCARD enum code registration_delete(enum unregister_result *ret_result,
                                        struct http *http, const char *uri,
                                        const struct secret *access_token,
                                        struct err *err);

void registration_free(struct registration *registration); /* NULL is fine */
DEFINE_AUTO(registration)

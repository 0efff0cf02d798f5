/* A token that is valid now: by a job's identity, from the kernel's cache, from
 * the store, or by one refresh as DESIGN §1.7 lays it down (lock, read again,
 * mark, send once, store, then give out). */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "http/client.h"
#include "profile/profile.h"
#include "store/cache.h"
#include "store/env.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* What a command works with. Everything is borrowed. */
struct session {
  const struct profile *profile;
  const struct env_credential *env; /* FOB_TOKEN for this profile; or NULL */
  const char *store_kind;           /* the profile's; "keyring" when unset */
  struct store_options store_options;
  struct http_options http_options; /* of this command: proxy, CA, … */
  enum cache_mode cache;
};

struct session_ask {
  const char *scope; /* --scope; NULL: the profile's */
  const struct text_list *resource, *audience; /* NULL: the profile's */
  int64_t min_valid; /* seconds; -1: the default rule */
  bool force_refresh;
  /* A token that an API has just answered with 401: it is refreshed only when
   * the store still holds that one and it is older than 30 s; otherwise
   * E_UNAUTHORIZED, or the newer token. NULL otherwise. */
  const struct secret *rejected;
  int64_t rejected_at; /* when that was issued */
  /* Where the token is going; NULL: not known. A base that the profile has
   * gained since the login gets none: E_PROFILE_CHANGED. */
  const struct url *url;
};

struct session_token {
  struct secret *token;
  char *token_type;            /* "Bearer", "DPoP"; "" for a PAT */
  char *cert, *cert_key;       /* what a certificate-bound token goes out with
                                  (oauth/certificate.h); NULL: it is not */
  struct secret *dpop_key;     /* what a DPoP token is bound to (oauth/dpop.h):
                                  each request needs a proof; NULL: a bearer's */
  char *scope;                 /* NULL: not stated */
  char *header_name;           /* NULL when the profile sends it in the query */
  struct secret *header_value; /* the whole value: "Bearer …", "Basic …" */
  char *query_name;            /* AUTH_QUERY; else NULL */
  char *issuer;                /* NULL for a PAT */
  char *login; /* which login it is of: stays with refreshes, another one has
                  another; NULL: the token itself is all there is to tell */
  int64_t issued_at, expires_at;
  uint64_t generation;
  bool by_identity;   /* a job's: no store holds anything of it */
  const char *source; /* "the kernel cache", "the keyring", "a refresh", … */
};
void session_token_clear(struct session_token *token);
#define AUTO_TOKEN __attribute__((cleanup(session_token_clear)))

/* E_NO_CREDENTIAL, E_REFRESH_REJECTED, E_LESS (min_valid cannot be met: names
 * the lifetime), E_PROFILE_CHANGED, the store's and the network's codes. Never
 * prompts for a login. */
NODISCARD enum code session_token(const struct session *session,
                                  const struct session_ask *ask,
                                  struct session_token *ret_token,
                                  struct err *err);

/* Compares what the profile says now with what the login was made with.
 * E_PROFILE_CHANGED with both values and the commands that settle it. A base
 * that was removed is no change. */
NODISCARD enum code session_check_bound(const struct profile *profile,
                                        const struct record *record,
                                        struct err *err);

/* The same for a token that goes to url (NULL: nobody knows where): a base that
 * was added is no reason to refuse the others, but it gets nothing itself.
 * ret_whole: the profile has none that was added. */
NODISCARD enum code session_check_target(const struct profile *profile,
                                         const struct record *record,
                                         const struct url *url, bool *ret_whole,
                                         struct err *err);

/* `profile trust`: sets the record's binding to what the profile says now. The
 * caller has shown the difference (session_check_bound's message) and asked,
 * and holds the lock. */
NODISCARD enum code session_rebind(const struct profile *profile,
                                   struct record *record, struct err *err);

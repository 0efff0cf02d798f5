/* Token exchange (RFC 8693): a token that was issued elsewhere becomes one of
 * this server's. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "profile/profile.h"

#define EXCHANGE_ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"
#define EXCHANGE_ID_TOKEN "urn:ietf:params:oauth:token-type:id_token"
#define EXCHANGE_JWT "urn:ietf:params:oauth:token-type:jwt"

/* Everything is borrowed. */
struct exchange {
  const struct secret *subject;
  const char *subject_type; /* RFC 8693 §3; NULL: as exchange_type() says */
  const char *scope;        /* NULL: none is named */
  const struct text_list *resource, *audience; /* NULL: none */
};

/* What the subject is, for `subject_token_type`: as the profile's params.token
 * says; else by its content: a JWT is an access token when its `typ` says so
 * (RFC 9068 §2.1), an ID token when it has `nonce` or `at_hash`, otherwise a
 * JWT; what is no JWT is an access token. Borrowed from the profile or static.
 */
NODISCARD enum code exchange_type(const char **ret_type,
                                  const struct profile *profile,
                                  const struct secret *subject,
                                  struct err *err);

/* What is asked for, and nothing else is accepted (§2.2.1): `requested_token_
 * type` of params.token; an access token unless that says otherwise. */
const char *exchange_requested(const struct profile *profile);

/* The request's form (§2.1); params.token is added. */
NODISCARD enum code exchange_form(struct buf *form,
                                  const struct profile *profile,
                                  const struct exchange *exchange,
                                  struct err *err);

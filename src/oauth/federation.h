/* From a job's identity to an access token, with nothing stored before, between
 * or after: by token exchange (RFC 8693), by the JWT bearer grant, or by the
 * client's own grant with the identity as its assertion (RFC 7523 §2.1, §2.2).
 * Each call fetches a new identity. */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "oauth/identity.h"
#include "oauth/token.h"
#include "profile/profile.h"

struct federation_ask {
  const struct profile *profile;
  const struct http_options *options; /* for the platform and the server */
  const struct identity_provider *provider;
  const char *scope;                           /* NULL: the profile's */
  const struct text_list *resource, *audience; /* NULL: the profile's */
};

struct federation {
  struct token_answer answer;
  struct secret
      *dpop_key; /* a key of this run that the token is bound to; NULL */
  char *issuer;  /* NULL: the profile names none */
  char *scope;   /* as asked; NULL: none was named */
};
void federation_clear(struct federation *federation);
#define AUTO_FEDERATION __attribute__((cleanup(federation_clear)))

/* identity_mint's codes, and those of the server: E_OAUTH with what the
 * identity says in the hint, since it is that which the server was not made to
 * trust; E_ANSWER, E_LESS, E_CHECK, E_PROFILE, E_RATE, E_ISSUER_5XX, the
 * network's. */
NODISCARD enum code federation_run(struct federation *ret_federation,
                                   const struct federation_ask *ask,
                                   struct err *err);

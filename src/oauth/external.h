/* Google's `external_account` credential files (workload identity federation):
 * where a job's own token lies, at which service it is exchanged (RFC 8693),
 * and which service account may then be impersonated. They hold no secret. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "http/client.h"
#include "oauth/token.h"
#include "profile/profile.h"

#include <jansson.h>

/* Texts are borrowed from json. */
struct external {
  json_t *json;
  const char *audience;           /* of the exchange: the pool's provider */
  const char *subject_token_type; /* RFC 8693 §3 */
  const char *token_url;
  const char *impersonation_url; /* NULL: none */
  int64_t lifetime;              /* of an impersonation, in seconds; 0: none */
  const json_t *source;          /* credential_source, an object */
  const char *path;              /* of the file; borrowed */
};

/* Reads identity.path of the profile. E_PROFILE: it is no such file, or one
 * that needs what fob does not do (AWS signatures, certificates). */
NODISCARD enum code external_open(struct external *ret_external,
                                  const struct profile *profile,
                                  struct err *err);
void external_clear(struct external *external);
#define AUTO_EXTERNAL __attribute__((cleanup(external_clear)))

/* The scope of the exchange itself: with an impersonation, which has the wanted
 * one, that which allows it. */
const char *external_scope(const struct external *external, const char *scope);

/* Puts the service account's token into answer, in the place of the exchanged
 * one (IAM Credentials, generateAccessToken). scope may be NULL. Nothing is
 * done without impersonation_url. E_OAUTH: refused. */
NODISCARD enum code external_impersonate(struct token_answer *answer,
                                         const struct external *external,
                                         const char *scope,
                                         const struct http_options *options,
                                         struct err *err);

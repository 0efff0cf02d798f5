#include "oauth/session_identity.h"

#include "base/clock.h"
#include "oauth/federation.h"
#include "oauth/present.h"
#include "oauth/validity.h"

#include <string.h>

/* CONTRACT's rule for a 401: a token that was new would be refused again. */
static bool too_new(const struct session_ask *ask, int64_t now)
{
  return ask->rejected && now - ask->rejected_at < VALIDITY_REJECTED &&
         ask->rejected_at <= now;
}

static enum code take(struct session_token *ret, struct federation *federation,
                      const struct session *session,
                      const struct session_ask *ask, struct err *err)
{
  struct token_answer *answer = &federation->answer;
  const struct record_access access = {.issued_at = answer->issued_at,
                                       .expires_at = answer->expires_at};
  enum code code = validity_check_new(&access, ask, clock_wall(), err);

  if (code != E_OK)
    return code;
  ret->token = answer->access_token;
  answer->access_token = NULL;
  ret->token_type = answer->token_type;
  answer->token_type = NULL;
  ret->scope = answer->scope ? answer->scope : federation->scope;
  if (answer->scope)
    answer->scope = NULL;
  else
    federation->scope = NULL;
  ret->issuer = federation->issuer;
  federation->issuer = NULL;
  ret->dpop_key = federation->dpop_key;
  federation->dpop_key = NULL;
  ret->issued_at = answer->issued_at;
  ret->expires_at = answer->expires_at;
  ret->by_identity = true;
  ret->source = "a job's identity";
  return present_token(ret, session->profile, NULL, err);
}

enum code session_of_identity(struct session_token *ret_token,
                              const struct identity_provider *provider,
                              const struct session *session,
                              const struct session_ask *ask, struct err *err)
{
  struct http_options options = session->http_options;
  const struct federation_ask federation_ask = {.profile = session->profile,
                                                .options = &options,
                                                .provider = provider,
                                                .scope = ask->scope,
                                                .resource = ask->resource,
                                                .audience = ask->audience};
  AUTO_FEDERATION struct federation federation = {0};
  enum code code;

  if (too_new(ask, clock_wall()))
    return err_set(err, E_UNAUTHORIZED,
                   "the API does not accept the token that the identity of %s "
                   "was exchanged for (401)",
                   identity_title(provider));
  /* These are for the API. */
  options.unix_socket = NULL;
  options.client_cert = NULL;
  options.client_key = NULL;
  options.total_timeout_ms = 0;
  code = federation_run(&federation, &federation_ask, err);
  return code == E_OK ? take(ret_token, &federation, session, ask, err) : code;
}

enum code session_by_identity(struct session_token *ret_token, bool *ret_used,
                              const struct session *session,
                              const struct session_ask *ask, struct err *err)
{
  const struct identity_provider *provider = NULL;
  enum code code = identity_find(&provider, session->profile, NULL, err);

  *ret_used = provider != NULL;
  return *ret_used ? session_of_identity(ret_token, provider, session, ask, err)
                   : code;
}

void session_hint_identity(const struct profile *profile, struct err *err)
{
  const char *provider = profile->identity.provider;

  if (profile->identity.audience)
    err_hint(err, "or run it in a job%s%s, whose identity '%s' takes instead",
             provider ? " of " : "", provider ? provider : "", profile->name);
}

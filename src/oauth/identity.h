/* Who a job is, as the platform that runs it vouches: an identity token, a JWT
 * for one audience that lives minutes. It is exchanged for an access token
 * (oauth/federation.h), never kept, and fetched anew for each exchange.
 *
 * Only a profile that states `identity.audience` has identities, and a token is
 * for exactly that audience or is sent to nobody. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "http/client.h"
#include "oauth/jwt.h"
#include "profile/profile.h"

struct identity_provider;

/* Which provider speaks for this process. The profile's; where it names none,
 * the one of GitHub Actions, GitLab, Buildkite and CircleCI that is there.
 * wish:
 * --ci=PROVIDER, "" for --ci, NULL for neither. *ret_provider is NULL when the
 * profile uses no identity, or none of those is there; with a wish that is an
 * error. E_USAGE: the wish is another than the profile's; E_PROFILE: it states
 * no audience, or not where the token is; E_ENVIRONMENT: two are there (both
 * are named), or not the one that was wished for.
 *
 * Needs no library, and sends nothing. */
NODISCARD enum code identity_find(const struct identity_provider **ret_provider,
                                  const struct profile *profile,
                                  const char *wish, struct err *err);

/* "GitHub Actions", "the file '/x'"… for messages and `fob status`. */
const char *identity_title(const struct identity_provider *provider);
/* "github", as the profile names it. */
const char *identity_name(const struct identity_provider *provider);

struct identity {
  struct secret *token;
  struct jwt jwt; /* what it says, unverified: that is the server's part */
};
void identity_clear(struct identity *identity);
#define AUTO_IDENTITY __attribute__((cleanup(identity_clear)))

/* Fetches one. E_AUDIENCE: for another audience; E_NO_CREDENTIAL: it has
 * expired; E_ENVIRONMENT, E_PROFILE: something is missing here (the hint has
 * the lines of the job's file that bring it); E_UNAUTHORIZED, E_ANSWER and the
 * network's codes: the platform does not give it. */
NODISCARD enum code identity_mint(struct identity *ret_identity,
                                  const struct identity_provider *provider,
                                  const struct profile *profile,
                                  const struct http_options *options,
                                  struct err *err);

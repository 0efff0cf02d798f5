/* The authorization request (RFC 6749 §4.1.1, 7636, 8707; OpenID Core
 * §3.1.2.1): one transaction of the browser, and the secrets that bind its
 * answer to it. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "oauth/client.h"
#include "oauth/metadata.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stdint.h>

struct authorize_ask {
  const struct profile *profile;
  const struct metadata *metadata;
  const struct client *client; /* signs the request, and pushes it */
  const char *redirect_uri;    /* with the port */
  const char *login_hint;      /* NULL */
  bool select_account;
};

/* state, nonce and verifier: 256 random bits each. */
struct authorize {
  char *url;
  char *redirect_uri;
  char *scope;               /* as asked, single spaces; NULL: none was named */
  const char *response_mode; /* the answer comes signed (oauth/jarm.h); NULL */
  char *state;
  char *nonce;             /* NULL without `openid` */
  struct secret *verifier; /* PKCE S256, always */
  int64_t asked_at;        /* when it was made */
  int64_t expires_at;      /* of the URL; CLOCK_NEVER: nobody said */
  bool chooses_account;    /* asks for select_account, for select_account */
};

/* Makes the request, signs it and pushes it where that is due
 * (oauth/request_object.h, oauth/par.h): the URL then carries the signed object
 * or a reference alone. E_PROFILE, E_USAGE without a client id; E_ANSWER when
 * the server has no authorization endpoint, or one whose own query has a
 * parameter of ours; par_push's codes. */
NODISCARD enum code authorize_new(struct authorize **ret_authorize,
                                  const struct authorize_ask *ask,
                                  struct err *err);

/* For an error that the server answers the request with: what may have led to
 * it, as a hint. */
void authorize_hint(const struct authorize *authorize,
                    const struct profile *profile, struct err *err);

/* The scopes of a login in the browser: the profile's; without any `openid` and
 * `offline_access` as far as the server lists them. A refresh token is asked
 * for by `offline_access` where that is listed, unless the profile says
 * otherwise. NULL: no scope is named. */
NODISCARD enum code authorize_scope(char **ret_scope,
                                    const struct profile *profile,
                                    const struct metadata *metadata,
                                    struct err *err);

void authorize_free(struct authorize *authorize); /* NULL is fine */
DEFINE_AUTO(authorize)

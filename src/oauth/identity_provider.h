/* The providers of identity tokens: a row and one small file each. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "http/client.h"
#include "profile/profile.h"

#include <stdbool.h>

struct identity_provider {
  const char *name;  /* `identity.provider` */
  const char *title; /* for people */
  /* Is this process one of its jobs? NULL: by an explicit path alone. */
  bool (*present)(void);
  /* Gives the token as it came; identity_mint() checks what it says. */
  enum code (*mint)(struct secret **ret_token, const struct profile *profile,
                    const struct http_options *options, struct err *err);
  enum code malformed; /* what a token that is no JWT gives */
};

extern const struct identity_provider identity_github, identity_gitlab,
    identity_buildkite, identity_circleci, identity_kubernetes, identity_google,
    identity_file, identity_command;

/* A token as text: the line end behind it is taken off; anything else that no
 * token has gives code. what names it. */
NODISCARD enum code identity_text(struct secret **ret_token, const char *text,
                                  size_t len, enum code code, const char *what,
                                  struct err *err);

/* The token in a file that the user names, read anew. */
NODISCARD enum code identity_read(struct secret **ret_token, const char *path,
                                  struct err *err);

/* What a program writes; argv[0] is absolute. The token itself, or JSON. */
NODISCARD enum code identity_run(struct buf *out, char *const argv[],
                                 int timeout_ms, struct err *err);

/* GETs JSON from a platform's own service, with headers, over a connection of
 * its own. E_UNAUTHORIZED for 401 and 403, E_RATE, E_ISSUER_5XX, E_ANSWER. who
 * names the service. */
NODISCARD enum code identity_fetch(struct buf *ret_body, const char *url,
                                   const char *pairs,
                                   const struct headers *headers,
                                   const struct http_options *options,
                                   const char *who, struct err *err);

/* A text member of a JSON answer, as a token. */
NODISCARD enum code identity_member(struct secret **ret_token,
                                    const struct buf *body, const char *member,
                                    const char *what, struct err *err);

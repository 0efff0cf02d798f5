/* `fob token --for METHOD URL`: what goes into one request, for a program that
 * sends it itself. */
#pragma once

#include "base/err.h"
#include "http/url.h"
#include "oauth/session.h"

struct token_for {
  const char *method; /* --for; NULL: not given */
  const char *nonce;  /* --nonce; NULL */
  const struct url *url;
};

/* Are the options whole? E_USAGE. */
NODISCARD enum code token_for_check(const struct token_for *ask,
                                    struct err *err);

/* E_USAGE, with the remedy, for a token that is of no use without a proof. */
NODISCARD enum code token_for_alone(const struct session_token *token,
                                    const struct profile *profile,
                                    struct err *err);

/* The proof (RFC 9449) for that request; NULL for a bearer's token. Without
 * --nonce it has the one that the API gave to an earlier request. */
NODISCARD enum code token_for_proof(const struct token_for *ask,
                                    const struct session *session,
                                    const struct session_token *token,
                                    struct secret **ret_proof, struct err *err);

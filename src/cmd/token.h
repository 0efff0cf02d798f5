/* The parts of `fob token`: getting and printing one (token), and what can be
 * said about it instead (token_inspect). */
#pragma once

#include "cmd/cmd.h"

/* --- token_inspect.c --- */

/* --introspect: prints the server's answer. E_UNAUTHORIZED behind it when the
 * token is not active. */
NODISCARD enum code token_introspect(struct ctx *ctx,
                                     const struct selection *selection,
                                     const struct session_token *token,
                                     struct err *err);

/* --decode: prints a JWT's claims, and says on standard error whether the
 * issuer's keys verify them. */
NODISCARD enum code token_decode(struct ctx *ctx,
                                 const struct selection *selection,
                                 const struct session_token *token,
                                 struct err *err);

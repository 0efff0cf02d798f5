/* Where -o, -O, -J and -C put a body, and how -C goes on. For the parts of
 * `fob request`. */
#pragma once

#include "cmd/request.h"

#include <stdbool.h>
#include <stddef.h>

struct target;

/* Opens what can be opened before anything is sent. *ret_target is NULL where
 * the body goes to standard output. */
NODISCARD enum code target_new(struct target **ret_target,
                               const struct request *request, struct err *err);

/* -C: own and what asks for the rest alone go to ret_headers. *ret_used is
 * false where own is what is to be sent. */
NODISCARD enum code target_ask(struct target *target, const struct headers *own,
                               struct headers *ret_headers, bool *ret_used,
                               struct err *err);

enum target_step {
  TARGET_TAKES,    /* the answer is to be dealt with as any other */
  TARGET_FINISHED, /* nothing was missing: the answer, a 416, is no failure */
  TARGET_AGAIN,    /* it does not fit: target_ask() now asks for all of it */
};
enum target_step target_judge(struct target *target,
                              const struct http_answer *answer);

/* The head of an answer that is taken. */
NODISCARD enum code target_head(struct target *target,
                                const struct http_answer *answer,
                                struct err *err);
/* Its body will be written: E_OUTPUT, E_USAGE. */
NODISCARD enum code target_start(struct target *target, struct err *err);
NODISCARD enum code target_write(struct target *target, const void *bytes,
                                 size_t len, struct err *err);
/* It is whole, or was already. */
NODISCARD enum code target_commit(struct target *target, struct err *err);
NODISCARD enum code target_finish(struct target *target, struct err *err);

/* It ended with code: says, or hints at, what goes on from what is kept. */
void target_explain(const struct target *target, const struct ctx *ctx,
                    enum code code, struct err *err);

void target_free(struct target *target); /* NULL is fine */
DEFINE_AUTO(target)

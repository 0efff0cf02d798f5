/* What completes the words of a line (`fob complete`), and what of it needs an
 * API's description. */
#pragma once

#include "cmd/cmd.h"

/* What is being completed: start is what stands there already, prefix what of
 * it comes before the value ("--store="), to be repeated. */
struct completing {
  const char *prefix;
  const char *start;
};

/* Offers word where it goes on with start. about: NULL, or a description. */
NODISCARD enum code complete_put(const struct completing *completing,
                                 const char *word, const char *about,
                                 struct err *err);

/* The words of `fob request` in front of the one that is completed. Borrowed.
 */
struct complete_request {
  const char *profile; /* -p; NULL */
  const char *op;      /* --op; NULL */
  const char *method;  /* -X; NULL */
  const char *const *operands;
  size_t count;
};

/* --- complete_request.c ----------------------------------------------------
 * From the index that is kept, or a file, whatever its age: neither the network
 * nor the store is used. Only what every shell takes for one word is offered:
 * a description may say anything. */

/* Ids, for --op. */
NODISCARD enum code complete_operation(struct ctx *ctx,
                                       const struct complete_request *request,
                                       const struct completing *completing,
                                       struct err *err);

/* A path, segment by segment, or an ITEM of the operation. */
NODISCARD enum code complete_operand(struct ctx *ctx,
                                     const struct complete_request *request,
                                     const struct completing *completing,
                                     struct err *err);

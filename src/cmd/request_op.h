/* `fob request --op`: a request made by the API's own description. */
#pragma once

#include "api/openapi.h"
#include "cmd/request.h"

/* How far an index is looked for. */
enum op_reach {
  OP_KEPT,    /* what is kept, or a file: no network, no store */
  OP_FETCH,   /* a document of another day is asked for again */
  OP_REFRESH, /* one that is older than a minute */
};

/* The index of the profile's description. E_PROFILE: it names none. */
NODISCARD enum code op_index(struct ctx *ctx, const struct request *request,
                             enum op_reach reach, struct openapi **ret_openapi,
                             struct err *err);

/* As of the options: --dry-run and --curl use no network. */
enum op_reach op_reach_of(const struct request_options *options);

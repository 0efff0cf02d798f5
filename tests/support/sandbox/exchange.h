/* One request on its way through the server. */
#pragma once

#include "support/sandbox/sandbox.h"

#include <microhttpd.h>
#include <psa/crypto.h>

struct exchange {
  struct sandbox *sb;
  struct MHD_Connection *connection;
  struct request rq;
  psa_hash_operation_t hash; /* of the body, as it comes */
  bool begun;
};

/* Runs the handler, with the faults that are meant for the request, and queues
 * the answer (send.c). MHD_NO closes the connection. */
enum MHD_Result exchange_run(struct exchange *x);

/* Makes the pattern of /api/bytes; once, before the first thread. */
void pattern_fill(void);

/* Pushed authorization requests (RFC 9126): the request goes to the server
 * straight, with the client's authentication, and the browser carries a
 * reference to it alone. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "oauth/client.h"
#include "oauth/metadata.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is the request pushed? Always where the server requires it (§5,
 * require_pushed_authorization_requests) or the profile does; by default also
 * where the server offers it. E_PROFILE: the profile says `off` and the server
 * requires it; E_ANSWER: it is required and there is no endpoint. */
NODISCARD enum code par_wanted(bool *ret_wanted, const struct profile *profile,
                               const struct metadata *metadata,
                               struct err *err);

enum { PAR_URI_MAX = 2048 };

struct par {
  char *request_uri;
  int64_t expires_at; /* wall seconds */
};
void par_clear(struct par *par);
#define AUTO_PAR __attribute__((cleanup(par_clear)))

/* Pushes a form of the request's parameters (client_id among them), once; no
 * redirect is followed. E_OAUTH for the server's `error`, with the remedy where
 * pushing was fob's own choice; E_RATE, E_ISSUER_5XX, E_ANSWER, and
 * client_post's codes. */
NODISCARD enum code par_push(struct par *ret_par, const struct client *client,
                             const struct metadata *metadata,
                             const struct buf *form, struct err *err);

/* The answer (§2.2, §2.3) alone, to a request sent at sent_at; who names the
 * server. Pure. */
NODISCARD enum code par_answer_read(struct par *ret_par, const char *who,
                                    int status, const char *body, size_t len,
                                    int64_t sent_at, struct err *err);

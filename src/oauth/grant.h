/* From a grant to a record: what every login does once it has something to
 * send to the token endpoint. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "oauth/client.h"
#include "oauth/login.h"
#include "oauth/metadata.h"
#include "store/record.h"

#include <stdint.h>

/* What the answer is held against. */
struct grant {
  const struct login_request *request;
  const struct client *client;
  const struct metadata *metadata;
  const char *scope; /* as asked; NULL: none was named */
  const char *nonce; /* NULL: none was sent */
  /* A token exchange: the type that was asked for (oauth/exchange.h). */
  const char *requested_type;
  int64_t asked_at; /* when a person was sent to log in; 0: nobody was */
};

/* A record with what is known before any token: profile, grant, and what it is
 * bound to. metadata may be NULL (a PAT). */
NODISCARD enum code grant_record(struct record **ret_record,
                                 const struct login_request *request,
                                 const struct metadata *metadata,
                                 struct err *err);

/* Sends form to the token endpoint and takes the answer into record: tokens, ID
 * token (verified, or left out where there is nothing to verify it with),
 * account. */
NODISCARD enum code grant_redeem(struct record *record,
                                 const struct grant *grant,
                                 const struct buf *form, struct err *err);

/* The second half alone, for an answer that came by token_send() already; parts
 * of it move into record. */
struct token_answer;
NODISCARD enum code grant_take(struct record *record, const struct grant *grant,
                               struct token_answer *answer, struct err *err);

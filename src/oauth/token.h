/* The token endpoint (RFC 6749 §3.2, §5): one request, one answer, read
 * strictly. What a server does otherwise is told by the profile's
 * `token_request` and `token_response`, never guessed. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "oauth/client.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  TOKEN_MAX = 16 * 1024,
  TOKEN_ID_MAX = 64 * 1024,
  TOKEN_DETAILS_MAX = 64 * 1024,
};

/* Zeroed before, but for requested_type and refreshing; the last part tells
 * also after a failure. */
struct token_answer {
  /* Set by a token exchange, borrowed: the answer is held against it (RFC 8693
   * §2.2.1). `issued_token_type` must be there and the same; a token that is no
   * access token may have the token_type N_A. NULL: another grant. */
  const char *requested_type;
  /* Set by a refresh. Some servers nest the answer to a code alone, so where
   * no access token is at `token_response.at` the answer itself is read. */
  bool refreshing;
  bool bound; /* set before it is read: the request had a DPoP proof, and the
                 token must be bound to its key (RFC 9449 §5) */

  struct secret *access_token;
  struct secret *refresh_token; /* NULL: none came */
  struct secret *id_token;      /* NULL: none came; not verified */
  char *token_type;
  char *scope;                 /* single spaces; NULL: not stated */
  char *authorization_details; /* RFC 9396 §7, as JSON; NULL: not stated */
  char *api_base; /* what `api_from_token` points to, a text; NULL: nothing */
  int64_t issued_at;          /* when the request was sent */
  int64_t expires_at;         /* CLOCK_NEVER: not stated */
  int64_t refresh_expires_at; /* CLOCK_NEVER: not stated */

  bool sent;   /* the server may have acted */
  int status;  /* 0: no answer */
  char *error; /* in RFC 6749's words (`token_response.errors`); NULL */
  char *error_description;
};
void token_answer_clear(struct token_answer *answer);
#define AUTO_TOKEN_ANSWER __attribute__((cleanup(token_answer_clear)))

/* Appends a parameter, but not one that the profile omits
 * (`token_request.omit`). value NULL: nothing. */
void token_parameter(struct buf *form, const struct profile *profile,
                     const char *name, const char *value);

/* The scope in the profile's own way; NULL: nothing. */
NODISCARD enum code token_scope(struct buf *form, const struct profile *profile,
                                const char *scope, struct err *err);

void token_each(struct buf *form, const struct profile *profile,
                const char *name, const struct text_list *values);

/* Sends form to endpoint by client_post(). E_OAUTH for an `error` whatever the
 * status, E_RATE, E_ISSUER_5XX, E_ANSWER, and http_send's codes. */
NODISCARD enum code token_send(struct token_answer *answer,
                               const struct client *client,
                               const char *endpoint, const struct buf *form,
                               struct err *err);

/* A server's `error` in RFC 6749's words (`token_response.errors`). Borrowed.
 */
const char *token_error_word(const struct profile *profile, const char *word);

/* The answer as it came. answer->bound, ->issued_at and ->status are set
 * before; who names the server in messages. E_CHECK: it is not of the type that
 * was asked for. */
NODISCARD enum code token_answer_read(struct token_answer *answer,
                                      const struct profile *profile,
                                      const char *who, const char *content_type,
                                      const char *body, size_t len,
                                      struct err *err);

/* The client at its authorization server: what it proves itself with, and the
 * one way in which fob posts a form to an OAuth endpoint (token, revocation and
 * those beside them). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "crypto/sign.h"
#include "http/client.h"
#include "oauth/dpop.h"
#include "profile/profile.h"
#include "store/record.h"

#include <stdbool.h>

/* Borrowed, but for the last part. */
struct client {
  const struct profile *profile;
  struct http *http;
  const char *issuer;         /* as adopted; NULL: the profile names none */
  const char *token_endpoint; /* NULL: none */

  struct secret *secret; /* NULL: none */
  struct dpop *dpop; /* its requests carry proofs, its tokens are bound; NULL:
                        bearer tokens */
  struct sign_key *key; /* signs assertions and request objects; NULL: none */
  bool service_account; /* the key is of Google's file (oauth/client_key.h) */
  bool jwt_bearer;      /* its token requests ask by an assertion, signed for
                           each (oauth/client_grant.h) */
  char *bearer_scope;   /* a claim of that; NULL */
  struct http *mtls;    /* http with the client's certificate (RFC 8705), for
                           all that it posts; NULL: it has none */
};

/* The client of a login that is stored: the endpoints of its record, secret and
 * key where the profile says that they live, the key that its tokens are bound
 * to. E_PROFILE, E_ENVIRONMENT,
 * E_STORE_BROKEN. */
NODISCARD enum code client_open(struct client *ret_client,
                                const struct profile *profile,
                                struct http *http, const struct record *record,
                                struct err *err);

/* Finds the key of a client that is otherwise filled: the profile's file, else
 * kept (oauth/client_key.h; NULL: none). */
NODISCARD enum code client_take_key(struct client *client,
                                    const struct secret *kept, struct err *err);

/* Makes mtls, where the profile has a certificate. E_PROFILE: it cannot be
 * used. */
NODISCARD enum code client_take_cert(struct client *client, struct err *err);

void client_clear(struct client *client);
#define AUTO_CLIENT __attribute__((cleanup(client_clear)))

struct client_call {
  const char *endpoint; /* its URL */
  const char *what;     /* "the token endpoint", for messages */
  const struct buf *form;
  bool grant; /* asks for a token */
  bool json;  /* as the profile's `token_request.encoding` says, not a form */
};

/* Sends the form with the client's authentication, once, on a fresh connection;
 * no redirect is followed (RFC 9700 §4.12). With client->dpop a proof goes with
 * it, and where the server then wants a nonce, which is a refusal, it is sent
 * once more with that; answer is the last one's, and tells also after a
 * failure. E_ANSWER for an endpoint that is no URL, and http_protocol's codes.
 */
NODISCARD enum code client_post(const struct client *client,
                                const struct client_call *call,
                                struct http_answer *answer,
                                struct buf *ret_body, struct err *err);

/* The client at its authorization server: what it proves itself with, and the
 * one way in which fob posts a form to an OAuth endpoint (token, revocation and
 * those beside them). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "http/client.h"
#include "profile/profile.h"
#include "store/record.h"

#include <stdbool.h>

/* All but the secret is borrowed. */
struct client {
  const struct profile *profile;
  struct http *http;
  const char *issuer;         /* as adopted; NULL: the profile names none */
  const char *token_endpoint; /* NULL: none */
  struct secret *secret;      /* NULL: none */
};

/* The client of a login that is stored: the endpoints of its record, the secret
 * where the profile says that it lives. E_PROFILE, E_ENVIRONMENT. */
NODISCARD enum code client_open(struct client *ret_client,
                                const struct profile *profile,
                                struct http *http, const struct record *record,
                                struct err *err);

void client_clear(struct client *client);
#define AUTO_CLIENT __attribute__((cleanup(client_clear)))

struct client_call {
  const char *endpoint; /* its URL */
  const char *what;     /* "the token endpoint", for messages */
  const struct buf *form;
  bool json; /* as the profile's `token_request.encoding` says, not a form */
};

/* Sends the form with the client's authentication, once, on a fresh connection;
 * no redirect is followed (RFC 9700 §4.12). answer tells also after a failure.
 * E_ANSWER for an endpoint that is no URL, and http_protocol's codes. */
NODISCARD enum code client_post(const struct client *client,
                                const struct client_call *call,
                                struct http_answer *answer,
                                struct buf *ret_body, struct err *err);

/* The private key of a client: in a file that the profile names (client.key),
 * read afresh each time, else in the credential record. PEM, a JWK, or the
 * JSON file that Google gives for a service account, which holds a PEM key. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "crypto/sign.h"
#include "profile/profile.h"

#include <stddef.h>

/* All NULL: there is none. */
struct client_key {
  struct sign_key *sign;
  /* Of a service-account file; else NULL. */
  char *email;     /* whom it is for: the client's id */
  char *token_uri; /* where it asks for tokens */
};
void client_key_clear(struct client_key *key);
#define AUTO_CLIENT_KEY __attribute__((cleanup(client_key_clear)))

/* client.key, else kept (NULL: none), which client_key_write() made. The
 * profile's key_alg and key_id count. A key that cannot be used: E_PROFILE, or
 * E_STORE_BROKEN for a kept one. */
NODISCARD enum code client_key_find(struct client_key *ret_key,
                                    const struct profile *profile,
                                    const struct secret *kept, struct err *err);

/* One line, as the record keeps it: a JWK, or what is needed of a
 * service-account file. client_key_find() reads it again. */
NODISCARD enum code client_key_write(const struct client_key *key,
                                     struct secret **ret_kept, struct err *err);

/* Bytes of such a file. path is for remedies, may be NULL; code is what a bad
 * one gives; what names it ("the signing key '/home/ann/k.pem'"). */
NODISCARD enum code client_key_read(struct client_key *ret_key,
                                    const char *bytes, size_t len,
                                    const struct profile *profile,
                                    const char *path, const char *what,
                                    enum code code, struct err *err);

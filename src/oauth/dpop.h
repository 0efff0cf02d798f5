/* DPoP (RFC 9449): tokens that are bound to a key, and with each request a
 * proof that its sender holds that key.
 *
 * One struct dpop holds the key of one login (ES256) and, for each origin, the
 * last nonce that came from there (§8.2): in any answer, whatever its status. A
 * proof is good for one request: each try and each redirect takes a new one.
 *
 * A server that wants a nonce refuses a request that has none or an old one,
 * and gives it with the refusal. Such a refusal did nothing, so the request may
 * be repeated: once, by whoever sent it, after dpop_heed(). */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "http/client.h"
#include "http/header.h"
#include "http/url.h"

#include <stdbool.h>

struct dpop;

/* With a new key, for a login. */
NODISCARD enum code dpop_make(struct dpop **ret_dpop, struct err *err);

/* With the key that a record holds (record->dpop_key). E_STORE_BROKEN when it
 * is none. */
NODISCARD enum code dpop_open(struct dpop **ret_dpop, const struct secret *jwk,
                              struct err *err);

/* The private key for the record: a JWK with its public part, so that nothing
 * is derived when it is used. */
NODISCARD enum code dpop_write(const struct dpop *dpop, struct secret **ret_jwk,
                               struct err *err);

/* RFC 7638's: the `dpop_jkt` of an authorization request (§10). */
NODISCARD enum code dpop_thumbprint(const struct dpop *dpop, char **ret_text,
                                    struct err *err);

/* A proof for one request (§4.2): its method, its URL without query, and with a
 * token the hash of that (`ath`: at an API; never at an OAuth endpoint). */
NODISCARD enum code dpop_proof(struct dpop *dpop, const char *method,
                               const struct url *url,
                               const struct secret *token,
                               struct secret **ret_proof, struct err *err);

/* The same as the header `DPoP`, in the place of one that is there. */
NODISCARD enum code dpop_sign(struct dpop *dpop, const char *method,
                              const struct url *url, const struct secret *token,
                              struct headers *headers, struct err *err);

/* Keeps the nonce that came with the answer from url. *ret_given: there was
 * one. What is repeated, or is none (§8.1), is as if it were not there. */
NODISCARD enum code dpop_heed(struct dpop *dpop, const struct url *url,
                              const struct headers *answer, bool *ret_given,
                              struct err *err);

/* Was that the refusal of a request without the right nonce? §8: an OAuth
 * endpoint says so in the body of a 400; §9: an API in the challenge of a
 * 401. */
NODISCARD enum code dpop_refused_by_issuer(const struct http_answer *answer,
                                           const struct buf *body,
                                           bool *ret_refused, struct err *err);
NODISCARD enum code dpop_refused_by_api(const struct http_answer *answer,
                                        bool *ret_refused, struct err *err);

/* E_ANSWER: a nonce is demanded, and none was given. */
enum code dpop_no_nonce(const struct url *url, struct err *err);

/* §8.1: can a text be one? */
bool dpop_is_nonce(const char *text);

/* The nonce for an origin (url.h), NULL: none; for keeping it. */
const char *dpop_nonce(const struct dpop *dpop, const char *origin);
/* A kept one; what is none is passed over. */
NODISCARD enum code dpop_set_nonce(struct dpop *dpop, const char *origin,
                                   const char *nonce, struct err *err);

void dpop_free(struct dpop *dpop); /* NULL is fine */
DEFINE_AUTO(dpop)

/* ID tokens to be checked: good ones with claims changed, an issuer that signs
 * them and gives its keys, and what is expected. Failures fail the test. */
#pragma once

#include "oauth/idtoken.h"
#include "support/signer.h"

#include <stdbool.h>
#include <stddef.h>

#define ISSUER "https://login.example"
#define CLIENT "fob-cli"
#define NONCE "test-nonce-not-real"
#define ACCESS_TOKEN "test-access-token-not-real"
#define NOW 1800000000

/* CLIENT as JSON text. */
#define ONE "\"" CLIENT "\""

/* A member as JSON text, so that also what jansson cannot hold can be sent. */
struct claim {
  const char *name, *value; /* NULL value: left out */
};

enum { CHANGES_MAX = 4 };

struct row {
  struct claim changes[CHANGES_MAX]; /* a NULL name ends them */
  const char *why;                   /* what the refusal says; NULL: accepted */
};

/* iss, sub, aud, exp (in 300 s), iat, nonce, at_hash and email as they should
 * be. */
extern const struct row case_good;

/* An issuer: its key, and what it answers when it is asked for its key set the
 * first and the second time. */
struct idp {
  struct signer signer;
  json_t *sets[2];
  enum code fails[2];
  bool again[2]; /* as it was asked */
  unsigned fetches;
};

void idp_open(struct idp *ret_idp, const char *alg, enum signer_key key);
void idp_close(struct idp *idp);

/* Gives the issuer's key this kid in the first and in the second set. */
void idp_set_kids(struct idp *idp, const char *first, const char *second);

/* The claims as JSON text; a token of them (header NULL: the signer's). Freed
 * by mem_free. */
char *case_payload(const struct row *row);
char *idp_sign(const struct idp *idp, const char *header,
               const struct row *row);

/* Against ISSUER, CLIENT, NONCE and ACCESS_TOKEN, at NOW, by issuer's keys. */
struct idtoken_check case_check(struct idp *idp);

/* Only whether it is accepted; fills err. */
enum code case_verify(const char *token, const struct idtoken_check *check,
                      struct err *err);

/* A row's token, by the issuer that check asks for keys; a refusal must come
 * before the keys are asked for. */
void case_expect(const struct row *row, const struct idtoken_check *check);

/* Rows against case_check(), and the good token first. */
void case_rows(const struct row *rows, size_t count);

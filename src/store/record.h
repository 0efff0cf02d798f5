/* The credential record: a profile's secrets and what they are bound to
 * (CONTRACT §6). One item in a store. Members that this version does not know
 * are kept through a read and a write. */
#pragma once

#include "base/err.h"
#include "base/secret.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_SCHEMA = 1, RECORD_ACCESS_MAX = 32, RECORD_API_MAX = 64 };

/* An access token. key: what was asked for, "" for the profile's own scope
 * and resource, else made by the oauth room; compared as it stands. */
struct record_access {
  char *key;
  struct secret *token;
  char *token_type;   /* as the server spelt it */
  char *scope;        /* as granted; NULL when not stated */
  int64_t issued_at;  /* when the request was sent */
  int64_t expires_at; /* CLOCK_NEVER: not stated */
};

/* Where the login was made; what the secrets may be sent to. NULL members:
 * the profile had none. */
struct record_bound {
  char *issuer;
  char *authorization_endpoint;
  char *token_endpoint;
  char *revocation_endpoint;
  char *introspection_endpoint;
  char *userinfo_endpoint;
  char *end_session_endpoint;
  char *jwks_uri;
  char *client_id;
  char **api; /* normalised bases */
  size_t api_count;
};

struct record {
  char *profile;
  uint64_t generation; /* grows by one with each write of a new credential */
  int64_t created;     /* wall seconds of the login */
  char *grant; /* as the profile's `grant` at login; "token" for a PAT */
  struct record_bound bound;
  char *account_sub; /* NULL when the server told none */
  char *account_label;
  struct secret *refresh_token;
  int64_t refresh_expires_at;  /* CLOCK_NEVER: not stated */
  int64_t refresh_refused_at;  /* 0: not refused */
  char *refresh_refused_error; /* the server's `error` */
  char *refresh_refused_text;  /* its description, "" when there was none */
  int64_t pending_at; /* a refresh was about to be sent; 0: none is open */
  char *scope_granted;
  char *authorization_details; /* as granted (RFC 9396), JSON; NULL */
  struct secret *id_token;
  struct secret *client_secret;
  int64_t client_secret_expires_at; /* CLOCK_NEVER */
  struct secret *signing_key; /* the client's, as client_key_write() made it */
  struct secret *dpop_key;    /* a private JWK: of the tokens bound to it */
  struct secret *registration_access_token; /* RFC 7591 */
  char *registration_client_uri;
  struct secret *secret;     /* a PAT, an API key, a password (grant `token`) */
  int64_t secret_expires_at; /* of a PAT; CLOCK_NEVER */
  struct record_access *access;
  size_t access_count;
  json_t *extra; /* unknown members, an object; may be NULL */
};

NODISCARD enum code record_new(struct record **ret_record, const char *profile,
                               struct err *err);

/* A deep copy: a refresh works on one and the old stays whole. */
NODISCARD enum code record_copy(struct record **ret_copy,
                                const struct record *record, struct err *err);

/* To and from its JSON form. A malformed one is E_STORE_BROKEN, naming the
 * member; a newer schema too, saying so. */
NODISCARD enum code record_parse(struct record **ret_record, const char *bytes,
                                 size_t len, const char *profile,
                                 struct err *err);
NODISCARD enum code record_write(const struct record *record, struct buf *out,
                                 struct err *err);

/* The token kept under key, or NULL. */
const struct record_access *record_find(const struct record *record,
                                        const char *key);

/* Keeps a token under key, replacing one; the oldest gives way at
 * RECORD_ACCESS_MAX. token and the texts are copied. */
NODISCARD enum code record_keep(struct record *record,
                                const struct record_access *access,
                                struct err *err);
void record_drop_access(struct record *record);

/* Replaces *member by a copy of text (NULL: none). */
NODISCARD enum code record_set_text(char **member, const char *text,
                                    struct err *err);

NODISCARD enum code record_add_api(struct record *record, const char *base,
                                   struct err *err);

/* Is it of a grant that the client asks for by itself (client_credentials,
 * jwt_bearer), and asks for again in the place of a refresh? */
bool record_by_client(const struct record *record);

void record_free(struct record *record);
DEFINE_AUTO(record)

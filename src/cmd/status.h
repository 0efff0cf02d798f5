/* What `fob status` knows of a profile: gathered in status.c, asked of servers
 * in status_online.c, shown as a table or JSON in status_show.c. */
#pragma once

#include "base/err.h"
#include "cmd/cmd.h"
#include "oauth/identity.h"
#include "profile/profile.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Can the profile be used without a person? */
enum status_state {
  STATUS_OK,      /* a token is there, or comes by itself */
  STATUS_EXPIRED, /* and nothing renews it */
  STATUS_REFUSED, /* the server has refused the refresh token */
  STATUS_NONE,    /* no credential */
  STATUS_UNKNOWN, /* the store does not answer */
  STATUS_CHANGED, /* the profile names other endpoints than the login */
  STATUS_INVALID, /* the profile cannot be read */
};

/* What came of asking a server. */
enum status_answer {
  STATUS_UNASKED,  /* not wanted, no token to ask with, or nobody to ask */
  STATUS_ACCEPTED, /* the token works */
  STATUS_DENIED,   /* it does not, or could not be renewed */
  STATUS_FAILED,   /* nobody knows: the network, the store, a bad answer */
};

struct status_row {
  char *name;
  struct profile *profile; /* NULL when STATUS_INVALID */
  struct record *record;   /* NULL when there is none to be had */
  char *store_kind;        /* "keyring", "file", "env"; NULL when INVALID */
  char *store_label;       /* for people */
  enum status_state state;
  struct err why; /* of UNKNOWN, CHANGED, INVALID */
  bool here;      /* used in this place */
  bool env;       /* FOB_TOKEN is what counts: no store was opened */
  enum status_answer online;
  const char *online_by; /* "account", "userinfo", "introspection"; NULL */
  struct err online_why; /* of DENIED and FAILED */
  /* A job's identity is what counts, which needs no store; NULL */
  const struct identity_provider *identity;
};

struct status {
  struct status_row *rows;
  size_t count;
  char *here_why;  /* "default_profile"; NULL when none is selected */
  struct err none; /* then: why not */
  int64_t now;
  bool asked; /* --online */
};

/* Does a token come by itself: by refreshing, or by the client's secret? */
bool status_renews(const struct record *record);

/* The word for --json: "ok", "expired", … */
const char *status_state_name(enum status_state state);

NODISCARD enum code status_show_table(const struct status *status,
                                      struct err *err);
NODISCARD enum code status_show_json(const struct status *status,
                                     struct err *err);

/* --- status_online.c --- */

/* Asks about a row's token, where it is STATUS_OK: account.path, else userinfo,
 * else introspection. What goes wrong is in the row; E_SIGNAL and E_NOMEM alone
 * are returned. */
NODISCARD enum code status_ask(struct ctx *ctx, struct status_row *row,
                               struct err *err);

/* The word for --json. */
const char *status_answer_name(enum status_answer answer);

/* A line about it under the table. */
NODISCARD enum code status_show_online(const struct status_row *row,
                                       struct err *err);

/* --userinfo: prints the claims about the person of the profile that is used
 * here. */
NODISCARD enum code status_userinfo(struct ctx *ctx, struct err *err);

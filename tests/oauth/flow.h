/* Whole logins and refreshes against the sandbox, within one test: a home of
 * its own with the file store, a profile for the sandbox, and a person who does
 * what a browser does. */
#pragma once

#include "http/client.h"
#include "oauth/login.h"
#include "oauth/session.h"
#include "store/store.h"
#include "support/server.h"

#include <sys/types.h>

struct flow {
  struct server server;
  struct profile *profile;
  struct http *http;
  struct store *store;
  const char *previous_issuer; /* of logins to come; NULL */
};

/* Starts all of it. members: what the profile has beside schema, api, issuer
 * and client fob-demo, with ' for "; "" when nothing. */
void flow_start(struct flow *flow, const char *members);
void flow_clear(struct flow *flow);
#define AUTO_FLOW __attribute__((cleanup(flow_clear)))

/* Another profile (whole, ' for ", %s once: the sandbox's base). */
void flow_profile(struct flow *flow, const char *json);

enum flow_person {
  FLOW_HONEST,
  FLOW_OTHER_STATE, /* brings an answer that is not of this login */
  FLOW_TWICE,       /* pastes rubbish first */
  FLOW_GONE,        /* closes the terminal */
  FLOW_AWAY,        /* does nothing */
};

/* Runs a login. The caller clears ret_result. */
enum code flow_login(struct flow *flow, enum login_method method,
                     enum flow_person person, struct login_result *ret_result,
                     struct err *err);

/* The page that the browser showed last; "" when none. */
const char *flow_page(void);

/* Logs in as FLOW_HONEST by pasting and stores the record; fails the test
 * otherwise. */
void flow_log_in(struct flow *flow);
void flow_put(struct flow *flow, const struct record *record);
struct record *flow_get(struct flow *flow);

/* Makes the stored access token expire (issued_at and expires_at moved). */
void flow_expire(struct flow *flow);

#define FLOW_SCOPE "'scope': ['openid', 'api:read', 'api:write']"

/* Starts with FLOW_SCOPE, logs in, and empties the sandbox's journal. */
void flow_logged_in(struct flow *flow);

/* How often the token endpoint was asked. */
size_t flow_requests(const struct flow *flow);

/* session_token with the flow's profile and store; ask NULL: the plain one. */
enum code flow_token(struct flow *flow, const struct session_ask *ask,
                     struct session_token *ret_token, struct err *err);

/* The same, of which only the outcome matters; fails the test when it is
 * another. */
void flow_expect(struct flow *flow, const struct session_ask *ask,
                 enum code code);

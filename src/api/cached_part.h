/* What the calls ask of the cache. */
#pragma once

#include "api/answers.h"
#include "api/cached.h"
#include "api/call_part.h"
#include "api/refusal.h"

#include <stdbool.h>

struct cached {
  struct answers *answers;
  const struct profile *profile; /* NULL: none */
  int64_t ttl;
};

/* What a call has to do with it. */
struct cached_call {
  struct cached *cached;
  struct call *call;
  struct call_sink sink;       /* whom the answer is for */
  char *method;                /* the request's; behind done() that is gone */
  const struct headers *plain; /* the request's, without our question */
  struct headers asking;       /* with it */
  char name[KEPT_NAME + 1];
  bool changes;        /* the method may change what is kept */
  struct found *found; /* NULL: nothing is kept */
  int64_t age;         /* of found, in seconds */
  bool fresh;          /* found is served as it is */
  bool asked;          /* whether found still holds */
  int64_t asked_at;    /* when the last try began */
  struct keeping *keeping;
  struct refusal *refusal; /* for a refusal in what is kept; NULL */
};

/* A call begins: looks whether its answer is kept, and stands between it and
 * its sink from now on. Does nothing where the sender has no cache. */
NODISCARD enum code cached_attach(struct call *call, struct err *err);

/* A try begins. true: the kept answer is served, and the call is over. */
bool cached_serve(struct call *call);

/* The answer is a 304 to a question that was the cache's, and confirms nothing
 * that is kept: the request is to be sent again, without that question. */
bool cached_declines(struct call *call, const struct http_answer *answer);

void cached_call_free(struct cached_call *cached); /* NULL is fine */

/* --- cached_give.c, for cached.c ------------------------------------------ */

void cached_say(const struct cached_call *cached, const char *what);

/* Lets the request go on without the cache, but for what ends fob anyway. */
NODISCARD enum code cached_bear(const struct cached_call *cached,
                                enum code code, struct err *err);

/* Whose answer to that method it would be, as of now. */
NODISCARD enum code cached_name(const struct cached_call *cached,
                                const char *method, bool raw,
                                char ret_name[static KEPT_NAME + 1],
                                struct err *err);

/* Is it still the same login's? The token may have been renewed meanwhile, and
 * on a terminal somebody else may have logged in. */
bool cached_is_same_owner(const struct cached_call *cached);

/* Looks for a kept answer. One that is not fresh is asked about. */
NODISCARD enum code cached_find(struct cached_call *cached, struct err *err);

/* The head is a 304 about what is kept: that goes to the sink instead. */
NODISCARD enum code cached_confirmed(struct cached_call *cached,
                                     struct err *err);

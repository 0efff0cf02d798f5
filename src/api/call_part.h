/* What sender.c and call.c share. */
#pragma once

#include "api/call.h"
#include "api/range.h"
#include "http/redirect.h"
#include "oauth/dpop.h"

enum { CALL_HELD_MAX = BUF_DOCUMENT };

struct sender {
  struct sender_options options;
  struct http *http, *anonymous;
  struct session_token token; /* .token NULL: nothing is added */
  struct dpop *dpop;          /* the key that it is bound to; NULL: none */
  unsigned serial;            /* of the token; grows with each new one */
  unsigned refused;           /* a serial that could not be renewed; 0: none */
  struct err refusal;         /* why */
  struct call *waiting, **waiting_end; /* for their time; in order of coming */
  struct call *sending;
  size_t busy;
  bool stop;
};

enum disposition {
  GIVE, /* the answer stands: it goes to the sink */
  HOLD, /* another token, or a nonce, may replace it */
  DROP, /* the request is tried again */
  REST, /* nothing was missing: it is not wanted */
};

/* What becomes of a call that somebody waits for. */
struct call_alone {
  bool over;
  enum code code;
  struct err *err; /* filled when code is not E_OK */
};

struct call {
  struct sender *sender;
  struct call_alone *alone; /* NULL: nobody waits */
  struct call *next, **slot;
  struct call_request request; /* its url is our own */
  struct url *url;
  char *shown; /* what call_url() gave last; NULL */
  struct call_sink sink;
  int64_t due; /* clock_mono_ms() */

  int64_t started, waited;
  struct rate_ticket ticket;
  int64_t waited_told; /* of waited, to the observer */
  int tries, retries;
  unsigned serial;      /* the token's that was sent */
  bool nonce_given;     /* by the last answer */
  bool nonced, renewed; /* was tried again for that */

  struct cached_call *cached; /* api/cached_part.h; NULL: not its matter */

  struct redirect way;
  struct transfer *transfer;
  struct headers headers; /* what is sent, the credential included */
  struct http_answer answer;
  struct err err;

  enum disposition disposition;
  bool given; /* the sink has seen the head */
  bool whole; /* and the end */
  bool cut;   /* by us: what is dropped is long */
  size_t dropped;
  int64_t retry_ms;
  bool retry_told; /* that is what the server named */
  bool rate_over;  /* it names more than may be waited: retry_ms */
  const char *why; /* it waits */
  struct buf held;

  struct range range; /* how far the body has come; .validator NULL: it cannot
                         go on */
  bool resuming;      /* the sink has a part: the rest is asked for */
  int64_t skip;       /* bytes to come that the sink has */
  struct http_answer first; /* resuming: the answer that the sink knows */
};

/* --- sender.c, for call.c --- */

/* Takes what fresh holds. A key that stays keeps its nonces. */
NODISCARD enum code sender_take(struct sender *sender,
                                struct session_token *fresh, struct err *err);

/* Another token than the one with this serial, which was refused. */
NODISCARD enum code sender_renew(struct sender *sender, unsigned serial,
                                 const struct url *url, struct err *err);

/* The token that the store holds now. */
NODISCARD enum code sender_reload(struct sender *sender, const struct url *url,
                                  struct err *err);

/* Behind those that wait. */
void sender_queue(struct sender *sender, struct call *call, int64_t ms);
void sender_unlink(struct call *call);

/* --- call.c --- */

void call_end(struct call *call, enum code code);
void call_free(struct call *call);

/* What has become of it counts for the rate. */
void call_heed(struct call *call);

/* It goes, or is tried again, in ms. */
void call_wait(struct call *call, int64_t ms);

/* What one try leaves behind goes away. */
void call_clear_try(struct call *call);

bool call_has_credential(const struct call *call);
bool call_body_repeats(const struct call *call);

/* --- call_try.c --- */

/* Its time has come. */
void call_try(struct call *call);

/* --- call_settle.c --- */

/* For http_send(); user is the call. */
enum code call_on_head(void *user, const struct http_answer *answer,
                       struct err *err);
enum code call_on_body(void *user, const void *bytes, size_t len,
                       struct err *err);
void call_on_progress(void *user, int64_t sent, int64_t send_total,
                      int64_t received, int64_t receive_total);

/* The answer is whole. */
void call_settle(struct call *call);
/* The exchange failed. */
void call_broke(struct call *call, enum code code);
/* It is tried again, after call->retry_ms. */
void call_again(struct call *call, const char *why);

/* --- call_resume.c --- */

/* The answer is given to the sink from its beginning. */
NODISCARD enum code call_resume_begin(struct call *call, struct err *err);
/* Each piece of the body: what of it is for the sink. */
NODISCARD enum code call_resume_body(struct call *call, const void **bytes,
                                     size_t *len, struct err *err);
/* Whether the rest can be asked for. */
bool call_may_resume(const struct call *call);
/* It will be, by the next try. */
void call_resume(struct call *call);
/* The head of an answer to that. *ret_taken is false for a status that says
 * nothing of the bytes. E_INCOMPLETE: it does not go on. */
NODISCARD enum code call_resume_head(struct call *call,
                                     const struct http_answer *answer,
                                     bool *ret_taken, struct err *err);
/* The answer ended: are bytes missing all the same? */
bool call_resume_lacks(const struct call *call);
/* E_INCOMPLETE. */
enum code call_resume_failed(const struct call *call, const char *why,
                             struct err *err);
/* The call ends: its answer is the one that the sink knows. */
void call_resume_end(struct call *call);

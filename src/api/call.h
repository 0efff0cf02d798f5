/* Requests on their way to an API, one or many at a time.
 *
 * A sender is one identity: its connections, its token and the key that this is
 * bound to, its rate. A call is one request, and everything that may come
 * before its last answer: redirects (http/redirect.h), the second try with a
 * fresh token after a 401 (CONTRACT §2, "On 401") or with a nonce, and the
 * tries again that retry.h grants. What it hands over is the answer that
 * stands; the others are never seen.
 *
 * One thread: callbacks are called from within sender_run() and may start and
 * cancel calls. A token is refreshed once for all calls that met the refusal.
 */
#pragma once

#include "api/body.h"
#include "api/rate.h"
#include "api/retry.h"
#include "api/step_up.h"
#include "api/verdict.h"
#include "http/client.h"
#include "oauth/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cached; /* api/cached.h */
struct sender;
struct call;

/* One exchange of a call that has ended: a redirect, a try. Borrowed. */
struct call_exchange {
  const struct call *call;
  const char *method;
  const struct url *url;            /* as it may be shown: without the token */
  const struct http_answer *answer; /* of a failure what there was of it */
  enum code code;
  const struct err *err;           /* where code is not E_OK */
  const struct secret *credential; /* what was sent along; NULL: none */
  int try, hop;                    /* from 1, from 0 */
  int64_t waited_ms;               /* before it, for the rate or another try */
};

/* Everything is borrowed for the sender's life. */
struct sender_options {
  struct http_options http;
  const struct session *session; /* NULL: no credential is added */
  const struct url *url;         /* what the token is for */
  struct retry_policy retry;     /* zero: each request is tried once */
  struct rate *rate;             /* NULL: no budget is kept */
  struct cached *cached;         /* NULL: nothing is taken from a cache */
  /* Hear of every exchange, also of those that no sink sees, and of every call
   * that is over, before done(). Both may be NULL. */
  void (*observe)(void *observer, const struct call_exchange *exchange);
  void (*ended)(void *observer, const struct call *call, enum code code);
  void *observer;
};

/* Opens the connection's settings: what http_new() says, before anything is
 * sent. */
NODISCARD enum code sender_new(struct sender **ret_sender,
                               const struct sender_options *options,
                               struct err *err);

/* Fetches the token. To be called once before a call is started, where there is
 * a session; what session_token() says. */
NODISCARD enum code sender_authorize(struct sender *sender, struct err *err);

/* Cancels what is under way, without a callback. NULL is fine. */
void sender_free(struct sender *sender);
DEFINE_AUTO(sender)

/* All is borrowed until done() but url, which is copied. */
struct call_request {
  const char *method;
  const struct url *url;
  const struct headers *headers; /* without the credential; may be NULL */
  struct body *body;             /* NULL: none */
  const struct verdict_ok *ok;   /* answers that are taken as they are; NULL */
  bool raw, bulk;                /* http/client.h */
  bool repeatable;    /* may be sent again although its method is not safe */
  bool no_credential; /* nothing is added to it */
  /* A GET whose answer breaks off goes on where it stopped, by Range and
   * If-Range, where the answer named a strong validator and was not encoded;
   * until then the sink sees nothing of it. */
  bool resumable;
};

/* Where an answer goes. Any of them but done may be NULL. A non-OK return ends
 * the call with that code. */
struct call_sink {
  /* The head of the answer that stands, before its body. */
  enum code (*head)(void *user, const struct call *call, struct err *err);
  enum code (*body)(void *user, const void *bytes, size_t len, struct err *err);
  /* The answer demands more of the login (step_up.h); asked once a call.
   * *ret_again: the store holds another token now, which is to be tried. NULL:
   * the answer stands. */
  enum code (*demand)(void *user, const struct call *call,
                      const struct step_up *demand, bool *ret_again,
                      struct err *err);
  /* The call is over: E_OK with a whole answer, whatever its status; else why
   * not, err (call_err()) filled. E_UNAUTHORIZED and other codes of
   * session_token() come with the whole answer that was refused.
   * E_INCOMPLETE: the body broke off. The call is freed behind it. */
  void (*done)(void *user, struct call *call, enum code code);
  void (*progress)(void *user, int64_t sent, int64_t send_total,
                   int64_t received, int64_t receive_total);
  /* The call waits for ms: for its rate, or before it is tried again. */
  void (*wait)(void *user, const struct call *call, int64_t ms);
  void *user;
};

/* Begins; nothing is called back before sender_run(). ret_call may be NULL. */
NODISCARD enum code sender_start(struct sender *sender,
                                 const struct call_request *request,
                                 const struct call_sink *sink,
                                 struct call **ret_call, struct err *err);

/* Drives all calls until none is left (and there is no fd), or, whatever is
 * first, fd (-1: none) can be read, `until` (clock_mono_ms(); -1: never) is
 * there, or a callback asked for a stop. A time that has passed drives them
 * once, without waiting. E_SIGNAL: they stay as they are. */
struct sender_wait {
  int fd;
  int64_t until;
  bool readable; /* fd is; set by the call */
};
NODISCARD enum code sender_run(struct sender *sender, struct sender_wait *wait,
                               struct err *err);

/* sender_run() returns behind the callback that is being called. */
void sender_stop(struct sender *sender);

/* How many calls are under way, those that wait for their time included. */
size_t sender_busy(const struct sender *sender);

/* One request from start to end: E_OK and so on, as done() says. */
NODISCARD enum code sender_send(struct sender *sender,
                                const struct call_request *request,
                                const struct call_sink *sink, struct err *err);

/* --- about a call, from its callbacks --------------------------------------
 */

const struct http_answer *call_answer(const struct call *call);
struct err *call_err(struct call *call); /* filled when done() says not OK */

/* The address that answered, as it may be shown: without the token where the
 * profile puts it into the query, and without values that are named like
 * secrets. Borrowed until the next look. */
const char *call_url(const struct call *call);
/* The same parsed; the base of relative links. */
const struct url *call_final_url(const struct call *call);
bool call_left_origin(const struct call *call);
/* The sink has the whole answer, also where done() says not OK. */
bool call_is_whole(const struct call *call);

/* From within wait(): what for; "" for the pace that the user has set. */
const char *call_why_waits(const struct call *call);
/* The answer stands since it demands a longer wait than may be: that one. -1:
 * not so. */
int64_t call_rate_over_ms(const struct call *call);

/* What it took. ms are of the monotonic clock. */
struct call_cost {
  int tries;          /* requests but for redirects: 1 and more; 0: the answer
                         is from the cache */
  int redirects;      /* of the last try */
  int64_t waited_ms;  /* for the rate and between tries */
  int64_t elapsed_ms; /* from sender_start() on */
};
struct call_cost call_cost(const struct call *call);

/* Gives it up, without a callback. */
void call_cancel(struct call *call);

/* Device authorization (RFC 8628): the person logs in with a browser on any
 * device, by an address and a short code that are shown here; meanwhile the
 * token endpoint is asked until they have. login_by_device() (login_ways.h) is
 * the whole; its parts are here. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  DEVICE_INTERVAL_MS = 5 * 1000, /* §3.2, when the server states none */
  DEVICE_FLOOR_MS = 1000,        /* never more often, whatever it states */
  DEVICE_SLOWER_MS = 5 * 1000,   /* §3.5, slow_down */
  DEVICE_LOST_MAX_MS = 60 * 1000,
  DEVICE_LIFETIME_MAX_MS = 60 * 60 * 1000, /* nothing waits for ever */
};

/* --- what the device authorization endpoint answers (§3.2) --- */

struct device_answer {
  struct secret *device_code;
  char *user_code;     /* at most 64 bytes, of which none needs escaping */
  char *uri;           /* verification_uri, normalised: its host is the true
                          one */
  char *uri_complete;  /* the same with the code in it, on the same origin;
                          NULL */
  int64_t lifetime_ms; /* at most DEVICE_LIFETIME_MAX_MS */
  int64_t interval_ms; /* at least DEVICE_FLOOR_MS */
};
void device_answer_clear(struct device_answer *answer);
#define AUTO_DEVICE_ANSWER __attribute__((cleanup(device_answer_clear)))

/* Strict, but for two things. `verification_url`, which it was called in the
 * drafts and is at Google, is read where there is no `verification_uri`. And
 * `interval`: none, 0, a negative one, and one after which the
 * code would have expired are taken for the default. who names the server in
 * messages. E_OAUTH for an `error` whatever the status (in RFC 6749's words by
 * `token_response.errors`), E_RATE, E_ISSUER_5XX, E_ANSWER, E_PLAIN_HTTP. */
NODISCARD enum code
device_answer_read(struct device_answer *answer, const struct profile *profile,
                   const char *who, int status, const char *content_type,
                   const char *body, size_t len, struct err *err);

/* --- when the token endpoint is asked (§3.3, §3.5) --- */

/* On the monotonic clock. Pure: whoever asks does the waiting. */
struct device_pace {
  int64_t interval_ms;
  int64_t due_ms;     /* when to ask next */
  int64_t expires_ms; /* when there is no use in asking any more */
  unsigned lost;      /* in a row */
};

enum device_event {
  DEVICE_PENDING,   /* authorization_pending */
  DEVICE_SLOW_DOWN, /* from here on the interval is 5 s longer */
  DEVICE_LOST,      /* no answer: twice as long each time, to a minute or the
                       interval, until there is one */
};

/* The first time is one interval after the code came. */
void device_pace_start(struct device_pace *pace, int64_t interval_ms,
                       int64_t lifetime_ms, int64_t now_ms);
void device_pace_next(struct device_pace *pace, enum device_event event,
                      int64_t now_ms);

/* Does the code expire before the next time? */
bool device_pace_over(const struct device_pace *pace);

/* How long until then, or until the expiry, whichever is first; >= 0. */
int64_t device_pace_wait(const struct device_pace *pace, int64_t now_ms);

/* The loopback listener that a browser is sent back to (RFC 8252 §7.3, §8.3).
 *
 * Bound by fob itself to the literal loopback address (both stacks for
 * `localhost`), without SO_REUSEPORT, then handed to libmicrohttpd. Only GET
 * on the exact path with the Host that was advertised and a query counts, and
 * where the browser tells (Sec-Fetch-Dest), only for a document; HEAD, OPTIONS,
 * favicons, preconnects, other paths and later hits get a 4xx. At most 8 KiB of
 * head, 5 s a connection however busy it is; 100 idle sockets do not keep the
 * real one out. It runs within listener_wait(): no thread. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct listener;

/* redirect_uri: http to 127.0.0.1, [::1] or localhost, without a query; with a
 * port that one is taken, without one a free one. E_USAGE for others; E_LOCAL
 * when the port is taken: the message names it. */
NODISCARD enum code listener_new(struct listener **ret_listener,
                                 const char *redirect_uri, struct err *err);

/* To the letter as it was given, with the port: as it goes into the
 * authorization request. */
const char *listener_redirect_uri(const struct listener *listener);
int listener_port(const struct listener *listener);

enum listener_event {
  LISTENER_HIT,   /* a callback: its raw query is in ret_query */
  LISTENER_INPUT, /* other_fd is readable (the person pastes) */
  LISTENER_TIMEOUT,
};

/* Serves until one of those. The browser that made the hit is kept waiting
 * until listener_answer(). E_SIGNAL. other_fd may be -1. */
NODISCARD enum code listener_wait(struct listener *listener, int other_fd,
                                  int64_t timeout_ms,
                                  enum listener_event *ret_event,
                                  char **ret_query, struct err *err);

/* Shows the page: constant HTML with title and text as escaped text, CSP
 * default-src 'none', no-store, no-referrer, nosniff; light and dark. Served
 * for at most a second more, so that the browser has it. */
void listener_answer(struct listener *listener, bool success, const char *title,
                     const char *text);

/* Sends the browser on to url (303) instead: at most 16 KiB, without control
 * characters. */
void listener_send_on(struct listener *listener, const char *url);

void listener_free(struct listener *listener); /* closes the port */
DEFINE_AUTO(listener)

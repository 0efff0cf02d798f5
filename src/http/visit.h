/* Who comes to the loopback listener, for http/listen.c alone: connections with
 * their deadline, and requests, of which one is the callback.
 *
 * libmicrohttpd knows only a timeout of silence, and one that sends a byte now
 * and then is never silent; so connections are kept in a list, the oldest
 * first, and shut down when their time is over or when they are too many. */
#pragma once

#include "base/buf.h"
#include "lazy/microhttpd.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  VISIT_MS = 5000,           /* a connection's whole life */
  VISITORS_MAX = 256,        /* beyond, the oldest idle one must go */
  VISIT_HEAD_MAX = 8 * 1024, /* request line and fields */
  VISIT_MEMORY = 24 * 1024,  /* libmicrohttpd's, for one connection */
};

struct visitor {
  struct visitor *older, *newer;
  int fd;
  int64_t since;
  bool is_callback; /* is kept waiting for the page */
  bool is_gone;     /* was shut down; libmicrohttpd will notice */
};

/* What makes a request the callback, and what became of it. */
struct visits {
  const char *path;      /* exact, as it is on the wire */
  const char *host;      /* host and port, as Host must name them */
  const char *bare_host; /* that without the port, where it is 80; or NULL */

  struct visitor *oldest, *newest;
  size_t count;

  char *query;                     /* of the callback, once it came */
  struct MHD_Connection *callback; /* suspended; NULL before and after */
  bool taken;                      /* one came: later ones are too late */
  bool answered;                   /* the page is ready */
  bool done;                       /* the callback's connection is closed */
  bool success;
  struct buf page;
  const char *location; /* where the callback is sent on to instead; NULL */
};

/* One libmicrohttpd daemon on a listening socket of ours, which it closes. */
NODISCARD enum code visits_daemon(struct MHD_Daemon **ret_daemon,
                                  struct visits *visits, int fd,
                                  struct err *err);

/* Shuts down who is there for longer than VISIT_MS, but not the callback. How
 * many ms until the next one's time is over; -1: nobody is there. */
int64_t visits_expire(struct visits *visits);

void visits_clear(struct visits *visits);

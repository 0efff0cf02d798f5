/* A browser, more or less: what tests send to the loopback listener. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* A connection to 127.0.0.1 or [::1]; -1 and errno. */
int connect_to(int port);
int connect_to_six(int port);

enum { VISITS = 32 };

/* Requests that are sent one after the other, each on a connection of its own,
 * while the listener waits. */
struct browser {
  int port;
  bool six;
  size_t count;
  const char *requests[VISITS]; /* with %d for the port */
  char replies[VISITS][16384];  /* "refused" without a connection */
  pthread_t thread;
};

/* In a thread of its own; count is how many requests are set. */
void browser_start(struct browser *browser, int port);
void browser_end(struct browser *browser); /* waits for all the replies */

int status_of(const char *reply); /* 0: it is none */

/* The smallest HTTP client that tests need: one request over a connection of
 * its own to a loopback server, plain http, a deadline. Independent of the
 * product's HTTP, so that a mistake there does not hide itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fetch_answer {
  int status; /* 0: no answer came */
  char *head; /* status line and fields, CRLF between them */
  char *body; /* chunks put together; NUL behind it */
  size_t body_len;
};

/* url: http://127.0.0.1:PORT/…, [::1] or localhost (meaning 127.0.0.1). head:
 * more header lines, each ended by CRLF; NULL. body NULL: none. false when no
 * whole head came within timeout_ms; ret_answer is then all zero. */
bool fetch(const char *method, const char *url, const char *head,
           const void *body, size_t len, int timeout_ms,
           struct fetch_answer *ret_answer);

/* The nth field (from 0) of that name, or NULL; mem_free. */
char *fetch_header(const struct fetch_answer *answer, const char *name,
                   size_t nth);

void fetch_clear(struct fetch_answer *answer);
#define AUTO_FETCH __attribute__((cleanup(fetch_clear)))

/* A TCP connection to a loopback URL's host and port; -1. */
int fetch_connect(const char *url, int timeout_ms);

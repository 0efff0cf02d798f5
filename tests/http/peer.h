/* An HTTP server for the tests of http/, in a thread of the test itself: it
 * speaks properly (libmicrohttpd) and keeps a journal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a path is answered with. The last row has a NULL path: for all others.
 */
struct peer_reply {
  const char *path;
  int status;          /* 0: 200 */
  const char *headers; /* "Name: value" lines, \n between them; NULL */
  const char *body;    /* NULL: "hello" */
  size_t repeat;       /* the body that many times, as a stream; 0: once */
};

struct peer_entry {
  char *method, *path, *query, *headers, *body;
  bool client_cert;
  int connection; /* which one, counted from 0 */
};

struct peer_options {
  const char *address; /* NULL: 127.0.0.1 */
  const struct peer_reply *replies;
  const char *cert, *key; /* files: https */
  const char *client_ca;  /* file: client certificates are asked for */
};

struct peer;
struct peer *peer_start(const struct peer_options *options);
void peer_stop(struct peer *peer);
int peer_port(const struct peer *peer);
/* How many requests, and the nth of them. */
size_t peer_count(struct peer *peer);
const struct peer_entry *peer_entry(struct peer *peer, size_t n);
/* The value of a header field in the nth request's journal, or NULL. */
const char *peer_header(struct peer *peer, size_t n, const char *name);
/* Whether text is found anywhere in anything received. */
bool peer_saw(struct peer *peer, const char *text);

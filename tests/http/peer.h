/* Servers for the tests of http/, in threads of the test itself. A peer speaks
 * HTTP properly (libmicrohttpd) and keeps a journal; a raw peer sends exactly
 * the bytes that it is told to, right or wrong. */
#pragma once

#include "http/client.h"
#include "http/url.h"

#include <pthread.h>
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

struct raw_reply {
  const char *bytes; /* NULL: read nothing, say nothing, until it is stopped */
  size_t len;        /* 0: strlen */
  int drip_ms;       /* a byte each */
  bool close;        /* then close, and go on with the next connection */
  bool deaf;         /* do not wait for a request first */
};

struct raw;
struct raw *raw_start(const struct raw_reply *replies, size_t count);
/* The same on a unix socket that it makes. */
struct raw *raw_start_unix(const char *path, const struct raw_reply *replies,
                           size_t count);
#define RAW(...)                                                               \
  raw_start((const struct raw_reply[]){__VA_ARGS__},                           \
            ARRAY_LEN(((const struct raw_reply[]){__VA_ARGS__})))
#define RAW_OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
void raw_stop(struct raw *raw);
int raw_port(const struct raw *raw);
size_t raw_requests(struct raw *raw);
size_t raw_connections(struct raw *raw);
const char *raw_received(struct raw *raw); /* valid after raw_stop, or idle */
void raw_free(struct raw *raw);

/* A port of 127.0.0.1 where nothing listens. */
int free_port(void);

/* A URL built from a format; asserts. */
struct url *test_url(const char *format, ...) PRINTF_LIKE(1, 2);

/* Removes the variables that libcurl and fob look at. */
void clean_environment(void);

/* http_new that must succeed. */
struct http *new_http(const struct http_options *options);

/* Everything one GET brings. */
struct got {
  struct http_answer answer;
  struct buf body;
  enum code code;
  struct err err;
};
void got_clear(struct got *got);
#define AUTO_GOT __attribute__((cleanup(got_clear)))

/* Sends request (its url and method may be left out) into got. */
void get_from(struct http *http, const struct url *url,
              struct http_request *request, struct got *got);

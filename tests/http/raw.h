/* A server that sends exactly the bytes that it is told to, right or wrong; one
 * connection at a time, in a thread of the test itself. */
#pragma once

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

struct raw_reply {
  const char *bytes; /* NULL: read nothing, say nothing, until it is stopped */
  size_t len;        /* 0: strlen */
  int drip_ms;       /* a byte each */
  bool close;        /* then close, and go on with the next connection */
  bool deaf;         /* do not wait for a request first */
  bool hasty;        /* do not wait for its body */
  size_t drain;      /* wait for so many bytes instead, the body's */
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

/* What the tests of http/ ask servers with. */
#pragma once

#include "http/client.h"
#include "http/url.h"

/* A listening socket, on a free port; asserts. */
int listen_on(const char *address, int *ret_port);

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

/* A request body that is a stream: gives at most 3 bytes at a time. */
struct stream {
  const char *text;
  size_t at;
  int rewinds;
  bool fail; /* E_OUTPUT, "a test's own failure" */
};
int64_t stream_read(void *user, void *to, size_t size, struct err *err);
enum code stream_rewind(void *user, struct err *err);

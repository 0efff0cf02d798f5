/* The sandbox, as a test uses it: started, told what to do wrong, asked what
 * it received. It ends with the test, however that ends. */
#pragma once

#include "base/attr.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct server {
  pid_t pid;
  int alive; /* its standard input; closing it ends the server */
  int port;
  char *base, *issuer, *api;
  char *control; /* plain http, whatever base is */
};

/* With the options of sandbox/main.c, NULL behind the last. */
void server_start(struct server *server, ...) __attribute__((sentinel));
/* Ends it; the test fails when it did not end well. */
void server_stop(struct server *server);
#define AUTO_SERVER __attribute__((cleanup(server_stop)))

/* POST /_control. The text is JSON with ' for ":
 *     server_order(&s, "{'next': {'path': '/token', 'fault': 'cut'}}"); */
void server_order(const struct server *server, const char *format, ...)
    PRINTF_LIKE(2, 3);
void server_reset(const struct server *server);

/* The requests for path (NULL: all): an array; json_decref. */
json_t *server_journal(const struct server *server, const char *path);
size_t server_count(const struct server *server, const char *path);
/* Connections that were opened and closed without a request. */
size_t server_silent(const struct server *server);
/* Waits until path was asked count times. */
bool server_await(const struct server *server, const char *path, size_t count,
                  int timeout_ms);

/* Every secret in play → what it is; json_decref. */
json_t *server_secrets(const struct server *server);

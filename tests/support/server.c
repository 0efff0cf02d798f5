#include "support/server.h"

#include "base/buf.h"
#include "base/mem.h"
#include "support/fetch.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS_MAX = 32, PATIENCE_MS = 20000, POLL_US = 5000 };

static void read_ready(struct server *server, int fd)
{
  char line[4096];
  size_t len = 0;
  struct pollfd ready = {.fd = fd, .events = POLLIN};

  while (len < sizeof(line) - 1 && memchr(line, '\n', len) == NULL) {
    cr_assert_eq(poll(&ready, 1, PATIENCE_MS), 1, "the sandbox is silent");
    ssize_t n = read(fd, line + len, sizeof(line) - 1 - len);
    cr_assert_gt(n, 0, "the sandbox does not start");
    len += (size_t)n;
  }
  json_t *json = json_loadb(line, len, JSON_DISABLE_EOF_CHECK, NULL);
  cr_assert_not_null(json, "the sandbox says '%.*s'", (int)len, line);
  server->port = (int)json_integer_value(json_object_get(json, "port"));
  server->base = mem_str(json_string_value(json_object_get(json, "base")));
  server->issuer = mem_str(json_string_value(json_object_get(json, "issuer")));
  server->api = mem_str(json_string_value(json_object_get(json, "api")));
  server->control =
      mem_str(json_string_value(json_object_get(json, "control")));
  json_decref(json);
}

void server_start(struct server *server, ...)
{
  AUTO_STR char *path = program_sibling("sandbox");
  const char *argv[ARGS_MAX] = {path};
  size_t count = 1;
  int in[2];
  int out[2];
  va_list args;

  va_start(args, server);
  while ((argv[count] = va_arg(args, const char *)) != NULL)
    cr_assert_lt(++count, ARGS_MAX);
  va_end(args);
  memset(server, 0, sizeof(*server));
  cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
  cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
  server->pid = fork();
  cr_assert_geq(server->pid, 0);
  if (server->pid == 0) {
    if (dup2(in[0], 0) != 0 || dup2(out[1], 1) != 1)
      _exit(126);
    execv(path, (char *const *)argv);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  server->alive = in[1];
  read_ready(server, out[0]);
  close(out[0]);
}

void server_stop(struct server *server)
{
  int status = -1;

  if (server->pid == 0)
    return;
  close(server->alive);
  cr_assert_eq(waitpid(server->pid, &status, 0), server->pid);
  cr_assert_eq(status, 0, "the sandbox ended with %#x", (unsigned)status);
  mem_free(server->base);
  mem_free(server->issuer);
  mem_free(server->api);
  mem_free(server->control);
  memset(server, 0, sizeof(*server));
}

static void ask(const struct server *server, const char *method,
                const char *path, const char *body, int want,
                struct fetch_answer *ret_answer)
{
  AUTO_STR char *url = mem_printf("%s%s", server->control, path);

  cr_assert(fetch(method, url, NULL, body, body ? strlen(body) : 0, PATIENCE_MS,
                  ret_answer),
            "%s %s: no answer", method, url);
  cr_assert_eq(ret_answer->status, want, "%s %s: %d %s", method, url,
               ret_answer->status, ret_answer->body);
}

void server_order(const struct server *server, const char *format, ...)
{
  AUTO_FETCH struct fetch_answer answer = {0};
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;
  AUTO_STR char *json = NULL;
  va_list args;

  va_start(args, format);
  buf_vprintf(&text, format, args);
  va_end(args);
  cr_assert_eq(buf_detach(&text, &json, NULL, &err), E_OK, "%s", err.message);
  for (char *quote = json; (quote = strchr(quote, '\'')) != NULL;)
    *quote = '"';
  ask(server, "POST", "/_control", json, 204, &answer);
}

void server_reset(const struct server *server)
{
  AUTO_FETCH struct fetch_answer answer = {0};

  ask(server, "POST", "/_reset", "", 204, &answer);
}

static json_t *ask_json(const struct server *server, const char *path)
{
  AUTO_FETCH struct fetch_answer answer = {0};

  ask(server, "GET", path, NULL, 200, &answer);
  json_t *json = json_loadb(answer.body, answer.body_len, 0, NULL);
  cr_assert_not_null(json, "GET %s: %s", path, answer.body);
  return json;
}

json_t *server_journal(const struct server *server, const char *path)
{
  AUTO_STR char *target =
      mem_printf("/_journal%s%s", path ? "?path=" : "", path ? path : "");
  json_t *json = ask_json(server, target);
  json_t *requests = json_incref(json_object_get(json, "requests"));

  json_decref(json);
  return requests;
}

size_t server_count(const struct server *server, const char *path)
{
  json_t *requests = server_journal(server, path);
  size_t count = json_array_size(requests);

  json_decref(requests);
  return count;
}

size_t server_silent(const struct server *server)
{
  json_t *json = ask_json(server, "/_journal");
  size_t count = (size_t)json_integer_value(json_object_get(json, "silent"));

  json_decref(json);
  return count;
}

bool server_await(const struct server *server, const char *path, size_t count,
                  int timeout_ms)
{
  for (int us = 0; us < timeout_ms * 1000; us += POLL_US) {
    if (server_count(server, path) >= count)
      return true;
    usleep(POLL_US);
  }
  return false;
}

json_t *server_secrets(const struct server *server)
{
  return ask_json(server, "/_secrets");
}

#include "http/peer.h"

#include "base/buf.h"
#include "base/mem.h"
#include "http/ask.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ENTRIES_MAX = 512 };

static char *read_whole(const char *path)
{
  AUTO_BUF struct buf text = BUF_INIT(65536);
  FILE *file = fopen(path, "re");
  char chunk[4096];
  char *result = NULL;
  struct err err;
  size_t n;

  cr_assert_not_null(file, "%s", path);
  while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
    buf_put(&text, chunk, n);
  fclose(file);
  cr_assert_eq(buf_detach(&text, &result, NULL, &err), E_OK);
  return result;
}

struct peer {
  struct MHD_Daemon *daemon;
  const struct peer_reply *replies;
  pthread_mutex_t mutex;
  struct peer_entry entries[ENTRIES_MAX];
  size_t count;
  int connections;
  int port;
  char *cert, *key, *client_ca;
};

struct exchange {
  struct buf headers, body;
  char *query;
};

static enum MHD_Result add_header(void *user, enum MHD_ValueKind kind,
                                  const char *name, const char *value)
{
  (void)kind;
  buf_printf(user, "%s: %s\n", name, value != NULL ? value : "");
  return MHD_YES;
}

static bool shows_certificate(struct MHD_Connection *connection)
{
  const void *(*peers)(void *, unsigned *);
  unsigned count = 0;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

  *(void **)&peers = dlsym(RTLD_DEFAULT, "gnutls_certificate_get_peers");
  return info != NULL && info->tls_session != NULL && peers != NULL &&
         peers(info->tls_session, &count) != NULL && count > 0;
}

static int connection_number(struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

  return info != NULL ? (int)(intptr_t)info->socket_context - 1 : -1;
}

static void note(struct peer *peer, struct MHD_Connection *connection,
                 const char *method, const char *path, struct exchange *x)
{
  struct peer_entry *entry;

  pthread_mutex_lock(&peer->mutex);
  if (peer->count < ENTRIES_MAX) {
    entry = &peer->entries[peer->count++];
    entry->method = mem_str(method);
    entry->path = mem_str(path);
    entry->query = mem_str(x->query);
    entry->headers = mem_str(buf_text(&x->headers));
    entry->body = mem_str(buf_text(&x->body));
    entry->client_cert = shows_certificate(connection);
    entry->connection = connection_number(connection);
  }
  pthread_mutex_unlock(&peer->mutex);
}

struct repetition {
  char *body;
  size_t len, total;
};

static ssize_t repeat_body(void *user, uint64_t at, char *to, size_t max)
{
  struct repetition *r = user;
  size_t done = 0;

  if (at >= r->total)
    return MHD_CONTENT_READER_END_OF_STREAM;
  while (done < max && at + done < r->total) {
    size_t offset = (at + done) % r->len;
    size_t n = r->len - offset;

    n = n > max - done ? max - done : n;
    n = n > r->total - at - done ? r->total - at - done : n;
    memcpy(to + done, r->body + offset, n);
    done += n;
  }
  return (ssize_t)done;
}

static void free_repetition(void *user)
{
  struct repetition *r = user;

  mem_free(r->body);
  mem_free(r);
}

static struct MHD_Response *make_response(const struct peer_reply *reply)
{
  const char *body = reply->body != NULL ? reply->body : "hello";
  struct MHD_Response *response;

  if (reply->repeat == 0)
    response = MHD_create_response_from_buffer(strlen(body), (void *)body,
                                               MHD_RESPMEM_MUST_COPY);
  else {
    struct repetition *r = mem_alloc(sizeof(*r));

    r->len = 65536; /* whole copies of it, for speed */
    r->body = mem_alloc(r->len);
    for (size_t i = 0; i < r->len; i++)
      r->body[i] = body[i % strlen(body)];
    r->total = strlen(body) * reply->repeat;
    response = MHD_create_response_from_callback(r->total, 262144, repeat_body,
                                                 r, free_repetition);
  }

  for (const char *p = reply->headers; p != NULL && *p != '\0';) {
    size_t len = strcspn(p, "\n");
    char *line = mem_copy(p, len);
    char *colon = strchr(line, ':');

    *colon = '\0';
    MHD_add_response_header(response, line, colon + 2);
    mem_free(line);
    p += len;
    p += *p == '\n';
  }
  return response;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **context)
{
  struct peer *peer = user;
  struct exchange *x = *context;
  const struct peer_reply *reply = peer->replies;
  struct MHD_Response *response;
  enum MHD_Result result;

  (void)version;
  if (*upload_len > 0) {
    buf_put(&x->body, upload, *upload_len);
    *upload_len = 0;
    return MHD_YES;
  }
  if (x->headers.len == 0) {
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header,
                              &x->headers);
    return MHD_YES;
  }

  note(peer, connection, method, path, x);
  while (reply->path != NULL && strcmp(reply->path, path) != 0)
    reply++;
  response = make_response(reply);
  result = MHD_queue_response(
      connection, reply->status != 0 ? (unsigned)reply->status : 200, response);
  MHD_destroy_response(response);
  return result;
}

static void *on_uri(void *user, const char *uri, struct MHD_Connection *c)
{
  struct exchange *x = mem_zalloc(sizeof(*x));
  const char *query = strchr(uri, '?');

  (void)user;
  (void)c;
  buf_init(&x->headers, BUF_DOCUMENT);
  buf_init(&x->body, BUF_BODY);
  x->query = query != NULL ? mem_str(query + 1) : NULL;
  return x;
}

static void on_done(void *user, struct MHD_Connection *c, void **context,
                    enum MHD_RequestTerminationCode code)
{
  struct exchange *x = *context;

  (void)user;
  (void)c;
  (void)code;
  if (x == NULL)
    return;
  buf_clear(&x->headers);
  buf_clear(&x->body);
  mem_free(x->query);
  mem_free(x);
}

static void on_connection(void *user, struct MHD_Connection *c,
                          void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
  struct peer *peer = user;

  (void)c;
  if (code == MHD_CONNECTION_NOTIFY_STARTED)
    *socket_context = (void *)(intptr_t)++peer->connections;
}

struct peer *peer_start(const struct peer_options *o)
{
  static const struct peer_reply hello[] = {{.path = NULL}};
  struct peer *peer = mem_zalloc(sizeof(*peer));
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
  int fd =
      listen_on(o->address != NULL ? o->address : "127.0.0.1", &peer->port);
  struct MHD_OptionItem tls[4] = {{MHD_OPTION_END, 0, NULL}};
  size_t n = 0;

  if (o->cert != NULL) {
    peer->cert = read_whole(o->cert);
    peer->key = read_whole(o->key);
    tls[n++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, peer->cert};
    tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, peer->key};
    if (o->client_ca != NULL) {
      peer->client_ca = read_whole(o->client_ca);
      tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
                                         peer->client_ca};
    }
    tls[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    flags |= MHD_USE_TLS;
  }

  peer->replies = o->replies != NULL ? o->replies : hello;
  pthread_mutex_init(&peer->mutex, NULL);
  peer->daemon = MHD_start_daemon(
      flags, 0, NULL, NULL, on_request, peer, MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL, MHD_OPTION_NOTIFY_COMPLETED,
      on_done, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, peer,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)256 * 1024, MHD_OPTION_ARRAY,
      tls, MHD_OPTION_END);
  cr_assert_not_null(peer->daemon);
  return peer;
}

void peer_stop(struct peer *peer)
{
  MHD_stop_daemon(peer->daemon);
  for (size_t i = 0; i < peer->count; i++) {
    mem_free(peer->entries[i].method);
    mem_free(peer->entries[i].path);
    mem_free(peer->entries[i].query);
    mem_free(peer->entries[i].headers);
    mem_free(peer->entries[i].body);
  }
  pthread_mutex_destroy(&peer->mutex);
  mem_free(peer->cert);
  mem_free(peer->key);
  mem_free(peer->client_ca);
  mem_free(peer);
}

int peer_port(const struct peer *peer)
{
  return peer->port;
}

size_t peer_count(struct peer *peer)
{
  size_t count;

  pthread_mutex_lock(&peer->mutex);
  count = peer->count;
  pthread_mutex_unlock(&peer->mutex);
  return count;
}

const struct peer_entry *peer_entry(struct peer *peer, size_t n)
{
  cr_assert_lt(n, peer_count(peer), "request %zu did not come", n);
  return &peer->entries[n];
}

const char *peer_header(struct peer *peer, size_t n, const char *name)
{
  static char value[8192];
  size_t len = strlen(name);

  for (const char *p = peer_entry(peer, n)->headers; *p != '\0';) {
    size_t line = strcspn(p, "\n");

    if (line > len + 1 && strncasecmp(p, name, len) == 0 && p[len] == ':') {
      (void)snprintf(value, sizeof(value), "%.*s", (int)(line - len - 2),
                     p + len + 2);
      return value;
    }
    p += line + 1;
  }
  return NULL;
}

bool peer_saw(struct peer *peer, const char *text)
{
  for (size_t i = 0; i < peer_count(peer); i++) {
    const struct peer_entry *e = peer_entry(peer, i);

    if (strstr(e->headers, text) != NULL || strstr(e->body, text) != NULL ||
        strstr(e->path, text) != NULL ||
        (e->query != NULL && strstr(e->query, text) != NULL))
      return true;
  }
  return false;
}

/* HTTP through libmicrohttpd, a thread a connection: waiting for one answer
 * does not hold up another. */
#include "support/sandbox/exchange.h"

#include "base/codec.h"
#include "base/codec.h"
#include "base/mem.h"
#include "crypto/crypto.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTION_MEMORY = 256 * 1024, BACKLOG = 512 };

/* What a connection is remembered by. */
struct peer {
  uint64_t number;
  bool spoke;
};

static void *on_uri(void *cls, const char *uri,
                    struct MHD_Connection *connection)
{
  struct exchange *x = need(mem_zalloc(sizeof(*x)), "memory");

  x->sb = cls;
  x->connection = connection;
  x->rq.target = need(mem_str(uri), "memory");
  buf_init(&x->rq.body, BODY_KEPT + 1);
  return x;
}

static void on_completed(void *cls, struct MHD_Connection *connection,
                         void **con_cls, enum MHD_RequestTerminationCode code)
{
  struct exchange *x = *con_cls;

  (void)cls;
  (void)connection;
  (void)code;
  if (x == NULL)
    return;
  mem_free(x->rq.method);
  mem_free(x->rq.target);
  mem_free(x->rq.path);
  mem_free(x->rq.query);
  json_decref(x->rq.params);
  json_decref(x->rq.form);
  json_decref(x->rq.headers);
  buf_clear(&x->rq.body);
  psa_hash_abort(&x->hash);
  mem_free(x);
}

/* Counts the connections on which nothing was ever asked: a client that must
 * not send a byte somewhere must not even knock. */
static void on_connection(void *cls, struct MHD_Connection *connection,
                          void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
  struct sandbox *sb = cls;

  (void)connection;
  pthread_mutex_lock(&sb->lock);
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    struct peer *peer = need(mem_zalloc(sizeof(*peer)), "memory");
    peer->number = ++sb->connections;
    *socket_context = peer;
  } else {
    struct peer *peer = *socket_context;
    sb->silent += peer->spoke ? 0 : 1;
    mem_free(peer);
  }
  pthread_mutex_unlock(&sb->lock);
}

static enum MHD_Result collect_header(void *cls, enum MHD_ValueKind kind,
                                      const char *name, const char *value)
{
  json_t *text = json_string(value ? value : "");

  (void)kind;
  must(json_array_append_new(
           cls, json_pack("[so]", name,
                          text ? text : json_string("[not UTF-8]"))) == 0,
       "a header");
  return MHD_YES;
}

/* gnutls_datum_t */
struct datum {
  const unsigned char *data;
  unsigned size;
};

/* Takes the certificate that the client showed. GnuTLS is libmicrohttpd's own
 * choice, so its one function is looked up and not linked. */
static void take_client_cert(struct MHD_Connection *connection,
                             struct request *rq)
{
  typedef const struct datum *get_peers(void *session, unsigned *count);
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  get_peers *peers = NULL;
  const struct datum *shown;
  uint8_t hash[CRYPTO_HASH_MAX];
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;
  unsigned count = 0;
  size_t len;

  *(void **)&peers = dlsym(RTLD_DEFAULT, "gnutls_certificate_get_peers");
  if (info == NULL || info->tls_session == NULL || peers == NULL)
    return;
  shown = peers(info->tls_session, &count);
  if (shown == NULL || count == 0)
    return;
  must(crypto_hash(CRYPTO_SHA256, shown->data, shown->size, hash, &len, &err) ==
           E_OK,
       "SHA-256");
  codec_base64url(&text, hash, len);
  rq->client_cert = true;
  snprintf(rq->certificate, sizeof(rq->certificate), "%s", buf_text(&text));
}

static void begin(struct exchange *x, const char *method)
{
  const union MHD_ConnectionInfo *info;

  x->begun = true;
  x->rq.method = need(mem_str(method), "memory");
  x->rq.params = need(json_object(), "memory");
  x->rq.headers = need(json_array(), "memory");
  MHD_get_connection_values(x->connection, MHD_HEADER_KIND, collect_header,
                            x->rq.headers);
  must(psa_hash_setup(&x->hash, PSA_ALG_SHA_256) == PSA_SUCCESS, "SHA-256");

  info = MHD_get_connection_info(x->connection,
                                 MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info != NULL && info->client_addr != NULL &&
      info->client_addr->sa_family == AF_INET)
    x->rq.port =
        ntohs(((const struct sockaddr_in *)info->client_addr)->sin_port);
  info = MHD_get_connection_info(x->connection,
                                 MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  struct peer *peer = info->socket_context;
  peer->spoke = true;
  x->rq.connection = peer->number;
  take_client_cert(x->connection, &x->rq);
}

static void take_body(struct exchange *x, const char *bytes, size_t len)
{
  size_t room = BODY_KEPT - x->rq.body.len;

  must(psa_hash_update(&x->hash, (const unsigned char *)bytes, len) ==
           PSA_SUCCESS,
       "SHA-256");
  x->rq.body_len += (int64_t)len;
  buf_put(&x->rq.body, bytes, len < room ? len : room);
}

static void end_body(struct exchange *x)
{
  static const char type_form[] = "application/x-www-form-urlencoded";
  unsigned char hash[32];
  size_t len;
  AUTO_BUF struct buf hex = BUF_INIT(128);
  const char *type = header(&x->rq, "Content-Type");

  must(psa_hash_finish(&x->hash, hash, sizeof(hash), &len) == PSA_SUCCESS,
       "SHA-256");
  codec_hex(&hex, hash, len);
  snprintf(x->rq.body_sha256, sizeof(x->rq.body_sha256), "%s", buf_text(&hex));
  if (type != NULL && strncasecmp(type, type_form, strlen(type_form)) == 0) {
    x->rq.form = need(json_object(), "memory");
    x->rq.repeated |=
        parse_form(x->rq.form, buf_text(&x->rq.body), x->rq.body.len);
  }
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_size, void **con_cls)
{
  struct exchange *x = *con_cls;

  (void)cls;
  (void)connection;
  (void)url;
  (void)version;
  if (!x->begun) {
    begin(x, method);
    return MHD_YES;
  }
  if (*upload_size > 0) {
    take_body(x, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  end_body(x);
  return exchange_run(x);
}

/* --- listening ----------------------------------------------------------- */

static int listen_tcp(int port, int *ret_port)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof(address);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
      listen(fd, BACKLOG) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
    close(fd);
    return -1;
  }
  *ret_port = ntohs(address.sin_port);
  return fd;
}

static int listen_unix(const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
  if (n < 0 || (size_t)n >= sizeof(address.sun_path) ||
      bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
      listen(fd, BACKLOG) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

struct MHD_Daemon *serve_start(struct sandbox *sb,
                               const struct serve_options *options,
                               int *ret_port)
{
  unsigned flags = MHD_USE_THREAD_PER_CONNECTION |
                   MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                   (options->cert ? MHD_USE_TLS : 0);
  int port = 0;
  int fd = options->unix_path ? listen_unix(options->unix_path)
                              : listen_tcp(options->port, &port);

  if (fd < 0) {
    perror("sandbox: cannot listen");
    return NULL;
  }
  pattern_fill();
  struct MHD_OptionItem tls[] = {
      {MHD_OPTION_HTTPS_MEM_CERT, 0, options->cert},
      {MHD_OPTION_HTTPS_MEM_KEY, 0, options->key},
      {options->client_ca ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
       options->client_ca},
      {MHD_OPTION_END, 0, NULL}};
  struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
  struct MHD_Daemon *daemon = MHD_start_daemon(
      flags, 0, NULL, NULL, on_request, sb, MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_URI_LOG_CALLBACK, on_uri, sb, MHD_OPTION_NOTIFY_COMPLETED,
      on_completed, sb, MHD_OPTION_NOTIFY_CONNECTION, on_connection, sb,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
      MHD_OPTION_ARRAY, options->cert ? tls : none, MHD_OPTION_END);
  if (daemon == NULL) {
    fprintf(stderr, "sandbox: libmicrohttpd does not start%s\n",
            options->cert ? " (is the certificate good?)" : "");
    close(fd);
    return NULL;
  }
  *ret_port = port;
  return daemon;
}

void serve_stop(struct MHD_Daemon *daemon)
{
  if (daemon != NULL)
    MHD_stop_daemon(daemon);
}

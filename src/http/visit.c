#include "http/visit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "http/page.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* --- connections -------------------------------------------------------- */

static void link_newest(struct visits *visits, struct visitor *visitor)
{
  visitor->older = visits->newest;
  if (visits->newest != NULL)
    visits->newest->newer = visitor;
  else
    visits->oldest = visitor;
  visits->newest = visitor;
  visits->count++;
}

static void unlink_visitor(struct visits *visits, struct visitor *visitor)
{
  if (visitor->older != NULL)
    visitor->older->newer = visitor->newer;
  else
    visits->oldest = visitor->newer;
  if (visitor->newer != NULL)
    visitor->newer->older = visitor->older;
  else
    visits->newest = visitor->older;
  visits->count--;
}

static bool may_be_sent_away(const struct visitor *visitor)
{
  return !visitor->is_callback && !visitor->is_gone;
}

/* libmicrohttpd sees the end, and closes it. */
static void send_away(struct visitor *visitor)
{
  visitor->is_gone = true;
  (void)shutdown(visitor->fd, SHUT_RDWR);
}

static void send_oldest_away(struct visits *visits)
{
  for (struct visitor *v = visits->oldest; v != NULL; v = v->newer)
    if (may_be_sent_away(v)) {
      send_away(v);
      return;
    }
}

static void on_connection(void *user, struct MHD_Connection *connection,
                          void **slot, enum MHD_ConnectionNotificationCode what)
{
  struct visits *visits = user;
  struct visitor *visitor = *slot;
  const union MHD_ConnectionInfo *info;

  if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
    if (visitor != NULL) {
      unlink_visitor(visits, visitor);
      visits->done = visits->done || visitor->is_callback;
    }
    mem_free(visitor);
    *slot = NULL;
    return;
  }

  info = sym_MHD_get_connection_info(connection,
                                     MHD_CONNECTION_INFO_CONNECTION_FD);
  visitor = mem_zalloc(sizeof(*visitor));
  if (visitor == NULL || info == NULL) {
    if (info != NULL)
      (void)shutdown(info->connect_fd, SHUT_RDWR);
    mem_free(visitor);
    return;
  }
  visitor->fd = info->connect_fd;
  visitor->since = clock_mono_ms();
  link_newest(visits, visitor);
  *slot = visitor;

  if (visits->count > VISITORS_MAX * 3 / 4)
    send_oldest_away(visits);
}

int64_t visits_expire(struct visits *visits)
{
  int64_t now = clock_mono_ms();

  for (struct visitor *v = visits->oldest; v != NULL; v = v->newer) {
    if (!may_be_sent_away(v))
      continue;
    if (now - v->since < VISIT_MS)
      return VISIT_MS - (now - v->since);
    send_away(v);
  }

  return -1;
}

/* --- requests ----------------------------------------------------------- */

/* The request line's target as it came: libmicrohttpd's own idea of the path
 * has escapes undone. */
static void *on_target(void *user, const char *target,
                       struct MHD_Connection *connection)
{
  (void)user;
  (void)connection;
  return mem_str(target);
}

static void on_completed(void *user, struct MHD_Connection *connection,
                         void **slot, enum MHD_RequestTerminationCode how)
{
  struct visits *visits = user;

  (void)how;
  mem_free(*slot);
  *slot = NULL;
  if (connection == visits->callback)
    visits->callback = NULL;
}

struct head {
  size_t size;
  int hosts;
  const char *host;
  const char *destination; /* Sec-Fetch-Dest */
};

static enum MHD_Result take_field(void *user, enum MHD_ValueKind kind,
                                  const char *name, const char *value)
{
  struct head *head = user;

  (void)kind;
  value = value != NULL ? value : "";
  head->size += strlen(name) + strlen(value) + strlen(": \r\n");
  if (strcasecmp(name, "Host") == 0) {
    head->hosts++;
    head->host = value;
  } else if (strcasecmp(name, "Sec-Fetch-Dest") == 0) {
    head->destination = value;
  }

  return MHD_YES;
}

static bool is_our_host(const struct visits *visits, const struct head *head)
{
  return head->hosts == 1 && (strcasecmp(head->host, visits->host) == 0 ||
                              (visits->bare_host != NULL &&
                               strcasecmp(head->host, visits->bare_host) == 0));
}

/* The status that turns a request down, or 0: it is the callback. */
static unsigned judge(const struct visits *visits, const char *method,
                      const char *target, const struct head *head)
{
  size_t path = strcspn(target, "?");

  if (head->size + strlen(target) > VISIT_HEAD_MAX)
    return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
  if (!is_our_host(visits, head))
    return MHD_HTTP_MISDIRECTED_REQUEST;
  if (strlen(visits->path) != path || memcmp(target, visits->path, path) != 0)
    return MHD_HTTP_NOT_FOUND;
  if (strcmp(method, "GET") != 0)
    return MHD_HTTP_METHOD_NOT_ALLOWED;
  if (target[path] == '\0' || target[path + 1] == '\0')
    return MHD_HTTP_BAD_REQUEST;
  /* A browser says when a page's picture or script asks, not the person. */
  if (head->destination != NULL && strcmp(head->destination, "document") != 0)
    return MHD_HTTP_FORBIDDEN;
  if (visits->taken)
    return MHD_HTTP_GONE;

  return 0;
}

struct reply {
  unsigned status;
  const char *type, *policy;
  const char *body;
  size_t len;
  const char *location; /* NULL: none */
};

static enum MHD_Result respond(struct MHD_Connection *connection,
                               const struct reply *reply)
{
  const struct {
    const char *name, *value;
  } fields[] = {
      {"Content-Type", reply->type},
      {"Content-Security-Policy", reply->policy},
      {"Cache-Control", "no-store"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Connection", "close"},
      {"Allow", reply->status == MHD_HTTP_METHOD_NOT_ALLOWED ? "GET" : NULL},
      {"Location", reply->location}};
  struct MHD_Response *response = sym_MHD_create_response_from_buffer(
      reply->len, (void *)(uintptr_t)reply->body, MHD_RESPMEM_MUST_COPY);
  enum MHD_Result result = MHD_YES;

  if (response == NULL)
    return MHD_NO;
  for (size_t i = 0; i < ARRAY_LEN(fields) && result == MHD_YES; i++)
    if (fields[i].value != NULL)
      result = sym_MHD_add_response_header(response, fields[i].name,
                                           fields[i].value);
  if (result == MHD_YES)
    result = sym_MHD_queue_response(connection, reply->status, response);
  sym_MHD_destroy_response(response);
  return result;
}

static enum MHD_Result turn_down(struct MHD_Connection *connection,
                                 unsigned status)
{
  static const char text[] = "This address only ends a login.\n";
  const struct reply reply = {.status = status,
                              .type = "text/plain; charset=utf-8",
                              .policy = "default-src 'none'",
                              .body = text,
                              .len = sizeof(text) - 1};

  return respond(connection, &reply);
}

/* What the callback gets once it is decided. */
static enum MHD_Result answer(struct MHD_Connection *connection,
                              const struct visits *visits)
{
  const struct reply reply = {.status =
                                  visits->location != NULL ? MHD_HTTP_SEE_OTHER
                                  : visits->success        ? MHD_HTTP_OK
                                                    : MHD_HTTP_BAD_REQUEST,
                              .type = "text/html; charset=utf-8",
                              .policy = PAGE_POLICY,
                              .body = buf_text(&visits->page),
                              .len = visits->page.len,
                              .location = visits->location};

  return respond(connection, &reply);
}

static void set_callback(struct MHD_Connection *connection, bool is)
{
  const union MHD_ConnectionInfo *info = sym_MHD_get_connection_info(
      connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

  if (info != NULL && info->socket_context != NULL)
    ((struct visitor *)info->socket_context)->is_callback = is;
}

static enum MHD_Result take_callback(struct visits *visits,
                                     struct MHD_Connection *connection,
                                     const char *target)
{
  visits->query = mem_str(strchr(target, '?') + 1);
  if (visits->query == NULL)
    return turn_down(connection, MHD_HTTP_SERVICE_UNAVAILABLE);

  visits->taken = true;
  visits->callback = connection;
  set_callback(connection, true);
  sym_MHD_suspend_connection(connection);
  return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **slot)
{
  struct visits *visits = user;
  const char *target = *slot;
  struct head head = {0};
  unsigned status;

  (void)path;
  (void)version;
  (void)upload;
  (void)upload_len;
  if (connection == visits->callback) /* it was resumed */
    return visits->answered ? answer(connection, visits) : MHD_NO;

  if (target == NULL)
    return turn_down(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
  (void)sym_MHD_get_connection_values(connection, MHD_HEADER_KIND, take_field,
                                      &head);
  status = judge(visits, method, target, &head);
  return status == 0 ? take_callback(visits, connection, target)
                     : turn_down(connection, status);
}

enum code visits_daemon(struct MHD_Daemon **ret_daemon, struct visits *visits,
                        int fd, struct err *err)
{
  struct MHD_Daemon *daemon = sym_MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
      visits, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
      on_target, visits, MHD_OPTION_NOTIFY_COMPLETED, on_completed, visits,
      MHD_OPTION_NOTIFY_CONNECTION, on_connection, visits,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)VISITORS_MAX,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)VISIT_MEMORY,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
      MHD_OPTION_END);

  if (daemon == NULL)
    return err_set(err, E_LOCAL, "cannot start the listener on this machine");

  *ret_daemon = daemon;
  return E_OK;
}

void visits_clear(struct visits *visits)
{
  mem_free(visits->query);
  buf_clear(&visits->page);
}

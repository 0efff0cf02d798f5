/* What libcurl calls during a transfer. */
#include "http/transfer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { REPORT_EVERY_MS = 100 };

/* --- the request -------------------------------------------------------- */

bool http_method_is_safe(const char *method)
{
  /* Methods tell upper case from lower (RFC 9110 §9.1). */
  static const char *const safe[] = {"GET",      "HEAD",   "OPTIONS", "TRACE",
                                     "PROPFIND", "REPORT", "SEARCH",  "QUERY"};

  for (size_t i = 0; i < ARRAY_LEN(safe); i++)
    if (strcmp(method, safe[i]) == 0)
      return true;
  return false;
}

bool transfer_may_repeat(const struct http_request *request)
{
  return request->repeatable || http_method_is_safe(request->method);
}

/* The server has said that it did not look at the request: it may be sent again
 * whatever it is (RFC 9113 §8.7). */
static bool was_refused(const struct transfer *t)
{
  const struct goaway *goaway = &t->http->goaway;

  return t->stream > 0 && t->own_port == goaway->own_port &&
         t->stream > goaway->last;
}

/* Called when a connection stands and before the first byte goes out; a second
 * time when libcurl repeats the request by itself, because a connection that
 * it used again had died. The server may have acted on the first. */
int transfer_on_request(void *user, char *peer_ip, char *own_ip, int peer_port,
                        int own_port)
{
  struct transfer *t = user;
  bool again = t->requests_begun++ > 0;

  (void)own_ip;
  if (again && !transfer_may_repeat(&t->request) && !was_refused(t)) {
    t->code = err_set(t->err, E_CUT,
                      "the connection to '%s:%d' broke before an answer came",
                      t->request.url->host, t->request.url->port);
    return CURL_PREREQFUNC_ABORT;
  }

  t->own_port = own_port;
  t->stream = 0;
  t->answer->sent = true;
  t->active = clock_mono_ms();
  mem_free(t->answer->address);
  t->answer->address =
      t->http->unix_socket != NULL
          ? mem_str(t->http->unix_socket)
          : mem_printf(strchr(peer_ip, ':') != NULL ? "[%s]:%d" : "%s:%d",
                       peer_ip, peer_port);
  if (t->answer->address == NULL) {
    t->code = err_nomem(t->err);
    return CURL_PREREQFUNC_ABORT;
  }

  verbose_request(t);
  return CURL_PREREQFUNC_OK;
}

/* A stream of a stated length gives that many bytes, neither less (the server
 * would wait for the rest) nor more (it would take it for another request). */
size_t transfer_on_read(char *to, size_t size, size_t count, void *user)
{
  struct transfer *t = user;
  const struct http_body *body = &t->request.body;
  size_t room = size * count;
  int64_t got;

  if (body->len >= 0 && (int64_t)room > body->len - t->read)
    room = (size_t)(body->len - t->read);
  if (room == 0)
    return 0;

  got = body->read(body->user, to, room, t->err);
  t->active = clock_mono_ms();
  if (got < 0) {
    t->code = t->err->code != E_OK ? t->err->code : E_LOCAL;
    return CURL_READFUNC_ABORT;
  }
  if (got == 0 && body->len > t->read) {
    t->code = err_set(t->err, E_LOCAL,
                      "the request's body ended after %lld of %lld bytes",
                      (long long)t->read, (long long)body->len);
    return CURL_READFUNC_ABORT;
  }

  t->read += got;
  return (size_t)got;
}

int transfer_on_seek(void *user, curl_off_t offset, int origin)
{
  struct transfer *t = user;
  const struct http_body *body = &t->request.body;

  if (body->rewind == NULL || offset != 0 || origin != SEEK_SET)
    return CURL_SEEKFUNC_CANTSEEK;
  t->code = body->rewind(body->user, t->err);
  t->read = 0;
  return t->code == E_OK ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

/* --- the answer's head -------------------------------------------------- */

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK". false when it is none. */
static enum code take_status_line(struct transfer *t, const char *line,
                                  size_t len)
{
  struct http_answer *answer = t->answer;
  size_t version = strcspn(line, " ");
  const char *p = line + version;

  headers_clear(&answer->headers);
  t->last_folds = false;
  while (*p == ' ')
    p++;
  if (len < 12 || !is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[2]) ||
      is_digit(p[3]))
    return err_set(t->err, E_ANSWER, "'%s' answered with no HTTP status line",
                   t->request.url->origin);
  answer->status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
  p += 3;
  while (*p == ' ')
    p++;

  mem_free(answer->version);
  mem_free(answer->reason);
  answer->version = mem_copy(line, version);
  answer->reason = mem_str(p);
  if (answer->version == NULL || answer->reason == NULL)
    return err_nomem(t->err);
  return E_OK;
}

/* RFC 9110 §5.5: a control character in a value becomes a space. */
static void blank_controls(char *text)
{
  for (; *text != '\0'; text++)
    if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
      *text = ' ';
}

/* A line of an answer. What is no field is left out: the server's slip does
 * not keep the user from the answer. */
static enum code take_field(struct transfer *t, char *line)
{
  struct headers *headers = &t->answer->headers;
  char *colon = strchr(line, ':');
  enum code code;

  blank_controls(line);
  if (*line == ' ' || *line == '\t') { /* folded, RFC 9112 §5.2 */
    struct header *last =
        headers->count > 0 ? &headers->items[headers->count - 1] : NULL;
    char *longer;

    if (last == NULL || !t->last_folds)
      return E_OK;
    longer = mem_printf("%s %s", last->value, line + strspn(line, " \t"));
    if (longer == NULL)
      return err_nomem(t->err);
    mem_free(last->value);
    last->value = longer;
    return E_OK;
  }

  t->last_folds = false;
  if (colon == NULL)
    return E_OK;
  *colon = '\0';
  if (!header_name_valid(line))
    return E_OK;
  code = headers_add(headers, line, colon + 1, t->err);
  t->last_folds = code == E_OK;
  if (code == E_USAGE)
    return err_set(t->err, E_ANSWER, "the answer of '%s' has too many headers",
                   t->request.url->origin);
  return code;
}

/* RFC 9110 §15.5.18: the server cannot do what Expect asks for. libcurl would
 * repeat the request by itself, but not on a connection that the server
 * closes. */
static bool is_unexpected(const struct transfer *t)
{
  return t->answer->status == 417 && t->announced &&
         (t->read == 0 || t->request.body.rewind != NULL);
}

static enum code end_head(struct transfer *t)
{
  const struct http_sink *sink = &t->request.sink;
  enum code code = E_OK;

  if (t->answer->status >= 100 && t->answer->status < 200)
    return E_OK; /* another head follows */
  if (is_unexpected(t)) {
    t->over_again = true;
    return E_OK;
  }

  t->head_done = true;
  verbose_answer(t);
  if (sink->head != NULL)
    code = sink->head(sink->user, t->answer, t->err);
  return code;
}

size_t transfer_on_header(char *bytes, size_t size, size_t count, void *user)
{
  struct transfer *t = user;
  size_t len = size * count;
  AUTO_STR char *line = NULL;

  t->active = clock_mono_ms();
  if (t->head_done)
    return len; /* trailers */

  t->head_bytes += len;
  if (t->head_bytes > TRANSFER_HEAD_MAX) {
    t->code = err_set(t->err, E_ANSWER,
                      "the head of the answer of '%s' is "
                      "longer than %d KiB",
                      t->request.url->origin, TRANSFER_HEAD_MAX / 1024);
    return 0;
  }
  line = mem_copy(bytes, len);
  if (line == NULL) {
    t->code = err_nomem(t->err);
    return 0;
  }
  line[strcspn(line, "\r\n")] = '\0';

  if (strncmp(line, "HTTP/", 5) == 0)
    t->code = take_status_line(t, line, len);
  else if (line[0] == '\0')
    t->code = end_head(t);
  else
    t->code = take_field(t, line);
  t->active = clock_mono_ms();
  return t->code == E_OK && !t->over_again ? len : 0;
}

/* --- the answer's body, and progress ---------------------------------------
 */

size_t transfer_on_body(char *bytes, size_t size, size_t count, void *user)
{
  struct transfer *t = user;
  const struct http_sink *sink = &t->request.sink;
  size_t len = size * count;

  if (sink->body != NULL && len > 0)
    t->code = sink->body(sink->user, bytes, len, t->err);
  return t->code == E_OK ? len : len + 1;
}

static int64_t total_or_unknown(curl_off_t total)
{
  return total > 0 ? total : -1;
}

int transfer_on_progress(void *user, curl_off_t receive_total,
                         curl_off_t received, curl_off_t send_total,
                         curl_off_t sent)
{
  struct transfer *t = user;
  const struct http_progress *progress = &t->request.progress;
  int64_t now = clock_mono_ms();

  /* Called after the body's consumer, whose time is no silence. */
  if (received + sent != t->moved) {
    t->moved = received + sent;
    t->active = now;
  }
  if (progress->report != NULL && now - t->reported >= REPORT_EVERY_MS) {
    t->reported = now;
    progress->report(progress->user, sent, total_or_unknown(send_total),
                     received, total_or_unknown(receive_total));
  }

  return 0;
}

/* --- the connection ---------------------------------------------------------
 */

curl_socket_t transfer_on_socket(void *user, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
  (void)user;
  (void)purpose;
  return socket(address->family, address->socktype | SOCK_CLOEXEC,
                address->protocol);
}

/* Of all that libcurl tells here, only what was agreed about the connection is
 * taken; its dumps of heads and bodies hold secrets. */
static unsigned long number_at(const char *digits)
{
  unsigned long number = 0;

  for (; is_digit(*digits) && number < UINT32_MAX; digits++)
    number = number * 10 + (unsigned long)(*digits - '0');
  return number;
}

/* "Using Stream ID: 7 (easy handle 0x…)", "recveived GOAWAY, error=0,
 * last_stream=1999" (so it is written). */
static void note_stream(struct transfer *t, const char *bytes, size_t len)
{
  static const char stream[] = "Using Stream ID: ";
  static const char goaway[] = "GOAWAY, error=";
  static const char last[] = "last_stream=";
  char text[128];
  const char *at;

  (void)snprintf(text, sizeof(text), "%.*s", len < 127 ? (int)len : 127, bytes);
  if (strncmp(text, stream, sizeof(stream) - 1) == 0)
    t->stream = number_at(text + sizeof(stream) - 1);
  at = strstr(text, goaway) != NULL ? strstr(text, last) : NULL;
  if (at != NULL)
    t->http->goaway = (struct goaway){
        .own_port = t->own_port,
        .last = number_at(at + sizeof(last) - 1),
    };
}

int transfer_on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len,
                      void *user)
{
  static const char tls[] = "SSL connection using TLSv";
  static const char alpn[] = "ALPN: server accepted h2";
  struct transfer *t = user;
  struct connection_note *note = &t->http->note;

  (void)easy;
  if (type != CURLINFO_TEXT)
    return 0;

  note_stream(t, bytes, len);
  if (len >= sizeof(tls) && strncmp(bytes, tls, sizeof(tls) - 1) == 0) {
    const char *word = bytes + sizeof(tls) - 1;
    int word_len = 0;

    while (word + word_len < bytes + len && word_len < 8 &&
           word[word_len] != ' ' && word[word_len] != '\n')
      word_len++;
    (void)snprintf(note->tls, sizeof(note->tls), "TLS %.*s", word_len, word);
    (void)snprintf(note->version, sizeof(note->version), "HTTP/1.1");
    (void)snprintf(note->origin, sizeof(note->origin), "%s",
                   t->request.url->origin);
  } else if (len >= sizeof(alpn) - 1 &&
             strncmp(bytes, alpn, sizeof(alpn) - 1) == 0) {
    (void)snprintf(note->version, sizeof(note->version), "HTTP/2");
  }

  return 0;
}

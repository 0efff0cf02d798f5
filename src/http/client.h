/* The one HTTP layer: every byte that fob sends to a server goes through here.
 *
 * One `struct http` an identity: connections (and TLS sessions) are shared
 * within it and never with another. libcurl is loaded by the first exchange:
 * what E_LOCAL says when it is not there (the hint names the package) comes
 * then. Plain http goes to loopback alone; loopback is never proxied and its
 * names are resolved here, not by DNS; .netrc is never read; no redirect is
 * followed by libcurl (http/redirect.h does); no answer is cached.
 *
 * Verbose lines ("> ", "< ") go through base/log, redacted. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/header.h"
#include "http/url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;

/* All members may be left zero. Strings are borrowed for the call. */
struct http_options {
  const char *proxy;       /* NULL: the environment's; "": none */
  const char *ca;          /* a file or a directory, replaces the rest; NULL:
                              SSL_CERT_FILE and SSL_CERT_DIR, CURL_CA_BUNDLE, or
                              the system's */
  const char *unix_socket; /* everything goes there; counts as loopback */
  const char *client_cert; /* PEM; key is looked for there when key is NULL */
  const char *client_key;
  int64_t connect_timeout_ms; /* 0: 10,000 */
  int64_t total_timeout_ms;   /* 0: none */
  int64_t stall_timeout_ms;   /* 0: 30,000 without a byte either way */
  const char *user_agent;     /* NULL: fob/VERSION */
};

/* options may be NULL. E_USAGE for a CA, certificate, proxy or socket that
 * cannot be used, E_ENVIRONMENT for a CA that a variable names. A password
 * within a proxy's URL is refused and not shown: it belongs into the
 * environment's variable. */
NODISCARD enum code http_new(struct http **ret_http,
                             const struct http_options *options,
                             struct err *err);

/* Another identity that is otherwise as http: it shows this certificate (key
 * NULL: in the same file) and shares no connection. E_USAGE as http_new(). */
NODISCARD enum code http_with_cert(struct http **ret_http,
                                   const struct http *http, const char *cert,
                                   const char *key, struct err *err);
void http_free(struct http *http);
DEFINE_AUTO(http)

/* Where a request body comes from. */
struct http_body {
  const void *bytes; /* whole in memory, borrowed; or */
  int64_t len;       /* of bytes or the stream; -1: unknown (chunked). A stream
                        that ends earlier is E_LOCAL; more is not sent */
  /* Reads up to size bytes; 0 at the end; -1 on failure (fills err). */
  int64_t (*read)(void *user, void *to, size_t size, struct err *err);
  /* Starts again for a resend; NULL: can be sent once only. */
  enum code (*rewind)(void *user, struct err *err);
  void *user;
};

/* Where an answer goes. Both may be NULL. Non-OK stops the transfer with that
 * code. head is called once, for the final head (no 1xx), before any body. */
struct http_answer;
struct http_sink {
  enum code (*head)(void *user, const struct http_answer *answer,
                    struct err *err);
  enum code (*body)(void *user, const void *bytes, size_t len, struct err *err);
  void *user;
};

/* Called now and then, about ten times a second; for a progress line. -1:
 * unknown total. */
struct http_progress {
  void (*report)(void *user, int64_t sent, int64_t send_total, int64_t received,
                 int64_t receive_total);
  void *user;
};

struct http_request {
  const char *method; /* "GET"; any token */
  const struct url *url;
  const struct headers *headers; /* as they go out; may be NULL */
  struct http_body body;         /* bytes NULL and read NULL: none */
  struct http_sink sink;
  struct http_progress progress;
  bool fresh; /* a new connection, so that libcurl never repeats the request
                 on a reused one that died (refresh) */
  bool repeatable; /* may be repeated there although its method is not safe */
  bool raw;        /* leave Content-Encoding undecoded, do not ask for one */
  bool bulk;       /* a large download to a file: big buffers (DESIGN §3) */
  bool no_body;    /* HEAD */
};

/* When what had been done, in microseconds from the start; -1: it did not
 * happen. On a connection that was there already dns, connect and tls do not.
 */
struct http_timing {
  int64_t dns, connect, tls;
  int64_t request; /* it began to go out */
  int64_t first_byte, total;
  int64_t started; /* clock_mono_ms() */
};

/* Bytes as they went over the wire: encoded, but for what TLS and HTTP/2 add.
 */
struct http_traffic {
  int64_t body_sent, head_received, body_received;
};

struct http_answer {
  int status;
  char *version; /* "HTTP/2" */
  char *reason;  /* may be "" */
  struct headers headers;
  char *address; /* the peer's, with port */
  bool sent;     /* any byte of the request may have reached the server */
  struct http_timing timing;
  struct http_traffic traffic;
};
void http_answer_clear(struct http_answer *answer);
#define AUTO_ANSWER __attribute__((cleanup(http_answer_clear)))

/* One exchange, no redirect. E_OK whatever the status. On failure
 * answer->sent still tells whether the server may have acted: E_DNS, E_CONNECT,
 * E_TLS, E_PROXY (407 too), E_CUT, E_TIMEOUT, E_SIGNAL, or a callback's
 * code. answer must be zeroed or cleared before. */
NODISCARD enum code http_send(struct http *http,
                              const struct http_request *request,
                              struct http_answer *answer, struct err *err);

/* Sending it twice does what sending it once does: RFC 9110 §9.2.1, and the
 * methods of RFC 4918, 3253, 5323 and QUERY that only read. Not PUT and DELETE:
 * between the two somebody else may have made what is then undone. */
bool http_method_is_safe(const char *method);

/* --- several at a time ---------------------------------------------------- */

struct transfer; /* an exchange under way */

/* It is over: code and err as http_send() gives them. The transfer is gone;
 * done may begin and cancel others. */
typedef void http_done(void *user, enum code code);

/* As http_send(), without waiting. What request points to, answer and err are
 * borrowed until done() is called, by http_drive(), or http_cancel(). */
NODISCARD enum code http_begin(struct http *http,
                               const struct http_request *request,
                               http_done *done, void *user,
                               struct http_answer *answer, struct err *err,
                               struct transfer **ret_transfer);
void http_cancel(struct transfer *transfer);

struct http_wait {
  int fd;        /* return when it can be read; -1: none */
  int64_t until; /* clock_mono_ms(); return then; -1: never */
  bool readable; /* fd can be read; set by the call */
};

/* Drives the exchanges of up to two identities (NULL: none) until at least one
 * has ended, or something that wait names has come. With nothing under way it
 * waits only. E_SIGNAL, or E_LOCAL and E_NOMEM of libcurl: the exchanges stay
 * as they are. */
NODISCARD enum code http_drive(struct http *http, struct http *other,
                               struct http_wait *wait, struct err *err);

/* --- exchanges of a kind -------------------------------------------------- */

/* An exchange of the OAuth protocols: Accept: application/json, at most
 * BUF_DOCUMENT bytes of answer counted after decompression (E_ANSWER), 30 s in
 * all, a fresh connection, a redirect is E_ANSWER. form NULL: GET. The body
 * replaces what ret_body holds, whatever the status. */
NODISCARD enum code http_protocol(struct http *http, const struct url *url,
                                  const struct headers *headers,
                                  const struct buf *form,
                                  struct http_answer *answer,
                                  struct buf *ret_body, struct err *err);

/* A metadata document or key set: GET, follows at most 3 redirects within the
 * origin (others: E_ANSWER, or E_PLAIN_HTTP), may use a connection again,
 * otherwise as http_protocol. E_OK whatever the status. answer need not be
 * empty. */
NODISCARD enum code http_document(struct http *http, const struct url *url,
                                  struct http_answer *answer,
                                  struct buf *ret_body, struct err *err);

/* As http_protocol, with a method of its own and a body of any type (both may
 * be NULL or empty); headers say what it is. */
NODISCARD enum code http_protocol_by(struct http *http, const char *method,
                                     const struct url *url,
                                     const struct headers *headers,
                                     const struct buf *content,
                                     struct http_answer *answer,
                                     struct buf *ret_body, struct err *err);

/* GET without a credential, for the head of the answer alone: of the body only
 * the beginning is received, and no redirect is followed. E_OK whatever the
 * status. */
NODISCARD enum code http_probe(struct http *http, const struct url *url,
                               struct http_answer *answer, struct err *err);

/* "curl 7.88.1 OpenSSL/3.0.17 …" for `fob -v --version`. */
const char *http_library_version(void);

/* What the parts of the HTTP client share about an identity and about an
 * exchange that is under way: exchange.c drives it, setopt.c tells libcurl
 * about it, callback.c hears from libcurl, verbose.c shows it, failure.c names
 * its failure. For http/ alone. */
#pragma once

#include "http/client.h"
#include "http/trust.h"
#include "lazy/curl.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  TRANSFER_HEAD_MAX = 256 * 1024, /* bytes of an answer's head */
  TRANSFER_BUFFER = 16 * 1024,
  TRANSFER_BULK_PLAIN = 2 * 1024 * 1024, /* what loopback has ready at once */
  TRANSFER_BULK_TLS = 128 * 1024,        /* comes a record at a time */
  TRANSFER_UPLOAD_BUFFER = 512 * 1024,
  TRANSFER_EXPECT_FROM = 1024 * 1024, /* a streamed body is announced first */
  TRANSFER_IDLE_MAX = 64,
};

/* What libcurl said about the last connection that it made with TLS, for -v. */
struct connection_note {
  char origin[300];
  char tls[16];     /* "TLS 1.3"; "" without */
  char version[16]; /* "HTTP/2" */
};

/* A connection of HTTP/2 on which the server takes no more requests: it has
 * not looked at streams above `last` (RFC 9113 §6.8). */
struct goaway {
  int own_port; /* 0: none */
  unsigned long last;
};

struct http {
  CURLM *multi;
  struct transfer *transfers;    /* under way */
  CURL *idle[TRANSFER_IDLE_MAX]; /* handles to be used again */
  size_t idle_count;
  char *proxy; /* NULL: the environment's */
  char *ca;    /* as it was named; NULL */
  char *unix_socket;
  char *client_cert;
  char *client_key;
  char *user_agent;
  int64_t connect_ms, total_ms, stall_ms; /* total 0: none */
  struct trust trust;
  struct connection_note note;
  struct goaway goaway; /* the latest */
};

struct transfer {
  struct http *http;
  struct transfer *next, **slot; /* in http->transfers */
  CURL *easy;
  struct http_request request;
  struct http_answer *answer;
  struct err *err;
  http_done *done;
  void *user;
  enum code code;          /* what a callback ended it with; err is filled */
  int64_t total_ms;        /* for this exchange; 0: none */
  int64_t started;         /* all on the monotonic clock, ms */
  int64_t active;          /* the last byte either way */
  int64_t reported;        /* the last call of progress.report */
  int64_t moved;           /* body bytes, both ways, at that time */
  unsigned long shortages; /* of memory, before libcurl began */
  int requests_begun;      /* how often a request was about to be written */
  int own_port;            /* of the connection that it was written to */
  unsigned long stream;    /* there; 0: unknown, or HTTP/1.1 */
  bool head_done;          /* the final one */
  size_t head_bytes;
  bool last_folds; /* a folded line continues the last header */
  int64_t read;    /* bytes taken from a streamed body */
  bool announced;  /* the body is, by Expect: 100-continue */
  bool unexpected; /* a 417: it is sent once more without */
  bool over_again; /* that is to be done */
  CURLU *url;
  struct curl_slist *headers;
  struct curl_slist *resolve;
  char detail[CURL_ERROR_SIZE]; /* libcurl's words for a failure */
};

/* As http_send() and http_begin(), with a limit of total_ms (0: the identity's)
 * for the whole. */
NODISCARD enum code transfer_run(struct http *http,
                                 const struct http_request *request,
                                 int64_t total_ms, struct http_answer *answer,
                                 struct err *err);
NODISCARD enum code transfer_begin(struct http *http,
                                   const struct http_request *request,
                                   int64_t total_ms, http_done *done,
                                   void *user, struct http_answer *answer,
                                   struct err *err,
                                   struct transfer **ret_transfer);

/* setopt.c: everything that libcurl is told. E_NOMEM, E_USAGE for a method that
 * is none, E_LOCAL when libcurl lacks an option. */
NODISCARD enum code transfer_setopt(struct transfer *transfer);

/* callback.c */
size_t transfer_on_header(char *bytes, size_t size, size_t count, void *user);
size_t transfer_on_body(char *bytes, size_t size, size_t count, void *user);
size_t transfer_on_read(char *to, size_t size, size_t count, void *user);
int transfer_on_seek(void *user, curl_off_t offset, int origin);
int transfer_on_request(void *user, char *peer_ip, char *own_ip, int peer_port,
                        int own_port);
int transfer_on_progress(void *user, curl_off_t receive_total,
                         curl_off_t received, curl_off_t send_total,
                         curl_off_t sent);
int transfer_on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len,
                      void *user);
curl_socket_t transfer_on_socket(void *user, curlsocktype purpose,
                                 struct curl_sockaddr *address);

/* measure.c: fills the answer's timing and traffic, before the handle goes. */
void transfer_measure(struct transfer *transfer);

/* verbose.c: the "> " and "< " lines. */
void verbose_request(const struct transfer *transfer);
void verbose_answer(const struct transfer *transfer);

/* failure.c: turns libcurl's result into fob's code and message. */
NODISCARD enum code transfer_failed(struct transfer *transfer, CURLcode result);
/* The same for fob's own stall limit. */
NODISCARD enum code transfer_stalled(struct transfer *transfer);

/* It is safe, or its sender says that it may be repeated. */
bool transfer_may_repeat(const struct http_request *request);

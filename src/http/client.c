#include "http/client.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sig.h"
#include "http/transfer.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

enum {
  CONNECT_MS = 10 * 1000,
  STALL_MS = 30 * 1000,
  POLL_MS = 5000,
  POLL_SHORT_MS = 100, /* with a progress line, or a signal held back */
  PEM_MAX = 1024 * 1024,
};

/* --- an identity -----------------------------------------------------------
 */

/* A proxy with a password in it is the environment's affair: not in argv. */
static enum code check_proxy(const char *text, struct err *err)
{
  static const char *const schemes[] = {"http",    "https",  "socks4",
                                        "socks4a", "socks5", "socks5h"};
  AUTO_STR char *scheme = NULL;
  CURLU *url = sym_curl_url();
  CURLUcode result;

  if (url == NULL)
    return err_nomem(err);
  result = sym_curl_url_set(url, CURLUPART_URL, text,
                            CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME |
                                CURLU_DISALLOW_USER);
  if (result == CURLUE_OK)
    result = sym_curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
  sym_curl_url_cleanup(url);

  if (result == CURLUE_OUT_OF_MEMORY)
    return err_nomem(err);
  if (result == CURLUE_USER_NOT_ALLOWED || strchr(text, '@') != NULL) {
    err_set(err, E_USAGE,
            "a proxy's user name and password are not taken here "
            "(not shown)");
    err_hint(err, "put them into the variable https_proxy");
    return E_USAGE;
  }
  for (size_t i = 0; result == CURLUE_OK && i < ARRAY_LEN(schemes); i++)
    if (strcmp(scheme, schemes[i]) == 0)
      return E_OK;

  err_set(err, E_USAGE, "proxy '%s' is not one", text);
  err_hint(err, "write it as http://HOST:PORT or socks5h://HOST:PORT");
  return E_USAGE;
}

static enum code check_unix_socket(const char *path, struct err *err)
{
  const struct sockaddr_un *un = NULL;
  size_t max = sizeof(un->sun_path) - 1;

  if (path[0] == '\0' || strlen(path) > max)
    return err_set(err, E_USAGE,
                   "'%s' cannot be a unix socket: its path has 1 to %zu bytes",
                   path, max);
  return E_OK;
}

/* OpenSSL's own messages for these are riddles, and for an encrypted key it
 * would ask on the terminal. */
static enum code check_pem(const char *path, bool key, struct err *err)
{
  AUTO_BUF struct buf pem = BUF_INIT(PEM_MAX);
  enum code code = file_read(&pem, path, FILE_USER, PEM_MAX, E_USAGE, err);

  if (code == E_NOT_FOUND) {
    err->code = E_USAGE;
    return E_USAGE;
  }
  if (code != E_OK)
    return code;
  if (strstr(buf_text(&pem), key ? "PRIVATE KEY-----" : "BEGIN CERTIFICATE") ==
      NULL) {
    err_set(err, E_USAGE, "'%s' holds no %s in PEM form", path,
            key ? "private key" : "certificate");
    return E_USAGE;
  }
  if (key && strstr(buf_text(&pem), "ENCRYPTED") != NULL) {
    err_set(err, E_USAGE, "the private key in '%s' is encrypted", path);
    err_hint(err, "openssl pkey -in '%s' -out key.pem", path);
    return E_USAGE;
  }

  return E_OK;
}

static enum code check_client_cert(const struct http_options *options,
                                   struct err *err)
{
  const char *key = options->client_key;
  enum code code;

  if (options->client_cert == NULL) {
    if (key == NULL)
      return E_OK;
    return err_set(err, E_USAGE, "the key '%s' comes without a certificate",
                   key);
  }

  code = check_pem(options->client_cert, false, err);
  if (code == E_OK)
    code = check_pem(key != NULL ? key : options->client_cert, true, err);
  return code;
}

static bool copy_text(char **slot, const char *text)
{
  *slot = mem_str(text);
  return text == NULL || *slot != NULL;
}

static enum code fill(struct http *http, const struct http_options *o,
                      struct err *err)
{
  http->connect_ms =
      o->connect_timeout_ms > 0 ? o->connect_timeout_ms : CONNECT_MS;
  http->stall_ms = o->stall_timeout_ms > 0 ? o->stall_timeout_ms : STALL_MS;
  http->total_ms = o->total_timeout_ms;
  http->multi = sym_curl_multi_init();
  http->easy = sym_curl_easy_init();
  if (http->multi == NULL || http->easy == NULL ||
      !copy_text(&http->proxy, o->proxy) || !copy_text(&http->ca, o->ca) ||
      !copy_text(&http->unix_socket, o->unix_socket) ||
      !copy_text(&http->client_cert, o->client_cert) ||
      !copy_text(&http->client_key, o->client_key) ||
      !copy_text(&http->user_agent,
                 o->user_agent != NULL ? o->user_agent : "fob/" FOB_VERSION))
    return err_nomem(err);

  return trust_choose(&http->trust, o->ca, err);
}

enum code http_new(struct http **ret_http, const struct http_options *options,
                   struct err *err)
{
  static const struct http_options none = {0};
  AUTO(http) http = NULL;
  enum code code = lazy_curl(err);

  if (code != E_OK)
    return code;
  if (options == NULL)
    options = &none;

  if (options->proxy != NULL && options->proxy[0] != '\0')
    code = check_proxy(options->proxy, err);
  if (code == E_OK && options->unix_socket != NULL)
    code = check_unix_socket(options->unix_socket, err);
  if (code == E_OK)
    code = check_client_cert(options, err);
  if (code != E_OK)
    return code;

  http = mem_zalloc(sizeof(*http));
  if (http == NULL)
    return err_nomem(err);
  code = fill(http, options, err);
  if (code != E_OK)
    return code;

  *ret_http = http;
  http = NULL;
  return E_OK;
}

enum code http_with_cert(struct http **ret_http, const struct http *http,
                         const char *cert, const char *key, struct err *err)
{
  const struct http_options options = {.proxy = http->proxy,
                                       .ca = http->ca,
                                       .unix_socket = http->unix_socket,
                                       .client_cert = cert,
                                       .client_key = key,
                                       .connect_timeout_ms = http->connect_ms,
                                       .total_timeout_ms = http->total_ms,
                                       .stall_timeout_ms = http->stall_ms,
                                       .user_agent = http->user_agent};

  return http_new(ret_http, &options, err);
}

void http_free(struct http *http)
{
  if (http == NULL)
    return;

  if (http->easy != NULL)
    sym_curl_easy_cleanup(http->easy);
  if (http->multi != NULL)
    sym_curl_multi_cleanup(http->multi);
  mem_free(http->proxy);
  mem_free(http->ca);
  mem_free(http->unix_socket);
  mem_free(http->client_cert);
  mem_free(http->client_key);
  mem_free(http->user_agent);
  trust_clear(&http->trust);
  mem_free(http);
}

/* --- an exchange ------------------------------------------------------------
 */

static enum code multi_failed(struct transfer *t, CURLMcode result)
{
  if (result == CURLM_OUT_OF_MEMORY)
    return err_nomem(t->err);
  return err_set(t->err, E_LOCAL, "cannot run the exchange with '%s': %s",
                 t->request->url->origin, sym_curl_multi_strerror(result));
}

/* Whether to wait on: not after a signal, unless it is held back, and then
 * until it is overdue; not in silence. */
static enum code may_wait(struct transfer *t)
{
  enum code code = sig_check(t->err);

  if (code != E_OK)
    return code;
  if (sig_overdue())
    return err_set(t->err, E_SIGNAL, "interrupted while waiting for '%s'",
                   t->request->url->origin);
  if (t->answer->sent && clock_mono_ms() - t->active > t->http->stall_ms)
    return transfer_stalled(t);

  return E_OK;
}

static int next_look(const struct transfer *t, bool held)
{
  int64_t left = t->http->stall_ms - (clock_mono_ms() - t->active) + 1;

  if (held || t->request->progress.report != NULL)
    return POLL_SHORT_MS;
  return left < POLL_SHORT_MS ? POLL_SHORT_MS
                              : (int)(left < POLL_MS ? left : POLL_MS);
}

/* Until libcurl is done with it, or something ends the wait. */
static enum code drive(struct transfer *t)
{
  struct curl_waitfd signal = {.fd = sig_fd(), .events = CURL_WAIT_POLLIN};
  bool held = false; /* a signal came: its descriptor stays readable */
  int running = 0;

  for (;;) {
    CURLMcode result = sym_curl_multi_perform(t->http->multi, &running);
    enum code code;

    if (result != CURLM_OK)
      return multi_failed(t, result);
    if (running == 0)
      return E_OK;
    code = may_wait(t);
    if (code != E_OK)
      return code;

    result = sym_curl_multi_poll(t->http->multi, &signal,
                                 signal.fd >= 0 && !held ? 1 : 0,
                                 next_look(t, held), NULL);
    if (result != CURLM_OK)
      return multi_failed(t, result);
    held = held || signal.revents != 0;
  }
}

/* libcurl ends a transfer without a message when memory is short. */
static CURLcode result_of(struct http *http)
{
  CURLcode result = CURLE_OUT_OF_MEMORY;
  const CURLMsg *message;
  int left;

  while ((message = sym_curl_multi_info_read(http->multi, &left)) != NULL)
    if (message->msg == CURLMSG_DONE && message->easy_handle == http->easy)
      result = message->data.result;

  return result;
}

static int64_t milliseconds(curl_off_t microseconds)
{
  return microseconds > 0 ? (microseconds + 500) / 1000 : -1;
}

static void take_timing(struct transfer *t)
{
  CURL *easy = t->http->easy;
  curl_off_t dns = 0, connect = 0, tls = 0, first = 0;

  (void)sym_curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &dns);
  (void)sym_curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect);
  (void)sym_curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls);
  (void)sym_curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
  t->answer->timing = (struct http_timing){
      .dns = milliseconds(dns),
      .connect = milliseconds(connect),
      .tls = milliseconds(tls),
      .first_byte = milliseconds(first),
      .total = clock_mono_ms() - t->started,
  };
}

/* One go. *ret_result is libcurl's when the return is E_OK. */
static enum code attempt(struct transfer *t, CURLcode *ret_result)
{
  struct http *http = t->http;
  CURLMcode added;
  enum code code;

  sym_curl_easy_reset(http->easy);
  t->detail[0] = '\0';
  t->shortages = mem_shortages();
  code = transfer_setopt(t);
  if (code != E_OK)
    return code;

  added = sym_curl_multi_add_handle(http->multi, http->easy);
  if (added != CURLM_OK)
    return multi_failed(t, added);
  code = drive(t);
  if (code == E_OK)
    *ret_result = result_of(http);
  take_timing(t);
  (void)sym_curl_multi_remove_handle(http->multi, http->easy);
  return code;
}

static void transfer_clear(struct transfer *t)
{
  /* The handle must not point into what goes away. */
  sym_curl_easy_reset(t->http->easy);
  sym_curl_slist_free_all(t->headers);
  sym_curl_slist_free_all(t->resolve);
  if (t->url != NULL)
    sym_curl_url_cleanup(t->url);
  t->headers = NULL;
  t->resolve = NULL;
  t->url = NULL;
}

static enum code finish(struct transfer *t, CURLcode result)
{
  if (t->code != E_OK)
    return t->code;
  if (result != CURLE_OK)
    return transfer_failed(t, result);
  if (!t->head_done)
    return transfer_failed(t, CURLE_GOT_NOTHING);

  return E_OK;
}

static bool is_not_verified(const struct transfer *t, CURLcode result)
{
  return result == CURLE_PEER_FAILED_VERIFICATION && t->requests_begun == 0;
}

static enum code run(struct transfer *t)
{
  CURLcode result = CURLE_OK;
  enum code code = attempt(t, &result);

  if (code == E_OK && t->code == E_OK && is_not_verified(t, result)) {
    long verify = 0;

    (void)sym_curl_easy_getinfo(t->http->easy, CURLINFO_SSL_VERIFYRESULT,
                                &verify);
    if (trust_widen(&t->http->trust, verify)) {
      transfer_clear(t);
      code = attempt(t, &result);
    }
  }
  if (code == E_OK)
    code = finish(t, result);
  return code;
}

/* What no caller should ask for, and would be grave. */
static enum code check(const struct http *http,
                       const struct http_request *request, struct err *err)
{
  const struct headers *headers = request->headers;

  if (!header_name_valid(request->method))
    return err_set(err, E_USAGE, "'%s' is not an HTTP method", request->method);
  for (size_t i = 0; headers != NULL && i < headers->count; i++)
    if (header_is_framing(headers->items[i].name))
      return err_set(err, E_USAGE,
                     "header '%s' is set by fob, from the body that it sends",
                     headers->items[i].name);
  if (strcmp(request->url->scheme, "https") != 0 &&
      !url_is_loopback(request->url))
    return err_set(err, E_PLAIN_HTTP,
                   "'%s': plain http is spoken to loopback only",
                   request->url->origin);
  if (http->busy)
    return err_set(err, E_LOCAL, "a request within a request of one identity");

  return E_OK;
}

enum code transfer_run(struct http *http, const struct http_request *request,
                       int64_t total_ms, struct http_answer *answer,
                       struct err *err)
{
  struct transfer t = {.http = http,
                       .request = request,
                       .answer = answer,
                       .err = err,
                       .total_ms = total_ms > 0 ? total_ms : http->total_ms,
                       .started = clock_mono_ms()};
  enum code code;

  code = check(http, request, err);
  if (code != E_OK)
    return code;

  http->busy = true;
  t.active = t.started;
  code = run(&t);
  transfer_clear(&t);
  http->busy = false;
  return code;
}

enum code http_send(struct http *http, const struct http_request *request,
                    struct http_answer *answer, struct err *err)
{
  return transfer_run(http, request, 0, answer, err);
}

void http_answer_clear(struct http_answer *answer)
{
  mem_free(answer->version);
  mem_free(answer->reason);
  mem_free(answer->address);
  headers_clear(&answer->headers);
  *answer = (struct http_answer){0};
}

const char *http_library_version(void)
{
  static const char prefix[] = "libcurl/";
  static char text[512];
  struct err err = ERR_INIT;
  const char *version;

  if (lazy_curl(&err) != E_OK)
    return "curl: not installed";

  version = sym_curl_version();
  if (strncmp(version, prefix, sizeof(prefix) - 1) == 0)
    version += sizeof(prefix) - 1;
  (void)snprintf(text, sizeof(text), "curl %s", version);
  return text;
}

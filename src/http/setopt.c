/* The one place where libcurl is told what to do. Everything that it would do
 * by itself and that could carry a secret elsewhere is switched off here, even
 * where off is the default. */
#include "http/transfer.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/clock.h"

#include <string.h>
#include <strings.h>

/* The first failure is kept; an option after that does nothing. A macro, for
 * libcurl's type checks to see the argument (lazy/curl.h). */
#define SET(option, value)                                                     \
  do {                                                                         \
    if (result == CURLE_OK)                                                    \
      result = sym_curl_easy_setopt(easy, (option), (value));                  \
  } while (0)

static CURLcode set_policy(CURL *easy)
{
  CURLcode result = CURLE_OK;

  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_QUICK_EXIT, 1L); /* do not wait for a stalled name server */
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_UNRESTRICTED_AUTH, 0L);
  SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  SET(CURLOPT_COOKIEFILE, (char *)NULL);
  SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  SET(CURLOPT_HTTP09_ALLOWED, 0L);
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  return result;
}

static CURLcode set_callbacks(CURL *easy, struct transfer *t)
{
  CURLcode result = CURLE_OK;

  SET(CURLOPT_ERRORBUFFER, t->detail);
  SET(CURLOPT_HEADERFUNCTION, transfer_on_header);
  SET(CURLOPT_HEADERDATA, t);
  SET(CURLOPT_WRITEFUNCTION, transfer_on_body);
  SET(CURLOPT_WRITEDATA, t);
  SET(CURLOPT_PREREQFUNCTION, transfer_on_request);
  SET(CURLOPT_PREREQDATA, t);
  SET(CURLOPT_XFERINFOFUNCTION, transfer_on_progress);
  SET(CURLOPT_XFERINFODATA, t);
  SET(CURLOPT_NOPROGRESS, 0L);
  SET(CURLOPT_OPENSOCKETFUNCTION, transfer_on_socket);
  /* What libcurl says tells too which requests were not looked at, for those
   * that it may not send again otherwise. */
  if (log_level() >= LOG_VERBOSE || !transfer_may_repeat(&t->request)) {
    SET(CURLOPT_DEBUGFUNCTION, transfer_on_debug);
    SET(CURLOPT_DEBUGDATA, t);
    SET(CURLOPT_VERBOSE, 1L);
  }

  return result;
}

static CURLcode set_trust(CURL *easy, const struct trust *trust)
{
  CURLcode result = CURLE_OK;

  if (trust->file == NULL && trust->directory == NULL)
    return CURLE_OK; /* libcurl's TLS library has its own */

  SET(CURLOPT_CAINFO, trust->file);
  SET(CURLOPT_CAPATH, trust->directory);
  SET(CURLOPT_PROXY_CAINFO, trust->file);
  SET(CURLOPT_PROXY_CAPATH, trust->directory);
  return result;
}

/* The client certificate is for the server: the PROXY_ options stay unset. An
 * empty pass phrase keeps OpenSSL from asking for one. */
static CURLcode set_identity(CURL *easy, const struct http *http)
{
  CURLcode result = CURLE_OK;

  SET(CURLOPT_USERAGENT, http->user_agent);
  if (http->client_cert != NULL) {
    SET(CURLOPT_SSLCERT, http->client_cert);
    SET(CURLOPT_SSLCERTTYPE, "PEM");
    SET(CURLOPT_SSLKEY,
        http->client_key != NULL ? http->client_key : http->client_cert);
    SET(CURLOPT_KEYPASSWD, "");
  }

  return result;
}

/* Where the connection goes. The name `localhost` is not left to a resolver,
 * and what goes to loopback not to a proxy, which the environment may name. */
static CURLcode set_route(CURL *easy, struct transfer *t)
{
  const struct http *http = t->http;
  const struct url *url = t->request.url;
  CURLcode result = CURLE_OK;
  bool loopback = url_is_loopback(url) || http->unix_socket != NULL;

  if (loopback)
    SET(CURLOPT_PROXY, "");
  else if (http->proxy != NULL)
    SET(CURLOPT_PROXY, http->proxy);
  if (http->unix_socket != NULL)
    SET(CURLOPT_UNIX_SOCKET_PATH, http->unix_socket);

  if (loopback && url->host[0] != '[' &&
      strspn(url->host, "0123456789.") != strlen(url->host)) {
    AUTO_STR char *entry =
        mem_printf("%s:%d:127.0.0.1,[::1]", url->host, url->port);

    if (entry == NULL)
      return CURLE_OUT_OF_MEMORY;
    t->resolve = sym_curl_slist_append(NULL, entry);
    if (t->resolve == NULL)
      return CURLE_OUT_OF_MEMORY;
    SET(CURLOPT_RESOLVE, t->resolve);
  }

  /* Many at a time share a connection of HTTP/2, which is known once TLS
   * stands. Plain http is HTTP/1.1: to wait for its first answer to know that
   * would hold all others up behind a slow one. */
  SET(CURLOPT_PIPEWAIT, strcmp(url->scheme, "https") == 0 ? 1L : 0L);
  if (t->request.fresh)
    SET(CURLOPT_FRESH_CONNECT, 1L);
  return result;
}

static long receive_buffer(const struct http_request *request)
{
  if (!request->bulk)
    return TRANSFER_BUFFER;
  return strcmp(request->url->scheme, "https") == 0 ? TRANSFER_BULK_TLS
                                                    : TRANSFER_BULK_PLAIN;
}

static CURLcode set_limits(CURL *easy, const struct transfer *t)
{
  CURLcode result = CURLE_OK;

  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)t->http->connect_ms);
  if (t->total_ms > 0) {
    /* What an earlier handshake of this exchange took is gone. */
    int64_t left = t->total_ms - (clock_mono_ms() - t->started);

    SET(CURLOPT_TIMEOUT_MS, (long)(left > 0 ? left : 1));
  }

  /* Always set: a reset that ran out of memory leaves them at nothing. */
  SET(CURLOPT_BUFFERSIZE, receive_buffer(&t->request));
  /* A handle whose last connection others were still using (HTTP/2) has kept
   * its buffer, and is not given another. */
  if (result == CURLE_BAD_FUNCTION_ARGUMENT)
    result = CURLE_OK;
  SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)TRANSFER_UPLOAD_BUFFER);
  return result;
}

/* POST, PUT and PATCH say that their body is empty; other methods have none. */
static bool announces_empty_body(const char *method)
{
  return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
         strcmp(method, "PATCH") == 0;
}

static CURLcode set_body(CURL *easy, struct transfer *t)
{
  const struct http_body *body = &t->request.body;
  CURLcode result = CURLE_OK;

  if (t->request.no_body) {
    SET(CURLOPT_NOBODY, 1L);
  } else if (body->read != NULL) {
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->len);
    SET(CURLOPT_READFUNCTION, transfer_on_read);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_SEEKFUNCTION, transfer_on_seek);
    SET(CURLOPT_SEEKDATA, t);
  } else if (body->bytes != NULL || announces_empty_body(t->request.method)) {
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE,
        (curl_off_t)(body->bytes != NULL ? body->len : 0));
    SET(CURLOPT_POSTFIELDS,
        body->bytes != NULL ? (const char *)body->bytes : "");
  } else {
    SET(CURLOPT_HTTPGET, 1L);
  }

  SET(CURLOPT_CUSTOMREQUEST, t->request.method);
  if (!t->request.raw)
    SET(CURLOPT_ACCEPT_ENCODING, ""); /* all that libcurl can undo */
  return result;
}

static bool append(struct curl_slist **list, const char *line)
{
  struct curl_slist *longer = sym_curl_slist_append(*list, line);

  if (longer == NULL)
    return false;
  *list = longer;
  return true;
}

static bool has(const struct headers *headers, const char *name)
{
  for (size_t i = 0; headers != NULL && i < headers->count; i++)
    if (strcasecmp(headers->items[i].name, name) == 0)
      return true;

  return false;
}

/* The list lives for the transfer alone; libcurl's memory is wiped when it is
 * freed (lazy_curl). */
static CURLcode make_headers(struct transfer *t)
{
  const struct headers *headers = t->request.headers;
  const struct http_body *body = &t->request.body;

  t->announced = !t->unexpected && !has(headers, "Expect") &&
                 body->read != NULL &&
                 (body->len < 0 || body->len > TRANSFER_EXPECT_FROM);
  for (size_t i = 0; headers != NULL && i < headers->count; i++) {
    const struct header *h = &headers->items[i];
    const char *value = h->secret != NULL ? secret_reveal(h->secret) : h->value;
    /* "Name;" is how libcurl is asked for an empty one. */
    AUTO_STR char *line = value[0] != '\0'
                              ? mem_printf("%s: %s", h->name, value)
                              : mem_printf("%s;", h->name);

    if (line == NULL || !append(&t->headers, line))
      return CURLE_OUT_OF_MEMORY;
  }

  /* "Name:" takes away what libcurl would add. */
  if ((!has(headers, "Accept") && !append(&t->headers, "Accept:")) ||
      (!has(headers, "Content-Type") &&
       !append(&t->headers, "Content-Type:")) ||
      (!t->announced && !has(headers, "Expect") &&
       !append(&t->headers, "Expect:")))
    return CURLE_OUT_OF_MEMORY;

  return CURLE_OK;
}

static CURLcode get(CURLU *handle, CURLUPart part, char **ret_text)
{
  return sym_curl_url_get(handle, part, ret_text, CURLU_DEFAULT_PORT) ==
                 CURLUE_OK
             ? CURLE_OK
             : CURLE_OUT_OF_MEMORY;
}

/* libcurl's own reading of the URL must be the one that fob judged. That it
 * can read it is certain, but for a lack of memory. */
static CURLcode make_url(struct transfer *t)
{
  const struct url *url = t->request.url;
  AUTO_STR char *scheme = NULL;
  AUTO_STR char *host = NULL;
  AUTO_STR char *port = NULL;
  uint64_t number;
  CURLcode result;

  t->url = sym_curl_url();
  if (t->url == NULL ||
      sym_curl_url_set(t->url, CURLUPART_URL, url->text,
                       CURLU_PATH_AS_IS | CURLU_DISALLOW_USER) != CURLUE_OK)
    return CURLE_OUT_OF_MEMORY;

  result = get(t->url, CURLUPART_SCHEME, &scheme);
  if (result == CURLE_OK)
    result = get(t->url, CURLUPART_HOST, &host);
  if (result == CURLE_OK)
    result = get(t->url, CURLUPART_PORT, &port);
  if (result != CURLE_OK)
    return result;

  return strcmp(scheme, url->scheme) == 0 && strcmp(host, url->host) == 0 &&
                 num_parse(port, 65535, &number) && (int)number == url->port
             ? CURLE_OK
             : CURLE_URL_MALFORMAT;
}

enum code transfer_setopt(struct transfer *t)
{
  CURL *easy = t->easy;
  CURLcode result = make_url(t);

  if (result == CURLE_OK)
    result = make_headers(t);
  if (result == CURLE_OK)
    result = set_policy(easy);
  if (result == CURLE_OK)
    result = set_callbacks(easy, t);
  if (result == CURLE_OK)
    result = set_trust(easy, &t->http->trust);
  if (result == CURLE_OK)
    result = set_identity(easy, t->http);
  if (result == CURLE_OK)
    result = set_route(easy, t);
  if (result == CURLE_OK)
    result = set_limits(easy, t);
  if (result == CURLE_OK)
    result = set_body(easy, t);
  SET(CURLOPT_HTTPHEADER, t->headers);
  SET(CURLOPT_CURLU, t->url);

  if (result == CURLE_OUT_OF_MEMORY)
    return err_nomem(t->err);
  if (result != CURLE_OK)
    return err_set(t->err, E_LOCAL, "cannot prepare a request to '%s': %s",
                   t->request.url->origin, sym_curl_easy_strerror(result));
  return E_OK;
}

/* libcurl's results as fob's codes, and in words that say what to do. */
#include "http/transfer.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

/* libcurl's words for what went wrong. */
static const char *detail(const struct transfer *t, CURLcode result)
{
  return t->detail[0] != '\0' ? t->detail : sym_curl_easy_strerror(result);
}

/* host:port, or the socket's path. */
static const char *peer(const struct transfer *t, struct buf *out)
{
  if (t->http->unix_socket != NULL)
    buf_puts(out, t->http->unix_socket);
  else
    buf_printf(out, "%s:%d", t->request.url->host, t->request.url->port);
  return buf_text(out);
}

/* "30 s", "2.5 s". */
static void put_ms(struct buf *out, int64_t ms)
{
  if (ms % 1000 == 0)
    clock_span(out, ms / 1000);
  else
    buf_printf(out, "%lld.%03lld s", (long long)(ms / 1000),
               (long long)(ms % 1000));
}

static long get_long(const struct transfer *t, CURLINFO info)
{
  long value = 0;

  if (info == CURLINFO_OS_ERRNO)
    (void)sym_curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &value);
  else if (info == CURLINFO_HTTP_CONNECTCODE)
    (void)sym_curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &value);
  else
    (void)sym_curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &value);
  return value;
}

/* --- TLS ---------------------------------------------------------------- */

static enum code unknown_issuer(struct transfer *t, const char *what,
                                const char *where)
{
  const struct trust *trust = &t->http->trust;

  if (trust->named_by == NULL) {
    err_set(t->err, E_TLS, "the certificate of '%s' %s", where, what);
    err_hint(t->err, "if you trust who signed it: --cacert FILE, with FILE "
                     "holding that authority's certificate");
    return E_TLS;
  }

  err_set(t->err, E_TLS, "the certificate of '%s' %s in '%s' (%s)", where, what,
          trust->file != NULL ? trust->file : trust->directory,
          trust->named_by);
  err_hint(t->err, "only that is trusted: add the authority's certificate "
                   "there, or name another with --cacert FILE");
  return E_TLS;
}

/* libcurl compares the names itself, and says so in words alone. */
static bool is_other_name(long verify, const char *text)
{
  return verify == 62 || verify == 64 ||
         strstr(text, "target host name") != NULL;
}

/* OpenSSL's X509_V_ERR_ codes, whose header fob does not use. */
static enum code bad_certificate(struct transfer *t, CURLcode result,
                                 const char *where)
{
  long verify = get_long(t, CURLINFO_SSL_VERIFYRESULT);

  switch (verify) {
  case 9:
    err_set(t->err, E_TLS, "the certificate of '%s' is not valid yet", where);
    err_hint(t->err, "is this machine's clock right?  date -u");
    return E_TLS;
  case 10:
    err_set(t->err, E_TLS, "the certificate of '%s' has expired", where);
    err_hint(t->err, "its owner must renew it; or is this machine's clock "
                     "wrong?  date -u");
    return E_TLS;
  case 18:
    return unknown_issuer(t,
                          t->http->trust.named_by == NULL
                              ? "is self-signed"
                              : "is self-signed, and is not",
                          where);
  case 2:
  case 19:
  case 20:
  case 21:
    return unknown_issuer(t,
                          t->http->trust.named_by == NULL
                              ? "comes from an authority that this machine "
                                "does not know"
                              : "comes from an authority that is not",
                          where);
  case 23:
    return err_set(t->err, E_TLS, "the certificate of '%s' has been revoked",
                   where);
  default:
    return err_set(t->err, E_TLS,
                   is_other_name(verify, detail(t, result))
                       ? "the certificate of '%s' is for another name (%s)"
                       : "the certificate of '%s' is refused (%s)",
                   where, detail(t, result));
  }
}

/* TLS 1.3 tells of a refused client certificate only after the handshake. */
static bool is_tls_alert(const char *text)
{
  return strstr(text, "alert") != NULL || strstr(text, "SSL_ERROR") != NULL;
}

static enum code bad_tls(struct transfer *t, CURLcode result, const char *where)
{
  const char *text = detail(t, result);

  err_set(t->err, E_TLS, "cannot agree on TLS with '%s': %s", where, text);
  if (strstr(text, "certificate required") != NULL ||
      strstr(text, "bad certificate") != NULL)
    err_hint(t->err, "it wants a client certificate: --cert FILE --key FILE");
  else if (strstr(text, "wrong version number") != NULL ||
           strstr(text, "packet length too long") != NULL)
    err_hint(t->err, "what listens there does not seem to speak TLS");
  return E_TLS;
}

static enum code bad_client_certificate(struct transfer *t, CURLcode result)
{
  const struct http *http = t->http;

  err_set(t->err, E_TLS, "cannot use the client certificate '%s': %s",
          http->client_cert != NULL ? http->client_cert : "",
          detail(t, result));
  err_hint(t->err, "the certificate and its key must be in PEM form, belong "
                   "together, and the key be unencrypted");
  return E_TLS;
}

/* --- time ------------------------------------------------------------------
 */

static enum code timed_out(struct transfer *t, const char *where)
{
  int64_t passed = clock_mono_ms() - t->started;
  AUTO_BUF struct buf limit = BUF_INIT(64);

  if (t->total_ms > 0 && passed + 5 >= t->total_ms) {
    put_ms(&limit, t->total_ms);
    return err_set(t->err, E_TIMEOUT,
                   "'%s' took longer than the %s that the whole exchange may "
                   "take",
                   where, buf_text(&limit));
  }

  put_ms(&limit, t->http->connect_ms);
  err_set(t->err, E_TIMEOUT, "no connection to '%s' within %s", where,
          buf_text(&limit));
  err_hint(t->err, "allow more with --connect-timeout");
  return E_TIMEOUT;
}

enum code transfer_stalled(struct transfer *t)
{
  AUTO_BUF struct buf where = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf limit = BUF_INIT(64);

  put_ms(&limit, t->http->stall_ms);
  return err_set(t->err, E_TIMEOUT, "'%s' was silent for %s%s", peer(t, &where),
                 buf_text(&limit),
                 t->head_done ? ", in the middle of its answer" : "");
}

/* --- the connection ---------------------------------------------------------
 */

/* libcurl 7.88 tells only in words whether it tried the server or a proxy:
 * "Failed to connect to HOST port N after …". */
static bool tried_another(const struct transfer *t)
{
  static const char words[] = "Failed to connect to ";
  const struct url *url = t->request.url;
  bool brackets = url->host[0] == '[';
  const char *host = url->host + brackets;
  size_t len = strlen(host) - brackets;
  const char *tried = t->detail + sizeof(words) - 1;

  return t->http->unix_socket == NULL && !url_is_loopback(url) &&
         strncmp(t->detail, words, sizeof(words) - 1) == 0 &&
         (strncmp(tried, host, len) != 0 || tried[len] != ' ');
}

static enum code no_connection(struct transfer *t, CURLcode result,
                               const char *where)
{
  long number = get_long(t, CURLINFO_OS_ERRNO);

  if (tried_another(t))
    return err_set(t->err, E_PROXY,
                   "cannot reach the proxy on the way to '%s': %s (%s)", where,
                   strerror((int)number), t->detail);

  return err_set(t->err, E_CONNECT, "cannot connect to '%s': %s", where,
                 number != 0 ? strerror((int)number) : detail(t, result));
}

static enum code no_address(struct transfer *t)
{
  err_set(t->err, E_DNS, "cannot find the address of '%s'",
          t->request.url->host);
  err_hint(t->err,
           "is the name right, and is there a network?  getent hosts "
           "%s",
           t->request.url->host);
  return E_DNS;
}

static enum code bad_proxy(struct transfer *t, CURLcode result,
                           const char *where)
{
  long status = get_long(t, CURLINFO_HTTP_CONNECTCODE);

  if (status == 407) {
    err_set(t->err, E_PROXY,
            "the proxy wants a login (407) before it connects "
            "to '%s'",
            where);
    err_hint(t->err, "put it into the variable https_proxy, as "
                     "http://USER:PASSWORD@HOST:PORT");
    return E_PROXY;
  }
  if (status != 0)
    return err_set(t->err, E_PROXY, "the proxy does not connect to '%s' (%ld)",
                   where, status);

  return err_set(t->err, E_PROXY, "the proxy on the way to '%s' fails: %s",
                 where, detail(t, result));
}

static enum code cut_short(struct transfer *t, CURLcode result,
                           const char *where)
{
  const char *text = detail(t, result);

  if (t->head_done)
    return err_set(t->err, E_CUT, "the answer of '%s' is cut short: %s", where,
                   text);
  if (is_tls_alert(text))
    return bad_tls(t, result, where);

  return err_set(t->err, E_CUT,
                 "the connection to '%s' broke before an answer came: %s",
                 where, text);
}

static enum code by_result(struct transfer *t, CURLcode result,
                           const char *where)
{
  switch (result) {
  case CURLE_OUT_OF_MEMORY:
    return err_nomem(t->err);
  case CURLE_COULDNT_RESOLVE_HOST:
    return no_address(t);
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_PROXY:
    return bad_proxy(t, result, where);
  case CURLE_COULDNT_CONNECT:
    return no_connection(t, result, where);
  case CURLE_OPERATION_TIMEDOUT:
    return timed_out(t, where);
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ISSUER_ERROR:
    return bad_certificate(t, result, where);
  case CURLE_SSL_CERTPROBLEM:
    return bad_client_certificate(t, result);
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_USE_SSL_FAILED:
    return bad_tls(t, result, where);
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
  case CURLE_SEND_FAIL_REWIND:
    return cut_short(t, result, where);
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_BAD_CONTENT_ENCODING:
  case CURLE_WRITE_ERROR: /* a failed decoding: fob's callback has its code */
    return err_set(t->err, E_ANSWER, "the answer of '%s' cannot be read: %s",
                   where, detail(t, result));
  default:
    return err_set(t->err, E_NETWORK, "the exchange with '%s' failed: %s",
                   where, detail(t, result));
  }
}

enum code transfer_failed(struct transfer *t, CURLcode result)
{
  AUTO_BUF struct buf where = BUF_INIT(BUF_LINE);

  /* libcurl calls it by many names: a malformed URL, a host without address. */
  if (mem_shortages() != t->shortages)
    return err_nomem(t->err);

  (void)peer(t, &where);
  if (get_long(t, CURLINFO_HTTP_CONNECTCODE) / 100 > 2)
    return bad_proxy(t, result, buf_text(&where));

  return by_result(t, result, buf_text(&where));
}

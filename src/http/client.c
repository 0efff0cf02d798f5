#include "http/client.h"

#include "base/file.h"
#include "base/mem.h"
#include "http/transfer.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

enum {
  CONNECT_MS = 10 * 1000,
  STALL_MS = 30 * 1000,
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
  CURLU *url;
  CURLUcode result;
  enum code code = lazy_curl(err);

  if (code != E_OK)
    return code;
  url = sym_curl_url();
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
  if (!copy_text(&http->proxy, o->proxy) || !copy_text(&http->ca, o->ca) ||
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
  enum code code = E_OK;

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

  while (http->transfers != NULL)
    http_cancel(http->transfers);
  for (size_t i = 0; i < http->idle_count; i++)
    sym_curl_easy_cleanup(http->idle[i]);
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

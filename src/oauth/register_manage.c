/* A stored registration: is it still there, and away with it. Asking is a
 * courtesy of the server's: only what it plainly says counts against the
 * registration, since a wrong "no" would cost the person a new one each time.
 */
#include "oauth/register.h"

#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/failure.h"

#include <string.h>

bool registration_managed(const struct record *record)
{
  return record->registration_client_uri && record->registration_access_token;
}

static enum code call(struct http *http, const char *method, const char *uri,
                      const struct secret *access_token,
                      struct http_answer *answer, struct buf *ret_body,
                      struct err *err)
{
  AUTO(url) url = NULL;
  AUTO(secret) value = NULL;
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf text = BUF_INIT(BUF_SECRET);
  enum code code =
      url_parse(&url, uri, URL_PLAIN, E_ANSWER, "registration_client_uri", err);

  if (code != E_OK)
    return code;
  buf_puts(&text, "Bearer ");
  buf_puts(&text, secret_reveal(access_token));
  code = buf_check(&text, err);
  if (code == E_OK)
    code = secret_from_buf(&value, &text, err);
  if (code == E_OK)
    code = headers_add_secret(&headers, "Authorization", value, err);
  return code == E_OK ? http_protocol_by(http, method, url, &headers, NULL,
                                         answer, ret_body, err)
                      : code;
}

/* --- is it there? ------------------------------------------------------ */

static bool is_final(enum code code)
{
  return code == E_NOMEM || code == E_SIGNAL;
}

/* RFC 7592 §2.1: 401 for a client that is not there (any more). */
static bool is_gone(int status)
{
  return status == 401 || status == 404 || status == 410;
}

enum code registration_check(const char **ret_why,
                             struct registration **ret_now, struct http *http,
                             const struct record *record,
                             const struct registration_ask *ask,
                             struct err *err)
{
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code = call(http, "GET", record->registration_client_uri,
                        record->registration_access_token, &answer, &body, err);

  *ret_why = NULL;
  if (code != E_OK) {
    if (is_final(code))
      return code;
    log_line(LOG_VERBOSE, "the client's registration was not looked at: %s",
             err ? err->message : "");
    err_clear(err);
    return E_OK;
  }
  log_line(LOG_VERBOSE, "the client's registration: %s answers %d",
           record->registration_client_uri, answer.status);
  if (is_gone(answer.status))
    *ret_why = "the server does not know it any more";
  if (answer.status != 200)
    return E_OK;
  code = registration_read(ret_now, buf_text(&body), body.len, ask, err);
  if (code != E_LESS)
    return code;
  err_clear(err);
  *ret_why = "it is for another redirect URI, scope or grant";
  return E_OK;
}

/* --- away with it ------------------------------------------------------ */

enum code registration_delete(enum unregister_result *ret_result,
                              struct http *http, const char *uri,
                              const struct secret *access_token,
                              struct err *err)
{
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_STR char *host = NULL;
  enum code code = failure_host(&host, uri, err);

  if (code == E_OK)
    code = call(http, "DELETE", uri, access_token, &answer, &body, err);
  if (code != E_OK)
    return code;
  *ret_result = UNREGISTER_DONE;
  if ((answer.status >= 200 && answer.status < 300) || is_gone(answer.status))
    return E_OK;
  *ret_result = UNREGISTER_NOT_OFFERED;
  if (answer.status == 403 || answer.status == 405 || answer.status == 501)
    return E_OK;
  if (answer.status == 429)
    return err_set(err, E_RATE, "%s answers 429: too many requests", host);
  return err_set(err, answer.status >= 500 ? E_ISSUER_5XX : E_ANSWER,
                 "%s answers %d to the end of the client's registration", host,
                 answer.status);
}

#include "oauth/account.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/header.h"
#include "http/url.h"
#include "oauth/failure.h"
#include "oauth/protected.h"
#include "oauth/scope.h"

#include <string.h>

enum { NAME_MAX_LEN = 255 };

/* --- out of a document ------------------------------------------------- */

static enum code take_name(char **member, const json_t *document,
                           const char *pointer, struct err *err)
{
  const json_t *value = pointer ? json_pointer(document, pointer) : NULL;
  AUTO_STR char *text = NULL;

  if (json_is_integer(value))
    text = mem_printf("%lld", (long long)json_integer_value(value));
  else if (json_is_string(value) && json_string_length(value) > 0 &&
           json_string_length(value) <= NAME_MAX_LEN &&
           codec_is_line(json_string_value(value)))
    text = mem_str(json_string_value(value));
  else
    return E_OK;
  if (!text)
    return err_nomem(err);
  return record_set_text(member, text, err);
}

enum code account_from_json(struct record *record,
                            const struct profile *profile,
                            const json_t *document, struct err *err)
{
  enum code code =
      take_name(&record->account_sub, document, profile->account.id, err);

  if (code == E_OK)
    code = take_name(&record->account_label, document, profile->account.label,
                     err);
  return code;
}

/* --- out of headers ---------------------------------------------------- */

/* RFC 3339, an HTTP date, or "2026-12-24 10:00:00 UTC" and "… +0200", as GitHub
 * writes it. */
static bool parse_date(const char *text, int64_t *ret_wall)
{
  AUTO_BUF struct buf strict = BUF_INIT(BUF_LINE);
  const char *zone;
  size_t len = strlen(text);

  if (clock_parse_rfc3339(text, ret_wall) || clock_parse_http(text, ret_wall))
    return true;
  if (len < 20 || text[10] != ' ' || text[19] != ' ')
    return false;
  zone = text + 20;
  buf_put(&strict, text, 10);
  buf_putc(&strict, 'T');
  buf_put(&strict, text + 11, 8);
  if (strcmp(zone, "UTC") == 0)
    buf_putc(&strict, 'Z');
  else if (strlen(zone) == 5)
    buf_printf(&strict, "%.3s:%s", zone, zone + 3);
  return clock_parse_rfc3339(buf_text(&strict), ret_wall);
}

static enum code take_headers(struct record *record,
                              const struct profile *profile,
                              const struct headers *headers, struct err *err)
{
  const char *expires = profile->account.expires_header;
  const char *scopes = profile->account.scopes_header;
  AUTO_STR char *normal = NULL;
  enum code code;

  expires = expires ? headers_get(headers, expires) : NULL;
  scopes = scopes ? headers_get(headers, scopes) : NULL;
  if (expires && !parse_date(expires, &record->secret_expires_at))
    log_line(LOG_VERBOSE, "%s: '%s' is no date that is known here",
             profile->account.expires_header, expires);
  if (!scopes)
    return E_OK;
  code = scope_normal(&normal, scopes, ",", err);
  if (code == E_OK)
    code = record_set_text(&record->scope_granted, normal, err);
  return code;
}

/* --- asking ------------------------------------------------------------ */

static enum code make_headers(struct headers *headers,
                              const struct profile *profile,
                              const struct session_token *token,
                              struct err *err)
{
  const char *name;
  json_t *value;
  enum code code = E_OK;

  if (profile->headers) {
    json_object_foreach(profile->headers, name, value)
    {
      if (code == E_OK && json_is_string(value))
        code = headers_set(headers, name, json_string_value(value), err);
    }
  }
  if (code == E_OK && token->header_name) {
    headers_remove(headers, token->header_name);
    code = headers_add_secret(headers, token->header_name, token->header_value,
                              err);
  }
  return code;
}

static enum code make_url(struct url **ret_url, const char *first,
                          const struct profile *profile,
                          const struct session_token *token, struct err *err)
{
  AUTO(url) base = NULL;
  AUTO(url) url = NULL;
  AUTO_BUF struct buf pair = BUF_INIT(BUF_URL);
  enum code code = url_parse(&base, first, URL_STRICT_PATH | URL_NO_QUERY,
                             E_PROFILE, "api", err);

  if (code == E_OK)
    code = url_append(&url, base, profile->account.path, err);
  if (code != E_OK)
    return code;
  if (token->query_name) {
    codec_form_pair(&pair, token->query_name, secret_reveal(token->token));
    code = buf_check(&pair, err);
    return code == E_OK ? url_with_query(ret_url, url, buf_text(&pair), err)
                        : code;
  }
  *ret_url = url;
  url = NULL;
  return E_OK;
}

/* --- the answer -------------------------------------------------------- */

static enum code judge_status(int status, const char *where,
                              bool *ret_forbidden, struct err *err)
{
  *ret_forbidden = false;
  if (status >= 200 && status < 300)
    return E_OK;
  if (status == 401)
    return err_set(err, E_UNAUTHORIZED,
                   "'%s' answers 401: the token is not valid there", where);
  if (status == 403) {
    log_warn("'%s' answers 403: the token may not read its own account, so "
             "whose it is, and whether it works elsewhere, is not known",
             where);
    *ret_forbidden = true;
    return E_OK;
  }
  if (status == 429)
    return err_set(err, E_RATE, "'%s' answers 429: too many requests", where);
  return err_set(err,
                 status >= 500   ? E_HTTP_5XX
                 : status >= 400 ? E_HTTP_4XX
                                 : E_REDIRECT,
                 "'%s' answers %d, so the token cannot be checked there", where,
                 status);
}

/* Some APIs say "no" in a 200. */
static enum code judge_body(const json_t *document,
                            const struct profile *profile, const char *where,
                            struct err *err)
{
  const char *pointer = profile->api_error.message;
  const char *message =
      pointer ? json_string_value(json_pointer(document, pointer)) : NULL;
  AUTO_STR char *text = NULL;
  enum code code;

  if (!profile->api_error.ok ||
      json_is_true(json_pointer(document, profile->api_error.ok)))
    return E_OK;
  code = failure_text(&text, message ? message : "no reason given", err);
  if (code != E_OK)
    return code;
  return err_set(err, E_UNAUTHORIZED, "'%s' does not accept the token (\"%s\")",
                 where, text);
}

static enum code take_answer(struct record *record,
                             const struct profile *profile, const char *where,
                             const struct http_answer *answer,
                             const struct buf *body, struct err *err)
{
  AUTO_JSON json_t *document = NULL;
  AUTO_STR char *what = mem_printf("the answer of '%s'", where);
  enum code code;

  if (!what)
    return err_nomem(err);
  code = json_read_any(&document, buf_text(body), body->len, JSON_DEPTH,
                       E_ANSWER, what, err);
  if (code == E_OK)
    code = judge_body(document, profile, where, err);
  if (code == E_OK)
    code = account_from_json(record, profile, document, err);
  if (code == E_OK)
    code = take_headers(record, profile, &answer->headers, err);
  return code;
}

enum code account_fetch(struct record *record, bool *ret_checked,
                        struct http *http, const struct profile *profile,
                        const struct session_token *token, struct err *err)
{
  AUTO(url) url = NULL;
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_STR char *where = NULL;
  const char *first = record->bound.api_count > 0 ? record->bound.api[0]
                      : profile->api.count > 0    ? profile->api.items[0]
                                                  : NULL;
  bool forbidden = false;
  enum code code;

  *ret_checked = false;
  if (!profile->account.path || first == NULL)
    return E_OK;
  code = make_url(&url, first, profile, token, err);
  if (code == E_OK)
    code = make_headers(&headers, profile, token, err);
  if (code != E_OK)
    return code;
  where = mem_printf("%s%s", url->origin, url->path);
  if (!where)
    return err_nomem(err);
  code = protected_get(http, url, &headers, token, &answer, &body, err);
  if (code == E_OK)
    code = judge_status(answer.status, where, &forbidden, err);
  if (code == E_OK && !forbidden)
    code = take_answer(record, profile, where, &answer, &body, err);
  *ret_checked = code == E_OK && !forbidden;
  return code;
}

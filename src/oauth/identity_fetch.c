/* What several providers need: a token as text, from a file, a program or a
 * service on the network. */
#include "oauth/identity_provider.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "http/header.h"
#include "http/url.h"
#include "oauth/token.h"

#include <string.h>

enum code identity_text(struct secret **ret_token, const char *text, size_t len,
                        enum code code, const char *what, struct err *err)
{
  while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
    len--;
  if (len == 0)
    return err_set(err, code, "%s is empty", what);
  if (len > TOKEN_ID_MAX)
    return err_set(err, code, "%s is too long", what);
  for (size_t i = 0; i < len; i++)
    if (text[i] <= 0x20 || text[i] > 0x7e)
      return err_set(err, code, "%s has a character that no token has", what);
  return secret_new(ret_token, text, len, err);
}

enum code identity_read(struct secret **ret_token, const char *path,
                        struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);
  AUTO_STR char *what = mem_printf("the identity token in '%s'", path);
  enum code code;

  if (!what)
    return err_nomem(err);
  code = file_read(&bytes, path, FILE_USER, BUF_SECRET, E_ENVIRONMENT, err);
  if (code == E_NOT_FOUND)
    code = err_set(err, E_ENVIRONMENT, "cannot read %s: it is not there", what);
  return code == E_OK ? identity_text(ret_token, buf_text(&bytes), bytes.len,
                                      E_ENVIRONMENT, what, err)
                      : code;
}

enum code identity_run(struct buf *out, char *const argv[], int timeout_ms,
                       struct err *err)
{
  enum code code = run_output(out, argv, timeout_ms, err);

  if (code != E_OK)
    err_prefix(err, "no identity token: ");
  return code;
}

static enum code judge(const struct http_answer *answer, const char *who,
                       struct err *err)
{
  int status = answer->status;
  enum code code = status == 401 || status == 403 ? E_UNAUTHORIZED
                   : status == 429                ? E_RATE
                   : status >= 500                ? E_ISSUER_5XX
                                                  : E_ANSWER;

  return status == 200
             ? E_OK
             : err_set(err, code, "%s answers %d instead of an identity token",
                       who, status);
}

enum code identity_fetch(struct buf *ret_body, const char *url,
                         const char *pairs, const struct headers *headers,
                         const struct http_options *options, const char *who,
                         struct err *err)
{
  AUTO_STR char *what = mem_printf("the address of %s", who);
  AUTO(url) base = NULL;
  AUTO(url) whole = NULL;
  AUTO(http) http = NULL;
  AUTO_ANSWER struct http_answer answer = {0};
  unsigned long short_before;
  enum code code;

  if (!what)
    return err_nomem(err);
  code = url_parse(&base, url, URL_PLAIN, E_ENVIRONMENT, what, err);
  if (code == E_OK)
    code = pairs ? url_with_query(&whole, base, pairs, err)
                 : url_copy(&whole, base, err);
  if (code == E_OK)
    code = http_new(&http, options, err);
  short_before = mem_shortages();
  if (code == E_OK)
    code = http_protocol(http, whole, headers, NULL, &answer, ret_body, err);
  if (code == E_OK)
    code = judge(&answer, who, err);
  /* libcurl sends a URL without its query where memory for that is short. */
  if (code != E_OK && code != E_SIGNAL && mem_shortages() != short_before)
    return err_nomem(err);
  return code;
}

enum code identity_member(struct secret **ret_token, const struct buf *body,
                          const char *member, const char *what, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  enum code code = json_read(&object, buf_text(body), body->len, JSON_DEPTH,
                             E_ANSWER, what, err);

  if (code != E_OK)
    return code;
  const json_t *value = json_object_get(object, member);
  if (!json_is_string(value))
    return err_set(err, E_ANSWER, "%s has no text '%s'", what, member);
  return identity_text(ret_token, json_string_value(value),
                       json_string_length(value), E_ANSWER, what, err);
}

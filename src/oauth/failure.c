#include "oauth/failure.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/secret.h"
#include "http/header.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 60, TEXT_MAX = 512 };

/* How much of a UTF-8 text fits without cutting a character. */
static size_t fitting(const char *text, size_t max)
{
  size_t len = strlen(text);

  if (len <= max)
    return len;
  len = max;
  while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
    len--;
  return len;
}

enum code failure_set(struct err *err, enum code code, const char *who,
                      const struct failure *failure)
{
  AUTO_BUF struct buf word = BUF_INIT(BUF_LINE);
  AUTO_STR char *text = NULL;

  /* Here, and not when it is printed: by then the secrets that a server may
   * have repeated are gone, and with them what to look for. */
  if (failure->description && *failure->description) {
    enum code failed = failure_text(&text, failure->description, err);
    if (failed != E_OK)
      return failed;
  }
  codec_visible(&word, failure->error, fitting(failure->error, WORD_MAX),
                false);
  if (text)
    (void)err_set(err, code, "%s says %s (\"%s\")", who, buf_text(&word), text);
  else
    (void)err_set(err, code, "%s says %s", who, buf_text(&word));
  if (err)
    (void)snprintf(err->oauth_error, sizeof(err->oauth_error), "%s",
                   buf_text(&word));
  return code;
}

enum code failure_code(int status)
{
  return status == 429 ? E_RATE : status >= 500 ? E_ISSUER_5XX : E_OAUTH;
}

static enum code too_many(struct err *err, const char *who)
{
  return err_set(err, E_RATE, "%s answers 429: too many requests", who);
}

enum code failure_status(struct err *err, const char *who, int status,
                         const char *where, const char *type)
{
  if (status >= 200 && status < 300)
    return E_OK;
  if (status == 429)
    return too_many(err, who);
  if (status >= 500)
    return err_set(err, E_ISSUER_5XX, "%s answers %d", who, status);
  return err_set(err, E_ANSWER, "%s answers %d %s, and no OAuth error%s%s%s",
                 who, status, where, type ? " (" : "",
                 type && !*type ? "no Content-Type"
                 : type         ? type
                                : "",
                 type ? ")" : "");
}

enum code failure_read(struct err *err, const char *who, int status,
                       const char *what, const struct buf *body)
{
  AUTO_JSON json_t *object = NULL;
  struct failure failure = {0};
  enum code code;

  if (status == 429)
    return too_many(err, who);
  if (status >= 500)
    return err_set(err, E_ISSUER_5XX, "%s answers %d to %s", who, status, what);
  code = json_read(&object, buf_text(body), body->len, JSON_DEPTH, E_ANSWER,
                   what, NULL);
  if (code == E_NOMEM)
    return err_nomem(err);
  if (code == E_OK)
    failure = (struct failure){json_text(object, "error"),
                               json_text(object, "error_description")};
  if (!failure.error)
    return err_set(err, E_ANSWER, "%s answers %d to %s, and no OAuth error",
                   who, status, what);
  return failure_set(err, E_OAUTH, who, &failure);
}

enum code failure_text(char **ret_text, const char *text, struct err *err)
{
  AUTO_BUF struct buf clean = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf visible = BUF_INIT(BUF_DOCUMENT);

  secret_redact(&clean, text, strlen(text));
  codec_visible(&visible, buf_text(&clean), fitting(buf_text(&clean), TEXT_MAX),
                false);
  return buf_detach(&visible, ret_text, NULL, err);
}

enum code failure_host(char **ret_host, const char *url, struct err *err)
{
  const char *host = url ? strstr(url, "://") : NULL;

  host = host ? host + 3 : "the server";
  *ret_host = mem_copy(host, strcspn(host, "/?#"));
  return *ret_host ? E_OK : err_nomem(err);
}

void failure_hint_wait(const struct headers *headers, struct err *err)
{
  const char *after = headers_get(headers, "Retry-After");
  uint64_t seconds;

  if (after && num_parse(after, 1000000, &seconds))
    err_hint(err, "try again in %llu s", (unsigned long long)seconds);
}

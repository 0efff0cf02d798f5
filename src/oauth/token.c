#include "oauth/token.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "http/header.h"
#include "http/url.h"
#include "oauth/client_auth.h"
#include "oauth/failure.h"
#include "oauth/form.h"
#include "oauth/scope.h"

#include <string.h>

void token_answer_clear(struct token_answer *answer)
{
  secret_free(answer->access_token);
  secret_free(answer->refresh_token);
  secret_free(answer->id_token);
  mem_free(answer->token_type);
  mem_free(answer->scope);
  mem_free(answer->error);
  mem_free(answer->error_description);
  *answer = (struct token_answer){0};
}

void token_parameter(struct buf *form, const struct profile *profile,
                     const char *name, const char *value)
{
  if (value && !text_list_has(&profile->token_request.omit, name))
    codec_form_pair(form, name, value);
}

void token_each(struct buf *form, const struct profile *profile,
                const char *name, const struct text_list *values)
{
  for (size_t i = 0; values && i < values->count; i++)
    token_parameter(form, profile, name, values->items[i]);
}

enum code token_scope(struct buf *form, const struct profile *profile,
                      const char *scope, struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  AUTO_STR char *joined = NULL;
  enum code code;

  if (!scope)
    return E_OK;
  code = scope_split(&words, scope, NULL, err);
  if (code == E_OK)
    code = text_list_join(&words, profile->token_request.scope_separator,
                          &joined, err);
  if (code == E_OK)
    token_parameter(form, profile, profile->token_request.scope_parameter,
                    joined);
  return code;
}

/* --- sending ----------------------------------------------------------- */

/* The form as the profile wants it encoded, after the client's authentication
 * was put in. */
static enum code encode(struct buf *body, struct headers *headers,
                        const struct profile *profile, const struct buf *form,
                        struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  enum code code;

  if (!profile->token_request.json) {
    buf_put(body, buf_text(form), form->len);
    return buf_check(body, err);
  }
  code = form_read(&object, buf_text(form), form->len, FORM_LISTS, E_LOCAL,
                   "the token request", err);
  if (code == E_OK)
    code = json_write(body, object, 0, err);
  if (code == E_OK)
    code = headers_set(headers, "Content-Type", "application/json", err);
  return code;
}

/* Retry-After in seconds, for the hint; a date is not worth the lines. */
static void hint_wait(const struct headers *headers, struct err *err)
{
  const char *after = headers_get(headers, "Retry-After");
  uint64_t seconds;

  if (after && num_parse(after, 1000000, &seconds))
    err_hint(err, "try again in %llu s", (unsigned long long)seconds);
}

static enum code prepare(struct buf *body, struct headers *headers,
                         const struct profile *profile,
                         const struct secret *client_secret,
                         const struct buf *form, struct err *err)
{
  AUTO_BUF struct buf whole = BUF_INIT(BUF_DOCUMENT);
  enum code code = buf_check(form, err);

  if (code != E_OK)
    return code;
  buf_put(&whole, buf_text(form), form->len);
  code = client_auth_apply(profile, client_secret, headers, &whole, err);
  if (code == E_OK)
    code = buf_check(&whole, err);
  if (code == E_OK)
    code = encode(body, headers, profile, &whole, err);
  return code;
}

enum code token_send(struct token_answer *answer, struct http *http,
                     const struct profile *profile, const char *endpoint,
                     const struct secret *client_secret, const struct buf *form,
                     struct err *err)
{
  AUTO(url) url = NULL;
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf reply = BUF_INIT(BUF_DOCUMENT);
  AUTO_ANSWER struct http_answer http_answer = {0};
  AUTO_STR char *who = NULL;
  enum code code;

  token_answer_clear(answer);
  code =
      url_parse(&url, endpoint, URL_PLAIN, E_ANSWER, "the token endpoint", err);
  if (code == E_OK)
    code = failure_host(&who, url->text, err);
  if (code == E_OK)
    code = prepare(&body, &headers, profile, client_secret, form, err);
  if (code != E_OK)
    return code;

  answer->issued_at = clock_wall();
  code = http_protocol(http, url, &headers, &body, &http_answer, &reply, err);
  answer->sent = http_answer.sent;
  answer->status = http_answer.status;
  if (code != E_OK)
    return code;
  code = token_answer_read(answer, profile, who,
                           headers_get(&http_answer.headers, "Content-Type"),
                           buf_text(&reply), reply.len, err);
  if (code == E_RATE)
    hint_wait(&http_answer.headers, err);
  return code;
}

#include "oauth/token.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/mem.h"
#include "http/header.h"
#include "oauth/failure.h"
#include "oauth/scope.h"

#include <string.h>

enum { CLOCK_OFF = 30 }; /* seconds, that a proof may be refused for */

void token_answer_clear(struct token_answer *answer)
{
  secret_free(answer->access_token);
  secret_free(answer->refresh_token);
  secret_free(answer->id_token);
  mem_free(answer->token_type);
  mem_free(answer->scope);
  mem_free(answer->api_base);
  mem_free(answer->authorization_details);
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

/* A proof says when it was made (RFC 9449 §4.2, `iat`), and servers take it for
 * a minute or so. */
static void hint_clock(const struct headers *headers, struct err *err)
{
  const char *date = headers_get(headers, "Date");
  AUTO_BUF struct buf off = BUF_INIT(BUF_LINE);
  int64_t theirs, ours = clock_wall();

  if (!date || !clock_parse_http(date, &theirs) ||
      (theirs - ours < CLOCK_OFF && ours - theirs < CLOCK_OFF))
    return;
  clock_span(&off, theirs > ours ? theirs - ours : ours - theirs);
  if (buf_check(&off, NULL) == E_OK)
    err_hint(err, "this machine's clock is %s %s the server's", buf_text(&off),
             theirs > ours ? "behind" : "ahead of");
}

enum code token_send(struct token_answer *answer, const struct client *client,
                     const char *endpoint, const struct buf *form,
                     struct err *err)
{
  const struct client_call call = {.endpoint = endpoint,
                                   .what = "the token endpoint",
                                   .form = form,
                                   .grant = true,
                                   .json = true};
  AUTO_BUF struct buf reply = BUF_INIT(BUF_DOCUMENT);
  AUTO_ANSWER struct http_answer http_answer = {0};
  AUTO_STR char *who = NULL;
  enum code code = failure_host(&who, endpoint, err);

  const struct token_answer asked = {.requested_type = answer->requested_type,
                                     .refreshing = answer->refreshing};

  token_answer_clear(answer);
  *answer = asked;
  if (code != E_OK)
    return code;
  answer->bound = client->dpop != NULL;
  answer->issued_at = clock_wall();
  code = client_post(client, &call, &http_answer, &reply, err);
  answer->sent = http_answer.sent;
  answer->status = http_answer.status;
  if (code != E_OK)
    return code;
  code = token_answer_read(answer, client->profile, who,
                           headers_get(&http_answer.headers, "Content-Type"),
                           buf_text(&reply), reply.len, err);
  if (code == E_RATE)
    failure_hint_wait(&http_answer.headers, err);
  if (code == E_OAUTH && client->dpop && answer->error &&
      strcmp(answer->error, "invalid_dpop_proof") == 0)
    hint_clock(&http_answer.headers, err);
  return code;
}

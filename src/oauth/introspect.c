#include "oauth/introspect.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/failure.h"

/* §2.3: an error is RFC 6749's. */
static enum code judge_error(const char *host, int status,
                             const struct buf *body, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  struct failure failure = {0};

  if (status == 429)
    return err_set(err, E_RATE, "%s answers 429: too many requests", host);
  if (status >= 500)
    return err_set(err, E_ISSUER_5XX, "%s answers %d to the introspection",
                   host, status);
  if (json_read(&object, buf_text(body), body->len, JSON_DEPTH, E_ANSWER,
                "the introspection's answer", NULL) == E_OK)
    failure =
        (struct failure){.error = json_text(object, "error"),
                         .description = json_text(object, "error_description")};
  if (failure.error == NULL)
    return err_set(err, E_ANSWER,
                   "%s answers %d to the introspection, and no OAuth error",
                   host, status);
  return failure_set(err, E_OAUTH, host, &failure);
}

static enum code judge(bool *ret_active, const char *host, int status,
                       const struct buf *body, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  const json_t *active;
  enum code code;

  if (status != 200)
    return judge_error(host, status, body, err);
  code = json_read(&object, buf_text(body), body->len, JSON_DEPTH, E_ANSWER,
                   "the introspection's answer", err);
  if (code != E_OK)
    return code;
  active = json_object_get(object, "active");
  if (!json_is_boolean(active))
    return err_set(err, E_ANSWER,
                   "%s does not say whether the token is active: 'active' is "
                   "%s",
                   host, active == NULL ? "missing" : "neither true nor false");
  *ret_active = json_is_true(active);
  return E_OK;
}

enum code introspect_token(struct buf *ret_answer, bool *ret_active,
                           const struct client *client, const char *endpoint,
                           const struct secret *token, struct err *err)
{
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  const struct client_call call = {.endpoint = endpoint,
                                   .what = "the introspection endpoint",
                                   .form = &form};
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_STR char *host = NULL;
  enum code code = failure_host(&host, endpoint, err);

  codec_form_pair(&form, "token", secret_reveal(token));
  codec_form_pair(&form, "token_type_hint", "access_token");
  if (code == E_OK)
    code = client_post(client, &call, &answer, ret_answer, err);
  if (code == E_OK)
    code = judge(ret_active, host, answer.status, ret_answer, err);
  return code;
}

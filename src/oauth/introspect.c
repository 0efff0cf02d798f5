#include "oauth/introspect.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/failure.h"

static enum code judge(bool *ret_active, const char *host, int status,
                       const struct buf *body, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  const json_t *active;
  enum code code;

  if (status != 200)
    return failure_read(err, host, status, "the introspection", body);
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

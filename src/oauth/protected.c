#include "oauth/protected.h"

#include "oauth/dpop.h"

/* *ret_again: refused for want of the nonce that came with the answer. */
static enum code ask(struct dpop *dpop, struct http *http,
                     const struct url *url, struct headers *headers,
                     const struct session_token *token,
                     struct http_answer *answer, struct buf *ret_body,
                     bool *ret_again, struct err *err)
{
  bool given = false;
  enum code code = E_OK;

  *ret_again = false;
  if (dpop)
    code = dpop_sign(dpop, "GET", url, token->token, headers, err);
  if (code == E_OK)
    code = http_protocol(http, url, headers, NULL, answer, ret_body, err);
  if (code == E_OK && dpop)
    code = dpop_heed(dpop, url, &answer->headers, &given, err);
  if (code == E_OK && dpop)
    code = dpop_refused_by_api(answer, ret_again, err);
  if (code == E_OK && *ret_again && !given)
    code = dpop_no_nonce(url, err);
  return code;
}

enum code protected_get(struct http *http, const struct url *url,
                        struct headers *headers,
                        const struct session_token *token,
                        struct http_answer *answer, struct buf *ret_body,
                        struct err *err)
{
  AUTO(dpop) dpop = NULL;
  AUTO(http) own = NULL;
  bool again;
  enum code code = E_OK;

  if (token->cert) {
    code = http_with_cert(&own, http, token->cert, token->cert_key, err);
    http = own;
  }
  if (code == E_OK && token->dpop_key)
    code = dpop_open(&dpop, token->dpop_key, err);
  if (code == E_OK)
    code = ask(dpop, http, url, headers, token, answer, ret_body, &again, err);
  if (code != E_OK || !again)
    return code;
  http_answer_clear(answer);
  return ask(dpop, http, url, headers, token, answer, ret_body, &again, err);
}

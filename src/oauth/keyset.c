#include "oauth/keyset.h"

#include "base/json.h"
#include "base/log.h"
#include "http/url.h"

enum code keyset_fetch(void *user, bool again, json_t **ret_jwks,
                       struct err *err)
{
  const struct keyset *keys = user;
  AUTO(url) url = NULL;
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code =
      url_parse(&url, keys->jwks_uri, URL_PLAIN, E_ANSWER, "jwks_uri", err);

  if (code != E_OK)
    return code;
  if (again)
    log_line(LOG_VERBOSE, "no key fits the signature: the keys are fetched "
                          "once more");
  code = http_document(keys->http, url, &answer, &body, err);
  if (code != E_OK)
    return code;
  if (answer.status >= 500)
    return err_set(err, E_ISSUER_5XX, "'%s' answers %d", url->text,
                   answer.status);
  if (answer.status != 200)
    return err_set(err, E_ANSWER, "'%s' answers %d instead of the keys",
                   url->text, answer.status);
  return json_read(ret_jwks, buf_text(&body), body.len, JSON_DEPTH, E_ANSWER,
                   "the issuer's key set", err);
}

enum code keyset_verify(enum jws_result *ret_result, const struct jws *jws,
                        struct keyset *keys, struct err *err)
{
  *ret_result = JWS_NO_KEY;
  for (int fetch = 0; fetch < 2 && *ret_result == JWS_NO_KEY; fetch++) {
    AUTO_JSON json_t *jwks = NULL;
    enum code code = keyset_fetch(keys, fetch > 0, &jwks, err);

    if (code == E_OK)
      code = jws_verify(ret_result, jws, jwks, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

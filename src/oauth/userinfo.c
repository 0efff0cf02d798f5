#include "oauth/userinfo.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/jws.h"
#include "http/header.h"
#include "http/url.h"
#include "oauth/decode.h"
#include "oauth/failure.h"
#include "oauth/idtoken.h"
#include "oauth/keyset.h"
#include "oauth/protected.h"

#include <string.h>
#include <strings.h>

#define WHAT "the userinfo"

/* --- asking ----------------------------------------------------------------
 */

/* RFC 6750 §2.1, RFC 9449 §7.1: whatever the profile's `auth` says of its
 * API. */
static enum code authorize(struct headers *headers,
                           const struct session_token *token, struct err *err)
{
  AUTO_BUF struct buf value = BUF_INIT(2 * BUF_SECRET);
  AUTO(secret) line = NULL;
  enum code code;

  buf_puts(&value, token->dpop_key != NULL ? "DPoP " : "Bearer ");
  buf_put(&value, secret_reveal(token->token), secret_len(token->token));
  code = buf_check(&value, err);
  if (code == E_OK)
    code = secret_from_buf(&line, &value, err);
  if (code == E_OK)
    code = headers_add_secret(headers, "Authorization", line, err);
  return code;
}

static enum code judge_status(const char *host,
                              const struct http_answer *answer, struct err *err)
{
  AUTO_STR char *error = NULL;
  int status = answer->status;
  enum code code;

  if (status == 200)
    return E_OK;
  code = header_challenge(&error, &answer->headers, "Bearer", "error", err);
  if (code == E_OK && error == NULL)
    code = header_challenge(&error, &answer->headers, "DPoP", "error", err);
  if (code != E_OK)
    return code;
  if (status == 401)
    return err_set(err, E_UNAUTHORIZED,
                   "%s answers 401 to the request for the userinfo: the token "
                   "is not valid there",
                   host);
  if (status == 403 && error != NULL &&
      strcmp(error, "insufficient_scope") == 0)
    return err_set(err, E_SCOPE,
                   "%s does not tell the userinfo: the token lacks the scope "
                   "openid",
                   host);
  if (status == 429)
    return err_set(err, E_RATE, "%s answers 429: too many requests", host);
  return err_set(err, status >= 500 ? E_ISSUER_5XX : E_ANSWER,
                 "%s answers %d instead of the userinfo", host, status);
}

/* --- a signed answer -------------------------------------------------------
 */

static bool is_jwt(const struct http_answer *answer)
{
  const char *type = headers_get(&answer->headers, "Content-Type");
  static const char jwt[] = "application/jwt";
  size_t len = strlen(jwt);

  return type != NULL && strncasecmp(type, jwt, len) == 0 &&
         (type[len] == '\0' || strchr("; \t", type[len]) != NULL);
}

static bool has_audience(const json_t *aud, const char *client_id)
{
  size_t i;
  json_t *item;

  if (client_id == NULL)
    return false;
  if (json_is_string(aud))
    return strcmp(json_string_value(aud), client_id) == 0;
  json_array_foreach(aud, i, item)
  {
    if (json_is_string(item) && strcmp(json_string_value(item), client_id) == 0)
      return true;
  }
  return false;
}

/* §5.3.2: SHOULD have iss and aud. */
static enum code check_signed(const struct record_bound *bound,
                              const json_t *claims, struct err *err)
{
  const json_t *iss = json_object_get(claims, "iss");
  const json_t *aud = json_object_get(claims, "aud");
  const json_t *exp = json_object_get(claims, "exp");
  int64_t until;

  if (iss != NULL && (!json_is_string(iss) || bound->issuer == NULL ||
                      strcmp(json_string_value(iss), bound->issuer) != 0))
    return err_set(err, E_CHECK, WHAT "'s 'iss' is not %s",
                   bound->issuer != NULL ? bound->issuer : "known");
  if (aud != NULL && !has_audience(aud, bound->client_id))
    return err_set(err, E_CHECK, WHAT "'s 'aud' is not this client");
  if (exp != NULL &&
      (!json_seconds(exp, &until) || until + IDTOKEN_SKEW < clock_wall()))
    return err_set(err, E_CHECK, WHAT " has expired, by its 'exp'");
  return E_OK;
}

/* Replaces the JWT in body by its claims. */
static enum code open_signed(struct buf *body, struct http *http,
                             const struct record_bound *bound, struct err *err)
{
  struct keyset keys = {.http = http, .jwks_uri = bound->jwks_uri};
  AUTO(jws) jws = NULL;
  AUTO_DECODED struct decoded decoded = {0};
  enum jws_result result;
  enum code code = jws_parse(&jws, buf_text(body), WHAT, err);

  if (code == E_OK)
    code = check_signed(bound, jws->payload, err);
  if (code == E_OK && keys.jwks_uri == NULL)
    code = err_set(err, E_CHECK,
                   WHAT " is signed, and the login has no jwks_uri to check "
                        "it with");
  if (code == E_OK)
    code = keyset_verify(&result, jws, &keys, err);
  if (code == E_OK && result != JWS_VALID)
    code = err_set(err, E_CHECK,
                   WHAT "'s signature (%s) is not by the issuer's key",
                   jws_alg(jws));
  if (code == E_OK)
    code = decode_token(&decoded, buf_text(body), err);
  if (code != E_OK)
    return code;
  buf_truncate(body, 0);
  buf_put(body, buf_text(&decoded.claims), decoded.claims.len);
  return buf_check(body, err);
}

/* --- whose it is -----------------------------------------------------------
 */

/* The subject of the login; NULL: no ID token told it. It was verified when it
 * came. */
static enum code subject(char **ret_sub, const struct record *record,
                         struct err *err)
{
  AUTO(jws) id = NULL;
  const char *sub;
  enum code code;

  *ret_sub = NULL;
  if (record->id_token == NULL)
    return E_OK;
  code = jws_parse(&id, secret_reveal(record->id_token), "the stored ID token",
                   err);
  if (code != E_OK)
    return code;
  sub = json_text(id->payload, "sub");
  *ret_sub = mem_str(sub);
  return *ret_sub != NULL || sub == NULL ? E_OK : err_nomem(err);
}

/* §5.3.4: otherwise nothing of it may be used. */
static enum code check_subject(const struct record *record,
                               const struct buf *body, struct err *err)
{
  AUTO_JSON json_t *claims = NULL;
  AUTO_STR char *want = NULL;
  const char *sub;
  enum code code = json_read(&claims, buf_text(body), body->len, JSON_DEPTH,
                             E_ANSWER, WHAT, err);

  if (code == E_OK)
    code = subject(&want, record, err);
  if (code != E_OK)
    return code;
  sub = json_text(claims, "sub");
  if (sub == NULL || *sub == '\0' || strlen(sub) > IDTOKEN_SUB_MAX)
    return err_set(err, E_CHECK, WHAT " has no 'sub' that tells whose it is");
  if (want == NULL) {
    log_note(
        "no ID token came with the login, so whose userinfo this is cannot "
        "be checked");
    return E_OK;
  }
  if (strcmp(sub, want) != 0)
    return err_set(err, E_CHECK, WHAT " is of '%s', and the login of '%s'", sub,
                   want);
  return E_OK;
}

enum code userinfo_fetch(struct buf *ret_claims, struct http *http,
                         const struct record *record,
                         const struct session_token *token, struct err *err)
{
  const char *endpoint = record->bound.userinfo_endpoint;
  AUTO(url) url = NULL;
  AUTO_HEADERS struct headers headers = {0};
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_STR char *host = NULL;
  enum code code;

  if (endpoint == NULL)
    return err_set(err, E_USAGE,
                   "the login of '%s' has no userinfo endpoint: its server "
                   "names none",
                   record->profile);
  code = url_parse(&url, endpoint, URL_PLAIN, E_ANSWER, "the userinfo endpoint",
                   err);
  if (code == E_OK)
    code = failure_host(&host, endpoint, err);
  if (code == E_OK)
    code = authorize(&headers, token, err);
  if (code == E_OK)
    code = protected_get(http, url, &headers, token, &answer, ret_claims, err);
  if (code == E_OK)
    code = judge_status(host, &answer, err);
  if (code == E_OK && is_jwt(&answer))
    code = open_signed(ret_claims, http, &record->bound, err);
  if (code == E_OK)
    code = check_subject(record, ret_claims, err);
  return code;
}

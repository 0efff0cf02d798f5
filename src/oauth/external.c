#include "oauth/external.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "http/header.h"
#include "http/url.h"
#include "oauth/exchange.h"
#include "oauth/failure.h"
#include "oauth/identity_provider.h"
#include "oauth/scope.h"

#include <string.h>

static const char cloud_platform[] =
    "https://www.googleapis.com/auth/cloud-platform";

void external_clear(struct external *external)
{
  json_decref(external->json);
  *external = (struct external){0};
}

/* --- the file ---------------------------------------------------------- */

static enum code wrong(const struct external *e, const char *what,
                       struct err *err)
{
  return err_set(err, E_PROFILE, "'%s' %s", e->path, what);
}

static enum code check_type(const struct external *e, struct err *err)
{
  const char *type = json_text(e->json, "type");

  if (type && strcmp(type, "external_account") == 0)
    return E_OK;
  return err_set(err, E_PROFILE,
                 "'%s' is a Google credential of the type '%.40s', not "
                 "external_account",
                 e->path, type ? type : "");
}

static enum code check_source(const struct external *e, struct err *err)
{
  if (!json_is_object(e->source))
    return wrong(e, "has no credential_source", err);
  if (json_object_get(e->source, "environment_id"))
    return wrong(e, "wants requests signed for AWS, which fob does not do",
                 err);
  if (json_object_get(e->source, "certificate"))
    return wrong(e, "wants a certificate, which fob does not offer here", err);
  if (strcmp(e->subject_token_type, EXCHANGE_JWT) != 0 &&
      strcmp(e->subject_token_type, EXCHANGE_ID_TOKEN) != 0)
    return wrong(e, "names a subject_token_type that is no JWT", err);
  return E_OK;
}

/* Where the tokens go: https, or loopback. */
static enum code check_url(const struct external *e, const char *member,
                           struct err *err)
{
  AUTO_STR char *what = mem_printf("%s of '%s'", member, e->path);
  AUTO(url) url = NULL;

  return what ? url_parse(&url, json_text(e->json, member), URL_PLAIN,
                          E_PROFILE, what, err)
              : err_nomem(err);
}

static enum code check_members(struct external *e, struct err *err)
{
  const json_t *impersonation =
      json_object_get(e->json, "service_account_impersonation");
  enum code code = check_type(e, err);

  if (code != E_OK)
    return code;
  e->audience = json_text(e->json, "audience");
  e->subject_token_type = json_text(e->json, "subject_token_type");
  e->token_url = json_text(e->json, "token_url");
  e->impersonation_url =
      json_text(e->json, "service_account_impersonation_url");
  e->source = json_object_get(e->json, "credential_source");
  if (!e->audience || !e->subject_token_type || !e->token_url)
    return wrong(e, "lacks audience, subject_token_type or token_url", err);
  if (!json_seconds(json_object_get(impersonation, "token_lifetime_seconds"),
                    &e->lifetime))
    e->lifetime = 0;
  code = check_source(e, err);
  if (code == E_OK)
    code = check_url(e, "token_url", err);
  if (code == E_OK && e->impersonation_url)
    code = check_url(e, "service_account_impersonation_url", err);
  return code;
}

enum code external_open(struct external *ret_external,
                        const struct profile *profile, struct err *err)
{
  AUTO_EXTERNAL struct external e = {.path = profile->identity.path};
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_PROFILE);
  enum code code;

  if (!e.path) {
    (void)err_set(err, E_PROFILE,
                  "profile '%s' does not say where Google's credential file "
                  "lies",
                  profile->name);
    err_hint(err, "fob profile set %s identity.path /path/of/credentials.json",
             profile->name);
    return E_PROFILE;
  }
  code = file_read(&bytes, e.path, FILE_USER, BUF_PROFILE, E_PROFILE, err);
  if (code == E_NOT_FOUND)
    return wrong(&e, "is not there", err);
  if (code == E_OK)
    code = json_read(&e.json, buf_text(&bytes), bytes.len, JSON_PROFILE_DEPTH,
                     E_PROFILE, e.path, err);
  if (code == E_OK)
    code = check_members(&e, err);
  if (code != E_OK)
    return code;
  *ret_external = e;
  e = (struct external){0};
  return E_OK;
}

const char *external_scope(const struct external *external, const char *scope)
{
  return external->impersonation_url || !scope ? cloud_platform : scope;
}

/* --- impersonation ----------------------------------------------------- */

static enum code request_body(struct buf *body, const struct external *e,
                              const char *scope, struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  AUTO_JSON json_t *scopes = json_array();
  enum code code = scope ? scope_split(&words, scope, NULL, err) : E_OK;

  if (!scopes)
    return err_nomem(err);
  if (code == E_OK && words.count == 0)
    code = text_list_add(&words, cloud_platform, err);
  for (size_t i = 0; code == E_OK && i < words.count; i++)
    if (json_array_append_new(scopes, json_string(words.items[i])) != 0)
      code = err_nomem(err);
  if (code != E_OK)
    return code;
  AUTO_JSON json_t *object = json_pack("{s:O}", "scope", scopes);
  AUTO_STR char *lifetime = mem_printf("%llds", (long long)e->lifetime);
  if (!object || !lifetime ||
      (e->lifetime > 0 &&
       json_object_set_new(object, "lifetime", json_string(lifetime)) != 0))
    return err_nomem(err);
  return json_write(body, object, 0, err);
}

static enum code refused(const struct http_answer *answer,
                         const struct buf *body, const char *who,
                         struct err *err)
{
  int status = answer->status;
  AUTO_JSON json_t *object = NULL;
  const char *why = NULL;
  enum code code = status == 401 || status == 403 ? E_OAUTH
                   : status == 429                ? E_RATE
                   : status >= 500                ? E_ISSUER_5XX
                                                  : E_ANSWER;

  if (json_read(&object, buf_text(body), body->len, JSON_DEPTH, E_ANSWER, who,
                NULL) == E_OK)
    why = json_string_value(json_pointer(object, "/error/message"));
  return err_set(err, code,
                 "%s answers %d to the impersonation of the service "
                 "account%s%.200s%s",
                 who, status, why ? " (\"" : "", why ? why : "",
                 why ? "\")" : "");
}

static enum code take_token(struct token_answer *answer, const char *who,
                            const struct buf *body, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *what = mem_printf("the answer of %s", who);
  struct secret *token = NULL;
  int64_t expires_at = 0;
  enum code code = what
                       ? identity_member(&token, body, "accessToken", what, err)
                       : err_nomem(err);

  if (code == E_OK)
    code = json_read(&object, buf_text(body), body->len, JSON_DEPTH, E_ANSWER,
                     what, err);
  if (code == E_OK) {
    const char *when = json_text(object, "expireTime");

    if (!when || !clock_parse_rfc3339(when, &expires_at))
      code = err_set(err, E_ANSWER, "%s has no time as 'expireTime'", what);
  }
  if (code != E_OK) {
    secret_free(token);
    return code;
  }
  secret_free(answer->access_token);
  answer->access_token = token;
  answer->expires_at = expires_at;
  mem_free(answer->scope);
  answer->scope = NULL;
  return E_OK;
}

static enum code fill_headers(struct headers *headers,
                              const struct secret *token, struct err *err)
{
  AUTO_BUF struct buf value = BUF_INIT(BUF_SECRET);
  AUTO(secret) whole = NULL;
  enum code code;

  buf_puts(&value, "Bearer ");
  buf_put(&value, secret_reveal(token), secret_len(token));
  code = buf_check(&value, err);
  if (code == E_OK)
    code = secret_from_buf(&whole, &value, err);
  if (code == E_OK)
    code = headers_add_secret(headers, "Authorization", whole, err);
  if (code == E_OK)
    code = headers_set(headers, "Content-Type", "application/json", err);
  return code;
}

enum code external_impersonate(struct token_answer *answer,
                               const struct external *external,
                               const char *scope,
                               const struct http_options *options,
                               struct err *err)
{
  AUTO(url) url = NULL;
  AUTO(http) http = NULL;
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf reply = BUF_INIT(BUF_DOCUMENT);
  AUTO_ANSWER struct http_answer http_answer = {0};
  AUTO_STR char *who = NULL;
  enum code code;

  if (!external->impersonation_url)
    return E_OK;
  code = url_parse(&url, external->impersonation_url, URL_PLAIN, E_PROFILE,
                   "service_account_impersonation_url", err);
  if (code == E_OK)
    code = failure_host(&who, url->text, err);
  if (code == E_OK)
    code = fill_headers(&headers, answer->access_token, err);
  if (code == E_OK)
    code = request_body(&body, external, scope, err);
  if (code == E_OK)
    code = http_new(&http, options, err);
  if (code == E_OK)
    code = http_protocol(http, url, &headers, &body, &http_answer, &reply, err);
  if (code != E_OK)
    return code;
  if (http_answer.status != 200)
    return refused(&http_answer, &reply, who, err);
  return take_token(answer, who, &reply, err);
}

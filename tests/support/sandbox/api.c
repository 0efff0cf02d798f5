/* The API: who is calling, what came in, statuses and redirects. */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "base/num.h"

#include <string.h>
#include <strings.h>

static uint64_t number(const char *text, uint64_t max, uint64_t otherwise)
{
  uint64_t value;

  return text != NULL && num_parse(text, max, &value) ? value : otherwise;
}

void api_root(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  struct caller caller;

  caller_identify(sb, rq, &caller);
  if (caller.valid)
    answer_json(an, 200, need(json_object(), "memory"));
  else
    caller_challenge(sb, &caller, an);
}

void api_user(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const json_t *account = setting_json(sb, "account");
  struct caller caller;

  caller_identify(sb, rq, &caller);
  if (!caller.valid) {
    caller_challenge(sb, &caller, an);
    return;
  }
  if (caller.pat) { /* as api.github.com describes a token */
    answer_header(an, "X-OAuth-Scopes", caller.scope ? caller.scope : "");
    if (setting(sb, "pat_expires") != NULL)
      answer_header(an, "GitHub-Authentication-Token-Expiration",
                    setting(sb, "pat_expires"));
  }
  answer_json(an, 200,
              json_pack("{sO sO sO ss ss*}", "id",
                        json_object_get(account, "sub"), "login",
                        json_object_get(account, "login"), "email",
                        json_object_get(account, "email"), "scheme",
                        caller.scheme, "client", caller.client));
}

/* Everything that came, but for the credential: that is told as a fact. */
void api_echo(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  static const char *const hidden[] = {"Authorization", "Proxy-Authorization",
                                       "X-API-Key",     "PRIVATE-TOKEN",
                                       "Cookie",        "DPoP"};
  json_t *headers = need(json_object(), "memory");
  struct caller caller;
  size_t i;
  json_t *pair;

  json_array_foreach(rq->headers, i, pair)
  {
    const char *name = json_string_value(json_array_get(pair, 0));
    bool hide = false;
    for (size_t k = 0; k < ARRAY_LEN(hidden); k++)
      hide |= strcasecmp(name, hidden[k]) == 0;
    if (!hide)
      json_object_set(headers, name, json_array_get(pair, 1));
  }
  caller_identify(sb, rq, &caller);

  json_t *body = rq->body_len <= BODY_KEPT
                     ? json_stringn(buf_text(&rq->body), rq->body.len)
                     : NULL;
  answer_json(an, 200,
              json_pack("{ss ss sO so sb sb ss* so sI ss}", "method",
                        rq->method, "target", rq->target, "query", rq->params,
                        "headers", headers, "credential", caller.given,
                        "authorized", caller.valid, "scheme", caller.scheme,
                        "body", body ? body : json_null(), "body_bytes",
                        (json_int_t)rq->body_len, "body_sha256",
                        rq->body_sha256));
}

/* /api/status/CODE[?header=Name:value&body=TEXT] */
void api_status(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const char *line = param(rq, "header");
  const char *body = param(rq, "body");
  int status = (int)number(rq->path + strlen("/api/status/"), 599, 400);

  (void)sb;
  if (line != NULL && strchr(line, ':') != NULL) {
    size_t len = strcspn(line, ":");
    AUTO_STR char *name = need(mem_copy(line, len), "memory");
    answer_header(an, name, line + len + 1 + strspn(line + len + 1, " "));
  }
  if (status == 204 || status == 304)
    an->status = status;
  else if (body != NULL)
    answer_text(an, status, "text/plain", body);
  else
    answer_json(
        an, status,
        json_pack("{si ss}", "status", status, "message", "as you asked"));
}

/* /api/redirect?to=URL[&status=307]; /api/redirect/N: N hops to /api/echo */
void api_redirect(struct sandbox *sb, const struct request *rq,
                  struct answer *an)
{
  const char *to = param(rq, "to");
  int status = (int)number(param(rq, "status"), 399, 302);
  uint64_t hops = number(rq->path + strlen("/api/redirect") +
                             (rq->path[strlen("/api/redirect")] == '/'),
                         1000, 0);

  if (to == NULL) {
    AUTO_STR char *next = hops > 1 ? mem_printf("%s/api/redirect/%ju", sb->base,
                                                (uintmax_t)hops - 1)
                                   : mem_printf("%s/api/echo", sb->base);
    answer_redirect(an, status, need(next, "memory"));
    return;
  }
  answer_redirect(an, status, to);
}

/* /api/slow?ms=N: the head comes late */
void api_slow(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  (void)sb;
  an->wait_ms = (int64_t)number(param(rq, "ms"), 600000, 1000);
  answer_json(an, 200, json_pack("{sI}", "waited_ms", (json_int_t)an->wait_ms));
}

/* /api/scope/NAME: 403 insufficient_scope without it (RFC 6750 §3.1) */
void api_scope(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const char *scope = rq->path + strlen("/api/scope/");
  struct caller caller;

  caller_identify(sb, rq, &caller);
  if (!caller.valid) {
    caller_challenge(sb, &caller, an);
  } else if (!scope_has(caller.scope, scope)) {
    AUTO_STR char *challenge = need(
        mem_printf("Bearer error=\"insufficient_scope\", scope=\"%s\"", scope),
        "memory");
    answer_header(an, "WWW-Authenticate", challenge);
    answer_json(an, 403, json_pack("{ss}", "message", "the scope is missing"));
  } else {
    answer_json(an, 200, json_pack("{ss}", "scope", scope));
  }
}

/* /api/query-key?key=…: an API whose key goes into the query */
void api_query_key(struct sandbox *sb, const struct request *rq,
                   struct answer *an)
{
  if (text_is(param(rq, "key"), setting(sb, "api_key")))
    answer_json(an, 200, json_pack("{sb}", "ok", 1));
  else
    answer_json(an, 401, json_pack("{ss}", "message", "the key is not valid"));
}

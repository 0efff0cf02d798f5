/* Servers that deviate, as those of the presets do. The setting `vendor`:
 *
 *   {"json": true,              /token and /revoke take JSON bodies alone
 *    "basic": true,             … and clients by HTTP Basic alone
 *    "scope_parameter": "user_scope", "scope_separator": ",",
 *    "demands": {"/authorize": {"owner": "user", "resource": false}},
 *                               a parameter's value; false: it must not come
 *    "nest": "authed_user",     the answer to a code lies there; a refresh's
 *                               does not
 *    "members": {"ok": true},   more members around a token answer
 *    "token_type": "user",
 *    "errors": {"invalid_grant": "invalid_code"},
 *                               {"ok": false, "error": …}, with status 200
 *    "pages": {"/api/me": {"needs": {"Notion-Version": "2022-06-28"},
 *                          "body": {…}}}}
 *                               what a token may read, in the API or elsewhere
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const json_t *vendor(const struct sandbox *sb, const char *name)
{
  return json_object_get(setting_json(sb, "vendor"), name);
}

static bool is_client_path(const struct request *rq)
{
  return text_is(rq->path, "/token") || text_is(rq->path, "/revoke");
}

/* --- requests --------------------------------------------------------------
 */

/* The server's own name and separators, in the sandbox's. */
static void rename_scope(const struct sandbox *sb, json_t *params)
{
  const char *name = json_string_value(vendor(sb, "scope_parameter"));
  const char *separator = json_string_value(vendor(sb, "scope_separator"));
  const char *text = json_string_value(json_object_get(params, name));

  if (name == NULL || params == NULL)
    return;
  AUTO_STR char *scope = need(mem_str(text != NULL ? text : ""), "memory");
  for (char *c = scope; separator != NULL && *c != '\0'; c++)
    *c = *c == ' ' ? '?' : *c == *separator ? ' ' : *c; /* no blanks there */
  (void)json_object_del(params, name);
  (void)json_object_del(params, "scope");
  if (text != NULL)
    json_object_set_new(params, "scope", json_string(scope));
}

void vendor_read(struct sandbox *sb, struct request *rq)
{
  const char *type = header(rq, "Content-Type");

  if (json_is_true(vendor(sb, "json")) && is_client_path(rq)) {
    json_decref(rq->form);
    rq->form = NULL;
    if (type != NULL && strcasecmp(type, "application/json") == 0)
      rq->form = json_loadb(buf_text(&rq->body), rq->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
    if (rq->form != NULL && !json_is_object(rq->form)) {
      json_decref(rq->form);
      rq->form = NULL;
    }
  }
  rename_scope(sb, text_is(rq->path, "/authorize") ? rq->params : rq->form);
}

/* What is wrong by `demands`; NULL: nothing. */
static const char *unmet(const struct sandbox *sb, const struct request *rq)
{
  const json_t *given = text_is(rq->method, "GET") ? rq->params : rq->form;
  const char *name;
  json_t *value;

  json_object_foreach(json_object_get(vendor(sb, "demands"), rq->path), name,
                      value)
  {
    const json_t *has = json_object_get(given, name);
    if (json_is_false(value) ? has != NULL : !json_equal(has, value))
      return name;
  }
  return NULL;
}

bool vendor_refuse(struct sandbox *sb, const struct request *rq,
                   struct answer *an)
{
  const char *authorization = header(rq, "Authorization");
  const char *name = unmet(sb, rq);

  if (name != NULL) {
    answer_error(an, 400, "invalid_request", name);
    return true;
  }
  if (!json_is_true(vendor(sb, "basic")) || !is_client_path(rq) ||
      (authorization != NULL && strncmp(authorization, "Basic ", 6) == 0))
    return false;
  answer_error(an, 401, "invalid_client", "HTTP Basic it must be");
  return true;
}

/* --- answers ---------------------------------------------------------------
 */

static json_t *deviate_error(const struct sandbox *sb, json_t *body,
                             struct answer *an)
{
  const json_t *errors = vendor(sb, "errors");
  const char *error = json_string_value(json_object_get(body, "error"));
  const json_t *own = json_object_get(errors, error);

  if (!json_is_object(errors))
    return body;
  an->status = 200;
  json_t *said = need(json_pack("{sb ss}", "ok", 0, "error",
                                own != NULL ? json_string_value(own) : error),
                      "memory");
  json_decref(body);
  return said;
}

static json_t *deviate_tokens(const struct sandbox *sb,
                              const struct request *rq, json_t *body)
{
  const char *nest = json_string_value(vendor(sb, "nest"));
  const char *type = json_string_value(vendor(sb, "token_type"));
  const char *separator = json_string_value(vendor(sb, "scope_separator"));
  const char *scope = json_string_value(json_object_get(body, "scope"));

  if (type != NULL)
    json_object_set_new(body, "token_type", json_string(type));
  if (separator != NULL && scope != NULL) {
    AUTO_STR char *joined = need(mem_str(scope), "memory");
    for (char *c = joined; (c = strchr(c, ' ')) != NULL;)
      *c = *separator;
    json_object_set_new(body, "scope", json_string(joined));
  }
  if (nest != NULL && text_is(form(rq, "grant_type"), "authorization_code"))
    body = need(json_pack("{so}", nest, body), "memory");
  if (vendor(sb, "members") != NULL)
    must(json_object_update(body, (json_t *)vendor(sb, "members")) == 0,
         "memory");
  return body;
}

void vendor_deviate(struct sandbox *sb, const struct request *rq,
                    struct answer *an)
{
  json_t *body;

  if (!text_is(rq->path, "/token") ||
      json_object_size(setting_json(sb, "vendor")) == 0)
    return;
  body = json_loadb(buf_text(&an->body), an->body.len, 0, NULL);
  if (!json_is_object(body)) {
    json_decref(body);
    return;
  }
  body = json_object_get(body, "error") != NULL ? deviate_error(sb, body, an)
                                                : deviate_tokens(sb, rq, body);
  char *text = need(json_dumps(body, JSON_COMPACT), "memory");
  buf_clear(&an->body);
  buf_puts(&an->body, text);
  free(text);
  json_decref(body);
}

bool vendor_page(struct sandbox *sb, const struct request *rq,
                 struct answer *an)
{
  const json_t *page = json_object_get(vendor(sb, "pages"), rq->path);
  struct caller caller;
  const char *name;
  json_t *value;

  if (page == NULL)
    return false;
  caller_identify(sb, rq, &caller);
  if (!caller.valid) {
    caller_challenge(sb, &caller, an);
    return true;
  }
  json_object_foreach(json_object_get(page, "needs"), name, value)
  {
    if (!text_is(header(rq, name), json_string_value(value))) {
      answer_error(an, 400, "missing_header", name);
      return true;
    }
  }
  answer_json(an, 200, json_incref(json_object_get(page, "body")));
  return true;
}

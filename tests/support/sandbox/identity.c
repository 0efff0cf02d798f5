/* Identities of jobs: the sandbox plays the platform that vouches for them, and
 * the services at which they are exchanged.
 *
 *   GET  /identity/github       as GitHub's token service: its own bearer
 * (setting identity.request_token), api-version and audience POST
 * /identity/impersonate  as Google's generateAccessToken GET  /_identity a
 * token for ?audience=, for a test to put where a platform would; ?lifetime= in
 * seconds, ?sub=
 *
 * One from GitHub's service serves once; those that a platform hands out as a
 * variable or a file serve until they expire. patch.identity changes claims,
 * patch.identity_answer and patch.impersonation the answers. */
#include "support/sandbox/sandbox.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const json_t *identity_setting(const struct sandbox *sb,
                                      const char *name)
{
  return json_object_get(setting_json(sb, "identity"), name);
}

static const json_t *patch(const struct sandbox *sb, const char *name)
{
  return json_object_get(setting_json(sb, "patch"), name);
}

/* A new one, remembered; mem_free. */
static char *make(struct sandbox *sb, const char *audience, const char *sub,
                  int64_t lifetime, bool once)
{
  AUTO_STR char *iss = need(mem_printf("%s/identity", sb->base), "memory");
  json_int_t serial = (json_int_t)++sb->serial;
  json_t *claims = need(
      json_pack("{ss ss ss sI sI sI sI}", "iss", iss, "sub", sub, "aud",
                audience, "iat", (json_int_t)now(), "nbf", (json_int_t)now(),
                "exp", (json_int_t)(now() + lifetime), "jti", serial),
      "an identity");

  claims = merge_patch(claims, patch(sb, "identity"));
  char *compact = keys_sign(sb->keys, "ES256", NULL, claims, "valid");
  json_decref(claims);
  json_t *entry = need(
      json_pack("{ss sI sI ss ss sI sb sb sb}", "kind", "identity", "serial",
                serial, "family", (json_int_t)family_new(sb), "sub", sub,
                "audience", audience, "expires", (json_int_t)(now() + lifetime),
                "revoked", 0, "used", 0, "once", once),
      "an identity");
  must(json_object_set_new(sb->tokens, compact, entry) == 0, "memory");
  secret_note(sb, "identity token", compact);
  return compact;
}

void identity_github(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  const char *authorization = header(rq, "Authorization");
  const char *want = json_string_value(identity_setting(sb, "request_token"));
  const char *audience = param(rq, "audience");

  secret_note(sb, "request token", want);
  if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0 ||
      !text_is(authorization + 7, want)) {
    answer_json(an, 401, json_pack("{ss}", "message", "not authorized"));
    return;
  }
  if (rq->repeated || audience == NULL ||
      !text_is(param(rq, "api-version"), "2.0")) {
    answer_json(an, 400, json_pack("{ss}", "message", "a parameter is wrong"));
    return;
  }
  AUTO_STR char *token =
      make(sb, audience, json_string_value(identity_setting(sb, "sub")),
           json_integer_value(identity_setting(sb, "lifetime")),
           /* once= */ true);
  answer_json(an, 200,
              merge_patch(json_pack("{si ss}", "count", (int)strlen(token),
                                    "value", token),
                          patch(sb, "identity_answer")));
}

void control_identity(struct sandbox *sb, const struct request *rq,
                      struct answer *an)
{
  const char *audience = param(rq, "audience");
  const char *lifetime = param(rq, "lifetime");
  const char *sub = param(rq, "sub");
  AUTO_STR char *token =
      make(sb, audience ? audience : sb->issuer,
           sub ? sub : json_string_value(identity_setting(sb, "sub")),
           lifetime ? strtoll(lifetime, NULL, 10)
                    : json_integer_value(identity_setting(sb, "lifetime")),
           /* once= */ false);

  answer_text(an, 200, "text/plain", token);
}

json_t *identity_accept(struct sandbox *sb, const char *value)
{
  json_t *token = token_find(sb, value);
  const char *audience = json_string_value(json_object_get(token, "audience"));
  const char *mine = json_string_value(identity_setting(sb, "audience"));

  secret_note(sb, "an assertion", value);
  if (!text_is(json_string_value(json_object_get(token, "kind")), "identity") ||
      !token_live(sb, token) || !text_is(audience, mine ? mine : sb->issuer))
    return NULL;
  if (json_is_true(json_object_get(token, "once")))
    json_object_set_new(token, "used", json_true());
  return token;
}

/* --- RFC 7523 ------------------------------------------------------------- */

bool identity_proves(struct sandbox *sb, const struct request *rq,
                     const json_t *client)
{
  const char *want = json_string_value(json_object_get(client, "identity"));
  json_t *token;

  if (want == NULL || header(rq, "Authorization") != NULL ||
      form(rq, "client_secret") != NULL ||
      !text_is(form(rq, "client_assertion_type"),
               "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
    return false;
  token = identity_accept(sb, form(rq, "client_assertion"));
  return token != NULL &&
         text_is(json_string_value(json_object_get(token, "sub")), want);
}

bool identity_is_assertion(const struct sandbox *sb, const struct request *rq)
{
  const json_t *token = token_find(sb, form(rq, "assertion"));

  return text_is(json_string_value(json_object_get(token, "kind")), "identity");
}

void grant_identity(struct sandbox *sb, const struct request *rq,
                    struct answer *an)
{
  json_t *token = identity_accept(sb, form(rq, "assertion"));
  const char *scope = form(rq, "scope");
  struct issue is = {.client =
                         form(rq, "client_id") ? form(rq, "client_id") : "",
                     .scope = scope ? scope : "",
                     .sub = json_string_value(json_object_get(token, "sub"))};

  if (token == NULL) {
    answer_error(an, 400, "invalid_grant",
                 "the assertion is expired, used, or for somebody else");
    return;
  }
  is.family = family_new(sb);
  token_issue(sb, &is, an);
}

/* --- a service account ---------------------------------------------------- */

void identity_impersonate(struct sandbox *sb, const struct request *rq,
                          struct answer *an)
{
  struct caller caller;
  AUTO_BUF struct buf expires = BUF_INIT(BUF_LINE);
  json_t *body = json_loadb(buf_text(&rq->body), rq->body.len, 0, NULL);
  const json_t *scopes = json_object_get(body, "scope");

  caller_identify(sb, rq, &caller);
  if (!caller.valid || !scope_has(caller.scope, "https://www.googleapis.com/"
                                                "auth/cloud-platform")) {
    answer_json(an, 403,
                json_pack("{s{si ss ss}}", "error", "code", 403, "message",
                          "Permission denied", "status", "PERMISSION_DENIED"));
  } else if (!json_is_array(scopes) || json_array_size(scopes) == 0) {
    answer_json(
        an, 400,
        json_pack("{s{si ss}}", "error", "code", 400, "message", "no scope"));
  } else {
    int64_t lifetime = setting_int(sb, "access_lifetime");
    clock_rfc3339(&expires, now() + lifetime);
    const char *token = token_new(sb, "access", family_new(sb), "",
                                  json_string_value(json_array_get(scopes, 0)),
                                  "service-account", lifetime);
    answer_json(an, 200,
                merge_patch(json_pack("{ss ss}", "accessToken", token,
                                      "expireTime", buf_text(&expires)),
                            patch(sb, "impersonation")));
  }
  json_decref(body);
}

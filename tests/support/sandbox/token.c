/* The token endpoint (RFC 6749 §3.2): its own grants, rotation of refresh
 * tokens and, when a used one comes again, the end of the whole family (RFC
 * 9700 §4.14.2). */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/mem.h"

#include <string.h>

static void bind_token(struct sandbox *sb, const char *token)
{
  if (sb->jkt != NULL)
    json_object_set_new(token_find(sb, token), "jkt", json_string(sb->jkt));
  if (sb->x5t != NULL)
    json_object_set_new(token_find(sb, token), "x5t", json_string(sb->x5t));
}

void token_issue(struct sandbox *sb, const struct issue *is, struct answer *an)
{
  int64_t lifetime = setting_int(sb, "access_lifetime");
  const char *access = token_new(sb, "access", is->family, is->client,
                                 is->scope, is->sub, lifetime);
  /* What /api/step-up looks at. */
  json_object_set(token_find(sb, access), "grant", (json_t *)is->grant);
  json_t *answer =
      need(json_pack("{ss ss ss}", "access_token", access, "token_type",
                     sb->jkt ? "DPoP" : setting(sb, "token_type"), "scope",
                     is->scope),
           "memory");

  bind_token(sb, access);
  if (is->issued_type != NULL)
    json_object_set_new(answer, "issued_token_type",
                        json_string(is->issued_type));
  details_put(sb, answer, is->details);
  if (setting_on(sb, "expires_in"))
    json_object_set_new(answer, "expires_in", json_integer(lifetime));
  if (is->refresh) {
    const char *refresh =
        token_new(sb, "refresh", is->family, is->client,
                  is->refresh_scope ? is->refresh_scope : is->scope, is->sub,
                  setting_int(sb, "refresh_lifetime"));
    /* What an ID token of a refresh is made from. */
    json_t *entry = token_find(sb, refresh);
    json_object_set(entry, "grant", (json_t *)is->grant);
    bind_token(sb, refresh);
    json_object_set_new(answer, "refresh_token", json_string(refresh));
  }
  if (is->grant != NULL && scope_has(is->scope, "openid")) {
    AUTO_STR char *id_token =
        idtoken_make(sb, is->client, is->grant, access, is->refreshed);
    json_object_set_new(answer, "id_token", json_string(id_token));
    secret_note(sb, "ID token", id_token);
    /* What end-session knows it by. */
    json_object_set_new(
        sb->tokens, id_token,
        json_pack("{ss ss}", "kind", "id", "client", is->client));
  }
  answer_header(an, "Cache-Control", "no-store");
  answer_json(
      an, 200,
      merge_patch(answer, json_object_get(setting_json(sb, "patch"), "token")));
}

static bool pkce_matches(const char *verifier, const char *challenge)
{
  static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789-._~";

  if (verifier == NULL || strlen(verifier) < 43 || strlen(verifier) > 128 ||
      verifier[strspn(verifier, unreserved)] != '\0')
    return false;
  AUTO_STR char *hash = hash_text(verifier, 256, 32);
  return text_is(hash, challenge);
}

static const char *text_of(const json_t *object, const char *name)
{
  return json_string_value(json_object_get(object, name));
}

static void grant_authorization_code(struct sandbox *sb,
                                     const struct request *rq,
                                     const char *client, struct answer *an)
{
  json_t *grant = json_object_get(sb->codes, form(rq, "code"));
  uint64_t family =
      (uint64_t)json_integer_value(json_object_get(grant, "family"));

  secret_note(sb, "code verifier", form(rq, "code_verifier"));
  if (grant == NULL) {
    answer_error(an, 400, "invalid_grant", "no such code");
  } else if (json_is_true(json_object_get(grant, "used"))) {
    family_revoke(sb, family); /* RFC 6749 §4.1.2 */
    answer_error(an, 400, "invalid_grant", "the code was used before");
  } else if (!text_is(client, text_of(grant, "client"))) {
    answer_error(an, 400, "invalid_grant", "the code is another client's");
  } else if (json_integer_value(json_object_get(grant, "expires")) <= now()) {
    answer_error(an, 400, "invalid_grant", "the code has expired");
  } else if (!text_is(form(rq, "redirect_uri"),
                      text_of(grant, "redirect_uri"))) {
    answer_error(an, 400, "invalid_grant", "another redirect_uri");
  } else if (!pkce_matches(form(rq, "code_verifier"),
                           text_of(grant, "challenge"))) {
    answer_error(an, 400, "invalid_grant", "the code_verifier does not match");
  } else if (text_of(grant, "dpop_jkt") != NULL &&
             !text_is(text_of(grant, "dpop_jkt"), sb->jkt)) {
    answer_error(an, 400, "invalid_grant", "the code is bound to another key");
  } else {
    json_object_set_new(grant, "used", json_true());
    const char *scope = text_of(grant, "scope");
    struct issue is = {
        .client = client,
        .scope = scope,
        .sub = text_of(json_object_get(grant, "account"), "sub"),
        .family = family,
        .grant = grant,
        .details = json_object_get(grant, "details"),
        .refresh = setting_on(sb, "refresh_tokens") &&
                   (!setting_on(sb, "refresh_needs_offline") ||
                    scope_has(scope, "offline_access")),
    };
    token_issue(sb, &is, an);
  }
}

static void grant_refresh_token(struct sandbox *sb, const struct request *rq,
                                const char *client, struct answer *an)
{
  json_t *token = token_find(sb, form(rq, "refresh_token"));
  const char *had = text_of(token, "scope");
  const char *asked = form(rq, "scope");
  uint64_t family =
      (uint64_t)json_integer_value(json_object_get(token, "family"));

  if (!text_is(text_of(token, "kind"), "refresh")) {
    answer_error(an, 400, "invalid_grant", "no such refresh token");
  } else if (!text_is(client, text_of(token, "client"))) {
    answer_error(an, 400, "invalid_grant", "the token is another client's");
  } else if (json_is_true(json_object_get(token, "used"))) {
    if (setting_on(sb, "reuse_revokes"))
      family_revoke(sb, family);
    answer_error(an, 400, "invalid_grant",
                 "the refresh token was used before; the login is revoked");
  } else if (!token_live(sb, token)) {
    answer_error(an, 400, "invalid_grant",
                 "the refresh token is expired or revoked");
  } else if (text_of(token, "jkt") != NULL &&
             !text_is(text_of(token, "jkt"), sb->jkt)) {
    answer_error(an, 400, "invalid_grant",
                 "the refresh token is bound to another key");
  } else if (asked != NULL && !scope_within(asked, had)) {
    answer_error(an, 400, "invalid_scope", "more than was granted");
  } else {
    bool rotate = setting_on(sb, "rotation");
    if (rotate)
      json_object_set_new(token, "used", json_true());
    struct issue is = {
        .client = client,
        .scope = asked ? asked : had,
        .refresh_scope = had,
        .sub = text_of(token, "sub"),
        .family = family,
        .grant = json_object_get(token, "grant"),
        .details = json_object_get(json_object_get(token, "grant"), "details"),
        .refresh = rotate,
        .refreshed = true,
    };
    token_issue(sb, &is, an);
  }
}

static void grant_client_credentials(struct sandbox *sb,
                                     const struct request *rq,
                                     const json_t *client, const char *id,
                                     struct answer *an)
{
  const char *may = text_of(client, "scope");
  const char *asked = form(rq, "scope");
  json_t *details;

  if (!details_read(sb, form(rq, "authorization_details"), &details)) {
    answer_error(an, 400, "invalid_authorization_details", "no such details");
    return;
  }
  if (text_of(client, "secret") == NULL && text_of(client, "auth") == NULL &&
      text_of(client, "identity") == NULL) {
    answer_error(an, 400, "unauthorized_client",
                 "this grant needs a client that proves itself");
  } else if (asked != NULL && !scope_within(asked, may ? may : "")) {
    answer_error(an, 400, "invalid_scope", "more than this client may ask for");
  } else {
    struct issue is = {
        .client = id,
        .scope = asked ? asked
                 : may ? may
                       : "",
        .family = family_new(sb),
        .details = details,
    };
    token_issue(sb, &is, an);
  }
  json_decref(details);
}

static void grant_by_name(struct sandbox *sb, const struct request *rq,
                          struct answer *an)
{
  const char *grant = form(rq, "grant_type");
  const char *id;

  if (text_is(grant, TOKEN_EXCHANGE) && exchange_is_open(sb, rq)) {
    grant_token_exchange(sb, rq, "", an);
    return;
  }
  if (text_is(grant, JWT_BEARER) && !identity_is_assertion(sb, rq)) {
    grant_jwt_bearer(sb, rq, an);
    return;
  }
  if (text_is(grant, JWT_BEARER) && exchange_is_open(sb, rq)) {
    grant_identity(sb, rq, an);
    return;
  }
  const json_t *client = client_authenticate(sb, rq, an, &id);
  if (client == NULL)
    return;

  if (text_is(grant, JWT_BEARER))
    grant_identity(sb, rq, an);
  else if (text_is(grant, TOKEN_EXCHANGE))
    grant_token_exchange(sb, rq, id, an);
  else if (text_is(grant, "authorization_code"))
    grant_authorization_code(sb, rq, id, an);
  else if (text_is(grant, "refresh_token"))
    grant_refresh_token(sb, rq, id, an);
  else if (text_is(grant, "client_credentials"))
    grant_client_credentials(sb, rq, client, id, an);
  else if (text_is(grant, DEVICE_CODE))
    grant_device_code(sb, rq, id, an);
  else
    answer_error(an, 400, grant ? "unsupported_grant_type" : "invalid_request",
                 "no such grant_type");
}

void token_endpoint(struct sandbox *sb, const struct request *rq,
                    struct answer *an)
{
  AUTO_STR char *jkt = NULL;

  if (rq->form == NULL || rq->repeated || rq->query[0] != '\0') {
    answer_error(an, 400, "invalid_request",
                 rq->form == NULL ? "the body is not form-encoded"
                 : rq->repeated   ? "a parameter is repeated"
                                  : "parameters belong into the body");
    return;
  }
  if (!assertion_fresh(sb, form(rq, "assertion")) ||
      !assertion_fresh(sb, form(rq, "client_assertion"))) {
    answer_error(an, 400, "invalid_request", "this assertion came before");
    return;
  }
  if (!dpop_issuer(sb, rq, an, &jkt))
    return;
  sb->jkt = jkt;
  sb->x5t = setting_on(sb, "mtls") && rq->client_cert ? rq->certificate : NULL;
  grant_by_name(sb, rq, an);
  sb->jkt = NULL;
  sb->x5t = NULL;
}

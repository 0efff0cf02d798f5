/* Tokens, the logins that they belong to (families), and who may use them. */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

uint64_t family_new(struct sandbox *sb)
{
  uint64_t family = ++sb->serial;
  AUTO_STR char *name = need(mem_printf("%ju", (uintmax_t)family), "memory");

  must(json_object_set_new(sb->families, name,
                           json_pack("{sb}", "revoked", 0)) == 0,
       "memory");
  return family;
}

static json_t *family_find(const struct sandbox *sb, uint64_t family)
{
  AUTO_STR char *name = need(mem_printf("%ju", (uintmax_t)family), "memory");

  return json_object_get(sb->families, name);
}

void family_revoke(struct sandbox *sb, uint64_t family)
{
  json_object_set_new(family_find(sb, family), "revoked", json_true());
}

void secret_note(struct sandbox *sb, const char *what, const char *value)
{
  if (value == NULL || *value == '\0')
    return;
  json_object_set_new(sb->secrets, value, json_string(what));
}

const char *token_new(struct sandbox *sb, const char *kind, uint64_t family,
                      const char *client, const char *scope, const char *sub,
                      int64_t lifetime)
{
  const char *suffix = setting(sb, "token_suffix");
  bool access = text_is(kind, "access");
  AUTO_STR char *value =
      access ? signed_access_token(sb, client, scope, sub, lifetime) : NULL;
  if (value == NULL)
    value = random_text(access ? "access-not-real-" : "refresh-not-real-",
                        suffix ? suffix : "");
  json_t *token =
      need(json_pack("{ss sI sI ss ss ss* sI sb sb}", "kind", kind, "serial",
                     (json_int_t)++sb->serial, "family", (json_int_t)family,
                     "client", client, "scope", scope, "sub", sub, "expires",
                     (json_int_t)(now() + lifetime), "revoked", 0, "used", 0),
           "memory");

  must(json_object_set_new(sb->tokens, value, token) == 0, "memory");
  secret_note(sb, kind, value);
  return json_object_iter_key(json_object_iter_at(sb->tokens, value));
}

json_t *token_find(const struct sandbox *sb, const char *value)
{
  return value ? json_object_get(sb->tokens, value) : NULL;
}

bool token_live(const struct sandbox *sb, const json_t *token)
{
  if (token == NULL)
    return false;

  uint64_t family =
      (uint64_t)json_integer_value(json_object_get(token, "family"));
  return !json_is_true(json_object_get(token, "revoked")) &&
         !json_is_true(json_object_get(token, "used")) &&
         json_integer_value(json_object_get(token, "expires")) > now() &&
         !json_is_true(json_object_get(family_find(sb, family), "revoked"));
}

const json_t *client_find(const struct sandbox *sb, const char *id,
                          const char **ret_id)
{
  json_t *clients = json_object_get(sb->settings, "clients");
  json_t *client = id ? json_object_get(clients, id) : NULL;

  if (client == NULL && client_of_document(sb, id) != NULL) {
    client = json_object_get(sb->settings, "client_document");
    *ret_id = json_string_value(json_object_get(client, "client_id"));
    return client;
  }
  if (client != NULL)
    *ret_id = json_object_iter_key(json_object_iter_at(clients, id));
  return client;
}

/* Splits "Basic …" into its two halves; form_encoded undoes RFC 6749 §2.3.1. */
static bool basic_read(const char *authorization, bool form_encoded,
                       char **ret_user, char **ret_password)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_SECRET);
  AUTO_BUF struct buf user = BUF_INIT(BUF_SECRET);
  AUTO_BUF struct buf password = BUF_INIT(BUF_SECRET);
  struct err err = ERR_INIT;

  if (authorization == NULL || strncasecmp(authorization, "Basic ", 6) != 0)
    return false;
  const char *encoded = authorization + 6;
  if (!codec_unbase64(&plain, encoded, strlen(encoded)))
    return false;
  const char *colon = memchr(buf_text(&plain), ':', plain.len);
  if (colon == NULL)
    return false;

  size_t len = (size_t)(colon - buf_text(&plain));
  if (!form_encoded) {
    buf_put(&user, buf_text(&plain), len);
    buf_puts(&password, colon + 1);
  } else if (!codec_unpercent(&user, buf_text(&plain), len, true) ||
             !codec_unpercent(&password, colon + 1, plain.len - len - 1,
                              true)) {
    return false;
  }
  must(buf_detach(&user, ret_user, NULL, &err) == E_OK &&
           buf_detach(&password, ret_password, NULL, &err) == E_OK,
       "memory");
  return true;
}

/* The secret in the header or the form, or nothing at all. */
static bool secret_proves(const struct request *rq, const json_t *client,
                          const char *basic_secret, const char **why)
{
  bool basic = basic_secret != NULL;
  const char *secret = basic ? basic_secret : form(rq, "client_secret");
  const char *want = json_string_value(json_object_get(client, "secret"));
  const char *method = json_string_value(json_object_get(client, "auth"));
  const char *used = basic    ? "client_secret_basic"
                     : secret ? "client_secret_post"
                              : "none";

  *why = "the client is not authenticated as it is registered";
  return (want == NULL ? secret == NULL : text_is(secret, want)) &&
         (method == NULL || text_is(method, used)) &&
         form(rq, "client_assertion") == NULL &&
         !(basic && form(rq, "client_secret") != NULL);
}

/* RFC 8705 §2: the certificate that is registered, or any. */
static bool certificate_proves(const struct request *rq, const json_t *client,
                               const char **why)
{
  const char *want = json_string_value(json_object_get(client, "certificate"));

  *why = "the certificate is missing or not the client's";
  return rq->certificate[0] != '\0' && header(rq, "Authorization") == NULL &&
         form(rq, "client_secret") == NULL &&
         form(rq, "client_assertion") == NULL &&
         (want == NULL || text_is(rq->certificate, want));
}

static bool client_proves(struct sandbox *sb, const struct request *rq,
                          const json_t *client, const char *id,
                          const char *basic_secret, const char **why)
{
  const char *method = json_string_value(json_object_get(client, "auth"));

  if (json_object_get(client, "identity") != NULL) {
    *why = "the client's identity is not the one that is registered";
    return basic_secret == NULL && identity_proves(sb, rq, client);
  }
  if (text_is(method, "private_key_jwt") ||
      text_is(method, "client_secret_jwt")) {
    *why = "another way of authentication is registered";
    return basic_secret == NULL && form(rq, "client_secret") == NULL &&
           assertion_proves(sb, rq, client, id, why);
  }
  if (text_is(method, "tls_client_auth"))
    return certificate_proves(rq, client, why);
  return secret_proves(rq, client, basic_secret, why);
}

const json_t *client_authenticate(struct sandbox *sb, const struct request *rq,
                                  struct answer *an, const char **ret_id)
{
  AUTO_STR char *basic_id = NULL;
  AUTO_STR char *basic_secret = NULL;
  const char *authorization = header(rq, "Authorization");
  bool basic = basic_read(authorization, true, &basic_id, &basic_secret);
  const char *id = basic ? basic_id : form(rq, "client_id");
  const json_t *client = client_find(sb, id, ret_id);
  const char *why = "no such client";

  secret_note(sb, "client secret",
              json_string_value(json_object_get(client, "secret")));
  if (client != NULL && (authorization == NULL || basic) &&
      client_proves(sb, rq, client, *ret_id, basic_secret, &why))
    return client;

  if (authorization != NULL)
    answer_header(an, "WWW-Authenticate", "Basic realm=\"sandbox\"");
  answer_error(an, authorization != NULL ? 401 : 400, "invalid_client", why);
  return NULL;
}

static bool fixed_credential(struct sandbox *sb, const char *name,
                             const char *value, struct caller *caller)
{
  const char *want = setting(sb, name);

  if (!text_is(value, want))
    return false;
  const json_t *account = setting_json(sb, "account");
  caller->valid = true;
  caller->sub = json_string_value(json_object_get(account, "sub"));
  caller->scope = setting(sb, "pat_scope");
  return true;
}

static void take_token(const json_t *token, struct caller *caller)
{
  caller->valid = true;
  caller->sub = json_string_value(json_object_get(token, "sub"));
  caller->scope = json_string_value(json_object_get(token, "scope"));
  caller->client = json_string_value(json_object_get(token, "client"));
}

static json_t *live_access(struct sandbox *sb, const char *value)
{
  json_t *token = token_find(sb, value);

  return text_is(json_string_value(json_object_get(token, "kind")), "access") &&
                 token_live(sb, token)
             ? token
             : NULL;
}

/* RFC 9449 §7.2: a bound token is none of a bearer's. RFC 8705 §3: nor is one
 * without the certificate that it was given for. */
static void bearer(struct sandbox *sb, const struct request *rq,
                   const char *value, struct caller *caller)
{
  if (fixed_credential(sb, "pat", value, caller)) {
    caller->pat = true;
    return;
  }
  const json_t *token = live_access(sb, value);
  const char *x5t = json_string_value(json_object_get(token, "x5t"));
  if (token != NULL && json_object_get(token, "jkt") == NULL &&
      (x5t == NULL || text_is(rq->certificate, x5t)))
    take_token(token, caller);
}

static void bound(struct sandbox *sb, const struct request *rq,
                  const char *value, struct caller *caller)
{
  const json_t *token = live_access(sb, value);
  const char *jkt = json_string_value(json_object_get(token, "jkt"));

  if (token == NULL || jkt == NULL)
    return;
  caller->error = dpop_api(sb, rq, value, jkt);
  if (caller->error == NULL)
    take_token(token, caller);
}

void caller_identify(struct sandbox *sb, const struct request *rq,
                     struct caller *caller)
{
  AUTO_STR char *user = NULL;
  AUTO_STR char *password = NULL;
  const char *authorization = header(rq, "Authorization");
  const char *key = header(rq, "X-API-Key");
  const char *private_token = header(rq, "PRIVATE-TOKEN");

  memset(caller, 0, sizeof(*caller));
  caller->given = authorization || key || private_token;
  if (authorization != NULL && strncasecmp(authorization, "Bearer ", 7) == 0) {
    caller->scheme = "Bearer";
    bearer(sb, rq, authorization + 7, caller);
  } else if (authorization != NULL &&
             strncasecmp(authorization, "DPoP ", 5) == 0) {
    caller->scheme = "DPoP";
    bound(sb, rq, authorization + 5, caller);
  } else if (authorization != NULL &&
             strncasecmp(authorization, "token ", 6) == 0) {
    caller->scheme = "token";
    bearer(sb, rq, authorization + 6, caller);
  } else if (basic_read(authorization, false, &user, &password)) {
    caller->scheme = "Basic";
    if (text_is(user, setting(sb, "user")))
      fixed_credential(sb, "password", password, caller);
  } else if (key != NULL) {
    caller->scheme = "X-API-Key";
    fixed_credential(sb, "api_key", key, caller);
  } else if (private_token != NULL) {
    caller->scheme = "PRIVATE-TOKEN";
    caller->pat = fixed_credential(sb, "pat", private_token, caller);
  } else if (authorization != NULL) {
    caller->scheme = "unknown";
  }
}

void caller_challenge(const struct sandbox *sb, const struct caller *caller,
                      struct answer *an)
{
  bool named = text_is(setting(sb, "api_metadata"), "challenge");
  bool key_bound = text_is(caller->scheme, "DPoP");
  AUTO_STR char *challenge = need(
      mem_printf("Bearer realm=\"sandbox\"%s%s%s%s",
                 named ? ", resource_metadata=\"" : "", named ? sb->base : "",
                 named ? "/.well-known/oauth-protected-resource/api\"" : "",
                 caller->given && !key_bound
                     ? ", error=\"invalid_token\", "
                       "error_description=\"the token is not valid\""
                     : ""),
      "memory");

  if (key_bound) { /* RFC 9449 §7.1 */
    AUTO_STR char *dpop =
        need(mem_printf("DPoP error=\"%s\", algs=\"ES256\"",
                        caller->error ? caller->error : "invalid_token"),
             "memory");
    answer_header(an, "WWW-Authenticate", dpop);
  }
  answer_header(an, "WWW-Authenticate", challenge);
  answer_json(an, 401,
              json_pack("{ss}", "message",
                        caller->given ? "bad credentials"
                                      : "authentication is required"));
}

/* Registration of clients (RFC 7591) and its management (RFC 7592). Strict: a
 * request must be JSON of what this server has, and what it does not have is
 * refused, not left out. The setting `registration` says who may: "open",
 * "token" (nobody, since no test has an initial access token) or "off". */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

static const char *text_of(const json_t *object, const char *name)
{
  return json_string_value(json_object_get(object, name));
}

/* --- what is asked ------------------------------------------------------- */

static bool is_redirect(const char *uri)
{
  static const char *const starts[] = {"http://127.0.0.1", "http://[::1]",
                                       "http://localhost", "https://"};

  for (size_t i = 0; uri != NULL && i < ARRAY_LEN(starts); i++)
    if (strncmp(uri, starts[i], strlen(starts[i])) == 0)
      return strchr(uri, '#') == NULL && strchr(uri, '*') == NULL;
  return false;
}

/* Is each of a list one of these words? */
static bool all_among(const json_t *list, const char *words)
{
  size_t i;
  json_t *item;

  if (!json_is_array(list) || json_array_size(list) == 0)
    return false;
  json_array_foreach(list, i, item)
  {
    if (!json_is_string(item) || !scope_has(words, json_string_value(item)))
      return false;
  }
  return true;
}

static bool holds(const json_t *list, const char *word)
{
  size_t i;
  json_t *item;

  json_array_foreach(list, i, item)
  {
    if (text_is(json_string_value(item), word))
      return true;
  }
  return false;
}

static bool scopes_known(const struct sandbox *sb, const char *scope)
{
  AUTO_BUF struct buf known = BUF_INIT(BUF_LINE);
  size_t i;
  json_t *item;

  json_array_foreach(setting_json(sb, "scopes"), i, item)
  {
    buf_puts(&known, json_string_value(item));
    buf_putc(&known, ' ');
  }
  return scope_within(scope, buf_text(&known));
}

/* The error of RFC 7591 §3.2.2, or NULL. */
static const char *find_fault(const struct sandbox *sb, const json_t *asked)
{
  const json_t *uris = json_object_get(asked, "redirect_uris");
  const char *auth = text_of(asked, "token_endpoint_auth_method");
  const char *type = text_of(asked, "application_type");
  const char *scope = text_of(asked, "scope");
  size_t i;
  json_t *uri;

  if (!json_is_array(uris) || json_array_size(uris) == 0)
    return "invalid_redirect_uri";
  json_array_foreach(uris, i, uri)
  {
    bool loopback = strncmp(json_is_string(uri) ? json_string_value(uri) : "",
                            "http:", 5) == 0;
    if (!is_redirect(json_string_value(uri)) ||
        (loopback && !text_is(type, "native")))
      return "invalid_redirect_uri";
  }
  if (!all_among(json_object_get(asked, "grant_types"),
                 "authorization_code refresh_token "
                 "urn:ietf:params:oauth:grant-type:device_code") ||
      !holds(json_object_get(asked, "grant_types"), "authorization_code") ||
      !all_among(json_object_get(asked, "response_types"), "code") ||
      auth == NULL ||
      !scope_has("none client_secret_basic client_secret_post", auth) ||
      (scope != NULL && !scopes_known(sb, scope)) ||
      text_of(asked, "client_name") == NULL)
    return "invalid_client_metadata";
  return NULL;
}

/* --- what is kept and told ----------------------------------------------- */

/* The client information response (§3.2.1). */
static json_t *describe(const struct sandbox *sb, const char *id,
                        const json_t *client)
{
  json_t *answer =
      need(json_copy(json_object_get(client, "registered")), "memory");
  const char *secret = text_of(client, "secret");
  const char *token = text_of(client, "registration_token");

  json_object_set_new(answer, "client_id", json_string(id));
  json_object_set_new(answer, "client_id_issued_at", json_integer(now()));
  json_object_set(answer, "token_endpoint_auth_method",
                  json_object_get(client, "auth"));
  if (secret != NULL) {
    int64_t lifetime = setting_int(sb, "registration_secret_lifetime");
    json_object_set_new(answer, "client_secret", json_string(secret));
    json_object_set_new(answer, "client_secret_expires_at",
                        json_integer(lifetime != 0 ? now() + lifetime : 0));
  }
  if (setting_on(sb, "registration_management")) {
    AUTO_STR char *uri = need(
        mem_printf("%s%s/register/%s", sb->base, setting(sb, "prefix"), id),
        "memory");
    json_object_set_new(answer, "registration_access_token",
                        json_string(token));
    json_object_set_new(answer, "registration_client_uri", json_string(uri));
  }
  return merge_patch(
      answer, json_object_get(setting_json(sb, "patch"), "registration"));
}

static const json_t *keep(struct sandbox *sb, const json_t *asked,
                          const char *id)
{
  const char *forced = setting(sb, "registration_auth");
  const char *auth =
      forced != NULL ? forced : text_of(asked, "token_endpoint_auth_method");
  AUTO_STR char *token = random_text("registration-not-real-", "");
  json_t *client =
      need(json_pack("{sO ss ss sO}", "redirect_uris",
                     json_object_get(asked, "redirect_uris"), "auth", auth,
                     "registration_token", token, "registered", asked),
           "memory");

  secret_note(sb, "registration token", token);
  if (!text_is(auth, "none")) {
    AUTO_STR char *secret = random_text("client-secret-not-real-", "");
    json_object_set_new(client, "secret", json_string(secret));
    secret_note(sb, "client secret", secret);
  }
  json_object_set_new(json_object_get(sb->settings, "clients"), id, client);
  return client;
}

void register_endpoint(struct sandbox *sb, const struct request *rq,
                       struct answer *an)
{
  const char *type = header(rq, "Content-Type");
  const char *who = setting(sb, "registration");
  AUTO_STR char *id = random_text("client-", "");

  if (text_is(who, "off")) {
    answer_error(an, 404, "not_found", "no registration here");
    return;
  }
  if (!text_is(who, "open")) {
    answer_header(an, "WWW-Authenticate", "Bearer realm=\"sandbox\"");
    answer_error(an, 401, "invalid_token", "an initial access token is needed");
    return;
  }
  json_t *asked = json_loadb(buf_text(&rq->body), rq->body.len,
                             JSON_REJECT_DUPLICATES, NULL);
  const char *fault = !json_is_object(asked) || type == NULL ||
                              strcasecmp(type, "application/json") != 0
                          ? "invalid_client_metadata"
                          : find_fault(sb, asked);
  answer_header(an, "Cache-Control", "no-store");
  if (fault != NULL)
    answer_error(an, 400, fault, "this client cannot be registered");
  else
    answer_json(an, 201, describe(sb, id, keep(sb, asked, id)));
  json_decref(asked);
}

/* RFC 7592: 401 for a wrong token and for a client that is not there. */
void register_manage(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  json_t *clients = json_object_get(sb->settings, "clients");
  const char *id = rq->path + strlen("/register/");
  const char *authorization = header(rq, "Authorization");
  const json_t *client = json_object_get(clients, id);
  AUTO_STR char *want = need(
      mem_printf("Bearer %s", text_of(client, "registration_token")), "memory");

  if (text_of(client, "registration_token") == NULL ||
      !text_is(authorization, want)) {
    answer_header(an, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
    answer_error(an, 401, "invalid_token", "no such client, or not its token");
  } else if (text_is(rq->method, "GET")) {
    answer_header(an, "Cache-Control", "no-store");
    answer_json(an, 200, describe(sb, id, client));
  } else if (text_is(rq->method, "DELETE")) {
    json_object_del(clients, id);
    an->status = 204;
  } else {
    answer_error(an, 405, "invalid_request", "GET or DELETE");
  }
}

/* --- a client's own document --------------------------------------------- */

/* The setting as it is: what a client's owner has put up. */
void client_document(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  const json_t *document = setting_json(sb, "client_document");

  (void)rq;
  if (json_is_object(document))
    answer_json(an, 200, need(json_deep_copy(document), "memory"));
  else
    answer_error(an, 404, "not_found", "no document here");
}

const json_t *client_of_document(const struct sandbox *sb, const char *id)
{
  const json_t *document = setting_json(sb, "client_document");
  AUTO_STR char *url = need(mem_printf("%s/client.json", sb->base), "memory");
  const char *auth = text_of(document, "token_endpoint_auth_method");

  if (!setting_on(sb, "client_documents") || !text_is(id, url) ||
      !text_is(text_of(document, "client_id"), url) ||
      json_object_get(document, "client_secret") != NULL ||
      (auth != NULL && strncmp(auth, "client_secret_", 14) == 0))
    return NULL;
  return document;
}

/* The authorization endpoint (RFC 6749 §4.1, RFC 7636, RFC 9207). The person is
 * logged in already; `consent` decides what they do: "auto" agrees at once,
 * "deny" refuses at once, "page" shows a page with two buttons. */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A loopback redirect URI without its port; NULL for another kind. */
static char *without_port(const char *uri)
{
  static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]",
                                      "http://localhost"};

  for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
    size_t len = strlen(hosts[i]);
    if (strncmp(uri, hosts[i], len) != 0)
      continue;
    const char *rest = uri + len;
    if (*rest == ':')
      rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest != '/' && *rest != '\0')
      return NULL;
    return need(mem_printf("%s%s", hosts[i], rest), "memory");
  }
  return NULL;
}

bool redirect_registered(const json_t *client, const char *list,
                         const char *uri)
{
  AUTO_STR char *bare = without_port(uri);
  size_t i;
  json_t *entry;

  json_array_foreach(json_object_get(client, list), i, entry)
  {
    if (text_is(json_string_value(entry), uri) ||
        text_is(json_string_value(entry), bare))
      return true;
  }
  return false;
}

static void page(struct answer *an, int status, const char *text)
{
  AUTO_STR char *html =
      need(mem_printf("<!DOCTYPE html>\n<title>sandbox</title>\n"
                      "<p>%s</p>\n",
                      text),
           "memory");

  answer_text(an, status, "text/html; charset=utf-8", html);
}

/* JARM: the parameters as a JWT of the sandbox, right unless `jarm_answer` says
 * otherwise: signature and header as with ID tokens; patch.jarm changes its
 * claims. Takes the reference of pairs. */
static json_t *signed_answer(struct sandbox *sb, const struct request *rq,
                             json_t *pairs)
{
  const json_t *wrong = setting_json(sb, "jarm_answer");
  json_t *claims =
      need(json_pack("{ss ss* sI}", "iss", sb->issuer, "aud",
                     param(rq, "client_id"), "exp", (json_int_t)(now() + 600)),
           "memory");

  must(json_object_update(claims, pairs) == 0, "memory");
  claims =
      merge_patch(claims, json_object_get(setting_json(sb, "patch"), "jarm"));
  AUTO_STR char *compact =
      keys_sign(sb->keys, setting(sb, "alg"), json_object_get(wrong, "header"),
                claims, json_string_value(json_object_get(wrong, "signature")));
  json_decref(claims);
  json_decref(pairs);
  secret_note(sb, "signed answer", compact);
  return need(json_pack("{ss}", "response", compact), "memory");
}

/* Sends the browser back with a code or error, state and iss. */
static void send_back(struct sandbox *sb, const struct request *rq,
                      struct answer *an, const char *name, const char *value)
{
  const json_t *patch = setting_json(sb, "patch");
  const char *mode = param(rq, "response_mode");
  const char *uri = param(rq, "redirect_uri");
  AUTO_BUF struct buf to = BUF_INIT(BUF_URL);
  json_t *pairs =
      need(json_pack("{ss ss*}", name, value, "state", param(rq, "state")),
           "memory");
  const char *key;
  json_t *text;

  if (setting_on(sb, "iss"))
    json_object_set_new(pairs, "iss", json_string(sb->issuer));
  pairs = merge_patch(pairs, json_object_get(patch, "callback"));
  if (mode != NULL && strstr(mode, "jwt") != NULL)
    pairs = signed_answer(sb, rq, pairs);
  pairs = merge_patch(pairs, json_object_get(patch, "query"));
  buf_puts(&to, uri);
  buf_putc(&to, strchr(uri, '?') ? '&' : '?');
  bool first = true;
  json_object_foreach(pairs, key, text)
  {
    if (!first)
      buf_putc(&to, '&');
    first = false;
    codec_form(&to, key, strlen(key));
    buf_putc(&to, '=');
    codec_form(&to, json_string_value(text), json_string_length(text));
  }
  json_decref(pairs);
  answer_redirect(an, 302, buf_text(&to));
}

/* `jarm`: "" (answers are never signed), "offered" or "only". */
static bool mode_fits(const struct sandbox *sb, const struct request *rq)
{
  const char *mode = param(rq, "response_mode");
  const char *jarm = setting(sb, "jarm");

  if (mode == NULL || text_is(mode, "query"))
    return !text_is(jarm, "only");
  return *jarm && (text_is(mode, "jwt") || text_is(mode, "query.jwt"));
}

/* What is wrong with the request, for an error redirect; NULL when it is fine.
 */
static const char *find_fault(struct sandbox *sb, const struct request *rq)
{
  const char *challenge = param(rq, "code_challenge");
  const char *scope = param(rq, "scope");
  const char *max_age = param(rq, "max_age");
  json_t *details;
  size_t i;
  json_t *known;

  if (rq->repeated || !mode_fits(sb, rq))
    return "invalid_request";
  if (max_age != NULL && max_age[strspn(max_age, "0123456789")] != '\0')
    return "invalid_request";
  if (!text_is(param(rq, "response_type"), "code"))
    return "unsupported_response_type";
  if (!text_is(param(rq, "code_challenge_method"), "S256") ||
      challenge == NULL || strlen(challenge) != 43)
    return "invalid_request";
  if (!details_read(sb, param(rq, "authorization_details"), &details))
    return "invalid_authorization_details";
  json_decref(details);
  for (; scope != NULL && *scope != '\0'; scope += strspn(scope, " ")) {
    size_t len = strcspn(scope, " ");
    bool found = false;
    json_array_foreach(setting_json(sb, "scopes"), i, known)
    {
      found |= json_string_length(known) == len &&
               memcmp(json_string_value(known), scope, len) == 0;
    }
    if (!found)
      return "invalid_scope";
    scope += len;
  }
  return NULL;
}

/* OpenID Core §3.1.2.1: the best class that was asked for is the one that is
 * had; `acr` sets another. A person who has logged in `auth_age` seconds ago
 * does so again when max_age is less. */
static char *class_of(struct sandbox *sb, const struct request *rq)
{
  const char *asked = param(rq, "acr_values");
  const char *fixed = setting(sb, "acr");

  if (fixed != NULL)
    return need(mem_str(fixed), "memory");
  return asked != NULL ? need(mem_copy(asked, strcspn(asked, " ")), "memory")
                       : NULL;
}

static int64_t time_of(struct sandbox *sb, const struct request *rq)
{
  const char *max_age = param(rq, "max_age");
  int64_t age = setting_int(sb, "auth_age");

  return max_age != NULL && strtoll(max_age, NULL, 10) < age ? now()
                                                             : now() - age;
}

static void grant_code(struct sandbox *sb, const struct request *rq,
                       struct answer *an)
{
  AUTO_STR char *code = random_text("code-not-real-", "");
  const json_t *account = setting_json(sb, "account");
  const char *scope = setting(sb, "grant_scope");
  AUTO_STR char *acr = class_of(sb, rq);
  json_t *grant = need(
      json_pack("{ss ss ss ss ss* ss* sO sI sI ss* sI}", "client",
                param(rq, "client_id"), "redirect_uri",
                param(rq, "redirect_uri"), "challenge",
                param(rq, "code_challenge"), "scope",
                scope                ? scope
                : param(rq, "scope") ? param(rq, "scope")
                                     : "",
                "nonce", param(rq, "nonce"), "dpop_jkt", param(rq, "dpop_jkt"),
                "account", account, "family", (json_int_t)family_new(sb),
                "auth_time", (json_int_t)time_of(sb, rq), "acr", acr, "expires",
                (json_int_t)(now() + setting_int(sb, "code_lifetime"))),
      "the grant");
  json_t *details = NULL;

  if (details_read(sb, param(rq, "authorization_details"), &details) && details)
    must(json_object_set_new(grant, "details", details) == 0, "memory");
  must(json_object_set_new(sb->codes, code, grant) == 0, "memory");
  secret_note(sb, "code", code);
  send_back(sb, rq, an, "code", code);
}

const char *authorize_fault(struct sandbox *sb, const json_t *client,
                            const struct request *rq)
{
  const char *uri = param(rq, "redirect_uri");

  return uri == NULL || !redirect_registered(client, "redirect_uris", uri)
             ? "invalid_request"
             : find_fault(sb, rq);
}

/* Checks what must not lead to a redirect; false when it answered. ret_asked:
 * the request that is meant, pushed or as it came. */
static bool check_client(struct sandbox *sb, const struct request *rq,
                         struct request *ret_asked, struct answer *an)
{
  const char *id;
  const json_t *client = client_find(sb, param(rq, "client_id"), &id);
  const char *why = client == NULL
                        ? "No such client."
                        : pushed_resolve(sb, client, id, rq, ret_asked);
  const char *uri = why == NULL ? param(ret_asked, "redirect_uri") : NULL;

  if (why != NULL)
    page(an, 400, why);
  else if (uri == NULL || !redirect_registered(client, "redirect_uris", uri))
    page(an, 400, "This redirect URI is not registered.");
  else
    return true;
  return false;
}

static void put_page(const struct request *rq, struct answer *an)
{
  AUTO_BUF struct buf html = BUF_INIT(BUF_URL * 2);

  buf_puts(&html, "<!DOCTYPE html>\n<title>sandbox</title>\n"
                  "<form method=\"post\" action=\"authorize?");
  for (const char *c = rq->query; *c != '\0'; c++)
    buf_puts(&html, *c == '&'   ? "&amp;"
                    : *c == '"' ? "&quot;"
                    : *c == '<' ? "&lt;"
                                : (char[]){*c, '\0'});
  buf_puts(&html, "\">\n<button name=\"decision\" value=\"allow\">Allow"
                  "</button>\n<button name=\"decision\" value=\"deny\">Deny"
                  "</button>\n</form>\n");
  answer_text(an, 200, "text/html; charset=utf-8", buf_text(&html));
}

void authorize_ask(struct sandbox *sb, const struct request *rq,
                   struct answer *an)
{
  const char *consent = setting(sb, "consent");
  struct request asked;

  if (!check_client(sb, rq, &asked, an))
    return;

  const char *fault = find_fault(sb, &asked);
  if (fault == NULL && text_is(consent, "page")) {
    put_page(rq, an);
    return;
  }
  pushed_used(sb, rq);
  if (fault != NULL)
    send_back(sb, &asked, an, "error", fault);
  else if (text_is(consent, "deny"))
    send_back(sb, &asked, an, "error", "access_denied");
  else
    grant_code(sb, &asked, an);
}

void authorize_decide(struct sandbox *sb, const struct request *rq,
                      struct answer *an)
{
  struct request asked;

  if (!check_client(sb, rq, &asked, an))
    return;

  const char *fault = find_fault(sb, &asked);
  pushed_used(sb, rq);
  if (fault != NULL)
    send_back(sb, &asked, an, "error", fault);
  else if (text_is(form(rq, "decision"), "allow"))
    grant_code(sb, &asked, an);
  else
    send_back(sb, &asked, an, "error", "access_denied");
}

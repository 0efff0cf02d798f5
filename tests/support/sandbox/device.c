/* Device authorization (RFC 8628): the endpoint, the page on which the person
 * enters the code, and the polling of the token endpoint, whose pace is
 * enforced.
 *
 * The setting `device`: interval and expires_in in seconds; decision "allow",
 * "deny" or "expire", made by itself at poll number `after` (0: by the page or
 * POST /_control {"device": DECISION} alone); strict: polling sooner than
 * interval is answered by slow_down. */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <string.h>

static json_t *option(const struct sandbox *sb, const char *name)
{
  return json_object_get(setting_json(sb, "device"), name);
}

static const char *text_of(const json_t *object, const char *name)
{
  return json_string_value(json_object_get(object, name));
}

static int64_t number_of(const json_t *object, const char *name)
{
  return json_integer_value(json_object_get(object, name));
}

static void put(json_t *object, const char *name, int64_t value)
{
  must(json_object_set_new(object, name, json_integer(value)) == 0, "memory");
}

static bool scopes_known(const struct sandbox *sb, const char *scope)
{
  AUTO_BUF struct buf known = BUF_INIT(BUF_LINE);
  size_t i;
  json_t *word;

  json_array_foreach(setting_json(sb, "scopes"), i, word)
      buf_printf(&known, "%s%s", i ? " " : "", json_string_value(word));
  return scope == NULL || scope_within(scope, buf_text(&known));
}

/* --- the device authorization endpoint, §3.1 ----------------------------- */

/* Eight letters of which no word is made (§6.1), from the serial: "BCDF-GHJK".
 */
static char *user_code_new(struct sandbox *sb)
{
  static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
  uint64_t number = ++sb->serial * 7919 + 1234567;
  char code[10] = "";

  for (size_t i = 0; i < 9; i++) {
    code[i] = i == 4 ? '-' : letters[number % 20];
    number = i == 4 ? number : number / 20 + (uint64_t)i * 131;
  }
  return need(mem_str(code), "memory");
}

static void code_new(struct sandbox *sb, const struct request *rq,
                     const char *client, json_t *details, struct answer *an)
{
  AUTO_STR char *device_code = random_text("device-not-real-", "");
  AUTO_STR char *user_code = user_code_new(sb);
  AUTO_STR char *uri = need(mem_printf("%s/activate", sb->base), "memory");
  AUTO_STR char *complete =
      need(mem_printf("%s?user_code=%s", uri, user_code), "memory");
  const char *scope = form(rq, "scope");
  json_int_t interval = json_integer_value(option(sb, "interval"));
  json_int_t life = json_integer_value(option(sb, "expires_in"));
  json_t *device =
      need(json_pack("{ss ss ss sI sI sI sI}", "client", client, "user_code",
                     user_code, "scope", scope ? scope : "", "interval_ms",
                     1000 * interval, "asked_ms", (json_int_t)mono_ms(),
                     "expires_ms", (json_int_t)(mono_ms() + 1000 * life),
                     "polls", (json_int_t)0),
           "memory");

  if (details != NULL)
    must(json_object_set_new(device, "details", details) == 0, "memory");
  must(json_object_set_new(sb->devices, device_code, device) == 0, "memory");
  secret_note(sb, "device code", device_code);
  answer_header(an, "Cache-Control", "no-store");
  answer_json(
      an, 200,
      merge_patch(
          need(json_pack("{ss ss ss ss sI sI}", "device_code", device_code,
                         "user_code", user_code, "verification_uri", uri,
                         "verification_uri_complete", complete, "expires_in",
                         life, "interval", interval),
               "memory"),
          json_object_get(setting_json(sb, "patch"), "device")));
}

void device_ask(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const char *id;
  const json_t *client;
  json_t *details = NULL;

  if (rq->form == NULL || rq->repeated || rq->query[0] != '\0') {
    answer_error(an, 400, "invalid_request",
                 "one form, each parameter once, and no query");
    return;
  }
  client = client_authenticate(sb, rq, an, &id);
  if (client == NULL)
    return;
  if (json_is_false(json_object_get(client, "device")))
    answer_error(an, 400, "unauthorized_client",
                 "device authorization is not for this client");
  else if (!scopes_known(sb, form(rq, "scope")))
    answer_error(an, 400, "invalid_scope", "no such scope");
  else if (!details_read(sb, form(rq, "authorization_details"), &details))
    answer_error(an, 400, "invalid_authorization_details", "not known");
  else
    code_new(sb, rq, id, details, an);
}

/* --- the person, §3.3 ------------------------------------------------------
 */

static json_t *find_by_user_code(const struct sandbox *sb, const char *code)
{
  const char *key;
  json_t *device;

  json_object_foreach(sb->devices, key, device)
  {
    if (text_is(code, text_of(device, "user_code")))
      return device;
  }
  return NULL;
}

void device_page(struct sandbox *sb, const struct request *rq,
                 struct answer *an)
{
  const char *code = param(rq, "user_code");
  json_t *device = find_by_user_code(sb, code);
  bool known = device != NULL && mono_ms() < number_of(device, "expires_ms");

  if (known && !text_is(setting(sb, "consent"), "page"))
    must(json_object_set_new(device, "decision",
                             json_string(text_is(setting(sb, "consent"), "deny")
                                             ? "deny"
                                             : "allow")) == 0,
         "memory");
  answer_text(an, known || code == NULL ? 200 : 404, "text/html; charset=utf-8",
              known          ? "<!DOCTYPE html>\n<title>sandbox</title>\n"
                               "<p>The code is known.</p>\n"
              : code == NULL ? "<!DOCTYPE html>\n<title>sandbox</title>\n"
                               "<form><label>Code <input name=\"user_code\">"
                               "</label></form>\n"
                             : "<!DOCTYPE html>\n<title>sandbox</title>\n"
                               "<p>No such code.</p>\n");
}

bool device_decide(struct sandbox *sb, const char *decision)
{
  const char *key;
  json_t *device;

  if (decision == NULL)
    return false;
  json_object_foreach(sb->devices, key, device)
      must(json_object_set_new(device, "decision", json_string(decision)) == 0,
           "memory");
  return true;
}

/* --- polling, §3.5 ---------------------------------------------------------
 */

/* Sooner than allowed: the pace is lowered, permanently. */
static bool too_soon(const struct sandbox *sb, json_t *device)
{
  int64_t now_ms = mono_ms();
  int64_t since = now_ms - number_of(device, "asked_ms");
  int64_t interval = number_of(device, "interval_ms");

  put(device, "asked_ms", now_ms);
  if (since >= interval || !json_is_true(option(sb, "strict")))
    return false;
  put(device, "interval_ms", interval + 5000);
  return true;
}

static const char *decision_of(const struct sandbox *sb, json_t *device)
{
  int64_t after = json_integer_value(option(sb, "after"));
  int64_t polls = number_of(device, "polls") + 1;
  const char *made = text_of(device, "decision");

  put(device, "polls", polls);
  if (made == NULL && after > 0 && polls >= after)
    made = json_string_value(option(sb, "decision"));
  if (mono_ms() >= number_of(device, "expires_ms"))
    made = "expire";
  return made ? made : "";
}

/* What was decided; NULL when the answer is an error. */
static json_t *poll_decision(struct sandbox *sb, const struct request *rq,
                             const char *client, struct answer *an)
{
  json_t *device = json_object_get(sb->devices, form(rq, "device_code"));

  if (device == NULL || !text_is(client, text_of(device, "client")) ||
      json_is_true(json_object_get(device, "used"))) {
    answer_error(an, 400, "invalid_grant", "no such device code");
    return NULL;
  }
  if (too_soon(sb, device)) {
    answer_error(an, 400, "slow_down", "5 s more between two requests");
    return NULL;
  }
  const char *decision = decision_of(sb, device);
  if (text_is(decision, "allow")) {
    json_object_set_new(device, "used", json_true());
    return device;
  }
  answer_error(an, 400,
               text_is(decision, "deny")     ? "access_denied"
               : text_is(decision, "expire") ? "expired_token"
                                             : "authorization_pending",
               "the person");
  return NULL;
}

void grant_device_code(struct sandbox *sb, const struct request *rq,
                       const char *client, struct answer *an)
{
  json_t *device = poll_decision(sb, rq, client, an);

  if (device == NULL)
    return;
  const char *scope = text_of(device, "scope");
  const char *given = setting(sb, "grant_scope");
  json_t *grant =
      need(json_pack("{sO sI sO*}", "account", setting_json(sb, "account"),
                     "auth_time", (json_int_t)now(), "details",
                     json_object_get(device, "details")),
           "memory");
  must(json_object_set_new(device, "grant", grant) == 0, "memory");
  struct issue is = {
      .client = client,
      .scope = given ? given : scope,
      .sub = text_of(json_object_get(grant, "account"), "sub"),
      .family = family_new(sb),
      .grant = grant,
      .details = json_object_get(grant, "details"),
      .refresh = setting_on(sb, "refresh_tokens") &&
                 (!setting_on(sb, "refresh_needs_offline") ||
                  scope_has(scope, "offline_access")),
  };
  token_issue(sb, &is, an);
}

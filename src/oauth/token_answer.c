/* Reading the token endpoint's answer: its `error`, whatever the status; then
 * the status; then the body's form, and each member. Nothing is handed out
 * unless all of it is sound. */
#include "oauth/token.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "oauth/details.h"
#include "oauth/exchange.h"
#include "oauth/failure.h"
#include "oauth/form.h"
#include "oauth/scope.h"

#include <string.h>
#include <strings.h>

/* What is being read. */
struct reading {
  struct token_answer *answer;
  const struct profile *profile;
  const char *who;
  const char *content_type; /* "" when there was none */
  json_t *body;             /* the whole, an object */
  const json_t *inner;      /* the answer proper, in it */
};

static enum code wrong(const struct reading *r, const char *member,
                       const char *why, struct err *err)
{
  return err_set(err, E_ANSWER, "the token answer of %s: %s %s", r->who, member,
                 why);
}

/* --- the body ---------------------------------------------------------- */

static enum code parse_body(struct reading *r, const char *body, size_t len,
                            struct err *err)
{
  AUTO_STR char *what = mem_printf("the token answer of %s", r->who);

  return what ? form_answer(&r->body, r->content_type, r->answer->status, body,
                            len, what, err)
              : err_nomem(err);
}

static enum code check_status(const struct reading *r, struct err *err)
{
  return failure_status(err, r->who, r->answer->status, "at the token endpoint",
                        r->content_type);
}

/* --- errors ------------------------------------------------------------ */

const char *token_error_word(const struct profile *profile, const char *word)
{
  const json_t *errors = profile->token_response.errors;
  const char *same = errors ? json_text(errors, word) : NULL;

  return same ? same : word;
}

static enum code refused(struct reading *r, const json_t *object,
                         struct err *err)
{
  const json_t *value = json_object_get(object, "error");
  const char *word = json_string_value(value);
  const char *text = json_text(object, "error_description");
  struct token_answer *answer = r->answer;
  struct failure failure;
  enum code code;

  if (!word || !*word) {
    code = check_status(r, err);
    return code != E_OK ? code : wrong(r, "error", "is not a text", err);
  }
  failure = (struct failure){.error = token_error_word(r->profile, word),
                             .description = text ? text : ""};
  answer->error = mem_str(failure.error);
  answer->error_description = mem_str(failure.description);
  if (!answer->error || !answer->error_description)
    return err_nomem(err);
  return failure_set(err, failure_code(answer->status), r->who, &failure);
}

static bool has_error(const json_t *object)
{
  const json_t *value = json_object_get(object, "error");

  return value && !json_is_null(value);
}

/* `token_response.ok`: the pointer that must be true. */
static enum code check_ok(const struct reading *r, struct err *err)
{
  const char *ok = r->profile->token_response.ok;

  if (ok && !json_is_true(json_pointer(r->body, ok)))
    return err_set(err, E_ANSWER, "the token answer of %s is not true at '%s'",
                   r->who, ok);
  return E_OK;
}

/* --- members ----------------------------------------------------------- */

/* A token: visible ASCII, no space (RFC 6750 §2.1, RFC 6749 A.12, A.17). Absent
 * or null: *ret_secret stays NULL. */
static enum code take_secret(const struct reading *r, const char *member,
                             size_t max, struct secret **ret_secret,
                             struct err *err)
{
  const json_t *value = json_object_get(r->inner, member);
  const char *text = json_string_value(value);
  size_t len = json_string_length(value);

  if (!value || json_is_null(value))
    return E_OK;
  if (!text)
    return wrong(r, member, "is not a text", err);
  if (len == 0)
    return wrong(r, member, "is empty", err);
  if (len > max)
    return wrong(r, member, "is too long", err);
  for (size_t i = 0; i < len; i++)
    if (text[i] <= 0x20 || text[i] > 0x7e)
      return wrong(r, member, "has a character that no token has", err);
  return secret_new(ret_secret, text, len, err);
}

static enum code wrong_type(const struct reading *r, const char *found,
                            struct err *err)
{
  AUTO_STR char *text = NULL;
  enum code code = failure_text(&text, found, err);

  if (code != E_OK)
    return code;
  return err_set(err, E_ANSWER,
                 "the token answer of %s: token_type is '%.60s', not %s",
                 r->who, text, r->answer->bound ? "DPoP" : "Bearer");
}

/* Rule 1.8: one kind was asked for, and the other came. */
static enum code other_type(const struct reading *r, struct err *err)
{
  bool bound = r->answer->bound;

  (void)err_set(err, E_CHECK,
                bound ? "%s was asked for a token bound by DPoP and gives a "
                        "bearer's: refused"
                      : "%s gives a token bound by DPoP, which was not asked "
                        "for: refused",
                r->who);
  if (r->profile->name)
    err_hint(err, "fob profile set %s dpop %s   accepts that at the next login",
             r->profile->name, bound ? "off" : "required");
  return E_CHECK;
}

/* RFC 8693 §2.2.1: what was issued is what was asked for. */
static enum code check_issued(const struct reading *r, struct err *err)
{
  const char *requested = r->answer->requested_type;
  const json_t *value = json_object_get(r->inner, "issued_token_type");
  const char *issued = json_string_value(value);

  if (!requested)
    return E_OK;
  if (!value || json_is_null(value))
    return wrong(r, "issued_token_type", "is missing", err);
  if (!issued || strlen(issued) != json_string_length(value))
    return wrong(r, "issued_token_type", "is not a text", err);
  if (strcmp(issued, requested) == 0)
    return E_OK;
  return err_set(err, E_LESS,
                 "%s issued a token of the type '%.120s', and '%s' was asked "
                 "for",
                 r->who, issued, requested);
}

/* No access token was asked for, so that no way to use it is stated. */
static bool is_not_applicable(const struct reading *r, const char *found)
{
  const char *requested = r->answer->requested_type;

  return requested && strcmp(requested, EXCHANGE_ACCESS_TOKEN) != 0 &&
         strcmp(found, "N_A") == 0;
}

static enum code take_type(const struct reading *r, struct err *err)
{
  const json_t *value = json_object_get(r->inner, "token_type");
  const char *found = json_string_value(value);
  const char *type = found;
  bool dpop, unbound;

  if (value && !json_is_null(value) && !found)
    return wrong(r, "token_type", "is not a text", err);
  dpop = found && strcasecmp(found, "DPoP") == 0;
  unbound = found && is_not_applicable(r, found);
  if (!found || (!dpop && !unbound && strcasecmp(found, "Bearer") != 0))
    type = r->profile->token_response.token_type;
  if (!type && found)
    return wrong_type(r, found, err);
  if (!type)
    return wrong(r, "token_type", "is missing", err);
  if (!unbound && (strcasecmp(type, "DPoP") == 0) != r->answer->bound)
    return other_type(r, err);
  r->answer->token_type = mem_str(type);
  return r->answer->token_type ? E_OK : err_nomem(err);
}

static enum code take_expiry(const struct reading *r, struct err *err)
{
  const json_t *value = json_object_get(r->inner, "expires_in");
  int64_t seconds = r->profile->token_response.lifetime;

  r->answer->expires_at = CLOCK_NEVER;
  if (value && !json_is_null(value)) {
    if (!json_seconds(value, &seconds))
      return wrong(r, "expires_in", "is no number of seconds", err);
  } else if (seconds <= 0) {
    return E_OK;
  }
  r->answer->expires_at = r->answer->issued_at + seconds;
  return E_OK;
}

/* No standard has these two; both are in wide use. What is no positive number
 * in them states nothing. */
static void take_refresh_expiry(const struct reading *r)
{
  static const char *const names[] = {"refresh_token_expires_in",
                                      "refresh_expires_in"};

  r->answer->refresh_expires_at = CLOCK_NEVER;
  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    int64_t seconds;

    if (json_seconds(json_object_get(r->inner, names[i]), &seconds) &&
        seconds > 0) {
      r->answer->refresh_expires_at = r->answer->issued_at + seconds;
      return;
    }
  }
}

/* Nothing that a terminal obeys or hides, in a text that is shown in a row of
 * words: control and bidi characters (RFC 6749 §3.3 allows ASCII only; what
 * else servers name their scopes by is theirs). */
static enum code must_be_visible(const struct reading *r, const char *text,
                                 size_t len, struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(TOKEN_MAX * 8);
  enum code code;

  codec_visible(&shown, text, len, false);
  code = buf_check(&shown, err);
  if (code == E_OK && (shown.len != len || strcmp(buf_text(&shown), text) != 0))
    code = wrong(r, "scope", "has a control character", err);
  return code;
}

static enum code take_scope(const struct reading *r, struct err *err)
{
  const json_t *value = json_object_get(r->inner, "scope");
  const char *text = json_string_value(value);
  enum code code;

  if (!value || json_is_null(value))
    return E_OK;
  if (!text)
    return wrong(r, "scope", "is not a text", err);
  if (json_string_length(value) > TOKEN_MAX)
    return wrong(r, "scope", "is too long", err);
  code = must_be_visible(r, text, json_string_length(value), err);
  if (code != E_OK)
    return code;
  return scope_normal(&r->answer->scope, text,
                      r->profile->token_request.scope_separator, err);
}

static enum code take_details(const struct reading *r, struct err *err)
{
  static const char member[] = "authorization_details";
  const json_t *value = json_object_get(r->inner, member);
  AUTO_BUF struct buf text = BUF_INIT(TOKEN_DETAILS_MAX);
  const char *why;
  enum code code;

  if (!value || json_is_null(value))
    return E_OK;
  why = details_wrong(value);
  if (why)
    return wrong(r, member, why, err);
  code = json_write(&text, value, 0, err);
  if (code == E_LOCAL)
    return wrong(r, member, "is too long", err);
  return code == E_OK
             ? buf_detach(&text, &r->answer->authorization_details, NULL, err)
             : code;
}

static enum code take_base(const struct reading *r, struct err *err)
{
  const json_t *from = json_object_get(r->profile->json, "api_from_token");
  const char *pointer = json_text(from, "pointer");
  const json_t *value = pointer ? json_pointer(r->body, pointer) : NULL;
  const char *text = json_string_value(value);

  if (!value || json_is_null(value))
    return E_OK;
  if (!text)
    return wrong(r, pointer, "is not a text", err);
  r->answer->api_base = mem_str(text);
  return r->answer->api_base ? E_OK : err_nomem(err);
}

static enum code take_members(const struct reading *r, struct err *err)
{
  struct token_answer *answer = r->answer;
  enum code code =
      take_secret(r, "access_token", TOKEN_MAX, &answer->access_token, err);

  if (code == E_OK && !answer->access_token)
    return wrong(r, "access_token", "is missing", err);
  if (code == E_OK)
    code = check_issued(r, err);
  if (code == E_OK)
    code = take_type(r, err);
  if (code == E_OK)
    code = take_expiry(r, err);
  if (code == E_OK)
    code =
        take_secret(r, "refresh_token", TOKEN_MAX, &answer->refresh_token, err);
  if (code == E_OK)
    code = take_secret(r, "id_token", TOKEN_ID_MAX, &answer->id_token, err);
  if (code == E_OK)
    code = take_scope(r, err);
  if (code == E_OK)
    code = take_details(r, err);
  if (code == E_OK)
    code = take_base(r, err);
  if (code == E_OK)
    take_refresh_expiry(r);
  return code;
}

static enum code read_all(struct reading *r, const char *body, size_t len,
                          struct err *err)
{
  const char *at = r->profile->token_response.at;
  enum code parsed = parse_body(r, body, len, err);
  enum code code;

  if (parsed == E_NOMEM)
    return parsed;
  r->inner = r->body ? json_pointer(r->body, at ? at : "") : NULL;
  if (r->answer->refreshing && !json_object_get(r->inner, "access_token"))
    r->inner = r->body;
  if (has_error(r->body))
    return refused(r, r->body, err);
  if (has_error(r->inner))
    return refused(r, r->inner, err);
  code = check_status(r, err);
  if (code == E_OK)
    code = parsed;
  if (code == E_OK)
    code = check_ok(r, err);
  if (code != E_OK)
    return code;
  if (!json_is_object(r->inner))
    return err_set(err, E_ANSWER,
                   "the token answer of %s has no object at '%s'", r->who, at);
  return take_members(r, err);
}

enum code token_answer_read(struct token_answer *answer,
                            const struct profile *profile, const char *who,
                            const char *content_type, const char *body,
                            size_t len, struct err *err)
{
  struct reading r = {.answer = answer,
                      .profile = profile,
                      .who = who,
                      .content_type = content_type ? content_type : ""};
  enum code code = read_all(&r, body, len, err);

  json_decref(r.body);
  return code;
}

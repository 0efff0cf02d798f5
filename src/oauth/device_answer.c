/* Reading the device authorization endpoint's answer: its `error`, whatever the
 * status; then the status; then each member. */
#include "oauth/device.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/failure.h"
#include "oauth/form.h"
#include "oauth/token.h"

#include <string.h>

enum { CODE_MAX = 16 * 1024, USER_CODE_MAX = 64, URI_MAX = 2048 };

struct reading {
  struct device_answer *answer;
  const struct profile *profile;
  const char *who;
  int status;
  const char *content_type; /* "" when there was none */
  json_t *body;
};

void device_answer_clear(struct device_answer *answer)
{
  secret_free(answer->device_code);
  mem_free(answer->user_code);
  mem_free(answer->uri);
  mem_free(answer->uri_complete);
  *answer = (struct device_answer){0};
}

static enum code wrong(const struct reading *r, const char *member,
                       const char *why, struct err *err)
{
  return err_set(err, E_ANSWER, "the device answer of %s: %s %s", r->who,
                 member, why);
}

/* --- the body ---------------------------------------------------------- */

static enum code parse_body(struct reading *r, const char *body, size_t len,
                            struct err *err)
{
  AUTO_STR char *what = mem_printf("the device answer of %s", r->who);

  return what ? form_answer(&r->body, r->content_type, r->status, body, len,
                            what, err)
              : err_nomem(err);
}

static enum code check_status(const struct reading *r, struct err *err)
{
  return failure_status(err, r->who, r->status,
                        "at the device authorization endpoint",
                        r->content_type);
}

static enum code refused(const struct reading *r, struct err *err)
{
  const char *word = json_text(r->body, "error");
  const char *text = json_text(r->body, "error_description");
  struct failure failure = {.description = text};
  enum code code;

  if (!word || !*word) {
    code = check_status(r, err);
    return code != E_OK ? code : wrong(r, "error", "is not a text", err);
  }
  failure.error = token_error_word(r->profile, word);
  return failure_set(err, failure_code(r->status), r->who, &failure);
}

/* --- members ----------------------------------------------------------- */

/* A text of at least one and at most max bytes without a control character.
 * *ret_text stays NULL when there is none. */
static enum code take_text(const struct reading *r, const char *member,
                           size_t max, const char **ret_text, struct err *err)
{
  const json_t *value = json_object_get(r->body, member);
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
  if (strlen(text) != len || !codec_is_line(text))
    return wrong(r, member, "has a control character", err);
  *ret_text = text;
  return E_OK;
}

static enum code need_text(const struct reading *r, const char *member,
                           size_t max, const char **ret_text, struct err *err)
{
  enum code code = take_text(r, member, max, ret_text, err);

  return code == E_OK && !*ret_text ? wrong(r, member, "is missing", err)
                                    : code;
}

static enum code take_device_code(const struct reading *r, struct err *err)
{
  const char *text = NULL;
  enum code code = need_text(r, "device_code", CODE_MAX, &text, err);

  for (const char *c = text; code == E_OK && *c; c++)
    if (*c < 0x20 || *c > 0x7e)
      return wrong(r, "device_code", "has a character that no code has", err);
  return code == E_OK
             ? secret_new(&r->answer->device_code, text, strlen(text), err)
             : code;
}

/* The person has to type it: what cannot be shown as it is, cannot be typed. */
static enum code take_user_code(const struct reading *r, struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(BUF_LINE);
  const char *text = NULL;
  enum code code = need_text(r, "user_code", USER_CODE_MAX, &text, err);

  if (code != E_OK)
    return code;
  codec_visible(&shown, text, strlen(text), /* keep_lines= */ false);
  code = buf_check(&shown, err);
  if (code == E_OK && strcmp(buf_text(&shown), text) != 0)
    return wrong(r, "user_code", "has a character that cannot be shown", err);
  if (code == E_OK && text[strspn(text, " ")] == '\0')
    return wrong(r, "user_code", "is empty", err);
  if (code != E_OK)
    return code;
  r->answer->user_code = mem_str(text);
  return r->answer->user_code ? E_OK : err_nomem(err);
}

static enum code take_uris(const struct reading *r, struct err *err)
{
  AUTO(url) plain = NULL;
  AUTO(url) complete = NULL;
  bool old = !json_object_get(r->body, "verification_uri") &&
             json_object_get(r->body, "verification_url");
  const char *name = old ? "verification_url" : "verification_uri";
  const char *text = NULL;
  enum code code = need_text(r, name, URI_MAX, &text, err);

  if (code == E_OK)
    code = url_parse(&plain, text, URL_PLAIN, E_ANSWER, name, err);
  if (code != E_OK)
    return code;
  r->answer->uri = mem_str(plain->text);
  if (!r->answer->uri)
    return err_nomem(err);

  text = NULL;
  code = take_text(r, "verification_uri_complete", URI_MAX, &text, err);
  if (code != E_OK || !text)
    return code;
  code = url_parse(&complete, text, URL_PLAIN, E_ANSWER,
                   "verification_uri_complete", err);
  if (code != E_OK)
    return code;
  if (!url_same_origin(plain, complete)) {
    log_line(LOG_VERBOSE,
             "verification_uri_complete is not used: it leads to %s, and "
             "verification_uri to %s",
             complete->origin, plain->origin);
    return E_OK;
  }
  r->answer->uri_complete = mem_str(complete->text);
  return r->answer->uri_complete ? E_OK : err_nomem(err);
}

static enum code take_lifetime(const struct reading *r, struct err *err)
{
  const json_t *value = json_object_get(r->body, "expires_in");
  int64_t seconds;

  if (!value || json_is_null(value))
    return wrong(r, "expires_in", "is missing", err);
  if (!json_seconds(value, &seconds))
    return wrong(r, "expires_in", "is no number of seconds", err);
  if (seconds == 0)
    return wrong(r, "expires_in", "is 0: the code has expired already", err);
  if (seconds > DEVICE_LIFETIME_MAX_MS / 1000)
    seconds = DEVICE_LIFETIME_MAX_MS / 1000;
  r->answer->lifetime_ms = 1000 * seconds;
  return E_OK;
}

/* Numbers that make no sense are in use, and mean no more than none at all;
 * what is no number means that the answer is none either. */
static enum code take_interval(const struct reading *r, struct err *err)
{
  const json_t *value = json_object_get(r->body, "interval");
  int64_t most = r->answer->lifetime_ms / 1000;
  int64_t seconds = 0;
  bool stated = value && !json_is_null(value);

  if (stated && !json_seconds(value, &seconds) && !json_is_number(value))
    return wrong(r, "interval", "is no number of seconds", err);
  r->answer->interval_ms = DEVICE_INTERVAL_MS;
  if (seconds > 0 && seconds < most)
    r->answer->interval_ms = 1000 * seconds;
  else if (stated)
    log_line(LOG_VERBOSE, "the server's interval makes no sense: it is asked "
                          "every 5 s");
  return E_OK;
}

static enum code read_all(struct reading *r, const char *body, size_t len,
                          struct err *err)
{
  enum code parsed = parse_body(r, body, len, err);
  const json_t *error = json_object_get(r->body, "error");
  enum code code;

  if (parsed == E_NOMEM)
    return parsed;
  if (error && !json_is_null(error))
    return refused(r, err);
  code = check_status(r, err);
  if (code == E_OK)
    code = parsed;
  if (code == E_OK)
    code = take_device_code(r, err);
  if (code == E_OK)
    code = take_user_code(r, err);
  if (code == E_OK)
    code = take_uris(r, err);
  if (code == E_OK)
    code = take_lifetime(r, err);
  return code == E_OK ? take_interval(r, err) : code;
}

enum code device_answer_read(struct device_answer *answer,
                             const struct profile *profile, const char *who,
                             int status, const char *content_type,
                             const char *body, size_t len, struct err *err)
{
  struct reading r = {.answer = answer,
                      .profile = profile,
                      .who = who,
                      .status = status,
                      .content_type = content_type ? content_type : ""};
  enum code code;

  device_answer_clear(answer);
  code = read_all(&r, body, len, err);
  json_decref(r.body);
  if (code != E_OK)
    device_answer_clear(answer);
  return code;
}

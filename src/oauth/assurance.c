#include "oauth/assurance.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/num.h"
#include "oauth/idtoken.h"
#include "oauth/scope.h"

#include <string.h>

/* What a profile asks for. */
struct wish {
  const char *acr_values; /* NULL: none */
  int64_t max_age;        /* -1: none */
  json_t *claims;         /* the parsed `claims`; NULL: none */
};

static void wish_clear(struct wish *wish)
{
  json_decref(wish->claims);
}
#define AUTO_WISH __attribute__((cleanup(wish_clear)))

static const char *parameter(const struct profile *profile, const char *name)
{
  const char *text = profile->params_authorize
                         ? json_text(profile->params_authorize, name)
                         : NULL;

  return text && *text ? text : NULL;
}

static enum code read_wish(struct wish *ret_wish, const struct profile *profile,
                           struct err *err)
{
  const char *max_age = parameter(profile, "max_age");
  const char *claims = parameter(profile, "claims");
  uint64_t seconds = 0;

  *ret_wish = (struct wish){.acr_values = parameter(profile, "acr_values"),
                            .max_age = -1};
  if (max_age) {
    if (!num_parse(max_age, UINT32_MAX, &seconds)) {
      (void)err_set(err, E_PROFILE,
                    "profile '%s': params.authorize.max_age is no number of "
                    "seconds",
                    profile->name);
      err_hint(err, "fob login -p %s --max-age 15m", profile->name);
      return E_PROFILE;
    }
    ret_wish->max_age = (int64_t)seconds;
  }
  if (!claims)
    return E_OK;
  return json_read(&ret_wish->claims, claims, strlen(claims), JSON_DEPTH,
                   E_PROFILE, "the profile's params.authorize.claims", err);
}

enum code assurance_ready(const struct profile *profile, struct err *err)
{
  AUTO_WISH struct wish wish = {0};

  return read_wish(&wish, profile, err);
}

/* --- when -------------------------------------------------------------- */

static void hint_again(const struct profile *profile, const char *more,
                       struct err *err)
{
  err_hint(err, "fob login -p %s%s", profile->name, more);
}

static enum code check_time(const struct profile *profile,
                            const struct wish *wish, const json_t *claims,
                            int64_t asked_at, struct err *err)
{
  const json_t *due =
      wish->claims ? json_pointer(wish->claims, "/id_token/auth_time/essential")
                   : NULL;
  const json_t *value = json_object_get(claims, "auth_time");
  int64_t then = json_integer_value(value);

  if (wish->max_age < 0 && !json_is_true(due))
    return E_OK;
  if (!value)
    return err_set(err, E_CHECK,
                   "the ID token has no 'auth_time', which %s asks for",
                   wish->max_age >= 0 ? "max_age" : "the login");
  if (!json_is_integer(value) || then < 0)
    return err_set(err, E_CHECK,
                   "the ID token's 'auth_time' is no count of seconds");
  if (wish->max_age < 0 || then >= asked_at - wish->max_age - IDTOKEN_SKEW)
    return E_OK;
  (void)err_set(err, E_LESS,
                "the server took an authentication that was %lld s old when "
                "it was asked, and at most %lld s are allowed (max_age)",
                (long long)(asked_at - then), (long long)wish->max_age);
  hint_again(profile, " --prompt login", err);
  return E_LESS;
}

/* --- how --------------------------------------------------------------- */

/* `value` or `values` of a claim's request. */
static bool is_value_of(const json_t *request, const char *text)
{
  const json_t *values = json_object_get(request, "values");
  const char *one = json_text(request, "value");
  size_t i;
  const json_t *value;

  if (!one && !values)
    return true;
  if (one && strcmp(one, text) == 0)
    return true;
  json_array_foreach(values, i, value)
  {
    if (json_is_string(value) && strcmp(json_string_value(value), text) == 0)
      return true;
  }
  return false;
}

static enum code check_essential(const struct wish *wish, const char *acr,
                                 struct err *err)
{
  const json_t *request =
      wish->claims ? json_pointer(wish->claims, "/id_token/acr") : NULL;

  if (!json_is_true(json_object_get(request, "essential")))
    return E_OK;
  if (!acr)
    return err_set(err, E_LESS,
                   "the ID token does not tell how the person logged in (acr), "
                   "which the profile calls essential");
  if (!is_value_of(request, acr))
    return err_set(err, E_LESS,
                   "the person logged in by '%s' (acr), which is none of those "
                   "that the profile calls essential",
                   acr);
  return E_OK;
}

static enum code check_class(const struct wish *wish, const json_t *claims,
                             struct err *err)
{
  const json_t *value = json_object_get(claims, "acr");
  const char *acr = json_string_value(value);
  enum code code;

  if (value && !json_is_null(value) && (!acr || !codec_is_line(acr)))
    return err_set(err, E_CHECK, "the ID token's 'acr' is no text of one line");
  code = check_essential(wish, acr, err);
  if (code != E_OK || !wish->acr_values ||
      (acr && scope_has(wish->acr_values, acr)))
    return code;
  if (acr)
    log_warn("the person logged in by '%s', and '%s' was asked for (acr)", acr,
             wish->acr_values);
  else
    log_warn("the server does not tell how the person logged in; '%s' was "
             "asked for (acr)",
             wish->acr_values);
  return E_OK;
}

enum code assurance_check(const struct profile *profile, const json_t *claims,
                          int64_t asked_at, struct err *err)
{
  AUTO_WISH struct wish wish = {0};
  enum code code = read_wish(&wish, profile, err);

  if (code != E_OK)
    return code;
  if (!claims) {
    if (wish.acr_values || wish.max_age >= 0)
      log_warn("without an ID token nothing tells whether the login is as was "
               "asked for (acr_values, max_age)");
    return E_OK;
  }
  code = check_time(profile, &wish, claims, asked_at, err);
  return code == E_OK ? check_class(&wish, claims, err) : code;
}

#include "api/verdict.h"

#include "api/limit.h"
#include "api/step_up.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <string.h>

enum { OK_FIRST = 300, OK_LAST = 599 };

static enum code bad_ok(const char *text, struct err *err)
{
  return err_set(err, E_USAGE,
                 "--ok takes statuses from %d to %d: 404,409, not '%s'",
                 OK_FIRST, OK_LAST, text);
}

enum code verdict_parse_ok(struct verdict_ok *ret_ok, const char *text,
                           struct err *err)
{
  struct verdict_ok ok = {{0}};
  const char *at = text;

  for (;;) {
    char word[4] = "";
    size_t len = strcspn(at, ",");
    uint64_t status;

    if (len >= sizeof word)
      return bad_ok(text, err);
    memcpy(word, at, len);
    if (!num_parse(word, OK_LAST, &status) || status < OK_FIRST)
      return bad_ok(text, err);
    ok.bits[status / 8] |= (unsigned char)(1U << (status % 8));
    if (at[len] == '\0')
      break;
    at += len + 1;
  }
  *ret_ok = ok;
  return E_OK;
}

static bool in_ok(const struct verdict_ok *ok, int status)
{
  return ok != NULL && status >= OK_FIRST && status <= OK_LAST &&
         (ok->bits[status / 8] >> (status % 8) & 1) != 0;
}

bool verdict_is_ok(const struct verdict *verdict)
{
  int status = verdict->status;

  return (status >= 200 && status < 300) || in_ok(verdict->ok, status) ||
         (status == 304 && verdict->conditional);
}

const char *verdict_reason(int status)
{
  static const struct {
    int status;
    const char *reason;
  } reasons[] = {
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {418, "I'm a teapot"},
      {422, "Unprocessable Content"},
      {423, "Locked"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {451, "Unavailable For Legal Reasons"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };

  for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
    if (reasons[i].status == status)
      return reasons[i].reason;
  }
  return "";
}

static const char *header(const struct verdict *verdict, const char *name)
{
  return verdict->headers != NULL ? headers_get(verdict->headers, name) : NULL;
}

/* "GET https://…/x: 404 Not Found" */
static enum code say(const struct verdict *verdict, enum code code,
                     struct err *err)
{
  const char *reason = verdict->reason;

  if (reason == NULL || *reason == '\0')
    reason = verdict_reason(verdict->status);
  return err_set(err, code, "%s %s: the answer is %d%s%s", verdict->method,
                 verdict->url, verdict->status, *reason != '\0' ? " " : "",
                 reason);
}

/* demand NULL: a plain login. */
static void hint_login(const struct verdict *verdict,
                       const struct step_up *demand, struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);

  buf_printf(&line, "fob login -p %s", verdict->profile);
  if (demand != NULL)
    step_up_options(&line, demand);
  if (line.failed == E_OK)
    err_hint(err, "%s", buf_text(&line));
}

/* Appends to the message what the server said in a challenge. */
static void say_more(struct err *err, const char *format, ...)
    PRINTF_LIKE(2, 3);
static void say_more(struct err *err, const char *format, ...)
{
  AUTO_BUF struct buf text = BUF_INIT(sizeof err->message);
  enum code code = err->code;
  va_list args;

  buf_puts(&text, err->message);
  va_start(args, format);
  buf_vprintf(&text, format, args);
  va_end(args);
  if (text.failed == E_OK)
    (void)err_set(err, code, "%s", buf_text(&text));
}

/* --- 401 and 403 --------------------------------------------------------- */

static enum code step_up(const struct verdict *verdict,
                         const struct step_up *demand, struct err *err)
{
  enum code code = say(verdict, E_STEP_UP, err);

  say_more(err, ": a stronger or newer login is demanded");
  if (demand->acr_values != NULL)
    say_more(err, ", acr_values \"%s\"", demand->acr_values);
  if (demand->max_age >= 0)
    say_more(err, ", at most %lld s old", (long long)demand->max_age);
  if (verdict->profile != NULL && !verdict->credential_is_env)
    hint_login(verdict, demand, err);
  return code;
}

static enum code scope(const struct verdict *verdict,
                       const struct step_up *demand, struct err *err)
{
  enum code code = say(verdict, E_SCOPE, err);

  say_more(err, ": the token's scope is not enough");
  if (demand->scope == NULL)
    return code;
  say_more(err, ", \"%s\" is demanded", demand->scope);
  if (verdict->profile != NULL && !verdict->credential_is_env)
    hint_login(verdict, demand, err);
  return code;
}

static enum code unauthorized(const struct verdict *verdict,
                              const struct step_up *demand, struct err *err)
{
  enum code code;

  if (verdict->left_origin) {
    code = say(verdict, E_HTTP_4XX, err);
    say_more(err, ", after a redirect to where the credential does not go");
    return code;
  }
  if (demand->kind == STEP_UP_LOGIN)
    return step_up(verdict, demand, err);
  if (demand->kind == STEP_UP_SCOPE)
    return scope(verdict, demand, err);
  code = say(verdict, E_UNAUTHORIZED, err);
  if (verdict->no_auth)
    err_hint(err, "the request had no credential: leave --no-auth out");
  else if (verdict->credential_is_env)
    err_hint(err, "the credential is FOB_TOKEN's: it may have expired");
  else if (verdict->profile != NULL)
    hint_login(verdict, NULL, err);
  return code;
}

/* --- rates --------------------------------------------------------------- */

/* The rate is used up; *ret_wait_ms: for how long, -1: it does not say. */
static bool is_rate(const struct verdict *verdict, int64_t *ret_wait_ms)
{
  struct limit limit;

  limit_read(&limit, verdict->headers, verdict->now);
  /* A server that is down for a while says Retry-After too. */
  if (verdict->status == 503 && limit.remaining != 0 && verdict->over_ms <= 0)
    return false;
  return limit_refuses(&limit, verdict->status, ret_wait_ms) ||
         verdict->over_ms > 0;
}

static enum code rate(const struct verdict *verdict, int64_t wait_ms,
                      struct err *err)
{
  AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);
  enum code code = say(verdict, E_RATE, err);

  if (verdict->over_ms > 0)
    wait_ms = verdict->over_ms;
  if (wait_ms < 0)
    return code;
  limit_put_when(&when, wait_ms, verdict->now);
  say_more(err, ": no more requests until %s", buf_text(&when));
  if (verdict->over_ms > 0)
    limit_hint(wait_ms, err);
  return code;
}

static enum code client_error(const struct verdict *verdict, struct err *err)
{
  AUTO_STEP_UP struct step_up demand = {.max_age = -1};
  int status = verdict->status;
  enum code code;

  int64_t wait_ms = -1;

  if (status == 429 && is_rate(verdict, &wait_ms))
    return rate(verdict, wait_ms, err);
  code = step_up_read(&demand, status, verdict->headers, err);
  if (code != E_OK)
    return code;
  if (status == 401)
    return unauthorized(verdict, &demand, err);
  if (demand.kind == STEP_UP_SCOPE)
    return scope(verdict, &demand, err);
  /* GitHub's secondary limits are a 403 with Retry-After. */
  if (is_rate(verdict, &wait_ms))
    return rate(verdict, wait_ms, err);
  return say(verdict, E_HTTP_4XX, err);
}

enum code verdict_give(const struct verdict *verdict, struct err *err)
{
  int status = verdict->status;
  int64_t wait_ms = -1;
  enum code code;

  if (verdict_is_ok(verdict))
    return E_OK;
  if (status >= 500) {
    if (is_rate(verdict, &wait_ms))
      return rate(verdict, wait_ms, err);
    return say(verdict, E_HTTP_5XX, err);
  }
  if (status >= 400)
    return client_error(verdict, err);
  code = say(verdict, E_REDIRECT, err);
  if (header(verdict, "Location") != NULL)
    say_more(err, ", not followed, to \"%s\"", header(verdict, "Location"));
  return code;
}

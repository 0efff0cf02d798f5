/* How often a request is tried, how fast several go, and what a person sees
 * while they wait. */
#include "cmd/request.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "cmd/ui.h"
#include "crypto/crypto.h"

#include <string.h>

enum { RETRIES = 2, RETRIES_MAX = 100, WAIT_RATE = 60, SHOW_FROM_MS = 1000 };

static const json_t *member(const struct request *request, const char *object,
                            const char *name)
{
  const struct profile *profile = request->selection.profile;

  return profile == NULL
             ? NULL
             : json_object_get(json_object_get(profile->json, object), name);
}

/* --- again ------------------------------------------------------------------
 */

static const char *key_header(const struct request *request)
{
  const char *name =
      json_string_value(member(request, "retry", "idempotency_header"));

  return name != NULL ? name : "Idempotency-Key";
}

/* RFC 9562 §5.4 */
static enum code add_random_key(struct headers *headers, const char *name,
                                struct err *err)
{
  uint8_t b[16];
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  enum code code = crypto_random(b, sizeof b, err);

  if (code != E_OK)
    return code;
  b[6] = (uint8_t)(0x40 | (b[6] & 0x0f));
  b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
  for (size_t i = 0; i < sizeof b; i++)
    buf_printf(&text, "%s%02x",
               i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
  code = buf_check(&text, err);
  return code == E_OK ? headers_add(headers, name, buf_text(&text), err) : code;
}

bool request_key_is_given(const struct request_options *options)
{
  const char *key = options->idempotency_key;

  return key != NULL && *key != '\0' && strcmp(key, "auto") != 0;
}

enum code request_add_key(const struct request *request, const char *method,
                          struct headers *headers, bool *ret_repeatable,
                          struct err *err)
{
  const char *key = request->options->idempotency_key;
  const char *name = key_header(request);
  bool has_own = request_has_header(headers, name);
  enum code code = E_OK;

  if (key != NULL && has_own && request->options->batch == NULL)
    return err_set(err, E_USAGE,
                   "--idempotency-key and a header '%s' are two keys", name);
  if (request_key_is_given(request->options))
    code = headers_add(headers, name, key, err);
  else if (key != NULL && !has_own && !http_method_is_safe(method))
    code = add_random_key(headers, name, err);
  if (code != E_OK)
    return code;
  *ret_repeatable =
      request->options->retry_unsafe || request_has_header(headers, name);
  return E_OK;
}

static int64_t wait_rate_ms(const struct request *request)
{
  const char *text = json_string_value(member(request, "rate", "wait"));
  int64_t seconds = request->options->wait_rate;

  if (seconds < 0 && (text == NULL || !num_duration(text, &seconds)))
    seconds = WAIT_RATE;
  return seconds * 1000;
}

enum code request_retry_policy(const struct request *request,
                               struct retry_policy *ret_policy, struct err *err)
{
  const struct request_options *o = request->options;
  const json_t *max = member(request, "retry", "max");
  int64_t most = o->retries;

  if (most > RETRIES_MAX)
    return err_set(err, E_USAGE, "--retry takes at most %d", RETRIES_MAX);
  if (most < 0)
    most = json_is_integer(max) ? json_integer_value(max) : RETRIES;
  *ret_policy = (struct retry_policy){
      .max = (int)most,
      .max_time_ms = o->retry_max_time > 0 ? o->retry_max_time * 1000 : 0,
      .wait_rate_ms = wait_rate_ms(request),
  };
  /* Whoever gives up after that long wants nothing begun later. */
  if (o->max_time > 0 && (ret_policy->max_time_ms == 0 ||
                          o->max_time * 1000 < ret_policy->max_time_ms))
    ret_policy->max_time_ms = o->max_time * 1000;
  if (o->retry_max_time == 0)
    ret_policy->max = 0;
  return E_OK;
}

/* --- the rate ---------------------------------------------------------------
 */

/* The path of the API's base that the URL is below, so that what differs within
 * the API is what stands behind it; NULL. */
static const char *base_path(const struct request *request)
{
  const struct profile *profile = request->selection.profile;
  const char *origin = request->url->origin;
  size_t len = strlen(origin);

  for (size_t i = 0; profile != NULL && i < profile->api.count; i++) {
    const char *base = profile->api.items[i];

    if (strncmp(base, origin, len) == 0 &&
        strncmp(base + len, request->url->path, strlen(base + len)) == 0)
      return base + len;
  }
  return NULL;
}

enum code request_rate(const struct request *request, struct rate **ret_rate,
                       struct err *err)
{
  const char *limit = json_string_value(member(request, "rate", "limit"));
  const struct profile *profile = request->selection.profile;
  /* An API counts those without a credential, or with another one, apart. */
  bool is_shared = profile != NULL && request->selection.env == NULL &&
                   request_adds_credential(request);
  struct rate_options options = {
      .profile = is_shared ? profile->name : NULL,
      .origin = request->url->origin,
      .base = base_path(request),
      .wait_rate_ms = wait_rate_ms(request),
  };

  if (request->options->rate != NULL &&
      !rate_parse(request->options->rate, &options.pace_us))
    return err_set(err, E_USAGE,
                   "--rate '%s' must be a rate, like 10/s, 100/m or 5000/h",
                   request->options->rate);
  if (request->options->rate == NULL && limit != NULL && !request->foreign)
    IGNORE(rate_parse(limit, &options.pace_us));
  return rate_new(ret_rate, &options, err);
}

/* --- waiting ----------------------------------------------------------------
 */

void request_show_wait(void *user, const struct call *call, int64_t ms)
{
  AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);

  static int64_t shown_until;
  int64_t until = clock_mono_ms() + ms;

  (void)user;
  /* With -v each try has its line. */
  if (ms < SHOW_FROM_MS || log_level() != LOG_NORMAL ||
      !ui_stderr_is_terminal() || *call_why_waits(call) == '\0')
    return;
  /* Several calls that wait for the same are said once. */
  if (until <= shown_until + SHOW_FROM_MS)
    return;
  shown_until = until;
  limit_put_when(&when, ms, clock_wall());
  log_note("waiting until %s: %s", buf_text(&when), call_why_waits(call));
}

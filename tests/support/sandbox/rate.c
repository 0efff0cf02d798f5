/* /api/rate/NAME: a limit that is enforced and announced.
 *
 *   ?limit=10        requests in a window
 *   &window=300      its length in milliseconds; they follow one another from
 *                    the first request on
 *   &style=          how it is announced: "x" (X-RateLimit-…, the default),
 *                    "ietf" (RateLimit: "default";r=…;t=…), "after" (only a
 *                    Retry-After, and only when it is too late)
 *
 * GET /api/rate/NAME/seen tells how many were let through and refused. */
#include "support/sandbox/sandbox.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

enum { LIMITS = 16 };

struct limit_state {
  char name[64];
  int64_t start, used, passed, refused, windows;
};

static struct limit_state *find(const char *name)
{
  static struct limit_state states[LIMITS];
  size_t i = 0;

  while (i + 1 < LIMITS && states[i].name[0] != '\0' &&
         strcmp(states[i].name, name) != 0)
    i++;
  if (states[i].name[0] == '\0')
    (void)snprintf(states[i].name, sizeof states[i].name, "%s", name);
  return &states[i];
}

static int64_t number(const struct request *rq, const char *name,
                      int64_t otherwise)
{
  const char *text = param(rq, name);
  uint64_t value;

  return text != NULL && num_parse(text, INT32_MAX, &value) && value > 0
             ? (int64_t)value
             : otherwise;
}

/* Milliseconds as seconds. */
static const char *seconds(int64_t ms)
{
  static char text[32];

  (void)snprintf(text, sizeof text, "%lld.%03lld", (long long)(ms / 1000),
                 (long long)(ms % 1000));
  return text;
}

static void announce(struct answer *an, const char *style, int64_t limit,
                     int64_t left, int64_t reset)
{
  char text[96];

  if (text_is(style, "after"))
    return;
  if (text_is(style, "ietf")) {
    (void)snprintf(text, sizeof text, "\"default\";r=%lld;t=%s",
                   (long long)left, seconds(reset));
    answer_header(an, "RateLimit", text);
    return;
  }
  (void)snprintf(text, sizeof text, "%lld", (long long)limit);
  answer_header(an, "X-RateLimit-Limit", text);
  (void)snprintf(text, sizeof text, "%lld", (long long)left);
  answer_header(an, "X-RateLimit-Remaining", text);
  answer_header(an, "X-RateLimit-Reset-After", seconds(reset));
}

void api_rate(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const char *name = rq->path + strlen("/api/rate");
  const char *seen = strstr(name, "/seen");
  int64_t limit = number(rq, "limit", 10), window = number(rq, "window", 300);
  int64_t now_ms = mono_ms();
  char plain[64];

  (void)sb;
  (void)snprintf(plain, sizeof plain, "%.*s",
                 seen != NULL ? (int)(seen - name) : 60, name);
  struct limit_state *state = find(plain);
  if (seen != NULL) {
    answer_json(an, 200,
                json_pack("{sI sI sI}", "passed", state->passed, "refused",
                          state->refused, "windows", state->windows));
    return;
  }
  if (state->windows == 0 || now_ms - state->start >= window) {
    state->start = state->windows == 0
                       ? now_ms
                       : now_ms - (now_ms - state->start) % window;
    state->used = 0;
    state->windows++;
  }
  bool is_over = state->used >= limit;
  int64_t reset = state->start + window - now_ms;
  state->used += !is_over;
  state->passed += !is_over;
  state->refused += is_over;
  announce(an, param(rq, "style"), limit, limit - state->used, reset);
  if (is_over) {
    answer_header(an, "Retry-After", seconds(reset));
    answer_json(an, 429, json_pack("{ss}", "error", "too many"));
    return;
  }
  answer_json(an, 200, json_pack("{sI}", "passed", state->passed));
}

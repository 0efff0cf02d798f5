#include "api/limit.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- numbers ------------------------------------------------------------- */

/* What is more is as good as this; a thousand times that still fits. */
#define NUMBER_MAX (INT64_MAX / 4000)

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static void skip_blank(const char **text)
{
  while (**text == ' ' || **text == '\t')
    ++*text;
}

/* Digits with or without a fraction, in thousandths, rounded up; *text goes
 * behind it. No sign, no exponent. */
static bool take_number(const char **text, int64_t *ret_milli)
{
  int64_t whole = 0, fraction = 0, unit = 100;
  bool is_more = false;

  skip_blank(text);
  if (!is_digit(**text))
    return false;
  for (; is_digit(**text); ++*text)
    whole = whole > NUMBER_MAX / 10 ? NUMBER_MAX : whole * 10 + (**text - '0');
  if (**text == '.' && is_digit((*text)[1])) {
    for (++*text; is_digit(**text); ++*text, unit /= 10) {
      fraction += (**text - '0') * unit;
      is_more = is_more || (unit == 0 && **text != '0');
    }
  }
  *ret_milli = whole * 1000 + fraction + is_more;
  return true;
}

/* The number that value begins with, as old drafts have it ("100, 100;w=60"),
 * but not "100abc". */
static bool read_number(const char *value, int64_t *ret_milli)
{
  if (value == NULL || !take_number(&value, ret_milli))
    return false;
  skip_blank(&value);
  return *value == '\0' || *value == ',' || *value == ';';
}

/* A whole count; a fraction (Reddit's "98.0") is cut off. -1: none. */
static int64_t read_count(const char *value)
{
  int64_t milli;

  return read_number(value, &milli) ? milli / 1000 : -1;
}

static int64_t bounded(int64_t ms)
{
  return ms < 0 ? 0 : ms > LIMIT_LONGEST_MS ? LIMIT_LONGEST_MS : ms;
}

/* --- times --------------------------------------------------------------- */

static bool read_date(const char *value, int64_t *ret_wall)
{
  return clock_parse_http(value, ret_wall) ||
         clock_parse_rfc3339(value, ret_wall);
}

/* The server's idea of now. */
static int64_t now_of(const struct headers *headers, int64_t now)
{
  const char *date = headers_get(headers, "Date");
  int64_t wall;

  if (date == NULL || !clock_parse_http(date, &wall) || wall <= 0)
    return now;
  return wall;
}

static int64_t until(int64_t wall, int64_t now)
{
  int64_t seconds;

  if (__builtin_sub_overflow(wall, now, &seconds) || seconds < 0)
    return wall < now ? 0 : LIMIT_LONGEST_MS;
  return seconds > LIMIT_LONGEST_MS / 1000 ? LIMIT_LONGEST_MS : seconds * 1000;
}

/* now: the server's. -1: value says nothing. */
static int64_t read_delay(const char *value, int64_t now)
{
  int64_t milli, wall;

  if (value == NULL)
    return -1;
  if (clock_parse_http(value, &wall))
    return until(wall, now);
  return read_number(value, &milli) ? bounded(milli) : -1;
}

static int64_t read_reset(const char *value, int64_t now)
{
  /* Seconds: more than a year, and no epoch of this century. */
  static const int64_t DELTA_MAX = INT64_C(366) * 86400 * 1000;
  static const int64_t EPOCH_MIN = INT64_C(1000000000) * 1000;
  static const int64_t SECONDS_MAX = INT64_C(1000000000000) * 1000;
  int64_t milli, wall;

  if (value == NULL)
    return -1;
  if (read_date(value, &wall))
    return until(wall, now);
  if (!read_number(value, &milli))
    return -1;
  while (milli >= SECONDS_MAX) /* of milliseconds, or less */
    milli /= 1000;
  if (milli >= EPOCH_MIN) {
    int64_t left;

    if (__builtin_mul_overflow(now, 1000, &left) ||
        __builtin_sub_overflow(milli, left, &left))
      return -1;
    return bounded(left);
  }
  return milli <= DELTA_MAX ? milli : -1;
}

/* --- the names ----------------------------------------------------------- */

static void set_name(struct limit *limit, const char *name, size_t len)
{
  if (len >= sizeof(limit->name))
    len = sizeof(limit->name) - 1;
  for (size_t i = 0; i < len; i++)
    limit->name[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '_';
  limit->name[len] = '\0';
}

static const char *find(const struct headers *headers, const char *prefix,
                        const char *suffix)
{
  char name[64];

  (void)snprintf(name, sizeof(name), "%s%s", prefix, suffix);
  return headers_get(headers, name);
}

/* The three fields of one family. */
static void read_fields(struct limit *limit, const struct headers *headers,
                        const char *prefix, int64_t now)
{
  const char *after = find(headers, prefix, "Reset-After");
  int64_t milli;

  limit->remaining = read_count(find(headers, prefix, "Remaining"));
  limit->quota = read_count(find(headers, prefix, "Limit"));
  limit->reset_ms = read_number(after, &milli)
                        ? bounded(milli)
                        : read_reset(find(headers, prefix, "Reset"), now);
}

/* --- RateLimit as a structured field -------------------------------------- */

/* *text is at a quoted string (RFC 8941 §3.3.3) or at a key. */
static bool take_word(const char **text, const char **ret_word, size_t *ret_len)
{
  const char *from = *text;
  bool is_quoted = *from == '"';

  if (is_quoted) {
    for (from++, ++*text; **text != '"'; ++*text)
      if (**text == '\0' || (**text == '\\' && *++*text == '\0'))
        return false;
    *ret_len = (size_t)(*text - from);
    ++*text;
  } else {
    *text += strcspn(from, "=,; \t\"");
    *ret_len = (size_t)(*text - from);
  }
  *ret_word = from;
  return *ret_len > 0;
}

static bool is_word(const char *word, size_t len, const char *name)
{
  return len == strlen(name) && strncasecmp(word, name, len) == 0;
}

/* `key=value` of either form; what is not known is passed over. */
static bool take_member(const char **text, const char *key, size_t len,
                        struct limit *limit)
{
  const char *word;
  size_t word_len;
  int64_t milli;

  ++*text; /* = */
  if (!is_digit(**text))
    return take_word(text, &word, &word_len);
  if (!take_number(text, &milli))
    return false;
  if (is_word(key, len, "r") || is_word(key, len, "remaining"))
    limit->remaining = milli / 1000;
  else if (is_word(key, len, "t") || is_word(key, len, "reset"))
    limit->reset_ms = bounded(milli);
  else if (is_word(key, len, "limit") || is_word(key, len, "q"))
    limit->quota = milli / 1000;
  return true;
}

/* Of several budgets the one that is used up first is what matters; of two
 * that are, the one that is filled last. */
static bool is_tighter(const struct limit *a, const struct limit *b)
{
  if (a->remaining < 0 || b->remaining < 0)
    return a->remaining >= 0;
  if (a->remaining != b->remaining)
    return a->remaining < b->remaining;
  return a->reset_ms > b->reset_ms;
}

/* A list of items with parameters, or a dictionary (one budget). What cannot
 * be read ends it. */
static void read_structured(struct limit *limit, const char *text)
{
  struct limit item = *limit;

  for (;;) {
    const char *word;
    size_t len;

    text += strspn(text, " \t;");
    if (*text == ',' || *text == '\0') {
      if (is_tighter(&item, limit))
        *limit = item;
      if (*text == '\0')
        return;
      text++;
      continue;
    }
    if (!take_word(&text, &word, &len))
      return;
    if (*text == '=') {
      if (!take_member(&text, word, len, &item))
        return;
    } else { /* the next item */
      item = (struct limit){-1, -1, -1, -1, ""};
      set_name(&item, word, len);
    }
  }
}

/* --- all of it ------------------------------------------------------------ */

static void read_budget(struct limit *limit, const struct headers *headers,
                        int64_t now)
{
  static const char *const prefixes[] = {"X-RateLimit-", "X-Rate-Limit-",
                                         "RateLimit-"};
  const char *name = headers_get(headers, "X-RateLimit-Resource");
  const char *structured = headers_get(headers, "RateLimit");

  if (structured != NULL)
    read_structured(limit, structured);
  for (size_t i = 0;
       limit->remaining < 0 && limit->reset_ms < 0 && i < ARRAY_LEN(prefixes);
       i++)
    read_fields(limit, headers, prefixes[i], now);
  if (name == NULL)
    name = headers_get(headers, "X-RateLimit-Bucket");
  if (name != NULL)
    set_name(limit, name, strlen(name));
}

void limit_read(struct limit *ret_limit, const struct headers *headers,
                int64_t now)
{
  *ret_limit = (struct limit){-1, -1, -1, -1, ""};
  if (headers == NULL)
    return;
  now = now_of(headers, now);
  ret_limit->retry_after_ms =
      read_delay(headers_get(headers, "Retry-After"), now);
  read_budget(ret_limit, headers, now);
}

bool limit_refuses(const struct limit *limit, int status, int64_t *ret_wait_ms)
{
  bool is_out = limit->remaining == 0;

  if (status != 429 && !((status == 403 || status == 503) &&
                         (is_out || limit->retry_after_ms >= 0)))
    return false;
  *ret_wait_ms = limit->retry_after_ms;
  if (*ret_wait_ms < 0 && (is_out || limit->remaining < 0))
    *ret_wait_ms = limit->reset_ms;
  return true;
}

void limit_put_when(struct buf *out, int64_t wait_ms, int64_t now)
{
  int64_t seconds = bounded(wait_ms) / 1000 + (bounded(wait_ms) % 1000 != 0);
  int64_t wall;

  if (__builtin_add_overflow(now, seconds, &wall))
    wall = INT64_MAX;
  clock_local(out, wall, now);
  buf_puts(out, " (in ");
  clock_span(out, seconds);
  buf_putc(out, ')');
}

void limit_hint(int64_t wait_ms, struct err *err)
{
  static const int64_t HOUR_MS = INT64_C(3600) * 1000;
  int64_t ms = bounded(wait_ms);

  /* Rounded up to what is easy to type, and passes with the time that it takes
   * to type it. */
  if (ms > 24 * HOUR_MS)
    err_hint(err, "try again then");
  else if (ms > 2 * HOUR_MS)
    err_hint(err, "try again then, or wait for it with --wait-rate %lldh",
             (long long)(ms / HOUR_MS + 1));
  else
    err_hint(err, "try again then, or wait for it with --wait-rate %lldm",
             (long long)(ms / (HOUR_MS / 60) + 1));
}

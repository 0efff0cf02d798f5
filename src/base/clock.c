#include "base/clock.h"

#include "base/sig.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400 };

int64_t clock_wall(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec;
}

int64_t clock_mono_ms(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool clock_sleep_ms(int64_t ms)
{
  enum { SLICE_MS = 50, LONGEST_MS = 1000 * 1000 };

  int64_t now = clock_mono_ms();
  int64_t end;
  if (__builtin_add_overflow(now, ms, &end))
    end = INT64_MAX;
  while (sig_caught() == 0 && !sig_overdue()) {
    now = clock_mono_ms();
    if (now >= end)
      return true;
    int64_t wait = end - now < LONGEST_MS ? end - now : LONGEST_MS;
    /* A descriptor that is readable while the signal is held would make this
     * a busy loop. */
    struct pollfd wake = {.fd = sig_fd(), .events = POLLIN};
    bool is_held = wake.fd >= 0 && poll(&wake, 1, 0) > 0;
    if (is_held && wait > SLICE_MS)
      wait = SLICE_MS;
    (void)poll(&wake, is_held ? 0 : 1, (int)wait);
  }
  return false;
}

/* --- showing ----------------------------------------------------------- */

void clock_rfc3339(struct buf *out, int64_t wall)
{
  /* The format has four digits for the year. */
  static const int64_t FIRST = INT64_C(-62167219200);
  static const int64_t LAST = INT64_C(253402300799);
  time_t t = (time_t)(wall < FIRST ? FIRST : wall > LAST ? LAST : wall);
  struct tm tm;
  (void)gmtime_r(&t, &tm);
  buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void clock_local(struct buf *out, int64_t wall, int64_t now)
{
  time_t t = (time_t)wall;
  struct tm tm;
  tzset();
  if (localtime_r(&t, &tm) == NULL) {
    clock_rfc3339(out, wall);
    return;
  }
  int64_t distance;
  bool is_near = !__builtin_sub_overflow(wall, now, &distance) &&
                 distance > -DAY && distance < DAY;
  if (is_near)
    buf_printf(out, "%02d:%02d", tm.tm_hour, tm.tm_min);
  else
    buf_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
               tm.tm_mday);
}

void clock_span(struct buf *out, int64_t seconds)
{
  if (seconds < 0)
    seconds = 0;
  if (seconds < 120)
    buf_printf(out, "%d s", (int)seconds);
  else if (seconds < 120 * 60)
    buf_printf(out, "%d min", (int)(seconds / 60));
  else if (seconds < 2 * DAY)
    buf_printf(out, "%d h", (int)(seconds / 3600));
  else
    buf_printf(out, "%lld days", (long long)(seconds / DAY));
}

/* --- reading ----------------------------------------------------------- */

struct parts {
  int year, month, day; /* month from 1 */
  int hour, minute, second;
};

static bool is_leap(int year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool to_wall(const struct parts *p, int64_t *ret_wall)
{
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (p->month < 1 || p->month > 12 || p->day < 1 || p->hour > 23 ||
      p->minute > 59 || p->second > 60)
    return false;
  if (p->day > days[p->month - 1] + (p->month == 2 && is_leap(p->year)))
    return false;

  /* Days of the civil calendar, the year beginning in March. */
  int64_t year = p->year - (p->month <= 2) + 400;
  int64_t day_of_year = (153 * ((p->month + 9) % 12) + 2) / 5 + p->day - 1;
  int64_t day = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
  int64_t days_before_1970 = 719468 + 146097;
  *ret_wall = (day - days_before_1970) * DAY + p->hour * 3600 + p->minute * 60 +
              p->second;
  return true;
}

/* Each take_ function moves *text behind what it took. */
static bool take(const char **text, const char *literal)
{
  size_t len = strlen(literal);
  if (strncmp(*text, literal, len) != 0)
    return false;
  *text += len;
  return true;
}

static bool take_digits(const char **text, size_t count, int *ret_value)
{
  int value = 0;
  for (size_t i = 0; i < count; i++, (*text)++) {
    if (**text < '0' || **text > '9')
      return false;
    value = value * 10 + (**text - '0');
  }
  *ret_value = value;
  return true;
}

/* One of count names; *ret_index from 0. */
static bool take_name(const char **text, const char *const names[],
                      size_t count, int *ret_index)
{
  for (size_t i = 0; i < count; i++) {
    if (take(text, names[i])) {
      *ret_index = (int)i;
      return true;
    }
  }
  return false;
}

static bool take_month(const char **text, int *ret_month)
{
  static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (!take_name(text, names, ARRAY_LEN(names), ret_month))
    return false;
  ++*ret_month;
  return true;
}

static bool take_time(const char **text, struct parts *p)
{
  return take_digits(text, 2, &p->hour) && take(text, ":") &&
         take_digits(text, 2, &p->minute) && take(text, ":") &&
         take_digits(text, 2, &p->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool parse_fixdate(const char *text, struct parts *p)
{
  return take(&text, ", ") && take_digits(&text, 2, &p->day) &&
         take(&text, " ") && take_month(&text, &p->month) && take(&text, " ") &&
         take_digits(&text, 4, &p->year) && take(&text, " ") &&
         take_time(&text, p) && take(&text, " GMT") && *text == '\0';
}

/* Sun Nov  6 08:49:37 1994 */
static bool parse_asctime(const char *text, struct parts *p)
{
  if (!take(&text, " ") || !take_month(&text, &p->month) || !take(&text, " "))
    return false;
  bool is_short = take(&text, " ");
  return take_digits(&text, is_short ? 1 : 2, &p->day) && take(&text, " ") &&
         take_time(&text, p) && take(&text, " ") &&
         take_digits(&text, 4, &p->year) && *text == '\0';
}

/* Sunday, 06-Nov-94 08:49:37 GMT. A year that seems more than 50 years ahead
 * is the last one in the past with these digits (RFC 9110 §5.6.7). */
static bool parse_rfc850(const char *text, struct parts *p)
{
  if (!(take(&text, "day, ") && take_digits(&text, 2, &p->day) &&
        take(&text, "-") && take_month(&text, &p->month) && take(&text, "-") &&
        take_digits(&text, 2, &p->year) && take(&text, " ") &&
        take_time(&text, p) && take(&text, " GMT") && *text == '\0'))
    return false;
  time_t now = (time_t)clock_wall();
  struct tm tm;
  if (gmtime_r(&now, &tm) == NULL)
    return false;
  int this_year = tm.tm_year + 1900;
  p->year += this_year / 100 * 100;
  if (p->year > this_year + 50)
    p->year -= 100;
  return true;
}

bool clock_parse_http(const char *text, int64_t *ret_wall)
{
  static const char *const days[] = {"Mon", "Tue", "Wed", "Thu",
                                     "Fri", "Sat", "Sun"};
  static const char *const rest[] = {"", "s", "nes", "rs", "", "ur", ""};
  struct parts p = {0};
  int day;
  if (!take_name(&text, days, ARRAY_LEN(days), &day))
    return false;
  bool ok = parse_fixdate(text, &p) || parse_asctime(text, &p) ||
            (take(&text, rest[day]) && parse_rfc850(text, &p));
  return ok && to_wall(&p, ret_wall);
}

bool clock_parse_rfc3339(const char *text, int64_t *ret_wall)
{
  struct parts p = {0};
  if (!(take_digits(&text, 4, &p.year) && take(&text, "-") &&
        take_digits(&text, 2, &p.month) && take(&text, "-") &&
        take_digits(&text, 2, &p.day) &&
        (take(&text, "T") || take(&text, "t")) && take_time(&text, &p)))
    return false;
  int digit;
  if (take(&text, ".")) {
    if (!take_digits(&text, 1, &digit))
      return false;
    while (*text >= '0' && *text <= '9')
      text++;
  }

  int sign = 0, hours = 0, minutes = 0;
  if (!take(&text, "Z") && !take(&text, "z")) {
    sign = take(&text, "+") ? 1 : take(&text, "-") ? -1 : 0;
    if (sign == 0 || !take_digits(&text, 2, &hours) || !take(&text, ":") ||
        !take_digits(&text, 2, &minutes) || hours > 23 || minutes > 59)
      return false;
  }
  int64_t wall;
  if (*text != '\0' || !to_wall(&p, &wall))
    return false;
  *ret_wall = wall - sign * (hours * 3600 + minutes * 60);
  return true;
}

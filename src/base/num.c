#include "base/num.h"

bool num_parse(const char *text, uint64_t max, uint64_t *ret_value)
{
  uint64_t value = 0;
  if (*text == '\0')
    return false;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9')
      return false;
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value) ||
        value > max)
      return false;
  }
  *ret_value = value;
  return true;
}

bool num_duration(const char *text, int64_t *ret_seconds)
{
  enum { DIGITS = 16 };
  static const int64_t MAX = INT64_C(3650) * 86400;

  char digits[DIGITS];
  size_t len = 0;
  while (text[len] >= '0' && text[len] <= '9') {
    if (len == DIGITS - 1)
      return false;
    digits[len] = text[len];
    len++;
  }
  digits[len] = '\0';

  int64_t unit;
  switch (text[len]) {
  case '\0':
  case 's':
    unit = 1;
    break;
  case 'm':
    unit = 60;
    break;
  case 'h':
    unit = 3600;
    break;
  case 'd':
    unit = 86400;
    break;
  default:
    return false;
  }
  if (text[len] != '\0' && text[len + 1] != '\0')
    return false;

  uint64_t count;
  if (!num_parse(digits, (uint64_t)(MAX / unit), &count))
    return false;
  *ret_seconds = (int64_t)count * unit;
  return true;
}

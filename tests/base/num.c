#include "base/num.h"

#include <criterion/criterion.h>
#include <inttypes.h>

Test(num, reads_bounded_decimals)
{
  static const struct {
    const char *text;
    uint64_t max;
    bool ok;
    uint64_t value;
  } rows[] = {
      {"0", 0, true, 0},
      {"007", 10, true, 7},
      {"65535", 65535, true, 65535},
      {"65536", 65535, false, 0},
      {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
      {"18446744073709551616", UINT64_MAX, false, 0},
      {"99999999999999999999999", UINT64_MAX, false, 0},
      {"", 10, false, 0},
      {" 1", 10, false, 0},
      {"1 ", 10, false, 0},
      {"+1", 10, false, 0},
      {"-1", 10, false, 0},
      {"1.0", 10, false, 0},
      {"0x1", 10, false, 0},
      {"1e1", 100, false, 0},
      {"\xd9\xa1", 10, false, 0}, /* an Arabic-Indic digit */
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    uint64_t value = 77;
    bool ok = num_parse(rows[i].text, rows[i].max, &value);
    cr_assert_eq(ok, rows[i].ok, "'%s'", rows[i].text);
    cr_assert_eq(value, ok ? rows[i].value : 77, "'%s'", rows[i].text);
  }
}

Test(num, reads_durations)
{
  static const struct {
    const char *text;
    bool ok;
    int64_t seconds;
  } rows[] = {
      {"90", true, 90},
      {"90s", true, 90},
      {"15m", true, 900},
      {"12h", true, 43200},
      {"7d", true, 604800},
      {"0", true, 0},
      {"3650d", true, 315360000},
      {"3651d", false, 0},
      {"315360000", true, 315360000},
      {"315360001s", false, 0},
      {"87600h", true, 315360000},
      {"87601h", false, 0},
      {"", false, 0},
      {"s", false, 0},
      {"m", false, 0},
      {"1w", false, 0},
      {"1M", false, 0},
      {"1ms", false, 0},
      {"1h30m", false, 0},
      {"1.5h", false, 0},
      {" 5m", false, 0},
      {"5 m", false, 0},
      {"-5m", false, 0},
      {"99999999999999999999d", false, 0},
      {"000000000000000000000001s", false, 0},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    int64_t seconds = 77;
    bool ok = num_duration(rows[i].text, &seconds);
    cr_assert_eq(ok, rows[i].ok, "'%s'", rows[i].text);
    cr_assert_eq(seconds, ok ? rows[i].seconds : 77, "'%s': %" PRId64,
                 rows[i].text, seconds);
  }
}

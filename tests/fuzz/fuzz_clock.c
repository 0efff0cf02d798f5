/* Dates and numbers: what is accepted is a moment that is written and read
 * back as the same one. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check_moment(int64_t wall)
{
  static const int64_t FIRST = INT64_C(-62167219200);
  static const int64_t LAST = INT64_C(253402300799);
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  int64_t again = 0;

  /* An offset or a leap second may lead beyond the years of four digits. */
  demand(wall >= FIRST - 86400 && wall <= LAST + 86400 + 1);
  clock_rfc3339(&text, wall);
  demand(text.len == strlen("2026-12-24T10:00:00Z"));
  demand(clock_parse_rfc3339(buf_text(&text), &again));
  demand(again == (wall < FIRST ? FIRST : wall > LAST ? LAST : wall));
  clock_local(&text, wall, 0);
  clock_span(&text, wall);
  demand(buf_check(&text, NULL) == E_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_STR char *text = mem_copy(data, size);
  int64_t value = 0;
  uint64_t number = 0;

  demand(text != NULL);
  if (clock_parse_http(text, &value))
    check_moment(value);
  if (clock_parse_rfc3339(text, &value))
    check_moment(value);
  if (num_duration(text, &value))
    demand(value >= 0 && value <= INT64_C(3650) * 86400);
  if (num_parse(text, 65535, &number))
    demand(number <= 65535);
  return 0;
}

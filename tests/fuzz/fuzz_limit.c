/* What servers say about their limits: no crash, and every figure is one that
 * may be waited for or counted with. Each line is a header. */
#include "api/limit.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const int64_t moments[] = {0, 1700000000, INT64_MAX, INT64_MIN};
  AUTO_HEADERS struct headers headers = {0};
  AUTO_STR char *text = mem_copy(data, size);
  char *line = text, *next;

  if (text == NULL)
    abort();
  for (; line != NULL && *line != '\0'; line = next) {
    struct err err = ERR_INIT;

    next = strchr(line, '\n');
    if (next != NULL)
      *next++ = '\0';
    IGNORE(headers_add_line(&headers, line, &err));
  }
  for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
    struct limit limit;
    int64_t wait = 0;

    limit_read(&limit, &headers, moments[i]);
    if (limit.retry_after_ms < -1 || limit.retry_after_ms > LIMIT_LONGEST_MS ||
        limit.reset_ms < -1 || limit.reset_ms > LIMIT_LONGEST_MS ||
        limit.remaining < -1 || limit.quota < -1 ||
        memchr(limit.name, '\0', sizeof limit.name) == NULL)
      abort();
    if (limit_refuses(&limit, 429, &wait) && wait < -1)
      abort();
  }
  return 0;
}

/* A Content-Range and an entity tag: what is read is within bounds, and what is
 * taken for the missing part fits. */
#include "api/range.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check_span(const char *field, const struct range_span *span)
{
  AUTO_STR char *total =
      span->total >= 0 ? mem_printf("%" PRId64, span->total) : mem_str("*");
  AUTO_STR char *again = span->first >= 0
                             ? mem_printf("bytes %" PRId64 "-%" PRId64 "/%s",
                                          span->first, span->end - 1, total)
                             : mem_printf("bytes */%s", total);
  struct range_span read;

  demand(strncasecmp(field, "bytes ", 6) == 0);
  demand(span->first < 0 ? span->end < 0 && span->total >= 0
                         : span->end > span->first);
  demand(span->total < 0 || span->total >= span->end);
  demand(range_read(&read, again) && read.first == span->first &&
         read.end == span->end && read.total == span->total);
}

static void check_answer(const char *field, const char *tag, int status)
{
  AUTO_ANSWER struct http_answer answer = {.status = status};
  AUTO_RANGE struct range range = {0};
  AUTO_HEADERS struct headers asked = {0};
  struct err err = ERR_INIT;

  if (headers_add(&answer.headers, "Content-Range", field, &err) != E_OK ||
      headers_add(&answer.headers, "ETag", tag, &err) != E_OK ||
      headers_add(&answer.headers, "Last-Modified", tag, &err) != E_OK ||
      headers_add(&answer.headers, "Date", "Tue, 15 Nov 1994 08:12:31 GMT",
                  &err) != E_OK)
    return;
  demand(range_begin(&range, &answer, &err) == E_OK);
  if (range.validator == NULL)
    return;
  demand(range_is_validator(range.validator) && range.at >= 0);
  demand(range_ask(&range, &asked, &err) == E_OK);
  if (range_judge(&range, &answer) == RANGE_GOES_ON)
    demand(range.end > range.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const uint8_t *end = memchr(data, '\n', size);
  size_t len = end != NULL ? (size_t)(end - data) : size;
  AUTO_STR char *field = mem_copy(data, len);
  AUTO_STR char *tag =
      end != NULL ? mem_copy(end + 1, size - len - 1) : mem_str("");
  struct range_span span;

  demand(field != NULL && tag != NULL);
  tag[strcspn(tag, "\n")] = '\0';
  if (range_read(&span, field))
    check_span(field, &span);
  check_answer(field, tag, 206);
  check_answer(field, tag, 200);
  return 0;
}

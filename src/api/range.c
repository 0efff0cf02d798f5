#include "api/range.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

enum { STRONG_AFTER = 60 }; /* seconds; RFC 9110 §8.8.2.2 */

/* --- fields ----------------------------------------------------------------
 */

/* Digits at *text, which is moved behind them. */
static bool take_number(const char **text, int64_t *ret_value)
{
  char digits[20];
  size_t len = strspn(*text, "0123456789");
  uint64_t value;

  if (len == 0 || len >= sizeof digits)
    return false;
  memcpy(digits, *text, len);
  digits[len] = '\0';
  if (!num_parse(digits, INT64_MAX - 1, &value))
    return false;
  *ret_value = (int64_t)value;
  *text += len;
  return true;
}

static bool take(const char **text, char c)
{
  if (**text != c)
    return false;
  ++*text;
  return true;
}

static bool take_span(const char **text, struct range_span *span)
{
  int64_t last;

  if (take(text, '*'))
    return true;
  if (!take_number(text, &span->first) || !take(text, '-') ||
      !take_number(text, &last) || last < span->first)
    return false;
  span->end = last + 1;
  return true;
}

bool range_read(struct range_span *ret_span, const char *field)
{
  struct range_span span = {.first = -1, .end = -1, .total = -1};
  const char *at = field;

  if (at == NULL || strncasecmp(at, "bytes", 5) != 0)
    return false;
  at += 5;
  if (!take(&at, ' '))
    return false;
  at += strspn(at, " ");
  if (!take_span(&at, &span) || !take(&at, '/'))
    return false;
  if (take(&at, '*')) {
    if (span.first < 0)
      return false;
  } else if (!take_number(&at, &span.total) || span.total < span.end) {
    return false;
  }
  at += strspn(at, " \t");
  if (*at != '\0')
    return false;
  *ret_span = span;
  return true;
}

/* RFC 9110 §8.8.3, without "W/". */
static bool is_strong_tag(const char *text)
{
  size_t len = strlen(text);

  if (len < 2 || len > RANGE_VALIDATOR_MAX || text[0] != '"' ||
      text[len - 1] != '"')
    return false;
  for (size_t i = 1; i < len - 1; i++) {
    unsigned char c = (unsigned char)text[i];

    if (c <= ' ' || c == '"' || c == 0x7f)
      return false;
  }
  return true;
}

bool range_is_validator(const char *text)
{
  int64_t ignored;

  return is_strong_tag(text) || (strlen(text) <= RANGE_VALIDATOR_MAX &&
                                 clock_parse_http(text, &ignored));
}

/* The strong validator of an answer, borrowed; NULL: none. */
static const char *validator_of(const struct headers *headers)
{
  const char *tag = headers_get(headers, "ETag");
  const char *modified = headers_get(headers, "Last-Modified");
  const char *date = headers_get(headers, "Date");
  int64_t then, now;

  if (tag != NULL)
    return is_strong_tag(tag) ? tag : NULL;
  if (modified == NULL || date == NULL || !range_is_validator(modified) ||
      !clock_parse_http(modified, &then) || !clock_parse_http(date, &now) ||
      now - then < STRONG_AFTER)
    return NULL;
  return modified;
}

static bool is_encoded(const struct headers *headers)
{
  const char *coding = headers_get(headers, "Content-Encoding");

  return coding != NULL && *coding != '\0' &&
         strcasecmp(coding, "identity") != 0;
}

/* --- how far it is ---------------------------------------------------------
 */

void range_clear(struct range *range)
{
  mem_free(range->validator);
  *range = (struct range){0};
}

/* Where the body of an answer lies in the whole. false: none can tell. */
static bool place(struct range *range, const struct http_answer *answer)
{
  const char *length = headers_get(&answer->headers, "Content-Length");
  struct range_span span;
  uint64_t value;

  if (answer->status == 200) {
    if (length != NULL && num_parse(length, INT64_MAX - 1, &value))
      range->end = range->total = (int64_t)value;
    return true;
  }
  if (answer->status != 206 ||
      !range_read(&span, headers_get(&answer->headers, "Content-Range")) ||
      span.first < 0)
    return false;
  range->at = span.first;
  range->end = span.end;
  range->total = span.total;
  return true;
}

enum code range_begin(struct range *ret_range, const struct http_answer *answer,
                      struct err *err)
{
  const char *ranges = headers_get(&answer->headers, "Accept-Ranges");
  const char *validator = validator_of(&answer->headers);
  struct range range = {.end = -1, .total = -1};

  if (validator == NULL || is_encoded(&answer->headers) ||
      (ranges != NULL && strcasecmp(ranges, "none") == 0) ||
      !place(&range, answer)) {
    *ret_range = range;
    return E_OK;
  }
  range.validator = mem_str(validator);
  if (range.validator == NULL)
    return err_nomem(err);
  *ret_range = range;
  return E_OK;
}

/* Another origin that the request is sent on to has named it itself. */
static void make_portable(struct headers *headers, const char *name)
{
  for (size_t i = 0; i < headers->count; i++) {
    if (strcasecmp(headers->items[i].name, name) == 0)
      headers->items[i].portable = true;
  }
}

enum code range_ask(const struct range *range, struct headers *headers,
                    struct err *err)
{
  bool part = range->end >= 0 && range->end != range->total;
  AUTO_STR char *value =
      part ? mem_printf("bytes=%" PRId64 "-%" PRId64, range->at, range->end - 1)
           : mem_printf("bytes=%" PRId64 "-", range->at);
  enum code code;

  if (value == NULL)
    return err_nomem(err);
  code = headers_set(headers, "Range", value, err);
  if (code == E_OK && range->validator != NULL)
    code = headers_set(headers, "If-Range", range->validator, err);
  make_portable(headers, "If-Range");
  if (code == E_OK)
    code = headers_set(headers, "Accept-Encoding", "identity", err);
  return code;
}

/* Whether the answer says that its bytes are the ones that are there. A 206 to
 * If-Range may leave Last-Modified out (§15.3.7), never the entity tag. */
static bool is_same(const struct range *range, const struct http_answer *answer)
{
  const char *validator = range->validator;
  const char *tag = headers_get(&answer->headers, "ETag");
  const char *modified = headers_get(&answer->headers, "Last-Modified");

  if (validator == NULL || is_encoded(&answer->headers))
    return false;
  if (validator[0] == '"')
    return tag != NULL && strcmp(tag, validator) == 0;
  if (modified == NULL)
    return answer->status == 206;
  return strcmp(modified, validator) == 0;
}

static enum range_is judge_part(struct range *range,
                                const struct http_answer *answer)
{
  struct range_span span;

  if (!range_read(&span, headers_get(&answer->headers, "Content-Range")) ||
      span.first != range->at || !is_same(range, answer))
    return RANGE_WRONG;
  if (range->total >= 0 && span.total >= 0 && span.total != range->total)
    return RANGE_WRONG;
  if (range->end >= 0 ? span.end > range->end : span.total < 0)
    return RANGE_WRONG;
  if (range->total < 0)
    range->total = span.total;
  if (range->end < 0)
    range->end = span.total;
  return RANGE_GOES_ON;
}

enum range_is range_judge(struct range *range, const struct http_answer *answer)
{
  const char *tag = headers_get(&answer->headers, "ETag");
  struct range_span span;

  switch (answer->status) {
  case 200:
    return range->end == range->total && is_same(range, answer) ? RANGE_SAME
                                                                : RANGE_OTHER;
  case 206:
    return judge_part(range, answer);
  case 416:
    if (!range_read(&span, headers_get(&answer->headers, "Content-Range")) ||
        span.first >= 0 || span.total != range->at ||
        (range->total >= 0 && range->total != range->at) ||
        (tag != NULL && range->validator != NULL &&
         range->validator[0] == '"' && strcmp(tag, range->validator) != 0))
      return RANGE_WRONG;
    return RANGE_COMPLETE;
  default:
    return RANGE_FAILED;
  }
}

bool range_is_whole(const struct range *range)
{
  return range->end < 0 || range->at == range->end;
}

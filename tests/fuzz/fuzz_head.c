/* An answer's head, line by line as libcurl gives it, and what fob makes of it:
 * no crash, no field that could not be sent on, no control character in what is
 * shown, and an exit status that fits the answer's. */
#include "api/verdict.h"
#include "base/err.h"
#include "base/mem.h"
#include "http/redact.h"
#include "http/transfer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void demand_shown(const char *text)
{
  for (; *text != '\0'; text++)
    demand(((unsigned char)*text >= 0x20 && *text != 0x7f) || *text == '\n');
}

/* libcurl's lines end with '\n', but for a head that is cut off. */
static void feed(struct transfer *t, const uint8_t *data, size_t size)
{
  while (size > 0 && t->code == E_OK && !t->head_done) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end != NULL ? (size_t)(end - data) + 1 : size;
    AUTO_STR char *exact = mem_copy(data, len);

    demand(exact != NULL);
    demand(transfer_on_header(exact, 1, len, t) ==
           (t->code == E_OK ? len : (size_t)0));
    data += len;
    size -= len;
  }
  demand(t->code == E_OK || t->code == E_ANSWER);
}

static void check_fields(const struct http_answer *answer)
{
  for (size_t i = 0; i < answer->headers.count; i++) {
    const struct header *header = &answer->headers.items[i];
    AUTO_BUF struct buf shown = BUF_INIT(4 * TRANSFER_HEAD_MAX);

    demand(header_name_valid(header->name));
    for (const char *at = header->value; *at != '\0'; at++)
      demand((unsigned char)*at >= 0x20 ? *at != 0x7f : *at == '\t');
    redact_header(&shown, header->name, header->value);
    demand(shown.failed == E_OK);
  }
}

static void check_verdict(const struct http_answer *answer)
{
  struct err err = ERR_INIT;
  const struct verdict verdict = {.status = answer->status,
                                  .method = "GET",
                                  .url = "https://api.example/",
                                  .reason = answer->reason,
                                  .headers = &answer->headers,
                                  .profile = "acme",
                                  .now = 1700000000};
  enum code code = verdict_give(&verdict, &err);
  int status = err_status(code);

  demand((code == E_OK) == verdict_is_ok(&verdict));
  demand(code == E_OK || err.code == code);
  demand(status == 0 || (status >= 3 && status <= 5) || status == 8 ||
         status == 9);
  demand_shown(err.message);
  demand_shown(err.hint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static char first[] = "HTTP/1.1 000 Fuzz\r\n";
  static char origin[] = "https://api.example";
  const struct url url = {.origin = origin};
  const struct http_request request = {.method = "GET", .url = &url};
  struct http_answer answer = {0};
  struct err err = ERR_INIT;
  struct transfer t = {.request = request, .answer = &answer, .err = &err};

  if (size < 2)
    return 0;
  /* Mutations find words more easily than three digits in a row. */
  first[9] = (char)('2' + data[0] % 4);
  first[10] = (char)('0' + data[1] / 10 % 10);
  first[11] = (char)('0' + data[1] % 10);
  feed(&t, (const uint8_t *)first, sizeof first - 1);
  feed(&t, data + 2, size - 2);
  if (t.code == E_OK) {
    check_fields(&answer);
    check_verdict(&answer);
  }
  demand_shown(err.message);
  http_answer_clear(&answer);
  return 0;
}

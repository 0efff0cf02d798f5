/* A batch's lines and an answer's body: no crash; what is accepted is within
 * what may be sent; the id is a part of the line; a result is one line of JSON,
 * whose body, where it is JSON, has the answer's own tokens. */
#include "api/batch_item.h"

#include "api/batch_result.h"
#include "api/scan.h"
#include "base/codec.h"
#include "http/header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check_item(const char *line, size_t len)
{
  AUTO_BATCH_ITEM struct batch_item item = {0};
  struct err err = ERR_INIT;
  enum code code = batch_item_parse(&item, line, len, &err);

  demand(code == E_OK || code == E_USAGE || code == E_LOCAL);
  if (code != E_OK) {
    demand(item.path == NULL && err.message[0] != '\0');
    return;
  }
  demand(*item.path != '\0');
  demand(item.method == NULL || header_name_valid(item.method));
  for (size_t i = 0; i < item.header_count; i++)
    demand(header_name_valid(item.headers[i].name));
  demand(item.body == NULL ||
         (item.body > line && item.body + item.body_len < line + len &&
          scan_is_value(item.body, item.body_len)));
}

/* The tokens of a text, a line each. */
static void put_tokens(struct buf *out, const char *text, size_t len)
{
  struct scan scan;
  struct scan_piece piece;
  const char *at = text;

  scan_init(&scan);
  while (scan_next(&scan, &at, text + len, &piece) > SCAN_BAD) {
    buf_put(out, piece.bytes, piece.len);
    if (piece.last)
      buf_putc(out, '\n');
  }
  if (scan.token == SCAN_NUMBER)
    buf_putc(out, '\n');
}

static void check_tokens(const struct batch_result *result,
                         const struct buf *line)
{
  static const char before[] = "\"status\":200,\"body\":";
  static const char behind[] = ",\"error\":null,\"ms\":1}\n";
  AUTO_BUF struct buf sent = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf written = BUF_INIT(BUF_BODY);
  const char *text = strstr(buf_text(line), before);

  demand(text != NULL);
  text += sizeof before - 1;
  put_tokens(&sent, result->body, result->body_len);
  put_tokens(&written, text,
             line->len - (size_t)(text - buf_text(line)) - sizeof behind + 1);
  demand(sent.len == written.len &&
         memcmp(buf_text(&sent), buf_text(&written), sent.len) == 0);
}

static void check_result(const char *id, size_t id_len, const char *body,
                         size_t len, bool terminal)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_BODY);
  struct batch_result result = {.id = id,
                                .id_len = id_len,
                                .status = 200,
                                .body = body,
                                .body_len = len,
                                .json = true,
                                .ms = 1,
                                .terminal = terminal};

  batch_result_write(&line, &result);
  demand(line.failed == E_OK && scan_is_value(buf_text(&line), line.len));
  demand(memchr(line.data, '\n', line.len) == line.data + line.len - 1);
  demand(codec_is_utf8(line.data, line.len));
  for (size_t i = 0; terminal && i + 1 < line.len; i++)
    demand((unsigned char)line.data[i] >= 0x20 && line.data[i] != 0x7f);
  if (!terminal && id == NULL && scan_is_value(body, len) &&
      codec_is_utf8(body, len))
    check_tokens(&result, &line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *line = (const char *)data;
  const char *end = size > 0 ? memchr(line, '\n', size) : NULL;
  size_t len = end != NULL ? (size_t)(end - line) : size;
  const char *body = end != NULL ? end + 1 : line + size;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  size_t id_len = 0;
  const char *id;

  buf_put(&text, line, len); /* with its NUL */
  line = buf_text(&text);
  check_item(line, len);
  id = batch_item_id(line, len, &id_len);
  demand(id == NULL ||
         (id > line && id + id_len < line + len && scan_is_value(id, id_len)));
  check_result(id, id_len, body, size - (size_t)(body - (const char *)data),
               false);
  check_result(NULL, 0, body, size - (size_t)(body - (const char *)data),
               false);
  check_result(id, id_len, body, size - (size_t)(body - (const char *)data),
               true);
  return 0;
}

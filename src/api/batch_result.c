#include "api/batch_result.h"

#include "api/quote.h"
#include "api/scan.h"
#include "api/visible.h"
#include "base/codec.h"
#include "base/secret.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static void put_member(struct buf *out, const char *name, const char *text)
{
  buf_printf(out, ",\"%s\":", name);
  quote_json(out, text, strlen(text));
}

/* --- bodies --------------------------------------------------------------- */

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *find_break(const char *text, const char *end)
{
  while (text < end && *text != '\n' && *text != '\r')
    text++;
  return text;
}

/* A line break never stands within a token, nor do the blanks around it. */
static void put_on_one_line(struct buf *out, const char *text, size_t len)
{
  const char *end = text + len;

  if (memchr(text, '\n', len) == NULL && memchr(text, '\r', len) == NULL) {
    buf_put(out, text, len);
    return;
  }
  while (text < end) {
    const char *stop = find_break(text, end);
    const char *last = stop;

    while (stop < end && last > text && is_blank(last[-1]))
      last--;
    buf_put(out, text, (size_t)(last - text));
    for (text = stop; text < end && is_blank(*text);)
      text++;
  }
}

static void put_json(struct buf *out, const char *text, size_t len)
{
  while (len > 0 && is_blank(text[len - 1]))
    len--;
  for (; len > 0 && is_blank(*text); len--)
    text++;
  if (len >= SCAN_BOM && memcmp(text, "\xef\xbb\xbf", SCAN_BOM) == 0) {
    text += SCAN_BOM;
    len -= SCAN_BOM;
  }
  put_on_one_line(out, text, len);
}

static void put_body(struct buf *out, const struct batch_result *result)
{
  const char *body = result->body;
  size_t len = result->body_len;

  buf_puts(out, ",\"body\":");
  if (len == 0) {
    buf_puts(out, "null");
  } else if (!codec_is_utf8(body, len)) {
    buf_puts(out, "null,\"base64\":\"");
    codec_base64(out, body, len);
    buf_putc(out, '"');
  } else if (result->json && scan_is_value(body, len)) {
    put_json(out, body, len);
  } else {
    quote_json(out, body, len);
  }
}

/* --- headers -------------------------------------------------------------- */

/* The first field of that name is where all of them are listed. */
static bool stands_before(const struct headers *headers, size_t index)
{
  for (size_t i = 0; i < index; i++) {
    if (strcasecmp(headers->items[i].name, headers->items[index].name) == 0)
      return true;
  }
  return false;
}

/* Bytes that are not UTF-8 are shown as such. */
static void put_value(struct buf *out, const char *value)
{
  AUTO_BUF struct buf shown = BUF_INIT(BUF_DOCUMENT);
  size_t len = strlen(value);

  if (codec_is_utf8(value, len)) {
    quote_json(out, value, len);
    return;
  }
  codec_visible(&shown, value, len, /* keep_lines= */ false);
  quote_json(out, buf_text(&shown), shown.len);
}

static void put_values(struct buf *out, const struct headers *headers,
                       size_t first)
{
  const char *name = headers->items[first].name;
  size_t count = 0;

  for (size_t i = first; i < headers->count; i++)
    count += strcasecmp(headers->items[i].name, name) == 0;
  if (count == 1) {
    put_value(out, headers->items[first].value);
    return;
  }
  for (size_t i = first; i < headers->count; i++) {
    if (strcasecmp(headers->items[i].name, name) != 0)
      continue;
    buf_putc(out, i == first ? '[' : ',');
    put_value(out, headers->items[i].value);
  }
  buf_putc(out, ']');
}

static void put_headers(struct buf *out, const struct headers *headers)
{
  bool any = false;

  buf_puts(out, ",\"headers\":{");
  for (size_t i = 0; i < headers->count; i++) {
    const struct header *header = &headers->items[i];

    if (header->value == NULL || stands_before(headers, i))
      continue;
    buf_puts(out, any ? ",\"" : "\"");
    for (const char *c = header->name; *c != '\0'; c++)
      buf_putc(out, *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c);
    buf_puts(out, "\":");
    put_values(out, headers, i);
    any = true;
  }
  buf_putc(out, '}');
}

/* --- the line ------------------------------------------------------------- */

static void put_redacted(struct buf *out, const char *name, const char *text)
{
  AUTO_BUF struct buf shown = BUF_INIT(BUF_LINE);

  secret_redact(&shown, text, strlen(text));
  put_member(out, name, buf_text(&shown));
}

static void put_error(struct buf *out, const struct err *err)
{
  if (err == NULL) {
    buf_puts(out, ",\"error\":null");
    return;
  }
  buf_printf(out, ",\"error\":{\"name\":\"%s\",\"exit\":%d",
             err_name(err->code), err_status(err->code));
  put_redacted(out, "message", err->message);
  if (err->hint[0] != '\0')
    put_redacted(out, "hint", err->hint);
  if (err->oauth_error[0] != '\0')
    put_redacted(out, "oauth_error", err->oauth_error);
  buf_putc(out, '}');
}

static void put_line(struct buf *out, const struct batch_result *result)
{
  if (result->id != NULL) {
    buf_puts(out, "{\"id\":");
    buf_put(out, result->id, result->id_len);
  } else {
    buf_printf(out, "{\"id\":%" PRIu64, result->line);
  }
  if (result->status > 0)
    buf_printf(out, ",\"status\":%d", result->status);
  else
    buf_puts(out, ",\"status\":null");
  if (result->headers != NULL)
    put_headers(out, result->headers);
  put_body(out, result);
  put_error(out, result->err);
  buf_printf(out, ",\"ms\":%" PRId64 "}", result->ms);
}

void batch_result_write(struct buf *out, const struct batch_result *result)
{
  AUTO_BUF struct buf line = BUF_INIT(out->max);
  struct visible visible = {.json = true};

  if (!result->terminal) {
    put_line(out, result);
  } else {
    put_line(&line, result);
    visible_feed(&visible, out, buf_text(&line), line.len);
    visible_end(&visible, out);
  }
  if (line.failed != E_OK)
    IGNORE(buf_room(out, SIZE_MAX)); /* which makes it fail too */
  else
    buf_putc(out, '\n');
}

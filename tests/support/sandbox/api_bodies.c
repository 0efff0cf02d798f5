/* The API's bodies: large, slow, compressed, and JSON of every temper. */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

static int64_t number(const char *text, uint64_t max, int64_t otherwise)
{
  uint64_t value;

  return text != NULL && num_parse(text, max, &value) ? (int64_t)value
                                                      : otherwise;
}

/* /api/bytes/N[?chunked=1]: byte i is the pattern's (serve.c). One range of
 * bytes is served (RFC 9110 §14.2), the etag being the length. */
void api_bytes(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  int64_t total =
      number(rq->path + strlen("/api/bytes/"), (uint64_t)1 << 40, -1);
  const char *range = header(rq, "Range");
  long long from = 0;
  char dash = 0;

  (void)sb;
  if (total < 0) {
    answer_error(an, 404, "not_found", "/api/bytes/N wants a number");
    return;
  }
  an->status = 200;
  an->pattern = total;
  an->chunked = param(rq, "chunked") != NULL;
  answer_header(an, "Content-Type", "application/octet-stream");
  AUTO_STR char *etag = need(mem_printf("\"%jd\"", (intmax_t)total), "memory");
  answer_header(an, "ETag", etag);
  answer_header(an, "Accept-Ranges", "bytes");
  if (range == NULL || sscanf(range, "bytes=%lld%c", &from, &dash) != 2 ||
      dash != '-' || from < 0)
    return;
  if (from >= total) {
    an->pattern = 0;
    an->status = 416;
    return;
  }
  AUTO_STR char *content_range =
      need(mem_printf("bytes %lld-%jd/%jd", from, (intmax_t)total - 1,
                      (intmax_t)total),
           "memory");
  answer_header(an, "Content-Range", content_range);
  an->status = 206;
  an->offset = from;
  an->pattern = total - from;
}

/* /api/upload: how much came, and its hash; nothing is kept */
void api_upload(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  struct caller caller;

  caller_identify(sb, rq, &caller);
  answer_json(an, 200,
              json_pack("{sI ss sb ss*}", "bytes", (json_int_t)rq->body_len,
                        "sha256", rq->body_sha256, "authorized", caller.valid,
                        "type", header(rq, "Content-Type")));
}

/* /api/drip?bytes=N&ms=N: a byte at a time */
void api_drip(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  (void)sb;
  an->status = 200;
  an->pattern = number(param(rq, "bytes"), 1 << 20, 10);
  an->drip_ms = number(param(rq, "ms"), 600000, 100);
  answer_header(an, "Content-Type", "text/plain");
}

/* Documents that a formatter must not change, or must survive. */
static const struct document {
  const char *name;
  const char *type;
  const char *text;
} documents[] = {
    {"numbers", "application/json",
     "{\"z\":12345678901234567890123456789,\"money\":1.10,\"huge\":1e400,"
     "\"minus\":-0.0,\"a\":[1.0,100000000000000000001],\"same\":1,\"b\":{}}"},
    {"escape", "application/json",
     "{\"esc\":\"\\u001b[31mred\\u001b[0m\\u0007\",\"c1\":\"\\u009b2J\","
     "\"bidi\":\"abc\\u202edcba\",\"raw\":\"\xc2\x9b"
     "2J\xe2\x80\xae\"}"},
    {"error", "application/json",
     "{\"ok\":false,\"error\":{\"message\":\"quota exceeded\"}}"},
    {"list", "application/json",
     "[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":\"two\"}]"},
    {"lines", "application/x-ndjson", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n"},
    {"string", "application/json", "\"only a text\""},
    {"empty", "application/json", ""},
    {"broken", "application/json", "{\"a\":1,"},
    {"problem", "application/problem+json",
     "{\"type\":\"about:blank\",\"title\":\"fine\",\"status\":200}"},
    {"utf16", "application/json", "\xff\xfe{"},
    {"html", "text/html", "<!DOCTYPE html>\n<p>this is no JSON\n"},
    {"escape-text", "text/plain", "plain \x1b[31mred\x1b[0m \x07 end\n"},
};

/* /api/json/NAME; /api/json/deep?depth=N */
void api_json(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const char *name = rq->path + strlen("/api/json/");

  (void)sb;
  if (strcmp(name, "deep") == 0) {
    int64_t depth = number(param(rq, "depth"), 100000, 1000);
    AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
    for (int64_t i = 0; i < depth; i++)
      buf_putc(&text, '[');
    for (int64_t i = 0; i < depth; i++)
      buf_putc(&text, ']');
    answer_text(an, 200, "application/json", buf_text(&text));
    return;
  }
  for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
    if (strcmp(name, documents[i].name) == 0) {
      answer_text(an, 200, documents[i].type, documents[i].text);
      return;
    }
  }
  answer_error(an, 404, "not_found", "no such document");
}

static uint32_t crc32_of(const unsigned char *bytes, size_t len)
{
  uint32_t crc = 0xffffffff;

  for (size_t i = 0; i < len; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc;
}

static void put_le(struct buf *out, uint32_t value, int octets)
{
  for (; octets > 0; octets--, value >>= 8)
    buf_putc(out, (char)(value & 0xff));
}

/* /api/gzip: Content-Encoding: gzip, with one stored block (RFC 1951 §3.2.4),
 * which needs no compressor. ?broken=1 spoils the checksum. */
void api_gzip(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  static const char text[] = "{\"packed\":true,\"money\":1.10}";
  uint32_t len = sizeof(text) - 1;
  uint32_t crc = crc32_of((const unsigned char *)text, len);

  (void)sb;
  answer_text(an, 200, "application/json", "");
  answer_header(an, "Content-Encoding", "gzip");
  buf_put(&an->body, "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
  put_le(&an->body, len, 2);
  put_le(&an->body, ~len, 2);
  buf_put(&an->body, text, len);
  put_le(&an->body, param(rq, "broken") ? ~crc : crc, 4);
  put_le(&an->body, len, 4);
}

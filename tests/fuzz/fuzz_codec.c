/* Encodings: what decodes is the one encoding of what it decodes to; what is
 * made visible is harmless, and stays as it is when that is done again. */
#include "base/codec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static bool is_same(const struct buf *buf, const void *bytes, size_t len)
{
  return buf->len == len && memcmp(buf_text(buf), bytes, len) == 0;
}

typedef void encode(struct buf *, const void *, size_t);
typedef bool decode(struct buf *, const char *, size_t);

static bool unpercent(struct buf *out, const char *text, size_t len)
{
  return codec_unpercent(out, text, len, false);
}

static bool unform(struct buf *out, const char *text, size_t len)
{
  return codec_unpercent(out, text, len, true);
}

static void check_there_and_back(encode *there, decode *back, const void *bytes,
                                 size_t len)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf again = BUF_INIT(BUF_BODY);
  there(&text, bytes, len);
  demand(codec_is_line(buf_text(&text)));
  demand(back(&again, buf_text(&text), text.len));
  demand(is_same(&again, bytes, len));
}

/* Strict forms have one text for each value. */
static void check_back_and_there(decode *back, encode *there, const char *text,
                                 size_t len)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf again = BUF_INIT(BUF_BODY);
  if (!back(&bytes, text, len))
    return;
  there(&again, buf_text(&bytes), bytes.len);
  demand(is_same(&again, text, len));
}

static void check_visible(const char *text, size_t len, bool keep_lines)
{
  AUTO_BUF struct buf once = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf twice = BUF_INIT(BUF_BODY);
  codec_visible(&once, text, len, keep_lines);
  demand(once.len >= len);
  demand(codec_is_utf8(buf_text(&once), once.len));
  for (size_t i = 0; i < once.len; i++) {
    char c = once.data[i];
    demand((unsigned char)c >= 0x20 ||
           (keep_lines && (c == '\n' || c == '\t')));
    demand(c != 0x7f);
  }
  codec_visible(&twice, buf_text(&once), once.len, keep_lines);
  demand(is_same(&twice, buf_text(&once), once.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *text = (const char *)data;
  check_visible(text, size, false);
  check_visible(text, size, true);
  check_there_and_back(codec_base64, codec_unbase64, data, size);
  check_there_and_back(codec_base64url, codec_unbase64url, data, size);
  check_there_and_back(codec_hex, codec_unhex, data, size);
  check_there_and_back(codec_percent, unpercent, data, size);
  check_there_and_back(codec_form, unform, data, size);
  check_back_and_there(codec_unbase64, codec_base64, text, size);
  check_back_and_there(codec_unbase64url, codec_base64url, text, size);

  AUTO_BUF struct buf decoded = BUF_INIT(BUF_BODY);
  if (unform(&decoded, text, size))
    check_there_and_back(codec_form, unform, buf_text(&decoded), decoded.len);
  return 0;
}

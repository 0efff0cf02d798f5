/* Redaction: a living secret is never in what comes out, and a text that holds
 * none comes out as it is. */
#include "base/codec.h"
#include "base/mem.h"
#include "base/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static bool has(const struct buf *buf, const void *bytes, size_t len)
{
  return memmem(buf_text(buf), buf->len, bytes, len) != NULL;
}

static void expect_hidden(const struct buf *text, const void *secret,
                          size_t len)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  secret_redact(&out, buf_text(text), text->len);
  demand(buf_check(&out, NULL) == E_OK);
  demand(!has(&out, secret, len));
  demand(has(&out, " bytes]", 7));
}

/* The length of the secret, the secret, and the text around it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO(secret) secret = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf encoded = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);

  if (size < 2 || data[0] > size - 1)
    return 0;
  size_t len = data[0];
  const uint8_t *value = data + 1, *rest = value + len;
  size_t rest_len = size - 1 - len, half = rest_len / 2;

  demand(secret_new(&secret, value, len, NULL) == E_OK);
  secret_redact(&out, (const char *)rest, rest_len);
  if (memmem(buf_text(&out), out.len, "[hidden, ", 9) == NULL)
    demand(out.len == rest_len && memcmp(buf_text(&out), rest, rest_len) == 0);

  /* A marker in the text could complete a secret that looks like one. */
  static const char marker[] = "[hidden, 0123456789 bytes]";
  bool is_like_marker = len < 6;
  for (size_t i = 0; i < len; i++)
    is_like_marker |= memchr(marker, value[i], sizeof(marker) - 1) != NULL;
  if (is_like_marker)
    return 0;

  buf_put(&text, rest, half);
  buf_put(&text, value, len);
  buf_put(&text, rest + half, rest_len - half);
  expect_hidden(&text, value, len);
  codec_percent(&encoded, value, len);
  expect_hidden(&encoded, buf_text(&encoded), encoded.len);
  buf_clear(&encoded);
  codec_base64(&encoded, buf_text(&text), text.len);
  expect_hidden(&encoded, value, len);
  buf_clear(&encoded);
  codec_base64url(&encoded, buf_text(&text), text.len);
  expect_hidden(&encoded, value, len);
  return 0;
}

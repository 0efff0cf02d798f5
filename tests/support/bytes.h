/* Bytes written as hexadecimal text in tests. */
#pragma once

#include "base/buf.h"
#include "base/codec.h"

#include <criterion/criterion.h>
#include <string.h>

/* The caller clears. */
MAYBE_UNUSED static struct buf bytes_of(const char *hex)
{
  struct buf bytes = BUF_INIT(BUF_DOCUMENT);

  cr_assert(codec_unhex(&bytes, hex, strlen(hex)), "%s", hex);
  return bytes;
}

MAYBE_UNUSED static void assert_bytes(const void *bytes, size_t len,
                                      const char *hex)
{
  struct buf text = BUF_INIT(BUF_DOCUMENT);

  codec_hex(&text, bytes, len);
  cr_assert_str_eq(buf_text(&text), hex);
  buf_clear(&text);
}

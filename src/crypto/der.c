#include "crypto/der.h"

struct der der_number(const void *bytes, size_t len)
{
  struct der number = {bytes, len};

  while (number.len > 0 && number.bytes[0] == 0) {
    number.bytes++;
    number.len--;
  }
  return number;
}

size_t der_bits(struct der number)
{
  size_t bits = number.len * 8;

  if (number.len == 0)
    return 0;
  for (uint8_t top = number.bytes[0]; (top & 0x80) == 0;
       top = (uint8_t)(top << 1))
    bits--;
  return bits;
}

static void put_head(struct buf *out, uint8_t tag, size_t len)
{
  buf_putc(out, (char)tag);
  if (len >= 0x100) {
    buf_putc(out, (char)0x82);
    buf_putc(out, (char)(len >> 8));
  } else if (len >= 0x80) {
    buf_putc(out, (char)0x81);
  }
  buf_putc(out, (char)(len & 0xff));
}

void der_put_number(struct buf *out, struct der number)
{
  /* Zero is one zero byte, and a set top bit would mean a negative one. */
  bool padded = number.len == 0 || (number.bytes[0] & 0x80) != 0;

  put_head(out, DER_INTEGER, number.len + padded);
  if (padded)
    buf_putc(out, 0);
  buf_put(out, number.bytes, number.len);
}

void der_put_sequence(struct buf *out, const struct buf *body)
{
  put_head(out, DER_SEQUENCE, body->len);
  buf_put(out, body->data, body->len);
  if (body->failed != E_OK)
    out->failed = body->failed;
}

/* The length's own bytes; 0 for a form that is not the shortest. */
static size_t read_len(struct der from, size_t *ret_len)
{
  if (from.len > 0 && from.bytes[0] < 0x80) {
    *ret_len = from.bytes[0];
    return 1;
  }
  if (from.len > 1 && from.bytes[0] == 0x81 && from.bytes[1] >= 0x80) {
    *ret_len = from.bytes[1];
    return 2;
  }
  if (from.len > 2 && from.bytes[0] == 0x82 && from.bytes[1] != 0) {
    *ret_len = (size_t)from.bytes[1] << 8 | from.bytes[2];
    return 3;
  }
  return 0;
}

bool der_take(struct der *from, uint8_t tag, struct der *ret_content)
{
  struct der rest = *from;
  size_t head, len;

  if (rest.len == 0 || rest.bytes[0] != tag)
    return false;
  rest.bytes++;
  rest.len--;
  head = read_len(rest, &len);
  if (head == 0 || rest.len - head < len)
    return false;

  *ret_content = (struct der){rest.bytes + head, len};
  *from = (struct der){rest.bytes + head + len, rest.len - head - len};
  return true;
}

bool der_take_number(struct der *from, struct der *ret_number)
{
  struct der rest = *from, content;

  if (!der_take(&rest, DER_INTEGER, &content) || content.len == 0 ||
      (content.bytes[0] & 0x80) != 0)
    return false;

  *ret_number = der_number(content.bytes, content.len);
  *from = rest;
  return true;
}

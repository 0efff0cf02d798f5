/* The little of DER (X.690) that RSA and EC keys are written in: definite
 * lengths below 64 KiB, one-byte tags. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  DER_INTEGER = 0x02,
  DER_BITS = 0x03, /* BIT STRING */
  DER_OCTETS = 0x04,
  DER_OID = 0x06,
  DER_SEQUENCE = 0x30,
  DER_CONTEXT = 0xa0, /* [0], constructed; [1] is one more */
};

/* Bytes that lie elsewhere. */
struct der {
  const uint8_t *bytes;
  size_t len;
};

/* A natural number, big-endian, its leading zeros skipped. */
struct der der_number(const void *bytes, size_t len);
size_t der_bits(struct der number);

void der_put_number(struct buf *out, struct der number);

/* A SEQUENCE of the elements in body; fails as body has failed. */
void der_put_sequence(struct buf *out, const struct buf *body);

/* Takes the first element off from, if it has that tag, and gives what it
 * holds. false leaves from as it was. */
NODISCARD bool der_take(struct der *from, uint8_t tag, struct der *ret_content);

/* Takes an INTEGER that is not negative. */
NODISCARD bool der_take_number(struct der *from, struct der *ret_number);

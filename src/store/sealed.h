/* The form of a credential file:
 *
 *     "fobcred"  version (1)  kind of key  key id (8)  salt (16)
 *     then crypto_seal()'s form of the record
 *
 * All in front of the sealed part, and the profile's name, are authenticated:
 * a file that was changed, cut or copied to another name does not open. The
 * key id tells a wrong key from a damaged file. Private to the room. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "crypto/crypto.h"

enum sealed_kind {
  SEALED_KEY = 1,        /* 32 bytes from somewhere; the salt is zero */
  SEALED_PASSPHRASE = 2, /* derived from a passphrase and the salt */
};

enum {
  SEALED_ID_LEN = 8,
  SEALED_HEAD_LEN = 9 + SEALED_ID_LEN + CRYPTO_SALT_LEN
};

struct sealed_head {
  enum sealed_kind kind;
  uint8_t key_id[SEALED_ID_LEN];
  uint8_t salt[CRYPTO_SALT_LEN];
};

/* E_STORE_BROKEN: not such a file, or of a newer version. */
NODISCARD enum code sealed_read_head(struct sealed_head *ret_head,
                                     const char *bytes, size_t len,
                                     struct err *err);

/* A key's id: nothing can be learnt from it about the key. */
NODISCARD enum code sealed_key_id(uint8_t ret_id[SEALED_ID_LEN],
                                  const uint8_t key[CRYPTO_KEY_LEN],
                                  struct err *err);

/* key must be the one that the head names. E_STORE_BROKEN. */
NODISCARD enum code sealed_open(const char *bytes, size_t len,
                                const char *profile,
                                const uint8_t key[CRYPTO_KEY_LEN],
                                struct buf *out, struct err *err);

NODISCARD enum code sealed_write(const struct sealed_head *head,
                                 const char *profile,
                                 const uint8_t key[CRYPTO_KEY_LEN],
                                 const char *plain, size_t len, struct buf *out,
                                 struct err *err);

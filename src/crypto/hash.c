#include "crypto/crypto.h"

#include "base/codec.h"
#include "crypto/engine.h"

#include <string.h>

enum code crypto_hash(enum crypto_hash which, const void *bytes, size_t len,
                      uint8_t ret_hash[CRYPTO_HASH_MAX], size_t *ret_len,
                      struct err *err)
{
  uint8_t hash[CRYPTO_HASH_MAX];
  size_t hash_len;
  psa_status_t status;
  enum code code = engine_ready(err);

  if (code != E_OK)
    return code;

  status = psa_hash_compute(engine_hash(which), bytes, len, hash, sizeof(hash),
                            &hash_len);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "hash", status);

  memcpy(ret_hash, hash, hash_len);
  *ret_len = hash_len;
  return E_OK;
}

enum code crypto_sha256_text(char **ret_text, const void *bytes, size_t len,
                             struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  uint8_t hash[CRYPTO_HASH_MAX];
  size_t hash_len;
  enum code code = crypto_hash(CRYPTO_SHA256, bytes, len, hash, &hash_len, err);

  if (code != E_OK)
    return code;
  codec_base64url(&text, hash, hash_len);
  return buf_detach(&text, ret_text, NULL, err);
}

/* No early way out: the time must not tell where the first difference is. */
bool crypto_equal(const void *a, const void *b, size_t len)
{
  const volatile uint8_t *x = a;
  const volatile uint8_t *y = b;
  uint8_t difference = 0;

  for (size_t i = 0; i < len; i++)
    difference |= (uint8_t)(x[i] ^ y[i]);
  return difference == 0;
}

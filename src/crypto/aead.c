#include "crypto/crypto.h"

#include "crypto/engine.h"

#include <string.h>

enum { OVERHEAD = CRYPTO_NONCE_LEN + CRYPTO_TAG_LEN };

static enum code import_key(psa_key_id_t *ret_id, psa_key_usage_t usage,
                            const uint8_t key[CRYPTO_KEY_LEN], struct err *err)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_status_t status;
  enum code code = engine_ready(err);

  if (code != E_OK)
    return code;

  psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
  psa_set_key_usage_flags(&attributes, usage);
  psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
  status = psa_import_key(&attributes, key, CRYPTO_KEY_LEN, ret_id);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "use an AES key", status);
  return E_OK;
}

/* A random nonce of 96 bits may serve one key 2^32 times (NIST SP 800-38D
 * §8.3); a credential file is not written that often. */
enum code crypto_seal(const uint8_t key[CRYPTO_KEY_LEN], const void *aad,
                      size_t aad_len, const void *plain, size_t len,
                      struct buf *out, struct err *err)
{
  uint8_t nonce[CRYPTO_NONCE_LEN];
  psa_key_id_t id;
  psa_status_t status;
  size_t sealed_len;
  char *room;
  enum code code;

  if (len > SIZE_MAX - OVERHEAD)
    return err_nomem(err);
  room = buf_room(out, len + OVERHEAD);
  if (room == NULL)
    return buf_check(out, err);

  code = crypto_random(nonce, sizeof(nonce), err);
  if (code != E_OK)
    return code;
  code = import_key(&id, PSA_KEY_USAGE_ENCRYPT, key, err);
  if (code != E_OK)
    return code;

  memcpy(room, nonce, sizeof(nonce));
  status = psa_aead_encrypt(id, PSA_ALG_GCM, nonce, sizeof(nonce), aad, aad_len,
                            plain, len, (uint8_t *)room + sizeof(nonce),
                            len + CRYPTO_TAG_LEN, &sealed_len);
  psa_destroy_key(id);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "encrypt", status);

  buf_grown(out, sizeof(nonce) + sealed_len);
  return E_OK;
}

enum code crypto_open(const uint8_t key[CRYPTO_KEY_LEN], const void *aad,
                      size_t aad_len, const void *sealed, size_t len,
                      struct buf *out, struct err *err)
{
  const uint8_t *bytes = sealed;
  psa_key_id_t id;
  psa_status_t status;
  size_t plain_len;
  char *room;
  enum code code;

  if (len < OVERHEAD)
    return err_set(err, E_STORE_BROKEN, "cannot decrypt: cut short");
  room = buf_room(out, len - OVERHEAD);
  if (room == NULL)
    return buf_check(out, err);
  code = import_key(&id, PSA_KEY_USAGE_DECRYPT, key, err);
  if (code != E_OK)
    return code;

  status =
      psa_aead_decrypt(id, PSA_ALG_GCM, bytes, CRYPTO_NONCE_LEN, aad, aad_len,
                       bytes + CRYPTO_NONCE_LEN, len - CRYPTO_NONCE_LEN,
                       (uint8_t *)room, len - OVERHEAD, &plain_len);
  psa_destroy_key(id);
  if (status == PSA_ERROR_INVALID_SIGNATURE)
    return err_set(err, E_STORE_BROKEN,
                   "cannot decrypt: the key is another one, or the content was "
                   "changed");
  if (status != PSA_SUCCESS)
    return engine_failed(err, "decrypt", status);

  buf_grown(out, plain_len);
  return E_OK;
}

#include "crypto/crypto.h"

#include "base/mem.h"
#include "crypto/engine.h"

#include <string.h>

/* PSA has no empty keys; HMAC pads a short key with zeros (RFC 2104 §2), so one
 * zero byte is the same key. */
static psa_status_t import_hmac(psa_key_id_t *ret_key, psa_algorithm_t alg,
                                const void *key, size_t key_len)
{
  static const uint8_t empty[1] = {0};
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

  psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
  psa_set_key_algorithm(&attributes, alg);
  if (key_len == 0)
    return psa_import_key(&attributes, empty, sizeof(empty), ret_key);
  return psa_import_key(&attributes, key, key_len, ret_key);
}

enum code crypto_hmac(enum crypto_hash which, const void *key, size_t key_len,
                      const void *bytes, size_t len,
                      uint8_t ret_mac[CRYPTO_HASH_MAX], size_t *ret_len,
                      struct err *err)
{
  psa_algorithm_t alg = PSA_ALG_HMAC(engine_hash(which));
  uint8_t mac[CRYPTO_HASH_MAX];
  size_t mac_len;
  psa_key_id_t id;
  psa_status_t status;
  enum code code = engine_ready(err);

  if (code != E_OK)
    return code;

  status = import_hmac(&id, alg, key, key_len);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "use an HMAC key", status);

  status = psa_mac_compute(id, alg, bytes, len, mac, sizeof(mac), &mac_len);
  psa_destroy_key(id);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "compute an HMAC", status);

  memcpy(ret_mac, mac, mac_len);
  *ret_len = mac_len;
  mem_wipe(mac, sizeof(mac));
  return E_OK;
}

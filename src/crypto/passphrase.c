#include "crypto/crypto.h"

#include "base/mem.h"
#include "lazy/argon2.h"

#include <string.h>

/* RFC 9106 §4, second recommended option: for where 2 GiB of memory are too
 * much to ask. Changing a number here makes every stored file unreadable. */
enum { PASSES = 3, MEMORY_KIB = 64 * 1024, LANES = 4 };

enum code crypto_passphrase_key(const struct secret *passphrase,
                                const uint8_t salt[CRYPTO_SALT_LEN],
                                uint8_t ret_key[CRYPTO_KEY_LEN],
                                struct err *err)
{
  uint8_t key[CRYPTO_KEY_LEN];
  enum code code = lazy_argon2(err);
  int failed;

  if (code != E_OK)
    return code;

  failed = sym_argon2id_hash_raw(
      PASSES, MEMORY_KIB, LANES, secret_reveal(passphrase),
      secret_len(passphrase), salt, CRYPTO_SALT_LEN, key, sizeof(key));
  if (failed == ARGON2_MEMORY_ALLOCATION_ERROR)
    return err_nomem(err);
  if (failed != ARGON2_OK)
    return err_set(err, E_LOCAL, "cannot make a key from the passphrase: %s",
                   sym_argon2_error_message(failed));

  memcpy(ret_key, key, sizeof(key));
  mem_wipe(key, sizeof(key));
  return E_OK;
}

/* A key derived from a passphrase, kept in the kernel's session keyring for
 * 8 h, so that one login session asks once a credential. Nothing here fails.
 * Private to the room. */
#pragma once

#include "crypto/crypto.h"

#include <stdbool.h>

bool filekey_cache_get(const uint8_t salt[CRYPTO_SALT_LEN],
                       uint8_t ret_key[CRYPTO_KEY_LEN]);
void filekey_cache_put(const uint8_t salt[CRYPTO_SALT_LEN],
                       const uint8_t key[CRYPTO_KEY_LEN]);
void filekey_cache_drop(const uint8_t salt[CRYPTO_SALT_LEN]);

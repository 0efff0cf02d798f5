/* The key file that fob makes beside the credential files. Private to the
 * room. */
#pragma once

#include "base/err.h"
#include "crypto/crypto.h"

/* E_NO_CREDENTIAL when there is none (err is not filled); E_STORE_REFUSED,
 * E_STORE_BROKEN. */
NODISCARD enum code filekey_beside_read(uint8_t ret_key[CRYPTO_KEY_LEN],
                                        const char *dir, struct err *err);

/* As above, and makes one when there is none. Of several processes that do so
 * at once, all get the same key. dir is there. */
NODISCARD enum code filekey_beside_make(uint8_t ret_key[CRYPTO_KEY_LEN],
                                        const char *dir, struct err *err);

/* Random numbers, hashes, HMAC and authenticated encryption, through PSA.
 *
 * Each function initialises PSA when it is first needed: the cached path of
 * `fob token` never does (DESIGN §3). Failures are E_LOCAL. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

NODISCARD enum code crypto_random(void *ret_bytes, size_t len, struct err *err);

/* base64url of len random bytes: state, nonce, code_verifier, jti. */
NODISCARD enum code crypto_random_text(char **ret_text, size_t len,
                                       struct err *err);

enum crypto_hash { CRYPTO_SHA256, CRYPTO_SHA384, CRYPTO_SHA512 };
enum { CRYPTO_HASH_MAX = 64 };

/* ret_len: 32, 48 or 64. */
NODISCARD enum code crypto_hash(enum crypto_hash which, const void *bytes,
                                size_t len, uint8_t ret_hash[CRYPTO_HASH_MAX],
                                size_t *ret_len, struct err *err);

/* base64url of the SHA-256: code_challenge, ath, thumbprints. */
NODISCARD enum code crypto_sha256_text(char **ret_text, const void *bytes,
                                       size_t len, struct err *err);

NODISCARD enum code crypto_hmac(enum crypto_hash which, const void *key,
                                size_t key_len, const void *bytes, size_t len,
                                uint8_t ret_mac[CRYPTO_HASH_MAX],
                                size_t *ret_len, struct err *err);

/* In time that depends on len alone. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* AES-256-GCM. Sealed form: nonce (12) ‖ ciphertext ‖ tag (16); the nonce is
 * random. aad is authenticated, not sealed. Opening what was not sealed with
 * this key and aad fails with E_STORE_BROKEN. */
enum { CRYPTO_KEY_LEN = 32, CRYPTO_NONCE_LEN = 12, CRYPTO_TAG_LEN = 16 };
NODISCARD enum code crypto_seal(const uint8_t key[CRYPTO_KEY_LEN],
                                const void *aad, size_t aad_len,
                                const void *plain, size_t len, struct buf *out,
                                struct err *err);
NODISCARD enum code crypto_open(const uint8_t key[CRYPTO_KEY_LEN],
                                const void *aad, size_t aad_len,
                                const void *sealed, size_t len, struct buf *out,
                                struct err *err);

/* Argon2id (RFC 9106, second recommended option: t=3, 64 MiB, p=4) through
 * libargon2, loaded when needed. salt: 16 bytes. */
enum { CRYPTO_SALT_LEN = 16 };
NODISCARD enum code crypto_passphrase_key(const struct secret *passphrase,
                                          const uint8_t salt[CRYPTO_SALT_LEN],
                                          uint8_t ret_key[CRYPTO_KEY_LEN],
                                          struct err *err);

/* "mbedTLS 2.28.3", for `fob -v --version`. */
const char *crypto_library_version(void);

#include "crypto/crypto.h"

#include "support/bytes.h"

static void check(const char *text, const char *salt_hex, const char *expected)
{
  struct buf salt = bytes_of(salt_hex);
  struct secret *passphrase = NULL;
  uint8_t key[CRYPTO_KEY_LEN];

  cr_assert_eq(E_OK, secret_new(&passphrase, text, strlen(text), NULL));
  cr_assert_eq(E_OK, crypto_passphrase_key(
                         passphrase, (const uint8_t *)salt.data, key, NULL));
  assert_bytes(key, sizeof(key), expected);
  secret_free(passphrase);
  buf_clear(&salt);
}

/* RFC 9106's own vectors take other parameters and a secret; these are by an
 * independent implementation, the npm package @noble/hashes, with t=3,
 * m=65536 and p=4. They pin the parameters: stored files depend on them. */
Test(passphrase, gives_argon2id_with_the_parameters_of_rfc_9106)
{
  check("correct horse battery staple", "000102030405060708090a0b0c0d0e0f",
        "853b272a44db1421c02962669a55eb0994f3cab385ed1c4c79253eee19bab49e");
  check("p\xc3\xa4ss w\xc3\xb6rd", "0f0e0d0c0b0a09080706050403020100",
        "a7594ff299f56f5f852f6e03d947291c9ea6037086b660408a9ae05930ee2c69");
}

#include "crypto/crypto.h"

#include "support/bytes.h"

/* FIPS 180-4's example, and the empty message. */
Test(hash, agrees_with_fips_180)
{
  static const struct {
    enum crypto_hash which;
    const char *message, *digest;
  } cases[] = {
      {CRYPTO_SHA256, "abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {CRYPTO_SHA384, "abc",
       "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072"
       "ba1e7cc2358baeca134c825a7"},
      {CRYPTO_SHA512, "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992"
       "a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
      {CRYPTO_SHA256, "",
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {CRYPTO_SHA384, "",
       "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edeb"
       "fe76f65fbd51ad2f14898b95b"},
      {CRYPTO_SHA512, "",
       "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13"
       "c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    uint8_t digest[CRYPTO_HASH_MAX];
    size_t len = 0;

    cr_assert_eq(E_OK,
                 crypto_hash(cases[i].which, cases[i].message,
                             strlen(cases[i].message), digest, &len, NULL));
    assert_bytes(digest, len, cases[i].digest);
  }
}

Test(hash, equal_sees_a_difference_in_every_bit)
{
  uint8_t a[33], b[33];

  memset(a, 0x5a, sizeof(a));
  memcpy(b, a, sizeof(b));
  cr_assert(crypto_equal(a, b, sizeof(a)));
  cr_assert(crypto_equal(a, b, 0));
  for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
    b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    cr_assert_not(crypto_equal(a, b, sizeof(a)), "bit %zu", bit);
    b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
}

Test(hash, library_version_names_mbedtls_and_a_number)
{
  const char *version = crypto_library_version();

  cr_assert_eq(0, strncmp(version, "mbedTLS ", 8), "%s", version);
  cr_assert_geq(strspn(version + 8, "0123456789."), strlen("3.6.0"));
}

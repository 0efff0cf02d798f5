#include "crypto/crypto.h"

#include "support/bytes.h"

static const uint8_t key[CRYPTO_KEY_LEN] = "test key, not real, 32 bytes ..";
static const char aad[] = "fob record 1 acme";

/* The AES-256 cases 13 to 16 of "The Galois/Counter Mode of Operation",
 * McGrew and Viega, which NIST's SP 800-38D refers to. */
Test(aead, opens_the_vectors_of_the_gcm_paper)
{
  static const char zero[] =
      "0000000000000000000000000000000000000000000000000000000000000000";
  static const char fe[] =
      "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
  static const struct {
    const char *key, *nonce, *aad, *sealed, *plain;
  } cases[] = {
      {zero, "000000000000000000000000", "", "530f8afbc74536b9a963b4f1c4cb738b",
       ""},
      {zero, "000000000000000000000000", "",
       "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
       "00000000000000000000000000000000"},
      {fe, "cafebabefacedbaddecaf888", "",
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
       "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
       "b094dac5d93471bdec1a502270e3cc6c",
       "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
       "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"},
      {fe, "cafebabefacedbaddecaf888",
       "feedfacedeadbeeffeedfacedeadbeefabaddad2",
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
       "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece"
       "0f4e1768cddf8853bb2d551b",
       "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
       "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct buf k = bytes_of(cases[i].key);
    struct buf a = bytes_of(cases[i].aad);
    struct buf sealed = bytes_of(cases[i].nonce);
    struct buf rest = bytes_of(cases[i].sealed);
    struct buf plain = BUF_INIT(BUF_LINE);

    buf_put(&sealed, rest.data, rest.len);
    cr_assert_eq(E_OK,
                 crypto_open((const uint8_t *)k.data, a.data, a.len,
                             sealed.data, sealed.len, &plain, NULL),
                 "case %zu", i + 13);
    assert_bytes(plain.data, plain.len, cases[i].plain);
    buf_clear(&k);
    buf_clear(&a);
    buf_clear(&sealed);
    buf_clear(&rest);
    buf_clear(&plain);
  }
}

static struct buf seal(const char *plain)
{
  struct buf sealed = BUF_INIT(BUF_RECORD);

  cr_assert_eq(E_OK, crypto_seal(key, aad, strlen(aad), plain, strlen(plain),
                                 &sealed, NULL));
  cr_assert_eq(CRYPTO_NONCE_LEN + strlen(plain) + CRYPTO_TAG_LEN, sealed.len);
  return sealed;
}

static enum code try_open(const uint8_t *with, const char *about,
                          const struct buf *sealed, size_t len)
{
  struct buf plain = BUF_INIT(BUF_RECORD);
  struct err err = ERR_INIT;
  enum code code =
      crypto_open(with, about, strlen(about), sealed->data, len, &plain, &err);

  if (code != E_OK) {
    cr_assert_eq(0, plain.len, "gave out what it could not check");
    cr_assert_str_neq(err.message, "");
  }
  buf_clear(&plain);
  return code;
}

Test(aead, opens_what_it_sealed)
{
  static const char *const texts[] = {"", "x", "test-token-not-real",
                                      "sixteen bytes ok"};

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    struct buf sealed = seal(texts[i]);
    struct buf plain = BUF_INIT(BUF_RECORD);

    buf_puts(&plain, "kept:");
    cr_assert_eq(E_OK, crypto_open(key, aad, strlen(aad), sealed.data,
                                   sealed.len, &plain, NULL));
    cr_assert_eq(0, strncmp(buf_text(&plain), "kept:", 5));
    cr_assert_str_eq(buf_text(&plain) + 5, texts[i]);
    buf_clear(&sealed);
    buf_clear(&plain);
  }
}

Test(aead, takes_a_fresh_nonce_each_time)
{
  struct buf a = seal("same");
  struct buf b = seal("same");

  cr_assert_neq(0, memcmp(a.data, b.data, CRYPTO_NONCE_LEN));
  cr_assert_neq(0, memcmp(a.data + CRYPTO_NONCE_LEN, b.data + CRYPTO_NONCE_LEN,
                          strlen("same")));
  buf_clear(&a);
  buf_clear(&b);
}

Test(aead, refuses_every_flipped_bit)
{
  struct buf sealed = seal("test-token-not-real");

  for (size_t bit = 0; bit < sealed.len * 8; bit++) {
    sealed.data[bit / 8] ^= (char)(1u << (bit % 8));
    cr_assert_eq(E_STORE_BROKEN, try_open(key, aad, &sealed, sealed.len),
                 "bit %zu", bit);
    sealed.data[bit / 8] ^= (char)(1u << (bit % 8));
  }
  cr_assert_eq(E_OK, try_open(key, aad, &sealed, sealed.len));
  buf_clear(&sealed);
}

Test(aead, refuses_every_truncation)
{
  struct buf sealed = seal("test-token-not-real");

  for (size_t len = 0; len < sealed.len; len++)
    cr_assert_eq(E_STORE_BROKEN, try_open(key, aad, &sealed, len), "%zu", len);
  buf_clear(&sealed);
}

Test(aead, refuses_another_key_or_context)
{
  uint8_t other[CRYPTO_KEY_LEN];
  struct buf sealed = seal("test-token-not-real");

  memcpy(other, key, sizeof(other));
  other[CRYPTO_KEY_LEN - 1] ^= 1;
  cr_assert_eq(E_STORE_BROKEN, try_open(other, aad, &sealed, sealed.len));
  cr_assert_eq(E_STORE_BROKEN,
               try_open(key, "fob record 1 acmf", &sealed, sealed.len));
  cr_assert_eq(E_STORE_BROKEN, try_open(key, "", &sealed, sealed.len));
  buf_clear(&sealed);
}

Test(aead, keeps_to_the_ceiling_of_its_output)
{
  struct buf out = BUF_INIT(CRYPTO_NONCE_LEN + CRYPTO_TAG_LEN + 3);
  struct err err = ERR_INIT;

  cr_assert_eq(E_LOCAL, crypto_seal(key, "", 0, "four", 4, &out, &err));
  buf_clear(&out);
}

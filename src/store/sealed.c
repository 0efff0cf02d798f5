#include "store/sealed.h"

#include <string.h>

static const char magic[] = "fobcred";
enum {
  VERSION = 1,
  KIND_AT = sizeof magic,
  ID_AT,
  SALT_AT = ID_AT + SEALED_ID_LEN
};

enum code sealed_read_head(struct sealed_head *ret_head, const char *bytes,
                           size_t len, struct err *err)
{
  size_t magic_len = sizeof magic - 1;
  if (len < magic_len || memcmp(bytes, magic, magic_len) != 0)
    return err_set(err, E_STORE_BROKEN, "it is not a credential file");
  if (len <= SEALED_HEAD_LEN)
    return err_set(err, E_STORE_BROKEN, "it is cut short");
  if (bytes[magic_len] != VERSION)
    return err_set(err, E_STORE_BROKEN,
                   "it has version %u, made by another fob; this one reads "
                   "version %d",
                   (unsigned)(unsigned char)bytes[magic_len], VERSION);
  if (bytes[KIND_AT] != SEALED_KEY && bytes[KIND_AT] != SEALED_PASSPHRASE)
    return err_set(err, E_STORE_BROKEN, "it names an unknown kind of key");
  ret_head->kind = (enum sealed_kind)bytes[KIND_AT];
  memcpy(ret_head->key_id, bytes + ID_AT, SEALED_ID_LEN);
  memcpy(ret_head->salt, bytes + SALT_AT, CRYPTO_SALT_LEN);
  return E_OK;
}

enum code sealed_key_id(uint8_t ret_id[SEALED_ID_LEN],
                        const uint8_t key[CRYPTO_KEY_LEN], struct err *err)
{
  static const char purpose[] = "fob credential file, key id";
  uint8_t mac[CRYPTO_HASH_MAX];
  size_t len;
  enum code code = crypto_hmac(CRYPTO_SHA256, key, CRYPTO_KEY_LEN, purpose,
                               sizeof purpose - 1, mac, &len, err);
  if (code == E_OK)
    memcpy(ret_id, mac, SEALED_ID_LEN);
  return code;
}

/* The head's bytes and the profile's name. */
static enum code make_aad(struct buf *aad, const char *head,
                          const char *profile, struct err *err)
{
  buf_put(aad, head, SEALED_HEAD_LEN);
  buf_puts(aad, profile);
  return buf_check(aad, err);
}

enum code sealed_open(const char *bytes, size_t len, const char *profile,
                      const uint8_t key[CRYPTO_KEY_LEN], struct buf *out,
                      struct err *err)
{
  AUTO_BUF struct buf aad = BUF_INIT(BUF_LINE);
  enum code code = make_aad(&aad, bytes, profile, err);
  if (code != E_OK)
    return code;
  code = crypto_open(key, aad.data, aad.len, bytes + SEALED_HEAD_LEN,
                     len - SEALED_HEAD_LEN, out, err);
  if (code == E_STORE_BROKEN)
    return err_set(err, code,
                   "it was changed, or is the credential of another profile");
  return code;
}

enum code sealed_write(const struct sealed_head *head, const char *profile,
                       const uint8_t key[CRYPTO_KEY_LEN], const char *plain,
                       size_t len, struct buf *out, struct err *err)
{
  char bytes[SEALED_HEAD_LEN];
  memcpy(bytes, magic, sizeof magic - 1);
  bytes[sizeof magic - 1] = VERSION;
  bytes[KIND_AT] = (char)head->kind;
  memcpy(bytes + ID_AT, head->key_id, SEALED_ID_LEN);
  memcpy(bytes + SALT_AT, head->salt, CRYPTO_SALT_LEN);
  AUTO_BUF struct buf aad = BUF_INIT(BUF_LINE);
  enum code code = make_aad(&aad, bytes, profile, err);
  if (code != E_OK)
    return code;
  buf_put(out, bytes, sizeof bytes);
  return crypto_seal(key, aad.data, aad.len, plain, len, out, err);
}

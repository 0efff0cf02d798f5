/* The key of a credential file (CONTRACT §4, DESIGN §3). The first that is
 * there: FOB_STORE_KEY, FOB_STORE_KEY_FILE, config.json's store_key_file,
 * $CREDENTIALS_DIRECTORY/fob.key. None: a passphrase where the file was made
 * with one or store_key_file is "passphrase", else the key file that fob makes
 * beside the credentials. A file keeps its kind until logout.
 *
 * Key files hold 32 bytes, as they are or as base64 or hex with a line end.
 * Private to the room. */
#pragma once

#include "store/sealed.h"
#include "store/store.h"

enum filekey_source {
  FILEKEY_NONE, /* not looked for yet */
  FILEKEY_ENV,
  FILEKEY_ENV_FILE,
  FILEKEY_CONFIG,
  FILEKEY_CREDENTIALS,
  FILEKEY_PASSPHRASE,
  FILEKEY_BESIDE,
};

struct filekey {
  enum filekey_source source;
  struct sealed_head head; /* kind, id and salt for a file sealed with it */
  uint8_t bytes[CRYPTO_KEY_LEN];
};

/* Where the key of a file with this head comes from, or (NULL) of a new one. */
enum filekey_source filekey_source(const struct store_options *options,
                                   const struct sealed_head *head);

/* "FOB_STORE_KEY", "a passphrase", "the key beside it". */
const char *filekey_source_name(enum filekey_source source);

/* The key that opens a file. E_STORE_REFUSED: the key is another one, or not
 * here; E_STORE_LOCKED: a passphrase, and nobody to ask; E_ENVIRONMENT: the
 * variable holds no key. dir: the credentials' directory. */
NODISCARD enum code filekey_for_reading(struct filekey *ret_key,
                                        const struct store_options *options,
                                        const char *profile, const char *dir,
                                        const struct sealed_head *head,
                                        struct err *err);

/* The key to seal a file with. head: that of the file to be replaced; NULL:
 * there is none, or it cannot be read. Makes a key file or asks for a new
 * passphrase where it must. */
NODISCARD enum code filekey_for_writing(struct filekey *ret_key,
                                        const struct store_options *options,
                                        const char *profile, const char *dir,
                                        const struct sealed_head *head,
                                        struct err *err);

/* 32 bytes from hex, base64 or base64url, a line end behind it or not.
 * E_STORE_BROKEN (err is not filled): text is no such key. E_NOMEM. */
NODISCARD enum code filekey_parse(uint8_t ret_key[CRYPTO_KEY_LEN],
                                  const char *text, size_t len,
                                  struct err *err);

void filekey_wipe(struct filekey *key);
#define AUTO_FILEKEY __attribute__((cleanup(filekey_wipe)))

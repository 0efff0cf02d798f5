#include "store/filekey_cache.h"

#include "base/codec.h"
#include "store/container.h"

#include <keyutils.h>

enum { HOURS_8 = 8 * 60 * 60 };

/* The session keyring, 0 when there is none to be used. Not named by its
 * special number: where the session has none of its own, adding a key to that
 * makes a new keyring, which ends with this process; asking for the number
 * answers with the user's session keyring. That one is not used where other
 * containers see it too. */
static key_serial_t session(void)
{
  key_serial_t ring =
      keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, /* create= */ 0);
  if (ring <= 0)
    return 0;
  if (ring != keyctl_get_keyring_ID(KEY_SPEC_USER_SESSION_KEYRING, 0))
    return ring;
  struct container container;
  container_look(&container);
  return container_shares_keyrings(&container) ? 0 : ring;
}

static void name_make(struct buf *name, const uint8_t salt[CRYPTO_SALT_LEN])
{
  buf_puts(name, "fob-file-key:");
  codec_hex(name, salt, CRYPTO_SALT_LEN);
}

static key_serial_t find(key_serial_t ring, const uint8_t salt[CRYPTO_SALT_LEN])
{
  AUTO_BUF struct buf name = BUF_INIT(128);
  name_make(&name, salt);
  if (ring == 0 || name.failed != E_OK)
    return -1;
  return (key_serial_t)keyctl_search(ring, "user", buf_text(&name), 0);
}

bool filekey_cache_get(const uint8_t salt[CRYPTO_SALT_LEN],
                       uint8_t ret_key[CRYPTO_KEY_LEN])
{
  key_serial_t key = find(session(), salt);
  return key >= 0 &&
         keyctl_read(key, (char *)ret_key, CRYPTO_KEY_LEN) == CRYPTO_KEY_LEN;
}

void filekey_cache_put(const uint8_t salt[CRYPTO_SALT_LEN],
                       const uint8_t key[CRYPTO_KEY_LEN])
{
  AUTO_BUF struct buf name = BUF_INIT(128);
  name_make(&name, salt);
  key_serial_t ring = session();
  if (ring == 0 || name.failed != E_OK)
    return;
  /* Possessed by way of the process keyring: see cache.c. */
  key_serial_t made = add_key("user", buf_text(&name), key, CRYPTO_KEY_LEN,
                              KEY_SPEC_PROCESS_KEYRING);
  if (made < 0)
    return;
  if (keyctl_setperm(made, KEY_POS_ALL | KEY_USR_VIEW) == 0 &&
      keyctl_set_timeout(made, HOURS_8) == 0)
    (void)keyctl_link(made, ring);
  (void)keyctl_unlink(made, KEY_SPEC_PROCESS_KEYRING);
}

void filekey_cache_drop(const uint8_t salt[CRYPTO_SALT_LEN])
{
  key_serial_t ring = session();
  key_serial_t key = find(ring, salt);
  if (key >= 0)
    (void)keyctl_unlink(key, ring);
}

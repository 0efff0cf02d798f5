/* Credential files and key texts: whatever comes in, no crash; what opens with
 * the key and under the name is what was sealed, and opens under no other. */
#include "base/mem.h"
#include "store/filekey.h"
#include "store/sealed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const uint8_t key[CRYPTO_KEY_LEN] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
  uint8_t parsed[CRYPTO_KEY_LEN];
  struct err err = ERR_INIT;
  struct sealed_head head;
  AUTO_STR char *exact = mem_copy(data, size);
  demand(exact != NULL);
  (void)!filekey_parse(parsed, exact, size, &err);
  if (sealed_read_head(&head, exact, size, &err) != E_OK)
    return 0;
  demand(head.kind == SEALED_KEY || head.kind == SEALED_PASSPHRASE);

  AUTO_BUF struct buf plain = BUF_INIT(BUF_RECORD);
  AUTO_BUF struct buf other = BUF_INIT(BUF_RECORD);
  enum code code = sealed_open(exact, size, "acme", key, &plain, &err);
  if (code != E_OK) {
    demand(code == E_STORE_BROKEN || size > BUF_RECORD);
    demand(plain.len == 0);
    return 0;
  }
  demand(sealed_open(exact, size, "other", key, &other, &err) != E_OK);
  exact[size - 1] = (char)(exact[size - 1] ^ 1);
  demand(sealed_open(exact, size, "acme", key, &other, &err) != E_OK);
  return 0;
}

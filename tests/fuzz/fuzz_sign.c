/* A private key file: no crash, refusals say why, and what is taken is written
 * as a JWK that is the same key again. */
#include "base/mem.h"
#include "crypto/sign.h"

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
  static const struct sign_source source = {.what = "the key",
                                            .code = E_PROFILE};
  AUTO_STR char *exact = mem_copy(data, size), *one = NULL, *two = NULL;
  AUTO(sign_key) key = NULL;
  AUTO(sign_key) again = NULL;
  AUTO(secret) jwk = NULL;
  struct err err = ERR_INIT;

  demand(exact != NULL);
  if (sign_key_load(&key, exact, size, &source, &err) != E_OK) {
    demand(err.code == E_PROFILE && err.message[0] != '\0' && key == NULL);
    return 0;
  }

  demand(sign_key_write(key, &jwk, &err) == E_OK);
  demand(sign_key_load(&again, secret_reveal(jwk), secret_len(jwk), &source,
                       &err) == E_OK);
  demand(sign_key_thumbprint(key, &one, &err) == E_OK);
  demand(sign_key_thumbprint(again, &two, &err) == E_OK);
  demand(strcmp(one, two) == 0);
  demand(strcmp(sign_key_alg(key), sign_key_alg(again)) == 0);
  return 0;
}

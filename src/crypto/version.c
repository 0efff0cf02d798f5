#include "crypto/crypto.h"

#include <mbedtls/version.h>
#include <stdio.h>

/* PSA has no call for it. */
const char *crypto_library_version(void)
{
  static char text[sizeof("mbedTLS ") + 9];
  char number[9];

  mbedtls_version_get_string(number);
  snprintf(text, sizeof(text), "mbedTLS %s", number);
  return text;
}

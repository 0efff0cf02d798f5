#include "lazy/argon2.h"

LAZY_DEFINE(LAZY_ARGON2)
LAZY_NOTE("passphrase", "passphrases for the encrypted credential file",
          "recommended", "libargon2.so.1")

enum code lazy_argon2(struct err *err)
{
  static void *handle;
  static const struct lazy_symbol symbols[] = LAZY_SYMBOLS(LAZY_ARGON2);

  return lazy_load(&handle, "libargon2.so.1", "libargon2-1", symbols, err);
}

#include "lazy/secret.h"

LAZY_DEFINE(LAZY_SECRET)
LAZY_NOTE("keyring", "credentials in the desktop's keyring", "recommended",
          "libsecret-1.so.0")

/* GLib's names are found through libsecret, which depends on it. */
enum code lazy_secret(struct err *err)
{
  static void *handle;
  static const struct lazy_symbol symbols[] = LAZY_SYMBOLS(LAZY_SECRET);

  return lazy_load(&handle, "libsecret-1.so.0", "libsecret-1-0", symbols, err);
}

#include "lazy/qrencode.h"

LAZY_DEFINE(LAZY_QRENCODE)
LAZY_NOTE("qrcode", "a QR code of the address to log in at", "suggested",
          "libqrencode.so.4")

enum code lazy_qrencode(struct err *err)
{
  static void *handle;
  static const struct lazy_symbol symbols[] = LAZY_SYMBOLS(LAZY_QRENCODE);

  return lazy_load(&handle, "libqrencode.so.4", "libqrencode4", symbols, err);
}

#include "lazy/microhttpd.h"

LAZY_NOTE("login", "login through a browser", "recommended",
          "libmicrohttpd.so.12")

LAZY_DEFINE(LAZY_MICROHTTPD)

enum code lazy_microhttpd(struct err *err)
{
  static const struct lazy_symbol symbols[] = LAZY_SYMBOLS(LAZY_MICROHTTPD);
  static void *handle;

  return lazy_load(&handle, "libmicrohttpd.so.12", "libmicrohttpd12", symbols,
                   err);
}

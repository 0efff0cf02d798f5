#include "lazy/jq.h"

LAZY_DEFINE(LAZY_JQ)
LAZY_NOTE("jq", "answers filtered by jq expressions", "suggested", "libjq.so.1")

enum code lazy_jq(struct err *err)
{
  static void *handle;
  static const struct lazy_symbol symbols[] = LAZY_SYMBOLS(LAZY_JQ);

  return lazy_load(&handle, "libjq.so.1", "libjq1", symbols, err);
}

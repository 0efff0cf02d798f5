/* Libraries that the cached path does not need are loaded when first needed.
 *
 * Each has one list of the names that fob uses, in lazy/NAME.h:
 *
 *     #define LAZY_CURL(X) X(curl_easy_init) X(curl_easy_perform) …
 *     LAZY_DECLARE(LAZY_CURL)       declares sym_curl_easy_init, …
 *
 * with the type of the library's own prototype, so that nothing is restated.
 * lazy_curl(err) resolves them all, once, or fails naming the package to
 * install. Nothing is ever closed. An ELF note (.note.dlopen) tells packagers.
 */
#pragma once

#include "base/err.h"

#define LAZY_DECLARE_ONE(name) extern __typeof__(&name) sym_##name;
#define LAZY_DECLARE(LIST) LIST(LAZY_DECLARE_ONE)

struct lazy_symbol {
  const char *name;
  void *slot; /* the function pointer's address */
};

/* Loads soname and fills the slots of a list that ends in a NULL name. E_LOCAL:
 * "cannot load libcurl.so.4: …", hint: package. */
NODISCARD enum code lazy_load(void **handle, const char *soname,
                              const char *package,
                              const struct lazy_symbol *symbols,
                              struct err *err);

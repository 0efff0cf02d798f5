#include "lazy/lazy.h"

#include <dlfcn.h>
#include <string.h>

/* POSIX lets dlsym's answer be used as a function; ISO C knows no such
 * conversion, so the bytes are copied. */
static void fill(const struct lazy_symbol *symbol, void *address)
{
  memcpy(symbol->slot, &address, sizeof(address));
}

enum code lazy_load(void **handle, const char *soname, const char *package,
                    const struct lazy_symbol *symbols, struct err *err)
{
  const struct lazy_symbol *s;
  const char *missing = NULL;
  void *library;

  if (*handle != NULL)
    return E_OK;

  library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *reason = dlerror();

    err_set(err, E_LOCAL, "cannot load '%s': %s", soname,
            reason != NULL ? reason : "unknown reason");
    err_hint(err, "install it; on Debian and Ubuntu: sudo apt install %s",
             package);
    return E_LOCAL;
  }

  for (s = symbols; s->name != NULL && missing == NULL; s++) {
    void *address = dlsym(library, s->name);

    if (address == NULL)
      missing = s->name;
    fill(s, address);
  }

  if (missing != NULL) {
    for (s = symbols; s->name != NULL; s++)
      fill(s, NULL);
    err_set(err, E_LOCAL, "cannot use '%s': it has no %s", soname, missing);
    err_hint(err, "update it; on Debian and Ubuntu: sudo apt install %s",
             package);
    return E_LOCAL;
  }

  *handle = library;
  return E_OK;
}

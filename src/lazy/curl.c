#include "lazy/curl.h"

#include "base/mem.h"

#include <stdbool.h>

LAZY_NOTE("http", "requests to servers", "required", "libcurl.so.4")

LAZY_DEFINE(LAZY_CURL)

enum code lazy_curl(struct err *err)
{
  static const struct lazy_symbol symbols[] = LAZY_SYMBOLS(LAZY_CURL);
  static void *handle;
  static bool started;
  CURLcode result;
  enum code code;

  if (started)
    return E_OK;

  code = lazy_load(&handle, "libcurl.so.4", "libcurl4", symbols, err);
  if (code != E_OK)
    return code;

  /* Before any other call: memory that libcurl allocates with one allocator is
   * freed with the same. */
  result = sym_curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, mem_free,
                                    mem_realloc, mem_str, mem_array);
  if (result != CURLE_OK)
    return err_set(err, result == CURLE_OUT_OF_MEMORY ? E_NOMEM : E_LOCAL,
                   "cannot start libcurl: %s", sym_curl_easy_strerror(result));

  started = true;
  return E_OK;
}

/* WWW-Authenticate: no crash, and what is found stands in the field. */
#include "base/mem.h"
#include "http/header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const names[] = {"error", "realm", NULL};
  AUTO_HEADERS struct headers headers = {0};
  AUTO_STR char *field = mem_copy(data, size);
  struct err err = ERR_INIT;

  if (field == NULL)
    abort();
  if (headers_add(&headers, "WWW-Authenticate", field, &err) != E_OK)
    return 0;

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    AUTO_STR char *value = NULL;

    if (header_challenge(&value, &headers, "Bearer", names[i], &err) != E_OK)
      abort();
    if (value != NULL && strlen(value) >= strlen(field))
      abort();
    if (value != NULL && strchr(value, '\\') == NULL &&
        strchr(field, '\\') == NULL && strstr(field, value) == NULL)
      abort();
  }

  return 0;
}

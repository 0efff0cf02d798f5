/* Content-Disposition, and a URL's last part: a name that is taken stands in
 * this directory and shows as it is. */
#include "api/filename.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *name)
{
  if (name == NULL)
    return;
  if (!filename_is_safe(name) || strchr(name, '/') != NULL || name[0] == '.' ||
      name[0] == '-' || name[0] == '\0' || strlen(name) > 200)
    abort();
  for (const char *at = name; *at != '\0'; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_STR char *field = mem_copy(data, size);
  AUTO_STR char *path = mem_printf("/%s", field != NULL ? field : "");
  AUTO_STR char *named = NULL;
  AUTO_STR char *last = NULL;
  struct err err = ERR_INIT;

  if (field == NULL || path == NULL ||
      filename_of_disposition(&named, field, &err) != E_OK)
    abort();
  check(named);
  if (filename_of_url(&last, &(const struct url){.path = path}, &err) == E_OK)
    check(last);
  return 0;
}

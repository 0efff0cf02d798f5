/* Link fields: no crash, and what is found stands between angle brackets. */
#include "api/link.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check(const char *field, const char *target)
{
  if (target == NULL)
    return;
  AUTO_STR char *bracketed = mem_printf("<%s>", target);

  demand(bracketed != NULL && strstr(field, bracketed) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_HEADERS struct headers headers = {0};
  AUTO_LINK_PAGES struct link_pages pages = {0};
  AUTO(url) from = NULL;
  AUTO_STR char *field = mem_copy(data, size);
  struct err err = ERR_INIT;

  demand(field != NULL);
  demand(url_parse(&from, "https://a.example/b?c=d", URL_PLAIN, E_USAGE, "URL",
                   &err) == E_OK);
  if (headers_add(&headers, "Link", field, &err) != E_OK)
    return 0;
  demand(link_read(&pages, &headers, from, &err) == E_OK);
  check(field, pages.next);
  check(field, pages.last);
  demand(pages.spoken || (pages.next == NULL && pages.last == NULL));
  return 0;
}

/* Payloads of cached tokens: whatever comes in, no crash, and what is accepted
 * is the one form of what it says. */
#include "base/codec.h"
#include "base/mem.h"
#include "store/cache_payload.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct cache_entry entry = {0};
  AUTO_STR char *exact = mem_copy(data, size);
  demand(exact != NULL);
  if (cache_payload_read(exact, size, "stamp", &entry)) {
    char bytes[CACHE_PAYLOAD_MAX];
    demand(secret_len(entry.token) > 0);
    demand(codec_is_line(secret_reveal(entry.token)));
    demand(entry.header_name == NULL || codec_is_line(entry.header_name));
    demand(entry.header_value == NULL || codec_is_line(entry.header_value));
    size_t len = cache_payload_write(bytes, "stamp", &entry);
    demand(size > sizeof bytes ? len == 0
                               : len == size && memcmp(bytes, exact, len) == 0);
    cache_entry_clear(&entry);
  }
  if (cache_payload_read(exact, size, NULL, &entry))
    cache_entry_clear(&entry);
  return 0;
}

/* The payload of a cached token's kernel key: a few numbers and texts. Apart
 * from the keyring calls so that it can be fuzzed; private to the room.
 *
 *     "fob3"  generation issued_at expires_at       8 bytes each, low first
 *     stamp token token_type scope header_name header_value issuer login
 *     dpop_key          each 2 bytes, its length + 1 (0: none), then the text
 */
#pragma once

#include "store/cache.h"

#include <stddef.h>

enum { CACHE_PAYLOAD_MAX = 4096 };

/* Returns the length; 0 when the entry does not fit or has no such form. */
size_t cache_payload_write(char ret_bytes[static CACHE_PAYLOAD_MAX],
                           const char *stamp, const struct cache_entry *entry);

/* false for anything but a whole payload with this stamp (NULL: any). The
 * caller clears ret_entry. */
bool cache_payload_read(const char *bytes, size_t len, const char *stamp,
                        struct cache_entry *ret_entry);

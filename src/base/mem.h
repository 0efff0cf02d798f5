/* The one allocator. Every block that it gives back is wiped first, whatever
 * it held; jansson and libcurl are made to use it too (main.c), so a token
 * that passed through them does not stay behind in freed memory.
 *
 * Nothing else in fob calls malloc, realloc, strdup, asprintf or getline
 * (base/banned.h). All functions return NULL when memory is short; sizes are
 * bytes and are checked for overflow. */
#pragma once

#include "base/attr.h"

#include <stddef.h>

NODISCARD void *mem_alloc(size_t size);               /* not cleared */
NODISCARD void *mem_zalloc(size_t size);              /* cleared */
NODISCARD void *mem_array(size_t count, size_t size); /* cleared */

/* The signature of realloc, for the libraries: allocate, copy, wipe, free.
 * On failure block stays as it was. */
NODISCARD void *mem_realloc(void *block, size_t size);

/* A copy of len bytes with a NUL behind them. */
NODISCARD char *mem_copy(const void *bytes, size_t len);
NODISCARD char *mem_str(const char *text); /* NULL for NULL */
NODISCARD char *mem_printf(const char *format, ...) PRINTF_LIKE(1, 2);

/* Wipes and frees. NULL is fine. */
void mem_free(void *block);

/* How often memory was short until now. Libraries report that as something
 * else at times: whoever calls one compares the numbers before and after. */
unsigned long mem_shortages(void);

/* Overwrites memory in a way that the compiler does not remove. */
void mem_wipe(void *bytes, size_t len);

/* AUTO_STR char *text = NULL; */
MAYBE_UNUSED static inline void auto_str(char **text)
{
  mem_free(*text);
}
#define AUTO_STR __attribute__((cleanup(auto_str)))

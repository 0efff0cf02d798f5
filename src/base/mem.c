/* Each block has its size in front of it: mem_free() must know how much to
 * wipe, and the libraries that use us give back nothing but the address. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGE = 128 * 1024 };

union header {
  size_t n;
  max_align_t a;
};

/* Some libraries allocate on threads of their own. */
static atomic_ulong shortages;

static const size_t LARGEST = PTRDIFF_MAX - sizeof(union header);

void mem_wipe(void *bytes, size_t len)
{
  if (len == 0)
    return;
  memset(bytes, 0, len);
  /* The memory counts as read here, so the stores above are not dead. */
  __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

static void *none(void)
{
  atomic_fetch_add(&shortages, 1);
  return NULL;
}

unsigned long mem_shortages(void)
{
  return atomic_load(&shortages);
}

static void *block_of(union header *header, size_t size)
{
  if (header == NULL)
    return none();
  header->n = size;
  return header + 1;
}

void *mem_alloc(size_t size)
{
  if (size > LARGEST)
    return none();
  return block_of(malloc(sizeof(union header) + size), size);
}

void *mem_zalloc(size_t size)
{
  if (size > LARGEST)
    return none();
  return block_of(calloc(1, sizeof(union header) + size), size);
}

void *mem_array(size_t count, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes))
    return none();
  return mem_zalloc(bytes);
}

void *mem_realloc(void *block, size_t size)
{
  void *grown = mem_alloc(size);
  if (grown == NULL || block == NULL)
    return grown;

  size_t old = ((union header *)block - 1)->n;
  memcpy(grown, block, old < size ? old : size);
  mem_free(block);
  return grown;
}

char *mem_copy(const void *bytes, size_t len)
{
  if (len > LARGEST - 1)
    return none();
  char *copy = mem_alloc(len + 1);
  if (copy == NULL)
    return NULL;
  if (len > 0)
    memcpy(copy, bytes, len);
  copy[len] = '\0';
  return copy;
}

char *mem_str(const char *text)
{
  return text == NULL ? NULL : mem_copy(text, strlen(text));
}

char *mem_printf(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int len = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (len < 0)
    return NULL;

  char *text = mem_alloc((size_t)len + 1);
  if (text == NULL)
    return NULL;
  va_start(args, format);
  (void)vsnprintf(text, (size_t)len + 1, format, args);
  va_end(args);
  return text;
}

/* The whole pages of a large block go back to the system, which clears them
 * before anyone gets them: those that were never used are then not touched. */
static void wipe_block(char *block, size_t size)
{
  if (size >= LARGE) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t before = -(uintptr_t)block % page;
    size_t whole = (size - before) / page * page;

    if (madvise(block + before, whole, MADV_DONTNEED) == 0) {
      mem_wipe(block, before);
      block += before + whole;
      size -= before + whole;
    }
  }
  mem_wipe(block, size);
}

void mem_free(void *block)
{
  if (block == NULL)
    return;
  union header *header = (union header *)block - 1;
  wipe_block(block, header->n);
  free(header);
}

#include "base/mem.h"

#include "support/scratch.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

Test(mem, refuses_sizes_that_overflow)
{
  cr_assert_null(mem_alloc(SIZE_MAX));
  cr_assert_null(mem_alloc(PTRDIFF_MAX));
  cr_assert_null(mem_zalloc(SIZE_MAX - 8));
  cr_assert_null(mem_array(SIZE_MAX / 2, 3));
  cr_assert_null(mem_array(SIZE_MAX / 16 + 2, 16));
  cr_assert_null(mem_realloc(NULL, SIZE_MAX));
  cr_assert_null(mem_copy("", SIZE_MAX));
}

Test(mem, keeps_the_block_when_it_cannot_grow)
{
  char *block = mem_copy("kept", 4);
  cr_assert_null(mem_realloc(block, SIZE_MAX));
  cr_assert_str_eq(block, "kept");
  mem_free(block);
}

Test(mem, gives_a_block_for_nothing)
{
  void *none = mem_alloc(0);
  void *array = mem_array(0, 8);
  void *from_null = mem_realloc(NULL, 0);
  cr_assert_not_null(none);
  cr_assert_not_null(array);
  cr_assert_not_null(from_null);
  none = mem_realloc(none, 0);
  cr_assert_not_null(none);
  mem_free(none);
  mem_free(array);
  mem_free(from_null);
  mem_free(NULL);
}

Test(mem, clears_what_it_says_it_clears)
{
  for (int round = 0; round < 4; round++) {
    unsigned char *zeros = mem_zalloc(512);
    unsigned char *array = mem_array(64, 8);
    cr_assert(zeros != NULL && array != NULL);
    for (size_t i = 0; i < 512; i++)
      cr_assert_eq(zeros[i] | array[i], 0);
    memset(zeros, 0xff, 512);
    memset(array, 0xff, 512);
    mem_free(zeros);
    mem_free(array);
  }
}

Test(mem, keeps_the_content_when_the_size_changes)
{
  unsigned char *block = mem_alloc(100);
  for (size_t i = 0; i < 100; i++)
    block[i] = (unsigned char)i;
  block = mem_realloc(block, 100000);
  cr_assert_not_null(block);
  for (size_t i = 0; i < 100; i++)
    cr_assert_eq(block[i], i);
  block = mem_realloc(block, 10);
  cr_assert_not_null(block);
  for (size_t i = 0; i < 10; i++)
    cr_assert_eq(block[i], i);
  mem_free(block);
}

Test(mem, aligns_blocks_for_everything)
{
  for (size_t size = 0; size < 40; size++) {
    void *block = mem_alloc(size);
    cr_assert_eq((uintptr_t)block % _Alignof(max_align_t), 0);
    mem_free(block);
  }
}

/* The value stands behind the bytes that malloc uses for its own lists. */
static char *block_with_value(size_t size)
{
  char *block = mem_alloc(size);
  cr_assert_not_null(block);
  memset(block, '.', size);
  memcpy(block + size - 32, "test-value-not-real", 19);
  return block;
}

Test(mem, wipes_what_it_frees)
{
  static const size_t sizes[] = {64, 1000, 30000};
  for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
    char *block = block_with_value(sizes[i]);
    void *volatile freed = block;
    cr_assert(scratch_memory_has(freed, sizes[i], "test-value-not-real"));
    mem_free(block);
    cr_assert_not(scratch_memory_has(freed, sizes[i], "test-value-not-real"));
  }
}

/* malloc is kept from giving the memory back by itself. */
Test(mem, wipes_large_blocks_to_both_ends)
{
  enum { SIZE = 1000 * 1000 };
  if (mallopt(M_MMAP_THRESHOLD, 8 * SIZE) != 1 ||
      mallopt(M_TRIM_THRESHOLD, 8 * SIZE) != 1)
    SKIP("this malloc, a sanitizer's, cannot be told to keep what is freed");
  for (size_t shift = 0; shift < 4096; shift += 528) {
    void *before = mem_alloc(shift);
    char *block = mem_alloc(SIZE);
    void *volatile freed = block;
    cr_assert(before != NULL && block != NULL);
    memset(block, '.', SIZE);
    for (size_t at = 64; at < SIZE - 16; at += 1000)
      memcpy(block + at, "not-real", 8);
    memcpy(block + SIZE - 8, "not-real", 8);
    cr_assert(scratch_memory_has(freed, SIZE, "not-real"));
    mem_free(block);
    cr_assert_not(scratch_memory_has(freed, SIZE, "not-real"));
    mem_free(before);
  }
}

Test(mem, does_not_fill_a_large_block_to_wipe_it)
{
  enum { PAGES = 2048 };
  struct rusage before, after;
  void *block = mem_alloc((size_t)PAGES * 4096);
  cr_assert_not_null(block);
  cr_assert_eq(getrusage(RUSAGE_SELF, &before), 0);
  mem_free(block);
  cr_assert_eq(getrusage(RUSAGE_SELF, &after), 0);
  cr_expect_lt(after.ru_minflt - before.ru_minflt, PAGES / 2);
}

Test(mem, wipes_the_old_block_when_it_grows)
{
  char *block = block_with_value(1000);
  void *volatile old = block;
  block = mem_realloc(block, 50000);
  cr_assert_neq((void *)block, old);
  cr_assert_not(scratch_memory_has(old, 1000, "test-value-not-real"));
  mem_free(block);
}

Test(mem, copies_texts)
{
  cr_assert_null(mem_str(NULL));
  char *copy = mem_copy("a\0b", 3);
  cr_assert_eq(memcmp(copy, "a\0b", 4), 0);
  char *text = mem_printf("%s-%d", "x", 7);
  cr_assert_str_eq(text, "x-7");
  char *empty = mem_copy(NULL, 0);
  cr_assert_str_eq(empty, "");
  mem_free(copy);
  mem_free(text);
  mem_free(empty);
}

Test(mem, counts_how_often_memory_was_short)
{
  unsigned long before = mem_shortages();
  mem_free(mem_alloc(10));
  cr_assert_eq(mem_shortages(), before);
  cr_assert_null(mem_alloc(PTRDIFF_MAX));
  cr_assert_null(mem_zalloc(PTRDIFF_MAX));
  cr_assert_null(mem_array(SIZE_MAX, 2));
  cr_assert_null(mem_copy("", SIZE_MAX));
  cr_assert_eq(mem_shortages(), before + 4);
}

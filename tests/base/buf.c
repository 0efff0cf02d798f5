#include "base/buf.h"

#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(buf, builds_a_text_in_a_row)
{
  AUTO_BUF struct buf b = BUF_INIT(100);
  buf_puts(&b, "https://");
  buf_putc(&b, 'h');
  buf_printf(&b, ":%d", 8080);
  buf_put(&b, "/x?", 2);
  cr_assert_str_eq(buf_text(&b), "https://h:8080/x");
  cr_assert_eq(b.len, 16);
  cr_assert_eq(buf_check(&b, NULL), E_OK);
}

Test(buf, holds_exactly_its_ceiling)
{
  static const size_t ceilings[] = {0, 1, 63, 64, 65, 127, 128, 129, 1000};
  for (size_t i = 0; i < ARRAY_LEN(ceilings); i++) {
    AUTO_BUF struct buf b = BUF_INIT(ceilings[i]);
    for (size_t n = 0; n < ceilings[i]; n++)
      buf_putc(&b, 'x');
    cr_assert_eq(buf_check(&b, NULL), E_OK, "ceiling %zu", ceilings[i]);
    cr_assert_eq(b.len, ceilings[i]);
    cr_assert_leq(b.cap, ceilings[i] + 1);
    buf_putc(&b, 'x');
    cr_assert_eq(buf_check(&b, NULL), E_LOCAL, "ceiling %zu", ceilings[i]);
  }
}

Test(buf, fails_for_good)
{
  struct err err = ERR_INIT;
  AUTO_BUF struct buf b = BUF_INIT(8);
  buf_puts(&b, "12345678");
  buf_puts(&b, "9");
  buf_puts(&b, "");
  buf_puts(&b, "1");
  buf_printf(&b, "%d", 1);
  cr_assert_null(buf_room(&b, 1));
  cr_assert_str_eq(buf_text(&b), "");
  cr_assert_eq(b.len, 0);
  cr_assert_eq(buf_check(&b, &err), E_LOCAL);
  cr_assert_str_eq(err.message, "longer than 8 bytes");
  char *text = NULL;
  cr_assert_eq(buf_detach(&b, &text, NULL, &err), E_LOCAL);
  cr_assert_null(text);
  buf_clear(&b);
  buf_puts(&b, "again");
  cr_assert_str_eq(buf_text(&b), "again");
}

Test(buf, does_not_overflow_with_lengths)
{
  AUTO_BUF struct buf b = BUF_INIT(SIZE_MAX);
  buf_puts(&b, "x");
  cr_assert_null(buf_room(&b, SIZE_MAX - 1));
  cr_assert_eq(buf_check(&b, NULL), E_NOMEM);
  buf_clear(&b);
  buf_puts(&b, "x");
  cr_assert_null(buf_room(&b, SIZE_MAX));
  cr_assert_eq(buf_check(&b, NULL), E_LOCAL);
  buf_clear(&b);
  cr_assert_null(buf_room(&b, PTRDIFF_MAX));
  cr_assert_eq(buf_check(&b, NULL), E_NOMEM);
}

Test(buf, keeps_bytes_of_every_kind_while_it_grows)
{
  AUTO_BUF struct buf b = BUF_INIT(100000);
  for (unsigned i = 0; i < 70000; i++)
    buf_putc(&b, (char)(i % 251));
  cr_assert_eq(b.len, 70000);
  for (unsigned i = 0; i < 70000; i++)
    cr_assert_eq((unsigned char)b.data[i], i % 251);
  cr_assert_eq(b.data[b.len], '\0');
}

Test(buf, detaches_a_block_even_when_empty)
{
  AUTO_BUF struct buf b = BUF_INIT(10);
  char *text = NULL;
  size_t len = 7;
  cr_assert_eq(buf_detach(&b, &text, &len, NULL), E_OK);
  cr_assert_str_eq(text, "");
  cr_assert_eq(len, 0);
  mem_free(text);
  buf_puts(&b, "next");
  cr_assert_eq(buf_detach(&b, &text, &len, NULL), E_OK);
  cr_assert_str_eq(text, "next");
  cr_assert_eq(len, 4);
  cr_assert_eq(b.len, 0);
  cr_assert_str_eq(buf_text(&b), "");
  mem_free(text);
}

Test(buf, takes_what_was_written_into_its_room)
{
  AUTO_BUF struct buf b = BUF_INIT(10);
  buf_puts(&b, "ab");
  char *room = buf_room(&b, 8);
  cr_assert_not_null(room);
  memcpy(room, "cdef", 4);
  cr_assert_eq(b.len, 2);
  buf_grown(&b, 3);
  cr_assert_str_eq(buf_text(&b), "abcde");
}

Test(buf, wipes_what_it_truncates)
{
  AUTO_BUF struct buf b = BUF_INIT(100);
  buf_puts(&b, "name=test-value-not-real");
  buf_truncate(&b, 5);
  cr_assert_str_eq(buf_text(&b), "name=");
  cr_assert_not(scratch_memory_has(b.data, b.cap, "value"));
  buf_truncate(&b, 50);
  cr_assert_eq(b.len, 5);
  buf_puts(&b, "x");
  cr_assert_str_eq(buf_text(&b), "name=x");
}

Test(buf, wipes_the_memory_that_it_outgrows)
{
  AUTO_BUF struct buf b = BUF_INIT(100000);
  buf_puts(&b, "0123456789012345678901234567 test-value-not-real");
  void *volatile old = b.data;
  size_t old_cap = b.cap;
  while (b.data == old)
    buf_putc(&b, '.');
  cr_assert_not(scratch_memory_has(old, old_cap, "value-not-real"));
}

Test(buf, wipes_the_memory_of_a_text_that_became_too_long)
{
  AUTO_BUF struct buf b = BUF_INIT(60);
  buf_puts(&b, "0123456789012345678901234567 test-value-not-real");
  void *volatile old = b.data;
  size_t old_cap = b.cap;
  buf_puts(&b, "0123456789012345678901234567");
  cr_assert_not(scratch_memory_has(old, old_cap, "value-not-real"));
}

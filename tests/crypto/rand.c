#include "crypto/crypto.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* More than the generator gives in one go (1024 bytes in mbedTLS). */
Test(rand, fills_large_requests_to_the_end)
{
  uint8_t bytes[5000];
  size_t longest = 0;
  size_t run = 0;

  memset(bytes, 0, sizeof(bytes));
  cr_assert_eq(E_OK, crypto_random(bytes, sizeof(bytes), NULL));
  for (size_t i = 0; i < sizeof(bytes); i++) {
    run = bytes[i] == 0 ? run + 1 : 0;
    if (run > longest)
      longest = run;
  }
  /* Eight zeros in a row come by chance once in 10^15 runs. */
  cr_assert_lt(longest, 8);
}

Test(rand, text_is_base64url_without_padding)
{
  char *text = NULL;

  cr_assert_eq(E_OK, crypto_random_text(&text, 32, NULL));
  cr_assert_eq(43, strlen(text));
  cr_assert_eq(43, strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-_"));
  mem_free(text);
}

static int compare(const void *a, const void *b)
{
  return memcmp(a, b, 22);
}

Test(rand, texts_do_not_repeat)
{
  enum { COUNT = 1000 };
  static char texts[COUNT][23];

  for (size_t i = 0; i < COUNT; i++) {
    char *text = NULL;

    cr_assert_eq(E_OK, crypto_random_text(&text, 16, NULL));
    cr_assert_eq(22, strlen(text));
    memcpy(texts[i], text, 23);
    mem_free(text);
  }
  qsort(texts, COUNT, sizeof(texts[0]), compare);
  for (size_t i = 1; i < COUNT; i++)
    cr_assert_str_neq(texts[i - 1], texts[i]);
}

Test(rand, refuses_a_text_beyond_its_ceiling)
{
  struct err err = ERR_INIT;
  char *text = NULL;

  cr_assert_neq(E_OK, crypto_random_text(&text, BUF_LINE + 1, &err));
  cr_assert_null(text);
  cr_assert_str_neq(err.message, "");
}

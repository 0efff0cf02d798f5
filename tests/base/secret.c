#include "base/secret.h"

#include "base/codec.h"
#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef void encode_fn(struct buf *, const void *, size_t);

static struct secret *make(const char *text)
{
  struct secret *secret = NULL;
  cr_assert_eq(secret_new(&secret, text, strlen(text), NULL), E_OK);
  return secret;
}

static void expect_redacted(const char *text, const char *shown)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_DOCUMENT);
  secret_redact(&out, text, strlen(text));
  cr_assert_str_eq(buf_text(&out), shown);
}

Test(secret, keeps_its_own_copy)
{
  char bytes[] = "ab\0cd-not-real";
  AUTO(secret) secret = NULL;
  cr_assert_eq(secret_new(&secret, bytes, 14, NULL), E_OK);
  memset(bytes, 'x', sizeof(bytes));
  cr_assert_eq(secret_len(secret), 14);
  cr_assert_eq(memcmp(secret_reveal(secret), "ab\0cd-not-real", 15), 0);
}

Test(secret, takes_the_bytes_out_of_a_buffer)
{
  AUTO_BUF struct buf buf = BUF_INIT(100);
  AUTO(secret) secret = NULL;
  AUTO(secret) empty = NULL;
  buf_puts(&buf, "test-token-not-real");
  cr_assert_eq(secret_from_buf(&secret, &buf, NULL), E_OK);
  cr_assert_str_eq(secret_reveal(secret), "test-token-not-real");
  cr_assert_eq(buf.len, 0);
  cr_assert_str_eq(buf_text(&buf), "");
  cr_assert_eq(secret_from_buf(&empty, &buf, NULL), E_OK);
  cr_assert_eq(secret_len(empty), 0);
  cr_assert_str_eq(secret_reveal(empty), "");
}

Test(secret, reports_a_buffer_that_failed)
{
  struct err err = ERR_INIT;
  struct buf buf = BUF_INIT(3);
  struct secret *secret = NULL;
  buf_puts(&buf, "test-token-not-real");
  cr_assert_eq(secret_from_buf(&secret, &buf, &err), E_LOCAL);
  cr_assert_null(secret);
}

Test(secret, compares_whole_values)
{
  AUTO(secret) a = make("test-token-not-real");
  AUTO(secret) same = NULL;
  AUTO(secret) first = make("Test-token-not-real");
  AUTO(secret) last = make("test-token-not-reaL");
  AUTO(secret) longer = make("test-token-not-real!");
  AUTO(secret) none = make("");
  cr_assert_eq(secret_copy(&same, a, NULL), E_OK);
  cr_assert_neq(same, a);
  cr_assert(secret_equal(a, a));
  cr_assert(secret_equal(a, same));
  cr_assert_not(secret_equal(a, first));
  cr_assert_not(secret_equal(a, last));
  cr_assert_not(secret_equal(a, longer));
  cr_assert_not(secret_equal(longer, a));
  cr_assert_not(secret_equal(a, none));
  cr_assert_not(secret_equal(NULL, none));
  cr_assert_not(secret_equal(a, NULL));
  cr_assert(secret_equal(NULL, NULL));
}

Test(secret, is_wiped_when_it_goes)
{
  struct secret *secret = make("0123456789012345678901234567 not-real");
  void *volatile bytes = (void *)(uintptr_t)secret_reveal(secret);
  cr_assert(scratch_memory_has(bytes, 37, "not-real"));
  secret_free(secret);
  cr_assert_not(scratch_memory_has(bytes, 37, "not-real"));
  secret_free(NULL);
}

Test(secret, is_hidden_while_it_lives)
{
  expect_redacted("a test-token-not-real b", "a test-token-not-real b");
  struct secret *secret = make("test-token-not-real");
  expect_redacted("test-token-not-real", "[hidden, 19 bytes]");
  expect_redacted("a test-token-not-real b test-token-not-real!",
                  "a [hidden, 19 bytes] b [hidden, 19 bytes]!");
  expect_redacted("test-token-not-reaX test-token-not-rea",
                  "test-token-not-reaX test-token-not-rea");
  expect_redacted("test-test-token-not-real", "test-[hidden, 19 bytes]");
  secret_free(secret);
  expect_redacted("a test-token-not-real b", "a test-token-not-real b");
}

Test(secret, leaves_the_others_when_one_goes)
{
  struct secret *all[] = {make("first-not-real"), make("second-not-real"),
                          make("third-not-real")};
  secret_free(all[1]);
  expect_redacted("first-not-real second-not-real third-not-real",
                  "[hidden, 14 bytes] second-not-real [hidden, 14 bytes]");
  secret_free(all[2]);
  expect_redacted("first-not-real third-not-real",
                  "[hidden, 14 bytes] third-not-real");
  secret_free(all[0]);
  expect_redacted("first-not-real", "first-not-real");
}

Test(secret, hides_the_longest_of_several)
{
  AUTO(secret) part = make("not-real");
  AUTO(secret) whole = make("not-real-token-0123");
  AUTO(secret) other = make("not-real-token");
  expect_redacted("x not-real-token-0123 y not-real-token z not-real",
                  "x [hidden, 19 bytes] y [hidden, 14 bytes] z [hidden, 8 "
                  "bytes]");
}

Test(secret, leaves_values_that_are_too_short_to_tell)
{
  AUTO(secret) five = make("12345");
  AUTO(secret) none = make("");
  expect_redacted("at 12345 or 123456", "at 12345 or 123456");
  AUTO(secret) six = make("123456");
  expect_redacted("at 12345 or 123456", "at 12345 or [hidden, 6 bytes]");
}

Test(secret, is_found_in_every_writing)
{
  AUTO(secret) secret = make("te/st+to\\ken \"not=real%");
  static const char *const writings[] = {
      "te/st+to\\ken \"not=real%",
      "te%2Fst%2Bto%5Cken%20%22not%3Dreal%25",
      "te%2fst%2bto%5cken+%22not%3dreal%25",
      "te/st%2Bto%5Cken%20%22not=real%25",
      "%74e/st+to\\ken \"not=real%",
      "te\\/st+to\\\\ken \\\"not=real%",
      "te/st+to\\\\ken \\\"not=real%",
  };
  for (size_t i = 0; i < ARRAY_LEN(writings); i++) {
    char text[200], shown[200];
    (void)snprintf(text, sizeof(text), "<%s>", writings[i]);
    (void)snprintf(shown, sizeof(shown), "<[hidden, %zu bytes]>",
                   secret_len(secret));
    expect_redacted(text, shown);
  }
}

Test(secret, is_found_where_it_looks_like_an_escape)
{
  AUTO(secret) secret = make("test%25\\\\not-real\"x");
  expect_redacted("<test%25\\\\not-real\"x>", "<[hidden, 19 bytes]>");
  expect_redacted("<test%2525%5C%5Cnot-real%22x>", "<[hidden, 19 bytes]>");
  expect_redacted("<test%25\\\\\\\\not-real\\\"x>", "<[hidden, 19 bytes]>");
}

/* "user:secret", and whatever else is encoded together with it. */
Test(secret, is_found_inside_base64)
{
  static const char *const values[] = {"not-re", "not-rea", "not-real",
                                       "t\xff\xfe\xfb\xef\xbe-not-real",
                                       "test-token-not-real-0123456789"};
  static encode_fn *const encoders[] = {codec_base64, codec_base64url};
  for (size_t v = 0; v < ARRAY_LEN(values); v++) {
    AUTO(secret) secret = make(values[v]);
    for (size_t e = 0; e < ARRAY_LEN(encoders) * 25; e++) {
      size_t before = e / 2 % 5, after = e / 10;
      AUTO_BUF struct buf plain = BUF_INIT(200);
      AUTO_BUF struct buf text = BUF_INIT(200);
      AUTO_BUF struct buf shown = BUF_INIT(300);
      buf_put(&plain, "user:", before);
      buf_puts(&plain, values[v]);
      buf_put(&plain, ":tail", after);
      buf_puts(&text, "Basic ");
      encoders[e % 2](&text, buf_text(&plain), plain.len);
      secret_redact(&shown, buf_text(&text), text.len);
      cr_assert_not_null(strstr(buf_text(&shown), " bytes]"), "%s",
                         buf_text(&text));

      /* Nothing is left from which a byte of the secret follows: what stands
       * around the marker encodes the neighbours, and no more of the secret
       * than the bits of a digit that is shared with them. */
      size_t kept_front = strcspn(buf_text(&shown), "[") - 6;
      size_t kept_back = strlen(strrchr(buf_text(&shown), ']') + 1);
      cr_assert_leq(kept_front * 6, before * 8, "%s", buf_text(&shown));
      cr_assert_leq(kept_back, (after * 8 + 5) / 6 + 2, "%s", buf_text(&shown));
    }
  }
}

Test(secret, is_found_in_base64_inside_a_url)
{
  AUTO(secret) secret = make("?>?>?>-not-real");
  expect_redacted("x=Pz4%2FPj8%2BLW5vdC1yZWFs&y", "x=[hidden, 15 bytes]&y");
}

Test(secret, is_found_where_a_message_was_cut)
{
  AUTO(secret) secret = make("test-token-not-real-0123456789");
  expect_redacted("no: test-token-not-real…", "no: [hidden, 30 bytes]…");
  expect_redacted("no: test-tok…", "no: test-tok…");
  expect_redacted("no: test-token-not-real", "no: test-token-not-real");
  expect_redacted("no: test-token-not-real… but",
                  "no: test-token-not-real… but");
}

Test(secret, is_not_invented)
{
  AUTO(secret) secret = make("test-token-not-real");
  static const char *const texts[] = {"",
                                      "%",
                                      "%7",
                                      "%74",
                                      "+",
                                      "\\",
                                      "…",
                                      "test-token-not-%",
                                      "dGVzd",
                                      "test-token-not-rea\\",
                                      "dGVzdC10b2tlbi1ub3QtcmVh"};
  for (size_t i = 0; i < ARRAY_LEN(texts); i++)
    expect_redacted(texts[i], texts[i]);
}

Test(secret, redaction_reports_a_buffer_that_is_too_small)
{
  AUTO(secret) secret = make("test-token-not-real");
  AUTO_BUF struct buf out = BUF_INIT(10);
  secret_redact(&out, "x test-token-not-real", 21);
  cr_assert_eq(out.failed, E_LOCAL);
  cr_assert_str_eq(buf_text(&out), "");
}

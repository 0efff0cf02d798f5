#include "store/cache_payload.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static struct secret *secret_of(const char *text)
{
  struct secret *secret = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(secret_new(&secret, text, strlen(text), &err), E_OK);
  return secret;
}

static struct cache_entry entry_of(const char *token, int64_t issued_at)
{
  return (struct cache_entry){
      .token = secret_of(token),
      .token_type = mem_str("Bearer"),
      .header_name = mem_str("Authorization"),
      .header_value = mem_str("Bearer {token}"),
      .generation = 7,
      .issued_at = issued_at,
      .expires_at = issued_at + 3600,
  };
}

static size_t sample(char bytes[CACHE_PAYLOAD_MAX])
{
  struct cache_entry entry = entry_of("test-token-not-real", 1700000000);
  entry.scope = mem_str("openid");
  size_t len = cache_payload_write(bytes, "stamp", &entry);
  cache_entry_clear(&entry);
  cr_assert(len > 0);
  return len;
}

Test(cache_payload, is_refused_when_cut_or_longer)
{
  char bytes[CACHE_PAYLOAD_MAX];
  size_t len = sample(bytes);
  struct cache_entry entry = {0};
  cr_expect(cache_payload_read(bytes, len, "stamp", &entry));
  cache_entry_clear(&entry);
  cr_expect(cache_payload_read(bytes, len, NULL, &entry), "any stamp");
  cache_entry_clear(&entry);
  for (size_t cut = 0; cut < len; cut++)
    cr_assert_not(cache_payload_read(bytes, cut, "stamp", &entry), "%zu", cut);
  bytes[len] = '\0';
  cr_expect_not(cache_payload_read(bytes, len + 1, "stamp", &entry));
}

Test(cache_payload, has_the_key_of_a_bound_token)
{
  char bytes[CACHE_PAYLOAD_MAX];
  struct cache_entry entry = entry_of("test-token-not-real", 1700000000);
  struct cache_entry back = {0};
  entry.dpop_key = secret_of("{\"d\":\"test-key-not-real\"}");
  size_t len = cache_payload_write(bytes, "stamp", &entry);
  cr_assert(cache_payload_read(bytes, len, "stamp", &back));
  cr_expect(secret_equal(back.dpop_key, entry.dpop_key));
  cr_expect(secret_equal(back.token, entry.token));
  cache_entry_clear(&back);
  /* Cut off, it is no bearer's token either. */
  for (size_t cut = 0; cut < len; cut++)
    cr_assert_not(cache_payload_read(bytes, cut, "stamp", &back), "%zu", cut);

  secret_free(entry.dpop_key);
  entry.dpop_key = secret_of("a\nb");
  cr_expect_eq(cache_payload_write(bytes, "stamp", &entry), 0);
  cache_entry_clear(&entry);
}

Test(cache_payload, survives_every_changed_byte)
{
  char bytes[CACHE_PAYLOAD_MAX];
  size_t len = sample(bytes);
  for (size_t i = 0; i < len; i++)
    for (int bit = 0; bit < 8; bit++) {
      char *copy = mem_copy(bytes, len); /* so that a read behind it is seen */
      copy[i] = (char)(copy[i] ^ (1 << bit));
      struct cache_entry entry = {0};
      if (cache_payload_read(copy, len, "stamp", &entry))
        cr_expect_not_null(entry.token);
      cache_entry_clear(&entry);
      mem_free(copy);
    }
}

Test(cache_payload, holds_no_control_characters)
{
  static const char *const texts[] = {"a\r\nb", "a\tb", "\x7f", "\x01"};
  char bytes[CACHE_PAYLOAD_MAX];
  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    struct cache_entry entry = entry_of("test-token-not-real", 1);
    mem_free(entry.header_name);
    entry.header_name = mem_str(texts[i]);
    cr_expect_eq(cache_payload_write(bytes, "stamp", &entry), 0);
    cache_entry_clear(&entry);
  }
  size_t len = sample(bytes);
  char *scope = memmem(bytes, len, "openid", 6);
  cr_assert_not_null(scope);
  *scope = '\n';
  struct cache_entry entry = {0};
  cr_expect_not(cache_payload_read(bytes, len, "stamp", &entry));
}

Test(cache_payload, has_a_token)
{
  char bytes[CACHE_PAYLOAD_MAX];
  struct cache_entry entry = {.expires_at = 1};
  cr_expect_eq(cache_payload_write(bytes, "stamp", &entry), 0, "none");
  entry = entry_of("", 1);
  cr_expect_eq(cache_payload_write(bytes, "stamp", &entry), 0, "an empty one");
  cache_entry_clear(&entry);
}

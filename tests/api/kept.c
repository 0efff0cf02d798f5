#include "api/kept.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define NAME "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void add(struct headers *headers, const char *name, const char *value)
{
  struct err err = ERR_INIT;

  cr_assert_eq(headers_add(headers, name, value, &err), E_OK);
}

static void sample(struct kept *kept)
{
  *kept = (struct kept){.name = NAME,
                        .asked_at = 1700000000,
                        .received_at = 1700000001,
                        .status = 200,
                        .version = mem_str("HTTP/1.1"),
                        .reason = mem_str("OK")};
  add(&kept->selecting, "Accept", "=a/b");
  add(&kept->selecting, "Accept-Language", "");
  add(&kept->headers, "Content-Type", "a/b; x=\"y:z\"");
  add(&kept->headers, "X-Empty", "");
}

Test(kept, reads_what_it_wrote)
{
  AUTO_KEPT struct kept in = {0}, out = {0};
  AUTO_BUF struct buf head = BUF_INIT(KEPT_HEAD_MAX);
  struct err err = ERR_INIT;

  sample(&in);
  cr_assert_eq(kept_write(&in, &head, &err), E_OK);
  cr_assert(kept_read(buf_text(&head), head.len, &out));
  cr_expect_str_eq(out.name, NAME);
  cr_expect_eq(out.asked_at, 1700000000);
  cr_expect_eq(out.received_at, 1700000001);
  cr_expect_eq(out.status, 200);
  cr_expect_str_eq(out.version, "HTTP/1.1");
  cr_expect_str_eq(out.reason, "OK");
  cr_assert_eq(out.selecting.count, 2);
  cr_expect_str_eq(out.selecting.items[0].value, "=a/b");
  cr_expect_str_eq(out.selecting.items[1].value, "");
  cr_assert_eq(out.headers.count, 2);
  cr_expect_str_eq(out.headers.items[0].value, "a/b; x=\"y:z\"");
}

Test(kept, is_none_when_cut_or_longer)
{
  AUTO_KEPT struct kept in = {0}, out = {0};
  AUTO_BUF struct buf head = BUF_INIT(KEPT_HEAD_MAX);
  struct err err = ERR_INIT;

  sample(&in);
  cr_assert_eq(kept_write(&in, &head, &err), E_OK);
  for (size_t len = 0; len < head.len; len++)
    cr_assert_not(kept_read(head.data, len, &out), "%zu", len);
  buf_putc(&head, '\n');
  cr_expect_not(kept_read(buf_text(&head), head.len, &out));
}

Test(kept, leaves_out_a_reason_that_no_line_holds)
{
  AUTO_KEPT struct kept in = {0}, out = {0};
  AUTO_BUF struct buf head = BUF_INIT(KEPT_HEAD_MAX);
  struct err err = ERR_INIT;

  sample(&in);
  mem_free(in.reason);
  in.reason = mem_str("OK\n!Set: x");
  cr_assert_eq(kept_write(&in, &head, &err), E_OK);
  cr_assert(kept_read(buf_text(&head), head.len, &out));
  cr_expect_str_eq(out.reason, "");
  cr_expect_eq(out.headers.count, 2);
}

Test(kept, refuses_a_head_that_is_too_long)
{
  AUTO_KEPT struct kept in = {0};
  AUTO_BUF struct buf head = BUF_INIT(2 * KEPT_HEAD_MAX);
  AUTO_STR char *value = mem_alloc(KEPT_HEAD_MAX + 1);
  struct err err = ERR_INIT;

  memset(value, 'a', KEPT_HEAD_MAX);
  value[KEPT_HEAD_MAX] = '\0';
  sample(&in);
  add(&in.headers, "X-Long", value);
  cr_expect_eq(kept_write(&in, &head, &err), E_LOCAL);
}

Test(kept, has_a_first_line_of_one_form)
{
  struct kept_line line = {.head_len = 300, .body_len = 12, .sum = 0xfedc};
  struct kept_line back = {0};
  char text[KEPT_LINE + 1];

  kept_line_write(text, &line);
  cr_assert_eq(strlen(text), KEPT_LINE);
  cr_assert(kept_line_read(text, &back));
  cr_expect(back.head_len == 300 && back.body_len == 12 && back.sum == 0xfedc);
  for (size_t i = 0; i < KEPT_LINE; i++) {
    char spoilt[KEPT_LINE + 1];

    memcpy(spoilt, text, sizeof spoilt);
    spoilt[i] = 'G';
    cr_expect_not(kept_line_read(spoilt, &back), "%zu", i);
  }
  memset(text, 0, sizeof text);
  cr_expect_not(kept_line_read(text, &back));
  line.body_len = KEPT_BODY_MAX + 1;
  kept_line_write(text, &line);
  cr_expect_not(kept_line_read(text, &back));
}

static uint64_t sum_in_pieces(const unsigned char *bytes, size_t len,
                              size_t piece)
{
  struct kept_sum sum;

  kept_sum_start(&sum);
  for (size_t at = 0; at < len; at += piece)
    kept_sum_add(&sum, bytes + at, piece < len - at ? piece : len - at);
  return kept_sum_end(&sum);
}

Test(kept, sums_alike_in_any_pieces_and_sees_each_change)
{
  unsigned char bytes[100] = {0};
  uint64_t whole;

  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(i * 7);
  whole = sum_in_pieces(bytes, sizeof bytes, sizeof bytes);
  for (size_t piece = 1; piece < 30; piece++)
    cr_expect_eq(sum_in_pieces(bytes, sizeof bytes, piece), whole, "%zu",
                 piece);
  for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    cr_expect_neq(sum_in_pieces(bytes, sizeof bytes, 64), whole, "%zu", bit);
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  memset(bytes, 0, sizeof bytes);
  cr_expect_neq(sum_in_pieces(bytes, 8, 8), sum_in_pieces(bytes, 9, 9));
}

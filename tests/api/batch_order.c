#include "api/batch_order.h"

#include <criterion/criterion.h>
#include <string.h>

static struct batch_order *order_of(size_t places)
{
  struct batch_order *order = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(batch_order_new(&order, places, &err), E_OK);
  return order;
}

static void end(struct batch_order *order, uint64_t ticket, const char *text)
{
  AUTO_BUF struct buf buf = BUF_INIT(BUF_LINE);

  buf_puts(&buf, text);
  batch_order_end(order, ticket, &buf);
  cr_expect_eq(buf.len, 0);
}

static void drain(struct batch_order *order, struct buf *out)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);

  while (batch_order_next(order, &text))
    buf_puts(out, buf_text(&text));
}

Test(batch_order, gives_results_in_the_order_of_their_beginning)
{
  AUTO(batch_order) order = order_of(4);
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  uint64_t a = batch_order_begin(order);
  uint64_t b = batch_order_begin(order);
  uint64_t c = batch_order_begin(order);

  end(order, c, "c");
  end(order, b, "bb");
  drain(order, &out);
  cr_expect_str_eq(buf_text(&out), "");
  cr_expect_eq(batch_order_held(order), 3);
  end(order, a, "a");
  drain(order, &out);
  cr_expect_str_eq(buf_text(&out), "abbc");
  cr_expect_eq(batch_order_held(order), 0);
}

Test(batch_order, is_full_until_the_first_is_out)
{
  AUTO(batch_order) order = order_of(2);
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  uint64_t a = batch_order_begin(order);
  uint64_t b;

  cr_expect_not(batch_order_full(order));
  b = batch_order_begin(order);
  cr_expect(batch_order_full(order));
  end(order, b, "b");
  cr_expect(batch_order_full(order));
  end(order, a, "a");
  cr_expect(batch_order_full(order));
  drain(order, &out);
  cr_expect_not(batch_order_full(order));
  cr_expect_str_eq(buf_text(&out), "ab");
}

Test(batch_order, goes_round_and_round)
{
  AUTO(batch_order) order = order_of(3);
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);

  for (int i = 0; i < 100; i++) {
    uint64_t first = batch_order_begin(order);
    uint64_t second = batch_order_begin(order);

    end(order, second, "2");
    end(order, first, "1");
    buf_truncate(&out, 0);
    drain(order, &out);
    cr_assert_str_eq(buf_text(&out), "12");
  }
}

/* What is left is freed with it (a leak would show). */
Test(batch_order, may_end_with_results_in_it)
{
  AUTO(batch_order) order = order_of(3);

  (void)batch_order_begin(order);
  end(order, batch_order_begin(order), "x");
}

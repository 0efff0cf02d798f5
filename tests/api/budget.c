/* The account, moment by moment: times are given, nothing waits. */
#include "api/budget.h"

#include <criterion/criterion.h>
#include <string.h>

#define START_MS INT64_C(1700000000000)

struct play {
  struct account account;
  int64_t now; /* ms since START_MS */
  int64_t pace_us;
};

static int64_t us(const struct play *p)
{
  return (START_MS + p->now) * 1000;
}

static int64_t ask_as(struct play *p, uint32_t route,
                      struct budget_ticket *ret_ticket)
{
  bool told;

  return account_ask(&p->account, route, p->pace_us, us(p), ret_ticket, &told);
}

static int64_t ask(struct play *p, struct budget_ticket *ret_ticket)
{
  return ask_as(p, 1, ret_ticket);
}

static void heed(struct play *p, const struct budget_ticket *ticket, int status,
                 struct limit limit)
{
  account_heed(&p->account, 1, ticket, status, &limit, us(p));
}

static struct limit left(int64_t remaining, int64_t reset_ms)
{
  return (struct limit){-1, remaining, reset_ms, -1, ""};
}

static struct limit left_of(int64_t remaining, int64_t quota, int64_t reset_ms)
{
  return (struct limit){-1, remaining, reset_ms, quota, ""};
}

static struct limit after(int64_t ms)
{
  return (struct limit){ms, -1, -1, -1, ""};
}

/* How many are let go at this moment. */
static int run(struct play *p, int most)
{
  struct budget_ticket ticket;
  int count = 0;

  while (count < most && ask(p, &ticket) == 0)
    count++;
  return count;
}

static const struct budget_ticket none;

Test(budget, slows_nothing_before_it_is_known)
{
  struct play p = {0};
  struct budget_ticket ticket;

  cr_assert_eq(run(&p, 1000), 1000);
  cr_assert_eq(ask(&p, &ticket), 0);
  cr_assert_eq(ticket.window, 0u);
  heed(&p, &ticket, 200, left(-1, 60000));
  heed(&p, &ticket, 200, left(5, -1));
  heed(&p, &ticket, 200, after(60000));
  cr_assert_eq(run(&p, 1000), 1000);
}

Test(budget, lets_go_what_is_left_and_no_more)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left(5, 60000));
  cr_assert_eq(run(&p, 100), 5);
  p.now = 20000;
  cr_assert_eq(ask(&p, &ticket), 40000);
  p.now = 59999;
  cr_assert_eq(ask(&p, &ticket), 1);
  p.now = 60000;
  cr_assert_eq(ask(&p, &ticket), 0);
}

Test(budget, is_not_given_back_by_answers_that_overtake)
{
  struct play p = {0};
  struct budget_ticket tickets[5];

  heed(&p, &none, 200, left(9, 60000));
  for (size_t i = 0; i < 5; i++)
    cr_assert_eq(ask(&p, &tickets[i]), 0);
  for (size_t i = 5; i-- > 0;)
    heed(&p, &tickets[i], 200, left(8 - (int64_t)i, 60000));
  cr_assert_eq(run(&p, 100), 4);
}

/* Somebody else uses it too. */
Test(budget, takes_the_server_at_its_word_when_less_is_left)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left(100, 60000));
  cr_assert_eq(ask(&p, &ticket), 0);
  heed(&p, &ticket, 200, left(3, 59000));
  cr_assert_eq(run(&p, 100), 3);
}

/* Let go in one window, it may come in any later one; until it is lost. */
Test(budget, counts_what_is_late_in_every_window)
{
  struct play p = {0};
  struct budget_ticket late[3], ticket;

  heed(&p, &none, 200, left_of(5, 10, 1000));
  for (size_t i = 0; i < 3; i++)
    cr_assert_eq(ask(&p, &late[i]), 0);
  for (int window = 1; window < 4; window++) {
    p.now = window * 1000;
    cr_assert_eq(ask(&p, &ticket), 0);
    heed(&p, &ticket, 200, left_of(9, 10, 1000));
    cr_assert_eq(run(&p, 6), 6, "%d", window);
    cr_assert_gt(ask(&p, &ticket), 0);
    p.account.budgets[0].in_flight = 0; /* all but the three came */
  }
  p.now = 4000;
  heed(&p, &late[0], 200, left_of(4, 10, 1000));
  heed(&p, &late[1], 0, after(-1)); /* that may have come in this window */
  cr_assert_eq(run(&p, 100), 8);
  p.account.budgets[0].in_flight = 0;
  /* The third is taken for lost. */
  for (p.now = 5000; p.now < 70000; p.now += 1000) {
    cr_assert_eq(ask(&p, &ticket), 0);
    heed(&p, &ticket, 200, left_of(9, 10, 1000));
  }
  cr_assert_eq(run(&p, 100), 10);
}

/* Some came after the server's reset and before the one that we knew of. */
Test(budget, sees_a_window_that_began_while_an_answer_came)
{
  struct play p = {0};
  struct budget_ticket a, b, c;

  heed(&p, &none, 200, left_of(2, 10, 300)); /* it took 50 ms to come */
  p.now = 260;
  cr_assert_eq(ask(&p, &a), 0);
  cr_assert_eq(ask(&p, &b), 0);
  heed(&p, &a, 200, left_of(9, 10, 290));
  heed(&p, &b, 200, left_of(8, 10, 289));
  p.now = 300;
  cr_assert_eq(run(&p, 100), 8);
  cr_assert_gt(ask(&p, &c), 0);
}

Test(budget, is_filled_to_the_quota)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left_of(2, 10, 1000));
  cr_assert_eq(run(&p, 100), 2);
  p.now = 1000;
  /* Two of the last window are still on their way. */
  cr_assert_eq(run(&p, 100), 8);
  p.now = 1500;
  cr_assert_eq(ask(&p, &ticket), 500);
}

Test(budget, guesses_a_quota_that_is_not_named)
{
  struct play p = {0};
  struct budget_ticket tickets[10];

  heed(&p, &none, 200, left(9, 1000));
  for (size_t i = 0; i < 9; i++)
    cr_assert_eq(ask(&p, &tickets[i]), 0);
  for (size_t i = 0; i < 9; i++)
    heed(&p, &tickets[i], 200, left(8 - (int64_t)i, 1000));
  p.now = 1000;
  cr_assert_eq(run(&p, 100), 10);
}

/* The guess was made in the middle of a window. */
Test(budget, learns_of_a_larger_quota)
{
  struct play p = {0};
  struct budget_ticket a, b;

  heed(&p, &none, 200, left(0, 1000));
  p.now = 1000;
  cr_assert_eq(ask(&p, &a), 0);
  cr_assert_gt(ask(&p, &b), 0);
  heed(&p, &a, 200, left(99, 1000));
  cr_assert_eq(run(&p, 1000), 99);
}

Test(budget, ignores_answers_of_another_window)
{
  struct play p = {0};
  struct budget_ticket old, ticket;

  heed(&p, &none, 200, left_of(2, 10, 1000));
  cr_assert_eq(ask(&p, &old), 0);
  p.now = 1000;
  cr_assert_eq(ask(&p, &ticket), 0);
  heed(&p, &ticket, 200, left_of(9, 10, 1000));
  /* That one was under way for long. */
  heed(&p, &old, 429, left_of(0, 10, 1));
  cr_assert_eq(run(&p, 100), 8);
}

/* The server counts from another moment than we thought. */
Test(budget, follows_a_window_that_began_early)
{
  struct play p = {0};
  struct budget_ticket a, b;

  heed(&p, &none, 200, left_of(5, 10, 5000));
  cr_assert_eq(ask(&p, &a), 0);
  cr_assert_eq(ask(&p, &b), 0);
  p.now = 4000;
  heed(&p, &a, 200, left_of(9, 10, 60000));
  heed(&p, &b, 200, left_of(8, 10, 60000));
  cr_assert_eq(run(&p, 100), 8);
  p.now = 63000;
  cr_assert_gt(ask(&p, &a), 0);
  p.now = 64000;
  cr_assert_eq(ask(&p, &a), 0);
}

/* A bucket that fills by itself: its reset moves on with each request. */
Test(budget, follows_a_reset_that_moves)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left(9, 1000));
  for (p.now = 0; p.now < 100000; p.now += 500) {
    cr_assert_eq(ask(&p, &ticket), 0, "%lld", (long long)p.now);
    heed(&p, &ticket, 200, left(9, 1000));
  }
}

Test(budget, pauses_for_all)
{
  struct play p = {0};
  struct budget_ticket a, b, c;

  cr_assert_eq(ask(&p, &a), 0);
  cr_assert_eq(ask(&p, &b), 0);
  heed(&p, &a, 429, after(5000));
  p.now = 10;
  heed(&p, &b, 429, after(3000)); /* does not shorten it */
  cr_assert_eq(ask(&p, &c), 4990);
  p.now = 5000;
  cr_assert_eq(ask(&p, &c), 0);
}

Test(budget, exhausted_is_no_pause_of_the_others)
{
  struct play p = {0};
  struct budget_ticket ticket;
  struct limit search = {2000, 0, 1000, 30, "search"};
  struct limit core = {-1, 4000, 1000, 5000, "core"};

  account_heed(&p.account, 7, &none, 200, &core, us(&p));
  account_heed(&p.account, 8, &none, 429, &search, us(&p));
  cr_assert_eq(ask_as(&p, 7, &ticket), 0);
  cr_assert_eq(ask_as(&p, 8, &ticket), 2000);
  /* Nothing is known of that one. */
  cr_assert_eq(ask_as(&p, 9, &ticket), 0);
  cr_assert_eq(ticket.window, 0u);
}

Test(budget, takes_the_only_one_for_all_paths)
{
  struct play p = {0};
  struct budget_ticket ticket;
  struct limit core = {-1, 0, 1000, 5000, "core"};

  account_heed(&p.account, 7, &none, 200, &core, us(&p));
  cr_assert_eq(ask_as(&p, 8, &ticket), 1000);
}

Test(budget, has_room_for_some)
{
  struct play p = {0};
  struct budget_ticket ticket;

  for (uint32_t i = 1; i <= 100; i++) {
    struct limit limit = {-1, 0, 60000, -1, ""};

    limit.name[0] = (char)('0' + i % 10);
    limit.name[1] = (char)('0' + i / 10);
    p.now++;
    account_heed(&p.account, i, &none, 200, &limit, us(&p));
    cr_assert_gt(ask_as(&p, i, &ticket), 0);
  }
  cr_assert_eq(ask_as(&p, 1, &ticket), 0);
  cr_assert_gt(ask_as(&p, 93, &ticket), 0);
}

Test(budget, route_is_the_first_segment)
{
  uint32_t search = budget_route("", "/search");

  cr_expect_eq(budget_route("", "/search/issues?q=1"), search);
  cr_expect_eq(budget_route("", "/search?q=1"), search);
  cr_expect_eq(budget_route("", "search#x"), search);
  cr_expect_eq(budget_route("/api/v3", "/api/v3/search/code"), search);
  cr_expect_neq(budget_route("", "/api/v3/search/code"), search);
  cr_expect_neq(budget_route("", "/repos/search"), search);
  cr_expect_neq(budget_route("", ""), 0u);
}

/* --- the pace ------------------------------------------------------------- */

Test(budget, keeps_the_pace)
{
  struct play p = {.pace_us = 100000};
  struct budget_ticket ticket;
  int count = 0;

  for (p.now = 0; p.now < 10000; p.now++)
    count += ask(&p, &ticket) == 0;
  cr_assert(count == 100 || count == 101, "%d", count);
}

Test(budget, keeps_a_fast_pace_on_average)
{
  struct play p = {.pace_us = 100}; /* 10,000 a second, asked 250 times */
  struct budget_ticket ticket;
  int count = 0;

  for (p.now = 0; p.now < 1000; p.now += 4)
    while (ask(&p, &ticket) == 0)
      count++;
  cr_assert(count > 9900 && count < 10400, "%d", count);
}

Test(budget, does_not_save_up_the_pace)
{
  struct play p = {.pace_us = 100000};
  struct budget_ticket ticket;

  cr_assert_eq(ask(&p, &ticket), 0);
  p.now = 3600000;
  cr_assert_eq(ask(&p, &ticket), 0);
  cr_assert_gt(ask(&p, &ticket), 50);
}

/* --- clocks ----------------------------------------------------------------
 */

Test(budget, forgets_what_was_noted_in_the_future)
{
  struct play p = {.pace_us = 1000};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left(0, 60000));
  heed(&p, &none, 429, after(60000));
  cr_assert_gt(ask(&p, &ticket), 0);
  p.now = -86400000; /* the clock is put back by a day */
  cr_assert_eq(ask(&p, &ticket), 0);
  cr_assert_leq(ask(&p, &ticket), 1);
}

Test(budget, put_back_a_little_costs_a_bounded_wait)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left(0, 60000));
  p.now = -900;
  cr_assert_leq(ask(&p, &ticket), 61000);
}

Test(budget, put_forward_is_a_new_window)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left_of(0, 5, 60000));
  p.now = INT64_C(86400000) * 365;
  cr_assert_eq(run(&p, 100), 5);
  cr_assert_leq(ask(&p, &ticket), 60000);
}

Test(budget, holds_for_an_hour_at_most)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 200, left(0, LIMIT_LONGEST_MS));
  heed(&p, &none, 429, after(LIMIT_LONGEST_MS));
  cr_assert_eq(ask(&p, &ticket), BUDGET_HOLD_MS);
  p.now = BUDGET_HOLD_MS;
  cr_assert_eq(ask(&p, &ticket), 0);
  /* One tries, and the rest wait for what it hears. */
  cr_assert_gt(ask(&p, &ticket), 0);
}

Test(budget, holds_for_a_page_that_is_down_for_a_minute)
{
  struct play p = {0};
  struct budget_ticket ticket;

  heed(&p, &none, 503, after(86400000));
  cr_assert_eq(ask(&p, &ticket), BUDGET_HOLD_503_MS);
}

/* Whatever is in the block, and whatever is asked of it. */
Test(budget, survives_nonsense)
{
  static const int64_t values[] = {0, 1, -1, INT64_MAX, INT64_MIN, START_MS};
  struct budget_ticket ticket = {.budget = 99, .window = 99};

  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
      struct play p = {.pace_us = 1000};

      memset(&p.account, i % 2 ? 0xff : 0x7f, sizeof p.account);
      p.account.pause = values[i];
      p.account.pause_heard = values[k];
      p.account.next_us = values[i];
      for (size_t b = 0; b < BUDGETS; b++) {
        struct budget *budget = &p.account.budgets[b];

        budget->heard = values[i];
        budget->reset = values[k];
        budget->quota = values[k];
        budget->remaining = values[i];
        budget->span = values[k];
      }
      account_mend(&p.account);
      memset(p.account.routes, 0, sizeof p.account.routes);
      p.account.routes[3] = (struct budget_route){.hash = 1, .budget = 7};
      p.account.routes[4] = (struct budget_route){.hash = 2, .budget = 77};
      cr_expect_leq(ask_as(&p, 1, &ticket), BUDGET_HOLD_MS + 1000);
      cr_expect_leq(ask_as(&p, 2, &ticket), BUDGET_HOLD_MS + 1000);
      heed(&p, &(struct budget_ticket){.budget = 99, .window = 99}, 429,
           left_of(INT64_MAX / 4000, INT64_MAX / 4000, LIMIT_LONGEST_MS));
      heed(&p, &ticket, 429, left_of(0, INT64_MAX / 4000, 0));
      cr_expect_leq(ask_as(&p, 1, &ticket), BUDGET_HOLD_MS + 1000);
    }
  }
}

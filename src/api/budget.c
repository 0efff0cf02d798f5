#include "api/budget.h"

#include <stdio.h>
#include <string.h>

enum {
  SKEW_MS = 1000, /* what processes may differ in reading the clock */
  /* Announcements in whole seconds differ by as much within one window. */
  TOLERANCE_MS = 1500,
  SPAN_MIN_MS = 100,
  BURST_US = 20 * 1000, /* what a late wake-up may catch up with */
  LATE_MS = 30 * 1000,
};

/* --- which budget --------------------------------------------------------- */

uint32_t budget_route(const char *base, const char *path)
{
  size_t len = strlen(base);
  uint32_t hash = 2166136261u; /* FNV-1a */

  if (strncmp(path, base, len) == 0)
    path += len;
  path += strspn(path, "/");
  for (size_t i = 0; path[i] != '\0' && strchr("/?#", path[i]) == NULL; i++)
    hash = (hash ^ (unsigned char)path[i]) * 16777619u;
  return hash != 0 ? hash : 1;
}

static struct budget *by_route(struct account *account, uint32_t route)
{
  struct budget *only = NULL;
  size_t count = 0;

  for (size_t i = 0; i < ROUTES; i++) {
    const struct budget_route *r = &account->routes[i];

    if (r->hash == route && r->budget < BUDGETS &&
        account->budgets[r->budget].heard != 0)
      return &account->budgets[r->budget];
  }
  for (size_t i = 0; i < BUDGETS; i++) {
    if (account->budgets[i].heard == 0)
      continue;
    only = &account->budgets[i];
    count++;
  }
  return count == 1 ? only : NULL;
}

static void forget(struct account *account, struct budget *budget)
{
  uint32_t index = (uint32_t)(budget - account->budgets);

  for (size_t i = 0; i < ROUTES; i++)
    if (account->routes[i].budget == index)
      account->routes[i].hash = 0;
  *budget = (struct budget){.quota = -1};
}

/* The one of that name, or room for it: a free one, or the one that was not
 * heard of for longest. */
static struct budget *by_name(struct account *account, const char *name)
{
  struct budget *oldest = &account->budgets[0];

  for (size_t i = 0; i < BUDGETS; i++) {
    struct budget *b = &account->budgets[i];

    if (b->heard != 0 && strncmp(b->name, name, sizeof(b->name)) == 0)
      return b;
    if (b->heard < oldest->heard)
      oldest = b;
  }
  forget(account, oldest);
  (void)snprintf(oldest->name, sizeof(oldest->name), "%s", name);
  return oldest;
}

static void learn_route(struct account *account, uint32_t route,
                        const struct budget *budget)
{
  struct budget_route *slot = NULL;

  for (size_t i = 0; i < ROUTES && slot == NULL; i++)
    if (account->routes[i].hash == route)
      slot = &account->routes[i];
  if (slot == NULL)
    slot = &account->routes[account->next_route++ % ROUTES];
  slot->hash = route;
  slot->budget = (uint32_t)(budget - account->budgets);
}

static bool is_sane(int64_t number)
{
  return number >= -1 && number < INT64_MAX / 1000;
}

void account_mend(struct account *account)
{
  for (size_t i = 0; i < BUDGETS; i++) {
    struct budget *b = &account->budgets[i];

    b->name[sizeof(b->name) - 1] = '\0';
    if (!is_sane(b->remaining) || !is_sane(b->quota) || !is_sane(b->span) ||
        !is_sane(b->reset) || !is_sane(b->heard))
      forget(account, b);
  }
  if (!is_sane(account->pause) || !is_sane(account->pause_heard))
    account->pause = account->pause_heard = 0;
}

/* --- windows -------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

/* What was said at heard is kept to for a while at most. */
static int64_t hold_until(int64_t until, int64_t heard)
{
  return least(until, heard + BUDGET_HOLD_MS);
}

static bool is_from_future(int64_t heard, int64_t now)
{
  return heard > now + SKEW_MS;
}

/* All that may still arrive. */
static int64_t on_their_way(struct budget *budget, int64_t now)
{
  if (is_from_future(budget->late_since, now) ||
      budget->late_since < now - LATE_MS) {
    budget->late[1] = budget->late[0];
    budget->late[0] = 0;
    budget->late_since = now;
  }
  return (int64_t)budget->in_flight + budget->late[0] + budget->late[1];
}

static void begin_window(struct account *account, struct budget *budget,
                         int64_t remaining, int64_t reset)
{
  budget->window =
      ++account->windows != 0 ? account->windows : ++account->windows;
  budget->remaining = remaining > 0 ? remaining : 0;
  budget->reset = reset;
  budget->late[0] += budget->in_flight;
  budget->in_flight = 0;
  budget->is_assumed = false;
}

/* The reset has come. How long the next window is, and where it ends, is known
 * with the first answer. */
static void roll(struct account *account, struct budget *budget, int64_t now)
{
  int64_t span = budget->span > SPAN_MIN_MS ? budget->span : SPAN_MIN_MS;
  int64_t remaining = budget->quota - on_their_way(budget, now);

  begin_window(account, budget, remaining > 0 ? remaining : 1, now + span);
  budget->is_assumed = true;
  budget->heard = now;
}

/* --- asking --------------------------------------------------------------- */

static int64_t ask_pause(struct account *account, int64_t now)
{
  if (account->pause == 0)
    return 0;
  if (is_from_future(account->pause_heard, now) ||
      now >= hold_until(account->pause, account->pause_heard)) {
    account->pause = 0;
    return 0;
  }
  return hold_until(account->pause, account->pause_heard) - now;
}

/* NULL in *ret_budget: nothing is known. */
static int64_t ask_budget(struct account *account, uint32_t route, int64_t now,
                          struct budget **ret_budget)
{
  struct budget *budget = by_route(account, route);

  *ret_budget = NULL;
  if (budget == NULL)
    return 0;
  if (is_from_future(budget->heard, now)) {
    forget(account, budget);
    return 0;
  }
  if (now >= hold_until(budget->reset, budget->heard))
    roll(account, budget, now);
  *ret_budget = budget;
  return budget->remaining > 0 ? 0
                               : hold_until(budget->reset, budget->heard) - now;
}

static int64_t ask_pace(struct account *account, int64_t pace_us,
                        int64_t now_us)
{
  /* Nobody sets it further ahead: the clock was put back. */
  if (account->next_us > now_us + pace_us)
    account->next_us = now_us + pace_us;
  if (account->next_us <= now_us)
    return 0;
  return (account->next_us - now_us + 999) / 1000;
}

int64_t account_ask(struct account *account, uint32_t route, int64_t pace_us,
                    int64_t now_us, struct budget_ticket *ret_ticket,
                    bool *ret_told)
{
  int64_t now = now_us / 1000;
  struct budget *budget = NULL;
  int64_t wait = ask_pause(account, now);

  *ret_ticket = (struct budget_ticket){0};
  if (wait == 0)
    wait = ask_budget(account, route, now, &budget);
  *ret_told = wait > 0;
  if (wait == 0 && pace_us > 0)
    wait = ask_pace(account, pace_us, now_us);
  if (wait > 0)
    return wait;

  if (pace_us > 0) {
    if (account->next_us < now_us - BURST_US)
      account->next_us = now_us - BURST_US;
    account->next_us += pace_us;
  }
  if (budget != NULL) {
    budget->remaining--;
    budget->in_flight++;
    ret_ticket->budget = (uint32_t)(budget - account->budgets);
    ret_ticket->window = budget->window;
  }
  return 0;
}

/* --- heeding -------------------------------------------------------------- */

static bool is_announced(const struct limit *limit)
{
  return limit->remaining >= 0 &&
         (limit->reset_ms >= 0 ||
          (limit->remaining == 0 && limit->retry_after_ms >= 0));
}

bool budget_is_news(int status, const struct limit *limit)
{
  int64_t wait;

  return is_announced(limit) ||
         (limit_refuses(limit, status, &wait) && wait > 0);
}

/* The request is no longer under way. */
static void give_back(struct account *account,
                      const struct budget_ticket *ticket)
{
  struct budget *budget;

  if (ticket->window == 0 || ticket->budget >= BUDGETS)
    return;
  budget = &account->budgets[ticket->budget];
  if (budget->window == ticket->window) {
    budget->in_flight -= budget->in_flight > 0;
  } else if (ticket->window >= budget->first &&
             ticket->window < budget->window) {
    size_t age = budget->late[0] > 0 ? 0 : 1;

    budget->late[age] -= budget->late[age] > 0;
  }
}

/* The request was let go in the window that is current, so its answer is about
 * that one, or about a later one. */
static bool is_of_window(const struct budget *budget,
                         const struct budget_ticket *ticket)
{
  return ticket->window == budget->window ||
         (ticket->window == 0 && budget->window == budget->first);
}

static void set_quota(struct budget *budget, const struct limit *limit)
{
  if (limit->quota >= limit->remaining && limit->quota > 0)
    budget->quota = limit->quota;
  else if (limit->remaining + 1 > budget->quota)
    budget->quota = limit->remaining + 1;
}

static int64_t reset_of(const struct limit *limit, int64_t now)
{
  int64_t wait = limit->reset_ms;

  if (limit->remaining == 0 && limit->retry_after_ms > wait)
    wait = limit->retry_after_ms;
  return now + wait;
}

/* Of the current window, or of one that began earlier than was expected: its
 * reset is later, and more is left than can be in this one. (An answer that was
 * overtaken tells of more too, but of a later reset only when it took long.) */
static void adjust(struct account *account, struct budget *budget,
                   const struct limit *limit, int64_t reset, int64_t now)
{
  int64_t left = limit->remaining;
  int64_t out = on_their_way(budget, now);
  int64_t tolerance = least(TOLERANCE_MS, budget->span / 2);
  bool is_later = reset > budget->reset + tolerance;

  if (budget->is_assumed) {
    /* The quota that it began with may have been a guess. */
    budget->remaining =
        limit->quota > 0 ? least(budget->remaining, left) : left - out;
    if (budget->remaining < 0)
      budget->remaining = 0;
    budget->reset = reset;
    budget->is_assumed = false;
  } else if (is_later && left > budget->remaining + out) {
    begin_window(account, budget, left - out, reset);
  } else {
    budget->remaining = least(budget->remaining, left);
    if (is_later || reset < budget->reset - tolerance)
      budget->reset = reset;
  }
}

static void heed_budget(struct account *account, uint32_t route,
                        const struct budget_ticket *ticket,
                        const struct limit *limit, int64_t now)
{
  struct budget *budget = by_name(account, limit->name);
  int64_t reset = reset_of(limit, now);
  bool is_new = budget->heard == 0 || is_from_future(budget->heard, now);

  learn_route(account, route, budget);
  if (!is_new && now >= hold_until(budget->reset, budget->heard))
    roll(account, budget, now);
  if (!is_new && !is_of_window(budget, ticket))
    return;
  set_quota(budget, limit);
  if (reset - now > budget->span)
    budget->span = least(reset - now, BUDGET_HOLD_MS);
  if (is_new) {
    begin_window(account, budget, limit->remaining, reset);
    budget->first = budget->window;
  } else {
    adjust(account, budget, limit, reset, now);
  }
  budget->heard = now;
}

static void heed_pause(struct account *account, int64_t wait, int status,
                       int64_t now)
{
  int64_t until =
      now + least(wait, status == 503 ? BUDGET_HOLD_503_MS : BUDGET_HOLD_MS);

  if (account->pause != 0 && !is_from_future(account->pause_heard, now) &&
      account->pause >= until)
    return;
  account->pause = until;
  account->pause_heard = now;
}

void account_heed(struct account *account, uint32_t route,
                  const struct budget_ticket *ticket, int status,
                  const struct limit *limit, int64_t now_us)
{
  int64_t now = now_us / 1000;
  int64_t wait;

  give_back(account, ticket);
  if (is_announced(limit))
    heed_budget(account, route, ticket, limit, now);
  /* What is exhausted holds those that need it; the rest may go on. */
  if (limit_refuses(limit, status, &wait) && wait > 0 &&
      !(is_announced(limit) && limit->remaining == 0))
    heed_pause(account, wait, status, now);
}

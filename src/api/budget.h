/* The account that is kept of what a server lets its clients do: its budgets as
 * announced, a pause that it demanded, the pace that the user wants. Pure: the
 * moment is given, and the whole is one block of memory that rate.c writes to a
 * file as it is.
 *
 * A request is counted when it is let go, not when it is answered, so that
 * several at a time do not take the same place twice. A budget lives in
 * windows: what is announced sets the first, and when its reset has come the
 * next begins with all of the quota, less all that is still on its way. The
 * answer to a request of an earlier window says nothing about this one.
 *
 * Times are wall time in milliseconds, since several processes share them and
 * a reboot is nothing special. Whatever is in the block, nobody waits longer
 * than BUDGET_HOLD_MS from when the server spoke; what was noted in the future
 * (the clock was put back) is forgotten. */
#pragma once

#include "api/limit.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  BUDGETS = 8, /* GitHub has a dozen, of which few are used by one user */
  ROUTES = 32,
  BUDGET_HOLD_MS = 3600 * 1000,
  BUDGET_HOLD_503_MS = 60 * 1000, /* one page that is down is not the API */
};

struct budget {
  char name[LIMIT_NAME_MAX];
  int64_t remaining; /* what may still be let go */
  int64_t quota;     /* what a reset fills it to, as far as known */
  int64_t span;      /* the longest time to a reset that was announced */
  int64_t reset;
  int64_t heard;      /* when the server last spoke of it; 0: not in use */
  uint32_t window;    /* its number, unlike any other in this account */
  uint32_t first;     /* window of this budget */
  uint32_t in_flight; /* let go in this window, not yet answered */
  /* Let go in earlier ones and not yet answered, of the last half minute and of
   * the one before: they may arrive at any moment. Older ones are taken for
   * lost with their process. */
  uint32_t late[2];
  int64_t late_since;
  int64_t is_assumed; /* nothing has been announced in this window yet */
};

/* Which budget a path belongs to, where the server has several. */
struct budget_route {
  uint32_t hash;
  uint32_t budget;
};

struct account {
  struct budget budgets[BUDGETS];
  struct budget_route routes[ROUTES]; /* hash 0: free */
  uint32_t windows, next_route;
  int64_t pause, pause_heard; /* until when; when that was said */
  int64_t next_us;            /* the pace: when the next may go; 0: at once */
};

/* A request that was let go, for its answer. Zero: nothing was known then. */
struct budget_ticket {
  uint32_t budget, window;
};

/* Forgets what cannot be, in one that was read from a file. */
void account_mend(struct account *account);

/* The first segment of path behind base ("/api/v3", "" for none). */
uint32_t budget_route(const char *base, const char *path);

/* 0: it may go, and is counted; else in how many milliseconds to ask again.
 * *ret_told: that is the server's doing, not the pace's. pace_us: between two
 * requests; 0: any. */
int64_t account_ask(struct account *account, uint32_t route, int64_t pace_us,
                    int64_t now_us, struct budget_ticket *ret_ticket,
                    bool *ret_told);

/* What came back; status 0: nothing. */
void account_heed(struct account *account, uint32_t route,
                  const struct budget_ticket *ticket, int status,
                  const struct limit *limit, int64_t now_us);

/* Whether account_heed() would change anything but the ticket's budget. */
bool budget_is_news(int status, const struct limit *limit);

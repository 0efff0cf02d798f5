#include "api/rate.h"

#include "api/budget.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_MS = 1000 };

#define MAGIC 0x31657461626f66ull /* "fobrate1", nearly */

struct page {
  uint64_t magic, sum;
  struct account account;
};

struct rate {
  char *path, *lock; /* NULL: nothing is shared */
  char *origin;
  int64_t pace_us, wait_rate_ms;
  struct account own;          /* where nothing is shared */
  struct budget_ticket ticket; /* of the last that was let go */
  bool is_counted;             /* ticket */
};

static int64_t now_us(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* FNV-1a: against a torn write and for short names, not against anybody. */
static uint64_t hash(const void *bytes, size_t len)
{
  const unsigned char *p = bytes;
  uint64_t sum = 14695981039346656037ull;

  for (size_t i = 0; i < len; i++)
    sum = (sum ^ p[i]) * 1099511628211ull;
  return sum;
}

void rate_free(struct rate *rate)
{
  if (rate == NULL)
    return;
  mem_free(rate->path);
  mem_free(rate->lock);
  mem_free(rate->origin);
  mem_free(rate);
}

/* Where the account lies. Without such a place it is kept here. */
static enum code find_place(struct rate *rate,
                            const struct rate_options *options, struct err *err)
{
  AUTO_STR char *dir = NULL;
  struct err ignored = ERR_INIT;

  if (options->profile == NULL)
    return E_OK;
  if (file_dir(DIR_STATE, &dir, &ignored) != E_OK)
    return E_OK;
  rate->path = mem_printf(
      "%s/rate/%s-%016llx", dir, options->profile,
      (unsigned long long)hash(options->origin, strlen(options->origin)));
  if (rate->path != NULL)
    rate->lock = mem_printf("%s.lock", rate->path);
  return rate->lock == NULL ? err_nomem(err) : E_OK;
}

enum code rate_new(struct rate **ret_rate, const struct rate_options *options,
                   struct err *err)
{
  AUTO(rate) rate = mem_zalloc(sizeof *rate);
  enum code code;

  if (rate == NULL)
    return err_nomem(err);
  rate->wait_rate_ms = options->wait_rate_ms;
  if (options->per_second > 0)
    rate->pace_us =
        options->per_second >= 1e6 ? 1 : (int64_t)(1e6 / options->per_second);
  rate->origin = mem_str(options->origin);
  if (rate->origin == NULL)
    return err_nomem(err);
  code = find_place(rate, options, err);
  if (code != E_OK)
    return code;
  *ret_rate = rate;
  rate = NULL;
  return E_OK;
}

/* --- the file --------------------------------------------------------------
 */

static void keep_alone(struct rate *rate, const struct err *why)
{
  log_line(LOG_VERBOSE, "the rate is not shared with other processes: %s",
           why->message);
  mem_free(rate->path);
  rate->path = NULL;
}

/* Whatever cannot be read is a new account. */
static void load(int fd, struct account *ret_account)
{
  struct page page;
  ssize_t len = pread(fd, &page, sizeof page, 0);

  if (len == (ssize_t)sizeof page && page.magic == MAGIC &&
      page.sum == hash(&page.account, sizeof page.account))
    *ret_account = page.account;
  else
    *ret_account = (struct account){0};
}

/* In its place: it is looked at under the lock alone, and half of it is as good
 * as none. */
static bool store(int fd, const struct account *account)
{
  struct page page;

  memset(&page, 0, sizeof page);
  page.magic = MAGIC;
  page.account = *account;
  page.sum = hash(&page.account, sizeof page.account);
  return pwrite(fd, &page, sizeof page, 0) == (ssize_t)sizeof page;
}

static bool is_there(const struct rate *rate)
{
  return rate->path != NULL && access(rate->path, F_OK) == 0;
}

/* Takes the lock and reads. *ret_fd -1: it is kept here instead. */
static enum code open_account(struct rate *rate, struct lock **ret_lock,
                              int *ret_fd, struct account *ret_account,
                              struct err *err)
{
  struct err why = ERR_INIT;
  enum code code = lock_take(ret_lock, rate->lock, LOCK_MS, &why);
  int fd = -1;

  if (code == E_SIGNAL || code == E_NOMEM) {
    *err = why;
    return code;
  }
  if (code == E_OK) {
    fd = open(rate->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
      code = err_set(&why, E_LOCAL, "cannot open '%s': %s", rate->path,
                     strerror(errno));
  }
  if (code != E_OK) {
    keep_alone(rate, &why);
    *ret_account = rate->own;
  } else {
    load(fd, ret_account);
  }
  *ret_fd = fd;
  return E_OK;
}

static void close_account(struct rate *rate, int fd,
                          const struct account *account)
{
  struct err why = ERR_INIT;

  if (fd < 0) {
    rate->own = *account;
    return;
  }
  if (!store(fd, account)) {
    (void)err_set(&why, E_LOCAL, "cannot write '%s': %s", rate->path,
                  strerror(errno));
    rate->own = *account;
    keep_alone(rate, &why);
  }
  (void)close(fd);
}

/* --- asking ----------------------------------------------------------------
 */

static enum code say_over(const struct rate *rate, int64_t wait_ms,
                          struct err *err)
{
  AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);

  limit_put_when(&when, wait_ms, clock_wall());
  err_set(err, E_RATE, "the rate of '%s' is used up until %s; nothing was sent",
          rate->origin, buf_text(&when));
  limit_hint(wait_ms, err);
  return E_RATE;
}

enum code rate_ask(struct rate *rate, int64_t *ret_wait_ms, struct err *err)
{
  AUTO(lock) lock = NULL;
  struct account account;
  bool is_told = false;
  int64_t wait;
  int fd = -1;
  enum code code = E_OK;

  rate->is_counted = false;
  if (rate->path != NULL && rate->pace_us == 0 && !is_there(rate)) {
    *ret_wait_ms = 0;
    return E_OK;
  }
  if (rate->path != NULL)
    code = open_account(rate, &lock, &fd, &account, err);
  else
    account = rate->own;
  if (code != E_OK)
    return code;
  wait = account_ask(&account, 1, rate->pace_us, now_us(), &rate->ticket,
                     &is_told);
  rate->is_counted = wait == 0 && rate->ticket.window != 0;
  close_account(rate, fd, &account);
  if (is_told && wait > rate->wait_rate_ms)
    return say_over(rate, wait, err);
  *ret_wait_ms = wait;
  return E_OK;
}

void rate_heed(struct rate *rate, int status, const struct headers *headers)
{
  AUTO(lock) lock = NULL;
  struct err ignored = ERR_INIT;
  struct account account;
  struct limit limit;
  int fd = -1;

  limit_read(&limit, headers, clock_wall());
  if (!rate->is_counted && !budget_is_news(status, &limit))
    return;
  if (rate->path == NULL)
    account = rate->own;
  else if (open_account(rate, &lock, &fd, &account, &ignored) != E_OK)
    return;
  account_heed(&account, 1, &rate->ticket, status, &limit, now_us());
  close_account(rate, fd, &account);
}

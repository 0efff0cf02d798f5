#include "api/rate.h"

#include "api/limit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of the lock, which is held for some microseconds at a time. */
enum { LOCK_MS = 500 };

#define MAGIC UINT64_C(0x3165746172626f66) /* fobrate1 */

struct page {
  uint64_t magic, sum;
  struct account account;
};

struct rate {
  char *path; /* NULL: nothing is shared */
  char *origin, *base;
  int64_t pace_us, wait_rate_ms;
  int fd;             /* of path; -1: not open */
  struct account own; /* where nothing is shared */
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
  if (rate->fd >= 0)
    (void)close(rate->fd);
  mem_free(rate->path);
  mem_free(rate->origin);
  mem_free(rate->base);
  mem_free(rate);
}

/* Where the account lies. Without such a place it is kept here. */
static enum code find_place(struct rate *rate,
                            const struct rate_options *options, struct err *err)
{
  AUTO_STR char *dir = NULL;
  struct err why = ERR_INIT;
  enum code code;

  if (options->profile == NULL)
    return E_OK;
  code = file_dir(DIR_STATE, &dir, &why);
  if (code == E_NOMEM)
    return err_nomem(err);
  if (code != E_OK)
    return E_OK;
  rate->path = mem_printf(
      "%s/rate/%s-%016llx", dir, options->profile,
      (unsigned long long)hash(options->origin, strlen(options->origin)));
  return rate->path == NULL ? err_nomem(err) : E_OK;
}

enum code rate_new(struct rate **ret_rate, const struct rate_options *options,
                   struct err *err)
{
  AUTO(rate) rate = mem_zalloc(sizeof *rate);
  enum code code;

  if (rate == NULL)
    return err_nomem(err);
  rate->fd = -1;
  rate->pace_us = options->pace_us;
  rate->wait_rate_ms = options->wait_rate_ms;
  rate->origin = mem_str(options->origin);
  rate->base = mem_str(options->base != NULL ? options->base : "");
  if (rate->origin == NULL || rate->base == NULL)
    return err_nomem(err);
  code = find_place(rate, options, err);
  if (code != E_OK)
    return code;
  *ret_rate = rate;
  rate = NULL;
  return E_OK;
}

void rate_forget(const char *profile)
{
  AUTO_STR char *state = NULL;
  AUTO_STR char *dir = NULL;
  struct err ignored = ERR_INIT;
  size_t len = strlen(profile);
  const struct dirent *entry;
  DIR *d;

  if (file_dir(DIR_STATE, &state, &ignored) != E_OK ||
      file_join(&dir, state, "rate", &ignored) != E_OK)
    return;
  d = opendir(dir);
  while (d != NULL && (entry = readdir(d)) != NULL) {
    const char *name = entry->d_name;

    /* Another profile may be called NAME-…. */
    if (strncmp(name, profile, len) == 0 && name[len] == '-' &&
        strspn(name + len + 1, "0123456789abcdef") == 16 &&
        name[len + 17] == '\0')
      (void)unlinkat(dirfd(d), name, 0);
  }
  if (d != NULL)
    (void)closedir(d);
}

bool rate_parse(const char *text, int64_t *ret_pace_us)
{
  static const struct {
    char letter;
    int64_t us;
  } units[] = {{'s', 1000000},
               {'m', INT64_C(60) * 1000000},
               {'h', INT64_C(3600) * 1000000}};
  size_t digits = strspn(text, "0123456789");
  AUTO_STR char *count = mem_copy(text, digits);
  uint64_t number;

  if (count == NULL || !num_parse(count, 999999999, &number) || number == 0 ||
      text[digits] != '/' || text[digits + 1] == '\0' ||
      text[digits + 2] != '\0')
    return false;
  for (size_t i = 0; i < ARRAY_LEN(units); i++) {
    if (text[digits + 1] != units[i].letter)
      continue;
    *ret_pace_us = units[i].us / (int64_t)number;
    if (*ret_pace_us == 0)
      *ret_pace_us = 1;
    return true;
  }
  return false;
}

/* --- the file --------------------------------------------------------------
 */

static void close_file(struct rate *rate)
{
  if (rate->fd >= 0)
    (void)close(rate->fd); /* and with it the lock */
  rate->fd = -1;
}

static void keep_alone(struct rate *rate, const char *why)
{
  log_line(LOG_VERBOSE, "the rate is not shared with other processes: '%s': %s",
           rate->path, why);
  close_file(rate);
  mem_free(rate->path);
  rate->path = NULL;
}

static enum code make_dir(const struct rate *rate, struct err *err)
{
  AUTO_STR char *dir =
      mem_copy(rate->path, (size_t)(strrchr(rate->path, '/') - rate->path));

  return dir == NULL ? err_nomem(err) : file_mkdirs(dir, true, E_LOCAL, err);
}

/* *ret_why: it cannot be had; NULL also when there is none and none is to be
 * made: fd is -1 then. */
static void open_file(struct rate *rate, bool make, const char **ret_why)
{
  static const int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  struct err ignored = ERR_INIT;
  struct stat st;

  *ret_why = NULL;
  rate->fd = open(rate->path, flags);
  if (rate->fd < 0 && errno == ENOENT && !make)
    return;
  if (rate->fd < 0 && errno == ENOENT) {
    if (make_dir(rate, &ignored) == E_OK)
      rate->fd = open(rate->path, flags | O_CREAT, 0600);
    else
      errno = EACCES;
  }
  if (rate->fd < 0)
    *ret_why = strerror(errno);
  else if (fstat(rate->fd, &st) != 0 || !S_ISREG(st.st_mode) ||
           st.st_uid != geteuid() || (st.st_mode & 0077) != 0)
    *ret_why = "it is not a file of yours alone";
}

/* Whether fd is what lies at path: it may have been removed since. */
static bool is_current(const struct rate *rate)
{
  struct stat st;

  return fstat(rate->fd, &st) == 0 && st.st_nlink > 0;
}

/* Asked for again and again, so that a process that was stopped with it stops
 * nobody else. lock.h would write, and here nobody needs to know who has it. */
static bool take_lock(const struct rate *rate)
{
  int64_t end = clock_mono_ms() + LOCK_MS;

  while (flock(rate->fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR)
      continue;
    if (errno != EWOULDBLOCK || clock_mono_ms() >= end || !clock_sleep_ms(1))
      return false;
  }
  return true;
}

/* Opens and locks the file. false: there is none, or it cannot be had (then
 * rate->path is NULL), or a signal came. */
static bool take_file(struct rate *rate, bool make)
{
  const char *why = NULL;

  for (int tries = 0; tries < 8; tries++) {
    if (rate->fd < 0)
      open_file(rate, make, &why);
    if (why != NULL)
      break;
    if (rate->fd < 0)
      return false;
    if (!take_lock(rate)) {
      if (sig_caught() != 0)
        return false;
      why = "another process has its lock";
      break;
    }
    if (is_current(rate))
      return true;
    close_file(rate);
  }
  keep_alone(rate, why != NULL ? why : "it is removed again and again");
  return false;
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

/* --- the account ------------------------------------------------------------
 */

/* For a look that give() ends. make: also where there is none yet. false: there
 * is nothing to look at. */
static bool take(struct rate *rate, bool make, struct account *ret_account)
{
  if (rate->path != NULL && take_file(rate, make)) {
    load(rate->fd, ret_account);
    account_mend(ret_account);
    return true;
  }
  if (rate->path != NULL)
    return false;
  *ret_account = rate->own;
  return true;
}

static void give(struct rate *rate, const struct account *account)
{
  if (rate->fd < 0) {
    rate->own = *account;
  } else if (!store(rate->fd, account)) {
    rate->own = *account;
    keep_alone(rate, strerror(errno));
  } else {
    IGNORE(flock(rate->fd, LOCK_UN));
  }
}

static enum code say_over(const struct rate *rate, int64_t wait_ms,
                          struct err *err)
{
  AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);

  limit_put_when(&when, wait_ms, clock_wall());
  err_set(err, E_RATE, "not sent: the rate of '%s' is used up until %s",
          rate->origin, buf_text(&when));
  limit_hint(wait_ms, err);
  return E_RATE;
}

enum code rate_ask(struct rate *rate, struct rate_ticket *ticket,
                   const char *path, int64_t *ret_wait_ms, bool *ret_told,
                   struct err *err)
{
  struct account account;
  int64_t wait = 0;
  bool is_told = false;

  ticket->route = budget_route(rate->base, path);
  ticket->counted = (struct budget_ticket){0};
  ticket->is_out = false;
  if (take(rate, rate->pace_us > 0, &account)) {
    wait = account_ask(&account, ticket->route, rate->pace_us, now_us(),
                       &ticket->counted, &is_told);
    give(rate, &account);
  }
  if (sig_caught() != 0)
    return sig_check(err);
  if (is_told && wait > rate->wait_rate_ms - ticket->waited_ms)
    return say_over(rate, wait, err);
  if (is_told)
    ticket->waited_ms += wait;
  ticket->is_out = wait == 0;
  if (ret_told != NULL)
    *ret_told = is_told;
  *ret_wait_ms = wait;
  return E_OK;
}

void rate_heed(struct rate *rate, struct rate_ticket *ticket, int status,
               const struct headers *headers)
{
  struct account account;
  struct limit limit;

  if (!ticket->is_out)
    return;
  ticket->is_out = false;
  limit_read(&limit, headers, clock_wall());
  if (ticket->counted.window == 0 && !budget_is_news(status, &limit))
    return;
  if (!take(rate, true, &account))
    return;
  account_heed(&account, ticket->route, &ticket->counted, status, &limit,
               now_us());
  give(rate, &account);
}

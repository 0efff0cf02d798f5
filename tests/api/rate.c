/* The account's file: shared, doctored, taken away, and not to be had. */
#include "api/rate.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct rate_options shared = {
    .profile = "acme", .origin = "https://api.example", .wait_rate_ms = 60000};

static void use_scratch(void)
{
  setenv("XDG_STATE_HOME", scratch_dir(), 1);
}

static struct rate *rate_of(const struct rate_options *options)
{
  struct rate *rate;
  struct err err = ERR_INIT;

  cr_assert_eq(rate_new(&rate, options, &err), E_OK, "%s", err.message);
  return rate;
}

static enum code ask(struct rate *rate, struct rate_ticket *ticket,
                     int64_t *ret_wait, struct err *err)
{
  *ticket = (struct rate_ticket){0};
  return rate_ask(rate, ticket, "/x", ret_wait, NULL, err);
}

/* Without an assertion: for children, which must not speak to the runner. */
static bool quietly_goes(struct rate *rate)
{
  struct rate_ticket ticket;
  struct err err = ERR_INIT;
  int64_t wait = -1;

  return ask(rate, &ticket, &wait, &err) == E_OK && wait == 0;
}

static bool goes(struct rate *rate)
{
  struct rate_ticket ticket;
  struct err err = ERR_INIT;
  int64_t wait = -1;

  cr_assert_eq(ask(rate, &ticket, &wait, &err), E_OK, "%s", err.message);
  return wait == 0;
}

/* A request whose answer says so. */
static void hear(struct rate *rate, int status, const char *line,
                 const char *second)
{
  AUTO_HEADERS struct headers headers = {0};
  struct rate_ticket ticket = {.is_out = true};
  struct err err = ERR_INIT;

  cr_assert_eq(headers_add_line(&headers, line, &err), E_OK);
  if (second != NULL)
    cr_assert_eq(headers_add_line(&headers, second, &err), E_OK);
  rate_heed(rate, &ticket, status, &headers);
}

static void exhaust(struct rate *rate)
{
  hear(rate, 200, "RateLimit-Remaining: 0", "RateLimit-Reset: 30");
}

static const char *dir(void)
{
  return scratch_path("fob/rate");
}

/* The only file in it. */
static const char *file(void)
{
  static char path[512];
  DIR *d = opendir(dir());
  const struct dirent *entry;
  int count = 0;

  cr_assert_not_null(d);
  while ((entry = readdir(d)) != NULL) {
    if (entry->d_name[0] == '.')
      continue;
    (void)snprintf(path, sizeof path, "%s/%s", dir(), entry->d_name);
    count++;
  }
  closedir(d);
  cr_assert_eq(count, 1);
  return path;
}

Test(rate, makes_no_file_without_need, .init = use_scratch)
{
  AUTO(rate) rate = rate_of(&shared);

  cr_assert(goes(rate));
  hear(rate, 200, "Content-Type: text/plain", NULL);
  hear(rate, 200, "X-RateLimit-Limit: 60", NULL);
  hear(rate, 500, "Retry-After: 9", NULL);
  cr_assert(access(scratch_path("fob"), F_OK) != 0);
}

Test(rate, is_shared, .init = use_scratch)
{
  AUTO(rate) a = rate_of(&shared);
  AUTO(rate) b = rate_of(&shared);
  struct stat st;

  hear(a, 200, "RateLimit-Remaining: 3", "RateLimit-Reset: 30");
  cr_expect(goes(b));
  cr_expect(goes(a));
  cr_expect(goes(b));
  cr_expect_not(goes(a));
  cr_expect_not(goes(b));
  cr_assert_eq(stat(file(), &st), 0);
  cr_expect_eq(st.st_mode & 0777, 0600u);
  cr_expect_lt(st.st_size, 4096);
  cr_assert_eq(stat(dir(), &st), 0);
  cr_expect_eq(st.st_mode & 0777, 0700u);
}

Test(rate, is_of_a_profile_and_an_origin, .init = use_scratch)
{
  struct rate_options other = shared, third = shared;
  AUTO(rate) a = rate_of(&shared);

  other.profile = "other";
  third.origin = "https://api.example:8443";
  AUTO(rate) b = rate_of(&other);
  AUTO(rate) c = rate_of(&third);

  exhaust(a);
  cr_expect_not(goes(a));
  cr_expect(goes(b));
  cr_expect(goes(c));
}

Test(rate, without_a_profile_is_its_own, .init = use_scratch)
{
  struct rate_options options = shared;

  options.profile = NULL;
  AUTO(rate) a = rate_of(&options);
  AUTO(rate) b = rate_of(&options);
  exhaust(a);
  cr_expect_not(goes(a));
  cr_expect(goes(b));
  cr_expect(access(scratch_path("fob"), F_OK) != 0);
}

Test(rate, says_when_it_would_take_too_long, .init = use_scratch)
{
  AUTO(rate) rate = rate_of(&shared);
  struct rate_ticket ticket;
  struct err err = ERR_INIT;
  int64_t wait = -1;

  hear(rate, 429, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1800");
  cr_assert_eq(ask(rate, &ticket, &wait, &err), E_RATE);
  cr_expect_eq(wait, -1);
  cr_expect(strstr(err.message, "https://api.example") != NULL, "%s",
            err.message);
  cr_expect(strstr(err.message, "(in 30 min)") != NULL, "%s", err.message);
  cr_expect(strstr(err.hint, "--wait-rate 3") != NULL, "%s", err.hint);
}

Test(rate, adds_up_the_waits_of_a_request, .init = use_scratch)
{
  AUTO(rate) rate = rate_of(&shared);
  struct rate_ticket ticket = {0};
  struct err err = ERR_INIT;
  int64_t wait = 0;
  bool told = false;

  exhaust(rate);
  cr_assert_eq(rate_ask(rate, &ticket, "/x", &wait, &told, &err), E_OK);
  cr_expect(wait > 29000 && wait <= 30000);
  cr_expect(told);
  cr_expect_eq(ticket.waited_ms, wait);
  cr_assert_eq(rate_ask(rate, &ticket, "/x", &wait, &told, &err), E_OK);
  cr_assert_eq(rate_ask(rate, &ticket, "/x", &wait, &told, &err), E_RATE);
}

/* The user's own pace is no wait for the server, however slow it is. */
Test(rate, pace_is_no_budget, .init = use_scratch)
{
  struct rate_options options = shared;
  struct rate_ticket ticket = {0};
  struct err err = ERR_INIT;
  int64_t wait = 0;
  bool told = true;

  cr_assert(rate_parse("1/h", &options.pace_us));
  options.wait_rate_ms = 0;
  AUTO(rate) a = rate_of(&options);
  AUTO(rate) b = rate_of(&options);
  cr_assert(goes(a));
  cr_assert_eq(rate_ask(b, &ticket, "/x", &wait, &told, &err), E_OK);
  cr_expect(wait > 3500000 && wait <= 3600000);
  cr_expect_not(told);
  cr_expect_eq(ticket.waited_ms, 0);
}

Test(rate, parses)
{
  static const struct {
    const char *text;
    int64_t us;
  } good[] = {{"1/s", 1000000},   {"10/s", 100000},
              {"100/m", 600000},  {"5000/h", 720000},
              {"999999999/s", 1}, {"1/h", INT64_C(3600000000)}};
  static const char *const bad[] = {
      "",     "10",    "/s",    "0/s",  "-1/s", "1.5/s",        "10/",
      "10/x", "10/ss", "10 /s", " 1/s", "1//s", "9999999999/s", "s/10"};
  int64_t us;

  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    cr_assert(rate_parse(good[i].text, &us), "%s", good[i].text);
    cr_expect_eq(us, good[i].us, "%s: %lld", good[i].text, (long long)us);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    cr_expect_not(rate_parse(bad[i], &us), "%s", bad[i]);
}

/* --- what may be wrong with it ----------------------------------------------
 */

static char *slurp(const char *path, size_t *ret_len)
{
  struct buf out = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;
  char *text;

  cr_assert_eq(file_read(&out, path, FILE_OWN, 8192, E_LOCAL, &err), E_OK);
  cr_assert_eq(buf_detach(&out, &text, ret_len, &err), E_OK);
  return text;
}

static void put(const char *path, const char *bytes, size_t len)
{
  int fd = open(path, O_WRONLY | O_TRUNC);

  cr_assert(fd >= 0);
  cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
  close(fd);
}

/* Every byte of it changed, and every length: a new account, never a crash. */
Test(rate, takes_a_broken_file_for_a_new_one, .init = use_scratch)
{
  size_t len;

  {
    AUTO(rate) rate = rate_of(&shared);
    exhaust(rate);
    cr_assert_not(goes(rate));
  }
  AUTO_STR char *text = slurp(file(), &len);
  for (size_t i = 0; i < len; i += 7) {
    AUTO(rate) rate = rate_of(&shared);

    text[i] ^= 0x40;
    put(file(), text, len);
    cr_expect(goes(rate), "%zu", i);
    text[i] ^= 0x40;
    put(file(), text, i);
    cr_expect(goes(rate), "%zu", i);
  }
  AUTO(rate) rate = rate_of(&shared);
  put(file(), text, len);
  cr_expect_not(goes(rate));
  exhaust(rate);
  cr_expect_not(goes(rate));
}

Test(rate, begins_anew_where_it_is_removed, .init = use_scratch)
{
  AUTO(rate) a = rate_of(&shared);
  AUTO(rate) b = rate_of(&shared);

  exhaust(a);
  cr_assert_not(goes(b));
  cr_assert_eq(unlink(file()), 0);
  cr_expect(goes(a));
  exhaust(a);
  cr_expect_not(goes(b));
}

struct obstacle {
  const char *what;
  void (*make)(void);
};

static void make_link(void)
{
  char target[600];

  (void)snprintf(target, sizeof target, "%s.moved", file());
  cr_assert_eq(rename(file(), target), 0);
  /* Its name is known by now. */
  char path[600];
  (void)snprintf(path, sizeof path, "%.*s", (int)(strlen(target) - 6), target);
  cr_assert_eq(symlink(target, path), 0);
}

static void make_open(void)
{
  cr_assert_eq(chmod(file(), 0666), 0);
}

static void make_directory(void)
{
  char path[600];

  (void)snprintf(path, sizeof path, "%s", file());
  cr_assert_eq(unlink(path), 0);
  cr_assert_eq(mkdir(path, 0700), 0);
}

static void make_fifo(void)
{
  char path[600];

  (void)snprintf(path, sizeof path, "%s", file());
  cr_assert_eq(unlink(path), 0);
  cr_assert_eq(mkfifo(path, 0600), 0);
}

/* Then it is kept alone: nothing fails, and what is heard is heeded here. */
Test(rate, does_without_a_file_that_is_not_to_be_had, .init = use_scratch)
{
  static const struct obstacle obstacles[] = {{"link", make_link},
                                              {"open", make_open},
                                              {"directory", make_directory},
                                              {"fifo", make_fifo}};

  for (size_t i = 0; i < sizeof obstacles / sizeof obstacles[0]; i++) {
    AUTO_STR char *clear = mem_printf("rm -rf '%s'", dir());

    {
      AUTO(rate) first = rate_of(&shared);
      exhaust(first);
    }
    obstacles[i].make();
    AUTO(rate) rate = rate_of(&shared);
    cr_expect(goes(rate), "%s", obstacles[i].what);
    exhaust(rate);
    cr_expect_not(goes(rate), "%s", obstacles[i].what);
    cr_assert_eq(system(clear), 0);
  }
}

Test(rate, does_without_a_directory)
{
  setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
  AUTO(rate) rate = rate_of(&shared);

  cr_expect(goes(rate));
  exhaust(rate);
  cr_expect_not(goes(rate));
}

/* One that was stopped, or hangs, in the middle. */
Test(rate, does_not_wait_for_the_lock_for_ever, .init = use_scratch)
{
  AUTO(rate) first = rate_of(&shared);
  int64_t begin;

  exhaust(first);
  int fd = open(file(), O_RDWR);
  cr_assert_eq(flock(fd, LOCK_EX), 0);
  AUTO(rate) rate = rate_of(&shared);
  begin = clock_mono_ms();
  cr_expect(goes(rate));
  cr_expect_lt(clock_mono_ms() - begin, 10000);
  close(fd);
}

Test(rate, goes_on_when_the_holder_is_killed, .init = use_scratch)
{
  AUTO(rate) rate = rate_of(&shared);
  int ready[2];
  char byte;

  exhaust(rate);
  cr_assert_eq(pipe(ready), 0);
  AUTO_STR char *path = mem_str(file());
  pid_t pid = fork();
  if (pid == 0) {
    int fd = open(path, O_RDWR);

    if (flock(fd, LOCK_EX) == 0 && ftruncate(fd, 100) == 0 &&
        write(ready[1], "x", 1) == 1)
      pause();
    _exit(1);
  }
  cr_assert_eq(read(ready[0], &byte, 1), 1);
  cr_assert_eq(kill(pid, SIGKILL), 0);
  cr_assert_eq(waitpid(pid, NULL, 0), pid);
  /* Half a file is none. */
  cr_expect(goes(rate));
  exhaust(rate);
  AUTO(rate) other = rate_of(&shared);
  cr_expect_not(goes(other));
}

/* Many at once take no place twice. */
Test(rate, is_counted_among_processes, .init = use_scratch)
{
  enum { PROCESSES = 8, EACH = 100, LEFT = 500 };
  AUTO(rate) rate = rate_of(&shared);
  pid_t pids[PROCESSES];
  int total = 0;

  hear(rate, 200, "RateLimit-Remaining: 500", "RateLimit-Reset: 600");
  for (int i = 0; i < PROCESSES; i++) {
    pids[i] = fork();
    if (pids[i] == 0) {
      struct rate *mine = NULL;
      struct err err = ERR_INIT;
      int count = 0;

      if (rate_new(&mine, &shared, &err) != E_OK)
        _exit(255);
      for (int k = 0; k < EACH; k++)
        count += quietly_goes(mine);
      rate_free(mine);
      rate_free(rate);
      _exit(count);
    }
  }
  for (int i = 0; i < PROCESSES; i++) {
    int status;

    cr_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
    cr_assert(WIFEXITED(status));
    total += WEXITSTATUS(status);
  }
  cr_assert_eq(total, LEFT);
}

#include "base/worker.h"

#include "base/buf.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ASK, ANSWER };

static enum code ready(void *user, int line, struct err *err)
{
  (void)user;
  (void)line;
  (void)err;
  return E_OK;
}

static enum code collect(void *user, unsigned kind, const char *bytes,
                         size_t len, struct err *err)
{
  (void)err;
  cr_assert_eq(kind, ANSWER);
  buf_put(user, bytes, len);
  return E_OK;
}

static struct worker *start(void (*work)(void *user, int line))
{
  struct worker_options options = {
      .name = "the child", .before = ready, .work = work};
  struct err err = ERR_INIT;
  struct worker *worker = NULL;

  cr_assert_eq(worker_start(&worker, &options, &err), E_OK, "%s", err.message);
  return worker;
}

/* What the child says to one question. */
static enum code ask(void (*work)(void *user, int line), struct buf *out,
                     struct err *err)
{
  AUTO(worker) worker = start(work);
  struct worker_ear ear = {.frame = collect, .user = out};
  enum code code = worker_tell(worker, ASK, "?", 1, &ear, err);

  return code == E_OK ? worker_hear(worker, &ear, err) : code;
}

static void say(int line, const char *text)
{
  (void)!worker_say(line, ANSWER, text, strlen(text));
}

/* --- talking ---------------------------------------------------------------
 */

static void echo(void *user, int line)
{
  static char bytes[WORKER_FRAME];
  unsigned kind;
  size_t len;

  (void)user;
  while (worker_listen(line, &kind, bytes, &len)) {
    if (!worker_say(line, ANSWER, bytes, len))
      return;
  }
}

/* Far more than the line holds, in both directions at once. */
Test(worker, neither_waits_for_the_other_for_ever)
{
  enum { LEN = 16 * 1024 * 1024 };
  AUTO_BUF struct buf text = BUF_INIT(LEN);
  AUTO_BUF struct buf out = BUF_INIT(LEN);
  AUTO(worker) worker = start(echo);
  struct worker_ear ear = {.frame = collect, .user = &out};
  struct err err = ERR_INIT;

  while (text.len < LEN)
    buf_printf(&text, "%015zu\n", text.len);
  cr_assert_eq(worker_tell(worker, ASK, text.data, text.len, &ear, &err), E_OK,
               "%s", err.message);
  while (out.len < LEN)
    cr_assert_eq(worker_hear(worker, &ear, &err), E_OK, "%s", err.message);
  cr_assert_eq(memcmp(text.data, out.data, LEN), 0);
}

static void say_nothing_in_particular(void *user, int line)
{
  static char bytes[WORKER_FRAME];
  unsigned kind;
  size_t len;

  (void)user;
  if (worker_listen(line, &kind, bytes, &len))
    (void)!worker_say(line, ANSWER, NULL, 0);
}

Test(worker, a_frame_may_be_empty)
{
  AUTO_BUF struct buf out = BUF_INIT(100);

  cr_assert_eq(ask(say_nothing_in_particular, &out, NULL), E_OK);
  cr_assert_eq(out.len, 0);
}

static enum code refuse(void *user, unsigned kind, const char *bytes,
                        size_t len, struct err *err)
{
  (void)user;
  (void)kind;
  (void)bytes;
  (void)len;
  return err_set(err, E_OUTPUT, "full");
}

Test(worker, an_ear_that_fails_ends_the_call)
{
  AUTO(worker) worker = start(echo);
  struct worker_ear ear = {.frame = refuse};
  struct err err = ERR_INIT;

  cr_assert_eq(worker_tell(worker, ASK, "?", 1, &ear, &err), E_OK);
  cr_assert_eq(worker_hear(worker, &ear, &err), E_OUTPUT);
  cr_assert_str_eq(err.message, "full");
}

static enum code not_ready(void *user, int line, struct err *err)
{
  (void)user;
  (void)line;
  err_hint(err, "do that");
  return err_set(err, E_USAGE, "cannot");
}

Test(worker, tells_why_the_child_is_of_no_use)
{
  struct worker_options options = {
      .name = "the child", .before = not_ready, .work = echo};
  AUTO(worker) worker = NULL;
  struct worker_ear ear = {.frame = refuse};
  struct err err = ERR_INIT;

  cr_assert_eq(worker_start(&worker, &options, &err), E_OK);
  cr_assert_eq(worker_hear(worker, &ear, &err), E_USAGE);
  cr_assert_str_eq(err.message, "cannot");
}

/* --- ends ------------------------------------------------------------------
 */

static void crash(void *user, int line)
{
  struct sigaction action = {.sa_handler = SIG_DFL};

  (void)user;
  (void)line;
  (void)sigaction(SIGSEGV, &action, NULL); /* a sanitizer's */
  (void)raise(SIGSEGV);
}

static void end(void *user, int line)
{
  (void)user;
  (void)line;
}

static void say_last_words(void *user, int line)
{
  (void)user;
  say(line, "last words");
}

static void burn(void *user, int line)
{
  struct rlimit limit = {.rlim_cur = 1, .rlim_max = 2};

  (void)user;
  (void)line;
  (void)setrlimit(RLIMIT_CPU, &limit);
  for (volatile int i = 0;; i = !i)
    continue;
}

static enum code ask_for_long(void (*work)(void *user, int line),
                              struct err *err)
{
  AUTO_BUF struct buf out = BUF_INIT(WORKER_FRAME);
  AUTO(worker) worker = start(work);
  struct worker_ear ear = {.frame = collect, .user = &out};
  enum code code = E_OK;

  while (code == E_OK)
    code = worker_hear(worker, &ear, err);
  return code;
}

Test(worker, names_the_signal_that_ended_the_child)
{
  struct err err = ERR_INIT;

  cr_assert_eq(ask_for_long(crash, &err), E_LOCAL);
  cr_assert_str_eq(err.message, "the child broke down with SIGSEGV");
}

Test(worker, notices_a_child_that_ends)
{
  struct err err = ERR_INIT;

  cr_assert_eq(ask_for_long(end, &err), E_LOCAL);
  cr_assert_str_eq(err.message, "the child has ended");
}

Test(worker, bounds_the_time_of_computing)
{
  NEEDS_BARE_PROCESS;
  struct err err = ERR_INIT;

  cr_assert_eq(ask_for_long(burn, &err), E_LOCAL);
  cr_assert(strstr(err.message, "did not come to an end"), "%s", err.message);
}

Test(worker, hears_what_a_child_said_before_it_ended)
{
  AUTO_BUF struct buf out = BUF_INIT(100);
  AUTO(worker) worker = start(say_last_words);
  struct worker_ear ear = {.frame = collect, .user = &out};
  struct err err = ERR_INIT;

  cr_assert_eq(worker_hear(worker, &ear, &err), E_OK, "%s", err.message);
  cr_assert_str_eq(buf_text(&out), "last words");
  cr_assert_eq(worker_hear(worker, &ear, &err), E_LOCAL);
}

static void sleep_on(void *user, int line)
{
  struct timespec hour = {.tv_sec = 3600};
  char pid[32];

  (void)user;
  (void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
  say(line, pid);
  for (;;)
    (void)nanosleep(&hour, NULL);
}

Test(worker, is_killed_and_leaves_no_zombie)
{
  AUTO_BUF struct buf out = BUF_INIT(100);
  struct worker *worker = start(sleep_on);
  struct worker_ear ear = {.frame = collect, .user = &out};
  pid_t pid;

  cr_assert_eq(worker_hear(worker, &ear, NULL), E_OK);
  pid = (pid_t)strtol(buf_text(&out), NULL, 10);
  cr_assert_gt(pid, 0);
  cr_assert_eq(kill(pid, SIGTERM), 0);
  cr_assert_eq(kill(pid, SIGINT), 0);
  cr_assert_eq(kill(pid, 0), 0);
  worker_free(worker);
  cr_assert_eq(kill(pid, 0), -1);
  cr_assert_eq(errno, ESRCH);
  cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

/* --- what it cannot do -----------------------------------------------------
 */

static void look_around(void *user, int line)
{
  static const char *const names[] = {"HOME", "FOB_TOKEN", "FOB_CLIENT_SECRET",
                                      "FOB_STORE_KEY", "KEPT"};

  (void)user;
  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    say(line, getenv(names[i]) != NULL ? "+" : "-");
  say(line, open("/dev/null", O_RDONLY) < 0 ? "-" : "+");
  say(line, fcntl(line + 1, F_GETFD) < 0 ? "-" : "+");
  say(line, "!");
}

Test(worker, has_no_secrets_no_files_and_no_descriptors)
{
  NEEDS_BARE_PROCESS;
  AUTO_BUF struct buf out = BUF_INIT(100);
  AUTO(worker) worker = NULL;
  struct worker_ear ear = {.frame = collect, .user = &out};

  (void)setenv("HOME", "/", 1);
  (void)setenv("FOB_TOKEN", "x", 1);
  (void)setenv("FOB_CLIENT_SECRET", "x", 1);
  (void)setenv("FOB_STORE_KEY", "x", 1);
  (void)setenv("KEPT", "x", 1);
  for (int i = 0; i < 20; i++)
    cr_assert_geq(open("/dev/null", O_RDONLY), 0);
  worker = start(look_around);
  while (strchr(buf_text(&out), '!') == NULL)
    cr_assert_eq(worker_hear(worker, &ear, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), "----+--!");
}

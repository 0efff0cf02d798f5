/* fob request --batch while it runs: lines that come late, readers that go,
 * signals, memory, and the progress on a terminal. */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/request_scene.h"

#include "support/skip.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* A batch that is a pipe, whose other end is ours, and its output. */
struct live {
  struct scene scene;
  struct program *program;
  int in, out;
};

static void live_start(struct live *live, const char *options)
{
  AUTO_STR char *fifo = NULL;
  AUTO_STR char *fob = program_fob();
  AUTO_STR char *command = NULL;
  int fds[2];

  scene_make(&live->scene);
  fifo = home_path(&live->scene.home, "fifo");
  cr_assert_eq(mkfifo(fifo, 0600), 0);
  live->in = open(fifo, O_RDWR | O_CLOEXEC);
  cr_assert(live->in >= 0 && pipe2(fds, O_CLOEXEC) == 0);
  command = mem_printf("exec '%s' request --batch '%s' %s", fob, fifo, options);
  const char *const argv[] = {"sh", "-c", command, NULL};
  live->program = program_start(&(struct program_options){
      .argv = argv, .env = live->scene.home.env, .out_fd = fds[1]});
  close(fds[1]);
  live->out = fds[0];
}

static void live_say(const struct live *live, const char *line)
{
  cr_assert_eq(write(live->in, line, strlen(line)), (ssize_t)strlen(line));
}

/* Reads results until there are count of them. */
static bool live_read(const struct live *live, int count)
{
  char bytes[64 * 1024];

  while (count > 0) {
    struct pollfd wait = {.fd = live->out, .events = POLLIN};
    ssize_t got;

    if (poll(&wait, 1, 30000) != 1)
      return false;
    got = read(live->out, bytes, sizeof bytes);
    if (got <= 0)
      return false;
    for (ssize_t i = 0; i < got; i++)
      count -= bytes[i] == '\n';
  }
  return count == 0;
}

static void live_finish(struct live *live, struct outcome *o)
{
  close(live->out);
  program_finish(live->program, o);
  close(live->in);
  scene_clear(&live->scene);
}

Test(request_batch_live, answers_lines_of_a_pipe_as_they_come)
{
  struct live live;
  AUTO_OUTCOME struct outcome o;

  live_start(&live, "");
  live_say(&live, "echo\n");
  cr_expect(live_read(&live, 1));
  live_say(&live, "echo\nbad//line\nec");
  cr_expect(live_read(&live, 2));
  live_say(&live, "ho\n");
  cr_expect(live_read(&live, 1));
  kill(program_pid(live.program), SIGINT);
  live_finish(&live, &o);
  cr_expect_eq(o.signal, SIGINT);
  cr_expect(has(o.err, "every line before 5 has its result; to go on:"), "%s",
            o.err);
}

/* With nothing under way, and with all that may be. */
Test(request_batch_live, hands_on_a_result_while_others_are_under_way)
{
  struct live live;
  AUTO_OUTCOME struct outcome o;

  live_start(&live, "--parallel=2");
  live_say(&live, "slow?ms=600000\necho\necho\necho\n");
  cr_expect(live_read(&live, 3));
  kill(program_pid(live.program), SIGQUIT);
  live_finish(&live, &o);
  cr_expect_eq(o.signal, SIGQUIT);
}

Test(request_batch_live, ends_by_sigpipe_when_its_reader_goes)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *fob = program_fob();
  AUTO_STR char *command = mem_printf(
      "(yes echo | '%s' request --batch -; echo $? >&2) | head -n 1", fob);
  const char *const argv[] = {"sh", "-c", command, NULL};

  scene_make(&s);
  program_run(&(struct program_options){.argv = argv, .env = s.home.env}, &o);
  cr_expect_str_eq(o.err, "141\n", "%s", o.err);
  cr_expect(has(o.out, "\"status\":200"), "%s", o.out);
}

Test(request_batch_live, says_that_its_output_is_full)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *fob = program_fob();
  const char *const argv[] = {fob, "request", "--batch", "-", NULL};
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

  scene_make(&s);
  program_run(&(struct program_options){.argv = argv,
                                        .env = s.home.env,
                                        .input = "echo\necho\n",
                                        .out_fd = full},
              &o);
  close(full);
  cr_expect_eq(o.status, 1, "%d %s", o.status, o.err);
  cr_expect(has(o.err, "cannot write to standard output"), "%s", o.err);
}

static struct program *start_slow(struct scene *s, enum terminal terminal,
                                  const char *options)
{
  AUTO_STR char *command =
      mem_printf("request --batch $H/lines --parallel=3 %s", options);

  scene_make(s);
  home_write(&s->home, "lines", 0600,
             "status/204\nslow?ms=1500&n=1\nslow?ms=1500&n=2\n"
             "slow?ms=600000&n=3\nslow?ms=1&n=4\nstatus/204\nstatus/204\n");
  return cli_line_start(&s->home, &s->server, terminal, command);
}

Test(request_batch_live, finishes_what_is_under_way_when_it_is_interrupted)
{
  NEEDS_SPEED;
  static const int signals[] = {SIGINT, SIGTERM};

  for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;

    struct program *p = start_slow(&s, TERMINAL_NONE, "--ordered");
    cr_assert(server_await(&s.server, "/api/slow", 3, 20000));
    kill(program_pid(p), signals[i]);
    program_finish(p, &o);
    cr_expect_eq(o.signal, signals[i], "%d %d %s", o.status, o.signal, o.err);
    cr_expect(has(o.out, "{\"id\":2,\"status\":200"), "%s", o.out);
    cr_expect(has(o.out, "{\"id\":3,\"status\":200"), "%s", o.out);
    cr_expect(has(o.out, "{\"id\":4,\"status\":null"), "%s", o.out);
    cr_expect(has(o.out, "\"name\":\"interrupted\""), "%s", o.out);
    cr_expect_not(has(o.out, "{\"id\":5"), "%s", o.out);
    cr_expect(has(o.err, "finishing what is under way (3)"), "%s", o.err);
    cr_expect(has(o.err, "every line before 5 has its result"), "%s", o.err);
    cr_expect(o.ms >= 4500 && o.ms < 20000, "%d ms", (int)o.ms);

    /* The command that is shown goes on there. */
    const char *shown = strstr(o.err, "     fob request ");
    cr_assert_not_null(shown, "%s", o.err);
    AUTO_STR char *line = mem_copy(shown + 9, strcspn(shown + 9, "\n"));
    AUTO_OUTCOME struct outcome rest;
    cli_line(&s.home, &s.server, &rest, NULL, line);
    cr_expect_eq(rest.status, 0, "%s: %d %s", line, rest.status, rest.err);
    cr_expect_eq(strncmp(rest.out, "{\"id\":5,", 8), 0, "%s", rest.out);
    cr_expect(has(rest.out, "{\"id\":7,"), "%s", rest.out);
  }
}

Test(request_batch_live, ends_at_once_at_the_second_signal)
{
  NEEDS_SPEED;
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  struct program *p = start_slow(&s, TERMINAL_BUT_OUTPUT, "");

  cr_assert(server_await(&s.server, "/api/slow", 3, 20000));
  program_type(p, "\x03");
  cr_assert(program_await(p, "finishing what is under way", 10000));
  int64_t second = clock_mono_ms();
  program_type(p, "\x03");
  program_finish(p, &o);
  cr_expect_eq(o.signal, SIGINT);
  cr_expect_lt(clock_mono_ms() - second, 4000, "the first gives 5 s");
  cr_expect(has(o.out, "{\"id\":4,\"status\":null"), "%s", o.out);
  cr_expect(has(o.err, "every line before 5"), "%s", o.err);
}

static long peak_kib(pid_t pid)
{
  char path[64];
  char text[4096] = "";
  FILE *file;
  const char *at;

  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  file = fopen(path, "r");
  cr_assert_not_null(file);
  cr_assert_gt(fread(text, 1, sizeof text - 1, file), 0);
  fclose(file);
  at = strstr(text, "VmHWM:");
  cr_assert_not_null(at);
  return strtol(at + 6, NULL, 10);
}

/* 20,000 lines, every tenth of them a request. */
Test(request_batch_live, needs_no_memory_for_the_number_of_lines)
{
  NEEDS_OWN_MEMORY;
  struct live live;
  AUTO_OUTCOME struct outcome o;
  long before = 0;

  live_start(&live, "");
  for (int i = 0; i < 200; i++) {
    live_say(&live, "{\"path\":\"status/204\",\"body\":[1]}\n");
    for (int k = 0; k < 10; k++)
      live_say(&live, "status/204\n{\"path\":\"a//b\"}\n{\n"
                      "{\"id\":\"x\",\"path\":1}\n"
                      "http://127.0.0.1:1/other\n"
                      "{\"path\":\"x\",\"boddy\":1}\n[]\n\"\"\n{}\n\n");
    live_say(&live, "status/404\n");
    cr_assert(live_read(&live, 92), "at %d", i);
    if (i == 20)
      before = peak_kib(program_pid(live.program));
  }
  long behind = peak_kib(program_pid(live.program));
  cr_expect_leq(behind - before, 1024, "%ld KiB, then %ld", before, behind);
  kill(program_pid(live.program), SIGTERM);
  live_finish(&live, &o);
}

Test(request_batch_live, shows_how_far_it_is_on_a_terminal)
{
  NEEDS_SPEED;
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_setenv(&s.home, "TERM", "xterm");
  home_write(&s.home, "lines", 0600,
             "status/404\nslow?ms=1800\nslow?ms=2\nslow?ms=3\n");
  program_finish(cli_line_start(&s.home, &s.server, TERMINAL_BUT_OUTPUT,
                                "request --parallel=1 --batch $H/lines"),
                 &o);
  cr_expect_eq(o.status, 4, "%d %s", o.status, o.err);
  cr_expect(has(o.err, "\r\x1b[K[##########----------] 54 %"), "%s", o.err);
  cr_expect(has(o.err, "1 done, "), "%s", o.err);
  cr_expect(has(o.err, "1 failed"), "%s", o.err);
  cr_expect(has(o.err, "1 under way"), "%s", o.err);
}

enum { ENOUGH = 20000 }; /* lines for some seconds */

/* Where answers come faster than fob can ask for more, it never waits, which is
 * when it looks for signals otherwise. */
Test(request_batch_live, hears_a_signal_while_it_is_busy)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *fob = program_fob();
  AUTO_STR char *lines = NULL;
  const char *argv[] = {fob, "request", "--batch", NULL, NULL};
  struct program *program;
  FILE *file;
  int fds[2];
  char byte, rest[64 * 1024];

  scene_make(&s);
  lines = home_path(&s.home, "lines");
  file = fopen(lines, "we");
  cr_assert_not_null(file);
  for (int i = 0; i < ENOUGH; i++)
    fputs("user\n", file);
  cr_assert_eq(fclose(file), 0);
  argv[3] = lines;
  cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
  program = program_start(&(struct program_options){
      .argv = argv, .env = s.home.env, .out_fd = fds[1]});
  close(fds[1]);
  cr_assert_eq(read(fds[0], &byte, 1), 1);
  kill(program_pid(program), SIGINT);
  while (read(fds[0], rest, sizeof rest) > 0)
    continue;
  program_finish(program, &o);
  close(fds[0]);
  cr_expect_eq(o.signal, SIGINT);
  cr_expect(has(o.err, "has its result; to go on:"), "%s", o.err);
  cr_expect(has(o.err, "--from-line "), "%s", o.err);
}

/* fob request while it streams, filters or waits: what comes at once, what ends
 * it, and what a terminal shows. */
#include "cli/request_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define DRIP "streams/events?count=400&ms=10&retry=0"

static const struct {
  const char *words[4];
  const char *first;
} readers[] = {
    {{DRIP, "--sse"}, "{\"event\":\"message\",\"id\":\"1\","},
    {{DRIP, "--sse", "-q", ".data.n"}, "1\n"},
    {{DRIP, "--sse", "--pointer", "/data/n"}, "1\n"},
    {{DRIP, "-q", ".data.n"}, "1\n"},
    {{DRIP}, "retry: 0\n"},
};

/* What comes first, while the server has not said more than a little. */
static void read_first(int fd, char *out, size_t len)
{
  size_t got = 0;

  while (got < len) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ssize_t n;

    cr_assert_eq(poll(&wait, 1, 30000), 1, "nothing came");
    n = read(fd, out + got, len - got);
    cr_assert_gt(n, 0);
    got += (size_t)n;
  }
  out[len] = '\0';
}

Test(request_stream_live, hands_on_each_event_as_it_comes)
{
  AUTO_STR char *program = program_fob();

  for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
    const char *const *w = readers[i].words;
    const char *const argv[] = {program, "request", w[0], w[1],
                                w[2],    w[3],      NULL};
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;
    char first[100];
    int fds[2];

    scene_make(&s);
    cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
    struct program *p = program_start(&(struct program_options){
        .argv = argv, .env = s.home.env, .out_fd = fds[1]});
    close(fds[1]);
    read_first(fds[0], first, strlen(readers[i].first));
    cr_expect_str_eq(first, readers[i].first);
    close(fds[0]); /* whoever reads along has seen enough */
    program_finish(p, &o);
    cr_expect_eq(o.signal, SIGPIPE, "%zu: %d %s", i, o.status, o.err);
  }
}

static const char *const lasting[][6] = {
    {"user", "-q", "def f: f; f"},
    {"user", "-q", "last(range(infinite))"},
    {"streams/events?count=400&ms=100", "--sse"},
    {"streams/events?count=1&retry=600000", "--sse"},
    {"streams/job/1?polls=9999&retry=600", "--wait-for", "/status=done",
     "--wait-timeout", "1h"},
    {"streams/job/1?polls=9999", "--wait-for", "def f: f; f"},
};

Test(request_stream_live, a_signal_ends_it_and_leaves_no_process)
{
  for (size_t i = 0; i < ARRAY_LEN(lasting); i++) {
    const char *const *w = lasting[i];
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;
    pid_t pid;

    scene_make(&s);
    struct program *p = fob_start(&s.home, TERMINAL_NONE, "request", w[0], w[1],
                                  w[2], w[3], w[4], NULL);
    pid = program_pid(p);
    cr_assert(server_await(&s.server, NULL, 1, 30000));
    usleep(100 * 1000);
    cr_assert_eq(kill(pid, SIGINT), 0);
    program_finish(p, &o);
    cr_expect_eq(o.signal, SIGINT, "%zu: %d %s", i, o.status, o.err);
    cr_expect(kill(-pid, 0) == -1 && errno == ESRCH, "%zu: a process stayed",
              i);
  }
}

Test(request_stream_live, shows_what_is_waited_for_and_takes_that_away)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, plain;

  scene_make(&s);
  home_setenv(&s.home, "TERM", "xterm");
  program_finish(fob_start(&s.home, TERMINAL_BUT_OUTPUT, "request",
                           "streams/job/1?polls=3", "--wait-for",
                           "/status=done", NULL),
                 &o);
  cr_expect_eq(o.status, 0);
  cr_expect(has(o.err, "\r\x1b[Kwaiting for /status=done, "), "%s", o.err);
  cr_assert_geq(strlen(o.err), 4);
  cr_expect_str_eq(o.err + strlen(o.err) - 4, "\r\x1b[K");
  home_setenv(&s.home, "TERM", "dumb");
  program_finish(fob_start(&s.home, TERMINAL_BUT_OUTPUT, "request",
                           "streams/job/1?polls=1", "--wait-for",
                           "/status=done", NULL),
                 &plain);
  cr_expect(has(plain.err, "waiting for /status=done"), "%s", plain.err);
}

static const struct {
  const char *words[4];
  const char *shown;
} shows[] = {
    {{"user", "-q", "{a: [1]}"}, "{\r\n  \"a\": [\r\n    1\r\n  ]\r\n}"},
    {{"user", "-q", "\"x\\u001b[1my\""}, "\"x\\u001b[1my\""},
    {{"user", "-rq", "\"x\\u001b[1my\""}, "x\\x1b[1my\r\n"},
    {{"user", "-rq", "[1, 2]"}, "[1,2]\r\n"},
    {{"streams/events?count=1&ids=0&data=x", "--sse"},
     "{\r\n  \"event\": \"message\",\r\n  \"id\": null,"},
};

Test(request_stream_live, a_terminal_gets_nothing_that_acts_on_it)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  home_setenv(&s.home, "NO_COLOR", "1");
  for (size_t i = 0; i < ARRAY_LEN(shows); i++) {
    const char *const *w = shows[i].words;
    AUTO_OUTCOME struct outcome o;

    program_finish(fob_start(&s.home, TERMINAL_ALL, "request", w[0], w[1], w[2],
                             w[3], NULL),
                   &o);
    cr_expect(has(o.err, shows[i].shown), "%zu: %s", i, o.err);
    cr_expect_null(strchr(o.err, '\x1b'), "%zu", i);
  }
}

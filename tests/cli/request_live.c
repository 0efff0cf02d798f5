/* fob request while it runs: progress, a reader at the other end, a signal,
 * and the ways to a server. */
#include "cli/request_scene.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

static size_t left_over(const struct scene *s)
{
  AUTO_OUTCOME struct outcome o;
  const char *const argv[] = {"sh", "-c", "ls -A | grep fob- | wc -l", NULL};

  program_run(&(struct program_options){.argv = argv,
                                        .env = s->home.env,
                                        .dir = s->home.dir},
              &o);
  return (size_t)strtoul(o.out, NULL, 10);
}

Test(request_live, shows_progress_after_a_second_and_takes_it_away)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, plain;

  scene_make(&s);
  home_setenv(&s.home, "TERM", "xterm");
  AUTO_STR char *file = home_path(&s.home, "out");
  program_finish(fob_start(&s.home, TERMINAL_ALL, "request",
                           "drip?bytes=18&ms=100", "-o", file, NULL),
                 &o);
  cr_expect(has(o.err, "\r\x1b[K127.0.0.1 "), "%s", o.err);
  cr_expect(has(o.err, " B, "), "%s", o.err);
  cr_assert_geq(strlen(o.err), 4);
  cr_expect_str_eq(o.err + strlen(o.err) - 4, "\r\x1b[K");
  home_setenv(&s.home, "TERM", "dumb");
  program_finish(fob_start(&s.home, TERMINAL_ALL, "request",
                           "drip?bytes=13&ms=100", "-o", file, NULL),
                 &plain);
  cr_expect_str_eq(plain.err, "");
}

Test(request_live, hands_on_what_has_come_to_a_reader_that_waits)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *program = program_fob();
  const char *const argv[] = {program, "request", "drip?bytes=200&ms=50", NULL};
  char byte;
  int fds[2];

  scene_make(&s);
  cr_assert_eq(pipe(fds), 0);
  struct program *p = program_start(&(struct program_options){
      .argv = argv, .env = s.home.env, .out_fd = fds[1]});
  close(fds[1]);
  struct pollfd wait = {.fd = fds[0], .events = POLLIN};
  cr_expect_eq(poll(&wait, 1, 5000), 1, "nothing came in half of the time");
  cr_expect_eq(read(fds[0], &byte, 1), 1);
  close(fds[0]);
  program_finish(p, NULL);
}

Test(request_live, leaves_nothing_behind_when_it_is_interrupted)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

  for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;

    scene_make(&s);
    home_write(&s.home, "out", 0600, "before");
    AUTO_STR char *file = home_path(&s.home, "out");
    struct program *p = fob_start(&s.home, TERMINAL_NONE, "request",
                                  "drip?bytes=1000&ms=50", "-o", file, NULL);
    cr_assert(server_await(&s.server, "/api/drip", 1, 10000));
    kill(program_pid(p), signals[i]);
    program_finish(p, &o);
    cr_expect_eq(o.signal, signals[i]);
    AUTO_STR char *text = home_read(&s.home, "out", NULL);
    cr_expect_str_eq(text, "before");
    cr_expect_eq(left_over(&s), 0);
  }
}

/* The size of the file that fob is about to put in the place of `out`. */
static off_t size_so_far(const struct scene *s)
{
  AUTO_STR char *pattern = home_path(&s->home, ".out.fob-*");
  struct stat st = {0};
  glob_t found;

  if (glob(pattern, 0, NULL, &found) == 0)
    (void)stat(found.gl_pathv[0], &st);
  globfree(&found);
  return st.st_size;
}

Test(request_live, is_interrupted_while_it_writes)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  const struct timespec little = {.tv_nsec = 1000 * 1000};

  scene_make(&s);
  home_write(&s.home, "out", 0600, "before");
  AUTO_STR char *file = home_path(&s.home, "out");
  struct program *p =
      fob_start(&s.home, TERMINAL_NONE, "request", "bytes/4000000000", "-o",
                file, "-m", "60", NULL);
  for (int tries = 0; size_so_far(&s) == 0 && tries < 10000; tries++)
    (void)nanosleep(&little, NULL);
  kill(program_pid(p), SIGINT);
  program_finish(p, &o);
  cr_expect_eq(o.signal, SIGINT);
  AUTO_STR char *text = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(text, "before");
  cr_expect_eq(left_over(&s), 0);
}

Test(request_live, is_interrupted_while_nobody_reads_what_it_writes)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  const struct timespec little = {.tv_nsec = 1000 * 1000};
  int size, waiting = 0;

  scene_make(&s);
  AUTO_STR char *file = home_path(&s.home, "fifo");
  cr_assert_eq(mkfifo(file, 0600), 0);
  int fd = open(file, O_RDONLY | O_NONBLOCK);
  size = fcntl(fd, F_GETPIPE_SZ);
  cr_assert_gt(size, 0);
  struct program *p = fob_start(&s.home, TERMINAL_NONE, "request",
                                "bytes/5000000", "-o", file, NULL);
  for (int tries = 0; waiting < size && tries < 10000; tries++) {
    (void)nanosleep(&little, NULL);
    cr_assert_eq(ioctl(fd, FIONREAD, &waiting), 0);
  }
  kill(program_pid(p), SIGINT);
  program_finish(p, &o);
  cr_expect_eq(o.signal, SIGINT);
  close(fd);
}

Test(request_live, speaks_through_a_socket)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o, curl;

  home_make(&home);
  AUTO_STR char *path = home_path(&home, "socket");
  server_start(&server, "--unix", path, NULL);
  home_setenv(&home, "FOB_TOKEN", "%s", PAT);
  home_setenv(&home, "FOB_API", "http://localhost/api");
  fob(&home, &o, "request", "echo", "--unix-socket", path, NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  json_t *root = echoed(&o);
  cr_expect(json_is_true(json_object_get(root, "authorized")));
  json_decref(root);
  fob(&home, &curl, "request", "echo", "--unix-socket", path, "--curl", NULL);
  cr_expect(has(curl.out, "--unix-socket "), "%s", curl.out);
}

Test(request_live, speaks_tls_to_whom_it_may_trust)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome no, yes, cert;

  home_make(&home);
  home_make_cert(&home);
  AUTO_STR char *pem = home_path(&home, "cert.pem");
  AUTO_STR char *key = home_path(&home, "key.pem");
  server_start(&server, "--tls", pem, key, "--client-ca", pem, NULL);
  home_setenv(&home, "FOB_TOKEN", "%s", PAT);
  home_setenv(&home, "FOB_API", "%s", server.api);
  fob(&home, &no, "request", "user", NULL);
  cr_expect_eq(no.status, 6, "%s", no.err);
  cr_expect_eq(server_count(&server, NULL), 0);
  fob(&home, &yes, "request", "user", "--cacert", pem, NULL);
  cr_expect_eq(yes.status, 0, "%s", yes.err);
  fob(&home, &cert, "request", "user", "--cacert", pem, "--cert", pem, "--key",
      key, NULL);
  cr_expect_eq(cert.status, 0, "%s", cert.err);
  json_t *requests = server_journal(&server, "/api/user");
  for (size_t i = 0; i < 2; i++)
    cr_expect_eq(json_is_true(json_object_get(json_array_get(requests, i),
                                              "client_cert")),
                 i == 1);
  json_decref(requests);
}

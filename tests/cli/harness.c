/* The harness itself: what the other tests believe has to be true first. */
#include "base/mem.h"
#include "support/fetch.h"
#include "support/home.h"
#include "support/program.h"
#include "support/server.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void run_shell(const struct home *home, const char *script,
                      enum terminal terminal, int timeout_ms,
                      struct outcome *ret_outcome)
{
  const char *const argv[] = {"sh", "-c", script, NULL};

  program_run(&(struct program_options){.argv = argv,
                                        .env = home->env,
                                        .terminal = terminal,
                                        .timeout_ms = timeout_ms},
              ret_outcome);
}

Test(harness, tells_output_errors_and_status)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  run_shell(&home, "echo out; echo err >&2; exit 7", TERMINAL_NONE, 0, &o);
  cr_assert_str_eq(o.out, "out\n");
  cr_assert_str_eq(o.err, "err\n");
  cr_assert_eq(o.status, 7);
  cr_assert_eq(o.signal, 0);
}

Test(harness, tells_the_signal_that_ended_a_program)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  run_shell(&home, "kill -TERM $$", TERMINAL_NONE, 0, &o);
  cr_assert_eq(o.signal, SIGTERM);
  cr_assert_eq(o.status, -1);
}

Test(harness, ends_a_program_and_its_children_at_the_deadline)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  run_shell(&home, "sleep 60 & echo $!; wait", TERMINAL_NONE, 300, &o);
  cr_assert(o.timed_out);
  cr_assert_eq(o.signal, SIGKILL);
  pid_t child = (pid_t)strtol(o.out, NULL, 10);
  cr_assert_gt(child, 1);
  for (int i = 0; i < 200 && kill(child, 0) == 0; i++)
    usleep(10000); /* until init has taken it */
  char state[64];
  snprintf(state, sizeof(state), "/proc/%d/stat", (int)child);
  FILE *stat = fopen(state, "re");
  if (stat != NULL) { /* a zombie that nobody reaps is dead too */
    char letter = 0;
    cr_assert_eq(fscanf(stat, "%*d %*s %c", &letter), 1);
    fclose(stat);
    cr_assert_eq(letter, 'Z');
  }
}

Test(harness, does_not_wait_for_a_grandchild_that_keeps_the_output)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  run_shell(&home, "setsid sleep 20 & echo done", TERMINAL_NONE, 0, &o);
  cr_assert_str_eq(o.out, "done\n");
  cr_assert_lt(o.ms, 15000);
}

Test(harness, gives_a_program_its_input_and_no_more)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;
  const char *const argv[] = {"cat", NULL};

  home_make(&home);
  program_run(
      &(struct program_options){
          .argv = argv, .env = home.env, .input = "a\0b", .input_len = 3},
      &o);
  cr_assert_eq(o.out_len, 3);
  cr_assert_arr_eq(o.out, "a\0b", 3);
}

Test(harness, leaves_nothing_of_the_developer_in_the_environment)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  setenv("FOB_TOKEN", "test-token-not-real", 1);
  setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere", 1);
  home_make(&home);
  run_shell(&home, "env; cd; pwd", TERMINAL_NONE, 0, &o);
  cr_assert_null(strstr(o.out, "FOB_TOKEN="));
  cr_assert_null(strstr(o.out, "DBUS_"));
  cr_assert_not_null(strstr(o.out, home.dir));
}

Test(harness, sets_and_removes_variables)
{
  AUTO_HOME struct home home;

  home_make(&home);
  home_setenv(&home, "A", "%d", 1);
  home_setenv(&home, "A", "%d", 2);
  cr_assert_str_eq(home_getenv(&home, "A"), "2");
  home_setenv(&home, "A", NULL);
  cr_assert_null(home_getenv(&home, "A"));
  cr_assert_not_null(home_getenv(&home, "HOME"));
}

static void count_file(void *user, const char *path)
{
  (void)path;
  ++*(int *)user;
}

Test(harness, removes_the_home_whatever_modes_it_has)
{
  struct home home;
  int files = 0;

  home_make(&home);
  home_write(&home, "shut/in/file", 0400, "%s", "x");
  home_walk(&home, count_file, &files);
  cr_assert_eq(files, 1);
  AUTO_STR char *dir = home_path(&home, "shut/in");
  cr_assert_eq(chmod(dir, 0), 0);
  AUTO_STR char *gone = mem_str(home.dir);
  home_clear(&home);
  cr_assert_neq(access(gone, F_OK), 0);
}

Test(harness, gives_a_terminal_and_types_on_it)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;
  const char *const argv[] = {
      "sh", "-c",
      "test -t 0 && test -t 1 && test -t 2 && stty -echo && printf 'Name: ' && "
      "read name && stty echo && echo \"<$name>\"",
      NULL};

  home_make(&home);
  struct program *p = program_start(&(struct program_options){
      .argv = argv, .env = home.env, .terminal = TERMINAL_ALL});
  cr_assert(program_await(p, "Name: ", 10000));
  cr_assert_not(program_echoes(p));
  program_type(p, "ann\n");
  program_finish(p, &o);
  cr_assert_eq(o.status, 0);
  cr_assert_not_null(strstr(o.err, "<ann>"));
  cr_assert_null(strstr(o.err, "ann\r\n<")); /* it was not echoed */
}

Test(harness, captures_output_beside_a_terminal)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  run_shell(&home, "test -t 0 && test -t 2 && ! test -t 1 && echo out",
            TERMINAL_BUT_OUTPUT, 0, &o);
  cr_assert_eq(o.status, 0);
  cr_assert_str_eq(o.out, "out\n");
}

Test(harness, awaits_text_and_gives_up)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;
  const char *const argv[] = {"sh", "-c", "echo one >&2; sleep 30", NULL};

  home_make(&home);
  struct program *p =
      program_start(&(struct program_options){.argv = argv, .env = home.env});
  cr_assert(program_await(p, "one", 10000));
  cr_assert_not(program_await(p, "two", 100));
  kill(program_pid(p), SIGTERM);
  program_finish(p, &o);
  cr_assert_eq(o.signal, SIGTERM);
}

/* --- the sandbox -----------------------------------------------------------
 */

Test(sandbox, starts_twice_beside_itself_and_counts)
{
  AUTO_SERVER struct server one = {0};
  AUTO_SERVER struct server two = {0};
  AUTO_FETCH struct fetch_answer answer;

  server_start(&one, NULL);
  server_start(&two, NULL);
  cr_assert_neq(one.port, two.port);
  AUTO_STR char *url = mem_printf("%s/echo", one.api);
  cr_assert(fetch("GET", url, NULL, NULL, 0, 5000, &answer));
  cr_assert_eq(answer.status, 200);
  cr_assert_eq(server_count(&one, "/api/echo"), 1);
  cr_assert_eq(server_count(&two, NULL), 0);
}

Test(sandbox, notices_a_knock_without_a_request)
{
  AUTO_SERVER struct server s = {0};

  server_start(&s, NULL);
  cr_assert_eq(server_silent(&s), 0);
  int fd = fetch_connect(s.base, 5000);
  cr_assert_geq(fd, 0);
  close(fd);
  for (int i = 0; i < 400 && server_silent(&s) == 0; i++)
    usleep(5000);
  cr_assert_eq(server_silent(&s), 1);
}

Test(sandbox, keeps_secrets_out_of_the_journal)
{
  AUTO_SERVER struct server s = {0};
  AUTO_FETCH struct fetch_answer answer;
  static const char head[] =
      "Authorization: Bearer test-token-not-real-1\r\n"
      "X-API-Key: test-token-not-real-2\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\n";
  static const char body[] = "refresh_token=test-token-not-real-3&grant_type=x";

  server_start(&s, NULL);
  AUTO_STR char *url = mem_printf("%s/echo?code=test-token-not-real-4", s.api);
  cr_assert(fetch("POST", url, head, body, strlen(body), 5000, &answer));
  json_t *requests = server_journal(&s, NULL);
  char *text = json_dumps(requests, 0);
  cr_assert_null(strstr(text, "not-real"), "%s", text);
  cr_assert_not_null(strstr(text, "Bearer [21 bytes]"), "%s", text);
  cr_assert_not_null(strstr(text, "\"grant_type\": \"x\""), "%s", text);
  cr_assert_null(strstr(answer.body, "real-1"));
  free(text);
  json_decref(requests);
}

/* A request to /api/echo under a fault: the status, 0 when no answer came. */
static int echo_under(const struct server *s, const char *fault)
{
  AUTO_FETCH struct fetch_answer answer;
  AUTO_STR char *url = mem_printf("%s/echo", s->api);

  server_order(s, "{'next': {'path': '/api/echo', %s}}", fault);
  if (!fetch("GET", url, NULL, NULL, 0, 5000, &answer))
    return 0;
  return answer.status;
}

Test(sandbox, obeys_each_fault_once)
{
  static const struct {
    const char *fault;
    int status;
  } rows[] = {
      {"'fault': 'status', 'status': 503", 503},
      {"'fault': 'status_after_commit', 'status': 502", 502},
      {"'fault': 'cut'", 0},
      {"'fault': 'reset'", 0},
      {"'fault': 'cut_after_commit', 'delay_ms': 20", 0},
      {"'fault': 'truncate'", 200},
      {"'fault': 'drip', 'delay_ms': 1", 200},
      {"'fault': 'slow', 'delay_ms': 20", 200},
      {"'fault': 'raw', 'raw': 'HTTP/1.1 299 Odd\\r\\n\\r\\n'", 299},
  };
  AUTO_SERVER struct server s = {0};
  AUTO_FETCH struct fetch_answer answer;

  server_start(&s, NULL);
  AUTO_STR char *url = mem_printf("%s/echo", s.api);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    cr_expect_eq(echo_under(&s, rows[i].fault), rows[i].status, "%s",
                 rows[i].fault);
    cr_assert(fetch("GET", url, NULL, NULL, 0, 5000, &answer));
    cr_expect_eq(answer.status, 200, "after %s", rows[i].fault);
    fetch_clear(&answer);
  }
  memset(&answer, 0, sizeof(answer));
  cr_assert_eq(server_count(&s, "/api/echo"), 2 * ARRAY_LEN(rows));
}

Test(sandbox, speaks_https)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server s = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  home_make_cert(&home);
  AUTO_STR char *cert = home_path(&home, "cert.pem");
  AUTO_STR char *key = home_path(&home, "key.pem");
  server_start(&s, "--tls", cert, key, NULL);
  AUTO_STR char *script =
      mem_printf("openssl s_client -verify_return_error -verify_ip 127.0.0.1 "
                 "-CAfile %s -connect 127.0.0.1:%d",
                 cert, s.port);
  run_shell(&home, script, TERMINAL_NONE, 10000, &o);
  cr_assert_eq(o.status, 0, "%s", o.err);
  cr_assert_eq(server_count(&s, NULL), 0);
}

/* --- the test browser ------------------------------------------------------
 */

Test(browser, follows_an_authorization_to_the_callback)
{
  static const char challenge[] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  AUTO_HOME struct home home;
  AUTO_SERVER struct server s = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&s, NULL);
  /* The sandbox plays the client's listener too. */
  server_order(&s,
               "{'set': {'consent': 'page', 'clients': {'fob-demo': "
               "{'redirect_uris': ['%s/echo']}}}}",
               s.api);
  AUTO_STR char *url = mem_printf(
      "%s/authorize?client_id=fob-demo&response_type=code&state=s1&scope=openid"
      "&code_challenge_method=S256&code_challenge=%s&redirect_uri=%s/echo",
      s.base, challenge, s.api);
  const char *const argv[] = {home_getenv(&home, "BROWSER"), url, NULL};
  program_run(&(struct program_options){.argv = argv, .env = home.env}, &o);
  cr_assert_eq(o.status, 0);

  json_t *requests = server_journal(&s, "/api/echo");
  cr_assert_eq(json_array_size(requests), 1);
  json_t *query = json_object_get(json_array_get(requests, 0), "query");
  cr_assert_str_eq(json_string_value(json_object_get(query, "state")), "s1");
  cr_assert_str_eq(json_string_value(json_object_get(query, "iss")), s.issuer);
  cr_assert_eq(
      strncmp(json_string_value(json_object_get(query, "code")), "[", 1), 0);
  json_decref(requests);
  AUTO_STR char *log = home_read(&home, "browser.log", NULL);
  cr_assert_not_null(strstr(log, "\"environ\""));
}

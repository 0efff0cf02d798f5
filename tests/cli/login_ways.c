/* The ways of logging in with a browser, and who is there to take part:
 * terminals, pasted addresses, SSH, CI; another account. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOGIN "login $I -p p --api $A --client-id fob-demo --store file"

static void make(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
}

static void expect_nothing(const struct home *home)
{
  cr_assert_not(home_has(home, "config/fob/profiles/p.json"));
  cr_assert_not(home_has(home, "data/fob/credentials"));
}

/* The address that fob shows on the terminal; mem_free. */
static char *shown_url(struct program *p)
{
  AUTO_STR char *seen = program_seen(p);
  const char *start = strstr(seen, "  http://");

  cr_assert_not_null(start, "%s", seen);
  return mem_copy(start + 2, strcspn(start + 2, "\r\n"));
}

/* Goes there as a browser that stops before the last page: its address, with
 * what is put behind it; mem_free. */
static char *last_page(struct home *home, const char *url, const char *behind)
{
  AUTO_STR char *browser = home_path(home, "browser");
  const char *const argv[] = {browser, url, NULL};
  AUTO_OUTCOME struct outcome o;

  home_setenv(home, "TEST_BROWSER_MODE", "stop");
  program_run(&(struct program_options){.argv = argv, .env = home->env}, &o);
  cr_assert_eq(o.status, 0, "%s", o.err);
  json_t *entry = cli_browser_log(home);
  json_t *steps = json_object_get(entry, "steps");
  char *line = mem_printf(
      "%s%s\n",
      json_string_value(json_array_get(steps, json_array_size(steps) - 1)),
      behind);
  json_decref(entry);
  return line;
}

/* What CONTRACT §7 shows. */
Test(login_ways, opens_the_browser_and_says_what_to_do_if_not)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  struct program *p = cli_line_start(&home, &server, TERMINAL_ALL,
                                     LOGIN " --scope 'openid api:read'");
  cr_assert(program_await(p, "here:", 10000));
  AUTO_STR char *url = shown_url(p);
  program_finish(p, &o);
  cli_expect(&o, 0);
  AUTO_STR char *want = mem_printf(
      "Opening the browser. If it does not open, go to\r\n"
      "  %s\r\n"
      "and, if the last page cannot reach this machine, paste its address "
      "here:\r\n"
      "Logged in: p as ann@example.test at %s, scopes openid api:read "
      "offline_access,\r\n"
      "  token 60 min, renewed by itself, in an encrypted file (key beside "
      "it).\r\n",
      url, server.api);
  cr_assert_str_eq(o.err, want);
}

Test(login_ways, takes_a_long_pasted_address_whole)
{
  enum { LONG = 9000 };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  char behind[LONG + 1];

  make(&home, &server);
  home_setenv(&home, "BROWSER", "none");
  memcpy(behind, "&x=", 3);
  memset(behind + 3, 'y', LONG - 3);
  behind[LONG] = '\0';
  struct program *p =
      cli_line_start(&home, &server, TERMINAL_ALL, LOGIN " --paste");
  cr_assert(program_await(p, "whatever it shows:", 10000));
  AUTO_STR char *url = shown_url(p);
  AUTO_STR char *page = last_page(&home, url, behind);
  program_type(p, "what?\n"); /* and typed in pieces, with a mistake */
  cr_assert(program_await(p, "paste it again", 10000));
  program_type(p, "xx\x7f\x7f");
  for (size_t at = 0; at < strlen(page); at += 1000) {
    AUTO_STR char *piece = mem_printf("%.1000s", page + at);
    program_type(p, piece);
  }
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "Logged in: p");
}

Test(login_ways, gives_up_pasting_at_the_end_of_input_or_by_signal)
{
  static const struct {
    const char *typed;
    int status, signal;
  } rows[] = {{"\x04", 2, 0}, {"abc\x03", -1, SIGINT}, {"\x1c", -1, SIGQUIT}};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    struct program *p =
        cli_line_start(&home, &server, TERMINAL_ALL, LOGIN " --paste");
    cr_assert(program_await(p, "whatever it shows:", 10000));
    program_type(p, rows[i].typed);
    program_finish(p, &o);
    cr_assert_eq(o.status, rows[i].status, "%zu: %d %s", i, o.status, o.err);
    cr_assert_eq(o.signal, rows[i].signal);
  }
  expect_nothing(&home);
}

Test(login_ways, shows_the_way_back_through_ssh)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_setenv(&home, "BROWSER", "none");
  home_setenv(&home, "SSH_CONNECTION", "192.0.2.7 50000 192.0.2.9 2222");
  home_setenv(&home, "USER", "ann");
  struct program *p =
      cli_line_start(&home, &server, TERMINAL_ALL, LOGIN " --browser");
  cr_assert(program_await(p, "address here:", 10000));
  AUTO_STR char *url = shown_url(p);
  const char *port = strstr(url, "127.0.0.1%3A");
  cr_assert_not_null(port, "%s", url);
  port += strlen("127.0.0.1%3A");
  int digits = (int)strspn(port, "0123456789");
  AUTO_STR char *line =
      mem_printf("  ssh -N -L %.*s:localhost:%.*s -p 2222 ann@192.0.2.9\r\n",
                 digits, port, digits, port);
  program_type(p, "\x03");
  program_finish(p, &o);
  cli_has(o.err, line);
  cli_has(o.err, "Log in with a browser, at");
  cr_assert_eq(o.signal, SIGINT);
}

/* The next words of whoever waits for nobody. */
Test(login_ways, waits_for_nobody_in_ci_or_without_a_terminal)
{
  static const struct {
    const char *line;
    bool ci;
    const char *says;
  } rows[] = {
      {LOGIN, false, "there is no terminal"},
      {LOGIN " --paste", false, "no terminal to paste to"},
      {LOGIN, true, "CI is set"},
      {LOGIN " --browser", true, "CI is set"},
      {LOGIN " --paste", true, "CI is set"},
      {"login $A -p p --store file --pat", false, "--pat=FILE"},
      {"login $A -p p --store file --pat", true, "--pat=FILE"},
      {"login $I -p p --store file --client-id fob-service "
       "--client-credentials",
       true, "--client-secret-file FILE"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    home_setenv(&home, "CI", rows[i].ci ? "1" : "");
    program_finish(cli_line_start(&home, &server,
                                  rows[i].ci ? TERMINAL_ALL : TERMINAL_NONE,
                                  rows[i].line),
                   &o);
    cr_assert_eq(o.status, 2, "%s: %d %s", rows[i].line, o.status, o.err);
    cli_has(o.err, rows[i].says);
  }
  cr_assert_not(home_has(&home, "browser.log"));
  cr_assert_eq(server_count(&server, "/authorize"), 0);
  expect_nothing(&home);
}

/* A profile can say that its browser comes by itself: a kiosk, a test. */
Test(login_ways, does_without_a_terminal_where_the_profile_says_so)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_write(&home, "config/fob/profiles/p.json", 0600,
             "{\"schema\": 1, \"api\": [\"%s\"], \"issuer\": \"%s\", "
             "\"client\": {\"id\": \"fob-demo\"}, \"store\": \"file\", "
             "\"login\": {\"method\": \"browser\"}}",
             server.api, server.issuer);
  cli_line(&home, &server, &o, NULL, "login -p p");
  cli_expect(&o, 0);
  cli_has(o.err, "Opening the browser");
  cli_has(o.err, "!paste");
}

/* A redirect URI of https leads to a page elsewhere. */
Test(login_ways, pastes_where_the_profile_leaves_nothing_else)
{
  static const char *const members[] = {
      "{\"method\": \"paste\"}",
      "{\"redirect_uris\": [\"https://app.example.test/callback\"]}"};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    AUTO_OUTCOME struct outcome o;
    home_write(&home, "config/fob/profiles/p.json", 0600,
               "{\"schema\": 1, \"issuer\": \"%s\", \"store\": \"file\", "
               "\"client\": {\"id\": \"fob-demo\"}, \"login\": %s}",
               server.issuer, members[i]);
    struct program *p =
        cli_line_start(&home, &server, TERMINAL_ALL, "login -p p");
    cr_assert(program_await(p, "whatever it shows:", 10000));
    AUTO_STR char *url = shown_url(p);
    AUTO_STR char *page = last_page(&home, url, "");
    program_type(p, page);
    program_finish(p, &o);
    cli_expect(&o, 0);
    AUTO_STR char *log = home_path(&home, "browser.log");
    (void)unlink(log);
  }
}

Test(login_ways, gives_up_when_nobody_comes)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_setenv(&home, "TEST_BROWSER_MODE", "none");
  cli_line(&home, &server, &o, NULL, LOGIN " --browser --timeout 1");
  cli_expect(&o, 7);
  cr_assert_leq(o.ms, 5000);
  expect_nothing(&home);
}

/* --- another account, and texts that come from elsewhere -------------------
 */

Test(login_ways, asks_before_another_account_replaces_one, .timeout = 300)
{
  static const struct {
    const char *typed;
    int status;
    const char *label; /* afterwards */
  } rows[] = {{"\n", 11, "ann@"}, {"nay\n", 11, "ann@"}, {"y\n", 0, "bob"}};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  cli_login(&home, &server, "p");
  server_order(&server, "{'set': {'account': {'sub': 'user-2', 'email': "
                        "'bob\\u202e@example.test'}}}");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome status;
    struct program *p =
        cli_line_start(&home, &server, TERMINAL_ALL, "login -p p");
    cr_assert(program_await(p, "[y/N]", 10000));
    program_type(p, rows[i].typed);
    program_finish(p, &o);
    cr_assert_eq(o.status, rows[i].status, "%zu: %d %s", i, o.status, o.err);
    cli_has(o.err, "was logged in as ann@example.test");
    cli_has(o.err, "this login is bob\\u{202e}@example.test. Replace it?");
    cli_has(o.err, "!\xe2\x80\xae");
    if (rows[i].status == 11)
      cli_has(o.err, "fob login -p p --switch-account");
    cli_line(&home, &server, &status, NULL, "status --json");
    cli_expect(&status, 0);
    cli_has(status.out, rows[i].label);
  }
}

Test(login_ways, shows_what_a_server_says_without_obeying_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome denied;
  AUTO_OUTCOME struct outcome scopes;

  make(&home, &server);
  server_order(&server,
               "{'set': {'consent': 'deny', 'patch': {'callback': "
               "{'error_description': 'no\\u001b]0;owned\\u0007\\nnext'}}}}");
  cli_line(&home, &server, &denied, NULL, LOGIN " --browser");
  cli_expect(&denied, 8);
  cli_has(denied.err, "access_denied");
  cli_has(denied.err, "no\\x1b]0;owned\\x07\\x0anext");
  cli_has(denied.err, "!\x1b");

  server_reset(&server);
  server_order(
      &server,
      "{'set': {'patch': {'token': {'scope': 'openid evil\\u009b2J'}}}}");
  cli_line(&home, &server, &scopes, NULL, LOGIN " --browser");
  cli_has(scopes.err, "!\xc2\x9b");
}

Test(login_ways, warns_that_FOB_TOKEN_wins)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_setenv(&home, "FOB_TOKEN", "test-token-not-real-0");
  cli_line(&home, &server, &o, NULL, LOGIN " --browser");
  cli_expect(&o, 0);
  cli_has(o.err, "warning: FOB_TOKEN is set");
}

/* A second profile on one issuer: the server is asked to let the person choose.
 */
Test(login_ways, lets_the_person_choose_for_a_second_profile)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_login(&home, &server, "first");
  cli_line(&home, &server, &o, NULL, LOGIN " --browser");
  cli_expect(&o, 0);
  json_t *requests = server_journal(&server, "/authorize");
  const char *prompts[2];
  for (size_t i = 0; i < 2; i++)
    prompts[i] = json_string_value(json_object_get(
        json_object_get(json_array_get(requests, i), "query"), "prompt"));
  cr_assert_null(strstr(prompts[0], "select_account"));
  cr_assert_not_null(strstr(prompts[1], "select_account"));
  json_decref(requests);

  server_order(&server, "{'set': {'patch': {'callback': {'code': null, "
                        "'error': 'invalid_request'}}}}");
  AUTO_OUTCOME struct outcome refused;
  cli_line(&home, &server, &refused, NULL, LOGIN " --browser");
  cli_expect(&refused, 8);
  cli_has(refused.err, "--prompt 'login consent'");
}

/* Logging in by a code that is entered on another device: what is shown, with a
 * terminal and without, and what is left when it does not come to an end. */
#include "cli/cli.h"

#include "base/mem.h"
#include "support/fetch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#define LOGIN "login $I -p p --api $A --client-id fob-demo --store file"
#define DEVICE LOGIN " --device"

static void make(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  home_setenv(home, "BROWSER", "none");
  server_start(server, NULL);
}

static void expect_nothing(const struct home *home)
{
  cr_assert_not(home_has(home, "config/fob/profiles/p.json"));
  cr_assert_not(home_has(home, "data/fob/credentials"));
}

/* What stands behind a text; mem_free. */
static char *behind(const char *seen, const char *text)
{
  const char *start = strstr(seen, text);

  cr_assert_not_null(start, "%s", seen);
  start += strlen(text);
  return mem_copy(start, strcspn(start, "\r\n"));
}

/* Goes there as a person with another device. */
static void enter_code(const struct server *server, const char *code)
{
  AUTO_FETCH struct fetch_answer answer;
  AUTO_STR char *url =
      mem_printf("%s/activate?user_code=%s", server->base, code);

  cr_assert(fetch("GET", url, NULL, NULL, 0, 5000, &answer));
  cr_assert_eq(answer.status, 200);
}

/* In a script, when it is asked for by name; and from then on by the profile.
 */
Test(login_device, works_without_a_terminal)
{
  static const char *const lines[] = {DEVICE, "login -p p"};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_OUTCOME struct outcome o;
    cli_line(&home, &server, &o, NULL, lines[i]);
    cli_expect(&o, 0);
    cr_assert_str_eq(o.out, "");
    AUTO_STR char *code = behind(o.err, "?user_code=");
    AUTO_STR char *want = mem_printf(
        "Log in at 127.0.0.1:%d, on any device:\n"
        "  %s/activate\n"
        "and enter this code within 10 min:\n"
        "  %s\n"
        "or open the address that has it:\n"
        "  %s/activate?user_code=%s\n"
        "Logged in: p as ann@example.test at %s, scopes openid "
        "offline_access,\n"
        "  token 60 min, renewed by itself, in an encrypted file (key beside "
        "it).\n",
        server.port, server.base, code, server.base, code, server.api);
    cr_assert_str_eq(o.err, want);
  }
  json_t *profile = cli_profile_read(&home, "p");
  cr_assert_str_eq(json_string_value(json_object_get(profile, "grant")),
                   "device_code");
  json_decref(profile);

  AUTO_OUTCOME struct outcome token;
  cli_line(&home, &server, &token, NULL, "token -p p --force-refresh");
  cli_expect(&token, 0);
}

Test(login_device, counts_down_on_one_line_of_the_terminal)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_setenv(&home, "TERM", "xterm");
  server_order(&server, "{'set': {'device': {'after': 0}}}");
  struct program *p = cli_line_start(&home, &server, TERMINAL_ALL, DEVICE);
  cr_assert(program_await(p, "\rWaiting: 9:59 left", 10000));
  AUTO_STR char *seen = program_seen(p);
  AUTO_STR char *code = behind(seen, "?user_code=");
  enter_code(&server, code);
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "\rWaiting: 10:00 left");
  cli_has(o.err, "\r\x1b[KLogged in: p as ann@example.test");
}

/* Without a word, but for a line of -v. */
Test(login_device, shows_a_picture_where_one_can_be_seen)
{
  static const struct {
    const char *name, *value, *reason; /* NULL: there is one */
    enum terminal terminal;
  } rows[] = {
      {"A", "1", NULL, TERMINAL_ALL},
      {"A", "1", "standard error is no terminal", TERMINAL_NONE},
      {"ACCESSIBLE", "1", "the terminal is to be plain", TERMINAL_ALL},
      {"TERM", "dumb", "the terminal is to be plain", TERMINAL_ALL},
      {"LC_ALL", "C", "the locale is not UTF-8", TERMINAL_ALL},
      {"LD_LIBRARY_PATH", "lib", "cannot load 'libqrencode.so.4'",
       TERMINAL_ALL},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  home_write(&home, "lib/libqrencode.so.4", 0600, "%s", "no library");
  AUTO_STR char *lib = home_path(&home, "lib");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    const char *value = strcmp(rows[i].value, "lib") ? rows[i].value : lib;
    home_setenv(&home, "TERM", "xterm");
    home_setenv(&home, "LC_ALL", "C.UTF-8");
    home_setenv(&home, rows[i].name, "%s", value);
    program_finish(
        cli_line_start(&home, &server, rows[i].terminal, DEVICE " -v"), &o);
    home_setenv(&home, rows[i].name, NULL);
    cli_expect(&o, 0);
    cli_has(o.err, rows[i].reason ? "no QR code: " : "!no QR code");
    cli_has(o.err, rows[i].reason ? rows[i].reason : "█▄▄▄▄▄▄▄█");
    if (rows[i].reason)
      cli_has(o.err, "!█");
  }
}

/* CONTRACT §4: no repaint, no countdown. */
Test(login_device, paints_nothing_anew_where_that_is_not_wanted)
{
  static const char *const variables[][2] = {
      {"TERM", "dumb"}, {"ACCESSIBLE", "1"}, {"TERM", ""}};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  server_order(&server, "{'set': {'device': {'after': 2}}}");
  for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
    AUTO_OUTCOME struct outcome o;
    home_setenv(&home, "TERM", "xterm");
    home_setenv(&home, variables[i][0], "%s", variables[i][1]);
    program_finish(cli_line_start(&home, &server, TERMINAL_ALL, DEVICE), &o);
    home_setenv(&home, "ACCESSIBLE", NULL);
    cli_expect(&o, 0);
    cli_has(o.err, "and enter this code");
    cli_has(o.err, "!\x1b");
    cli_has(o.err, "!Waiting");
  }
}

/* --quiet leaves what the person must know. */
Test(login_device, is_quiet_but_for_the_code)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_setenv(&home, "TERM", "xterm");
  program_finish(
      cli_line_start(&home, &server, TERMINAL_ALL, DEVICE " --quiet"), &o);
  cli_expect(&o, 0);
  cli_has(o.err, "/activate");
  cli_has(o.err, "!Waiting");
  cli_has(o.err, "!Logged in");
}

Test(login_device, leaves_all_as_it_was_when_interrupted)
{
  static const struct {
    const char *typed;
    int signal;
  } rows[] = {{"\x03", SIGINT}, {"abc\x1c", SIGQUIT}, {NULL, SIGTERM}};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  size_t len;

  make(&home, &server);
  home_setenv(&home, "TERM", "xterm");
  AUTO_OUTCOME struct outcome first;
  cli_line(&home, &server, &first, NULL, DEVICE);
  cli_expect(&first, 0);
  AUTO_STR char *before = home_read(&home, "data/fob/credentials/p", &len);
  cr_assert_not_null(before);
  server_order(&server, "{'set': {'device': {'after': 0}}}");

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    size_t now_len;
    struct program *p =
        cli_line_start(&home, &server, TERMINAL_ALL, "login -p p");
    cr_assert(program_await(p, " left", 10000));
    cr_assert(program_echoes(p));
    if (rows[i].typed != NULL)
      program_type(p, rows[i].typed);
    else
      kill(program_pid(p), rows[i].signal);
    program_finish(p, &o);
    cr_assert_eq(o.signal, rows[i].signal, "%zu: %d %s", i, o.status, o.err);
    cr_assert_str_eq(o.err + o.err_len - 4, "\r\x1b[K", "the line is left: %s",
                     o.err + o.err_len - 80);
    AUTO_STR char *now = home_read(&home, "data/fob/credentials/p", &now_len);
    cr_assert_eq(now_len, len);
    cr_assert_arr_eq(now, before, len);
  }
}

Test(login_device, ends_as_the_table_says, .timeout = 300)
{
  static const struct {
    const char *order;
    int status;
    const char *says;
    size_t polls;
  } rows[] = {
      {"{'set': {'device': {'decision': 'deny'}}}", 8, "access_denied", 1},
      {"{'set': {'device': {'decision': 'expire'}}}", 7, "before it expired",
       1},
      {"{'set': {'device': {'expires_in': 1}}}", 7, "brings a new one", 0},
      {"{'next': {'path': '/device', 'fault': 'status', 'status': 429, "
       "'headers': {'Retry-After': '7'}}}",
       9, "try again in 7 s", 0},
      {"{'next': {'path': '/device', 'fault': 'status', 'status': 503}}", 5,
       "503", 0},
      {"{'next': {'path': '/device', 'fault': 'cut'}}", 6, "broke", 0},
      {"{'next': {'path': '/device', 'fault': 'truncate'}}", 6, "", 0},
      {"{'next': {'path': '/device', 'fault': 'status', 'status': 307, "
       "'headers': {'Location': '/token'}}}",
       13, "redirect", 0},
      {"{'next': {'path': '/device', 'fault': 'status', 'status': 400, "
       "'body': {'error': 'invalid_client', 'error_description': "
       "'a\\u001b[2Jb\\nc'}}}",
       8, "a\\x1b[2Jb\\x0ac", 0},
      {"{'set': {'clients': {'fob-demo': {'device': false}}}}", 8,
       "unauthorized_client", 0},
      {"{'set': {'patch': {'metadata': {'device_authorization_endpoint': "
       "null}}}}",
       13, "no device authorization endpoint", 0},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    server_reset(&server);
    server_order(&server, "%s", rows[i].order);
    cli_line(&home, &server, &o, NULL, DEVICE);
    cr_assert_eq(o.status, rows[i].status, "%s: %d %s", rows[i].order, o.status,
                 o.err);
    cli_has(o.err, rows[i].says);
    cli_has(o.err, "!\x1b");
    cr_assert_eq(server_count(&server, "/token"), rows[i].polls);
    expect_nothing(&home);
  }
}

Test(login_device, refuses_each_member_that_is_not_what_it_must_be)
{
  static const struct {
    const char *patch;
    int status;
  } rows[] = {
      {"'device_code': null", 13},
      {"'device_code': 7", 13},
      {"'user_code': null", 13},
      {"'user_code': ['A']", 13},
      {"'user_code': 'A\\u001b]0;owned\\u0007'", 13},
      {"'user_code': '\\u202eABC'", 13},
      {"'verification_uri': null", 13},
      {"'verification_uri': 'javascript:alert(1)'", 13},
      {"'verification_uri': 'http://198.51.100.1/'", 11},
      {"'verification_uri': 'https://good.example@evil.example/'", 13},
      {"'verification_uri_complete': {}", 13},
      {"'expires_in': null", 13},
      {"'expires_in': -5", 13},
      {"'expires_in': 'soon'", 13},
      {"'interval': 'often'", 13},
      {"'error': 5", 13},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    server_reset(&server);
    server_order(&server, "{'set': {'patch': {'device': {%s}}}}",
                 rows[i].patch);
    cli_line(&home, &server, &o, NULL, DEVICE);
    cr_assert_eq(o.status, rows[i].status, "%s: %d %s", rows[i].patch, o.status,
                 o.err);
    cr_assert_eq(strchr(o.err, '\n'), o.err + o.err_len - 1, "%s", o.err);
    cli_has(o.err, "!\x1b");
    cr_assert_eq(server_count(&server, "/device"), 1);
    cr_assert_eq(server_count(&server, "/token"), 0);
    expect_nothing(&home);
  }
}

/* CONTRACT §2: browser, else device when offered, else paste. */
Test(login_device, is_chosen_where_no_browser_can_be_opened)
{
  static const struct {
    const char *order, *says, *shows;
  } rows[] = {
      {"{}", "by device authorization: no browser can be opened here",
       "and enter this code"},
      {"{'set': {'clients': {'fob-demo': {'device': false}}}}",
       "device authorization is not for this client", "address here:"},
      {"{'set': {'patch': {'metadata': {'device_authorization_endpoint': "
       "null}}}}",
       "does not offer device authorization", "address here:"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    server_reset(&server);
    server_order(&server, "{'set': {'device': {'after': 0}}}");
    server_order(&server, "%s", rows[i].order);
    struct program *p =
        cli_line_start(&home, &server, TERMINAL_ALL, LOGIN " -v");
    cr_assert(program_await(p, rows[i].shows, 10000), "%s", rows[i].order);
    program_type(p, "\x03");
    program_finish(p, &o);
    cr_assert_eq(o.signal, SIGINT);
    cli_has(o.err, rows[i].says);
  }
  expect_nothing(&home);
}

/* What -v says of the other choices. */
Test(login_device, is_not_chosen_where_a_browser_can_be_opened)
{
  static const struct {
    const char *more, *says;
  } rows[] = {
      {"", "by a browser: one can be opened here"},
      {" --redirect-uri https://app.example.test/callback",
       "by pasting: its redirect URIs lead elsewhere"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  AUTO_STR char *browser = home_path(&home, "browser");
  home_setenv(&home, "BROWSER", "%s", browser);
  home_setenv(&home, "TEST_BROWSER_MODE", "none");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *line = mem_printf(LOGIN " -v%s", rows[i].more);
    struct program *p = cli_line_start(&home, &server, TERMINAL_ALL, line);
    cr_assert(program_await(p, rows[i].says, 10000));
    cr_assert(program_await(p, "paste", 10000));
    program_type(p, "\x03");
    program_finish(p, &o);
    cr_assert_eq(o.signal, SIGINT);
  }
  cr_assert_eq(server_count(&server, "/device"), 0);
}

Test(login_device, is_what_a_profile_may_name)
{
  static const char *const members[] = {"\"grant\": \"device_code\"",
                                        "\"login\": {\"method\": \"device\"}"};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome ci;
    home_write(&home, "config/fob/profiles/p.json", 0600,
               "{\"schema\": 1, \"issuer\": \"%s\", \"store\": \"file\", "
               "\"client\": {\"id\": \"fob-demo\"}, %s}",
               server.issuer, members[i]);
    cli_line(&home, &server, &o, NULL, "login -p p");
    cli_expect(&o, 0);
    cli_has(o.err, "and enter this code");

    home_setenv(&home, "CI", "1");
    cli_line(&home, &server, &ci, NULL, "login -p p");
    cli_expect(&ci, 2);
    cli_has(ci.err, "CI is set");
    home_setenv(&home, "CI", NULL);
  }
}

Test(login_device, sends_param_where_it_belongs)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL, DEVICE " --param tenant=blue");
  cli_expect(&o, 0);
  json_t *asked = server_journal(&server, "/device");
  json_t *form = json_object_get(json_array_get(asked, 0), "form");
  cr_assert_str_eq(json_string_value(json_object_get(form, "tenant")), "blue");
  json_decref(asked);
}

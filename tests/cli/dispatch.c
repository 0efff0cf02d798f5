/* Commands, help, global options, and how errors are told. */
#include "cli/cli.h"

#include "base/mem.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *line;
  int status;
  const char *says[3];
} refused[] = {
    {"", 2, {"login, token, request", "fob --help"}},
    {"toke", 2, {"no command 'toke'", "did you mean  fob token"}},
    {"stauts", 2, {"did you mean  fob status"}},
    {"zzzzzz", 2, {"no command 'zzzzzz'", "fob --help   lists them"}},
    {"help toke", 2, {"did you mean  fob token"}},
    {"help profile bogus", 2, {"no command 'profile bogus'"}},
    {"profile", 2, {"needs a command behind it", "fob profile --help"}},
    {"profile lsit", 2, {"did you mean  fob profile list"}},
    {"--colour always", 2, {"no option '--colour'", "did you mean --color?"}},
    {"status --colour always", 2, {"did you mean --color?"}},
    {"token --forse-refresh", 2, {"did you mean --force-refresh?"}},
    {"token --nonsense", 2, {"fob token --help   shows the options"}},
    {"token a.example b.example", 2, {"one URL", "'b.example'"}},
    {"token --header --json", 2, {"exclude each other"}},
    {"token --min-valid soon", 2, {"15m", "'soon'"}},
    {"status x", 2, {"takes no argument, not 'x'"}},
    {"status --within 7d", 2, {"--within goes with --check"}},
    {"logout x", 2, {"fob logout -p NAME"}},
    {"logout --all -p x", 2, {"exclude each other"}},
    {"logout --local --require-revoke", 2, {"exclude each other"}},
    {"login --pat --paste x", 2, {"--pat and --paste exclude each other"}},
    {"--error-format xml status", 2, {"text or json"}},
    {"status --color sometimes", 2, {"auto, always or never"}},
    {"-p", 2, {"--profile needs a value"}},
    {"token -p", 2, {"--profile needs a value"}},
};

Test(dispatch, names_what_it_does_not_understand, .timeout = 300)
{
  AUTO_HOME struct home home;

  home_make(&home);
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_OUTCOME struct outcome o;
    cli_line(&home, NULL, &o, NULL, refused[i].line);
    cr_expect_eq(o.status, refused[i].status, "fob %s: exit %d",
                 refused[i].line, o.status);
    cr_expect_eq(o.out_len, 0, "fob %s: %s", refused[i].line, o.out);
    for (size_t k = 0; k < 3 && refused[i].says[k] != NULL; k++)
      cr_expect_not_null(strstr(o.err, refused[i].says[k]),
                         "fob %s: '%s' not in %s", refused[i].line,
                         refused[i].says[k], o.err);
  }
}

/* --- help ----------------------------------------------------------------- */

static const char *const commands[] = {
    "login",       "token",           "request",       "logout",
    "status",      "profile",         "profile list",  "profile show",
    "profile set", "profile default", "profile trust", "profile remove",
};

static void expect_narrow(const char *text, const char *what)
{
  for (const char *line = text; *line != '\0';) {
    size_t len = strcspn(line, "\n");
    size_t width = 0;
    for (size_t i = 0; i < len; i++)
      width += (line[i] & 0xc0) != 0x80;
    cr_expect_leq(width, 80, "%s: %.*s", what, (int)len, line);
    cr_expect(len == 0 || line[len - 1] != ' ', "%s: a blank ends: '%.*s'",
              what, (int)len, line);
    line += len + (line[len] == '\n');
  }
}

Test(dispatch, has_a_page_of_help_for_each_command, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome overview;

  home_make(&home);
  for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
    AUTO_OUTCOME struct outcome option;
    AUTO_OUTCOME struct outcome command;
    AUTO_STR char *first = mem_printf("%s --help", commands[i]);
    AUTO_STR char *second = mem_printf("help %s", commands[i]);
    AUTO_STR char *usage = mem_printf("usage: fob %s", commands[i]);
    cli_line(&home, NULL, &option, NULL, first);
    cli_line(&home, NULL, &command, NULL, second);
    cli_expect(&option, 0);
    cli_expect(&command, 0);
    cr_expect_str_eq(option.out, command.out);
    cr_expect_eq(strncmp(option.out, usage, strlen(usage)), 0, "%s",
                 option.out);
    cr_expect_eq(option.err_len, 0, "%s", option.err);
    expect_narrow(option.out, commands[i]);
  }
  cli_line(&home, NULL, &overview, NULL, "--help");
  cli_expect(&overview, 0);
  expect_narrow(overview.out, "--help");
  for (size_t i = 0; i < 6; i++)
    cli_has(overview.out, commands[i]);
}

/* Seventy options in a row are not read; a heading is no option. */
Test(dispatch, puts_many_options_below_headings)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome help, few, names, wrong;

  home_make(&home);
  cli_line(&home, NULL, &help, NULL, "request --help");
  cli_has(help.out, "\n\npages:\n      --paginate[=STYLE]");
  cli_has(help.out, "\n\noptions of every command:\n  -p, --profile");
  cli_has(help.out, "!\noptions:");
  cli_line(&home, NULL, &few, NULL, "logout --help");
  cli_has(few.out, "\n\noptions:\n");
  fob(&home, &names, "complete", "--", "request", "--p", NULL);
  cli_expect(&names, 0);
  cli_has(names.out, "--paginate\t");
  cli_has(names.out, "!pages\t");
  cli_line(&home, NULL, &wrong, NULL, "request --pages x");
  cli_expect(&wrong, 2);
  cli_has(wrong.err, "there is no option '--pages'");
}

/* Help is for people who are wrong already: neither files nor the rest of the
 * line keep it from them. */
Test(dispatch, helps_in_spite_of_broken_files)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome help;
  AUTO_OUTCOME struct outcome version;
  AUTO_OUTCOME struct outcome run;

  home_make(&home);
  home_write(&home, "config/fob/config.json", 0600, "%s", "{");
  home_setenv(&home, "FOB_API", "nonsense");
  home_setenv(&home, "FOB_TOKEN", "test-token-not-real-0");
  cli_line(&home, NULL, &help, NULL, "login https://x.example.test --help");
  cli_expect(&help, 0);
  cli_line(&home, NULL, &version, NULL, "--version");
  cli_expect(&version, 0);
  cr_assert_eq(strncmp(version.out, "fob ", 4), 0);
  cr_assert_eq(strchr(version.out, '\n'), version.out + version.out_len - 1);
  cli_line(&home, NULL, &run, NULL, "logout -p x");
  cli_expect(&run, 2);
  cli_has(run.err, "config.json");
}

Test(dispatch, names_the_libraries_versions)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  cli_line(&home, NULL, &o, NULL, "-v --version");
  cli_expect(&o, 0);
  cli_has(o.out, "\ncurl ");
  cli_has(o.out, "\njansson ");
  cli_has(o.out, "\nmbedTLS ");
}

/* --- errors as JSON ------------------------------------------------------- */

static const struct {
  const char *line;
  int status;
  const char *name;
} named[] = {
    {"status --error-format json --bogus", 2, "usage"},
    {"status --bogus --error-format=json", 2, "usage"},
    {"--error-format json nosuch", 2, "usage"},
    {"--error-format json token -p nosuch", 2, "profile_unknown"},
    {"--error-format json token -p broken", 2, "profile_invalid"},
    {"--error-format json token", 2, "profile_ambiguous"},
    {"--error-format json token -p p", 8, "no_credential"},
    {"--error-format json token https://b.example.test -p p", 11,
     "origin_refused"},
    {"--error-format json status --check -p k", 12, "keyring_absent"},
    {"--error-format json login http://127.0.0.1:1 -p x", 6, "connect"},
    {"--error-format json login http://a.example.test", 2, "usage"},
    {"-v --error-format json status --check -p p", 8, "no_credential"},
};

static const char *last_line(const char *text)
{
  const char *line = text;

  for (const char *at = text; *at != '\0'; at++)
    if (*at == '\n' && at[1] != '\0')
      line = at + 1;
  return line;
}

Test(dispatch, tells_errors_as_json_on_the_last_line, .timeout = 300)
{
  AUTO_HOME struct home home;

  home_make(&home);
  cli_no_keyring(&home);
  home_write(&home, "config/fob/profiles/p.json", 0600, "%s",
             "{\"schema\": 1, \"api\": [\"https://a.example.test\"], "
             "\"store\": \"file\"}");
  home_write(&home, "config/fob/profiles/k.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"keyring\"}");
  home_write(&home, "config/fob/profiles/broken.json", 0600, "%s", "{");
  for (size_t i = 0; i < ARRAY_LEN(named); i++) {
    AUTO_OUTCOME struct outcome o;
    cli_line(&home, NULL, &o, NULL, named[i].line);
    cr_expect_eq(o.status, named[i].status, "fob %s: exit %d: %s",
                 named[i].line, o.status, o.err);
    json_t *error = json_loads(last_line(o.err), JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(error, "fob %s: %s", named[i].line, o.err);
    cr_expect_str_eq(json_string_value(json_object_get(error, "name")),
                     named[i].name, "fob %s: %s", named[i].line, o.err);
    cr_expect_eq(json_integer_value(json_object_get(error, "exit")), o.status);
    cr_expect_not_null(json_object_get(error, "message"));
    json_decref(error);
  }
}

/* --- output --------------------------------------------------------------- */

static const char *const printing[] = {"--help",        "--version",
                                       "login --help",  "status",
                                       "status --json", "profile list"};

Test(dispatch, never_calls_lost_output_a_success, .timeout = 300)
{
  NEEDS_BARE_PROCESS;
  AUTO_HOME struct home home;
  AUTO_STR char *path = program_fob();

  home_make(&home);
  home_write(&home, "config/fob/profiles/p.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"file\"}");
  for (size_t i = 0; i < ARRAY_LEN(printing); i++) {
    static const char *const ways[] = {">/dev/full", ">&-", "2>&1 >/dev/full"};
    for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
      AUTO_OUTCOME struct outcome o;
      AUTO_STR char *script =
          mem_printf("'%s' %s %s", path, printing[i], ways[k]);
      const char *const argv[] = {"sh", "-c", script, NULL};
      program_run(&(struct program_options){.argv = argv, .env = home.env}, &o);
      cr_expect_eq(o.status, 1, "%s: exit %d", script, o.status);
      cr_expect_not_null(strstr(k == 2 ? o.out : o.err, "standard output"),
                         "%s: %s", script, o.err);
    }
  }
}

Test(dispatch, ends_by_SIGPIPE_when_nobody_reads)
{
  AUTO_HOME struct home home;
  AUTO_STR char *path = program_fob();

  home_make(&home);
  for (size_t i = 0; i < ARRAY_LEN(printing); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *script = mem_printf(
        "{ sleep 0.05; '%s' %s; echo $? >&2; } | true", path, printing[i]);
    const char *const argv[] = {"bash", "-c", script, NULL};
    program_run(&(struct program_options){.argv = argv, .env = home.env}, &o);
    cr_expect_str_eq(o.err, "141\n", "%s: %s", printing[i], o.err);
  }
}

/* Whoever shares a pipe can make it non-blocking: nothing is lost then. */
Test(dispatch, waits_for_room_in_a_slow_pipe)
{
  AUTO_HOME struct home home;
  AUTO_STR char *path = program_fob();
  AUTO_STR char *plain = mem_printf("'%s' login --help | wc -c", path);
  AUTO_STR char *script = mem_printf(
      "python3 -c 'import os; os.set_blocking(1, False); "
      "os.write(1, b\"x\" * 65536); os.execv(\"%s\", [\"fob\", \"login\", "
      "\"--help\"])' | { sleep 0.3; wc -c; }",
      path);
  const char *const plain_argv[] = {"sh", "-c", plain, NULL};
  const char *const argv[] = {"bash", "-c", script, NULL};
  AUTO_OUTCOME struct outcome whole;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  if (access("/usr/bin/python3", X_OK) != 0)
    cr_skip_test("needs python3 to make a pipe non-blocking");
  program_run(&(struct program_options){.argv = plain_argv, .env = home.env},
              &whole);
  program_run(&(struct program_options){.argv = argv, .env = home.env}, &o);
  cr_assert_eq(strtol(o.out, NULL, 10), strtol(whole.out, NULL, 10) + 65536,
               "%s%s", o.out, o.err);
}

static void close_standard(void)
{
  close(0);
  close(1);
  close(2);
}

Test(dispatch, does_no_harm_without_standard_descriptors)
{
  static const char *const lines[] = {"status", "logout", "toke"};
  AUTO_HOME struct home home;
  AUTO_STR char *path = program_fob();

  home_make(&home);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_OUTCOME struct outcome o;
    const char *const argv[] = {path, lines[i], NULL};
    program_run(&(struct program_options){.argv = argv,
                                          .env = home.env,
                                          .in_child = close_standard},
                &o);
    cr_expect_eq(o.signal, 0, "%s: signal %d", lines[i], o.signal);
  }
}

/* --- environment ---------------------------------------------------------- */

Test(dispatch, takes_empty_variables_for_unset)
{
  static const char *const names[] = {"FOB_TOKEN",
                                      "FOB_API",
                                      "FOB_AUTH_HEADER",
                                      "FOB_PROFILE",
                                      "FOB_STORE",
                                      "FOB_CLIENT_ID",
                                      "FOB_STORE_KEY",
                                      "FOB_STORE_KEY_FILE",
                                      "FOB_CA_BUNDLE",
                                      "FOB_CONFIG_DIR",
                                      "FOB_PROFILE_FILE",
                                      "FOB_CLIENT_SECRET",
                                      "CI",
                                      "NO_COLOR",
                                      "BROWSER",
                                      "SSL_CERT_FILE",
                                      "https_proxy",
                                      "XDG_CONFIG_DIRS"};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome status;

  home_make(&home);
  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    home_setenv(&home, names[i], "%s", "");
  struct program *p = cli_line_start(&home, &server, TERMINAL_ALL,
                                     "login $A -p p --pat --store file");
  cr_assert(program_await(p, "Token: ", 10000)); /* CI= is no CI */
  program_type(p, "test-pat-not-real-0123456789\n");
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "\x1b[32m"); /* NO_COLOR= does not forbid it */
  cli_has(o.err, "key beside it");
  cli_line(&home, &server, &status, NULL, "status --check");
  cli_expect(&status, 0);
}

static const struct {
  const char *name, *value; /* of a variable; NULL: none */
  const char *line;
  enum terminal terminal;
  bool colour;
} colours[] = {
    {NULL, NULL, "status", TERMINAL_ALL, true},
    {NULL, NULL, "status", TERMINAL_NONE, false},
    {"NO_COLOR", "1", "status", TERMINAL_ALL, false},
    {"NO_COLOR", "1", "status --color always", TERMINAL_NONE, true},
    {"NO_COLOR", "1", "status --color auto", TERMINAL_ALL, true},
    {"TERM", "dumb", "status", TERMINAL_ALL, false},
    {"TERM", "dumb", "status --color always", TERMINAL_ALL, true},
    {"CLICOLOR_FORCE", "1", "status", TERMINAL_NONE, true},
    {"CLICOLOR_FORCE", "0", "status", TERMINAL_NONE, false},
    {NULL, NULL, "status --color never", TERMINAL_ALL, false},
    {NULL, NULL, "toke", TERMINAL_ALL, true},
    {NULL, NULL, "toke", TERMINAL_NONE, false},
    {"NO_COLOR", "1", "toke", TERMINAL_ALL, false},
    {NULL, NULL, "--color never toke", TERMINAL_ALL, false},
};

Test(dispatch, colours_where_that_is_wanted, .timeout = 300)
{
  for (size_t i = 0; i < ARRAY_LEN(colours); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    home_make(&home);
    home_write(&home, "config/fob/profiles/p.json", 0600, "%s",
               "{\"schema\": 1, \"store\": \"file\"}");
    if (colours[i].name != NULL)
      home_setenv(&home, colours[i].name, "%s", colours[i].value);
    program_finish(
        cli_line_start(&home, NULL, colours[i].terminal, colours[i].line), &o);
    bool has = strstr(o.out, "\x1b[") != NULL || strstr(o.err, "\x1b[") != NULL;
    cr_expect_eq(has, colours[i].colour, "%zu %s: %s%s", i, colours[i].line,
                 o.out, o.err);
  }
}

Test(dispatch, says_errors_alone_when_quiet)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  static const char *const lines[] = {
      "--quiet login $A -p p --pat=- --store file", "logout -p p --quiet",
      "logout -p p --quiet", "--quiet logout -p nosuch"};

  home_make(&home);
  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_OUTCOME struct outcome o;
    cli_line(&home, &server, &o, "test-pat-not-real-0123456789\n", lines[i]);
    cli_expect(&o, 0);
    cr_expect_eq(o.err_len, 0, "%s: %s", lines[i], o.err);
    cr_expect_eq(o.out_len, 0);
  }
  AUTO_OUTCOME struct outcome o;
  cli_line(&home, &server, &o, NULL, "--quiet token -p p");
  cli_expect(&o, 8);
  cr_assert_gt(o.err_len, 0);
}

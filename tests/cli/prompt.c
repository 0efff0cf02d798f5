/* Hidden values at a terminal: long ones, mistyped ones, interrupted and
 * suspended prompts. */
#include "cli/cli.h"

#include "base/mem.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LOGIN "login $A -p p --pat --store file"

static void make(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
}

static struct program *ask(const struct home *home, const struct server *server)
{
  struct program *p = cli_line_start(home, server, TERMINAL_ALL, LOGIN);

  cr_assert(program_await(p, "Token: ", 10000));
  cr_assert_not(program_echoes(p));
  return p;
}

static void expect_token(const struct home *home, const char *want)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *line = mem_printf("%s\n", want);

  cli_line(home, NULL, &o, NULL, "token -p p");
  cli_expect(&o, 0);
  cr_assert_str_eq(o.out, line);
}

/* The terminal's own line buffer ends at 4,095 bytes. */
Test(prompt, takes_a_long_token_whole)
{
  enum { LONG = 20000 };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  char token[LONG + 1];

  make(&home, &server);
  for (size_t i = 0; i < LONG; i++)
    token[i] = "test-token-not-real-"[i % 20];
  token[LONG] = '\0';
  struct program *p = ask(&home, &server);
  for (size_t at = 0; at < LONG; at += 2000) {
    AUTO_STR char *piece = mem_printf("%.2000s", token + at);
    program_type(p, piece);
  }
  program_type(p, "\n");
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "!not-real");
  expect_token(&home, token);
}

Test(prompt, knows_the_editing_keys, .timeout = 300)
{
  static const char *const typed[] = {
      "test-not-real-1\n",
      "test-not-real-2\x7f"
      "1\n",
      "test-not-real-\xc3\xa4\x7f"
      "1\r",
      "wrong\x15test-not-real-1\n", /* ^U */
      "wrong\x17test-not-real-1\n", /* ^W */
      "  test-not-real-1 \t\n",     /* blanks that were pasted along */
      "test-not-real-1\x04",        /* ^D behind something ends it */
      "\x7f\x7ftest-not-real-1\n",
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
    AUTO_OUTCOME struct outcome o;
    struct program *p = ask(&home, &server);
    program_type(p, typed[i]);
    program_finish(p, &o);
    cli_expect(&o, 0);
    expect_token(&home, "test-not-real-1");
  }
}

Test(prompt, refuses_nothing_and_nonsense)
{
  static const struct {
    const char *typed, *says;
  } rows[] = {
      {"\n", "nothing was entered"},   {"  \n", "nothing was entered"},
      {"\x04", "nothing was entered"}, {"a\x1b[Bb\n", "control characters"},
      {"latin-\xe4\n", "not UTF-8"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    struct program *p = ask(&home, &server);
    program_type(p, rows[i].typed);
    program_finish(p, &o);
    cli_expect(&o, 2);
    cli_has(o.err, rows[i].says);
  }
  cr_assert_eq(server_count(&server, NULL), 0);
  cr_assert_not(home_has(&home, "config/fob/profiles/p.json"));
}

/* Interrupted in the middle of a pasted token: the rest of it must not become
 * the shell's next command. */
Test(prompt, swallows_what_was_pasted_behind_an_interrupt)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = program_fob();
  AUTO_STR char *script = NULL;

  make(&home, &server);
  script = mem_printf("trap : INT; '%s' login %s -p p --pat --store file; "
                      "echo \"ended with $?\"; read -t 0.2 rest; "
                      "echo \"<$rest>\"",
                      path, server.api);
  const char *const argv[] = {"bash", "-c", script, NULL};
  struct program *p = program_start(&(struct program_options){
      .argv = argv, .env = home.env, .terminal = TERMINAL_ALL});
  cr_assert(program_await(p, "Token: ", 10000));
  program_type(p, "test-not-real-\x03"
                  "touch-pwned\n");
  program_finish(p, &o);
  cli_has(o.err, "ended with 130");
  cli_has(o.err, "!pwned");
}

/* fob is a job of a shell here, as a person would have it. */
Test(prompt, shows_typing_while_it_is_suspended)
{
  NEEDS_BARE_PROCESS;
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = program_fob();
  AUTO_STR char *script = NULL;

  make(&home, &server);
  script = mem_printf("set -m; '%s' login %s -p p --pat --store file; "
                      "echo \"stopped with $?\"; stty -a | tr ' ' '\\n' | "
                      "grep -x -e echo -e icanon | tr '\\n' '+'; echo now; "
                      "fg >/dev/null; echo \"ended with $?\"; "
                      "stty -a | tr ' ' '\\n' | grep -x -e -echo",
                      path, server.api);
  const char *const argv[] = {"bash", "-c", script, NULL};
  struct program *p = program_start(&(struct program_options){
      .argv = argv, .env = home.env, .terminal = TERMINAL_ALL});
  cr_assert(program_await(p, "Token: ", 10000));
  program_type(p, "forgotten\x1a");
  cr_assert(program_await(p, "stopped with 148", 10000));
  cr_assert(program_await(p, "icanon+echo+now", 10000));
  for (int i = 0; i < 500 && program_echoes(p); i++)
    usleep(10000);
  cr_assert_not(program_echoes(p));
  program_type(p, "test-not-real-1\n");
  program_finish(p, &o);
  cli_has(o.err, "ended with 0");
  cli_has(o.err, "!\r\n-echo");
  cli_has(o.err, "!not-real");
  expect_token(&home, "test-not-real-1");
}

/* "-" is the keyboard here, and what is typed is as secret as at the prompt. */
Test(prompt, hides_what_is_typed_for_standard_input)
{
  static const struct {
    const char *line, *prompt, *typed;
  } rows[] = {
      {"login $A -p a --pat=- --store file", "Token: ", "test-not-real-1\n"},
      {"login $A -p b --pat=- --user ann --store file",
       "Password: ", "test-not-real-1\n"},
      {"login $I -p c --client-credentials --client-id fob-service "
       "--client-secret-file - --store file",
       "Client secret: ", "test-secret-not-real\n"},
      {"login $I -p d --client-credentials --client-id fob-service --store "
       "file",
       "Client secret: ", "test-secret-not-real\n"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    struct program *p =
        cli_line_start(&home, &server, TERMINAL_ALL, rows[i].line);
    cr_assert(program_await(p, rows[i].prompt, 10000), "%s", rows[i].line);
    cr_assert_not(program_echoes(p));
    program_type(p, rows[i].typed);
    program_finish(p, &o);
    cli_expect(&o, 0);
    cli_has(o.err, "!not-real");
  }
}

Test(prompt, ends_by_the_signal_that_came)
{
  static const struct {
    int sent;
    const char *typed;
  } rows[] = {
      {SIGINT, "\x03"}, {SIGQUIT, "\x1c"}, {SIGTERM, NULL}, {SIGHUP, NULL}};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    struct program *p = ask(&home, &server);
    program_type(p, "test-not-real");
    if (rows[i].typed != NULL)
      program_type(p, rows[i].typed);
    else
      kill(program_pid(p), rows[i].sent);
    program_finish(p, &o);
    cr_assert_eq(o.signal, rows[i].sent, "%d: exit %d", rows[i].sent, o.status);
    cli_has(o.err, "!not-real");
  }
  cr_assert_not(home_has(&home, "config/fob/profiles/p.json"));
}

Test(prompt, reads_secrets_from_files_that_are_fit_for_them)
{
  static const struct {
    const char *text, *says; /* NULL: it is taken */
    unsigned mode;
  } rows[] = {
      {"test-not-real-1\n", NULL, 0600},
      {"  test-not-real-1\r\n\n", NULL, 0640},
      {"", "is empty", 0600},
      {"\n \n", "is empty", 0600},
      {"test-not-real-1\nsecond\n", "more than one line", 0600},
      {"test-not-real-1\x01\n", "control characters", 0600},
      {"test-not-real-\xe4\n", "is not UTF-8", 0600},
      {"test-not-real-1\n", "token.txt", 0666},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    if (rows[i].text[0] != '\0')
      home_write(&home, "token.txt", rows[i].mode, "%s", rows[i].text);
    else
      home_write(&home, "token.txt", rows[i].mode, "%s", "");
    cli_line(&home, &server, &o, NULL,
             "login $A -p p --pat=$H/token.txt --store file");
    cr_expect_eq(o.status, rows[i].says != NULL ? 2 : 0, "%zu: exit %d: %s", i,
                 o.status, o.err);
    if (rows[i].says != NULL)
      cli_has(o.err, rows[i].says);
    else
      expect_token(&home, "test-not-real-1");
    cli_has(o.err, "!not-real");
  }
}

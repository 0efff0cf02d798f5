/* Which browser a login starts, and how: the words of BROWSER and --browser, no
 * shell, nothing from the current directory. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/mem.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Time for what must not be started to show. */
enum { SETTLE_US = 100000 };

static const struct {
  const char *variable; /* BROWSER, $ for the home's directory */
  const char *option;   /* --browser=… */
  const char *argv[4];  /* what it is started with; NULL: not at all */
} browsers[] = {
    {"$/browser", NULL, {"$/browser", "URL"}},
    {"$/browser %s", NULL, {"$/browser", "URL"}},
    {"nosuch-browser:$/browser", NULL, {"$/browser", "URL"}},
    {"$/browser --new-tab", NULL, {"$/browser", "--new-tab", "URL"}},
    {"$/browser --at=%s x", NULL, {"$/browser", "--at=URL", "x"}},
    {"none", "$/browser -n", {"$/browser", "-n", "URL"}},
    {"$/browser;touch $/pwned", NULL, {NULL}},
    {"$/browser $(touch $/pwned)",
     NULL,
     {"$/browser", "$(touch", "$/pwned)", "URL"}},
    {"`touch $/pwned`", NULL, {NULL}},
    {"none", NULL, {NULL}},
    {"./browser", NULL, {NULL}},
    {"browser", NULL, {NULL}}, /* is in the current directory alone */
};

static char *expand(const char *text, const struct home *home, const char *url)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_URL);
  struct err err = ERR_INIT;
  char *whole = NULL;

  buf_puts(&out, "");
  for (; *text != '\0'; text++) {
    if (*text == '$' && text[1] == '/')
      buf_puts(&out, home->dir);
    else if (strncmp(text, "URL", 3) == 0) {
      buf_puts(&out, url);
      text += 2;
    } else
      buf_putc(&out, *text);
  }
  cr_assert_eq(buf_detach(&out, &whole, NULL, &err), E_OK);
  return whole;
}

/* In the home's directory, where a `browser`, an xdg-open and a wslview lie. */
static struct program *start_there(struct home *home, struct server *server,
                                   const char *option)
{
  AUTO_STR char *fob_path = program_fob();
  AUTO_STR char *browser =
      mem_printf("--browser%s%s", option ? "=" : "", option ? option : "");
  const char *const argv[] = {
      fob_path,    "login",       server->issuer, "-p",      "p",    "--api",
      server->api, "--client-id", "fob-demo",     "--store", "file", browser,
      NULL};

  return program_start(&(struct program_options){
      .argv = argv, .env = home->env, .dir = home->dir});
}

static void plant(struct home *home)
{
  static const char *const names[] = {"xdg-open", "wslview"};

  AUTO_STR char *path = mem_str(home_getenv(home, "PATH"));

  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    home_write(home, names[i], 0700, "#!/bin/sh\n: >'%s/pwned'\n", home->dir);
  home_setenv(home, "PATH", ".::%s", path);
  home_setenv(home, "TEST_BROWSER_MODE", "none");
}

static void expect_argv(const struct home *home, const char *const *want,
                        const char *url)
{
  json_t *entry = cli_browser_log(home);
  json_t *argv = json_object_get(entry, "argv");

  size_t i = 0;

  for (; i < 4 && want[i] != NULL; i++) {
    AUTO_STR char *word = expand(want[i], home, url);
    const char *is = json_string_value(json_array_get(argv, i));
    cr_assert_not_null(is, "%s is missing", word);
    cr_assert_str_eq(is, word);
  }
  cr_assert_eq(json_array_size(argv), i);
  json_decref(entry);
}

Test(login_opener, starts_a_browser_without_shell_or_current_directory,
     .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  plant(&home);
  home_setenv(&home, "DISPLAY", ":0");
  home_setenv(&home, "WSL_DISTRO_NAME", "x");
  for (size_t i = 0; i < ARRAY_LEN(browsers); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *variable = expand(browsers[i].variable, &home, "");
    AUTO_STR char *option =
        browsers[i].option ? expand(browsers[i].option, &home, "") : NULL;
    AUTO_STR char *log = home_path(&home, "browser.log");
    home_setenv(&home, "BROWSER", "%s", variable);
    (void)unlink(log);
    struct program *p = start_there(&home, &server, option);
    cr_assert(program_await(p, "/authorize?", 10000));
    AUTO_STR char *seen = program_seen(p);
    const char *start = strstr(seen, "http");
    AUTO_STR char *url = mem_copy(start, strcspn(start, "\n"));
    if (browsers[i].argv[0] != NULL)
      expect_argv(&home, browsers[i].argv, url);
    else
      usleep(SETTLE_US);
    kill(program_pid(p), SIGTERM);
    program_finish(p, &o);
    cr_assert_eq(o.signal, SIGTERM);
    if (browsers[i].argv[0] == NULL)
      cr_expect_not(home_has(&home, "browser.log"), "%s", variable);
    cr_expect_not(home_has(&home, "pwned"), "%s", variable);
  }
}

/* Without BROWSER what is installed is looked for, but not here. */
Test(login_opener, never_runs_a_planted_opener)
{
  NEEDS_BARE_PROCESS;
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  plant(&home);
  home_setenv(&home, "BROWSER", NULL);
  home_setenv(&home, "DISPLAY", ":0");
  home_setenv(&home, "WSL_DISTRO_NAME", "x");
  home_setenv(&home, "PATH", ".::bin:%s/nothing", home.dir);
  struct program *p = start_there(&home, &server, NULL);
  cr_assert(program_await(p, "/authorize?", 10000));
  usleep(SETTLE_US);
  kill(program_pid(p), SIGTERM);
  program_finish(p, &o);
  cr_assert_eq(o.signal, SIGTERM);
  cr_assert_not(home_has(&home, "pwned"));
}

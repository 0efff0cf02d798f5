/* Completion: what fob offers for a line, and that the three shells put it
 * there. */
#include "cli/cli.h"
#include "cli/description.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void make(struct home *home)
{
  home_make(home);
  cli_presets(home);
  for (size_t i = 0; i < 2; i++)
    home_write(home,
               i == 0 ? "config/fob/profiles/acme-one.json"
                      : "config/fob/profiles/acme-two.json",
               0600,
               "{\"schema\": 1, \"store\": \"file\", \"api\": "
               "[\"https://api.example\"], \"openapi\": \"%s/api.json\"}",
               home->dir);
  AUTO_STR char *description = mem_str(DESCRIPTION);
  for (char *at = description; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  home_write(home, "api.json", 0600, "%s", description);
}

static const struct {
  const char *line;
  const char *has[3]; /* from !: not */
} offers[] = {
    {"''", {"login\tLog in", "status\t", "!complete"}},
    {"st", {"status\t", "!token"}},
    {"-p acme-one st", {"status\t", "!token"}},
    {"--qu", {"--quiet\tprint errors only"}},
    {"--", {"--profile\t", "!--pat"}},
    {"login --", {"--pat\t", "--quiet\t"}},
    {"login --st", {"--store\t", "!--pat"}},
    {"login --store ''", {"keyring\n", "file\n"}},
    {"login --store k", {"keyring\n", "!file"}},
    {"login --store=", {"--store=keyring\n", "--store=file\n"}},
    {"login --store=f", {"--store=file\n", "!keyring"}},
    {"login --ci=g", {"--ci=github\n", "--ci=google\n", "!--ci=file"}},
    {"login --exchange x", {":file\n"}},
    {"login --pat=", {":file\n"}},
    {"login --client-secret-file x", {":file\n"}},
    {"login --api x", {"!x"}},
    {"login ''", {"github\tpreset", "gitlab\tpreset", "!acme"}},
    {"login github ''", {"!github", "!acme"}},
    {"token -p ''", {"acme-one\tprofile", "acme-two\tprofile", "!github"}},
    {"token --profile=acme-t", {"--profile=acme-two\tprofile", "!one"}},
    {"-p acme-o", {"acme-one\tprofile", "!two"}},
    {"profile ''", {"set\t", "trust\t"}},
    {"profile show ''", {"acme-one\t", "acme-two\t"}},
    {"profile show acme-one ''", {"!acme"}},
    {"profile list ''", {"!acme"}},
    {"help ''", {"login\t", "profile\t"}},
    {"help profile ''", {"set\t"}},
    {"help login ''", {"!github"}},
    {"token -- ''", {"!--"}},
    {"request -k", {"!--insecure"}}, /* what is refused is not offered */
    {"nonsense ''", {"login\t"}},
};

Test(complete, offers_what_fits_the_line, .timeout = 300)
{
  AUTO_HOME struct home home;

  make(&home);
  for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *line = mem_printf("complete -- %s", offers[i].line);
    cli_line(&home, NULL, &o, NULL, line);
    cr_expect_eq(o.status, 0, "%s: %s", offers[i].line, o.err);
    for (size_t k = 0; k < 3 && offers[i].has[k] != NULL; k++) {
      const char *part = offers[i].has[k];
      bool wanted = part[0] != '!';
      cr_expect_eq(strstr(o.out, part + !wanted) != NULL, wanted,
                   "fob %s: '%s' in:\n%s", offers[i].line, part, o.out);
    }
  }
}

/* A broken file of the user's says nothing into a command line. */
Test(complete, is_silent_about_failures)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  home_write(&home, "config/fob/config.json", 0600, "%s", "{");
  home_write(&home, "config/fob/profiles/x.json", 0600, "%s", "{");
  cli_line(&home, NULL, &o, NULL, "complete -- token -p x");
  cli_expect(&o, 0);
  cr_assert_str_eq(o.out, "x\tprofile\n");
  cr_assert_eq(o.err_len, 0, "%s", o.err);
}

/* --- the shells ------------------------------------------------------------
 */

struct keys {
  const char *typed, *becomes;
};
static const struct keys keys[] = {
    {"fob stat\t", "fob status"},
    {"fob login --stor\t", "fob login --store"},
    {"fob token -p acme-t\t", "fob token -p acme-two"},
    {"fob token --profile=acme-t\t", "fob token --profile=acme-two"},
    {"fob --color=al\t", "fob --color=always"},
    {"fob login --pat=$H/tok\t", "fob login --pat=$H/token.txt"},
    {"fob login --client-secret-file $H/tok\t",
     "fob login --client-secret-file $H/token.txt"},
    {"fob login gith\t", "fob login github"},
    {"fob profile sh\t", "fob profile show"},
    {"fob request -p acme-one --op editU\t",
     "fob request -p acme-one --op editUser"},
    {"fob request -p acme-one echo/sea\t",
     "fob request -p acme-one echo/search"},
    {"fob request -p acme-one PATCH echo/users/7 admin=t\t",
     "fob request -p acme-one PATCH echo/users/7 admin=true"},
};

/* No blank where more is to come: the next letters go on with the word. */
static const struct keys longer[] = {
    {"fob request -p acme-one ech\tsea\t",
     "fob request -p acme-one echo/search"},
    {"fob request -p acme-one echo/users/7 sta\top\t",
     "fob request -p acme-one echo/users/7 state==open"},
    {"fob request -p acme-one --op editUser adm\tt\tag\t3",
     "fob request -p acme-one --op editUser admin=true age=3"},
};

static char *with_home(const char *text, const struct home *home)
{
  const char *at = strstr(text, "$H");

  return at == NULL ? mem_str(text)
                    : mem_printf("%.*s%s%s", (int)(at - text), text, home->dir,
                                 at + 2);
}

/* fob and its completion where the shell finds them. */
static void prepare(struct home *home, const char *file, const char *as)
{
  AUTO_STR char *fob_path = program_fob();
  char source[PATH_MAX];

  make(home);
  home_write(home, "bin/x", 0600, "%s", "");
  home_write(home, "token.txt", 0600, "%s", "x");
  AUTO_STR char *link = home_path(home, "bin/fob");
  AUTO_STR char *to = home_path(home, as);
  AUTO_STR char *old = mem_str(home_getenv(home, "PATH"));
  cr_assert_eq(symlink(fob_path, link), 0);
  cr_assert_not_null(realpath(file, source));
  cr_assert_eq(symlink(source, to), 0);
  home_setenv(home, "PATH", "%s/bin:%s", home->dir, old);
  home_setenv(home, "TERM", "dumb");
}

/* Types a line up to the tab, then puts `show` in front (^A), which prints its
 * words: so the line as the shell has it can be told from its echo. */
static void type_line(struct program *p, const struct home *home,
                      const struct keys *line, const char *shell)
{
  AUTO_STR char *typed = with_home(line->typed, home);
  AUTO_STR char *becomes = with_home(line->becomes, home);
  AUTO_STR char *printed = mem_printf("\n[%s]", becomes);
  AUTO_STR char *whole = mem_printf("%s\x01show \r", typed);

  program_type(p, whole);
  bool seen = program_await(p, printed, 5000);
  AUTO_STR char *all = program_seen(p);
  size_t len = strlen(all);
  cr_assert(seen, "%s: no '%s' in the end of:\n%s", shell, printed,
            all + (len > 500 ? len - 500 : 0));
}

static void type_and_see(const struct home *home, const char *const *argv,
                         const char *setup)
{
  AUTO_OUTCOME struct outcome o;
  struct program *p = program_start(&(struct program_options){
      .argv = argv, .env = home->env, .terminal = TERMINAL_ALL});

  program_type(p, "show() { printf '\\n[%s]\\n' \"$*\"; }; PS1='> '; ");
  program_type(p, setup);
  program_type(p, "echo ready n'ow'\r");
  cr_assert(program_await(p, "ready now", 20000), "%s", program_seen(p));
  for (size_t i = 0; i < ARRAY_LEN(keys); i++)
    type_line(p, home, &keys[i], argv[0]);
  for (size_t i = 0; i < ARRAY_LEN(longer); i++)
    type_line(p, home, &longer[i], argv[0]);
  program_type(p, "exit\r");
  program_finish(p, &o);
}

static bool installed(const char *path)
{
  return access(path, X_OK) == 0;
}

Test(complete, works_in_bash, .timeout = 300)
{
  AUTO_HOME struct home home;
  const char *const argv[] = {"bash", "--norc", "--noprofile", "-i", NULL};

  if (!installed("/usr/bin/bash") && !installed("/bin/bash"))
    cr_skip_test("bash is not installed");
  prepare(&home, "completions/fob.bash", "fob.bash");
  AUTO_STR char *setup = mem_printf(". %s/fob.bash; ", home.dir);
  type_and_see(&home, argv, setup);
}

Test(complete, works_in_zsh, .timeout = 300)
{
  AUTO_HOME struct home home;
  const char *const argv[] = {"zsh", "-f", "-i", NULL};

  if (!installed("/usr/bin/zsh") && !installed("/bin/zsh"))
    cr_skip_test("zsh is not installed");
  prepare(&home, "completions/_fob", "bin/_fob");
  AUTO_STR char *setup =
      mem_printf("bindkey -e; fpath=(%s/bin $fpath); autoload -U compinit; "
                 "compinit -u -D; ",
                 home.dir);
  type_and_see(&home, argv, setup);
}

/* fish tells what it would offer without a terminal. */
Test(complete, works_in_fish, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_BUF struct buf script = BUF_INIT(BUF_DOCUMENT);
  AUTO_OUTCOME struct outcome o;

  if (!installed("/usr/bin/fish") && !installed("/bin/fish"))
    cr_skip_test("fish is not installed");
  prepare(&home, "completions/fob.fish", "fob.fish");
  buf_printf(&script, "source %s/fob.fish\n", home.dir);
  for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
    AUTO_STR char *typed = with_home(keys[i].typed, &home);
    typed[strlen(typed) - 1] = '\0';
    buf_printf(&script, "complete -C '%s'\n", typed);
  }
  const char *const argv[] = {"fish", "--no-config", "-c", buf_text(&script),
                              NULL};
  program_run(&(struct program_options){.argv = argv, .env = home.env}, &o);
  cr_assert_eq(o.status, 0, "%s", o.err);
  for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
    AUTO_STR char *becomes = with_home(keys[i].becomes, &home);
    const char *word = strrchr(becomes, ' ') + 1;
    cr_expect_not_null(strstr(o.out, word), "'%s' is not in:\n%s", word, o.out);
  }
}

#include "base/run.h"

#include "base/mem.h"
#include "base/sig.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- finding ----------------------------------------------------------- */

static void plant(const char *name, unsigned mode)
{
  scratch_write(scratch_path(name), "#!/bin/sh\n", mode);
}

/* Every '@' stands for the scratch directory. */
static void set_path(const char *pattern)
{
  char path[8192] = "";
  for (; *pattern != '\0'; pattern++) {
    const char next[] = {*pattern, '\0'};
    strcat(path, *pattern == '@' ? scratch_dir() : next);
  }
  (void)setenv("PATH", path, 1);
}

static void expect_found(const char *name, const char *where)
{
  struct err err = ERR_INIT;
  AUTO_STR char *path = NULL;
  enum code code = run_find(&path, name, &err);
  if (where == NULL) {
    cr_assert_eq(code, E_NOT_FOUND, "%s", name);
    cr_assert_str_neq(err.message, "");
    cr_assert_null(path);
  } else {
    cr_assert_eq(code, E_OK, "%s: %s", name, err.message);
    cr_assert_str_eq(path, where);
  }
}

Test(run, finds_programs_in_the_order_of_path)
{
  cr_assert_eq(mkdir(scratch_path("a"), 0755), 0);
  cr_assert_eq(mkdir(scratch_path("b"), 0755), 0);
  plant("a/only-a", 0755);
  plant("b/both", 0755);
  plant("a/both", 0755);
  plant("a/later", 0644); /* not executable: the next one counts */
  plant("b/later", 0755);
  cr_assert_eq(mkdir(scratch_path("a/dir"), 0755), 0);
  set_path("@/none:@/a:@/b");
  expect_found("only-a", scratch_path("a/only-a"));
  expect_found("both", scratch_path("a/both"));
  expect_found("later", scratch_path("b/later"));
  expect_found("dir", NULL);
  expect_found("absent", NULL);
  expect_found("", NULL);
}

Test(run, never_finds_what_lies_in_the_current_directory)
{
  static const char *const paths[] = {
      "", ":", ".", "::.:", "./:.", "..", "bin:./", "bin:..:", ":/nonexistent"};
  plant("planted", 0755);
  cr_assert_eq(mkdir(scratch_path("bin"), 0755), 0);
  plant("bin/planted", 0755);
  cr_assert_eq(chdir(scratch_dir()), 0);
  for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
    (void)setenv("PATH", paths[i], 1);
    expect_found("planted", NULL);
  }
  expect_found("./planted", NULL);
  expect_found("bin/planted", NULL);
  expect_found("../planted", NULL);
  set_path(".::@/bin:");
  expect_found("planted", scratch_path("bin/planted"));
  (void)unsetenv("PATH");
  expect_found("planted", NULL);
  expect_found("sh",
               access("/usr/bin/sh", X_OK) == 0 ? "/usr/bin/sh" : "/bin/sh");
}

Test(run, takes_absolute_paths_as_they_are)
{
  plant("x", 0755);
  plant("y", 0644);
  expect_found(scratch_path("x"), scratch_path("x"));
  expect_found(scratch_path("y"), NULL);
  expect_found(scratch_dir(), NULL);
  expect_found("/nonexistent/x", NULL);
}

/* --- environment ------------------------------------------------------- */

static const char *value_in(char **environment, const char *name)
{
  size_t len = strlen(name);
  for (char **e = environment; *e != NULL; e++) {
    if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
      return *e + len + 1;
  }
  return NULL;
}

Test(run, withholds_secrets_from_the_environment)
{
  char **environment = NULL;
  (void)setenv("FOB_TOKEN", "test-token-not-real", 1);
  (void)setenv("FOB_CLIENT_SECRET", "test-secret-not-real", 1);
  (void)setenv("FOB_STORE_KEY", "test-key-not-real", 1);
  (void)setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "test-1-not-real", 1);
  (void)setenv("CIRCLE_OIDC_TOKEN", "test-2-not-real", 1);
  (void)setenv("CIRCLE_OIDC_TOKEN_V2", "test-3-not-real", 1);
  (void)setenv("FOB_STORE_KEY_FILE", "/x", 1);
  (void)setenv("FOB_TOKEN_CACHE", "off", 1);
  (void)setenv("OTHER", "a=b", 1);
  (void)setenv("EMPTY", "", 1);
  cr_assert_eq(run_environment(&environment, NULL), E_OK);
  cr_assert_null(value_in(environment, "FOB_TOKEN"));
  cr_assert_null(value_in(environment, "FOB_CLIENT_SECRET"));
  cr_assert_null(value_in(environment, "FOB_STORE_KEY"));
  cr_assert_str_eq(value_in(environment, "FOB_STORE_KEY_FILE"), "/x");
  cr_assert_str_eq(value_in(environment, "FOB_TOKEN_CACHE"), "off");
  cr_assert_str_eq(value_in(environment, "OTHER"), "a=b");
  cr_assert_str_eq(value_in(environment, "EMPTY"), "");
  for (char **e = environment; *e != NULL; e++)
    cr_assert_null(strstr(*e, "not-real"));
  /* fob itself still has them. */
  cr_assert_str_eq(getenv("FOB_TOKEN"), "test-token-not-real");
  mem_free(environment);
}

Test(run, copies_an_empty_environment)
{
  char **environment = NULL;
  (void)clearenv();
  cr_assert_eq(run_environment(&environment, NULL), E_OK);
  cr_assert_null(environment[0]);
  mem_free(environment);
}

/* --- starting ---------------------------------------------------------- */

/* Runs a script detached, and gives back what it wrote to "out". It is done
 * when "done" appears. */
static const char *run_script(const char *script)
{
  char text[4096];
  (void)snprintf(
      text, sizeof(text),
      "#!/bin/sh\ncd '%s' || exit\n{ %s\n} >out 2>err\nmv out done\n",
      scratch_dir(), script);
  scratch_write(scratch_path("script"), text, 0755);
  char program[4096];
  (void)snprintf(program, sizeof(program), "%s", scratch_path("script"));
  char argument[] = "an argument";
  char *argv[] = {program, argument, NULL};
  struct err err = ERR_INIT;
  cr_assert_eq(run_detached(argv, &err), E_OK, "%s", err.message);
  for (int i = 0; i < 1000 && access(scratch_path("done"), F_OK) != 0; i++)
    (void)usleep(10 * 1000);
  return scratch_read(scratch_path("done"));
}

Test(run, starts_detached_programs, .timeout = 60)
{
  const char *out = run_script("echo \"$1\"; ps -o sid= -p $$ | tr -d ' '; "
                               "readlink /proc/$$/fd/0");
  char session[32];
  (void)snprintf(session, sizeof(session), "\n%d\n", (int)getsid(0));
  cr_assert_eq(strncmp(out, "an argument\n", 12), 0, "%s", out);
  cr_assert_null(strstr(out, session), "%s", out);
  cr_assert_not_null(strstr(out, "/dev/null\n"), "%s", out);
  /* No child is left, running or dead. */
  cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

Test(run, gives_nothing_of_ours_to_detached_programs, .timeout = 60)
{
  (void)setenv("FOB_TOKEN", "test-token-not-real", 1);
  scratch_write(scratch_path("open"), "", 0600);
  int leaked = open(scratch_path("open"), O_RDONLY);
  cr_assert_eq(dup2(leaked, 77), 77);
  cr_assert_eq(sig_setup(NULL), E_OK);
  sigset_t all;
  (void)sigfillset(&all);
  cr_assert_eq(sigprocmask(SIG_BLOCK, &all, NULL), 0);
  cr_assert_neq(signal(SIGUSR1, SIG_IGN), SIG_ERR);
  /* Without signals 32 and 33, which are the C library's and which it lets
   * nobody set: they are as our parent left them. */
  const char *out = run_script(
      "env | grep -c FOB_TOKEN; ls -l /proc/$$/fd | grep -c '/open'; "
      "for s in SigBlk SigIgn; do "
      "v=$(sed -n \"s/^$s:[[:space:]]*//p\" /proc/self/status); "
      "echo $s $((0x$v & ~0x180000000)); done");
  cr_assert_str_eq(out, "0\n0\nSigBlk 0\nSigIgn 0\n");
}

Test(run, says_why_a_program_cannot_be_started)
{
  struct err err = ERR_INIT;
  char nowhere[] = "/nonexistent/x";
  char *absent[] = {nowhere, NULL};
  cr_assert_eq(run_detached(absent, &err), E_LOCAL);
  cr_assert_str_eq(err.message,
                   "cannot start '/nonexistent/x': No such file or directory");
  plant("y", 0644);
  char path[4096];
  (void)snprintf(path, sizeof(path), "%s", scratch_path("y"));
  char *refused[] = {path, NULL};
  cr_assert_eq(run_detached(refused, &err), E_LOCAL);
  cr_assert_not_null(strstr(err.message, "/y': Permission denied"));
  cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

Test(run, returns_while_the_program_still_runs, .timeout = 20)
{
  char program[] = "/bin/sleep", seconds[] = "2";
  char *argv[] = {program, seconds, NULL};
  cr_assert_eq(run_detached(argv, NULL), E_OK);
  int before = dup(0);
  cr_assert_eq(run_detached(argv, NULL), E_OK);
  int after = dup(0);
  cr_assert_eq(after, before + 1, "a descriptor stayed open");
}

Test(run, gives_a_child_its_core_limit_back)
{
  struct rlimit limit, zero;
  cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
  rlim_t before = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
  limit.rlim_cur = before;
  cr_assert_eq(setrlimit(RLIMIT_CORE, &limit), 0);
  run_remember_limits();
  zero = limit;
  zero.rlim_cur = 0;
  cr_assert_eq(setrlimit(RLIMIT_CORE, &zero), 0);
  run_restore_child();
  cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
  cr_assert_eq(limit.rlim_cur, before);
}

/* --- with its output --------------------------------------------------- */

static enum code output_of(struct buf *out, const char *script, int timeout_ms,
                           struct err *err)
{
  char shell[] = "/bin/sh", option[] = "-c";
  AUTO_STR char *text = mem_str(script);
  char *argv[] = {shell, option, text, NULL};

  return run_output(out, argv, timeout_ms, err);
}

Test(run, gives_a_program_s_output, .timeout = 60)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;

  (void)setenv("FOB_TOKEN", "test-token-not-real", 1);
  cr_assert_eq(
      output_of(&out, "echo \"<$FOB_TOKEN>\"; cat; echo b", 30000, &err), E_OK,
      "%s", err.message);
  cr_assert_str_eq(buf_text(&out), "<>\nb\n");
  cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

/* Each ends in bounded time, leaves no child, and quotes nothing. */
Test(run, says_why_there_is_no_output, .timeout = 60)
{
  static const struct {
    const char *script;
    int timeout_ms;
    enum code code;
    const char *why;
  } rows[] = {
      {"echo secret; exit 3", 30000, E_LOCAL, "ended with status 3"},
      {"kill -TERM $$", 30000, E_LOCAL, "ended by signal 15"},
      {"echo secret; sleep 60", 300, E_TIMEOUT, "does not end"},
      {"exec >&-; sleep 60", 300, E_LOCAL, "ended by signal 9"},
      {"while :; do echo secretsecretsecretsecret; done", 30000, E_LOCAL,
       "longer than"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
    struct err err = ERR_INIT;

    cr_expect_eq(output_of(&out, rows[i].script, rows[i].timeout_ms, &err),
                 rows[i].code, "%zu %s", i, err.message);
    cr_expect_not_null(strstr(err.message, rows[i].why), "%s", err.message);
    cr_expect_null(strstr(err.message, "secret"), "%s", err.message);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
  }
}

Test(run, says_why_there_is_no_program_to_give_output)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;
  char nowhere[] = "/nonexistent/x";
  char *argv[] = {nowhere, NULL};
  int before = dup(0);

  cr_assert_eq(run_output(&out, argv, 1000, &err), E_LOCAL);
  cr_assert_str_eq(err.message,
                   "cannot start '/nonexistent/x': No such file or directory");
  cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
  cr_assert_eq(dup(0), before + 1, "a descriptor stayed open");
}

static void interrupt_soon(void)
{
  pid_t parent = getpid();

  if (fork() == 0) {
    usleep(200 * 1000);
    kill(parent, SIGTERM);
    _exit(0);
  }
}

Test(run, ends_a_program_when_a_signal_comes, .timeout = 30)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;

  cr_assert_eq(sig_setup(NULL), E_OK);
  interrupt_soon();
  cr_assert_eq(output_of(&out, "sleep 60", 30000, &err), E_SIGNAL);
}

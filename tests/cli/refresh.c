/* The refresh transaction, from outside: many processes, and everything that
 * may go wrong between sending and storing. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/mem.h"
#include "support/keyring.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAITERS = 4, CALLS_AFTER_REFUSAL = 100, SLOW_CALLS = 10 };

/* Under AddressSanitizer a process takes so long to start that 64 of them do
 * not get through one keyring daemon within the store's 3 s. */
#ifdef __SANITIZE_ADDRESS__
enum { RACERS = 16, ROUNDS = 5 };
#else
enum { RACERS = 64, ROUNDS = 20 };
#endif
enum { SLOW_RACERS = 6, SLOW_ROUNDS = 2 };

static struct program *start_token(char *const *env, const char *profile)
{
  AUTO_STR char *path = program_fob();
  const char *const argv[] = {path, "token", "-p", profile, NULL};

  return program_start(
      &(struct program_options){.argv = argv, .env = env, .timeout_ms = 60000});
}

/* All of them on one expired credential; half of them in `other`. */
static void race(const struct home *home, char *const *other,
                 const char *profile, const struct server *server)
{
  struct program *racers[RACERS];
  AUTO_STR char *first = NULL;
  size_t count = is_slow() ? SLOW_RACERS : RACERS;

  /* Long enough that the others arrive while the first one holds the lock. */
  server_order(
      server, "{'next': {'path': '/token', 'fault': 'slow', 'delay_ms': 100}}");
  size_t before = cli_refreshes(server);
  for (size_t i = 0; i < count; i++)
    racers[i] = start_token(i % 2 ? other : home->env, profile);
  for (size_t i = 0; i < count; i++) {
    AUTO_OUTCOME struct outcome o;
    program_finish(racers[i], &o);
    cli_expect(&o, 0);
    cr_assert_gt(o.out_len, 20);
    if (first == NULL)
      first = mem_str(o.out);
    cr_assert_str_eq(o.out, first);
  }
  cr_assert_eq(cli_refreshes(server), before + 1);
}

/* An environment that shares with the home only what leads to the profile and
 * to the credential. */
static void estrange(struct home *other, const struct home *home,
                     const char *const *kept)
{
  static const char *const names[] = {"HOME", "XDG_STATE_HOME",
                                      "XDG_CACHE_HOME", "XDG_DATA_HOME"};
  struct home fresh = {.dir = other->dir};

  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    home_setenv(&fresh, names[i], "%s/%s", other->dir, names[i]);
  home_setenv(&fresh, "FOB_CONFIG_DIR", "%s/config/fob", home->dir);
  home_setenv(&fresh, "FOB_TOKEN_CACHE", "off");
  for (; *kept != NULL; kept++)
    home_setenv(&fresh, *kept, "%s", home_getenv(home, *kept));
  char **old = other->env;
  other->env = fresh.env;
  for (char **var = old; *var != NULL; var++)
    mem_free(*var);
  mem_free(old);
}

/* The lock of a keyring's credential lies in the user's real home, wherever
 * HOME points: the test takes its own away again. */
static void remove_lock(const char *profile)
{
  struct err err = ERR_INIT;
  AUTO_STR char *dir = NULL;

  cr_assert_eq(file_dir(DIR_LOCKS, &dir, &err), E_OK, "%s", err.message);
  AUTO_STR char *path = mem_printf("%s/%s.lock", dir, profile);
  cr_assert_eq(unlink(path), 0, "%s is not there", path);
}

static void race_rounds(struct home *home, const char *store,
                        const char *const *kept)
{
  AUTO_HOME struct home other;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *profile = mem_printf("race-%s-%d", store, (int)getpid());

  home_make(&other);
  estrange(&other, home, kept);
  server_start(&server, NULL);
  fob(home, &o, "login", server.issuer, "-p", profile, "--api", server.api,
      "--client-id", "fob-demo", "--store", store, "--browser", NULL);
  cli_expect(&o, 0);
  for (int round = 0; round < (is_slow() ? SLOW_ROUNDS : ROUNDS); round++) {
    cli_expire(home, &server, profile);
    race(home, other.env, profile, &server);
  }
  if (strcmp(store, "keyring") == 0)
    remove_lock(profile);
}

Test(refresh, happens_once_in_a_race_on_the_file_store, .timeout = 300)
{
  static const char *const kept[] = {"XDG_DATA_HOME", NULL};
  AUTO_HOME struct home home;

  home_make(&home);
  race_rounds(&home, "file", kept);
}

/* libsecret's backend in a file would not do here: it keeps what it has read
 * for as long as a process lives. */
Test(refresh, happens_once_in_a_race_on_a_real_keyring, .timeout = 300)
{
  NEEDS_SPEED;
  static const char *const kept[] = {"DBUS_SESSION_BUS_ADDRESS", NULL};
  AUTO_HOME struct home home;
  AUTO_KEYRING struct keyring keyring = {0};

  home_make(&home);
  keyring_start(&keyring, home.dir);
  home_setenv(&home, "SECRET_BACKEND", NULL);
  home_setenv(&home, "DBUS_SESSION_BUS_ADDRESS", "%s", keyring.address);
  race_rounds(&home, "keyring", kept);
}

Test(refresh, goes_on_when_the_holder_is_killed, .timeout = 300)
{
  NEEDS_SPEED;
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  struct program *waiters[WAITERS];
  AUTO_OUTCOME struct outcome killed;
  AUTO_STR char *first = NULL;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  cli_expire(&home, &server, "p");
  size_t before = server_count(&server, "/token");
  /* It holds the request and never acts on it. */
  server_order(&server, "{'next': {'path': '/token', 'fault': 'cut', "
                        "'delay_ms': 25000}}");
  struct program *holder = start_token(home.env, "p");
  cr_assert(server_await(&server, "/token", before + 1, 10000));
  for (size_t i = 0; i < WAITERS; i++)
    waiters[i] = start_token(home.env, "p");
  usleep(400000);
  cr_assert_eq(server_count(&server, "/token"), before + 1);

  cr_assert_eq(kill(program_pid(holder), SIGKILL), 0);
  program_finish(holder, &killed);
  cr_assert_eq(killed.signal, SIGKILL);
  for (size_t i = 0; i < WAITERS; i++) {
    AUTO_OUTCOME struct outcome o;
    program_finish(waiters[i], &o);
    cli_expect(&o, 0);
    /* The holder would have kept it for 25 s. */
    cr_assert_lt(o.ms, 10000);
    if (first == NULL)
      first = mem_str(o.out);
    cr_assert_str_eq(o.out, first);
  }
  cr_assert_eq(server_count(&server, "/token"), before + 2);
}

Test(refresh, is_not_repeated_when_the_answer_is_cut, .timeout = 300)
{
  static const char *const cuts[] = {"cut_after_commit", "reset_after_commit",
                                     "truncate"};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  /* Without rotation the old refresh token stays good, which shows afterwards
   * that it was kept. */
  server_start(&server, "--no-rotation", NULL);
  cli_login(&home, &server, "p");
  for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
    AUTO_OUTCOME struct outcome cut;
    AUTO_OUTCOME struct outcome after;
    cli_expire(&home, &server, "p");
    size_t before = server_count(&server, "/token");
    server_order(&server, "{'next': {'path': '/token', 'fault': '%s'}}",
                 cuts[i]);
    fob(&home, &cut, "token", "-p", "p", NULL);
    cli_expect(&cut, 6);
    cr_assert_eq(cut.out_len, 0);
    cr_assert_eq(server_count(&server, "/token"), before + 1, "%s", cuts[i]);
    fob(&home, &after, "token", "-p", "p", NULL);
    cli_expect(&after, 0);
    cr_assert_eq(server_count(&server, "/token"), before + 2);
  }
}

Test(refresh, says_login_when_the_cut_answer_had_rotated_the_token)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  cli_expire(&home, &server, "p");
  server_order(&server,
               "{'next': {'path': '/token', 'fault': 'cut_after_commit'}}");
  fob(&home, &o, "token", "-p", "p", NULL);
  cli_expect(&o, 6);
  outcome_clear(&o);
  fob(&home, &o, "token", "-p", "p", NULL);
  cli_expect(&o, 8);
  cr_assert_not_null(strstr(o.err, "fob login -p p"), "%s", o.err);
}

Test(refresh, is_not_sent_when_the_store_cannot_be_written)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = program_fob();
  const char *const argv[] = {path, "token", "-p", "p", NULL};

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  cli_expire(&home, &server, "p");
  size_t before = server_count(&server, "/token");
  AUTO_STR char *dir = home_path(&home, "data/fob/credentials");
  cr_assert_eq(chmod(dir, 0500), 0);
  program_run(&(struct program_options){.argv = argv,
                                        .env = home.env,
                                        .in_child = cli_obey_modes},
              &o);
  cli_expect(&o, 12);
  cr_assert_eq(o.out_len, 0);
  cr_assert_eq(server_count(&server, "/token"), before);

  cr_assert_eq(chmod(dir, 0700), 0);
  outcome_clear(&o);
  fob(&home, &o, "token", "-p", "p", NULL);
  cli_expect(&o, 0);
}

Test(refresh, asks_no_more_once_it_was_refused, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  cli_expire(&home, &server, "p");
  server_order(&server, "{'revoke_logins': true}");
  size_t before = server_count(&server, "/token");
  fob(&home, &o, "token", "-p", "p", NULL);
  cli_expect(&o, 8);
  cr_assert_eq(server_count(&server, "/token"), before + 1);
  size_t all = server_count(&server, NULL);
  for (int i = 0; i < (is_slow() ? SLOW_CALLS : CALLS_AFTER_REFUSAL); i++) {
    AUTO_OUTCOME struct outcome again;
    if (i % 4 == 3)
      fob(&home, &again, "request", "-p", "p", "/user", NULL);
    else if (i % 4 == 2)
      fob(&home, &again, "token", "-p", "p", "--force-refresh", NULL);
    else
      fob(&home, &again, "token", "-p", "p", NULL);
    cli_expect(&again, 8);
    cr_assert_eq(again.out_len, 0);
  }
  cr_assert_eq(server_count(&server, NULL), all);

  /* A login ends it. */
  cli_login(&home, &server, "p");
  outcome_clear(&o);
  fob(&home, &o, "token", "-p", "p", NULL);
  cli_expect(&o, 0);
}

/* What is no refusal must not be noted as one: the next call tries again. */
Test(refresh, tries_again_after_a_passing_failure, .timeout = 300)
{
  static const struct {
    const char *fault;
    int status;
  } rows[] = {
      {"'fault': 'status', 'status': 503, 'body': 'busy'", 5},
      {"'fault': 'status', 'status': 429, 'headers': {'Retry-After': '600'}",
       9},
      {"'fault': 'cut'", 6},
      {"'fault': 'status', 'status': 401, 'body': {'error': 'invalid_client'}",
       8},
      {"'fault': 'status', 'status': 200, 'body': '<html>maintenance</html>', "
       "'headers': {'Content-Type': 'text/html'}",
       13},
      {"'fault': 'status', 'status': 307, 'headers': {'Location': "
       "'http://127.0.0.1:1/token'}",
       13},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, "--no-rotation", NULL);
  cli_login(&home, &server, "p");
  cli_expire(&home, &server, "p");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    server_order(&server, "{'next': {'path': '/token', %s}}", rows[i].fault);
    fob(&home, &o, "token", "-p", "p", NULL);
    cr_expect_eq(o.status, rows[i].status, "%s: exit %d: %s", rows[i].fault,
                 o.status, o.err);
    cr_expect_eq(o.out_len, 0);
  }
  AUTO_OUTCOME struct outcome o;
  fob(&home, &o, "token", "-p", "p", NULL);
  cli_expect(&o, 0);
}

Test(refresh, is_finished_before_a_signal_ends_fob)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome after;
    cli_expire(&home, &server, "p");
    size_t before = server_count(&server, "/token");
    server_order(&server, "{'next': {'path': '/token', 'fault': "
                          "'slow_after_commit', 'delay_ms': 600}}");
    struct program *p = start_token(home.env, "p");
    cr_assert(server_await(&server, "/token", before + 1, 10000));
    usleep(100000);
    kill(program_pid(p), signals[i]);
    program_finish(p, &o);
    cr_assert_eq(o.signal, signals[i], "exit %d, signal %d: %s", o.status,
                 o.signal, o.err);
    /* The rotated token was stored: the next call needs no login. */
    fob(&home, &after, "token", "-p", "p", NULL);
    cli_expect(&after, 0);
    cr_assert_eq(server_count(&server, "/token"), before + 1);
  }
}

Test(refresh, keeps_the_old_refresh_token_when_none_comes)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, "--no-rotation", NULL);
  cli_login(&home, &server, "p");
  for (int i = 0; i < 3; i++) {
    AUTO_OUTCOME struct outcome o;
    fob(&home, &o, "token", "-p", "p", "--force-refresh", NULL);
    cli_expect(&o, 0);
  }
  cr_assert_eq(cli_refreshes(&server), 3);
}

/* Where a login is kept, and that the old one stays whole until the new one
 * is. */
#include "cli/cli.h"

#include "base/mem.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char pat[] = "test-pat-not-real-0123456789\n";
static const char other_pat[] = "test-pat-not-real-other-9876\n";

static void make(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
}

static void expect_token(const struct home *home, const char *want)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, NULL, &o, NULL, "token -p p");
  cli_expect(&o, 0);
  cr_assert_str_eq(o.out, want);
}

static void log_in(const struct home *home, const struct server *server,
                   const char *input, const char *line)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, input, line);
  cli_expect(&o, 0);
}

/* --- which store ---------------------------------------------------------- */

Test(login_store, needs_a_word_where_no_keyring_answers_and_nobody_reads)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_no_keyring(&home);
  home_setenv(&home, "FOB_STORE", "%s", ""); /* counts as unset */
  cli_line(&home, &server, &o, pat, "login $A -p p --pat=-");
  cli_expect(&o, 12);
  AUTO_STR char *remedy =
      mem_printf("fob login %s -p p --pat=- --store file", server.api);
  cli_has(o.err, remedy);
  cr_assert_not(home_has(&home, "config/fob/profiles/p.json"));

  log_in(&home, &server, pat, "login $A -p p --pat=- --store file");
  expect_token(&home, pat);
}

Test(login_store, takes_the_file_for_FOB_STORE_or_a_key_of_its_own)
{
  static const struct {
    const char *store, *key;
    const char *says;
  } rows[] = {
      {"file", NULL, "in an encrypted file (key beside it)."},
      {"", "0000000000000000000000000000000000000000000000000000000000000001",
       "the credential goes into an encrypted file.\n"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;
    make(&home, &server);
    cli_no_keyring(&home);
    home_setenv(&home, "FOB_STORE", "%s", rows[i].store);
    if (rows[i].key != NULL)
      home_setenv(&home, "FOB_STORE_KEY", "%s", rows[i].key);
    cli_line(&home, &server, &o, pat, "login $A -p p --pat=-");
    cli_expect(&o, 0);
    cli_has(o.err, rows[i].says);
    expect_token(&home, pat);
    json_t *profile = cli_profile_read(&home, "p");
    cr_assert_str_eq(json_string_value(json_object_get(profile, "store")),
                     "file");
    json_decref(profile);
  }
}

/* A person reads that it does, so fob may choose by itself. */
Test(login_store, takes_the_file_before_a_persons_eyes)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_no_keyring(&home);
  struct program *p =
      cli_line_start(&home, &server, TERMINAL_ALL, "login $A -p p --pat");
  cr_assert(program_await(p, "Token: ", 10000));
  program_type(p, pat);
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "No keyring answers here: the credential goes into an "
                 "encrypted file, its key beside it");
  expect_token(&home, pat);
}

Test(login_store, knows_no_other_stores)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome variable;
  AUTO_OUTCOME struct outcome option;

  home_make(&home);
  home_setenv(&home, "FOB_STORE", "plain");
  cli_line(&home, NULL, &variable, pat, "login http://127.0.0.1:9 --pat=-");
  cli_expect(&variable, 2);
  cli_has(variable.err, "FOB_STORE is keyring or file, not 'plain'");
  cli_line(&home, NULL, &option, pat,
           "login http://127.0.0.1:9 --pat=- --store plain");
  cli_expect(&option, 2);
  cli_has(option.err, "--store takes keyring or file, not 'plain'");
}

/* --- moving --------------------------------------------------------------- */

static void say_store(const struct home *home, const char *store)
{
  json_t *profile = cli_profile_read(home, "p");

  json_object_set_new(profile, "store", json_string(store));
  cli_profile_write(home, "p", profile);
  json_decref(profile);
}

/* libsecret 0.20 leaks in its file backend, which plays the keyring here. */
static void excuse_libsecret(struct home *home)
{
  const char *options = home_getenv(home, "ASAN_OPTIONS");
  AUTO_STR char *more =
      mem_printf("%s:detect_leaks=0", options != NULL ? options : "");

  home_setenv(home, "ASAN_OPTIONS", "%s", more);
}

Test(login_store, moves_a_credential_and_leaves_nothing_behind)
{
  NEEDS_SPEED;
  static const char *const ways[][2] = {{"keyring", "file"},
                                        {"file", "keyring"}};

  for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome left;
    AUTO_STR char *first =
        mem_printf("login $A -p p --pat=- --store %s", ways[i][0]);
    AUTO_STR char *second =
        mem_printf("login -p p --pat=- --store %s", ways[i][1]);
    make(&home, &server);
    excuse_libsecret(&home);
    log_in(&home, &server, pat, first);
    log_in(&home, &server, other_pat, second);
    expect_token(&home, other_pat);
    say_store(&home, ways[i][0]);
    cli_line(&home, NULL, &left, NULL, "token -p p");
    cli_expect(&left, 8);
  }
}

/* The way out of a keyring that is gone, which its own message names. */
Test(login_store, leaves_a_keyring_that_is_gone)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome stays;
  AUTO_OUTCOME struct outcome moves;

  make(&home, &server);
  excuse_libsecret(&home);
  log_in(&home, &server, pat, "login $A -p p --pat=- --store keyring");
  cli_no_keyring(&home);
  cli_line(&home, &server, &stays, other_pat, "login -p p --pat=-");
  cli_expect(&stays, 12);
  cli_line(&home, &server, &moves, other_pat,
           "login -p p --pat=- --store file");
  cli_expect(&moves, 0);
  cli_has(moves.err, "warning: what the keyring may hold of 'p' is left there");
  expect_token(&home, other_pat);
}

/* --- what cannot be written ------------------------------------------------
 */

static void run_obeying_modes(const struct home *home, const char *api,
                              struct outcome *o)
{
  AUTO_STR char *path = program_fob();
  const char *const argv[] = {path,      "login",   api,    "-p", "p",
                              "--pat=-", "--store", "file", NULL};

  program_run(&(struct program_options){.argv = argv,
                                        .env = home->env,
                                        .input = other_pat,
                                        .in_child = cli_obey_modes},
              o);
}

static void forbid_profiles(const struct home *home, mode_t mode)
{
  AUTO_STR char *dir = home_path(home, "config/fob/profiles");

  cr_assert_eq(chmod(dir, mode), 0);
}

Test(login_store, keeps_the_old_credential_when_the_profile_cannot_be_written)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *file = NULL;

  make(&home, &server);
  log_in(&home, &server, pat, "login $A -p p --pat=- --store file");
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(profile, "description", json_string("changed"));
  json_object_del(profile, "grant"); /* the login has something to write */
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  forbid_profiles(&home, 0500);
  run_obeying_modes(&home, server.api, &o);
  cli_expect(&o, 1);
  cli_has(o.err, "p.json");
  forbid_profiles(&home, 0700);
  profile = cli_profile_read(&home, "p");
  json_object_set_new(profile, "grant", json_string("token"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  expect_token(&home, pat);
}

Test(login_store, keeps_nothing_of_a_new_profile_that_cannot_be_written)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_write(&home, "config/fob/profiles/other.json", 0600, "{\"schema\": 1}");
  forbid_profiles(&home, 0500);
  run_obeying_modes(&home, server.api, &o);
  cli_expect(&o, 1);
  cr_assert_not(home_has(&home, "data/fob/credentials/p"));
}

/* The profile is edited while the person is in the browser. */
Test(login_store, does_not_undo_what_was_edited_meanwhile)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome before;
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_login(&home, &server, "p");
  cli_line(&home, &server, &before, NULL, "token -p p");
  home_setenv(&home, "TEST_BROWSER_DELAY", "400");
  struct program *p = cli_line_start(
      &home, &server, TERMINAL_NONE,
      "login -p p --browser --scope 'openid api:read offline_access'");
  cr_assert(program_await(p, "/authorize?", 10000));
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(profile, "description", json_string("edited"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  program_finish(p, &o);
  cli_expect(&o, 1);
  cli_has(o.err, "changed by somebody else");
  expect_token(&home, before.out);
  AUTO_STR char *text = home_read(&home, "config/fob/profiles/p.json", NULL);
  cli_has(text, "edited");
}

/* Each has its own port and state; whoever comes last has it. */
Test(login_store, survives_logins_at_the_same_time, .timeout = 300)
{
  enum { LOGINS = 8 };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome token;
  AUTO_OUTCOME struct outcome request;
  struct program *programs[LOGINS];

  make(&home, &server);
  for (size_t i = 0; i < LOGINS; i++)
    programs[i] = cli_line_start(
        &home, &server, TERMINAL_NONE,
        "login --issuer $I -p p --api $A --client-id fob-demo --store file "
        "--browser");
  for (size_t i = 0; i < LOGINS; i++) {
    AUTO_OUTCOME struct outcome o;
    program_finish(programs[i], &o);
    cr_expect_eq(o.status, 0, "%d: %s", o.status, o.err);
  }
  cr_assert_eq(server_count(&server, "/token"), LOGINS);
  cli_line(&home, &server, &token, NULL, "token -p p");
  cli_expect(&token, 0);
  cli_line(&home, &server, &request, NULL, "request -p p /user");
  cli_expect(&request, 0);
}

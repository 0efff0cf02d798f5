/* Logging out where it is less plain: nothing stored, tokens of one's own,
 * stores that do not answer, --all, --purge. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static const char pat[] = "test-pat-not-real-0123456789\n";

static void make(struct home *home, struct server *server)
{
  home_make(home);
  cli_presets(home);
  home_setenv(home, "FOB_STORE", "file");
  server_start(server, NULL);
}

static void log_in(const struct home *home, const struct server *server,
                   const char *line)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, pat, line);
  cli_expect(&o, 0);
}

static void expect(const struct home *home, const char *line, int status,
                   const char *says)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, NULL, &o, NULL, line);
  cr_expect_eq(o.status, status, "%s: exit %d: %s", line, o.status, o.err);
  cr_expect_not_null(strstr(o.err, says), "%s: '%s' not in %s", line, says,
                     o.err);
  cr_expect_eq(o.out_len, 0, "%s: %s", line, o.out);
}

Test(logout_local, is_done_where_nothing_is_there)
{
  AUTO_HOME struct home home;

  home_make(&home);
  expect(&home, "logout", 0, "there is no profile");
  expect(&home, "logout --all", 0, "");
  expect(&home, "logout -p nosuch", 0, "there is no profile 'nosuch'");
  home_write(&home, "config/fob/profiles/p.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"file\"}");
  expect(&home, "logout", 0, "Nothing is stored for p.");
  home_setenv(&home, "FOB_PROFILE", "typo");
  expect(&home, "logout", 2, "FOB_PROFILE");
}

Test(logout_local, names_the_page_that_revokes_a_token_of_ones_own)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  home_write(&home, "config/fob/profiles/p.json", 0600,
             "{\"schema\": 1, \"api\": [\"%s\"], \"manage_url\": "
             "\"https://api.example.test/tokens\"}",
             server.api);
  log_in(&home, &server, "login -p p --pat=-");
  expect(&home, "logout -p p", 0,
         "Removed: the credential of p, from an encrypted file (key beside "
         "it).\n  The server cannot be told from here: it stays valid there "
         "until you revoke it at https://api.example.test/tokens\n");
  cr_assert_eq(server_count(&server, "/revoke"), 0);

  /* A preset's page is not that of another installation. */
  log_in(&home, &server, "login github --pat=- --api $A");
  expect(&home, "logout -p github", 0,
         "it stays valid there until it expires.");
}

Test(logout_local, does_not_forget_what_is_not_fobs)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  log_in(&home, &server, "login $A -p p --pat=-");
  home_setenv(&home, "FOB_TOKEN", "test-token-not-real-0");
  home_setenv(&home, "FOB_API", "%s", server.api);
  expect(&home, "logout", 2, "unset FOB_TOKEN");
  home_setenv(&home, "FOB_API", NULL);
  expect(&home, "logout -p p", 0, "warning: FOB_TOKEN is set");
  home_setenv(&home, "FOB_TOKEN", NULL);
  expect(&home, "token -p p", 8, "fob login -p p");
}

/* What cannot be read cannot be revoked, and that is said. */
Test(logout_local, removes_what_cannot_be_read)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  cli_login(&home, &server, "p");
  AUTO_STR char *file = home_path(&home, "data/fob/credentials/p");
  cr_assert_eq(truncate(file, 20), 0, "%m");
  expect(&home, "logout -p p --require-revoke", 12, "'p' is still logged in");
  cr_assert(home_has(&home, "data/fob/credentials/p"));
  expect(&home, "logout -p p", 12, "is removed from an encrypted file");
  cr_assert_not(home_has(&home, "data/fob/credentials/p"));

  cli_login(&home, &server, "p");
  cr_assert_eq(truncate(file, 20), 0, "%m");
  expect(&home, "logout -p p --local", 0, "Removed: the credential of p");
}

Test(logout_local, says_that_the_store_does_not_answer)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  home_setenv(&home, "FOB_STORE", NULL);
  log_in(&home, &server, "login $A -p p --pat=-");
  cli_no_keyring(&home);
  expect(&home, "logout -p p", 12, "keyring");
}

/* Every failure is told; the first decides. */
Test(logout_local, all_tells_each_failure)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_login(&home, &server, "b");
  cli_login(&home, &server, "c");
  home_write(&home, "config/fob/profiles/a.json", 0600, "%s", "{");
  home_write(&home, "config/fob/profiles/d.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"keyring\"}");
  cli_no_keyring(&home);
  server_order(&server, "{'next': {'path': '/revoke', 'times': 1, 'fault': "
                        "'status', 'status': 503}}");
  cli_line(&home, &server, &o, NULL, "--quiet logout --all");
  cli_expect(&o, 2);
  cli_has(o.err, "a.json");
  cli_has(o.err, "503");
  cli_has(o.err, "keyring");
  expect(&home, "token -p c", 8, "fob login -p c");
}

Test(logout_local, purge_leaves_nothing_of_a_profile)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  cli_login(&home, &server, "p");
  home_write(&home, "config/fob/config.json", 0600, "%s",
             "{\"default_profile\": \"p\"}");
  expect(&home, "logout --purge", 0, "Removed: profile p");
  cr_assert_not(home_has(&home, "config/fob/profiles/p.json"));
  cr_assert_not(home_has(&home, "data/fob/credentials/p"));
  AUTO_STR char *config = home_read(&home, "config/fob/config.json", NULL);
  cli_has(config, "!default_profile");

  home_setenv(&home, "XDG_CONFIG_DIRS", "%s/etc", home.dir);
  home_write(&home, "etc/fob/profiles/org.json", 0644, "%s",
             "{\"schema\": 1, \"store\": \"file\"}");
  expect(&home, "logout -p org --purge", 0, "the profile 'org' stays");
}

/* A failed revocation keeps the profile too: there is something to try again.
 */
Test(logout_local, purge_keeps_what_could_not_be_revoked)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  cli_login(&home, &server, "p");
  server_stop(&server);
  expect(&home, "logout -p p --purge --require-revoke", 6,
         "'p' is still logged in");
  cr_assert(home_has(&home, "config/fob/profiles/p.json"));
  expect(&home, "logout -p p", 6, "but not revoked: cannot connect");
}

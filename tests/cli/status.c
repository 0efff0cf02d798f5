/* fob status: the table, --json, and what --check says by its exit status. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char pat[] = "test-pat-not-real-0123456789\n";
static const char secret[] = "test-secret-not-real\n";

static void make(struct home *home, struct server *server)
{
  home_make(home);
  cli_presets(home);
  server_start(server, NULL);
}

static void run(const struct home *home, const struct server *server,
                const char *input, const char *line)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, input, line);
  cli_expect(&o, 0);
}

/* Columns are as wide as what is in them, and ports differ: each run of blanks
 * becomes one. */
static char *squeezed(const char *text)
{
  char *copy = mem_str(text);
  char *to = copy;

  for (const char *at = text; *at != '\0'; at++)
    if (*at != ' ' || at[1] != ' ')
      *to++ = *at;
  *to = '\0';
  return copy;
}

static void expect_row(const char *table, const char *format, int port)
{
  AUTO_BUF struct buf row = BUF_INIT(BUF_LINE);

  for (; *format != '\0'; format++) {
    if (*format == '$')
      buf_printf(&row, "127.0.0.1:%d/api", port);
    else
      buf_putc(&row, *format);
  }
  cr_expect_not_null(strstr(table, buf_text(&row)), "'%s' is not in:\n%s",
                     buf_text(&row), table);
}

static void refuse_refresh(const struct home *home, const struct server *server,
                           const char *profile)
{
  AUTO_OUTCOME struct outcome o;

  server_order(server, "{'next': {'path': '/token', 'fault': 'status', "
                       "'status': 400, 'body': {'error': 'invalid_grant'}}}");
  fob(home, &o, "token", "-p", profile, "--force-refresh", NULL);
  cli_expect(&o, 8);
}

/* All kinds of rows: as CONTRACT §7 shows them. */
Test(status, shows_each_profile_and_what_it_needs, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  server_order(&server, "{'set': {'access_lifetime': 400000}}");
  cli_login(&home, &server, "acme");
  cli_login(&home, &server, "jira");
  run(&home, &server, pat, "login github --pat=- --api $A --store file");
  run(&home, &server, secret,
      "login $I -p deploy --api $A --client-credentials --client-id "
      "fob-service --client-secret-file - --store file");
  refuse_refresh(&home, &server, "jira");
  home_write(&home, "config/fob/profiles/broken.json", 0600, "%s", "{");
  home_write(&home, "config/fob/profiles/gone.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"keyring\", \"api\": "
             "[\"https://a-very-long-host-name.example.test/api/v2\", "
             "\"https://b.example.test\"]}");
  home_write(&home, "config/fob/profiles/new.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"file\"}");
  home_write(&home, "config/fob/config.json", 0600, "%s",
             "{\"default_profile\": \"acme\"}");
  cli_no_keyring(&home);
  size_t before = server_count(&server, NULL);
  cli_line(&home, &server, &o, NULL, "status");
  cli_expect(&o, 0);
  cr_assert_eq(o.err_len, 0, "%s", o.err);
  AUTO_STR char *table = squeezed(o.out);
  expect_row(table, "PROFILE ACCOUNT API TOKEN LOGIN STORE\n", server.port);
  expect_row(table,
             "acme * ann@example.test $ 4 days no end file (key beside it)",
             server.port);
  expect_row(table, "jira ann@example.test $ 4 days refused ", server.port);
  expect_row(table, "github ann $ 36", server.port);
  expect_row(table, " days until 2127-02-01 file (key beside it)\n",
             server.port);
  expect_row(table, "deploy client fob-service $ 4 days no end file",
             server.port);
  expect_row(table, "broken - - - profile unreadable -\n", server.port);
  expect_row(table,
             "gone - a-very-long-host-name.example.test/… +1 - no keyring "
             "keyring\n",
             server.port);
  expect_row(table, "new - - - none file (key beside it)\n", server.port);
  expect_row(table, "\n* used here, because it is default_profile.\n",
             server.port);
  expect_row(table, "\nnew: run fob login -p new\n", server.port);
  expect_row(table, "\nbroken: '", server.port);
  cli_has(table, "!jira: run"); /* its token is good for days yet */
  cr_assert_eq(server_count(&server, NULL), before);
}

Test(status, is_one_json_object_for_scripts)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_login(&home, &server, "acme");
  home_write(&home, "config/fob/profiles/new.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"file\"}");
  cli_line(&home, &server, &o, NULL, "status --json");
  cli_expect(&o, 0);
  json_t *root = json_loads(o.out, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(root, "%s", o.out);
  json_t *rows = json_object_get(root, "profiles");
  cr_assert_eq(json_array_size(rows), 2);
  json_t *acme = json_array_get(rows, 0), *none = json_array_get(rows, 1);
  static const char *const texts[][2] = {
      {"profile", "acme"},
      {"state", "ok"},
      {"account", "ann@example.test"},
      {"scope", "openid offline_access"},
      {"store", "file"},
      {"grant", "authorization_code"},
  };
  for (size_t i = 0; i < ARRAY_LEN(texts); i++)
    cr_expect_str_eq(json_string_value(json_object_get(acme, texts[i][0])),
                     texts[i][1], "%s", texts[i][0]);
  cr_assert_str_eq(json_string_value(json_object_get(acme, "issuer")),
                   server.issuer);
  cr_assert(json_is_true(json_object_get(acme, "renews")));
  cr_assert(json_is_null(json_object_get(acme, "error")));
  json_int_t left =
      json_integer_value(json_object_get(acme, "token_expires_at")) -
      time(NULL);
  cr_assert(left > 3500 && left <= 3600, "%lld", (long long)left);
  cr_assert_str_eq(json_string_value(json_object_get(none, "state")), "none");
  cr_assert_str_eq(json_string_value(json_object_get(none, "error")),
                   "no_credential");
  cr_assert(json_is_null(json_object_get(root, "why")));
  json_decref(root);
}

/* A terminal of 80 columns, with names that ask for more. */
Test(status, fits_a_terminal_by_shortening_the_api)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = program_fob();
  AUTO_STR char *script =
      mem_printf("stty cols 80; FOB_TOKEN=test-not-real-1 '%s' status", path);
  const char *const argv[] = {"sh", "-c", script, NULL};

  home_make(&home);
  home_setenv(&home, "NO_COLOR", "1");
  home_write(&home, "config/fob/profiles/a-long-name.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"file\", \"api\": "
             "[\"https://a-host-of-the-test.example.test/api\"]}");
  home_write(&home, "config/fob/profiles/b.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"file\", \"api\": "
             "[\"https://b.example.test/v1/of/it\"]}");
  program_run(&(struct program_options){.argv = argv,
                                        .env = home.env,
                                        .terminal = TERMINAL_ALL},
              &o);
  cli_expect(&o, 0);
  cli_has(o.err, "  a-host-of-the-test.ex…  ");
  cli_has(o.err, "  b.example.test/…  ");
  for (const char *line = o.err; *line != '\0'; line++) {
    size_t width = 0;
    for (; *line != '\n' && *line != '\0'; line++)
      width += (*line & 0xc0) != 0x80 && *line != '\r';
    cr_assert_leq(width, 80, "%s", o.err);
  }
}

/* --- which is used here --------------------------------------------------- */

Test(status, says_which_is_used_here_and_why)
{
  static const struct {
    const char *name, *value; /* of a variable */
    const char *line;
    const char *says;
  } rows[] = {
      {NULL, NULL, "status", "None is used here: say -p NAME"},
      {NULL, NULL, "status -p b", "* used here, because of -p.\n"},
      {"FOB_PROFILE", "a", "status", "* used here, because of FOB_PROFILE.\n"},
      {"FOB_PROFILE_FILE", "$H/ci.json", "status",
       "* used here, because of FOB_PROFILE_FILE.\n"},
      {"FOB_PROFILE_FILE", "$H/ci.json", "status", "\nci *"},
      {"FOB_PROFILE_FILE", "$H/ci.json", "status --json",
       "\"profile\": \"ci\""},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    home_make(&home);
    home_write(&home, "config/fob/profiles/a.json", 0600, "%s",
               "{\"schema\": 1, \"store\": \"file\"}");
    home_write(&home, "config/fob/profiles/b.json", 0600, "%s",
               "{\"schema\": 1, \"store\": \"file\"}");
    home_write(&home, "ci.json", 0600, "%s",
               "{\"schema\": 1, \"store\": \"file\"}");
    if (rows[i].name != NULL && rows[i].value[0] == '$')
      home_setenv(&home, rows[i].name, "%s%s", home.dir, rows[i].value + 2);
    else if (rows[i].name != NULL)
      home_setenv(&home, rows[i].name, "%s", rows[i].value);
    cli_line(&home, NULL, &o, NULL, rows[i].line);
    cli_expect(&o, 0);
    cli_has(o.out, rows[i].says);
  }
}

Test(status, shows_FOB_TOKEN_in_the_place_that_it_has)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome alone;
  AUTO_OUTCOME struct outcome check;
  AUTO_OUTCOME struct outcome beside;
  AUTO_OUTCOME struct outcome wrong;

  make(&home, &server);
  cli_no_keyring(&home);
  home_setenv(&home, "FOB_TOKEN", "test-token-not-real-0");
  home_setenv(&home, "FOB_API", "%s", server.api);
  cli_line(&home, &server, &alone, NULL, "status");
  cli_expect(&alone, 0);
  AUTO_STR char *table = squeezed(alone.out);
  expect_row(table, "FOB_API * - $ FOB_TOKEN - env\n", server.port);
  cli_has(table, "* used here, because of FOB_API.");
  cli_line(&home, &server, &check, NULL, "status --check --within 7d");
  cli_expect(&check, 0);

  home_setenv(&home, "FOB_API", NULL);
  home_write(&home, "config/fob/profiles/k.json", 0600,
             "{\"schema\": 1, \"store\": \"keyring\", \"api\": [\"%s\"]}",
             server.api);
  cli_line(&home, &server, &beside, NULL, "status -p k --json");
  cli_expect(&beside, 0);
  cli_has(beside.out, "\"from_env\": true");
  cli_has(beside.out, "\"state\": \"ok\"");

  home_setenv(&home, "FOB_API", "%s", server.api);
  home_setenv(&home, "FOB_PROFILE", "k");
  cli_line(&home, &server, &wrong, NULL, "status");
  cli_expect(&wrong, 2);
  cli_has(wrong.err, "FOB_API and FOB_PROFILE");
}

/* --- --check -------------------------------------------------------------- */

static void expect_check(const struct home *home, const char *line, int status,
                         const char *says)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, NULL, &o, NULL, line);
  cr_expect_eq(o.status, status, "%s: exit %d: %s", line, o.status, o.err);
  cr_expect_not_null(strstr(o.err, says), "%s: %s", line, o.err);
  cr_expect_eq(o.out_len, 0, "%s: %s", line, o.out);
}

Test(status, tells_scripts_whether_a_person_is_needed, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  cli_login(&home, &server, "p");
  expect_check(&home, "status --check", 0, "");
  expect_check(&home, "status --check --within 300d", 0, "");
  expect_check(&home, "status --check -p nosuch", 2, "no profile 'nosuch'");

  run(&home, &server, NULL,
      "login $I -p short --api $A --client-id fob-demo --browser --store file "
      "--scope 'openid api:read' --no-offline");
  expect_check(&home, "status --check -p p", 0, "");
  expect_check(&home, "status --check", 2, "several profiles");

  server_order(&server, "{'set': {'refresh_tokens': false}}");
  run(&home, &server, NULL, "login -p short --browser");
  expect_check(&home, "status --check -p short", 0, "");
  expect_check(&home, "status --check -p short --within 2h", 8, "ends at 20");
  server_order(&server, "{'set': {'access_lifetime': 1}}");
  run(&home, &server, NULL, "login -p short --browser");
  usleep(1100000);
  expect_check(&home, "status --check -p short", 8, "it has expired");
  expect_check(&home, "status --check -p short", 8, "fob login -p short");

  run(&home, &server, NULL, "logout -p short");
  expect_check(&home, "status --check -p short", 8, "no credential");
}

Test(status, tells_what_it_cannot_tell)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  cli_login(&home, &server, "p");
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(profile, "issuer", json_string("http://127.0.0.1:9"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  expect_check(&home, "status --check -p p", 8, "fob profile trust p");

  AUTO_STR char *file = home_path(&home, "data/fob/credentials/p");
  home_write(&home, "config/fob/profiles/broken.json", 0600, "%s", "{");
  home_write(&home, "config/fob/profiles/k.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"keyring\"}");
  expect_check(&home, "status --check -p broken", 2, "broken.json");
  cli_no_keyring(&home);
  expect_check(&home, "status --check -p k", 12, "keyring");
  cr_assert_eq(truncate(file, 10), 0, "%m");
  expect_check(&home, "status --check -p p", 12, "p");
}

/* A refused refresh token serves as long as its last access token. */
Test(status, knows_a_refused_login_from_one_that_renews)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_login(&home, &server, "p");
  cli_expire(&home, &server, "p");
  refuse_refresh(&home, &server, "p");
  expect_check(&home, "status --check", 8, "the server has refused");
  cli_line(&home, &server, &o, NULL, "status");
  cli_expect(&o, 0);
  AUTO_STR char *table = squeezed(o.out);
  cli_has(table, " expired refused ");
  cli_has(table, "p: run fob login -p p\n");
}

/* Whoever is at the terminal, it asks nobody. */
Test(status, asks_nobody)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  cli_no_keyring(&home);
  home_write(&home, "config/fob/profiles/k.json", 0600, "%s",
             "{\"schema\": 1, \"store\": \"keyring\"}");
  program_finish(cli_line_start(&home, NULL, TERMINAL_ALL, "status"), &o);
  cli_expect(&o, 0);
  cr_assert_leq(o.ms, 5000);
}

/* What is in files of the user's or comes from servers is shown, not obeyed. */
Test(status, shows_labels_without_obeying_them)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  server_order(&server, "{'set': {'account': {'sub': 'user-1', 'email': "
                        "'ann\\u202e@example.test'}}}");
  cli_login(&home, &server, "p");
  cli_line(&home, &server, &o, NULL, "status");
  cli_expect(&o, 0);
  cli_has(o.out, "ann\\u{202e}@example.test");
  cli_has(o.out, "!\xe2\x80\xae");
}

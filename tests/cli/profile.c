/* fob profile, as a user types it. */
#include "base/file.h"
#include "base/mem.h"
#include "support/home.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char token[] = "test-token-not-real-0123456789";

/* A home with the presets as the source has them, and a key for the file
 * store. */
static void make(struct home *home)
{
  char presets[PATH_MAX];
  AUTO_STR char *fob_dir = NULL;
  AUTO_STR char *link = NULL;

  home_make(home);
  fob_dir = home_path(home, "data/fob");
  link = home_path(home, "data/fob/presets");
  cr_assert_not_null(realpath("src/profile/presets", presets));
  cr_assert_eq(mkdir(fob_dir, 0700), 0);
  cr_assert_eq(symlink(presets, link), 0);
  home_setenv(home, "FOB_STORE_KEY", "%064d", 1);
}

static void expect(const struct outcome *o, int status, const char *out,
                   const char *err)
{
  cr_expect_eq(o->status, status, "status %d: %s%s", o->status, o->out, o->err);
  if (out != NULL)
    cr_expect_not_null(strstr(o->out, out), "'%s' is not in:\n%s", out, o->out);
  if (err != NULL)
    cr_expect_not_null(strstr(o->err, err), "'%s' is not in:\n%s", err, o->err);
}

/* A profile with a stored token for a base that nothing listens at. */
static void log_in(const struct home *home)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *file = home_path(home, "token.txt");
  AUTO_STR char *option = mem_printf("--pat=%s", file);

  home_write(home, "token.txt", 0600, "%s\n", token);
  fob(home, &o, "login", "http://127.0.0.1:9/api", "-p", "acme", option,
      "--store", "file", NULL);
  expect(&o, 0, NULL, "acme");
}

Test(profile_command, makes_and_changes_profiles)
{
  static const struct {
    const char *words[6];
    int status;
    const char *err, *file; /* what the file then holds; NULL: none */
  } rows[] = {
      {{"set"}, 2, "needs a profile's name", NULL},
      {{"set", "acme"}, 2, "needs something to change", NULL},
      {{"set", "a/b", "store=file"}, 2, "cannot be a profile's name", NULL},
      {{"set", "acme", "store"}, 2, "MEMBER=VALUE", NULL},
      {{"set", "acme", "nope=1"}, 2, "no member 'nope'", NULL},
      {{"set", "acme", "preset=githb"}, 2, "no preset 'githb'", NULL},
      {{"set", "acme", "api=https://[x]/"}, 2, "api", NULL},
      {{"set", "acme", "preset=gitlab", "client.id=x"},
       0,
       "Made: profile acme",
       "{\n  \"schema\": 1,\n  \"preset\": \"gitlab\",\n  \"client\": {\n"
       "    \"id\": \"x\"\n  }\n}\n"},
      {{"set", "acme", "scope", "read_api", "openid"},
       0,
       "Saved: profile acme",
       "\"scope\": [\n    \"read_api\",\n    \"openid\"\n  ]"},
      {{"set", "-p", "acme", "store", "file"}, 0, NULL, "\"store\": \"file\""},
      {{"set", "acme", "api+=https://b.example"},
       0,
       "fob profile trust acme",
       "\"https://gitlab.com/api/v4\",\n    \"https://b.example\""},
      {{"set", "acme", "grant=none"}, 2, "grant must be", "\"gitlab\""},
      {{"set", "--quiet", "acme", "scope="}, 0, NULL, "\"gitlab\""},
  };
  AUTO_HOME struct home home;

  make(&home);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    const char *const *w = rows[i].words;
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *file = NULL;
    size_t len;
    fob(&home, &o, "profile", w[0], w[1], w[2], w[3], w[4], NULL);
    expect(&o, rows[i].status, NULL, rows[i].err);
    cr_expect_str_eq(o.out, "");
    file = home_read(&home, "config/fob/profiles/acme.json", &len);
    if (rows[i].file == NULL)
      cr_expect_null(file, "row %zu made a file", i);
    else
      cr_expect(file != NULL && strstr(file, rows[i].file) != NULL,
                "row %zu: %s", i, file);
  }
}

Test(profile_command, never_repeats_a_secret)
{
  static const char *const words[] = {
      "token=test-token-not-real-0123456789",
      "client_secret=test-token-not-real-0123456789",
      "description=ghp_test-token-not-real-0123456789",
      "headers.Authorization=Bearer test-token-not-real-0123456789",
      "client.secret:={\"from\":\"test-token-not-real-0123456789-0123456789-"
      "x\"}",
      "test-token-not-real-0123456789-ABCDEF-0123456789",
  };
  AUTO_HOME struct home home;

  make(&home);
  for (size_t i = 0; i < ARRAY_LEN(words); i++) {
    AUTO_OUTCOME struct outcome o;
    fob(&home, &o, "-v", "profile", "set", "acme", words[i], NULL);
    cr_expect_eq(o.status, 2, "%s: %s", words[i], o.err);
    cr_expect_null(strstr(o.err, "not-real"), "%s", o.err);
    cr_expect_not(home_has(&home, "config/fob/profiles/acme.json"));
  }
}

Test(profile_command, lists_them_and_says_which_is_used_here)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome table;
  AUTO_OUTCOME struct outcome json;
  AUTO_OUTCOME struct outcome named;

  make(&home);
  fob(&home, &none, "profile", "list", NULL);
  expect(&none, 0, "No profile yet", NULL);
  home_write(&home, "config/fob/profiles/gh.json", 0644,
             "{\"preset\":\"github\",\"store\":\"keyring\"}");
  home_write(&home, "config/fob/profiles/acme.json", 0644,
             "{\"api\":[\"https://a.example\",\"https://b.example\"]}");
  home_write(&home, "config/fob/profiles/bad.json", 0644, "{\"grant\":7}");
  home_write(&home, "config/fob/config.json", 0644,
             "{\"default_profile\":\"gh\"}");

  fob(&home, &table, "profile", "list", NULL);
  expect(&table, 0,
         "PROFILE  API                     GRANT               PRESET  STORE\n"
         "acme     https://a.example +1    authorization_code  -       -\n"
         "bad      cannot be read          -                   -       -\n"
         "gh *     https://api.github.com  token               github  "
         "keyring\n"
         "* gh is used here, because it is default_profile.\n"
         "bad: '",
         NULL);

  fob(&home, &json, "profile", "list", "--json", NULL);
  json_t *object = json_loads(json.out, 0, NULL);
  json_t *rows = json_object_get(object, "profiles");
  cr_assert_eq(json_array_size(rows), 3);
  cr_expect(
      json_is_true(json_object_get(json_array_get(rows, 2), "used_here")));
  cr_expect_str_eq(
      json_string_value(json_object_get(json_array_get(rows, 1), "error")),
      "profile_invalid");
  cr_expect_str_eq(json_string_value(json_object_get(object, "why")),
                   "default_profile");
  json_decref(object);

  home_setenv(&home, "FOB_PROFILE", "acme");
  fob(&home, &named, "profile", "list", NULL);
  expect(&named, 0, "* acme is used here, because of FOB_PROFILE.\n", NULL);
}

Test(profile_command, shows_the_file_the_sum_and_the_sources)
{
  static const char file[] = "{\"preset\":\"github\",\n\n\"x-a\":1}\n";
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome as_is;
  AUTO_OUTCOME struct outcome resolved;
  AUTO_OUTCOME struct outcome members;
  AUTO_OUTCOME struct outcome wrong;
  AUTO_OUTCOME struct outcome broken;

  make(&home);
  home_write(&home, "config/fob/profiles/gh.json", 0644, "%s", file);
  fob(&home, &as_is, "profile", "show", "gh", "--json", NULL);
  cr_expect_str_eq(as_is.out, file);
  fob(&home, &resolved, "profile", "show", "--resolved", NULL);
  json_t *object = json_loads(resolved.out, 0, NULL);
  cr_assert_not_null(object);
  cr_expect_str_eq(json_string_value(json_object_get(object, "dpop")), "off");
  json_decref(object);
  fob(&home, &members, "profile", "show", "-p", "gh", NULL);
  expect(&members, 0, "account.path", NULL);
  cr_expect_not_null(strstr(members.out, "preset github\n"));
  fob(&home, &wrong, "profile", "show", "gh", "--json", "--resolved", NULL);
  expect(&wrong, 2, NULL, "exclude each other");

  /* What is wrong can be looked at. */
  home_write(&home, "config/fob/profiles/gh.json", 0644, "{\"grant\":7}");
  fob(&home, &broken, "profile", "show", "gh", "--json", NULL);
  expect(&broken, 0, "{\"grant\":7}", NULL);
}

Test(profile_command, removes_no_profile_with_a_credential)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome refused;
  AUTO_OUTCOME struct outcome both;
  AUTO_OUTCOME struct outcome def;
  AUTO_OUTCOME struct outcome removed;
  AUTO_OUTCOME struct outcome again;
  AUTO_OUTCOME struct outcome no_default;

  make(&home);
  log_in(&home);
  fob(&home, &def, "profile", "default", "acme", NULL);
  expect(&def, 0, NULL, "acme is the default profile");
  fob(&home, &refused, "profile", "remove", "acme", NULL);
  expect(&refused, 2, NULL, "fob profile remove acme --logout");
  cr_expect(home_has(&home, "config/fob/profiles/acme.json"));
  fob(&home, &both, "profile", "remove", "acme", "--logout", "--local", NULL);
  expect(&both, 2, NULL, "exclude each other");

  fob(&home, &removed, "profile", "remove", "acme", "--local", NULL);
  expect(&removed, 0, NULL, "Removed: profile acme");
  cr_expect_not(home_has(&home, "config/fob/profiles/acme.json"));
  cr_expect_not(home_has(&home, "data/fob/credentials/acme"));
  fob(&home, &no_default, "profile", "default", NULL);
  expect(&no_default, 0, NULL, "no default profile");
  cr_expect_str_eq(no_default.out, "");
  fob(&home, &again, "profile", "remove", "acme", NULL);
  expect(&again, 0, NULL, "no profile 'acme'");
}

Test(profile_command, removes_a_profile_that_was_never_logged_in_to)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome file;
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome system;

  make(&home);
  home_write(&home, "config/fob/profiles/a.json", 0644, "{\"store\":\"file\"}");
  fob(&home, &file, "profile", "remove", "a", NULL);
  expect(&file, 0, NULL, "Removed: profile a");
  /* No keyring answers here, and none was ever chosen. */
  home_write(&home, "config/fob/profiles/b.json", 0644, "{}");
  home_setenv(&home, "SECRET_BACKEND", NULL);
  fob(&home, &none, "profile", "remove", "b", NULL);
  expect(&none, 0, NULL, "Removed: profile b");

  home_write(&home, "xdg/fob/profiles/s.json", 0644, "{}");
  fob(&home, &system, "profile", "remove", "s", NULL);
  expect(&system, 2, NULL, "read-only");
}

Test(profile_command, trusts_a_changed_profile_when_told_to)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome same;
  AUTO_OUTCOME struct outcome set;
  AUTO_OUTCOME struct outcome denied;
  AUTO_OUTCOME struct outcome nobody;
  AUTO_OUTCOME struct outcome yes;
  AUTO_OUTCOME struct outcome given;

  make(&home);
  log_in(&home);
  fob(&home, &same, "profile", "trust", "acme", NULL);
  expect(&same, 0, NULL, "nothing to agree to");
  fob(&home, &set, "profile", "set", "acme", "api+=http://127.0.0.1:10", NULL);
  expect(&set, 0, NULL, "fob profile trust acme");
  fob(&home, &denied, "token", "-p", "acme", "http://127.0.0.1:10/x", NULL);
  expect(&denied, 11, NULL, "fob profile trust acme");
  cr_expect_str_eq(denied.out, "");

  fob(&home, &nobody, "profile", "trust", "acme", NULL);
  expect(&nobody, 11, NULL, "now  http://127.0.0.1:10");
  cr_expect_not_null(strstr(nobody.err, "--yes"));
  fob(&home, &yes, "profile", "trust", "acme", "--yes", NULL);
  expect(&yes, 0, NULL, "now  http://127.0.0.1:10");
  fob(&home, &given, "token", "-p", "acme", "http://127.0.0.1:10/x", NULL);
  expect(&given, 0, token, NULL);
}

Test(profile_command, asks_before_it_trusts)
{
  static const struct {
    const char *answer;
    int status;
  } rows[] = {{"n\n", 11}, {"\n", 11}, {"y\n", 0}};
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome set;

  make(&home);
  log_in(&home);
  fob(&home, &set, "profile", "set", "acme", "api+=http://127.0.0.1:10", NULL);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    struct program *program =
        fob_start(&home, TERMINAL_ALL, "profile", "trust", "acme", NULL);
    cr_assert(program_await(program, "[y/N]", 5000));
    program_type(program, rows[i].answer);
    program_finish(program, &o);
    cr_expect_eq(o.status, rows[i].status, "%s: %s", rows[i].answer, o.err);
    cr_expect_not_null(strstr(o.err, "http://127.0.0.1:10"), "%s", o.err);
  }
}

Test(profile_command, needs_a_credential_to_trust_it)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome unknown;

  make(&home);
  home_write(&home, "config/fob/profiles/a.json", 0644, "{\"store\":\"file\"}");
  fob(&home, &none, "profile", "trust", "a", NULL);
  expect(&none, 8, NULL, "fob login -p a");
  fob(&home, &unknown, "profile", "trust", "b", NULL);
  expect(&unknown, 2, NULL, "no profile 'b'");
}

Test(profile_command, keeps_a_default_that_exists)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome unknown;
  AUTO_OUTCOME struct outcome set;
  AUTO_OUTCOME struct outcome shown;
  AUTO_OUTCOME struct outcome unset;
  AUTO_OUTCOME struct outcome both;
  AUTO_STR char *config = NULL;
  size_t len;

  make(&home);
  home_write(&home, "config/fob/profiles/a.json", 0644, "{}");
  fob(&home, &unknown, "profile", "default", "b", NULL);
  expect(&unknown, 2, NULL, "no profile 'b'");
  fob(&home, &set, "profile", "default", "a", NULL);
  expect(&set, 0, NULL, NULL);
  fob(&home, &shown, "profile", "default", NULL);
  cr_expect_str_eq(shown.out, "a\n");
  fob(&home, &both, "profile", "default", "a", "--unset", NULL);
  expect(&both, 2, NULL, "--unset");
  fob(&home, &unset, "profile", "default", "--unset", NULL);
  expect(&unset, 0, NULL, NULL);
  config = home_read(&home, "config/fob/config.json", &len);
  cr_expect_str_eq(config, "{}\n");
}

Test(profile_command, says_what_it_does_not_understand)
{
  static const char *const commands[] = {"list", "remove", "default", "trust",
                                         "show"};
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome group;
  AUTO_OUTCOME struct outcome unknown;

  make(&home);
  for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
    AUTO_OUTCOME struct outcome o;
    fob(&home, &o, "profile", commands[i], "a", "b", "c", NULL);
    expect(&o, 2, NULL, "does not know what to do with");
  }
  fob(&home, &group, "profile", NULL);
  expect(&group, 2, NULL, "fob profile --help");
  fob(&home, &unknown, "profile", "lst", NULL);
  expect(&unknown, 2, NULL, "did you mean  fob profile list");
}

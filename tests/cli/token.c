/* What `fob token` prints, and that it prints a token or nothing. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void setup(struct home *home, struct server *server)
{
  home_make(home);
  server_start(server, NULL);
  cli_login(home, server, "p");
}

Test(token, is_one_line)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  fob(&home, &o, "token", NULL);
  cli_expect(&o, 0);
  cr_assert_eq(strncmp(o.out, "access-not-real-", 16), 0, "%s", o.out);
  cr_assert_eq(strchr(o.out, '\n'), o.out + o.out_len - 1);
  cr_assert_eq(o.err_len, 0, "%s", o.err);
}

Test(token, comes_as_a_header_line)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome token;
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  fob(&home, &token, "token", NULL);
  fob(&home, &o, "token", "--header", NULL);
  cli_expect(&o, 0);
  AUTO_STR char *want = mem_printf("Authorization: Bearer %s", token.out);
  cr_assert_str_eq(o.out, want);
}

Test(token, comes_as_json)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome token;
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  fob(&home, &token, "token", NULL);
  fob(&home, &o, "token", "--json", NULL);
  cli_expect(&o, 0);
  json_t *json = json_loads(o.out, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(json, "%s", o.out);
  const char *value = json_string_value(json_object_get(json, "access_token"));
  cr_assert_not_null(value);
  cr_assert_eq(strncmp(value, token.out, token.out_len - 1), 0);
  cr_assert_str_eq(json_string_value(json_object_get(json, "profile")), "p");
  cr_assert_str_eq(json_string_value(json_object_get(json, "issuer")),
                   server.issuer);
  cr_assert_str_eq(json_string_value(json_object_get(json, "token_type")),
                   "Bearer");
  json_int_t left =
      json_integer_value(json_object_get(json, "expires_at")) - time(NULL);
  cr_assert(left > 3500 && left <= 3600, "%lld s left", (long long)left);
  cr_assert_not_null(json_object_get(json, "expires"));
  json_decref(json);
}

Test(token, is_refreshed_for_a_minimum_and_refused_when_that_is_too_much)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  fob(&home, &o, "token", "--min-valid", "30m", NULL);
  cli_expect(&o, 0);
  cr_assert_eq(cli_refreshes(&server), 0);
  outcome_clear(&o);
  fob(&home, &o, "token", "--min-valid", "2h", NULL);
  cli_expect(&o, 13);
  cr_assert_eq(o.out_len, 0);
  cr_assert_not_null(strstr(o.err, "60 min"), "%s", o.err);
  cr_assert_eq(cli_refreshes(&server), 1);
}

/* Whatever asks, a login is needed, and the line to paste is there. */
Test(token, never_starts_a_login_of_its_own)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  fob(&home, &o, "logout", "-p", "p", "--local", NULL);
  cli_expect(&o, 0);
  outcome_clear(&o);
  size_t before = server_count(&server, NULL);
  fob(&home, &o, "token", NULL);
  cli_expect(&o, 8);
  cr_assert_not_null(strstr(o.err, "fob login -p p"), "%s", o.err);
  cr_assert_eq(server_count(&server, NULL), before);
}

Test(token, a_lost_byte_is_no_success)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = program_fob();
  const char *const argv[] = {path, "token", NULL};
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

  setup(&home, &server);
  cr_assert_geq(full, 0);
  program_run(
      &(struct program_options){.argv = argv, .env = home.env, .out_fd = full},
      &o);
  cli_expect(&o, 1);
  close(full);
}

Test(token, ends_by_SIGPIPE_like_any_filter)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = program_fob();
  const char *const argv[] = {path, "token", NULL};
  int ends[2];

  setup(&home, &server);
  cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
  close(ends[0]);
  program_run(&(struct program_options){.argv = argv,
                                        .env = home.env,
                                        .out_fd = ends[1]},
              &o);
  cr_assert_eq(o.signal, SIGPIPE, "exit %d: %s", o.status, o.err);
  close(ends[1]);
}

static void close_standard(void)
{
  close(0);
  close(1);
  close(2);
}

/* With 0 to 2 closed, the credential file must not become standard output. */
Test(token, does_no_harm_without_standard_descriptors)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome after;
  AUTO_STR char *path = program_fob();
  const char *const argv[] = {path, "token", "--force-refresh", NULL};

  setup(&home, &server);
  program_run(&(struct program_options){.argv = argv,
                                        .env = home.env,
                                        .in_child = close_standard},
              &o);
  cr_assert_eq(o.signal, 0);
  fob(&home, &after, "token", NULL);
  cli_expect(&after, 0);
  cr_assert_eq(strncmp(after.out, "access-not-real-", 16), 0);
}

Test(token, errors_can_be_json)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  home_write(&home, "config/fob/profiles/p.json", 0600,
             "{\"schema\": 1, \"api\": [\"https://api.example.test\"]}");
  fob(&home, &o, "token", "-p", "p", "--error-format", "json", NULL);
  cli_expect(&o, 8);
  json_t *json = json_loads(o.err, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(json, "%s", o.err);
  cr_assert_str_eq(json_string_value(json_object_get(json, "name")),
                   "no_credential");
  json_decref(json);
}

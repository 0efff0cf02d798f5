/* Logging out: revoked at the server first, then forgotten, and honest about
 * what did not work. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_gone(const struct home *home, const char *profile)
{
  AUTO_OUTCOME struct outcome o;

  fob(home, &o, "token", "-p", profile, NULL);
  cli_expect(&o, 8);
  cr_assert_eq(o.out_len, 0);
}

static void expect_there(const struct home *home, const char *profile)
{
  AUTO_OUTCOME struct outcome o;

  fob(home, &o, "token", "-p", profile, NULL);
  cli_expect(&o, 0);
}

/* The revocations that the server saw, in order: "refresh access". */
static char *revoked(const struct server *server)
{
  json_t *requests = server_journal(server, "/revoke");
  char *list = mem_str("");
  size_t i;
  json_t *entry;

  json_array_foreach(requests, i, entry)
  {
    const char *token = json_string_value(
        json_object_get(json_object_get(entry, "form"), "token"));
    char *longer = mem_printf("%s%s%.*s", list, *list ? " " : "",
                              (int)strcspn(token + 1, " ]"), token + 1);
    mem_free(list);
    list = longer;
  }
  json_decref(requests);
  return list;
}

Test(logout, revokes_the_refresh_token_first)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  fob(&home, &o, "logout", "-p", "p", NULL);
  cli_expect(&o, 0);
  AUTO_STR char *list = revoked(&server);
  cr_assert_str_eq(list, "refresh access");
  expect_gone(&home, "p");
  outcome_clear(&o);
  fob(&home, &o, "logout", "-p", "p", NULL);
  cli_expect(&o, 0); /* what is not there is logged out */
  cr_assert_eq(server_count(&server, "/revoke"), 2);
}

static const struct {
  const char *fault;
  int status;
} failures[] = {
    {"'fault': 'status', 'status': 503", 5},
    {"'fault': 'cut'", 6},
    {"'fault': 'status', 'status': 307, 'headers': {'Location': "
     "'http://127.0.0.1:1/'}",
     13},
};

Test(logout, forgets_and_says_so_when_the_server_fails, .timeout = 300)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    home_make(&home);
    cli_login(&home, &server, "p");
    server_order(&server, "{'next': {'path': '/revoke', 'times': 2, %s}}",
                 failures[i].fault);
    fob(&home, &o, "logout", "-p", "p", NULL);
    cli_expect(&o, failures[i].status);
    cr_assert_gt(o.err_len, 0);
    expect_gone(&home, "p");
    server_reset(&server);
  }
}

Test(logout, keeps_the_login_when_revoking_is_required_and_fails)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  server_order(&server, "{'next': {'path': '/revoke', 'times': -1, 'fault': "
                        "'status', 'status': 503}}");
  fob(&home, &o, "logout", "-p", "p", "--require-revoke", NULL);
  cli_expect(&o, 5);
  expect_there(&home, "p");
}

Test(logout, local_asks_no_server)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  size_t before = server_count(&server, NULL);
  fob(&home, &o, "logout", "-p", "p", "--local", NULL);
  cli_expect(&o, 0);
  cr_assert_eq(server_count(&server, NULL), before);
  expect_gone(&home, "p");
}

Test(logout, all_goes_on_past_a_failure)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "a");
  cli_login(&home, &server, "b");
  cli_login(&home, &server, "c");
  server_order(&server, "{'next': {'path': '/revoke', 'times': 2, 'fault': "
                        "'status', 'status': 503}}");
  fob(&home, &o, "logout", "--all", NULL);
  cli_expect(&o, 5);
  expect_gone(&home, "a");
  expect_gone(&home, "b");
  expect_gone(&home, "c");
  AUTO_STR char *list = revoked(&server);
  cr_assert_not_null(strstr(list, "refresh access refresh access"), "%s", list);
}

Test(logout, revokes_where_the_server_publishes_no_endpoint_nothing)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  server_order(&server, "{'set': {'patch': {'metadata': "
                        "{'revocation_endpoint': null}}}}");
  cli_login(&home, &server, "p");
  fob(&home, &o, "logout", "-p", "p", NULL);
  cli_expect(&o, 0);
  cr_assert_eq(server_count(&server, "/revoke"), 0);
  expect_gone(&home, "p");
}

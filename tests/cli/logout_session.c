/* fob logout --end-session: the browser goes to the provider, and the ID token
 * by no way that others see. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static void setup(struct home *home, struct server *server, const char *set,
                  const char *back)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
  server_order(server, "{'set': %s}", set);
  cli_login(home, server, "p");
  if (back == NULL)
    return;
  json_t *profile = cli_profile_read(home, "p");
  json_t *login = json_object_get(profile, "login");
  if (login == NULL) {
    login = json_object();
    json_object_set_new(profile, "login", login);
  }
  json_object_set_new(login, "post_logout_redirect_uri", json_string(back));
  cli_profile_write(home, "p", profile);
  json_decref(profile);
}

static void expect_gone(const struct home *home)
{
  AUTO_OUTCOME struct outcome o;

  fob(home, &o, "token", "-p", "p", NULL);
  cli_expect(&o, 8);
}

/* Of the first request to the end-session endpoint; mem_free. */
static char *sent(const struct server *server, const char *name)
{
  json_t *journal = server_journal(server, "/end-session");
  const json_t *params = json_object_get(json_array_get(journal, 0), "query");
  char *text = mem_str(json_string_value(json_object_get(params, name)));

  json_decref(journal);
  return text;
}

/* Neither in the arguments of the browser nor in what fob says. */
static void must_hide_id_tokens(const struct home *home,
                                const struct server *server,
                                const struct outcome *o)
{
  json_t *secrets = server_secrets(server);
  AUTO_STR char *log = home_read(home, "browser.log", NULL);
  const char *value;
  json_t *what;
  size_t seen = 0;

  json_object_foreach(secrets, value, what)
  {
    if (strcmp(json_string_value(what), "ID token") != 0)
      continue;
    seen++;
    cr_expect_null(strstr(o->out, value), "%s", o->out);
    cr_expect_null(strstr(o->err, value), "%s", o->err);
    for (const char *line = log; line != NULL && *line != '\0';) {
      const char *argv = strstr(line, "\"argv\":[");
      const char *end = argv != NULL ? strchr(argv, ']') : NULL;
      if (end == NULL)
        break;
      cr_expect_null(memmem(argv, (size_t)(end - argv), value, strlen(value)));
      line = strchr(end, '\n');
    }
  }
  cr_expect_geq(seen, 1);
  json_decref(secrets);
}

Test(logout_session, sends_the_browser_with_the_hint_and_waits_for_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}", "http://127.0.0.1/logout");
  cli_line(&home, &server, &o, NULL, "logout --end-session");
  cli_expect(&o, 0);
  cli_has(o.err, "Logged out: p, revoked");
  cli_has(o.err, "Ended: the session of p");
  cr_expect_eq(server_count(&server, "/revoke"), 2);
  cr_expect_eq(server_count(&server, "/end-session"), 2); /* page and answer */
  AUTO_STR char *hint = sent(&server, "id_token_hint");
  cr_expect_not_null(hint);
  AUTO_STR char *client = sent(&server, "client_id");
  cr_expect_str_eq(client != NULL ? client : "", "fob-demo");
  AUTO_STR char *state = sent(&server, "state");
  cr_expect(state != NULL);
  must_hide_id_tokens(&home, &server, &o);
  expect_gone(&home);
}

Test(logout_session, only_opens_the_browser_where_nothing_comes_back)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}", NULL);
  cli_line(&home, &server, &o, NULL, "logout --end-session");
  cli_expect(&o, 0);
  cr_expect(server_await(&server, "/end-session", 2, 5000));
  AUTO_STR char *hint = sent(&server, "id_token_hint");
  cr_expect_not_null(hint);
  AUTO_STR char *back = sent(&server, "post_logout_redirect_uri");
  cr_expect_null(back);
  AUTO_STR char *state = sent(&server, "state");
  cr_expect_null(state);
  must_hide_id_tokens(&home, &server, &o);
  expect_gone(&home);
}

Test(logout_session, shows_the_address_where_there_is_no_browser)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}", "http://127.0.0.1/logout");
  home_setenv(&home, "BROWSER", "none");
  cli_line(&home, &server, &o, NULL, "logout --end-session");
  cli_expect(&o, 0);
  AUTO_STR char *url =
      mem_printf("%s/end-session?client_id=fob-demo\n", server.base);
  cli_has(o.err, url);
  must_hide_id_tokens(&home, &server, &o);
  expect_gone(&home);
}

static const struct {
  const char *set, *says;
} returns[] = {
    {"{'patch': {'logout': {'state': 'another'}}}", "another state"},
    {"{'patch': {'logout': {'state': null, 'x': 'y'}}}", "no state"},
    {"{'patch': {'logout': {'state': ''}}}", "no state"},
};

/* The login is gone whatever the browser brings; what is not known is said. */
Test(logout_session, believes_no_return_without_its_state, .timeout = 300)
{
  for (size_t i = 0; i < ARRAY_LEN(returns); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;

    setup(&home, &server, returns[i].set, "http://127.0.0.1/logout");
    cli_line(&home, &server, &o, NULL, "logout --end-session");
    cr_expect_eq(o.status, 13, "%s: exit %d: %s", returns[i].set, o.status,
                 o.err);
    cr_expect_not_null(strstr(o.err, returns[i].says), "%s: %s", returns[i].set,
                       o.err);
    cli_has(o.err, "'p' is logged out, but not at its server");
    cli_has(o.err, "!Ended:");
    expect_gone(&home);
  }
}

Test(logout_session, waits_for_no_browser_that_does_not_come)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}", NULL);
  home_setenv(&home, "TEST_BROWSER_MODE", "none");
  cli_line(&home, &server, &o, NULL, "logout --end-session --timeout 1s");
  cli_expect(&o, 7);
  expect_gone(&home);
  cr_assert_eq(server_count(&server, "/end-session"), 0);
}

Test(logout_session, is_said_where_there_is_none)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome again;
  AUTO_OUTCOME struct outcome both;

  setup(&home, &server,
        "{'patch': {'metadata': {'end_session_endpoint': null}}}", NULL);
  cli_line(&home, &server, &o, NULL, "logout --end-session");
  cli_expect(&o, 0);
  cli_has(o.err, "no address to end its server's session");
  expect_gone(&home);
  cli_line(&home, &server, &again, NULL, "logout --end-session");
  cli_expect(&again, 0);
  cli_has(again.err, "!no address");
  cli_line(&home, &server, &both, NULL, "logout --end-session --local");
  cli_expect(&both, 2);
}

/* A revocation that failed decides; the session is ended all the same. */
Test(logout_session, goes_on_past_a_failed_revocation)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server, "{}", "http://127.0.0.1/logout");
  server_order(&server, "{'next': {'path': '/revoke', 'fault': 'status', "
                        "'status': 503, 'times': -1}}");
  cli_line(&home, &server, &o, NULL, "logout --end-session");
  cli_expect(&o, 5);
  cli_has(o.err, "Ended: the session of p");
  expect_gone(&home);
}

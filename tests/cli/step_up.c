/* fob request where an API wants another login, or more scope: asked for on a
 * terminal, told anywhere else, and never more than two requests. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define GOLD "request step-up?acr=gold&max_age=60"

static void setup(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
  server_order(server, "{'set': {'auth_age': 1000}}");
  cli_login(home, server, "p");
  server_order(server, "{'set': {'auth_age': 0}}");
  server_reset(server);
}

/* A request on a terminal whose output is captured, and the answer that is
 * typed. */
static void ask(const struct home *home, const struct server *server,
                const char *line, const char *answer, struct outcome *ret)
{
  struct program *program =
      cli_line_start(home, server, TERMINAL_BUT_OUTPUT, line);

  cr_assert(program_await(program, "[y/N]", 10000));
  program_type(program, answer);
  program_finish(program, ret);
}

static char *profile_text(const struct home *home)
{
  return home_read(home, "config/fob/profiles/p.json", NULL);
}

Test(step_up_request, logs_in_as_demanded_and_sends_once_more)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome again;

  setup(&home, &server);
  AUTO_STR char *before = profile_text(&home);
  ask(&home, &server, GOLD, "y\n", &o);
  cli_expect(&o, 0);
  cli_has(o.out, "gold");
  cli_has(o.out, "!step up"); /* the first answer is forgotten */
  cli_has(o.err, "acr_values \"gold\", at most 60 s old");
  cli_has(o.err, "Logged in: p");
  cr_expect_eq(server_count(&server, "/api/step-up"), 2);
  json_t *journal = server_journal(&server, "/authorize");
  const json_t *query = json_object_get(json_array_get(journal, 0), "query");
  cr_expect_str_eq(json_string_value(json_object_get(query, "acr_values")),
                   "gold");
  cr_expect_str_eq(json_string_value(json_object_get(query, "max_age")), "60");
  json_decref(journal);
  /* The demand was the API's, not the profile's owner's. */
  AUTO_STR char *after = profile_text(&home);
  cr_expect_str_eq(after, before);
  cli_line(&home, &server, &again, NULL, GOLD);
  cli_expect(&again, 0);
}

Test(step_up_request, keeps_parameters_that_the_profile_has)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(
      profile, "params",
      json_pack("{s{ss ss}}", "authorize", "acr_values", "silver", "x", "y"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  ask(&home, &server, GOLD, "y\n", &o);
  cli_expect(&o, 0);
  profile = cli_profile_read(&home, "p");
  const json_t *params =
      json_object_get(json_object_get(profile, "params"), "authorize");
  cr_expect_eq(json_object_size(params), 2);
  cr_expect_str_eq(json_string_value(json_object_get(params, "acr_values")),
                   "silver");
  json_decref(profile);
}

Test(step_up_request, ends_after_two_for_an_api_that_is_never_content)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  ask(&home, &server, GOLD "&never=1", "y\n", &o);
  cli_expect(&o, 8);
  cr_expect_eq(server_count(&server, "/api/step-up"), 2);
  cr_expect_eq(server_count(&server, "/authorize"), 1);
  cli_has(o.err, "fob login -p p --acr-values gold --max-age 60s");
}

/* The new token is bound to a key of the new login. */
Test(step_up_request, proves_the_new_key_to_the_api)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome login;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  home_setenv(&home, "NO_COLOR", "1");
  server_start(&server, NULL);
  cli_line(&home, &server, &login, NULL,
           "login $I -p p --api $A --client-id fob-demo --store file --dpop "
           "--browser");
  cli_expect(&login, 0);
  ask(&home, &server, "request step-up?acr=gold", "y\n", &o);
  cli_expect(&o, 0);
  cr_expect_eq(server_count(&server, "/api/step-up"), 2);
}

static void expect_one_request(const struct server *server,
                               const struct outcome *o)
{
  cli_has(o->err, "fob login -p p --acr-values gold --max-age 60s");
  cr_expect_eq(server_count(server, "/api/step-up"), 1);
  cr_expect_eq(server_count(server, "/authorize"), 0);
  cr_expect_eq(server_count(server, "/token"), 0);
}

Test(step_up_request, names_the_command_where_nobody_is_there_or_says_no)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome alone;
  AUTO_OUTCOME struct outcome no;

  setup(&home, &server);
  cli_line(&home, &server, &alone, NULL, GOLD);
  cli_expect(&alone, 8);
  cli_has(alone.err, "step up"); /* the answer's body */
  expect_one_request(&server, &alone);
  server_reset(&server);
  ask(&home, &server, GOLD, "n\n", &no);
  cli_expect(&no, 8);
  cli_has(no.err, "step up");
  expect_one_request(&server, &no);
}

Test(step_up_request, leaves_the_refusal_where_the_login_fails)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome token;

  setup(&home, &server);
  server_order(&server, "{'set': {'consent': 'deny'}}");
  ask(&home, &server, GOLD, "y\n", &o);
  cli_expect(&o, 8);
  cli_has(o.err, "access_denied");
  cli_has(o.err, "a stronger or newer login is demanded");
  cr_expect_eq(server_count(&server, "/api/step-up"), 1);
  cli_line(&home, &server, &token, NULL, "token"); /* the old one is there */
  cli_expect(&token, 0);
}

Test(step_up_request, asks_for_scope_that_is_missing_and_keeps_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome alone;
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(profile, "scope", json_pack("[s]", "openid"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  cli_line(&home, &server, &o, NULL, "login -p p --browser");
  cli_expect(&o, 0);
  outcome_clear(&o);
  cli_line(&home, &server, &alone, NULL, "request scope/api:write");
  cli_expect(&alone, 8);
  cli_has(alone.err, "fob login -p p --add-scope api:write");
  server_reset(&server);
  ask(&home, &server, "request -X PUT -d x scope/api:write", "y\n", &o);
  cli_expect(&o, 0);
  cli_has(o.out, "api:write");
  cli_has(o.out, "!missing");
  cr_expect_eq(server_count(&server, "/api/scope/api:write"), 2);
  profile = cli_profile_read(&home, "p");
  cr_expect_eq(json_array_size(json_object_get(profile, "scope")), 2);
  json_decref(profile);
}

/* What the API says of scope is asked for once: it may name what the server
 * does not grant. */
Test(step_up_request, ends_after_two_for_a_scope_that_is_not_granted)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  setup(&home, &server);
  server_order(&server, "{'set': {'grant_scope': 'openid'}}");
  ask(&home, &server, "request scope/api:write", "y\n", &o);
  cli_expect(&o, 8);
  cr_expect_eq(server_count(&server, "/api/scope/api:write"), 2);
}

/* A service's login and a token of one's own are what they are; neither may an
 * API behind a redirect make anybody log in. */
Test(step_up_request, offers_nothing_where_a_login_would_not_help)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_SERVER struct server other = {0};
  AUTO_OUTCOME struct outcome login;
  AUTO_OUTCOME struct outcome pat;
  AUTO_OUTCOME struct outcome away;

  setup(&home, &server);
  server_start(&other, NULL);
  cli_line(&home, &server, &login, "test-pat-not-real-0123456789\n",
           "login $A -p mine --pat=-");
  cli_expect(&login, 0);
  program_finish(cli_line_start(&home, &server, TERMINAL_BUT_OUTPUT,
                                "request -p mine scope/api:write"),
                 &pat);
  cli_expect(&pat, 8);
  cli_has(pat.err, "![y/N]");
  AUTO_STR char *line =
      mem_printf("request -p p redirect?to=%s/scope/api:write", other.api);
  program_finish(cli_line_start(&home, &server, TERMINAL_BUT_OUTPUT, line),
                 &away);
  cr_expect_neq(away.status, 0);
  cli_has(away.err, "![y/N]");
}

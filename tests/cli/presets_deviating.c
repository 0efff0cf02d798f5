/* Presets of servers that deviate from OAuth: what they are asked in their own
 * way, and what they answer in it. */
#include "cli/preset_stage.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* --- Slack ---------------------------------------------------------------- */

static const struct part slack = {
    .preset = "slack",
    .moves = {{"https://slack.com/api/oauth.v2.access", "$B/token"},
              {"https://slack.com/oauth/v2/authorize", "$B/authorize"},
              {"https://slack.com/api", "$B/api"},
              {"http://localhost:8400/callback", "http://127.0.0.1/callback"}},
    .settings =
        "{'iss': false, 'scopes': ['users:read', 'chat:write'],"
        " 'vendor': {'scope_parameter': 'user_scope', 'scope_separator': ',',"
        "   'nest': 'authed_user', 'token_type': 'user',"
        "   'members': {'ok': true},"
        "   'errors': {'invalid_grant': 'invalid_code'},"
        "   'pages': {'/api/auth.test': {'body': {'ok': true, 'user_id': 'U1',"
        "     'user': 'ann'}},"
        "     '/api/users.list': {'body': {'ok': false,"
        "     'error': 'missing_scope'}}}}}"};

#define SLACK "login slack --client-id fob-demo --store file --browser"

Test(presets_deviating, slack_gives_a_persons_token_inside_its_answer,
     .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &slack);
  stage_run(&s, 0, SLACK " --add-scope chat:write", "slack as ann at http://");
  AUTO_STR char *scope = stage_scope(&s);
  cr_expect_str_eq(scope, "users:read chat:write", "user_scope, with commas");
  stage_run(&s, 0, "request auth.test", "\"U1\"");
  stage_run(&s, 4, "request users.list", "missing_scope");
  /* A refresh's answer is not nested. */
  stage_run(&s, 0, "token --force-refresh", "-not-real");
  stage_run(&s, 0, "request auth.test", "\"U1\"");
  cr_expect_eq(cli_refreshes(&s.server), 1);
  stage_run(&s, 0, "logout", "https://api.slack.com/apps");
  cr_expect_eq(server_count(&s.server, "/revoke"), 0);
}

Test(presets_deviating, slack_says_no_with_200, .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &slack);
  server_order(&s.server, "{'set': {'code_lifetime': -1}}");
  stage_run(&s, 8, SLACK, "invalid_grant");
  cr_expect(stage_unstored(&s));
  server_order(&s.server, "{'set': {'code_lifetime': 60}}");
  stage_run(&s, 0, SLACK, "slack as ann");
  server_order(&s.server, "{'revoke_logins': true}");
  stage_run(&s, 8, "token --force-refresh", "fob login -p slack");
}

/* An app that was given bot scopes answers with the bot's token outside. */
Test(presets_deviating, slack_answers_without_a_persons_token, .timeout = 300)
{
  static const char *const bodies[] = {
      "{'ok': true, 'access_token': 'xoxb-test-not-real', 'token_type': 'bot',"
      " 'scope': 'commands'}",
      "{'ok': true, 'access_token': 'xoxb-test-not-real', 'token_type': 'bot',"
      " 'authed_user': {'id': 'U1'}}",
      "{'ok': true, 'access_token': 'xoxb-test-not-real', 'token_type': 'bot',"
      " 'authed_user': null}",
      "{'ok': false}",
      "{'authed_user': {'access_token': 'xoxp-test-not-real',"
      " 'token_type': 'user'}}"};
  AUTO_STAGE struct stage s;

  stage_play(&s, &slack);
  for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
    server_order(&s.server,
                 "{'next': {'path': '/token', 'fault': 'status',"
                 " 'status': 200, 'body': %s}}",
                 bodies[i]);
    stage_run(&s, 13, SLACK, "token answer");
    cr_expect(stage_unstored(&s), "%s", bodies[i]);
  }
}

/* --- Notion --------------------------------------------------------------- */

static const struct part notion = {
    .preset = "notion",
    .moves = {{"https://api.notion.com/v1/oauth/", "$B/"},
              {"https://api.notion.com/v1", "$B/api"}},
    .settings = "{'iss': false, 'expires_in': false, 'vendor': {'json': true,"
                " 'basic': true, 'demands': {'/authorize': {'owner': 'user',"
                "   'response_type': 'code', 'scope': false, 'prompt': false}},"
                " 'pages': {'/api/users/me': {"
                "   'needs': {'Notion-Version': '2022-06-28'},"
                "   'body': {'object': 'user', 'id': 'bot-1',"
                "     'name': 'Ann at work'}}}}}"};

/* The address of the page at which the browser stops, as a person pastes it;
 * mem_free. */
static char *last_page(struct home *home, struct program *p)
{
  AUTO_STR char *seen = program_seen(p);
  const char *start = strstr(seen, "  http://");
  AUTO_STR char *browser = home_path(home, "browser");
  AUTO_OUTCOME struct outcome o;

  cr_assert_not_null(start, "%s", seen);
  AUTO_STR char *url = mem_copy(start + 2, strcspn(start + 2, "\r\n"));
  const char *const argv[] = {browser, url, NULL};
  home_setenv(home, "TEST_BROWSER_MODE", "stop");
  program_run(&(struct program_options){.argv = argv, .env = home->env}, &o);
  cr_assert_eq(o.status, 0, "%s", o.err);
  AUTO_JSON json_t *entry = cli_browser_log(home);
  json_t *steps = json_object_get(entry, "steps");
  return mem_printf("%s\n", json_string_value(json_array_get(
                                steps, json_array_size(steps) - 1)));
}

Test(presets_deviating, notion_takes_json_and_its_address_is_pasted,
     .timeout = 300)
{
  AUTO_STAGE struct stage s;
  AUTO_OUTCOME struct outcome o;

  stage_play(&s, &notion);
  home_setenv(&s.home, "BROWSER", "none");
  struct program *p = cli_line_start(
      &s.home, &s.server, TERMINAL_ALL,
      "login notion --client-id fob-web --client-secret-file $H/secret "
      "--store file");
  cr_assert(program_await(p, "whatever it shows:", 10000));
  AUTO_STR char *page = last_page(&s.home, p);
  cr_assert_eq(strncmp(page, "https://localhost/callback?", 27), 0, "%s", page);
  program_type(p, page);
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "notion as Ann at work");
  stage_run(&s, 0, "request users/me", "bot-1");
  stage_run(&s, 0, "token --force-refresh", "-not-real");
  stage_run(&s, 0, "logout", "revoked");
  AUTO_JSON json_t *revoked = stage_request(&s, "/revoke", 0);
  cr_expect_eq(json_integer_value(json_object_get(revoked, "status")), 200);
}

Test(presets_deviating, notion_takes_a_token_of_ones_own, .timeout = 300)
{
  AUTO_STAGE struct stage s;
  AUTO_OUTCOME struct outcome o;

  stage_play(&s, &notion);
  cli_line(&s.home, &s.server, &o, "test-pat-not-real-0123456789\n",
           "login notion --pat=- --store file");
  cli_expect(&o, 0);
  cli_has(o.err, "notion as Ann at work");
}

/* --- Atlassian ------------------------------------------------------------ */

static const struct part atlassian = {
    .preset = "atlassian",
    .moves = {{"https://auth.atlassian.com/oauth/token", "$B/token"},
              {"https://auth.atlassian.com/authorize", "$B/authorize"},
              {"https://api.atlassian.com", "$B/api"},
              {"http://localhost:8400/callback", "http://127.0.0.1/callback"}},
    .settings = "{'iss': false,"
                " 'scopes': ['read:me', 'read:jira-work', 'offline_access'],"
                " 'refresh_needs_offline': true,"
                " 'vendor': {'json': true, 'demands': {"
                "   '/authorize': {'audience': 'api.atlassian.com',"
                "                  'prompt': 'consent'},"
                "   '/token': {'client_id': 'fob-web',"
                "              'client_secret': 'test-secret-not-real',"
                "              'audience': false}},"
                " 'pages': {'/api/me': {'body': {'account_id': '5b10', 'email':"
                "   'ann@example.test'}}}}}"};

#define ATLASSIAN                                                              \
  "login atlassian --client-id fob-web --client-secret-file $H/secret "        \
  "--store file --browser"

Test(presets_deviating, atlassian_takes_json_with_the_secret_inside,
     .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &atlassian);
  stage_run(&s, 0, ATLASSIAN " --add-scope read:jira-work",
            "atlassian as ann@example.test");
  AUTO_STR char *scope = stage_scope(&s);
  cr_expect_str_eq(scope, "read:me read:jira-work offline_access");
  stage_run(&s, 0, "token --force-refresh", "-not-real");
  stage_run(&s, 0, "request me", "5b10");
  stage_run(&s, 0, "logout", "id.atlassian.com");
}

Test(presets_deviating, atlassian_is_not_asked_for_a_refresh_token,
     .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &atlassian);
  stage_run(&s, 0, ATLASSIAN " --no-offline", "!renewed by itself");
  AUTO_STR char *scope = stage_scope(&s);
  cr_expect_str_eq(scope, "read:me");
}

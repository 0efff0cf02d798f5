/* The presets that come with fob, with the sandbox playing their servers: the
 * file as it is installed, but for the addresses. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* What is at another place in the sandbox. $B is its base; NULL behind the
 * last. Longer addresses come first. */
struct move {
  const char *from, *to;
};

static char *replaced(const char *text, const char *from, const char *to)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_PROFILE);
  struct err err = ERR_INIT;
  char *result = NULL;

  for (const char *at; (at = strstr(text, from)) != NULL;
       text = at + strlen(from)) {
    buf_put(&out, text, (size_t)(at - text));
    buf_puts(&out, to);
  }
  buf_puts(&out, text);
  cr_assert_eq(buf_detach(&out, &result, NULL, &err), E_OK);
  return result;
}

/* The preset in the home, and a server whose clients have any redirect URI that
 * a preset names. settings: as server_order()'s. */
static void play(struct home *home, const struct server *server,
                 const char *preset, const struct move *moves,
                 const char *settings)
{
  AUTO_STR char *path = mem_printf("src/profile/presets/%s.json", preset);
  AUTO_STR char *target = mem_printf("data/fob/presets/%s.json", preset);
  json_t *json = json_load_file(path, 0, NULL);
  char *dumped = json_dumps(json, JSON_INDENT(2));
  AUTO_STR char *text = mem_str(dumped);

  home_make(home);
  for (; moves->from != NULL; moves++) {
    AUTO_STR char *to = replaced(moves->to, "$B", server->base);
    char *moved = replaced(text, moves->from, to);
    cr_assert_str_neq(moved, text, "%s: nothing is at '%s'", preset,
                      moves->from);
    mem_free(text);
    text = moved;
  }
  free(dumped);
  json_decref(json);
  home_write(home, target, 0644, "%s", text);
  server_order(server, "{'set': {'clients': {"
                       "  'fob-demo': {'redirect_uris': ["
                       "    'http://127.0.0.1/callback', 'http://127.0.0.1',"
                       "    'http://localhost', 'https://localhost/callback']},"
                       "  'fob-web': {'redirect_uris': ["
                       "    'http://127.0.0.1/callback', 'http://127.0.0.1',"
                       "    'http://localhost', 'https://localhost/callback']}"
                       "}}}");
  server_order(server, "{'set': %s}", settings);
  home_write(home, "secret", 0600, "test-secret-not-real\n");
}

static void run(const struct home *home, const struct server *server,
                int status, const char *line, const char *says)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, NULL, line);
  cr_assert_eq(o.status, status, "%s: exit %d, not %d: %s", line, o.status,
               status, o.err);
  AUTO_STR char *all = mem_printf("%s%s", o.out, o.err);
  cli_has(all, says);
}

static bool nothing_stored(const struct home *home)
{
  return !home_has(home, "data/fob/credentials");
}

/* The index-th request for a path; json_decref. */
static json_t *request_of(const struct server *server, const char *path,
                          size_t index)
{
  json_t *requests = server_journal(server, path);
  json_t *entry = json_incref(json_array_get(requests, index));

  json_decref(requests);
  cr_assert_not_null(entry, "no request %zu for %s", index, path);
  return entry;
}

/* --- Slack ---------------------------------------------------------------- */

static const struct move slack[] = {
    {"https://slack.com/api/oauth.v2.access", "$B/token"},
    {"https://slack.com/oauth/v2/authorize", "$B/authorize"},
    {"https://slack.com/api", "$B/api"},
    {"http://localhost:8400/callback", "http://127.0.0.1/callback"},
    {NULL, NULL}};

static const char slack_settings[] =
    "{'iss': false, 'scopes': ['users:read', 'chat:write'],"
    " 'vendor': {'scope_parameter': 'user_scope', 'scope_separator': ',',"
    "   'nest': 'authed_user', 'token_type': 'user', 'members': {'ok': true},"
    "   'errors': {'invalid_grant': 'invalid_code'},"
    "   'pages': {'/api/auth.test': {'body': {'ok': true, 'user_id': 'U1',"
    "     'user': 'ann'}},"
    "     '/api/users.list': {'body': {'ok': false,"
    "     'error': 'missing_scope'}}}}}";

#define SLACK "login slack --client-id fob-demo --store file --browser"

Test(presets_play, slack_gives_a_persons_token_inside_its_answer, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "slack", slack, slack_settings);
  run(&home, &server, 0, SLACK " --add-scope chat:write",
      "slack as ann at http://");
  AUTO_JSON json_t *asked = request_of(&server, "/authorize", 0);
  cr_expect_str_eq(json_text(json_object_get(asked, "query"), "scope"),
                   "users:read chat:write", "user_scope, with commas");
  run(&home, &server, 0, "request auth.test", "\"U1\"");
  run(&home, &server, 4, "request users.list", "missing_scope");
  /* A refresh's answer is not nested. */
  run(&home, &server, 0, "token --force-refresh", "-not-real");
  run(&home, &server, 0, "request auth.test", "\"U1\"");
  cr_expect_eq(cli_refreshes(&server), 1);
  run(&home, &server, 0, "logout", "https://api.slack.com/apps");
  cr_expect_eq(server_count(&server, "/revoke"), 0);
}

Test(presets_play, slack_says_no_with_200, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "slack", slack, slack_settings);
  server_order(&server, "{'set': {'code_lifetime': -1}}");
  run(&home, &server, 8, SLACK, "invalid_grant");
  cr_expect(nothing_stored(&home));
  server_order(&server, "{'set': {'code_lifetime': 60}}");
  run(&home, &server, 0, SLACK, "slack as ann");
  server_order(&server, "{'revoke_logins': true}");
  run(&home, &server, 8, "token --force-refresh", "fob login -p slack");
}

/* An app that was given bot scopes answers with the bot's token outside. */
Test(presets_play, slack_answers_without_a_persons_token, .timeout = 60)
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
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "slack", slack, slack_settings);
  for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
    server_order(&server,
                 "{'next': {'path': '/token', 'fault': 'status',"
                 " 'status': 200, 'body': %s}}",
                 bodies[i]);
    run(&home, &server, 13, SLACK, "token answer");
    cr_expect(nothing_stored(&home), "%s", bodies[i]);
  }
}

/* --- Notion --------------------------------------------------------------- */

static const struct move notion[] = {
    {"https://api.notion.com/v1/oauth/", "$B/"},
    {"https://api.notion.com/v1", "$B/api"},
    {NULL, NULL}};

static const char notion_settings[] =
    "{'iss': false, 'expires_in': false, 'vendor': {'json': true,"
    " 'basic': true, 'demands': {'/authorize': {'owner': 'user',"
    "   'response_type': 'code', 'scope': false, 'prompt': false}},"
    " 'pages': {'/api/users/me': {'needs': {'Notion-Version': '2022-06-28'},"
    "   'body': {'object': 'user', 'id': 'bot-1', 'name': 'Ann at work'}}}}}";

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

Test(presets_play, notion_takes_json_and_its_address_is_pasted, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  server_start(&server, NULL);
  play(&home, &server, "notion", notion, notion_settings);
  home_setenv(&home, "BROWSER", "none");
  struct program *p = cli_line_start(
      &home, &server, TERMINAL_ALL,
      "login notion --client-id fob-web --client-secret-file $H/secret "
      "--store file");
  cr_assert(program_await(p, "whatever it shows:", 10000));
  AUTO_STR char *page = last_page(&home, p);
  cr_assert_eq(strncmp(page, "https://localhost/callback?", 27), 0, "%s", page);
  program_type(p, page);
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "notion as Ann at work");
  run(&home, &server, 0, "request users/me", "bot-1");
  run(&home, &server, 0, "token --force-refresh", "-not-real");
  run(&home, &server, 0, "logout", "revoked");
  AUTO_JSON json_t *revoked = request_of(&server, "/revoke", 0);
  cr_expect_eq(json_integer_value(json_object_get(revoked, "status")), 200);
}

Test(presets_play, notion_takes_a_token_of_ones_own, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  server_start(&server, NULL);
  play(&home, &server, "notion", notion, notion_settings);
  cli_line(&home, &server, &o, "test-pat-not-real-0123456789\n",
           "login notion --pat=- --store file");
  cli_expect(&o, 0);
  cli_has(o.err, "notion as Ann at work");
}

/* --- Atlassian ------------------------------------------------------------ */

static const struct move atlassian[] = {
    {"https://auth.atlassian.com/oauth/token", "$B/token"},
    {"https://auth.atlassian.com/authorize", "$B/authorize"},
    {"https://api.atlassian.com", "$B/api"},
    {"http://localhost:8400/callback", "http://127.0.0.1/callback"},
    {NULL, NULL}};

static const char atlassian_settings[] =
    "{'iss': false, 'scopes': ['read:me', 'read:jira-work', 'offline_access'],"
    " 'refresh_needs_offline': true,"
    " 'vendor': {'json': true, 'demands': {"
    "   '/authorize': {'audience': 'api.atlassian.com', 'prompt': 'consent'},"
    "   '/token': {'client_id': 'fob-web',"
    "              'client_secret': 'test-secret-not-real',"
    "              'audience': false}},"
    " 'pages': {'/api/me': {'body': {'account_id': '5b10', 'email':"
    "   'ann@example.test'}}}}}";

#define ATLASSIAN                                                              \
  "login atlassian --client-id fob-web --client-secret-file $H/secret "        \
  "--store file --browser"

Test(presets_play, atlassian_takes_json_with_the_secret_inside, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "atlassian", atlassian, atlassian_settings);
  run(&home, &server, 0, ATLASSIAN " --add-scope read:jira-work",
      "atlassian as ann@example.test");
  AUTO_JSON json_t *asked = request_of(&server, "/authorize", 0);
  cr_expect_str_eq(json_text(json_object_get(asked, "query"), "scope"),
                   "read:me read:jira-work offline_access");
  run(&home, &server, 0, "token --force-refresh", "-not-real");
  run(&home, &server, 0, "request me", "5b10");
  run(&home, &server, 0, "logout", "id.atlassian.com");
}

Test(presets_play, atlassian_is_not_asked_for_a_refresh_token, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "atlassian", atlassian, atlassian_settings);
  run(&home, &server, 0, ATLASSIAN " --no-offline", "!renewed by itself");
  AUTO_JSON json_t *asked = request_of(&server, "/authorize", 0);
  cr_expect_str_eq(json_text(json_object_get(asked, "query"), "scope"),
                   "read:me");
}

/* --- Salesforce ----------------------------------------------------------- */

static const struct move salesforce[] = {
    {"https://{tenant:login.salesforce.com}/services/oauth2/", "$B/"},
    {"http://localhost:1717/OauthRedirect", "http://127.0.0.1/callback"},
    {"\"my.salesforce.com\"", "\"127.0.0.1\", \"my.salesforce.com\""},
    {NULL, NULL}};

#define SALESFORCE                                                             \
  "login salesforce --client-id fob-demo --store file --browser"

static void play_salesforce(struct home *home, const struct server *server)
{
  play(home, server, "salesforce", salesforce,
       "{'iss': false, 'expires_in': false,"
       " 'scopes': ['api', 'id', 'offline_access'],"
       " 'grant_scope': 'refresh_token api id',"
       " 'vendor': {'pages': {'/services/oauth2/userinfo': {'body':"
       "   {'user_id': '005x', 'preferred_username': 'ann@acme.test'}}}}}");
}

static void instance_is(const struct server *server, const char *url)
{
  server_order(server,
               "{'set': {'vendor': {'members': {'instance_url': '%s',"
               " 'issued_at': '1764000000000', 'id': 'https://x/id/1'}}}}",
               url);
}

static char *base_of(const struct home *home, size_t index)
{
  AUTO_JSON json_t *profile = cli_profile_read(home, "salesforce");
  const char *text =
      json_string_value(json_array_get(json_object_get(profile, "api"), index));

  return text != NULL ? mem_str(text) : NULL;
}

Test(presets_play, salesforce_says_where_the_api_is, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play_salesforce(&home, &server);
  instance_is(&server, server.base);
  run(&home, &server, 0, SALESFORCE, "salesforce as ann@acme.test at http://");
  AUTO_STR char *first = base_of(&home, 0);
  cr_expect_str_eq(first, server.base);
  run(&home, &server, 0, "request services/oauth2/userinfo", "005x");
  /* What is not within it gets nothing. */
  run(&home, &server, 11, "request https://acme.my.salesforce.com/x",
      "not an origin");

  /* Asked again, the scopes are what they were; refresh_token is a name of
   * offline_access. */
  run(&home, &server, 0, "login -p salesforce --browser", "!not granted");
  run(&home, &server, 0, "login -p salesforce --browser", "!not asked for");
  run(&home, &server, 0, "logout", "revoked");
}

Test(presets_play, salesforce_moves_the_api_and_is_not_followed, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play_salesforce(&home, &server);
  instance_is(&server, server.base);
  run(&home, &server, 0, SALESFORCE, "salesforce as");
  instance_is(&server, "https://other.my.salesforce.com");
  run(&home, &server, 0, "token --force-refresh",
      "now says that the API is at 'https://other.my.salesforce.com'");
  AUTO_STR char *first = base_of(&home, 0);
  cr_expect_str_eq(first, server.base);
  run(&home, &server, 0, "request services/oauth2/userinfo", "005x");
  /* The same, a slash behind it, or none at all, is no move. */
  AUTO_STR char *slash = mem_printf("%s/", server.base);
  instance_is(&server, slash);
  run(&home, &server, 0, "token --force-refresh", "!now says");
  server_order(&server, "{'set': {'vendor': {'members': null}}}");
  run(&home, &server, 0, "token --force-refresh", "!now says");
}

Test(presets_play, salesforce_names_an_api_that_is_not_its_own, .timeout = 60)
{
  static const struct {
    const char *url;
    int status;
  } rows[] = {{"https://evil.example", 13},
              {"https://my.salesforce.com.evil.example", 13},
              {"https://evilmy.salesforce.com", 13},
              {"https://salesforce.com", 13},
              {"https://acme.my.salesforce.com@evil.example", 13},
              {"https://acme.my.salesforce.com?x=1", 13},
              {"https://acme.my.salesforce.com/a/../b", 13},
              {"acme.my.salesforce.com", 13},
              {"javascript:alert(1)", 13},
              {"http://localhost:1", 13},
              {"http://acme.my.salesforce.com", 11},
              {"", 13}};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play_salesforce(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    instance_is(&server, rows[i].url);
    cli_line(&home, &server, &o, NULL, SALESFORCE);
    cr_expect_eq(o.status, rows[i].status, "%s: %d %s", rows[i].url, o.status,
                 o.err);
    cr_expect(nothing_stored(&home), "%s", rows[i].url);
    cr_expect_not(home_has(&home, "config/fob/profiles/salesforce.json"));
  }
  cr_expect_eq(server_count(&server, "/services/oauth2/userinfo"), 0);
  server_order(&server,
               "{'set': {'vendor': {'members': {'instance_url': 7}}}}");
  run(&home, &server, 13, SALESFORCE, "/instance_url is not a text");
  server_order(&server, "{'set': {'vendor': {'members': null}}}");
  run(&home, &server, 13, SALESFORCE, "does not say where the API is");
  cr_expect(nothing_stored(&home));
}

/* --- Google --------------------------------------------------------------- */

static const struct move google[] = {
    {"https://accounts.google.com", "$B"},
    {"https://www.googleapis.com\"", "$B/api\""},
    {NULL, NULL}};

Test(presets_play, google_is_asked_for_a_refresh_token_in_its_own_way,
     .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "google", google,
       "{'iss': false, 'scopes': ['openid', 'email', 'https://drive.test/r'],"
       " 'grant_scope': 'openid https://www.googleapis.com/auth/userinfo.email"
       "   https://drive.test/r',"
       " 'vendor': {'demands': {'/authorize': {'access_type': 'offline',"
       "   'prompt': 'consent'}, '/token': {'client_id': 'fob-web',"
       "   'client_secret': 'test-secret-not-real'}}}}");
  home_write(&home, "client.json", 0600,
             "{\"installed\": {\"client_id\": \"fob-web\","
             " \"client_secret\": \"test-secret-not-real\","
             " \"redirect_uris\": [\"http://localhost\"]}}");
  run(&home, &server, 0,
      "login google --client-secret-file $H/client.json --store file "
      "--add-scope https://drive.test/r --browser",
      "google as ann@example.test");
  run(&home, &server, 0, "login -p google --browser", "!not granted");
  run(&home, &server, 0, "login -p google --browser", "!not asked");
  run(&home, &server, 0, "token --force-refresh", "-not-real");
  run(&home, &server, 0, "request user", "ann");
}

/* --- Microsoft ------------------------------------------------------------ */

#define TID "8b3f1c2e-0000-4000-8000-00000000000a"

static const struct move microsoft[] = {
    {"https://login.microsoftonline.com", "$B"},
    {"https://graph.microsoft.com", "$B/api"},
    {NULL, NULL}};

static const char microsoft_settings[] =
    "{'iss': false, 'scopes': ['openid', 'profile', 'email', 'User.Read',"
    "   'offline_access'], 'refresh_needs_offline': true,"
    " 'vendor': {'demands': {'/authorize': {'resource': false,"
    "   'prompt': false}, '/token': {'resource': false}}}}";

/* Entra's issuer of a tenant, and of everybody's. */
static void tenant_is(const struct server *server, const char *in_metadata)
{
  server_order(server,
               "{'set': {'patch': {'metadata': {'issuer': '%s/%s/v2.0',"
               "   'prompt_values_supported': null},"
               " 'id_token': {'iss': '%s/" TID "/v2.0', 'tid': '" TID "',"
               "   'oid': 'oid-1', 'preferred_username': 'ann@acme.test'}}}}",
               server->base, in_metadata, server->base);
}

Test(presets_play, microsoft_for_everybody_pins_the_tenant, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, "--issuer-path", "/common/v2.0", NULL);
  play(&home, &server, "microsoft", microsoft, microsoft_settings);
  tenant_is(&server, "{tenantid}");
  run(&home, &server, 0,
      "login microsoft --client-id fob-demo --resource https://api.test "
      "--store file --browser",
      "microsoft as ann@acme.test");
  run(&home, &server, 0, "token --force-refresh", "-not-real");
  run(&home, &server, 0, "status", "ann@acme.test");
}

Test(presets_play, microsoft_for_one_tenant_is_exact, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, "--issuer-path", "/" TID "/v2.0", NULL);
  play(&home, &server, "microsoft", microsoft, microsoft_settings);
  tenant_is(&server, TID);
  run(&home, &server, 0,
      "login microsoft --tenant " TID " --client-id fob-demo --store file "
      "--browser",
      "microsoft as ann@acme.test");
  /* Another tenant's document under this one's name. */
  tenant_is(&server, "8b3f1c2e-0000-4000-8000-00000000000b");
  run(&home, &server, 13, "login -p microsoft --browser", "0000000b");
}

/* --- Auth0, Okta, Keycloak ------------------------------------------------ */

static const struct move auth0[] = {
    {"https://{tenant}/", "$B/"},
    {"http://127.0.0.1:8400/callback", "http://127.0.0.1/callback"},
    {NULL, NULL}};

Test(presets_play, auth0_has_a_slash_behind_its_issuer, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "auth0", auth0,
       "{'refresh_needs_offline': true, 'vendor': {'demands': {'/authorize':"
       "   {'audience': 'https://api.test', 'prompt': false}}}}");
  server_order(&server,
               "{'set': {'iss': false, 'patch': {'metadata': {'issuer': '%s/'},"
               " 'id_token': {'iss': '%s/'}}}}",
               server.base, server.base);
  run(&home, &server, 0,
      "login auth0 --client-id fob-demo --api $A --audience https://api.test "
      "--store file --browser",
      "auth0 as ann@example.test");
  run(&home, &server, 0, "request user", "ann");
  run(&home, &server, 0, "token --force-refresh", "-not-real");
}

static const struct move okta[] = {
    {"https://{tenant}/api/v1", "$B/api/v4"},
    {"https://{tenant}", "$B"},
    {"http://127.0.0.1:8400/callback", "http://127.0.0.1/callback"},
    {NULL, NULL}};

Test(presets_play, okta_gives_tokens_for_its_own_api, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  play(&home, &server, "okta", okta,
       "{'scopes': ['openid', 'profile', 'email', 'offline_access',"
       "   'okta.users.read.self'], 'refresh_needs_offline': true,"
       " 'patch': {'id_token': {'preferred_username': 'ann@acme.test'}},"
       " 'vendor': {'demands': {'/authorize': {'prompt': false, 'scope':"
       "   'openid profile email okta.users.read.self offline_access'}}}}");
  run(&home, &server, 0,
      "login okta --client-id fob-demo --store file --browser",
      "okta as ann@acme.test");
  run(&home, &server, 0, "request user", "ann");
  run(&home, &server, 0, "token --force-refresh", "-not-real");
}

Test(presets_play, keycloak_is_found_by_its_realm, .timeout = 60)
{
  static const struct move none[] = {{NULL, NULL}};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  server_start(&server, "--issuer-path", "/realms/acme", NULL);
  play(&home, &server, "keycloak", none,
       "{'refresh_needs_offline': true,"
       " 'patch': {'id_token': {'preferred_username': 'ann'}},"
       " 'vendor': {'demands': {'/authorize': {'prompt': false}}}}");
  run(&home, &server, 0,
      "login keycloak --issuer $I --client-id fob-demo --api $A --store file "
      "--browser",
      "keycloak as ann at");
  run(&home, &server, 0, "token --force-refresh", "-not-real");
}

/* A preset whose server says with the token where its API is. */
#include "cli/preset_stage.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>

static const struct part salesforce = {
    .preset = "salesforce",
    .moves = {{"https://{tenant:login.salesforce.com}/services/oauth2/", "$B/"},
              {"http://localhost:1717/OauthRedirect",
               "http://127.0.0.1/callback"},
              {"\"my.salesforce.com\"",
               "\"127.0.0.1\", \"my.salesforce.com\""}},
    .settings =
        "{'iss': false, 'expires_in': false,"
        " 'scopes': ['api', 'id', 'offline_access'],"
        " 'grant_scope': 'refresh_token api id',"
        " 'vendor': {'pages': {'/services/oauth2/userinfo': {'body':"
        "   {'user_id': '005x', 'preferred_username': 'ann@acme.test'}}}}}"};

#define SALESFORCE                                                             \
  "login salesforce --client-id fob-demo --store file --browser"

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

Test(presets_api_base, salesforce_says_where_the_api_is, .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &salesforce);
  instance_is(&s.server, s.server.base);
  stage_run(&s, 0, SALESFORCE, "salesforce as ann@acme.test at http://");
  AUTO_STR char *first = base_of(&s.home, 0);
  cr_expect_str_eq(first, s.server.base);
  stage_run(&s, 0, "request services/oauth2/userinfo", "005x");
  /* What is not within it gets nothing. */
  stage_run(&s, 11, "request https://acme.my.salesforce.com/x",
            "not an origin");

  /* Asked again, the scopes are what they were; refresh_token is a name of
   * offline_access. */
  stage_run(&s, 0, "login -p salesforce --browser", "!not granted");
  stage_run(&s, 0, "login -p salesforce --browser", "!not asked for");
  stage_run(&s, 0, "logout", "revoked");
}

Test(presets_api_base, salesforce_moves_the_api_and_is_not_followed,
     .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &salesforce);
  instance_is(&s.server, s.server.base);
  stage_run(&s, 0, SALESFORCE, "salesforce as");
  instance_is(&s.server, "https://other.my.salesforce.com");
  stage_run(&s, 0, "token --force-refresh",
            "now says that the API is at 'https://other.my.salesforce.com'");
  AUTO_STR char *first = base_of(&s.home, 0);
  cr_expect_str_eq(first, s.server.base);
  stage_run(&s, 0, "request services/oauth2/userinfo", "005x");
  /* The same, a slash behind it, or none at all, is no move. */
  AUTO_STR char *slash = mem_printf("%s/", s.server.base);
  instance_is(&s.server, slash);
  stage_run(&s, 0, "token --force-refresh", "!now says");
  server_order(&s.server, "{'set': {'vendor': {'members': null}}}");
  stage_run(&s, 0, "token --force-refresh", "!now says");
}

Test(presets_api_base, salesforce_names_an_api_that_is_not_its_own,
     .timeout = 300)
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
  AUTO_STAGE struct stage s;

  stage_play(&s, &salesforce);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    instance_is(&s.server, rows[i].url);
    cli_line(&s.home, &s.server, &o, NULL, SALESFORCE);
    cr_expect_eq(o.status, rows[i].status, "%s: %d %s", rows[i].url, o.status,
                 o.err);
    cr_expect(stage_unstored(&s), "%s", rows[i].url);
    cr_expect_not(home_has(&s.home, "config/fob/profiles/salesforce.json"));
  }
  cr_expect_eq(server_count(&s.server, "/services/oauth2/userinfo"), 0);
  server_order(&s.server,
               "{'set': {'vendor': {'members': {'instance_url': 7}}}}");
  stage_run(&s, 13, SALESFORCE, "/instance_url is not a text");
  server_order(&s.server, "{'set': {'vendor': {'members': null}}}");
  stage_run(&s, 13, SALESFORCE, "does not say where the API is");
  cr_expect(stage_unstored(&s));
}

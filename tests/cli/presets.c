/* Logging in by a preset: what is asked for where something is missing, and
 * whose server is meant. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
  const char *line;
  const char *says[4];
} missing[] = {
    {"login google --browser",
     {"'google' has no client id",
      "https://console.cloud.google.com/apis/credentials",
      "fob login google --browser --client-id ID --client-secret-file FILE",
      "!--pat"}},
    {"login microsoft --browser",
     {"with the redirect URI http://localhost, then",
      "fob login microsoft --browser --client-id ID", "!--pat",
      "!--client-secret-file"}},
    {"login slack --browser",
     {"https://api.slack.com/apps", "http://localhost:8400/callback",
      "fob login slack --browser --client-id ID", "fob login slack --pat"}},
    {"login notion --browser",
     {"https://localhost/callback", "--client-id ID --client-secret-file FILE",
      "fob login notion --pat"}},
    {"login atlassian --browser",
     {"https://developer.atlassian.com/console/myapps/",
      "--client-id ID --client-secret-file FILE"}},
    {"login salesforce --browser",
     {"http://localhost:1717/OauthRedirect",
      "fob login salesforce --browser --client-id ID", "!--pat"}},
    {"login salesforce --pat=-",
     {"does not say which API the token is for",
      "fob login salesforce --pat=- --api https://", "!--tenant"}},
    {"login keycloak --browser",
     {"does not say where its server is",
      "fob login keycloak --browser --issuer URL", "https://HOST/realms/REALM",
      "!--tenant"}},
    {"login okta --browser",
     {"'https://{tenant}", "fob login okta --browser --tenant TENANT"}},
    {"login okta --pat=-",
     {"'https://{tenant}", "fob login okta --pat=- --tenant TENANT"}},
    {"login auth0 -p x --browser",
     {"'https://{tenant}/'", "fob login auth0 -p x --browser --tenant TENANT"}},
    {"login okta -p x --tenant acme.okta.com --browser",
     {"https://developer.okta.com/", "--client-id ID",
      "fob login okta --tenant acme.okta.com --pat -p x"}},
    {"login okta --tenant acme --browser",
     {"'acme' is no domain", "'https://{tenant}"}},
    {"login okta --tenant acme.okta.com/x --browser", {"no tenant"}},
    {"login google --tenant acme --browser",
     {"has no tenants", "--issuer URL"}},
    {"login keycloak --tenant acme --browser", {"has no tenants"}},
    {"login https://api.acme.example --pat=- --tenant acme",
     {"--tenant is for a preset's servers"}},
    {"login notion --browser --client-id x --store file",
     {"the client 'x' logs in with its secret", "--client-secret-file FILE"}},
};

Test(presets, say_what_a_login_needs_before_anything_is_sent, .timeout = 300)
{
  AUTO_HOME struct home home;

  home_make(&home);
  cli_presets(&home);
  for (size_t i = 0; i < ARRAY_LEN(missing); i++) {
    AUTO_OUTCOME struct outcome o;
    cli_line(&home, NULL, &o, "test-token-not-real\n", missing[i].line);
    cr_expect_eq(o.status, 2, "%s: exit %d: %s", missing[i].line, o.status,
                 o.err);
    for (size_t k = 0; k < 4 && missing[i].says[k] != NULL; k++)
      cli_has(o.err, missing[i].says[k]);
    cr_expect_not(home_has(&home, "browser.log"), "%s", missing[i].line);
  }
}

/* Which way it will be is not known yet: any that has a redirect URI. */
Test(presets, name_the_redirect_uri_where_no_browser_can_be_opened)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  cli_presets(&home);
  home_setenv(&home, "BROWSER", "none");
  program_finish(cli_line_start(&home, NULL, TERMINAL_ALL, "login slack"), &o);
  cli_expect(&o, 2);
  cli_has(o.err, "with the redirect URI http://localhost:8400/callback");
}

/* --- whose server ----------------------------------------------------------
 */

/* A preset for customers of the sandbox. */
static void make_tenants(struct home *home, const struct server *server)
{
  home_make(home);
  home_write(home, "data/fob/presets/mine.json", 0644,
             "{\"issuer\": \"%s/{tenant:main}\", \"api\": [\"%s/api\"],"
             " \"client\": {\"id\": \"fob-demo\"},"
             " \"register_url\": \"%s/{tenant}/apps\"}",
             server->base, server->base, server->base);
}

static const char *issuer_of(const json_t *profile)
{
  return json_text(profile, "issuer");
}

Test(presets, write_the_tenant_into_the_profile, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o = {0};
  AUTO_OUTCOME struct outcome again = {0};

  server_start(&server, "--issuer-path", "/acme-1", NULL);
  make_tenants(&home, &server);
  cli_line(&home, &server, &o, NULL,
           "login mine --tenant ACME-1 --store file --browser");
  cli_expect(&o, 0);
  AUTO_JSON json_t *profile = cli_profile_read(&home, "mine");
  cr_expect_str_eq(issuer_of(profile), server.issuer);
  AUTO_STR char *page = mem_printf("%s/acme-1/apps", server.base);
  cr_expect_str_eq(json_text(profile, "register_url"), page);
  cr_expect_null(json_object_get(profile, "api"), "the preset's own");

  /* Once said, it is kept, and the preset may go. */
  cli_line(&home, &server, &again, NULL, "login mine --browser");
  cli_expect(&again, 0);
}

Test(presets, take_the_default_tenant_without_one, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o = {0};
  AUTO_OUTCOME struct outcome other = {0};
  AUTO_OUTCOME struct outcome refused = {0};

  server_start(&server, "--issuer-path", "/main", NULL);
  make_tenants(&home, &server);
  cli_line(&home, &server, &o, NULL, "login mine --store file --browser");
  cli_expect(&o, 0);
  AUTO_JSON json_t *profile = cli_profile_read(&home, "mine");
  cr_expect_null(issuer_of(profile));

  /* Another tenant is another server: nothing of the login goes there. */
  cli_line(&home, &server, &other, NULL, "login mine --tenant acme --browser");
  cr_expect_neq(other.status, 0);
  cli_line(&home, &server, &refused, NULL, "token -p mine");
  cli_expect(&refused, 0);
}

Test(presets, give_way_to_what_is_said_beside_the_tenant, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o = {0};

  server_start(&server, NULL);
  make_tenants(&home, &server);
  cli_line(&home, &server, &o, NULL,
           "login mine --tenant acme --issuer $I --store file --browser");
  cli_expect(&o, 0);
  AUTO_JSON json_t *profile = cli_profile_read(&home, "mine");
  cr_expect_str_eq(issuer_of(profile), server.issuer);
}

/* Who is meant by `fob login`: presets, issuers, APIs, profiles; and what of
 * the options is kept. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static const char pat[] = "test-pat-not-real-0123456789\n";
static const char secret[] = "test-secret-not-real\n";

static void make(struct home *home, struct server *server)
{
  home_make(home);
  cli_presets(home);
  home_setenv(home, "FOB_STORE", "file");
  server_start(server, NULL);
}

static void expect_line(const struct outcome *o, const char *as,
                        const char *api, const char *rest)
{
  AUTO_STR char *want = mem_printf("Logged in: %s at %s,%s\n", as, api, rest);

  cli_expect(o, 0);
  cr_assert_str_eq(o->err, want);
  cr_assert_str_eq(o->out, "");
}

/* Another installation of the preset's software: its own base gets nothing,
 * since nothing is at api.github.com for a test to reach. */
Test(login_target, points_a_preset_at_another_installation)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome github;
  AUTO_OUTCOME struct outcome gitlab;
  AUTO_OUTCOME struct outcome again;
  AUTO_OUTCOME struct outcome gone;

  make(&home, &server);
  cli_line(&home, &server, &github, pat, "login github --pat=- --api $A");
  expect_line(&github, "github as ann", server.api,
              " scopes repo read:org,\n"
              "  until 2127-02-01, in an encrypted file (key beside it).");
  AUTO_STR char *text = cli_profile_text(&home, "github");
  cli_has(text, "\"preset\":\"github\"");
  cli_has(text, "!api.github.com");

  cli_line(&home, &server, &gitlab, pat,
           "login gitlab -p lab --pat=- --api $A");
  expect_line(&gitlab, "lab as user-1", server.api,
              "\n  no expiry stated, in an encrypted file (key beside it).");
  cli_line(&home, &server, &again, pat, "login -p lab --pat=-");
  cli_expect(&again, 0);
  cr_assert_eq(server_count(&server, "/api/user"), 3);

  /* The preset's pages are another installation's too. */
  cli_line(&home, &server, &gone, NULL, "logout -p lab");
  cli_expect(&gone, 0);
  cli_has(gone.err, "!gitlab.com");
}

Test(login_target, takes_an_issuer_with_and_without_a_slash_behind)
{
  static const char *const lines[] = {
      "login $I -p a --client-credentials --client-id fob-service "
      "--client-secret-file -",
      "login $I/ -p b --client-credentials --client-id fob-service "
      "--client-secret-file -",
      "login --issuer $I/ -p c --client-credentials --client-id fob-service "
      "--client-secret-file -",
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_OUTCOME struct outcome o;
    const char name[] = {(char)('a' + i), '\0'};
    cli_line(&home, &server, &o, secret, lines[i]);
    cli_expect(&o, 0);
    json_t *json = cli_profile_read(&home, name);
    cr_assert_str_eq(json_string_value(json_object_get(json, "issuer")),
                     server.issuer);
    json_decref(json);
  }
}

static const struct {
  const char *line;
  const char *input;
  int status;
  const char *says[4];
} refused[] = {
    {"login $A/none", NULL, 2, {"is no issuer", "--issuer URL", "--pat"}},
    {"login $A/none -p x", NULL, 2, {"-p x --issuer URL", "-p x --pat"}},
    {"login githb", NULL, 2, {"no preset 'githb'", "fob login github"}},
    {"login localhost", NULL, 2, {"it is no URL", "http://localhost:8080"}},
    {"login http://api.example.test", NULL, 2, {"plain http", "use https"}},
    {"login https://ann@api.example.test", NULL, 2, {"TARGET"}},
    {"login $I -p a/b", NULL, 2, {"a/b"}},
    {"login $I https://b.example.test", NULL, 2, {"one TARGET"}},
    {"login $A --pat $H/token.txt", NULL, 2, {"--pat=/", "token.txt"}},
    {"login --pat $H/browser",
     NULL,
     2,
     {"not a TARGET", "--pat=/", "/browser"}},
    {"login --pat -", NULL, 2, {"not a TARGET", "--pat=-"}},
    {"login $I --browser firefox", NULL, 2, {"--browser=firefox"}},
    {"login http://127.0.0.1:1 -p x", NULL, 6, {"cannot connect"}},
    {"login -p nosuch", NULL, 2, {"no profile 'nosuch'", "fob login TARGET"}},
    {"login", NULL, 2, {"no profile", "fob login TARGET"}},
    {"login $A --pat=- --user ann --auth-header 'X: {token}'",
     pat,
     2,
     {"exclude each other"}},
    {"login $A --pat=- --auth-header X-API-Key", pat, 2, {"{token}"}},
    {"login $A --pat=- --auth-header 'X Y: {token}'", pat, 2, {"auth.name"}},
    {"login $I --offline --no-offline", NULL, 2, {"exclude each other"}},
    {"login $I --param state=1 --browser", NULL, 2, {"state"}},
    {"login $I --param noequals --browser", NULL, 2, {"NAME=VALUE"}},
    {"login -p x --pat=-", pat, 2, {"no profile 'x'"}},
    {"login $I --issuer $I --client-credentials --client-id fob-service",
     NULL,
     2,
     {"with its secret", "--client-secret-file FILE"}},
    {"login $I -p x --client-credentials",
     NULL,
     2,
     {"no client id", " -p x --client-credentials --client-id ID"}},
    {"login github -p hub --browser",
     NULL,
     2,
     {"no client id", "https://github.com/settings/applications/new",
      "fob login github -p hub --browser --client-id ID",
      "fob login github --pat -p hub"}},
};

Test(login_target, refuses_what_it_cannot_make_sense_of, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_OUTCOME struct outcome o;
    cli_line(&home, &server, &o, refused[i].input, refused[i].line);
    cr_expect_eq(o.status, refused[i].status, "%s: exit %d: %s",
                 refused[i].line, o.status, o.err);
    for (size_t k = 0; k < 4 && refused[i].says[k] != NULL; k++)
      cr_expect_not_null(strstr(o.err, refused[i].says[k]),
                         "%s: '%s' not in %s", refused[i].line,
                         refused[i].says[k], o.err);
    cr_expect_null(strstr(o.err, "not-real"), "%s", o.err);
  }
  cr_assert_not(home_has(&home, "config/fob/profiles"));
}

/* Sites that answer every path with a page are no issuers either. */
Test(login_target, tells_a_page_from_metadata_and_another_issuer_from_both)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome page;
  AUTO_OUTCOME struct outcome other;

  make(&home, &server);
  server_order(&server, "{'next': {'path': '/.well-known*', 'times': -1, "
                        "'fault': 'status', 'status': 200, "
                        "'body': '<html>welcome</html>'}}");
  cli_line(&home, &server, &page, NULL, "login $I -p x --client-id y");
  cli_expect(&page, 2);
  cli_has(page.err, "is no issuer");

  server_reset(&server);
  server_order(&server, "{'set': {'patch': {'metadata': {'issuer': "
                        "'https://evil.example.test'}}}}");
  cli_line(&home, &server, &other, NULL, "login $I -p x --client-id y");
  cli_expect(&other, 13);
  cli_has(other.err, "https://evil.example.test");
  cli_has(other.err, server.issuer);
}

/* A host may have several issuers and APIs: a name that is made of it serves
 * one, and a login for another does not take it over. */
Test(login_target, does_not_take_over_a_profile_of_another_address)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome first;
  AUTO_OUTCOME struct outcome other;
  AUTO_OUTCOME struct outcome again;
  AUTO_OUTCOME struct outcome preset;

  make(&home, &server);
  cli_line(&home, &server, &first, pat, "login $A --pat=-");
  cli_expect(&first, 0);
  cli_line(&home, &server, &other, pat, "login $A/v2 --pat=-");
  cli_expect(&other, 2);
  cli_has(other.err, "is there already");
  cli_has(other.err, "/v2 --pat=- -p NAME");
  cli_line(&home, &server, &again, pat, "login $A/ --pat=-");
  cli_expect(&again, 0);

  home_write(&home, "config/fob/profiles/github.json", 0600,
             "{\"schema\": 1, \"api\": [\"%s\"]}", server.api);
  cli_line(&home, &server, &preset, pat, "login github --pat=-");
  cli_expect(&preset, 2);
  cli_has(preset.err, "not made from the preset 'github'");
  cli_has(preset.err, "fob login -p github");
}

Test(login_target, keeps_every_option_but_secrets_in_the_profile)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome again;

  make(&home, &server);
  cli_line(&home, &server, &o, secret,
           "login $I -p p --api $A --api https://files.example.test/v1/ "
           "--client-credentials --client-id fob-service --client-secret-file "
           "- --client-auth client_secret_post --scope api:read --resource "
           "https://r.example.test/ --audience aud --param acme_tenant=t1 "
           "--prompt login --no-offline --login-hint nobody --yes --timeout 9 "
           "--redirect-uri http://127.0.0.1/cb --auth-header 'X-T: {token}'");
  cli_expect(&o, 0);
  AUTO_STR char *text = cli_profile_text(&home, "p");
  AUTO_STR char *want = mem_printf(
      "{\"schema\":1,\"issuer\":\"%s\",\"api\":[\"%s\",\"https://"
      "files.example.test/v1\"],\"client\":{\"id\":\"fob-service\",\"auth\":"
      "\"client_secret_post\"},\"grant\":\"client_credentials\",\"scope\":["
      "\"api:read\"],\"offline\":false,\"resource\":[\"https://"
      "r.example.test/\"],\"audience\":[\"aud\"],\"login\":{\"redirect_uris\":["
      "\"http://127.0.0.1/cb\"],\"prompt\":\"login\"},\"auth\":{\"in\":"
      "\"header\",\"name\":\"X-T\",\"format\":\"{token}\"},\"params\":{"
      "\"authorize\":{\"acme_tenant\":\"t1\"}},\"store\":\"file\"}",
      server.issuer, server.api);
  cr_assert_str_eq(text, want);

  /* The name is enough from now on; the secret is in the store. */
  cli_line(&home, &server, &again, NULL, "login -p p");
  cli_expect(&again, 0);
  AUTO_STR char *same = cli_profile_text(&home, "p");
  cr_assert_str_eq(same, want);
}

Test(login_target, replaces_and_adds_scopes_each_once)
{
  static const struct {
    const char *line, *scopes;
  } rows[] = {
      {"login $I -p p --client-credentials --client-id fob-service "
       "--client-secret-file - --scope 'api:read api:read'",
       "[\"api:read\"]"},
      {"login -p p --add-scope api:write --add-scope api:read",
       "[\"api:read\",\"api:write\"]"},
      {"login -p p --scope api:write", "[\"api:write\"]"},
      {"login -p p --scope api:write --add-scope api:read",
       "[\"api:write\",\"api:read\"]"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *want = mem_printf("\"scope\":%s", rows[i].scopes);
    cli_line(&home, &server, &o, secret, rows[i].line);
    cli_expect(&o, 0);
    AUTO_STR char *text = cli_profile_text(&home, "p");
    cli_has(text, want);
  }
}

/* What a login would ask for without it is not lost. */
Test(login_target, adds_a_scope_to_what_the_server_offers)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL,
           "login $I -p p --api $A --client-id fob-demo --browser --add-scope "
           "api:read");
  cli_expect(&o, 0);
  cli_has(o.err, "as ann@example.test");
  cli_has(o.err, "scopes openid api:read offline_access,");
  AUTO_STR char *text = cli_profile_text(&home, "p");
  cli_has(text, "\"scope\":[\"openid\",\"api:read\"]");
}

/* One that the administrator has put up for everybody. */
Test(login_target, logs_in_to_a_profile_that_cannot_be_written)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome changed;
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome token;

  make(&home, &server);
  home_setenv(&home, "XDG_CONFIG_DIRS", "%s/etc", home.dir);
  home_write(&home, "etc/fob/profiles/org.json", 0644,
             "{\"schema\": 1, \"api\": [\"%s\"], \"grant\": \"token\", "
             "\"store\": \"file\"}",
             server.api);
  cli_line(&home, &server, &changed, pat,
           "login -p org --pat=- --auth-header 'X: {token}'");
  cli_expect(&changed, 2);
  cli_has(changed.err, "read-only");
  cli_line(&home, &server, &token, NULL, "token -p org");
  cli_expect(&token, 8);
  outcome_clear(&token);

  cli_line(&home, &server, &o, pat, "login -p org --pat=-");
  cli_expect(&o, 0);
  cli_line(&home, &server, &token, NULL, "token -p org");
  cli_expect(&token, 0);
  cr_assert_str_eq(token.out, pat);
  cr_assert_not(home_has(&home, "config/fob/profiles/org.json"));
}

Test(login_target, reads_googles_client_file)
{
  static const char json[] =
      "{\n \"installed\": {\"client_id\": \"fob-service\",\n"
      "  \"client_secret\": \"test-secret-not-real\"}\n}\n";
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome other;

  make(&home, &server);
  home_write(&home, "client.json", 0600, "%s", json);
  cli_line(&home, &server, &o, NULL,
           "login $I -p p --client-credentials --client-secret-file "
           "$H/client.json");
  cli_expect(&o, 0);
  AUTO_STR char *text = cli_profile_text(&home, "p");
  cli_has(text, "\"id\":\"fob-service\"");
  cli_has(text, "!not-real");
  cli_line(&home, &server, &other, NULL,
           "login $I -p q --client-id other --client-credentials "
           "--client-secret-file $H/client.json");
  cli_expect(&other, 2);
  cli_has(other.err, "'other'");
  cli_has(other.err, "!not-real");
}

Test(login_target, tries_a_login_without_keeping_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome person;
  AUTO_OUTCOME struct outcome token;

  make(&home, &server);
  home_setenv(&home, "FOB_STORE", NULL);
  cli_no_keyring(&home); /* a trial needs no store */
  cli_line(&home, &server, &person, NULL,
           "login $I -p p --api $A --client-id fob-demo --browser --no-save");
  cli_expect(&person, 0);
  cli_has(person.err, "nothing is kept, and it is revoked");
  cr_assert_eq(server_count(&server, "/revoke"), 2);
  cli_line(&home, &server, &token, pat, "login $A -p p --pat=- --no-save");
  cli_expect(&token, 0);
  cli_has(token.err, "nothing is kept.");
  cr_assert_not(home_has(&home, "config/fob/profiles/p.json"));
  cr_assert_not(home_has(&home, "data/fob/credentials"));
}

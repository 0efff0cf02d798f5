/* Presets of servers that have OpenID Connect: what each does beside it, and
 * whose issuer it is. */
#include "cli/preset_stage.h"

#include <criterion/criterion.h>

/* --- Google --------------------------------------------------------------- */

static const struct part google = {
    .preset = "google",
    .moves = {{"https://accounts.google.com", "$B"},
              {"https://www.googleapis.com\"", "$B/api\""}},
    .settings =
        "{'iss': false, 'scopes': ['openid', 'email', 'https://drive.test/r'],"
        " 'grant_scope': 'openid https://www.googleapis.com/auth/userinfo.email"
        "   https://drive.test/r',"
        " 'vendor': {'demands': {'/authorize': {'access_type': 'offline',"
        "   'prompt': 'consent'}, '/token': {'client_id': 'fob-web',"
        "   'client_secret': 'test-secret-not-real'}}}}"};

Test(presets_openid, google_is_asked_for_a_refresh_token_in_its_own_way,
     .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &google);
  home_write(&s.home, "client.json", 0600,
             "{\"installed\": {\"client_id\": \"fob-web\","
             " \"client_secret\": \"test-secret-not-real\","
             " \"redirect_uris\": [\"http://localhost\"]}}");
  stage_run(&s, 0,
            "login google --client-secret-file $H/client.json --store file "
            "--add-scope https://drive.test/r --browser",
            "google as ann@example.test");
  stage_run(&s, 0, "login -p google --browser", "!not granted");
  stage_run(&s, 0, "login -p google --browser", "!not asked");
  stage_run(&s, 0, "token --force-refresh", "-not-real");
  stage_run(&s, 0, "request user", "ann");
}

/* --- Microsoft ------------------------------------------------------------ */

#define TID "8b3f1c2e-0000-4000-8000-00000000000a"

static const struct part microsoft = {
    .preset = "microsoft",
    .moves = {{"https://login.microsoftonline.com", "$B"},
              {"https://graph.microsoft.com", "$B/api"}},
    .settings =
        "{'iss': false, 'scopes': ['openid', 'profile', 'email', 'User.Read',"
        "   'offline_access'], 'refresh_needs_offline': true,"
        " 'vendor': {'demands': {'/authorize': {'resource': false,"
        "   'prompt': false}, '/token': {'resource': false}}}}"};

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

Test(presets_openid, microsoft_for_everybody_pins_the_tenant, .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play_at(&s, &microsoft, "/common/v2.0");
  tenant_is(&s.server, "{tenantid}");
  stage_run(&s, 0,
            "login microsoft --client-id fob-demo --resource https://api.test "
            "--store file --browser",
            "microsoft as ann@acme.test");
  stage_run(&s, 0, "token --force-refresh", "-not-real");
  stage_run(&s, 0, "status", "ann@acme.test");
}

Test(presets_openid, microsoft_for_one_tenant_is_exact, .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play_at(&s, &microsoft, "/" TID "/v2.0");
  tenant_is(&s.server, TID);
  stage_run(&s, 0,
            "login microsoft --tenant " TID " --client-id fob-demo "
            "--store file --browser",
            "microsoft as ann@acme.test");
  /* Another tenant's document under this one's name. */
  tenant_is(&s.server, "8b3f1c2e-0000-4000-8000-00000000000b");
  stage_run(&s, 13, "login -p microsoft --browser", "0000000b");
}

/* --- Auth0, Okta, Keycloak ------------------------------------------------ */

static const struct part auth0 = {
    .preset = "auth0",
    .moves = {{"https://{tenant}/", "$B/"},
              {"http://127.0.0.1:8400/callback", "http://127.0.0.1/callback"}},
    .settings =
        "{'refresh_needs_offline': true, 'vendor': {'demands': {'/authorize':"
        "   {'audience': 'https://api.test', 'prompt': false}}}}"};

Test(presets_openid, auth0_has_a_slash_behind_its_issuer, .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &auth0);
  server_order(&s.server,
               "{'set': {'iss': false, 'patch': {'metadata': {'issuer': '%s/'},"
               " 'id_token': {'iss': '%s/'}}}}",
               s.server.base, s.server.base);
  stage_run(
      &s, 0,
      "login auth0 --client-id fob-demo --api $A --audience https://api.test "
      "--store file --browser",
      "auth0 as ann@example.test");
  stage_run(&s, 0, "request user", "ann");
  stage_run(&s, 0, "token --force-refresh", "-not-real");
}

static const struct part okta = {
    .preset = "okta",
    .moves = {{"https://{tenant}/api/v1", "$B/api/v4"},
              {"https://{tenant}", "$B"},
              {"http://127.0.0.1:8400/callback", "http://127.0.0.1/callback"}},
    .settings =
        "{'scopes': ['openid', 'profile', 'email', 'offline_access',"
        "   'okta.users.read.self'], 'refresh_needs_offline': true,"
        " 'patch': {'id_token': {'preferred_username': 'ann@acme.test'}},"
        " 'vendor': {'demands': {'/authorize': {'prompt': false, 'scope':"
        "   'openid profile email okta.users.read.self offline_access'}}}}"};

Test(presets_openid, okta_gives_tokens_for_its_own_api, .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play(&s, &okta);
  stage_run(&s, 0, "login okta --client-id fob-demo --store file --browser",
            "okta as ann@acme.test");
  stage_run(&s, 0, "request user", "ann");
  stage_run(&s, 0, "token --force-refresh", "-not-real");
}

static const struct part keycloak = {
    .preset = "keycloak",
    .settings = "{'refresh_needs_offline': true,"
                " 'patch': {'id_token': {'preferred_username': 'ann'}},"
                " 'vendor': {'demands': {'/authorize': {'prompt': false}}}}"};

Test(presets_openid, keycloak_is_found_by_its_realm, .timeout = 300)
{
  AUTO_STAGE struct stage s;

  stage_play_at(&s, &keycloak, "/realms/acme");
  stage_run(
      &s, 0,
      "login keycloak --issuer $I --client-id fob-demo --api $A --store file "
      "--browser",
      "keycloak as ann at");
  stage_run(&s, 0, "token --force-refresh", "-not-real");
}

/* What a profile says after reading: every member where it belongs, defaults,
 * and what members say to each other. */
#include "profile/profile.h"

#include "base/json.h"
#include "base/mem.h"
#include "world.h"

TestSuite(profile, .init = world_make);

/* Every member with a value that is not its default. */
static const char full[] =
    "{\"schema\":1,\"description\":\"Acme API\",\"preset\":null,"
    "\"api\":[\"https://api.acme.example/v2\",\"https://b.example\"],"
    "\"api_from_token\":{\"pointer\":\"/instance_url\","
    "\"within\":[\"my.salesforce.com\"]},"
    "\"headers\":{\"Notion-Version\":\"2022-06-28\"},"
    "\"auth\":{\"in\":\"query\",\"name\":\"key\",\"format\":\"k{token}\"},"
    "\"issuer\":\"https://login.acme.example/t\",\"discovery\":\"oauth\","
    "\"metadata\":{\"token_endpoint\":\"https://login.acme.example/token\"},"
    "\"client\":{\"id\":\"fob-cli\",\"auth\":\"private_key_jwt\","
    "\"secret\":{\"from\":\"env\",\"name\":\"ACME_SECRET\"},"
    "\"key\":\"/k.pem\",\"key_id\":\"k1\",\"key_alg\":\"PS256\","
    "\"cert\":\"/c.pem\",\"basic_encoding\":\"raw\","
    "\"assertion_audience\":\"token_endpoint\","
    "\"registration\":\"https://login.acme.example/reg/1\"},"
    "\"grant\":\"token\",\"scope\":[\"openid\",\"x\"],\"offline\":false,"
    "\"resource\":[\"api://x\"],\"audience\":[\"aud\"],"
    "\"authorization_details\":[{\"type\":\"pay\",\"n\":1.10}],"
    "\"params\":{\"authorize\":{\"a\":\"1\"},\"token\":{\"b\":\"2\"},"
    "\"refresh\":{\"c\":\"3\"},\"device\":{\"d\":\"\"}},"
    "\"login\":{\"method\":\"paste\","
    "\"redirect_uris\":[\"https://app.example/cb\"],"
    "\"browser\":[\"firefox\",\"-P\",\"a b\"],\"prompt\":\"login consent\","
    "\"pkce\":\"S256\",\"par\":\"required\",\"timeout\":\"90s\"},"
    "\"identity\":{\"provider\":\"github\",\"audience\":\"https://a.example\","
    "\"use\":\"jwt_bearer\",\"variable\":\"ID_TOKEN\",\"path\":\"/i.jwt\","
    "\"command\":[\"/bin/mint\",\"a b\"]},\"dpop\":\"auto\","
    "\"token_request\":{\"encoding\":\"json\",\"scope_separator\":\",\","
    "\"scope_parameter\":\"user_scope\",\"omit\":[\"client_id\"]},"
    "\"token_response\":{\"at\":\"/authed_user\",\"ok\":\"/ok\","
    "\"token_type\":\"Bearer\",\"lifetime\":7200,"
    "\"scope_aliases\":{\"https://s.example/a.b\":\"ab\"},"
    "\"errors\":{\"bad code\":\"invalid_grant\"}},"
    "\"account\":{\"from\":\"path\",\"path\":\"/user\",\"id\":\"/id\","
    "\"label\":\"/login\",\"expires_header\":\"x-expires\","
    "\"scopes_header\":\"x-scopes\"},"
    "\"revocation\":\"https://login.acme.example/revoke\","
    "\"manage_url\":\"https://acme.example/tokens\","
    "\"register_url\":\"https://acme.example/apps\","
    "\"api_error\":{\"ok\":\"/ok\",\"message\":\"/error\"},"
    "\"pagination\":{\"style\":\"cursor\",\"items\":\"/items\","
    "\"next\":\"/next\",\"param\":\"cursor\"},"
    "\"rate\":{\"limit\":\"10/s\",\"wait\":\"5m\"},"
    "\"retry\":{\"max\":3,\"idempotency_header\":\"Idempotency-Key\"},"
    "\"openapi\":\"https://acme.example/openapi.json\","
    "\"network\":{\"proxy\":\"http://proxy.example:3128\",\"ca\":\"/ca.pem\"},"
    "\"store\":\"file\",\"token_cache\":\"off\",\"x-mine\":{\"a\":[1]}}";

static void expect_list(const struct text_list *list, const char *joined)
{
  AUTO_STR char *text = NULL;

  cr_assert_eq(text_list_join(list, "|", &text, &err), E_OK);
  cr_expect_str_eq(text, joined);
}

Test(profile, has_every_member_where_it_belongs)
{
  AUTO(profile) p = world_parse(full);

  cr_expect_str_eq(p->name, "acme");
  cr_expect_str_eq(p->description, "Acme API");
  cr_expect_null(p->preset);
  expect_list(&p->api, "https://api.acme.example/v2|https://b.example");
  cr_expect_str_eq(json_text(p->headers, "Notion-Version"), "2022-06-28");
  cr_expect_eq(p->auth.in, AUTH_QUERY);
  cr_expect_str_eq(p->auth.name, "key");
  cr_expect_str_eq(p->auth.format, "k{token}");
  cr_expect_str_eq(p->issuer, "https://login.acme.example/t");
  cr_expect_eq(p->discovery, DISCOVERY_OAUTH);
  cr_expect_str_eq(json_text(p->metadata, "token_endpoint"),
                   "https://login.acme.example/token");
  cr_expect_eq(p->grant, GRANT_TOKEN);
  cr_expect(p->grant_stated);
  expect_list(&p->scope, "openid|x");
  cr_expect(p->scope_stated);
  cr_expect_eq(p->offline, OFFLINE_NO);
  expect_list(&p->resource, "api://x");
  expect_list(&p->audience, "aud");
  cr_expect_str_eq(json_text(p->params_authorize, "a"), "1");
  cr_expect_str_eq(json_text(p->params_token, "b"), "2");
  cr_expect_str_eq(json_text(p->params_refresh, "c"), "3");
  cr_expect_str_eq(json_text(p->params_device, "d"), "");
  cr_expect_str_eq(p->dpop, "auto");
  cr_expect_str_eq(p->revocation, "https://login.acme.example/revoke");
  cr_expect_str_eq(p->manage_url, "https://acme.example/tokens");
  cr_expect_str_eq(p->register_url, "https://acme.example/apps");
  cr_expect_str_eq(p->api_error.ok, "/ok");
  cr_expect_str_eq(p->api_error.message, "/error");
  cr_expect_str_eq(p->network_proxy, "http://proxy.example:3128");
  cr_expect_str_eq(p->network_ca, "/ca.pem");
  cr_expect_str_eq(p->store, "file");
  cr_expect_str_eq(p->token_cache, "off");
  cr_expect_eq(p->warnings.count, 0);
}

Test(profile, has_every_member_of_client_login_and_answers)
{
  AUTO(profile) p = world_parse(full);

  cr_expect_str_eq(p->client.id, "fob-cli");
  cr_expect_eq(p->client.auth, CLIENT_PRIVATE_KEY_JWT);
  cr_expect(p->client.auth_stated);
  cr_expect_eq(p->client.secret_from, SECRET_FROM_ENV);
  cr_expect_str_eq(p->client.secret_name, "ACME_SECRET");
  cr_expect_str_eq(p->client.key, "/k.pem");
  cr_expect_str_eq(p->client.key_id, "k1");
  cr_expect_str_eq(p->client.key_alg, "PS256");
  cr_expect_str_eq(p->client.cert, "/c.pem");
  cr_expect(p->client.basic_raw);
  cr_expect_str_eq(p->client.assertion_audience, "token_endpoint");
  cr_expect_str_eq(p->client.registration, "https://login.acme.example/reg/1");
  cr_expect_eq(p->login.method, METHOD_PASTE);
  expect_list(&p->login.redirect_uris, "https://app.example/cb");
  expect_list(&p->login.browser, "firefox|-P|a b");
  cr_expect_str_eq(p->login.prompt, "login consent");
  cr_expect_str_eq(p->login.par, "required");
  cr_expect_eq(p->login.timeout, 90);
  cr_expect(p->token_request.json);
  cr_expect_str_eq(p->token_request.scope_separator, ",");
  cr_expect_str_eq(p->token_request.scope_parameter, "user_scope");
  expect_list(&p->token_request.omit, "client_id");
  cr_expect_str_eq(p->token_response.at, "/authed_user");
  cr_expect_str_eq(p->token_response.ok, "/ok");
  cr_expect_str_eq(p->token_response.token_type, "Bearer");
  cr_expect_eq(p->token_response.lifetime, 7200);
  cr_expect_str_eq(
      json_text(p->token_response.scope_aliases, "https://s.example/a.b"),
      "ab");
  cr_expect_str_eq(json_text(p->token_response.errors, "bad code"),
                   "invalid_grant");
  cr_expect_str_eq(p->account.from, "path");
  cr_expect_str_eq(p->account.path, "/user");
  cr_expect_str_eq(p->account.id, "/id");
  cr_expect_str_eq(p->account.label, "/login");
  cr_expect_str_eq(p->account.expires_header, "x-expires");
  cr_expect_str_eq(p->account.scopes_header, "x-scopes");
  cr_expect_str_eq(p->identity.provider, "github");
  cr_expect_str_eq(p->identity.audience, "https://a.example");
  cr_expect_eq(p->identity.use, IDENTITY_JWT_BEARER);
  cr_expect_str_eq(p->identity.variable, "ID_TOKEN");
  cr_expect_str_eq(p->identity.path, "/i.jwt");
  expect_list(&p->identity.command, "/bin/mint|a b");
}

Test(profile, has_the_defaults_of_the_contract)
{
  AUTO(profile) p = world_parse("{}");

  cr_expect_eq(p->auth.in, AUTH_HEADER);
  cr_expect_str_eq(p->auth.name, "Authorization");
  cr_expect_str_eq(p->auth.format, "Bearer {token}");
  cr_expect_null(p->auth.user);
  cr_expect_null(p->issuer);
  cr_expect_eq(p->discovery, DISCOVERY_AUTO);
  cr_expect_null(p->metadata);
  cr_expect_null(p->headers);
  cr_expect_null(p->client.id);
  cr_expect_not(p->client.auth_stated);
  cr_expect_eq(p->client.secret_from, SECRET_FROM_STORE);
  cr_expect_null(p->client.secret_name);
  cr_expect_null(p->client.key_alg);
  cr_expect_not(p->client.basic_raw);
  cr_expect_str_eq(p->client.assertion_audience, "issuer");
  cr_expect_eq(p->grant, GRANT_AUTHORIZATION_CODE);
  cr_expect_not(p->grant_stated);
  cr_expect_not(p->scope_stated);
  cr_expect_eq(p->offline, OFFLINE_DEFAULT);
  cr_expect_eq(p->login.method, METHOD_AUTO);
  expect_list(&p->login.redirect_uris, "http://127.0.0.1/callback");
  cr_expect_null(p->login.prompt);
  cr_expect_str_eq(p->login.par, "auto");
  cr_expect_eq(p->login.timeout, 300);
  cr_expect_str_eq(p->dpop, "off");
  cr_expect_not(p->token_request.json);
  cr_expect_str_eq(p->token_request.scope_separator, " ");
  cr_expect_str_eq(p->token_request.scope_parameter, "scope");
  cr_expect_str_eq(p->token_response.at, "");
  cr_expect_eq(p->token_response.lifetime, 0);
  cr_expect_str_eq(p->account.from, "id_token");
  cr_expect_str_eq(p->account.id, "/sub");
  cr_expect_str_eq(p->account.label, "/email");
  cr_expect_str_eq(p->revocation, "auto");
  cr_expect_null(p->store);
  cr_expect_null(p->token_cache);
}

Test(profile, chooses_defaults_by_what_is_stated)
{
  AUTO(profile)
  key = world_parse("{\"auth\":{\"name\":\"X-API-Key\"},\"offline\":true}");
  AUTO(profile)
  basic = world_parse("{\"auth\":{\"scheme\":\"basic\",\"user\":\"ann@x\"}}");
  AUTO(profile)
  query = world_parse("{\"auth\":{\"in\":\"query\",\"name\":\"key\"}}");
  AUTO(profile) path = world_parse("{\"account\":{\"path\":\"/me\"}}");
  AUTO(profile)
  both = world_parse("{\"account\":{\"path\":\"/me\",\"from\":\"id_token\"}}");
  AUTO(profile)
  env = world_parse("{\"client\":{\"secret\":{\"from\":\"env\"}}}");
  AUTO(profile) lower = world_parse("{\"auth\":{\"name\":\"authorization\"}}");

  cr_expect_str_eq(key->auth.format, "{token}");
  cr_expect_eq(key->offline, OFFLINE_YES);
  cr_expect_str_eq(lower->auth.format, "Bearer {token}");
  cr_expect_eq(basic->auth.in, AUTH_BASIC);
  cr_expect_str_eq(basic->auth.user, "ann@x");
  cr_expect_eq(basic->grant, GRANT_TOKEN);
  cr_expect_not(basic->grant_stated);
  cr_expect_eq(query->auth.in, AUTH_QUERY);
  cr_expect_str_eq(query->auth.format, "{token}");
  cr_expect_eq(query->grant, GRANT_TOKEN);
  cr_expect_str_eq(path->account.from, "path");
  cr_expect_null(path->account.id);
  cr_expect_str_eq(both->account.id, "/sub");
  cr_expect_eq(env->client.secret_from, SECRET_FROM_ENV);
  cr_expect_null(env->client.secret_name);
}

Test(profile, refuses_members_that_contradict_each_other)
{
  static const struct {
    const char *text, *path;
  } rows[] = {
      {"{\"auth\":{\"scheme\":\"basic\"}}", "auth.user must be stated"},
      {"{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\",\"in\":\"header\"}}",
       "auth.in does not go"},
      {"{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\",\"name\":\"X\"}}",
       "auth.name does not go"},
      {"{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\",\"format\":\"{token}\"}"
       "}",
       "auth.format does not go"},
      {"{\"auth\":{\"user\":\"a\"}}", "auth.user goes with"},
      {"{\"auth\":{\"in\":\"query\"}}", "auth.name must name"},
      {"{\"auth\":{\"in\":\"query\",\"name\":\"k\"},"
       "\"grant\":\"authorization_code\"}",
       "grant must be token"},
      {"{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\"},"
       "\"grant\":\"client_credentials\"}",
       "grant must be token"},
      {"{\"auth\":{\"name\":\"X-Key\"},\"headers\":{\"x-key\":\"1\"}}",
       "headers must not have x-key"},
      {"{\"client\":{\"secret\":{\"from\":\"file\"}}}",
       "client.secret.path must name"},
      {"{\"client\":{\"secret\":{\"from\":\"credential\"}}}",
       "client.secret.name must name"},
      {"{\"client\":{\"secret\":{\"name\":\"X\"}}}",
       "client.secret.name goes with"},
      {"{\"client\":{\"secret\":{\"from\":\"env\",\"path\":\"/x\"}}}",
       "client.secret.path goes with"},
      {"{\"account\":{\"from\":\"path\"}}", "account.path must be stated"},
      {"{\"api_from_token\":{}}", "api_from_token.pointer must be stated"},
      {"{\"api_from_token\":{\"pointer\":\"/x\"}}",
       "api_from_token.within must name"},
      {"{\"api_from_token\":{\"pointer\":\"/x\",\"within\":[]}}",
       "api_from_token.within must name"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    world_refuse(rows[i].text, rows[i].path);
}

Test(profile, takes_secrets_from_where_it_says)
{
  AUTO(profile)
  file = world_parse(
      "{\"client\":{\"secret\":{\"from\":\"file\",\"path\":\"/run/s\"}}}");
  AUTO(profile)
  credential = world_parse(
      "{\"client\":{\"secret\":{\"from\":\"credential\",\"name\":\"acme\"}}}");

  cr_expect_eq(file->client.secret_from, SECRET_FROM_FILE);
  cr_expect_str_eq(file->client.secret_name, "/run/s");
  cr_expect_eq(credential->client.secret_from, SECRET_FROM_CREDENTIAL);
  cr_expect_str_eq(credential->client.secret_name, "acme");
}

/* --- finding files ------------------------------------------------------- */

Test(profile, is_found_in_the_config_directory_first)
{
  struct profile *p = NULL;

  scratch_write(scratch_path("system/fob/profiles/acme.json"),
                "{\"description\":\"system\"}", 0644);
  cr_assert_eq(profile_load(&p, "acme", &err), E_OK, "%s", err.message);
  cr_expect_str_eq(p->description, "system");
  cr_expect(p->read_only);
  profile_free(p);

  world_profile("acme", "{\"description\":\"own\"}");
  cr_assert_eq(profile_load(&p, "acme", &err), E_OK, "%s", err.message);
  cr_expect_str_eq(p->description, "own");
  cr_expect_not(p->read_only);
  cr_expect_str_eq(p->path, world_path("acme"));
  cr_expect_str_neq(p->stamp.text, "");
  profile_free(p);

  setenv("FOB_CONFIG_DIR", scratch_path("elsewhere"), 1);
  cr_assert_eq(profile_load(&p, "acme", &err), E_OK, "%s", err.message);
  cr_expect_str_eq(p->description, "system");
  profile_free(p);
}

Test(profile, is_named_with_the_nearest_when_there_is_none)
{
  struct profile *p = NULL;

  world_profile("acme", "{}");
  cr_assert_eq(profile_load(&p, "acem", &err), E_NO_PROFILE);
  cr_expect_eq(err_status(E_NO_PROFILE), 2);
  cr_expect_not_null(strstr(err.message, "'acem'"));
  cr_expect_not_null(strstr(err.hint, "'acme'"), "%s", err.hint);
  cr_assert_eq(profile_load(&p, "github", &err), E_NO_PROFILE);
  cr_expect_not_null(strstr(err.hint, "fob login github"), "%s", err.hint);
  cr_assert_eq(profile_load(&p, "../acme", &err), E_NO_PROFILE);
  cr_assert_eq(profile_load(&p, "", &err), E_NO_PROFILE);
}

Test(profile, lists_all_names_once)
{
  AUTO_LIST struct text_list names = {0};

  world_profile("b", "{}");
  world_profile("a", "broken");
  world_profile("10", "{}");
  scratch_write(scratch_path("config/fob/profiles/.hidden.json"), "{}", 0644);
  scratch_write(scratch_path("config/fob/profiles/c.json~"), "{}", 0644);
  scratch_write(scratch_path("config/fob/profiles/.json"), "{}", 0644);
  scratch_write(scratch_path("system/fob/profiles/a.json"), "{}", 0644);
  scratch_write(scratch_path("system/fob/profiles/z.json"), "{}", 0644);
  cr_assert_eq(profile_names(&names, &err), E_OK);
  expect_list(&names, "10|a|b|z");
  cr_expect(profile_exists("a"));
  cr_expect(profile_exists("z"));
  cr_expect_not(profile_exists("c"));
  cr_expect_not(profile_exists("../profiles/a"));
}

Test(profile, lists_none_where_there_is_no_directory)
{
  AUTO_LIST struct text_list names = {0};

  setenv("XDG_CONFIG_HOME", scratch_path("nowhere"), 1);
  setenv("XDG_CONFIG_DIRS", "relative:/dev/null", 1);
  cr_assert_eq(profile_names(&names, &err), E_OK, "%s", err.message);
  cr_expect_eq(names.count, 0);
}

Test(profile, may_be_a_link_but_not_writable_by_others)
{
  struct profile *p = NULL;
  static const unsigned refused[] = {0664, 0646, 0666, 0622};
  static const unsigned taken[] = {0600, 0400, 0644, 0440};

  for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
    world_profile("acme", "{}");
    cr_assert_eq(chmod(world_path("acme"), taken[i]), 0);
    cr_expect_eq(profile_load(&p, "acme", &err), E_OK, "%o: %s", taken[i],
                 err.message);
    profile_free(p);
    cr_assert_eq(chmod(world_path("acme"), 0644), 0);
  }
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    world_profile("acme", "{}");
    cr_assert_eq(chmod(world_path("acme"), refused[i]), 0);
    cr_expect_eq(profile_load(&p, "acme", &err), E_PROFILE, "%o", refused[i]);
    cr_expect_not_null(strstr(err.message, "acme.json"), "%s", err.message);
  }
  scratch_write(scratch_path("real"), "{\"description\":\"linked\"}", 0644);
  cr_assert_eq(symlink(scratch_path("real"), world_path("link")), 0);
  cr_assert_eq(profile_load(&p, "link", &err), E_OK, "%s", err.message);
  cr_expect_str_eq(p->description, "linked");
  profile_free(p);

  cr_assert_eq(symlink("/nonexistent", world_path("nowhere")), 0);
  cr_expect_eq(profile_load(&p, "nowhere", &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "nowhere.json"), "%s", err.message);
  cr_assert_eq(mkdir(world_path("dir"), 0700), 0);
  cr_expect_eq(profile_load(&p, "dir", &err), E_PROFILE);
}

Test(profile, from_a_file_of_the_environment_is_named_after_it)
{
  struct profile *p = NULL;
  static const struct {
    const char *file, *name;
  } rows[] = {{"ci.json", "ci"},
              {"ci", "ci"},
              {"a.b.json", "a.b"},
              {"x.JSON", "x.JSON"}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    scratch_write(scratch_path(rows[i].file), "{}", 0600);
    cr_assert_eq(profile_load_file(&p, scratch_path(rows[i].file), &err), E_OK,
                 "%s", err.message);
    cr_expect_str_eq(p->name, rows[i].name);
    cr_expect(p->read_only);
    profile_free(p);
  }
  cr_expect_eq(profile_load_file(&p, scratch_path("none.json"), &err),
               E_PROFILE);
  scratch_write(scratch_path(".json"), "{}", 0600);
  cr_expect_eq(profile_load_file(&p, scratch_path(".json"), &err),
               E_ENVIRONMENT);
  scratch_write(scratch_path("bad.json"), "{\"auth\":{\"x\":1}}", 0600);
  cr_assert_eq(profile_load_file(&p, scratch_path("bad.json"), &err),
               E_PROFILE);
  cr_expect_null(strstr(err.hint, "profile set"), "%s", err.hint);
}

Test(profile, starts_empty_or_from_a_preset)
{
  struct profile *p = NULL;

  cr_assert_eq(profile_new(&p, "acme", NULL, &err), E_OK);
  cr_expect_null(p->path);
  cr_expect_eq(p->api.count, 0);
  cr_expect_eq(json_integer_value(json_object_get(p->own, "schema")), 1);
  profile_free(p);
  cr_assert_eq(profile_new(&p, "gh", "github", &err), E_OK, "%s", err.message);
  expect_list(&p->api, "https://api.github.com");
  cr_expect_str_eq(p->preset, "github");
  cr_expect_str_neq(p->preset_stamp.text, "");
  profile_free(p);
  cr_expect_eq(profile_new(&p, "a/b", NULL, &err), E_USAGE);
  cr_expect_eq(profile_new(&p, "gh", "githb", &err), E_PROFILE);
  cr_expect_not_null(strstr(err.hint, "'github'"), "%s", err.hint);
}

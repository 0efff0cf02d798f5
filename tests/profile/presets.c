/* The presets that come with fob: each is whole, says where its facts are from,
 * and is fit to log in with. */
#include "base/json.h"
#include "base/mem.h"
#include "profile/preset.h"
#include "world.h"

TestSuite(presets, .init = world_make);

static json_t *raw(const char *name)
{
  char path[256];
  json_error_t error;

  snprintf(path, sizeof(path), "src/profile/presets/%s.json", name);
  json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(json, "%s: %s", path, error.text);
  return json;
}

Test(presets, are_these)
{
  AUTO_LIST struct text_list names = {0};
  AUTO_STR char *joined = NULL;

  cr_assert_eq(preset_names(&names, &err), E_OK);
  cr_assert_eq(text_list_join(&names, " ", &joined, &err), E_OK);
  cr_expect_str_eq(joined, "atlassian auth0 github gitlab google keycloak "
                           "microsoft notion okta salesforce slack");
}

Test(presets, are_read_without_a_warning_and_have_good_urls)
{
  AUTO_LIST struct text_list names = {0};

  cr_assert_eq(preset_names(&names, &err), E_OK);
  for (size_t i = 0; i < names.count; i++) {
    AUTO(profile) p = NULL;
    cr_assert_eq(profile_new(&p, "acme", names.items[i], &err), E_OK, "%s: %s",
                 names.items[i], err.message);
    cr_expect_eq(p->warnings.count, 0, "%s: %s", names.items[i],
                 p->warnings.count > 0 ? p->warnings.items[0] : "");
    cr_expect_eq(profile_check_urls(p, &err), E_OK, "%s: %s", names.items[i],
                 err.message);
    cr_expect_not_null(p->description, "%s", names.items[i]);
  }
}

/* Where the facts of each object and each address are from is said; and of
 * nothing that is not there. */
Test(presets, name_their_sources)
{
  AUTO_LIST struct text_list names = {0};

  cr_assert_eq(preset_names(&names, &err), E_OK);
  for (size_t i = 0; i < names.count; i++) {
    AUTO_JSON json_t *json = raw(names.items[i]);
    const json_t *source = json_object_get(json, "x-source");
    const char *member;
    json_t *value;

    json_object_foreach(json, member, value)
    {
      const char *text = json_text(source, member);
      bool due = (json_is_object(value) && strncmp(member, "x-", 2) != 0) ||
                 strcmp(member, "issuer") == 0;
      cr_expect(!due || (text != NULL && *text != '\0'),
                "%s: %s has no source", names.items[i], member);
    }
    json_object_foreach((json_t *)source, member, value)
    {
      cr_expect(json_is_string(value), "%s: %s", names.items[i], member);
      cr_expect_not_null(json_object_get(json, member),
                         "%s: a source for %s, which is not there",
                         names.items[i], member);
    }
  }
}

/* A preset has no client: everybody registers their own, and no secret. */
Test(presets, have_no_client_and_say_where_one_is_registered)
{
  AUTO_LIST struct text_list names = {0};

  cr_assert_eq(preset_names(&names, &err), E_OK);
  for (size_t i = 0; i < names.count; i++) {
    AUTO(profile) p = NULL;
    cr_assert_eq(profile_new(&p, "acme", names.items[i], &err), E_OK);
    cr_expect_null(p->client.id, "%s", names.items[i]);
    cr_expect(p->register_url != NULL ||
                  strcmp(names.items[i], "keycloak") == 0,
              "%s", names.items[i]);
  }
}

Test(presets, state_how_their_servers_deviate)
{
  static const struct {
    const char *preset, *member, *value;
  } rows[] = {
      {"google", "params.authorize.access_type", "offline"},
      {"google", "login.prompt", "consent"},
      {"microsoft", "issuer", "https://login.microsoftonline.com/common/v2.0"},
      {"microsoft", "token_request.omit", "resource"},
      {"microsoft", "login.prompt", ""},
      {"slack", "token_response.at", "/authed_user"},
      {"slack", "token_response.ok", "/ok"},
      {"slack", "token_request.scope_parameter", "user_scope"},
      {"slack", "token_request.scope_separator", ","},
      {"notion", "token_request.encoding", "json"},
      {"notion", "client.auth", "client_secret_basic"},
      {"notion", "headers.Notion-Version", "2022-06-28"},
      {"notion", "login.redirect_uris", "https://localhost/callback"},
      {"atlassian", "token_request.encoding", "json"},
      {"atlassian", "audience", "api.atlassian.com"},
      {"salesforce", "api_from_token.pointer", "/instance_url"},
      {"salesforce", "metadata.token_endpoint",
       "https://login.salesforce.com/services/oauth2/token"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) p = NULL;
    char path[128];
    const json_t *value;

    cr_assert_eq(profile_new(&p, "acme", rows[i].preset, &err), E_OK);
    snprintf(path, sizeof(path), "%s", rows[i].member);
    value = p->json;
    for (char *save = NULL, *name = strtok_r(path, ".", &save); name != NULL;
         name = strtok_r(NULL, ".", &save))
      value = json_object_get(value, name);
    if (json_is_array(value))
      value = json_array_get(value, 0);
    cr_expect_str_eq(json_string_value(value), rows[i].value, "%s: %s",
                     rows[i].preset, rows[i].member);
  }
}

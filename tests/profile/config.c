#include "profile/config.h"

#include "base/mem.h"
#include "profile/schema.h"
#include "world.h"

#include <sys/wait.h>

TestSuite(config, .init = world_make);

static void write_config(const char *text)
{
  scratch_write(scratch_path("config/fob/config.json"), text, 0644);
}

static struct config *loaded(void)
{
  struct config *config = NULL;

  cr_assert_eq(config_load(&config, &err), E_OK, "%s", err.message);
  return config;
}

Test(config, is_empty_without_a_file)
{
  AUTO(config) config = loaded();

  cr_expect_null(config->default_profile);
  cr_expect_null(config->store);
  cr_expect_null(config->color);
  cr_expect_not(config->plain);
  cr_expect_eq(config->browser.count, 0);
}

Test(config, has_every_member_where_it_belongs)
{
  write_config("{\"default_profile\":\"acme\",\"store\":\"external:pass\","
               "\"store_key_file\":\"/key\",\"network\":{\"proxy\":"
               "\"http://proxy.example:3128\",\"ca\":\"/ca.pem\"},"
               "\"browser\":[\"firefox\",\"-P\"],\"color\":\"never\","
               "\"plain\":true,\"token_cache\":\"kernel\",\"x-a\":1}");
  AUTO(config) config = loaded();

  cr_expect_str_eq(config->default_profile, "acme");
  cr_expect_str_eq(config->store, "external:pass");
  cr_expect_str_eq(config->store_key_file, "/key");
  cr_expect_str_eq(config->network_proxy, "http://proxy.example:3128");
  cr_expect_str_eq(config->network_ca, "/ca.pem");
  cr_expect_eq(config->browser.count, 2);
  cr_expect_str_eq(config->color, "never");
  cr_expect(config->plain);
  cr_expect_str_eq(config->token_cache, "kernel");
}

Test(config, refuses_what_is_malformed_and_names_it)
{
  static const struct {
    const char *text, *reason;
  } rows[] = {
      {"", "empty"},
      {"{", "line 1"},
      {"[]", "not an object"},
      {"{\"plain\":\"yes\"}", "plain must be true or false"},
      {"{\"default_profile\":\"a/b\"}", "default_profile must be a name"},
      {"{\"default_profile\":7}", "default_profile must be a text"},
      {"{\"store\":\"env\"}", "store must be"},
      {"{\"store_key_file\":\"key\"}", "store_key_file must be an absolute"},
      {"{\"network\":{\"proxy\":\"http://u:p@h\"}}", "network.proxy must be"},
      {"{\"network\":[]}", "network must be an object"},
      {"{\"browser\":\"firefox\"}", "browser must be a list"},
      {"{\"color\":\"on\"}", "color must be auto, always or never"},
      {"{\"token_cache\":true}", "token_cache must be"},
      {"{\"store_key\":\"x\",\"token\":\"test-token-not-real\"}",
       "token looks like a secret"},
      {"{\"color\":\"auto\",\"color\":\"auto\"}", "twice"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct config *config = NULL;
    write_config(rows[i].text);
    cr_expect_eq(config_load(&config, &err), E_PROFILE, "%s", rows[i].text);
    cr_expect_not_null(strstr(err.message, "config.json'"), "%s", err.message);
    cr_expect_not_null(strstr(err.message, rows[i].reason), "%s", err.message);
    cr_expect_null(strstr(err.message, "not-real"), "%s", err.message);
    cr_expect_null(strstr(err.hint, "profile set"), "%s", err.hint);
  }
}

Test(config, is_not_read_when_others_can_write_it)
{
  struct config *config = NULL;

  write_config("{}");
  cr_assert_eq(chmod(scratch_path("config/fob/config.json"), 0666), 0);
  cr_expect_eq(config_load(&config, &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "config.json"), "%s", err.message);
}

Test(config, keeps_the_rest_when_the_default_changes)
{
  write_config("{\"x-b\":[1],\"color\":\"auto\",\"future\":{}}");
  AUTO(config) config = loaded();

  cr_assert_eq(config_set_default(config, "acme", &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(config->default_profile, "acme");
  cr_expect_str_eq(scratch_read(scratch_path("config/fob/config.json")),
                   "{\n  \"x-b\": [\n    1\n  ],\n  \"color\": \"auto\",\n"
                   "  \"future\": {},\n  \"default_profile\": \"acme\"\n}\n");
  cr_assert_eq(config_set_default(config, NULL, &err), E_OK);
  cr_expect_null(config->default_profile);
  cr_expect_str_eq(scratch_read(scratch_path("config/fob/config.json")),
                   "{\n  \"x-b\": [\n    1\n  ],\n  \"color\": \"auto\",\n"
                   "  \"future\": {}\n}\n");
}

Test(config, writes_no_file_only_to_forget_nothing)
{
  AUTO(config) config = loaded();

  cr_assert_eq(config_set_default(config, NULL, &err), E_OK);
  cr_expect_str_eq(scratch_read(scratch_path("config/fob/config.json")),
                   "(none)");
}

Test(config, sees_what_another_wrote_before_it_writes)
{
  AUTO(config) config = loaded();

  write_config("{\"color\":\"never\"}");
  cr_assert_eq(config_set_default(config, "acme", &err), E_OK);
  cr_expect_str_eq(
      scratch_read(scratch_path("config/fob/config.json")),
      "{\n  \"color\": \"never\",\n  \"default_profile\": \"acme\"\n}\n");

  write_config("{\"color\":");
  cr_expect_eq(config_set_default(config, "other", &err), E_PROFILE);
  cr_expect_str_eq(config->default_profile, "acme");
  cr_expect_str_eq(scratch_read(scratch_path("config/fob/config.json")),
                   "{\"color\":");
}

/* {tenant} in presets. */
#include "profile/tenant.h"

#include "base/json.h"
#include "base/mem.h"
#include "profile/preset.h"
#include "world.h"

TestSuite(tenant, .init = world_make);

Test(tenant, is_a_label_a_domain_or_a_uuid)
{
  static const char *const good[] = {"acme",
                                     "acme.okta.com",
                                     "a-b.eu.auth0.com",
                                     "0",
                                     "8b3f1c2e-0000-4000-8000-00000000000a",
                                     "ACME.example"};
  static const char *const bad[] = {
      "",     ".",   "a.",   ".a",       "a..b", "-a",      "a-",  "a.-b",
      "a-.b", "a/b", "a b",  "a:1",      "a@b",  "a?x",     "a#x", "a%2fb",
      "a_b",  "..",  "a\\b", "{tenant}", "a\n",  "\xc3\xa4"};
  char label[80];

  for (size_t i = 0; i < ARRAY_LEN(good); i++)
    cr_expect(tenant_valid(good[i]), "%s", good[i]);
  for (size_t i = 0; i < ARRAY_LEN(bad); i++)
    cr_expect_not(tenant_valid(bad[i]), "%s", bad[i]);
  memset(label, 'a', sizeof(label));
  label[64] = '\0';
  cr_expect_not(tenant_valid(label));
  label[63] = '\0';
  cr_expect(tenant_valid(label));
}

static char *compact(const json_t *value)
{
  char *text = json_dumps(value, JSON_COMPACT);
  char *copy = mem_str(text);

  free(text);
  return copy;
}

Test(tenant, defaults_are_put_in_and_what_has_none_is_left_out)
{
  static const struct {
    const char *preset, *gives;
  } rows[] = {
      {"{\"a\":\"https://x/{tenant:common}/v2\"}",
       "{\"a\":\"https://x/common/v2\"}"},
      {"{\"a\":\"https://{tenant}/\",\"b\":\"c\"}", "{\"b\":\"c\"}"},
      {"{\"a\":[\"x\",\"https://{tenant}\"]}", "{}"},
      {"{\"a\":[\"x\",\"{tenant:y}{tenant:z}\"]}", "{\"a\":[\"x\",\"yz\"]}"},
      {"{\"a\":{\"b\":\"{tenant}\",\"c\":\"{tenant:d}e\"}}",
       "{\"a\":{\"c\":\"de\"}}"},
      {"{\"a\":\"https://x/{tenantid}/{token}\",\"n\":1}",
       "{\"a\":\"https://x/{tenantid}/{token}\",\"n\":1}"},
      {"{\"x-source\":\"{tenant}\",\"a\":\"{tenant\"}",
       "{\"x-source\":\"{tenant}\",\"a\":\"{tenant\"}"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *preset = json_loads(rows[i].preset, 0, NULL);
    cr_assert_eq(tenant_defaults(preset, &err), E_OK);
    AUTO_STR char *text = compact(preset);
    cr_expect_str_eq(text, rows[i].gives);
  }
}

Test(tenant, fills_members_by_their_paths)
{
  AUTO_JSON json_t *preset = json_loads(
      "{\"issuer\":\"https://{tenant:x}/{tenantid}\",\"plain\":\"p\","
      "\"api\":[\"https://{tenant}/v1\",\"https://other.example\"],"
      "\"metadata\":{\"token_endpoint\":\"https://{tenant}/t\"},"
      "\"x-source\":{\"issuer\":\"{tenant}\"}}",
      0, NULL);
  AUTO_JSON json_t *members = NULL;

  cr_assert_eq(tenant_fill(preset, "Acme.Example", &members, &err), E_OK);
  AUTO_STR char *text = compact(members);
  cr_expect_str_eq(
      text, "{\"issuer\":\"https://acme.example/{tenantid}\","
            "\"api\":[\"https://acme.example/v1\",\"https://other.example\"],"
            "\"metadata.token_endpoint\":\"https://acme.example/t\"}");
}

Test(tenant, that_is_a_host_must_be_a_domain)
{
  AUTO_JSON json_t *members = NULL;
  AUTO_JSON json_t *filled = NULL;
  AUTO_JSON json_t *segment = NULL;

  world_preset("host", "{\"issuer\":\"https://{tenant:a.example}/x\"}");
  world_preset("below", "{\"issuer\":\"https://{tenant}.acme.example\"}");
  world_preset("path", "{\"issuer\":\"https://acme.example/{tenant}\"}");
  cr_expect_eq(preset_tenant("host", "acme", &members, &err), E_USAGE);
  cr_expect_not_null(strstr(err.message, "no domain"), "%s", err.message);
  cr_expect_eq(preset_tenant("host", "acme.example", &members, &err), E_OK);
  cr_expect_eq(preset_tenant("below", "a", &filled, &err), E_OK);
  cr_expect_str_eq(json_text(filled, "issuer"), "https://a.acme.example");
  cr_expect_eq(preset_tenant("path", "a", &segment, &err), E_OK);
}

Test(tenant, is_refused_where_a_preset_has_no_place_for_it)
{
  AUTO_JSON json_t *members = NULL;
  AUTO_STR char *wanted = NULL;

  cr_expect_eq(preset_tenant("github", "acme", &members, &err), E_USAGE);
  cr_expect_not_null(strstr(err.message, "'github' has no tenants"), "%s",
                     err.message);
  cr_expect_eq(preset_tenant("okta", "a/b.c", &members, &err), E_USAGE);
  cr_expect_eq(preset_tenant("nobody", "acme", &members, &err), E_NO_PROFILE);
  cr_expect_eq(preset_tenant_wanted("github", &wanted, &err), E_OK);
  cr_expect_null(wanted);
  cr_expect_eq(preset_tenant_wanted("microsoft", &wanted, &err), E_OK);
  cr_expect_null(wanted, "it has a default");
  cr_expect_eq(preset_tenant_wanted("auth0", &wanted, &err), E_OK);
  cr_expect_str_eq(wanted, "https://{tenant}/");
}

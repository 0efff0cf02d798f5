#include "oauth/resource.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define API "https://api.acme.example/v1"
#define PLACE "https://api.acme.example/.well-known/oauth-protected-resource/v1"

/* The untouched control: every member that is looked at. */
static const char good[] =
    "{'resource': '" API "', 'authorization_servers': "
    "['https://login.acme.example/t', 'https://login.acme.example/t', "
    "'https://b.example'], 'scopes_supported': ['api:read', 'api:write', "
    "'api:read'], 'bearer_methods_supported': ['body', 'header'], "
    "'dpop_bound_access_tokens_required': true, "
    "'dpop_signing_alg_values_supported': ['RS256', 'ES256'], "
    "'tls_client_certificate_bound_access_tokens': false, "
    "'resource_name': 7, 'signed_metadata': null}";

/* JSON with ' for ". */
static json_t *parse(const char *text)
{
  char *copy = mem_str(text);
  json_t *json;

  for (char *at = copy; *at != '\0'; at++)
    if (*at == '\'')
      *at = '"';
  json = json_loads(copy, JSON_DECODE_ANY, NULL);
  cr_assert_not_null(json, "%s", copy);
  mem_free(copy);
  return json;
}

static enum code read_as(struct resource **ret, const json_t *document,
                         const char *asked, char **ret_meant, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_DOCUMENT);
  AUTO(url) url = NULL;

  cr_assert_eq(url_parse(&url, asked, URL_PLAIN, E_USAGE, "asked", err), E_OK);
  cr_assert_eq(json_write(&text, document, 0, err), E_OK);
  return resource_read(ret, buf_text(&text), text.len, url, PLACE, ret_meant,
                       err);
}

Test(resource, is_read_whole)
{
  AUTO_JSON json_t *document = parse(good);
  AUTO(resource) resource = NULL;
  AUTO_STR char *meant = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(read_as(&resource, document, API, &meant, &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(resource->id, API);
  cr_expect_str_eq(resource->source, PLACE);
  cr_assert_eq(resource->servers.count, 2);
  cr_expect_str_eq(resource->servers.items[0], "https://login.acme.example/t");
  cr_expect_str_eq(resource->servers.items[1], "https://b.example");
  cr_assert_eq(resource->scopes.count, 2);
  cr_expect_str_eq(resource->scopes.items[1], "api:write");
  cr_expect(resource->dpop);
  cr_expect_not(resource->certificate);
  cr_expect_null(meant);
}

static const struct mutation {
  const char *member, *value; /* NULL: taken out */
  enum code code;             /* E_OK: it need not be there, or be so */
} mutations[] = {
    {"resource", NULL, E_ANSWER},
    {"resource", "null", E_ANSWER},
    {"resource", "7", E_ANSWER},
    {"resource", "['" API "']", E_ANSWER},
    {"resource", "''", E_CHECK},
    {"resource", "'" API "/'", E_CHECK},
    {"resource", "'" API "?'", E_CHECK},
    {"resource", "'" API "#a'", E_CHECK},
    {"resource", "'https://API.acme.example/v1'", E_CHECK},
    {"resource", "'https://api.acme.example:443/v1'", E_CHECK},
    {"resource", "'https://api.acme.example/V1'", E_CHECK},
    {"resource", "'https://api.acme.example/%76%31'", E_CHECK},
    {"resource", "'https://api.acme.example'", E_CHECK},
    {"resource", "'https://evil.example/v1'", E_CHECK},
    {"resource", "'" API "\\u000a'", E_CHECK},
    {"authorization_servers", NULL, E_OK},
    {"authorization_servers", "null", E_OK},
    {"authorization_servers", "[]", E_OK},
    {"authorization_servers", "'https://login.acme.example/t'", E_ANSWER},
    {"authorization_servers", "{}", E_ANSWER},
    {"authorization_servers", "[7]", E_ANSWER},
    {"authorization_servers", "['']", E_ANSWER},
    {"authorization_servers", "['login.acme.example']", E_ANSWER},
    {"authorization_servers", "['http://login.acme.example']", E_PLAIN_HTTP},
    {"authorization_servers", "['https://login.acme.example?a=b']", E_ANSWER},
    {"authorization_servers", "['https://login.acme.example#a']", E_ANSWER},
    {"authorization_servers", "['https://u@login.acme.example']", E_ANSWER},
    {"authorization_servers", "['https://a.example\\u0007']", E_ANSWER},
    {"authorization_servers", "['file:///etc/passwd']", E_ANSWER},
    {"authorization_servers",
     "['https://a.example', 'https://169.254.169.254']", E_CHECK},
    {"authorization_servers", "['https://[fe80::1]']", E_CHECK},
    {"authorization_servers", "['https://[::ffff:169.254.169.254]']", E_CHECK},
    {"authorization_servers", "['http://127.0.0.1:8080']", E_CHECK},
    {"authorization_servers", "['https://localhost']", E_CHECK},
    {"scopes_supported", NULL, E_OK},
    {"scopes_supported", "'api:read'", E_ANSWER},
    {"scopes_supported", "[true]", E_ANSWER},
    {"scopes_supported", "['a b']", E_ANSWER},
    {"scopes_supported", "['a\\u001b[2J']", E_ANSWER},
    {"scopes_supported", "['\\u202e']", E_ANSWER},
    {"scopes_supported", "['a\\\"']", E_ANSWER},
    {"bearer_methods_supported", "'header'", E_ANSWER},
    {"bearer_methods_supported", "[1]", E_ANSWER},
    {"bearer_methods_supported", "[]", E_OK}, /* DPoP it is */
    {"dpop_bound_access_tokens_required", "'yes'", E_ANSWER},
    {"dpop_bound_access_tokens_required", "1", E_ANSWER},
    {"dpop_signing_alg_values_supported", "['RS256']", E_LESS},
    {"dpop_signing_alg_values_supported", "'ES256'", E_ANSWER},
    {"dpop_signing_alg_values_supported", NULL, E_OK},
    {"tls_client_certificate_bound_access_tokens", "0", E_ANSWER},
    {"jwks_uri", "7", E_OK},
};

Test(resource, refuses_each_mutation_in_one_line)
{
  for (size_t i = 0; i < ARRAY_LEN(mutations); i++) {
    const struct mutation *m = &mutations[i];
    AUTO_JSON json_t *document = parse(good);
    AUTO(resource) resource = NULL;
    AUTO_STR char *meant = NULL;
    struct err err = ERR_INIT;

    if (m->value)
      json_object_set_new(document, m->member, parse(m->value));
    else
      json_object_del(document, m->member);
    enum code code = read_as(&resource, document, API, &meant, &err);
    cr_expect_eq(code, m->code, "%s %s: %d %s", m->member,
                 m->value ? m->value : "missing", code, err.message);
    cr_expect_eq(resource != NULL, code == E_OK);
    cr_expect_null(strchr(err.message, '\n'));
    cr_expect_null(strchr(err.message, '\033'));
  }
}

Test(resource, refuses_what_is_too_large_doubled_or_no_object)
{
  static const char *const texts[] = {
      "[]", "null", "", "{\"resource\":\"" API "\",\"resource\":\"" API "\"}",
      "{\"resource\":\"" API "\\u0000\"}"};
  AUTO_JSON json_t *document = parse(good);
  AUTO_JSON json_t *many = json_array();
  AUTO(url) url = NULL;
  AUTO_STR char *meant = NULL;
  struct err err = ERR_INIT;
  struct resource *resource = NULL;

  cr_assert_eq(url_parse(&url, API, URL_PLAIN, E_USAGE, "asked", &err), E_OK);
  for (size_t i = 0; i < ARRAY_LEN(texts); i++)
    cr_expect_eq(resource_read(&resource, texts[i], strlen(texts[i]), url,
                               PLACE, &meant, &err),
                 E_ANSWER, "%s", texts[i]);
  for (int i = 0; i < 500; i++) {
    AUTO_STR char *scope = mem_printf("scope-%d", i);
    json_array_append_new(many, json_string(scope));
  }
  json_object_set(document, "scopes_supported", many);
  cr_expect_eq(read_as(&resource, document, API, &meant, &err), E_ANSWER);
  json_array_clear(many);
  for (int i = 0; i < 33; i++) {
    AUTO_STR char *server = mem_printf("https://s%d.example", i);
    json_array_append_new(many, json_string(server));
  }
  json_object_set_new(document, "scopes_supported", json_array());
  json_object_set(document, "authorization_servers", many);
  cr_expect_eq(read_as(&resource, document, API, &meant, &err), E_ANSWER);
}

Test(resource, must_take_tokens_in_the_header)
{
  static const char *const methods[] = {"['body']", "[]", "['query', 'body']"};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_JSON json_t *document = parse(good);
    AUTO_STR char *meant = NULL;
    struct resource *resource = NULL;
    struct err err = ERR_INIT;

    json_object_del(document, "dpop_bound_access_tokens_required");
    json_object_set_new(document, "bearer_methods_supported",
                        parse(methods[i]));
    cr_expect_eq(read_as(&resource, document, API, &meant, &err), E_LESS);
  }
}

/* Another resource is only proposed where asking it is as safe as this was. */
Test(resource, proposes_what_was_meant_on_the_same_origin_only)
{
  static const struct {
    const char *found, *meant;
  } rows[] = {
      {"https://api.acme.example", "https://api.acme.example"},
      {API "/", API "/"},
      {"https://api.acme.example/v2", "https://api.acme.example/v2"},
      {"https://evil.example/v1", NULL},
      {"https://api.acme.example:8443/v1", NULL},
      {"http://api.acme.example/v1", NULL},
      {"https://api.acme.example/v1/../x", NULL},
      {"https://api.acme.example/$(id)\n", NULL},
      {"--yes", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *document = parse(good);
    AUTO_STR char *meant = NULL;
    struct resource *resource = NULL;
    struct err err = ERR_INIT;

    json_object_set_new(document, "resource", json_string(rows[i].found));
    cr_expect_eq(read_as(&resource, document, API, &meant, &err), E_CHECK);
    if (rows[i].meant)
      cr_expect_str_eq(meant, rows[i].meant);
    else
      cr_expect_null(meant, "%s: %s", rows[i].found, meant);
  }
}

Test(resource, spells_an_origin_with_and_without_a_slash)
{
  static const char *const both[] = {"https://api.acme.example",
                                     "https://api.acme.example/"};

  for (size_t i = 0; i < 4; i++) {
    AUTO_JSON json_t *document = parse(good);
    AUTO(resource) resource = NULL;
    AUTO_STR char *meant = NULL;
    struct err err = ERR_INIT;

    json_object_set_new(document, "resource", json_string(both[i & 1]));
    cr_assert_eq(read_as(&resource, document, both[i / 2], &meant, &err), E_OK);
    cr_expect_str_eq(resource->id, both[i & 1]);
  }
}

Test(resource, has_its_place_between_host_and_path)
{
  static const char *const rows[][2] = {
      {API, PLACE},
      {API "/", PLACE "/"},
      {"https://a.example",
       "https://a.example/.well-known/oauth-protected-resource"},
      {"https://a.example:8443/x/y",
       "https://a.example:8443/.well-known/oauth-protected-resource/x/y"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(url) url = NULL;
    AUTO_STR char *place = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(url_parse(&url, rows[i][0], URL_PLAIN, E_USAGE, "x", &err),
                 E_OK);
    cr_assert_eq(resource_place(&place, url, &err), E_OK);
    cr_expect_str_eq(place, rows[i][1]);
  }
}

Test(resource, owns_a_server_on_its_host_or_below_it)
{
  static const struct {
    const char *api, *server;
    bool owns;
  } rows[] = {
      {"https://acme.example/v1", "https://acme.example", true},
      {"https://acme.example/v1", "https://acme.example:8443/t", true},
      {"https://acme.example", "https://login.acme.example", true},
      {"http://127.0.0.1:1", "http://127.0.0.1:2", true},
      {"https://api.acme.example", "https://acme.example", false},
      {"https://api.acme.example", "https://login.acme.example", false},
      {"https://a.github.io", "https://b.github.io", false},
      {"https://acme.example", "https://evilacme.example", false},
      {"https://acme.example", "https://acme.example.evil.example", false},
      {"https://acme.example", "https://acme.example.", false},
      {"https://10.0.0.1", "https://10.0.0.2", false},
      {"https://localhost", "https://a.localhost", false},
      {"https://[fd00::1]", "https://[fd00::2]", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(url) a = NULL;
    AUTO(url) b = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(url_parse(&a, rows[i].api, URL_PLAIN, E_USAGE, "x", &err),
                 E_OK, "%s", err.message);
    cr_assert_eq(url_parse(&b, rows[i].server, URL_PLAIN, E_USAGE, "x", &err),
                 E_OK, "%s", err.message);
    cr_expect_eq(resource_owns(a, b), rows[i].owns, "%s %s", rows[i].api,
                 rows[i].server);
  }
}

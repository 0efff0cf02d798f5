/* Login from an API's URL (RFC 9728): what is asked, what is believed, who is
 * asked about it, and what of that is kept. */
#include "cli/stage.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT " --client-id fob-demo --browser"

static void expect_nothing(const struct home *home)
{
  cr_expect_not(home_has(home, "config/fob/profiles"));
  cr_expect_not(home_has(home, "data/fob/credentials"));
}

/* members: what the API's metadata says beside its name, with ' for ". */
static void describe(const struct stage *s, const char *members)
{
  server_order(&s->server, "{'set': {'patch': {'resource': {%s}}}}", members);
}

/* Logs in as the row of a table says: not at all. */
static void expect_refused(struct stage *s, const char *why, int status)
{
  stage_line(s, "login $A -p p" CLIENT);
  cr_expect_eq(s->o.status, status, "%s: exit %d: %s", why, s->o.status,
               s->o.err);
  expect_nothing(&s->home);
}

/* Logs in and answers whether to do it at another host. */
static void answer(struct stage *s, const char *typed, int status)
{
  struct program *p = stage_start(s, "login $A -p p" CLIENT);

  cr_assert(program_await(p, "Log in there? [y/N]", 10000));
  program_type(p, typed);
  stage_finish(s, p);
  cli_expect(&s->o, status);
}

/* The paths of the journal, in order, one a line; mem_free. */
static char *paths(const struct server *server)
{
  json_t *requests = server_journal(server, NULL);
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;
  char *all = NULL;
  size_t i;
  json_t *entry;

  buf_puts(&text, "");
  json_array_foreach(requests, i, entry)
  {
    buf_puts(&text, json_string_value(json_object_get(entry, "path")));
    buf_putc(&text, '\n');
  }
  json_decref(requests);
  cr_assert_eq(buf_detach(&text, &all, NULL, &err), E_OK);
  return all;
}

Test(login_api, needs_the_urls_alone_of_an_api_that_says_who_it_trusts)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  describe(&s, "'scopes_supported': ['openid', 'api:read']");
  stage_run(&s, 0, "login $A -p p" CLIENT);
  cli_has(s.o.err, "as ann@example.test");
  cli_has(s.o.err, "scopes openid api:read offline_access,");

  AUTO_STR char *text = cli_profile_text(&s.home, "p");
  AUTO_STR char *want = mem_printf(
      "{\"schema\":1,\"api\":[\"%s\"],\"issuer\":\"%s\",\"resource\":[\"%s\"],"
      "\"scope\":[\"openid\",\"api:read\"],\"client\":{\"id\":\"fob-demo\"},"
      "\"store\":\"file\"}",
      s.server.api, s.server.issuer, s.server.api);
  cr_assert_str_eq(text, want);

  /* RFC 8707: the code and the token are for that resource. */
  json_t *requests = server_journal(&s.server, "/token");
  json_t *form = json_object_get(json_array_get(requests, 0), "form");
  cr_assert_str_eq(json_string_value(json_object_get(form, "resource")),
                   s.server.api);
  json_decref(requests);

  /* The API is not asked again. */
  server_reset(&s.server);
  stage_run(&s, 0, "login $A --browser");
  cr_assert_eq(server_count(&s.server, "/api"), 0);
  stage_run(&s, 0, "request $A/user");
}

/* Nothing is sent with the question, and no place is asked twice. */
Test(login_api, asks_by_three_gets_at_most)
{
  static const struct {
    const char *metadata, *paths;
    int status;
  } rows[] = {
      {"challenge", "/api\n/.well-known/oauth-protected-resource/api\n", 8},
      {"well-known", "/api\n/.well-known/oauth-protected-resource/api\n", 8},
      {"off",
       "/api\n/.well-known/oauth-protected-resource/api\n"
       "/.well-known/oauth-protected-resource\n",
       2},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STAGE struct stage s = {0};

    stage_make(&s);
    server_order(&s.server,
                 "{'set': {'api_metadata': '%s', 'consent': 'deny'}}",
                 rows[i].metadata);
    stage_run(&s, rows[i].status, "login $A -p p" CLIENT);
    AUTO_STR char *asked = paths(&s.server);
    cli_has(asked, rows[i].paths);
    json_t *requests = server_journal(&s.server, "/api");
    cr_assert_eq(json_array_size(requests), 1);
    char *whole = json_dumps(requests, 0);
    cli_has(whole, "!uthorization");
    free(whole);
    json_decref(requests);
    if (rows[i].status == 2) {
      cli_has(s.o.err,
              "asks for a credential, and does not say who issues one");
      cli_has(s.o.err, "--issuer URL");
      cli_has(s.o.err, "--pat");
    }
    expect_nothing(&s.home);
  }
}

/* RFC 9728 §3.3: what belongs to another resource is never used. */
Test(login_api, proposes_the_resource_that_was_meant)
{
  AUTO_STAGE struct stage s = {0};
  AUTO_STR char *want = NULL;

  stage_make(&s);
  want = mem_printf("fob login %s -p p\n", s.server.api);
  stage_run(&s, 13, "login $A/user -p p" CLIENT);
  cli_has(s.o.err, "belongs to another resource");
  cli_has(s.o.err, want);

  server_order(&s.server,
               "{'next': {'path': '/api/', 'fault': 'status', "
               "'status': 401, 'headers': {'WWW-Authenticate': "
               "'DPoP algs=\\\"ES256\\\", resource_metadata=\\\"%s/"
               ".well-known/oauth-protected-resource/api\\\"'}}}",
               s.server.base);
  stage_run(&s, 13, "login $A/ -p p" CLIENT);
  cli_has(s.o.err, want);

  server_order(&s.server,
               "{'set': {'api_metadata': 'off'}, 'next': {'path': "
               "'/.well-known/oauth-protected-resource', 'fault': 'status', "
               "'status': 200, 'body': {'resource': '%s', "
               "'authorization_servers': ['%s']}}}",
               s.server.base, s.server.issuer);
  stage_run(&s, 13, "login $A" CLIENT);
  AUTO_STR char *origin = mem_printf("fob login %s\n", s.server.base);
  cli_has(s.o.err, origin);
  cr_assert_eq(server_count(&s.server, "/authorize"), 0);
  expect_nothing(&s.home);
}

/* Each mutation ends in one line and the table's code, with no request behind
 * it; the untouched control logs in (above). */
static const struct {
  const char *patch;
  int status;
} mutated[] = {
    {"'resource': null", 13},
    {"'resource': 7", 13},
    {"'resource': 'https://evil.example/api'", 13},
    {"'resource': ['x']", 13},
    {"'authorization_servers': 'https://login.example'", 13},
    {"'authorization_servers': [7]", 13},
    {"'authorization_servers': ['http://login.example']", 11},
    {"'authorization_servers': ['https://l.example\\u001b[2J']", 13},
    {"'authorization_servers': ['javascript:alert(1)']", 13},
    {"'authorization_servers': null", 2},
    {"'authorization_servers': []", 2},
    {"'authorization_servers': ['https://a.example', 'https://b.example']", 2},
    {"'authorization_servers': ['https://login.example']", 11},
    {"'scopes_supported': 'x'", 13},
    {"'scopes_supported': ['a\\nb']", 13},
    {"'bearer_methods_supported': ['query']", 13},
    {"'dpop_bound_access_tokens_required': 'no'", 13},
    {"'tls_client_certificate_bound_access_tokens': 3", 13},
};

Test(login_api, refuses_mutated_metadata_before_anything_else, .timeout = 300)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(mutated); i++) {
    server_reset(&s.server);
    describe(&s, mutated[i].patch);
    expect_refused(&s, mutated[i].patch, mutated[i].status);
    cr_expect_null(strchr(s.o.err, '\033'), "%s", s.o.err);
    AUTO_STR char *asked = paths(&s.server);
    const char *last = strstr(asked, "oauth-protected-resource/api\n");
    cr_assert_not_null(last, "%s: %s", mutated[i].patch, asked);
    cr_expect_str_eq(last, "oauth-protected-resource/api\n", "%s",
                     mutated[i].patch);
  }
}

/* What the API's own answers may point at. */
static const struct {
  const char *fault;
  int status;
  const char *says;
} hostile[] = {
    {"{'path': '/api', 'fault': 'status', 'status': 401, 'headers': "
     "{'WWW-Authenticate': 'Bearer resource_metadata=\\\"https://"
     "evil.example/x\\\"'}}",
     13, "another origin"},
    {"{'path': '/api', 'fault': 'status', 'status': 401, 'headers': "
     "{'WWW-Authenticate': 'Bearer resource_metadata=\\\"http://"
     "169.254.169.254/latest\\\"'}}",
     11, "plain http"},
    {"{'path': '/api', 'fault': 'status', 'status': 401, 'headers': "
     "{'WWW-Authenticate': 'Bearer resource_metadata=\\\"https://"
     "169.254.169.254/latest\\\"'}}",
     13, "another origin"},
    {"{'path': '/api', 'fault': 'status', 'status': 401, 'headers': "
     "{'WWW-Authenticate': 'Bearer resource_metadata=\\\"x:y\\\"'}}",
     13, "resource_metadata"},
    {"{'path': '/.well-known/oauth-protected*', 'fault': 'status', 'status': "
     "302, 'headers': {'Location': 'http://localhost:1/x'}}",
     13, "another origin"},
    {"{'path': '/.well-known/oauth-protected*', 'times': -1, 'fault': "
     "'status', 'status': 302, 'headers': {'Location': "
     "'/.well-known/oauth-protected-resource/api'}}",
     13, "redirects more than 3 times"},
    {"{'path': '/.well-known/oauth-protected*', 'fault': 'status', 'status': "
     "404}",
     13, "which the API names as its metadata, answers 404"},
    {"{'path': '/.well-known/oauth-protected*', 'fault': 'status', 'status': "
     "500}",
     5, "answers 500"},
    {"{'path': '/.well-known/oauth-protected*', 'fault': 'status', 'status': "
     "429}",
     9, "429"},
    {"{'path': '/.well-known/oauth-protected*', 'fault': 'status', 'status': "
     "200, 'body': '<html>'}",
     13, "the API's metadata"},
    {"{'path': '/.well-known/oauth-protected*', 'fault': 'truncate'}", 6,
     "cut short"},
    {"{'path': '/api', 'fault': 'cut', 'times': -1}", 6, ""},
    {"{'path': '/api', 'fault': 'status', 'status': 302, 'headers': "
     "{'Location': '/api/user'}, 'times': -1}",
     8, ""}, /* not followed; the well-known place is asked */
};

Test(login_api, follows_its_answers_nowhere_else, .timeout = 300)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
    server_reset(&s.server);
    server_order(&s.server, "{'set': {'consent': 'deny'}, 'next': %s}",
                 hostile[i].fault);
    expect_refused(&s, hostile[i].fault, hostile[i].status);
    cr_expect_not_null(strstr(s.o.err, hostile[i].says), "%s: %s",
                       hostile[i].fault, s.o.err);
    cr_expect_eq(server_count(&s.server, "/api/user"), 0);
  }
}

/* The same server under another name, so that API and issuer are on two hosts.
 */
static void on_two_hosts(const struct server *server)
{
  server_order(server,
               "{'set': {'iss': false, 'patch': {'resource': "
               "{'authorization_servers': ['http://localhost:%d'], "
               "'scopes_supported': ['openid', 'api:read']}, "
               "'metadata': {'issuer': 'http://localhost:%d'}, 'id_token': "
               "{'iss': 'http://localhost:%d'}}}}",
               server->port, server->port, server->port);
}

Test(login_api, shows_both_hosts_and_asks)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  on_two_hosts(&s.server);
  answer(&s, "\n", 11);
  cli_has(s.o.err, s.server.api);
  AUTO_STR char *host = mem_printf("http://localhost:%d", s.server.port);
  cli_has(s.o.err, host);
  cr_assert_eq(server_count(&s.server, "/authorize"), 0);
  cr_assert_eq(server_count(&s.server, "/.well-known/openid-configuration"), 0);
  expect_nothing(&s.home);

  answer(&s, "y\n", 0);
  cli_has(s.o.err, "Logged in:");
}

Test(login_api, takes_the_issuers_name_for_an_answer_without_a_terminal)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  on_two_hosts(&s.server);
  stage_run(&s, 11, "login $A -p p" CLIENT);
  AUTO_STR char *command =
      mem_printf("fob login %s -p p" CLIENT " --issuer http://localhost:%d\n",
                 s.server.api, s.server.port);
  cli_has(s.o.err, command);
  /* --yes names nobody. */
  stage_run(&s, 11, "login $A -p p --yes" CLIENT);
  expect_nothing(&s.home);

  AUTO_STR char *line = mem_printf(
      "login $A -p p" CLIENT " --issuer http://localhost:%d", s.server.port);
  stage_run(&s, 0, line);
  cli_has(s.o.err, "scopes openid api:read");
}

Test(login_api, takes_one_of_several_servers_by_name)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  server_order(&s.server,
               "{'set': {'patch': {'resource': {'authorization_servers': "
               "['https://a.example', '%s'], 'scopes_supported': "
               "['openid']}}}}",
               s.server.issuer);
  stage_run(&s, 2, "login $A -p p" CLIENT);
  AUTO_STR char *second =
      mem_printf("fob login %s -p p" CLIENT " --issuer %s\n", s.server.api,
                 s.server.issuer);
  cli_has(s.o.err, "--issuer https://a.example\n");
  cli_has(s.o.err, second);

  stage_run(&s, 0, "login $A -p p --issuer $I" CLIENT);
  cli_has(s.o.err, "scopes openid offline_access,");
  cli_has(s.o.err, "!does not name");

  /* A person's word wins, and what is odd about it is said. */
  describe(&s, "'authorization_servers': ['https://a.example']");
  stage_run(&s, 0, "login $A -p q --issuer $I" CLIENT);
  cli_has(s.o.err, "does not name");
}

/* OpenID Connect Core §11: offline_access means something beside openid. */
Test(login_api, asks_for_a_refresh_token_as_the_server_gives_one)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  server_order(&s.server, "{'set': {'refresh_needs_offline': true, 'patch': "
                          "{'resource': {'scopes_supported': ['api:read']}}}}");
  stage_run(&s, 0, "login $A -p p" CLIENT);
  cli_has(s.o.err, "scopes openid api:read offline_access,");
  cli_has(s.o.err, "renewed by itself");
  stage_run(&s, 0, "login $A -p q --no-offline" CLIENT);
  cli_has(s.o.err, "scopes api:read,");
  server_order(&s.server, "{'set': {'patch': {'resource': {'scopes_supported': "
                          "['api:read']}, 'metadata': {'scopes_supported': "
                          "['api:read']}}}}");
  stage_run(&s, 0, "login $A -p r" CLIENT);
  cli_has(s.o.err, "scopes api:read,");
}

/* What is another resource's is not used then either; the person's word is. */
Test(login_api, goes_on_without_metadata_where_the_issuer_is_named)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  stage_run(&s, 0, "login $A/user -p p --issuer $I" CLIENT);
  cli_has(s.o.err, "not used: ");
  AUTO_STR char *text = cli_profile_text(&s.home, "p");
  cli_has(text, "!resource");
  cli_has(text, "!scope");
}

Test(login_api, lets_options_and_the_profile_win)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  stage_run(
      &s, 0,
      "login $A -p p --scope api:write --resource https://r.example.test/ "
      "--no-offline" CLIENT);
  cli_has(s.o.err, "scopes api:write,");
  AUTO_STR char *text = cli_profile_text(&s.home, "p");
  cli_has(text, "\"scope\":[\"api:write\"]");
  cli_has(text, "\"resource\":[\"https://r.example.test/\"]");
}

/* Many APIs publish their server's metadata under their own name. */
Test(login_api, believes_the_api_where_a_copy_of_the_metadata_is_no_issuers)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  server_order(&s.server,
               "{'next': {'path': '/.well-known/oauth-authorization-server/"
               "api', 'fault': 'status', 'status': 200, 'body': {'issuer': "
               "'%s', 'token_endpoint': '%s/token'}}}",
               s.server.issuer, s.server.issuer);
  stage_run(&s, 0, "login $A -p p" CLIENT);
  AUTO_STR char *text = cli_profile_text(&s.home, "p");
  AUTO_STR char *want = mem_printf("\"issuer\":\"%s\"", s.server.issuer);
  cli_has(text, want);
}

/* … and logs in that way, with a client that is registered for it. */
Test(login_api, binds_its_tokens_where_the_api_demands_it)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  server_order(&s.server,
               "{'set': {'registration': 'open', 'dpop': {'required': true}, "
               "'patch': {'resource': {'dpop_bound_access_tokens_required': "
               "true, 'bearer_methods_supported': []}}}}");
  stage_run(&s, 0, "login $A -p p --browser");
  AUTO_STR char *text = cli_profile_text(&s.home, "p");
  cli_has(text, "\"dpop\":\"required\"");
  json_t *requests = server_journal(&s.server, "/register");
  cli_has(
      json_string_value(json_object_get(json_array_get(requests, 0), "body")),
      "\"dpop_bound_access_tokens\":true");
  json_decref(requests);
  stage_run(&s, 0, "request $A/user");
}

Test(login_api, needs_a_signature_that_the_api_takes)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  describe(&s, "'dpop_bound_access_tokens_required': true, "
               "'dpop_signing_alg_values_supported': ['RS256']");
  stage_run(&s, 13, "login $A -p p" CLIENT);
  cli_has(s.o.err, "ES256");
  expect_nothing(&s.home);
}

Test(login_api, says_that_the_api_wants_a_certificate)
{
  AUTO_STAGE struct stage s = {0};

  stage_make(&s);
  server_order(&s.server,
               "{'set': {'consent': 'deny', 'patch': {'resource': "
               "{'tls_client_certificate_bound_access_tokens': true}}}}");
  stage_run(&s, 8, "login $A -p p" CLIENT);
  cli_has(s.o.err, "bound to a client certificate");
  cli_has(s.o.err, "--cert FILE");
}

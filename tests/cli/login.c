/* Logging in through the listener: what is accepted, and that nothing is kept
 * of what is not. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static void login(const struct home *home, const struct server *server,
                  struct outcome *ret_outcome)
{
  fob(home, ret_outcome, "login", "--issuer", server->issuer, "-p", "p",
      "--api", server->api, "--client-id", "fob-demo", "--store", "file",
      "--browser", NULL);
}

/* After a login that failed nothing is there: no credential, no profile, and
 * the API was not called. */
static void expect_nothing(const struct home *home, const struct server *server,
                           const char *name)
{
  AUTO_OUTCOME struct outcome o;

  fob(home, &o, "token", "-p", "p", NULL);
  cr_expect(o.status == 2 || o.status == 8, "%s: token then ends with %d: %s",
            name, o.status, o.err);
  cr_expect_eq(o.out_len, 0, "%s", name);
  cr_expect_eq(server_count(server, "/api/user"), 0, "%s", name);
}

static const struct {
  const char *name;
  const char *set; /* of the sandbox */
  int status;
} refused[] = {
    {"a flipped bit in the signature", "'id_token': {'signature': 'flip'}", 13},
    {"alg none", "'id_token': {'signature': 'none'}", 13},
    {"no signature", "'id_token': {'signature': 'empty'}", 13},
    {"HS256 with the public key", "'id_token': {'signature': 'hs256'}", 13},
    {"another key under the kid", "'id_token': {'signature': 'other_key'}", 13},
    {"an unknown kid", "'id_token': {'signature': 'unpublished'}", 13},
    {"an unknown crit", "'id_token': {'header': {'crit': ['x'], 'x': 1}}", 13},
    {"another issuer",
     "'patch': {'id_token': {'iss': 'https://evil.example.test'}}", 13},
    {"no issuer", "'patch': {'id_token': {'iss': null}}", 13},
    {"another audience", "'patch': {'id_token': {'aud': 'other'}}", 13},
    {"no audience", "'patch': {'id_token': {'aud': null}}", 13},
    {"an untrusted second audience",
     "'patch': {'id_token': {'aud': ['fob-demo', 'other']}}", 13},
    {"an empty audience", "'patch': {'id_token': {'aud': []}}", 13},
    {"another azp", "'patch': {'id_token': {'azp': 'other'}}", 13},
    {"expired", "'patch': {'id_token': {'exp': 1000000000}}", 13},
    {"no exp", "'patch': {'id_token': {'exp': null}}", 13},
    {"exp as text", "'patch': {'id_token': {'exp': 'never'}}", 13},
    {"issued in the future",
     "'patch': {'id_token': {'iat': 9000000000, 'exp': 9000000300}}", 13},
    {"no iat", "'patch': {'id_token': {'iat': null}}", 13},
    {"no sub", "'patch': {'id_token': {'sub': null}}", 13},
    {"another nonce", "'patch': {'id_token': {'nonce': 'other'}}", 13},
    {"no nonce", "'patch': {'id_token': {'nonce': null}}", 13},
    {"another at_hash",
     "'patch': {'id_token': {'at_hash': 'AAAAAAAAAAAAAAAAAAAAAA'}}", 13},
    {"another iss in the callback",
     "'patch': {'callback': {'iss': 'https://evil.example.test'}}", 13},
    {"no iss though announced", "'patch': {'callback': {'iss': null}}", 13},
    {"no state in the callback", "'patch': {'callback': {'state': null}}", 13},
    {"another issuer in the metadata",
     "'patch': {'metadata': {'issuer': 'https://evil.example.test'}}", 13},
    {"plain http beyond loopback for the token endpoint",
     "'patch': {'metadata': {'token_endpoint': 'http://192.0.2.1/token'}}", 11},
    {"no access token", "'patch': {'token': {'access_token': null}}", 13},
    {"a token with a line break",
     "'patch': {'token': {'access_token': 'a\\r\\nX-Evil: 1'}}", 13},
    {"an unknown token_type", "'patch': {'token': {'token_type': 'mac'}}", 13},
    {"no token_type", "'patch': {'token': {'token_type': null}}", 13},
    {"an error with status 200",
     "'patch': {'token': {'error': 'invalid_grant'}}", 8},
    {"the person refuses", "'consent': 'deny'", 8},
};

Test(login, keeps_nothing_of_what_it_refuses, .timeout = 240)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    home_make(&home);
    server_reset(&server);
    server_order(&server, "{'set': {%s}}", refused[i].set);
    login(&home, &server, &o);
    cr_expect_not(o.timed_out, "%s: hung", refused[i].name);
    cr_expect_eq(o.status, refused[i].status, "%s: exit %d: %s",
                 refused[i].name, o.status, o.err);
    cr_expect_eq(o.out_len, 0, "%s: %s", refused[i].name, o.out);
    expect_nothing(&home, &server, refused[i].name);
  }
}

static const struct {
  const char *name;
  const char *fault;
  int status;
  const char *path;
} faults[] = {
    {"token endpoint: 500", "'fault': 'status', 'status': 500", 5, "/token"},
    {"token endpoint: a page",
     "'fault': 'status', 'status': 200, 'body': '<html>hello</html>'", 13,
     "/token"},
    {"token endpoint: empty", "'fault': 'status', 'status': 200", 13, "/token"},
    {"token endpoint: no object",
     "'fault': 'status', 'status': 200, 'body': '[]'", 13, "/token"},
    {"token endpoint: cut", "'fault': 'cut'", 6, "/token"},
    {"token endpoint: half", "'fault': 'truncate'", 6, "/token"},
    {"token endpoint: redirect",
     "'fault': 'status', 'status': 307, 'headers': {'Location': "
     "'/api/upload'}",
     13, "/token"},
    {"token endpoint: invalid_client",
     "'fault': 'status', 'status': 401, 'body': {'error': 'invalid_client'}", 8,
     "/token"},
    {"token endpoint: 429",
     "'fault': 'status', 'status': 429, 'headers': {'Retry-After': '600'}", 9,
     "/token"},
    {"key set: 404", "'fault': 'status', 'status': 404, 'times': -1", 13,
     "/jwks"},
    {"key set: no JSON",
     "'fault': 'status', 'status': 200, 'body': 'keys', 'times': -1", 13,
     "/jwks"},
    {"metadata: 500", "'fault': 'status', 'status': 500, 'times': -1", 5,
     "/.well-known*"},
    {"metadata: no JSON",
     "'fault': 'status', 'status': 200, 'body': '{', 'times': -1", 13,
     "/.well-known*"},
    {"metadata: cut", "'fault': 'cut', 'times': -1", 6, "/.well-known*"},
};

Test(login, tells_a_servers_failures_apart, .timeout = 300)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    home_make(&home);
    server_reset(&server);
    server_order(&server, "{'next': {'path': '%s', %s}}", faults[i].path,
                 faults[i].fault);
    login(&home, &server, &o);
    cr_expect_eq(o.status, faults[i].status, "%s: exit %d: %s", faults[i].name,
                 o.status, o.err);
    cr_expect_leq(server_count(&server, "/token"), 1, "%s", faults[i].name);
    cr_expect_eq(server_count(&server, "/api/upload"), 0, "%s", faults[i].name);
    expect_nothing(&home, &server, faults[i].name);
  }
}

/* Servers differ; each of these is right. */
static const struct {
  const char *name;
  const char *set;
  const char *browser; /* its mode */
} accepted[] = {
    {"as it is", "'alg': 'ES256'", "normal"},
    {"RS256", "'alg': 'RS256'", "normal"},
    {"PS256", "'alg': 'PS256'", "normal"},
    {"ES384", "'alg': 'ES384'", "normal"},
    {"decoys in the key set", "'jwks_decoys': true", "normal"},
    {"no kid, one key", "'id_token': {'header': {'kid': null}}", "normal"},
    {"only OpenID's metadata", "'forms': 'oidc'", "normal"},
    {"only OAuth's metadata", "'forms': 'oauth'", "normal"},
    {"endpoints elsewhere", "'prefix': '/moved/here'", "normal"},
    {"no iss in the callback", "'iss': false", "normal"},
    {"a consent page", "'consent': 'page'", "normal"},
    {"a noisy browser", "'alg': 'ES256'", "noisy"},
    {"no expires_in", "'expires_in': false", "normal"},
    {"expires_in as text", "'patch': {'token': {'expires_in': '3600'}}",
     "normal"},
    {"token_type in lower case", "'token_type': 'bearer'", "normal"},
    {"no scope in the answer", "'patch': {'token': {'scope': null}}", "normal"},
    {"the audience as a list", "'patch': {'id_token': {'aud': ['fob-demo']}}",
     "normal"},
    {"unknown members", "'patch': {'token': {'x': [1]}, 'metadata': {'y': {}}}",
     "normal"},
    {"no grant types listed",
     "'patch': {'metadata': {'grant_types_supported': null}}", "normal"},
};

Test(login, takes_what_servers_rightly_do, .timeout = 240)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome request;
    home_make(&home);
    home_setenv(&home, "TEST_BROWSER_MODE", "%s", accepted[i].browser);
    server_reset(&server);
    server_order(&server, "{'set': {%s}}", accepted[i].set);
    login(&home, &server, &o);
    cr_expect_eq(o.status, 0, "%s: exit %d: %s", accepted[i].name, o.status,
                 o.err);
    fob(&home, &request, "request", "/user", NULL);
    cr_expect_eq(request.status, 0, "%s: exit %d: %s", accepted[i].name,
                 request.status, request.err);
    cr_expect_not_null(strstr(request.out, "ann"), "%s", accepted[i].name);
    cr_expect_eq(server_count(&server, "/token"), 1, "%s", accepted[i].name);
  }
}

Test(login, takes_an_issuer_with_a_path_in_both_places)
{
  static const char *const forms[] = {"oidc", "oauth"};

  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;
    home_make(&home);
    server_start(&server, "--issuer-path", "/tenant/one", NULL);
    server_order(&server, "{'set': {'forms': '%s'}}", forms[i]);
    login(&home, &server, &o);
    cli_expect(&o, 0);
  }
}

Test(login, refuses_a_callback_with_another_state)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  home_setenv(&home, "TEST_BROWSER_MODE", "tamper");
  server_start(&server, NULL);
  login(&home, &server, &o);
  cli_expect(&o, 13);
  cr_assert_eq(server_count(&server, "/token"), 0);
}

/* The value of the last step in the browser's log: where it stopped. */
static char *last_step(const struct home *home)
{
  json_t *entry = cli_browser_log(home);
  json_t *steps = json_object_get(entry, "steps");
  char *url = mem_str(
      json_string_value(json_array_get(steps, json_array_size(steps) - 1)));

  json_decref(entry);
  return url;
}

Test(login, takes_a_pasted_address_while_the_listener_waits)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  home_setenv(&home, "TEST_BROWSER_MODE", "stop");
  server_start(&server, NULL);
  struct program *p =
      fob_start(&home, TERMINAL_ALL, "login", server.issuer, "-p", "p", "--api",
                server.api, "--client-id", "fob-demo", "--store", "file", NULL);
  cr_assert(program_await(p, "paste", 10000));
  AUTO_STR char *url = last_step(&home);
  cr_assert_not_null(strstr(url, "code="), "%s", url);
  AUTO_STR char *line = mem_printf("%s\n", url);
  program_type(p, line);
  program_finish(p, &o);
  cli_expect(&o, 0);
  cr_assert_not_null(strstr(o.err, "Logged in"), "%s", o.err);
}

Test(login, shows_a_page_that_says_how_it_ended)
{
  static const char *const consents[] = {"auto", "deny"};

  for (size_t i = 0; i < ARRAY_LEN(consents); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;
    home_make(&home);
    server_start(&server, NULL);
    server_order(&server, "{'set': {'consent': '%s'}}", consents[i]);
    login(&home, &server, &o);
    json_t *entry = cli_browser_log(&home);
    const char *body = json_string_value(
        json_object_get(json_object_get(entry, "last"), "body"));
    cr_assert_not_null(body, "the browser saw no page");
    cr_assert_not_null(strstr(body, "<html"), "%s", body);
    cr_assert_eq(strstr(body, "access_denied") != NULL, i == 1, "%s", body);
    json_decref(entry);
  }
}

Test(login, says_which_scopes_were_not_granted)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  server_order(&server, "{'set': {'grant_scope': 'openid api:read'}}");
  fob(&home, &o, "login", server.issuer, "-p", "p", "--api", server.api,
      "--client-id", "fob-demo", "--store", "file", "--browser", "--scope",
      "openid api:read api:write", NULL);
  cli_expect(&o, 0);
  cr_assert_not_null(strstr(o.err, "not granted"), "%s", o.err);
  cr_assert_not_null(strstr(o.err, "api:write"), "%s", o.err);
}

Test(login, keeps_the_old_login_until_the_new_one_is_stored)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome before;
  AUTO_OUTCOME struct outcome after;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  fob(&home, &before, "token", "-p", "p", NULL);
  cli_expect(&before, 0);
  server_order(&server, "{'set': {'id_token': {'signature': 'flip'}}}");
  login(&home, &server, &o);
  cli_expect(&o, 13);
  fob(&home, &after, "token", "-p", "p", NULL);
  cli_expect(&after, 0);
  cr_assert_str_eq(before.out, after.out);
}

Test(login, refuses_another_account_unless_told)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome told;

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  server_order(&server, "{'set': {'account': {'sub': 'user-2', 'login': 'bob', "
                        "'email': 'bob@example.test'}}}");
  login(&home, &server, &o);
  cli_expect(&o, 11);
  cr_assert_not_null(strstr(o.err, "ann@example.test"), "%s", o.err);
  cr_assert_not_null(strstr(o.err, "bob@example.test"), "%s", o.err);
  fob(&home, &told, "login", "-p", "p", "--browser", "--switch-account", NULL);
  cli_expect(&told, 0);
}

Test(login, ends_by_the_signal_and_leaves_nothing)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  home_setenv(&home, "TEST_BROWSER_MODE", "none");
  server_start(&server, NULL);
  struct program *p =
      fob_start(&home, TERMINAL_ALL, "login", server.issuer, "-p", "p", "--api",
                server.api, "--client-id", "fob-demo", "--store", "file", NULL);
  cr_assert(program_await(p, "paste", 10000));
  program_type(p, "\x03");
  program_finish(p, &o);
  cr_assert_eq(o.signal, 2, "exit %d: %s", o.status, o.err);
  expect_nothing(&home, &server, "interrupted");
}

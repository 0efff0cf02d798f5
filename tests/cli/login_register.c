/* Clients that fob registers by itself (RFC 7591): what is asked and believed,
 * what is kept, and that a login that fails leaves none. */
#include "cli/register.h"

#include <signal.h>

Test(login_register, needs_neither_argument_nor_prior_registration)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  stage_finish(&s, stage_start(&s, "login $A"));
  cli_expect(&s.o, 0);
  cli_has(s.o.err, "Logged in:");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 1);
  cr_assert_eq(count_of(&s.server, "DELETE", "/register"), 0);

  stage_run(&s, 0, "request $A/user");
  cli_has(s.o.out, "client-");

  /* Looked at, not made anew. */
  stage_run(&s, 0, "login $A --browser");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 1);
  cr_assert_eq(count_of(&s.server, "GET", "/register/"), 1);
}

Test(login_register, says_nothing_of_the_person_or_the_machine)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  stage_run(&s, 0, LOGIN " --scope 'openid api:read'");
  stage_line(&s, "-V");
  json_t *request = request_of(&s.server, "POST", "/register");
  const char *body = json_string_value(json_object_get(request, "body"));
  const char *number = strchr(s.o.out, ' ');
  AUTO_STR char *want = mem_printf(
      "{\"client_name\":\"fob\",\"application_type\":\"native\","
      "\"redirect_uris\":[\"http://127.0.0.1/callback\"],"
      "\"grant_types\":[\"authorization_code\",\"refresh_token\","
      "\"urn:ietf:params:oauth:grant-type:device_code\"],"
      "\"response_types\":[\"code\"],\"token_endpoint_auth_method\":\"none\","
      "\"scope\":\"openid api:read offline_access\","
      "\"id_token_signed_response_alg\":\"ES256\",\"software_id\":\"fob\","
      "\"software_version\":\"%.*s\"}",
      (int)strcspn(number + 1, "\n"), number + 1);
  cr_assert_str_eq(body, want);
  json_decref(request);

  AUTO_STR char *id = client_member(&s.home, "id");
  AUTO_STR char *auth = client_member(&s.home, "auth");
  AUTO_STR char *uri = client_member(&s.home, "registration");
  AUTO_STR char *place = mem_printf("%s/register/%s", s.server.base, id);
  cr_assert_str_eq(auth, "none");
  cr_assert_str_eq(uri, place);
}

/* With a code for another device, too: registered with that grant. */
Test(login_register, serves_a_login_on_another_device)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  server_order(&s.server, "{'set': {'patch': {'registration': {'grant_types': "
                          "['authorization_code']}}}}");
  stage_run(&s, 13, "login $A -p p --device");
  cli_has(s.o.err, "without the grant");
  cr_assert_eq(count_of(&s.server, "POST", "/device"), 0);
  forget_clients(&s.server);
  stage_run(&s, 0, "login $A -p p --device");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 1);
}

/* The server's answer counts: it wants a secret. */
Test(login_register, honours_another_method_and_keeps_the_secret)
{
  static const char *const methods[] = {"client_secret_basic",
                                        "client_secret_post"};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_STAGE struct stage s = {0};

    register_make(&s);
    server_order(&s.server, "{'set': {'registration_auth': '%s'}}", methods[i]);
    stage_run(&s, 0, LOGIN);
    AUTO_STR char *auth = client_member(&s.home, "auth");
    cr_assert_str_eq(auth, methods[i]);
    stage_run(&s, 0, "token -p p --force-refresh");
    AUTO_STR char *file =
        home_read(&s.home, "config/fob/profiles/p.json", NULL);
    cli_has(file, "!not-real");
  }
}

Test(login_register, works_where_registrations_cannot_be_managed)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  server_order(&s.server, "{'set': {'registration_management': false}}");
  stage_run(&s, 0, LOGIN);
  AUTO_STR char *uri = client_member(&s.home, "registration");
  AUTO_STR char *place = mem_printf("%s/register", s.server.base);
  cr_assert_str_eq(uri, place);

  stage_run(&s, 0, "logout -p p");
  cli_has(s.o.err, "stays registered");
  cr_assert_eq(count_of(&s.server, "DELETE", "/register"), 0);
}

/* --- not kept ------------------------------------------------------------- */

/* So many clients were registered, and as many deleted. */
static void expect_undone(const struct stage *s, size_t count)
{
  cr_assert_eq(count_of(&s->server, "POST", "/register"), count);
  cr_assert_eq(count_of(&s->server, "DELETE", "/register/"), count);
}

Test(login_register, leaves_no_registration_of_a_login_that_failed)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  server_order(&s.server, "{'set': {'consent': 'deny'}}");
  stage_run(&s, 8, "login $I -p p --browser");
  expect_undone(&s, 1);
  server_order(&s.server, "{'set': {'consent': 'auto'}}");
  stage_run(&s, 0, "login $I -p p --browser --no-save");
  expect_undone(&s, 2);

  /* One that was registered just now is not registered again. */
  refuse_client(&s, 1);
  stage_run(&s, 8, "login $I -p p --browser");
  expect_undone(&s, 3);
  expect_nothing(&s.home);
}

/* ^C while the browser is waited for. */
Test(login_register, leaves_no_registration_behind_a_signal)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  home_setenv(&s.home, "BROWSER", "none");
  struct program *p = stage_start(&s, "login $I -p p --browser");
  cr_assert(program_await(p, "here:", 10000));
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 1);
  program_type(p, "\x03");
  stage_finish(&s, p);
  cr_assert_eq(s.o.signal, SIGINT, "%d %s", s.o.status, s.o.err);
  cr_assert_eq(count_of(&s.server, "DELETE", "/register/"), 1);
  cli_has(s.o.err, "!stays at the server");
  expect_nothing(&s.home);
}

static const struct {
  const char *order;
  int status;
  const char *says[3];
} refusals[] = {
    {"{'set': {'registration': 'token'}}",
     8,
     {"no client could be registered for 'p'", "--client-id ID"}},
    {"{'set': {'scopes': ['openid']}, 'next': {'path': '/register', 'fault': "
     "'status', 'status': 400, 'body': {'error': 'invalid_redirect_uri', "
     "'error_description': 'no \\u001b[31mloopback'}}}",
     8,
     {"invalid_redirect_uri", "no \\x1b[31mloopback", "--client-id ID"}},
    {"{'next': {'path': '/register', 'fault': 'status', 'status': 500}}",
     5,
     {"answers 500"}},
    {"{'next': {'path': '/register', 'fault': 'status', 'status': 429}}",
     9,
     {"429"}},
    {"{'next': {'path': '/register', 'fault': 'status', 'status': 302, "
     "'headers': {'Location': '/register'}}}",
     13,
     {"redirect"}},
    {"{'next': {'path': '/register', 'fault': 'status', 'status': 400}}",
     13,
     {"no OAuth error"}},
    {"{'next': {'path': '/register', 'fault': 'cut'}}", 6, {""}},
    {"{'set': {'patch': {'metadata': {'token_endpoint_auth_methods_supported': "
     "['private_key_jwt']}}}}",
     13,
     {"authenticates by none"}},
    {"{'set': {'patch': {'metadata': {'registration_endpoint': "
     "'http://evil.example/'}}}}",
     11,
     {"registration_endpoint"}},
};

Test(login_register, says_why_no_client_was_registered, .timeout = 300)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
    forget_clients(&s.server);
    server_order(&s.server, "%s", refusals[i].order);
    stage_line(&s, "login $I -p p --browser");
    cr_expect_eq(s.o.status, refusals[i].status, "%s: exit %d: %s",
                 refusals[i].order, s.o.status, s.o.err);
    for (size_t k = 0; k < 3 && refusals[i].says[k] != NULL; k++)
      cr_expect_not_null(strstr(s.o.err, refusals[i].says[k]), "%s: %s",
                         refusals[i].order, s.o.err);
    cr_expect_eq(server_count(&s.server, "/authorize"), 0);
    expect_nothing(&s.home);
  }
}

/* Who has a client of their own is not given another. */
Test(login_register, is_not_asked_for_where_a_client_is_given_or_none_is_meant)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  stage_run(&s, 0, "login $I -p p --client-id fob-demo --browser");
  stage_run(&s, 2, "login $I -p q --client-credentials");
  cli_has(s.o.err, "no client id");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 0);
}

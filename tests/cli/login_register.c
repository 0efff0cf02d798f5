/* Clients that fob registers by itself (RFC 7591, 7592): what is asked and
 * believed, what is kept, and that it goes away again. */
#include "cli/cli.h"

#include "base/mem.h"
#include "support/mutate.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void make(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "FOB_STORE", "file");
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
  server_order(server, "{'set': {'registration': 'open'}}");
}

static void expect_nothing(const struct home *home)
{
  cr_expect_not(home_has(home, "config/fob/profiles/p.json"));
  cr_expect_not(home_has(home, "data/fob/credentials/p"));
}

/* "client.id" of the profile; mem_free. */
static char *client_member(const struct home *home, const char *member)
{
  json_t *profile = cli_profile_read(home, "p");
  char *text = mem_str(json_string_value(
      json_object_get(json_object_get(profile, "client"), member)));

  json_decref(profile);
  return text;
}

/* The first request of that method for a path; json_decref. */
static json_t *request_of(const struct server *server, const char *method,
                          const char *path)
{
  json_t *requests = server_journal(server, path);
  json_t *found = NULL;
  size_t i;
  json_t *entry;

  json_array_foreach(requests, i, entry)
  {
    const char *is = json_string_value(json_object_get(entry, "method"));
    if (found == NULL && strcmp(is, method) == 0)
      found = json_incref(entry);
  }
  json_decref(requests);
  return found;
}

static size_t count_of(const struct server *server, const char *method,
                       const char *below)
{
  json_t *requests = server_journal(server, NULL);
  size_t count = 0;
  size_t i;
  json_t *entry;

  json_array_foreach(requests, i, entry)
  {
    count += strcmp(json_string_value(json_object_get(entry, "method")),
                    method) == 0 &&
             strncmp(json_string_value(json_object_get(entry, "path")), below,
                     strlen(below)) == 0;
  }
  json_decref(requests);
  return count;
}

/* The server has lost its clients: its settings begin anew. */
static void forget_clients(const struct server *server)
{
  server_reset(server);
  server_order(server, "{'set': {'registration': 'open'}}");
}

Test(login_register, needs_neither_argument_nor_prior_registration)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome request;
  AUTO_OUTCOME struct outcome again;

  make(&home, &server);
  struct program *p = cli_line_start(&home, &server, TERMINAL_ALL, "login $A");
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "Logged in:");
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
  cr_assert_eq(count_of(&server, "DELETE", "/register"), 0);

  cli_line(&home, &server, &request, NULL, "request $A/user");
  cli_expect(&request, 0);
  cli_has(request.out, "client-");

  /* Looked at, not made anew. */
  cli_line(&home, &server, &again, NULL, "login $A --browser");
  cli_expect(&again, 0);
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
  cr_assert_eq(count_of(&server, "GET", "/register/"), 1);
}

Test(login_register, says_nothing_of_the_person_or_the_machine)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome version;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL,
           "login $I -p p --api $A --browser --scope 'openid api:read'");
  cli_expect(&o, 0);
  fob(&home, &version, "-V", NULL);
  json_t *request = request_of(&server, "POST", "/register");
  const char *body = json_string_value(json_object_get(request, "body"));
  const char *number = strchr(version.out, ' ');
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

  AUTO_STR char *id = client_member(&home, "id");
  AUTO_STR char *auth = client_member(&home, "auth");
  AUTO_STR char *uri = client_member(&home, "registration");
  AUTO_STR char *place = mem_printf("%s/register/%s", server.base, id);
  cr_assert_str_eq(auth, "none");
  cr_assert_str_eq(uri, place);
}

/* The server's answer counts: it wants a secret. */
/* With a code for another device, too: registered with that grant. */
Test(login_register, serves_a_login_on_another_device)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome less;

  make(&home, &server);
  server_order(&server, "{'set': {'patch': {'registration': {'grant_types': "
                        "['authorization_code']}}}}");
  cli_line(&home, &server, &less, NULL, "login $A -p p --device");
  cli_expect(&less, 13);
  cli_has(less.err, "without the grant");
  cr_assert_eq(count_of(&server, "POST", "/device"), 0);
  forget_clients(&server);
  cli_line(&home, &server, &o, NULL, "login $A -p p --device");
  cli_expect(&o, 0);
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
}

Test(login_register, honours_another_method_and_keeps_the_secret)
{
  static const char *const methods[] = {"client_secret_basic",
                                        "client_secret_post"};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome token;

    make(&home, &server);
    server_order(&server, "{'set': {'registration_auth': '%s'}}", methods[i]);
    cli_line(&home, &server, &o, NULL, "login $I -p p --api $A --browser");
    cli_expect(&o, 0);
    AUTO_STR char *auth = client_member(&home, "auth");
    cr_assert_str_eq(auth, methods[i]);
    cli_line(&home, &server, &token, NULL, "token -p p --force-refresh");
    cli_expect(&token, 0);
    AUTO_STR char *file = home_read(&home, "config/fob/profiles/p.json", NULL);
    cli_has(file, "!not-real");
  }
}

Test(login_register, works_where_registrations_cannot_be_managed)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome gone;

  make(&home, &server);
  server_order(&server, "{'set': {'registration_management': false}}");
  cli_line(&home, &server, &o, NULL, "login $I -p p --api $A --browser");
  cli_expect(&o, 0);
  AUTO_STR char *uri = client_member(&home, "registration");
  AUTO_STR char *place = mem_printf("%s/register", server.base);
  cr_assert_str_eq(uri, place);

  cli_line(&home, &server, &gone, NULL, "logout -p p");
  cli_expect(&gone, 0);
  cli_has(gone.err, "stays registered");
  cr_assert_eq(count_of(&server, "DELETE", "/register"), 0);
}

/* --- logout --------------------------------------------------------------- */

Test(login_register, ends_with_the_logout_and_begins_with_the_next_login)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome gone;
  AUTO_OUTCOME struct outcome again;
  AUTO_OUTCOME struct outcome removed;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL, "login $I -p p --api $A --browser");
  cli_expect(&o, 0);
  cli_line(&home, &server, &gone, NULL, "logout -p p");
  cli_expect(&gone, 0);
  cli_has(gone.err, "Logged out:");
  cli_has(gone.err, "is deleted there too");
  cr_assert_eq(count_of(&server, "DELETE", "/register/"), 1);
  AUTO_STR char *file = home_read(&home, "config/fob/profiles/p.json", NULL);
  cli_has(file, "!client-");
  cli_has(file, "!registration");

  cli_line(&home, &server, &again, NULL, "login -p p --browser");
  cli_expect(&again, 0);
  cr_assert_eq(count_of(&server, "POST", "/register"), 2);
  cli_line(&home, &server, &removed, NULL, "profile remove p --logout");
  cli_expect(&removed, 0);
  cr_assert_eq(count_of(&server, "DELETE", "/register/"), 2);
  expect_nothing(&home);
}

static const struct {
  const char *line, *fault;
  int status;
  const char *says;
} logouts[] = {
    {"logout -p p", "'fault': 'status', 'status': 500", 5,
     "but its client stays registered"},
    {"logout -p p --purge", "'fault': 'cut', 'times': -1", 6,
     "but its client stays registered"},
    {"logout -p p", "'fault': 'status', 'status': 405", 0, "stays registered"},
    {"logout -p p", "'fault': 'status', 'status': 401", 0, "deleted there too"},
    {"logout -p p --local", "'fault': 'status', 'status': 500", 0,
     "stays registered"},
};

Test(login_register, tells_what_a_logout_left_behind, .timeout = 60)
{
  for (size_t i = 0; i < ARRAY_LEN(logouts); i++) {
    AUTO_HOME struct home home;
    AUTO_SERVER struct server server = {0};
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome gone;
    AUTO_OUTCOME struct outcome token;

    make(&home, &server);
    cli_line(&home, &server, &o, NULL, "login $I -p p --api $A --browser");
    cli_expect(&o, 0);
    server_order(&server, "{'next': {'path': '/register/*', %s}}",
                 logouts[i].fault);
    cli_line(&home, &server, &gone, NULL, logouts[i].line);
    cr_expect_eq(gone.status, logouts[i].status, "%s: %d %s", logouts[i].fault,
                 gone.status, gone.err);
    cli_has(gone.err, logouts[i].says);
    cli_line(&home, &server, &token, NULL, "token -p p");
    cr_expect_eq(token.status, 8, "%d %s", token.status, token.err);
  }
}

/* Half a logout is finished by another: its client is gone by then. */
Test(login_register, can_be_logged_out_of_without_its_client)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome gone;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL, "login $I -p p --api $A --browser");
  cli_expect(&o, 0);
  forget_clients(&server);
  cli_line(&home, &server, &gone, NULL, "logout -p p");
  cli_expect(&gone, 0);
  cli_has(gone.err, "Logged out: p");
  cli_has(gone.err, "is deleted there too");
}

/* Without its secret a client is of no use. */
Test(login_register, is_made_anew_when_its_secret_went_with_a_local_logout)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome gone;
  AUTO_OUTCOME struct outcome again;

  make(&home, &server);
  server_order(&server, "{'set': {'registration_auth': "
                        "'client_secret_basic'}}");
  cli_line(&home, &server, &o, NULL, "login $I -p p --api $A --browser");
  cli_expect(&o, 0);
  cli_line(&home, &server, &gone, NULL, "logout -p p --local");
  cli_expect(&gone, 0);
  cli_line(&home, &server, &again, NULL, "login -p p --browser");
  cli_expect(&again, 0);
  cli_has(again.err, "its secret is not here any more");
}

/* --- stale ---------------------------------------------------------------- */

static void log_in(struct home *home, struct server *server)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, NULL, "login $I -p p --api $A --browser");
  cli_expect(&o, 0);
  cli_has(o.err, "!registered just now");
}

Test(login_register, is_made_anew_once_when_the_server_has_lost_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  log_in(&home, &server);
  AUTO_STR char *old = client_member(&home, "id");
  forget_clients(&server);
  cli_line(&home, &server, &o, NULL, "login -p p --browser");
  cli_expect(&o, 0);
  cli_has(o.err, old);
  cli_has(o.err, "registered just now: the server does not know it any more");
  AUTO_STR char *new = client_member(&home, "id");
  cr_assert_str_neq(old, new);
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
  cr_assert_eq(count_of(&server, "GET", "/authorize"), 1);
}

/* Not managed: found out by the token endpoint's answer alone. */
Test(login_register, is_made_anew_once_when_the_server_refuses_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome never;

  make(&home, &server);
  server_order(&server, "{'set': {'registration_management': false}}");
  log_in(&home, &server);
  server_order(&server, "{'next': {'path': '/token', 'fault': 'status', "
                        "'status': 400, 'body': {'error': "
                        "'invalid_client'}}}");
  cli_line(&home, &server, &o, NULL, "login -p p --browser");
  cli_expect(&o, 0);
  cli_has(o.err, "the server does not take it any more");
  cr_assert_eq(count_of(&server, "POST", "/register"), 2);

  /* … and never in a loop. */
  server_order(&server, "{'next': {'path': '/token', 'fault': 'status', "
                        "'times': -1, 'status': 400, 'body': {'error': "
                        "'invalid_client'}}}");
  AUTO_STR char *before = client_member(&home, "id");
  cli_line(&home, &server, &never, NULL, "login -p p --browser");
  cli_expect(&never, 8);
  cli_has(never.err, "invalid_client");
  cr_assert_eq(count_of(&server, "POST", "/register"), 3);
  AUTO_STR char *after = client_member(&home, "id");
  cr_assert_str_eq(before, after);
}

Test(login_register, is_made_anew_for_another_redirect_and_the_old_one_goes)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome denied;

  make(&home, &server);
  log_in(&home, &server);
  AUTO_STR char *old = client_member(&home, "id");

  /* A login that does not come about leaves everything as it was. */
  server_order(&server, "{'set': {'consent': 'deny'}}");
  cli_line(&home, &server, &denied, NULL,
           "login -p p --browser --redirect-uri http://127.0.0.1/cb");
  cli_expect(&denied, 8);
  cr_assert_eq(count_of(&server, "POST", "/register"), 2);
  cr_assert_eq(count_of(&server, "DELETE", "/register/"), 1);
  AUTO_STR char *place = mem_printf("/register/%s", old);
  json_t *deleted = request_of(&server, "DELETE", place);
  cr_assert_null(deleted);
  AUTO_STR char *same = client_member(&home, "id");
  cr_assert_str_eq(same, old);

  server_order(&server, "{'set': {'consent': 'auto'}}");
  cli_line(&home, &server, &o, NULL,
           "login -p p --browser --redirect-uri http://127.0.0.1/cb");
  cli_expect(&o, 0);
  cli_has(o.err, "another redirect URI");
  deleted = request_of(&server, "DELETE", place);
  cr_assert_not_null(deleted);
  json_decref(deleted);
}

Test(login_register, is_made_anew_when_its_secret_has_expired)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  server_order(&server, "{'set': {'registration_auth': 'client_secret_post', "
                        "'patch': {'registration': "
                        "{'client_secret_expires_at': 1000000000}}}}");
  log_in(&home, &server);
  server_order(&server, "{'set': {'patch': {'registration': {}}}}");
  cli_line(&home, &server, &o, NULL, "login -p p --browser");
  cli_expect(&o, 0);
  cli_has(o.err, "its secret expired");
  cr_assert_eq(count_of(&server, "POST", "/register"), 2);
}

/* What cannot be asked is not held against it. */
Test(login_register, goes_on_when_its_management_does_not_answer)
{
  static const char *const faults[] = {
      "'fault': 'cut', 'times': -1", "'fault': 'status', 'status': 500",
      "'fault': 'status', 'status': 403", "'fault': 'status', 'status': 405"};
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  log_in(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
    AUTO_OUTCOME struct outcome o;

    server_order(&server, "{'next': {'path': '/register/*', %s}}", faults[i]);
    cli_line(&home, &server, &o, NULL, "login -p p --browser");
    cli_expect(&o, 0);
  }
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
}

/* A client of the person's own is not replaced, whoever had registered the one
 * before it. */
Test(login_register, gives_way_to_a_client_of_the_persons_own)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome refused;

  make(&home, &server);
  server_order(&server, "{'set': {'registration_auth': "
                        "'client_secret_basic'}}");
  log_in(&home, &server);
  cli_line(&home, &server, &o, NULL,
           "login -p p --browser --client-id fob-demo");
  cli_expect(&o, 0);
  AUTO_STR char *file = home_read(&home, "config/fob/profiles/p.json", NULL);
  cli_has(file, "!registration");
  cli_has(file, "!client_secret");
  server_order(&server, "{'next': {'path': '/token', 'fault': 'status', "
                        "'status': 400, 'body': {'error': "
                        "'invalid_client'}}}");
  cli_line(&home, &server, &refused, NULL, "login -p p --browser");
  cli_expect(&refused, 8);
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
}

/* --- not kept ------------------------------------------------------------- */

Test(login_register, leaves_no_registration_of_a_login_that_failed)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome denied;
  AUTO_OUTCOME struct outcome trial;
  AUTO_OUTCOME struct outcome fresh;

  make(&home, &server);
  server_order(&server, "{'set': {'consent': 'deny'}}");
  cli_line(&home, &server, &denied, NULL, "login $I -p p --browser");
  cli_expect(&denied, 8);
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
  cr_assert_eq(count_of(&server, "DELETE", "/register/"), 1);
  server_order(&server, "{'set': {'consent': 'auto'}}");
  cli_line(&home, &server, &trial, NULL, "login $I -p p --browser --no-save");
  cli_expect(&trial, 0);
  cr_assert_eq(count_of(&server, "POST", "/register"), 2);
  cr_assert_eq(count_of(&server, "DELETE", "/register/"), 2);

  /* One that was registered just now is not registered again. */
  server_order(&server, "{'next': {'path': '/token', 'fault': 'status', "
                        "'status': 400, 'body': {'error': "
                        "'invalid_client'}}}");
  cli_line(&home, &server, &fresh, NULL, "login $I -p p --browser");
  cli_expect(&fresh, 8);
  cr_assert_eq(count_of(&server, "POST", "/register"), 3);
  cr_assert_eq(count_of(&server, "DELETE", "/register/"), 3);
  expect_nothing(&home);
}

/* ^C while the browser is waited for. */
Test(login_register, leaves_no_registration_behind_a_signal)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  home_setenv(&home, "BROWSER", "none");
  struct program *p =
      cli_line_start(&home, &server, TERMINAL_ALL, "login $I -p p --browser");
  cr_assert(program_await(p, "here:", 10000));
  cr_assert_eq(count_of(&server, "POST", "/register"), 1);
  program_type(p, "\x03");
  program_finish(p, &o);
  cr_assert_eq(o.signal, SIGINT, "%d %s", o.status, o.err);
  cr_assert_eq(count_of(&server, "DELETE", "/register/"), 1);
  cli_has(o.err, "!stays at the server");
  expect_nothing(&home);
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

Test(login_register, says_why_no_client_was_registered, .timeout = 60)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
    AUTO_OUTCOME struct outcome o;

    forget_clients(&server);
    server_order(&server, "%s", refusals[i].order);
    cli_line(&home, &server, &o, NULL, "login $I -p p --browser");
    cr_expect_eq(o.status, refusals[i].status, "%s: exit %d: %s",
                 refusals[i].order, o.status, o.err);
    for (size_t k = 0; k < 3 && refusals[i].says[k] != NULL; k++)
      cr_expect_not_null(strstr(o.err, refusals[i].says[k]), "%s: %s",
                         refusals[i].order, o.err);
    cr_expect_eq(server_count(&server, "/authorize"), 0);
    expect_nothing(&home);
  }
}

/* Who has a client of their own is not given another. */
Test(login_register, is_not_asked_for_where_a_client_is_given_or_none_is_meant)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome given;
  AUTO_OUTCOME struct outcome service;

  make(&home, &server);
  cli_line(&home, &server, &given, NULL,
           "login $I -p p --client-id fob-demo --browser");
  cli_expect(&given, 0);
  cli_line(&home, &server, &service, NULL,
           "login $I -p q --client-credentials");
  cli_expect(&service, 2);
  cli_has(service.err, "no client id");
  cr_assert_eq(count_of(&server, "POST", "/register"), 0);
}

/* --- mutated -------------------------------------------------------------- */

static bool is_fine(const char *member, size_t how)
{
  const char *way = mutate_name(how);
  bool absent = mutate_kind(how) == MUTATE_REMOVED || strcmp(way, "null") == 0;

  if (strcmp(member, "/token_endpoint_auth_method") == 0 ||
      strcmp(member, "/grant_types") == 0 || strcmp(member, "/scope") == 0)
    return absent ||
           (strcmp(member, "/scope") == 0 && strcmp(way, "an empty text") == 0);
  if (strcmp(member, "/client_secret_expires_at") == 0)
    return strcmp(way, "1") == 0;
  return false;
}

static void register_mutated(const struct server *server, const char *member,
                             size_t how)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;
  const char *way = mutate_name(how);

  home_make(&home);
  forget_clients(server);
  server_order(server,
               "{'set': {'registration_auth': 'client_secret_post'}, 'next': "
               "{'path': '/register', 'fault': 'mutate', 'member': '%s', "
               "'how': '%s'}}",
               member, way);
  cli_line(&home, server, &o, NULL, "login $I -p p --store file --browser");
  if (is_fine(member, how)) {
    cr_expect_neq(o.status, 13, "%s: %s: %s", member, way, o.err);
    return;
  }
  cr_expect_eq(o.status, 13, "%s: %s: %d %s", member, way, o.status, o.err);
  cr_expect_eq(server_count(server, "/authorize"), 0, "%s: %s", member, way);
  cr_expect_null(strpbrk(o.err, "\x1b\x9b\r"), "%s: %s", member, way);
  expect_nothing(&home);
}

static void register_with_every(const char *member)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t how = 0; how < MUTATE_COUNT; how++)
    register_mutated(&server, member, how);
}

Test(login_register_mutated, client_id, .timeout = 60)
{
  register_with_every("/client_id");
}

Test(login_register_mutated, client_secret, .timeout = 60)
{
  register_with_every("/client_secret");
}

Test(login_register_mutated, client_secret_expires_at, .timeout = 60)
{
  register_with_every("/client_secret_expires_at");
}

Test(login_register_mutated, redirect_uris, .timeout = 60)
{
  register_with_every("/redirect_uris");
}

Test(login_register_mutated, registration_access_token, .timeout = 60)
{
  register_with_every("/registration_access_token");
}

Test(login_register_mutated, registration_client_uri, .timeout = 60)
{
  register_with_every("/registration_client_uri");
}

Test(login_register_mutated, method_grants_and_scope, .timeout = 60)
{
  register_with_every("/token_endpoint_auth_method");
  register_with_every("/grant_types");
  register_with_every("/scope");
}

/* What the management says of the stored client, made wrong: the login ends
 * before the browser, and the old one stays usable. */
static const char *const looked_at[] = {"/client_id", "/redirect_uris",
                                        "/registration_access_token",
                                        "/registration_client_uri"};

Test(login_register_mutated, management, .timeout = 120)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome token;

  make(&home, &server);
  log_in(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(looked_at); i++) {
    for (size_t how = 0; how < MUTATE_COUNT; how++) {
      AUTO_OUTCOME struct outcome o;
      const char *way = mutate_name(how);

      if (strncmp(way, "a list", 6) == 0 &&
          strcmp(looked_at[i], "/redirect_uris") == 0)
        continue; /* for other URIs: made anew, as above */
      server_order(&server,
                   "{'next': {'path': '/register/*', 'method': 'GET', 'fault': "
                   "'mutate', 'member': '%s', 'how': '%s'}}",
                   looked_at[i], way);
      cli_line(&home, &server, &o, NULL, "login -p p --browser");
      cr_expect_eq(o.status, 13, "%s: %s: %d %s", looked_at[i], way, o.status,
                   o.err);
      cr_expect_null(strpbrk(o.err, "\x1b\x9b\r"), "%s: %s", looked_at[i], way);
    }
  }
  cr_expect_eq(count_of(&server, "GET", "/authorize"), 1);
  cr_expect_eq(count_of(&server, "POST", "/register"), 1);
  cli_line(&home, &server, &token, NULL, "token -p p --force-refresh");
  cli_expect(&token, 0);
}

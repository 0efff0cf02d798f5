/* The JWT bearer grant (RFC 7523 §2.1): clients with a key of their own, and
 * Google's service-account files as they are. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "support/keys.h"
#include "support/mutate.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define BEARER                                                                 \
  "login $I -p p --api $A --jwt-bearer --scope api:read --store file "

static void run(struct home *home, struct server *server, int status,
                const char *line)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, NULL, line);
  cli_expect(&o, status);
}

static void lives(struct home *home, struct server *server)
{
  run(home, server, 0, "token -p p");
  run(home, server, 0, "token -p p --force-refresh");
  run(home, server, 0, "request -p p /echo");
  run(home, server, 0, "logout -p p");
}

/* A file as Google writes it, for a server that is the sandbox's; mem_free. */
static char *account(const struct server *server, const char *replaced,
                     json_t *with)
{
  AUTO_STR char *uri = mem_printf("%s/token", server->base);
  json_t *object =
      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "type",
                "service_account", "project_id", "p", "private_key", PEM_RSA,
                "client_email", "robot@p.example", "client_id", "10",
                "auth_uri", "https://accounts.example/o/oauth2/auth",
                "token_uri", uri, "universe_domain", "example");
  char *dumped, *text;

  cr_assert_not_null(object);
  if (replaced != NULL && with == NULL)
    cr_assert_eq(0, json_object_del(object, replaced));
  else if (replaced != NULL)
    cr_assert_eq(0, json_object_set_new(object, replaced, with));
  dumped = json_dumps(object, JSON_INDENT(2));
  text = mem_str(dumped);
  free(dumped);
  json_decref(object);
  return text;
}

/* The form of the nth token request: a new reference. */
static json_t *sent(const struct server *server, size_t nth)
{
  json_t *requests = server_journal(server, "/token");
  json_t *form =
      json_incref(json_object_get(json_array_get(requests, nth), "form"));

  json_decref(requests);
  return form;
}

Test(login_bearer, client_speaks_for_itself_and_for_others, .timeout = 300)
{
  static const struct {
    const char *options;
    int status;
  } cases[] = {
      {"", 0},
      {"--subject ann", 0},
      {"--subject bob", 8},
      {"--client-auth private_key_jwt", 0},
  };
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_HOME struct home home;
    AUTO_STR char *line =
        mem_printf(BEARER "--client-id fob-jwt --signing-key $H/k.pem %s",
                   cases[i].options);

    home_make(&home);
    home_write(&home, "k.pem", 0600, "%s", PEM_P256);
    run(&home, &server, cases[i].status, line);
    if (cases[i].status == 0) {
      run(&home, &server, 0, "token -p p --force-refresh");
      run(&home, &server, 0, "request -p p /echo");
    }
  }
}

Test(login_bearer, says_who_it_is_in_the_assertion_alone)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  home_write(&home, "k.pem", 0600, "%s", PEM_P256);
  run(&home, &server, 0, BEARER "--client-id fob-jwt --signing-key $H/k.pem");
  AUTO_JSON json_t *form = sent(&server, 0);
  cr_assert_str_eq(json_text(form, "grant_type"),
                   "urn:ietf:params:oauth:grant-type:jwt-bearer");
  cr_assert_not_null(json_object_get(form, "assertion"));
  cr_assert_null(json_object_get(form, "client_id"));
  cr_assert_null(json_object_get(form, "client_assertion"));
  /* and again where the token is used up, with an assertion of its own */
  server_order(&server, "{'expire_access_tokens': true}");
  run(&home, &server, 0, "token -p p --force-refresh --scope api:write");
  AUTO_JSON json_t *second = sent(&server, 1);
  cr_assert_str_eq(json_text(second, "scope"), "api:write");
}

Test(login_bearer, googles_file_needs_nothing_else, .timeout = 300)
{
  static const char *const lines[] = {
      "login $A -p p --jwt-bearer --signing-key $H/sa.json --scope api:read "
      "--store file",
      "login -p p --api $A --jwt-bearer --signing-key $H/sa.json --scope "
      "api:read --store file",
      "login $A --api $A -p p --jwt-bearer --signing-key $H/sa.json --scope "
      "api:read --subject ann@p.example --store file",
  };
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *text = account(&server, NULL, NULL);

    home_make(&home);
    server_reset(&server);
    home_write(&home, "sa.json", 0600, "%s", text);
    run(&home, &server, 0, lines[i]);
    cr_assert_eq(server_count(&server, "/.well-known/openid-configuration"), 0);
    lives(&home, &server);
    run(&home, &server, 0, "login -p p");
    cli_line(&home, &server, &o, NULL, "status");
    cli_has(o.out, "client robot@p.example");
  }
}

Test(login_bearer, googles_file_may_come_on_standard_input)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *text = NULL;

  home_make(&home);
  server_start(&server, NULL);
  text = account(&server, NULL, NULL);
  cli_line(&home, &server, &o, text,
           "login -p p --api $A --jwt-bearer --signing-key - --scope api:read "
           "--store file");
  cli_expect(&o, 0);
  lives(&home, &server);
}

Test(login_bearer, files_that_are_not_whole_send_nothing)
{
  static const struct {
    const char *member, *value;
    int status;
  } cases[] = {
      {"private_key", NULL, 2},
      {"private_key", "\"x\"", 2},
      {"client_email", NULL, 2},
      {"client_email", "\"a\\nb\"", 2},
      {"token_uri", NULL, 2},
      {"token_uri", "\"\"", 2},
      {"token_uri", "\"token\"", 2},
      {"token_uri", "\"http://a.example/\"", 2},
      {"token_uri", "\"file:///x\"", 2},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *text =
        account(&server, cases[i].member,
                cases[i].value == NULL
                    ? NULL
                    : json_loads(cases[i].value, JSON_DECODE_ANY, NULL));

    home_write(&home, "sa.json", 0600, "%s", text);
    cli_line(&home, &server, &o, NULL,
             "login -p p --api $A --jwt-bearer --signing-key $H/sa.json "
             "--scope api:read --store file");
    cr_assert_eq(o.status, cases[i].status, "case %zu: %d %s", i, o.status,
                 o.err);
    cr_assert_not(home_has(&home, "config/fob/profiles/p.json"));
  }
  cr_assert_eq(server_count(&server, "/token"), 0);
}

Test(login_bearer, grant_needs_a_key_and_a_client)
{
  static const struct {
    const char *options, *says;
  } cases[] = {
      {"--client-id fob-jwt", "needs a signing key"},
      {"--signing-key $H/k.pem", "has no client id"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  home_write(&home, "k.pem", 0600, "%s", PEM_P256);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *line = mem_printf(BEARER "%s", cases[i].options);

    cli_line(&home, &server, &o, NULL, line);
    cli_expect(&o, 2);
    cli_has(o.err, cases[i].says);
  }
  cr_assert_eq(server_count(&server, "/token"), 0);
}

/* A try that is refused for want of a nonce is made again with another
 * assertion: a server, as the sandbox, takes each once. */
Test(login_bearer, signs_anew_when_a_nonce_is_wanted)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  server_order(&server, "{'set': {'dpop': {'nonce': 'as'}}}");
  home_write(&home, "k.pem", 0600, "%s", PEM_P256);
  run(&home, &server, 0,
      BEARER "--client-id fob-jwt --signing-key $H/k.pem --dpop");
  cr_assert_eq(server_count(&server, "/token"), 2);
  run(&home, &server, 0, "token -p p --force-refresh --for GET $A/user");
}

/* An answer that is not one: 13, nothing stored, nothing asked after it. */
static void expect_mutated(struct home *home, struct server *server,
                           const char *member, size_t how)
{
  AUTO_OUTCOME struct outcome o;
  const char *way = mutate_name(how);

  server_reset(server);
  server_order(server,
               "{'next': {'path': '/token', 'fault': 'mutate', 'member': '%s',"
               " 'how': '%s'}}",
               member, way);
  cli_line(home, server, &o, NULL,
           BEARER "--client-id fob-jwt --signing-key $H/k.pem");
  cr_assert_eq(o.status, 13, "%s %s: %d %s", member, way, o.status, o.err);
  cr_assert_not(home_has(home, "config/fob/profiles/p.json"));
  cr_assert_not(home_has(home, "data/fob/credentials/p"));
  cr_assert_eq(server_count(server, "/token"), 1, "%s %s", member, way);
}

Test(login_bearer, mutated_answers_store_nothing, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  home_write(&home, "k.pem", 0600, "%s", PEM_P256);
  for (size_t how = 0; how < MUTATE_COUNT; how += mutate_step()) {
    expect_mutated(&home, &server, "/access_token", how);
    expect_mutated(&home, &server, "/token_type", how);
  }
}

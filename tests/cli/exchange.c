/* fob login --exchange: a token from elsewhere, from a file or standard input,
 * becomes one of this server's. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define EXCHANGE                                                               \
  "login $I -p p --api $A --client-id fob-demo --store file --exchange "

/* A token of another login, in a file of the home. */
static void make(struct home *home, struct server *server)
{
  AUTO_OUTCOME struct outcome o;

  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  server_start(server, NULL);
  cli_login(home, server, "source");
  cli_line(home, server, &o, NULL, "token -p source");
  cli_expect(&o, 0);
  home_write(home, "subject", 0600, "%s", o.out);
  server_reset(server);
}

static json_t *only_form(const struct server *server)
{
  json_t *requests = server_journal(server, "/token");

  cr_assert_eq(json_array_size(requests), 1);
  json_t *form =
      json_incref(json_object_get(json_array_get(requests, 0), "form"));
  json_decref(requests);
  return form;
}

static void expect_text(const json_t *form, const char *name, const char *text)
{
  const char *found = json_string_value(json_object_get(form, name));

  cr_expect(found != NULL && strcmp(found, text) == 0, "%s: %s", name, found);
}

Test(exchange_login, takes_a_token_from_a_file_or_standard_input, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL,
           EXCHANGE "$H/subject --audience https://api.example.test "
                    "--scope api:read");
  cli_expect(&o, 0);
  cli_has(o.err, "Logged in: p at");
  cli_has(o.err, "scopes api:read");
  cli_has(o.err, "not renewed: the login lasts until");
  json_t *form = only_form(&server);
  expect_text(form, "grant_type",
              "urn:ietf:params:oauth:grant-type:token-exchange");
  expect_text(form, "subject_token_type",
              "urn:ietf:params:oauth:token-type:access_token");
  expect_text(form, "audience", "https://api.example.test");
  json_decref(form);

  outcome_clear(&o);
  cli_line(&home, &server, &o, NULL, "request -p p /echo");
  cli_expect(&o, 0);
  cli_has(o.out, "\"authorized\":true");

  AUTO_STR char *subject = home_read(&home, "subject", NULL);
  outcome_clear(&o);
  cli_line(&home, &server, &o, subject, EXCHANGE "-");
  cli_expect(&o, 0);
  outcome_clear(&o);
  cli_line(&home, &server, &o, NULL, "profile show p");
  cli_has(o.out, "token_exchange");
}

/* Neither typed on the command line, nor kept, nor asked for twice. */
Test(exchange_login, takes_no_token_in_an_argument, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL,
           EXCHANGE "eyJhbGciOiJub25lIn0.eyJzdWIiOiJub3QtcmVhbCJ9.c2ln");
  cli_expect(&o, 2);
  cli_has(o.err, "!eyJ");
  outcome_clear(&o);
  cli_line(&home, &server, &o, "x", EXCHANGE "- --client-secret-file -");
  cli_expect(&o, 2);
  outcome_clear(&o);
  cli_line(&home, &server, &o, NULL, EXCHANGE "$H/subject --paste");
  cli_expect(&o, 2);
  cr_assert_eq(server_count(&server, "/token"), 0);
}

/* A new subject is needed, unless the server gave a refresh token. */
Test(exchange_login, is_renewed_by_a_refresh_token_alone, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL, EXCHANGE "$H/subject");
  cli_expect(&o, 0);
  outcome_clear(&o);
  cli_line(&home, &server, &o, NULL, "token -p p --force-refresh");
  cli_expect(&o, 8);
  cli_has(o.err, "fob login -p p --exchange FILE");
  cr_assert_eq(server_count(&server, "/token"), 1);
  outcome_clear(&o);
  cli_line(&home, &server, &o, NULL, "login -p p");
  cli_expect(&o, 2);
  cli_has(o.err, "--exchange FILE");

  server_order(&server, "{'set': {'exchange': {'refresh': true}}}");
  outcome_clear(&o);
  cli_line(&home, &server, &o, NULL, "login -p p --exchange $H/subject");
  cli_expect(&o, 0);
  cli_has(o.err, "renewed by itself");
  outcome_clear(&o);
  cli_line(&home, &server, &o, NULL, "token -p p --force-refresh");
  cli_expect(&o, 0);
  cr_assert_eq(cli_refreshes(&server), 1);
}

Test(exchange_login, needs_no_client_where_the_server_wants_none, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL,
           "login $I -p p --api $A --store file --exchange $H/subject");
  cli_expect(&o, 0);
  json_t *form = only_form(&server);
  cr_expect_null(json_object_get(form, "client_id"));
  json_decref(form);
}

/* Each wrong answer: one line, nothing kept, no further request. */
Test(exchange_login, refuses_what_a_server_does_wrong, .timeout = 300)
{
  static const struct {
    const char *order;
    int status;
  } rows[] = {
      {"{'set': {'patch': {'token': {'issued_token_type': null}}}}", 13},
      {"{'set': {'patch': {'token': {'issued_token_type': 7}}}}", 13},
      {"{'set': {'patch': {'token': {'issued_token_type': "
       "'urn:ietf:params:oauth:token-type:saml2'}}}}",
       13},
      {"{'set': {'patch': {'token': {'token_type': 'N_A'}}}}", 13},
      {"{'set': {'patch': {'token': {'token_type': null}}}}", 13},
      {"{'set': {'patch': {'token': {'access_token': null}}}}", 13},
      {"{'set': {'patch': {'token': {'access_token': 'a\\nb'}}}}", 13},
      {"{'set': {'patch': {'token': {'expires_in': 'soon'}}}}", 13},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 307, "
       "'headers': {'Location': '/token'}}}",
       13},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 200, "
       "'body': '{\\u0022access_token\\u0022:\\u0022a\\u0022,"
       "\\u0022access_token\\u0022:\\u0022b\\u0022}'}}",
       13},
      {"{'set': {'exchange': {'audiences': []}}}", 8},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 503}}", 5},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&server);
    server_order(&server, "%s", rows[i].order);
    cli_line(&home, &server, &o, NULL,
             EXCHANGE "$H/subject --audience https://api.example.test");
    cr_expect_eq(o.status, rows[i].status, "%s: %d %s", rows[i].order, o.status,
                 o.err);
    cr_expect_eq(server_count(&server, "/token"), 1, "%s", rows[i].order);
    cr_expect_not(home_has(&home, "config/fob/profiles/p.json"));
    cr_expect_not(home_has(&home, "data/fob/credentials/p"));
    cli_has(o.err, "!not-real");
  }
}

/* Logins with more protection than a plain authorization request has: what the
 * options ask for, what is said of it, and that it is kept in the profile. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "support/keys.h"

#include <criterion/criterion.h>
#include <string.h>

#define LOGIN                                                                  \
  "login $I -p p --api $A --client-id fob-demo --store file --browser "

static void make(struct home *home, struct server *server)
{
  home_make(home);
  server_start(server, NULL);
}

static void expect_nothing(const struct home *home)
{
  cr_expect_not(home_has(home, "config/fob/profiles/p.json"));
  cr_expect_not(home_has(home, "data/fob/credentials"));
}

/* A parameter of the authorization request, as it went out last; mem_free. */
static char *asked(const struct server *server, const char *name)
{
  json_t *requests = server_journal(server, "/authorize");
  const json_t *last = json_array_get(requests, json_array_size(requests) - 1);
  char *value = mem_str(json_text(json_object_get(last, "query"), name));

  json_decref(requests);
  return value;
}

/* --- how and when the person logs in ------------------------------------- */

Test(login_protected, asks_for_a_class_and_an_age_and_keeps_both)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (int again = 0; again < 2; again++) {
    AUTO_OUTCOME struct outcome o;
    cli_line(&home, &server, &o, NULL,
             again ? "login -p p --browser"
                   : LOGIN "--acr-values 'urn:example:mfa urn:example:pwd' "
                           "--max-age 15m");
    cli_expect(&o, 0);
    cli_has(o.err, "!warning");
    AUTO_STR char *acr = asked(&server, "acr_values");
    AUTO_STR char *age = asked(&server, "max_age");
    cr_expect_str_eq(acr, "urn:example:mfa urn:example:pwd");
    cr_expect_str_eq(age, "900");
  }
}

Test(login_protected, says_what_the_person_did_instead)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome other;
  AUTO_OUTCOME struct outcome late;

  make(&home, &server);
  server_order(&server, "{'set': {'acr': 'urn:example:\\u202epwd'}}");
  cli_line(&home, &server, &other, NULL, LOGIN "--acr-values urn:example:mfa");
  cli_expect(&other, 0);
  cli_has(other.err, "warning: the person logged in by 'urn:example:\\u{202e}"
                     "pwd', and 'urn:example:mfa' was asked for (acr)");

  server_order(&server,
               "{'set': {'patch': {'id_token': {'auth_time': 1700000000}}}}");
  cli_line(&home, &server, &late, NULL,
           "login $I -p q --client-id fob-demo --store file --browser "
           "--max-age 0");
  cli_expect(&late, 13);
  cli_has(late.err, "fob login -p q --prompt login");
  cr_expect_not(home_has(&home, "config/fob/profiles/q.json"));
}

/* OpenID Connect Core §5.5.1.1: a demand, where acr_values is a wish. */
Test(login_protected, refuses_another_class_than_an_essential_one)
{
  static const struct {
    const char *set;
    int status;
  } rows[] = {{"{'acr': 'mfa'}", 0},
              {"{'acr': 'pwd'}", 13},
              {"{'acr': 'mf'}", 13},
              {"{'patch': {'id_token': {'acr': null}}}", 13},
              {"{'patch': {'id_token': {'acr': 7}}}", 13}};
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;

    home_make(&home);
    server_reset(&server);
    server_order(&server, "{'set': %s}", rows[i].set);
    cli_line(&home, &server, &o, NULL,
             LOGIN "--param 'claims={\"id_token\":{\"acr\":{\"essential\":"
                   "true,\"values\":[\"mfa\",\"hwk\"]}}}'");
    cr_expect_eq(o.status, rows[i].status, "%s: %d %s", rows[i].set, o.status,
                 o.err);
    if (rows[i].status != 0)
      expect_nothing(&home);
  }
}

Test(login_protected, takes_no_age_that_is_none)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, NULL, LOGIN "--max-age soon");
  cli_expect(&o, 2);
  cr_expect_eq(server_count(&server, "/authorize"), 0);
  expect_nothing(&home);
}

/* --- pushed requests ------------------------------------------------------ */

Test(login_protected, pushes_its_request_and_keeps_doing_so)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome gone;

  make(&home, &server);
  cli_line(&home, &server, &none, NULL, LOGIN "--par");
  cli_expect(&none, 13);
  cli_has(none.err, "has no endpoint for pushed authorization requests, which "
                    "the profile demands");
  expect_nothing(&home);

  server_order(&server, "{'set': {'par': 'offered'}}");
  cli_line(&home, &server, &o, NULL, LOGIN "--par");
  cli_expect(&o, 0);
  cr_expect_eq(server_count(&server, "/par"), 1);
  AUTO_STR char *state = asked(&server, "state");
  cr_expect_null(state);

  server_order(&server, "{'set': {'par': ''}}");
  cli_line(&home, &server, &gone, NULL, "login -p p --browser");
  cli_expect(&gone, 13);
}

/* A person who pastes has to be there before the reference expires. */
Test(login_protected, tells_how_long_the_address_is_good)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  server_order(&server, "{'set': {'par': 'required', 'par_lifetime': 90}}");
  struct program *p = cli_line_start(&home, &server, TERMINAL_ALL, LOGIN);
  program_finish(p, &o);
  cli_expect(&o, 0);
  cli_has(o.err, "the address is good for ");
}

/* --- signed answers ------------------------------------------------------- */

Test(login_protected, takes_signed_answers_where_the_profile_says_so)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome set;
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome plain;

  make(&home, &server);
  cli_login(&home, &server, "p");
  cli_line(&home, &server, &set, NULL, "profile set p login.response_mode jwt");
  cli_expect(&set, 0);
  server_order(&server, "{'set': {'jarm': 'offered'}}");
  cli_line(&home, &server, &o, NULL, "login -p p --browser -vv");
  cli_expect(&o, 0);
  AUTO_STR char *mode = asked(&server, "response_mode");
  cr_expect_str_eq(mode, "query.jwt");
  cli_has(o.err, "!eyJ");

  server_order(&server, "{'set': {'patch': {'query': {'response': null, "
                        "'code': 'x', 'state': 'x'}}}}");
  size_t before = server_count(&server, "/token");
  cli_line(&home, &server, &plain, NULL, "login -p p --browser");
  cli_expect(&plain, 13);
  cli_has(plain.err, "is not signed, as was asked for");
  cr_expect_eq(server_count(&server, "/token"), before);
}

/* --- signed requests ------------------------------------------------------ */

Test(login_protected, signs_its_request_where_the_server_requires_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome none;
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  server_order(&server, "{'set': {'jar': 'required'}}");
  cli_line(&home, &server, &none, NULL, LOGIN);
  cli_expect(&none, 2);
  cli_has(none.err, "has to be signed, and the client has no key");
  cli_has(none.err, "fob login -p p --signing-key FILE");
  cr_expect_eq(server_count(&server, "/authorize"), 0);

  home_write(&home, "k.pem", 0600, "%s", PEM_P256);
  cli_line(&home, &server, &o, NULL,
           "login $I -p p --api $A --client-id fob-jwt --store file --browser "
           "--signing-key $H/k.pem --client-auth private_key_jwt");
  cli_expect(&o, 0);
  AUTO_STR char *state = asked(&server, "state");
  cr_expect_null(state);
}

/* --- authorization details ------------------------------------------------ */

#define PAYMENT "{\"type\": \"payment\", \"amount\": \"1.10\"}"

/* The named member of the profile's row in `fob status --json`. */
static json_t *status_member(const struct home *home,
                             const struct server *server, const char *name)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, NULL, "status --json");
  cli_expect(&o, 0);
  json_t *whole = json_loads(o.out, 0, NULL);
  json_t *value =
      json_incref(json_object_get(json_pointer(whole, "/profiles/0"), name));
  json_decref(whole);
  return value;
}

Test(login_protected, tells_what_the_details_came_to)
{
  static const struct {
    const char *set, *says;
  } rows[] = {
      {"{}", ", authorization details payment,"},
      {"{'grant_details': [{'type': 'payment', 'amount': '9.\\u001b99'}]}",
       ", authorization details payment (changed by the server),"},
      {"{'grant_details': [{'type': 'payment', 'amount': '9.\\u001b99'}]}",
       "\n  asked for  {\"type\":\"payment\",\"amount\":\"1.10\"}"
       "\n  granted    {\"type\":\"payment\",\"amount\":\"9.\\u001B99\"}"},
      {"{'grant_details': [{'type': 'read\\u202e'}]}",
       " (authorization details asked for and not granted: payment) "
       "(authorization details not asked for: read\\u{202e}),"},
      {"{'patch': {'token': {'authorization_details': null}}}",
       ", and which authorization details it granted the server does not say,"},
  };
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;

    home_make(&home);
    server_reset(&server);
    server_order(&server, "{'set': %s}", rows[i].set);
    home_write(&home, "details.json", 0600, "[" PAYMENT "]");
    cli_line(&home, &server, &o, NULL,
             LOGIN "--authorization-details $H/details.json");
    cli_expect(&o, 0);
    cli_has(o.err, rows[i].says);
    cli_has(o.err, "!\x1b");
    json_t *granted = status_member(&home, &server, "authorization_details");
    cr_expect_eq(json_is_null(granted), i + 1 == ARRAY_LEN(rows));
    json_decref(granted);
  }
}

Test(login_protected, keeps_the_details_in_the_profile)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome again;

  make(&home, &server);
  cli_line(&home, &server, &o, PAYMENT, LOGIN "--authorization-details -");
  cli_expect(&o, 0);
  cli_line(&home, &server, &again, NULL, "login -p p --browser");
  cli_expect(&again, 0);
  AUTO_STR char *sent = asked(&server, "authorization_details");
  cr_expect_str_eq(sent, "[{\"type\":\"payment\",\"amount\":\"1.10\"}]");
  json_t *granted = status_member(&home, &server, "authorization_details");
  cr_expect_eq(json_array_size(granted), 1);
  json_decref(granted);
}

Test(login_protected, takes_no_details_that_are_none)
{
  static const struct {
    const char *input, *line;
  } rows[] = {
      {"", LOGIN "--authorization-details -"},
      {"payment", LOGIN "--authorization-details -"},
      {"[{}]", LOGIN "--authorization-details -"},
      {"[" PAYMENT ", 1]", LOGIN "--authorization-details -"},
      {PAYMENT PAYMENT, LOGIN "--authorization-details -"},
      {NULL, LOGIN "--authorization-details $H/nowhere"},
      {PAYMENT, LOGIN "--authorization-details - --client-secret-file -"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    cli_line(&home, &server, &o, rows[i].input, rows[i].line);
    cr_expect_eq(o.status, 2, "%s: %d %s", rows[i].input, o.status, o.err);
  }
  cr_expect_eq(server_count(&server, "/authorize"), 0);
  expect_nothing(&home);
}

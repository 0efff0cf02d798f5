/* Clients that prove themselves by a signature: keys in files and on standard
 * input, every algorithm, through login, refresh and logout. The sandbox takes
 * each jti once, so what passes is an assertion of its own each time. */
#include "cli/cli.h"

#include "base/mem.h"
#include "support/keys.h"

#include <criterion/criterion.h>
#include <string.h>

#define SERVICE                                                                \
  "login $I -p p --api $A --client-credentials --scope api:read --store file "

static size_t asserted(const struct server *server, const char *path)
{
  json_t *requests = server_journal(server, path);
  size_t count = 0, i;
  json_t *rq;

  json_array_foreach(requests, i, rq)
  {
    json_t *form = json_object_get(rq, "form");

    count += json_object_get(form, "client_assertion") != NULL &&
             json_object_get(form, "client_secret") == NULL;
  }
  json_decref(requests);
  return count;
}

static void run(struct home *home, struct server *server, int status,
                const char *line)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, NULL, line);
  cli_expect(&o, status);
}

/* token, a refresh by the client's grant, logout with revocation. */
static void lives(struct home *home, struct server *server)
{
  run(home, server, 0, "token -p p");
  run(home, server, 0, "token -p p --force-refresh");
  run(home, server, 0, "request -p p /echo");
  run(home, server, 0, "logout -p p");
}

Test(login_key, every_algorithm_logs_in_refreshes_and_logs_out, .timeout = 300)
{
  static const struct {
    const char *key, *more, *alg;
  } cases[] = {
      {PEM_P256, "", NULL},
      {PEM_P256_SEC1, "--client-auth private_key_jwt", NULL},
      {JWK_P256, "", NULL},
      {PEM_RSA, "", NULL},
      {PEM_RSA_PKCS1, "", "PS256"},
  };
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_HOME struct home home;
    AUTO_STR char *line = mem_printf(
        SERVICE "--client-id fob-jwt --signing-key $H/k.pem %s", cases[i].more);

    home_make(&home);
    server_reset(&server);
    home_write(&home, "k.pem", 0600, "%s", cases[i].key);
    if (cases[i].alg != NULL) {
      home_write(&home, "config/fob/profiles/p.json", 0600,
                 "{\"schema\":1,\"client\":{\"key_alg\":\"%s\"}}",
                 cases[i].alg);
    }
    run(&home, &server, 0, line);
    lives(&home, &server);
    cr_assert_eq(asserted(&server, "/token"), 2, "case %zu", i);
    cr_assert_geq(asserted(&server, "/revoke"), 1, "case %zu", i);
    cr_assert_eq(asserted(&server, "/revoke"),
                 server_count(&server, "/revoke"));
  }
}

Test(login_key, person_logs_in_with_an_asserting_client, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  home_write(&home, "k.pem", 0600, "%s", PEM_P256);
  run(&home, &server, 0,
      "login $I -p p --api $A --client-id fob-jwt --signing-key $H/k.pem "
      "--browser --store file");
  run(&home, &server, 0, "token -p p --force-refresh");
  cr_assert_eq(asserted(&server, "/token"), 2);
  cr_assert_eq(cli_refreshes(&server), 1);
}

Test(login_key, path_is_saved_absolute_and_read_afresh)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *fob_path = program_fob();
  AUTO_STR char *want = NULL;

  home_make(&home);
  server_start(&server, NULL);
  home_write(&home, "k.pem", 0600, "%s", PEM_P256);
  const char *const argv[] = {fob_path,
                              "login",
                              server.issuer,
                              "-p",
                              "p",
                              "--api",
                              server.api,
                              "--client-credentials",
                              "--client-id",
                              "fob-jwt",
                              "--signing-key",
                              "k.pem",
                              "--store",
                              "file",
                              NULL};
  program_run(
      &(struct program_options){.argv = argv, .env = home.env, .dir = home.dir},
      &o);
  cli_expect(&o, 0);
  want = home_path(&home, "k.pem");
  json_t *profile = cli_profile_read(&home, "p");
  cr_assert_str_eq(json_string_value(json_object_get(
                       json_object_get(profile, "client"), "key")),
                   want);
  json_decref(profile);
  home_write(&home, "k.pem", 0600, "%s", PEM_RSA);
  run(&home, &server, 0, "token -p p --force-refresh");
  home_write(&home, "k.pem", 0600, "%s", PEM_P384); /* not registered */
  run(&home, &server, 8, "token -p p --force-refresh");
  run(&home, &server, 0, "token -p p");
}

Test(login_key, standard_input_is_kept_with_the_credential)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  cli_line(&home, &server, &o, PEM_P256,
           SERVICE "--client-id fob-jwt --signing-key -");
  cli_expect(&o, 0);
  json_t *profile = cli_profile_read(&home, "p");
  cr_assert_null(json_object_get(json_object_get(profile, "client"), "key"));
  json_decref(profile);
  run(&home, &server, 0, "token -p p --force-refresh");
  /* It outlives a login that does not give it again. */
  run(&home, &server, 0, "login -p p");
  lives(&home, &server);
  cr_assert_eq(asserted(&server, "/token"), 4);
}

Test(login_key, secret_may_sign_too)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  home_write(&home, "s", 0600, "test-secret-not-real-of-32-bytes-\n");
  run(&home, &server, 0,
      SERVICE "--client-id fob-hs256 --client-auth client_secret_jwt "
              "--client-secret-file $H/s");
  lives(&home, &server);
  cr_assert_eq(asserted(&server, "/token"), 2);
  home_write(&home, "s", 0600, "another-secret-not-real-of-32-bytes\n");
  run(&home, &server, 8,
      SERVICE "-p q --client-id fob-hs256 --client-auth "
              "client_secret_jwt --client-secret-file $H/s");
}

Test(login_key, audience_is_what_the_profile_says)
{
  static const struct {
    const char *wants, *sends;
    int status;
  } cases[] = {
      {"null", "issuer", 0},
      {"null", "token_endpoint", 8},
      {"\"token_endpoint\"", "token_endpoint", 0},
      {"\"token_endpoint\"", "issuer", 8},
      {"\"https://as.example/\"", "https://as.example/", 0},
  };
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_HOME struct home home;
    AUTO_STR char *order = mem_printf(
        "{\"set\": {\"clients\": {\"fob-jwt\": {\"audience\": %s}}}}",
        cases[i].wants);

    home_make(&home);
    server_order(&server, "%s", order);
    home_write(&home, "k.pem", 0600, "%s", PEM_P256);
    home_write(&home, "config/fob/profiles/p.json", 0600,
               "{\"schema\":1,\"client\":{\"assertion_audience\":\"%s\"}}",
               cases[i].sends);
    run(&home, &server, cases[i].status,
        SERVICE "--client-id fob-jwt --signing-key $H/k.pem");
  }
}

/* --- refused before anything is sent ---------------------------------------
 */

Test(login_key, unusable_keys_are_named_and_nothing_is_sent)
{
  static const struct {
    const char *key, *options, *says;
    int status;
  } cases[] = {
      {PEM_ENCRYPTED, "", "is encrypted", 2},
      {PEM_ED25519, "", "is an Ed25519 key", 2},
      {PEM_RSA_SMALL, "", "at least 2048", 2},
      {PEM_PUBLIC, "", "holds no private key", 2},
      {"{}", "", "it has no 'kty'", 2},
      {"{\"private_key\":\"x\"}", "", "'client_email' is missing", 2},
      {NULL, "", "it is not there", 2},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *path = mem_printf("k%zu.pem", i);
    AUTO_STR char *line =
        mem_printf("login --issuer $I -p p --api $A --client-credentials "
                   "--store file --client-id fob-jwt --signing-key $H/%s %s",
                   path, cases[i].options);

    if (cases[i].key != NULL)
      home_write(&home, path, 0600, "%s", cases[i].key);
    cli_line(&home, &server, &o, NULL, line);
    cli_expect(&o, cases[i].status);
    cli_has(o.err, cases[i].says);
    cr_assert_not(home_has(&home, "config/fob/profiles/p.json"));
  }
  cr_assert_eq(server_count(&server, "/token"), 0);
}

Test(login_key, methods_say_what_they_need)
{
  static const struct {
    const char *method, *says, *remedy;
  } cases[] = {
      {"private_key_jwt", "private_key_jwt needs a signing key",
       "fob login -p p --signing-key FILE"},
      {"client_secret_jwt", "nobody is here to type it",
       "--client-secret-file FILE"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *line = mem_printf(
        SERVICE "--client-id fob-jwt --client-auth %s", cases[i].method);

    cli_line(&home, &server, &o, NULL, line);
    cli_expect(&o, 2);
    cli_has(o.err, cases[i].says);
    cli_has(o.err, cases[i].remedy);
  }
  cr_assert_eq(server_count(&server, "/token"), 0);
}

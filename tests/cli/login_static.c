/* Credentials that no browser is needed for: personal access tokens, API keys,
 * passwords, and clients with a secret. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static const char pat[] = "test-pat-not-real-0123456789";

static void expect_scheme(const struct home *home, const char *scheme)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *want = mem_printf("\"scheme\":\"%s\"", scheme);

  fob(home, &o, "request", "-p", "p", "/echo", NULL);
  cli_expect(&o, 0);
  cr_assert_not_null(strstr(o.out, "\"authorized\":true"), "%s", o.out);
  cr_assert_not_null(strstr(o.out, want), "%s", o.out);
}

static const struct {
  const char *header; /* --auth-header; NULL: the default */
  const char *token;
  const char *scheme;
} forms[] = {
    {NULL, "test-pat-not-real-0123456789", "Bearer"},
    {"Authorization: token {token}", "test-pat-not-real-0123456789", "token"},
    {"PRIVATE-TOKEN: {token}", "test-pat-not-real-0123456789", "PRIVATE-TOKEN"},
    {"X-API-Key: {token}", "test-api-key-not-real", "X-API-Key"},
};

Test(login_static, takes_a_token_in_any_header, .timeout = 300)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *input = mem_printf("%s\n", forms[i].token);
    home_make(&home);
    if (forms[i].header != NULL)
      fob_input(&home, &o, input, "login", server.api, "-p", "p", "--pat=-",
                "--auth-header", forms[i].header, "--store", "file", NULL);
    else
      fob_input(&home, &o, input, "login", server.api, "-p", "p", "--pat=-",
                "--store", "file", NULL);
    cli_expect(&o, 0);
    cr_assert_null(strstr(o.err, "not-real"), "%s", o.err);
    expect_scheme(&home, forms[i].scheme);
  }
}

Test(login_static, takes_a_user_and_password)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  fob_input(&home, &o, "test-password-not-real\n", "login", server.api, "-p",
            "p", "--user", "ann@example.test", "--pat=-", "--store", "file",
            NULL);
  cli_expect(&o, 0);
  expect_scheme(&home, "Basic");
}

Test(login_static, asks_for_a_token_without_showing_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  struct program *p = fob_start(&home, TERMINAL_ALL, "login", server.api, "-p",
                                "p", "--pat", "--store", "file", NULL);
  for (int i = 0; i < 500 && program_echoes(p); i++)
    usleep(10000);
  cr_assert_not(program_echoes(p));
  program_type(p, pat);
  program_type(p, "\n");
  program_finish(p, &o);
  cli_expect(&o, 0);
  cr_assert_null(strstr(o.err, "not-real"), "%s", o.err);
  expect_scheme(&home, "Bearer");
}

Test(login_static, puts_the_terminal_back_when_interrupted)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  const char *script;

  home_make(&home);
  server_start(&server, NULL);
  AUTO_STR char *path = program_fob();
  AUTO_STR char *command =
      mem_printf("trap : INT; '%s' login %s -p p --pat --store file; "
                 "echo \"ended with $?\"; stty -a",
                 path, server.api);
  script = command;
  const char *const argv[] = {"bash", "-c", script, NULL};
  struct program *p = program_start(&(struct program_options){
      .argv = argv, .env = home.env, .terminal = TERMINAL_ALL});
  for (int i = 0; i < 500 && program_echoes(p); i++)
    usleep(10000);
  cr_assert_not(program_echoes(p));
  program_type(p, "\x03");
  program_finish(p, &o);
  cr_assert_not_null(strstr(o.err, "ended with 130"), "%s", o.err);
  cr_assert_not_null(strstr(o.err, " echo "), "%s", o.err);
}

Test(login_static, says_that_a_token_was_refused)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome after;

  home_make(&home);
  server_start(&server, NULL);
  home_write(&home, "config/fob/profiles/p.json", 0600,
             "{\"schema\": 1, \"api\": [\"%s\"], \"grant\": \"token\", "
             "\"account\": {\"from\": \"path\", \"path\": \"/user\", "
             "\"label\": \"/login\"}}",
             server.api);
  fob_input(&home, &o, "test-token-not-real-wrong\n", "login", "-p", "p",
            "--pat=-", "--store", "file", NULL);
  cli_expect(&o, 8);
  fob(&home, &after, "token", "-p", "p", NULL);
  cli_expect(&after, 8);

  outcome_clear(&o);
  fob_input(&home, &o, "test-pat-not-real-0123456789\n", "login", "-p", "p",
            "--pat=-", "--store", "file", NULL);
  cli_expect(&o, 0);
  cr_assert_not_null(strstr(o.err, "ann"), "%s", o.err);
}

static const struct {
  const char *client, *auth, *secret;
} clients[] = {
    {"fob-service", "client_secret_basic", "test-secret-not-real"},
    {"fob-service", "client_secret_post", "test-secret-not-real"},
    /* RFC 6749 §2.3.1: form-encoded first. */
    {"fob service:%", "client_secret_basic", "test+secret not%real:"},
    {"fob service:%", "client_secret_post", "test+secret not%real:"},
};

Test(login_static, takes_client_credentials, .timeout = 300)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
    AUTO_HOME struct home home;
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome token;
    home_make(&home);
    fob_input(&home, &o, clients[i].secret, "login", server.issuer, "-p", "p",
              "--api", server.api, "--client-id", clients[i].client,
              "--client-credentials", "--client-secret-file", "-",
              "--client-auth", clients[i].auth, "--scope", "api:read",
              "--store", "file", NULL);
    cr_expect_eq(o.status, 0, "%s %s: exit %d: %s", clients[i].client,
                 clients[i].auth, o.status, o.err);
    /* Without a refresh token the secret gets the next one. */
    fob(&home, &token, "token", "-p", "p", "--force-refresh", NULL);
    cr_expect_eq(token.status, 0, "%s: %s", clients[i].client, token.err);
  }
}

Test(login_static, says_when_the_client_is_refused)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&server, NULL);
  fob_input(&home, &o, "test-secret-not-real-wrong", "login", server.issuer,
            "-p", "p", "--api", server.api, "--client-id", "fob-service",
            "--client-credentials", "--client-secret-file", "-", "--store",
            "file", NULL);
  cli_expect(&o, 8);
  cr_assert_not_null(strstr(o.err, "invalid_client"), "%s", o.err);
  cr_assert_null(strstr(o.err, "wrong"), "%s", o.err);
}

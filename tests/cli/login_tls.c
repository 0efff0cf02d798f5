/* Clients that prove themselves by a certificate (RFC 8705): where it is shown
 * and where not, and tokens that are bound to it. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "support/keys.h"

#include <criterion/criterion.h>
#include <string.h>

#define SERVICE                                                                \
  "login $I -p p --api $A --client-credentials --client-id fob-tls "           \
  "--scope api:read --store file --cert $H/cert.pem --key $H/key.pem"

struct world {
  struct home home;
  struct server server;
};

static void world_clear(struct world *w)
{
  server_stop(&w->server);
  home_clear(&w->home);
}
#define AUTO_WORLD __attribute__((cleanup(world_clear)))

/* cert.pem is the server's too, and whom the client trusts; other.pem is a
 * certificate that nobody knows. */
static void world_make(struct world *w)
{
  AUTO_STR char *cert = NULL, *key = NULL;
  const char *const argv[] = {"openssl",
                              "req",
                              "-x509",
                              "-newkey",
                              "ec",
                              "-pkeyopt",
                              "ec_paramgen_curve:prime256v1",
                              "-nodes",
                              "-subj",
                              "/CN=x",
                              "-keyout",
                              "other.key",
                              "-out",
                              "other.pem",
                              NULL};
  AUTO_OUTCOME struct outcome o;

  home_make(&w->home);
  home_make_cert(&w->home);
  program_run(&(struct program_options){.argv = argv,
                                        .env = w->home.env,
                                        .dir = w->home.dir},
              &o);
  cli_expect(&o, 0);
  cert = home_path(&w->home, "cert.pem");
  key = home_path(&w->home, "key.pem");
  home_setenv(&w->home, "FOB_CA_BUNDLE", "%s", cert);
  server_start(&w->server, "--tls", cert, key, "--client-ca", cert, "--set",
               "{\"mtls\": true}", NULL);
}

static void run(struct world *w, int status, const char *line)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(&w->home, &w->server, &o, NULL, line);
  cli_expect(&o, status);
}

static void says(struct world *w, int status, const char *line,
                 const char *part)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(&w->home, &w->server, &o, NULL, line);
  cli_expect(&o, status);
  cli_has(o.err, part);
  if (status != 0)
    cr_assert_eq(o.out_len, 0);
}

/* Each request to path showed a certificate, or (shown false) none did. */
static void expect_shown(const struct server *server, const char *path,
                         size_t count, bool shown)
{
  AUTO_JSON json_t *requests = server_journal(server, path);
  size_t i;
  json_t *rq;

  cr_assert_eq(json_array_size(requests), count, "%s: %zu requests", path,
               json_array_size(requests));
  json_array_foreach(requests, i, rq)
  {
    cr_assert_eq(json_is_true(json_object_get(rq, "client_cert")), shown, "%s",
                 path);
  }
}

static json_t *member(struct world *w, const char *pointer)
{
  json_t *profile = cli_profile_read(&w->home, "p");
  json_t *value = json_incref(json_pointer(profile, pointer));

  json_decref(profile);
  return value;
}

/* --- a life -----------------------------------------------------------------
 */

Test(login_tls, certificate_is_shown_to_the_aliases_alone, .timeout = 300)
{
  AUTO_WORLD struct world w = {0};

  world_make(&w);
  run(&w, 0, SERVICE);
  run(&w, 2, "token -p p --force-refresh");
  run(&w, 0, "logout -p p");
  expect_shown(&w.server, "/mtls/token", 2, true);
  expect_shown(&w.server, "/mtls/revoke", 1, true);
  expect_shown(&w.server, "/token", 0, true);
  expect_shown(&w.server, "/revoke", 0, true);
  expect_shown(&w.server, "/.well-known/oauth-authorization-server", 2, false);
  AUTO_JSON json_t *requests = server_journal(&w.server, "/mtls/token");
  json_t *form = json_object_get(json_array_get(requests, 0), "form");
  cr_assert_str_eq(json_text(form, "client_id"), "fob-tls");
  cr_assert_null(json_object_get(form, "client_secret"));
}

Test(login_tls, bound_token_goes_out_with_its_certificate, .timeout = 300)
{
  AUTO_WORLD struct world w = {0};
  AUTO_OUTCOME struct outcome o;

  world_make(&w);
  run(&w, 0, SERVICE);
  AUTO_JSON json_t *flag =
      member(&w, "/metadata/tls_client_certificate_bound_access_tokens");
  cr_assert(json_is_true(flag));
  says(&w, 2, "token -p p", "is bound to the certificate");
  says(&w, 2, "token -p p --header", "is bound to the certificate");
  cli_line(&w.home, &w.server, &o, NULL, "token -p p --for GET $A/user");
  cli_expect(&o, 0);
  cli_has(o.out, "Authorization: Bearer ");
  cr_assert_eq(strchr(o.out, '\n'), o.out + o.out_len - 1);
  cr_assert_eq(server_count(&w.server, "/api/echo"), 0);
  run(&w, 0, "request -p p /echo");
  expect_shown(&w.server, "/api/echo", 1, true);
  /* Another certificate is the person's own wish; the API does not take it. */
  run(&w, 8, "request -p p --cert $H/other.pem --key $H/other.key /user");
  expect_shown(&w.server, "/api/user", 1, true);
  server_reset(&w.server);
  run(&w, 8, "request -p p --no-auth /user");
  expect_shown(&w.server, "/api/user", 1, false);
}

Test(login_tls, jwt_says_itself_whether_it_is_bound, .timeout = 300)
{
  static const struct {
    const char *cnf;
    int status; /* of fob token */
  } cases[] = {
      {"{}", 2},
      {"{'cnf': null}", 0},
      {"{'cnf': {'x5t#S256': null}}", 0},
      {"{'cnf': {'x5t#S256': 7}}", 0},
      {"{'cnf': []}", 0},
  };
  AUTO_WORLD struct world w = {0};

  world_make(&w);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    server_order(&w.server,
                 "{'set': {'access_jwt': 'ES256', 'patch': {'access_token': "
                 "null}}}");
    server_order(&w.server, "{'set': {'patch': {'access_token': %s}}}",
                 cases[i].cnf);
    run(&w, 0, SERVICE);
    AUTO_JSON json_t *flag =
        member(&w, "/metadata/tls_client_certificate_bound_access_tokens");
    cr_assert_null(flag);
    run(&w, cases[i].status, "token -p p");
  }
}

Test(login_tls, another_certificate_is_refused, .timeout = 300)
{
  AUTO_WORLD struct world w = {0};

  world_make(&w);
  run(&w, 0, SERVICE);
  AUTO_JSON json_t *requests = server_journal(&w.server, "/mtls/token");
  server_order(&w.server,
               "{'set': {'clients': {'fob-tls': {'certificate': '%s'}}}}",
               json_text(json_array_get(requests, 0), "certificate"));
  run(&w, 2, "token -p p --force-refresh");
  run(&w, 0, "profile set p client.cert $H/other.pem");
  says(&w, 6, "request -p p --cert $H/cert.pem --key $H/other.key /user",
       "cannot use the client certificate");
  run(&w, 0, "profile set p client.cert_key $H/other.key");
  says(&w, 8, "token -p p --force-refresh", "invalid_client");
}

/* A certificate beside another way to prove oneself: RFC 8705 §3 alone. */
Test(login_tls, assertions_and_certificates_go_together, .timeout = 300)
{
  AUTO_WORLD struct world w = {0};

  world_make(&w);
  home_write(&w.home, "k.pem", 0600, "%s", PEM_P256);
  run(&w, 0,
      "login $I -p p --api $A --client-credentials --client-id fob-jwt "
      "--scope api:read --store file --signing-key $H/k.pem "
      "--cert $H/cert.pem --key $H/key.pem");
  expect_shown(&w.server, "/mtls/token", 1, true);
  run(&w, 0, "request -p p /echo");
  expect_shown(&w.server, "/api/echo", 1, true);
}

/* --- refused ----------------------------------------------------------------
 */

Test(login_tls, certificates_that_cannot_be_used_send_nothing)
{
  static const struct {
    const char *options, *says;
    int status;
  } cases[] = {
      {"--cert $H/none.pem", "none.pem", 2},
      {"--cert $H/cert.pem", "holds no private key", 2},
      {"--cert $H/key.pem", "holds no certificate", 2},
      {"--cert $H/cert.pem --key $H/enc.pem", "is encrypted", 2},
      {"--client-auth tls_client_auth", "needs a certificate", 2},
  };
  AUTO_WORLD struct world w = {0};

  world_make(&w);
  home_write(&w.home, "enc.pem", 0600, "%s", PEM_ENCRYPTED);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_STR char *line = mem_printf(
        "login --issuer $I -p p --api $A --client-credentials --client-id "
        "fob-tls --scope api:read --store file %s",
        cases[i].options);

    says(&w, cases[i].status, line, cases[i].says);
    cr_assert_not(home_has(&w.home, "config/fob/profiles/p.json"));
  }
  expect_shown(&w.server, "/token", 0, true);
  expect_shown(&w.server, "/mtls/token", 0, true);
}

Test(login_tls, aliases_that_are_none_are_refused, .timeout = 300)
{
  static const struct {
    const char *aliases;
    int status;
  } cases[] = {
      {"7", 13},
      {"[]", 13},
      {"'x'", 13},
      {"{'token_endpoint': 7}", 13},
      {"{'token_endpoint': 'x'}", 13},
      {"{'token_endpoint': 'http://as.example/t'}", 13},
      {"{'token_endpoint': 'https://a@as.example/t'}", 13},
      {"{'revocation_endpoint': []}", 13},
      {"null", 0},
      {"{}", 0},
      {"{'token_endpoint': null}", 0},
  };
  AUTO_WORLD struct world w = {0};

  world_make(&w);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&w.server);
    server_order(&w.server,
                 "{'set': {'patch': {'metadata': {'mtls_endpoint_aliases': "
                 "%s}}}}",
                 cases[i].aliases);
    cli_line(&w.home, &w.server, &o, NULL, SERVICE);
    cr_assert(cases[i].status == 0 ? o.status == 0
                                   : o.status == 13 || o.status == 11,
              "%s: %d %s", cases[i].aliases, o.status, o.err);
    if (cases[i].status == 0)
      continue;
    expect_shown(&w.server, "/token", 0, true);
    expect_shown(&w.server, "/mtls/token", 0, true);
  }
}

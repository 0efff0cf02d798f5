/* Jobs of GitHub Actions: a new identity for each exchange, and what its
 * service and the server may do wrong. */
#include "cli/cli.h"
#include "cli/job.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

Test(ci_github, a_github_job_needs_no_login, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'provider': 'github'", "");
  int own = job_files(&job);
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  /* Minutes later: what the platform gave before is worth nothing. */
  server_order(&job.server, "{'expire_identity_tokens': true}");
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  job_expect(&job, "token", 0, "access-not-real");
  cr_assert_eq(server_count(&job.server, "/identity/github"), 3);
  cr_assert_eq(server_count(&job.server, "/token"), 3);
  job_expect_nothing_written(&job, own);
}

/* The profile need not name the provider that is there. */
Test(ci_github, finds_the_one_provider_that_is_there, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, "", "");
  job_expect(&job, "token", 0, "access-not-real");
  home_setenv(&job.home, "GITLAB_CI", "true");
  job_expect(&job, "token", 2, "a job of GitHub Actions and of GitLab");
  job_expect(&job, "status", 0, "identity unclear");
  job_expect(&job, "login --ci=github", 0, "The identity works:");
  job_profile(&job, ", 'provider': 'github'", "");
  job_expect(&job, "token", 0, "access-not-real");
  cr_assert_eq(server_count(&job.server, "/token"), 3);
}

Test(ci_github, says_which_permission_is_missing, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start(&job, "", "");
  home_setenv(&job.home, "GITHUB_ACTIONS", "true");
  job_expect(&job, "request /echo", 2, "permissions:\n");
  job_expect(&job, "token", 2, "  id-token: write\n");
  cr_assert_eq(server_count(&job.server, NULL), 2); /* the metadata */
}

/* text with the issuer for each %s; mem_free. */
static char *with_issuer(const struct job *job, const char *text)
{
  char *whole = mem_str("");

  for (const char *c = text; *c != '\0'; c++) {
    bool issuer = c[0] == '%' && c[1] == 's';
    char *more = issuer ? mem_printf("%s%s", whole, job->server.issuer)
                        : mem_printf("%s%c", whole, *c);
    mem_free(whole);
    whole = more;
    c += issuer;
  }
  return whole;
}

/* A token for somebody else is shown to nobody. */
Test(ci_github, sends_no_identity_that_is_for_somebody_else, .timeout = 300)
{
  static const char *const audiences[] = {
      "'https://evil.example'",
      "null",
      "7",
      "[]",
      "''",
      "['https://evil.example']",
      "['%s', 'https://evil.example']", /* not for it alone */
      "['%s', '%s']",
      "'%s/'",
  };
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'provider': 'github'", "");
  for (size_t i = 0; i < ARRAY_LEN(audiences); i++) {
    AUTO_STR char *audience = with_issuer(&job, audiences[i]);

    server_order(&job.server, "{'set': {'patch': {'identity': {'aud': %s}}}}",
                 audience);
    job_expect(&job, "token", 11, "not sent: the identity token");
    cr_expect_eq(server_count(&job.server, "/token"), 0, "%s", audiences[i]);
  }
  server_order(&job.server, "{'set': {'patch': {'identity': {'aud': ['%s']}}}}",
               job.server.issuer);
  job_expect(&job, "token", 0, "access-not-real");
}

#define VALUE(json)                                                            \
  "{'set': {'patch': {'identity_answer': {'value': " json "}}}}"
#define PLATFORM(fault)                                                        \
  "{'next': {'path': '/identity/github', 'fault': " fault "}}"
#define SERVER(fault) "{'next': {'path': '/token', 'fault': " fault "}}"
#define STATUS(status) "'status', 'status': " status
#define BODY(text) STATUS("200") ", 'body': '" text "'"
#define TOKEN(members) "{'set': {'patch': {'token': {" members "}}}}"

/* What GitHub's service may answer: one line, 13 or the table's code, and the
 * server hears nothing. */
Test(ci_github, refuses_what_the_platform_does_wrong, .timeout = 300)
{
  static const struct {
    const char *order;
    int status;
  } rows[] = {
      {VALUE("null"), 13},
      {VALUE("1"), 13},
      {VALUE("''"), 13},
      {VALUE("'a b'"), 13},
      {VALUE("'a\\nb'"), 13},
      {PLATFORM(BODY("{\\u0022value\\u0022:\\u0022a\\\\u0000b\\u0022}")), 13},
      {VALUE("'a.b'"), 13},
      {VALUE("'e30.W10.e30'"), 13},
      {VALUE("'e30.e30.e30.e30'"), 13},
      {PLATFORM(BODY("{\\u0022value\\u0022:\\u0022a\\u0022,"
                     "\\u0022value\\u0022:\\u0022b\\u0022}")),
       13},
      {PLATFORM(BODY("<html>")), 13},
      {PLATFORM(STATUS("302") ", 'headers': {'Location': '/identity/github'}"),
       13},
      {PLATFORM(STATUS("404")), 13},
      {PLATFORM(STATUS("403")), 8},
      {PLATFORM(STATUS("429")), 9},
      {PLATFORM(STATUS("503")), 5},
      {PLATFORM("'cut'"), 6},
      {"{'set': {'identity': {'request_token': 'other-not-real'}}}", 8},
      {"{'set': {'identity': {'lifetime': -3600}}}", 8}, /* has expired */
  };
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'provider': 'github'", "");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    job_expect_after(&job, rows[i].order, "token", rows[i].status, &o);
    cr_expect_str_eq(o.out, "");
    cr_expect_eq(strcspn(o.err, "\n") + 1, strlen(o.err), "%s", o.err);
    cr_expect_eq(server_count(&job.server, "/token"), 0, "%s", rows[i].order);
    cr_expect_eq(server_count(&job.server, "/identity/github"), 1);
  }
}

/* And what the server may answer. */
Test(ci_github, refuses_what_the_server_does_wrong, .timeout = 300)
{
  static const struct {
    const char *order;
    int status;
  } rows[] = {
      {TOKEN("'issued_token_type': null"), 13},
      {TOKEN("'issued_token_type': 'x'"), 13},
      {TOKEN("'token_type': 'N_A'"), 13},
      {TOKEN("'token_type': 'DPoP'"), 13},
      {TOKEN("'access_token': null"), 13},
      {TOKEN("'access_token': 'a\\r\\nb'"), 13},
      {TOKEN("'expires_in': []"), 13},
      {TOKEN("'error': 'invalid_grant'"), 8},
      {"{'set': {'identity': {'audience': 'https://other.example'}}}", 8},
      {SERVER(STATUS("307") ", 'headers': {'Location': '/token'}"), 13},
      {SERVER(STATUS("429")), 9},
      {SERVER("'cut'"), 6},
  };
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'provider': 'github'", "");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    job_expect_after(&job, rows[i].order, "request /echo", rows[i].status, &o);
    cr_expect_eq(server_count(&job.server, "/token"), 1, "%s", rows[i].order);
    cr_expect_eq(server_count(&job.server, "/api/echo"), 0);
  }
}

/* What a server that does not trust it needs to be told. */
Test(ci_github, says_what_the_refused_identity_says, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'provider': 'github'", "");
  server_order(&job.server,
               "{'set': {'identity': {'audience': 'https://other.example'}}}");
  job_expect(&job, "token", 8, "sub 'repo:octo/demo:ref:refs/heads/main'");
}

Test(ci_github, shows_no_secret_however_much_is_told, .timeout = 300)
{
  AUTO_JOB struct job job;
  AUTO_OUTCOME struct outcome o;
  const char *secret;
  json_t *what;

  job_start_github(&job, ", 'provider': 'github'", "");
  job_run(&job, &o, "request -vv /echo");
  cli_expect(&o, 0);
  cli_has(o.err, "GET /identity/github");
  json_t *secrets = server_secrets(&job.server);
  cr_assert_gt(json_object_size(secrets), 2);
  json_object_foreach(secrets, secret, what)
      cr_expect_null(strstr(o.err, secret), "%s", json_string_value(what));
  json_decref(secrets);
}

/* A profile's authorities say nothing of the platform. */
Test(ci_github, does_not_ask_the_platform_by_the_profile_s_ca, .timeout = 300)
{
  AUTO_JOB struct job job;
  AUTO_SERVER struct server platform = {0};

  job_start(&job, ", 'provider': 'github'", "");
  home_make_cert(&job.home);
  AUTO_STR char *cert = home_path(&job.home, "cert.pem");
  AUTO_STR char *key = home_path(&job.home, "key.pem");
  server_start(&platform, "--tls", cert, key, NULL);
  AUTO_STR char *ca = mem_printf(", 'network': {'ca': '%s'}", cert);
  job_profile(&job, ", 'provider': 'github'", ca);
  job_github(&job);
  home_setenv(&job.home, "ACTIONS_ID_TOKEN_REQUEST_URL",
              "%s/identity/github?api-version=2.0", platform.base);
  job_expect(&job, "token", 6, "certificate");
  cr_assert_eq(server_count(&platform, "/identity/github"), 0);
  home_setenv(&job.home, "FOB_CA_BUNDLE", "%s", cert);
  /* It is another server's identity. */
  job_expect(&job, "token", 8, "invalid_request");
  cr_assert_eq(server_count(&platform, "/identity/github"), 1);
}

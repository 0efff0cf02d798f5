/* Jobs that prove who they are: no login before, nothing stored, no file
 * written, a new identity for each exchange. */
#include "cli/cli.h"

#include "base/mem.h"
#include "support/fetch.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

/* One job: a home that cannot be written and a profile in a file. */
struct job {
  struct home home;
  struct server server;
  bool shut;
};

static void job_end(struct job *job)
{
  server_stop(&job->server);
  home_clear(&job->home);
}
#define AUTO_JOB __attribute__((cleanup(job_end)))

/* identity: the members of `identity` besides the audience, which is the
 * issuer. $S stands for the server's base, $H for the home. */
static void write_profile(struct job *job, const char *identity,
                          const char *more)
{
  AUTO_STR char *text = mem_printf(
      "{'schema': 1, 'issuer': '%s', 'api': ['%s'], "
      "'scope': ['api:read'], 'identity': {'audience': '%s'%s}%s}",
      job->server.issuer, job->server.api, job->server.issuer, identity, more);

  for (char *c = text; *c != '\0'; c++)
    if (*c == '\'')
      *c = '"';
  home_write(&job->home, "ci.json", 0600, "%s", text);
}

static void job_start(struct job *job, const char *identity, const char *more)
{
  struct home *home = &job->home;

  memset(job, 0, sizeof(*job));
  home_make(home);
  server_start(&job->server, NULL);
  write_profile(job, identity, more);
  home_setenv(home, "CI", "true");
  home_setenv(home, "NO_COLOR", "1");
  home_setenv(home, "HOME", "%s/nobody", home->dir);
  home_setenv(home, "XDG_CONFIG_HOME", NULL);
  home_setenv(home, "XDG_DATA_HOME", NULL);
  home_setenv(home, "XDG_STATE_HOME", NULL);
  home_setenv(home, "SECRET_BACKEND", NULL);
  home_setenv(home, "FOB_PROFILE_FILE", "%s/ci.json", home->dir);
}

/* The variables as GitHub Actions sets them. */
static void be_github(struct job *job)
{
  home_setenv(&job->home, "GITHUB_ACTIONS", "true");
  home_setenv(&job->home, "ACTIONS_ID_TOKEN_REQUEST_URL",
              "%s/identity/github?api-version=2.0", job->server.base);
  home_setenv(&job->home, "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
              "test-request-token-not-real");
}

static void run(const struct job *job, struct outcome *o, const char *line)
{
  memset(o, 0, sizeof(*o));
  cli_line(&job->home, &job->server, o, NULL, line);
}

static void expect(const struct job *job, const char *line, int status,
                   const char *part)
{
  AUTO_OUTCOME struct outcome o;

  run(job, &o, line);
  cr_expect_eq(o.status, status, "%s: %d %s", line, o.status, o.err);
  cr_expect(strstr(o.out, part) != NULL || strstr(o.err, part) != NULL,
            "%s: no '%s' in: %s%s", line, part, o.out, o.err);
  cr_expect_null(strstr(o.err, "not-real"), "%s", o.err);
  cr_expect_null(strstr(o.err, "eyJ"), "%s", o.err);
}

/* A token that the platform would hand out; mem_free. */
static char *identity(const struct job *job, const char *query)
{
  AUTO_STR char *url =
      mem_printf("%s/_identity?%s", job->server.control, query);
  AUTO_FETCH struct fetch_answer answer = {0};

  cr_assert(fetch("GET", url, NULL, NULL, 0, 10000, &answer));
  cr_assert_eq(answer.status, 200, "%s", answer.body);
  return mem_str(answer.body);
}

static void count_file(void *user, const char *path)
{
  (void)path;
  ++*(int *)user;
}

/* Nothing but what the test put there itself. */
static void expect_nothing_written(const struct job *job, int own)
{
  int files = 0;

  home_walk(&job->home, count_file, &files);
  cr_expect_eq(files, own, "%d files", files);
  cr_expect_not(home_has(&job->home, "nobody"));
}

static int files_of(const struct job *job)
{
  int files = 0;

  home_walk(&job->home, count_file, &files);
  return files;
}

/* --- GitHub ----------------------------------------------------------------
 */

Test(ci, a_github_job_needs_no_login, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  int own = files_of(&job);
  expect(&job, "request /echo", 0, "\"authorized\":true");
  /* Minutes later: what the platform gave before is worth nothing. */
  server_order(&job.server, "{'expire_identity_tokens': true}");
  expect(&job, "request /echo", 0, "\"authorized\":true");
  expect(&job, "token", 0, "access-not-real");
  cr_assert_eq(server_count(&job.server, "/identity/github"), 3);
  cr_assert_eq(server_count(&job.server, "/token"), 3);
  expect_nothing_written(&job, own);
}

/* The profile need not name the provider that is there. */
Test(ci, finds_the_one_provider_that_is_there, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, "", "");
  be_github(&job);
  expect(&job, "token", 0, "access-not-real");
  home_setenv(&job.home, "GITLAB_CI", "true");
  expect(&job, "token", 2, "a job of GitHub Actions and of GitLab");
  expect(&job, "status", 0, "identity unclear");
  expect(&job, "login --ci=github", 0, "The identity works:");
  write_profile(&job, ", 'provider': 'github'", "");
  expect(&job, "token", 0, "access-not-real");
  cr_assert_eq(server_count(&job.server, "/token"), 3);
}

Test(ci, says_which_permission_is_missing, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, "", "");
  home_setenv(&job.home, "GITHUB_ACTIONS", "true");
  expect(&job, "request /echo", 2, "permissions:\n");
  expect(&job, "token", 2, "  id-token: write\n");
  cr_assert_eq(server_count(&job.server, NULL), 2); /* the metadata */
}

/* A token for somebody else is shown to nobody. */
Test(ci, sends_no_identity_that_is_for_somebody_else, .timeout = 60)
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

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  for (size_t i = 0; i < ARRAY_LEN(audiences); i++) {
    AUTO_STR char *audience = mem_str("");
    for (const char *c = audiences[i]; *c != '\0'; c++) {
      bool base = c[0] == '%' && c[1] == 's';
      char *more = base ? mem_printf("%s%s", audience, job.server.issuer)
                        : mem_printf("%s%c", audience, *c);
      mem_free(audience);
      audience = more;
      c += base;
    }
    server_order(&job.server, "{'set': {'patch': {'identity': {'aud': %s}}}}",
                 audience);
    expect(&job, "token", 11, "not sent: the identity token");
    cr_expect_eq(server_count(&job.server, "/token"), 0, "%s", audiences[i]);
  }
  server_order(&job.server, "{'set': {'patch': {'identity': {'aud': ['%s']}}}}",
               job.server.issuer);
  expect(&job, "token", 0, "access-not-real");
}

/* What GitHub's service may answer: one line, 13 or the table's code, and the
 * server hears nothing. */
Test(ci, refuses_what_the_platform_does_wrong, .timeout = 120)
{
  static const struct {
    const char *order;
    int status;
  } rows[] = {
      {"{'set': {'patch': {'identity_answer': {'value': null}}}}", 13},
      {"{'set': {'patch': {'identity_answer': {'value': 1}}}}", 13},
      {"{'set': {'patch': {'identity_answer': {'value': ''}}}}", 13},
      {"{'set': {'patch': {'identity_answer': {'value': 'a b'}}}}", 13},
      {"{'set': {'patch': {'identity_answer': {'value': 'a\\nb'}}}}", 13},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': 200,"
       " 'body': '{\\u0022value\\u0022:\\u0022a\\\\u0000b\\u0022}'}}",
       13},
      {"{'set': {'patch': {'identity_answer': {'value': 'a.b'}}}}", 13},
      {"{'set': {'patch': {'identity_answer': {'value': 'e30.W10.e30'}}}}", 13},
      {"{'set': {'patch': {'identity_answer': {'value': 'e30.e30.e30.e30'}}}}",
       13},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': 200,"
       " 'body': '{\\u0022value\\u0022:\\u0022a\\u0022,"
       "\\u0022value\\u0022:\\u0022b\\u0022}'}}",
       13},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': 200,"
       " 'body': '<html>'}}",
       13},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': 302,"
       " 'headers': {'Location': '/identity/github'}}}",
       13},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': "
       "404}}",
       13},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': "
       "403}}",
       8},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': "
       "429}}",
       9},
      {"{'next': {'path': '/identity/github', 'fault': 'status', 'status': "
       "503}}",
       5},
      {"{'next': {'path': '/identity/github', 'fault': 'cut'}}", 6},
      {"{'set': {'identity': {'request_token': 'other-not-real'}}}", 8},
      {"{'set': {'identity': {'lifetime': -3600}}}", 8}, /* has expired */
  };
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&job.server);
    server_order(&job.server, "%s", rows[i].order);
    run(&job, &o, "token");
    cr_expect_eq(o.status, rows[i].status, "%s: %d %s", rows[i].order, o.status,
                 o.err);
    cr_expect_str_eq(o.out, "");
    cr_expect_eq(strcspn(o.err, "\n") + 1, strlen(o.err), "%s", o.err);
    cr_expect_null(strstr(o.err, "not-real"));
    cr_expect_eq(server_count(&job.server, "/token"), 0, "%s", rows[i].order);
    cr_expect_eq(server_count(&job.server, "/identity/github"), 1);
  }
}

/* And what the server may answer. */
Test(ci, refuses_what_the_server_does_wrong, .timeout = 120)
{
  static const struct {
    const char *order;
    int status;
  } rows[] = {
      {"{'set': {'patch': {'token': {'issued_token_type': null}}}}", 13},
      {"{'set': {'patch': {'token': {'issued_token_type': 'x'}}}}", 13},
      {"{'set': {'patch': {'token': {'token_type': 'N_A'}}}}", 13},
      {"{'set': {'patch': {'token': {'token_type': 'DPoP'}}}}", 13},
      {"{'set': {'patch': {'token': {'access_token': null}}}}", 13},
      {"{'set': {'patch': {'token': {'access_token': 'a\\r\\nb'}}}}", 13},
      {"{'set': {'patch': {'token': {'expires_in': []}}}}", 13},
      {"{'set': {'patch': {'token': {'error': 'invalid_grant'}}}}", 8},
      {"{'set': {'identity': {'audience': 'https://other.example'}}}", 8},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 307, "
       "'headers': {'Location': '/token'}}}",
       13},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 429}}", 9},
      {"{'next': {'path': '/token', 'fault': 'cut'}}", 6},
  };
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&job.server);
    server_order(&job.server, "%s", rows[i].order);
    run(&job, &o, "request /echo");
    cr_expect_eq(o.status, rows[i].status, "%s: %d %s", rows[i].order, o.status,
                 o.err);
    cr_expect_null(strstr(o.err, "not-real"));
    cr_expect_eq(server_count(&job.server, "/token"), 1, "%s", rows[i].order);
    cr_expect_eq(server_count(&job.server, "/api/echo"), 0);
  }
}

/* What a server that does not trust it needs to be told. */
Test(ci, says_what_the_refused_identity_says, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  server_order(&job.server,
               "{'set': {'identity': {'audience': 'https://other.example'}}}");
  expect(&job, "token", 8, "sub 'repo:octo/demo:ref:refs/heads/main'");
}

Test(ci, shows_no_secret_however_much_is_told, .timeout = 60)
{
  AUTO_JOB struct job job;
  AUTO_OUTCOME struct outcome o;
  const char *secret;
  json_t *what;

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  run(&job, &o, "request -vv /echo");
  cli_expect(&o, 0);
  cli_has(o.err, "GET /identity/github");
  json_t *secrets = server_secrets(&job.server);
  cr_assert_gt(json_object_size(secrets), 2);
  json_object_foreach(secrets, secret, what)
      cr_expect_null(strstr(o.err, secret), "%s", json_string_value(what));
  json_decref(secrets);
}

/* A profile's authorities say nothing of the platform. */
Test(ci, does_not_ask_the_platform_by_the_profile_s_ca, .timeout = 60)
{
  AUTO_JOB struct job job;
  AUTO_SERVER struct server platform = {0};

  job_start(&job, ", 'provider': 'github'", "");
  home_make_cert(&job.home);
  AUTO_STR char *cert = home_path(&job.home, "cert.pem");
  AUTO_STR char *key = home_path(&job.home, "key.pem");
  server_start(&platform, "--tls", cert, key, NULL);
  AUTO_STR char *ca = mem_printf(", 'network': {'ca': '%s'}", cert);
  write_profile(&job, ", 'provider': 'github'", ca);
  be_github(&job);
  home_setenv(&job.home, "ACTIONS_ID_TOKEN_REQUEST_URL",
              "%s/identity/github?api-version=2.0", platform.base);
  expect(&job, "token", 6, "certificate");
  cr_assert_eq(server_count(&platform, "/identity/github"), 0);
  home_setenv(&job.home, "FOB_CA_BUNDLE", "%s", cert);
  expect(&job, "token", 8, "invalid_request"); /* another server's identity */
  cr_assert_eq(server_count(&platform, "/identity/github"), 1);
}

/* --- what it is used as ----------------------------------------------------
 */

static void expect_form(const struct job *job, const char *name,
                        const char *text)
{
  json_t *requests = server_journal(&job->server, "/token");
  const json_t *last = json_array_get(requests, json_array_size(requests) - 1);
  const char *found =
      json_string_value(json_object_get(json_object_get(last, "form"), name));

  cr_expect(text == NULL ? found == NULL
                         : found != NULL && strcmp(found, text) == 0,
            "%s: %s", name, found ? found : "(none)");
  json_decref(requests);
}

Test(ci, presents_it_as_the_profile_says, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'use': 'jwt_bearer'", "");
  be_github(&job);
  expect(&job, "request /echo", 0, "\"authorized\":true");
  expect_form(&job, "grant_type",
              "urn:ietf:params:oauth:grant-type:jwt-bearer");
  expect_form(&job, "scope", "api:read");

  write_profile(&job, ", 'use': 'client_assertion'",
                ", 'client': {'id': 'fob-ci'}");
  expect(&job, "request /echo", 0, "\"authorized\":true");
  expect_form(&job, "grant_type", "client_credentials");
  expect_form(&job, "client_id", "fob-ci");
  expect_form(&job, "client_assertion_type",
              "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  expect_form(&job, "client_secret", NULL);

  write_profile(&job, ", 'use': 'client_assertion'", "");
  expect(&job, "token", 2, "needs a client.id");
  write_profile(&job, ", 'use': 'client_assertion'",
                ", 'client': {'id': 'fob-ci', 'auth': 'client_secret_basic'}");
  expect(&job, "token", 2, "no other client.auth");

  write_profile(&job, "", ", 'client': {'id': 'fob-demo'}");
  expect(&job,
         "token --scope api:write --audience https://api.example.test "
         "--resource https://r.example.test/",
         0, "access-not-real");
  expect_form(&job, "client_id", "fob-demo");
  expect_form(&job, "scope", "api:write");
  expect_form(&job, "audience", "https://api.example.test");
  expect_form(&job, "resource", "https://r.example.test/");
}

/* A key for the one token, made anew as the identity is: nothing is kept. */
Test(ci, binds_its_token_to_a_key_of_its_own, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, "", ", 'dpop': 'required'");
  be_github(&job);
  int own = files_of(&job);
  expect(&job, "request /echo", 0, "\"scheme\":\"DPoP\"");
  expect(&job, "login --ci", 0, "The identity works:");
  expect_nothing_written(&job, own);
  server_reset(&job.server);
  server_order(&job.server,
               "{'set': {'patch': {'token': {'token_type': 'Bearer'}}}}");
  expect(&job, "request /echo", 13, "gives a bearer's: refused");
  cr_assert_eq(server_count(&job.server, "/api/echo"), 0);
  write_profile(&job, "", ", 'dpop': 'required', 'auth': {'name': 'X-Token'}");
  expect(&job, "token", 2, "demands DPoP");
}

/* --- other providers -------------------------------------------------------
 */

Test(ci, takes_gitlab_s_token_from_the_variable_of_the_profile, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'gitlab', 'variable': 'FOB_ID_TOKEN'", "");
  home_setenv(&job.home, "GITLAB_CI", "true");
  expect(&job, "token", 2, "id_tokens:\n");
  expect(&job, "token", 2, "FOB_ID_TOKEN:\n");
  home_setenv(&job.home, "FOB_ID_TOKEN", "not a token");
  expect(&job, "token", 2, "FOB_ID_TOKEN has a character");
  AUTO_STR char *token = identity(&job, "");
  home_setenv(&job.home, "FOB_ID_TOKEN", "%s", token);
  expect(&job, "request /echo", 0, "\"authorized\":true");
  AUTO_STR char *other = identity(&job, "audience=https://other.example");
  home_setenv(&job.home, "FOB_ID_TOKEN", "%s", other);
  expect(&job, "token", 11, "is for 'https://other.example'");
  AUTO_STR char *old = identity(&job, "lifetime=-120");
  home_setenv(&job.home, "FOB_ID_TOKEN", "%s", old);
  expect(&job, "token", 8, "has expired");
  write_profile(&job, ", 'provider': 'gitlab'", "");
  expect(&job, "token", 2, "identity.variable");
  cr_assert_eq(server_count(&job.server, "/token"), 1);
}

/* Its audience is the organization's id, whatever the profile would like. */
Test(ci, compares_circleci_s_audience, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'circleci'", "");
  home_setenv(&job.home, "CIRCLECI", "true");
  expect(&job, "token", 2, "context:");
  AUTO_STR char *other = identity(&job, "audience=org-1");
  home_setenv(&job.home, "CIRCLE_OIDC_TOKEN", "%s", other);
  expect(&job, "token", 11, "is for 'org-1'");
  AUTO_STR char *token = identity(&job, "");
  home_setenv(&job.home, "CIRCLE_OIDC_TOKEN_V2", "%s", token);
  expect(&job, "token", 0, "access-not-real");
}

static void write_program(const struct job *job, const char *name,
                          const char *body)
{
  AUTO_STR char *path = mem_printf("bin/%s", name);

  home_write(&job->home, path, 0755, "#!/bin/sh\n%s\n", body);
}

Test(ci, asks_buildkite_s_agent, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, "", "");
  home_setenv(&job.home, "BUILDKITE", "true");
  expect(&job, "token", 2, "buildkite-agent");
  AUTO_STR char *token = identity(&job, "");
  AUTO_STR char *body = mem_printf("[ \"$*\" = 'oidc request-token --audience "
                                   "%s' ] && echo '%s'",
                                   job.server.issuer, token);
  write_program(&job, "buildkite-agent", body);
  home_setenv(&job.home, "PATH", "%s/bin:/usr/bin:/bin", job.home.dir);
  expect(&job, "request /echo", 0, "\"authorized\":true");
  write_program(&job, "buildkite-agent", "echo secret-not-real; exit 2");
  expect(&job, "token", 1, "ended with status 2");
  write_program(&job, "buildkite-agent", "true");
  expect(&job, "token", 13, "is empty");
}

Test(ci, runs_a_program_without_secrets_in_its_environment, .timeout = 60)
{
  AUTO_JOB struct job job;
  AUTO_STR char *members = NULL;

  job_start(&job, ", 'provider': 'command'", "");
  expect(&job, "token", 2, "identity.command names a program");
  AUTO_STR char *token = identity(&job, "");
  AUTO_STR char *body =
      mem_printf("env | grep -q 'REQUEST_TOKEN' && exit 9; echo '%s'", token);
  write_program(&job, "mint", body);
  members = mem_printf(", 'provider': 'command', 'command': ['%s/bin/mint']",
                       job.home.dir);
  write_profile(&job, members, "");
  be_github(&job); /* which is not the one that the profile means */
  expect(&job, "request /echo", 0, "\"authorized\":true");
  cr_assert_eq(server_count(&job.server, "/identity/github"), 0);
  write_profile(&job, ", 'provider': 'command', 'command': ['mint']", "");
  expect(&job, "token", 2, "absolute path");
}

Test(ci, reads_a_pod_s_token_anew_each_time, .timeout = 60)
{
  AUTO_JOB struct job job;
  AUTO_STR char *members = NULL;

  job_start(&job, ", 'provider': 'kubernetes'", "");
  expect(&job, "token", 2, "identity.path");
  members = mem_printf(", 'provider': 'kubernetes', 'path': '%s/tokens/fob'",
                       job.home.dir);
  write_profile(&job, members, "");
  expect(&job, "token", 2, "serviceAccountToken: {path: fob");
  for (int i = 0; i < 2; i++) {
    AUTO_STR char *token = identity(&job, "");
    home_write(&job.home, "tokens/fob", 0644, "%s\n", token);
    expect(&job, "request /echo", 0, "\"authorized\":true");
    server_order(&job.server, "{'expire_identity_tokens': true}");
  }
  expect(&job, "token", 8, "invalid_request");
  AUTO_STR char *path = home_path(&job.home, "tokens/fob");
  cr_assert_eq(chmod(path, 0666), 0);
  expect(&job, "token", 2, "tokens/fob");
}

/* --- Google ----------------------------------------------------------------
 */

#define POOL "//iam.example.test/projects/1/pools/p/providers/q"

/* An external_account file with this credential_source. */
static void write_external(struct job *job, const char *source,
                           const char *more)
{
  AUTO_STR char *text = mem_printf(
      "{'type': 'external_account', 'audience': '" POOL "', "
      "'subject_token_type': 'urn:ietf:params:oauth:token-type:jwt', "
      "'token_url': '%s/token', 'credential_source': %s%s}",
      job->server.base, source, more);

  for (char *c = text; *c != '\0'; c++)
    if (*c == '\'')
      *c = '"';
  home_write(&job->home, "google.json", 0600, "%s", text);
}

static void start_google(struct job *job)
{
  AUTO_STR char *members = NULL;

  job_start(job, "", "");
  members = mem_printf(", 'provider': 'google', 'path': '%s/google.json'",
                       job->home.dir);
  write_profile(job, members, "");
  server_order(&job->server,
               "{'set': {'exchange': {'audiences': ['" POOL "']}}}");
}

Test(ci, follows_google_s_file_to_a_file_or_url, .timeout = 60)
{
  AUTO_JOB struct job job;

  start_google(&job);
  expect(&job, "token", 2, "google.json' is not there");
  AUTO_STR char *token = identity(&job, "");
  home_write(&job.home, "subject", 0600, "%s", token);
  AUTO_STR char *file = mem_printf("{'file': '%s/subject'}", job.home.dir);
  write_external(&job, file, "");
  expect(&job, "request /echo", 0, "\"authorized\":true");
  expect_form(&job, "audience", POOL);
  expect_form(&job, "client_id", NULL);
  expect_form(&job, "requested_token_type",
              "urn:ietf:params:oauth:token-type:access_token");

  home_write(&job.home, "subject", 0600, "{\"t\": \"%s\"}", token);
  AUTO_STR char *json =
      mem_printf("{'file': '%s/subject', 'format': {'type': 'json', "
                 "'subject_token_field_name': 't'}}",
                 job.home.dir);
  write_external(&job, json, "");
  expect(&job, "token", 0, "access-not-real");

  AUTO_STR char *url = mem_printf(
      "{'url': '%s/identity/github?api-version=2.0&audience=%s', "
      "'headers': {'Authorization': 'Bearer test-request-token-not-real'}, "
      "'format': {'type': 'json', 'subject_token_field_name': 'value'}}",
      job.server.base, job.server.issuer);
  write_external(&job, url, "");
  expect(&job, "token", 0, "access-not-real");
  expect(&job, "token", 0, "access-not-real");
  cr_assert_eq(server_count(&job.server, "/identity/github"), 2);
  cr_assert_eq(server_count(&job.server, "/.well-known/openid-configuration"),
               0);
}

Test(ci, runs_google_s_program_only_where_that_is_allowed, .timeout = 60)
{
  AUTO_JOB struct job job;

  start_google(&job);
  AUTO_STR char *token = identity(&job, "");
  AUTO_STR char *body = mem_printf(
      "[ \"$1 $GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE\" = '--x " POOL "' ] && echo "
      "'{\"version\": 1, \"success\": true, \"token_type\": "
      "\"urn:ietf:params:oauth:token-type:jwt\", \"id_token\": \"%s\"}'",
      token);
  write_program(&job, "source", body);
  AUTO_STR char *source =
      mem_printf("{'executable': {'command': '%s/bin/source --x', "
                 "'timeout_millis': 5000}}",
                 job.home.dir);
  write_external(&job, source, "");
  expect(&job, "token", 2, "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1");
  home_setenv(&job.home, "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
  expect(&job, "token", 0, "access-not-real");
  write_program(&job, "source",
                "echo '{\"success\": false, \"message\": \"no more\"}'");
  expect(&job, "token", 8, "no more");
  write_external(&job, "{'executable': {'command': 'source'}}", "");
  expect(&job, "token", 2, "absolute path");
}

Test(ci, impersonates_google_s_service_account, .timeout = 60)
{
  static const struct {
    const char *order;
    int status;
  } rows[] = {
      {"{'set': {'patch': {'impersonation': {'accessToken': null}}}}", 13},
      {"{'set': {'patch': {'impersonation': {'accessToken': 'a\\nb'}}}}", 13},
      {"{'set': {'patch': {'impersonation': {'expireTime': 'soon'}}}}", 13},
      {"{'set': {'patch': {'impersonation': {'expireTime': null}}}}", 13},
      {"{'next': {'path': '/identity/impersonate', 'fault': 'status', "
       "'status': 200, 'body': '[]'}}",
       13},
      {"{'next': {'path': '/identity/impersonate', 'fault': 'status', "
       "'status': 302, 'headers': {'Location': '/'}}}",
       13},
      {"{'next': {'path': '/identity/impersonate', 'fault': 'status', "
       "'status': 503}}",
       5},
  };
  AUTO_JOB struct job job;

  start_google(&job);
  AUTO_STR char *token = identity(&job, "");
  home_write(&job.home, "subject", 0600, "%s", token);
  AUTO_STR char *file = mem_printf("{'file': '%s/subject'}", job.home.dir);
  AUTO_STR char *more = mem_printf(
      ", 'service_account_impersonation_url': '%s/identity/impersonate'",
      job.server.base);
  write_external(&job, file, more);
  expect(&job, "request /echo", 0, "\"authorized\":true");
  expect_form(&job, "scope", "https://www.googleapis.com/auth/cloud-platform");
  cr_assert_eq(server_count(&job.server, "/identity/impersonate"), 1);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    server_reset(&job.server);
    server_order(&job.server,
                 "{'set': {'exchange': {'audiences': ['" POOL "']}}}");
    server_order(&job.server, "%s", rows[i].order);
    expect(&job, "request /echo", rows[i].status, "");
    cr_expect_eq(server_count(&job.server, "/api/echo"), 0, "%s",
                 rows[i].order);
  }
}

/* What fob cannot do, or what is no such file: said before anything is sent. */
Test(ci, refuses_other_files_of_google_s, .timeout = 60)
{
  static const struct {
    const char *text, *why;
  } rows[] = {
      {"{'type': 'service_account'}", "of the type 'service_account'"},
      {"{'type': 'external_account'}", "lacks audience"},
      {"{'type': 'external_account', 'audience': 'a', 'token_url': "
       "'https://sts.example/t', 'subject_token_type': "
       "'urn:ietf:params:oauth:token-type:jwt'}",
       "no credential_source"},
      {"{'type': 'external_account', 'audience': 'a', 'token_url': "
       "'https://sts.example/t', 'subject_token_type': "
       "'urn:ietf:params:aws:token-type:aws4_request', 'credential_source': "
       "{'environment_id': 'aws1'}}",
       "AWS"},
      {"{'type': 'external_account', 'audience': 'a', 'token_url': "
       "'https://sts.example/t', 'subject_token_type': "
       "'urn:ietf:params:oauth:token-type:saml2', 'credential_source': "
       "{'file': '/x'}}",
       "no JWT"},
      {"{'type': 'external_account', 'audience': 'a', 'token_url': "
       "'http://sts.example/t', 'subject_token_type': "
       "'urn:ietf:params:oauth:token-type:jwt', 'credential_source': "
       "{'file': '/x'}}",
       "token_url"},
      {"{'type': 'external_account', 'audience': 'a', 'token_url': "
       "'https://sts.example/t', 'subject_token_type': "
       "'urn:ietf:params:oauth:token-type:jwt', 'credential_source': {}}",
       "neither a file"},
      {"[]", "google.json"},
      {"{'type': 'external_account', 'type': 'x'}", "google.json"},
  };
  AUTO_JOB struct job job;

  start_google(&job);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *text = mem_str(rows[i].text);
    for (char *c = text; *c != '\0'; c++)
      if (*c == '\'')
        *c = '"';
    home_write(&job.home, "google.json", 0600, "%s", text);
    expect(&job, "token", 2, rows[i].why);
  }
  cr_assert_eq(server_count(&job.server, NULL), 0);
}

/* --- around it -------------------------------------------------------------
 */

Test(ci, login_tries_it_and_keeps_nothing, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, "", ", 'account': {'path': '/user', 'label': '/login'}");
  be_github(&job);
  int own = files_of(&job);
  expect(&job, "login --ci", 0, "The identity works: ci");
  expect(&job, "login", 0, "Nothing is kept");
  expect(&job, "login --ci=gitlab", 2, "no job of GitLab");
  expect(&job, "login --ci=nobody", 2, "no identity provider 'nobody'");
  expect(&job, "status --check", 0, "");
  expect(&job, "status", 0, "by GitHub Actions");
  expect(&job, "status --online", 0, "ci: accepted (account)");
  expect(&job, "status --userinfo", 2, "a job's identity");
  expect(&job, "token --introspect", 2, "a job's identity");
  server_order(&job.server, "{'set': {'access_jwt': 'valid'}}");
  expect(&job, "token --decode", 0, "UNVERIFIED");
  expect(&job, "status --json", 0, "\"identity\": \"github\"");
  expect_nothing_written(&job, own);
  write_profile(&job, ", 'provider': 'circleci'", "");
  expect(&job, "login --ci=github", 2, "is another provider");
}

/* Without an audience there is no identity, whoever is there. */
Test(ci, is_for_profiles_that_state_an_audience_alone, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, "", "");
  be_github(&job);
  home_write(&job.home, "ci.json", 0600,
             "{\"schema\": 1, \"issuer\": \"%s\", \"api\": [\"%s\"], "
             "\"store\": \"file\", \"identity\": {\"provider\": \"github\"}}",
             job.server.issuer, job.server.api);
  expect(&job, "token", 8, "not logged in to 'ci'");
  expect(&job, "login --ci", 2, "states no identity.audience");
  cr_assert_eq(server_count(&job.server, NULL), 0);
}

/* Elsewhere the profile is as any other; what else would help is said. */
Test(ci, falls_back_to_a_login_where_there_is_no_job, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", ", 'store': 'file'");
  expect(&job, "token", 8, "or run it in a job of github");
  cr_assert_eq(server_count(&job.server, NULL), 0);
}

/* CONTRACT's rule for a 401: the token was new. */
Test(ci, asks_once_when_the_api_refuses_a_new_token, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  server_order(&job.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                            "'status': 401, 'times': -1}}");
  expect(&job, "request /echo", 8, "the identity of GitHub Actions");
  cr_assert_eq(server_count(&job.server, "/token"), 1);
  cr_assert_eq(server_count(&job.server, "/api/echo"), 1);
}

Test(ci, demands_a_lifetime_of_a_new_token, .timeout = 60)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", "");
  be_github(&job);
  expect(&job, "token --min-valid 30m", 0, "access-not-real");
  expect(&job, "token --min-valid 2h", 13, "");
}

/* A key of the run's own binds the token; the profile's demand holds here too.
 */
Test(ci, binds_the_token_where_the_profile_demands_it)
{
  AUTO_JOB struct job job;

  job_start(&job, "", ", 'dpop': 'required'");
  be_github(&job);
  server_order(&job.server, "{'set': {'dpop': {'nonce': 'as api'}}}");
  expect(&job, "request user", 0, "\"scheme\":\"DPoP\"");
  cr_expect_eq(server_count(&job.server, "/token"), 2);
  cr_expect_eq(server_count(&job.server, "/api/user"), 2);

  server_order(&job.server,
               "{'set': {'patch': {'token': {'token_type': 'Bearer'}}}}");
  expect(&job, "request user", 13, "a bearer's: refused");
  cr_expect_eq(server_count(&job.server, "/api/user"), 2);
}

/* Jobs that prove who they are to Google: the file of workload identity
 * federation. */
#include "cli/job.h"

#include "base/mem.h"

#include <criterion/criterion.h>

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

  job_json(job, "google.json", text);
}

/* An identity in a file, and Google's file, which says so. */
static void write_subject(struct job *job, const char *token, const char *more)
{
  AUTO_STR char *source = mem_printf("{'file': '%s/subject'}", job->home.dir);

  home_write(&job->home, "subject", 0600, "%s", token);
  write_external(job, source, more);
}

static void start_google(struct job *job)
{
  AUTO_STR char *members = NULL;

  job_start(job, "", "");
  members = mem_printf(", 'provider': 'google', 'path': '%s/google.json'",
                       job->home.dir);
  job_profile(job, members, "");
  server_order(&job->server,
               "{'set': {'exchange': {'audiences': ['" POOL "']}}}");
}

Test(ci_google, follows_google_s_file_to_a_file_or_url, .timeout = 300)
{
  AUTO_JOB struct job job;

  start_google(&job);
  job_expect(&job, "token", 2, "google.json' is not there");
  AUTO_STR char *token = job_identity(&job, "");
  write_subject(&job, token, "");
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  job_expect_form(&job, "audience", POOL);
  job_expect_form(&job, "client_id", NULL);
  job_expect_form(&job, "requested_token_type",
                  "urn:ietf:params:oauth:token-type:access_token");

  home_write(&job.home, "subject", 0600, "{\"t\": \"%s\"}", token);
  AUTO_STR char *json =
      mem_printf("{'file': '%s/subject', 'format': {'type': 'json', "
                 "'subject_token_field_name': 't'}}",
                 job.home.dir);
  write_external(&job, json, "");
  job_expect(&job, "token", 0, "access-not-real");

  AUTO_STR char *url = mem_printf(
      "{'url': '%s/identity/github?api-version=2.0&audience=%s', "
      "'headers': {'Authorization': 'Bearer test-request-token-not-real'}, "
      "'format': {'type': 'json', 'subject_token_field_name': 'value'}}",
      job.server.base, job.server.issuer);
  write_external(&job, url, "");
  job_expect(&job, "token", 0, "access-not-real");
  job_expect(&job, "token", 0, "access-not-real");
  cr_assert_eq(server_count(&job.server, "/identity/github"), 2);
  cr_assert_eq(server_count(&job.server, "/.well-known/openid-configuration"),
               0);
}

Test(ci_google, runs_google_s_program_only_where_that_is_allowed, .timeout = 300)
{
  AUTO_JOB struct job job;

  start_google(&job);
  AUTO_STR char *token = job_identity(&job, "");
  AUTO_STR char *body = mem_printf(
      "[ \"$1 $GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE\" = '--x " POOL "' ] && echo "
      "'{\"version\": 1, \"success\": true, \"token_type\": "
      "\"urn:ietf:params:oauth:token-type:jwt\", \"id_token\": \"%s\"}'",
      token);
  job_program(&job, "source", body);
  AUTO_STR char *source =
      mem_printf("{'executable': {'command': '%s/bin/source --x', "
                 "'timeout_millis': 5000}}",
                 job.home.dir);
  write_external(&job, source, "");
  job_expect(&job, "token", 2, "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1");
  home_setenv(&job.home, "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
  job_expect(&job, "token", 0, "access-not-real");
  job_program(&job, "source",
              "echo '{\"success\": false, \"message\": \"no more\"}'");
  job_expect(&job, "token", 8, "no more");
  write_external(&job, "{'executable': {'command': 'source'}}", "");
  job_expect(&job, "token", 2, "absolute path");
}

#define GIVES(members) "{'set': {'patch': {'impersonation': {" members "}}}}"
#define ANSWERS(status)                                                        \
  "{'next': {'path': '/identity/impersonate', 'fault': 'status', "             \
  "'status': " status "}}"

Test(ci_google, impersonates_google_s_service_account, .timeout = 300)
{
  static const struct {
    const char *order;
    int status;
  } rows[] = {
      {GIVES("'accessToken': null"), 13},
      {GIVES("'accessToken': 'a\\nb'"), 13},
      {GIVES("'expireTime': 'soon'"), 13},
      {GIVES("'expireTime': null"), 13},
      {ANSWERS("200, 'body': '[]'"), 13},
      {ANSWERS("302, 'headers': {'Location': '/'}"), 13},
      {ANSWERS("503"), 5},
  };
  AUTO_JOB struct job job;

  start_google(&job);
  AUTO_STR char *token = job_identity(&job, "");
  AUTO_STR char *more = mem_printf(
      ", 'service_account_impersonation_url': '%s/identity/impersonate'",
      job.server.base);
  write_subject(&job, token, more);
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  job_expect_form(&job, "scope",
                  "https://www.googleapis.com/auth/cloud-platform");
  cr_assert_eq(server_count(&job.server, "/identity/impersonate"), 1);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    server_reset(&job.server);
    server_order(&job.server,
                 "{'set': {'exchange': {'audiences': ['" POOL "']}}}");
    server_order(&job.server, "%s", rows[i].order);
    job_expect(&job, "request /echo", rows[i].status, "");
    cr_expect_eq(server_count(&job.server, "/api/echo"), 0, "%s",
                 rows[i].order);
  }
}

#define EXTERNAL(token_url, type, more)                                        \
  "{'type': 'external_account', 'audience': 'a', 'token_url': '" token_url     \
  "', 'subject_token_type': 'urn:ietf:params:" type "'" more "}"

/* What fob cannot do, or what is no such file: said before anything is sent. */
Test(ci_google, refuses_other_files_of_google_s, .timeout = 300)
{
  static const struct {
    const char *text, *why;
  } rows[] = {
      {"{'type': 'service_account'}", "of the type 'service_account'"},
      {"{'type': 'external_account'}", "lacks audience"},
      {EXTERNAL("https://sts.example/t", "oauth:token-type:jwt", ""),
       "no credential_source"},
      {EXTERNAL("https://sts.example/t", "aws:token-type:aws4_request",
                ", 'credential_source': {'environment_id': 'aws1'}"),
       "AWS"},
      {EXTERNAL("https://sts.example/t", "oauth:token-type:saml2",
                ", 'credential_source': {'file': '/x'}"),
       "no JWT"},
      {EXTERNAL("http://sts.example/t", "oauth:token-type:jwt",
                ", 'credential_source': {'file': '/x'}"),
       "token_url"},
      {EXTERNAL("https://sts.example/t", "oauth:token-type:jwt",
                ", 'credential_source': {}"),
       "neither a file"},
      {"[]", "google.json"},
      {"{'type': 'external_account', 'type': 'x'}", "google.json"},
  };
  AUTO_JOB struct job job;

  start_google(&job);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    job_json(&job, "google.json", rows[i].text);
    job_expect(&job, "token", 2, rows[i].why);
  }
  cr_assert_eq(server_count(&job.server, NULL), 0);
}

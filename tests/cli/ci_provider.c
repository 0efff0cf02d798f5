/* Where a job finds its identity elsewhere: a variable, a program, a file. */
#include "cli/job.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <sys/stat.h>

Test(ci_provider, takes_gitlab_s_token_from_the_variable_of_the_profile,
     .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'gitlab', 'variable': 'FOB_ID_TOKEN'", "");
  home_setenv(&job.home, "GITLAB_CI", "true");
  job_expect(&job, "token", 2, "id_tokens:\n");
  job_expect(&job, "token", 2, "FOB_ID_TOKEN:\n");
  home_setenv(&job.home, "FOB_ID_TOKEN", "not a token");
  job_expect(&job, "token", 2, "FOB_ID_TOKEN has a character");
  AUTO_STR char *token = job_identity(&job, "");
  home_setenv(&job.home, "FOB_ID_TOKEN", "%s", token);
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  AUTO_STR char *other = job_identity(&job, "audience=https://other.example");
  home_setenv(&job.home, "FOB_ID_TOKEN", "%s", other);
  job_expect(&job, "token", 11, "is for 'https://other.example'");
  AUTO_STR char *old = job_identity(&job, "lifetime=-120");
  home_setenv(&job.home, "FOB_ID_TOKEN", "%s", old);
  job_expect(&job, "token", 8, "has expired");
  job_profile(&job, ", 'provider': 'gitlab'", "");
  job_expect(&job, "token", 2, "identity.variable");
  cr_assert_eq(server_count(&job.server, "/token"), 1);
}

/* Its audience is the organization's id, whatever the profile would like. */
Test(ci_provider, compares_circleci_s_audience, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'circleci'", "");
  home_setenv(&job.home, "CIRCLECI", "true");
  job_expect(&job, "token", 2, "context:");
  AUTO_STR char *other = job_identity(&job, "audience=org-1");
  home_setenv(&job.home, "CIRCLE_OIDC_TOKEN", "%s", other);
  job_expect(&job, "token", 11, "is for 'org-1'");
  AUTO_STR char *token = job_identity(&job, "");
  home_setenv(&job.home, "CIRCLE_OIDC_TOKEN_V2", "%s", token);
  job_expect(&job, "token", 0, "access-not-real");
}

Test(ci_provider, asks_buildkite_s_agent, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start(&job, "", "");
  home_setenv(&job.home, "BUILDKITE", "true");
  job_expect(&job, "token", 2, "buildkite-agent");
  AUTO_STR char *token = job_identity(&job, "");
  AUTO_STR char *body = mem_printf("[ \"$*\" = 'oidc request-token --audience "
                                   "%s' ] && echo '%s'",
                                   job.server.issuer, token);
  job_program(&job, "buildkite-agent", body);
  home_setenv(&job.home, "PATH", "%s/bin:/usr/bin:/bin", job.home.dir);
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  job_program(&job, "buildkite-agent", "echo secret-not-real; exit 2");
  job_expect(&job, "token", 1, "ended with status 2");
  job_program(&job, "buildkite-agent", "true");
  job_expect(&job, "token", 13, "is empty");
}

Test(ci_provider, runs_a_program_without_secrets_in_its_environment,
     .timeout = 300)
{
  AUTO_JOB struct job job;
  AUTO_STR char *members = NULL;

  job_start(&job, ", 'provider': 'command'", "");
  job_expect(&job, "token", 2, "identity.command names a program");
  AUTO_STR char *token = job_identity(&job, "");
  AUTO_STR char *body =
      mem_printf("env | grep -q 'REQUEST_TOKEN' && exit 9; echo '%s'", token);
  job_program(&job, "mint", body);
  members = mem_printf(", 'provider': 'command', 'command': ['%s/bin/mint']",
                       job.home.dir);
  job_profile(&job, members, "");
  job_github(&job); /* which is not the one that the profile means */
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  cr_assert_eq(server_count(&job.server, "/identity/github"), 0);
  job_profile(&job, ", 'provider': 'command', 'command': ['mint']", "");
  job_expect(&job, "token", 2, "absolute path");
}

Test(ci_provider, reads_a_pod_s_token_anew_each_time, .timeout = 300)
{
  AUTO_JOB struct job job;
  AUTO_STR char *members = NULL;

  job_start(&job, ", 'provider': 'kubernetes'", "");
  job_expect(&job, "token", 2, "identity.path");
  members = mem_printf(", 'provider': 'kubernetes', 'path': '%s/tokens/fob'",
                       job.home.dir);
  job_profile(&job, members, "");
  job_expect(&job, "token", 2, "serviceAccountToken: {path: fob");
  for (int i = 0; i < 2; i++) {
    AUTO_STR char *token = job_identity(&job, "");
    home_write(&job.home, "tokens/fob", 0644, "%s\n", token);
    job_expect(&job, "request /echo", 0, "\"authorized\":true");
    server_order(&job.server, "{'expire_identity_tokens': true}");
  }
  job_expect(&job, "token", 8, "invalid_request");
  AUTO_STR char *path = home_path(&job.home, "tokens/fob");
  cr_assert_eq(chmod(path, 0666), 0);
  job_expect(&job, "token", 2, "tokens/fob");
}

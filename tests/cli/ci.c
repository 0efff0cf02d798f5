/* Jobs that prove who they are: what the identity is used as, no login before,
 * nothing stored, no file written. */
#include "cli/job.h"

#include <criterion/criterion.h>

Test(ci, presents_it_as_the_profile_says, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'use': 'jwt_bearer'", "");
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  job_expect_form(&job, "grant_type",
                  "urn:ietf:params:oauth:grant-type:jwt-bearer");
  job_expect_form(&job, "scope", "api:read");

  job_profile(&job, ", 'use': 'client_assertion'",
              ", 'client': {'id': 'fob-ci'}");
  job_expect(&job, "request /echo", 0, "\"authorized\":true");
  job_expect_form(&job, "grant_type", "client_credentials");
  job_expect_form(&job, "client_id", "fob-ci");
  job_expect_form(&job, "client_assertion_type",
                  "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  job_expect_form(&job, "client_secret", NULL);

  job_profile(&job, ", 'use': 'client_assertion'", "");
  job_expect(&job, "token", 2, "needs a client.id");
  job_profile(&job, ", 'use': 'client_assertion'",
              ", 'client': {'id': 'fob-ci', 'auth': 'client_secret_basic'}");
  job_expect(&job, "token", 2, "no other client.auth");

  job_profile(&job, "", ", 'client': {'id': 'fob-demo'}");
  job_expect(&job,
             "token --scope api:write --audience https://api.example.test "
             "--resource https://r.example.test/",
             0, "access-not-real");
  job_expect_form(&job, "client_id", "fob-demo");
  job_expect_form(&job, "scope", "api:write");
  job_expect_form(&job, "audience", "https://api.example.test");
  job_expect_form(&job, "resource", "https://r.example.test/");
}

/* A key for the one token, made anew as the identity is: nothing is kept. */
Test(ci, binds_its_token_to_a_key_of_its_own, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, "", ", 'dpop': 'required'");
  int own = job_files(&job);
  job_expect(&job, "request /echo", 0, "\"scheme\":\"DPoP\"");
  job_expect(&job, "login --ci", 0, "The identity works:");
  job_expect_nothing_written(&job, own);
  server_reset(&job.server);
  server_order(&job.server,
               "{'set': {'patch': {'token': {'token_type': 'Bearer'}}}}");
  job_expect(&job, "request /echo", 13, "gives a bearer's: refused");
  cr_assert_eq(server_count(&job.server, "/api/echo"), 0);
  job_profile(&job, "", ", 'dpop': 'required', 'auth': {'name': 'X-Token'}");
  job_expect(&job, "token", 2, "demands DPoP");
}

Test(ci, login_tries_it_and_keeps_nothing, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, "",
                   ", 'account': {'path': '/user', 'label': '/login'}");
  int own = job_files(&job);
  job_expect(&job, "login --ci", 0, "The identity works: ci");
  job_expect(&job, "login", 0, "Nothing is kept");
  job_expect(&job, "login --ci=gitlab", 2, "no job of GitLab");
  job_expect(&job, "login --ci=nobody", 2, "no identity provider 'nobody'");
  job_expect(&job, "status --check", 0, "");
  job_expect(&job, "status", 0, "by GitHub Actions");
  job_expect(&job, "status --online", 0, "ci: accepted (account)");
  job_expect(&job, "status --userinfo", 2, "a job's identity");
  job_expect(&job, "token --introspect", 2, "a job's identity");
  server_order(&job.server, "{'set': {'access_jwt': 'valid'}}");
  job_expect(&job, "token --decode", 0, "UNVERIFIED");
  job_expect(&job, "status --json", 0, "\"identity\": \"github\"");
  job_expect_nothing_written(&job, own);
  job_profile(&job, ", 'provider': 'circleci'", "");
  job_expect(&job, "login --ci=github", 2, "is another provider");
}

/* Without an audience there is no identity, whoever is there. */
Test(ci, is_for_profiles_that_state_an_audience_alone, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, "", "");
  home_write(&job.home, "ci.json", 0600,
             "{\"schema\": 1, \"issuer\": \"%s\", \"api\": [\"%s\"], "
             "\"store\": \"file\", \"identity\": {\"provider\": \"github\"}}",
             job.server.issuer, job.server.api);
  job_expect(&job, "token", 8, "not logged in to 'ci'");
  job_expect(&job, "login --ci", 2, "states no identity.audience");
  cr_assert_eq(server_count(&job.server, NULL), 0);
}

/* Elsewhere the profile is as any other; what else would help is said. */
Test(ci, falls_back_to_a_login_where_there_is_no_job, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start(&job, ", 'provider': 'github'", ", 'store': 'file'");
  job_expect(&job, "token", 8, "or run it in a job of github");
  cr_assert_eq(server_count(&job.server, NULL), 0);
}

/* CONTRACT's rule for a 401: the token was new. */
Test(ci, asks_once_when_the_api_refuses_a_new_token, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'provider': 'github'", "");
  server_order(&job.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                            "'status': 401, 'times': -1}}");
  job_expect(&job, "request /echo", 8, "the identity of GitHub Actions");
  cr_assert_eq(server_count(&job.server, "/token"), 1);
  cr_assert_eq(server_count(&job.server, "/api/echo"), 1);
}

Test(ci, demands_a_lifetime_of_a_new_token, .timeout = 300)
{
  AUTO_JOB struct job job;

  job_start_github(&job, ", 'provider': 'github'", "");
  job_expect(&job, "token --min-valid 30m", 0, "access-not-real");
  job_expect(&job, "token --min-valid 2h", 13, "");
}

/* A key of the run's own binds the token; the profile's demand holds here too.
 */
Test(ci, binds_the_token_where_the_profile_demands_it)
{
  AUTO_JOB struct job job;

  job_start_github(&job, "", ", 'dpop': 'required'");
  server_order(&job.server, "{'set': {'dpop': {'nonce': 'as api'}}}");
  job_expect(&job, "request user", 0, "\"scheme\":\"DPoP\"");
  cr_expect_eq(server_count(&job.server, "/token"), 2);
  cr_expect_eq(server_count(&job.server, "/api/user"), 2);

  server_order(&job.server,
               "{'set': {'patch': {'token': {'token_type': 'Bearer'}}}}");
  job_expect(&job, "request user", 13, "a bearer's: refused");
  cr_expect_eq(server_count(&job.server, "/api/user"), 2);
}

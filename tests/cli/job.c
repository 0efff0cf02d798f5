#include "cli/job.h"

#include "base/mem.h"
#include "cli/cli.h"
#include "support/fetch.h"

#include <criterion/criterion.h>
#include <string.h>

void job_json(const struct job *job, const char *name, const char *text)
{
  AUTO_STR char *json = mem_str(text);

  for (char *c = json; *c != '\0'; c++)
    if (*c == '\'')
      *c = '"';
  home_write(&job->home, name, 0600, "%s", json);
}

void job_profile(const struct job *job, const char *identity, const char *more)
{
  AUTO_STR char *text = mem_printf(
      "{'schema': 1, 'issuer': '%s', 'api': ['%s'], "
      "'scope': ['api:read'], 'identity': {'audience': '%s'%s}%s}",
      job->server.issuer, job->server.api, job->server.issuer, identity, more);

  job_json(job, "ci.json", text);
}

void job_start(struct job *job, const char *identity, const char *more)
{
  struct home *home = &job->home;

  memset(job, 0, sizeof(*job));
  home_make(home);
  server_start(&job->server, NULL);
  job_profile(job, identity, more);
  home_setenv(home, "CI", "true");
  home_setenv(home, "NO_COLOR", "1");
  home_setenv(home, "HOME", "%s/nobody", home->dir);
  home_setenv(home, "XDG_CONFIG_HOME", NULL);
  home_setenv(home, "XDG_DATA_HOME", NULL);
  home_setenv(home, "XDG_STATE_HOME", NULL);
  home_setenv(home, "SECRET_BACKEND", NULL);
  home_setenv(home, "FOB_PROFILE_FILE", "%s/ci.json", home->dir);
}

void job_start_github(struct job *job, const char *identity, const char *more)
{
  job_start(job, identity, more);
  job_github(job);
}

void job_end(struct job *job)
{
  server_stop(&job->server);
  home_clear(&job->home);
}

void job_github(struct job *job)
{
  home_setenv(&job->home, "GITHUB_ACTIONS", "true");
  home_setenv(&job->home, "ACTIONS_ID_TOKEN_REQUEST_URL",
              "%s/identity/github?api-version=2.0", job->server.base);
  home_setenv(&job->home, "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
              "test-request-token-not-real");
}

void job_program(const struct job *job, const char *name, const char *body)
{
  AUTO_STR char *path = mem_printf("bin/%s", name);

  home_write(&job->home, path, 0755, "#!/bin/sh\n%s\n", body);
}

char *job_identity(const struct job *job, const char *query)
{
  AUTO_STR char *url =
      mem_printf("%s/_identity?%s", job->server.control, query);
  AUTO_FETCH struct fetch_answer answer = {0};

  cr_assert(fetch("GET", url, NULL, NULL, 0, 10000, &answer));
  cr_assert_eq(answer.status, 200, "%s", answer.body);
  return mem_str(answer.body);
}

void job_run(const struct job *job, struct outcome *ret_outcome,
             const char *line)
{
  memset(ret_outcome, 0, sizeof(*ret_outcome));
  cli_line(&job->home, &job->server, ret_outcome, NULL, line);
}

void job_expect(const struct job *job, const char *line, int status,
                const char *part)
{
  AUTO_OUTCOME struct outcome o;

  job_run(job, &o, line);
  cr_expect_eq(o.status, status, "%s: %d %s", line, o.status, o.err);
  cr_expect(strstr(o.out, part) != NULL || strstr(o.err, part) != NULL,
            "%s: no '%s' in: %s%s", line, part, o.out, o.err);
  cr_expect_null(strstr(o.err, "not-real"), "%s", o.err);
  cr_expect_null(strstr(o.err, "eyJ"), "%s", o.err);
}

void job_expect_after(const struct job *job, const char *order,
                      const char *line, int status, struct outcome *ret_outcome)
{
  server_reset(&job->server);
  server_order(&job->server, "%s", order);
  job_run(job, ret_outcome, line);
  cr_expect_eq(ret_outcome->status, status, "%s: %d %s", order,
               ret_outcome->status, ret_outcome->err);
  cr_expect_null(strstr(ret_outcome->err, "not-real"));
}

void job_expect_form(const struct job *job, const char *name, const char *text)
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

static void count_file(void *user, const char *path)
{
  (void)path;
  ++*(int *)user;
}

int job_files(const struct job *job)
{
  int files = 0;

  home_walk(&job->home, count_file, &files);
  return files;
}

void job_expect_nothing_written(const struct job *job, int own)
{
  int files = job_files(job);

  cr_expect_eq(files, own, "%d files", files);
  cr_expect_not(home_has(&job->home, "nobody"));
}

/* A job of a continuous integration: a home that cannot be written to, a
 * profile in a file that lets the job prove who it is, and a sandbox. */
#pragma once

#include "support/home.h"
#include "support/program.h"
#include "support/server.h"

struct job {
  struct home home;
  struct server server;
};

/* identity: the members of `identity` besides the audience, which is the
 * issuer; more: those of the profile besides schema, issuer, api, scope and
 * identity. Both with ' for ", each with a comma before it; "" when none. */
void job_start(struct job *job, const char *identity, const char *more);
/* The same, with the variables as GitHub Actions sets them. */
void job_start_github(struct job *job, const char *identity, const char *more);
void job_end(struct job *job);
#define AUTO_JOB __attribute__((cleanup(job_end)))

/* Sets those variables. */
void job_github(struct job *job);
/* Another profile in the file. */
void job_profile(const struct job *job, const char *identity, const char *more);
/* A file of JSON in the home, ' for ". */
void job_json(const struct job *job, const char *name, const char *text);
/* A shell script in the home's bin. */
void job_program(const struct job *job, const char *name, const char *body);
/* A token that the platform would hand out; mem_free. */
char *job_identity(const struct job *job, const char *query);

/* fob with the words of a line, as cli_line has them. */
void job_run(const struct job *job, struct outcome *ret_outcome,
             const char *line);
/* Runs it and expects that status, part in what it wrote, and no secret in
 * what it said. */
void job_expect(const struct job *job, const char *line, int status,
                const char *part);
/* Lets the sandbox start anew, do as the order says (' for "), and runs the
 * line, which is to end with that status and to say no secret. */
void job_expect_after(const struct job *job, const char *order,
                      const char *line, int status,
                      struct outcome *ret_outcome);
/* The member of the last token request's form; NULL: there is none. */
void job_expect_form(const struct job *job, const char *name, const char *text);

/* How many files the home has. */
int job_files(const struct job *job);
/* Nothing but what the test put there itself. */
void job_expect_nothing_written(const struct job *job, int own);

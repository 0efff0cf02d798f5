/* Programs that write a token: Buildkite's agent, and any by its path. */
#include "oauth/identity_provider.h"

#include "base/env.h"
#include "base/mem.h"
#include "base/run.h"

#include <string.h>

enum { PATIENCE_MS = 30 * 1000 };

static enum code run(struct secret **ret_token, char *const argv[],
                     struct err *err)
{
  AUTO_STR char *what = mem_printf("what '%s' writes", argv[0]);
  AUTO_BUF struct buf out = BUF_INIT(BUF_SECRET);
  enum code code;

  if (!what)
    return err_nomem(err);
  code = identity_run(&out, argv, PATIENCE_MS, err);
  return code == E_OK ? identity_text(ret_token, buf_text(&out), out.len,
                                      E_ANSWER, what, err)
                      : code;
}

/* --- Buildkite --------------------------------------------------------- */

static bool buildkite_present(void)
{
  const char *value = env_text("BUILDKITE");

  return value && strcmp(value, "true") == 0;
}

static enum code buildkite_mint(struct secret **ret_token,
                                const struct profile *profile,
                                const struct http_options *options,
                                struct err *err)
{
  AUTO_STR char *path = NULL;
  char oidc[] = "oidc", request[] = "request-token", audience[] = "--audience";
  enum code code = run_find(&path, "buildkite-agent", err);

  (void)options;
  if (code == E_NOT_FOUND)
    return err_set(err, E_ENVIRONMENT,
                   "buildkite-agent, which gives a job its identity token, is "
                   "not in PATH");
  if (code != E_OK)
    return code;
  char *const argv[] = {
      path, oidc, request, audience, profile->identity.audience, NULL};
  return run(ret_token, argv, err);
}

const struct identity_provider identity_buildkite = {
    .name = "buildkite",
    .title = "Buildkite",
    .present = buildkite_present,
    .mint = buildkite_mint,
    .malformed = E_ANSWER,
};

/* --- any program ------------------------------------------------------- */

static enum code command_mint(struct secret **ret_token,
                              const struct profile *profile,
                              const struct http_options *options,
                              struct err *err)
{
  const struct text_list *command = &profile->identity.command;
  AUTO_STR char *path = NULL;
  enum code code;

  (void)options;
  if (command->count == 0 || command->items[0][0] != '/')
    return err_set(err, E_PROFILE,
                   "profile '%s': identity.command names a program by its "
                   "absolute path",
                   profile->name);
  code = run_find(&path, command->items[0], err);
  if (code == E_NOT_FOUND)
    code = err->code = E_ENVIRONMENT;
  if (code != E_OK)
    return code;
  char **argv = mem_array(command->count + 1, sizeof(*argv));
  if (!argv)
    return err_nomem(err);
  memcpy(argv, command->items, command->count * sizeof(*argv));
  code = run(ret_token, argv, err);
  mem_free(argv);
  return code;
}

const struct identity_provider identity_command = {
    .name = "command",
    .title = "identity.command",
    .mint = command_mint,
    .malformed = E_ANSWER,
};

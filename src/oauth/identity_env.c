/* Platforms that put the token into a job's environment: GitLab, under a name
 * that the job's file chooses, and CircleCI, for an audience that nobody
 * chooses. */
#include "oauth/identity_provider.h"

#include "base/env.h"

#include <string.h>

static bool is_true(const char *name)
{
  const char *value = env_text(name);

  return value && strcmp(value, "true") == 0;
}

static enum code take(struct secret **ret_token, const char *name,
                      struct err *err)
{
  const char *text = env_text(name);

  return identity_text(ret_token, text, strlen(text), E_ENVIRONMENT, name, err);
}

/* --- GitLab ------------------------------------------------------------ */

static bool gitlab_present(void)
{
  return is_true("GITLAB_CI");
}

static void hint_gitlab(const struct profile *profile, const char *name,
                        struct err *err)
{
  err_hint(err, "id_tokens:");
  err_hint(err, "  %s:", name);
  err_hint(err, "    aud: %s", profile->identity.audience);
  err_hint(err, "belongs into the job of .gitlab-ci.yml");
}

static enum code gitlab_mint(struct secret **ret_token,
                             const struct profile *profile,
                             const struct http_options *options,
                             struct err *err)
{
  const char *name = profile->identity.variable;

  (void)options;
  if (!name) {
    (void)err_set(err, E_PROFILE,
                  "profile '%s' does not say which variable GitLab puts the "
                  "identity token into",
                  profile->name);
    err_hint(err, "fob profile set %s identity.variable FOB_ID_TOKEN",
             profile->name);
    hint_gitlab(profile, "FOB_ID_TOKEN", err);
    return E_PROFILE;
  }
  if (env_text(name))
    return take(ret_token, name, err);
  (void)err_set(err, E_ENVIRONMENT,
                "%s, where GitLab's identity token should be, is not set",
                name);
  hint_gitlab(profile, name, err);
  return E_ENVIRONMENT;
}

const struct identity_provider identity_gitlab = {
    .name = "gitlab",
    .title = "GitLab",
    .present = gitlab_present,
    .mint = gitlab_mint,
    .malformed = E_ENVIRONMENT,
};

/* --- CircleCI ---------------------------------------------------------- */

static bool circleci_present(void)
{
  return is_true("CIRCLECI");
}

static enum code circleci_mint(struct secret **ret_token,
                               const struct profile *profile,
                               const struct http_options *options,
                               struct err *err)
{
  (void)profile;
  (void)options;
  if (env_text("CIRCLE_OIDC_TOKEN_V2"))
    return take(ret_token, "CIRCLE_OIDC_TOKEN_V2", err);
  if (env_text("CIRCLE_OIDC_TOKEN"))
    return take(ret_token, "CIRCLE_OIDC_TOKEN", err);
  (void)err_set(err, E_ENVIRONMENT,
                "CIRCLE_OIDC_TOKEN_V2 is not set, and so CircleCI does not "
                "vouch for this job");
  err_hint(err, "the job needs a context:  context: [NAME]");
  return E_ENVIRONMENT;
}

const struct identity_provider identity_circleci = {
    .name = "circleci",
    .title = "CircleCI",
    .present = circleci_present,
    .mint = circleci_mint,
    .malformed = E_ENVIRONMENT,
};

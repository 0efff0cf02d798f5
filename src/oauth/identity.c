#include "oauth/identity.h"

#include "base/clock.h"
#include "base/env.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "oauth/identity_provider.h"

#include <string.h>

enum { SKEW = 60 }; /* seconds that two clocks may differ */

/* Those that are found by themselves first. */
static const struct identity_provider *const providers[] = {
    &identity_github,     &identity_gitlab,  &identity_buildkite,
    &identity_circleci,   &identity_google,  &identity_file,
    &identity_kubernetes, &identity_command,
};

const char *identity_title(const struct identity_provider *provider)
{
  return provider->title;
}

const char *identity_name(const struct identity_provider *provider)
{
  return provider->name;
}

/* --- which ------------------------------------------------------------- */

static const struct identity_provider *by_name(const char *name)
{
  for (size_t i = 0; i < ARRAY_LEN(providers); i++)
    if (strcmp(providers[i]->name, name) == 0)
      return providers[i];
  return NULL;
}

static enum code no_provider(const char *name, struct err *err)
{
  AUTO_BUF struct buf names = BUF_INIT(BUF_LINE);

  for (size_t i = 0; i < ARRAY_LEN(providers); i++)
    buf_printf(&names, "%s%s", i > 0 ? ", " : "", providers[i]->name);
  return err_set(err, E_USAGE, "there is no identity provider '%.40s': %s",
                 name, buf_text(&names));
}

static enum code no_audience(const struct profile *profile, const char *name,
                             struct err *err)
{
  const char *p = profile->name;

  (void)err_set(err, E_PROFILE,
                "profile '%s' states no identity.audience: a job's identity is "
                "for one audience, or for nobody",
                p);
  if (!profile->identity.provider)
    err_hint(err, "fob profile set %s identity.provider %s", p,
             *name ? name : "github");
  err_hint(err, "fob profile set %s identity.audience https://…", p);
  return E_PROFILE;
}

static enum code two_are_there(const struct profile *profile,
                               const struct identity_provider *a,
                               const struct identity_provider *b,
                               struct err *err)
{
  (void)err_set(err, E_ENVIRONMENT,
                "this is a job of %s and of %s: which of them is meant, the "
                "profile has to say",
                a->title, b->title);
  err_hint(err, "fob profile set %s identity.provider %s   or   %s",
           profile->name, a->name, b->name);
  return E_ENVIRONMENT;
}

static enum code find_present(const struct identity_provider **ret_provider,
                              const struct profile *profile, struct err *err)
{
  const struct identity_provider *found = NULL;

  if (profile->identity.path || profile->identity.command.count > 0) {
    (void)err_set(err, E_PROFILE,
                  "profile '%s' states identity.%s, but not identity.provider",
                  profile->name, profile->identity.path ? "path" : "command");
    err_hint(err, "fob profile set %s identity.provider %s", profile->name,
             profile->identity.path ? "kubernetes   (or file, google)"
                                    : "command");
    return E_PROFILE;
  }
  for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
    if (!providers[i]->present || !providers[i]->present())
      continue;
    if (found)
      return two_are_there(profile, found, providers[i], err);
    found = providers[i];
  }
  *ret_provider = found;
  return E_OK;
}

static enum code not_here(const char *title, struct err *err)
{
  return err_set(err, E_ENVIRONMENT,
                 "this is no job of %s: nothing here vouches for who runs it",
                 title);
}

enum code identity_find(const struct identity_provider **ret_provider,
                        const struct profile *profile, const char *wish,
                        struct err *err)
{
  const char *stated = profile->identity.provider;
  const struct identity_provider *provider = NULL;
  enum code code;

  *ret_provider = NULL;
  if (wish && *wish && !by_name(wish))
    return no_provider(wish, err);
  if (!profile->identity.audience)
    return wish ? no_audience(profile, wish, err) : E_OK;
  if (wish && *wish && stated && strcmp(wish, stated) != 0)
    return err_set(err, E_USAGE,
                   "the identity.audience of '%s' is for %s, and %s is another "
                   "provider",
                   profile->name, stated, wish);
  if (!stated && wish && *wish)
    stated = wish;
  if (!stated) {
    code = find_present(&provider, profile, err);
    if (code == E_OK && !provider && wish)
      code = not_here("GitHub Actions, GitLab, Buildkite or CircleCI", err);
    if (code == E_OK)
      *ret_provider = provider;
    return code;
  }
  provider = by_name(stated);
  if (!provider) /* the schema has let no other word pass */
    return no_provider(stated, err);
  if (!provider->present || provider->present())
    *ret_provider = provider;
  else if (wish)
    return not_here(provider->title, err);
  return E_OK;
}

/* --- what it says ------------------------------------------------------ */

void identity_clear(struct identity *identity)
{
  secret_free(identity->token);
  jwt_clear(&identity->jwt);
  *identity = (struct identity){0};
}

static enum code check_audience(const struct jwt *jwt, const char *what,
                                const struct profile *profile, struct err *err)
{
  const char *audience = profile->identity.audience;
  AUTO_STR char *found = NULL;
  enum code code;

  if (jwt_is_for(jwt, audience))
    return E_OK;
  code = jwt_audience(&found, jwt, err);
  if (code != E_OK)
    return code;
  (void)err_set(err, E_AUDIENCE, "not sent: %s is for %s, not for '%s'", what,
                found, audience);
  err_hint(err,
           "the job asks for that audience, or it is the right one: fob "
           "profile set %s identity.audience …",
           profile->name);
  return E_AUDIENCE;
}

/* A token that the platform hands out once, as a variable or a file, may be old
 * by now. */
static enum code check_expiry(const struct jwt *jwt, const char *what,
                              struct err *err)
{
  const json_t *exp = json_object_get(jwt->claims, "exp");
  AUTO_BUF struct buf when = BUF_INIT(BUF_LINE);
  int64_t at;

  if (!json_seconds(exp, &at) || at + SKEW > clock_wall())
    return E_OK;
  clock_rfc3339(&when, at);
  return err_set(err, E_NO_CREDENTIAL, "not sent: %s has expired, at %s", what,
                 buf_text(&when));
}

enum code identity_mint(struct identity *ret_identity,
                        const struct identity_provider *provider,
                        const struct profile *profile,
                        const struct http_options *options, struct err *err)
{
  AUTO_STR char *what = mem_printf("the identity token of %s", provider->title);
  AUTO_IDENTITY struct identity identity = {0};
  struct http_options platform = *options;
  enum code code;

  if (!what)
    return err_nomem(err);
  /* The profile's authorities are those of its API and its server. */
  if (platform.ca == profile->network_ca)
    platform.ca = NULL;
  code = provider->mint(&identity.token, profile, &platform, err);
  if (code == E_OK)
    code =
        jwt_read(&identity.jwt, identity.token, provider->malformed, what, err);
  if (code == E_OK)
    code = check_audience(&identity.jwt, what, profile, err);
  if (code == E_OK)
    code = check_expiry(&identity.jwt, what, err);
  if (code != E_OK)
    return code;
  log_line(LOG_VERBOSE, "%s, for '%s'", what, profile->identity.audience);
  *ret_identity = identity;
  identity = (struct identity){0};
  return E_OK;
}

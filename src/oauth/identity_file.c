/* Tokens in files: those that Kubernetes projects into a pod, and any other by
 * its path. Both are replaced from outside, and so read anew each time. */
#include "oauth/identity_provider.h"

#include "base/mem.h"

#include <string.h>
#include <unistd.h>

static enum code need_path(const struct profile *profile, const char *example,
                           struct err *err)
{
  if (profile->identity.path)
    return E_OK;
  (void)err_set(err, E_PROFILE,
                "profile '%s' does not say where the identity token lies",
                profile->name);
  err_hint(err, "fob profile set %s identity.path %s", profile->name, example);
  return E_PROFILE;
}

/* --- Kubernetes -------------------------------------------------------- */

static void hint_projection(const struct profile *profile, struct err *err)
{
  const char *path = profile->identity.path;
  const char *file = strrchr(path, '/') + 1;

  err_hint(err, "volumes:");
  err_hint(err, "- name: fob");
  err_hint(err, "  projected:");
  err_hint(err, "    sources:");
  err_hint(err, "    - serviceAccountToken: {path: %s, audience: '%s'}", file,
           profile->identity.audience);
  err_hint(err,
           "belongs into the pod, and a volumeMount at %.*s into the "
           "container",
           (int)(file - path), path);
}

static enum code kubernetes_mint(struct secret **ret_token,
                                 const struct profile *profile,
                                 const struct http_options *options,
                                 struct err *err)
{
  enum code code = need_path(profile, "/var/run/secrets/tokens/fob", err);

  (void)options;
  if (code != E_OK)
    return code;
  code = identity_read(ret_token, profile->identity.path, err);
  if (code != E_OK && access(profile->identity.path, F_OK) != 0)
    hint_projection(profile, err);
  return code;
}

const struct identity_provider identity_kubernetes = {
    .name = "kubernetes",
    .title = "Kubernetes",
    .mint = kubernetes_mint,
    .malformed = E_ENVIRONMENT,
};

/* --- any file ---------------------------------------------------------- */

static enum code file_mint(struct secret **ret_token,
                           const struct profile *profile,
                           const struct http_options *options, struct err *err)
{
  enum code code = need_path(profile, "/run/job/identity.jwt", err);

  (void)options;
  return code == E_OK ? identity_read(ret_token, profile->identity.path, err)
                      : code;
}

const struct identity_provider identity_file = {
    .name = "file",
    .title = "identity.path",
    .mint = file_mint,
    .malformed = E_ENVIRONMENT,
};

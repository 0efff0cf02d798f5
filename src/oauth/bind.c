#include "oauth/bind.h"

#include "oauth/present.h"

#include <string.h>

static bool says(const struct profile *profile, const char *word)
{
  return profile->dpop && strcmp(profile->dpop, word) == 0;
}

enum code bind_check(const struct profile *profile, struct err *err)
{
  if (!says(profile, "required") || present_can_bind(profile))
    return E_OK;
  (void)err_set(err, E_PROFILE,
                "profile '%s' demands DPoP, whose tokens go into "
                "'Authorization', and 'auth' has another place for them",
                profile->name);
  err_hint(err, "fob profile set %s auth=   or   fob profile set %s dpop off",
           profile->name, profile->name);
  return E_PROFILE;
}

enum code bind_client(struct client *client, const struct metadata *metadata,
                      struct err *err)
{
  static const char list[] = "dpop_signing_alg_values_supported";
  const struct profile *profile = client->profile;
  bool listed = metadata && metadata_lists(metadata, list, "ES256");
  bool required = says(profile, "required");

  if (required && !listed && metadata && metadata_states(metadata, list))
    return err_set(err, E_LESS,
                   "profile '%s' demands DPoP, and the server does not list "
                   "ES256 for it",
                   profile->name);
  if (!required &&
      !(says(profile, "auto") && listed && present_can_bind(profile)))
    return E_OK;
  return dpop_make(&client->dpop, err);
}

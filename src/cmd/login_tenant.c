/* Whose installation of a preset's server is meant: --tenant. */
#include "cmd/login.h"

#include "base/json.h"
#include "base/mem.h"
#include "profile/preset.h"

#include <string.h>

static enum code no_preset(const struct login *login, struct err *err)
{
  (void)err_set(err, E_USAGE,
                "--tenant is for a preset's servers, and '%s' is not made from "
                "one",
                login->profile->name);
  err_hint(err, "its addresses are given by  --issuer URL   --api URL");
  return E_USAGE;
}

enum code login_apply_tenant(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  AUTO_JSON json_t *members = NULL;
  const char *member;
  json_t *value;
  enum code code;

  if (options->tenant == NULL)
    return E_OK;
  if (login->profile->preset == NULL)
    return no_preset(login, err);
  code = preset_tenant(login->profile->preset, options->tenant, &members, err);
  json_object_foreach(members, member, value)
  {
    /* --api gives the bases alone, and --issuer replaces that one anyway. */
    bool said = options->api.count > 0 && strcmp(member, "api") == 0;
    if (code == E_OK && !said)
      code = profile_set(&login->profile, member, value, err);
  }
  return code;
}

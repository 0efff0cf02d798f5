/* Where somebody's own installation is: by --tenant before the login, by the
 * token answer after it. */
#include "cmd/login.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/api_base.h"
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

/* As it is written down: no slash behind it. */
static json_t *base_text(const char *base)
{
  size_t len = strlen(base);

  return json_stringn(base, len > 0 && base[len - 1] == '/' ? len - 1 : len);
}

enum code login_take_bases(struct login *login, const struct record *record,
                           struct err *err)
{
  const struct record_bound *bound = &record->bound;
  AUTO_JSON json_t *bases = json_array();

  if (login->method == LOGIN_PAT || !api_base_wanted(login->profile))
    return E_OK;
  for (size_t i = 0; i < bound->api_count; i++)
    if (json_array_append_new(bases, base_text(bound->api[i])) != 0)
      return err_nomem(err);
  if (json_equal(bases, json_object_get(login->profile->json, "api")))
    return E_OK;
  return profile_set(&login->profile, "api", bases, err);
}

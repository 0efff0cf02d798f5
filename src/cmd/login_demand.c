/* A login that an API demanded (RFC 9470): what it is to be like goes into the
 * request, and not into the profile, whose owner did not say so. Only scope
 * stays there, as --add-scope does. */
#include "cmd/login.h"

#include "base/json.h"
#include "base/mem.h"

enum code login_demand_put(struct login *login, json_t **ret_before,
                           struct err *err)
{
  const struct step_up *demand = login->demand;
  json_t *now;
  AUTO_STR char *age = NULL;
  enum code code;

  *ret_before = NULL;
  if (demand == NULL)
    return E_OK;
  now = json_pointer(login->profile->own, "/params");
  if (now != NULL && (*ret_before = json_deep_copy(now)) == NULL)
    return err_nomem(err);
  if (demand->max_age >= 0) {
    age = mem_printf("%lld", (long long)demand->max_age);
    if (age == NULL)
      return err_nomem(err);
  }
  code = login_set_text(login, "params.authorize.acr_values",
                        demand->acr_values, err);
  return code == E_OK
             ? login_set_text(login, "params.authorize.max_age", age, err)
             : code;
}

enum code login_demand_undo(struct login *login, json_t *before,
                            struct err *err)
{
  return login->demand == NULL
             ? E_OK
             : profile_set(&login->profile, "params", before, err);
}

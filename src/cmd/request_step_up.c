#include "cmd/request.h"

#include "base/log.h"
#include "base/mem.h"
#include "cmd/login.h"
#include "cmd/ui.h"

/* A token of the person's own, a service's and FOB_TOKEN are what they are. */
static bool may_log_in(const struct request *request)
{
  const struct profile *profile = request->selection.profile;

  return request->selection.env == NULL && ui_can_ask() &&
         (profile->grant == GRANT_AUTHORIZATION_CODE ||
          profile->grant == GRANT_DEVICE_CODE);
}

static void put_demand(struct buf *question, const struct step_up *demand)
{
  if (demand->kind == STEP_UP_SCOPE)
    buf_puts(question, "more scope");
  else
    buf_puts(question, "a stronger or newer login");
  if (demand->acr_values != NULL)
    buf_printf(question, ", acr_values \"%s\"", demand->acr_values);
  if (demand->max_age >= 0)
    buf_printf(question, ", at most %lld s old", (long long)demand->max_age);
  if (demand->scope != NULL)
    buf_printf(question, ", \"%s\"", demand->scope);
}

enum code request_offer_login(const struct request *request,
                              const struct step_up *demand, bool *ret_yes,
                              struct err *err)
{
  AUTO_BUF struct buf question = BUF_INIT(BUF_LINE);
  enum code code;

  *ret_yes = false;
  if (!may_log_in(request) ||
      (demand->kind == STEP_UP_SCOPE && demand->scope == NULL))
    return E_OK;
  buf_printf(&question, "%s demands ", request->url->origin);
  put_demand(&question, demand);
  buf_printf(&question, ". Log in to '%s' so?",
             request->selection.profile->name);
  code = buf_check(&question, err);
  return code == E_OK ? ui_confirm(buf_text(&question), ret_yes, err) : code;
}

enum code request_meet_demand(struct ctx *ctx, const struct request *request,
                              const struct step_up *demand, bool *ret_again,
                              struct err *err)
{
  struct err failed = ERR_INIT;
  enum code code = request_offer_login(request, demand, ret_again, err);

  if (code != E_OK || !*ret_again)
    return code;
  code = login_to_profile(ctx, request->selection.profile, demand, &failed);
  if (code == E_SIGNAL) {
    *err = failed;
    return code;
  }
  if (code != E_OK) {
    log_warn("%s", failed.message);
    *ret_again = false;
  }
  return E_OK;
}

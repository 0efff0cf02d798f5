/* The authorization code grant (RFC 6749 §4.1, RFC 7636): a person in a
 * browser, whose page is answered once all of it is known. */
#include "oauth/login_ways.h"

#include "base/mem.h"
#include "oauth/browser.h"
#include "oauth/form.h"
#include "oauth/grant.h"
#include "oauth/token.h"

/* RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 8707 §2.2. */
static enum code code_form(struct buf *form, const struct profile *profile,
                           const struct authorize *authorize,
                           const struct secret *authorization_code,
                           struct err *err)
{
  token_parameter(form, profile, "grant_type", "authorization_code");
  token_parameter(form, profile, "code", secret_reveal(authorization_code));
  token_parameter(form, profile, "redirect_uri", authorize->redirect_uri);
  token_parameter(form, profile, "code_verifier",
                  secret_reveal(authorize->verifier));
  token_each(form, profile, "resource", &profile->resource);
  return form_add_members(form, profile->params_token, form, err);
}

static enum code redeem_code(struct browser *browser,
                             const struct login_request *request,
                             const struct metadata *metadata,
                             const struct client *client,
                             struct login_result *result, struct err *err)
{
  AUTO(secret) authorization_code = NULL;
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  const struct grant grant = {.request = request,
                              .client = client,
                              .metadata = metadata,
                              .scope = browser->authorize->scope,
                              .nonce = browser->authorize->nonce,
                              .asked_at = browser->authorize->asked_at};
  enum code code =
      browser_wait(browser, request, metadata, &authorization_code, err);

  if (code == E_OK)
    code = code_form(&form, request->profile, browser->authorize,
                     authorization_code, err);
  if (code == E_OK)
    code = grant_redeem(result->record, &grant, &form, err);
  return code;
}

enum code login_by_browser(const struct login_request *request,
                           const struct metadata *metadata,
                           struct client *client, struct login_result *result,
                           struct err *err)
{
  AUTO_BROWSER struct browser browser = {0};
  struct err failed = ERR_INIT;
  enum code code = browser_prepare(&browser, request, metadata, client, err);

  if (code != E_OK)
    return code;
  if (browser.authorize->scope) {
    result->scope_asked = mem_str(browser.authorize->scope);
    if (!result->scope_asked)
      return err_nomem(err);
  }
  code = redeem_code(&browser, request, metadata, client, result, &failed);
  browser_answer(&browser, code == E_OK ? NULL : &failed);
  if (code != E_OK && err)
    *err = failed;
  return code;
}

/* What a login needs before anything is sent or opened, and what to say where
 * it is missing: the server, the client. */
#include "cmd/login.h"

#include "base/json.h"
#include "base/mem.h"
#include "profile/preset.h"

#include <string.h>

/* --- where ---------------------------------------------------------------- */

/* Where a login goes: an issuer, or endpoints without one. */
static bool has_server(const struct profile *profile)
{
  return profile->issuer != NULL ||
         (profile->metadata != NULL &&
          json_text(profile->metadata, "token_endpoint") != NULL);
}

enum code login_need_server(const struct login *login, struct err *err)
{
  const struct profile *profile = login->profile;
  bool pat = login->method == LOGIN_PAT;
  AUTO_STR char *address = NULL;

  if (pat ? profile->api.count > 0 : has_server(profile))
    return E_OK;
  if (profile->preset != NULL) {
    enum code code = preset_tenant_wanted(profile->preset, &address, err);
    if (code != E_OK)
      return code;
  }
  if (address != NULL) {
    (void)err_set(err, E_USAGE, "'%s' is at an address of your own, '%s'",
                  profile->preset, address);
    login_hint_again(login, err, "--tenant TENANT");
  } else if (pat) {
    (void)err_set(err, E_USAGE, "'%s' does not say which API the token is for",
                  profile->name);
    login_hint_again(login, err, "--api https://api.example.com");
  } else if (profile->preset != NULL) {
    (void)err_set(err, E_USAGE,
                  "the preset '%s' does not say where its server is",
                  profile->preset);
    login_hint_again(login, err, "--issuer URL");
    if (profile->description != NULL)
      err_hint(err, "%s", profile->description);
  } else {
    return E_OK; /* whoever looks for it finds better words */
  }
  return E_USAGE;
}

/* --- as which client -------------------------------------------------------
 */

/* The method that a profile demands takes a secret. */
static bool wants_secret(const struct profile *profile)
{
  return profile->client.auth_stated &&
         profile->client.auth >= CLIENT_SECRET_BASIC &&
         profile->client.auth <= CLIENT_SECRET_JWT;
}

bool login_needs_secret(const struct login *login)
{
  return login->method == LOGIN_CLIENT_CREDENTIALS ||
         (login->method != LOGIN_PAT && wants_secret(login->profile));
}

/* A preset without account.path has no tokens of one's own that a login could
 * try. */
static void hint_pat(const struct login *login, struct err *err)
{
  const struct profile *profile = login->profile;
  const char *tenant = login->options->tenant;
  const char *name = login->ctx->globals.profile;

  if (profile->api.count == 0 ||
      (profile->preset != NULL && profile->account.path == NULL))
    return;
  err_hint(err, "or, with a token of your own:  fob login %s%s%s --pat%s%s",
           profile->preset != NULL ? profile->preset : profile->api.items[0],
           tenant != NULL ? " --tenant " : "", tenant != NULL ? tenant : "",
           name != NULL ? " -p " : "", name != NULL ? name : "");
}

enum code login_say_no_client(const struct login *login, struct err *err)
{
  const struct profile *profile = login->profile;
  const struct text_list *redirects = &profile->login.redirect_uris;
  const char *page = ctx_page(profile, "register_url");
  bool browser = login_is_a_persons(login) && login->method != LOGIN_DEVICE;
  bool redirect = browser && redirects->count > 0;

  (void)err_set(err, E_USAGE, "'%s' has no client id, and its server wants one",
                profile->name);
  if (page != NULL)
    err_hint(err, "register one at %s%s", page, redirect ? "" : ", then");
  if (redirect)
    err_hint(err, "%swith the redirect URI %s, then",
             page != NULL ? "  " : "register one ", redirects->items[0]);
  login_hint_again(login, err,
                   wants_secret(profile)
                       ? "--client-id ID --client-secret-file FILE"
                       : "--client-id ID");
  if (login_is_a_persons(login))
    hint_pat(login, err);
  return E_USAGE;
}

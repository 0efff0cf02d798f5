/* Login from an API's URL. What the API says of itself is taken as far as
 * neither the options nor the profile say otherwise; who may see the person's
 * login is never taken from it without a look: a hostile API could name the
 * server of another one, and be given that one's tokens. */
#include "cmd/login.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/issuer.h"
#include "oauth/metadata.h"
#include "oauth/resource.h"

#include <string.h>

/* Which command asks for the same, of another resource. */
static void hint_meant(const struct login *login, const char *meant,
                       struct err *err)
{
  const char *name = login->ctx->globals.profile;

  err_hint(err, "fob login %s%s%s", meant, name != NULL ? " -p " : "",
           name != NULL ? name : "");
}

/* --- the server ----------------------------------------------------------- */

static enum code no_server(const struct login *login,
                           const struct resource *resource, struct err *err)
{
  (void)err_set(err, E_USAGE,
                "'%s' names no authorization server in its metadata",
                resource->id);
  login_hint_again(login, err, "--issuer URL");
  login_hint_again(login, err, "--pat   with a token of your own");
  return E_USAGE;
}

static enum code several(const struct login *login,
                         const struct resource *resource, struct err *err)
{
  (void)err_set(err, E_USAGE,
                "'%s' takes tokens of several servers: say which one",
                resource->id);
  for (size_t i = 0; i < resource->servers.count && i < 4; i++) {
    AUTO_STR char *option =
        mem_printf("--issuer %s", resource->servers.items[i]);

    if (option == NULL)
      return err_nomem(err);
    login_hint_again(login, err, option);
  }
  return E_USAGE;
}

/* --issuer, or what the profile says, as the API spells it. */
static const char *named(const struct resource *resource, const char *issuer)
{
  for (size_t i = 0; i < resource->servers.count; i++) {
    enum issuer_match match =
        issuer_compare(issuer, resource->servers.items[i]);

    if (match == ISSUER_EXACT || match == ISSUER_SLASH)
      return resource->servers.items[i];
  }
  return NULL;
}

static enum code refuse(const struct login *login,
                        const struct resource *resource, const char *server,
                        const char *why, struct err *err)
{
  AUTO_STR char *option = mem_printf("--issuer %s", server);

  if (option == NULL)
    return err_nomem(err);
  (void)err_set(err, E_ORIGIN,
                "'%s' says that another host, '%s', issues its tokens, and %s",
                resource->id, server, why);
  login_hint_again(login, err, option);
  return E_ORIGIN;
}

static enum code confirm(const struct login *login, const struct url *api,
                         const struct resource *resource, const char *server,
                         struct err *err)
{
  AUTO(url) url = NULL;
  bool yes = login->options->yes;
  enum code code = url_parse(&url, server, URL_NO_QUERY, E_ANSWER,
                             "authorization_servers", err);

  if (code != E_OK || resource_owns(api, url))
    return code;
  if (!ui_can_ask())
    return refuse(login, resource, server, "nobody is here to confirm that",
                  err);
  if (yes)
    return E_OK;
  ui_say("The API    %s", resource->id);
  ui_say("says that  %s   issues its tokens.", url->text);
  code = ui_confirm("What is granted there, the API gets. Log in there?", &yes,
                    err);
  if (code != E_OK || yes)
    return code;
  return refuse(login, resource, server, "that was not confirmed", err);
}

static enum code choose_server(const struct login *login, const struct url *api,
                               const struct resource *resource,
                               char **ret_server, struct err *err)
{
  const char *server = NULL;
  const char *issuer = login->options->issuer != NULL ? login->options->issuer
                                                      : login->profile->issuer;

  enum code code = E_OK;

  if (issuer != NULL) {
    server = named(resource, issuer);
    if (server == NULL && resource->servers.count > 0)
      log_warn("'%s' does not name '%s' among those that issue its tokens",
               resource->id, issuer);
    if (server == NULL)
      server = issuer;
  } else if (resource->servers.count == 1) {
    server = resource->servers.items[0];
    code = confirm(login, api, resource, server, err);
  } else {
    return resource->servers.count == 0 ? no_server(login, resource, err)
                                        : several(login, resource, err);
  }
  if (code != E_OK)
    return code;
  *ret_server = mem_str(server);
  return *ret_server == NULL ? err_nomem(err) : E_OK;
}

/* --- the profile ---------------------------------------------------------- */

static enum code set_scopes(struct login *login,
                            const struct resource *resource, struct err *err)
{
  const struct text_list *scopes = &resource->scopes;

  if (login->profile->scope_stated || scopes->count == 0)
    return E_OK;
  login->api_scope = true;
  return login_set_list(login, "scope", (const char *const *)scopes->items,
                        scopes->count, err);
}

enum code login_api_scopes(struct login *login, const struct record *old,
                           struct err *err)
{
  AUTO_JSON json_t *scopes = NULL;

  if (!login->api_scope || login->options->scope.count > 0 ||
      !login_is_a_persons(login) || login->profile->offline == OFFLINE_NO ||
      text_list_has(&login->profile->scope, "openid"))
    return E_OK;
  enum code code = login_metadata(login, old, err);
  if (code != E_OK ||
      !metadata_lists(login->metadata, "scopes_supported", "openid") ||
      !metadata_lists(login->metadata, "scopes_supported", "offline_access"))
    return code;
  scopes = json_deep_copy(json_object_get(login->profile->own, "scope"));
  if (scopes == NULL ||
      json_array_insert_new(scopes, 0, json_string("openid")) != 0)
    return err_nomem(err);
  return profile_set(&login->profile, "scope", scopes, err);
}

static enum code apply(struct login *login, const struct url *url,
                       const struct resource *resource, const char *server,
                       struct err *err)
{
  enum code code = login_add_api(login, url, err);

  if (code == E_OK)
    code = login_set(login, "issuer", json_string(server), err);
  if (code == E_OK && login->profile->resource.count == 0)
    code = login_set(login, "resource", json_pack("[s]", resource->id), err);
  if (code == E_OK)
    code = set_scopes(login, resource, err);
  if (code == E_OK && resource->dpop)
    code = login_set(login, "dpop", json_string("required"), err);
  if (code == E_OK && resource->certificate && login->options->cert == NULL &&
      login->profile->client.cert == NULL)
    log_warn("'%s' takes only tokens that are bound to a client certificate: "
             "log in with  --cert FILE --key FILE",
             resource->id);
  return code;
}

enum code login_take_api(struct login *login, struct http *http,
                         const struct url *url, bool *ret_is_api,
                         struct err *err)
{
  AUTO_TRACE struct resource_trace trace = {0};
  AUTO(resource) resource = NULL;
  AUTO_STR char *server = NULL;
  enum code code = resource_find(&resource, http, url, &trace, err);

  *ret_is_api = trace.is_api;
  if (code != E_OK) {
    if (trace.meant != NULL)
      hint_meant(login, trace.meant, err);
    return code;
  }
  code = choose_server(login, url, resource, &server, err);
  if (code == E_OK)
    code = apply(login, url, resource, server, err);
  return code;
}

#include "cmd/login.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/metadata.h"
#include "profile/preset.h"
#include "profile/select.h"

#include <string.h>

/* A new profile's name for a host: "login.acme.example" as it is, "[::1]" and a
 * port made fit. */
static enum code name_for_host(const struct url *url, char **ret_name,
                               struct err *err)
{
  AUTO_BUF struct buf name = BUF_INIT(PROFILE_NAME_MAX);

  for (const char *at = url->origin + strlen(url->scheme) + 3; *at != '\0';
       at++) {
    bool fits = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') ||
                *at == '.' || *at == '-';
    if (fits && (name.len > 0 || (*at != '.' && *at != '-')))
      buf_putc(&name, *at);
    else if (!fits && name.len > 0)
      buf_putc(&name, '-');
  }
  enum code code = buf_detach(&name, ret_name, NULL, err);
  if (code == E_OK && profile_name_valid(*ret_name))
    return E_OK;
  if (code == E_OK) {
    mem_free(*ret_name);
    *ret_name = NULL;
  }
  (void)err_set(err, E_USAGE, "no profile name can be made of '%s'",
                url->origin);
  err_hint(err, "fob login -p NAME ...");
  return E_USAGE;
}

static enum code open_profile(struct login *login, const char *name,
                              const char *preset, struct err *err)
{
  enum code code = profile_load(&login->profile, name, err);

  login->is_new = code == E_NO_PROFILE;
  if (!login->is_new)
    return code;
  err_clear(err);
  return profile_new(&login->profile, name, preset, err);
}

static enum code set_member(struct login *login, const char *member,
                            json_t *value, struct err *err)
{
  AUTO_JSON json_t *owned = value;

  if (owned == NULL)
    return err_nomem(err);
  return profile_set(&login->profile, member, owned, err);
}

static enum code set_text(struct login *login, const char *member,
                          const char *text, struct err *err)
{
  if (text == NULL)
    return E_OK;
  json_t *value = json_string(text);
  if (value == NULL)
    return err_set(err, E_USAGE, "the value for '%s' is not UTF-8", member);
  return set_member(login, member, value, err);
}

/* Is this URL an issuer: does a well-known document under it carry that very
 * issuer? E_OK with *ret_issuer, E_NOT_FOUND when nothing answers so. */
static enum code probe_issuer(struct login *login, const struct url *url,
                              char **ret_issuer, struct err *err)
{
  struct http_options options;
  AUTO(http) http = NULL;
  AUTO(metadata) metadata = NULL;
  enum code code = ctx_http_options(login->ctx, login->profile, &options, err);

  if (code == E_OK)
    code = http_new(&http, &options, err);
  if (code == E_OK)
    code = metadata_discover(&metadata, http, url->text, DISCOVERY_AUTO, err);
  if (code != E_OK)
    return code;
  *ret_issuer = mem_str(metadata->issuer);
  return *ret_issuer == NULL ? err_nomem(err) : E_OK;
}

/* A base as it is written down: no slash behind it. */
static enum code base_text(const struct url *url, char **ret_text,
                           struct err *err)
{
  size_t len = strlen(url->text);

  while (len > strlen(url->origin) && url->text[len - 1] == '/')
    len--;
  *ret_text = mem_copy(url->text, len);
  return *ret_text == NULL ? err_nomem(err) : E_OK;
}

static enum code add_api(struct login *login, const struct url *url,
                         struct err *err)
{
  AUTO_STR char *base = NULL;
  AUTO_STR char *assignment = NULL;
  enum code code = base_text(url, &base, err);

  if (code != E_OK || text_list_has(&login->profile->api, base))
    return code;
  assignment = mem_printf("api+=%s", base);
  return assignment == NULL ? err_nomem(err)
                            : profile_edit(&login->profile, assignment, err);
}

static enum code add_api_text(struct login *login, const char *text,
                              struct err *err)
{
  AUTO(url) url = NULL;
  enum code code =
      url_parse(&url, text, URL_ADD_HTTPS | URL_NO_QUERY | URL_STRICT_PATH,
                E_USAGE, "--api", err);

  return code == E_OK ? add_api(login, url, err) : code;
}

/* What TARGET is for a profile that has neither it as base nor as issuer. */
static enum code apply_url(struct login *login, const struct url *url,
                           struct err *err)
{
  AUTO_STR char *issuer = NULL;
  AUTO_STR char *why = NULL;

  if (login->options->pat != NULL || login->options->issuer != NULL)
    return add_api(login, url, err);
  if (login->profile->issuer != NULL &&
      issuer_compare(login->profile->issuer, url->text) != ISSUER_OTHER)
    return E_OK;

  enum code code = probe_issuer(login, url, &issuer, err);
  if (code == E_OK)
    return set_text(login, "issuer", issuer, err);
  if (code == E_SIGNAL || code == E_NOMEM)
    return code;
  why = mem_str(err->message);
  if (why == NULL)
    return err_nomem(err);
  (void)err_set(err, E_USAGE, "'%s' does not answer as an issuer: %s",
                url->text, why);
  err_hint(err,
           "an API? name its issuer:  fob login %s --issuer URL "
           "--client-id ID",
           url->text);
  err_hint(err, "an API with tokens of your own?  fob login %s --pat",
           url->text);
  return E_USAGE;
}

static enum code find_by_url(struct login *login, const char *target,
                             struct err *err)
{
  const char *name = login->ctx->globals.profile;
  AUTO(url) url = NULL;
  AUTO_STR char *made = NULL;
  enum code code =
      url_parse(&url, target, URL_ADD_HTTPS | URL_NO_QUERY | URL_STRICT_PATH,
                E_USAGE, "TARGET", err);

  if (code == E_OK && name == NULL) {
    code = select_for_login(url, &login->profile, err);
    if (code == E_OK && login->profile != NULL)
      return E_OK;
    if (code == E_OK)
      code = name_for_host(url, &made, err);
    name = made;
  }
  if (code == E_OK)
    code = open_profile(login, name, NULL, err);
  return code == E_OK ? apply_url(login, url, err) : code;
}

static enum code find_without_target(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  const char *name = login->ctx->globals.profile;
  struct config *config;
  AUTO_STR char *why = NULL;

  if (name != NULL)
    return open_profile(login, name, NULL, err);
  if (options->issuer != NULL || options->api.count > 0) {
    AUTO(url) url = NULL;
    AUTO_STR char *made = NULL;
    const char *text =
        options->api.count > 0 ? options->api.items[0] : options->issuer;
    enum code code = url_parse(&url, text, URL_ADD_HTTPS | URL_NO_QUERY,
                               E_USAGE, "the URL", err);
    if (code == E_OK)
      code = name_for_host(url, &made, err);
    return code == E_OK ? open_profile(login, made, NULL, err) : code;
  }
  enum code code = ctx_config(login->ctx, &config, err);
  if (code == E_OK)
    code = select_profile(NULL, NULL, config, &login->profile, &why, err);
  if (code == E_NO_PROFILE || code == E_AMBIGUOUS)
    err_hint(err, "fob login TARGET   with a preset, an API's or an issuer's "
                  "URL");
  return code;
}

/* Splits each given scope at blanks: --scope 'a b' --scope c. */
static enum code set_scopes(struct login *login, const struct opt_list *given,
                            bool add, struct err *err)
{
  AUTO_JSON json_t *scopes = json_array();
  enum code code = scopes == NULL ? err_nomem(err) : E_OK;

  if (given->count == 0)
    return code;
  for (size_t i = 0; add && i < login->profile->scope.count; i++) {
    if (json_array_append_new(scopes,
                              json_string(login->profile->scope.items[i])) != 0)
      return err_nomem(err);
  }
  for (size_t i = 0; i < given->count; i++) {
    for (const char *at = given->items[i]; *at != '\0';) {
      size_t len = strcspn(at, " ");
      if (len > 0 && json_array_append_new(scopes, json_stringn(at, len)) != 0)
        return err_set(err, E_USAGE, "--scope is not UTF-8");
      at += len + strspn(at + len, " ");
    }
  }
  return profile_set(&login->profile, "scope", scopes, err);
}

static enum code set_list(struct login *login, const char *member,
                          const struct opt_list *given, struct err *err)
{
  AUTO_JSON json_t *list = json_array();

  if (given->count == 0)
    return E_OK;
  if (list == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < given->count; i++) {
    if (json_array_append_new(list, json_string(given->items[i])) != 0)
      return err_set(err, E_USAGE, "the value for '%s' is not UTF-8", member);
  }
  return profile_set(&login->profile, member, list, err);
}

/* 'X-API-Key: {token}' */
static enum code set_auth_header(struct login *login, struct err *err)
{
  const char *line = login->options->auth_header;
  size_t name = line != NULL ? strcspn(line, ":") : 0;

  if (line == NULL)
    return E_OK;
  const char *format = line[name] == ':' ? line + name + 1 : "";
  format += strspn(format, " ");
  if (name == 0 || strstr(format, "{token}") == NULL) {
    (void)err_set(err, E_USAGE,
                  "--auth-header names a header and the place of the token");
    err_hint(err, "--auth-header 'X-API-Key: {token}'");
    return E_USAGE;
  }
  return set_member(login, "auth",
                    json_pack("{s:s, s:s%, s:s}", "in", "header", "name", line,
                              name, "format", format),
                    err);
}

static enum code set_params(struct login *login, struct err *err)
{
  const struct opt_list *params = &login->options->param;

  for (size_t i = 0; i < params->count; i++) {
    const char *param = params->items[i];
    size_t name = strcspn(param, "=");
    if (name == 0 || param[name] != '=')
      return err_set(err, E_USAGE, "--param takes NAME=VALUE");
    AUTO_STR char *member =
        mem_printf("params.authorize.%.*s", (int)name, param);
    if (member == NULL)
      return err_nomem(err);
    enum code code = set_text(login, member, param + name + 1, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

static enum code set_auth(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;

  if (options->user != NULL && options->auth_header != NULL)
    return err_set(err, E_USAGE, "--user and --auth-header exclude each other");
  if (options->user != NULL)
    return set_member(
        login, "auth",
        json_pack("{s:s, s:s}", "scheme", "basic", "user", options->user), err);
  return set_auth_header(login, err);
}

static enum code set_grant(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  const char *grant = NULL;

  if (options->pat != NULL)
    grant = "token";
  else if (options->client_credentials)
    grant = "client_credentials";
  else if (options->browser != NULL || options->paste)
    grant = "authorization_code";
  if (grant == NULL ||
      strcmp(grant, profile_grant_name(login->profile->grant)) == 0)
    return E_OK;
  return set_text(login, "grant", grant, err);
}

static enum code apply_options(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  enum code code = E_OK;

  if (options->offline && options->no_offline)
    return err_set(err, E_USAGE,
                   "--offline and --no-offline exclude each "
                   "other");
  for (size_t i = 0; code == E_OK && i < options->api.count; i++)
    code = add_api_text(login, options->api.items[i], err);
  if (code == E_OK)
    code = set_text(login, "issuer", options->issuer, err);
  if (code == E_OK)
    code = set_text(login, "client.id", options->client_id, err);
  if (code == E_OK)
    code = set_text(login, "client.auth", options->client_auth, err);
  if (code == E_OK)
    code = set_grant(login, err);
  if (code == E_OK)
    code = set_scopes(login, &options->scope, false, err);
  if (code == E_OK)
    code = set_scopes(login, &options->add_scope, true, err);
  if (code == E_OK && (options->offline || options->no_offline))
    code = set_member(login, "offline", json_boolean(options->offline), err);
  if (code == E_OK)
    code = set_list(login, "resource", &options->resource, err);
  if (code == E_OK)
    code = set_list(login, "audience", &options->audience, err);
  if (code == E_OK)
    code = set_list(login, "login.redirect_uris", &options->redirect_uri, err);
  if (code == E_OK)
    code = set_text(login, "login.prompt", options->prompt, err);
  if (code == E_OK)
    code = set_auth(login, err);
  return code == E_OK ? set_params(login, err) : code;
}

enum code login_find_profile(struct login *login, const char *target,
                             struct err *err)
{
  const char *name = login->ctx->globals.profile;
  enum code code;

  if (target == NULL)
    code = find_without_target(login, err);
  else if (profile_name_valid(target) && preset_exists(target))
    code = open_profile(login, name != NULL ? name : target, target, err);
  else if (strchr(target, '.') == NULL && strchr(target, ':') == NULL &&
           strchr(target, '/') == NULL) {
    (void)err_set(err, E_USAGE, "there is no preset '%s', and it is no URL",
                  target);
    if (profile_exists(target))
      err_hint(err, "fob login -p %s   logs in to the profile of that name",
               target);
    return E_USAGE;
  } else
    code = find_by_url(login, target, err);
  if (code != E_OK)
    return code;

  if (login->profile->read_only)
    return err_set(err, E_PROFILE, "the profile '%s' is read-only here: %s",
                   login->profile->name,
                   login->profile->path != NULL ? login->profile->path : "");
  code = apply_options(login, err);
  return code == E_OK ? profile_check_urls(login->profile, err) : code;
}

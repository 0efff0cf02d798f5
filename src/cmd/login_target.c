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
static enum code name_for_host(const struct login *login, const struct url *url,
                               char **ret_name, struct err *err)
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
  if (name.failed == E_NOMEM)
    return err_nomem(err);
  if (profile_name_valid(buf_text(&name)))
    return buf_detach(&name, ret_name, NULL, err);
  (void)err_set(err, E_USAGE, "no profile name can be made of '%s'",
                url->origin);
  login_hint_again(login, err, "-p NAME");
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

/* Is this URL an issuer: does a well-known document under it carry that very
 * issuer? E_OK with *ret_issuer; E_NOT_FOUND, E_ANSWER or E_CHECK when nothing
 * answers so (many sites answer every path with a page). */
static enum code probe_issuer(struct http *http, const struct url *url,
                              char **ret_issuer, struct err *err)
{
  AUTO(metadata) metadata = NULL;
  enum code code =
      metadata_discover(&metadata, http, url->text, DISCOVERY_AUTO, err);

  if (code != E_OK)
    return code;
  /* {tenantid} is filled by the first ID token, not by the profile. */
  *ret_issuer = mem_str(
      issuer_is_template(metadata->issuer) ? url->text : metadata->issuer);
  return *ret_issuer == NULL ? err_nomem(err) : E_OK;
}

static enum code not_an_issuer(const struct login *login, const struct url *url,
                               bool is_api, const struct err *why,
                               struct err *err)
{
  const char *name = login->ctx->globals.profile;
  const char *p = name != NULL ? " -p " : "";

  name = name != NULL ? name : "";
  if (is_api)
    (void)err_set(err, E_USAGE,
                  "'%s' asks for a credential, and does not say who issues one",
                  url->text);
  else
    (void)err_set(err, E_USAGE, "'%s' is no issuer: %s", url->text,
                  why->message);
  err_hint(err,
           "an API? say who issues its tokens:  fob login %s%s%s --issuer URL "
           "--client-id ID",
           url->text, p, name);
  err_hint(err, "with a token of your own:           fob login %s%s%s --pat",
           url->text, p, name);
  err_hint(err, "an issuer without metadata? its endpoints go into a profile: "
                "man 5 fob-profile");
  return E_USAGE;
}

/* Neither an issuer (why) nor, so far, anything else: what the API says (RFC
 * 9728) decides. */
static enum code apply_other(struct login *login, struct http *http,
                             const struct url *url, const struct err *why,
                             struct err *err)
{
  bool is_api = false;
  enum code code = login_take_api(login, http, url, &is_api, err);

  if (code != E_NOT_FOUND)
    return code;
  if (why->code == E_CHECK && !is_api) {
    *err = *why;
    return why->code;
  }
  return not_an_issuer(login, url, is_api, why, err);
}

static enum code probe(struct login *login, const struct url *url,
                       struct err *err)
{
  struct http_options options;
  struct err why = ERR_INIT;
  AUTO(http) http = NULL;
  AUTO_STR char *issuer = NULL;
  bool is_api;
  enum code code = ctx_http_options(login->ctx, login->profile, &options, err);

  if (code == E_OK)
    code = http_new(&http, &options, err);
  if (code != E_OK)
    return code;
  if (login->options->issuer != NULL) {
    code = login_take_api(login, http, url, &is_api, err);
    if (code != E_NOT_FOUND && code != E_CHECK)
      return code;
    if (code == E_CHECK) /* the person has said who issues its tokens */
      log_warn("not used: %s", err->message);
    err_clear(err);
    return login_add_api(login, url, err);
  }
  code = probe_issuer(http, url, &issuer, &why);
  if (code == E_NOT_FOUND || code == E_ANSWER || code == E_CHECK)
    return apply_other(login, http, url, &why, err);
  if (code != E_OK) {
    *err = why;
    return code;
  }
  return login_set_text(login, "issuer", issuer, err);
}

/* What TARGET is for a profile that has neither it as base nor as issuer. */
static enum code apply_url(struct login *login, const struct url *url,
                           struct err *err)
{
  const struct profile *profile = login->profile;
  bool account;
  enum code code = login_key_is_account(login, &account, err);

  if (code != E_OK)
    return code;
  if (login->options->pat != NULL || account)
    return login_add_api(login, url, err);
  if (login->options->issuer == NULL && profile->issuer != NULL &&
      (issuer_compare(profile->issuer, url->text) != ISSUER_OTHER ||
       login_has_api(login, url)))
    return E_OK;
  return probe(login, url, err);
}

/* Two issuers on one host, or two APIs: a name made of the host serves one. */
static enum code name_is_taken(const struct login *login, const char *name,
                               const struct url *url, struct err *err)
{
  (void)err_set(err, E_USAGE,
                "the profile '%s' is there already, for another address than "
                "'%s'",
                name, url->text);
  login_hint_again(login, err, "-p NAME   gives this login a name of its own");
  err_hint(err, "fob profile show %s", name);
  return E_USAGE;
}

/* The profile that has this address (*ret_found), else a new one that is named
 * after the host. */
static enum code open_by_address(struct login *login, const struct url *url,
                                 bool *ret_found, struct err *err)
{
  AUTO_STR char *name = NULL;
  enum code code = select_for_login(url, &login->profile, err);

  *ret_found = login->profile != NULL;
  if (code != E_OK || *ret_found)
    return code;
  code = name_for_host(login, url, &name, err);
  if (code == E_OK && profile_exists(name))
    return name_is_taken(login, name, url, err);
  return code == E_OK ? open_profile(login, name, NULL, err) : code;
}

static enum code find_by_url(struct login *login, const char *target,
                             struct err *err)
{
  const char *name = login->ctx->globals.profile;
  AUTO(url) url = NULL;
  bool found = false;
  enum code code =
      url_parse(&url, target, URL_ADD_HTTPS | URL_NO_QUERY | URL_STRICT_PATH,
                E_USAGE, "TARGET", err);

  if (code == E_OK && name != NULL)
    code = open_profile(login, name, NULL, err);
  else if (code == E_OK)
    code = open_by_address(login, url, &found, err);
  return code == E_OK && !found ? apply_url(login, url, err) : code;
}

static enum code find_by_preset(struct login *login, const char *preset,
                                struct err *err)
{
  const char *name = login->ctx->globals.profile;
  enum code code =
      open_profile(login, name != NULL ? name : preset, preset, err);

  if (code != E_OK || login->is_new)
    return code;
  if (login->profile->preset != NULL &&
      strcmp(login->profile->preset, preset) == 0)
    return E_OK;
  (void)err_set(err, E_USAGE,
                "the profile '%s' is there already, and not made from the "
                "preset '%s'",
                login->profile->name, preset);
  err_hint(err, "fob login -p %s   logs in to it as it is",
           login->profile->name);
  err_hint(err, "fob login %s -p NAME   makes another one", preset);
  return E_USAGE;
}

/* The profile of -p, or that which the options describe. */
static enum code find_by_options(struct login *login, const char *text,
                                 struct err *err)
{
  const struct login_options *options = login->options;
  const char *name = login->ctx->globals.profile;
  AUTO(url) url = NULL;
  bool found;

  if (name != NULL)
    return open_profile(login, name, NULL, err);
  enum code code =
      url_parse(&url, text, URL_ADD_HTTPS | URL_NO_QUERY, E_USAGE,
                options->api.count > 0 ? "--api" : "--issuer", err);
  return code == E_OK ? open_by_address(login, url, &found, err) : code;
}

static enum code find_without_target(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  const char *text =
      options->api.count > 0 ? options->api.items[0] : options->issuer;
  struct config *config;
  AUTO_STR char *why = NULL;

  if (text != NULL)
    return find_by_options(login, text, err);
  enum code code = ctx_config(login->ctx, &config, err);
  if (code == E_OK)
    code = select_profile(login->ctx->globals.profile, NULL, config,
                          &login->profile, &why, err);
  if (code == E_AMBIGUOUS)
    err_hint(err, "fob login TARGET   makes another one");
  return code;
}

/* A word that is neither a preset nor has anything of a URL. */
static enum code no_target(const char *target, struct err *err)
{
  AUTO_LIST struct text_list presets = {0};
  struct err ignored = ERR_INIT;
  const char *nearest = NULL;

  if (preset_names(&presets, &ignored) == E_OK && presets.count > 0) {
    const char **names = mem_array(presets.count + 1, sizeof(*names));
    if (names == NULL)
      return err_nomem(err);
    for (size_t i = 0; i < presets.count; i++)
      names[i] = presets.items[i];
    nearest = opt_nearest(target, names);
    mem_free(names);
  }
  (void)err_set(err, E_USAGE, "there is no preset '%s', and it is no URL",
                target);
  if (nearest != NULL)
    err_hint(err, "did you mean  fob login %s", nearest);
  if (profile_exists(target))
    err_hint(err, "fob login -p %s   logs in to the profile of that name",
             target);
  if (nearest == NULL && !profile_exists(target))
    err_hint(err,
             "an address has a dot or a colon:  https://%s.example   or   "
             "http://localhost:8080",
             target);
  return E_USAGE;
}

/* A profile of the machine's, or of FOB_PROFILE_FILE, can be logged in to, but
 * not changed: what it says now is kept for comparison. */
static enum code note_read_only(struct login *login, struct err *err)
{
  if (!login->profile->read_only)
    return E_OK;
  login->read_only = json_deep_copy(login->profile->own);
  return login->read_only == NULL ? err_nomem(err) : E_OK;
}

enum code login_find_profile(struct login *login, const char *target,
                             struct err *err)
{
  enum code code;

  if (target == NULL)
    code = find_without_target(login, err);
  else if (profile_name_valid(target) && preset_exists(target))
    code = find_by_preset(login, target, err);
  else if (strpbrk(target, ".:/") == NULL)
    return no_target(target, err);
  else
    code = find_by_url(login, target, err);
  if (code == E_OK)
    code = note_read_only(login, err);
  if (code == E_OK)
    code = login_apply_options(login, err);
  return code == E_OK ? profile_check_urls(login->profile, err) : code;
}

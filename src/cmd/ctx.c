/* What several commands need: config.json, the profile that is meant, the
 * options of the HTTP layer and the store, in the contract's order: option,
 * environment, profile, config.json, built in. */
#include "cmd/cmd.h"

#include "base/env.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "profile/preset.h"
#include "profile/select.h"

#include <string.h>

enum code ctx_config(struct ctx *ctx, struct config **ret_config,
                     struct err *err)
{
  if (ctx->config == NULL) {
    enum code code = config_load(&ctx->config, err);
    if (code != E_OK)
      return code;
    ui_setup(ctx->globals.color, ctx->config);
  }
  *ret_config = ctx->config;
  return E_OK;
}

void selection_clear(struct selection *selection)
{
  profile_free(selection->profile);
  env_credential_free(selection->env);
  mem_free(selection->why);
  *selection = (struct selection){0};
}

/* The profile that FOB_API and FOB_AUTH_HEADER amount to. */
static enum code profile_from_env(const struct env_credential *env,
                                  struct profile **ret_profile, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);
  AUTO_JSON json_t *object = json_pack(
      "{s:i, s:[s], s:s, s:{s:s, s:s, s:s}}", "schema", PROFILE_SCHEMA, "api",
      env->api, "grant", "token", "auth", "in", "header", "name",
      env->header_name, "format", env->header_format);

  if (object == NULL)
    return err_set(err, E_ENVIRONMENT, "FOB_API is not UTF-8");
  enum code code = json_write(&text, object, 0, err);
  if (code == E_OK)
    code =
        profile_parse(ret_profile, "FOB_API", buf_text(&text), text.len, err);
  if (code == E_PROFILE) {
    err_prefix(err, "FOB_API or FOB_AUTH_HEADER: ");
    code = err->code = E_ENVIRONMENT;
  }
  return code;
}

enum code ctx_select(struct ctx *ctx, const struct url *url,
                     struct selection *ret_selection, struct err *err)
{
  AUTO_SELECTION struct selection selection = {0};
  struct config *config;

  enum code code =
      env_credential_load(&selection.env, ctx->globals.profile, err);
  if (code != E_OK)
    return code;
  if (selection.env != NULL && selection.env->api != NULL) {
    code = profile_from_env(selection.env, &selection.profile, err);
    if (code == E_OK && (selection.why = mem_str("FOB_API")) == NULL)
      code = err_nomem(err);
  } else {
    code = ctx_config(ctx, &config, err);
    if (code == E_OK)
      code = select_profile(ctx->globals.profile, url, config,
                            &selection.profile, &selection.why, err);
  }
  if (code != E_OK)
    return code;

  log_line(LOG_VERBOSE, "profile %s: %s", selection.profile->name,
           selection.why);
  if (selection.env != NULL)
    log_line(LOG_VERBOSE, "the token is FOB_TOKEN's");
  *ret_selection = selection;
  selection = (struct selection){0};
  return E_OK;
}

void ctx_hint_base(const struct profile *profile, const char *base,
                   const char *more, struct err *err)
{
  if (strcmp(profile->name, "FOB_API") == 0)
    err_hint(err, "FOB_API names the one base that FOB_TOKEN is for%s", more);
  else if (profile->read_only)
    err_hint(err, "add %s to \"api\" in '%s', which fob does not write%s", base,
             profile->path, more);
  else
    err_hint(err, "fob profile set %s api+=%s%s", profile->name, base, more);
}

enum code ctx_check_origin(const struct profile *profile, const struct url *url,
                           struct err *err)
{
  AUTO_STR char *bases = NULL;
  enum code code;

  for (size_t i = 0; i < profile->api.count; i++) {
    AUTO(url) base = NULL;

    code = url_parse(&base, profile->api.items[i], URL_NO_QUERY, E_PROFILE,
                     "api", err);
    if (code != E_OK)
      return code;
    if (url_same_origin(base, url))
      return E_OK;
  }
  code = text_list_join(&profile->api, " ", &bases, err);
  if (code != E_OK)
    return code;
  (void)err_set(err, E_ORIGIN, "not sent: %s/ is not an origin of '%s' (%s)",
                url->origin, profile->name,
                bases[0] != '\0' ? bases : "it has no api base");
  ctx_hint_base(profile, url->origin, "   or   fob request --no-auth ...", err);
  return E_ORIGIN;
}

/* A preset for tenants knows no base of its own that could be replaced. */
static bool is_for_tenants(const char *preset)
{
  AUTO_STR char *address = NULL;
  struct err ignored = ERR_INIT;

  return preset_tenant_wanted(preset, &address, &ignored) == E_OK &&
         address != NULL;
}

const char *ctx_page(const struct profile *profile, const char *member)
{
  const char *own = json_text(profile->own, member);

  if (own != NULL || (profile->preset != NULL &&
                      json_object_get(profile->own, "api") != NULL &&
                      !is_for_tenants(profile->preset)))
    return own;
  return json_text(profile->json, member);
}

/* libcurl reads the proxy variables itself; any of them beats the profile. */
static bool proxy_in_environment(void)
{
  static const char *const names[] = {"https_proxy", "HTTPS_PROXY",
                                      "http_proxy", "all_proxy", "ALL_PROXY"};

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    if (env_text(names[i]) != NULL)
      return true;
  }
  return false;
}

static const char *first_of(const char *a, const char *b, const char *c)
{
  return a != NULL ? a : b != NULL ? b : c;
}

static int64_t milliseconds(int64_t seconds)
{
  return seconds > 0 ? seconds * 1000 : 0;
}

enum code ctx_http_options(struct ctx *ctx, const struct profile *profile,
                           struct http_options *ret_options, struct err *err)
{
  const struct globals *globals = &ctx->globals;
  struct config *config;
  enum code code = ctx_config(ctx, &config, err);

  if (code != E_OK)
    return code;

  struct http_options options = {
      .connect_timeout_ms = milliseconds(globals->connect_timeout),
      .total_timeout_ms = milliseconds(globals->timeout),
  };
  const char *profile_proxy = profile != NULL ? profile->network_proxy : NULL;
  const char *profile_ca = profile != NULL ? profile->network_ca : NULL;

  options.proxy = globals->proxy;
  if (options.proxy == NULL && !proxy_in_environment())
    options.proxy = first_of(profile_proxy, config->network_proxy, NULL);

  /* Left out, SSL_CERT_FILE, SSL_CERT_DIR, CURL_CA_BUNDLE and the system's
   * count (http/client.h), which name themselves in messages. */
  options.ca = first_of(globals->cacert, env_text("FOB_CA_BUNDLE"), profile_ca);
  if (options.ca == NULL)
    options.ca = config->network_ca;
  *ret_options = options;
  return E_OK;
}

/* The file store's passphrase, from the person. */
static enum code ask_passphrase(void *user, const char *profile, bool again,
                                struct secret **ret_passphrase, struct err *err)
{
  AUTO(secret) first = NULL;
  AUTO(secret) second = NULL;
  AUTO_STR char *prompt =
      mem_printf(again ? "New passphrase for the credential of '%s': "
                       : "Passphrase for the credential of '%s': ",
                 profile);

  (void)user;
  if (prompt == NULL)
    return err_nomem(err);
  enum code code = ui_ask_secret(prompt, &first, err);
  if (code == E_OK && again)
    code = ui_ask_secret("Once more: ", &second, err);
  if (code != E_OK)
    return code;
  if (again && !secret_equal(first, second))
    return err_set(err, E_USAGE, "the two passphrases differ");
  *ret_passphrase = first;
  first = NULL;
  return E_OK;
}

static enum code store_options(struct ctx *ctx, const struct profile *profile,
                               struct store_options *ret_options,
                               struct err *err)
{
  struct config *config;
  enum code code = ctx_config(ctx, &config, err);

  if (code != E_OK)
    return code;
  *ret_options = (struct store_options){
      .interactive = ui_can_ask(),
      .key_file = config->store_key_file,
      .ask_passphrase = ui_can_ask() ? ask_passphrase : NULL,
      .doing = profile->name,
  };
  return E_OK;
}

static enum code cache_mode(struct ctx *ctx, const struct profile *profile,
                            const struct env_credential *env,
                            enum cache_mode *ret_mode, struct err *err)
{
  const char *variable = env_text("FOB_TOKEN_CACHE");
  struct config *config;
  enum code code = ctx_config(ctx, &config, err);

  if (code != E_OK)
    return code;
  const char *word =
      first_of(variable, profile->token_cache, config->token_cache);
  *ret_mode = CACHE_AUTO;
  if (word != NULL && !cache_mode_parse(word, ret_mode))
    return err_set(err, variable != NULL ? E_ENVIRONMENT : E_PROFILE,
                   "%s is auto, kernel or off, not '%s'",
                   variable != NULL ? "FOB_TOKEN_CACHE" : "token_cache", word);
  if (env != NULL)
    *ret_mode = CACHE_OFF;
  return E_OK;
}

const char *ctx_store_kind(const struct ctx *ctx, const struct profile *profile)
{
  return first_of(profile->store,
                  ctx->config != NULL ? ctx->config->store : NULL, "keyring");
}

enum code ctx_session(struct ctx *ctx, const struct profile *profile,
                      const struct env_credential *env,
                      struct session *ret_session, struct err *err)
{
  struct session session = {.profile = profile, .env = env};
  enum code code = store_options(ctx, profile, &session.store_options, err);

  if (code == E_OK)
    code = ctx_http_options(ctx, profile, &session.http_options, err);
  if (code == E_OK)
    code = cache_mode(ctx, profile, env, &session.cache, err);
  if (code != E_OK)
    return code;
  session.store_kind = ctx_store_kind(ctx, profile);
  *ret_session = session;
  return E_OK;
}

static enum code open_store(struct ctx *ctx, const struct profile *profile,
                            const char *kind, bool quietly,
                            struct store **ret_store, struct err *err)
{
  struct store_options options;
  enum code code = store_options(ctx, profile, &options, err);

  if (code != E_OK)
    return code;
  if (quietly) {
    options.interactive = false;
    options.ask_passphrase = NULL;
  }
  return store_open(ret_store,
                    kind != NULL ? kind : ctx_store_kind(ctx, profile),
                    &options, err);
}

enum code ctx_store(struct ctx *ctx, const struct profile *profile,
                    const char *kind, struct store **ret_store, struct err *err)
{
  return open_store(ctx, profile, kind, false, ret_store, err);
}

enum code ctx_store_quietly(struct ctx *ctx, const struct profile *profile,
                            struct store **ret_store, struct err *err)
{
  return open_store(ctx, profile, NULL, true, ret_store, err);
}

/* What the options of `fob login` say, written into the profile. Each goes
 * through profile_set(), which checks the whole, so that a wrong value is found
 * before anything is sent. */
#include "cmd/login.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/metadata.h"
#include "oauth/scope.h"

#include <string.h>
#include <unistd.h>

/* --- API bases ------------------------------------------------------------ */

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

enum code login_add_api(struct login *login, const struct url *url,
                        struct err *err)
{
  AUTO_STR char *base = NULL;
  AUTO_STR char *assignment = NULL;
  enum code code = base_text(url, &base, err);

  if (code != E_OK || text_list_has(&login->profile->api, base))
    return code;
  if (json_object_get(login->profile->own, "api") == NULL)
    return login_set(login, "api", json_pack("[s]", base), err);
  assignment = mem_printf("api+=%s", base);
  return assignment == NULL ? err_nomem(err)
                            : profile_edit(&login->profile, assignment, err);
}

bool login_has_api(const struct login *login, const struct url *url)
{
  const struct text_list *bases = &login->profile->api;
  size_t len = strlen(url->text);

  while (len > strlen(url->origin) && url->text[len - 1] == '/')
    len--;
  for (size_t i = 0; i < bases->count; i++)
    if (strncmp(bases->items[i], url->text, len) == 0 &&
        bases->items[i][len] == '\0')
      return true;
  return false;
}

static enum code add_apis(struct login *login, struct err *err)
{
  const struct opt_list *given = &login->options->api;
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < given->count; i++) {
    AUTO(url) url = NULL;
    code = url_parse(&url, given->items[i],
                     URL_ADD_HTTPS | URL_NO_QUERY | URL_STRICT_PATH, E_USAGE,
                     "--api", err);
    if (code == E_OK)
      code = login_add_api(login, url, err);
  }
  return code;
}

/* --- scopes --------------------------------------------------------------- */

/* --scope 'a b' --scope c: the words behind those that are in words. */
static enum code put_scopes(struct login *login, struct text_list *words,
                            const struct opt_list *given, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < given->count; i++)
    code = scope_split(words, given->items[i], NULL, err);
  return code == E_OK
             ? login_set_list(login, "scope", (const char *const *)words->items,
                              words->count, err)
             : code;
}

static enum code set_scopes(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  AUTO_LIST struct text_list replaced = {0};
  AUTO_LIST struct text_list words = {0};
  enum code code = E_OK;

  if (options->scope.count > 0)
    code = put_scopes(login, &replaced, &options->scope, err);
  if (code != E_OK || options->add_scope.count == 0 ||
      !login->profile->scope_stated)
    return code; /* the rest is for login_add_scopes() */
  for (size_t i = 0; code == E_OK && i < login->profile->scope.count; i++)
    code = text_list_add(&words, login->profile->scope.items[i], err);
  return code == E_OK ? put_scopes(login, &words, &options->add_scope, err)
                      : code;
}

enum code login_add_scopes(struct login *login, struct err *err)
{
  const struct opt_list *given = &login->options->add_scope;
  bool person = login_is_a_persons(login);
  AUTO_LIST struct text_list words = {0};
  AUTO(metadata) metadata = NULL;
  enum code code = E_OK;

  if (given->count == 0 || login->profile->scope_stated)
    return E_OK;
  if (person)
    code = login_http(login, err);
  if (person && code == E_OK)
    code = metadata_fetch(&metadata, login->http, login->profile, NULL, err);
  if (code == E_OK && metadata != NULL &&
      metadata_lists(metadata, "scopes_supported", "openid"))
    code = text_list_add(&words, "openid", err);
  return code == E_OK ? put_scopes(login, &words, given, err) : code;
}

/* --- the others ----------------------------------------------------------- */

static enum code set_list(struct login *login, const char *member,
                          const struct opt_list *given, struct err *err)
{
  return given->count == 0
             ? E_OK
             : login_set_list(login, member, given->items, given->count, err);
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
  return login_set(login, "auth",
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
    AUTO_STR char *member = mem_printf(
        "params.%s.%.*s", login->options->device ? "device" : "authorize",
        (int)name, param);
    if (member == NULL)
      return err_nomem(err);
    enum code code = login_set_text(login, member, param + name + 1, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

static bool is_input(const char *file)
{
  return file != NULL && strcmp(file, "-") == 0;
}

static enum code set_details(struct login *login, struct err *err)
{
  static const char what[] = "the file of --authorization-details";
  const struct login_options *options = login->options;
  const char *file = options->authorization_details;
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);
  AUTO_JSON json_t *value = NULL;
  enum code code;

  if (file == NULL)
    return E_OK;
  if (is_input(file) &&
      (is_input(options->pat) || is_input(options->client_secret_file)))
    return err_set(err, E_USAGE, "standard input cannot be two things at once");
  code = is_input(file)
             ? file_read_fd(&text, STDIN_FILENO, "standard input", BUF_PROFILE,
                            err)
             : file_read(&text, file, FILE_ANY, BUF_PROFILE, E_USAGE, err);
  if (code == E_OK)
    code = json_read_any(&value, buf_text(&text), text.len, JSON_PROFILE_DEPTH,
                         E_USAGE, what, err);
  if (code != E_OK)
    return code == E_NOT_FOUND ? E_USAGE : code;
  if (json_is_object(value)) {
    json_t *list = json_pack("[O]", value);

    json_decref(value);
    value = list;
  }
  return value == NULL ? err_nomem(err)
                       : profile_set(&login->profile, "authorization_details",
                                     value, err);
}

/* They are parameters like others, checked in the ID token afterwards
 * (oauth/assurance.h). */
static enum code set_assurance(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  AUTO_STR char *seconds = NULL;
  enum code code = login_set_text(login, "params.authorize.acr_values",
                                  options->acr_values, err);

  if (code != E_OK || options->max_age < 0)
    return code;
  seconds = mem_printf("%lld", (long long)options->max_age);
  return seconds == NULL
             ? err_nomem(err)
             : login_set_text(login, "params.authorize.max_age", seconds, err);
}

/* A client of the person's own in the place of one that fob registered: what
 * the server said of that one is not true of this. */
static enum code set_client_id(struct login *login, struct err *err)
{
  const char *id = login->options->client_id;
  const char *said = login->profile->client.id;
  enum code code = E_OK;

  if (id != NULL && login->profile->client.registration != NULL &&
      (said == NULL || strcmp(id, said) != 0)) {
    code = profile_set(&login->profile, "client.registration", NULL, err);
    if (code == E_OK)
      code = profile_set(&login->profile, "client.auth", NULL, err);
  }
  return code == E_OK ? login_set_text(login, "client.id", id, err) : code;
}

static enum code set_auth(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;

  if (options->user != NULL && options->auth_header != NULL)
    return err_set(err, E_USAGE, "--user and --auth-header exclude each other");
  if (options->user != NULL)
    return login_set(
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
  else if (options->jwt_bearer)
    grant = "jwt_bearer";
  else if (options->exchange != NULL)
    grant = "token_exchange";
  else if (options->device)
    grant = "device_code";
  else if (options->browser != NULL || options->paste)
    grant = "authorization_code";
  if (grant == NULL ||
      strcmp(grant, profile_grant_name(login->profile->grant)) == 0)
    return E_OK;
  return login_set_text(login, "grant", grant, err);
}

enum code login_apply_options(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  enum code code = E_OK;

  if (options->offline && options->no_offline)
    return err_set(err, E_USAGE,
                   "--offline and --no-offline exclude each other");
  if (options->dpop && options->pat != NULL)
    return err_set(err, E_USAGE,
                   "--dpop is for tokens of a login; a token of --pat is bound "
                   "to no key");
  code = login_apply_tenant(login, err);
  if (code == E_OK)
    code = add_apis(login, err);
  if (code == E_OK)
    code = login_set_text(login, "issuer", options->issuer, err);
  if (code == E_OK)
    code = set_client_id(login, err);
  if (code == E_OK)
    code = login_set_text(login, "client.auth", options->client_auth, err);
  if (code == E_OK)
    code = login_set_text(login, "client.assertion_subject", options->subject,
                          err);
  if (code == E_OK)
    code = login_set_path(login, "client.cert", options->cert, err);
  if (code == E_OK)
    code = login_set_path(login, "client.cert_key", options->key, err);
  if (code == E_OK)
    code = set_grant(login, err);
  if (code == E_OK)
    code = set_scopes(login, err);
  if (code == E_OK && (options->offline || options->no_offline))
    code = login_set(login, "offline", json_boolean(options->offline), err);
  if (code == E_OK)
    code = set_list(login, "resource", &options->resource, err);
  if (code == E_OK)
    code = set_list(login, "audience", &options->audience, err);
  if (code == E_OK)
    code = set_list(login, "login.redirect_uris", &options->redirect_uri, err);
  if (code == E_OK)
    code = login_set_text(login, "login.prompt", options->prompt, err);
  if (code == E_OK && options->dpop)
    code = login_set_text(login, "dpop", "required", err);
  if (code == E_OK)
    code = set_auth(login, err);
  if (code == E_OK && options->par)
    code = login_set_text(login, "login.par", "required", err);
  if (code == E_OK)
    code = set_assurance(login, err);
  if (code == E_OK)
    code = set_details(login, err);
  return code == E_OK ? set_params(login, err) : code;
}

#include "cmd/login.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool env_set(const char *name)
{
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0';
}

/* --browser=CMD, then the profile's, then config.json's. */
static enum code find_browser(struct login *login, struct err *err)
{
  const char *command = login->options->browser;
  const struct text_list *from = &login->profile->login.browser;
  struct config *config;
  enum code code = ctx_config(login->ctx, &config, err);

  if (code == E_OK && command != NULL && command[0] != '\0') {
    for (const char *at = command; code == E_OK && *at != '\0';) {
      size_t len = strcspn(at, " ");
      AUTO_STR char *word = mem_copy(at, len);
      code = word == NULL ? err_nomem(err)
             : len == 0   ? E_OK
                          : text_list_add(&login->browser, word, err);
      at += len + strspn(at + len, " ");
    }
    return code;
  }
  if (from->count == 0 && code == E_OK)
    from = &config->browser;
  for (size_t i = 0; code == E_OK && i < from->count; i++)
    code = text_list_add(&login->browser, from->items[i], err);
  return code;
}

/* An https redirect URI leads to somebody else's page: the person brings its
 * address back. */
static bool redirect_needs_paste(const struct profile *profile)
{
  const struct text_list *uris = &profile->login.redirect_uris;

  for (size_t i = 0; i < uris->count; i++) {
    if (strncmp(uris->items[i], "http://", 7) == 0)
      return false;
  }
  return uris->count > 0;
}

static enum code choose_interactive(struct login *login, struct err *err)
{
  enum profile_method wish = login->profile->login.method;

  if (wish == METHOD_DEVICE)
    return err_set(err, E_PROFILE,
                   "'%s' wants login.method device, which this version does "
                   "not offer",
                   login->profile->name);
  if (ui_can_ask()) {
    login->method = wish == METHOD_PASTE || redirect_needs_paste(login->profile)
                        ? LOGIN_PASTE
                        : LOGIN_BROWSER;
    return E_OK;
  }
  if (wish == METHOD_BROWSER && ui_browser_available(&login->browser)) {
    login->method = LOGIN_BROWSER;
    return E_OK;
  }
  (void)err_set(err, E_USAGE, "nobody is here to log in as '%s' with a browser",
                login->profile->name);
  err_hint(err, "on a terminal:  fob login -p %s", login->profile->name);
  err_hint(err, "for scripts:  --client-credentials, --pat=FILE, or FOB_TOKEN");
  return E_USAGE;
}

enum code login_choose_method(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  enum code code = find_browser(login, err);

  if (code != E_OK)
    return code;
  if (options->pat != NULL)
    login->method = LOGIN_PAT;
  else if (options->client_credentials)
    login->method = LOGIN_CLIENT_CREDENTIALS;
  else if (options->paste)
    login->method = LOGIN_PASTE;
  else if (options->browser != NULL)
    login->method = LOGIN_BROWSER;
  else
    switch (login->profile->grant) {
    case GRANT_TOKEN:
      login->method = LOGIN_PAT;
      break;
    case GRANT_CLIENT_CREDENTIALS:
      login->method = LOGIN_CLIENT_CREDENTIALS;
      break;
    case GRANT_AUTHORIZATION_CODE:
      return choose_interactive(login, err);
    default:
      return err_set(err, E_PROFILE,
                     "'%s' wants the grant %s, which this version does not "
                     "offer",
                     login->profile->name,
                     profile_grant_name(login->profile->grant));
    }
  if (login->method == LOGIN_PAT && login->profile->api.count == 0) {
    (void)err_set(err, E_USAGE, "'%s' does not say which API the token is for",
                  login->profile->name);
    err_hint(err, "fob login https://api.example.com --pat");
    return E_USAGE;
  }
  return E_OK;
}

/* --- while the browser is out --------------------------------------------- */

static bool over_ssh(void)
{
  return env_set("SSH_CONNECTION") || env_set("SSH_TTY");
}

static enum code visit(void *user, const char *url, int port, struct err *err)
{
  struct login *login = user;
  bool wanted = login->method == LOGIN_BROWSER;
  struct err failed = ERR_INIT;

  if (wanted && ui_browser_available(&login->browser)) {
    ui_say("Opening the browser. If it does not open, go to");
    if (ui_browser_open(&login->browser, url, &failed) != E_OK)
      log_warn("%s", failed.message);
  } else {
    ui_say("Log in with a browser at");
  }
  ui_say("  %s", url);
  if (port > 0 && over_ssh())
    ui_say("On the machine with the browser, first:  ssh -L %d:127.0.0.1:%d "
           "THIS-HOST",
           port, port);
  if (ui_can_ask())
    ui_say(port > 0 ? "and, if the last page cannot reach this machine, paste "
                      "its address here:"
                    : "and paste the address of the last page here:");
  (void)err;
  return E_OK;
}

static enum code read_paste(void *user, char **ret_line, struct err *err)
{
  (void)user;
  return ui_ask_line("", ret_line, err);
}

void login_person_ui(struct login *login, struct login_ui *ret_ui)
{
  *ret_ui = (struct login_ui){
      .visit = visit,
      .paste_fd = ui_can_ask() ? STDIN_FILENO : -1,
      .read_paste = read_paste,
      .user = login,
  };
}

/* --- secrets that the person brings --------------------------------------- */

enum code login_read_pat(struct login *login, struct secret **ret_pat,
                         struct err *err)
{
  const char *file = login->options->pat;
  const struct profile *profile = login->profile;

  if (file != NULL && file[0] != '\0')
    return ui_read_secret_file(file, "the token", false, ret_pat, err);
  if (!ui_can_ask()) {
    (void)err_set(err, E_USAGE, "nobody is here to type the token of '%s'",
                  profile->name);
    err_hint(err,
             "fob login -p %s --pat=FILE   or   --pat=- with the token on "
             "standard input",
             profile->name);
    return E_USAGE;
  }
  if (profile->manage_url != NULL && profile->auth.in != AUTH_BASIC)
    ui_say("Tokens of your own are made at %s", profile->manage_url);
  return ui_ask_secret(
      profile->auth.in == AUTH_BASIC ? "Password: " : "Token: ", ret_pat, err);
}

/* {"installed": {"client_id": …, "client_secret": …}}, or "web". */
static enum code take_client_json(struct login *login,
                                  const struct secret *text, struct err *err)
{
  AUTO_JSON json_t *document = NULL;
  enum code code =
      json_read(&document, secret_reveal(text), secret_len(text), JSON_DEPTH,
                E_USAGE, "the client secret's JSON", err);

  if (code != E_OK)
    return code;
  const json_t *client = json_object_get(document, "installed");
  if (client == NULL)
    client = json_object_get(document, "web");
  if (client == NULL)
    client = document;
  const char *id = json_text(client, "client_id");
  const char *value = json_text(client, "client_secret");
  if (id == NULL || value == NULL)
    return err_set(err, E_USAGE,
                   "the client secret's JSON has no client_id or no "
                   "client_secret");
  if (login->profile->client.id == NULL) {
    AUTO_JSON json_t *member = json_string(id);
    if (member == NULL)
      return err_nomem(err);
    code = profile_set(&login->profile, "client.id", member, err);
  } else if (strcmp(login->profile->client.id, id) != 0) {
    return err_set(err, E_USAGE,
                   "the secret is of client '%s', the profile's is '%s'", id,
                   login->profile->client.id);
  }
  return code == E_OK
             ? secret_new(&login->client_secret, value, strlen(value), err)
             : code;
}

enum code login_read_client_secret(struct login *login, struct err *err)
{
  const char *file = login->options->client_secret_file;
  AUTO(secret) text = NULL;

  if (file == NULL)
    return E_OK;
  if (strcmp(file, "-") == 0 && login->options->pat != NULL &&
      strcmp(login->options->pat, "-") == 0)
    return err_set(err, E_USAGE,
                   "standard input cannot be both the token and "
                   "the client secret");
  enum code code =
      ui_read_secret_file(file, "the client secret", true, &text, err);
  if (code != E_OK)
    return code;

  login->client_secret_given = true;
  if (secret_reveal(text)[0] == '{')
    return take_client_json(login, text, err);
  login->client_secret = text;
  text = NULL;
  return E_OK;
}

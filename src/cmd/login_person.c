#include "cmd/login.h"

#include "base/env.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static enum code nobody_here(const struct login *login, const char *why,
                             struct err *err)
{
  (void)err_set(err, E_USAGE, "'%s' is logged in to with a browser, and %s",
                login->profile->name, why);
  if (env_text("CI") != NULL)
    err_hint(err, "for scripts, --client-credentials, --pat=FILE or FOB_TOKEN");
  else
    err_hint(err, "on a terminal, the same again; where somebody reads along, "
                  "--device; for scripts, --client-credentials, --pat=FILE or "
                  "FOB_TOKEN");
  return E_USAGE;
}

static enum code nobody_in_ci(const struct login *login, struct err *err)
{
  return env_text("CI") != NULL
             ? nobody_here(login,
                           "CI is set, which says that nobody is "
                           "here",
                           err)
             : E_OK;
}

/* The choice of CONTRACT §2; what it comes to where no browser can be opened,
 * the server's metadata tells (LOGIN_EITHER). */
static enum login_method choose_on_terminal(const struct login *login)
{
  enum profile_method wish = login->profile->login.method;
  bool available = ui_browser_available(&login->browser);

  if (wish == METHOD_AUTO && !available)
    return LOGIN_EITHER;
  if (wish == METHOD_PASTE || redirect_needs_paste(login->profile)) {
    log_line(LOG_VERBOSE, "by pasting: %s",
             wish == METHOD_PASTE ? "the profile says so"
                                  : "its redirect URIs lead elsewhere");
    return LOGIN_PASTE;
  }
  log_line(LOG_VERBOSE, "by a browser: %s",
           available ? "one can be opened here"
                     : "the profile says so, but none can be opened here");
  return LOGIN_BROWSER;
}

static enum code choose_interactive(struct login *login, struct err *err)
{
  enum profile_method wish = login->profile->login.method;
  enum code code = nobody_in_ci(login, err);

  if (code != E_OK)
    return code;
  if (wish == METHOD_DEVICE) {
    login->method = LOGIN_DEVICE;
    return E_OK;
  }
  if (ui_can_ask()) {
    login->method = choose_on_terminal(login);
    return E_OK;
  }
  if (wish == METHOD_BROWSER && ui_browser_available(&login->browser)) {
    login->method = LOGIN_BROWSER;
    return E_OK;
  }
  return nobody_here(login, "nobody is here: there is no terminal", err);
}

/* Methods that a person asked for by name work without a terminal too, as long
 * as somebody can take part. */
static enum code choose_given(struct login *login, struct err *err)
{
  const struct login_options *options = login->options;
  enum code code = nobody_in_ci(login, err);

  login->method = options->device  ? LOGIN_DEVICE
                  : options->paste ? LOGIN_PASTE
                                   : LOGIN_BROWSER;
  if (code == E_OK && login->method == LOGIN_PASTE && !ui_can_ask())
    return nobody_here(login, "there is no terminal to paste to", err);
  return code;
}

static enum code choose_by_grant(struct login *login, struct err *err)
{
  switch (login->profile->grant) {
  case GRANT_TOKEN:
    login->method = LOGIN_PAT;
    return E_OK;
  case GRANT_CLIENT_CREDENTIALS:
    login->method = LOGIN_CLIENT_CREDENTIALS;
    return E_OK;
  case GRANT_JWT_BEARER:
    login->method = LOGIN_JWT_BEARER;
    return E_OK;
  case GRANT_TOKEN_EXCHANGE:
    (void)err_set(err, E_USAGE,
                  "'%s' exchanges a token of somebody else's for its own, and "
                  "none was given",
                  login->profile->name);
    login_hint_again(login, err, "--exchange FILE");
    return E_USAGE;
  case GRANT_DEVICE_CODE:
    login->method = LOGIN_DEVICE;
    return nobody_in_ci(login, err);
  case GRANT_AUTHORIZATION_CODE:
    break;
  }
  return choose_interactive(login, err);
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
  else if (options->jwt_bearer)
    login->method = LOGIN_JWT_BEARER;
  else if (options->exchange != NULL)
    login->method = LOGIN_EXCHANGE;
  else if (options->device || options->paste || options->browser != NULL)
    code = choose_given(login, err);
  else
    code = choose_by_grant(login, err);
  return code;
}

/* --- while the browser is out --------------------------------------------- */

/* The line that brings the browser's last page back through SSH. By which
 * address this machine was reached, SSH_CONNECTION tells. */
static void say_tunnel(int port)
{
  const char *connection = getenv("SSH_CONNECTION");
  const char *user = getenv("USER");
  char host[64] = "", number[8] = "";

  if (connection != NULL)
    (void)sscanf(connection, "%*s %*s %63[0-9a-fA-F:.] %7[0-9]", host, number);
  bool usual = number[0] == '\0' || strcmp(number, "22") == 0;
  bool named = host[0] != '\0' && user != NULL && user[0] != '\0';
  ui_say("The last page reaches this machine while, beside the browser, there "
         "runs");
  ui_say("  ssh -N -L %d:localhost:%d %s%s%s%s%s%s", port, port,
         usual ? "" : "-p ", usual ? "" : number, usual ? "" : " ",
         named ? user : "", named ? "@" : "",
         host[0] != '\0' ? host : "THIS-HOST");
}

static enum code visit(void *user, const char *url, int port, struct err *err)
{
  struct login *login = user;
  bool ssh = port > 0 && (env_text("SSH_CONNECTION") != NULL ||
                          env_text("SSH_TTY") != NULL);
  bool opened =
      login->method == LOGIN_BROWSER && ui_browser_available(&login->browser);
  struct err failed = ERR_INIT;

  (void)err;
  if (opened && ui_browser_open(&login->browser, url, &failed) != E_OK) {
    log_warn("%s", failed.message);
    opened = false;
  }
  ui_say(opened ? "Opening the browser. If it does not open, go to"
                : "Log in with a browser, at");
  ui_say("  %s", url);
  if (ssh)
    say_tunnel(port);
  if (!ui_can_ask())
    return E_OK;
  ui_paste_begin();
  ui_say("%s", ssh        ? "or paste that page's address here:"
               : port > 0 ? "and, if the last page cannot reach this machine, "
                            "paste its address here:"
                          : "and paste the address of the last page here, "
                            "whatever it shows:");
  return E_OK;
}

static enum code read_paste(void *user, char **ret_line, struct err *err)
{
  (void)user;
  return ui_paste_take(ret_line, err);
}

void login_person_ui(struct login *login, struct login_ui *ret_ui)
{
  *ret_ui = (struct login_ui){
      .visit = visit,
      .paste_fd = ui_can_ask() ? STDIN_FILENO : -1,
      .read_paste = read_paste,
      .user = login,
  };
  login_device_ui(ret_ui);
}

/* --- secrets that the person brings --------------------------------------- */

enum code login_read_pat(struct login *login, struct secret **ret_pat,
                         struct err *err)
{
  const char *file = login->options->pat;
  const struct profile *profile = login->profile;
  const char *what = profile->auth.in == AUTH_BASIC ? "Password" : "Token";

  if (file != NULL && file[0] != '\0')
    return ui_read_secret_file(file, what, false, ret_pat, err);
  if (!ui_can_ask()) {
    (void)err_set(err, E_USAGE, "nobody is here to type the token of '%s'",
                  profile->name);
    err_hint(err, "--pat=FILE reads it from a file, --pat=- from standard "
                  "input");
    return E_USAGE;
  }
  const char *page = ctx_page(profile, "manage_url");
  if (page != NULL && profile->auth.in != AUTH_BASIC)
    ui_say("Tokens of your own are made at %s", page);
  AUTO_STR char *prompt = mem_printf("%s: ", what);
  return prompt == NULL ? err_nomem(err) : ui_ask_secret(prompt, ret_pat, err);
}

enum code login_read_subject(struct login *login, struct secret **ret_subject,
                             struct err *err)
{
  return ui_read_secret_file(login->options->exchange, "Token to exchange",
                             false, ret_subject, err);
}

static bool is_stdin(const char *file)
{
  return file != NULL && strcmp(file, "-") == 0;
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
    code = login_set_text(login, "client.id", id, err);
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
  if (is_stdin(file) &&
      (is_stdin(login->options->pat) || is_stdin(login->options->exchange)))
    return err_set(err, E_USAGE,
                   "standard input cannot be both the token and "
                   "the client secret");
  enum code code = ui_read_secret_file(file, "Client secret", true, &text, err);
  if (code != E_OK)
    return code;

  login->client_secret_given = true;
  if (secret_reveal(text)[0] == '{')
    return take_client_json(login, text, err);
  login->client_secret = text;
  text = NULL;
  return E_OK;
}

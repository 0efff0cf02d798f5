/* fob login: from a TARGET and options to a stored credential. Nothing is
 * stored or saved before the server has granted all of it. */
#include "cmd/login.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/client_auth.h"
#include "oauth/metadata.h"
#include "oauth/register.h"
#include "oauth/revoke.h"

#include <string.h>
#include <unistd.h>

static void login_clear(struct login *login)
{
  profile_free(login->profile);
  json_decref(login->read_only);
  mem_free(login->store_kind);
  secret_free(login->client_secret);
  secret_free(login->signing_key);
  text_list_clear(&login->browser);
  http_free(login->http);
  metadata_free(login->metadata);
  registration_free(login->registration);
}
#define AUTO_LOGIN __attribute__((cleanup(login_clear)))

enum { AGAIN_MAX = 700 }; /* of err.hint */

void login_hint_again(const struct login *login, struct err *err,
                      const char *more)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);

  buf_puts(&line, "fob");
  for (int i = 0; login->is_command && i < login->ctx->argc; i++) {
    buf_putc(&line, ' ');
    codec_shell(&line, login->ctx->argv[i]);
  }
  if (!login->is_command)
    buf_printf(&line, " login -p %s", login->profile->name);
  if (line.len > AGAIN_MAX) /* cut short it would be another command */
    err_hint(err, "the same command with  %s", more);
  else
    err_hint(err, "%s %s", buf_text(&line), more);
}

bool login_is_a_persons(const struct login *login)
{
  switch (login->method) {
  case LOGIN_BROWSER:
  case LOGIN_PASTE:
  case LOGIN_DEVICE:
  case LOGIN_EITHER:
    return true;
  default:
    return false;
  }
}

static enum code need_client(struct login *login, struct err *err)
{
  bool can;

  /* RFC 8693 §2.1: an exchange may go without. */
  if (login->method == LOGIN_PAT || login->method == LOGIN_EXCHANGE ||
      login->profile->client.id != NULL)
    return E_OK;
  enum code code = login_can_register(login, &can, err);
  if (code != E_OK || can)
    return code;
  return login_say_no_client(login, err);
}

/* Does another profile log in at the same issuer? Then the server is asked to
 * let the person choose, lest both become one account. */
static bool issuer_is_shared(const struct login *login)
{
  AUTO_LIST struct text_list names = {0};
  struct err ignored = ERR_INIT;

  if (login->profile->issuer == NULL || profile_names(&names, &ignored) != E_OK)
    return false;
  for (size_t i = 0; i < names.count; i++) {
    AUTO(profile) other = NULL;

    if (strcmp(names.items[i], login->profile->name) != 0 &&
        profile_load(&other, names.items[i], &ignored) == E_OK &&
        other->issuer != NULL &&
        strcmp(other->issuer, login->profile->issuer) == 0)
      return true;
  }
  return false;
}

enum code login_http(struct login *login, struct err *err)
{
  return login->http != NULL
             ? E_OK
             : http_new(&login->http, &login->http_options, err);
}

static enum code find_client_secret(struct login *login,
                                    const struct record *old, struct err *err)
{
  if (login->client_secret != NULL || login->method == LOGIN_PAT)
    return E_OK;
  enum code code =
      client_secret_find(&login->client_secret, login->profile,
                         login_is_same_client(login, old) ? old : NULL, err);
  if (code != E_OK || !login_needs_secret(login) || login_has_proof(login))
    return code;
  if (ui_can_ask()) {
    login->client_secret_given = true;
    return ui_ask_secret("Client secret: ", &login->client_secret, err);
  }
  (void)err_set(err, E_USAGE,
                "the client '%s' logs in with its secret, and nobody is here "
                "to type it",
                login->profile->client.id);
  login_hint_again(login, err, "--client-secret-file FILE");
  return E_USAGE;
}

/* Nothing is kept of a trial, nor at the server. */
static enum code forget(struct login *login, struct login_result *result,
                        struct err *err)
{
  enum revoke_result revoked;
  enum code code = login_keep_secrets(login, result->record, err);

  if (code == E_OK)
    code = revoke_record(&revoked, login->http, login->profile, result->record,
                         err);
  if (code != E_OK) {
    err_prefix(err, "the login works, but its trial could not be revoked: ");
    return code;
  }
  if (log_level() != LOG_QUIET)
    ui_say("The login works; nothing is kept%s.",
           revoked == REVOKE_DONE       ? ", and it is revoked"
           : login->method == LOGIN_PAT ? ""
                                        : ". The server offers no way "
                                          "to revoke it: its token "
                                          "lasts until it expires");
  return E_OK;
}

static enum code perform(struct login *login, const struct record *old,
                         struct login_result *ret_result, struct err *err)
{
  AUTO(secret) pat = NULL;
  AUTO(secret) subject = NULL;
  AUTO_JSON json_t *before = NULL;
  struct err ignored = ERR_INIT;
  struct login_ui ui;
  int64_t timeout = login->ctx->globals.timeout;
  enum code code = E_OK;

  if (login->method == LOGIN_PAT)
    code = login_read_pat(login, &pat, err);
  else if (login->method == LOGIN_EXCHANGE)
    code = login_read_subject(login, &subject, err);
  if (code == E_OK)
    code = login_http(login, err);
  if (code == E_OK)
    code = login_demand_put(login, &before, err);
  if (code != E_OK)
    return code;

  login_person_ui(login, &ui);
  const struct login_request request = {
      .method = login->method,
      .profile = login->profile,
      .http = login->http,
      .ui = &ui,
      .client_secret = login->client_secret,
      .signing_key = login->signing_key,
      .pat = pat,
      .subject_token = subject,
      .login_hint = login->options->login_hint,
      .previous_issuer = old != NULL ? old->bound.issuer : NULL,
      .metadata = old == NULL ? login->metadata : NULL,
      .select_account = issuer_is_shared(login),
      .timeout_ms =
          1000 * (timeout >= 0 ? timeout : login->profile->login.timeout),
      .timeout_stated = timeout >= 0 || json_pointer(login->profile->json,
                                                     "/login/timeout") != NULL,
  };
  code = login_run(&request, ret_result, err);
  login_device_end();
  ui_paste_end();
  enum code undone =
      login_demand_undo(login, before, code == E_OK ? err : &ignored);
  return code == E_OK ? undone : code;
}

/* A registration that has gone stale is made anew, once. */
static enum code perform_as_client(struct login *login,
                                   const struct record *old,
                                   struct login_result *ret_result,
                                   struct err *err)
{
  bool again = false;
  enum code code = login_api_scopes(login, old, err);

  if (code == E_OK)
    code = login_add_scopes(login, err);
  if (code == E_OK)
    code = login_register(login, old, err);
  if (code == E_OK)
    code = find_client_secret(login, old, err);
  if (code == E_OK)
    code = perform(login, old, ret_result, err);
  if (code != E_OAUTH)
    return code;
  enum code renewed = login_renew(login, old, &again, err);
  if (renewed != E_OK || !again)
    return renewed != E_OK ? renewed : code;
  return perform(login, old, ret_result, err);
}

/* How, before anything is sent or opened. */
static enum code prepare(struct login *login, struct err *err)
{
  enum code code = login_choose_method(login, err);

  if (code == E_OK)
    code = login_need_server(login, err);
  if (code == E_OK)
    code = login_read_client_secret(login, err);
  if (code == E_OK)
    code = login_read_signing_key(login, err);
  if (code == E_OK)
    code =
        ctx_http_options(login->ctx, login->profile, &login->http_options, err);
  login->http_options.total_timeout_ms = 0; /* --timeout is for the person */
  return code == E_OK ? need_client(login, err) : code;
}

/* What an API demanded is in the profile only while it is asked for. */
static enum code perform_demanded(struct login *login, const struct record *old,
                                  struct login_result *ret_result,
                                  struct err *err)
{
  AUTO_JSON json_t *before = NULL;
  enum code code = login_demand_put(login, &before, err);

  if (code == E_OK)
    code = perform_as_client(login, old, ret_result, err);
  return code == E_OK ? login_demand_undo(login, before, err) : code;
}

static enum code log_in(struct login *login, const char *target,
                        struct err *err)
{
  AUTO(record) old = NULL;
  struct login_result result = {0};
  bool trial = login->options->no_save;
  bool done = false;
  enum code code = login_find_profile(login, target, err);

  if (code == E_OK)
    code = login_by_identity(login, &done, err);
  if (code != E_OK || done)
    return code;
  code = prepare(login, err);
  /* A trial of something new has nothing to do with a store. */
  if (code == E_OK && !(trial && login->is_new)) {
    code = login_choose_store(login, err);
    if (code == E_OK)
      code = login_old_record(login, &old, err);
  }
  if (code == E_OK)
    code = login_find_signing_key(login, old, err);
  if (code == E_OK)
    code = perform_demanded(login, old, &result, err);
  if (code == E_OK && trial)
    code = forget(login, &result, err);
  else if (code == E_OK)
    code = login_keep(login, old, &result, err);
  if (code != E_OK || trial)
    login_unregister(login);
  else
    login_leave_client(login, old);
  if (code == E_OK && !trial)
    code = login_report(login, &result, err);
  login_result_clear(&result);
  return code;
}

/* --pat, --browser and --ci take a value with "=" alone: a word behind them is
 * meant as one more often than not. */
static enum code check_operands(const struct login *login,
                                const struct operands *operands,
                                struct err *err)
{
  const struct login_options *options = login->options;
  size_t count = operands->count;
  const char *last = count > 0 ? operands->items[count - 1] : NULL;
  const char *option = options->pat != NULL && options->pat[0] == '\0' ? "pat"
                       : options->browser != NULL && options->browser[0] == '\0'
                           ? "browser"
                       : options->ci != NULL && options->ci[0] == '\0' ? "ci"
                                                                       : NULL;
  bool is_file = option != NULL && strcmp(option, "pat") == 0 && count == 1 &&
                 (strcmp(last, "-") == 0 || access(last, F_OK) == 0);

  if (count < 2 && !is_file)
    return E_OK;
  (void)err_set(err, E_USAGE,
                is_file ? "'%s' is a file, not a TARGET"
                        : "login takes one TARGET, not '%s' as well",
                last);
  if (option != NULL)
    err_hint(err, "a value is joined to --%s by a sign:  --%s=%s", option,
             option, last);
  return E_USAGE;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  AUTO_LOGIN struct login login = {
      .ctx = ctx, .options = options, .is_command = true};

  enum code code = check_operands(&login, operands, err);
  if (code != E_OK)
    return code;
  return log_in(&login, operands->count > 0 ? operands->items[0] : NULL, err);
}

enum code login_to_profile(struct ctx *ctx, const struct profile *profile,
                           const struct step_up *demand, struct err *err)
{
  const char *scope = demand != NULL ? demand->scope : NULL;
  const struct login_options options = {
      .max_age = -1,
      .add_scope = {.items = &scope, .count = scope != NULL ? 1 : 0}};
  AUTO_LOGIN struct login login = {
      .ctx = ctx, .options = &options, .demand = demand};
  const char *given = ctx->globals.profile;

  ctx->globals.profile = profile->name;
  enum code code = log_in(&login, NULL, err);
  ctx->globals.profile = given;
  return code;
}

const struct cmd cmd_login = {
    .name = "login",
    .usage_name = "login",
    .summary = "Log in and keep the credential in the keyring",
    .usage = "[TARGET] [-p NAME] [options]",
    .details = login_details,
    .opts = login_opts,
    .options_size = sizeof(struct login_options),
    .run = run,
};

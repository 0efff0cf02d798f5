/* The client's own key: where it lies is written into the profile, the key
 * itself is kept only where it came on standard input. */
#include "cmd/login.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/client_key.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* A link stays one: secrets are mounted as links that move (CONTRACT §5). */
enum code login_set_path(struct login *login, const char *member,
                         const char *file, struct err *err)
{
  char directory[PATH_MAX];
  AUTO_STR char *path = NULL;

  if (file == NULL)
    return E_OK;
  if (file[0] == '/')
    return login_set_text(login, member, file, err);
  if (getcwd(directory, sizeof(directory)) == NULL)
    return err_set(err, E_LOCAL, "cannot tell the current directory: %s",
                   strerror(errno));
  enum code code = file_join(&path, directory, file, err);
  return code == E_OK ? login_set_text(login, member, path, err) : code;
}

/* --- a service account ---------------------------------------------------- */

/* Google's file says all that a login needs: who, and where. What the options
 * or the profile say is left. */
static enum code take_account(struct login *login, const struct client_key *key,
                              struct err *err)
{
  const struct profile *profile = login->profile;
  enum code code = E_OK;

  if (key->email == NULL)
    return E_OK;
  if (profile->client.id == NULL)
    code = login_set_text(login, "client.id", key->email, err);
  if (code == E_OK &&
      json_pointer(login->profile->json, "/client/assertion_audience") == NULL)
    code = login_set_text(login, "client.assertion_audience", "token_endpoint",
                          err);
  if (code == E_OK && login->profile->issuer == NULL &&
      json_pointer(login->profile->json, "/metadata/token_endpoint") == NULL)
    code =
        login_set_text(login, "metadata.token_endpoint", key->token_uri, err);
  return code;
}

enum code login_key_is_account(const struct login *login, bool *ret_is,
                               struct err *err)
{
  const char *file = login->options->signing_key;
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);
  AUTO_JSON json_t *object = NULL;
  struct err ignored = ERR_INIT;

  *ret_is = false;
  if (file == NULL || login->options->issuer != NULL)
    return E_OK;
  enum code code =
      file_read(&bytes, file, FILE_USER, BUF_SECRET, E_USAGE, &ignored);
  if (code == E_OK)
    code = json_read(&object, buf_text(&bytes), bytes.len, JSON_DEPTH, E_USAGE,
                     "it", &ignored);
  *ret_is = json_text(object, "client_email") != NULL;
  return code == E_NOMEM ? err_nomem(err) : E_OK;
}

/* --- the key -------------------------------------------------------------- */

static bool is_stdin(const char *file)
{
  return file != NULL && strcmp(file, "-") == 0;
}

static enum code read_stdin(struct login *login, struct client_key *ret_key,
                            struct err *err)
{
  const struct login_options *options = login->options;
  static const char what[] = "the signing key";
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);

  if (is_stdin(options->client_secret_file) || is_stdin(options->pat))
    return err_set(err, E_USAGE,
                   "standard input cannot be both the signing key and another "
                   "secret");
  if (isatty(STDIN_FILENO)) {
    (void)err_set(err, E_USAGE,
                  "a signing key is not typed: standard input is a terminal");
    login_hint_again(login, err, "<KEY.pem");
    return E_USAGE;
  }
  enum code code = file_read_fd(&bytes, STDIN_FILENO, what, BUF_SECRET, err);
  if (code == E_OK && login->profile->client.key != NULL)
    code = profile_set(&login->profile, "client.key", NULL, err);
  if (code == E_OK)
    code = client_key_read(ret_key, buf_text(&bytes), bytes.len, login->profile,
                           NULL, what, E_USAGE, err);
  return code == E_OK ? client_key_write(ret_key, &login->signing_key, err)
                      : code;
}

static enum code read_file(struct login *login, const char *file,
                           struct client_key *ret_key, struct err *err)
{
  enum code code = login_set_path(login, "client.key", file, err);

  return code == E_OK ? client_key_find(ret_key, login->profile, NULL, err)
                      : code;
}

enum code login_read_signing_key(struct login *login, struct err *err)
{
  const char *file = login->options->signing_key;
  AUTO_CLIENT_KEY struct client_key key = {0};
  enum code code;

  if (file == NULL)
    return E_OK;
  code = is_stdin(file) ? read_stdin(login, &key, err)
                        : read_file(login, file, &key, err);
  return code == E_OK ? take_account(login, &key, err) : code;
}

enum code login_find_signing_key(struct login *login, const struct record *old,
                                 struct err *err)
{
  if (login->signing_key != NULL || login->profile->client.key != NULL ||
      login->method == LOGIN_PAT || old == NULL || old->signing_key == NULL)
    return E_OK;
  return secret_copy(&login->signing_key, old->signing_key, err);
}

/* The methods of a secret need that one. */
bool login_has_proof(const struct login *login)
{
  const struct profile *profile = login->profile;
  enum profile_client_auth auth = profile->client.auth;

  if (profile->client.auth_stated && auth != CLIENT_NONE)
    return auth > CLIENT_SECRET_JWT || login->client_secret != NULL;
  return login->client_secret != NULL || login->signing_key != NULL ||
         profile->client.key != NULL || profile->client.cert != NULL;
}

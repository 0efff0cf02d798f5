#include "store/env.h"

#include "base/codec.h"
#include "base/env.h"
#include "base/mem.h"
#include "http/header.h"

#include <stdlib.h>
#include <string.h>

static const char token_mark[] = "{token}";

static enum code copy_text(char **ret_text, const char *text, size_t len,
                           struct err *err)
{
  *ret_text = mem_copy(text, len);
  return *ret_text != NULL ? E_OK : err_nomem(err);
}

/* The value is not shown: a token may have been put in the place of
 * {token}. */
static enum code bad_header(const char *why, struct err *err)
{
  err_set(err, E_ENVIRONMENT, "FOB_AUTH_HEADER %s", why);
  err_hint(err, "export FOB_AUTH_HEADER='X-API-Key: {token}'");
  return E_ENVIRONMENT;
}

static enum code read_header(struct env_credential *credential, struct err *err)
{
  const char *line = env_text("FOB_AUTH_HEADER");
  if (line == NULL)
    line = "Authorization: Bearer {token}";
  if (!codec_is_line(line))
    return bad_header("holds a control character", err);
  const char *colon = strchr(line, ':');
  if (colon == NULL)
    return bad_header("has no colon between name and value", err);
  const char *format = colon + 1 + strspn(colon + 1, " ");
  const char *mark = strstr(format, token_mark);
  if (mark == NULL)
    return bad_header("does not say where {token} goes", err);
  if (strstr(mark + 1, token_mark) != NULL)
    return bad_header("names {token} twice", err);
  size_t len = strlen(format);
  while (format[len - 1] == ' ')
    len--;
  enum code code =
      copy_text(&credential->header_name, line, (size_t)(colon - line), err);
  if (code == E_OK && !header_name_valid(credential->header_name))
    return bad_header("does not begin with a header's name", err);
  return code != E_OK ? code
                      : copy_text(&credential->header_format, format, len, err);
}

static enum code read_api(struct env_credential *credential, struct err *err)
{
  const char *api = env_text("FOB_API");
  if (api == NULL)
    return E_OK;
  const char *profile = env_text("FOB_PROFILE");
  if (profile != NULL) {
    err_set(err, E_ENVIRONMENT,
            "FOB_API and FOB_PROFILE ('%s') are both set: FOB_TOKEN goes to "
            "one of them only",
            profile);
    err_hint(err, "unset FOB_PROFILE   or   unset FOB_API");
    return E_ENVIRONMENT;
  }
  enum code code = copy_text(&credential->api, api, strlen(api), err);
  return code != E_OK ? code : read_header(credential, err);
}

/* Takes the token out of the environment block, where ps e and
 * /proc/PID/environ would show it. */
static enum code take_token(struct secret **ret_token, char *value,
                            struct err *err)
{
  size_t len = strlen(value);
  enum code code = E_ENVIRONMENT;
  if (codec_is_line(value)) {
    code = secret_new(ret_token, value, len, err);
  } else {
    err_set(err, E_ENVIRONMENT, "FOB_TOKEN holds a control character");
    err_hint(err, "a line end behind it? FOB_TOKEN=$(cat FILE) leaves it out");
  }
  mem_wipe(value, len);
  (void)unsetenv("FOB_TOKEN");
  return code;
}

enum code env_credential_load(struct env_credential **ret_credential,
                              const char *option_profile, struct err *err)
{
  char *value = getenv("FOB_TOKEN");
  if (value == NULL || *value == '\0') {
    *ret_credential = NULL;
    return E_OK;
  }
  AUTO(env_credential) credential = mem_zalloc(sizeof *credential);
  if (credential == NULL)
    return err_nomem(err);
  enum code code = take_token(&credential->token, value, err);
  if (code == E_OK && option_profile == NULL)
    code = read_api(credential, err);
  if (code != E_OK)
    return code;
  *ret_credential = credential;
  credential = NULL;
  return E_OK;
}

void env_credential_free(struct env_credential *credential)
{
  if (credential == NULL)
    return;
  secret_free(credential->token);
  mem_free(credential->api);
  mem_free(credential->header_name);
  mem_free(credential->header_format);
  mem_free(credential);
}

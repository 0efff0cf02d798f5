#include "oauth/present.h"

#include "base/codec.h"
#include "base/mem.h"
#include "oauth/certificate.h"

#include <string.h>
#include <strings.h>

static const char mark[] = "{token}";

static enum code fill_format(struct session_token *token, const char *format,
                             struct err *err)
{
  AUTO_BUF struct buf value = BUF_INIT(2 * BUF_SECRET);
  const char *at = format;
  enum code code;

  for (const char *next; (next = strstr(at, mark)); at = next + strlen(mark)) {
    buf_put(&value, at, (size_t)(next - at));
    buf_put(&value, secret_reveal(token->token), secret_len(token->token));
  }
  buf_puts(&value, at);
  code = buf_check(&value, err);
  if (code != E_OK)
    return code;
  return secret_from_buf(&token->header_value, &value, err);
}

/* RFC 7617: the secret is the password. */
static enum code fill_basic(struct session_token *token, const char *user,
                            struct err *err)
{
  AUTO_BUF struct buf pair = BUF_INIT(2 * BUF_SECRET);
  AUTO_BUF struct buf value = BUF_INIT(4 * BUF_SECRET);
  enum code code;

  buf_puts(&pair, user ? user : "");
  buf_putc(&pair, ':');
  buf_put(&pair, secret_reveal(token->token), secret_len(token->token));
  buf_puts(&value, "Basic ");
  codec_base64(&value, buf_text(&pair), pair.len);
  code = buf_check(&pair, err);
  if (code == E_OK)
    code = buf_check(&value, err);
  if (code == E_OK)
    code = secret_from_buf(&token->header_value, &value, err);
  return code;
}

static enum code fill_header(struct session_token *token, const char *name,
                             const char *format, struct err *err)
{
  token->header_name = mem_str(name);
  if (!token->header_name)
    return err_nomem(err);
  return fill_format(token, format, err);
}

bool present_is_bound(const char *token_type)
{
  return token_type && strcasecmp(token_type, "DPoP") == 0;
}

bool present_can_bind(const struct profile *profile)
{
  return profile->auth.in == AUTH_HEADER &&
         strcasecmp(profile->auth.name, "Authorization") == 0 &&
         strcasecmp(profile->auth.format, "Bearer {token}") == 0;
}

static enum code fill_bound(struct session_token *token,
                            const struct profile *profile, struct err *err)
{
  if (present_can_bind(profile))
    return fill_header(token, "Authorization", "DPoP {token}", err);
  (void)err_set(err, E_PROFILE,
                "the token of '%s' is bound by DPoP, and 'auth' has another "
                "place for it than 'Authorization: Bearer {token}'",
                profile->name);
  err_hint(err, "fob profile set %s auth=", profile->name);
  return E_PROFILE;
}

static enum code fill_place(struct session_token *token,
                            const struct profile *profile, struct err *err)
{
  if (present_is_bound(token->token_type))
    return fill_bound(token, profile, err);
  switch (profile->auth.in) {
  case AUTH_QUERY:
    token->query_name = mem_str(profile->auth.name);
    return token->query_name ? E_OK : err_nomem(err);
  case AUTH_BASIC:
    token->header_name = mem_str("Authorization");
    if (!token->header_name)
      return err_nomem(err);
    return fill_basic(token, profile->auth.user, err);
  default:
    return fill_header(token, profile->auth.name, profile->auth.format, err);
  }
}

/* A token of the person's own has no type, and is bound to nothing. */
enum code present_token(struct session_token *token,
                        const struct profile *profile,
                        const struct env_credential *env, struct err *err)
{
  bool binds = false;
  enum code code;

  if (env && env->api)
    return fill_header(token, env->header_name, env->header_format, err);
  code = fill_place(token, profile, err);
  if (code == E_OK && token->token_type && *token->token_type)
    code = certificate_binds(&binds, profile, token->token, err);
  if (code == E_OK && binds)
    code = certificate_attach(token, profile, err);
  return code;
}

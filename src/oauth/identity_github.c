/* GitHub Actions: a service of the runner mints a token for the audience that
 * it is asked for, for jobs with the permission id-token: write. */
#include "oauth/identity_provider.h"

#include "base/codec.h"
#include "base/env.h"
#include "base/log.h"
#include "http/header.h"

#include <string.h>

#define URL "ACTIONS_ID_TOKEN_REQUEST_URL"
#define TOKEN "ACTIONS_ID_TOKEN_REQUEST_TOKEN"

static bool present(void)
{
  const char *actions = env_text("GITHUB_ACTIONS");

  return env_text(URL) || env_text(TOKEN) ||
         (actions && strcmp(actions, "true") == 0);
}

static enum code not_permitted(struct err *err)
{
  (void)err_set(err, E_ENVIRONMENT,
                "this job may not prove who it is: it lacks the permission "
                "id-token: write");
  err_hint(err, "permissions:");
  err_hint(err, "  id-token: write");
  err_hint(err, "  contents: read");
  err_hint(err, "belongs into the job or at the top of the workflow; a pull "
                "request of a fork never has it");
  return E_ENVIRONMENT;
}

static enum code bearer(struct headers *headers, const char *token,
                        struct err *err)
{
  AUTO_BUF struct buf value = BUF_INIT(BUF_SECRET);
  AUTO(secret) known = NULL; /* for log_redact(), by its value alone */
  AUTO(secret) whole = NULL;
  enum code code =
      identity_text(&known, token, strlen(token), E_ENVIRONMENT, TOKEN, err);

  if (code != E_OK)
    return code;
  buf_puts(&value, "Bearer ");
  buf_put(&value, secret_reveal(known), secret_len(known));
  code = buf_check(&value, err);
  if (code == E_OK)
    code = secret_from_buf(&whole, &value, err);
  return code == E_OK ? headers_add_secret(headers, "Authorization", whole, err)
                      : code;
}

static enum code mint(struct secret **ret_token, const struct profile *profile,
                      const struct http_options *options, struct err *err)
{
  static const char who[] = "GitHub's token service";
  const char *url = env_text(URL);
  const char *token = env_text(TOKEN);
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf pair = BUF_INIT(BUF_URL);
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code;

  if (!url || !token)
    return not_permitted(err);
  code = bearer(&headers, token, err);
  buf_puts(&pair, "audience=");
  codec_percent(&pair, profile->identity.audience,
                strlen(profile->identity.audience));
  if (code == E_OK)
    code = buf_check(&pair, err);
  if (code == E_OK)
    code = identity_fetch(&body, url, buf_text(&pair), &headers, options, who,
                          err);
  return code == E_OK
             ? identity_member(ret_token, &body, "value",
                               "the answer of GitHub's token service", err)
             : code;
}

const struct identity_provider identity_github = {
    .name = "github",
    .title = "GitHub Actions",
    .present = present,
    .mint = mint,
    .malformed = E_ANSWER,
};

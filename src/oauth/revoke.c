#include "oauth/revoke.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "oauth/client.h"
#include "oauth/failure.h"

#include <string.h>

struct revoking {
  struct client client;
  const char *endpoint;
  char *host;
};

static void revoking_clear(struct revoking *r)
{
  client_clear(&r->client);
  mem_free(r->host);
}
#define AUTO_REVOKING __attribute__((cleanup(revoking_clear)))

/* RFC 7009 §2.2.1: a server need not know how to revoke an access token; it
 * dies with the refresh token or by itself. */
static bool counts_as_done(const char *error, const char *hint)
{
  return strcmp(error, "invalid_token") == 0 ||
         (strcmp(error, "unsupported_token_type") == 0 &&
          strcmp(hint, "access_token") == 0);
}

/* §2.2: 200 whatever the body, also for a token that it does not know. */
static enum code judge(const struct revoking *r, int status,
                       const struct buf *body, const char *hint,
                       struct err *err)
{
  AUTO_STR char *what = mem_printf("the revocation of the %s", hint);
  struct err said = ERR_INIT;
  enum code code;

  if (status >= 200 && status < 300)
    return E_OK;
  if (!what)
    return err_nomem(err);
  code = failure_read(&said, r->host, status, what, body);
  if (code == E_OAUTH && counts_as_done(said.oauth_error, hint))
    return E_OK;
  if (err)
    *err = said;
  return code;
}

static enum code revoke_one(const struct revoking *r,
                            const struct secret *token, const char *hint,
                            struct err *err)
{
  AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
  const struct client_call call = {.endpoint = r->endpoint,
                                   .what = "the revocation endpoint",
                                   .form = &form,
                                   .json = true};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_ANSWER struct http_answer answer = {0};
  enum code code;

  codec_form_pair(&form, "token", secret_reveal(token));
  codec_form_pair(&form, "token_type_hint", hint);
  code = client_post(&r->client, &call, &answer, &body, err);
  if (code == E_OK)
    code = judge(r, answer.status, &body, hint, err);
  return code;
}

/* The server has answered, and badly: the other tokens may fare better. Not so
 * when it could not be reached. */
static bool goes_on(enum code code)
{
  return code == E_OK || code == E_OAUTH || code == E_ISSUER_5XX ||
         code == E_ANSWER;
}

static enum code revoke_all(const struct revoking *r,
                            const struct record *record, struct err *err)
{
  enum code first = E_OK;
  int64_t now = clock_wall();

  if (record->refresh_token)
    first = revoke_one(r, record->refresh_token, "refresh_token", err);
  for (size_t i = 0; goes_on(first) && i < record->access_count; i++) {
    const struct record_access *access = &record->access[i];
    struct err failed = ERR_INIT;
    enum code code;

    if (access->expires_at <= now)
      continue;
    code = revoke_one(r, access->token, "access_token", &failed);
    if (code != E_OK && first == E_OK) {
      first = code;
      if (err)
        *err = failed;
    }
    if (!goes_on(code))
      break;
  }
  return first;
}

static bool is_offered(const struct profile *profile,
                       const struct record *record)
{
  bool off = profile->revocation && strcmp(profile->revocation, "off") == 0;

  return !off && !record->secret && record->bound.revocation_endpoint;
}

enum code revoke_record(enum revoke_result *ret_result, struct http *http,
                        const struct profile *profile,
                        const struct record *record, struct err *err)
{
  AUTO_REVOKING struct revoking r = {.endpoint =
                                         record->bound.revocation_endpoint};
  enum code code;

  if (!is_offered(profile, record)) {
    *ret_result = REVOKE_NOT_OFFERED;
    return E_OK;
  }
  code = failure_host(&r.host, r.endpoint, err);
  if (code == E_OK)
    code = client_open(&r.client, profile, http, record, err);
  if (code != E_OK)
    return code;
  code = revoke_all(&r, record, err);
  if (code == E_OK)
    *ret_result = REVOKE_DONE;
  return code;
}

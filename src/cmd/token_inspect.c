/* What is known of a token: by its server, or by itself. The token is never
 * printed. */
#include "cmd/token.h"

#include "base/log.h"
#include "cmd/show.h"
#include "cmd/ui.h"
#include "oauth/client.h"
#include "oauth/decode.h"
#include "oauth/introspect.h"

/* The login that the token is of; NULL for FOB_TOKEN and a job's identity. It
 * must be bound to what the profile says now: its endpoints get the token. */
static enum code login_of(struct ctx *ctx, const struct selection *selection,
                          const struct session_token *token,
                          struct record **ret_record, struct err *err)
{
  const struct profile *profile = selection->profile;
  AUTO(store) store = NULL;
  AUTO(record) record = NULL;
  enum code code;

  *ret_record = NULL;
  if (selection->env != NULL || token->by_identity)
    return E_OK;
  code = ctx_store(ctx, profile, NULL, &store, err);
  if (code == E_OK)
    code = store_get(store, profile->name, &record, err);
  if (code == E_OK)
    code = session_check_bound(profile, record, err);
  if (code != E_OK)
    return code;
  *ret_record = record;
  record = NULL;
  return E_OK;
}

static enum code open_http(struct ctx *ctx, const struct profile *profile,
                           struct http **ret_http, struct err *err)
{
  struct http_options options;
  enum code code = ctx_http_options(ctx, profile, &options, err);

  return code == E_OK ? http_new(ret_http, &options, err) : code;
}

/* --- the server ------------------------------------------------------------
 */

static enum code need_endpoint(const struct profile *profile,
                               const struct session_token *token,
                               const struct record *record, struct err *err)
{
  if (record == NULL)
    return err_set(
        err, E_USAGE,
        "the credential is %s, and whom to ask about it is not known",
        token->by_identity ? "a job's identity" : "FOB_TOKEN's");
  if (record->bound.introspection_endpoint != NULL)
    return E_OK;
  (void)err_set(err, E_USAGE,
                "nobody can be asked about the token of '%s': the login has no "
                "introspection endpoint",
                profile->name);
  err_hint(err, "a JWT tells by itself:  fob token -p %s --decode",
           profile->name);
  return E_USAGE;
}

enum code token_introspect(struct ctx *ctx, const struct selection *selection,
                           const struct session_token *token, struct err *err)
{
  const struct profile *profile = selection->profile;
  AUTO(record) record = NULL;
  AUTO(http) http = NULL;
  AUTO_CLIENT struct client client = {0};
  AUTO_BUF struct buf answer = BUF_INIT(BUF_DOCUMENT);
  bool active = false;
  enum code code = login_of(ctx, selection, token, &record, err);

  if (code == E_OK)
    code = need_endpoint(profile, token, record, err);
  if (code == E_OK)
    code = open_http(ctx, profile, &http, err);
  if (code == E_OK)
    code = client_open(&client, profile, http, record, err);
  if (code == E_OK)
    code = introspect_token(&answer, &active, &client,
                            record->bound.introspection_endpoint, token->token,
                            err);
  if (code == E_OK)
    code = show_json(buf_text(&answer), answer.len, err);
  if (code != E_OK || active)
    return code;
  (void)err_set(err, E_UNAUTHORIZED,
                "the token of '%s' is not active at its server, or not this "
                "client's to ask about",
                profile->name);
  err_hint(err, "fob login -p %s", profile->name);
  return E_UNAUTHORIZED;
}

/* --- the token itself ------------------------------------------------------
 */

static void say_verdict(const struct decoded *decoded, const char *issuer)
{
  if (decoded->verified)
    log_note("verified: signed by %s (%s)", issuer, decoded->why);
  else /* not for --quiet to hide */
    log_line(LOG_QUIET, "UNVERIFIED claims: %s", decoded->why);
}

enum code token_decode(struct ctx *ctx, const struct selection *selection,
                       const struct session_token *token, struct err *err)
{
  const char *compact = secret_reveal(token->token);
  AUTO_DECODED struct decoded decoded = {0};
  AUTO(record) record = NULL;
  AUTO(http) http = NULL;
  struct keyset keys = {0};
  enum code code = decode_token(&decoded, compact, err);

  if (code == E_OK)
    code = login_of(ctx, selection, token, &record, err);
  if (code == E_OK && record != NULL && record->bound.jwks_uri != NULL)
    code = open_http(ctx, selection->profile, &http, err);
  if (code != E_OK)
    return code;
  keys.http = http;
  keys.jwks_uri = record != NULL ? record->bound.jwks_uri : NULL;
  const char *issuer = record != NULL ? record->bound.issuer : NULL;
  code = decode_verify(&decoded, compact, issuer, &keys, err);
  if (code != E_OK)
    return code;
  say_verdict(&decoded, issuer);
  return show_json(buf_text(&decoded.claims), decoded.claims.len, err);
}

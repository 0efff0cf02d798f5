#include "oauth/authorize.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "http/url.h"
#include "oauth/assurance.h"
#include "oauth/details.h"
#include "oauth/form.h"
#include "oauth/jarm.h"
#include "oauth/par.h"
#include "oauth/request_object.h"
#include "oauth/scope.h"
#include "oauth/token.h"

#include <string.h>

enum { RANDOM_BYTES = 32 }; /* RFC 7636 §7.1; above the 128 bits of RFC 6819 */

void authorize_free(struct authorize *authorize)
{
  if (!authorize)
    return;
  mem_free(authorize->url);
  mem_free(authorize->redirect_uri);
  mem_free(authorize->scope);
  mem_free(authorize->state);
  mem_free(authorize->nonce);
  secret_free(authorize->verifier);
  mem_free(authorize);
}

/* --- scope and prompt -------------------------------------------------- */

static enum code default_scope(struct text_list *words,
                               const struct metadata *metadata, struct err *err)
{
  if (!metadata_lists(metadata, "scopes_supported", "openid"))
    return E_OK;
  return text_list_add(words, "openid", err);
}

enum code authorize_scope(char **ret_scope, const struct profile *profile,
                          const struct metadata *metadata, struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < profile->scope.count; i++)
    code = scope_split(&words, profile->scope.items[i], NULL, err);
  if (code == E_OK && !profile->scope_stated)
    code = default_scope(&words, metadata, err);
  if (code == E_OK && profile->offline != OFFLINE_NO &&
      metadata_lists(metadata, "scopes_supported", "offline_access") &&
      !text_list_has(&words, "offline_access"))
    code = text_list_add(&words, "offline_access", err);
  if (code != E_OK)
    return code;
  if (words.count == 0) {
    *ret_scope = NULL;
    return E_OK;
  }
  return text_list_join(&words, " ", ret_scope, err);
}

/* A prompt that the profile states goes out as it stands, and "" sends none.
 * Otherwise: OpenID Core §11 gives offline_access only with prompt=consent, and
 * servers that hold to it silently leave the refresh token out. */
static void add_prompt(struct buf *pairs, const struct authorize_ask *ask,
                       struct authorize *made)
{
  const char *stated = ask->profile->login.prompt;
  bool consent = !stated && scope_has(made->scope, "openid") &&
                 scope_has(made->scope, "offline_access");
  /* A server that lists its prompts refuses one that is not among them. */
  bool offered = !metadata_states(ask->metadata, "prompt_values_supported") ||
                 metadata_lists(ask->metadata, "prompt_values_supported",
                                "select_account");
  bool select = ask->select_account && offered && (!stated || !*stated);

  if (!stated && ask->profile->params_authorize &&
      json_object_get(ask->profile->params_authorize, "prompt"))
    return;
  made->chooses_account = select;
  if (stated && *stated)
    codec_form_pair(pairs, "prompt", stated);
  else if (select || consent)
    codec_form_pair(pairs, "prompt",
                    select && consent ? "select_account consent"
                    : select          ? "select_account"
                                      : "consent");
}

/* Asking for the choice was fob's own idea. */
void authorize_hint(const struct authorize *authorize,
                    const struct profile *profile, struct err *err)
{
  if (err && strcmp(err->oauth_error, "invalid_request") == 0 &&
      authorize->chooses_account)
    err_hint(err,
             "a server that does not know prompt=select_account:  fob login -p "
             "%s --prompt 'login consent'",
             profile->name);
}

/* --- the URL ----------------------------------------------------------- */

static enum code add_scope(struct buf *pairs, const struct profile *profile,
                           const char *scope, struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  AUTO_STR char *joined = NULL;
  enum code code;

  if (!scope)
    return E_OK;
  code = scope_split(&words, scope, NULL, err);
  if (code == E_OK)
    code = text_list_join(&words, profile->token_request.scope_separator,
                          &joined, err);
  if (code == E_OK)
    codec_form_pair(pairs, profile->token_request.scope_parameter, joined);
  return code;
}

static enum code add_challenge(struct buf *pairs, const struct secret *verifier,
                               struct err *err)
{
  AUTO_STR char *challenge = NULL;
  enum code code = crypto_sha256_text(&challenge, secret_reveal(verifier),
                                      secret_len(verifier), err);

  if (code != E_OK)
    return code;
  codec_form_pair(pairs, "code_challenge", challenge);
  codec_form_pair(pairs, "code_challenge_method", "S256");
  return E_OK;
}

/* RFC 9449 §10: the key that the code is bound to. */
static enum code add_jkt(struct buf *pairs, const struct authorize_ask *ask,
                         struct err *err)
{
  AUTO_STR char *jkt = NULL;
  enum code code;

  if (!ask->client || !ask->client->dpop)
    return E_OK;
  code = dpop_thumbprint(ask->client->dpop, &jkt, err);
  if (code == E_OK)
    codec_form_pair(pairs, "dpop_jkt", jkt);
  return code;
}

static enum code build_pairs(struct buf *pairs, struct authorize *made,
                             const struct authorize_ask *ask, struct err *err)
{
  const struct profile *profile = ask->profile;
  enum code code;

  codec_form_pair(pairs, "client_id", profile->client.id);
  codec_form_pair(pairs, "response_type", "code");
  codec_form_pair(pairs, "redirect_uri", made->redirect_uri);
  code = add_scope(pairs, profile, made->scope, err);
  if (code != E_OK)
    return code;
  if (made->response_mode)
    codec_form_pair(pairs, "response_mode", made->response_mode);
  codec_form_pair(pairs, "state", made->state);
  if (made->nonce)
    codec_form_pair(pairs, "nonce", made->nonce);
  code = add_challenge(pairs, made->verifier, err);
  if (code != E_OK)
    return code;
  /* A server that knows no resource (Entra) knows it nowhere. */
  token_each(pairs, profile, "resource", &profile->resource);
  token_each(pairs, profile, "audience", &profile->audience);
  add_prompt(pairs, ask, made);
  if (ask->login_hint)
    codec_form_pair(pairs, "login_hint", ask->login_hint);
  code = add_jkt(pairs, ask, err);
  if (code == E_OK)
    code = details_add(pairs, profile, err);
  if (code != E_OK)
    return code;
  return form_add_members(pairs, profile->params_authorize, pairs, err);
}

/* RFC 6749 §3.1: the endpoint's own query is kept, and no parameter may come
 * twice. */
static enum code check_own_query(const struct url *endpoint,
                                 const struct buf *pairs, struct err *err)
{
  AUTO_JSON json_t *own = NULL;
  const char *name;
  json_t *value;
  enum code code;

  if (!endpoint->query)
    return E_OK;
  code = form_read(&own, endpoint->query, strlen(endpoint->query), FORM_LISTS,
                   E_ANSWER, "the authorization endpoint's own query", err);
  if (code != E_OK)
    return code;
  json_object_foreach(own, name, value)
  {
    if (form_has(pairs, name))
      return err_set(err, E_ANSWER,
                     "the authorization endpoint '%s' sets '%s' itself",
                     endpoint->text, name);
  }
  return E_OK;
}

/* Puts a signed object in the place of the parameters (RFC 9101 §5), where that
 * is due. */
static enum code sign_pairs(struct buf *pairs, struct authorize *made,
                            const struct authorize_ask *ask, struct err *err)
{
  AUTO(secret) object = NULL;
  bool wanted;
  enum code code =
      request_object_wanted(&wanted, ask->client, ask->metadata, err);

  if (code == E_OK)
    code = buf_check(pairs, err);
  if (code != E_OK || !wanted)
    return code;
  code = request_object_make(&object, ask->client, pairs, err);
  if (code != E_OK)
    return code;
  buf_truncate(pairs, 0);
  codec_form_pair(pairs, "client_id", ask->profile->client.id);
  codec_form_pair(pairs, "request", secret_reveal(object));
  made->expires_at = made->asked_at + REQUEST_OBJECT_SECONDS;
  return buf_check(pairs, err);
}

/* Pushes the parameters, and puts the reference in their place. */
static enum code push_pairs(struct buf *pairs, struct authorize *made,
                            const struct authorize_ask *ask, struct err *err)
{
  AUTO_PAR struct par par = {0};
  bool wanted;
  enum code code = par_wanted(&wanted, ask->profile, ask->metadata, err);

  if (code != E_OK || !wanted)
    return code;
  code = par_push(&par, ask->client, ask->metadata, pairs, err);
  if (code == E_OAUTH)
    authorize_hint(made, ask->profile, err);
  if (code != E_OK)
    return code;
  buf_truncate(pairs, 0);
  codec_form_pair(pairs, "client_id", ask->profile->client.id);
  codec_form_pair(pairs, "request_uri", par.request_uri);
  made->expires_at = par.expires_at;
  return buf_check(pairs, err);
}

static enum code build_url(struct authorize *made,
                           const struct authorize_ask *ask, struct err *err)
{
  AUTO_BUF struct buf pairs = BUF_INIT(BUF_URL);
  AUTO(url) endpoint = NULL;
  AUTO(url) whole = NULL;
  enum code code =
      url_parse(&endpoint, ask->metadata->authorization_endpoint, URL_PLAIN,
                E_ANSWER, "the authorization endpoint", err);

  if (code == E_OK)
    code = build_pairs(&pairs, made, ask, err);
  if (code == E_OK)
    code = sign_pairs(&pairs, made, ask, err);
  if (code == E_OK)
    code = push_pairs(&pairs, made, ask, err);
  if (code == E_OK)
    code = check_own_query(endpoint, &pairs, err);
  if (code == E_OK)
    code = url_with_query(&whole, endpoint, buf_text(&pairs), err);
  if (code != E_OK)
    return code;
  made->url = mem_str(whole->text);
  return made->url ? E_OK : err_nomem(err);
}

/* --- the transaction --------------------------------------------------- */

static enum code check_ask(const struct authorize_ask *ask, struct err *err)
{
  const struct profile *profile = ask->profile;

  if (!profile->client.id) {
    (void)err_set(err, E_USAGE, "'%s' needs a client id", profile->name);
    if (profile->register_url)
      err_hint(err, "register one at  %s", profile->register_url);
    err_hint(err, "then  fob login -p %s --client-id ID", profile->name);
    return E_USAGE;
  }
  if (!ask->metadata->authorization_endpoint)
    return err_set(err, E_ANSWER, "'%s' has no authorization endpoint",
                   ask->metadata->issuer ? ask->metadata->issuer
                                         : profile->name);
  if (metadata_states(ask->metadata, "code_challenge_methods_supported") &&
      !metadata_lists(ask->metadata, "code_challenge_methods_supported",
                      "S256"))
    log_warn("the server does not list PKCE's S256; it is sent all the same");
  enum code code = details_ready(profile, ask->metadata, err);

  return code == E_OK ? assurance_ready(profile, err) : code;
}

static enum code draw(struct authorize *made, struct err *err)
{
  AUTO_STR char *verifier = NULL;
  enum code code = crypto_random_text(&made->state, RANDOM_BYTES, err);

  if (code == E_OK && scope_has(made->scope, "openid"))
    code = crypto_random_text(&made->nonce, RANDOM_BYTES, err);
  if (code == E_OK)
    code = crypto_random_text(&verifier, RANDOM_BYTES, err);
  if (code == E_OK)
    code = secret_new(&made->verifier, verifier, strlen(verifier), err);
  return code;
}

enum code authorize_new(struct authorize **ret_authorize,
                        const struct authorize_ask *ask, struct err *err)
{
  AUTO(authorize) made = NULL;
  enum code code = check_ask(ask, err);

  if (code != E_OK)
    return code;
  made = mem_zalloc(sizeof(*made));
  if (made) {
    made->asked_at = clock_wall();
    made->expires_at = CLOCK_NEVER;
    made->redirect_uri = mem_str(ask->redirect_uri);
  }
  if (!made || !made->redirect_uri)
    return err_nomem(err);
  code = authorize_scope(&made->scope, ask->profile, ask->metadata, err);
  if (code == E_OK)
    code = jarm_mode(&made->response_mode, ask->profile, ask->metadata, err);
  if (code == E_OK)
    code = draw(made, err);
  if (code == E_OK)
    code = build_url(made, ask, err);
  if (code != E_OK)
    return code;
  *ret_authorize = made;
  made = NULL;
  return E_OK;
}

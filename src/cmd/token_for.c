#include "cmd/token_for.h"

#include "oauth/nonce.h"

#include <string.h>

static bool is_method(const char *text)
{
  return header_name_valid(text) &&
         text[strcspn(text, "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

enum code token_for_check(const struct token_for *ask, struct err *err)
{
  if (ask->method == NULL)
    return ask->nonce == NULL
               ? E_OK
               : err_set(err, E_USAGE, "--nonce comes with --for METHOD URL");
  if (ask->nonce != NULL && !dpop_is_nonce(ask->nonce))
    return err_set(err, E_USAGE, "--nonce: '%s' is none", ask->nonce);
  if (!is_method(ask->method))
    return err_set(err, E_USAGE, "--for: '%s' is no method, such as GET",
                   ask->method);
  return ask->url != NULL ? E_OK
                          : err_set(err, E_USAGE,
                                    "--for takes a method and a URL: --for %s "
                                    "https://...",
                                    ask->method);
}

enum code token_for_alone(const struct session_token *token,
                          const struct profile *profile, struct err *err)
{
  if (token->dpop_key == NULL && token->cert == NULL)
    return E_OK;
  if (token->dpop_key == NULL) {
    (void)err_set(err, E_USAGE,
                  "the token of '%s' is bound to the certificate '%s', which "
                  "the connection has to show",
                  profile->name, token->cert);
    err_hint(err, "fob request ...   shows it");
    err_hint(err, "fob token -p %s --for GET URL   prints the header line",
             profile->name);
    return E_USAGE;
  }
  (void)err_set(err, E_USAGE,
                "the token of '%s' is bound by DPoP: each request needs a "
                "proof of its own",
                profile->name);
  err_hint(err, "fob request ...   makes it");
  err_hint(err, "fob token -p %s --for GET URL   prints both header lines",
           profile->name);
  return E_USAGE;
}

enum code token_for_proof(const struct token_for *ask,
                          const struct session *session,
                          const struct session_token *token,
                          struct secret **ret_proof, struct err *err)
{
  AUTO(dpop) dpop = NULL;
  enum code code;

  *ret_proof = NULL;
  if (token->dpop_key == NULL)
    return E_OK;
  code = dpop_open(&dpop, token->dpop_key, err);
  if (code == E_OK)
    nonce_recall(session, dpop, ask->url);
  if (code == E_OK && ask->nonce != NULL)
    code = dpop_set_nonce(dpop, ask->url->origin, ask->nonce, err);
  return code == E_OK ? dpop_proof(dpop, ask->method, ask->url, token->token,
                                   ret_proof, err)
                      : code;
}

#include "oauth/dpop.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/sign.h"

#include <string.h>
#include <strings.h>

enum {
  JTI_BYTES = 16, /* §4.2: at least 96 random bits */
  NONCE_MAX = 1024,
  ORIGINS_MAX = 8, /* the issuer's and the API's, and some redirects */
};

struct nonce {
  char *origin, *text;
};

struct dpop {
  struct sign_key *key;
  json_t *header; /* of every proof: typ, jwk */
  struct nonce nonces[ORIGINS_MAX];
  size_t next; /* where a further origin's goes */
};

void dpop_free(struct dpop *dpop)
{
  if (!dpop)
    return;
  for (size_t i = 0; i < ORIGINS_MAX; i++) {
    mem_free(dpop->nonces[i].origin);
    mem_free(dpop->nonces[i].text);
  }
  json_decref(dpop->header);
  sign_key_free(dpop->key);
  mem_free(dpop);
}

/* --- the key ----------------------------------------------------------- */

/* Takes key over, also on failure. */
static enum code with_key(struct dpop **ret_dpop, struct sign_key *key,
                          struct err *err)
{
  AUTO(dpop) dpop = mem_zalloc(sizeof(*dpop));
  json_t *jwk = NULL;
  enum code code;

  if (!dpop) {
    sign_key_free(key);
    return err_nomem(err);
  }
  dpop->key = key;
  code = sign_key_public(key, &jwk, err);
  if (code != E_OK)
    return code;
  dpop->header = json_pack("{s:s, s:o}", "typ", "dpop+jwt", "jwk", jwk);
  if (!dpop->header)
    return err_nomem(err);
  *ret_dpop = dpop;
  dpop = NULL;
  return E_OK;
}

enum code dpop_make(struct dpop **ret_dpop, struct err *err)
{
  struct sign_key *key = NULL;
  enum code code = sign_key_make(&key, err);

  return code == E_OK ? with_key(ret_dpop, key, err) : code;
}

enum code dpop_open(struct dpop **ret_dpop, const struct secret *jwk,
                    struct err *err)
{
  const struct sign_source source = {
      .what = "the stored DPoP key", .alg = "ES256", .code = E_STORE_BROKEN};
  struct sign_key *key = NULL;
  enum code code =
      sign_key_load(&key, secret_reveal(jwk), secret_len(jwk), &source, err);

  return code == E_OK ? with_key(ret_dpop, key, err) : code;
}

enum code dpop_write(const struct dpop *dpop, struct secret **ret_jwk,
                     struct err *err)
{
  return sign_key_write(dpop->key, ret_jwk, err);
}

enum code dpop_thumbprint(const struct dpop *dpop, char **ret_text,
                          struct err *err)
{
  return sign_key_thumbprint(dpop->key, ret_text, err);
}

/* --- proofs ------------------------------------------------------------ */

static enum code put_ath(json_t *payload, const struct secret *token,
                         struct err *err)
{
  AUTO_STR char *ath = NULL;
  enum code code =
      crypto_sha256_text(&ath, secret_reveal(token), secret_len(token), err);

  return code == E_OK ? json_put_text(payload, "ath", ath, err) : code;
}

enum code dpop_proof(struct dpop *dpop, const char *method,
                     const struct url *url, const struct secret *token,
                     struct secret **ret_proof, struct err *err)
{
  AUTO_JSON json_t *payload = NULL;
  AUTO_STR char *jti = NULL;
  AUTO_STR char *htu = mem_printf("%s%s", url->origin, url->path);
  enum code code = crypto_random_text(&jti, JTI_BYTES, err);

  if (code != E_OK)
    return code;
  payload = json_pack("{s:s, s:s, s:s?, s:I}", "jti", jti, "htm", method, "htu",
                      htu, "iat", (json_int_t)clock_wall());
  if (!htu || !payload)
    return err_nomem(err);
  code = json_put_text(payload, "nonce", dpop_nonce(dpop, url->origin), err);
  if (code == E_OK && token)
    code = put_ath(payload, token, err);
  return code == E_OK
             ? sign_jws(dpop->key, dpop->header, payload, ret_proof, err)
             : code;
}

enum code dpop_sign(struct dpop *dpop, const char *method,
                    const struct url *url, const struct secret *token,
                    struct headers *headers, struct err *err)
{
  AUTO(secret) proof = NULL;
  enum code code = dpop_proof(dpop, method, url, token, &proof, err);

  if (code != E_OK)
    return code;
  headers_remove(headers, "DPoP");
  return headers_add_secret(headers, "DPoP", proof, err);
}

/* --- nonces ------------------------------------------------------------ */

/* §8.1: nonce-syntax. */
bool dpop_is_nonce(const char *text)
{
  size_t len = strlen(text);

  for (size_t i = 0; i < len; i++)
    if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
      return false;
  return len > 0 && len <= NONCE_MAX;
}

/* The one header of that name, or NULL. */
static const char *only_value(const struct headers *headers, const char *name)
{
  size_t count = 0;

  for (size_t i = 0; i < headers->count; i++)
    count += strcasecmp(headers->items[i].name, name) == 0;
  return count == 1 ? headers_get(headers, name) : NULL;
}

static struct nonce *find(const struct dpop *dpop, const char *origin)
{
  for (size_t i = 0; i < ORIGINS_MAX; i++)
    if (dpop->nonces[i].origin && strcmp(dpop->nonces[i].origin, origin) == 0)
      return (struct nonce *)(uintptr_t)&dpop->nonces[i];
  return NULL;
}

const char *dpop_nonce(const struct dpop *dpop, const char *origin)
{
  const struct nonce *nonce = find(dpop, origin);

  return nonce ? nonce->text : NULL;
}

enum code dpop_set_nonce(struct dpop *dpop, const char *origin,
                         const char *text, struct err *err)
{
  struct nonce *nonce = find(dpop, origin);
  AUTO_STR char *copy = NULL;
  AUTO_STR char *name = NULL;

  if (!dpop_is_nonce(text))
    return E_OK;
  copy = mem_str(text);
  name = mem_str(origin);
  if (!copy || !name)
    return err_nomem(err);
  if (!nonce) {
    nonce = &dpop->nonces[dpop->next];
    dpop->next = (dpop->next + 1) % ORIGINS_MAX;
  }
  mem_free(nonce->origin);
  mem_free(nonce->text);
  *nonce = (struct nonce){.origin = name, .text = copy};
  name = copy = NULL;
  return E_OK;
}

enum code dpop_heed(struct dpop *dpop, const struct url *url,
                    const struct headers *answer, bool *ret_given,
                    struct err *err)
{
  const char *nonce = only_value(answer, "DPoP-Nonce");

  *ret_given = nonce && dpop_is_nonce(nonce);
  return *ret_given ? dpop_set_nonce(dpop, url->origin, nonce, err) : E_OK;
}

/* --- refusals ---------------------------------------------------------- */

static const char demand[] = "use_dpop_nonce";

enum code dpop_refused_by_issuer(const struct http_answer *answer,
                                 const struct buf *body, bool *ret_refused,
                                 struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  const char *error;

  *ret_refused = false;
  if (answer->status != 400 && answer->status != 401)
    return E_OK;
  if (json_read(&object, buf_text(body), body->len, JSON_DEPTH, E_ANSWER,
                "the refusal", NULL) == E_NOMEM)
    return err_nomem(err);
  error = object ? json_text(object, "error") : NULL;
  *ret_refused = error && strcmp(error, demand) == 0;
  return E_OK;
}

enum code dpop_refused_by_api(const struct http_answer *answer,
                              bool *ret_refused, struct err *err)
{
  AUTO_STR char *error = NULL;
  enum code code = E_OK;

  if (answer->status == 401)
    code = header_challenge(&error, &answer->headers, "DPoP", "error", err);
  *ret_refused = error && strcmp(error, demand) == 0;
  return code;
}

enum code dpop_no_nonce(const struct url *url, struct err *err)
{
  return err_set(err, E_ANSWER,
                 "'%s' demands a DPoP nonce (use_dpop_nonce), and gives none "
                 "that can be used",
                 url->origin);
}

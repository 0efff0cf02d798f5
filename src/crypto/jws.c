#include "crypto/jws.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/engine.h"
#include "crypto/jwk.h"

#include <string.h>

enum { PARTS = 3, JWE_PARTS = 5 };

struct part {
  const char *text;
  size_t len;
};

/* Splits at the dots; returns how many parts there are, also beyond PARTS. */
static size_t split(struct part parts[PARTS], const char *compact)
{
  size_t count = 0;

  for (;;) {
    size_t len = strcspn(compact, ".");

    if (count < PARTS)
      parts[count] = (struct part){compact, len};
    count++;
    if (compact[len] == '\0')
      return count;
    compact += len + 1;
  }
}

/* A part as bytes. */
static enum code decode(struct buf *out, struct part part, const char *what,
                        const char *which, struct err *err)
{
  bool decoded = codec_unbase64url(out, part.text, part.len);

  if (out->failed == E_NOMEM)
    return err_nomem(err);
  if (out->failed != E_OK)
    return err_set(err, E_CHECK,
                   "%s is refused: its %s is longer than %zu bytes", what,
                   which, out->max);
  if (!decoded || out->len == 0)
    return err_set(err, E_CHECK, "%s is malformed: its %s is not base64url",
                   what, which);
  return E_OK;
}

static enum code decode_object(json_t **ret_object, struct part part,
                               const char *what, const char *which,
                               struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf name = BUF_INIT(BUF_LINE);
  enum code code;

  buf_printf(&name, "the %s of %s", which, what);
  code = buf_check(&name, err);
  if (code == E_OK)
    code = decode(&bytes, part, what, which, err);
  if (code != E_OK)
    return code;
  return json_read(ret_object, bytes.data, bytes.len, JSON_DEPTH, E_CHECK,
                   buf_text(&name), err);
}

/* Refuses every header that could make another key or another algorithm be
 * used than the issuer's. The key that a header may carry (jwk, jku, x5c, x5u)
 * is not looked at anywhere. */
static enum code check_header(const json_t *header,
                              const struct jwk_alg **ret_alg, const char *what,
                              struct err *err)
{
  static const char *const refused[] = {"crit", "b64"};
  const char *name = json_text(header, "alg");
  const json_t *kid = json_object_get(header, "kid");
  const struct jwk_alg *alg;

  if (name == NULL)
    return err_set(err, E_CHECK, "%s names no signature algorithm", what);
  if (strcasecmp(name, "none") == 0)
    return err_set(err, E_CHECK, "%s is not signed: its alg is '%s'", what,
                   name);
  alg = jwk_alg(name);
  if (alg == NULL)
    return err_set(err, E_CHECK,
                   "%s is signed with '%s'; only RS256, PS256, ES256 and ES384 "
                   "are accepted",
                   what, name);

  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    if (json_object_get(header, refused[i]) != NULL)
      return err_set(err, E_CHECK,
                     "%s demands an extension that is not known here: its "
                     "header has '%s'",
                     what, refused[i]);
  }
  if (kid != NULL && !json_is_string(kid))
    return err_set(err, E_CHECK, "%s has a 'kid' that is no string", what);

  *ret_alg = alg;
  return E_OK;
}

static enum code fill(struct jws *jws, const char *compact, const char *what,
                      struct err *err)
{
  AUTO_BUF struct buf signature = BUF_INIT(BUF_LINE);
  struct part parts[PARTS];
  size_t count = split(parts, compact);
  enum code code;

  if (count == JWE_PARTS)
    return err_set(err, E_CHECK, "%s is encrypted, which is not supported",
                   what);
  if (count != PARTS)
    return err_set(err, E_CHECK, "%s is malformed: %zu parts instead of %d",
                   what, count, PARTS);

  code = decode_object(&jws->header, parts[0], what, "header", err);
  if (code == E_OK)
    code = check_header(jws->header, &jws->alg, what, err);
  if (code == E_OK)
    code = decode_object(&jws->payload, parts[1], what, "payload", err);
  if (code == E_OK)
    code = decode(&signature, parts[2], what, "signature", err);
  if (code != E_OK)
    return code;

  jws->signing_input = mem_copy(compact, parts[0].len + 1 + parts[1].len);
  if (jws->signing_input == NULL)
    return err_nomem(err);
  jws->signature_len = signature.len;
  return buf_detach(&signature, &jws->signature, NULL, err);
}

enum code jws_parse(struct jws **ret_jws, const char *compact, const char *what,
                    struct err *err)
{
  AUTO(jws) jws = mem_zalloc(sizeof(*jws));
  enum code code;

  if (jws == NULL)
    return err_nomem(err);

  code = fill(jws, compact, what, err);
  if (code != E_OK)
    return code;

  *ret_jws = jws;
  jws = NULL;
  return E_OK;
}

static bool has_kid(const json_t *jwk, const char *kid)
{
  const char *own = json_text(jwk, "kid");

  return kid == NULL || (own != NULL && strcmp(own, kid) == 0);
}

static enum code try_key(enum jws_result *result, const struct jws *jws,
                         const json_t *jwk, struct err *err)
{
  psa_key_id_t key;
  psa_status_t status;
  enum code code = jwk_import(&key, jwk, jws->alg, err);

  if (code != E_OK || key == PSA_KEY_ID_NULL)
    return code;

  status = psa_verify_message(
      key, jws->alg->psa, (const uint8_t *)jws->signing_input,
      strlen(jws->signing_input), (const uint8_t *)jws->signature,
      jws->signature_len);
  psa_destroy_key(key);

  /* INVALID_ARGUMENT: an RSA signature whose number is beyond the modulus. */
  if (status == PSA_SUCCESS)
    *result = JWS_VALID;
  else if (status == PSA_ERROR_INVALID_SIGNATURE ||
           status == PSA_ERROR_INVALID_ARGUMENT)
    *result = JWS_INVALID;
  else
    return engine_failed(err, "check a signature", status);
  return E_OK;
}

enum code jws_verify(enum jws_result *ret_result, const struct jws *jws,
                     const json_t *jwks, struct err *err)
{
  const json_t *keys = json_object_get(jwks, "keys");
  const char *kid = jws_kid(jws);
  enum jws_result result = JWS_NO_KEY;
  unsigned tried = 0;
  const json_t *jwk;
  size_t i;

  if (!json_is_array(keys))
    return err_set(err, E_ANSWER, "the key set has no array 'keys'");

  json_array_foreach(keys, i, jwk)
  {
    enum jws_result one = JWS_NO_KEY;
    enum code code;

    if (!has_kid(jwk, kid) || !jwk_fits(jwk, jws->alg))
      continue;

    code = try_key(&one, jws, jwk, err);
    if (code != E_OK)
      return code;
    if (one == JWS_NO_KEY)
      continue;
    result = one;
    if (one == JWS_VALID || ++tried == JWS_TRIES_MAX)
      break;
  }

  *ret_result = result;
  return E_OK;
}

enum code jws_half_hash(char **ret_text, const struct jws *jws,
                        const char *value, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  uint8_t hash[CRYPTO_HASH_MAX];
  size_t len;
  enum code code =
      crypto_hash(jws->alg->hash, value, strlen(value), hash, &len, err);

  if (code != E_OK)
    return code;
  codec_base64url(&text, hash, len / 2);
  return buf_detach(&text, ret_text, NULL, err);
}

const char *jws_alg(const struct jws *jws)
{
  return jws->alg->name;
}

const char *jws_kid(const struct jws *jws)
{
  return json_text(jws->header, "kid");
}

void jws_free(struct jws *jws)
{
  if (jws == NULL)
    return;

  json_decref(jws->header);
  json_decref(jws->payload);
  mem_free(jws->signing_input);
  mem_free(jws->signature);
  mem_free(jws);
}

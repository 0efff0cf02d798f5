#include "crypto/jwk.h"

#include "base/codec.h"
#include "base/json.h"
#include "crypto/der.h"
#include "crypto/engine.h"

#include <string.h>

/* More would only make verifying slow; 65537 needs 3. */
enum { EXPONENT_MAX = 8 };

/* RFC 7518 §3.1. PSA_ALG_RSA_PSS is the one whose salt must be as long as the
 * hash, as §3.5 demands; PSA_ALG_RSA_PSS_ANY_SALT would not be. */
static const struct jwk_alg algs[] = {
    {"RS256", "RSA", NULL, 0, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256),
     CRYPTO_SHA256},
    {"PS256", "RSA", NULL, 0, PSA_ALG_RSA_PSS(PSA_ALG_SHA_256), CRYPTO_SHA256},
    {"ES256", "EC", "P-256", 32, PSA_ALG_ECDSA(PSA_ALG_SHA_256), CRYPTO_SHA256},
    {"ES384", "EC", "P-384", 48, PSA_ALG_ECDSA(PSA_ALG_SHA_384), CRYPTO_SHA384},
};

const struct jwk_alg *jwk_alg(const char *name)
{
  for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
    if (strcmp(algs[i].name, name) == 0)
      return &algs[i];
  }
  return NULL;
}

static bool says(const json_t *jwk, const char *member, const char *text)
{
  const json_t *value = json_object_get(jwk, member);

  return json_is_string(value) && json_string_length(value) == strlen(text) &&
         strcmp(json_string_value(value), text) == 0;
}

static bool absent_or_says(const json_t *jwk, const char *member,
                           const char *text)
{
  return json_object_get(jwk, member) == NULL || says(jwk, member, text);
}

static bool may_verify(const json_t *jwk)
{
  const json_t *ops = json_object_get(jwk, "key_ops");
  const json_t *op;
  size_t i;

  if (ops == NULL)
    return true;
  json_array_foreach(ops, i, op)
  {
    if (json_is_string(op) && strcmp(json_string_value(op), "verify") == 0)
      return true;
  }
  return false;
}

bool jwk_fits(const json_t *jwk, const struct jwk_alg *alg)
{
  return json_is_object(jwk) && says(jwk, "kty", alg->kty) &&
         (alg->crv == NULL || says(jwk, "crv", alg->crv)) &&
         absent_or_says(jwk, "use", "sig") && may_verify(jwk) &&
         absent_or_says(jwk, "alg", alg->name);
}

/* Decodes a member; *ret_usable is false for one that is absent or malformed.
 * Only want bytes are good, or any number up to out's ceiling for 0. */
static enum code decode(struct buf *out, const json_t *jwk, const char *member,
                        size_t want, bool *ret_usable, struct err *err)
{
  const json_t *value = json_object_get(jwk, member);
  bool decoded;

  *ret_usable = false;
  if (!json_is_string(value))
    return E_OK;

  decoded = codec_unbase64url(out, json_string_value(value),
                              json_string_length(value));
  if (out->failed == E_NOMEM)
    return err_nomem(err);
  *ret_usable = decoded && out->failed == E_OK && out->len > 0 &&
                (want == 0 || out->len == want);
  return E_OK;
}

static bool is_odd(struct der number)
{
  return number.len > 0 && (number.bytes[number.len - 1] & 1) != 0;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
 * (RFC 8017 A.1.1), the form in which PSA takes an RSA public key. */
static enum code rsa_public(struct buf *out, const json_t *jwk,
                            bool *ret_usable, struct err *err)
{
  AUTO_BUF struct buf modulus = BUF_INIT(JWK_RSA_MAX_BITS / 8 + 1);
  AUTO_BUF struct buf exponent = BUF_INIT(EXPONENT_MAX);
  AUTO_BUF struct buf body = BUF_INIT(BUF_LINE);
  struct der n, e;
  enum code code;

  code = decode(&modulus, jwk, "n", 0, ret_usable, err);
  if (code != E_OK || !*ret_usable)
    return code;
  code = decode(&exponent, jwk, "e", 0, ret_usable, err);
  if (code != E_OK || !*ret_usable)
    return code;

  /* RFC 7518 §2 forbids leading zeros, but real servers write them. */
  n = der_number(modulus.data, modulus.len);
  e = der_number(exponent.data, exponent.len);
  *ret_usable = der_bits(n) >= JWK_RSA_MIN_BITS &&
                der_bits(n) <= JWK_RSA_MAX_BITS && is_odd(e) && der_bits(e) > 1;
  if (!*ret_usable)
    return E_OK;

  der_put_number(&body, n);
  der_put_number(&body, e);
  der_put_sequence(out, &body);
  return buf_check(out, err);
}

/* The uncompressed point (SEC 1 §2.3.3). Each coordinate has the curve's full
 * length (RFC 7518 §6.2.1.2); that the point lies on the curve is checked by
 * PSA when it takes the key. */
static enum code ec_public(struct buf *out, const json_t *jwk,
                           const struct jwk_alg *alg, bool *ret_usable,
                           struct err *err)
{
  AUTO_BUF struct buf x = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf y = BUF_INIT(BUF_LINE);
  enum code code;

  code = decode(&x, jwk, "x", alg->coordinate_len, ret_usable, err);
  if (code != E_OK || !*ret_usable)
    return code;
  code = decode(&y, jwk, "y", alg->coordinate_len, ret_usable, err);
  if (code != E_OK || !*ret_usable)
    return code;

  buf_putc(out, 0x04);
  buf_put(out, x.data, x.len);
  buf_put(out, y.data, y.len);
  return E_OK;
}

static bool is_refusal(psa_status_t status)
{
  return status == PSA_ERROR_INVALID_ARGUMENT ||
         status == PSA_ERROR_NOT_SUPPORTED || status == PSA_ERROR_DATA_INVALID;
}

enum code jwk_import(psa_key_id_t *ret_key, const json_t *jwk,
                     const struct jwk_alg *alg, struct err *err)
{
  AUTO_BUF struct buf public = BUF_INIT(BUF_LINE);
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_id_t key = PSA_KEY_ID_NULL;
  bool usable = false;
  psa_status_t status;
  enum code code = engine_ready(err);

  if (code == E_OK && alg->crv == NULL)
    code = rsa_public(&public, jwk, &usable, err);
  else if (code == E_OK)
    code = ec_public(&public, jwk, alg, &usable, err);
  if (code == E_OK)
    code = buf_check(&public, err);
  if (code != E_OK)
    return code;
  if (!usable) {
    *ret_key = PSA_KEY_ID_NULL;
    return E_OK;
  }

  psa_set_key_type(&attributes, alg->crv == NULL ? PSA_KEY_TYPE_RSA_PUBLIC_KEY
                                                 : PSA_KEY_TYPE_ECC_PUBLIC_KEY(
                                                       PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(&attributes, alg->coordinate_len * 8);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_MESSAGE);
  psa_set_key_algorithm(&attributes, alg->psa);
  status = psa_import_key(&attributes, (const uint8_t *)public.data, public.len,
                          &key);
  if (status != PSA_SUCCESS && !is_refusal(status))
    return engine_failed(err, "use a public key", status);

  *ret_key = status == PSA_SUCCESS ? key : PSA_KEY_ID_NULL;
  return E_OK;
}

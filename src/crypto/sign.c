#include "crypto/sign.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/engine.h"
#include "crypto/jwk.h"
#include "crypto/sign_parts.h"

#include <string.h>

struct sign_key {
  struct sign_parts parts;
  const struct jwk_alg *alg;
  const char *kid; /* parts.kid or own_kid */
  char *own_kid;
  psa_key_id_t id;
};

/* --- making and loading -------------------------------------------------- */

static enum code new_key(struct sign_key **ret_key, struct err *err)
{
  struct sign_key *key = mem_zalloc(sizeof(*key));

  if (key == NULL)
    return err_nomem(err);
  sign_parts_init(&key->parts);
  key->id = PSA_KEY_ID_NULL;
  *ret_key = key;
  return E_OK;
}

static enum code choose_alg(struct sign_key *key,
                            const struct sign_source *source, struct err *err)
{
  const struct sign_kind *kind = key->parts.kind;
  const char *own = key->parts.alg;
  const char *name = source->alg != NULL ? source->alg : own;

  if (source->alg != NULL && own != NULL && strcmp(source->alg, own) != 0)
    return err_set(err, source->code,
                   "%s says that it is for '%s', but is to be used for '%s'",
                   source->what, own, source->alg);
  if (name == NULL)
    name = kind->alg;
  key->alg = jwk_alg(name);
  if (key->alg == NULL)
    return err_set(
        err, source->code,
        "%s is for '%s'; RS256, PS256, ES256 and ES384 are supported",
        source->what, name);
  if (strcmp(key->alg->kty, kind->kty) != 0 ||
      (kind->crv != NULL && strcmp(key->alg->crv, kind->crv) != 0))
    return err_set(err, source->code, "%s is a key for %s, not for '%s'",
                   source->what,
                   kind->crv == NULL ? "RS256 and PS256" : kind->alg, name);
  return E_OK;
}

static void set_attributes(psa_key_attributes_t *attributes,
                           const struct jwk_alg *alg)
{
  psa_set_key_type(attributes, alg->crv == NULL ? PSA_KEY_TYPE_RSA_KEY_PAIR
                                                : PSA_KEY_TYPE_ECC_KEY_PAIR(
                                                      PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(attributes, alg->coordinate_len * 8);
  psa_set_key_algorithm(attributes, alg->psa);
}

static enum code check_rsa_size(const struct sign_parts *parts,
                                const struct sign_source *source,
                                struct err *err)
{
  size_t bits = sign_parts_rsa_bits(parts);

  if (bits >= JWK_RSA_MIN_BITS)
    return E_OK;
  err_set(err, source->code,
          "%s is an RSA key of %zu bits; at least %d are needed", source->what,
          bits, JWK_RSA_MIN_BITS);
  err_hint(err, "openssl genpkey -algorithm RSA -pkeyopt "
                "rsa_keygen_bits:3072 -out NEW.pem");
  err_hint(err, "and register its public key with the server");
  return err->code;
}

static enum code import(struct sign_key *key, const struct sign_source *source,
                        struct err *err)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  const struct buf *private = &key->parts.private;
  psa_status_t status;

  set_attributes(&attributes, key->alg);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
  status = psa_import_key(&attributes, (const uint8_t *)private->data,
                          private->len, &key->id);
  if (status == PSA_SUCCESS)
    return E_OK;

  key->id = PSA_KEY_ID_NULL;
  if (status == PSA_ERROR_NOT_SUPPORTED && key->alg->crv == NULL)
    return err_set(err, source->code,
                   "%s is an RSA key of %zu bits, more than mbedTLS takes",
                   source->what, sign_parts_rsa_bits(&key->parts));
  if (status == PSA_ERROR_INVALID_ARGUMENT ||
      status == PSA_ERROR_NOT_SUPPORTED || status == PSA_ERROR_DATA_INVALID)
    return err_set(err, source->code, "%s is damaged: its numbers make no key",
                   source->what);
  return engine_failed(err, "use a private key", status);
}

static enum code read_parts(struct sign_parts *parts, const char *text,
                            size_t len, const struct sign_source *source,
                            struct err *err)
{
  AUTO_JSON json_t *jwk = NULL;
  enum code code;

  if (len == 0 || text[strspn(text, " \t\r\n")] != '{')
    return sign_parts_from_pem(parts, text, len, source, err);

  code =
      json_read(&jwk, text, len, JSON_DEPTH, source->code, source->what, err);
  return code == E_OK ? sign_parts_from_jwk(parts, jwk, source, err) : code;
}

enum code sign_key_load(struct sign_key **ret_key, const void *bytes,
                        size_t len, const struct sign_source *source,
                        struct err *err)
{
  AUTO_STR char *text = mem_copy(bytes, len);
  AUTO(sign_key) key = NULL;
  enum code code;

  if (text == NULL)
    return err_nomem(err);
  code = engine_ready(err);
  if (code == E_OK)
    code = new_key(&key, err);
  if (code == E_OK)
    code = read_parts(&key->parts, text, len, source, err);
  if (code == E_OK)
    code = buf_check(&key->parts.private, err);
  if (code == E_OK)
    code = buf_check(&key->parts.public, err);
  if (code == E_OK)
    code = choose_alg(key, source, err);
  if (code == E_OK && key->alg->crv == NULL)
    code = check_rsa_size(&key->parts, source, err);
  if (code == E_OK)
    code = import(key, source, err);
  if (code != E_OK)
    return code;

  key->own_kid = mem_str(source->kid);
  if (source->kid != NULL && key->own_kid == NULL)
    return err_nomem(err);
  key->kid = key->own_kid != NULL ? key->own_kid : key->parts.kid;
  *ret_key = key;
  key = NULL;
  return E_OK;
}

/* What psa_export_*() writes, which for P-256 is known in advance. */
static enum code export_parts(struct sign_key *key, struct err *err)
{
  size_t scalar = key->parts.kind->len, point = 2 * scalar + 1, len;
  char *private = buf_room(&key->parts.private, scalar);
  char *public = buf_room(&key->parts.public, point);
  psa_status_t status;

  if (private == NULL || public == NULL)
    return err_nomem(err);
  status = psa_export_key(key->id, (uint8_t *)private, scalar, &len);
  if (status == PSA_SUCCESS && len != scalar)
    status = PSA_ERROR_GENERIC_ERROR;
  buf_grown(&key->parts.private, status == PSA_SUCCESS ? len : 0);
  if (status == PSA_SUCCESS)
    status = psa_export_public_key(key->id, (uint8_t *)public, point, &len);
  if (status == PSA_SUCCESS && len != point)
    status = PSA_ERROR_GENERIC_ERROR;
  buf_grown(&key->parts.public, status == PSA_SUCCESS ? len : 0);
  return status == PSA_SUCCESS ? E_OK
                               : engine_failed(err, "write a new key", status);
}

enum code sign_key_make(struct sign_key **ret_key, struct err *err)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  AUTO(sign_key) key = NULL;
  psa_status_t status;
  enum code code = engine_ready(err);

  if (code == E_OK)
    code = new_key(&key, err);
  if (code != E_OK)
    return code;

  key->parts.kind = sign_kind_of("P-256");
  key->alg = jwk_alg(key->parts.kind->alg);
  set_attributes(&attributes, key->alg);
  psa_set_key_usage_flags(&attributes,
                          PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_EXPORT);
  status = psa_generate_key(&attributes, &key->id);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "make a key", status);
  code = export_parts(key, err);
  if (code != E_OK)
    return code;

  *ret_key = key;
  key = NULL;
  return E_OK;
}

/* --- telling ------------------------------------------------------------- */

enum code sign_key_write(const struct sign_key *key, struct secret **ret_jwk,
                         struct err *err)
{
  AUTO_JSON json_t *jwk = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_SECRET);
  enum code code = sign_parts_to_jwk(&key->parts, true, &jwk, err);

  if (code == E_OK)
    code = json_put_text(jwk, "alg", key->alg->name, err);
  if (code == E_OK && key->kid != NULL)
    code = json_put_text(jwk, "kid", key->kid, err);
  if (code == E_OK)
    code = json_write(&text, jwk, 0, err);
  return code == E_OK ? secret_from_buf(ret_jwk, &text, err) : code;
}

enum code sign_key_public(const struct sign_key *key, json_t **ret_jwk,
                          struct err *err)
{
  return sign_parts_to_jwk(&key->parts, false, ret_jwk, err);
}

/* RFC 7638 §3: the required members alone, in the order of their names;
 * base64url needs no escapes. */
enum code sign_key_thumbprint(const struct sign_key *key, char **ret_text,
                              struct err *err)
{
  static const char *const rsa[] = {"e", "kty", "n"};
  static const char *const ec[] = {"crv", "kty", "x", "y"};
  bool is_ec = key->alg->crv != NULL;
  AUTO_JSON json_t *jwk = NULL;
  AUTO_BUF struct buf form = BUF_INIT(BUF_LINE);
  enum code code = sign_key_public(key, &jwk, err);

  if (code != E_OK)
    return code;
  for (size_t i = 0; i < (is_ec ? ARRAY_LEN(ec) : ARRAY_LEN(rsa)); i++) {
    const char *member = is_ec ? ec[i] : rsa[i];

    buf_printf(&form, "%c\"%s\":\"%s\"", i == 0 ? '{' : ',', member,
               json_text(jwk, member));
  }
  buf_putc(&form, '}');
  code = buf_check(&form, err);
  return code == E_OK ? crypto_sha256_text(ret_text, form.data, form.len, err)
                      : code;
}

const char *sign_key_alg(const struct sign_key *key)
{
  return key->alg->name;
}

const char *sign_key_id(const struct sign_key *key)
{
  return key->kid;
}

/* --- signing ------------------------------------------------------------- */

static enum code put_part(struct buf *out, const json_t *object,
                          struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  enum code code = json_write(&text, object, 0, err);

  if (code == E_OK)
    codec_base64url(out, text.data, text.len);
  return code;
}

/* BASE64URL(header) "." BASE64URL(payload), alg in front. */
static enum code put_input(struct buf *out, const char *alg, const char *kid,
                           const json_t *header, const json_t *payload,
                           struct err *err)
{
  AUTO_JSON json_t *whole = json_pack("{s:s}", "alg", alg);
  enum code code = E_OK;

  /* jansson's update takes a const object's members by reference. */
  if (whole == NULL ||
      (header != NULL && json_object_update(whole, (json_t *)header) != 0))
    return err_nomem(err);
  if (kid != NULL && json_object_get(whole, "kid") == NULL &&
      json_object_get(whole, "jwk") == NULL)
    code = json_put_text(whole, "kid", kid, err);
  if (code == E_OK)
    code = put_part(out, whole, err);
  if (code == E_OK) {
    buf_putc(out, '.');
    code = put_part(out, payload, err);
  }
  return code == E_OK ? buf_check(out, err) : code;
}

static enum code finish(struct buf *input, const uint8_t *signature, size_t len,
                        struct secret **ret_compact, struct err *err)
{
  buf_putc(input, '.');
  codec_base64url(input, signature, len);
  return secret_from_buf(ret_compact, input, err);
}

enum code sign_jws(const struct sign_key *key, const json_t *header,
                   const json_t *payload, struct secret **ret_compact,
                   struct err *err)
{
  AUTO_BUF struct buf input = BUF_INIT(BUF_DOCUMENT);
  uint8_t signature[JWK_RSA_MAX_BITS / 8];
  size_t len;
  psa_status_t status;
  enum code code =
      put_input(&input, key->alg->name, key->kid, header, payload, err);

  if (code != E_OK)
    return code;
  status = psa_sign_message(key->id, key->alg->psa, (const uint8_t *)input.data,
                            input.len, signature, sizeof(signature), &len);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "sign", status);
  return finish(&input, signature, len, ret_compact, err);
}

enum code sign_hs256(const struct secret *secret, const json_t *header,
                     const json_t *payload, struct secret **ret_compact,
                     struct err *err)
{
  AUTO_BUF struct buf input = BUF_INIT(BUF_DOCUMENT);
  uint8_t mac[CRYPTO_HASH_MAX];
  size_t len;
  enum code code = put_input(&input, "HS256", NULL, header, payload, err);

  if (code == E_OK)
    code = crypto_hmac(CRYPTO_SHA256, secret_reveal(secret), secret_len(secret),
                       input.data, input.len, mac, &len, err);
  return code == E_OK ? finish(&input, mac, len, ret_compact, err) : code;
}

void sign_key_free(struct sign_key *key)
{
  if (key == NULL)
    return;

  if (key->id != PSA_KEY_ID_NULL)
    psa_destroy_key(key->id);
  sign_parts_clear(&key->parts);
  mem_free(key->own_kid);
  mem_free(key);
}

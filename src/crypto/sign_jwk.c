#include "crypto/sign_parts.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/der.h"
#include "crypto/jwk.h"

#include <string.h>

/* RSAPrivateKey's numbers in their order behind the version (RFC 8017 A.1.2),
 * by their JWK names (RFC 7518 §6.3). The first two are the public key. */
static const char *const rsa_members[] = {"n", "e",  "d",  "p",
                                          "q", "dp", "dq", "qi"};
enum { RSA_PUBLIC = 2 };

static const struct sign_kind kinds[] = {
    {"RSA", NULL, "RS256", 0, NULL, 0},
    {"EC", "P-256", "ES256", 32, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8},
    {"EC", "P-384", "ES384", 48, "\x2b\x81\x04\x00\x22", 5},
};

void sign_parts_init(struct sign_parts *parts)
{
  *parts = (struct sign_parts){0};
  buf_init(&parts->private, BUF_LINE);
  buf_init(&parts->public, BUF_LINE);
}

void sign_parts_clear(struct sign_parts *parts)
{
  buf_clear(&parts->private);
  buf_clear(&parts->public);
  mem_free(parts->alg);
  mem_free(parts->kid);
  *parts = (struct sign_parts){0};
}

const struct sign_kind *sign_kind_of(const char *crv)
{
  for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
    if (crv == NULL ? kinds[i].crv == NULL
                    : kinds[i].crv != NULL && strcmp(kinds[i].crv, crv) == 0)
      return &kinds[i];
  }
  return NULL;
}

const struct sign_kind *sign_kind_by_oid(const void *oid, size_t len)
{
  for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
    if (kinds[i].oid != NULL && kinds[i].oid_len == len &&
        memcmp(kinds[i].oid, oid, len) == 0)
      return &kinds[i];
  }
  return NULL;
}

/* --- reading ------------------------------------------------------------- */

static enum code decode(struct buf *out, const json_t *jwk, const char *member,
                        const struct sign_source *source, struct err *err)
{
  const json_t *value = json_object_get(jwk, member);

  if (!json_is_string(value))
    return err_set(err, source->code,
                   "%s is no complete private JWK: it lacks '%s'", source->what,
                   member);
  if (codec_unbase64url(out, json_string_value(value),
                        json_string_length(value)) &&
      out->failed == E_OK && out->len > 0)
    return E_OK;
  if (out->failed == E_NOMEM)
    return err_nomem(err);
  return err_set(err, source->code,
                 "%s is malformed: its '%s' is not base64url", source->what,
                 member);
}

static enum code read_rsa(struct sign_parts *parts, const json_t *jwk,
                          const struct sign_source *source, struct err *err)
{
  AUTO_BUF struct buf private = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf public = BUF_INIT(BUF_LINE);

  if (json_object_get(jwk, "oth") != NULL)
    return err_set(err, source->code, "%s has more than two primes",
                   source->what);
  der_put_number(&private, (struct der){NULL, 0}); /* version 0 */
  for (size_t i = 0; i < ARRAY_LEN(rsa_members); i++) {
    AUTO_BUF struct buf bytes = BUF_INIT(JWK_RSA_MAX_BITS / 8 + 1);
    enum code code = decode(&bytes, jwk, rsa_members[i], source, err);
    struct der number;

    if (code != E_OK)
      return code;
    number = der_number(bytes.data, bytes.len);
    der_put_number(&private, number);
    if (i < RSA_PUBLIC)
      der_put_number(&public, number);
  }
  der_put_sequence(&parts->private, &private);
  der_put_sequence(&parts->public, &public);
  return E_OK;
}

/* Every number has the curve's full length (RFC 7518 §6.2). */
static enum code read_ec(struct sign_parts *parts, const json_t *jwk,
                         const struct sign_source *source, struct err *err)
{
  static const char *const members[] = {"x", "y", "d"};

  buf_putc(&parts->public, 0x04);
  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    AUTO_BUF struct buf bytes = BUF_INIT(BUF_LINE);
    enum code code = decode(&bytes, jwk, members[i], source, err);

    if (code != E_OK)
      return code;
    if (bytes.len != parts->kind->len)
      return err_set(err, source->code,
                     "%s is malformed: its '%s' has %zu bytes instead of %zu",
                     source->what, members[i], bytes.len, parts->kind->len);
    buf_put(members[i][0] == 'd' ? &parts->private : &parts->public, bytes.data,
            bytes.len);
  }
  return E_OK;
}

static bool may_sign(const json_t *jwk)
{
  const json_t *ops = json_object_get(jwk, "key_ops");
  const json_t *use = json_object_get(jwk, "use");
  const json_t *op;
  size_t i;

  if (use != NULL &&
      (!json_is_string(use) || strcmp(json_string_value(use), "sig") != 0))
    return false;
  if (ops == NULL)
    return true;
  json_array_foreach(ops, i, op)
  {
    if (json_is_string(op) && strcmp(json_string_value(op), "sign") == 0)
      return true;
  }
  return false;
}

static enum code find_kind(struct sign_parts *parts, const json_t *jwk,
                           const struct sign_source *source, struct err *err)
{
  const char *kty = json_text(jwk, "kty");
  const char *crv = json_text(jwk, "crv");

  if (json_object_get(jwk, "keys") != NULL)
    return err_set(err, source->code,
                   "%s is a key set; give one private key of it, alone",
                   source->what);
  if (kty == NULL)
    return err_set(err, source->code, "%s is no JWK: it has no 'kty'",
                   source->what);
  if (strcmp(kty, "RSA") == 0)
    parts->kind = sign_kind_of(NULL);
  else if (strcmp(kty, "EC") == 0 && crv != NULL)
    parts->kind = sign_kind_of(crv);
  if (parts->kind == NULL)
    return err_set(err, source->code,
                   "%s is a key of kind '%s'%s%s%s; RSA, P-256 and P-384 keys "
                   "are supported",
                   source->what, kty, crv != NULL ? " on curve '" : "",
                   crv != NULL ? crv : "", crv != NULL ? "'" : "");
  return E_OK;
}

/* The JWK's own name of something, NULL when it has none. */
static enum code read_name(char **ret_name, const json_t *jwk,
                           const char *member, const struct sign_source *source,
                           struct err *err)
{
  const json_t *value = json_object_get(jwk, member);
  char *name;

  if (value == NULL)
    return E_OK;
  if (!json_is_string(value) || !codec_is_line(json_string_value(value)))
    return err_set(err, source->code, "%s is malformed: its '%s' is no text",
                   source->what, member);
  name = mem_str(json_string_value(value));
  if (name == NULL)
    return err_nomem(err);
  *ret_name = name;
  return E_OK;
}

enum code sign_parts_from_jwk(struct sign_parts *parts, const json_t *jwk,
                              const struct sign_source *source, struct err *err)
{
  enum code code = find_kind(parts, jwk, source, err);

  if (code == E_OK && json_object_get(jwk, "d") == NULL)
    code = err_set(err, source->code,
                   "%s is a public key; the private one has "
                   "'d'",
                   source->what);
  if (code == E_OK && !may_sign(jwk))
    code = err_set(err, source->code,
                   "%s is not for signing: so say its 'use' or 'key_ops'",
                   source->what);
  if (code == E_OK)
    code = read_name(&parts->alg, jwk, "alg", source, err);
  if (code == E_OK)
    code = read_name(&parts->kid, jwk, "kid", source, err);
  if (code != E_OK)
    return code;

  if (parts->kind->crv == NULL)
    return read_rsa(parts, jwk, source, err);
  return read_ec(parts, jwk, source, err);
}

/* --- writing ------------------------------------------------------------- */

static enum code put_bytes(json_t *jwk, const char *member, const void *bytes,
                           size_t len, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  enum code code;

  codec_base64url(&text, bytes, len);
  code = buf_check(&text, err);
  return code == E_OK ? json_put_text(jwk, member, buf_text(&text), err) : code;
}

/* The numbers of an RSAPublicKey or, behind its version, an RSAPrivateKey. */
static enum code write_rsa(json_t *jwk, const struct sign_parts *parts,
                           bool private, struct err *err)
{
  const struct buf *from = private ? &parts->private : &parts->public;
  struct der whole = {(const uint8_t *)from->data, from->len}, body, number;
  size_t count = private ? ARRAY_LEN(rsa_members) : RSA_PUBLIC;
  enum code code = E_OK;

  if (!der_take(&whole, DER_SEQUENCE, &body) ||
      (private && !der_take_number(&body, &number)))
    return err_set(err, E_LOCAL, "an RSA key is damaged in memory");
  for (size_t i = 0; i < count && code == E_OK; i++) {
    if (!der_take_number(&body, &number))
      return err_set(err, E_LOCAL, "an RSA key is damaged in memory");
    code = put_bytes(jwk, rsa_members[i], number.bytes, number.len, err);
  }
  return code;
}

static enum code write_ec(json_t *jwk, const struct sign_parts *parts,
                          bool private, struct err *err)
{
  const char *point = parts->public.data;
  size_t len = parts->kind->len;
  enum code code = json_put_text(jwk, "crv", parts->kind->crv, err);

  if (code == E_OK)
    code = put_bytes(jwk, "x", point + 1, len, err);
  if (code == E_OK)
    code = put_bytes(jwk, "y", point + 1 + len, len, err);
  if (code == E_OK && private)
    code = put_bytes(jwk, "d", parts->private.data, len, err);
  return code;
}

enum code sign_parts_to_jwk(const struct sign_parts *parts, bool private,
                            json_t **ret_jwk, struct err *err)
{
  AUTO_JSON json_t *jwk = json_object();
  enum code code;

  if (jwk == NULL)
    return err_nomem(err);
  code = json_put_text(jwk, "kty", parts->kind->kty, err);
  if (code == E_OK)
    code = parts->kind->crv == NULL ? write_rsa(jwk, parts, private, err)
                                    : write_ec(jwk, parts, private, err);
  if (code != E_OK)
    return code;
  *ret_jwk = jwk;
  jwk = NULL;
  return E_OK;
}

size_t sign_parts_rsa_bits(const struct sign_parts *parts)
{
  struct der whole = {(const uint8_t *)parts->public.data, parts->public.len};
  struct der body, n;

  if (!der_take(&whole, DER_SEQUENCE, &body) || !der_take_number(&body, &n))
    return 0;
  return der_bits(n);
}

#include "crypto/sign_parts.h"

#include "base/codec.h"
#include "base/mem.h"
#include "crypto/der.h"
#include "crypto/engine.h"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/version.h>
#include <string.h>

/* An RSA key of 8192 bits takes 4.7 KiB. */
enum { DER_MAX = 8 * 1024 };

static bool holds(const char *text, size_t len, const char *what)
{
  return memmem(text, len, what, strlen(what)) != NULL;
}

/* "openssl … 'KEY' …" with the file's own name in it. */
static enum code hint_command(struct err *err, const char *before,
                              const char *path, const char *after)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);
  enum code code = err->code;

  buf_puts(&line, before);
  codec_shell(&line, path != NULL ? path : "KEY.pem");
  buf_puts(&line, after);
  err_hint(err, "%s", buf_text(&line));
  return code;
}

static enum code refuse_kind(const struct sign_source *source, const char *kind,
                             struct err *err)
{
  err_set(err, source->code,
          "%s is %s; RSA, P-256 and P-384 keys are supported", source->what,
          kind);
  err_hint(err, "openssl genpkey -algorithm EC -pkeyopt "
                "ec_paramgen_curve:P-256 -out NEW.pem");
  err_hint(err, "and register its public key with the server");
  return err->code;
}

/* What cannot be read is named before the parser, which knows it only as
 * malformed, sees it. */
static enum code check_kind(const char *text, size_t len,
                            const struct sign_source *source, struct err *err)
{
  if (holds(text, len, "-----BEGIN OPENSSH PRIVATE KEY-----")) {
    err_set(err, source->code,
            "%s is in OpenSSH's own format, which is not supported",
            source->what);
    return hint_command(err, "ssh-keygen -p -m PKCS8 -f ", source->path,
                        "   rewrites it in place");
  }
  if (holds(text, len, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
      holds(text, len, "Proc-Type: 4,ENCRYPTED")) {
    err_set(err, source->code, "%s is encrypted, which is not supported",
            source->what);
    return hint_command(err, "openssl pkey -in ", source->path,
                        " -out DECRYPTED.pem   and name that file, mode 0600");
  }
  if (!holds(text, len, "-----BEGIN PRIVATE KEY-----") &&
      !holds(text, len, "-----BEGIN RSA PRIVATE KEY-----") &&
      !holds(text, len, "-----BEGIN EC PRIVATE KEY-----"))
    return err_set(
        err, source->code, "%s holds no private key%s", source->what,
        holds(text, len, "-----BEGIN ") ? "" : ": it is neither PEM nor a JWK");

  /* The base64 of their PKCS#8 AlgorithmIdentifier (RFC 8410). */
  if (holds(text, len, "BQYDK2Vw"))
    return refuse_kind(source, "an Ed25519 key", err);
  if (holds(text, len, "BQYDK2Vx"))
    return refuse_kind(source, "an Ed448 key", err);
  return E_OK;
}

/* An error is the sum of a module's and, in its low seven bits, a cause's. */
static bool is_shortage(int rc)
{
  int module = -rc & ~0x7f, cause = -rc & 0x7f;

  return rc < 0 && (module == -MBEDTLS_ERR_PK_ALLOC_FAILED ||
                    module == -MBEDTLS_ERR_PEM_ALLOC_FAILED ||
                    module == -MBEDTLS_ERR_ECP_ALLOC_FAILED ||
                    cause == -MBEDTLS_ERR_MPI_ALLOC_FAILED ||
                    cause == -MBEDTLS_ERR_ASN1_ALLOC_FAILED);
}

/* The one place that calls what PSA has no replacement for: PEM in, and DER
 * (RSAPrivateKey or ECPrivateKey) at the end of der out. Returns its length, 0
 * when the text is malformed, -1 when memory is short. */
static int parse_pem(const char *text, size_t len, uint8_t der[DER_MAX])
{
  AUTO_STR char *copy = mem_copy(text, len); /* the parser wants the NUL */
  mbedtls_pk_context pk;
  int rc;

  if (copy == NULL)
    return -1;

  mbedtls_pk_init(&pk);
  rc = mbedtls_pk_parse_key(&pk, (const unsigned char *)copy, len + 1, NULL, 0
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
                            ,
                            mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE
#endif
  );
  if (rc == 0)
    rc = mbedtls_pk_write_key_der(&pk, der, DER_MAX);
  mbedtls_pk_free(&pk);

  if (is_shortage(rc))
    return -1;
  return rc > 0 ? rc : 0;
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent }: the first two numbers
 * of RSAPrivateKey behind its version (RFC 8017 A.1). */
static bool take_rsa(struct sign_parts *parts, struct der body)
{
  AUTO_BUF struct buf numbers = BUF_INIT(BUF_LINE);
  struct der n, e;

  if (!der_take_number(&body, &n) || !der_take_number(&body, &e))
    return false;
  parts->kind = sign_kind_of(NULL);
  der_put_number(&numbers, n);
  der_put_number(&numbers, e);
  der_put_sequence(&parts->public, &numbers);
  return true;
}

/* ECPrivateKey ::= SEQUENCE { version, privateKey OCTET STRING, [0] parameters,
 * [1] publicKey BIT STRING } (RFC 5915), as mbedTLS writes it: in full. kind
 * stays NULL for another curve. */
static bool take_ec(struct sign_parts *parts, struct der body,
                    struct der scalar)
{
  struct der tagged, oid, bits;

  if (!der_take(&body, DER_CONTEXT, &tagged) ||
      !der_take(&tagged, DER_OID, &oid))
    return false;
  parts->kind = sign_kind_by_oid(oid.bytes, oid.len);
  if (parts->kind == NULL)
    return true;
  if (!der_take(&body, DER_CONTEXT + 1, &tagged) ||
      !der_take(&tagged, DER_BITS, &bits) || bits.len == 0 ||
      bits.bytes[0] != 0 || scalar.len != parts->kind->len)
    return false;

  buf_put(&parts->private, scalar.bytes, scalar.len);
  buf_put(&parts->public, bits.bytes + 1, bits.len - 1);
  return true;
}

static bool take_der(struct sign_parts *parts, struct der der)
{
  struct der whole = der, body, version, scalar;

  if (!der_take(&der, DER_SEQUENCE, &body) ||
      !der_take(&body, DER_INTEGER, &version))
    return false;
  if (der_take(&body, DER_OCTETS, &scalar))
    return take_ec(parts, body, scalar);

  buf_put(&parts->private, whole.bytes, whole.len);
  return take_rsa(parts, body);
}

enum code sign_parts_from_pem(struct sign_parts *parts, const char *text,
                              size_t len, const struct sign_source *source,
                              struct err *err)
{
  uint8_t der[DER_MAX];
  bool taken;
  int der_len;
  enum code code = check_kind(text, len, source, err);

  if (code == E_OK)
    code = engine_ready(err);
  if (code != E_OK)
    return code;

  der_len = parse_pem(text, len, der);
  taken = der_len > 0 && take_der(parts, (struct der){der + DER_MAX - der_len,
                                                      (size_t)der_len});
  mem_wipe(der, sizeof(der));
  if (der_len < 0)
    return err_nomem(err);
  if (!taken)
    return err_set(err, source->code, "%s is no valid PEM private key",
                   source->what);
  if (parts->kind == NULL)
    return refuse_kind(source, "an EC key on another curve", err);
  return E_OK;
}

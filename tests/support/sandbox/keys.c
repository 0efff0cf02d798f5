/* Signing keys, made at the start or when first needed, never stored. */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/mem.h"

#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 16, EXPORT_MAX = 512, SIGNATURE_MAX = 512 };

struct key {
  const struct kind *kind;
  psa_key_id_t id;
  char kid[32];
  bool current; /* signs; an old one is only published */
};

struct keys {
  struct key key[KEYS_MAX];
  size_t count;
  unsigned made; /* for kids that were never used before */
};

static const struct kind {
  const char *alg;
  const char *crv; /* NULL: RSA */
  psa_key_type_t type;
  size_t bits;
  psa_algorithm_t sign;
  psa_algorithm_t hash;
} kinds[] = {
    {"ES256", "P-256", PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), 256,
     PSA_ALG_ECDSA(PSA_ALG_SHA_256), PSA_ALG_SHA_256},
    {"ES384", "P-384", PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), 384,
     PSA_ALG_ECDSA(PSA_ALG_SHA_384), PSA_ALG_SHA_384},
    {"RS256", NULL, PSA_KEY_TYPE_RSA_KEY_PAIR, 2048,
     PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256), PSA_ALG_SHA_256},
    {"PS256", NULL, PSA_KEY_TYPE_RSA_KEY_PAIR, 2048,
     PSA_ALG_RSA_PSS(PSA_ALG_SHA_256), PSA_ALG_SHA_256},
};

static const struct kind *kind_find(const char *alg)
{
  for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
    if (text_is(kinds[i].alg, alg))
      return &kinds[i];
  }
  return NULL;
}

static psa_key_id_t generate(const struct kind *kind)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_id_t id;

  psa_set_key_usage_flags(&attributes,
                          PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
  psa_set_key_algorithm(&attributes, kind->sign);
  psa_set_key_type(&attributes, kind->type);
  psa_set_key_bits(&attributes, kind->bits);
  must(psa_generate_key(&attributes, &id) == PSA_SUCCESS, "making a key");
  return id;
}

static struct key *key_current(struct keys *keys, const struct kind *kind)
{
  for (size_t i = 0; i < keys->count; i++) {
    if (keys->key[i].current && keys->key[i].kind == kind)
      return &keys->key[i];
  }
  return NULL;
}

static struct key *key_need(struct keys *keys, const struct kind *kind)
{
  struct key *key = key_current(keys, kind);

  if (key != NULL)
    return key;
  must(keys->count < KEYS_MAX, "making one more key");
  key = &keys->key[keys->count++];
  *key = (struct key){.kind = kind, .id = generate(kind), .current = true};
  snprintf(key->kid, sizeof(key->kid), "%s-%u", kind->alg, ++keys->made);
  return key;
}

void keys_need(struct keys *keys, const char *alg)
{
  const struct kind *kind = kind_find(alg);

  if (kind != NULL)
    key_need(keys, kind);
}

struct keys *keys_new(void)
{
  must(psa_crypto_init() == PSA_SUCCESS, "PSA");

  struct keys *keys = need(mem_zalloc(sizeof(*keys)), "memory");
  keys_need(keys, "ES256");
  return keys;
}

void keys_free(struct keys *keys)
{
  for (size_t i = 0; i < keys->count; i++)
    psa_destroy_key(keys->key[i].id);
  mem_free(keys);
}

void keys_rotate(struct keys *keys, bool keep)
{
  const struct kind *had[KEYS_MAX];
  size_t count = 0;

  for (size_t i = 0; i < keys->count; i++) {
    if (keys->key[i].current)
      had[count++] = keys->key[i].kind;
    keys->key[i].current = false;
    if (!keep)
      psa_destroy_key(keys->key[i].id);
  }
  if (!keep)
    keys->count = 0;
  for (size_t i = 0; i < count; i++)
    key_need(keys, had[i]);
}

static void put(json_t *object, const char *name, const unsigned char *bytes,
                size_t len)
{
  AUTO_BUF struct buf text = BUF_INIT(4096);

  codec_base64url(&text, bytes, len);
  json_object_set_new(object, name, json_string(buf_text(&text)));
}

/* The length of a DER element; moves past its head. */
static size_t der_enter(const unsigned char **at)
{
  size_t len = (*at)[1];

  *at += 2;
  if (len & 0x80) {
    size_t octets = len & 0x7f;
    for (len = 0; octets > 0; octets--)
      len = len << 8 | *(*at)++;
  }
  return len;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }, as PSA
 * exports it (RFC 8017 A.1.1). */
static void put_rsa(json_t *jwk, const unsigned char *der)
{
  const char *names[] = {"n", "e"};

  (void)der_enter(&der);
  for (size_t i = 0; i < 2; i++) {
    size_t len = der_enter(&der);
    size_t zero = *der == 0 ? 1 : 0;
    put(jwk, names[i], der + zero, len - zero);
    der += len;
  }
}

static json_t *key_jwk(const struct key *key)
{
  unsigned char bytes[EXPORT_MAX];
  size_t len;
  json_t *jwk =
      need(json_pack("{ss ss ss ss ss*}", "kid", key->kid, "alg",
                     key->kind->alg, "use", "sig", "kty",
                     key->kind->crv ? "EC" : "RSA", "crv", key->kind->crv),
           "memory");

  must(psa_export_public_key(key->id, bytes, sizeof(bytes), &len) ==
           PSA_SUCCESS,
       "exporting a key");
  if (key->kind->crv == NULL) {
    put_rsa(jwk, bytes);
  } else { /* 0x04, x, y */
    put(jwk, "x", bytes + 1, (len - 1) / 2);
    put(jwk, "y", bytes + 1 + (len - 1) / 2, (len - 1) / 2);
  }
  return jwk;
}

/* What a client has to pass over: RFC 7517 §5 wants unknown and malformed keys
 * ignored, and a symmetric key in a public set must never verify anything. */
static const char decoys_text[] =
    "[{\"kty\":\"unknown-kind\",\"kid\":\"decoy-1\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-999\",\"x\":\"AA\",\"y\":\"AA\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"},"
    "{\"kty\":\"oct\",\"k\":\"dGVzdC1rZXktbm90LXJlYWw\",\"alg\":\"HS256\"},"
    "{\"kid\":7},"
    "{\"kty\":\"RSA\",\"use\":\"enc\",\"n\":\"AQ\",\"e\":\"AQAB\"}]";

json_t *keys_jwks(struct keys *keys, bool decoys)
{
  json_t *list =
      need(decoys ? json_loads(decoys_text, 0, NULL) : json_array(), "memory");

  for (size_t i = 0; i < keys->count; i++)
    must(json_array_append_new(list, key_jwk(&keys->key[i])) == 0, "memory");
  return need(json_pack("{so}", "keys", list), "memory");
}

static void put_part(struct buf *out, const json_t *object)
{
  char *text = need(json_dumps(object, JSON_COMPACT), "memory");

  codec_base64url(out, text, strlen(text));
  free(text);
}

static size_t hs256(const struct key *key, const char *input,
                    unsigned char *signature)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_id_t mac;
  unsigned char public_key[EXPORT_MAX];
  size_t len;

  must(psa_export_public_key(key->id, public_key, sizeof(public_key), &len) ==
           PSA_SUCCESS,
       "exporting a key");
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
  psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(PSA_ALG_SHA_256));
  psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
  must(psa_import_key(&attributes, public_key, len, &mac) == PSA_SUCCESS &&
           psa_mac_compute(mac, PSA_ALG_HMAC(PSA_ALG_SHA_256),
                           (const unsigned char *)input, strlen(input),
                           signature, SIGNATURE_MAX, &len) == PSA_SUCCESS,
       "HMAC");
  psa_destroy_key(mac);
  return len;
}

static size_t sign(const struct kind *kind, psa_key_id_t id, const char *input,
                   unsigned char *signature)
{
  unsigned char hash[PSA_HASH_MAX_SIZE];
  size_t hash_len;
  size_t len;

  must(psa_hash_compute(kind->hash, (const unsigned char *)input, strlen(input),
                        hash, sizeof(hash), &hash_len) == PSA_SUCCESS &&
           psa_sign_hash(id, kind->sign, hash, hash_len, signature,
                         SIGNATURE_MAX, &len) == PSA_SUCCESS,
       "signing");
  return len;
}

/* The signature under input as `how` wants it. */
static size_t sign_how(const struct key *key, const char *how,
                       const char *input, unsigned char *signature)
{
  size_t len;

  if (text_is(how, "none") || text_is(how, "empty"))
    return 0;
  if (text_is(how, "hs256"))
    return hs256(key, input, signature);
  if (text_is(how, "other_key") || text_is(how, "unpublished")) {
    psa_key_id_t stranger = generate(key->kind);
    len = sign(key->kind, stranger, input, signature);
    psa_destroy_key(stranger);
    return len;
  }
  len = sign(key->kind, key->id, input, signature);
  if (text_is(how, "flip"))
    signature[len / 2] ^= 1;
  return len;
}

char *keys_sign(struct keys *keys, const char *alg, const json_t *header,
                const json_t *payload, const char *how)
{
  const struct kind *kind = need((void *)kind_find(alg), "finding the alg");
  struct key *key = key_need(keys, kind);
  unsigned char signature[SIGNATURE_MAX];
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;
  char *compact = NULL;
  json_t *head =
      need(json_pack("{ss ss ss}", "alg",
                     text_is(how, "none")    ? "none"
                     : text_is(how, "hs256") ? "HS256"
                                             : alg,
                     "kid",
                     text_is(how, "unpublished") ? "nobody-has-this" : key->kid,
                     "typ", "JWT"),
           "memory");

  if (header != NULL)
    head = merge_patch(head, header);
  put_part(&text, head);
  json_decref(head);
  buf_putc(&text, '.');
  put_part(&text, payload);
  size_t len = sign_how(key, how, buf_text(&text), signature);
  buf_putc(&text, '.');
  codec_base64url(&text, signature, len);
  must(buf_detach(&text, &compact, NULL, &err) == E_OK, err.message);
  return compact;
}

/* DPoP (RFC 9449), as a strict server has it: every proof is held against all
 * of §4.3, used once, and whatever was bound to a key (a code by dpop_jkt, a
 * refresh token, an access token) is refused with another. Verified by PSA
 * itself, not by the product's own code.
 *
 * The setting `dpop`: {"required": …, "nonce": "as api" (who demands one),
 * "rotate": each nonce is good once and every answer has the next, "endless":
 * none is ever good, "window": seconds that `iat` may be off}. */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/mem.h"

#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { COORDINATE = 32, SIGNATURE = 64 };

/* A proof in its parts. */
struct parts {
  json_t *header, *payload;
  struct buf signature;
  size_t signed_len; /* of the compact form, what is signed */
};

static void parts_clear(struct parts *parts)
{
  json_decref(parts->header);
  json_decref(parts->payload);
  buf_clear(&parts->signature);
}
#define AUTO_PARTS __attribute__((cleanup(parts_clear)))

static json_t *read_part(const char *text, size_t len)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_LINE);

  if (!codec_unbase64url(&plain, text, len))
    return NULL;
  return json_loadb(buf_text(&plain), plain.len, JSON_REJECT_DUPLICATES, NULL);
}

static bool parts_read(const char *compact, struct parts *parts)
{
  const char *dot = strchr(compact, '.');
  const char *last = dot ? strchr(dot + 1, '.') : NULL;

  *parts = (struct parts){.signature = BUF_INIT(BUF_LINE)};
  if (last == NULL || strchr(last + 1, '.') != NULL)
    return false;
  parts->header = read_part(compact, (size_t)(dot - compact));
  parts->payload = read_part(dot + 1, (size_t)(last - dot - 1));
  parts->signed_len = (size_t)(last - compact);
  return json_is_object(parts->header) && json_is_object(parts->payload) &&
         codec_unbase64url(&parts->signature, last + 1, strlen(last + 1));
}

static const char *text_of(const json_t *object, const char *name)
{
  return json_string_value(json_object_get(object, name));
}

/* The one header of that name; NULL when there is none or more. */
static const char *only_proof(const struct request *rq)
{
  const char *found = NULL;
  size_t i;
  json_t *pair;

  json_array_foreach(rq->headers, i, pair)
  {
    if (strcasecmp(json_string_value(json_array_get(pair, 0)), "DPoP") != 0)
      continue;
    if (found != NULL)
      return NULL;
    found = json_string_value(json_array_get(pair, 1));
  }
  return found;
}

/* --- the key -------------------------------------------------------------- */

/* A public P-256 key and nothing else. */
static bool read_key(const json_t *jwk, unsigned char point[1 + 2 * COORDINATE])
{
  static const char *const names[] = {"x", "y"};

  if (json_object_get(jwk, "d") != NULL ||
      !text_is(text_of(jwk, "kty"), "EC") ||
      !text_is(text_of(jwk, "crv"), "P-256"))
    return false;
  point[0] = 4;
  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    AUTO_BUF struct buf bytes = BUF_INIT(BUF_LINE);
    const char *text = text_of(jwk, names[i]);

    if (text == NULL || !codec_unbase64url(&bytes, text, strlen(text)) ||
        bytes.len != COORDINATE)
      return false;
    memcpy(point + 1 + i * COORDINATE, buf_text(&bytes), COORDINATE);
  }
  return true;
}

static bool signature_good(const struct parts *parts, const char *compact)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  unsigned char point[1 + 2 * COORDINATE];
  psa_key_id_t key;

  if (parts->signature.len != SIGNATURE ||
      !read_key(json_object_get(parts->header, "jwk"), point))
    return false;
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_MESSAGE);
  psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
  psa_set_key_type(&attributes,
                   PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
  if (psa_import_key(&attributes, point, sizeof(point), &key) != PSA_SUCCESS)
    return false;
  bool good =
      psa_verify_message(key, PSA_ALG_ECDSA(PSA_ALG_SHA_256),
                         (const unsigned char *)compact, parts->signed_len,
                         (const unsigned char *)buf_text(&parts->signature),
                         parts->signature.len) == PSA_SUCCESS;
  psa_destroy_key(key);
  return good;
}

/* RFC 7638 §3: these members, in this order, without blanks. */
static char *thumbprint(const json_t *jwk)
{
  AUTO_STR char *text = need(
      mem_printf("{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
                 text_of(jwk, "x"), text_of(jwk, "y")),
      "memory");

  return hash_text(text, 256, 32);
}

/* --- the claims ----------------------------------------------------------- */

static const json_t *dpop_setting(const struct sandbox *sb, const char *name)
{
  return json_object_get(setting_json(sb, "dpop"), name);
}

static bool nonce_demanded(const struct sandbox *sb, enum dpop_place place)
{
  return scope_has(json_string_value(dpop_setting(sb, "nonce")),
                   place == DPOP_API ? "api" : "as");
}

static char *nonce_now(const struct sandbox *sb, enum dpop_place place)
{
  return need(mem_printf("nonce-not-real-%s-%ju",
                         place == DPOP_API ? "api" : "as",
                         (uintmax_t)sb->dpop_nonce[place]),
              "memory");
}

/* RFC 9449 §8: is it the one that was given out? */
static bool nonce_good(struct sandbox *sb, enum dpop_place place,
                       const char *nonce)
{
  AUTO_STR char *want = nonce_now(sb, place);
  bool endless = json_is_true(dpop_setting(sb, "endless"));
  bool good = text_is(nonce, want) && !endless;

  if (endless || (good && json_is_true(dpop_setting(sb, "rotate"))))
    sb->dpop_nonce[place]++;
  return good;
}

/* The URL that was asked, without query and fragment (§4.2). */
static bool htu_good(const struct sandbox *sb, const struct request *rq,
                     const char *htu)
{
  AUTO_STR char *want = need(
      mem_printf("%s%.*s", sb->base, (int)strcspn(rq->target, "?"), rq->target),
      "memory");

  return text_is(htu, want);
}

static bool jti_new(struct sandbox *sb, const char *jti)
{
  if (jti == NULL || strlen(jti) < 22 || json_object_get(sb->proofs, jti))
    return false;
  json_object_set_new(sb->proofs, jti, json_true());
  return true;
}

static const char *claims_fault(struct sandbox *sb, const struct request *rq,
                                const json_t *payload, const char *token)
{
  json_int_t window = json_integer_value(dpop_setting(sb, "window"));
  const json_t *iat = json_object_get(payload, "iat");
  const char *ath = text_of(payload, "ath");

  if (!text_is(text_of(payload, "htm"), rq->method))
    return "htm is not the method";
  if (!htu_good(sb, rq, text_of(payload, "htu")))
    return "htu is not the URL";
  if (!json_is_integer(iat) || llabs(json_integer_value(iat) - now()) > window)
    return "iat is not now";
  if (!jti_new(sb, text_of(payload, "jti")))
    return "jti was used before, or is too short";
  if (token == NULL)
    return json_object_get(payload, "ath") ? "ath has no token here" : NULL;
  AUTO_STR char *hash = hash_text(token, 256, 32);
  return text_is(ath, hash) ? NULL : "ath is not the token's";
}

/* What is wrong with the proof, or NULL; then *ret_jkt is its key's. */
static const char *proof_fault(struct sandbox *sb, const struct request *rq,
                               const char *token, char **ret_jkt,
                               json_t **ret_nonce)
{
  AUTO_PARTS struct parts parts = {0};
  const char *compact = only_proof(rq);
  const char *fault;

  if (compact == NULL)
    return "not one DPoP header";
  if (!parts_read(compact, &parts))
    return "it is no JWS";
  if (!text_is(text_of(parts.header, "typ"), "dpop+jwt") ||
      !text_is(text_of(parts.header, "alg"), "ES256"))
    return "typ or alg is another";
  if (!signature_good(&parts, compact))
    return "the signature, or the key";
  fault = claims_fault(sb, rq, parts.payload, token);
  if (fault == NULL) {
    *ret_jkt = thumbprint(json_object_get(parts.header, "jwk"));
    *ret_nonce = json_incref(json_object_get(parts.payload, "nonce"));
  }
  return fault;
}

/* --- at both places ------------------------------------------------------- */

bool dpop_issuer(struct sandbox *sb, const struct request *rq,
                 struct answer *an, char **ret_jkt)
{
  json_t *nonce = NULL;
  const char *fault = NULL;
  bool good = true;

  if (header(rq, "DPoP") == NULL && !json_is_true(dpop_setting(sb, "required")))
    return true;
  fault = proof_fault(sb, rq, NULL, ret_jkt, &nonce);
  if (fault != NULL) {
    answer_error(an, 400, "invalid_dpop_proof", fault);
    return false;
  }
  if (nonce_demanded(sb, DPOP_ISSUER)) {
    good = nonce_good(sb, DPOP_ISSUER, json_string_value(nonce));
    if (!good)
      answer_error(an, 400, "use_dpop_nonce", "a nonce is demanded");
  }
  json_decref(nonce);
  return good;
}

const char *dpop_api(struct sandbox *sb, const struct request *rq,
                     const char *token, const char *jkt)
{
  AUTO_STR char *own = NULL;
  json_t *nonce = NULL;
  const char *error = NULL;

  if (proof_fault(sb, rq, token, &own, &nonce) != NULL)
    error = "invalid_dpop_proof";
  else if (!text_is(own, jkt))
    error = "invalid_token";
  else if (nonce_demanded(sb, DPOP_API) &&
           !nonce_good(sb, DPOP_API, json_string_value(nonce)))
    error = "use_dpop_nonce";
  json_decref(nonce);
  return error;
}

static enum dpop_place place_of(const struct request *rq)
{
  return strncmp(rq->path, "/api", 4) == 0 || text_is(rq->path, "/userinfo")
             ? DPOP_API
             : DPOP_ISSUER;
}

void dpop_give_nonce(const struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  enum dpop_place place = place_of(rq);

  if (header(rq, "DPoP") == NULL || !nonce_demanded(sb, place))
    return;
  AUTO_STR char *nonce = nonce_now(sb, place);
  answer_header(an, "DPoP-Nonce", nonce);
}

json_t *dpop_show(const struct request *rq)
{
  AUTO_PARTS struct parts parts = {0};
  const char *compact = header(rq, "DPoP");

  if (compact == NULL || !parts_read(compact, &parts))
    return json_null();
  AUTO_STR char *jkt = thumbprint(json_object_get(parts.header, "jwk"));
  return need(json_pack("{sO sO ss}", "header", parts.header, "payload",
                        parts.payload, "jkt", jkt),
              "memory");
}

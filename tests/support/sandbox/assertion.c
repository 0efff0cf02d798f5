/* JWTs that clients sign (RFC 7523): a client assertion, or the grant itself.
 * Strict: what is not as §3 has it is refused, and a jti counts once. */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/jws.h"

#include <string.h>

enum { LIFETIME_MIN = 60, LIFETIME_MAX = 300, SKEW = 5 };

/* The payload of a token whose signature is that of a key in jwks. */
static json_t *read_signed(const char *jwt, const json_t *jwks,
                           const char **why)
{
  AUTO(jws) jws = NULL;
  enum jws_result result = JWS_NO_KEY;
  struct err err = ERR_INIT;

  *why = "its signature is not by a key of this client";
  if (jws_parse(&jws, jwt, "the assertion", &err) != E_OK ||
      jws_verify(&result, jws, jwks, &err) != E_OK || result != JWS_VALID)
    return NULL;
  return json_incref(jws->payload);
}

static json_t *read_part(const char *text, size_t len)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_DOCUMENT);

  if (!codec_unbase64url(&bytes, text, len))
    return NULL;
  return json_loadb(buf_text(&bytes), bytes.len, JSON_REJECT_DUPLICATES, NULL);
}

/* The same by HS256 with the client's secret. */
static json_t *read_hs256(const char *jwt, const char *secret, const char **why)
{
  const char *first = strchr(jwt, '.');
  const char *last = strrchr(jwt, '.');
  AUTO_BUF struct buf want = BUF_INIT(BUF_LINE);
  uint8_t mac[CRYPTO_HASH_MAX];
  struct err err = ERR_INIT;
  size_t len;

  *why = "its signature is not by HS256 with the client's secret";
  if (first == NULL || first == last)
    return NULL;
  AUTO_JSON json_t *header = read_part(jwt, (size_t)(first - jwt));
  must(crypto_hmac(CRYPTO_SHA256, secret, strlen(secret), jwt,
                   (size_t)(last - jwt), mac, &len, &err) == E_OK,
       "HMAC");
  codec_base64url(&want, mac, len);
  if (!text_is(json_text(header, "alg"), "HS256") ||
      !text_is(last + 1, buf_text(&want)))
    return NULL;
  return read_part(first + 1, (size_t)(last - first - 1));
}

/* A text, and no list: RFC 7523bis §4. */
static bool is_for_us(const struct sandbox *sb, const json_t *claims,
                      const char *audience)
{
  AUTO_STR char *endpoint =
      need(mem_printf("%s%s/token", sb->base, setting(sb, "prefix")), "memory");
  const char *aud = json_text(claims, "aud");

  if (text_is(audience, "token_endpoint"))
    return text_is(aud, endpoint);
  return text_is(aud, audience != NULL ? audience : sb->issuer);
}

static const char *find_fault(struct sandbox *sb, const json_t *claims,
                              const char *issuer, const char *audience)
{
  json_int_t iat = json_integer_value(json_object_get(claims, "iat"));
  json_int_t exp = json_integer_value(json_object_get(claims, "exp"));
  const char *jti = json_text(claims, "jti");

  if (!text_is(json_text(claims, "iss"), issuer))
    return "its iss is not the client";
  if (!is_for_us(sb, claims, audience))
    return "its aud is not this server";
  if (iat > now() + SKEW || exp <= now() || exp - iat < LIFETIME_MIN ||
      exp - iat > LIFETIME_MAX)
    return "its iat or exp is not good";
  if (jti == NULL || strlen(jti) < 16)
    return "it has no jti that could be unique";
  if (json_object_get(sb->jtis, jti) != NULL)
    return "its jti was used before";
  must(json_object_set_new(sb->jtis, jti, json_true()) == 0, "memory");
  return NULL;
}

bool assertion_fresh(struct sandbox *sb, const char *jwt)
{
  if (jwt == NULL)
    return true;
  if (json_object_get(sb->jtis, jwt) != NULL)
    return false;
  must(json_object_set_new(sb->jtis, jwt, json_true()) == 0, "memory");
  return true;
}

json_t *assertion_read(struct sandbox *sb, const char *jwt,
                       const json_t *client, const char *id, const char **why)
{
  const json_t *jwks = json_object_get(client, "jwks");
  const char *secret = json_text(client, "secret");
  json_t *claims = jwks != NULL ? read_signed(jwt, jwks, why)
                   : secret     ? read_hs256(jwt, secret, why)
                                : NULL;

  secret_note(sb, "assertion", jwt);
  if (claims == NULL)
    return NULL;
  *why = find_fault(sb, claims, id, json_text(client, "audience"));
  if (*why == NULL)
    return claims;
  json_decref(claims);
  return NULL;
}

bool assertion_proves(struct sandbox *sb, const struct request *rq,
                      const json_t *client, const char *id, const char **why)
{
  static const char type[] =
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  const char *jwt = form(rq, "client_assertion");
  const char *told = form(rq, "client_id");

  *why = "the client assertion is missing or not of its type";
  if (jwt == NULL || !text_is(form(rq, "client_assertion_type"), type))
    return false;
  if (told != NULL && !text_is(told, id)) {
    *why = "client_id is another client's";
    return false;
  }
  AUTO_JSON json_t *claims = assertion_read(sb, jwt, client, id, why);
  if (claims == NULL)
    return false;
  *why = "its sub is not the client";
  return text_is(json_text(claims, "sub"), id);
}

#include "oauth/decode.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jws.h"

#include <stdarg.h>
#include <string.h>

static const char what[] = "the token";

enum { PARTS = 3, ENCRYPTED_PARTS = 5 };

static size_t count_parts(const char *compact)
{
  size_t count = 1;

  for (; *compact != '\0'; compact++)
    count += *compact == '.';
  return count;
}

/* A part that is the base64url of a JSON object. */
static enum code read_part(struct buf *bytes, json_t **ret_object,
                           const char *text, size_t len, struct err *err)
{
  enum code code = E_ANSWER;
  bool decoded = codec_unbase64url(bytes, text, len);

  if (bytes->failed == E_NOMEM)
    return err_nomem(err);
  if (decoded && bytes->failed == E_OK)
    code = json_read(ret_object, buf_text(bytes), bytes->len, JSON_DEPTH,
                     E_ANSWER, what, err);
  return code;
}

static enum code opaque(struct err *err)
{
  (void)err_set(err, E_NOT_FOUND,
                "the token is opaque: it holds nothing that could be read");
  err_hint(err, "its server may tell:  fob token --introspect");
  return E_NOT_FOUND;
}

enum code decode_token(struct decoded *ret_decoded, const char *compact,
                       struct err *err)
{
  AUTO_BUF struct buf header = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf claims = BUF_INIT(BUF_DOCUMENT);
  AUTO_JSON json_t *head = NULL;
  AUTO_JSON json_t *payload = NULL;
  size_t parts = count_parts(compact);
  size_t first = strcspn(compact, ".");
  struct err ignored = ERR_INIT;
  enum code code;

  if (parts != PARTS && parts != ENCRYPTED_PARTS)
    return opaque(err);
  code = read_part(&header, &head, compact, first, &ignored);
  if (code == E_NOMEM)
    return err_nomem(err);
  if (code != E_OK || json_text(head, "alg") == NULL)
    return opaque(err);
  if (parts == ENCRYPTED_PARTS)
    return err_set(err, E_NOT_FOUND,
                   "the token is encrypted: only the API can read it");
  compact += first + 1;
  code = read_part(&claims, &payload, compact, strcspn(compact, "."), &ignored);
  if (code == E_NOMEM)
    return err_nomem(err);
  if (code != E_OK)
    return err_set(err, E_ANSWER,
                   "the token begins as a JWT, and its claims are no JSON "
                   "object in base64url");
  *ret_decoded = (struct decoded){.claims = claims};
  claims = (struct buf)BUF_INIT(BUF_DOCUMENT);
  return E_OK;
}

static enum code because(struct decoded *decoded, struct err *err,
                         const char *format, ...) PRINTF_LIKE(3, 4);

static enum code because(struct decoded *decoded, struct err *err,
                         const char *format, ...)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  va_list args;

  va_start(args, format);
  buf_vprintf(&text, format, args);
  va_end(args);
  mem_free(decoded->why);
  decoded->why = NULL;
  return buf_detach(&text, &decoded->why, NULL, err);
}

/* A reason out of another room's words; what ends fob is passed on. */
static enum code because_of(struct decoded *decoded, enum code code,
                            const struct err *why, struct err *err)
{
  if (code == E_SIGNAL || code == E_NOMEM) {
    *err = *why;
    return code;
  }
  return because(decoded, err, "%s", why->message);
}

static enum code check(struct decoded *decoded, const struct jws *jws,
                       struct keyset *keys, struct err *err)
{
  const char *kid = jws_kid(jws);
  enum jws_result result;
  struct err why = ERR_INIT;
  enum code code = keyset_verify(&result, jws, keys, &why);

  if (code != E_OK)
    return because_of(decoded, code, &why, err);
  decoded->verified = result == JWS_VALID;
  if (result == JWS_VALID)
    return because(decoded, err, "%s%s%s", jws_alg(jws),
                   kid != NULL ? ", key " : "", kid != NULL ? kid : "");
  return because(decoded, err,
                 result == JWS_INVALID
                     ? "its signature (%s) is not by the issuer's key"
                     : "it is signed with %s by a key that the issuer does not "
                       "publish",
                 jws_alg(jws));
}

enum code decode_verify(struct decoded *decoded, const char *compact,
                        const char *issuer, struct keyset *keys,
                        struct err *err)
{
  AUTO(jws) jws = NULL;
  struct err why = ERR_INIT;
  const char *iss;
  enum code code;

  decoded->verified = false;
  if (issuer == NULL || keys->jwks_uri == NULL)
    return because(decoded, err, "nothing says whose keys would check it");
  code = jws_parse(&jws, compact, what, &why);
  if (code != E_OK)
    return because_of(decoded, code, &why, err);
  iss = json_text(jws->payload, "iss");
  if (iss == NULL || strcmp(iss, issuer) != 0)
    return because(decoded, err, "its issuer is %s%s%s, not %s",
                   iss != NULL ? "'" : "", iss != NULL ? iss : "not stated",
                   iss != NULL ? "'" : "", issuer);
  return check(decoded, jws, keys, err);
}

void decoded_clear(struct decoded *decoded)
{
  buf_clear(&decoded->claims);
  mem_free(decoded->why);
  *decoded = (struct decoded){0};
}

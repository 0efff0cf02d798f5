/* 10,000 tokens that nobody signed as they are, in each flow that believes one:
 * none is accepted. What is changed follows from a counter, so that a failure
 * comes again. Their claims are good wherever the change leaves them whole: it
 * is the signature that has to stop them. */
#include "base/codec.h"
#include "base/mem.h"
#include "oauth/callback.h"
#include "oauth/idtoken_case.h"
#include "oauth/jarm.h"
#include "support/signer.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <string.h>

#define STATE "test-state-0123456789"

/* A flow: gives back what it made of the token. */
typedef enum code believe(struct idp *idp, const char *token, struct err *err);

static enum code give_keys(void *user, bool again, json_t **ret_jwks,
                           struct err *err)
{
  struct idp *idp = user;

  (void)again;
  (void)err;
  *ret_jwks = json_incref(idp->sets[0]);
  return E_OK;
}

static enum code as_id_token(struct idp *idp, const char *token,
                             struct err *err)
{
  struct idtoken_check check = case_check(idp);
  AUTO(idtoken) id = NULL;

  check.keys = give_keys;
  return idtoken_verify(&id, token, &check, err);
}

static enum code as_answer(struct idp *idp, const char *token, struct err *err)
{
  const struct jarm_check check = {.issuer = ISSUER,
                                   .client_id = CLIENT,
                                   .now = NOW,
                                   .keys = give_keys,
                                   .user = idp};
  const struct callback_expect expect = {
      .state = STATE, .issuer = ISSUER, .jarm = &check};
  AUTO_STR char *query = mem_printf("response=%s", token);
  AUTO(secret) code = NULL;

  return callback_read(&code, query, &expect, err);
}

/* The claims of both flows, so that one token is good in either. */
#define CLAIMS                                                                 \
  "{\"iss\":\"" ISSUER "\",\"sub\":\"ann\",\"aud\":\"" CLIENT                  \
  "\",\"exp\":1800000300,\"iat\":1799999995,\"nonce\":\"" NONCE                \
  "\",\"state\":\"" STATE "\",\"code\":\"abc\",\"jti\":\"%u\"}"

/* The bytes of the last part of a token. */
static void signature_of(struct buf *out, const char *token)
{
  const char *text = strrchr(token, '.') + 1;

  cr_assert(codec_unbase64url(out, text, strlen(text)));
}

/* Another signature under the same two parts; mem_free. */
static char *with_signature(const char *token, const void *bytes, size_t len)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_DOCUMENT);
  char *text = NULL;

  buf_put(&out, token, (size_t)(strrchr(token, '.') + 1 - token));
  codec_base64url(&out, bytes, len);
  cr_assert_eq(buf_detach(&out, &text, NULL, NULL), E_OK);
  return text;
}

enum { WAYS = 8, SIGNATURE_MAX = 512 };

/* The nth forgery of a token: what a thief without the key can do. */
static char *forge(const struct idp *stranger, const char *token, unsigned n)
{
  AUTO_BUF struct buf good = BUF_INIT(BUF_DOCUMENT);
  unsigned round = n / WAYS;
  unsigned char bytes[SIGNATURE_MAX];
  char payload[512], header[32];
  size_t len;

  snprintf(payload, sizeof(payload), CLAIMS, n + 1);
  snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", stranger->signer.alg);
  signature_of(&good, token);
  len = good.len;
  cr_assert(len > 1 && len <= sizeof(bytes));
  memcpy(bytes, buf_text(&good), len);
  switch (n % WAYS) {
  case 0: /* one bit */
    bytes[round / 8 % len] ^= (unsigned char)(1U << round % 8);
    break;
  case 1: /* one byte */
    bytes[round % len] ^= (unsigned char)(1 + round % 255);
    break;
  case 2: /* shorter */
    len = round % len;
    break;
  case 3: /* two bytes change places, or one more comes */
    if (bytes[round % len] != bytes[(round + 1) % len]) {
      unsigned char byte = bytes[round % len];
      bytes[round % len] = bytes[(round + 1) % len];
      bytes[(round + 1) % len] = byte;
    } else {
      memmove(bytes + 1, bytes, --len);
      bytes[0] ^= 0x80;
    }
    break;
  case 4: /* zeros or ones, which broken verifiers have taken */
    memset(bytes, round % 2 ? 0xff : 0, len);
    bytes[round % len] ^= (unsigned char)(round / len);
    break;
  case 5: /* a good signature, of other claims */
    return signer_join(header, payload, bytes, len);
  case 6: /* another's key, under the issuer's name */
    return signer_sign(&stranger->signer, NULL, payload);
  default: /* the halves of an ECDSA signature, or of any, swapped */
    for (size_t i = 0; i < len / 2; i++) {
      unsigned char byte = bytes[i];
      bytes[i] = bytes[len / 2 + i];
      bytes[len / 2 + i] = byte;
    }
    bytes[round % len] ^= (unsigned char)(round / len);
    break;
  }
  return with_signature(token, bytes, len);
}

static void forge_all(const char *alg, unsigned count, believe *flow)
{
  struct idp idp, stranger;
  unsigned accepted = 0;
  bool rsa = alg[0] != 'E';

  idp_open(&idp, alg, rsa ? SIGNER_RSA : SIGNER_EC);
  idp_open(&stranger, alg, rsa ? SIGNER_RSA_OTHER : SIGNER_EC_OTHER);
  char first[512];
  snprintf(first, sizeof(first), CLAIMS, 0U);
  AUTO_STR char *token = signer_sign(&idp.signer, NULL, first);
  struct err err = ERR_INIT;
  cr_assert_eq(flow(&idp, token, &err), E_OK, "%s: %s", alg, err.message);

  for (unsigned n = 0; n < (is_slow() ? count / 50 : count); n++) {
    AUTO_STR char *forged = forge(&stranger, token, n);
    if (strcmp(forged, token) == 0)
      continue;
    enum code code = flow(&idp, forged, &err);
    accepted += code == E_OK;
    cr_expect(code == E_CHECK, "%s, forgery %u: %d %s", alg, n, code,
              err.message);
  }
  cr_expect_eq(accepted, 0, "%s: %u accepted", alg, accepted);
  idp_close(&idp);
  idp_close(&stranger);
}

/* An RSA signature is checked in a tenth of an ECDSA's time. */
Test(forged, id_tokens_with_rsa_are_not_believed, .timeout = 120)
{
  forge_all("RS256", 4000, as_id_token);
  forge_all("PS256", 4000, as_id_token);
}

Test(forged, id_tokens_with_ecdsa_are_not_believed, .timeout = 120)
{
  forge_all("ES256", 1500, as_id_token);
  forge_all("ES384", 500, as_id_token);
}

Test(forged, answers_with_rsa_are_not_believed, .timeout = 120)
{
  forge_all("RS256", 4000, as_answer);
  forge_all("PS256", 4000, as_answer);
}

Test(forged, answers_with_ecdsa_are_not_believed, .timeout = 120)
{
  forge_all("ES256", 1500, as_answer);
  forge_all("ES384", 500, as_answer);
}

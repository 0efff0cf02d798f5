#include "crypto/jws.h"

#include "base/codec.h"
#include "base/mem.h"
#include "support/signer.h"

#include <criterion/criterion.h>
#include <string.h>

static const char payload[] = "{\"iss\":\"joe\"}";

static struct jws *parse(const char *compact)
{
  struct jws *jws = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, jws_parse(&jws, compact, "the token", &err), "%s",
               err.message);
  return jws;
}

/* The answer to a token that parses. Takes jwks over. */
static enum jws_result verify(const char *compact, json_t *jwks)
{
  struct jws *jws = parse(compact);
  enum jws_result result = JWS_INVALID;
  struct err err = ERR_INIT;

  cr_assert_not_null(jwks);
  cr_assert_eq(E_OK, jws_verify(&result, jws, jwks, &err), "%s", err.message);
  jws_free(jws);
  json_decref(jwks);
  return result;
}

static json_t *load(const char *text)
{
  json_t *value = json_loads(text, 0, NULL);

  cr_assert_not_null(value, "%s", text);
  return value;
}

/* RFC 7515 A.2. */
static const char rfc_rs256[] =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0"
    "dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__"
    "dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJd"
    "bF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS"
    "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI"
    "7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0"
    "igcN_IoypGlUPQGe77Rw";

/* RFC 7515 A.3. */
static const char rfc_es256[] =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0"
    "dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-X"
    "x-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

static const char rfc_ec_set[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

Test(jws, verifies_rfc_7515_a2_rs256)
{
  struct signer signer;

  signer_open(&signer, "RS256", SIGNER_RSA);
  cr_assert_eq(JWS_VALID, verify(rfc_rs256, signer_set(&signer, NULL)));
  signer_close(&signer);
}

Test(jws, verifies_rfc_7515_a3_es256)
{
  cr_assert_eq(JWS_VALID, verify(rfc_es256, load(rfc_ec_set)));
}

static const char *const algs[] = {"RS256", "PS256", "ES256", "ES384"};

static enum signer_key first_key(const char *alg)
{
  return alg[0] == 'E' ? SIGNER_EC : SIGNER_RSA;
}

static enum signer_key other_key(const char *alg)
{
  return alg[0] == 'E' ? SIGNER_EC_OTHER : SIGNER_RSA_OTHER;
}

Test(jws, verifies_each_algorithm_and_no_other_key)
{
  for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
    struct signer signer, other;
    char *token;

    signer_open(&signer, algs[i], first_key(algs[i]));
    signer_open(&other, algs[i], other_key(algs[i]));
    token = signer_sign(&signer, NULL, payload);
    cr_assert_eq(JWS_VALID, verify(token, signer_set(&signer, NULL)), "%s",
                 algs[i]);
    cr_assert_eq(JWS_INVALID, verify(token, signer_set(&other, NULL)), "%s",
                 algs[i]);
    mem_free(token);
    signer_close(&signer);
    signer_close(&other);
  }
}

/* The token with signature bytes of our choice. */
static char *with_signature(const char *token, const void *bytes, size_t len)
{
  struct buf out = BUF_INIT(BUF_DOCUMENT);
  char *text = NULL;

  buf_put(&out, token, (size_t)(strrchr(token, '.') + 1 - token));
  codec_base64url(&out, bytes, len);
  cr_assert_eq(E_OK, buf_detach(&out, &text, NULL, NULL));
  return text;
}

static struct buf signature_of(const char *token)
{
  struct buf bytes = BUF_INIT(BUF_DOCUMENT);
  const char *text = strrchr(token, '.') + 1;

  cr_assert(codec_unbase64url(&bytes, text, strlen(text)));
  return bytes;
}

/* Each byte once, the bit in it going round. The top bits of an RSA signature
 * make a number beyond the modulus. */
Test(jws, refuses_a_flipped_bit_in_every_byte_of_the_signature)
{
  for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
    struct signer signer;
    struct buf signature;
    char *token;

    signer_open(&signer, algs[i], first_key(algs[i]));
    token = signer_sign(&signer, NULL, payload);
    signature = signature_of(token);
    for (size_t at = 0; at < signature.len; at++) {
      char bit = (char)(1u << (at == 0 ? 7 : at % 8));
      char *changed;

      signature.data[at] ^= bit;
      changed = with_signature(token, signature.data, signature.len);
      cr_assert_eq(JWS_INVALID, verify(changed, signer_set(&signer, NULL)),
                   "%s, byte %zu", algs[i], at);
      mem_free(changed);
      signature.data[at] ^= bit;
    }
    buf_clear(&signature);
    mem_free(token);
    signer_close(&signer);
  }
}

Test(jws, refuses_extreme_signatures)
{
  static const unsigned char fills[] = {0x00, 0xff, 0x01};

  for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
    struct signer signer;
    struct buf signature;
    char *token;

    signer_open(&signer, algs[i], first_key(algs[i]));
    token = signer_sign(&signer, NULL, payload);
    signature = signature_of(token);
    for (size_t f = 0; f < ARRAY_LEN(fills); f++) {
      char *changed;

      memset(signature.data, fills[f], signature.len);
      changed = with_signature(token, signature.data, signature.len);
      cr_assert_eq(JWS_INVALID, verify(changed, signer_set(&signer, NULL)),
                   "%s, all %02x", algs[i], fills[f]);
      mem_free(changed);
    }
    buf_clear(&signature);
    mem_free(token);
    signer_close(&signer);
  }
}

Test(jws, refuses_a_signature_of_another_length)
{
  for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
    struct signer signer;
    struct buf signature;
    char *token;

    signer_open(&signer, algs[i], first_key(algs[i]));
    token = signer_sign(&signer, NULL, payload);
    signature = signature_of(token);
    buf_putc(&signature, 0);
    for (size_t len = 1; len <= signature.len; len++) {
      char *changed = with_signature(token, signature.data, len);

      cr_assert_eq(len == signature.len - 1 ? JWS_VALID : JWS_INVALID,
                   verify(changed, signer_set(&signer, NULL)), "%s, %zu bytes",
                   algs[i], len);
      mem_free(changed);
    }
    buf_clear(&signature);
    mem_free(token);
    signer_close(&signer);
  }
}

/* INTEGER r or s, in DER. */
static void der_half(struct buf *out, const char *bytes, size_t len)
{
  while (len > 1 && bytes[0] == 0) {
    bytes++;
    len--;
  }
  buf_putc(out, 0x02);
  buf_putc(out, (char)(len + ((bytes[0] & 0x80) != 0)));
  if ((bytes[0] & 0x80) != 0)
    buf_putc(out, 0);
  buf_put(out, bytes, len);
}

/* What X.509 and openssl write; RFC 7518 §3.4 wants r and s side by side. */
Test(jws, refuses_an_ecdsa_signature_in_der)
{
  struct signer signer;
  struct buf der = BUF_INIT(BUF_LINE);
  struct buf body = BUF_INIT(BUF_LINE);
  struct buf signature;
  char *token, *changed;

  signer_open(&signer, "ES256", SIGNER_EC);
  token = signer_sign(&signer, NULL, payload);
  signature = signature_of(token);
  der_half(&body, signature.data, 32);
  der_half(&body, signature.data + 32, 32);
  buf_putc(&der, 0x30);
  buf_putc(&der, (char)body.len);
  buf_put(&der, body.data, body.len);

  changed = with_signature(token, der.data, der.len);
  cr_assert_eq(JWS_INVALID, verify(changed, signer_set(&signer, NULL)));
  mem_free(changed);
  mem_free(token);
  buf_clear(&der);
  buf_clear(&body);
  buf_clear(&signature);
  signer_close(&signer);
}

/* The signer's token, its header or payload replaced. */
Test(jws, refuses_a_changed_header_or_payload)
{
  struct signer signer;
  struct buf signature;
  char *token, *changed;

  signer_open(&signer, "ES256", SIGNER_EC);
  token = signer_sign(&signer, NULL, payload);
  signature = signature_of(token);

  changed = signer_join("{\"alg\":\"ES256\"}", "{\"iss\":\"jim\"}",
                        signature.data, signature.len);
  cr_assert_eq(JWS_INVALID, verify(changed, signer_set(&signer, NULL)));
  mem_free(changed);

  changed = signer_join("{\"alg\":\"ES256\",\"typ\":\"JWT\"}", payload,
                        signature.data, signature.len);
  cr_assert_eq(JWS_INVALID, verify(changed, signer_set(&signer, NULL)));
  mem_free(changed);

  changed = signer_join("{\"alg\":\"ES256\"}", payload, signature.data,
                        signature.len);
  cr_assert_eq(JWS_VALID, verify(changed, signer_set(&signer, NULL)));
  mem_free(changed);

  mem_free(token);
  buf_clear(&signature);
  signer_close(&signer);
}

/* {"alg":"PS256"}, {"iss":"joe"}, signed by openssl with the key of RFC 7515
 * A.2 and salts of several lengths; RFC 7518 §3.5 allows 32 alone. */
Test(jws, demands_a_pss_salt_as_long_as_the_hash)
{
  static const char input[] = "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJqb2UifQ.";
  static const struct {
    int salt;
    const char *signature;
  } cases[] = {
      {0, "nkiV_OxhNq38otV9gpuXZJmlIxjYSHAAcQLHLN6uq-"
          "uPBuxQUfmFl3jAfle8Dn_7YMTm4_06njlXKid--3Vu4sFMyYwYqMkv8QL1QxvK41"
          "5IkTkoWxkAcxUvlkRi5I_Nn0b8rDWvskQXHLSFd8WUHQoRcRTuyK9bEZHUcqYFlX"
          "24_H1BvZmYpJaED1CSZFJ4rpYHRueDmUKj8H28OniGMjBLORDZwWS4Fat64fSNCv"
          "zTqg409yRgDdRrJN2cfSVrwSZh566YJkmJnMI8ulGUn26LqprIlBeudvTa9qquG6"
          "RQ_fBI25lgwqHC7Lnh1P4RrrSsZUYDJ_nDIFVOra09DQ"},
      {20, "L4DHfkLK47bAoUJquU9AKm3gZFmFc39daZTX7GKOl3E9Zsc9C3gNxLRRMVh4pB5P"
           "e_pMDLJHT1PRmF6s-"
           "HCZ73W9L8idxHsSrAZyack828JOzEqZx0zApzlCCVISjAmUTMfXNaLBXYvIoi7dd"
           "ByH7tfoU6wkZGLD-QMzf1mydnCP6bkN5fkPvoIoJ-"
           "M3Zlkz3Uj8sQmYjvEoVAmpJzo0IuwWBrgOp_cf9H3s6TXOu04EVypACUvacqJzdE"
           "u584lyokSMoY83mNG8PrCdqLhB-OC2Nxnonc0qQ4yOFhDKt7_CIMZ3nkaIC4r8df"
           "ImXTmkK_oC4103rv3NQbHUFcJCKg"},
      {31, "ktWktPf4B2sm1l2FNT02eMsughSP0RhWAYuBvgCSpfmkVy-"
           "RbaxRD5NMviEYj9enKAkNJQOKAdY2Dc-"
           "ff6CgCSTjwEpzYlkJP3fnDqUHOz6V1VCrvjwpoZlPz2kOeomK46vK1wGd-eg1ldq"
           "V1Eo0Sf8pf7TzoU3H3gyTMxkvwBUAEAoWki0SPiLuVisx4Q3wyCc8izTU8Zbzgz7"
           "bvY7Ku4Nwsam_l_--"
           "Utndu2nkHsDo3n8bWo9h8rP9ckpsl4wYQxabZHPdCW8DF64OXclgWyAekex-"
           "puvfQnoNe0cLSzoNBfg5j4PkdL9YAeWKoGSiztTmlwDfle_sNXJGpGgj0g"},
      {32, "moPm45utzCyncdOwinOb3hZk4axNAGMNA9-"
           "ECCX1x2PEL0l5CV2GV2WZxa7QP_FNwK5uxpuqj73wG5zmsKrnhP6IboU7n3oJ1zy"
           "AOB3aYIu5xFIp90cQk51K6ZL1xnp3-"
           "CZpAD4NgL8xLIHWmKr19Czd9xsD_29oQHzP-Okp8Gmrp_NjCsXCM6kxsq6lI6nqV"
           "W8IjM3M-2pHrfV8lf3cCHmhCQzTUAMPDsmZOUrxG9d0oQS-"
           "YtVED0CxVAMGadF2MH5phZAgxBLM-Bs7QWrpUkkhW0VtvPrKIVJNSgyHBepuC_5O"
           "0G0HNIMuMAoe1nZ8ZTIPAsUXOOk0yb3hlphRmA"},
      {33, "j4R-"
           "AXHGBECZdA8RqBBRw3bmvIqoY6bOgj2IZGj8B8rcXHXuUGJn5yhPVKuPpEL6ZpBL"
           "JOWj0vsC2q9jNt1ovO-D_h9wtom_rs7WN9cVo6kpuyRZqNmkFncnzkCJdghQXD-b"
           "wKgUpeTTi3BPxsYtsv2WK2m4-1al9kCR4QVUIXJC2-"
           "pwHiMSQrQE0fhskjQP8I48WUssbEv4UwzVIkNapvdvO3mQWT8Py6BwlaZ0Z7DqbO"
           "mQlk9UM_BccH07efif8fHK5G3fMltp8Q8uMU4aii6eJ7Cfc2AgIpAPz2N_Pdztsq"
           "9ea9mMz4FLDApNgICsdMpjv5OUdmD3FzjynEzAhg"},
      {222, "DDE8UYtR6CJNCZBwOtgLYVJwxet95pUYZG8gthQDf_1f4BNodzAtey1srAKRncLV"
            "v6m6wPfp1uM2SrmLAVmYK9Z_zTGIEEzf3yxyyQiFj1dXWM8rRwryiJc4aeG_T2dl"
            "QS46TAUG3NKGnni7xSbRkg78dCid1KCejO8GGqxzBmFTvKKZ5JWmfDRsjbJivHFV"
            "-5_7p2df_Jl7nO_PN1ikSqMS1hkamrWFgtj0SsIbsLhEGR_t7IM0J4UjlJd30qxe"
            "9hGdvL-E8mzjx7a1yjEJDG-"
            "T5UDt0k769ExtWGZtWGaBLyyNZMR9iWScV9_w6EQBj1eU2Dx6fBTTvTL01axivw"},
  };
  struct signer signer;

  signer_open(&signer, "PS256", SIGNER_RSA);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    char *token = mem_printf("%s%s", input, cases[i].signature);

    cr_assert_eq(cases[i].salt == 32 ? JWS_VALID : JWS_INVALID,
                 verify(token, signer_set(&signer, NULL)), "salt of %d",
                 cases[i].salt);
    mem_free(token);
  }
  signer_close(&signer);
}

/* One key, two ways to pad: the header says which, and the other fails. */
Test(jws, does_not_mix_rsa_paddings)
{
  struct signer pkcs1, pss;
  struct buf signature;
  char *token, *changed;

  signer_open(&pkcs1, "RS256", SIGNER_RSA);
  signer_open(&pss, "PS256", SIGNER_RSA);
  token = signer_sign(&pkcs1, "{\"alg\":\"PS256\"}", payload);
  cr_assert_eq(JWS_INVALID, verify(token, signer_set(&pss, NULL)));
  signature = signature_of(token);
  changed = signer_join("{\"alg\":\"PS256\"}", payload, signature.data,
                        signature.len);
  cr_assert_eq(JWS_INVALID, verify(changed, signer_set(&pss, NULL)));
  mem_free(changed);
  mem_free(token);
  buf_clear(&signature);

  token = signer_sign(&pss, "{\"alg\":\"RS256\"}", payload);
  cr_assert_eq(JWS_INVALID, verify(token, signer_set(&pkcs1, NULL)));
  mem_free(token);
  signer_close(&pkcs1);
  signer_close(&pss);
}

/* The attacker's own key, offered in the header: by value or by address. */
Test(jws, believes_no_key_of_the_header)
{
  struct signer honest, attacker;
  char *jwk, *header, *token;

  signer_open(&honest, "RS256", SIGNER_RSA);
  signer_open(&attacker, "RS256", SIGNER_RSA_OTHER);
  jwk = json_dumps(attacker.jwk, JSON_COMPACT);
  header =
      mem_printf("{\"alg\":\"RS256\",\"jwk\":%s,"
                 "\"jku\":\"https://evil.example/jwks\","
                 "\"x5u\":\"https://evil.example/x5u\",\"x5c\":[\"AA==\"]}",
                 jwk);
  token = signer_sign(&attacker, header, payload);
  cr_assert_eq(JWS_INVALID, verify(token, signer_set(&honest, NULL)));
  cr_assert_eq(JWS_NO_KEY, verify(token, load("{\"keys\":[]}")));
  cr_assert_eq(JWS_VALID, verify(token, signer_set(&attacker, NULL)));
  mem_free(token);
  mem_free(header);
  free(jwk);
  signer_close(&honest);
  signer_close(&attacker);
}

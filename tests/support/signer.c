#include "support/signer.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* RSAPrivateKey (RFC 8017 A.1.2) in base64. */
static const char rsa[] =
    "MIIEowIBAAKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPd"
    "dxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOW"
    "vG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXB"
    "dQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aG"
    "hyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQID"
    "AQABAoIBABKucaRpzQorw35SbEUAVx8dYXUdZOlJcHtiWQ+dC6V8ljxAHj/PLyzTveyI5QO/"
    "xkObCyjIL303l2cfUhPu2MFaJdjVzqACXuOrLot/eSFvxjvqVidTtAZExqFRJ9mylUVAoLvh"
    "owVWmC1On95fZCXxTUtxNEG1Xcc7m0rtzJKs45J+N/V9DP1edYH6USyPSWGp6wuA+KgHRnKK"
    "Vf9GRx80JQY7nVNkL17eHoTWEwga+lwi0FEoW9Y7lDtWXYmKBWhUE+U8PGxlJf8f40493HDw"
    "1WRQ/aSLoS4QTp3rn7gYgeHEvfJdkkf0UMhlknlo53M09EFPdadQ4TlUbjqKc50CgYEA4BzE"
    "EOtIpmVdVEZNCqS7baC4crd0pqnRH/5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3Khoo"
    "KeQTa9AB0Hw/Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn+nXqhJTB"
    "gIPgtldC+KDV5z+y2XDwGUcCgYEAuQPEfgmVtjL0Uyyx88GZFF1fOunH3+7cepKmtH4pxhtC"
    "oHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD/YwD66t62wDmpe/HlB+TnBA"
    "+njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdcCgYAHAp9XcCSrn8wV"
    "kMVkKdb7DOX4IKjzdahm+ctDAJN4O/y7OW5FKebvUjdAIt2GuoTZ71iTG+7F0F+lP88jtjP4"
    "U4qe7VHoewl4MKOfXZKTe+YCS1XbNvfgwJ3Ltyl1OH9hWvu2yza7q+d5PCsDzqtm27kxuvUL"
    "Veya+TEdAB1ijQKBgQCH/3r6YrVH/uCWGy6bzV1nGNOdjKc9tmkfOJmN54dxdixdpozCQ6U4"
    "OxZrsj3FcOhHBsqAHvX2uuYjagqvo3cOj1TRqNocX40omfCCMx3bD1yPPf/6TI2XECva/ggq"
    "EY2mYzmIiA5LVVmc5nrybr+lssFKneeyxN2Wq93S0iJMdQKBgCGHewxzoa1r8ZMD0LETNrTo"
    "K423K377UCYqXfg5XMclbrjPbEC3YI1ZNqMtuhdBJqUnBi6tjKMF+34Xf0CUN8ncuXGO2CAY"
    "vO8PdyCixHX52ybaDjy1FtCE6yUXjoKNXKvUm7MWGsAYH6f4IegOetN5NvmUMFStCSkh7ixZ"
    "LkN1";

static const char rsa_other[] =
    "MIIEpAIBAAKCAQEA1DYE7KlTje1tmNMXvabVgVTV3pb+zbvGWNcweLVR4NxYLgd4CKqm4NQT"
    "aveYKARkA/iyvCPSykN7ImqRMtAf7oVdA5zsDZe9Ray1xOMH8ZhE8XPKLy1ioQOI5Ps1m1M8"
    "vdA975rStxjbgxSnyDo2oGgYuSzcDNwr9HKaob3ZaeSe+IkJ4mkVjZVxxJ8licaC/QjlGQUT"
    "qW3ipYvcRUNXvvtNNhdsILTgkW1JCkZ0XShOS0EhAG68UzUIMGdxdceFsRUoz13Rpx+rmgsW"
    "gCEDxriuyWzyqtp1PiCHRC4Hy7wKZ6ktx+t8kTBu98VtyJ+ONCmDt0f8W3P5YsQGe6PMSQID"
    "AQABAoIBAA+ZZvREoC07KkbFIaYhyOkIZO5HWDSkXHi0XM5KudmXKO49Q1ATx0+Yl1LSH3+1"
    "juqR0gWtdnXCzx7hCYpcLTS53fQBiYKYSGQCRZxS+gcC4/KByfd81Raz7VCzvKWN0VW8pIjj"
    "7yBhdeVlU84OpWxWKpcWGpjhaGPANuizzXMQpnCHA+z5vIqJWs3TOaBR6A4dX7reJtXNVQMy"
    "KmV04CSgqy3HxM+lQ/w+m3W9C10Qaq/wRbZFUgpNs8+EwmVkQbaKc0JSNNcEi+Dj30OdN8zx"
    "rc9YdnDczBgbMq+uwsgJ0w/GfAYFEG4emNp9/geiCKYd0QCdxFuMT3WS7vd3r4cCgYEA6doY"
    "ZTeMD3VtQ0+4kxiet1sQjBfPv2+F7+RVRmwy77HJnhy5NMPfTRzbiH8Jst5tZkIzTQunHO7B"
    "lKafH+3eFOfhu9PFWCtiXhLJzPidqUXEDyZ03ezi1BgW7fnIbbxUF2OUeloCir7D43Jys6RB"
    "/UCJ4tmLHll+WgINDjStkwMCgYEA6E85fKCSfqCEySLuaaesyK6smv3CsjS+HFXBaFqangO+"
    "x6b84uAO9bW9eaMmYO9DzqRvs/2LzCfpfq+Pn4FXTRY+n0qkgIn8ppf7DhfrwDRNgztwS0yU"
    "0Zcn+qYQxC8ZI1CFDHbplb9zo/yhNo/PdLn+2SUCnURSZ2bAc/3Om8MCgYBCD/yoS2Lj0xaE"
    "13abB29++NjZ2rgzqnu541U7ycEx+ZWtdwvTHiptDGPwUYMZ5sAdDUKU11/kSoahSdjWGkqM"
    "uV0JxK+RUuA9Fy2vG+TeNvlGFmUZdJw3sn53yAKZDYTr/pOpZNgm/fE0xdYlbZe+xYaucSpd"
    "7oZFQyMRCkympQKBgQCK0kT9F4tTRiLzev9TfdJ/vfoBSKEfEuuETS6daH866+wGrOAzx0bJ"
    "SAho9rjJdlFj29mwilQO9M7QWKMP4x/DPga/87/n3A1xlCJ/YoYLvnWPdWZ+aM4JjTVjz/b2"
    "9VolQ0mukCS3yseU+DNyQm/rRfZn1nkAd8JybfGVntbnNwKBgQDM7A8TJsMLhDapJ0izTpxZ"
    "AURNku7Nb4XPC4ZkAin3SsmrYSXnS+k66hV4PW4uXdJR+nHMyX4cKj6S1molC6hi5IN5eb82"
    "/QPzBuv91j48cRUi+yZwx3lIxFfVzGb2bF5/Oap/9IlSvcwhtxXhHIZOgbwcolPDeP6GodpB"
    "Hc7leg==";

static const char rsa_small[] =
    "MIICXgIBAAKBgQDtCSRObHG+fpmc6482qmLi++52/iqymtvGIAAY3q+gSY1JNzMXLFfjQ146"
    "PdExsZp1Sg5LkVcb7NwBxUr/b2DUUnSDigVfOPK1lPvXr9bnmitd79HoQtCpfw0IdBrWcnq5"
    "pQPv/wKpadlkTtzti86SHOEt9XWUSwM9MBrh54IT6wIDAQABAoGBAOCosHuP9wKI9UkwTi2O"
    "smjWRP8NCST8915CCDWKIkU2US3anpbRFX+140IqQvLplS6jgQcIetph1WfsOZf+VXM0jFlK"
    "c/hD1xmoZoZS/NO+FwVB7BE6FbITymiAKm92pKTgPUzZU+WrYsmE493ktLgf1x1gC5qtgabg"
    "VHg+b/ZpAkEA/VgtXJTewJDA6uXBTWwCmjlrKQ3/XSAWNaEJRjf3qmnYTazo3wePtvTfg3YO"
    "tBba+xug8zytVvTiS+ViT7xcjwJBAO+FM66rKrWFnKZs/O/XpIAa0ZdcF2TjcejoyX7s4fNW"
    "AIQNWoGZ4YgHQRGwxaAptaM+fOjt7VD5u/IyDw38OOUCQQCzyNuIE+1v4knFaH6hHsFKCO1P"
    "GSvbPmYEcN9QAW+0c6CYntgzTf5i66uicylEC+QixxyVAL5SMz5UddgqlZVpAkEAoRBrbpt/"
    "fs04R9mmRQo3fkWKh0PQH3Gq2bogNQ/J6T393s6z+86kkDqAkQrT+h3SHNIaYPAN05P7xKPQ"
    "59Ch2QJAJo/wdBOnKJU62C8Oi80MCZ5GRBXP52jOmPXmuuYHfRo1+4az4YACV536BQ7uZiYA"
    "eEHtrtoz0dypOmxIbcS35A==";

/* The scalar of RFC 7515 A.3, base64url. */
static const char p256[] = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

static const struct {
  const char *name;
  psa_algorithm_t psa;
  const char *crv; /* NULL: RSA */
  size_t bits;
} algs[] = {
    {"RS256", PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256), NULL, 0},
    {"PS256", PSA_ALG_RSA_PSS(PSA_ALG_SHA_256), NULL, 0},
    {"ES256", PSA_ALG_ECDSA(PSA_ALG_SHA_256), "P-256", 256},
    {"ES384", PSA_ALG_ECDSA(PSA_ALG_SHA_384), "P-384", 384},
};

static size_t find_alg(const char *name)
{
  size_t i = 0;

  while (i < ARRAY_LEN(algs) && strcmp(algs[i].name, name) != 0)
    i++;
  cr_assert_lt(i, ARRAY_LEN(algs), "no alg %s", name);
  return i;
}

static void put_number(json_t *jwk, const char *member, const void *bytes,
                       size_t len)
{
  struct buf text = BUF_INIT(BUF_LINE);

  codec_base64url(&text, bytes, len);
  cr_assert_eq(0, json_object_set_new(jwk, member, json_string(text.data)));
  buf_clear(&text);
}

/* PSA gives RSAPublicKey; all exponents here are 65537, the last three bytes
 * behind the tag and the length. */
static json_t *rsa_jwk(const uint8_t *der, size_t len, size_t bits)
{
  json_t *jwk = json_pack("{s:s}", "kty", "RSA");
  const uint8_t *e = der + len - 3;
  const uint8_t *n = e - 2 - bits / 8;

  cr_assert_eq(0, memcmp(e - 2, "\x02\x03\x01\x00\x01", 5));
  put_number(jwk, "n", n, bits / 8);
  put_number(jwk, "e", e, 3);
  return jwk;
}

static json_t *ec_jwk(const uint8_t *point, size_t bits, const char *crv)
{
  json_t *jwk = json_pack("{s:s, s:s}", "kty", "EC", "crv", crv);

  put_number(jwk, "x", point + 1, bits / 8);
  put_number(jwk, "y", point + 1 + bits / 8, bits / 8);
  return jwk;
}

static void export_jwk(struct signer *signer, const char *crv)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  uint8_t public[1024];
  size_t len, bits;

  cr_assert_eq(PSA_SUCCESS, psa_get_key_attributes(signer->id, &attributes));
  bits = psa_get_key_bits(&attributes);
  psa_reset_key_attributes(&attributes);
  cr_assert_eq(PSA_SUCCESS,
               psa_export_public_key(signer->id, public, sizeof(public), &len));
  signer->jwk =
      crv == NULL ? rsa_jwk(public, len, bits) : ec_jwk(public, bits, crv);
  cr_assert_not_null(signer->jwk);
}

static void import_rsa(struct signer *signer, psa_key_attributes_t *attributes,
                       enum signer_key key)
{
  const char *text = key == SIGNER_RSA         ? rsa
                     : key == SIGNER_RSA_OTHER ? rsa_other
                                               : rsa_small;
  struct buf der = BUF_INIT(BUF_LINE);

  cr_assert(codec_unbase64(&der, text, strlen(text)));
  psa_set_key_type(attributes, PSA_KEY_TYPE_RSA_KEY_PAIR);
  cr_assert_eq(PSA_SUCCESS,
               psa_import_key(attributes, (const uint8_t *)der.data, der.len,
                              &signer->id));
  buf_clear(&der);
}

static void make_ec(struct signer *signer, psa_key_attributes_t *attributes,
                    enum signer_key key, size_t bits)
{
  struct buf scalar = BUF_INIT(BUF_LINE);

  psa_set_key_type(attributes,
                   PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(attributes, bits);
  if (key == SIGNER_EC && bits == 256) {
    cr_assert(codec_unbase64url(&scalar, p256, strlen(p256)));
    cr_assert_eq(PSA_SUCCESS,
                 psa_import_key(attributes, (const uint8_t *)scalar.data,
                                scalar.len, &signer->id));
  } else {
    cr_assert_eq(PSA_SUCCESS, psa_generate_key(attributes, &signer->id));
  }
  buf_clear(&scalar);
}

void signer_open(struct signer *ret_signer, const char *alg,
                 enum signer_key key)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  size_t i = find_alg(alg);

  cr_assert_eq(PSA_SUCCESS, psa_crypto_init());
  *ret_signer = (struct signer){.alg = algs[i].name, .psa = algs[i].psa};
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE |
                                           PSA_KEY_USAGE_VERIFY_MESSAGE);
  psa_set_key_algorithm(&attributes, algs[i].psa);
  if (algs[i].crv == NULL)
    import_rsa(ret_signer, &attributes, key);
  else
    make_ec(ret_signer, &attributes, key, algs[i].bits);
  export_jwk(ret_signer, algs[i].crv);
}

void signer_close(struct signer *signer)
{
  psa_destroy_key(signer->id);
  json_decref(signer->jwk);
  *signer = (struct signer){0};
}

json_t *signer_jwk(const struct signer *signer, const char *more)
{
  json_t *jwk = json_deep_copy(signer->jwk);

  if (more != NULL) {
    json_t *object = json_loads(more, 0, NULL);

    cr_assert_not_null(object, "%s", more);
    cr_assert_eq(0, json_object_update(jwk, object));
    json_decref(object);
  }
  return jwk;
}

json_t *signer_set(const struct signer *signer, const char *kid)
{
  json_t *jwk = signer_jwk(signer, NULL);

  if (kid != NULL)
    cr_assert_eq(0, json_object_set_new(jwk, "kid", json_string(kid)));
  return json_pack("{s:[o]}", "keys", jwk);
}

static void put_input(struct buf *out, const char *header, const char *payload)
{
  codec_base64url(out, header, strlen(header));
  buf_putc(out, '.');
  codec_base64url(out, payload, strlen(payload));
}

static char *detach(struct buf *buf)
{
  char *text = NULL;

  cr_assert_eq(E_OK, buf_detach(buf, &text, NULL, NULL));
  return text;
}

char *signer_sign(const struct signer *signer, const char *header,
                  const char *payload)
{
  struct buf input = BUF_INIT(BUF_DOCUMENT);
  uint8_t signature[1024];
  char own[32];
  size_t len;

  if (header == NULL) {
    snprintf(own, sizeof(own), "{\"alg\":\"%s\"}", signer->alg);
    header = own;
  }
  put_input(&input, header, payload);
  cr_assert_eq(PSA_SUCCESS,
               psa_sign_message(signer->id, signer->psa,
                                (const uint8_t *)buf_text(&input), input.len,
                                signature, sizeof(signature), &len));
  buf_putc(&input, '.');
  codec_base64url(&input, signature, len);
  return detach(&input);
}

char *signer_join(const char *header, const char *payload,
                  const void *signature, size_t len)
{
  struct buf out = BUF_INIT(BUF_DOCUMENT);

  put_input(&out, header, payload);
  buf_putc(&out, '.');
  codec_base64url(&out, signature, len);
  return detach(&out);
}
